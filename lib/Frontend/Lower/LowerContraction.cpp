//===- LowerContraction.cpp - Products, windows and recurrences -----------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Lower/LowerFunctions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace nibble;
using namespace nibble::frontend;
using nn::ElementwiseKind;

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

// Vectors become matrices with one row or column.
LogicalResult nibble::frontend::lowerMatMul(NodeLowering &n) {
  Exprs a = n.dims(0), b = n.dims(1), out = n.outDims();
  Value lhs = n.in(0), rhs = n.in(1);
  Exprs full(out);
  if (a.size() == 1) {
    lhs = n.reshape(lhs, {n.constant(1), a[0]});
    full.insert(full.end() - (b.size() > 1), n.constant(1));
  }
  if (b.size() == 1) {
    rhs = n.reshape(rhs, {b[0], n.constant(1)});
    full.push_back(n.constant(1));
  }
  Value result = nn::MatmulOp::create(
      n.b, n.loc, n.getType(full, n.resultType().getElementType()), lhs, rhs,
      /*transpose_rhs=*/false);
  return n.set(0, full == out ? result : n.reshape(result, out));
}

// alpha A B + beta C. A factor goes to the weights where there are some.
LogicalResult nibble::frontend::lowerGemm(NodeLowering &n) {
  Value a = n.in(0), b = n.in(1);
  RankedTensorType result = n.resultType();
  Type element = result.getElementType();
  auto scale = [&](Value x, float factor) -> Value {
    if (factor == 1.0f)
      return x;
    return n.elementwise(ElementwiseKind::Mul, {x, n.scalar(factor, element)},
                         cast<RankedTensorType>(x.getType()));
  };
  if (n.node.getInt("transA", 0))
    a = n.transpose(a, {1, 0});
  bool transB = n.node.getInt("transB", 0);
  b = scale(b, n.node.getFloat("alpha", 1.0f));
  Value c = n.has(2) ? scale(n.in(2), n.node.getFloat("beta", 1.0f)) : Value();
  // A bias is one number for each column.
  bool isBias = false;
  if (c) {
    auto type = cast<RankedTensorType>(c.getType());
    int64_t columns = result.getDimSize(1);
    isBias = type.hasStaticShape() && type.getNumElements() == columns &&
             type.getRank() > 0 && type.getShape().back() == columns;
  }
  if (isWeight(b)) {
    Value weight = transB ? b : n.transpose(b, {1, 0});
    Value bias =
        isBias ? n.reshape(c, ArrayRef(result.getDimSize(1))) : Value();
    Value y = nn::LinearOp::create(n.b, n.loc, result, a, weight, bias);
    return n.set(0, c && !isBias ? n.add(y, c, result) : y);
  }
  Value y = nn::MatmulOp::create(n.b, n.loc, result, a, b, transB);
  return n.set(0, c ? n.add(y, c, result) : y);
}

//===----------------------------------------------------------------------===//
// Windows
//===----------------------------------------------------------------------===//

static SmallVector<int64_t> getInts(NodeLowering &n, StringRef name,
                                    size_t count, int64_t otherwise) {
  if (auto attr = n.node.getInts(name))
    return llvm::to_vector(*attr);
  return SmallVector<int64_t>(count, otherwise);
}

// Low and high padding of each spatial axis in turn, with auto_pad resolved.
static SmallVector<int64_t> getPadding(NodeLowering &n,
                                       ArrayRef<int64_t> kernel,
                                       ArrayRef<int64_t> strides,
                                       ArrayRef<int64_t> dilations) {
  size_t count = kernel.size();
  SmallVector<int64_t> pads = getInts(n, "pads", 2 * count, 0), padding;
  StringRef autoPad = n.node.getString("auto_pad", "NOTSET");
  Exprs in = n.dims(0), out = n.outDims();
  for (size_t i = 0; i < count; ++i) {
    int64_t low = pads[i], high = pads[i + count];
    if (autoPad == "VALID")
      low = high = 0;
    if (autoPad.starts_with("SAME")) {
      int64_t reach = dilations[i] * (kernel[i] - 1) + 1;
      AffineExpr total = n.lowering.simplify((out[i + 2] - 1) * strides[i] +
                                             reach - in[i + 2]);
      // What is not constant padSame has added to the input.
      int64_t sum = std::max<int64_t>(getConstant(total).value_or(0), 0);
      low = autoPad == "SAME_UPPER" ? sum / 2 : sum - sum / 2;
      high = sum - low;
    }
    padding.append({low, high});
  }
  return padding;
}

