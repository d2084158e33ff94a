//===- InferContraction.cpp - Products, windows, norms and recurrences ----===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Shapes/InferFunctions.h"

#include "mlir/IR/Builders.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace nibble::frontend;

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

FailureOr<Exprs> nibble::frontend::getMatMulDims(NodeInference &n,
                                                 ArrayRef<AffineExpr> a,
                                                 ArrayRef<AffineExpr> b) {
  if (a.empty() || b.empty()) {
    n.error() << "multiplies a number, not a matrix";
    return failure();
  }
  AffineExpr inner = b.size() == 1 ? b[0] : b[b.size() - 2];
  if (failed(n.equal(a.back(), inner, "the summed extents")))
    return failure();
  FailureOr<Exprs> dims =
      n.broadcast(a.drop_back(std::min<size_t>(a.size(), 2)),
                  b.drop_back(std::min<size_t>(b.size(), 2)));
  if (failed(dims))
    return failure();
  if (a.size() > 1)
    dims->push_back(a[a.size() - 2]);
  if (b.size() > 1)
    dims->push_back(b.back());
  return dims;
}

LogicalResult nibble::frontend::inferMatMul(NodeInference &n) {
  FailureOr<Exprs> dims = getMatMulDims(n, n.dims(0), n.dims(1));
  if (failed(dims))
    return failure();
  return n.set(0, n.type(0), *dims);
}

LogicalResult nibble::frontend::inferGemm(NodeInference &n) {
  if (n.rank(0) != 2 || n.rank(1) != 2)
    return n.error() << "needs matrices";
  bool transA = n.node.getInt("transA", 0), transB = n.node.getInt("transB", 0);
  if (failed(
          n.equal(n.dims(0)[!transA], n.dims(1)[transB], "the summed extents")))
    return failure();
  Exprs dims = {n.dims(0)[transA], n.dims(1)[!transB]};
  if (n.has(2)) {
    FailureOr<Exprs> sum = n.broadcast(dims, n.dims(2));
    if (failed(sum))
      return failure();
    if (sum->size() != 2)
      return n.error() << "adds a tensor with more than two dimensions";
  }
  return n.set(0, n.type(0), dims);
}

//===----------------------------------------------------------------------===//
// Windows
//===----------------------------------------------------------------------===//

static FailureOr<SmallVector<int64_t>> getSpatialInts(NodeInference &n,
                                                      StringRef name,
                                                      size_t count,
                                                      int64_t otherwise) {
  auto found = n.node.getInts(name);
  SmallVector<int64_t> values(count, otherwise);
  if (!found)
    return values;
  if (found->size() != count) {
    n.error() << "has " << found->size() << " " << name << ", but needs "
              << count;
    return failure();
  }
  // Such that sums and products of them with extents are 64-bit numbers.
  for (int64_t value : *found)
    if (std::abs(value) > std::numeric_limits<int32_t>::max()) {
      n.error() << "has " << value << " among its " << name
                << "; at most 2^31 - 1 is supported";
      return failure();
    }
  return llvm::to_vector(*found);
}

