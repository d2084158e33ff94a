//===- NNDecomposeContraction.cpp - linear, matmul, conv as linalg --------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/NNDecompose.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace nibble;
using namespace nibble::nn;

/// The sums of a contraction: f32, or the result's own integers.
static Type getSumType(Operation *op) {
  return getComputeType(getElementTypeOrSelf(op->getResult(0).getType()));
}

/// Adds `bias` along `axis` and converts the sums to the result's type.
static Value addBias(DecomposeBuilder &b, Value sums, Value bias,
                     int64_t axis) {
  Type type = getNumberType(b.getOp()->getResult(0));
  auto sumsType = cast<RankedTensorType>(sums.getType());
  if (!bias && sumsType.getElementType() == type)
    return sums;
  int64_t rank = sumsType.getRank();
  SmallVector<Value> inputs = {sums};
  SmallVector<AffineMap> maps = {b.identity(rank)};
  if (bias) {
    inputs.push_back(b.numbers(bias));
    maps.push_back(b.mapOf(rank, b.getAffineDimExpr(axis)));
  }
  return b.map(b.extents(sums), type, inputs, maps,
               [&](OpBuilder &builder, Location loc, ValueRange args) {
                 if (args.size() == 1)
                   return args[0];
                 Value addend =
                     emitCast(builder, loc, args[1], args[0].getType());
                 return emitElementwise(builder, loc, ElementwiseKind::Add,
                                        {args[0], addend});
               });
}

//===----------------------------------------------------------------------===//
// linear, matmul, embedding
//===----------------------------------------------------------------------===//

FailureOr<SmallVector<Value>> LinearOp::decomposeOperation(OpBuilder &builder) {
  DecomposeBuilder b(builder, *this);
  Value input = b.numbers(getInput()), weight = b.numbers(getWeight());
  Extents extents = b.resultExtents();
  unsigned rank = extents.size();
  // Loops: rows, n, k.
  SmallVector<AffineExpr> row = b.dims(0, rank - 1);
  row.push_back(b.getAffineDimExpr(rank));
  AffineMap maps[] = {b.mapOf(rank + 1, row),
                      b.mapOf(rank + 1, b.dims(rank - 1, rank + 1)),
                      b.mapOf(rank + 1, b.dims(0, rank))};
  Value sums = b.contract(input, weight, extents, maps, rank, getSumType(*this),
                          isUnsigned(getInput().getType()),
                          isUnsigned(getWeight().getType()));
  return b.finish(addBias(b, sums, getBias(), rank - 1));
}

FailureOr<SmallVector<Value>> MatmulOp::decomposeOperation(OpBuilder &builder) {
  DecomposeBuilder b(builder, *this);
  Value lhs = b.numbers(getLhs()), rhs = b.numbers(getRhs());
  Extents extents = b.resultExtents();
  unsigned rank = extents.size(), numDims = rank + 1;
  // Loops: batch, m, n, k.
  AffineExpr m = b.getAffineDimExpr(rank - 2), n = b.getAffineDimExpr(rank - 1);
  AffineExpr k = b.getAffineDimExpr(rank);
  ArrayRef<int64_t> batch = cast<ShapedType>(getType()).getShape().drop_back(2);
  auto operandMap = [&](Value operand, AffineExpr row, AffineExpr column) {
    ArrayRef<int64_t> shape = cast<ShapedType>(operand.getType()).getShape();
    AffineMap map = b.broadcastMap(shape.drop_back(2), batch, numDims);
    return map.insertResult(row, map.getNumResults())
        .insertResult(column, map.getNumResults() + 1);
  };
  AffineMap rhsMap =
      getTransposeRhs() ? operandMap(rhs, n, k) : operandMap(rhs, k, n);
  AffineMap maps[] = {operandMap(lhs, m, k), rhsMap,
                      b.mapOf(numDims, b.dims(0, rank))};
  Value sums = b.contract(lhs, rhs, extents, maps, rank, getSumType(*this),
                          isUnsigned(getLhs().getType()),
                          isUnsigned(getRhs().getType()));
  return b.finish(addBias(b, sums, Value(), rank - 1));
}

