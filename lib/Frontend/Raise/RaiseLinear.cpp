//===- RaiseLinear.cpp - Products with weights, biases and channel scales -===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Raise/Match.h"
#include "Weights.h"

using namespace mlir;
using namespace nibble;
using namespace nibble::frontend;
using nn::ElementwiseKind;

namespace {

/// x W with a matrix W that is a weight: nn.linear, which has W transposed.
struct MatmulToLinear : OpRewritePattern<nn::MatmulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::MatmulOp op,
                                PatternRewriter &rewriter) const override {
    Value weight = op.getRhs();
    auto type = dyn_cast<RankedTensorType>(weight.getType());
    if (!type || !isWeight(weight))
      return rewriter.notifyMatchFailure(op, "rhs is no weight");
    int64_t rank = type.getRank();
    if (llvm::any_of(type.getShape().drop_back(2),
                     [](int64_t extent) { return extent != 1; }))
      return rewriter.notifyMatchFailure(op, "rhs is a batch of matrices");
    auto lhs = dyn_cast<ShapedType>(op.getLhs().getType());
    auto result = cast<ShapedType>(op.getType());
    if (lhs.getRank() != result.getRank())
      return rewriter.notifyMatchFailure(op, "rhs adds batch axes");
    if (rank > 2) {
      ArrayRef<int64_t> shape = type.getShape().take_back(2);
      weight =
          nn::ReshapeOp::create(rewriter, weight.getLoc(), type.clone(shape),
                                weight, ValueRange(), shape);
      type = type.clone(shape);
    }
    if (!op.getTransposeRhs())
      weight = nn::TransposeOp::create(
          rewriter, weight.getLoc(),
          type.clone({type.getDimSize(1), type.getDimSize(0)}), weight,
          ArrayRef<int64_t>{1, 0});
    rewriter.replaceOpWithNewOp<nn::LinearOp>(op, op.getType(), op.getLhs(),
                                              weight, Value());
    return success();
  }
};

/// A weight with one number for each channel of axis `axis` in a tensor of
/// `type`, as a vector; null when it is not one. `negate`d where asked.
static Value getChannelVector(Value weight, ShapedType type, int64_t axis,
                              PatternRewriter &rewriter) {
  auto own = dyn_cast<RankedTensorType>(weight.getType());
  int64_t channels = type.getDimSize(axis);
  if (!own || !own.hasStaticShape() || ShapedType::isDynamic(channels) ||
      own.getElementType() != type.getElementType() || !isWeight(weight))
    return {};
  int64_t offset = type.getRank() - own.getRank();
  if (offset < 0)
    return {};
  // A single number is one for each channel, too.
  if (own.getNumElements() == 1 && channels != 1) {
    Value one =
        nn::ReshapeOp::create(rewriter, weight.getLoc(), own.clone({1}), weight,
                              ValueRange(), ArrayRef<int64_t>{1});
    return nn::ExpandOp::create(rewriter, weight.getLoc(),
                                own.clone({channels}), one, ValueRange(),
                                ArrayRef(channels));
  }
  for (auto [i, extent] : llvm::enumerate(own.getShape()))
    if (extent != (static_cast<int64_t>(i) + offset == axis ? channels : 1))
      return {};
  if (own.getNumElements() != channels)
    return {};
  if (own.getRank() == 1)
    return weight;
  return nn::ReshapeOp::create(rewriter, weight.getLoc(), own.clone({channels}),
                               weight, ValueRange(), ArrayRef(channels));
}

// The axis of the output channels.
int64_t getChannelAxis(nn::LinearOp op) {
  return cast<ShapedType>(op.getType()).getRank() - 1;
}
template <typename ConvOp> int64_t getChannelAxis(ConvOp op) {
  return op.getLayout() == nn::Layout::ChannelsFirst
             ? 1
             : cast<ShapedType>(op.getType()).getRank() - 1;
}

