//===- SplitChannelOps.cpp - Gains and biases apart from their norms ------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What stands behind a linear map goes into it before this (FoldAffine); this
// is what stands between a norm and its readers.
//
//===----------------------------------------------------------------------===//

#include "nibble/Quantize/Transform/Passes.h"

#include "dialects/NN/NN.h"
#include "dialects/NN/WeightDerived.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/PatternMatch.h"

namespace nibble {
#define GEN_PASS_DEF_SPLITCHANNELOPS
#include "nibble/Quantize/Transform/Passes.h.inc"
} // namespace nibble

using namespace mlir;
using namespace nibble;

static bool isF32Tensor(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getElementType().isF32();
}

/// One number of weights for each channel, or not there.
static bool isChannelVectorOrNone(Value value) {
  return !value || (isF32Tensor(value) &&
                    cast<RankedTensorType>(value.getType()).getRank() == 1 &&
                    WeightDerived().contains(value));
}

/// Whether the norm of `input` is over its last axis alone and in f32, where
/// its parts round as the whole does.
static bool isOverLastAxis(Value input, Value result, int64_t axis) {
  return isF32Tensor(input) && input.getType() == result.getType() &&
         axis == cast<RankedTensorType>(input.getType()).getRank() - 1;
}

static Value createBinary(OpBuilder &builder, Location loc,
                          nn::ElementwiseKind kind, Value lhs, Value rhs) {
  return nn::ElementwiseOp::create(builder, loc, lhs.getType(), kind,
                                   ValueRange{lhs, rhs});
}

/// weight · vector: one number for each output channel.
static Value createProduct(OpBuilder &builder, Location loc, Value weight,
                           Value vector) {
  auto type = cast<RankedTensorType>(weight.getType());
  Value products =
      createBinary(builder, loc, nn::ElementwiseKind::Mul, weight, vector);
  return nn::ReduceOp::create(
      builder, loc,
      RankedTensorType::get({type.getDimSize(0)}, type.getElementType()),
      nn::ReduceKind::Sum, products, ArrayRef<int64_t>{1},
      /*keep_dims=*/false);
}

/// The linear map over f32 weights that `use` is the input of; null otherwise.
static nn::LinearOp getLinearReader(OpOperand &use) {
  auto linear = dyn_cast<nn::LinearOp>(use.getOwner());
  if (!linear || &use != &linear.getInputMutable() ||
      !isF32Tensor(linear.getWeight()) ||
      !WeightDerived().contains(linear.getWeight()))
    return {};
  return linear;
}

/// Adds `bias` to what reads `value`: in the readers' biases where all are
/// linear maps over weights, else by an op of its own.
static Value addBias(RewriterBase &rewriter, Location loc, Value original,
                     Value value, Value bias) {
  bool allLinear = !original.use_empty() &&
                   llvm::all_of(original.getUses(), getLinearReader);
  if (!allLinear)
    return createBinary(rewriter, loc, nn::ElementwiseKind::Add, value, bias);
  // A further operand moves the reader's others in memory, `use` among them.
  for (OpOperand &use : llvm::make_early_inc_range(original.getUses())) {
    nn::LinearOp reader = getLinearReader(use);
    OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPoint(reader);
    Value sum =
        createProduct(rewriter, reader.getLoc(), reader.getWeight(), bias);
    if (Value own = reader.getBias())
      sum = createBinary(rewriter, reader.getLoc(), nn::ElementwiseKind::Add,
                         own, sum);
    rewriter.modifyOpInPlace(reader,
                             [&] { reader.getBiasMutable().assign(sum); });
  }
  return value;
}

static void split(RewriterBase &rewriter, nn::LayerNormOp op) {
  Value scale = op.getScale(), bias = op.getBias();
  if ((!scale && !bias) || !isChannelVectorOrNone(scale) ||
      !isChannelVectorOrNone(bias) ||
      !isOverLastAxis(op.getInput(), op.getResult(), op.getAxis()))
    return;
  Location loc = op.getLoc();
  rewriter.setInsertionPoint(op);
  Value value = nn::LayerNormOp::create(
      rewriter, loc, op.getType(), op.getInput(), /*scale=*/Value(),
      /*bias=*/Value(), op.getAxis(), op.getEpsilon());
  if (scale)
    value = createBinary(rewriter, loc, nn::ElementwiseKind::Mul, value, scale);
  if (bias)
    value = addBias(rewriter, loc, op.getResult(), value, bias);
  rewriter.replaceOp(op, value);
}

static void split(RewriterBase &rewriter, nn::RMSNormOp op) {
  Value scale = op.getScale();
  if (!scale || !isChannelVectorOrNone(scale) ||
      !isOverLastAxis(op.getInput(), op.getResult(), op.getAxis()))
    return;
  rewriter.setInsertionPoint(op);
  Value value =
      nn::RMSNormOp::create(rewriter, op.getLoc(), op.getType(), op.getInput(),
                            /*scale=*/Value(), op.getAxis(), op.getEpsilon());
  rewriter.replaceOp(op, createBinary(rewriter, op.getLoc(),
                                      nn::ElementwiseKind::Mul, value, scale));
}

namespace {
struct SplitChannelOps final
    : nibble::impl::SplitChannelOpsBase<SplitChannelOps> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    SmallVector<Operation *> norms;
    getOperation().walk([&](Operation *op) {
      if (isa<nn::LayerNormOp, nn::RMSNormOp>(op))
        norms.push_back(op);
    });
    for (Operation *op : norms) {
      if (auto norm = dyn_cast<nn::LayerNormOp>(op))
        split(rewriter, norm);
      else
        split(rewriter, cast<nn::RMSNormOp>(op));
    }
  }
};
} // namespace
