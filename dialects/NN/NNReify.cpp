//===- NNReify.cpp - Result extents of nn ops -----------------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every op says each extent of each result: the static ones by the result's
// type, the others from its operands. Where an axis broadcasts, an extent that
// is not statically 1 is the result's.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/NNDecompose.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace nibble;
using namespace nibble::nn;

namespace {
/// Fills in the extents of an op's results.
class Reifier {
public:
  using ExtentFn = function_ref<OpFoldResult(unsigned result, int64_t axis)>;

  Reifier(Operation *op, OpBuilder &builder)
      : op(op), builder(builder), math(builder, op->getLoc()) {}

  /// Static extents by the type; `extent` is asked for the others.
  LogicalResult reify(ReifiedRankedShapedTypeDims &results, ExtentFn extent) {
    for (OpResult result : op->getResults()) {
      auto type = cast<ShapedType>(result.getType());
      SmallVector<OpFoldResult> &extents = results.emplace_back();
      for (int64_t axis = 0; axis < type.getRank(); ++axis)
        extents.push_back(
            type.isDynamicDim(axis)
                ? extent(result.getResultNumber(), axis)
                : OpFoldResult(builder.getIndexAttr(type.getDimSize(axis))));
    }
    return success();
  }

  OpFoldResult of(Value tensor, int64_t axis) {
    return getExtent(builder, op->getLoc(), tensor, axis);
  }

  /// Extent `axis` of `rank` axes to which `tensors` broadcast.
  OpFoldResult broadcast(ValueRange tensors, int64_t axis, int64_t rank) {
    Value dynamic;
    for (Value tensor : tensors) {
      auto type = cast<ShapedType>(tensor.getType());
      int64_t own = axis - (rank - type.getRank());
      if (own < 0 || type.getDimSize(own) == 1)
        continue;
      if (!type.isDynamicDim(own))
        return builder.getIndexAttr(type.getDimSize(own));
      if (!dynamic)
        dynamic = tensor;
    }
    if (!dynamic)
      return builder.getIndexAttr(1);
    int64_t own = axis - (rank - cast<ShapedType>(dynamic.getType()).getRank());
    return of(dynamic, own);
  }

  Operation *op;
  OpBuilder &builder;
  IndexMath math;
};
} // namespace

static int64_t getRank(Value tensor) {
  return cast<ShapedType>(tensor.getType()).getRank();
}

/// All results have the shape of `like`.
static LogicalResult reifyAs(Operation *op, OpBuilder &builder, Value like,
                             ReifiedRankedShapedTypeDims &results) {
  Reifier r(op, builder);
  return r.reify(results,
                 [&](unsigned, int64_t axis) { return r.of(like, axis); });
}

/// The extents are the op's own mixed list.
static LogicalResult reifyList(Operation *op, OpBuilder &builder,
                               ArrayRef<int64_t> statics, ValueRange dynamics,
                               ReifiedRankedShapedTypeDims &results) {
  SmallVector<OpFoldResult> list =
      getMixedValues(statics, dynamics, op->getContext());
  return Reifier(op, builder).reify(results, [&](unsigned, int64_t axis) {
    return list[axis];
  });
}

//===----------------------------------------------------------------------===//
// Contractions
//===----------------------------------------------------------------------===//

LogicalResult
LinearOp::reifyResultShapes(OpBuilder &builder,
                            ReifiedRankedShapedTypeDims &results) {
  Reifier r(*this, builder);
  return r.reify(results, [&](unsigned, int64_t axis) {
    return axis + 1 == getRank(getInput()) ? r.of(getWeight(), 0)
                                           : r.of(getInput(), axis);
  });
}

LogicalResult
MatmulOp::reifyResultShapes(OpBuilder &builder,
                            ReifiedRankedShapedTypeDims &results) {
  Reifier r(*this, builder);
  int64_t rank = getRank(getResult());
  return r.reify(results, [&](unsigned, int64_t axis) {
    if (axis == rank - 2)
      return r.of(getLhs(), getRank(getLhs()) - 2);
    if (axis == rank - 1)
      return r.of(getRhs(), getRank(getRhs()) - (getTransposeRhs() ? 2 : 1));
    // The last two axes do not broadcast, but align the others.
    return r.broadcast({getLhs(), getRhs()}, axis, rank);
  });
}

/// Where the kernel's axis `i` is in a filter of `layout`.
static int64_t getKernelAxis(Layout layout, int64_t i) {
  return getSpatialAxis(layout, i);
}