FailureOr<SmallVector<Value>>
EmbeddingOp::decomposeOperation(OpBuilder &builder) {
  DecomposeBuilder b(builder, *this);
  Value table = b.numbers(getTable()), indices = b.numbers(getIndices());
  Extents extents = b.resultExtents();
  unsigned rank = extents.size();
  Value count = b.index(b.extent(table, 0));
  return b.finish(
      b.map(extents, getNumberType(getResult()), indices,
            b.mapOf(rank, b.dims(0, rank - 1)),
            [&](OpBuilder &builder, Location loc, ValueRange args) -> Value {
              Value row = boundedIndex(builder, loc, args[0], count);
              Value column = linalg::IndexOp::create(builder, loc, rank - 1);
              return tensor::ExtractOp::create(builder, loc, table,
                                               ValueRange{row, column});
            }));
}

//===----------------------------------------------------------------------===//
// Convolutions
//===----------------------------------------------------------------------===//

/// Splits `axis` of extent n into [groups, n / groups].
static Value splitAxis(DecomposeBuilder &b, Value tensor, int64_t axis,
                       int64_t groups) {
  Extents extents = b.extents(tensor);
  OpFoldResult inner = b.math().div(extents[axis], groups);
  int64_t rank = extents.size();
  extents[axis] = inner;
  extents.insert(extents.begin() + axis, b.math().constant(groups));
  return b.reshape(tensor, extents, getSplitGroups(rank, axis));
}

/// `tensor` within `low` and `high` elements of `value` on each axis.
static Value padTensor(DecomposeBuilder &b, Value tensor,
                       ArrayRef<OpFoldResult> low, ArrayRef<OpFoldResult> high,
                       Value value) {
  if (llvm::all_of(low, isZeroInteger) && llvm::all_of(high, isZeroInteger))
    return tensor;
  auto type = tensor::PadOp::inferResultType(
      cast<RankedTensorType>(tensor.getType()), decomposeMixedValues(low).first,
      decomposeMixedValues(high).first);
  return tensor::PadOp::create(b, type, tensor, low, high, value,
                               /*nofold=*/false);
}

namespace {
/// A convolution whose operands are numbers, its input already padded.
struct Convolution {
  Value input, filter;
  ArrayRef<int64_t> strides, dilations;
  int64_t groups;
  Layout layout;
};
} // namespace

