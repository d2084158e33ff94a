//===- InferShapeOps.cpp - Operators that move elements ---------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Shapes/InferFunctions.h"

#include "mlir/IR/Builders.h"

#include <limits>

using namespace mlir;
using namespace nibble::frontend;

static constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

static Type getI64(NodeInference &n) {
  return IntegerType::get(n.symbols.getContext(), 64);
}

//===----------------------------------------------------------------------===//
// Extents as data
//===----------------------------------------------------------------------===//

LogicalResult nibble::frontend::inferShape(NodeInference &n) {
  int64_t rank = n.rank(0);
  auto clamp = [&](int64_t end) {
    return std::clamp<int64_t>(end < 0 ? end + rank : end, 0, rank);
  };
  int64_t start = clamp(n.node.getInt("start", 0));
  int64_t end = clamp(n.node.getInt("end", rank));
  int64_t count = std::max<int64_t>(end - start, 0);
  if (failed(n.set(0, getI64(n), {n.constant(count)})))
    return failure();
  n.setContents(0, Exprs(n.dims(0).slice(start, count)));
  return success();
}

LogicalResult nibble::frontend::inferSize(NodeInference &n) {
  AffineExpr product = n.constant(1);
  for (AffineExpr dim : n.dims(0))
    product = product * dim;
  if (failed(n.set(0, getI64(n), {})))
    return failure();
  n.setContents(0, {product});
  return success();
}

LogicalResult nibble::frontend::inferRange(NodeInference &n) {
  if (!isa<IntegerType>(n.type(0)))
    return n.error() << "counts in " << n.type(0)
                     << "; only integers are supported";
  Exprs operands;
  for (unsigned i = 0; i < 3; ++i) {
    FailureOr<Exprs> found = n.contents(i, "limits");
    if (failed(found))
      return failure();
    if (found->size() != 1)
      return n.error() << "needs limits and a step of one element";
    operands.push_back(found->front());
  }
  std::optional<int64_t> step = getConstant(operands[2]);
  if (!step || *step == 0 || *step == std::numeric_limits<int64_t>::min())
    return n.error() << "needs a constant step other than 0";
  AffineExpr distance =
      *step > 0 ? operands[1] - operands[0] : operands[0] - operands[1];
  AffineExpr count = n.symbols.simplify(distance.ceilDiv(std::abs(*step)));
  Interval range = getInterval(count);
  if (range.high < 0)
    count = n.constant(0);
  else
    n.symbols.assumeAtLeast(count, n.constant(0));
  if (failed(n.set(0, n.type(0), {count})))
    return failure();
  if (auto known = getConstant(count);
      known && *known <= ValueInfo::kMaxContents) {
    Exprs elements;
    for (int64_t i = 0; i < *known; ++i)
      elements.push_back(operands[0] + operands[2] * i);
    n.setContents(0, elements);
  }
  return success();
}

LogicalResult nibble::frontend::inferConstantOfShape(NodeInference &n) {
  FailureOr<Exprs> dims = n.contents(0, "extents");
  if (failed(dims))
    return failure();
  DenseElementsAttr value = n.node.getTensor("value");
  if (value && value.getNumElements() != 1)
    return n.error() << "needs a value of one element";
  Type type =
      value ? value.getElementType() : Float32Type::get(n.symbols.getContext());
  if (failed(n.set(0, type, *dims)))
    return failure();
  auto tensor = getTensorType(type, n.out(0)->dims);
  if (tensor.hasStaticShape() && type.isIntOrFloat()) {
    Attribute element = value ? *value.getValues<Attribute>().begin()
                              : Attribute(FloatAttr::get(type, 0.0));
    n.setConstant(0, DenseElementsAttr::get(tensor, element));
  }
  return success();
}

