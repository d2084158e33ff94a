//===- NNVerifyShape.cpp - Verifiers of ops that move elements ------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/NNVerify.h"

#include "mlir/Dialect/Utils/IndexingUtils.h"

using namespace mlir;
using namespace nibble;
using namespace nibble::nn;

static qnt::QuantTensorType quantType(Value value) {
  return dyn_cast<qnt::QuantTensorType>(value.getType());
}

//===----------------------------------------------------------------------===//
// reshape, transpose, expand
//===----------------------------------------------------------------------===//

/// The list that an op gives for its result's extents is its type's.
static LogicalResult verifyExtents(const Checker &check, StringRef what,
                                   ArrayRef<int64_t> statics,
                                   ValueRange dynamics, Value result) {
  ArrayRef<int64_t> shape = shapedType(result).getShape();
  if (failed(check.mixedList(what, statics, dynamics, shape.size())))
    return failure();
  if (statics == shape)
    return success();
  return check.op->emitOpError() << what << " is " << describeShape(statics)
                                 << ", but the result is " << result.getType();
}

/// Codes and scales can follow a reshape only if it leaves every axis alone
/// that a block spans.
static LogicalResult verifyQuantReshape(ReshapeOp op) {
  qnt::QuantTensorType in = quantType(op.getInput());
  qnt::QuantTensorType out = quantType(op.getResult());
  if (!in)
    return op.emitOpError("does not quantize; use qnt.quantize after it");
  if (in.getFormat() != out.getFormat())
    return op.emitOpError("input and result must have one format, since codes "
                          "move as they are");
  qnt::FormatAttr format = in.getFormat();
  if (format.getBlock().empty())
    return success();
  // Trailing axes from the first that a block spans.
  size_t spanned = format.getBlock().size();
  for (int64_t extent : format.getBlock()) {
    if (extent != 1)
      break;
    --spanned;
  }
  bool keeps =
      in.getShape().size() >= spanned && out.getShape().size() >= spanned &&
      in.getShape().take_back(spanned) == out.getShape().take_back(spanned);
  if (keeps)
    return success();
  return op.emitOpError("changes an axis that the format's blocks span; "
                        "dequantize first");
}

LogicalResult ReshapeOp::verify() {
  Checker check(*this);
  if (failed(verifyExtents(check, "shape", getStaticShape(), getShape(),
                           getResult())) ||
      failed(check.sameElement("the result", getResult(), "input", getInput())))
    return failure();
  ShapedType in = shapedType(getInput()), out = shapedType(getResult());
  if (in.hasStaticShape() && out.hasStaticShape() &&
      in.getNumElements() != out.getNumElements())
    return emitOpError() << "input has " << in.getNumElements()
                         << " elements, but the result has "
                         << out.getNumElements();
  if (quantType(getResult()))
    return verifyQuantReshape(*this);
  return success();
}

LogicalResult TransposeOp::verify() {
  Checker check(*this);
  ArrayRef<int64_t> in = shapedType(getInput()).getShape();
  if (getPermutation().size() != in.size() ||
      !isPermutationVector(getPermutation()))
    return emitOpError() << "permutation must name each of the " << in.size()
                         << " axes once, but is "
                         << describeShape(getPermutation());
  if (failed(check.shape("the result", getResult(),
                         applyPermutation(in, getPermutation()))) ||
      failed(check.sameElement("the result", getResult(), "input", getInput())))
    return failure();
  qnt::QuantTensorType from = quantType(getInput()),
                       to = quantType(getResult());
  if (!to)
    return success();
  if (!from)
    return emitOpError("does not quantize; use qnt.quantize after it");
  // Block extents move with their axes.
  qnt::FormatAttr a = from.getFormat(), b = to.getFormat();
  bool fits = a.getElement() == b.getElement() &&
              a.getScale() == b.getScale() &&
              a.getOuter().equals(b.getOuter()) && a.getZero() == b.getZero();
  int64_t rank = in.size();
  for (auto [i, axis] : llvm::enumerate(getPermutation()))
    fits &= b.getBlockExtent(i, rank) == a.getBlockExtent(axis, rank);
  if (!fits)
    return emitOpError() << "the result's format must be the input's with its "
                            "block permuted like the axes";
  return success();
}

