//===- NNDecomposeNormalization.cpp - Norms and softmax as linalg ---------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each is a few linalg.generic over rows [outer..., inner...]: one per pass
// over a row, and small ones over [outer...] for what is computed once a row.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/NNDecompose.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"

#include <limits>

using namespace mlir;
using namespace nibble;
using namespace nibble::nn;

namespace {
/// A tensor seen as rows: `axes` are a row's.
struct Rows {
  Value tensor;
  SmallVector<int64_t> axes;
  unsigned rank;
  /// The tensor's own axes, and those without the row's.
  AffineMap all, outer;
  Extents outerExtents;
  /// Elements of a row.
  OpFoldResult size;
  Type computeType;
};
} // namespace

static Rows makeRows(DecomposeBuilder &b, Value tensor,
                     ArrayRef<int64_t> axes) {
  unsigned rank = cast<RankedTensorType>(tensor.getType()).getRank();
  Rows rows{tensor,
            SmallVector<int64_t>(axes),
            rank,
            b.identity(rank),
            {},
            {},
            b.math().constant(1),
            getComputeType(getElementTypeOrSelf(tensor.getType()))};
  SmallVector<AffineExpr> outer;
  for (unsigned axis = 0; axis < rank; ++axis) {
    if (llvm::is_contained(axes, axis)) {
      rows.size = b.math().mul(rows.size, b.extent(tensor, axis));
      continue;
    }
    outer.push_back(b.getAffineDimExpr(axis));
    rows.outerExtents.push_back(b.extent(tensor, axis));
  }
  rows.outer = b.mapOf(rank, outer);
  return rows;
}

static Value emit(OpBuilder &b, Location loc, ElementwiseKind kind,
                  ValueRange operands) {
  return emitElementwise(b, loc, kind, operands);
}

/// `body` of one number per row.
static Value perRow(DecomposeBuilder &b, const Rows &rows, Value input,
                    ScalarBody body) {
  return b.map(rows.outerExtents, rows.computeType, input,
               b.identity(rows.outerExtents.size()), body);
}

//===----------------------------------------------------------------------===//
// Norms
//===----------------------------------------------------------------------===//

/// mean of each row.
static Value rowMean(DecomposeBuilder &b, const Rows &rows) {
  Value sum =
      b.reduce(rows.tensor, rows.axes, b.constant(rows.computeType, 0),
               [](OpBuilder &b, Location loc, ValueRange args) {
                 return emit(b, loc, ElementwiseKind::Add, {args[1], args[0]});
               });
  Value size = b.number(rows.size, rows.computeType);
  return perRow(b, rows, sum, [&](OpBuilder &b, Location loc, ValueRange args) {
    return emit(b, loc, ElementwiseKind::Div, {args[0], size});
  });
}

/// 1 / sqrt(mean((x - center)^2) + epsilon) of each row; `center` may be null.
static Value rowInverseDeviation(DecomposeBuilder &b, const Rows &rows,
                                 Value center, double epsilon) {
  SmallVector<Value> others;
  SmallVector<AffineMap> maps;
  if (center) {
    others.push_back(center);
    maps.push_back(rows.outer);
  }
  Value sum = b.reduce(
      rows.tensor, rows.axes, b.constant(rows.computeType, 0),
      [](OpBuilder &b, Location loc, ValueRange args) {
        Value x = args[0];
        if (args.size() == 3)
          x = emit(b, loc, ElementwiseKind::Sub, {x, args[1]});
        Value square = emit(b, loc, ElementwiseKind::Mul, {x, x});
        return emit(b, loc, ElementwiseKind::Add, {args.back(), square});
      },
      others, maps);
  Value size = b.number(rows.size, rows.computeType);
  Value offset = b.constant(rows.computeType, epsilon);
  return perRow(b, rows, sum, [&](OpBuilder &b, Location loc, ValueRange args) {
    Value mean = emit(b, loc, ElementwiseKind::Div, {args[0], size});
    mean = emit(b, loc, ElementwiseKind::Add, {mean, offset});
    return emit(b, loc, ElementwiseKind::Rsqrt, mean);
  });
}

/// (x - mean) * deviation * scale + bias; mean, scale and bias may be null.
static Value applyNorm(DecomposeBuilder &b, const Rows &rows, Type type,
                       Value mean, Value deviation, Value scale, Value bias,
                       AffineMap channels) {
  SmallVector<Value> inputs = {rows.tensor, deviation};
  SmallVector<AffineMap> maps = {rows.all, rows.outer};
  auto add = [&](Value value, AffineMap map) {
    if (!value)
      return;
    inputs.push_back(b.numbers(value));
    maps.push_back(map);
  };
  add(mean, rows.outer);
  add(scale, channels);
  add(bias, channels);
  return b.map(b.extents(rows.tensor), type, inputs, maps,
               [&](OpBuilder &b, Location loc, ValueRange args) {
                 Value x = args[0];
                 unsigned next = 2;
                 if (mean)
                   x = emit(b, loc, ElementwiseKind::Sub, {x, args[next++]});
                 x = emit(b, loc, ElementwiseKind::Mul, {x, args[1]});
                 if (scale)
                   x = emit(b, loc, ElementwiseKind::Mul, {x, args[next++]});
                 if (bias)
                   x = emit(b, loc, ElementwiseKind::Add, {x, args[next++]});
                 return x;
               });
}

static SmallVector<int64_t> axesFrom(int64_t axis, int64_t rank) {
  return llvm::to_vector(llvm::seq<int64_t>(axis, rank));
}

