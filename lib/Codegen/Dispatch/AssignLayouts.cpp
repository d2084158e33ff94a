//===- AssignLayouts.cpp - The channel axis of images goes last -----------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Codegen/Dispatch/Passes.h"

#include "DepthwiseKernel.h"
#include "TransposedConv.h"
#include "dialects/NN/NN.h"
#include "dialects/NN/WeightDerived.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace nibble {
#define GEN_PASS_DEF_ASSIGNLAYOUTS
#include "nibble/Codegen/Dispatch/Passes.h.inc"
} // namespace nibble

using namespace mlir;
using namespace nibble;

//===----------------------------------------------------------------------===//
// Permutations
//===----------------------------------------------------------------------===//

static RankedTensorType permute(Type type, ArrayRef<int64_t> permutation) {
  auto tensor = cast<RankedTensorType>(type);
  return RankedTensorType::get(applyPermutation(tensor.getShape(), permutation),
                               tensor.getElementType());
}

static Value transpose(PatternRewriter &rewriter, Value value,
                       ArrayRef<int64_t> permutation) {
  return nn::TransposeOp::create(rewriter, value.getLoc(),
                                 permute(value.getType(), permutation), value,
                                 permutation);
}

/// [0, 2, 3, …, 1]: channels from second to last place.
static SmallVector<int64_t> toLast(int64_t rank) {
  SmallVector<int64_t> permutation = {0};
  for (int64_t axis = 2; axis < rank; ++axis)
    permutation.push_back(axis);
  permutation.push_back(1);
  return permutation;
}

/// Whether the permutation moves only axes of one element.
static bool keepsOrder(Type type, ArrayRef<int64_t> permutation) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return false;
  int64_t previous = -1;
  for (int64_t axis : permutation) {
    if (tensor.getDimSize(axis) == 1)
      continue;
    if (axis < previous)
      return false;
    previous = axis;
  }
  return true;
}

static int64_t rankOf(Value value) {
  return cast<ShapedType>(value.getType()).getRank();
}

//===----------------------------------------------------------------------===//
// Ops over images become channels_last
//===----------------------------------------------------------------------===//

namespace {
/// Rebuilds a channels_first op between transposes. `filter` is the number of
/// the operand that has channels in second place, too.
template <typename OpTy>
struct MakeChannelsLast final : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;

  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    if (op.getLayout() == nn::Layout::ChannelsLast)
      return rewriter.notifyMatchFailure(op, "is channels_last");
    int64_t rank = rankOf(op->getOperand(0));
    if (rank < 3 || !isa<RankedTensorType>(op->getOperand(0).getType()) ||
        !isa<RankedTensorType>(op->getResult(0).getType()))
      return rewriter.notifyMatchFailure(op, "not an image of plain numbers");
    constexpr bool hasFilter = std::is_same_v<OpTy, nn::ConvOp> ||
                               std::is_same_v<OpTy, nn::ConvTransposeOp>;
    if (hasFilter && !isa<RankedTensorType>(op->getOperand(1).getType()))
      return rewriter.notifyMatchFailure(op, "filter is not plain numbers");
    SmallVector<int64_t> last = toLast(rank);
    IRMapping mapping;
    for (unsigned number = 0; number <= unsigned(hasFilter); ++number)
      mapping.map(op->getOperand(number),
                  transpose(rewriter, op->getOperand(number), last));
    auto moved = cast<OpTy>(rewriter.clone(*op, mapping));
    moved->getResult(0).setType(permute(op.getType(), last));
    moved.setLayout(nn::Layout::ChannelsLast);
    rewriter.replaceOp(op, transpose(rewriter, moved->getResult(0),
                                     invertPermutationVector(last)));
    return success();
  }
};