FailureOr<Windows> nibble::frontend::getWindows(NodeInference &n,
                                                ArrayRef<AffineExpr> spatial,
                                                ArrayRef<int64_t> kernel) {
  Windows w;
  size_t count = spatial.size();
  w.kernel = llvm::to_vector(kernel);
  if (failed(getSpatialInts(n, "kernel_shape", count, 1)))
    return failure();
  auto strides = getSpatialInts(n, "strides", count, 1);
  if (failed(strides))
    return failure();
  auto dilations = getSpatialInts(n, "dilations", count, 1);
  if (failed(dilations))
    return failure();
  auto pads = getSpatialInts(n, "pads", 2 * count, 0);
  if (failed(pads))
    return failure();
  w.strides = *strides;
  w.dilations = *dilations;
  auto isBad = [](int64_t value) { return value < 1; };
  if (llvm::any_of(w.strides, isBad) || llvm::any_of(w.dilations, isBad) ||
      llvm::any_of(kernel, isBad)) {
    n.error() << "needs a kernel, strides and dilations of at least 1";
    return failure();
  }
  StringRef autoPad = n.node.getString("auto_pad", "NOTSET");
  bool ceil = n.node.getInt("ceil_mode", 0);
  for (auto [i, extent] : llvm::enumerate(spatial)) {
    int64_t reach = w.dilations[i] * (kernel[i] - 1) + 1;
    int64_t low = (*pads)[i], high = (*pads)[i + count];
    AffineExpr out;
    if (autoPad == "SAME_UPPER" || autoPad == "SAME_LOWER") {
      out = extent.ceilDiv(w.strides[i]);
      // With stride 1 the padding does not depend on the extent. Where it does,
      // the lowered node pads before its window; a window that is smaller than
      // its stride may need none, which is no expression over the extent.
      AffineExpr total =
          n.symbols.simplify((out - 1) * w.strides[i] + reach - extent);
      std::optional<int64_t> number = getConstant(total);
      if (!number && reach != 1 && reach < w.strides[i]) {
        n.error() << "has auto_pad " << autoPad
                  << " and a window smaller than its stride, for an extent "
                     "that is not constant";
        return failure();
      }
      int64_t sum = std::max<int64_t>(number.value_or(0), 0);
      low = autoPad == "SAME_UPPER" ? sum / 2 : sum - sum / 2;
      high = sum - low;
    } else {
      if (autoPad == "VALID")
        low = high = 0;
      AffineExpr free = extent + (low + high - reach);
      out =
          (ceil ? free.ceilDiv(w.strides[i]) : free.floorDiv(w.strides[i])) + 1;
      // A window that would start behind the padded input does not count.
      if (ceil) {
        AffineExpr last = n.symbols.simplify((out - 1) * w.strides[i]);
        if (getInterval(n.symbols.simplify(last - extent - low)).low >= 0)
          out = out - 1;
      }
    }
    w.padding.append({low, high});
    out = n.symbols.simplify(out);
    if (failed(n.symbols.requireAtLeast(out, n.constant(0)))) {
      n.error() << "has a window of " << reach << " over an extent of "
                << n.symbols.toString(extent) << " with padding " << low + high;
      return failure();
    }
    w.outputs.push_back(out);
  }
  return w;
}

LogicalResult nibble::frontend::inferConv(NodeInference &n) {
  if (n.rank(0) < 3 || n.rank(1) != n.rank(0))
    return n.error() << "needs an input and a filter with as many dimensions, "
                        "at least three";
  auto filter = getStaticShape(n.dims(1));
  if (!filter)
    return n.error() << "needs a filter of constant extents";
  auto windows =
      getWindows(n, n.dims(0).drop_front(2), ArrayRef(*filter).drop_front(2));
  if (failed(windows))
    return failure();
  int64_t groups = n.node.getInt("group", 1);
  if (groups < 1 || (*filter)[0] % groups)
    return n.error() << "divides " << (*filter)[0] << " channels into "
                     << groups << " groups";
  if (failed(n.equal(n.dims(0)[1], n.constant((*filter)[1] * groups),
                     "the channels of input and filter")))
    return failure();
  Exprs dims = {n.dims(0)[0], n.constant((*filter)[0])};
  llvm::append_range(dims, windows->outputs);
  return n.set(0, n.type(0), dims);
}

LogicalResult nibble::frontend::inferConvTranspose(NodeInference &n) {
  if (n.rank(0) < 3 || n.rank(1) != n.rank(0))
    return n.error() << "needs an input and a filter with as many dimensions, "
                        "at least three";
  auto filter = getStaticShape(n.dims(1));
  if (!filter)
    return n.error() << "needs a filter of constant extents";
  size_t count = n.rank(0) - 2;
  auto strides = getSpatialInts(n, "strides", count, 1);
  if (failed(strides))
    return failure();
  auto dilations = getSpatialInts(n, "dilations", count, 1);
  if (failed(dilations))
    return failure();
  auto pads = getSpatialInts(n, "pads", 2 * count, 0);
  if (failed(pads))
    return failure();
  auto extra = getSpatialInts(n, "output_padding", count, 0);
  if (failed(extra))
    return failure();
  auto isBad = [](int64_t value) { return value < 1; };
  if (llvm::any_of(*strides, isBad) || llvm::any_of(*dilations, isBad))
    return n.error() << "needs strides and dilations of at least 1";
  int64_t groups = n.node.getInt("group", 1);
  if (groups < 1 || (*filter)[0] % groups)
    return n.error() << "divides " << (*filter)[0] << " channels into "
                     << groups << " groups";
  StringRef autoPad = n.node.getString("auto_pad", "NOTSET");
  if ((autoPad != "NOTSET" && autoPad != "VALID") ||
      n.node.getInts("output_shape"))
    return n.error() << "derives its padding from output_shape or auto_pad "
                     << autoPad << "; only pads are supported";
  if (failed(n.equal(n.dims(0)[1], n.constant((*filter)[0]),
                     "the channels of input and filter")))
    return failure();
  Exprs dims = {n.dims(0)[0], n.constant((*filter)[1] * groups)};
  for (size_t i = 0; i < count; ++i)
    dims.push_back((n.dims(0)[i + 2] - 1) * (*strides)[i] + (*extra)[i] +
                   (*dilations)[i] * ((*filter)[i + 2] - 1) + 1 - (*pads)[i] -
                   (*pads)[i + count]);
  return n.set(0, n.type(0), dims);
}