LogicalResult ConvOp::reifyResultShapes(OpBuilder &builder,
                                        ReifiedRankedShapedTypeDims &results) {
  Reifier r(*this, builder);
  int64_t first = getSpatialAxis(getLayout(), 0);
  return r.reify(results, [&](unsigned, int64_t axis) {
    if (axis == 0)
      return r.of(getInput(), 0);
    if (axis == getChannelAxis(getLayout(), getRank(getInput())))
      return r.of(getFilter(), 0);
    int64_t i = axis - first;
    return getWindowExtent(r.math, r.of(getInput(), axis),
                           r.of(getFilter(), getKernelAxis(getLayout(), i)),
                           getStrides()[i], getPadding()[2 * i],
                           getPadding()[2 * i + 1], getDilations()[i]);
  });
}

LogicalResult
ConvTransposeOp::reifyResultShapes(OpBuilder &builder,
                                   ReifiedRankedShapedTypeDims &results) {
  Reifier r(*this, builder);
  int64_t first = getSpatialAxis(getLayout(), 0), rank = getRank(getInput());
  return r.reify(results, [&](unsigned, int64_t axis) {
    if (axis == 0)
      return r.of(getInput(), 0);
    if (axis == getChannelAxis(getLayout(), rank))
      return r.math.mul(r.of(getFilter(), axis), getGroups());
    int64_t i = axis - first;
    OpFoldResult spread =
        r.math.mul(r.math.add(r.of(getInput(), axis), -1), getStrides()[i]);
    OpFoldResult reach = r.math.mul(
        r.math.add(r.of(getFilter(), getKernelAxis(getLayout(), i)), -1),
        getDilations()[i]);
    int64_t rest = getOutputPadding()[i] + 1 - getPadding()[2 * i] -
                   getPadding()[2 * i + 1];
    return r.math.max(r.math.add(r.math.add(spread, reach), rest), 0);
  });
}

LogicalResult
EmbeddingOp::reifyResultShapes(OpBuilder &builder,
                               ReifiedRankedShapedTypeDims &results) {
  Reifier r(*this, builder);
  return r.reify(results, [&](unsigned, int64_t axis) {
    return axis == getRank(getIndices()) ? r.of(getTable(), 1)
                                         : r.of(getIndices(), axis);
  });
}

//===----------------------------------------------------------------------===//
// Ops whose result has an operand's shape
//===----------------------------------------------------------------------===//

LogicalResult
LayerNormOp::reifyResultShapes(OpBuilder &builder,
                               ReifiedRankedShapedTypeDims &results) {
  return reifyAs(*this, builder, getInput(), results);
}

LogicalResult
RMSNormOp::reifyResultShapes(OpBuilder &builder,
                             ReifiedRankedShapedTypeDims &results) {
  return reifyAs(*this, builder, getInput(), results);
}

LogicalResult
GroupNormOp::reifyResultShapes(OpBuilder &builder,
                               ReifiedRankedShapedTypeDims &results) {
  return reifyAs(*this, builder, getInput(), results);
}

LogicalResult
SoftmaxOp::reifyResultShapes(OpBuilder &builder,
                             ReifiedRankedShapedTypeDims &results) {
  return reifyAs(*this, builder, getInput(), results);
}

LogicalResult CastOp::reifyResultShapes(OpBuilder &builder,
                                        ReifiedRankedShapedTypeDims &results) {
  return reifyAs(*this, builder, getInput(), results);
}

LogicalResult
CumSumOp::reifyResultShapes(OpBuilder &builder,
                            ReifiedRankedShapedTypeDims &results) {
  return reifyAs(*this, builder, getInput(), results);
}

LogicalResult RopeOp::reifyResultShapes(OpBuilder &builder,
                                        ReifiedRankedShapedTypeDims &results) {
  return reifyAs(*this, builder, getInput(), results);
}

//===----------------------------------------------------------------------===//
// Pointwise ops, reductions, windows
//===----------------------------------------------------------------------===//

LogicalResult
ElementwiseOp::reifyResultShapes(OpBuilder &builder,
                                 ReifiedRankedShapedTypeDims &results) {
  Reifier r(*this, builder);
  return r.reify(results, [&](unsigned, int64_t axis) {
    return r.broadcast(getInputs(), axis, getRank(getResult()));
  });
}

