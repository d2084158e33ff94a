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

/// Codes of any vector. The bounds are applied in f32 and before rounding,
/// which does not move them; NaN becomes the lower bound. Each is one maxps or
/// minps.
static Value emitCodesOfVector(IR &x, Value value, const CodeScale &codes) {
  OpBuilder &b = x.b;
  auto type = cast<VectorType>(value.getType());
  int64_t lanes = type.getDimSize(0);
  VectorType integers = x.vec(lanes, b.getI32Type());
  Value zero = codes.zero ? codes.zero : x.i32(0);
  auto clamp = [&](arith::CmpFPredicate predicate, int64_t limit) {
    Value room = b.createOrFold<arith::SubIOp>(x.loc, x.i32(limit), zero);
    Value bound = x.broadcast(
        type, b.createOrFold<arith::SIToFPOp>(x.loc, b.getF32Type(), room));
    Value inside = arith::CmpFOp::create(b, x.loc, predicate, value, bound);
    value = arith::SelectOp::create(b, x.loc, inside, value, bound);
  };
  int low = codes.isSigned ? -128 : 0;
  clamp(arith::CmpFPredicate::OGT, low);
  clamp(arith::CmpFPredicate::OLT, low + 255);
  value = arith::AddFOp::create(b, x.loc, value, x.splat(type, kRoundingBias));
  value = x.bitcast(integers, value);
  if (codes.zero)
    value = arith::AddIOp::create(b, x.loc, value, x.broadcast(integers, zero));
  return arith::TruncIOp::create(b, x.loc, x.vec(lanes, b.getI8Type()), value);
}

/// Codes of two or four registers of 8 lanes. Instructions saturate as they
/// narrow; only what exceeds an i32 is bounded before, because vcvtps2dq, which
/// rounds half to even, makes the least i32 of it as of NaN.
static Value emitPackedCodes(IR &x, ValueRange registers,
                             const CodeScale &codes) {
  OpBuilder &b = x.b;
  VectorType words = x.vec(16, b.getI16Type());
  VectorType integers = x.vec(8, b.getI32Type());
  VectorType bytes = x.vec(32, b.getI8Type());
  SmallVector<Value> packed;
  for (Value value : registers) {
    Value bound = x.splat(cast<VectorType>(value.getType()), 1 << 30);
    Value above = arith::CmpFOp::create(b, x.loc, arith::CmpFPredicate::OLT,
                                        bound, value);
    value = arith::SelectOp::create(b, x.loc, above, bound, value);
    packed.push_back(
        x.intrinsic("llvm.x86.avx.cvt.ps2dq.256", integers, value));
  }
  for (size_t i = 0; i < packed.size() / 2; ++i) {
    Value pair = x.intrinsic("llvm.x86.avx2.packssdw", words,
                             {packed[2 * i], packed[2 * i + 1]});
    if (codes.zero) {
      Value zero =
          arith::TruncIOp::create(b, x.loc, b.getI16Type(), codes.zero);
      pair =
          x.intrinsic("llvm.sadd.sat", words, {pair, x.broadcast(words, zero)});
    }
    packed[i] = pair;
  }
  Value all = x.intrinsic(codes.isSigned ? "llvm.x86.avx2.packsswb"
                                         : "llvm.x86.avx2.packuswb",
                          bytes, {packed[0], packed[registers.size() / 2 - 1]});
  // Each half of the registers was packed on its own.
  Value quads = x.bitcast(integers, all);
  quads = vector::ShuffleOp::create(b, x.loc, quads, quads,
                                    ArrayRef<int64_t>{0, 4, 1, 5, 2, 6, 3, 7});
  return x.slice(x.bitcast(bytes, quads), 0, 8 * registers.size());
}

Value nibble::codegen::emitCodes(OpBuilder &builder, Location loc, Value value,
                                 const CodeScale &codes, unsigned lanes) {
  IR x(builder, loc);
  auto type = cast<VectorType>(value.getType());
  int64_t size = type.getDimSize(0);
  if (codes.scale)
    value = arith::DivFOp::create(builder, loc, value,
                                  x.broadcast(type, codes.scale));
  if (lanes != 8 || (size != 16 && size != 32))
    return emitCodesOfVector(x, value, codes);
  SmallVector<Value> registers;
  for (int64_t first = 0; first < size; first += 8)
    registers.push_back(x.slice(value, first, 8));
  return emitPackedCodes(x, registers, codes);
}

/// x / (1 + e^-x) with e^-x = p(f) 2^n, f in [-1/2, 1/2]. p is a minimax fit of
/// 2^f; n, as the sum with the bias has it, is added to the exponent of p.
Value nibble::codegen::emitSiluOfCodes(OpBuilder &builder, Location loc,
                                       Value x, Value factor) {
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
  Value t = clamp(x, arith::CmpFPredicate::OGT, -87);
  t = clamp(t, arith::CmpFPredicate::OLT, 87);
  Value scale = constant(-1.4426950408889634);
  Value biased =
      math::FmaOp::create(builder, loc, t, scale, constant(kRoundingBias));
  Value n =
      arith::SubFOp::create(builder, loc, constant(kRoundingBias), biased);
  Value f = math::FmaOp::create(builder, loc, t, scale, n);
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
  if (factor)
    x = arith::MulFOp::create(builder, loc, x, factor);
  return arith::DivFOp::create(builder, loc, x, sum);
}
