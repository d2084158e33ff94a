//===- NNDecomposeShape.cpp - Moving elements as linalg and tensor --------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/NNDecompose.h"
#include "dialects/NN/NNDecomposeQuant.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace nibble;
using namespace nibble::nn;

/// A tensor of `extents` whose elements are `tensor`'s at `map`, as they are.
static Value readBy(DecomposeBuilder &b, ArrayRef<OpFoldResult> extents,
                    Value tensor, AffineMap map) {
  Type type = cast<RankedTensorType>(tensor.getType()).getElementType();
  unsigned rank = extents.size();
  return b
      .generic(tensor, b.empty(extents, type), {map, b.identity(rank)}, rank,
               [](OpBuilder &, Location, ValueRange args) {
                 return SmallVector<Value>{args[0]};
               })
      .front();
}

/// A tensor of `extents` whose elements are `tensor`'s at the indices that
/// `indices` gives for the result's.
static Value
readAt(DecomposeBuilder &b, ArrayRef<OpFoldResult> extents, Value tensor,
       function_ref<SmallVector<Value>(ImplicitLocOpBuilder &, ValueRange)>
           indices) {
  Type type = cast<RankedTensorType>(tensor.getType()).getElementType();
  return b
      .generic({}, b.empty(extents, type), b.identity(extents.size()),
               extents.size(),
               [&](OpBuilder &builder, Location loc, ValueRange) {
                 ImplicitLocOpBuilder ib(loc, builder);
                 SmallVector<Value> at;
                 for (unsigned axis = 0; axis < extents.size(); ++axis)
                   at.push_back(linalg::IndexOp::create(ib, axis));
                 Value element =
                     tensor::ExtractOp::create(ib, tensor, indices(ib, at));
                 return SmallVector<Value>{element};
               })
      .front();
}

//===----------------------------------------------------------------------===//
// Quantized tensors that only move
//===----------------------------------------------------------------------===//

/// `move` of codes, scales and zero points, put together as the op's result.
static SmallVector<Value>
moveParts(DecomposeBuilder &b, Value tensor,
          function_ref<Value(Value part, bool isCodes)> move) {
  QuantParts parts = takeApart(b, tensor);
  Value scale = parts.scale ? move(parts.scale, false) : Value();
  Value zero = parts.zero ? move(parts.zero, false) : Value();
  return {qnt::AssembleOp::create(b, b.getOp()->getResult(0).getType(),
                                  move(parts.codes, true), scale, zero)};
}

static bool movesCodes(Value input, Value result) {
  return isa<qnt::QuantTensorType>(input.getType()) &&
         isa<qnt::QuantTensorType>(result.getType());
}

//===----------------------------------------------------------------------===//
// reshape, transpose, expand
//===----------------------------------------------------------------------===//

FailureOr<SmallVector<Value>>
ReshapeOp::decomposeOperation(OpBuilder &builder) {
  DecomposeBuilder b(builder, *this);
  Extents extents = b.resultExtents();
  if (!movesCodes(getInput(), getResult()))
    return b.finish(b.reshape(b.numbers(getInput()), extents));
  auto type = cast<qnt::QuantTensorType>(getType());
  return moveParts(b, getInput(), [&](Value part, bool isCodes) {
    if (isCodes)
      return b.reshape(part, extents);
    Extents blocks = extents;
    for (auto [axis, extent] : llvm::enumerate(blocks)) {
      int64_t block = type.getFormat().getBlockExtent(axis, blocks.size());
      extent = block == -1
                   ? b.math().constant(1)
                   : b.math().div(b.math().add(extent, block - 1), block);
    }
    return b.reshape(part, blocks);
  });
}

static Value transpose(DecomposeBuilder &b, Value tensor,
                       ArrayRef<int64_t> permutation) {
  if (isIdentityPermutation(permutation))
    return tensor;
  Extents from = b.extents(tensor), to;
  for (int64_t axis : permutation)
    to.push_back(from[axis]);
  // Result axis i is input axis permutation[i].
  SmallVector<AffineExpr> at(permutation.size());
  for (auto [i, axis] : llvm::enumerate(permutation))
    at[axis] = b.getAffineDimExpr(i);
  return readBy(b, to, tensor, b.mapOf(permutation.size(), at));
}