// The forms of Constant that are no tensor; the importer makes onnx.constant
// of the others.
LogicalResult nibble::frontend::inferConstant(NodeInference &n) {
  Builder b(n.symbols.getContext());
  DenseElementsAttr value = n.node.getTensor("value");
  if (auto number = n.node.getInt("value_int"))
    value = DenseElementsAttr::get(RankedTensorType::get({}, b.getI64Type()),
                                   *number);
  if (auto number = n.node.getFloat("value_float"))
    value = DenseElementsAttr::get(RankedTensorType::get({}, b.getF32Type()),
                                   *number);
  if (auto numbers = n.node.getInts("value_ints"))
    value = DenseElementsAttr::get(
        RankedTensorType::get({static_cast<int64_t>(numbers->size())},
                              b.getI64Type()),
        *numbers);
  if (auto numbers = n.node.getFloats("value_floats"))
    value = DenseElementsAttr::get(
        RankedTensorType::get({static_cast<int64_t>(numbers->size())},
                              b.getF32Type()),
        *numbers);
  if (!value || !value.getElementType().isIntOrFloat())
    return n.error() << "has no value of numbers";
  Exprs dims;
  for (int64_t extent : value.getType().getShape())
    dims.push_back(n.constant(extent));
  if (failed(n.set(0, value.getElementType(), dims)))
    return failure();
  n.setConstant(0, value);
  return success();
}

//===----------------------------------------------------------------------===//
// The same elements in another shape
//===----------------------------------------------------------------------===//

LogicalResult nibble::frontend::inferReshape(NodeInference &n) {
  FailureOr<Exprs> shape = Exprs();
  if (n.version() < 5) {
    for (int64_t extent : n.node.getInts("shape").value_or(ArrayRef<int64_t>()))
      shape->push_back(n.constant(extent));
  } else {
    if (!n.has(1))
      return n.error() << "needs a shape";
    shape = n.contents(1, "extents");
  }
  if (failed(shape))
    return failure();
  Exprs dims(*shape);
  ArrayRef<AffineExpr> from = n.dims(0);
  std::optional<size_t> open;
  Exprs others;
  for (auto [i, dim] : llvm::enumerate(dims)) {
    std::optional<int64_t> extent = getConstant(dim);
    if (extent == 0 && !n.node.getInt("allowzero", 0)) {
      if (i >= from.size())
        return n.error() << "keeps extent " << i << " of an input with "
                         << from.size() << " dimensions";
      dim = from[i];
    }
    if (extent == -1) {
      if (open)
        return n.error() << "has two extents -1";
      open = i;
    } else {
      others.push_back(dim);
    }
  }
  if (open) {
    AffineExpr rest = n.symbols.divideProducts(from, others);
    if (!rest)
      return n.error() << "does not fit " << n.symbols.toString(from)
                       << " into the shape " << n.symbols.toString(*shape);
    dims[*open] = rest;
  } else {
    AffineExpr a = n.constant(1), b = n.constant(1);
    for (AffineExpr dim : from)
      a = a * dim;
    for (AffineExpr dim : dims)
      b = b * dim;
    // A quotient of 1 needs no further statement.
    if (AffineExpr ratio = n.symbols.divideProducts(from, dims);
        ratio != n.constant(1) &&
        failed(n.equal(a, b, "the numbers of elements before and after")))
      return failure();
  }
  return n.set(0, n.type(0), dims);
}

LogicalResult nibble::frontend::inferFlatten(NodeInference &n) {
  int64_t rank = n.rank(0), axis = n.node.getInt("axis", 1);
  if (axis < 0)
    axis += rank;
  if (axis < 0 || axis > rank)
    return n.error() << "has axis " << axis << " of a tensor with " << rank
                     << " dimensions";
  Exprs dims(2, n.constant(1));
  for (auto [i, dim] : llvm::enumerate(n.dims(0))) {
    AffineExpr &part = dims[static_cast<int64_t>(i) >= axis];
    part = part * dim;
  }
  return n.set(0, n.type(0), dims);
}

LogicalResult nibble::frontend::inferSqueeze(NodeInference &n) {
  auto axes = n.axesOf(1, 13, n.rank(0));
  if (failed(axes))
    return failure();
  Exprs dims;
  for (auto [i, dim] : llvm::enumerate(n.dims(0))) {
    bool drop = *axes ? llvm::is_contained(**axes, static_cast<int64_t>(i))
                      : getConstant(dim) == 1;
    if (!drop) {
      dims.push_back(dim);
      continue;
    }
    if (failed(n.equal(dim, n.constant(1), "a squeezed extent and 1")))
      return failure();
  }
  return n.set(0, n.type(0), dims);
}

