//===- FoldAffine.cpp - Channel constants become part of weights ----------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Codegen/Dispatch/Passes.h"

#include "dialects/NN/NN.h"
#include "dialects/NN/WeightDerived.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/ADT/TypeSwitch.h"

namespace nibble {
#define GEN_PASS_DEF_FOLDAFFINE
#include "nibble/Codegen/Dispatch/Passes.h.inc"
} // namespace nibble

using namespace mlir;
using namespace nibble;

namespace {
/// The parts of a linear map whose result has `outputs` channels along `axis`.
struct LinearMap {
  OpOperand *weight;
  Value bias;
  int64_t weightAxis; ///< of the output channels in the weight
  int64_t axis;       ///< of the output channels in the result
  int64_t outputs;
};
} // namespace

static std::optional<LinearMap> getLinearMap(Operation *op) {
  auto rank = [](Value value) {
    return cast<ShapedType>(value.getType()).getRank();
  };
  auto extent = [](Value value, int64_t axis) {
    return cast<ShapedType>(value.getType()).getDimSize(axis);
  };
  if (auto linear = dyn_cast_or_null<nn::LinearOp>(op))
    return LinearMap{&linear.getWeightMutable(), linear.getBias(), 0,
                     rank(linear.getResult()) - 1,
                     extent(linear.getWeight(), 0)};
  if (auto conv = dyn_cast_or_null<nn::ConvOp>(op))
    return LinearMap{&conv.getFilterMutable(), conv.getBias(), 0,
                     conv.getLayout() == nn::Layout::ChannelsFirst
                         ? 1
                         : rank(conv.getResult()) - 1,
                     extent(conv.getFilter(), 0)};
  if (auto conv = dyn_cast_or_null<nn::ConvTransposeOp>(op);
      conv && conv.getGroups() == 1) {
    bool isFirst = conv.getLayout() == nn::Layout::ChannelsFirst;
    int64_t axis = isFirst ? 1 : rank(conv.getFilter()) - 1;
    return LinearMap{&conv.getFilterMutable(), conv.getBias(), axis,
                     isFirst ? 1 : rank(conv.getResult()) - 1,
                     extent(conv.getFilter(), axis)};
  }
  return std::nullopt;
}

/// `value` as a vector of one number a channel, if it is one channel constant
/// that broadcasts over a tensor of rank `rank` with channels at `axis`.
static Value asChannelVector(PatternRewriter &rewriter, Value value,
                             int64_t rank, int64_t axis, int64_t outputs) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || !type.hasStaticShape() || !type.getElementType().isF32() ||
      !WeightDerived().contains(value))
    return {};
  int64_t position = axis - (rank - type.getRank());
  for (auto [i, extent] : llvm::enumerate(type.getShape()))
    if (extent != 1 && int64_t(i) != position)
      return {};
  bool isScalar = type.getNumElements() == 1;
  if (!isScalar && type.getNumElements() != outputs)
    return {};
  auto vector = RankedTensorType::get({outputs}, type.getElementType());
  Value flat = nn::ReshapeOp::create(
      rewriter, value.getLoc(),
      RankedTensorType::get({type.getNumElements()}, type.getElementType()),
      value, ValueRange(), ArrayRef<int64_t>{type.getNumElements()});
  if (!isScalar || outputs == 1)
    return flat;
  return nn::ExpandOp::create(rewriter, value.getLoc(), vector, flat,
                              ValueRange(), ArrayRef<int64_t>{outputs});
}

static Value elementwise(PatternRewriter &rewriter, Location loc, Type type,
                         nn::ElementwiseKind kind, ValueRange operands) {
  return nn::ElementwiseOp::create(rewriter, loc, type, kind, operands);
}

namespace {
struct FoldChannelConstant final : OpRewritePattern<nn::ElementwiseOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::ElementwiseOp op,
                                PatternRewriter &rewriter) const override {
    nn::ElementwiseKind kind = op.getKind();
    if (kind != nn::ElementwiseKind::Mul && kind != nn::ElementwiseKind::Add)
      return rewriter.notifyMatchFailure(op, "neither multiply nor add");
    for (unsigned side : {0, 1}) {
      Value sum = op.getInputs()[side];
      std::optional<LinearMap> map = getLinearMap(sum.getDefiningOp());
      if (!map || !sum.hasOneUse() || sum.getType() != op.getType() ||
          !WeightDerived().contains(map->weight->get()) ||
          !isa<RankedTensorType>(map->weight->get().getType()))
        continue;
      Value constant = asChannelVector(rewriter, op.getInputs()[1 - side],
                                       cast<ShapedType>(op.getType()).getRank(),
                                       map->axis, map->outputs);
      if (!constant)
        continue;
      fold(rewriter, op, sum.getDefiningOp(), *map, constant);
      return success();
    }
    return rewriter.notifyMatchFailure(
        op, "not a channel constant on a linear map that only it reads");
  }

private:
  static void fold(PatternRewriter &rewriter, nn::ElementwiseOp op,
                   Operation *linear, const LinearMap &map, Value constant) {
    Location loc = op.getLoc();
    Value bias = map.bias;
    if (op.getKind() == nn::ElementwiseKind::Add) {
      bias = bias ? elementwise(rewriter, loc, bias.getType(),
                                nn::ElementwiseKind::Add, {bias, constant})
                  : constant;
    } else {
      Value weight = map.weight->get();
      auto type = cast<RankedTensorType>(weight.getType());
      SmallVector<int64_t> shape(type.getRank(), 1);
      shape[map.weightAxis] = map.outputs;
      Value column = nn::ReshapeOp::create(
          rewriter, loc, RankedTensorType::get(shape, type.getElementType()),
          constant, ValueRange(), shape);
      Value scaled = elementwise(rewriter, loc, type, nn::ElementwiseKind::Mul,
                                 {weight, column});
      rewriter.modifyOpInPlace(linear, [&] { map.weight->set(scaled); });
      if (bias)
        bias = elementwise(rewriter, loc, bias.getType(),
                           nn::ElementwiseKind::Mul, {bias, constant});
    }
    // The constant may be defined behind the linear op, whose only reader this
    // is.
    rewriter.moveOpBefore(linear, op);
    rewriter.modifyOpInPlace(linear, [&] {
      if (!bias)
        return;
      llvm::TypeSwitch<Operation *>(linear)
          .Case<nn::LinearOp, nn::ConvOp, nn::ConvTransposeOp>(
              [&](auto op) { op.getBiasMutable().assign(bias); });
      linear->setLoc(rewriter.getFusedLoc({linear->getLoc(), loc}));
    });
    rewriter.replaceOp(op, linear->getResult(0));
  }
};

struct FoldAffine final : nibble::impl::FoldAffineBase<FoldAffine> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<FoldChannelConstant>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