/// Padding of a channels_last convolution as an op of its own, so that the
/// kernel needs no bounds.
struct PadConv final : OpRewritePattern<nn::ConvOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::ConvOp op,
                                PatternRewriter &rewriter) const override {
    auto type = dyn_cast<RankedTensorType>(op.getInput().getType());
    ArrayRef<int64_t> padding = op.getPadding();
    if (op.getLayout() != nn::Layout::ChannelsLast || !type ||
        llvm::all_of(padding, [](int64_t p) { return p == 0; }))
      return rewriter.notifyMatchFailure(op, "has no padding to make explicit");
    if (isDepthwise(op) && WeightDerived().contains(op.getFilter()))
      return rewriter.notifyMatchFailure(op, "its kernel knows bounds");
    SmallVector<int64_t> low(type.getRank(), 0), high(type.getRank(), 0);
    SmallVector<int64_t> shape(type.getShape());
    for (size_t axis = 0; axis < padding.size() / 2; ++axis) {
      low[axis + 1] = padding[2 * axis];
      high[axis + 1] = padding[2 * axis + 1];
      if (!ShapedType::isDynamic(shape[axis + 1]))
        shape[axis + 1] += low[axis + 1] + high[axis + 1];
    }
    Value padded = nn::PadOp::create(
        rewriter, op.getLoc(),
        RankedTensorType::get(shape, type.getElementType()), op.getInput(),
        Value(), low, high, nn::PadMode::Constant);
    rewriter.modifyOpInPlace(op, [&] {
      op.getInputMutable().set(padded);
      op.setPadding(SmallVector<int64_t>(padding.size(), 0));
    });
    return success();
  }
};

//===----------------------------------------------------------------------===//
// Transposes sink
//===----------------------------------------------------------------------===//

/// Elementwise ops whose operands are all transposed alike, or weights or
/// scalars that can be transposed back for free.
struct SinkThroughElementwise final : RewritePattern {
  explicit SinkThroughElementwise(MLIRContext *context)
      : RewritePattern(MatchAnyOpTypeTag(), 1, context) {}

  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    if (!isa<nn::ElementwiseOp, nn::CastOp, nn::QuantizeElementsOp,
             nn::DequantizeElementsOp>(op))
      return failure();
    auto type = dyn_cast<RankedTensorType>(op->getResult(0).getType());
    if (!type)
      return rewriter.notifyMatchFailure(op, "result is quantized");
    SmallVector<int64_t> permutation;
    WeightDerived weights;
    for (Value operand : op->getOperands()) {
      auto moved = operand.getDefiningOp<nn::TransposeOp>();
      if (moved && !weights.contains(operand)) {
        if (!permutation.empty() &&
            moved.getPermutation() != ArrayRef<int64_t>(permutation))
          return rewriter.notifyMatchFailure(op, "permutations differ");
        permutation.assign(moved.getPermutation().begin(),
                           moved.getPermutation().end());
      }
    }
    if (permutation.empty() || int64_t(permutation.size()) != type.getRank())
      return rewriter.notifyMatchFailure(op, "no operand is transposed");
    for (Value operand : op->getOperands())
      if (!canMove(operand, permutation, weights))
        return rewriter.notifyMatchFailure(op, "an operand is not transposed");

    SmallVector<int64_t> inverse = invertPermutationVector(permutation);
    IRMapping mapping;
    for (Value operand : op->getOperands())
      mapping.map(operand, move(rewriter, operand, inverse, weights));
    Operation *moved = rewriter.clone(*op, mapping);
    moved->getResult(0).setType(permute(type, inverse));
    rewriter.replaceOp(op,
                       transpose(rewriter, moved->getResult(0), permutation));
    return success();
  }

private:
  static bool canMove(Value operand, ArrayRef<int64_t> permutation,
                      WeightDerived &weights) {
    auto type = dyn_cast<RankedTensorType>(operand.getType());
    if (!type)
      return false;
    if (type.hasStaticShape() && type.getNumElements() == 1)
      return true;
    if (weights.contains(operand))
      return type.hasStaticShape();
    auto moved = operand.getDefiningOp<nn::TransposeOp>();
    return moved && moved.getPermutation() == permutation;
  }

  static Value move(PatternRewriter &rewriter, Value operand,
                    ArrayRef<int64_t> inverse, WeightDerived &weights) {
    auto type = cast<RankedTensorType>(operand.getType());
    if (type.hasStaticShape() && type.getNumElements() == 1 &&
        !operand.getDefiningOp<nn::TransposeOp>())
      return operand;
    auto moved = operand.getDefiningOp<nn::TransposeOp>();
    if (moved && !weights.contains(operand))
      return moved.getInput();
    SmallVector<int64_t> shape(inverse.size() - type.getRank(), 1);
    llvm::append_range(shape, type.getShape());
    if (type.getRank() != int64_t(inverse.size()))
      operand = nn::ReshapeOp::create(
          rewriter, operand.getLoc(),
          RankedTensorType::get(shape, type.getElementType()), operand,
          ValueRange(), shape);
    return transpose(rewriter, operand, inverse);
  }
};

