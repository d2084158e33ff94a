//===- SplitReductions.cpp - Long sums, one axis at a time ----------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Codegen/Dispatch/Passes.h"

#include "dialects/NN/NN.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace nibble {
#define GEN_PASS_DEF_SPLITREDUCTIONS
#include "nibble/Codegen/Dispatch/Passes.h.inc"
} // namespace nibble

using namespace mlir;
using namespace nibble;

/// Shorter sums err less than f32 shows, and one launch is cheaper than two.
constexpr int64_t kLongSum = 256;

namespace {
struct SplitReduce final : OpRewritePattern<nn::ReduceOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::ReduceOp op,
                                PatternRewriter &rewriter) const override {
    auto input = dyn_cast<RankedTensorType>(op.getInput().getType());
    auto result = dyn_cast<RankedTensorType>(op.getType());
    ArrayRef<int64_t> axes = op.getAxes();
    if ((op.getKind() != nn::ReduceKind::Sum &&
         op.getKind() != nn::ReduceKind::Mean) ||
        axes.size() < 2 || !input || !result ||
        !isa<FloatType>(result.getElementType()))
      return rewriter.notifyMatchFailure(op, "not a sum over several axes");
    int64_t count = 1;
    bool isKnown = true;
    for (int64_t axis : axes) {
      isKnown &= !input.isDynamicDim(axis);
      count *= isKnown ? input.getDimSize(axis) : 1;
    }
    if (isKnown && count < kLongSum)
      return rewriter.notifyMatchFailure(op, "short");
    int64_t last = *llvm::max_element(axes);
    SmallVector<int64_t> shape(input.getShape()), rest;
    if (op.getKeepDims())
      shape[last] = 1;
    else
      shape.erase(shape.begin() + last);
    llvm::copy_if(axes, std::back_inserter(rest),
                  [&](int64_t axis) { return axis != last; });
    Value inner = nn::ReduceOp::create(
        rewriter, op.getLoc(),
        RankedTensorType::get(shape, result.getElementType()), op.getKind(),
        op.getInput(), ArrayRef<int64_t>{last}, op.getKeepDims());
    rewriter.replaceOpWithNewOp<nn::ReduceOp>(op, result, op.getKind(), inner,
                                              rest, op.getKeepDims());
    return success();
  }
};

struct SplitReductions final
    : nibble::impl::SplitReductionsBase<SplitReductions> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<SplitReduce>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
