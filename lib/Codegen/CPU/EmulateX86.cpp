//===- EmulateX86.cpp - Intrinsics as plain arithmetic ----------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Codegen/CPU/LowerToLLVM.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace nibble::codegen {
#define GEN_PASS_DEF_EMULATEX86INTRINSICS
#include "nibble/Codegen/CPU/Passes.h.inc"
} // namespace nibble::codegen

using namespace mlir;

namespace {
/// Vector arithmetic on wide integer lanes. A part of a lane is a narrower
/// integer inside it.
class Lanes {
public:
  Lanes(OpBuilder &b, Location loc) : b(b), loc(loc) {}

  VectorType withElement(VectorType type, unsigned bits) {
    return VectorType::get(type.getShape(), b.getIntegerType(bits));
  }
  Value splat(VectorType type, int64_t value) {
    auto element = b.getIntegerAttr(type.getElementType(), value);
    return arith::ConstantOp::create(b, loc,
                                     DenseElementsAttr::get(type, element));
  }
  /// Part `index` of `width` bits of every lane of the i32 vector `lanes`.
  Value part(Value lanes, unsigned index, unsigned width, bool isSigned) {
    auto type = cast<VectorType>(lanes.getType());
    Value up = splat(type, 32 - width * (index + 1));
    Value top = arith::ShLIOp::create(b, loc, lanes, up);
    Value down = splat(type, 32 - width);
    if (isSigned)
      return arith::ShRSIOp::create(b, loc, top, down);
    return arith::ShRUIOp::create(b, loc, top, down);
  }
  Value mulAdd(Value x, Value y, Value sum) {
    Value product = arith::MulIOp::create(b, loc, x, y);
    return sum ? arith::AddIOp::create(b, loc, sum, product) : product;
  }

  OpBuilder &b;
  Location loc;
};
} // namespace

/// acc + sum of four products of u8 and s8 in each i32 lane.
static Value emulateDpbusd(Lanes &x, ValueRange operands) {
  Value sum = operands[0];
  auto type = cast<VectorType>(sum.getType());
  auto lanes = [&](Value v) {
    return vector::BitCastOp::create(x.b, x.loc, type, v);
  };
  Value codes = lanes(operands[1]), activations = lanes(operands[2]);
  for (unsigned i = 0; i < 4; ++i)
    sum = x.mulAdd(x.part(codes, i, 8, false), x.part(activations, i, 8, true),
                   sum);
  return sum;
}

/// Sum of two products of s16 in each i32 lane.
static Value emulatePmaddWd(Lanes &x, ValueRange operands, VectorType result) {
  Value sum = nullptr;
  auto lanes = [&](Value v) {
    return vector::BitCastOp::create(x.b, x.loc, result, v);
  };
  Value lhs = lanes(operands[0]), rhs = lanes(operands[1]);
  for (unsigned i = 0; i < 2; ++i)
    sum = x.mulAdd(x.part(lhs, i, 16, true), x.part(rhs, i, 16, true), sum);
  return sum;
}

/// Saturated sum of two products of u8 and s8 in each i16 lane.
static Value emulatePmaddUbSw(Lanes &x, ValueRange operands,
                              VectorType result) {
  VectorType wide = x.withElement(result, 32);
  auto lanes = [&](Value v) {
    Value pairs = vector::BitCastOp::create(x.b, x.loc, result, v);
    return arith::ExtUIOp::create(x.b, x.loc, wide, pairs);
  };
  Value codes = lanes(operands[0]), activations = lanes(operands[1]);
  Value sum = nullptr;
  for (unsigned i = 0; i < 2; ++i)
    sum = x.mulAdd(x.part(codes, i, 8, false), x.part(activations, i, 8, true),
                   sum);
  sum = arith::MinSIOp::create(x.b, x.loc, sum, x.splat(wide, 32767));
  sum = arith::MaxSIOp::create(x.b, x.loc, sum, x.splat(wide, -32768));
  return arith::TruncIOp::create(x.b, x.loc, result, sum);
}

