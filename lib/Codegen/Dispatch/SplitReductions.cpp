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

/// How many times more elements than two windows of one axis a window reads
/// where two launches, and what lies between them, cost less.
constexpr int64_t kWideWindow = 2;

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

/// A maximum over columns, then one over rows of what that gives. Padding never
/// wins, so each axis keeps its own.
struct SplitMaxPool final : OpRewritePattern<nn::PoolOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::PoolOp op,
                                PatternRewriter &rewriter) const override {
    auto input = dyn_cast<RankedTensorType>(op.getInput().getType());
    auto result = dyn_cast<RankedTensorType>(op.getType());
    ArrayRef<int64_t> window = op.getWindow();
    size_t last = window.size() - 1;
    int64_t rest = 1;
    for (int64_t extent : window.drop_back())
      rest *= extent;
    if (op.getKind() != nn::PoolKind::Max || !input || !result ||
        rest * window[last] < kWideWindow * (rest + window[last]))
      return rewriter.notifyMatchFailure(op, "not a maximum over a wide window "
                                             "of two axes");
    auto make = [&](Value from, RankedTensorType type, bool forLast) {
      SmallVector<int64_t> windows(last + 1, 1), strides(last + 1, 1),
          dilations(last + 1, 1), padding(2 * last + 2, 0);
      for (size_t axis = 0; axis <= last; ++axis) {
        if ((axis == last) != forLast)
          continue;
        windows[axis] = window[axis];
        strides[axis] = op.getStrides()[axis];
        dilations[axis] = op.getDilations()[axis];
        for (size_t side : {2 * axis, 2 * axis + 1})
          padding[side] = op.getPadding()[side];
      }
      return nn::PoolOp::create(rewriter, op.getLoc(), type, op.getKind(), from,
                                windows, strides, padding, dilations,
                                op.getCeilMode(), op.getCountIncludePad(),
                                op.getLayout());
    };
    bool channelsLast = op.getLayout() == nn::Layout::ChannelsLast;
    int64_t axis = int64_t(last) + (channelsLast ? 1 : 2);
    SmallVector<int64_t> shape(input.getShape());
    shape[axis] = result.getDimSize(axis);
    Value columns = make(op.getInput(), result.clone(shape), true);
    rewriter.replaceOp(op, make(columns, result, false));
    return success();
  }
};

struct SplitReductions final
    : nibble::impl::SplitReductionsBase<SplitReductions> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<SplitReduce, SplitMaxPool>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
