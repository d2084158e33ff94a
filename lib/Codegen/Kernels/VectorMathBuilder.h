//===- VectorMathBuilder.h - Arithmetic on lanes, briefly -------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_CODEGEN_KERNELS_VECTORMATHBUILDER_H
#define NIBBLE_LIB_CODEGEN_KERNELS_VECTORMATHBUILDER_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/TypeUtilities.h"

namespace nibble::codegen {

/// Emits arithmetic on scalars or vectors of one shape. Values may be f32, f64,
/// i1, i32 or i64 lanes; constants take the type of the other operand. No
/// fast-math flag is ever set, and fma appears only where it is asked for.
class MathBuilder {
public:
  using Value = mlir::Value;
  using Predicate = mlir::arith::CmpFPredicate;

  /// `like`: a value whose shape all others have.
  MathBuilder(mlir::OpBuilder &b, mlir::Location loc, Value like)
      : b(b), loc(loc),
        shape(mlir::dyn_cast<mlir::VectorType>(like.getType())) {}

  mlir::Type typeOf(mlir::Type element) const {
    return shape ? mlir::Type(mlir::VectorType::get(shape.getShape(), element))
                 : element;
  }
  mlir::Type f32() const { return typeOf(b.getF32Type()); }
  mlir::Type f64() const { return typeOf(b.getF64Type()); }
  mlir::Type i32() const { return typeOf(b.getI32Type()); }
  mlir::Type i64() const { return typeOf(b.getI64Type()); }

  /// A constant of `like`'s element type.
  Value constant(Value like, double value) {
    mlir::Type element = mlir::getElementTypeOrSelf(like.getType());
    if (mlir::isa<mlir::FloatType>(element))
      return splat(like.getType(), b.getFloatAttr(element, value));
    return integer(like, static_cast<int64_t>(value));
  }
  Value integer(Value like, int64_t value) {
    mlir::Type element = mlir::getElementTypeOrSelf(like.getType());
    return splat(like.getType(), b.getIntegerAttr(element, value));
  }
  Value infinity(Value like);
  Value notANumber(Value like);

  Value add(Value x, Value y) { return make<mlir::arith::AddFOp>(x, y); }
  Value sub(Value x, Value y) { return make<mlir::arith::SubFOp>(x, y); }
  Value mul(Value x, Value y) { return make<mlir::arith::MulFOp>(x, y); }
  Value div(Value x, Value y) { return make<mlir::arith::DivFOp>(x, y); }
  Value add(Value x, double y) { return add(x, constant(x, y)); }
  Value sub(Value x, double y) { return sub(x, constant(x, y)); }
  Value mul(Value x, double y) { return mul(x, constant(x, y)); }
  Value fma(Value x, Value y, Value z) {
    return mlir::math::FmaOp::create(b, loc, x, y, z);
  }
  Value fma(Value x, double y, Value z) { return fma(x, constant(x, y), z); }
  Value neg(Value x) { return mlir::arith::NegFOp::create(b, loc, x); }
  Value abs(Value x) { return mlir::math::AbsFOp::create(b, loc, x); }
  Value sqrt(Value x) { return mlir::math::SqrtOp::create(b, loc, x); }
  Value floor(Value x) { return mlir::math::FloorOp::create(b, loc, x); }
  Value trunc(Value x) { return mlir::math::TruncOp::create(b, loc, x); }
  Value copySign(Value magnitude, Value sign) {
    return mlir::math::CopySignOp::create(b, loc, magnitude, sign);
  }
  /// c[0] + x * (c[1] + x * (…)), by fma.
  Value polynomial(Value x, llvm::ArrayRef<double> coefficients);

  Value addI(Value x, Value y) { return make<mlir::arith::AddIOp>(x, y); }
  Value subI(Value x, Value y) { return make<mlir::arith::SubIOp>(x, y); }
  Value mulI(Value x, Value y) { return make<mlir::arith::MulIOp>(x, y); }
  Value andI(Value x, Value y) { return make<mlir::arith::AndIOp>(x, y); }
  Value orI(Value x, Value y) { return make<mlir::arith::OrIOp>(x, y); }
  Value shiftLeft(Value x, Value y) { return make<mlir::arith::ShLIOp>(x, y); }
  Value shiftRight(Value x, Value y) {
    return make<mlir::arith::ShRUIOp>(x, y);
  }
  Value shiftRightSigned(Value x, Value y) {
    return make<mlir::arith::ShRSIOp>(x, y);
  }
  Value addI(Value x, int64_t y) { return addI(x, integer(x, y)); }
  Value andI(Value x, int64_t y) { return andI(x, integer(x, y)); }
  Value shiftLeft(Value x, int64_t y) { return shiftLeft(x, integer(x, y)); }
  Value shiftRight(Value x, int64_t y) { return shiftRight(x, integer(x, y)); }

  Value less(Value x, Value y) { return compare(Predicate::OLT, x, y); }
  Value less(Value x, double y) { return less(x, constant(x, y)); }
  Value greater(Value x, double y) {
    return compare(Predicate::OGT, x, constant(x, y));
  }
  Value equal(Value x, double y) {
    return compare(Predicate::OEQ, x, constant(x, y));
  }
  Value compare(Predicate predicate, Value x, Value y) {
    return mlir::arith::CmpFOp::create(b, loc, predicate, x, y);
  }
  Value equalI(Value x, int64_t y) {
    return mlir::arith::CmpIOp::create(b, loc, mlir::arith::CmpIPredicate::eq,
                                       x, integer(x, y));
  }
  Value select(Value condition, Value x, Value y) {
    return mlir::arith::SelectOp::create(b, loc, condition, x, y);
  }
  /// x bounded by [low, high]; not a number stays.
  Value clamp(Value x, double low, double high);

  Value bitcast(mlir::Type type, Value x) {
    return mlir::arith::BitcastOp::create(b, loc, type, x);
  }
  Value widen(Value x) { return mlir::arith::ExtFOp::create(b, loc, f64(), x); }
  Value narrow(Value x) {
    return mlir::arith::TruncFOp::create(b, loc, f32(), x);
  }

  mlir::OpBuilder &b;
  mlir::Location loc;
  mlir::VectorType shape;

private:
  template <typename OpTy> Value make(Value x, Value y) {
    return OpTy::create(b, loc, x, y);
  }
  Value splat(mlir::Type type, mlir::TypedAttr attr) {
    if (auto vector = mlir::dyn_cast<mlir::VectorType>(type))
      attr = mlir::DenseElementsAttr::get(vector, mlir::Attribute(attr));
    return mlir::arith::ConstantOp::create(b, loc, attr);
  }
};

} // namespace nibble::codegen

#endif // NIBBLE_LIB_CODEGEN_KERNELS_VECTORMATHBUILDER_H