/// The sums of a convolution, [batch, channels, spatial...] or
/// [batch, spatial..., channels] as the layout says. With groups the channel
/// axis is split into [groups, channels of a group] and merged at the end.
static Value convolve(DecomposeBuilder &b, const Convolution &conv,
                      ArrayRef<OpFoldResult> resultExtents, Type type) {
  unsigned numSpatial = conv.strides.size();
  bool isFirst = conv.layout == Layout::ChannelsFirst;
  bool isGrouped = conv.groups > 1;
  int64_t channelAxis = getChannelAxis(conv.layout, numSpatial + 2);
  Value input = conv.input, filter = conv.filter;
  Extents extents(resultExtents);
  if (isGrouped) {
    input = splitAxis(b, input, channelAxis, conv.groups);
    filter = splitAxis(b, filter, 0, conv.groups);
    extents[channelAxis] = b.math().div(extents[channelAxis], conv.groups);
    extents.insert(extents.begin() + channelAxis,
                   b.math().constant(conv.groups));
  }
  // Loops: the result's axes, then channels and window.
  unsigned rank = extents.size(), next = rank, group = isGrouped;
  unsigned numDims = rank + 1 + numSpatial;
  SmallVector<AffineExpr> all = b.dims(0, numDims);
  AffineExpr channel = isFirst ? all[next] : all[next + numSpatial];
  ArrayRef<AffineExpr> loops(all);
  ArrayRef<AffineExpr> window =
      loops.slice(isFirst ? next + 1 : next, numSpatial);
  ArrayRef<AffineExpr> outer = loops.slice(isFirst ? 2 + group : 1, numSpatial);
  unsigned firstChannelDim = isFirst ? 1 : 1 + numSpatial;
  ArrayRef<AffineExpr> groupDim = loops.slice(firstChannelDim, group);
  AffineExpr outChannel = loops[firstChannelDim + group];

  SmallVector<AffineExpr> spatial;
  for (unsigned i = 0; i < numSpatial; ++i)
    spatial.push_back(outer[i] * conv.strides[i] +
                      window[i] * conv.dilations[i]);
  SmallVector<AffineExpr> in = {loops[0]}, weights(groupDim);
  weights.push_back(outChannel);
  auto addChannel = [&] {
    llvm::append_range(in, groupDim);
    in.push_back(channel);
    weights.push_back(channel);
  };
  if (isFirst)
    addChannel();
  llvm::append_range(in, spatial);
  llvm::append_range(weights, window);
  if (!isFirst)
    addChannel();
  AffineMap maps[] = {b.mapOf(numDims, in), b.mapOf(numDims, weights),
                      b.mapOf(numDims, loops.take_front(rank))};
  Value sums = b.contract(input, filter, extents, maps, rank, type);
  return isGrouped
             ? b.reshape(sums, resultExtents,
                         getSplitGroups(resultExtents.size(), channelAxis))
             : sums;
}

FailureOr<SmallVector<Value>> ConvOp::decomposeOperation(OpBuilder &builder) {
  DecomposeBuilder b(builder, *this);
  Value input = b.numbers(getInput());
  Extents extents = b.resultExtents();
  Extents low(extents.size(), b.getIndexAttr(0)), high(low);
  for (unsigned i = 0; i < getStrides().size(); ++i) {
    low[getSpatialAxis(getLayout(), i)] = b.getIndexAttr(getPadding()[2 * i]);
    high[getSpatialAxis(getLayout(), i)] =
        b.getIndexAttr(getPadding()[2 * i + 1]);
  }
  Value zero = b.constant(getNumberType(input), 0);
  Convolution conv{padTensor(b, input, low, high, zero),
                   b.numbers(getFilter()),
                   getStrides(),
                   getDilations(),
                   int64_t(getGroups()),
                   getLayout()};
  Value sums = convolve(b, conv, extents, getSumType(*this));
  return b.finish(
      addBias(b, sums, getBias(), getChannelAxis(getLayout(), extents.size())));
}

/// The filter of the convolution that a transposed one is, over its input with
/// zeros between: kernel axes reversed, and input and output channels (of a
/// group) swapped: [C, O/G, k...] becomes [O, C/G, k...].
static Value flipFilter(DecomposeBuilder &b, Value filter, int64_t groups,
                        Layout layout) {
  auto type = cast<RankedTensorType>(filter.getType());
  Extents from = b.extents(filter);
  unsigned rank = from.size();
  unsigned inner = layout == Layout::ChannelsFirst ? 1 : rank - 1;
  OpFoldResult perGroup = b.math().div(from[0], groups);
  Extents to = from;
  to[0] = b.math().mul(from[inner], groups);
  to[inner] = perGroup;
  Value outputs = b.index(from[inner]), inputs = b.index(perGroup);
  SmallVector<Value> last;
  for (unsigned axis = 0; axis < rank; ++axis)
    last.push_back(b.index(b.math().add(from[axis], -1)));
  return b.map(to, type.getElementType(), {}, {},
               [&](OpBuilder &builder, Location loc, ValueRange) -> Value {
                 ImplicitLocOpBuilder ib(loc, builder);
                 SmallVector<Value> at;
                 for (unsigned axis = 0; axis < rank; ++axis) {
                   Value index = linalg::IndexOp::create(ib, axis);
                   at.push_back(
                       axis == 0 || axis == inner
                           ? index
                           : arith::SubIOp::create(ib, last[axis], index));
                 }
                 // Output channel o = g * outputs + at; input channel g *
                 // inputs + c.
                 Value group = arith::DivUIOp::create(ib, at[0], outputs);
                 Value output = arith::RemUIOp::create(ib, at[0], outputs);
                 Value base = arith::MulIOp::create(ib, group, inputs);
                 at[0] = arith::AddIOp::create(ib, base, at[inner]);
                 at[inner] = output;
                 return tensor::ExtractOp::create(ib, filter, at);
               });
}