FailureOr<SmallVector<Value>>
LayerNormOp::decomposeOperation(OpBuilder &builder) {
  DecomposeBuilder b(builder, *this);
  Value input = b.numbers(getInput());
  int64_t rank = cast<RankedTensorType>(input.getType()).getRank();
  Rows rows = makeRows(b, input, axesFrom(getAxis(), rank));
  Value mean = rowMean(b, rows);
  Value deviation =
      rowInverseDeviation(b, rows, mean, getEpsilon().convertToDouble());
  return b.finish(applyNorm(b, rows, getNumberType(getResult()), mean,
                            deviation, getScale(), getBias(),
                            b.mapOf(rank, b.dims(getAxis(), rank))));
}

FailureOr<SmallVector<Value>>
RMSNormOp::decomposeOperation(OpBuilder &builder) {
  DecomposeBuilder b(builder, *this);
  Value input = b.numbers(getInput());
  int64_t rank = cast<RankedTensorType>(input.getType()).getRank();
  Rows rows = makeRows(b, input, axesFrom(getAxis(), rank));
  Value deviation =
      rowInverseDeviation(b, rows, Value(), getEpsilon().convertToDouble());
  return b.finish(applyNorm(b, rows, getNumberType(getResult()), Value(),
                            deviation, getScale(), Value(),
                            b.mapOf(rank, b.dims(getAxis(), rank))));
}

FailureOr<SmallVector<Value>>
GroupNormOp::decomposeOperation(OpBuilder &builder) {
  DecomposeBuilder b(builder, *this);
  Value input = b.numbers(getInput());
  Extents extents = b.extents(input), grouped = extents;
  int64_t groups = getGroups();
  OpFoldResult inner = b.math().div(extents[1], groups);
  grouped[1] = inner;
  grouped.insert(grouped.begin() + 1, b.math().constant(groups));
  // [B, G, C/G, spatial...]: rows from axis 2.
  auto groupAxes = getSplitGroups(extents.size(), 1);
  Value split = b.reshape(input, grouped, groupAxes);
  unsigned rank = grouped.size();
  Rows rows = makeRows(b, split, axesFrom(2, rank));
  Value mean = rowMean(b, rows);
  Value deviation =
      rowInverseDeviation(b, rows, mean, getEpsilon().convertToDouble());
  auto splitChannels = [&](Value value) {
    return value
               ? b.reshape(b.numbers(value), {b.math().constant(groups), inner})
               : value;
  };
  Value result = applyNorm(b, rows, getNumberType(getResult()), mean, deviation,
                           splitChannels(getScale()), splitChannels(getBias()),
                           b.mapOf(rank, b.dims(1, 3)));
  return b.finish(b.reshape(result, extents, groupAxes));
}

//===----------------------------------------------------------------------===//
// Softmax
//===----------------------------------------------------------------------===//

FailureOr<SmallVector<Value>>
SoftmaxOp::decomposeOperation(OpBuilder &builder) {
  DecomposeBuilder b(builder, *this);
  Rows rows = makeRows(b, b.numbers(getInput()), getAxis());
  Extents extents = b.extents(rows.tensor);
  Type type = rows.computeType;
  // A NaN that the comparison passes over comes back with exp(x - max).
  Value maximum =
      b.reduce(rows.tensor, rows.axes,
               b.constant(type, -std::numeric_limits<double>::infinity()),
               [](OpBuilder &b, Location loc, ValueRange args) {
                 Value isGreater = emit(b, loc, ElementwiseKind::Greater, args);
                 return emit(b, loc, ElementwiseKind::Select,
                             {isGreater, args[0], args[1]});
               });
  auto add = [](OpBuilder &b, Location loc, ValueRange args) {
    return emit(b, loc, ElementwiseKind::Add, {args.back(), args[0]});
  };
  Value zero = b.constant(type, 0);
  if (getLog()) {
    Value sum = b.reduce(
        rows.tensor, rows.axes, zero,
        [](OpBuilder &b, Location loc, ValueRange args) {
          Value x = emit(b, loc, ElementwiseKind::Sub, {args[0], args[1]});
          Value e = emit(b, loc, ElementwiseKind::Exp, x);
          return emit(b, loc, ElementwiseKind::Add, {args[2], e});
        },
        maximum, rows.outer);
    Value logSum =
        perRow(b, rows, sum, [](OpBuilder &b, Location loc, ValueRange args) {
          return emit(b, loc, ElementwiseKind::Log, args);
        });
    return b.finish(b.map(
        extents, getNumberType(getResult()), {rows.tensor, maximum, logSum},
        {rows.all, rows.outer, rows.outer},
        [](OpBuilder &b, Location loc, ValueRange args) {
          Value x = emit(b, loc, ElementwiseKind::Sub, {args[0], args[1]});
          return emit(b, loc, ElementwiseKind::Sub, {x, args[2]});
        }));
  }
  Value exponentials =
      b.map(extents, type, {rows.tensor, maximum}, {rows.all, rows.outer},
            [](OpBuilder &b, Location loc, ValueRange args) {
              Value x = emit(b, loc, ElementwiseKind::Sub, {args[0], args[1]});
              return emit(b, loc, ElementwiseKind::Exp, x);
            });
  Value sum = b.reduce(exponentials, rows.axes, zero, add);
  Value inverse =
      perRow(b, rows, sum, [](OpBuilder &b, Location loc, ValueRange args) {
        return emit(b, loc, ElementwiseKind::Reciprocal, args);
      });
  return b.finish(b.map(extents, getNumberType(getResult()),
                        {exponentials, inverse}, {rows.all, rows.outer},
                        [](OpBuilder &b, Location loc, ValueRange args) {
                          return emit(b, loc, ElementwiseKind::Mul, args);
                        }));
}
