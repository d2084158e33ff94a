//===- NNDecomposePointwise.cpp - Elementwise, reductions as linalg -------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/NNDecompose.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/TypeUtilities.h"

#include <limits>

using namespace mlir;
using namespace nibble;
using namespace nibble::nn;

static constexpr double kInfinity = std::numeric_limits<double>::infinity();

//===----------------------------------------------------------------------===//
// elementwise, cast
//===----------------------------------------------------------------------===//

static std::optional<double> toOptional(FloatAttr attr) {
  if (!attr)
    return std::nullopt;
  return attr.getValueAsDouble();
}

FailureOr<SmallVector<Value>>
ElementwiseOp::decomposeOperation(OpBuilder &builder) {
  DecomposeBuilder b(builder, *this);
  Extents extents = b.resultExtents();
  ArrayRef<int64_t> shape = cast<ShapedType>(getType()).getShape();
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  for (Value input : getInputs()) {
    inputs.push_back(b.numbers(input));
    maps.push_back(b.broadcastMap(cast<ShapedType>(input.getType()).getShape(),
                                  shape, shape.size()));
  }
  bool unsignedOperands = isUnsigned(getInputs().back().getType());
  return b.finish(b.map(extents, getNumberType(getResult()), inputs, maps,
                        [&](OpBuilder &builder, Location loc, ValueRange args) {
                          return emitElementwise(builder, loc, getKind(), args,
                                                 toOptional(getAlphaAttr()),
                                                 toOptional(getBetaAttr()),
                                                 unsignedOperands);
                        }));
}

FailureOr<SmallVector<Value>> CastOp::decomposeOperation(OpBuilder &builder) {
  DecomposeBuilder b(builder, *this);
  Value input = b.numbers(getInput());
  Type type = getNumberType(getResult());
  unsigned rank = cast<ShapedType>(getType()).getRank();
  return b.finish(b.map(b.resultExtents(), type, input, b.identity(rank),
                        [&](OpBuilder &builder, Location loc, ValueRange args) {
                          return emitCast(builder, loc, args[0], type,
                                          isUnsigned(getInput().getType()),
                                          isUnsigned(getType()));
                        }));
}

//===----------------------------------------------------------------------===//
// reduce, arg_reduce, cumsum
//===----------------------------------------------------------------------===//

/// What one element adds to the accumulator.
static Value emitTerm(OpBuilder &b, Location loc, ReduceKind kind, Value x,
                      bool isUnsigned) {
  switch (kind) {
  case ReduceKind::L1:
    return emitElementwise(b, loc, ElementwiseKind::Abs, x, {}, {}, isUnsigned);
  case ReduceKind::L2:
  case ReduceKind::SumSquare:
    return emitElementwise(b, loc, ElementwiseKind::Mul, {x, x});
  default:
    return x;
  }
}

static ElementwiseKind getCombiner(ReduceKind kind) {
  switch (kind) {
  case ReduceKind::Max:
    return ElementwiseKind::Max;
  case ReduceKind::Min:
    return ElementwiseKind::Min;
  case ReduceKind::Prod:
    return ElementwiseKind::Mul;
  default:
    return ElementwiseKind::Add;
  }
}

static double getInitial(ReduceKind kind) {
  switch (kind) {
  case ReduceKind::Max:
    return -kInfinity;
  case ReduceKind::Min:
    return kInfinity;
  case ReduceKind::Prod:
    return 1;
  default:
    return 0;
  }
}

/// What becomes of the finished accumulator.
static Value emitFinal(OpBuilder &b, Location loc, ReduceKind kind, Value x,
                       Value count, bool isUnsigned) {
  switch (kind) {
  case ReduceKind::Mean:
    return emitElementwise(b, loc, ElementwiseKind::Div, {x, count}, {}, {},
                           isUnsigned);
  case ReduceKind::L2:
    return emitElementwise(b, loc, ElementwiseKind::Sqrt, x);
  case ReduceKind::LogSum:
    return emitElementwise(b, loc, ElementwiseKind::Log, x);
  default:
    return x;
  }
}

static Value reduceBy(DecomposeBuilder &b, Value input, ArrayRef<int64_t> axes,
                      ReduceKind kind, bool isUnsigned) {
  Type type =
      getComputeType(cast<RankedTensorType>(input.getType()).getElementType());
  Value initial =
      emitConstant(b, b.getLoc(), type, getInitial(kind), isUnsigned);
  return b.reduce(input, axes, initial,
                  [&](OpBuilder &builder, Location loc, ValueRange args) {
                    Value term =
                        emitTerm(builder, loc, kind, args[0], isUnsigned);
                    return emitElementwise(builder, loc, getCombiner(kind),
                                           {args[1], term}, {}, {}, isUnsigned);
                  });
}

