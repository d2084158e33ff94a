//===- VectorMath.cpp - math ops as arithmetic ------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Codegen/Kernels/VectorMath.h"

#include "VectorMathFunctions.h"
#include "nibble/Codegen/Kernels/LoopNest.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

namespace nibble::codegen {
#define GEN_PASS_DEF_EXPANDMATH
#include "nibble/Codegen/Kernels/LoopNestPasses.h.inc"
} // namespace nibble::codegen

using namespace mlir;

namespace nibble::codegen {

namespace {

using Unary = Value (*)(MathBuilder &, Value);
using Binary = Value (*)(MathBuilder &, Value, Value);

/// Replaces one math op on f32 (or narrower floats, through f32).
template <typename OpTy> struct Expand : OpRewritePattern<OpTy> {
  /// `isApproximate`: only ops with the flag afn, before others.
  Expand(MLIRContext *context, Unary unary, bool isApproximate = false)
      : OpRewritePattern<OpTy>(context, isApproximate ? 2 : 1), unary(unary),
        isApproximate(isApproximate) {}
  Expand(MLIRContext *context, Binary binary)
      : OpRewritePattern<OpTy>(context), binary(binary) {}

  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    if (isApproximate &&
        !arith::bitEnumContainsAll(op.getFastmath(), arith::FastMathFlags::afn))
      return rewriter.notifyMatchFailure(op, "not to be approximated");
    Type type = op.getType();
    auto element = dyn_cast<FloatType>(getElementTypeOrSelf(type));
    auto vector = dyn_cast<VectorType>(type);
    if (!element || isa<TensorType>(type) || element.getWidth() > 32)
      return rewriter.notifyMatchFailure(op, "not f32 or narrower lanes");
    if (vector && (vector.isScalable() || vector.getRank() == 0))
      return rewriter.notifyMatchFailure(op, "not a fixed number of lanes");
    MathBuilder builder(rewriter, op.getLoc(), op->getOperand(0));
    SmallVector<Value> operands(op->getOperands());
    bool narrow = element.getWidth() < 32;
    if (narrow)
      for (Value &operand : operands)
        operand = arith::ExtFOp::create(rewriter, op.getLoc(), builder.f32(),
                                        operand);
    Value result = unary ? unary(builder, operands[0])
                         : binary(builder, operands[0], operands[1]);
    if (narrow)
      result = arith::TruncFOp::create(rewriter, op.getLoc(), type, result);
    rewriter.replaceOp(op, result);
    return success();
  }

  Unary unary = nullptr;
  Binary binary = nullptr;
  bool isApproximate = false;
};

struct ExpandMathPass : public impl::ExpandMathBase<ExpandMathPass> {
  using ExpandMathBase::ExpandMathBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateExpandMathPatterns(patterns);
    walkAndApplyPatterns(getOperation(), std::move(patterns));
  }
};

} // namespace

template <typename OpTy, typename Function>
static void add(RewritePatternSet &patterns, Function function) {
  patterns.add<Expand<OpTy>>(patterns.getContext(), function);
}

void populateExpandMathPatterns(RewritePatternSet &patterns) {
  add<math::ExpOp>(patterns, vectormath::exp);
  patterns.add<Expand<math::ExpOp>>(patterns.getContext(),
                                    vectormath::expBounded,
                                    /*isApproximate=*/true);
  add<math::LogOp>(patterns, vectormath::log);
  add<math::TanhOp>(patterns, vectormath::tanh);
  add<math::ErfOp>(patterns, vectormath::erf);
  add<math::RsqrtOp>(patterns, vectormath::rsqrt);
  add<math::RoundOp>(patterns, vectormath::round);
  add<math::Exp2Op>(patterns, vectormath::exp2);
  add<math::ExpM1Op>(patterns, vectormath::expm1);
  add<math::Log2Op>(patterns, vectormath::log2);
  add<math::Log10Op>(patterns, vectormath::log10);
  add<math::Log1pOp>(patterns, vectormath::log1p);
  add<math::SinhOp>(patterns, vectormath::sinh);
  add<math::CoshOp>(patterns, vectormath::cosh);
  add<math::AsinhOp>(patterns, vectormath::asinh);
  add<math::AcoshOp>(patterns, vectormath::acosh);
  add<math::AtanhOp>(patterns, vectormath::atanh);
  add<math::AsinOp>(patterns, vectormath::asin);
  add<math::AcosOp>(patterns, vectormath::acos);
  add<math::AtanOp>(patterns, vectormath::atan);
  add<math::CbrtOp>(patterns, vectormath::cbrt);
  add<math::SinOp>(patterns, vectormath::sin);
  add<math::CosOp>(patterns, vectormath::cos);
  add<math::TanOp>(patterns, vectormath::tan);
  add<math::PowFOp>(patterns, vectormath::pow);
  add<math::Atan2Op>(patterns, vectormath::atan2);
}

} // namespace nibble::codegen
