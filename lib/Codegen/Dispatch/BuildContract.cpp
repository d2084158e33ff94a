//===- BuildContract.cpp - From linear maps to nn.contract ----------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BuildContract.h"

#include "dialects/NN/Note.h"

using namespace mlir;
using namespace nibble;

/// `lhs` with `channels` along its last axis, where its type does not say so: a
/// kernel sums over a known extent.
static Value withChannels(PatternRewriter &rewriter, Value lhs,
                          int64_t channels) {
  auto type = cast<RankedTensorType>(lhs.getType());
  if (!type.isDynamicDim(type.getRank() - 1))
    return lhs;
  SmallVector<int64_t> shape(type.getShape());
  shape.back() = channels;
  SmallVector<Value> dims;
  for (int64_t axis = 0; axis + 1 < type.getRank(); ++axis)
    if (type.isDynamicDim(axis))
      dims.push_back(tensor::DimOp::create(rewriter, lhs.getLoc(), lhs, axis));
  return nn::ReshapeOp::create(
      rewriter, lhs.getLoc(),
      RankedTensorType::get(shape, type.getElementType()), lhs, dims, shape);
}

Value nibble::buildContract(PatternRewriter &rewriter, Operation *op,
                            const codegen::ContractionPlan &plan,
                            const ContractParts &parts,
                            function_ref<void(nn::ContractOp)> configure) {
  auto shape = cast<RankedTensorType>(parts.weights.getType()).getShape();
  int64_t groups = shape[0], n = shape[1], k = shape[2];
  StringAttr text = rewriter.getStringAttr(plan.desc.str());
  StringAttr dot = rewriter.getStringAttr(plan.info().name);
  auto bytes = RankedTensorType::get(
      {groups * codegen::packedWeightBytes(plan, n, k)}, rewriter.getI8Type());
  Value packed = nn::PackWeightsOp::create(
      rewriter, parts.weights.getLoc(), bytes, parts.weights,
      parts.weightScales, parts.weightZeros, text, dot);
  Type type = op->getResult(0).getType();
  int64_t channels = k;
  if (auto conv = dyn_cast<nn::ConvOp>(op))
    channels =
        groups * cast<ShapedType>(conv.getFilter().getType()).getShape().back();
  Value lhs = withChannels(rewriter, parts.lhs, channels);
  auto contract = nn::ContractOp::create(
      rewriter, op->getLoc(), type, lhs, packed, parts.scale, parts.zero, text,
      dot, rewriter.getI64IntegerAttr(groups * n), DenseI64ArrayAttr(),
      DenseI64ArrayAttr(), DenseI64ArrayAttr(),
      rewriter.getI64IntegerAttr(groups));
  configure(contract);
  if (Attribute note = op->getAttr(nn::kNoteAttr))
    contract->setAttr(nn::kNoteAttr, note);
  if (!parts.bias)
    return contract;
  return nn::ElementwiseOp::create(rewriter, op->getLoc(), type,
                                   nn::ElementwiseKind::Add,
                                   ValueRange{contract, parts.bias});
}

Value nibble::reshapeWeight(PatternRewriter &rewriter, Value weight,
                            ArrayRef<int64_t> shape) {
  auto type = cast<RankedTensorType>(weight.getType());
  if (type.getShape() == shape)
    return weight;
  return nn::ReshapeOp::create(
      rewriter, weight.getLoc(),
      RankedTensorType::get(shape, type.getElementType()), weight, ValueRange(),
      shape);
}

LogicalResult nibble::checkImage(PatternRewriter &rewriter, nn::ConvOp op) {
  if (op.getLayout() != nn::Layout::ChannelsLast ||
      !llvm::all_of(op.getPadding(), [](int64_t p) { return p == 0; }))
    return rewriter.notifyMatchFailure(op, "not a padded channels_last image");
  size_t spatial = op.getStrides().size();
  if (spatial < 1 || spatial > 2)
    return rewriter.notifyMatchFailure(op, "not one or two spatial axes");
  auto filter = cast<ShapedType>(op.getFilter().getType());
  if (!filter.hasStaticShape())
    return rewriter.notifyMatchFailure(op, "filter extents are not known");
  if (filter.getNumElements() == 0)
    return rewriter.notifyMatchFailure(op, "filter has no elements");
  if (op.getGroups() > 1 && filter.getShape().back() < 4)
    return rewriter.notifyMatchFailure(op, "too few channels a group");
  return success();
}

static ArrayRef<int64_t> kernelOf(nn::ConvOp op) {
  return cast<ShapedType>(op.getFilter().getType())
      .getShape()
      .slice(1, op.getStrides().size());
}

bool nibble::isPointwise(nn::ConvOp op) {
  auto isOne = [](int64_t extent) { return extent == 1; };
  return op.getGroups() == 1 && llvm::all_of(kernelOf(op), isOne) &&
         llvm::all_of(op.getStrides(), isOne);
}

void nibble::describeImage(nn::ConvOp op, codegen::ContractionDesc &desc) {
  if (isPointwise(op))
    return;
  size_t spatial = op.getStrides().size();
  bool isGrouped = op.getGroups() > 1;
  desc.rowDims = spatial + 1;
  // Neighbouring kernel columns are contiguous unless dilated or grouped.
  bool joined = !isGrouped && op.getDilations().back() == 1;
  desc.segmentDims = joined ? spatial - 1 : spatial;
  desc.groupDims = isGrouped;
}

void nibble::setWindow(nn::ConvOp op, nn::ContractOp contract) {
  if (isPointwise(op))
    return;
  contract.setKernel(kernelOf(op));
  contract.setStrides(op.getStrides());
  contract.setDilations(op.getDilations());
}

SmallVector<int64_t> nibble::groupedFilterShape(nn::ConvOp op) {
  ArrayRef<int64_t> shape =
      cast<ShapedType>(op.getFilter().getType()).getShape();
  int64_t groups = op.getGroups();
  return {groups, shape[0] / groups,
          ShapedType::getNumElements(shape.drop_front())};
}