/// log(sum(exp(x))), computed from the greatest so that nothing overflows.
static Value reduceLogSumExp(DecomposeBuilder &b, Value input,
                             ArrayRef<int64_t> axes, Type type) {
  auto emit = [](OpBuilder &b, Location loc, ElementwiseKind kind,
                 ValueRange operands) {
    return emitElementwise(b, loc, kind, operands);
  };
  Value greatest = reduceBy(b, input, axes, ReduceKind::Max, false);
  auto greatestType = cast<RankedTensorType>(greatest.getType());
  Extents kept = b.extents(greatest);
  AffineMap keptMap = b.identity(kept.size());
  Type element = greatestType.getElementType();
  Value zero = b.constant(element, 0);
  // An infinite one would make inf - inf.
  greatest = b.map(kept, element, greatest, keptMap,
                   [&](OpBuilder &b, Location loc, ValueRange args) {
                     Value isInf = emit(b, loc, ElementwiseKind::IsInf, args);
                     return emit(b, loc, ElementwiseKind::Select,
                                 {isInf, zero, args[0]});
                   });
  int64_t rank = cast<RankedTensorType>(input.getType()).getRank();
  SmallVector<AffineExpr> outer;
  for (int64_t axis = 0; axis < rank; ++axis)
    if (!llvm::is_contained(axes, axis))
      outer.push_back(b.getAffineDimExpr(axis));
  Value sum = b.reduce(
      input, axes, zero,
      [&](OpBuilder &b, Location loc, ValueRange args) {
        Value x = emit(b, loc, ElementwiseKind::Sub, {args[0], args[1]});
        Value e = emit(b, loc, ElementwiseKind::Exp, x);
        return emit(b, loc, ElementwiseKind::Add, {args[2], e});
      },
      greatest, b.mapOf(rank, outer));
  return b.map(kept, type, {sum, greatest}, {keptMap, keptMap},
               [&](OpBuilder &b, Location loc, ValueRange args) {
                 Value log = emit(b, loc, ElementwiseKind::Log, args[0]);
                 return emit(b, loc, ElementwiseKind::Add, {log, args[1]});
               });
}

FailureOr<SmallVector<Value>> ReduceOp::decomposeOperation(OpBuilder &builder) {
  DecomposeBuilder b(builder, *this);
  Value input = b.numbers(getInput());
  Type type = getNumberType(getResult());
  bool unsignedInput = isUnsigned(getInput().getType());
  Value result;
  if (getKind() == ReduceKind::LogSumExp) {
    result = reduceLogSumExp(b, input, getAxes(), type);
  } else {
    result = reduceBy(b, input, getAxes(), getKind(), unsignedInput);
    Extents kept = b.extents(result);
    OpFoldResult count = b.math().constant(1);
    for (int64_t axis : getAxes())
      count = b.math().mul(count, b.extent(input, axis));
    Type element = cast<RankedTensorType>(result.getType()).getElementType();
    bool hasFinal = getKind() == ReduceKind::Mean ||
                    getKind() == ReduceKind::L2 ||
                    getKind() == ReduceKind::LogSum;
    Value number =
        getKind() == ReduceKind::Mean ? b.number(count, element) : Value();
    if (hasFinal || element != type)
      result = b.map(kept, type, result, b.identity(kept.size()),
                     [&](OpBuilder &builder, Location loc, ValueRange args) {
                       return emitFinal(builder, loc, getKind(), args[0],
                                        number, unsignedInput);
                     });
  }
  return b.finish(getKeepDims() ? b.insertUnitAxes(result, getAxes()) : result);
}

FailureOr<SmallVector<Value>>
ArgReduceOp::decomposeOperation(OpBuilder &builder) {
  DecomposeBuilder b(builder, *this);
  Value input = b.numbers(getInput());
  bool unsignedInput = isUnsigned(getInput().getType());
  unsigned rank = cast<RankedTensorType>(input.getType()).getRank();
  Type type =
      getComputeType(cast<RankedTensorType>(input.getType()).getElementType());
  Type indexType = getNumberType(getResult());
  // Loops: the axes that stay, then the one searched.
  SmallVector<AffineExpr> place;
  Extents kept;
  for (unsigned axis = 0, next = 0; axis < rank; ++axis) {
    bool isSearched = axis == unsigned(getAxis());
    place.push_back(b.getAffineDimExpr(isSearched ? rank - 1 : next));
    if (isSearched)
      continue;
    kept.push_back(b.extent(input, axis));
    ++next;
  }
  AffineMap out = b.mapOf(rank, b.dims(0, rank - 1));
  ElementwiseKind better = getSmallest()
                               ? (getLastIndex() ? ElementwiseKind::LessEqual
                                                 : ElementwiseKind::Less)
                               : (getLastIndex() ? ElementwiseKind::GreaterEqual
                                                 : ElementwiseKind::Greater);
  Value worst =
      emitConstant(b, b.getLoc(), type, getSmallest() ? kInfinity : -kInfinity,
                   unsignedInput);
  SmallVector<Value> results = b.generic(
      input, {b.filled(kept, worst), b.filled(kept, indexType, 0)},
      {b.mapOf(rank, place), out, out}, rank - 1,
      [&](OpBuilder &builder, Location loc, ValueRange args) {
        Value x = emitCast(builder, loc, args[0], type);
        Value wins = emitElementwise(builder, loc, better, {x, args[1]}, {}, {},
                                     unsignedInput);
        Value at = emitCast(builder, loc,
                            linalg::IndexOp::create(builder, loc, rank - 1),
                            indexType);
        return SmallVector<Value>{
            arith::SelectOp::create(builder, loc, wins, x, args[1]),
            arith::SelectOp::create(builder, loc, wins, at, args[2])};
      });
  return b.finish(getKeepDims()
                      ? b.insertUnitAxes(results[1], int64_t(getAxis()))
                      : results[1]);
}