LogicalResult nibble::frontend::inferPool(NodeInference &n) {
  auto kernel = n.node.getInts("kernel_shape");
  if (n.rank(0) < 3 || !kernel ||
      static_cast<int64_t>(kernel->size()) != n.rank(0) - 2)
    return n.error() << "needs a kernel_shape with one extent for each spatial "
                        "axis";
  auto windows = getWindows(n, n.dims(0).drop_front(2), *kernel);
  if (failed(windows))
    return failure();
  if (n.node.getOutput(1))
    return n.error() << "gives the places of its maxima; only the maxima are "
                        "supported";
  Exprs dims(n.dims(0).take_front(2));
  llvm::append_range(dims, windows->outputs);
  return n.set(0, n.type(0), dims);
}

LogicalResult nibble::frontend::inferGlobalPool(NodeInference &n) {
  if (n.rank(0) < 2)
    return n.error() << "needs a batch and a channel axis";
  Exprs dims(n.dims(0).take_front(2));
  dims.append(n.rank(0) - 2, n.constant(1));
  return n.set(0, n.type(0), dims);
}

// extent * scale, rounded down; null where that is no expression.
static AffineExpr scaleExtent(NodeInference &n, AffineExpr extent,
                              float scale) {
  if (!(scale > 0) || scale > 0x1p31f)
    return {};
  if (auto number = getConstant(extent))
    return n.constant(
        static_cast<int64_t>(std::floor(static_cast<float>(*number) * scale)));
  for (int64_t denominator = 1; denominator <= 64; denominator *= 2) {
    float numerator = scale * denominator;
    if (numerator == std::floor(numerator))
      return (extent * static_cast<int64_t>(numerator)).floorDiv(denominator);
  }
  return {};
}

LogicalResult nibble::frontend::inferResize(NodeInference &n) {
  bool isUpsample = n.node.is("Upsample");
  unsigned scalesInput = isUpsample || n.version() < 11 ? 1 : 2;
  if (!isUpsample && n.version() >= 11 && n.has(3)) {
    FailureOr<Exprs> sizes = n.contents(3, "sizes");
    if (failed(sizes))
      return failure();
    Exprs dims(n.dims(0));
    auto axes =
        n.axes(n.node.getInts("axes").value_or(ArrayRef<int64_t>()), n.rank(0));
    if (failed(axes))
      return failure();
    if (axes->empty())
      *axes = llvm::to_vector(llvm::seq<int64_t>(0, n.rank(0)));
    if (sizes->size() != axes->size())
      return n.error() << "needs one size for each axis";
    for (auto [axis, size] : llvm::zip_equal(*axes, *sizes)) {
      AffineExpr &dim = dims[axis];
      // Elements that are there come from others.
      if (size != dim && getConstant(size) != 0 &&
          failed(n.symbols.requireAtLeast(dim, n.constant(1))))
        return n.error() << "resizes an axis without elements";
      dim = size;
    }
    return n.set(0, n.type(0), dims);
  }
  SmallVector<float> scales;
  if (isUpsample && n.version() < 9) {
    auto attr = n.node.getFloats("scales");
    scales = llvm::to_vector(attr.value_or(ArrayRef<float>()));
  } else if (n.has(scalesInput) && n.in(scalesInput).constant &&
             n.type(scalesInput).isF32()) {
    scales = llvm::to_vector(n.in(scalesInput).constant.getValues<float>());
  }
  if (static_cast<int64_t>(scales.size()) != n.rank(0))
    return n.error() << "needs constant scales of type f32, one for each "
                        "dimension, or sizes";
  Exprs dims;
  for (auto [dim, scale] : llvm::zip_equal(n.dims(0), scales)) {
    AffineExpr scaled = scaleExtent(n, dim, scale);
    if (!scaled)
      return n.error() << "scales " << n.symbols.toString(dim) << " by "
                       << std::to_string(scale)
                       << ", which gives no whole extent in all runs";
    dims.push_back(scaled);
  }
  return n.set(0, n.type(0), dims);
}

