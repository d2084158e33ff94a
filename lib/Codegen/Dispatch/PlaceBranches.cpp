//===- PlaceBranches.cpp - Regions that run or do not ===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Placer.h"
#include "StorageType.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace nibble;

/// The value whose memory `value` is a view of.
static Value rootOf(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<nn::ReshapeOp, tensor::CastOp>(op))
      break;
    value = op->getOperand(0);
  }
  return value;
}

/// Clones the index arithmetic that `value` derives from and that is inside
/// `region`.
static Value hoistSlice(OpBuilder &builder, Value value, Operation *region,
                        IRMapping &mapping) {
  Operation *op = value.getDefiningOp();
  if (!op || !region->isProperAncestor(op))
    return value;
  if (Value known = mapping.lookupOrNull(value))
    return known;
  for (Value operand : op->getOperands())
    mapping.map(operand, hoistSlice(builder, operand, region, mapping));
  builder.clone(*op, mapping);
  return mapping.lookup(value);
}

/// Where the results of a branch are, once its first region is placed: in the
/// buffer that this region has filled, if it has; the second region then fills
/// the same one.
void Placer::placeBranchResults(scf::IfOp branch, scf::IfOp placed) {
  DenseSet<int64_t> taken;
  IRMapping outside;
  for (auto [result, one, other] :
       llvm::zip(branch.getResults(), branch.thenYield().getOperands(),
                 branch.elseYield().getOperands())) {
    for (Value dim : dynamicDims[one])
      dynamicDims[result].push_back(hoistSlice(builder, dim, placed, outside));
    Value root = rootOf(one);
    Storage filled = storages.lookup(root);
    bool isInner =
        root.getDefiningOp() && branch->isProperAncestor(root.getDefiningOp());
    if (!outputOf.count(result) && isInner &&
        filled.kind == nn::StorageKind::Planned &&
        taken.insert(filled.index).second) {
      storages[result] = filled;
    } else {
      place(result);
    }
    root = rootOf(other);
    Operation *maker = root.getDefiningOp();
    if (isa_and_present<nn::InvokeOp>(maker) &&
        branch->isProperAncestor(maker) && !outputOf.count(root))
      targetOf.try_emplace(root, storages[result]);
  }
}

/// Copies what a region yields to where the branch's results are.
LogicalResult Placer::placeYield(scf::YieldOp yield) {
  auto branch = cast<scf::IfOp>(yield->getParentOp());
  for (auto [value, result] :
       llvm::zip(yield.getOperands(), branch.getResults())) {
    const Storage from = storages.lookup(value), to = storages.lookup(result);
    Value target =
        view(to, getStorageType(result.getType()), dynamicDims[result]);
    if (from == to)
      continue;
    if (failed(copy(yield.getLoc(), view(value), target)))
      return failure();
  }
  return success();
}

/// Launches of one region or the other, by a flag that an earlier launch or the
/// caller has written. Both count as one after the other for lifetimes.
LogicalResult Placer::placeBranch(scf::IfOp branch) {
  auto condition = branch.getCondition().getDefiningOp<tensor::ExtractOp>();
  if (!condition)
    return branch.emitError("the condition must be an element of a tensor");
  Location loc = branch.getLoc();
  Value flags = view(condition.getTensor());
  SmallVector<Value> indices;
  for (Value index : condition.getIndices())
    indices.push_back(mapping.lookup(index));
  Value flag = memref::LoadOp::create(builder, loc, flags, indices);
  auto placed =
      scf::IfOp::create(builder, loc, TypeRange(), flag,
                        /*withElseRegion=*/!branch.getElseRegion().empty());
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(placed.thenYield());
  if (failed(placeBlock(*branch.thenBlock())))
    return failure();
  if (branch.getNumResults() != 0) {
    // Constraints of the region have nested what is in it.
    OpBuilder::InsertPoint inside = builder.saveInsertionPoint();
    builder.setInsertionPoint(placed);
    placeBranchResults(branch, placed);
    builder.restoreInsertionPoint(inside);
    if (failed(placeYield(branch.thenYield())))
      return failure();
  }
  if (branch.getElseRegion().empty())
    return success();
  builder.setInsertionPoint(placed.elseYield());
  if (failed(placeBlock(*branch.elseBlock())))
    return failure();
  return placeYield(branch.elseYield());
}

/// The kernel that makes a result may write the output itself, unless it is
/// already another output's.
void Placer::assignOutput(Value value, int64_t number) {
  Value root = rootOf(value);
  Operation *op = root.getDefiningOp();
  if (!isa_and_present<nn::InvokeOp, scf::IfOp>(op) ||
      !outputOf.try_emplace(root, number).second)
    return;
  auto branch = dyn_cast<scf::IfOp>(op);
  if (!branch)
    return;
  unsigned index = cast<OpResult>(root).getResultNumber();
  for (scf::YieldOp yield : {branch.thenYield(), branch.elseYield()}) {
    Operation *maker = rootOf(yield.getOperand(index)).getDefiningOp();
    // What is made before the branch is not the output in the other region.
    if (maker && branch->isProperAncestor(maker))
      assignOutput(yield.getOperand(index), number);
  }
}