LogicalResult nibble::frontend::inferUnsqueeze(NodeInference &n) {
  SmallVector<int64_t> values;
  if (n.version() < 13) {
    values =
        llvm::to_vector(n.node.getInts("axes").value_or(ArrayRef<int64_t>()));
  } else {
    if (!n.has(1))
      return n.error() << "needs axes";
    auto found = n.numbers(1, "axes");
    if (failed(found))
      return failure();
    values = *found;
  }
  int64_t rank = n.rank(0) + values.size();
  auto axes = n.axes(values, rank);
  if (failed(axes))
    return failure();
  Exprs dims;
  unsigned next = 0;
  for (int64_t i = 0; i < rank; ++i)
    dims.push_back(llvm::is_contained(*axes, i) ? n.constant(1)
                                                : n.dims(0)[next++]);
  return n.set(0, n.type(0), dims);
}

LogicalResult nibble::frontend::inferTranspose(NodeInference &n) {
  ArrayRef<AffineExpr> from = n.dims(0);
  auto permutation = n.node.getInts("perm");
  Exprs dims(from.rbegin(), from.rend());
  if (permutation) {
    auto axes = n.axes(*permutation, from.size());
    if (failed(axes))
      return failure();
    if (axes->size() != from.size())
      return n.error() << "permutes " << axes->size()
                       << " axes of a tensor with " << from.size()
                       << " dimensions";
    for (auto [i, axis] : llvm::enumerate(*axes))
      dims[i] = from[axis];
  }
  return n.set(0, n.type(0), dims);
}

//===----------------------------------------------------------------------===//
// Parts
//===----------------------------------------------------------------------===//

// First and last+1 element of a slice, in [0, extent]. A limit that the extent
// may be below becomes a constraint: the kernel's extents are expressions, and
// a minimum is none.
static FailureOr<AffineExpr> getLimit(NodeInference &n, AffineExpr limit,
                                      AffineExpr extent) {
  // Exporters write "to the end" as a large number.
  constexpr int64_t toTheEnd = 1'000'000'000;
  Interval range = getInterval(limit);
  if (range.low >= toTheEnd)
    return extent;
  if (range.high <= -toTheEnd)
    return n.constant(0);
  if (range.low >= 0) {
    if (getInterval(n.symbols.simplify(limit - extent)).low >= 0)
      return extent;
  } else if (range.high < 0) {
    limit = n.symbols.simplify(limit + extent);
    if (getInterval(limit).high < 0)
      return n.constant(0);
    n.symbols.assumeAtLeast(limit, n.constant(0));
    return limit;
  } else {
    return n.error() << "has a limit " << n.symbols.toString(limit)
                     << " of which the sign is not known";
  }
  n.symbols.assumeAtLeast(extent, limit);
  return limit;
}

static FailureOr<Exprs> getSliceOperand(NodeInference &n, unsigned input,
                                        StringRef name) {
  if (n.version() >= 10)
    return n.contents(input, name);
  Exprs exprs;
  for (int64_t value : n.node.getInts(name).value_or(ArrayRef<int64_t>()))
    exprs.push_back(n.constant(value));
  return exprs;
}

// First element of a slice with a negative step, and the one before its last,
// in [-1, extent). As in getLimit, what may be otherwise becomes a constraint.
static FailureOr<AffineExpr>
getReversedLimit(NodeInference &n, AffineExpr limit, AffineExpr extent) {
  constexpr int64_t toTheEnd = 1'000'000'000;
  Interval range = getInterval(limit);
  AffineExpr last = n.symbols.simplify(extent - 1), before = n.constant(-1);
  if (range.low >= toTheEnd)
    return last;
  if (range.high <= -toTheEnd)
    return before;
  if (range.low >= 0) {
    if (getInterval(n.symbols.simplify(limit - last)).low >= 0)
      return last;
  } else if (range.high < 0) {
    limit = n.symbols.simplify(limit + extent);
    if (getInterval(limit).high < 0)
      return before;
  } else {
    return n.error() << "has a limit " << n.symbols.toString(limit)
                     << " of which the sign is not known";
  }
  n.symbols.assumeAtLeast(limit, before);
  n.symbols.assumeAtLeast(last, limit);
  return limit;
}