/// Operands that are transposed alike, or where that moves only axes of one
/// element.
struct SinkThroughConcat final : OpRewritePattern<nn::ConcatOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::ConcatOp op,
                                PatternRewriter &rewriter) const override {
    SmallVector<int64_t> order;
    for (Value operand : op.getInputs())
      if (auto moved = operand.getDefiningOp<nn::TransposeOp>();
          moved && order.empty())
        order.assign(moved.getPermutation().begin(),
                     moved.getPermutation().end());
    if (order.empty())
      return rewriter.notifyMatchFailure(op, "no operand is transposed");
    SmallVector<int64_t> inverse = invertPermutationVector(order);
    for (Value operand : op.getInputs()) {
      auto moved = operand.getDefiningOp<nn::TransposeOp>();
      if (moved ? moved.getPermutation() != ArrayRef<int64_t>(order)
                : !keepsOrder(operand.getType(), inverse))
        return rewriter.notifyMatchFailure(op, "operands are not transposed "
                                               "alike");
    }
    SmallVector<Value> inputs;
    for (Value operand : op.getInputs()) {
      auto moved = operand.getDefiningOp<nn::TransposeOp>();
      inputs.push_back(moved ? moved.getInput()
                             : transpose(rewriter, operand, inverse));
    }
    Value moved = nn::ConcatOp::create(rewriter, op.getLoc(),
                                       permute(op.getType(), inverse), inputs,
                                       order[op.getAxis()]);
    rewriter.replaceOp(op, transpose(rewriter, moved, order));
    return success();
  }
};

/// A reshape that merges axes which are neighbours before the transpose, too.
struct SinkThroughReshape final : OpRewritePattern<nn::ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::ReshapeOp op,
                                PatternRewriter &rewriter) const override {
    auto moved = op.getInput().getDefiningOp<nn::TransposeOp>();
    auto from = dyn_cast<RankedTensorType>(op.getInput().getType());
    auto to = dyn_cast<RankedTensorType>(op.getType());
    if (!moved || !from || !to || !from.hasStaticShape() ||
        !to.hasStaticShape() || to.getRank() >= from.getRank())
      return rewriter.notifyMatchFailure(op, "does not merge axes of a "
                                             "transposed tensor");
    std::optional<SmallVector<ReassociationIndices>> merged =
        getReassociationIndicesForReshape(from, to);
    if (!merged)
      return rewriter.notifyMatchFailure(op, "does not only merge axes");
    ArrayRef<int64_t> order = moved.getPermutation();
    // The merged axes by where their first one was.
    SmallVector<std::pair<int64_t, int64_t>> sources;
    for (auto [axis, group] : llvm::enumerate(*merged)) {
      for (size_t i = 1; i < group.size(); ++i)
        if (order[group[i]] != order[group[i - 1]] + 1)
          return rewriter.notifyMatchFailure(op, "merges axes that were apart");
      sources.push_back({order[group.front()], int64_t(axis)});
    }
    llvm::sort(sources);
    SmallVector<int64_t> shape, permutation(to.getRank());
    for (auto [position, source] : llvm::enumerate(sources)) {
      shape.push_back(to.getDimSize(source.second));
      permutation[source.second] = int64_t(position);
    }
    Value reshaped =
        nn::ReshapeOp::create(rewriter, op.getLoc(), to.clone(shape),
                              moved.getInput(), ValueRange(), shape);
    rewriter.replaceOp(op, transpose(rewriter, reshaped, permutation));
    return success();
  }
};

struct SinkThroughReduce final : OpRewritePattern<nn::ReduceOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::ReduceOp op,
                                PatternRewriter &rewriter) const override {
    auto moved = op.getInput().getDefiningOp<nn::TransposeOp>();
    if (!moved || !op.getKeepDims())
      return rewriter.notifyMatchFailure(op, "not a transposed input whose "
                                             "rank is kept");
    SmallVector<int64_t> order(moved.getPermutation());
    SmallVector<int64_t> axes;
    for (int64_t axis : op.getAxes())
      axes.push_back(order[axis]);
    llvm::sort(axes);
    Value reduced = nn::ReduceOp::create(
        rewriter, op.getLoc(),
        permute(op.getType(), invertPermutationVector(order)), op.getKind(),
        moved.getInput(), axes, /*keep_dims=*/true);
    rewriter.replaceOp(op, transpose(rewriter, reduced, order));
    return success();
  }
};