LogicalResult ExpandOp::verify() {
  Checker check(*this);
  if (failed(verifyExtents(check, "shape", getStaticShape(), getShape(),
                           getResult())) ||
      failed(check.sameElement("the result", getResult(), "input", getInput())))
    return failure();
  ArrayRef<int64_t> in = shapedType(getInput()).getShape();
  ArrayRef<int64_t> out = shapedType(getResult()).getShape();
  if (in.size() > out.size())
    return emitOpError() << "input has " << in.size()
                         << " axes, which the result's " << out.size()
                         << " cannot hold";
  for (auto [i, extent] : llvm::enumerate(in)) {
    int64_t target = out[out.size() - in.size() + i];
    if (extent != 1 && !agree(extent, target))
      return emitOpError() << "cannot stretch extent " << extent << " to "
                           << target << "; only 1 stretches";
  }
  return success();
}

//===----------------------------------------------------------------------===//
// slice, concat, cache_update
//===----------------------------------------------------------------------===//

LogicalResult SliceOp::verify() {
  Checker check(*this);
  ArrayRef<int64_t> in = shapedType(getInput()).getShape();
  if (failed(check.mixedList("offsets", getStaticOffsets(), getOffsets(),
                             in.size())) ||
      failed(verifyExtents(check, "sizes", getStaticSizes(), getSizes(),
                           getResult())) ||
      failed(check.entries("strides", getStrides(), in.size(),
                           "one for each axis")) ||
      failed(check.rank("the result", getResult(), in.size())) ||
      failed(check.sameElement("the result", getResult(), "input", getInput())))
    return failure();
  for (unsigned axis = 0; axis < in.size(); ++axis) {
    int64_t offset = getStaticOffsets()[axis], size = getStaticSizes()[axis];
    int64_t stride = getStrides()[axis];
    if (stride == 0)
      return emitOpError("strides must not be 0");
    bool isKnown = !ShapedType::isDynamic(offset) &&
                   !ShapedType::isDynamic(size) &&
                   !ShapedType::isDynamic(in[axis]);
    if (!isKnown || size == 0)
      continue;
    int64_t last = offset + (size - 1) * stride;
    if (std::min(offset, last) < 0 || std::max(offset, last) >= in[axis])
      return emitOpError() << "reads elements " << offset << " to " << last
                           << " of axis " << axis << ", which has " << in[axis];
  }
  return success();
}

/// `inputs` fit together along `axis` to the result.
static LogicalResult verifyConcat(const Checker &check, ValueRange inputs,
                                  int64_t axis, Value result) {
  SmallVector<int64_t> expected(shapedType(inputs.front()).getShape());
  int64_t rank = expected.size();
  if (failed(check.axis(axis, rank)))
    return failure();
  expected[axis] = 0;
  for (Value input : inputs) {
    if (failed(check.rank("an operand", input, rank)) ||
        failed(check.sameElement("an operand", input, "the result", result)))
      return failure();
    for (auto [i, extent] : llvm::enumerate(shapedType(input).getShape())) {
      int64_t &sofar = expected[i];
      if (int64_t(i) == axis) {
        sofar = ShapedType::isDynamic(extent) || ShapedType::isDynamic(sofar)
                    ? ShapedType::kDynamic
                    : sofar + extent;
        continue;
      }
      if (failed(check.equal("an operand's extent away from the axis", extent,
                             "another's", sofar)))
        return failure();
      sofar = known(sofar, extent);
    }
  }
  return check.shape("the result", result, expected);
}

LogicalResult ConcatOp::verify() {
  Checker check(*this);
  if (getInputs().empty())
    return emitOpError("needs at least one operand");
  return verifyConcat(check, getInputs(), getAxis(), getResult());
}

LogicalResult CacheUpdateOp::verify() {
  Checker check(*this);
  if (failed(verifyConcat(check, {getCache(), getUpdate()}, getAxis(),
                          getResult())))
    return failure();
  qnt::QuantTensorType cache = quantType(getCache());
  qnt::QuantTensorType result = quantType(getResult());
  if (bool(cache) != bool(result))
    return emitOpError("cache and result must both be quantized, or neither: "
                       "they are one buffer");
  if (!cache)
    return success();
  qnt::QuantTensorType update = quantType(getUpdate());
  if (cache.getFormat() != result.getFormat() ||
      (update && update.getFormat() != cache.getFormat()))
    return emitOpError("cache, update and result must have one format");
  int64_t rank = cache.getShape().size();
  if (cache.getFormat().getBlockExtent(getAxis(), rank) != 1)
    return emitOpError() << "the format's blocks must have extent 1 along axis "
                         << getAxis()
                         << ", so that an entry has scales of "
                            "its own";
  return success();
}

//===----------------------------------------------------------------------===//
// gather
//===----------------------------------------------------------------------===//