/// Lanes of two vectors narrowed to half their width within [low, high], each
/// 128 bits of the result from the same of both vectors.
static Value emulatePack(Lanes &x, ValueRange operands, VectorType result,
                         int64_t low, int64_t high) {
  auto wide = cast<VectorType>(operands[0].getType());
  SmallVector<Value> halves;
  for (Value half : operands) {
    half = arith::MaxSIOp::create(x.b, x.loc, half, x.splat(wide, low));
    half = arith::MinSIOp::create(x.b, x.loc, half, x.splat(wide, high));
    halves.push_back(arith::TruncIOp::create(
        x.b, x.loc, x.withElement(wide, result.getElementTypeBitWidth()),
        half));
  }
  int64_t lanes = wide.getNumElements();
  int64_t group = 128 / wide.getElementTypeBitWidth();
  SmallVector<int64_t> order;
  for (int64_t first = 0; first < lanes; first += group)
    for (int64_t half : {int64_t(0), lanes})
      for (int64_t lane = 0; lane < group; ++lane)
        order.push_back(half + first + lane);
  return vector::ShuffleOp::create(x.b, x.loc, halves[0], halves[1], order);
}

/// f32 rounded half to even; what no i32 holds is the least one.
static Value emulateConvert(Lanes &x, Value value, VectorType result) {
  auto type = cast<VectorType>(value.getType());
  auto splat = [&](float bound) {
    return arith::ConstantOp::create(x.b, x.loc,
                                     DenseElementsAttr::get(type, bound));
  };
  value = math::RoundEvenOp::create(x.b, x.loc, value);
  Value above = arith::CmpFOp::create(x.b, x.loc, arith::CmpFPredicate::OGE,
                                      value, splat(-2147483648.0f));
  Value below = arith::CmpFOp::create(x.b, x.loc, arith::CmpFPredicate::OLT,
                                      value, splat(2147483648.0f));
  Value fits = arith::AndIOp::create(x.b, x.loc, above, below);
  value = arith::SelectOp::create(x.b, x.loc, fits, value, splat(0));
  value = arith::FPToSIOp::create(x.b, x.loc, result, value);
  return arith::SelectOp::create(x.b, x.loc, fits, value,
                                 x.splat(result, INT32_MIN));
}

/// Null if `op` is no intrinsic of x86 that Nibble emits.
static Value emulate(LLVM::CallIntrinsicOp op) {
  OpBuilder b(op);
  Lanes x(b, op.getLoc());
  StringRef name = op.getIntrin();
  if (op.getNumResults() != 1)
    return nullptr;
  auto result = dyn_cast<VectorType>(op.getResult(0).getType());
  if (!result)
    return nullptr;
  if (name.starts_with("llvm.x86.avx512.vpdpbusd."))
    return emulateDpbusd(x, op.getArgs());
  if (name == "llvm.x86.avx2.pmadd.wd")
    return emulatePmaddWd(x, op.getArgs(), result);
  if (name == "llvm.x86.avx2.pmadd.ub.sw")
    return emulatePmaddUbSw(x, op.getArgs(), result);
  if (name == "llvm.x86.avx.cvt.ps2dq.256")
    return emulateConvert(x, op.getArgs().front(), result);
  if (name == "llvm.x86.avx2.packssdw")
    return emulatePack(x, op.getArgs(), result, -32768, 32767);
  if (name == "llvm.x86.avx2.packsswb")
    return emulatePack(x, op.getArgs(), result, -128, 127);
  if (name == "llvm.x86.avx2.packuswb")
    return emulatePack(x, op.getArgs(), result, 0, 255);
  return nullptr;
}

namespace {
struct EmulateX86Intrinsics final
    : nibble::codegen::impl::EmulateX86IntrinsicsBase<EmulateX86Intrinsics> {
  void runOnOperation() override {
    auto result = getOperation().walk([](LLVM::CallIntrinsicOp op) {
      if (!op.getIntrin().starts_with("llvm.x86."))
        return WalkResult::advance();
      Value value = emulate(op);
      if (!value) {
        op.emitOpError("has no emulation");
        return WalkResult::interrupt();
      }
      op.getResult(0).replaceAllUsesWith(value);
      op.erase();
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