ConvWindows nibble::frontend::getConvWindows(NodeLowering &n,
                                             ArrayRef<int64_t> kernel) {
  ConvWindows w;
  w.strides = getInts(n, "strides", kernel.size(), 1);
  w.dilations = getInts(n, "dilations", kernel.size(), 1);
  w.padding = getPadding(n, kernel, w.strides, w.dilations);
  return w;
}

Value nibble::frontend::padSame(NodeLowering &n, Value input,
                                ArrayRef<int64_t> kernel, double outside) {
  StringRef autoPad = n.node.getString("auto_pad", "NOTSET");
  if (!autoPad.starts_with("SAME"))
    return input;
  SmallVector<int64_t> strides = getInts(n, "strides", kernel.size(), 1);
  SmallVector<int64_t> dilations = getInts(n, "dilations", kernel.size(), 1);
  Exprs dims = n.dims(0), out = n.outDims(), padded = dims;
  SmallVector<int64_t> low(dims.size(), 0), high = low;
  Exprs offsets(dims.size(), n.constant(0)), sizes = dims;
  bool changes = false;
  for (size_t i = 0; i < kernel.size(); ++i) {
    size_t axis = i + 2;
    int64_t reach = dilations[i] * (kernel[i] - 1) + 1;
    AffineExpr covered = (out[axis] - 1) * strides[i] + reach;
    AffineExpr total = n.lowering.simplify(covered - dims[axis]);
    if (getConstant(total) || reach == 1)
      continue;
    // Between reach - stride and reach - 1: the most first, then the part that
    // this extent needs.
    changes = true;
    bool isUpper = autoPad == "SAME_UPPER";
    low[axis] = isUpper ? (reach - 1) / 2 : reach / 2;
    high[axis] = isUpper ? reach / 2 : (reach - 1) / 2;
    padded[axis] = dims[axis] + (low[axis] + high[axis]);
    AffineExpr before = isUpper ? total.floorDiv(2) : total.ceilDiv(2);
    offsets[axis] = n.lowering.simplify(n.constant(low[axis]) - before);
    sizes[axis] = n.lowering.simplify(covered);
  }
  if (!changes)
    return input;
  Type element = cast<RankedTensorType>(input.getType()).getElementType();
  input = nn::PadOp::create(n.b, n.loc, n.getType(padded, element), input,
                            outside == 0 ? Value() : n.scalar(outside, element),
                            low, high, nn::PadMode::Constant);
  return n.slice(input, offsets, sizes);
}

LogicalResult nibble::frontend::lowerConv(NodeLowering &n) {
  ArrayRef<int64_t> kernel = n.type(1).getShape().drop_front(2);
  ConvWindows w = getConvWindows(n, kernel);
  return n.set(0, nn::ConvOp::create(n.b, n.loc, n.resultType(),
                                     padSame(n, n.in(0), kernel, 0), n.in(1),
                                     n.in(2), w.strides, w.padding, w.dilations,
                                     n.node.getInt("group", 1),
                                     nn::Layout::ChannelsFirst));
}

LogicalResult nibble::frontend::lowerConvTranspose(NodeLowering &n) {
  size_t count = n.rank(0) - 2;
  SmallVector<int64_t> pads = getInts(n, "pads", 2 * count, 0), padding;
  if (n.node.getString("auto_pad", "NOTSET") == "VALID")
    pads.assign(2 * count, 0);
  for (size_t i = 0; i < count; ++i)
    padding.append({pads[i], pads[i + count]});
  return n.set(0, nn::ConvTransposeOp::create(
                      n.b, n.loc, n.resultType(), n.in(0), n.in(1), n.in(2),
                      getInts(n, "strides", count, 1), padding,
                      getInts(n, "dilations", count, 1),
                      getInts(n, "output_padding", count, 0),
                      n.node.getInt("group", 1), nn::Layout::ChannelsFirst));
}