/// The input axis that result axis `axis` is, where `reduced` axes vanish.
static int64_t getKeptAxis(int64_t axis, ArrayRef<int64_t> reduced,
                           bool keepDims) {
  if (keepDims)
    return axis;
  for (int64_t input = 0;; ++input) {
    if (llvm::is_contained(reduced, input))
      continue;
    if (axis-- == 0)
      return input;
  }
}

LogicalResult
ReduceOp::reifyResultShapes(OpBuilder &builder,
                            ReifiedRankedShapedTypeDims &results) {
  Reifier r(*this, builder);
  return r.reify(results, [&](unsigned, int64_t axis) -> OpFoldResult {
    int64_t input = getKeptAxis(axis, getAxes(), getKeepDims());
    if (llvm::is_contained(getAxes(), input))
      return builder.getIndexAttr(1);
    return r.of(getInput(), input);
  });
}

LogicalResult
ArgReduceOp::reifyResultShapes(OpBuilder &builder,
                               ReifiedRankedShapedTypeDims &results) {
  Reifier r(*this, builder);
  int64_t searched = getAxis();
  return r.reify(results, [&](unsigned, int64_t axis) -> OpFoldResult {
    int64_t input = getKeptAxis(axis, searched, getKeepDims());
    if (input == searched)
      return builder.getIndexAttr(1);
    return r.of(getInput(), input);
  });
}

LogicalResult PoolOp::reifyResultShapes(OpBuilder &builder,
                                        ReifiedRankedShapedTypeDims &results) {
  Reifier r(*this, builder);
  int64_t first = getSpatialAxis(getLayout(), 0), rank = getRank(getInput());
  return r.reify(results, [&](unsigned, int64_t axis) {
    OpFoldResult in = r.of(getInput(), axis);
    if (axis == 0 || axis == getChannelAxis(getLayout(), rank))
      return in;
    int64_t i = axis - first;
    return getWindowExtent(r.math, in, r.math.constant(getWindow()[i]),
                           getStrides()[i], getPadding()[2 * i],
                           getPadding()[2 * i + 1], getDilations()[i],
                           getCeilMode());
  });
}

LogicalResult
ResizeOp::reifyResultShapes(OpBuilder &builder,
                            ReifiedRankedShapedTypeDims &results) {
  Reifier r(*this, builder);
  int64_t first = getSpatialAxis(getLayout(), 0), rank = getRank(getInput());
  return r.reify(results, [&](unsigned, int64_t axis) -> OpFoldResult {
    OpFoldResult in = r.of(getInput(), axis);
    if (axis == 0 || axis == getChannelAxis(getLayout(), rank))
      return in;
    int64_t i = axis - first;
    if (!getSizes().empty())
      return OpFoldResult(getSizes()[i]);
    return scaleExtent(builder, getLoc(), in, getScalesAttr()[i]);
  });
}

//===----------------------------------------------------------------------===//
// Moving elements
//===----------------------------------------------------------------------===//

LogicalResult
ReshapeOp::reifyResultShapes(OpBuilder &builder,
                             ReifiedRankedShapedTypeDims &results) {
  return reifyList(*this, builder, getStaticShape(), getShape(), results);
}

LogicalResult
ExpandOp::reifyResultShapes(OpBuilder &builder,
                            ReifiedRankedShapedTypeDims &results) {
  return reifyList(*this, builder, getStaticShape(), getShape(), results);
}

LogicalResult SliceOp::reifyResultShapes(OpBuilder &builder,
                                         ReifiedRankedShapedTypeDims &results) {
  return reifyList(*this, builder, getStaticSizes(), getSizes(), results);
}

LogicalResult
TransposeOp::reifyResultShapes(OpBuilder &builder,
                               ReifiedRankedShapedTypeDims &results) {
  Reifier r(*this, builder);
  return r.reify(results, [&](unsigned, int64_t axis) {
    return r.of(getInput(), getPermutation()[axis]);
  });
}

LogicalResult
ConcatOp::reifyResultShapes(OpBuilder &builder,
                            ReifiedRankedShapedTypeDims &results) {
  Reifier r(*this, builder);
  return r.reify(results, [&](unsigned, int64_t axis) {
    if (axis != int64_t(getAxis()))
      return r.of(getInputs().front(), axis);
    OpFoldResult total = r.math.constant(0);
    for (Value input : getInputs())
      total = r.math.add(total, r.of(input, axis));
    return total;
  });
}