FailureOr<SmallVector<Value>>
TransposeOp::decomposeOperation(OpBuilder &builder) {
  DecomposeBuilder b(builder, *this);
  if (!movesCodes(getInput(), getResult()))
    return b.finish(transpose(b, b.numbers(getInput()), getPermutation()));
  return moveParts(b, getInput(), [&](Value part, bool) {
    return transpose(b, part, getPermutation());
  });
}

FailureOr<SmallVector<Value>> ExpandOp::decomposeOperation(OpBuilder &builder) {
  DecomposeBuilder b(builder, *this);
  Value input = b.numbers(getInput());
  Extents extents = b.resultExtents();
  auto type = cast<RankedTensorType>(input.getType());
  ArrayRef<int64_t> resultShape = cast<ShapedType>(getType()).getShape();
  unsigned offset = extents.size() - type.getRank();
  // An axis of unknown extent may turn out to be 1, and then stretches.
  bool isKnown =
      llvm::none_of(llvm::seq<unsigned>(0, type.getRank()), [&](unsigned axis) {
        return type.isDynamicDim(axis) && resultShape[axis + offset] != 1;
      });
  if (isKnown)
    return b.finish(
        readBy(b, extents, input,
               b.broadcastMap(type.getShape(), resultShape, extents.size())));
  Value one = b.index(b.math().constant(1));
  SmallVector<Value> in;
  for (OpFoldResult extent : b.extents(input))
    in.push_back(b.index(extent));
  return b.finish(
      readAt(b, extents, input, [&](ImplicitLocOpBuilder &ib, ValueRange at) {
        SmallVector<Value> indices;
        Value zero = arith::ConstantIndexOp::create(ib, 0);
        for (auto [axis, extent] : llvm::enumerate(in)) {
          Value isOne =
              arith::CmpIOp::create(ib, arith::CmpIPredicate::eq, extent, one);
          indices.push_back(
              arith::SelectOp::create(ib, isOne, zero, at[axis + offset]));
        }
        return indices;
      }));
}

//===----------------------------------------------------------------------===//
// slice, concat, cache_update
//===----------------------------------------------------------------------===//

FailureOr<SmallVector<Value>> SliceOp::decomposeOperation(OpBuilder &builder) {
  DecomposeBuilder b(builder, *this);
  Value input = b.numbers(getInput());
  Extents offsets = getMixedValues(getStaticOffsets(), getOffsets(), builder);
  Extents sizes = b.resultExtents(), strides;
  for (int64_t stride : getStrides())
    strides.push_back(b.getIndexAttr(stride));
  if (llvm::all_of(getStrides(), [](int64_t stride) { return stride > 0; }))
    return b.finish(b.slice(input, offsets, sizes, strides));
  // tensor.extract_slice has no negative strides.
  SmallVector<Value> begin, step;
  for (auto [offset, stride] : llvm::zip_equal(offsets, strides)) {
    begin.push_back(b.index(offset));
    step.push_back(b.index(stride));
  }
  return b.finish(
      readAt(b, sizes, input, [&](ImplicitLocOpBuilder &ib, ValueRange at) {
        SmallVector<Value> indices;
        for (auto [axis, index] : llvm::enumerate(at)) {
          Value distance = arith::MulIOp::create(ib, index, step[axis]);
          indices.push_back(arith::AddIOp::create(ib, begin[axis], distance));
        }
        return indices;
      }));
}

