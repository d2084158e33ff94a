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

/// The bounds are applied in f32, where they are exact, so that nothing
/// overflows; NaN becomes the lower bound. Each is one maxps or minps.
Value nibble::codegen::emitCodes(OpBuilder &builder, Location loc, Value value,
                                 const CodeScale &codes) {
  IR x(builder, loc);
  auto type = cast<VectorType>(value.getType());
  int64_t lanes = type.getDimSize(0);
  VectorType integers = x.vec(lanes, builder.getI32Type());
  if (codes.scale)
    value = arith::DivFOp::create(builder, loc, value,
                                  x.broadcast(type, codes.scale));
  value = math::RoundEvenOp::create(builder, loc, value);
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
  value = arith::FPToSIOp::create(builder, loc, integers, value);
  if (codes.zero)
    value =
        arith::AddIOp::create(builder, loc, value, x.broadcast(integers, zero));
  return arith::TruncIOp::create(builder, loc,
                                 x.vec(lanes, builder.getI8Type()), value);
}