/// Each element sums those that come before it: n loops of n, but loops that
/// run in lanes and need no order among themselves.
FailureOr<SmallVector<Value>> CumSumOp::decomposeOperation(OpBuilder &builder) {
  DecomposeBuilder b(builder, *this);
  Value input = b.numbers(getInput());
  Type type = getNumberType(getResult()), sumType = getComputeType(type);
  Extents extents = b.extents(input);
  unsigned rank = extents.size(), axis = getAxis();
  SmallVector<AffineExpr> place = b.dims(0, rank);
  place[axis] = b.getAffineDimExpr(rank);
  bool isReverse = getReverse();
  auto order =
      getExclusive()
          ? (isReverse ? arith::CmpIPredicate::ugt : arith::CmpIPredicate::ult)
          : (isReverse ? arith::CmpIPredicate::uge : arith::CmpIPredicate::ule);
  Value sums =
      b.generic(
           input, b.filled(extents, sumType, 0),
           {b.mapOf(rank + 1, place), b.mapOf(rank + 1, b.dims(0, rank))}, rank,
           [&](OpBuilder &builder, Location loc, ValueRange args) {
             Value at = linalg::IndexOp::create(builder, loc, axis);
             Value from = linalg::IndexOp::create(builder, loc, rank);
             Value counts =
                 arith::CmpIOp::create(builder, loc, order, from, at);
             Value x = emitCast(builder, loc, args[0], sumType);
             Value sum = emitElementwise(builder, loc, ElementwiseKind::Add,
                                         {args[1], x});
             return SmallVector<Value>{
                 arith::SelectOp::create(builder, loc, counts, sum, args[1])};
           })
          .front();
  if (sumType != type)
    sums =
        b.map(extents, type, sums, b.identity(rank),
              [](OpBuilder &, Location, ValueRange args) { return args[0]; });
  return b.finish(sums);
}

//===----------------------------------------------------------------------===//
// pool
//===----------------------------------------------------------------------===//

/// How many of an average's taps count, as a float, for the output position of
/// the enclosing linalg body: those within the input, or also within the
/// padding where `includesPadding`.
static Value emitTapCount(OpBuilder &builder, Location loc, PoolOp op,
                          ArrayRef<OpFoldResult> inExtents, Type type) {
  ImplicitLocOpBuilder b(loc, builder);
  Value zero = arith::ConstantIndexOp::create(b, 0);
  Value count = arith::ConstantIndexOp::create(b, 1);
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(b, value);
  };
  for (unsigned i = 0; i < op.getWindow().size(); ++i) {
    int64_t axis = getSpatialAxis(op.getLayout(), i);
    int64_t low = op.getPadding()[2 * i], high = op.getPadding()[2 * i + 1];
    Value step = constant(op.getDilations()[i]);
    Value begin = arith::MulIOp::create(b, linalg::IndexOp::create(b, axis),
                                        constant(op.getStrides()[i]));
    begin = arith::SubIOp::create(b, begin, constant(low));
    IndexMath math(b, loc);
    OpFoldResult end = inExtents[axis];
    int64_t first = 0;
    if (op.getCountIncludePad()) {
      first = -low;
      end = math.add(end, high);
    }
    // Taps k in [ceil((first - begin) / d), ceil((end - begin) / d)).
    auto firstTapFrom = [&](Value bound) -> Value {
      Value distance = arith::SubIOp::create(b, bound, begin);
      return arith::CeilDivSIOp::create(b, distance, step);
    };
    Value from = arith::MaxSIOp::create(b, firstTapFrom(constant(first)), zero);
    Value to = arith::MinSIOp::create(b, firstTapFrom(math.value(end)),
                                      constant(op.getWindow()[i]));
    Value taps =
        arith::MaxSIOp::create(b, arith::SubIOp::create(b, to, from), zero);
    count = arith::MulIOp::create(b, count, taps);
  }
  Value integer = arith::IndexCastOp::create(b, b.getI32Type(), count);
  return arith::SIToFPOp::create(b, type, integer);
}