struct SinkThroughPad final : OpRewritePattern<nn::PadOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::PadOp op,
                                PatternRewriter &rewriter) const override {
    auto moved = op.getInput().getDefiningOp<nn::TransposeOp>();
    if (!moved)
      return rewriter.notifyMatchFailure(op, "input is not transposed");
    SmallVector<int64_t> order(moved.getPermutation());
    SmallVector<int64_t> inverse = invertPermutationVector(order);
    Value padded = nn::PadOp::create(
        rewriter, op.getLoc(), permute(op.getType(), inverse), moved.getInput(),
        op.getValue(), applyPermutation(op.getLow(), inverse),
        applyPermutation(op.getHigh(), inverse), op.getMode());
    rewriter.replaceOp(op, transpose(rewriter, padded, order));
    return success();
  }
};

struct SinkThroughSlice final : OpRewritePattern<nn::SliceOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::SliceOp op,
                                PatternRewriter &rewriter) const override {
    auto moved = op.getInput().getDefiningOp<nn::TransposeOp>();
    if (!moved || !op.getOffsets().empty() || !op.getSizes().empty())
      return rewriter.notifyMatchFailure(op, "not a static slice of a "
                                             "transposed tensor");
    SmallVector<int64_t> order(moved.getPermutation());
    SmallVector<int64_t> inverse = invertPermutationVector(order);
    Value sliced = nn::SliceOp::create(
        rewriter, op.getLoc(), permute(op.getType(), inverse), moved.getInput(),
        ValueRange(), ValueRange(),
        applyPermutation(op.getStaticOffsets(), inverse),
        applyPermutation(op.getStaticSizes(), inverse),
        applyPermutation(op.getStrides(), inverse));
    rewriter.replaceOp(op, transpose(rewriter, sliced, order));
    return success();
  }
};

/// Two transposes are one.
struct ComposeTransposes final : OpRewritePattern<nn::TransposeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::TransposeOp op,
                                PatternRewriter &rewriter) const override {
    auto inner = op.getInput().getDefiningOp<nn::TransposeOp>();
    if (!inner)
      return rewriter.notifyMatchFailure(op, "input is not transposed");
    SmallVector<int64_t> order =
        applyPermutation(inner.getPermutation(), op.getPermutation());
    if (isIdentityPermutation(order))
      rewriter.replaceOp(op, inner.getInput());
    else
      rewriter.replaceOpWithNewOp<nn::TransposeOp>(op, op.getType(),
                                                   inner.getInput(), order);
    return success();
  }
};

/// A transpose that moves only axes of extent 1 is a reshape.
struct TransposeOfUnitAxes final : OpRewritePattern<nn::TransposeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::TransposeOp op,
                                PatternRewriter &rewriter) const override {
    auto input = dyn_cast<RankedTensorType>(op.getInput().getType());
    if (!input)
      return rewriter.notifyMatchFailure(op, "input is quantized");
    if (!keepsOrder(input, op.getPermutation()))
      return rewriter.notifyMatchFailure(op, "moves elements");
    auto type = cast<RankedTensorType>(op.getType());
    SmallVector<Value> dims;
    for (auto [axis, from] : llvm::enumerate(op.getPermutation()))
      if (type.isDynamicDim(axis))
        dims.push_back(
            tensor::DimOp::create(rewriter, op.getLoc(), op.getInput(), from));
    rewriter.replaceOpWithNewOp<nn::ReshapeOp>(op, type, op.getInput(), dims,
                                               type.getShape());
    return success();
  }
};

struct AssignLayouts final : nibble::impl::AssignLayoutsBase<AssignLayouts> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<MakeChannelsLast<nn::ConvOp>,
                 MakeChannelsLast<nn::ConvTransposeOp>,
                 MakeChannelsLast<nn::PoolOp>, MakeChannelsLast<nn::ResizeOp>,
                 PadConv, SinkThroughElementwise, SinkThroughConcat,
                 SinkThroughReshape, SinkThroughReduce, SinkThroughPad,
                 SinkThroughSlice, ComposeTransposes, TransposeOfUnitAxes>(
        &getContext());
    populateTransposedConvPatterns(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