/// (x W + b) + c with a weight c for each channel.
template <typename OpT>
struct AbsorbChannelBias : OpRewritePattern<nn::ElementwiseOp> {
  using OpRewritePattern<nn::ElementwiseOp>::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::ElementwiseOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getKind() != ElementwiseKind::Add)
      return rewriter.notifyMatchFailure(op, "is no sum");
    for (unsigned i : {0, 1}) {
      auto linear = op.getInputs()[i].template getDefiningOp<OpT>();
      if (!linear || !linear->hasOneUse() || linear.getType() != op.getType())
        continue;
      auto type = dyn_cast<RankedTensorType>(linear.getType());
      if (!type)
        continue;
      Value bias = getChannelVector(op.getInputs()[1 - i], type,
                                    getChannelAxis(linear), rewriter);
      if (!bias)
        continue;
      Location loc = rewriter.getFusedLoc({linear.getLoc(), op.getLoc()});
      if (Value own = linear.getBias())
        bias = nn::ElementwiseOp::create(rewriter, loc, own.getType(),
                                         ElementwiseKind::Add,
                                         ValueRange{own, bias});
      OpT result = cast<OpT>(rewriter.clone(*linear));
      result.getBiasMutable().assign(bias);
      result->setLoc(loc);
      rewriter.replaceOp(op, result);
      return success();
    }
    return rewriter.notifyMatchFailure(
        op, "does not add a weight for each channel to such an op");
  }
};

/// conv(x) * c with a weight c for each channel: the filters are scaled. What
/// BatchNormalization after a convolution becomes.
struct ScaleConv : OpRewritePattern<nn::ElementwiseOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::ElementwiseOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getKind() != ElementwiseKind::Mul)
      return rewriter.notifyMatchFailure(op, "is no product");
    for (unsigned i : {0, 1}) {
      auto conv = op.getInputs()[i].getDefiningOp<nn::ConvOp>();
      if (!conv || !conv->hasOneUse() || conv.getType() != op.getType() ||
          !isWeight(conv.getFilter()))
        continue;
      auto filter = dyn_cast<RankedTensorType>(conv.getFilter().getType());
      auto type = dyn_cast<RankedTensorType>(conv.getType());
      if (!filter || !type || (conv.getBias() && !isWeight(conv.getBias())))
        continue;
      Value scale = getChannelVector(op.getInputs()[1 - i], type,
                                     getChannelAxis(conv), rewriter);
      if (!scale)
        continue;
      Location loc = rewriter.getFusedLoc({conv.getLoc(), op.getLoc()});
      // The first axis of the filter in either layout.
      SmallVector<int64_t> shape(filter.getRank(), 1);
      shape[0] = filter.getDimSize(0);
      Value column = nn::ReshapeOp::create(rewriter, loc, filter.clone(shape),
                                           scale, ValueRange(), shape);
      Value scaled =
          nn::ElementwiseOp::create(rewriter, loc, filter, ElementwiseKind::Mul,
                                    ValueRange{conv.getFilter(), column});
      auto result = cast<nn::ConvOp>(rewriter.clone(*conv));
      result.getFilterMutable().assign(scaled);
      if (Value bias = conv.getBias()) {
        bias = nn::ElementwiseOp::create(rewriter, loc, bias.getType(),
                                         ElementwiseKind::Mul,
                                         ValueRange{bias, scale});
        rewriter.modifyOpInPlace(result,
                                 [&] { result.getBiasMutable().assign(bias); });
      }
      result->moveBefore(op);
      result->setLoc(loc);
      rewriter.replaceOp(op, result);
      return success();
    }
    return rewriter.notifyMatchFailure(
        op, "does not scale the channels of a convolution by a weight");
  }
};

/// Rows of a matrix that is a weight.
struct GatherToEmbedding : OpRewritePattern<nn::GatherOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::GatherOp op,
                                PatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op.getInput().getType());
    if (op.getAxis() != 0 || type.getRank() != 2 ||
        !isa<FloatType>(type.getElementType()))
      return rewriter.notifyMatchFailure(op, "takes no rows of a matrix");
    if (!isWeight(op.getInput()) || isWeight(op.getIndices()))
      return rewriter.notifyMatchFailure(op, "is no lookup in a weight");
    rewriter.replaceOpWithNewOp<nn::EmbeddingOp>(
        op, op.getType(), op.getInput(), op.getIndices());
    return success();
  }
};

} // namespace

void nibble::frontend::populateLinearPatterns(RewritePatternSet &patterns) {
  patterns.add<MatmulToLinear, AbsorbChannelBias<nn::LinearOp>,
               AbsorbChannelBias<nn::ConvOp>,
               AbsorbChannelBias<nn::ConvTransposeOp>, ScaleConv,
               GatherToEmbedding>(patterns.getContext());
}