LogicalResult
CacheUpdateOp::reifyResultShapes(OpBuilder &builder,
                                 ReifiedRankedShapedTypeDims &results) {
  Reifier r(*this, builder);
  return r.reify(results, [&](unsigned, int64_t axis) {
    OpFoldResult extent = r.of(getCache(), axis);
    if (axis == int64_t(getAxis()))
      extent = r.math.add(extent, r.of(getUpdate(), axis));
    return extent;
  });
}

LogicalResult
GatherOp::reifyResultShapes(OpBuilder &builder,
                            ReifiedRankedShapedTypeDims &results) {
  Reifier r(*this, builder);
  int64_t first = getAxis(), numIndices = getRank(getIndices());
  return r.reify(results, [&](unsigned, int64_t axis) {
    if (axis < first)
      return r.of(getInput(), axis);
    if (axis < first + numIndices)
      return r.of(getIndices(), axis - first);
    return r.of(getInput(), axis - numIndices + 1);
  });
}

LogicalResult
GatherNDOp::reifyResultShapes(OpBuilder &builder,
                              ReifiedRankedShapedTypeDims &results) {
  Reifier r(*this, builder);
  int64_t numIndices = getRank(getIndices()) - 1;
  auto indices = cast<ShapedType>(getIndices().getType());
  int64_t depth = indices.getDimSize(numIndices), batch = getBatchDims();
  return r.reify(results, [&](unsigned, int64_t axis) {
    if (axis < numIndices)
      return r.of(getIndices(), axis);
    return r.of(getInput(), axis - numIndices + batch + depth);
  });
}

LogicalResult PadOp::reifyResultShapes(OpBuilder &builder,
                                       ReifiedRankedShapedTypeDims &results) {
  Reifier r(*this, builder);
  return r.reify(results, [&](unsigned, int64_t axis) {
    OpFoldResult sum =
        r.math.add(r.of(getInput(), axis), getLow()[axis] + getHigh()[axis]);
    return r.math.max(sum, 0);
  });
}

LogicalResult IotaOp::reifyResultShapes(OpBuilder &builder,
                                        ReifiedRankedShapedTypeDims &results) {
  return Reifier(*this, builder).reify(results, [&](unsigned, int64_t) {
    return OpFoldResult(getSize());
  });
}

LogicalResult
FromIndexOp::reifyResultShapes(OpBuilder &builder,
                               ReifiedRankedShapedTypeDims &results) {
  return reifyList(*this, builder, cast<ShapedType>(getType()).getShape(), {},
                   results);
}

//===----------------------------------------------------------------------===//
// Sequences
//===----------------------------------------------------------------------===//

LogicalResult
AttentionOp::reifyResultShapes(OpBuilder &builder,
                               ReifiedRankedShapedTypeDims &results) {
  Reifier r(*this, builder);
  return r.reify(results, [&](unsigned, int64_t axis) {
    return r.of(axis == 3 ? getValue() : getQuery(), axis);
  });
}

/// [T, R, B, H], then states [R, B, H].
static LogicalResult reifyRecurrent(Operation *op, OpBuilder &builder,
                                    Value input, Value recurrence,
                                    ReifiedRankedShapedTypeDims &results) {
  Reifier r(op, builder);
  return r.reify(results, [&](unsigned result, int64_t axis) {
    switch (result == 0 ? axis : axis + 1) {
    case 0:
      return r.of(input, 0);
    case 1:
      return r.of(recurrence, 0);
    case 2:
      return r.of(input, 1);
    default:
      return r.of(recurrence, 2);
    }
  });
}

LogicalResult LSTMOp::reifyResultShapes(OpBuilder &builder,
                                        ReifiedRankedShapedTypeDims &results) {
  return reifyRecurrent(*this, builder, getInput(), getRecurrence(), results);
}

LogicalResult GRUOp::reifyResultShapes(OpBuilder &builder,
                                       ReifiedRankedShapedTypeDims &results) {
  return reifyRecurrent(*this, builder, getInput(), getRecurrence(), results);
}

LogicalResult
RecurrenceOp::reifyResultShapes(OpBuilder &builder,
                                ReifiedRankedShapedTypeDims &results) {
  return reifyRecurrent(*this, builder, getSums(), getRecurrence(), results);
}

LogicalResult
SelectiveScanOp::reifyResultShapes(OpBuilder &builder,
                                   ReifiedRankedShapedTypeDims &results) {
  Reifier r(*this, builder);
  return r.reify(results, [&](unsigned result, int64_t axis) {
    return r.of(result == 0 ? getU() : getInitialState(), axis);
  });
}