/// The input between as much padding as the windows reach.
static Value padForPool(DecomposeBuilder &b, PoolOp op, Value input,
                        ArrayRef<OpFoldResult> outExtents, double value) {
  IndexMath math = b.math();
  Extents low(outExtents.size(), b.getIndexAttr(0)), high(low);
  bool pads = false;
  for (unsigned i = 0; i < op.getWindow().size(); ++i) {
    int64_t axis = getSpatialAxis(op.getLayout(), i);
    OpFoldResult reach =
        math.add(math.mul(math.add(outExtents[axis], -1), op.getStrides()[i]),
                 op.getDilations()[i] * (op.getWindow()[i] - 1) + 1);
    OpFoldResult have = math.add(b.extent(input, axis), op.getPadding()[2 * i]);
    low[axis] = math.constant(op.getPadding()[2 * i]);
    high[axis] = math.constant(op.getPadding()[2 * i + 1]);
    if (op.getCeilMode())
      high[axis] = math.max(math.sub(reach, have), high[axis]);
    pads |= !isZeroInteger(low[axis]) || !isZeroInteger(high[axis]);
  }
  if (!pads)
    return input;
  auto type = tensor::PadOp::inferResultType(
      cast<RankedTensorType>(input.getType()), decomposeMixedValues(low).first,
      decomposeMixedValues(high).first);
  return tensor::PadOp::create(
      b, type, input, low, high,
      emitConstant(b, b.getLoc(), getNumberType(input), value,
                   isUnsigned(op.getInput().getType())),
      /*nofold=*/false);
}

FailureOr<SmallVector<Value>> PoolOp::decomposeOperation(OpBuilder &builder) {
  DecomposeBuilder b(builder, *this);
  Value input = b.numbers(getInput());
  Extents inExtents = b.extents(input), extents = b.resultExtents();
  bool isMax = getKind() == PoolKind::Max;
  bool unsignedInput = isUnsigned(getInput().getType());
  Type type = getComputeType(getNumberType(input));
  Value padded = padForPool(b, *this, input, extents, isMax ? -kInfinity : 0);
  unsigned rank = extents.size(), numSpatial = getWindow().size();
  unsigned numDims = rank + numSpatial;
  SmallVector<AffineExpr> in = b.dims(0, rank);
  Extents windowExtents;
  for (unsigned i = 0; i < numSpatial; ++i) {
    int64_t axis = getSpatialAxis(getLayout(), i);
    in[axis] = in[axis] * getStrides()[i] +
               b.getAffineDimExpr(rank + i) * getDilations()[i];
    windowExtents.push_back(b.getIndexAttr(getWindow()[i]));
  }
  // The window's extents come from an operand that is never read.
  Value window = b.empty(windowExtents, type);
  Value initial =
      emitConstant(b, b.getLoc(), type, isMax ? -kInfinity : 0, unsignedInput);
  Value result =
      b.generic({padded, window}, b.filled(extents, initial),
                {b.mapOf(numDims, in), b.mapOf(numDims, b.dims(rank, numDims)),
                 b.mapOf(numDims, b.dims(0, rank))},
                rank,
                [&](OpBuilder &builder, Location loc, ValueRange args) {
                  Value x = emitCast(builder, loc, args[0], type);
                  if (!isMax)
                    return SmallVector<Value>{emitElementwise(
                        builder, loc, ElementwiseKind::Add, {args[2], x})};
                  Value wins =
                      emitElementwise(builder, loc, ElementwiseKind::Less,
                                      {args[2], x}, {}, {}, unsignedInput);
                  return SmallVector<Value>{
                      arith::SelectOp::create(builder, loc, wins, x, args[2])};
                })
          .front();
  Type resultType = getNumberType(getResult());
  if (isMax && resultType == type)
    return b.finish(result);
  bool isPadded = padded != input;
  int64_t taps = 1;
  for (int64_t extent : getWindow())
    taps *= extent;
  return b.finish(
      b.map(extents, resultType, result, b.identity(rank),
            [&](OpBuilder &builder, Location loc, ValueRange args) {
              if (isMax)
                return args[0];
              Value count =
                  isPadded ? emitTapCount(builder, loc, *this, inExtents, type)
                           : emitConstant(builder, loc, type, double(taps));
              return emitElementwise(builder, loc, ElementwiseKind::Div,
                                     {args[0], count});
            }));
}