/// The inputs one after the other along `axis`.
static Value concatenate(DecomposeBuilder &b, ValueRange inputs, int64_t axis) {
  IndexMath math = b.math();
  Extents extents = b.extents(inputs[0]);
  extents[axis] = math.constant(0);
  for (Value input : inputs)
    extents[axis] = math.add(extents[axis], b.extent(input, axis));
  Type type = cast<RankedTensorType>(inputs[0].getType()).getElementType();
  Value result = b.empty(extents, type);
  Extents offsets(extents.size(), b.getIndexAttr(0));
  Extents ones(extents.size(), b.getIndexAttr(1));
  for (Value input : inputs) {
    Extents sizes = b.extents(input);
    result = b.insert(input, result, offsets, sizes, ones);
    offsets[axis] = math.add(offsets[axis], sizes[axis]);
  }
  return result;
}

FailureOr<SmallVector<Value>> ConcatOp::decomposeOperation(OpBuilder &builder) {
  DecomposeBuilder b(builder, *this);
  SmallVector<Value> inputs;
  for (Value input : getInputs())
    inputs.push_back(b.numbers(input));
  return b.finish(concatenate(b, inputs, getAxis()));
}

FailureOr<SmallVector<Value>>
CacheUpdateOp::decomposeOperation(OpBuilder &builder) {
  DecomposeBuilder b(builder, *this);
  Value cache = getCache(), update = getUpdate();
  if (!movesCodes(cache, getResult()))
    return b.finish(
        concatenate(b, {b.numbers(cache), b.numbers(update)}, getAxis()));
  // The verifier asks for one format, with blocks within one entry.
  auto type = cast<qnt::QuantTensorType>(cache.getType());
  if (!isa<qnt::QuantTensorType>(update.getType())) {
    auto shaped = cast<ShapedType>(update.getType());
    update = qnt::QuantizeOp::create(
        b,
        qnt::QuantTensorType::get(b.getContext(), shaped.getShape(),
                                  type.getFormat(), shaped.getElementType()),
        update, Value(), Value(), qnt::ScaleChoice::Range);
  }
  QuantParts from = takeApart(b, cache), with = takeApart(b, update);
  auto join = [&](Value x, Value y) {
    return x ? concatenate(b, {x, y}, getAxis()) : x;
  };
  return SmallVector<Value>{qnt::AssembleOp::create(
      b, getType(), join(from.codes, with.codes), join(from.scale, with.scale),
      join(from.zero, with.zero))};
}

//===----------------------------------------------------------------------===//
// gather
//===----------------------------------------------------------------------===//

FailureOr<SmallVector<Value>> GatherOp::decomposeOperation(OpBuilder &builder) {
  DecomposeBuilder b(builder, *this);
  Value input = b.numbers(getInput()), indices = b.numbers(getIndices());
  Extents extents = b.resultExtents();
  unsigned rank = extents.size(), axis = getAxis();
  unsigned numIndices = cast<RankedTensorType>(indices.getType()).getRank();
  unsigned inputRank = cast<RankedTensorType>(input.getType()).getRank();
  Value count = b.index(b.extent(input, axis));
  return b.finish(
      b.map(extents, getNumberType(getResult()), indices,
            b.mapOf(rank, b.dims(axis, axis + numIndices)),
            [&](OpBuilder &builder, Location loc, ValueRange args) -> Value {
              SmallVector<Value> at;
              for (unsigned i = 0; i < inputRank; ++i) {
                if (i == axis)
                  at.push_back(boundedIndex(builder, loc, args[0], count));
                else
                  at.push_back(linalg::IndexOp::create(
                      builder, loc, i < axis ? i : i + numIndices - 1));
              }
              return tensor::ExtractOp::create(builder, loc, input, at);
            }));
}