static FailureOr<AffineExpr> getReversedCount(NodeInference &n,
                                              AffineExpr start, AffineExpr end,
                                              AffineExpr extent, int64_t step) {
  FailureOr<AffineExpr> first = getReversedLimit(n, start, extent);
  if (failed(first))
    return failure();
  FailureOr<AffineExpr> before = getReversedLimit(n, end, extent);
  if (failed(before))
    return failure();
  AffineExpr distance = n.symbols.simplify(*first - *before);
  if (getInterval(distance).high < 0)
    return n.constant(0);
  n.symbols.assumeAtLeast(distance, n.constant(0));
  // The smallest number has no opposite.
  return n.symbols.simplify(
      distance.ceilDiv(-std::max(step, -std::numeric_limits<int64_t>::max())));
}

LogicalResult nibble::frontend::inferSlice(NodeInference &n) {
  if (n.version() >= 10 && (!n.has(1) || !n.has(2)))
    return n.error() << "needs starts and ends";
  FailureOr<Exprs> starts = getSliceOperand(n, 1, "starts");
  if (failed(starts))
    return failure();
  FailureOr<Exprs> ends = getSliceOperand(n, 2, "ends");
  if (failed(ends))
    return failure();
  SmallVector<int64_t> axes =
      llvm::to_vector(llvm::seq<int64_t>(0, starts->size()));
  if (n.version() < 10) {
    if (auto attr = n.node.getInts("axes"))
      axes = llvm::to_vector(*attr);
  } else if (n.has(3)) {
    auto found = n.numbers(3, "axes");
    if (failed(found))
      return failure();
    axes = *found;
  }
  SmallVector<int64_t> steps(axes.size(), 1);
  if (n.version() >= 10 && n.has(4)) {
    auto found = n.numbers(4, "steps");
    if (failed(found))
      return failure();
    steps = *found;
  }
  auto checked = n.axes(axes, n.rank(0));
  if (failed(checked))
    return failure();
  if (starts->size() != checked->size() || ends->size() != checked->size() ||
      steps.size() != checked->size())
    return n.error() << "has starts, ends, axes and steps of different length";
  Exprs dims(n.dims(0));
  for (auto [axis, start, end, step] :
       llvm::zip_equal(*checked, *starts, *ends, steps)) {
    AffineExpr extent = dims[axis];
    if (step == 0)
      return n.error() << "has a step of 0";
    if (step < 0) {
      auto count = getReversedCount(n, start, end, extent, step);
      if (failed(count))
        return failure();
      dims[axis] = *count;
      continue;
    }
    FailureOr<AffineExpr> low = getLimit(n, start, extent);
    if (failed(low))
      return failure();
    FailureOr<AffineExpr> high = getLimit(n, end, extent);
    if (failed(high))
      return failure();
    AffineExpr count = n.symbols.simplify((*high - *low).ceilDiv(step));
    if (getInterval(count).high < 0)
      count = n.constant(0);
    else
      n.symbols.assumeAtLeast(count, n.constant(0));
    dims[axis] = count;
  }
  return n.set(0, n.type(0), dims);
}

LogicalResult nibble::frontend::inferConcat(NodeInference &n) {
  if (n.version() >= 4 && !n.node.getNodeAttr("axis"))
    return n.error() << "needs the attribute 'axis'";
  FailureOr<int64_t> axis = n.axis(n.node.getInt("axis", 1), n.rank(0));
  if (failed(axis))
    return failure();
  Exprs dims(n.dims(0));
  for (unsigned i = 1; i < n.node.getInputs().size(); ++i) {
    if (!n.has(i) || n.rank(i) != n.rank(0) || n.type(i) != n.type(0))
      return n.error() << "joins tensors of different types or dimensions";
    for (auto [j, dim] : llvm::enumerate(n.dims(i))) {
      if (static_cast<int64_t>(j) == *axis)
        dims[j] = dims[j] + dim;
      else if (failed(n.equal(dims[j], dim, "the extents of its inputs")))
        return failure();
    }
  }
  return n.set(0, n.type(0), dims);
}

