//===- PlaceChecks.cpp - What must hold of the extents --------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The frontend assumes relations between extents (total = past + seq). Those
// of the whole model are checked in @nib_shapes, before anything runs; those
// of a branch in @nib_run, where the branch is taken.
//
//===----------------------------------------------------------------------===//

#include "Placer.h"
#include "ShapeChecks.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace nibble;

/// The first input or state that has the extent `symbol`.
std::string Placer::findSymbol(StringAttr symbol) const {
  for (Attribute entry :
       llvm::concat<const Attribute>(inputEntries, stateEntries)) {
    auto tensor = cast<DictionaryAttr>(entry);
    for (auto [axis, dim] : llvm::enumerate(tensor.getAs<ArrayAttr>("dims")))
      if (dim == symbol)
        return "dimension " + std::to_string(axis) + " of '" +
               tensor.getAs<StringAttr>("name").str() + "'";
  }
  return "";
}

/// Adds messages to the manifest; returns the number of the first.
int64_t Placer::addChecks(IntegerSet constraints, Location loc) {
  int64_t first = checks.size() + 1;
  std::string node;
  if (auto name = dyn_cast<NameLoc>(loc))
    node = "node '" + name.getName().str() + "': ";
  for (const std::string &message :
       describeConstraints(constraints, symbolNames, [&](StringAttr symbol) {
         return findSymbol(symbol);
       }))
    checks.push_back(builder.getStringAttr(node + message));
  return first;
}

/// What nib_shapes returns: whether the request's extents fit each other.
Value Placer::emitChecks(OpBuilder &body, IRMapping &slice) {
  Location loc = nibRun.getLoc();
  SmallVector<std::pair<IntegerSet, Location>> sets;
  if (auto all = module->getAttrOfType<IntegerSetAttr>(kConstraintsAttr))
    sets.push_back({all.getValue(), UnknownLoc::get(module.getContext())});
  for (nn::RequireOp require : requirements)
    sets.push_back({require.getConstraints(), require.getLoc()});
  Value none = arith::ConstantIntOp::create(body, loc, 0, 32), result = none;
  if (sets.empty())
    return result;
  SmallVector<Value> values;
  for (StringAttr name : symbolNames)
    values.push_back(cloneSlice(body, symbolValues[name.getValue()], slice));
  for (auto [set, place] : sets) {
    Value status =
        emitConstraintCheck(body, loc, set, values, addChecks(set, place));
    Value holds = arith::CmpIOp::create(body, loc, arith::CmpIPredicate::eq,
                                        result, none);
    result = arith::SelectOp::create(body, loc, holds, status, result);
  }
  return result;
}

/// What is placed from here on in the block runs only where the constraints
/// hold; else @nib_run returns the check that fails.
void Placer::placeRequire(nn::RequireOp require) {
  if (require->getParentOp() == main) {
    requirements.push_back(require);
    return;
  }
  Location loc = require.getLoc();
  Type i32 = builder.getI32Type();
  if (!statusSlot) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(&nibRun.getBody().front());
    Value one = LLVM::ConstantOp::create(builder, loc, i32, 1);
    auto pointer = LLVM::LLVMPointerType::get(module.getContext());
    statusSlot = LLVM::AllocaOp::create(builder, loc, pointer, i32, one);
    Value zero = LLVM::ConstantOp::create(builder, loc, i32, 0);
    LLVM::StoreOp::create(builder, loc, zero, statusSlot);
  }
  SmallVector<Value> values;
  for (StringAttr name : symbolNames)
    values.push_back(symbolValues[name.getValue()]);
  IntegerSet set = require.getConstraints();
  Value status =
      emitConstraintCheck(builder, loc, set, values, addChecks(set, loc));
  Value zero = arith::ConstantIntOp::create(builder, loc, 0, 32);
  Value holds = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                                      status, zero);
  auto guarded = scf::IfOp::create(builder, loc, TypeRange(), holds,
                                   /*withElseRegion=*/true);
  builder.setInsertionPoint(guarded.elseYield());
  LLVM::StoreOp::create(builder, loc, status, statusSlot);
  builder.setInsertionPoint(guarded.thenYield());
}
