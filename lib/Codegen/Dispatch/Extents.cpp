//===- Extents.cpp - Dynamic extents as index values ----------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Codegen/Dispatch/Extents.h"

#include "dialects/NN/NN.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;
using namespace nibble;

FailureOr<OpFoldResult> Extents::get(Value value, int64_t axis) {
  auto type = cast<ShapedType>(value.getType());
  if (!type.isDynamicDim(axis))
    return OpFoldResult(
        Builder(value.getContext()).getIndexAttr(type.getDimSize(axis)));
  if (!known.count(value) && failed(compute(value)))
    return failure();
  return known[value][axis];
}

LogicalResult Extents::getDynamic(Value value, SmallVectorImpl<Value> &result) {
  auto type = cast<ShapedType>(value.getType());
  for (int64_t axis = 0; axis < type.getRank(); ++axis) {
    if (!type.isDynamicDim(axis))
      continue;
    FailureOr<OpFoldResult> extent = get(value, axis);
    if (failed(extent))
      return failure();
    OpBuilder builder(value.getContext());
    if (Operation *op = value.getDefiningOp())
      builder.setInsertionPoint(op);
    else
      builder.setInsertionPointToStart(value.getParentBlock());
    result.push_back(
        getValueOrCreateConstantIndexOp(builder, value.getLoc(), *extent));
  }
  return success();
}

/// Replaces tensor.dim in the slice that computes `index` by known extents, so
/// that no extent keeps an intermediate tensor in use.
LogicalResult Extents::resolve(Value &index) {
  Operation *op = index.getDefiningOp();
  if (!op)
    return success();
  if (auto dim = dyn_cast<tensor::DimOp>(op)) {
    if (isa<BlockArgument>(dim.getSource()) &&
        isa<FunctionOpInterface>(
            cast<BlockArgument>(dim.getSource()).getOwner()->getParentOp()))
      return success();
    std::optional<int64_t> axis = dim.getConstantIndex();
    if (!axis)
      return op->emitError("extent along an axis that is not constant");
    FailureOr<OpFoldResult> extent = get(dim.getSource(), *axis);
    if (failed(extent))
      return failure();
    OpBuilder builder(op);
    index = getValueOrCreateConstantIndexOp(builder, op->getLoc(), *extent);
    return success();
  }
  for (OpOperand &operand : op->getOpOperands()) {
    Value value = operand.get();
    if (!value.getType().isIntOrIndexOrFloat())
      return op->emitError(
          "an extent depends on data, which is not supported; only extents "
          "that follow from the extents of the inputs are");
    Operation *before = value.getDefiningOp();
    if (failed(resolve(value)))
      return failure();
    operand.set(value);
    if (before && before != value.getDefiningOp() && before->use_empty())
      before->erase();
  }
  return success();
}

LogicalResult Extents::compute(Value value) {
  auto type = cast<ShapedType>(value.getType());
  SmallVector<OpFoldResult> extents;
  OpBuilder builder(value.getContext());
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    builder.setInsertionPointToStart(argument.getOwner());
    for (int64_t axis = 0; axis < type.getRank(); ++axis) {
      if (type.isDynamicDim(axis))
        extents.push_back(
            tensor::DimOp::create(builder, value.getLoc(), value, axis)
                .getResult());
      else
        extents.push_back(builder.getIndexAttr(type.getDimSize(axis)));
    }
    known[value] = extents;
    return success();
  }
  Operation *op = value.getDefiningOp();
  if (auto branch = dyn_cast<scf::IfOp>(op))
    return computeBranch(branch, value);
  auto reify = dyn_cast<ReifyRankedShapedTypeOpInterface>(op);
  ReifiedRankedShapedTypeDims shapes;
  builder.setInsertionPoint(op);
  if (!reify || failed(reify.reifyResultShapes(builder, shapes)))
    return op->emitError("the extents of its result do not follow from the "
                         "extents of its operands");
  for (auto [result, shape] : llvm::zip(op->getResults(), shapes)) {
    for (OpFoldResult &extent : shape) {
      auto index = dyn_cast<Value>(extent);
      if (!index)
        continue;
      Operation *before = index.getDefiningOp();
      if (failed(resolve(index)))
        return failure();
      if (before && before != index.getDefiningOp() && before->use_empty())
        before->erase();
      extent = index;
    }
    known[result].assign(shape.begin(), shape.end());
  }
  return success();
}

/// Both branches give the same extents: those of the first, hoisted.
LogicalResult Extents::computeBranch(scf::IfOp branch, Value value) {
  unsigned number = cast<OpResult>(value).getResultNumber();
  Value yielded = branch.thenYield().getOperand(number);
  auto type = cast<ShapedType>(value.getType());
  OpBuilder builder(branch);
  SmallVector<OpFoldResult> extents;
  for (int64_t axis = 0; axis < type.getRank(); ++axis) {
    FailureOr<OpFoldResult> extent = get(yielded, axis);
    if (failed(extent))
      return failure();
    if (auto index = dyn_cast<Value>(*extent))
      extent = OpFoldResult(hoist(index, branch));
    extents.push_back(*extent);
  }
  known[value] = extents;
  return success();
}

/// Index arithmetic is pure and derives from the function's arguments, so all
/// of its slice that is inside `branch` may be computed before it.
Value Extents::hoist(Value index, Operation *branch) {
  Operation *op = index.getDefiningOp();
  if (!op || !branch->isProperAncestor(op))
    return index;
  for (Value operand : op->getOperands())
    hoist(operand, branch);
  op->moveBefore(branch);
  return index;
}