LogicalResult nibble::frontend::inferSplit(NodeInference &n) {
  FailureOr<int64_t> axis = n.axis(n.node.getInt("axis", 0), n.rank(0));
  if (failed(axis))
    return failure();
  int64_t count = n.node.getOutputs().size();
  AffineExpr extent = n.dims(0)[*axis];
  Exprs sizes;
  if (n.version() < 13) {
    for (int64_t size : n.node.getInts("split").value_or(ArrayRef<int64_t>()))
      sizes.push_back(n.constant(size));
  } else if (n.has(1)) {
    FailureOr<Exprs> found = n.contents(1, "sizes");
    if (failed(found))
      return failure();
    sizes = *found;
  }
  if (sizes.empty()) {
    // Equal parts; the last one is smaller when they do not fit. Outputs that
    // the node leaves out at its end count, too.
    int64_t parts = n.node.getInt("num_outputs", count);
    if (parts < count || parts > std::numeric_limits<int16_t>::max())
      return n.error() << "has " << count << " outputs but num_outputs "
                       << parts;
    AffineExpr size = n.symbols.simplify(extent.ceilDiv(parts));
    sizes.assign(parts, size);
    sizes.back() = n.symbols.simplify(extent - size * (parts - 1));
  }
  if (static_cast<int64_t>(sizes.size()) < count)
    return n.error() << "has " << count << " outputs but " << sizes.size()
                     << " sizes";
  AffineExpr sum = n.constant(0);
  for (AffineExpr size : sizes)
    sum = sum + size;
  if (failed(n.equal(sum, extent, "the sum of the parts and the extent")))
    return failure();
  Type type = n.type(0);
  Exprs dims(n.dims(0));
  for (int64_t i = 0; i < count; ++i) {
    dims[*axis] = sizes[i];
    if (failed(n.set(i, type, dims)))
      return failure();
  }
  return success();
}

/// States that an axis which elements are chosen from has at least `count`.
static LogicalResult needElements(NodeInference &n, AffineExpr extent,
                                  int64_t count) {
  if (succeeded(n.symbols.requireAtLeast(extent, n.constant(count))))
    return success();
  return n.error() << "needs an axis of at least " << count
                   << " elements, but it has " << n.symbols.toString(extent);
}

/// Whether a run can have indices where `extent` is 0.
static bool mayOutlast(ArrayRef<AffineExpr> indices, AffineExpr extent) {
  return llvm::none_of(indices, [&](AffineExpr dim) {
    return getConstant(dim) == 0 || dim == extent;
  });
}

LogicalResult nibble::frontend::inferGather(NodeInference &n) {
  FailureOr<int64_t> axis = n.axis(n.node.getInt("axis", 0), n.rank(0));
  if (failed(axis))
    return failure();
  // Kernels keep indices inside of the axis, so one element is enough. A single
  // known index becomes a slice, which must lie inside.
  AffineExpr extent = n.dims(0)[*axis];
  int64_t count = 1;
  if (const auto &known = n.in(1).contents; known && known->size() == 1)
    if (std::optional<int64_t> index = getConstant(known->front()))
      count = *index < 0 ? -std::max(*index, -kMax)
                         : std::min(*index, kMax - 1) + 1;
  if (mayOutlast(n.dims(1), extent) && failed(needElements(n, extent, count)))
    return failure();
  Exprs dims(n.dims(0).take_front(*axis));
  llvm::append_range(dims, n.dims(1));
  llvm::append_range(dims, n.dims(0).drop_front(*axis + 1));
  return n.set(0, n.type(0), dims);
}

LogicalResult nibble::frontend::inferGatherND(NodeInference &n) {
  int64_t batch = n.node.getInt("batch_dims", 0);
  if (n.rank(1) < 1 || batch < 0 || batch >= n.rank(1))
    return n.error() << "has batch_dims " << batch << " for indices with "
                     << n.rank(1) << " dimensions";
  std::optional<int64_t> depth = getConstant(n.dims(1).back());
  if (!depth || *depth + batch > n.rank(0))
    return n.error() << "needs indices whose last extent is constant and at "
                        "most the number of dimensions";
  Exprs dims(n.dims(1).drop_back());
  for (AffineExpr extent : n.dims(0).slice(batch, *depth))
    if (mayOutlast(dims, extent) && failed(needElements(n, extent, 1)))
      return failure();
  llvm::append_range(dims, n.dims(0).drop_front(batch + *depth));
  return n.set(0, n.type(0), dims);
}