/// `stride - 1` zeros between the elements of each spatial axis.
static Value spreadOut(DecomposeBuilder &b, Value input,
                       ArrayRef<int64_t> strides, Layout layout) {
  if (llvm::all_of(strides, [](int64_t stride) { return stride == 1; }))
    return input;
  IndexMath math = b.math();
  Extents extents = b.extents(input), sizes = extents;
  Extents offsets(extents.size(), b.getIndexAttr(0));
  Extents steps(extents.size(), b.getIndexAttr(1));
  for (auto [i, stride] : llvm::enumerate(strides)) {
    int64_t axis = getSpatialAxis(layout, i);
    extents[axis] =
        math.max(math.add(math.mul(math.add(extents[axis], -1), stride), 1), 0);
    steps[axis] = b.getIndexAttr(stride);
  }
  Value zeros = b.filled(extents, getNumberType(input), 0);
  return b.insert(input, zeros, offsets, sizes, steps);
}

FailureOr<SmallVector<Value>>
ConvTransposeOp::decomposeOperation(OpBuilder &builder) {
  DecomposeBuilder b(builder, *this);
  IndexMath math = b.math();
  Extents extents = b.resultExtents();
  Value filter = b.numbers(getFilter());
  Value input = spreadOut(b, b.numbers(getInput()), getStrides(), getLayout());
  // Padding p of the transposed op is dilation * (kernel - 1) - p of the plain
  // one; where that is negative, elements at the edge meet no output.
  Extents low(extents.size(), b.getIndexAttr(0)), high(low), offsets(low);
  Extents sizes = b.extents(input);
  bool isCut = false;
  for (unsigned i = 0; i < getStrides().size(); ++i) {
    int64_t axis = getSpatialAxis(getLayout(), i);
    OpFoldResult reach = math.mul(
        math.add(b.extent(filter,
                          getLayout() == Layout::ChannelsFirst ? i + 2 : i + 1),
                 -1),
        getDilations()[i]);
    OpFoldResult before = math.add(reach, -getPadding()[2 * i]);
    OpFoldResult after =
        math.add(reach, getOutputPadding()[i] - getPadding()[2 * i + 1]);
    isCut |= getConstantIntValue(before).value_or(-1) < 0 ||
             getConstantIntValue(after).value_or(-1) < 0;
    low[axis] = math.max(before, 0);
    high[axis] = math.max(after, 0);
    offsets[axis] = math.sub(low[axis], before);
    OpFoldResult cut = math.add(offsets[axis], math.sub(high[axis], after));
    sizes[axis] = math.max(math.sub(sizes[axis], cut), 0);
  }
  Extents ones(extents.size(), b.getIndexAttr(1));
  if (isCut)
    input = b.slice(input, offsets, sizes, ones);
  Value zero = b.constant(getNumberType(input), 0);
  SmallVector<int64_t> unitStrides(getStrides().size(), 1);
  Convolution conv{padTensor(b, input, low, high, zero),
                   flipFilter(b, filter, getGroups(), getLayout()),
                   unitStrides,
                   getDilations(),
                   int64_t(getGroups()),
                   getLayout()};
  Value sums = convolve(b, conv, extents, getSumType(*this));
  return b.finish(
      addBias(b, sums, getBias(), getChannelAxis(getLayout(), extents.size())));
}