LogicalResult GatherOp::verify() {
  Checker check(*this);
  ArrayRef<int64_t> in = shapedType(getInput()).getShape();
  int64_t axis = getAxis();
  if (failed(check.axis(axis, in.size())) ||
      failed(check.sameElement("the result", getResult(), "input", getInput())))
    return failure();
  if (in[axis] == 0)
    return emitOpError() << "axis " << axis
                         << " has no elements to choose from";
  SmallVector<int64_t> expected(in.take_front(axis));
  llvm::append_range(expected, shapedType(getIndices()).getShape());
  llvm::append_range(expected, in.drop_front(axis + 1));
  return check.shape("the result", getResult(), expected);
}

LogicalResult GatherNDOp::verify() {
  Checker check(*this);
  if (failed(check.minRank("indices", getIndices(), 1)) ||
      failed(check.sameElement("the result", getResult(), "input", getInput())))
    return failure();
  ArrayRef<int64_t> in = shapedType(getInput()).getShape();
  ArrayRef<int64_t> indices = shapedType(getIndices()).getShape();
  int64_t batch = getBatchDims(), depth = indices.back();
  if (ShapedType::isDynamic(depth))
    return emitOpError("the last extent of indices, the number of axes that "
                       "they choose along, must be static");
  if (batch < 0 || batch >= int64_t(indices.size()))
    return emitOpError() << "batch_dims must be from 0 to "
                         << indices.size() - 1 << ", but is " << batch;
  if (batch + depth > int64_t(in.size()))
    return emitOpError() << "indices choose along " << depth << " axes after "
                         << batch << " of the batch, but input has "
                         << in.size();
  for (int64_t i = 0; i < batch; ++i)
    if (failed(check.equal("input's batch extent", in[i], "that of indices",
                           indices[i])))
      return failure();
  for (int64_t i = batch; i < batch + depth; ++i)
    if (in[i] == 0)
      return emitOpError() << "axis " << i << " has no elements to choose from";
  SmallVector<int64_t> expected(indices.drop_back());
  llvm::append_range(expected, in.drop_front(batch + depth));
  return check.shape("the result", getResult(), expected);
}

//===----------------------------------------------------------------------===//
// pad, iota, from_index
//===----------------------------------------------------------------------===//

LogicalResult PadOp::verify() {
  Checker check(*this);
  ArrayRef<int64_t> in = shapedType(getInput()).getShape();
  if (failed(check.entries("low", getLow(), in.size(), "one for each axis")) ||
      failed(
          check.entries("high", getHigh(), in.size(), "one for each axis")) ||
      failed(check.sameElement("the result", getResult(), "input", getInput())))
    return failure();
  if (getValue()) {
    if (getMode() != PadMode::Constant)
      return emitOpError() << stringifyPadMode(getMode())
                           << " takes its values from the input; leave the "
                              "value out";
    if (failed(check.rank("the value", getValue(), 0)) ||
        failed(check.sameElement("the value", getValue(), "input", getInput())))
      return failure();
  }
  SmallVector<int64_t> expected;
  for (auto [axis, extent] : llvm::enumerate(in)) {
    int64_t added = getLow()[axis] + getHigh()[axis];
    expected.push_back(ShapedType::isDynamic(extent)
                           ? extent
                           : std::max<int64_t>(extent + added, 0));
    bool adds = getLow()[axis] > 0 || getHigh()[axis] > 0;
    if (getMode() != PadMode::Constant && extent == 0 && adds)
      return emitOpError() << "axis " << axis << " has no elements to pad with";
  }
  return check.shape("the result", getResult(), expected);
}

LogicalResult IotaOp::verify() {
  Checker check(*this);
  if (failed(check.rank("start", getStart(), 0)) ||
      failed(check.rank("step", getStep(), 0)) ||
      failed(check.rank("the result", getResult(), 1)) ||
      failed(
          check.sameElement("start", getStart(), "the result", getResult())) ||
      failed(check.sameElement("step", getStep(), "the result", getResult())))
    return failure();
  bool isDynamic = shapedType(getResult()).isDynamicDim(0);
  if (isDynamic && !getSize())
    return emitOpError("needs a size, for the result's extent is not static");
  if (!isDynamic && getSize())
    return emitOpError("has a size, but the result's extent is static; leave "
                       "the size out");
  return success();
}

LogicalResult FromIndexOp::verify() {
  auto type = cast<ShapedType>(getType());
  if (!type.getElementType().isInteger())
    return emitOpError() << "gives integers, but the result is " << type;
  if (type.getNumElements() == int64_t(getValues().size()))
    return success();
  return emitOpError() << "has " << getValues().size()
                       << " values, but the result has "
                       << type.getNumElements() << " elements";
}
