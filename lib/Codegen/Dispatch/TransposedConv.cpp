//===- TransposedConv.cpp - Transposed convolution as a linear map --------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TransposedConv.h"

#include "dialects/NN/NN.h"
#include "dialects/NN/WeightDerived.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;
using namespace nibble;

static Value reshape(ImplicitLocOpBuilder &b, Value value,
                     ArrayRef<OpFoldResult> extents) {
  auto [shape, dims] = decomposeMixedValues(extents);
  Type element = cast<RankedTensorType>(value.getType()).getElementType();
  return nn::ReshapeOp::create(b, RankedTensorType::get(shape, element), value,
                               dims, shape);
}

static Value transpose(ImplicitLocOpBuilder &b, Value value,
                       ArrayRef<int64_t> permutation) {
  auto type = cast<RankedTensorType>(value.getType());
  return nn::TransposeOp::create(
      b, type.clone(applyPermutation(type.getShape(), permutation)), value,
      permutation);
}

/// `bias` [O] once for each of `count` places of a window.
static Value repeat(ImplicitLocOpBuilder &b, Value bias, int64_t count) {
  auto type = cast<RankedTensorType>(bias.getType());
  int64_t outputs = type.getDimSize(0);
  SmallVector<int64_t> shape = {count, outputs};
  Value all =
      nn::ExpandOp::create(b, type.clone(shape), bias, ValueRange(), shape);
  return reshape(b, all, {b.getIndexAttr(count * outputs)});
}

namespace {
struct SplitWindows final : OpRewritePattern<nn::ConvTransposeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::ConvTransposeOp op,
                                PatternRewriter &rewriter) const override {
    auto filter = dyn_cast<RankedTensorType>(op.getFilter().getType());
    auto input = dyn_cast<RankedTensorType>(op.getInput().getType());
    auto isZero = [](int64_t number) { return number == 0; };
    if (op.getLayout() != nn::Layout::ChannelsLast || !filter || !input ||
        !isa<RankedTensorType>(op.getType()) || !filter.hasStaticShape() ||
        !isSized(op) || !WeightDerived().contains(op.getFilter()) ||
        op.getGroups() != 1)
      return rewriter.notifyMatchFailure(
          op, "not a channels_last image with weights and one group");
    ArrayRef<int64_t> kernel =
        filter.getShape().slice(1, op.getStrides().size());
    if (kernel != op.getStrides() || !llvm::all_of(op.getPadding(), isZero) ||
        !llvm::all_of(op.getOutputPadding(), isZero) ||
        !llvm::all_of(op.getDilations(), [](int64_t d) { return d == 1; }))
      return rewriter.notifyMatchFailure(op, "windows overlap or are cut");
    rewriter.replaceOp(op, build(rewriter, op, kernel));
    return success();
  }

private:
  /// Whether the result's type says of the extents what the input's says.
  static bool isSized(nn::ConvTransposeOp op) {
    auto input = cast<ShapedType>(op.getInput().getType());
    auto result = cast<ShapedType>(op.getType());
    for (int64_t axis = 0; axis + 1 < input.getRank(); ++axis)
      if (input.isDynamicDim(axis) != result.isDynamicDim(axis))
        return false;
    return true;
  }

  static Value build(PatternRewriter &rewriter, nn::ConvTransposeOp op,
                     ArrayRef<int64_t> kernel) {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    ArrayRef<int64_t> filter =
        cast<ShapedType>(op.getFilter().getType()).getShape();
    int64_t channels = filter.front(), outputs = filter.back();
    int64_t places = ShapedType::getNumElements(kernel);
    Value weight =
        reshape(b, op.getFilter(),
                {b.getIndexAttr(channels), b.getIndexAttr(places * outputs)});
    weight = transpose(b, weight, {1, 0});
    Value bias = op.getBias() ? repeat(b, op.getBias(), places) : Value();

    SmallVector<OpFoldResult> extents =
        tensor::getMixedSizes(b, op.getLoc(), op.getInput());
    auto type = cast<RankedTensorType>(op.getType());
    SmallVector<int64_t> shape(
        cast<ShapedType>(op.getInput().getType()).getShape());
    shape.back() = places * outputs;
    Value windows = nn::LinearOp::create(
        b, RankedTensorType::get(shape, type.getElementType()), op.getInput(),
        weight, bias);

    // [N, H, W, kh, kw, O] to [N, H, kh, W, kw, O] to [N, H kh, W kw, O].
    int64_t spatial = kernel.size();
    SmallVector<OpFoldResult> split(llvm::drop_end(extents));
    SmallVector<OpFoldResult> merged = {extents.front()};
    SmallVector<int64_t> permutation = {0};
    for (int64_t i = 0; i < spatial; ++i) {
      split.push_back(b.getIndexAttr(kernel[i]));
      permutation.append({1 + i, 1 + spatial + i});
      merged.push_back(scaled(b, extents[1 + i], kernel[i]));
    }
    split.push_back(b.getIndexAttr(outputs));
    merged.push_back(b.getIndexAttr(outputs));
    permutation.push_back(1 + 2 * spatial);
    Value placed = transpose(b, reshape(b, windows, split), permutation);
    return reshape(b, placed, merged);
  }

  static OpFoldResult scaled(ImplicitLocOpBuilder &b, OpFoldResult extent,
                             int64_t factor) {
    if (std::optional<int64_t> known = getConstantIntValue(extent))
      return b.getIndexAttr(*known * factor);
    return arith::MulIOp::create(b, cast<Value>(extent),
                                 arith::ConstantIndexOp::create(b, factor))
        .getResult();
  }
};
} // namespace

void nibble::populateTransposedConvPatterns(RewritePatternSet &patterns) {
  patterns.add<SplitWindows>(patterns.getContext());
}
