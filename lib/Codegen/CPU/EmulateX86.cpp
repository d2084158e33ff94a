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
