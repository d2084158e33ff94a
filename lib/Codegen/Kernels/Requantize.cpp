//===- Requantize.cpp - Vectors of numbers as codes -------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Codegen/Kernels/Requantize.h"

#include "ContractionEmitter.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace nibble::codegen;

Value nibble::codegen::extendZero(OpBuilder &builder, Location loc, Value zero,
                                  bool isSigned) {
  Type i32 = builder.getI32Type();
  if (zero.getType() == i32)
    return zero;
  return isSigned ? builder.createOrFold<arith::ExtSIOp>(loc, i32, zero)
                  : builder.createOrFold<arith::ExtUIOp>(loc, i32, zero);
}

/// Added to |x| < 2^22, it rounds x half to even: the low bits of the sum are
/// that integer.
static constexpr double kRoundingBias = 12582912.0; // 1.5 * 2^23

/// The bounds are applied in f32 and before rounding, which does not move them;
/// NaN becomes the lower bound. Each is one maxps or minps.
Value nibble::codegen::emitCodes(OpBuilder &builder, Location loc, Value value,
                                 const CodeScale &codes) {
  IR x(builder, loc);
  auto type = cast<VectorType>(value.getType());
  int64_t lanes = type.getDimSize(0);
  VectorType integers = x.vec(lanes, builder.getI32Type());
  if (codes.scale)
    value = arith::DivFOp::create(builder, loc, value,
                                  x.broadcast(type, codes.scale));
  Value zero = codes.zero ? codes.zero : x.i32(0);
  auto clamp = [&](arith::CmpFPredicate predicate, int64_t limit) {
    Value room = builder.createOrFold<arith::SubIOp>(loc, x.i32(limit), zero);
    Value bound = x.broadcast(type, builder.createOrFold<arith::SIToFPOp>(
                                        loc, builder.getF32Type(), room));
    Value inside = arith::CmpFOp::create(builder, loc, predicate, value, bound);
    value = arith::SelectOp::create(builder, loc, inside, value, bound);
  };
  int low = codes.isSigned ? -128 : 0;
  clamp(arith::CmpFPredicate::OGT, low);
  clamp(arith::CmpFPredicate::OLT, low + 255);
  value =
      arith::AddFOp::create(builder, loc, value, x.splat(type, kRoundingBias));
  value = x.bitcast(integers, value);
  if (codes.zero)
    value =
        arith::AddIOp::create(builder, loc, value, x.broadcast(integers, zero));
  return arith::TruncIOp::create(builder, loc,
                                 x.vec(lanes, builder.getI8Type()), value);
}

/// x / (1 + e^-x) with e^-x = p(f) 2^n, f in [-1/2, 1/2]. p is a minimax fit of
/// 2^f; n, as the sum with the bias has it, is added to the exponent of p.
Value nibble::codegen::emitSiluOfCodes(OpBuilder &builder, Location loc,
                                       Value x) {
  IR ir(builder, loc);
  auto type = cast<VectorType>(x.getType());
  VectorType integers = ir.vec(type.getDimSize(0), builder.getI32Type());
  auto constant = [&](double value) { return ir.splat(type, value); };
  auto clamp = [&](Value value, arith::CmpFPredicate predicate,
                   double limit) -> Value {
    Value inside =
        arith::CmpFOp::create(builder, loc, predicate, value, constant(limit));
    return arith::SelectOp::create(builder, loc, inside, value,
                                   constant(limit));
  };
  Value t =
      arith::MulFOp::create(builder, loc, x, constant(-1.4426950408889634));
  t = clamp(t, arith::CmpFPredicate::OGT, -126);
  t = clamp(t, arith::CmpFPredicate::OLT, 126);
  Value biased =
      arith::AddFOp::create(builder, loc, t, constant(kRoundingBias));
  Value n =
      arith::SubFOp::create(builder, loc, biased, constant(kRoundingBias));
  Value f = arith::SubFOp::create(builder, loc, t, n);
  Value p = constant(0.0551714189350605);
  for (double coefficient :
       {0.24261116981506348, 0.6932610273361206, 0.9999280571937561})
    p = math::FmaOp::create(builder, loc, p, f, constant(coefficient));
  Value exponent = arith::ShLIOp::create(
      builder, loc, ir.bitcast(integers, biased), ir.splat(integers, 23));
  Value e = ir.bitcast(
      type,
      arith::AddIOp::create(builder, loc, ir.bitcast(integers, p), exponent));
  Value sum = arith::AddFOp::create(builder, loc, e, constant(1));
  return arith::DivFOp::create(builder, loc, x, sum);
}