//===----------------------------------------------------------------------===//
// More elements
//===----------------------------------------------------------------------===//

LogicalResult nibble::frontend::inferExpand(NodeInference &n) {
  FailureOr<Exprs> shape = n.contents(1, "extents");
  if (failed(shape))
    return failure();
  FailureOr<Exprs> dims = n.broadcast(n.dims(0), *shape);
  if (failed(dims))
    return failure();
  return n.set(0, n.type(0), *dims);
}

LogicalResult nibble::frontend::inferTile(NodeInference &n) {
  FailureOr<Exprs> repeats = n.contents(1, "repeats");
  if (failed(repeats))
    return failure();
  if (static_cast<int64_t>(repeats->size()) != n.rank(0))
    return n.error() << "needs one repeat for each dimension";
  Exprs dims;
  for (auto [dim, repeat] : llvm::zip_equal(n.dims(0), *repeats))
    dims.push_back(dim * repeat);
  return n.set(0, n.type(0), dims);
}

LogicalResult nibble::frontend::inferPad(NodeInference &n) {
  SmallVector<int64_t> pads;
  if (n.version() < 11) {
    pads =
        llvm::to_vector(n.node.getInts("pads").value_or(ArrayRef<int64_t>()));
  } else {
    if (!n.has(1))
      return n.error() << "needs pads";
    auto found = n.numbers(1, "pads");
    if (failed(found))
      return failure();
    pads = *found;
  }
  int64_t rank = n.rank(0);
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  if (n.version() >= 18 && n.has(3)) {
    auto found = n.numbers(3, "axes");
    FailureOr<SmallVector<int64_t>> checked = failure();
    if (succeeded(found))
      checked = n.axes(*found, rank);
    if (failed(checked))
      return failure();
    axes = *checked;
  }
  if (pads.size() != 2 * axes.size())
    return n.error() << "has " << pads.size() << " pads for " << axes.size()
                     << " axes";
  Exprs dims(n.dims(0));
  bool copies = n.node.getString("mode", "constant") != "constant";
  for (auto [i, axis] : llvm::enumerate(axes)) {
    int64_t low = pads[i], high = pads[i + axes.size()];
    // What other modes add are elements of the axis.
    if (copies && (low > 0 || high > 0) &&
        failed(needElements(n, dims[axis], 1)))
      return failure();
    dims[axis] = dims[axis] + low + high;
  }
  return n.set(0, n.type(0), dims);
}

LogicalResult nibble::frontend::inferDepthToSpace(NodeInference &n) {
  int64_t block = n.node.getInt("blocksize", 0);
  if (n.rank(0) != 4 || block < 1)
    return n.error() << "needs four dimensions and a blocksize of at least 1";
  ArrayRef<AffineExpr> from = n.dims(0);
  AffineExpr channels =
      n.symbols.divideProducts({from[1]}, {n.constant(block * block)});
  if (!channels)
    return n.error() << "has " << n.symbols.toString(from[1])
                     << " channels, which " << block * block
                     << " does not divide";
  return n.set(0, n.type(0),
               {from[0], channels, from[2] * block, from[3] * block});
}

LogicalResult nibble::frontend::inferSpaceToDepth(NodeInference &n) {
  int64_t block = n.node.getInt("blocksize", 0);
  StringRef mode = n.node.getString("mode", "DCR");
  if (mode != "DCR")
    return n.error() << "has the mode " << mode << "; only DCR is supported";
  if (n.rank(0) != 4 || block < 1)
    return n.error() << "needs four dimensions and a blocksize of at least 1";
  ArrayRef<AffineExpr> from = n.dims(0);
  Exprs dims = {from[0], from[1] * (block * block)};
  for (unsigned i : {2, 3}) {
    AffineExpr extent =
        n.symbols.divideProducts({from[i]}, {n.constant(block)});
    if (!extent)
      return n.error() << "has an extent " << n.symbols.toString(from[i])
                       << ", which " << block << " does not divide";
    dims.push_back(extent);
  }
  return n.set(0, n.type(0), dims);
}