LogicalResult nibble::frontend::lowerPool(NodeLowering &n) {
  bool isMax = n.node.is("MaxPool");
  if (n.node.getInt("storage_order", 0))
    return n.error() << "counts columns first (storage_order), which is not "
                        "supported";
  auto kernel = llvm::to_vector(*n.node.getInts("kernel_shape"));
  SmallVector<int64_t> strides = getInts(n, "strides", kernel.size(), 1);
  SmallVector<int64_t> dilations = getInts(n, "dilations", kernel.size(), 1);
  // What is outside loses against every number, or counts as zero.
  constexpr double lowest = -std::numeric_limits<double>::infinity();
  Value input = padSame(n, n.in(0), kernel, isMax ? lowest : 0);
  if (!isMax && input != n.in(0) && !n.node.getInt("count_include_pad", 0))
    return n.error() << "averages what is inside of an extent that is not "
                        "constant; with auto_pad only count_include_pad is "
                        "supported there";
  return n.set(
      0, nn::PoolOp::create(n.b, n.loc, n.resultType(),
                            isMax ? nn::PoolKind::Max : nn::PoolKind::Average,
                            input, kernel, strides,
                            getPadding(n, kernel, strides, dilations),
                            dilations, n.node.getInt("ceil_mode", 0) != 0,
                            n.node.getInt("count_include_pad", 0) != 0,
                            nn::Layout::ChannelsFirst));
}

LogicalResult nibble::frontend::lowerGlobalPool(NodeLowering &n) {
  bool isMax = n.node.is("GlobalMaxPool");
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(2, n.rank(0)));
  return n.set(0, nn::ReduceOp::create(n.b, n.loc, n.resultType(),
                                       isMax ? nn::ReduceKind::Max
                                             : nn::ReduceKind::Mean,
                                       n.in(0), axes, /*keep_dims=*/true));
}

//===----------------------------------------------------------------------===//
// Resize
//===----------------------------------------------------------------------===//

static LogicalResult checkResizeAttributes(NodeLowering &n) {
  for (StringRef name : {"antialias", "exclude_outside"})
    if (n.node.getInt(name, 0))
      return n.error() << "asks for " << name << ", which is not supported";
  if (n.node.getString("keep_aspect_ratio_policy", "stretch") != "stretch")
    return n.error() << "keeps the aspect ratio, which is not supported";
  return success();
}

// The scales of the node, one for each dimension; empty where it has sizes.
static SmallVector<float> getScales(NodeLowering &n) {
  bool isUpsample = n.node.is("Upsample");
  if (!isUpsample && n.version() >= 11 && n.has(3))
    return {};
  if (isUpsample && n.version() < 9)
    return llvm::to_vector(*n.node.getFloats("scales"));
  unsigned input = isUpsample || n.version() < 11 ? 1 : 2;
  auto constant = n.node.getInput(input).getDefiningOp<onnx::ConstantOp>();
  auto elements = cast<DenseElementsAttr>(constant.getValue());
  return llvm::to_vector(elements.getValues<float>());
}