//===----------------------------------------------------------------------===//
// Norms and recurrences
//===----------------------------------------------------------------------===//

// Norms with parameters for each channel or, before opset 21, for each group.
static LogicalResult checkChannelNorm(NodeInference &n) {
  if (n.rank(0) < 2)
    return n.error() << "needs a batch and a channel axis";
  AffineExpr channels = n.dims(0)[1];
  AffineExpr groups = n.constant(n.node.getInt("num_groups", 0));
  for (unsigned i = 1; i < n.node.getInputs().size(); ++i) {
    if (!n.has(i) || n.rank(i) != 1)
      return n.error() << "needs one number for each channel";
    if (n.node.is("GroupNormalization") && n.dims(i)[0] == groups)
      continue;
    if (failed(n.equal(n.dims(i)[0], channels,
                       "the numbers of parameters and channels")))
      return failure();
  }
  return success();
}

// LayerNormalization and its kin: the first output is like the input; mean and
// inverse deviation, where asked for, are not supported.
LogicalResult nibble::frontend::inferNorm(NodeInference &n) {
  for (unsigned i = 1; i < n.node.getOutputs().size(); ++i)
    if (Value output = n.node.getOutput(i); output && !output.use_empty())
      return n.error() << "gives output " << i
                       << ", which is for training; only the first is "
                          "supported";
  StringRef type = n.node.getOpType();
  bool isOfChannels = type == "GroupNormalization" ||
                      type == "InstanceNormalization" ||
                      type == "BatchNormalization";
  if (isOfChannels ? failed(checkChannelNorm(n))
                   : failed(n.axis(n.node.getInt("axis", -1), n.rank(0))))
    return failure();
  // Outputs that nothing reads have some shape.
  for (unsigned i = 1; i < n.node.getOutputs().size(); ++i)
    if (failed(n.set(i, n.type(0), {})))
      return failure();
  return n.set(0, n.type(0), Exprs(n.dims(0)));
}

LogicalResult nibble::frontend::inferRecurrent(NodeInference &n) {
  if (n.rank(0) != 3 || n.rank(1) != 3 || n.rank(2) != 3)
    return n.error() << "needs input, weights and recurrence with three "
                        "dimensions";
  AffineExpr directions = n.dims(1)[0], hidden = n.dims(2)[2];
  bool batchFirst = n.node.getInt("layout", 0);
  AffineExpr steps = n.dims(0)[batchFirst], batch = n.dims(0)[!batchFirst];
  Type type = n.type(0);
  Exprs state = {directions, batch, hidden};
  Exprs all = {steps, directions, batch, hidden};
  if (batchFirst) {
    state = {batch, directions, hidden};
    all = {batch, steps, directions, hidden};
  }
  int64_t gates = n.node.is("LSTM") ? 4 : 3;
  // Input, and the extents that it must have.
  std::pair<unsigned, Exprs> operands[] = {
      {1, {directions, hidden * gates, n.dims(0)[2]}},
      {2, {directions, hidden * gates, hidden}},
      {3, {directions, hidden * (2 * gates)}},
      {4, {batch}},
      {5, state},
      {6, state},
      {7, {directions, hidden * 3}}};
  for (auto &[input, expected] : operands)
    if (failed(n.hasExtents(input, expected)))
      return failure();
  if (failed(n.set(1, type, state)) || failed(n.set(2, type, state)))
    return failure();
  return n.set(0, type, all);
}