FailureOr<SmallVector<Value>>
GatherNDOp::decomposeOperation(OpBuilder &builder) {
  DecomposeBuilder b(builder, *this);
  Value input = b.numbers(getInput()), indices = b.numbers(getIndices());
  Extents extents = b.resultExtents();
  unsigned batch = getBatchDims();
  auto indicesType = cast<RankedTensorType>(indices.getType());
  unsigned numIndexAxes = indicesType.getRank() - 1;
  unsigned depth = indicesType.getDimSize(numIndexAxes);
  unsigned inputRank = cast<RankedTensorType>(input.getType()).getRank();
  SmallVector<Value> counts;
  for (unsigned i = 0; i < depth; ++i)
    counts.push_back(b.index(b.extent(input, batch + i)));
  return b.finish(
      readAt(b, extents, input, [&](ImplicitLocOpBuilder &ib, ValueRange at) {
        SmallVector<Value> result(at.take_front(batch));
        SmallVector<Value> tuple(at.take_front(numIndexAxes));
        tuple.push_back(Value());
        for (unsigned i = 0; i < depth; ++i) {
          tuple.back() = arith::ConstantIndexOp::create(ib, i);
          Value index = tensor::ExtractOp::create(ib, indices, tuple);
          result.push_back(boundedIndex(ib, ib.getLoc(), index, counts[i]));
        }
        for (unsigned i = batch + depth; i < inputRank; ++i)
          result.push_back(at[numIndexAxes + i - batch - depth]);
        return result;
      }));
}

//===----------------------------------------------------------------------===//
// pad
//===----------------------------------------------------------------------===//

/// Negative padding crops: the input without what is cut off. `low` and `high`
/// become what is left to add.
static Value crop(DecomposeBuilder &b, Value input,
                  SmallVectorImpl<int64_t> &low,
                  SmallVectorImpl<int64_t> &high) {
  unsigned rank = low.size();
  Extents offsets, sizes = b.extents(input), ones(rank, b.getIndexAttr(1));
  bool crops = false;
  for (unsigned axis = 0; axis < rank; ++axis) {
    int64_t before = std::max<int64_t>(-low[axis], 0);
    int64_t after = std::max<int64_t>(-high[axis], 0);
    offsets.push_back(b.getIndexAttr(before));
    sizes[axis] = b.math().max(b.math().add(sizes[axis], -(before + after)), 0);
    low[axis] = std::max<int64_t>(low[axis], 0);
    high[axis] = std::max<int64_t>(high[axis], 0);
    crops |= before || after;
  }
  if (!crops)
    return input;
  return b.slice(input, offsets, sizes, ones);
}

/// The input index that the padded index `at` shows.
static Value reflectIndex(ImplicitLocOpBuilder &b, PadMode mode, Value at,
                          int64_t low, Value extent) {
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(b, value);
  };
  Value zero = constant(0), one = constant(1);
  Value x = arith::SubIOp::create(b, at, constant(low));
  Value last = arith::SubIOp::create(b, extent, one);
  if (mode == PadMode::Edge) {
    x = arith::MinSIOp::create(b, x, last);
    return arith::MaxSIOp::create(b, x, zero);
  }
  // Floor modulo by the period, which an axis of one element would make 0.
  Value period = extent;
  if (mode == PadMode::Reflect)
    period = arith::AddIOp::create(b, last, last);
  period = arith::MaxSIOp::create(b, period, one);
  Value rest = arith::RemSIOp::create(b, x, period);
  Value isNegative =
      arith::CmpIOp::create(b, arith::CmpIPredicate::slt, rest, zero);
  rest = arith::SelectOp::create(b, isNegative,
                                 arith::AddIOp::create(b, rest, period), rest);
  if (mode == PadMode::Wrap)
    return rest;
  return arith::MinSIOp::create(b, rest,
                                arith::SubIOp::create(b, period, rest));
}

