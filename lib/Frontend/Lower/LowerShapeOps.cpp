//===- LowerShapeOps.cpp - Operators that move elements ---------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Lower/LowerFunctions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace nibble;
using namespace nibble::frontend;

// Reshape, Flatten, Squeeze, Unsqueeze: inference knows the extents.
LogicalResult nibble::frontend::lowerReshape(NodeLowering &n) {
  if (n.dims(0) == n.outDims())
    return n.set(0, n.in(0));
  return n.set(0, n.reshape(n.in(0), n.outDims()));
}

LogicalResult nibble::frontend::lowerTranspose(NodeLowering &n) {
  int64_t rank = n.rank(0);
  SmallVector<int64_t> permutation;
  if (auto attr = n.node.getInts("perm"))
    for (int64_t axis : *attr)
      permutation.push_back(axis < 0 ? axis + rank : axis);
  else
    for (int64_t axis = rank - 1; axis >= 0; --axis)
      permutation.push_back(axis);
  return n.set(0, nn::TransposeOp::create(n.b, n.loc, n.resultType(), n.in(0),
                                          permutation));
}

LogicalResult nibble::frontend::lowerSlice(NodeLowering &n) {
  Exprs dims = n.dims(0);
  int64_t rank = dims.size();
  Exprs starts;
  SmallVector<int64_t> axes, steps;
  if (n.version() < 10) {
    for (int64_t start : n.node.getInts("starts").value_or(ArrayRef<int64_t>()))
      starts.push_back(n.constant(start));
    if (auto attr = n.node.getInts("axes"))
      axes = llvm::to_vector(*attr);
  } else {
    starts = *n.lowering.getContents(n.node.getInput(1));
    axes = n.numbers(3).value_or(SmallVector<int64_t>());
    steps = n.numbers(4).value_or(SmallVector<int64_t>());
  }
  if (axes.empty())
    axes = llvm::to_vector(llvm::seq<int64_t>(0, starts.size()));
  if (steps.empty())
    steps.assign(axes.size(), 1);
  Exprs offsets(rank, n.constant(0));
  SmallVector<int64_t> strides(rank, 1);
  for (auto [axis, start, step] : llvm::zip_equal(axes, starts, steps)) {
    int64_t at = axis < 0 ? axis + rank : axis;
    AffineExpr extent = dims[at];
    AffineExpr last = step < 0 ? extent - 1 : extent;
    // Inference made sure that a start whose sign is known lies within.
    AffineExpr offset = getInterval(start).high < 0 ? start + extent : start;
    // "From the end" is written as a large number.
    if (getInterval(offset - last).low > 0 ||
        getInterval(start).low >= 1'000'000'000)
      offset = last;
    if (getInterval(offset).high < 0)
      offset = n.constant(0);
    offsets[at] = n.lowering.simplify(offset);
    strides[at] = step;
  }
  SmallVector<Value> dynamicOffsets, dynamicSizes;
  SmallVector<int64_t> staticOffsets, staticSizes;
  n.lowering.splitIndices(offsets, dynamicOffsets, staticOffsets);
  n.lowering.splitIndices(n.outDims(), dynamicSizes, staticSizes);
  return n.set(0, nn::SliceOp::create(n.b, n.loc, n.resultType(), n.in(0),
                                      dynamicOffsets, dynamicSizes,
                                      staticOffsets, staticSizes, strides));
}

LogicalResult nibble::frontend::lowerConcat(NodeLowering &n) {
  SmallVector<Value> inputs;
  for (unsigned i = 0; i < n.node.getInputs().size(); ++i)
    // An empty part is nothing.
    if (n.type(i).getDimSize(n.axis("axis", 1, n.rank(0))) != 0)
      inputs.push_back(n.in(i));
  if (inputs.empty())
    return n.set(0, n.in(0));
  if (inputs.size() == 1)
    return n.set(0, inputs.front());
  return n.set(0, nn::ConcatOp::create(n.b, n.loc, n.resultType(), inputs,
                                       n.axis("axis", 1, n.rank(0))));
}

LogicalResult nibble::frontend::lowerSplit(NodeLowering &n) {
  int64_t axis = n.axis("axis", 0, n.rank(0));
  AffineExpr offset = n.constant(0);
  Exprs dims = n.dims(0);
  for (unsigned i = 0; i < n.node.getOutputs().size(); ++i) {
    if (!n.node.getOutput(i))
      return n.error() << "leaves out output " << i
                       << ", so that its extent is not known";
    AffineExpr size = n.outDims(i)[axis];
    if (failed(n.set(i, n.slice(n.in(0), dims, axis, offset, size))))
      return failure();
    offset = offset + size;
  }
  return success();
}

LogicalResult nibble::frontend::lowerGather(NodeLowering &n) {
  int64_t axis = n.axis("axis", 0, n.rank(0));
  // One index that is known is a slice.
  auto index = n.numbers(1);
  Exprs dims = n.dims(0);
  if (index && index->size() == 1) {
    AffineExpr offset = n.constant(index->front());
    if (index->front() < 0)
      offset = dims[axis] + offset;
    Value slice = n.slice(n.in(0), dims, axis, offset, n.constant(1));
    return n.set(0, n.reshape(slice, n.outDims()));
  }
  Value indices = n.in(1);
  Type element = n.type(1).getElementType();
  if (!element.isInteger(32) && !element.isInteger(64))
    return n.error() << "has indices of type " << element
                     << "; only i32 and i64 are supported";
  return n.set(0, nn::GatherOp::create(n.b, n.loc, n.resultType(), n.in(0),
                                       indices, axis));
}

LogicalResult nibble::frontend::lowerGatherND(NodeLowering &n) {
  return n.set(0,
               nn::GatherNDOp::create(n.b, n.loc, n.resultType(), n.in(0),
                                      n.in(1), n.node.getInt("batch_dims", 0)));
}

LogicalResult nibble::frontend::lowerExpand(NodeLowering &n) {
  Value x = n.in(0);
  if (x.getType() == n.resultType() && n.dims(0) == n.outDims())
    return n.set(0, x);
  return n.set(0, n.expand(x, n.outDims()));
}

// [a, b] repeated r and s times: [1, a, 1, b] expanded to [r, a, s, b].
LogicalResult nibble::frontend::lowerTile(NodeLowering &n) {
  Exprs dims = n.dims(0);
  std::optional<Exprs> repeats = n.lowering.getContents(n.node.getInput(1));
  Exprs split, expanded;
  for (auto [dim, repeat] : llvm::zip_equal(dims, *repeats)) {
    split.append({n.constant(1), dim});
    expanded.append({repeat, dim});
  }
  Value x = n.expand(n.reshape(n.in(0), split), expanded);
  return n.set(0, n.reshape(x, n.outDims()));
}

LogicalResult nibble::frontend::lowerPad(NodeLowering &n) {
  int64_t rank = n.rank(0);
  SmallVector<int64_t> pads,
      axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  if (n.version() < 11)
    pads =
        llvm::to_vector(n.node.getInts("pads").value_or(ArrayRef<int64_t>()));
  else
    pads = *n.numbers(1);
  if (n.version() >= 18 && n.has(3))
    axes = *n.numbers(3);
  SmallVector<int64_t> low(rank, 0), high(rank, 0);
  for (auto [i, axis] : llvm::enumerate(axes)) {
    int64_t at = axis < 0 ? axis + rank : axis;
    low[at] = pads[i];
    high[at] = pads[i + axes.size()];
  }
  StringRef name = n.node.getString("mode", "constant");
  std::optional<nn::PadMode> mode = nn::symbolizePadMode(name);
  if (!mode)
    return n.error() << "has mode '" << name << "', which is not supported";
  Value value;
  Type element = n.resultType().getElementType();
  if (*mode == nn::PadMode::Constant) {
    if (n.version() < 11)
      value = n.scalar(n.node.getFloat("value", 0.0f), element);
    else if (n.has(2) && llvm::any_of(n.dims(2), [](AffineExpr dim) {
               return getConstant(dim) != 1;
             }))
      return n.error() << "needs a value of one element";
    else if (n.has(2))
      value =
          n.rank(2) == 0 ? n.in(2) : n.reshape(n.in(2), ArrayRef<int64_t>());
  }
  return n.set(0, nn::PadOp::create(n.b, n.loc, n.resultType(), n.in(0), value,
                                    low, high, *mode));
}

LogicalResult nibble::frontend::lowerRange(NodeLowering &n) {
  RankedTensorType type = n.resultType();
  Value size;
  if (type.isDynamicDim(0))
    size = n.lowering.getIndex(n.outDims()[0]);
  auto scalar = [&](unsigned input) {
    Value x = n.in(input);
    return n.rank(input) == 0 ? x : n.reshape(x, ArrayRef<int64_t>());
  };
  return n.set(
      0, nn::IotaOp::create(n.b, n.loc, type, size, scalar(0), scalar(2)));
}

// Of known extents: folded. Else one value, expanded.
LogicalResult nibble::frontend::lowerConstantOfShape(NodeLowering &n) {
  RankedTensorType type = n.resultType();
  double number = 0;
  if (DenseElementsAttr value = n.node.getTensor("value")) {
    Attribute element = *value.getValues<Attribute>().begin();
    number = isa<FloatAttr>(element)
                 ? cast<FloatAttr>(element).getValueAsDouble()
                 : static_cast<double>(
                       cast<IntegerAttr>(element).getValue().getSExtValue());
    if (type.getElementType().isInteger(1))
      number = number != 0;
    if (isBeyondF32(number))
      return n.error() << "fills with " << number
                       << ", beyond the range of f32, in which f64 is "
                          "computed; write an infinity if that is meant";
  }
  return n.set(0,
               n.expand(n.scalar(number, type.getElementType()), n.outDims()));
}

LogicalResult nibble::frontend::lowerDepthToSpace(NodeLowering &n) {
  int64_t block = n.node.getInt("blocksize", 1);
  Exprs from = n.dims(0), to = n.outDims();
  AffineExpr k = n.constant(block);
  Value x;
  if (n.node.getString("mode", "DCR") == "CRD") {
    x = n.reshape(n.in(0), {from[0], to[1], k, k, from[2], from[3]});
    x = n.transpose(x, {0, 1, 4, 2, 5, 3});
  } else {
    x = n.reshape(n.in(0), {from[0], k, k, to[1], from[2], from[3]});
    x = n.transpose(x, {0, 3, 4, 1, 5, 2});
  }
  return n.set(0, n.reshape(x, to));
}

LogicalResult nibble::frontend::lowerSpaceToDepth(NodeLowering &n) {
  int64_t block = n.node.getInt("blocksize", 1);
  Exprs from = n.dims(0), to = n.outDims();
  AffineExpr k = n.constant(block);
  Value x = n.reshape(n.in(0), {from[0], from[1], to[2], k, to[3], k});
  x = n.transpose(x, {0, 3, 5, 1, 2, 4});
  return n.set(0, n.reshape(x, to));
}