LogicalResult nibble::frontend::lowerResize(NodeLowering &n) {
  if (failed(checkResizeAttributes(n)))
    return failure();
  bool isOld = n.node.is("Upsample") || n.version() < 11;
  std::optional<nn::ResizeMode> mode =
      nn::symbolizeResizeMode(n.node.getString("mode", "nearest"));
  std::optional<nn::Coordinates> coordinates = nn::Coordinates::Asymmetric;
  if (!isOld)
    coordinates = nn::symbolizeCoordinates(
        n.node.getString("coordinate_transformation_mode", "half_pixel"));
  std::optional<nn::NearestRounding> nearest = nn::symbolizeNearestRounding(
      isOld ? "floor" : n.node.getString("nearest_mode", "round_prefer_floor"));
  if (!mode || !coordinates || !nearest)
    return n.error() << "has a mode, coordinate_transformation_mode or "
                        "nearest_mode that is not supported";
  Exprs from = n.dims(0), to = n.outDims();
  if (from.size() < 3 || from[0] != to[0] || from[1] != to[1])
    return n.error() << "resizes the batch or channel axis, which is not "
                        "supported";
  SmallVector<Value> sizes;
  DenseF32ArrayAttr scales;
  SmallVector<float> values = getScales(n);
  if (values.empty())
    for (AffineExpr extent : ArrayRef(to).drop_front(2))
      sizes.push_back(n.lowering.getIndex(extent));
  else
    scales = n.b.getDenseF32ArrayAttr(ArrayRef(values).drop_front(2));
  return n.set(
      0, nn::ResizeOp::create(n.b, n.loc, n.resultType(), n.in(0), sizes,
                              scales, *mode, *coordinates, *nearest,
                              APFloat(n.node.getFloat("cubic_coeff_a", -0.75f)),
                              nn::Layout::ChannelsFirst));
}

//===----------------------------------------------------------------------===//
// LSTM, GRU
//===----------------------------------------------------------------------===//

static LogicalResult checkRecurrent(NodeLowering &n,
                                    ArrayRef<StringRef> defaults) {
  if (auto names = n.node.getStrings("activations"))
    for (auto [i, name] : llvm::enumerate(*names))
      if (!name.equals_insensitive(defaults[i % defaults.size()]))
        return n.error() << "has activation " << name
                         << "; only the default ones are supported";
  if (n.node.getFloat("clip"))
    return n.error() << "clips its gates, which is not supported";
  if (n.node.getInt("input_forget", 0))
    return n.error() << "couples input and forget gate, which is not "
                        "supported";
  return success();
}

LogicalResult nibble::frontend::lowerRecurrent(NodeLowering &n) {
  bool isLSTM = n.node.is("LSTM");
  if (failed(checkRecurrent(
          n, isLSTM ? ArrayRef<StringRef>{"Sigmoid", "Tanh", "Tanh"}
                    : ArrayRef<StringRef>{"Sigmoid", "Tanh"})))
    return failure();
  std::optional<nn::Direction> direction =
      nn::symbolizeDirection(n.node.getString("direction", "forward"));
  if (!direction)
    return n.error() << "has an unknown direction";
  bool batchFirst = n.node.getInt("layout", 0);
  auto swap = [&](Value x) {
    return x && batchFirst ? n.transpose(x, {1, 0, 2}) : x;
  };
  Value input = swap(n.in(0));
  Value initialH = swap(n.in(5)), initialC = swap(isLSTM ? n.in(6) : Value());
  auto type = cast<RankedTensorType>(input.getType());
  auto recurrence = cast<RankedTensorType>(n.in(2).getType());
  int64_t directions = recurrence.getDimSize(0);
  int64_t hidden = recurrence.getDimSize(2);
  auto state = type.clone({directions, type.getDimSize(1), hidden});
  auto all =
      type.clone({type.getDimSize(0), directions, type.getDimSize(1), hidden});
  SmallVector<Value> results;
  if (isLSTM) {
    auto op = nn::LSTMOp::create(n.b, n.loc, TypeRange{all, state, state},
                                 input, n.in(1), n.in(2), n.in(3), n.in(4),
                                 initialH, initialC, n.in(7), *direction);
    results = llvm::to_vector_of<Value>(op->getResults());
  } else {
    auto op =
        nn::GRUOp::create(n.b, n.loc, TypeRange{all, state}, input, n.in(1),
                          n.in(2), n.in(3), n.in(4), initialH, *direction,
                          n.node.getInt("linear_before_reset", 0) != 0);
    results = llvm::to_vector_of<Value>(op->getResults());
  }
  if (batchFirst) {
    results[0] = n.transpose(results[0], {2, 0, 1, 3});
    for (Value &result : llvm::drop_begin(results))
      result = swap(result);
  }
  for (auto [i, result] : llvm::enumerate(results))
    if (failed(n.set(i, result)))
      return failure();
  return success();
}