FailureOr<SmallVector<Value>> PadOp::decomposeOperation(OpBuilder &builder) {
  DecomposeBuilder b(builder, *this);
  SmallVector<int64_t> low(getLow()), high(getHigh());
  Extents extents = b.resultExtents();
  Value input = crop(b, b.numbers(getInput()), low, high);
  auto type = cast<RankedTensorType>(input.getType());
  auto isZero = [](int64_t value) { return value == 0; };
  if (llvm::all_of(low, isZero) && llvm::all_of(high, isZero))
    return b.finish(input);
  if (getMode() == PadMode::Constant && getValue()) {
    // A value that is known at run time only is read by the loop that spreads
    // it: kernels have no scalar loads.
    Value outside =
        b.map(extents, type.getElementType(), {b.numbers(getValue())},
              {b.mapOf(type.getRank(), {})},
              [](OpBuilder &, Location, ValueRange args) { return args[0]; });
    SmallVector<OpFoldResult> ones(type.getRank(), b.getIndexAttr(1));
    return b.finish(b.insert(input, outside,
                             getAsIndexOpFoldResult(getContext(), low),
                             b.extents(input), ones));
  }
  if (getMode() == PadMode::Constant && llvm::is_contained(type.getShape(), 0))
    return b.finish(b.filled(extents, type.getElementType(), 0));
  if (getMode() == PadMode::Constant)
    return b.finish(tensor::PadOp::create(
                        b, tensor::PadOp::inferResultType(type, low, high),
                        input, getAsIndexOpFoldResult(getContext(), low),
                        getAsIndexOpFoldResult(getContext(), high),
                        b.constant(type.getElementType(), 0),
                        /*nofold=*/false)
                        .getResult());
  SmallVector<Value> in;
  for (OpFoldResult extent : b.extents(input))
    in.push_back(b.index(extent));
  return b.finish(
      readAt(b, extents, input, [&](ImplicitLocOpBuilder &ib, ValueRange at) {
        SmallVector<Value> indices;
        for (auto [axis, index] : llvm::enumerate(at))
          indices.push_back(
              low[axis] == 0 && high[axis] == 0
                  ? Value(index)
                  : reflectIndex(ib, getMode(), index, low[axis], in[axis]));
        return indices;
      }));
}

//===----------------------------------------------------------------------===//
// iota, from_index
//===----------------------------------------------------------------------===//

FailureOr<SmallVector<Value>> IotaOp::decomposeOperation(OpBuilder &builder) {
  DecomposeBuilder b(builder, *this);
  Type type = getNumberType(getResult());
  Value start = b.numbers(getStart()), step = b.numbers(getStep());
  AffineMap scalar = b.mapOf(1, {});
  return b.finish(b.map(
      b.resultExtents(), type, {start, step}, {scalar, scalar},
      [&](OpBuilder &builder, Location loc, ValueRange args) {
        Value index = linalg::IndexOp::create(builder, loc, 0);
        Value integer = arith::IndexCastOp::create(builder, loc,
                                                   builder.getI64Type(), index);
        Value distance = emitElementwise(
            builder, loc, ElementwiseKind::Mul,
            {emitCast(builder, loc, integer, args[1].getType()), args[1]});
        return emitElementwise(builder, loc, ElementwiseKind::Add,
                               {args[0], distance});
      }));
}

FailureOr<SmallVector<Value>>
FromIndexOp::decomposeOperation(OpBuilder &builder) {
  DecomposeBuilder b(builder, *this);
  auto type = cast<RankedTensorType>(getType());
  Type element = getNumberType(getResult());
  // A loop as in all decompositions: its body picks the value by its number.
  SmallVector<Value> numbers;
  for (Value value : getValues())
    numbers.push_back(emitCast(b, getLoc(), value, element));
  if (numbers.empty())
    return b.finish(b.empty(b.resultExtents(), element));
  auto pick = [&](OpBuilder &builder, Location loc, ValueRange) -> Value {
    ImplicitLocOpBuilder ib(loc, builder);
    Value number = arith::ConstantIndexOp::create(ib, 0);
    for (auto [axis, extent] : llvm::enumerate(type.getShape())) {
      Value width = arith::ConstantIndexOp::create(ib, extent);
      number = arith::MulIOp::create(ib, number, width);
      Value index = linalg::IndexOp::create(ib, axis);
      number = arith::AddIOp::create(ib, number, index);
    }
    Value result = numbers.front();
    for (auto [i, value] : llvm::drop_begin(llvm::enumerate(numbers))) {
      Value here = arith::CmpIOp::create(ib, arith::CmpIPredicate::eq, number,
                                         arith::ConstantIndexOp::create(ib, i));
      result = arith::SelectOp::create(ib, here, value, result);
    }
    return result;
  };
  return b.finish(b.map(b.resultExtents(), element, {}, {}, pick));
}
