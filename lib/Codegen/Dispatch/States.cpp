//===- States.cpp - Values that a session keeps -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "States.h"

#include "StorageType.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "nibble/Codegen/Dispatch/Passes.h"

namespace nibble {
#define GEN_PASS_DEF_FORMSTATES
#include "nibble/Codegen/Dispatch/Passes.h.inc"
} // namespace nibble

using namespace mlir;
using namespace nibble;

std::optional<GrowingState> nibble::getState(nn::CacheUpdateOp update) {
  auto cache = dyn_cast<BlockArgument>(update.getCache());
  auto main = cache ? dyn_cast<func::FuncOp>(cache.getOwner()->getParentOp())
                    : func::FuncOp();
  if (!main)
    return std::nullopt;
  unsigned argument = cache.getArgNumber();
  auto result = main.getArgAttrOfType<IntegerAttr>(argument, nn::kStateAttr);
  if (!result)
    return std::nullopt;
  return GrowingState{argument, unsigned(result.getInt()),
                      int64_t(update.getAxis())};
}

std::optional<GrowingState> nibble::getState(Value tensor) {
  if (auto update = tensor.getDefiningOp<nn::CacheUpdateOp>())
    return getState(update);
  if (isa<BlockArgument>(tensor))
    for (Operation *user : tensor.getUsers())
      if (auto update = dyn_cast<nn::CacheUpdateOp>(user);
          update && update.getCache() == tensor)
        return getState(update);
  return std::nullopt;
}

MemRefType nibble::getCapacityType(RankedTensorType type, int64_t axis) {
  SmallVector<int64_t> shape(type.getShape());
  shape[axis] = ShapedType::kDynamic;
  return getStorageType(type.clone(shape));
}

MemRefType nibble::getMemRefType(Value tensor) {
  auto type = cast<RankedTensorType>(tensor.getType());
  std::optional<GrowingState> state = getState(tensor);
  if (!state)
    return getStorageType(type);
  SmallVector<int64_t> zeros(type.getRank(), 0), ones(type.getRank(), 1);
  return memref::SubViewOp::inferResultType(getCapacityType(type, state->axis),
                                            zeros, type.getShape(), ones);
}

/// Why the value `update` makes of an input cannot be a state, or null.
static const char *findFault(func::FuncOp main, nn::CacheUpdateOp update,
                             OpOperand &returned) {
  auto cache = cast<BlockArgument>(update.getCache());
  auto type = dyn_cast<RankedTensorType>(cache.getType());
  if (!type || !isa<RankedTensorType>(update.getType()))
    return "is not a plain tensor";
  int64_t axis = update.getAxis();
  if (!type.isDynamicDim(axis))
    return "does not grow along a symbolic axis";
  for (int64_t i = 0; i < type.getRank(); ++i)
    if (i != axis && type.getDimSize(i) !=
                         cast<RankedTensorType>(update.getType()).getDimSize(i))
      return "changes another extent, too";
  for (Operation *user : cache.getUsers())
    if (auto other = dyn_cast<nn::CacheUpdateOp>(user);
        other && other != update && other.getCache() == cache)
      return "is extended twice";
  for (OpOperand &use : update->getUses())
    if (isa<func::ReturnOp>(use.getOwner()) && &use != &returned)
      return "is two outputs";
  for (Value value : {Value(cache), Value(update.getResult())})
    if (llvm::any_of(value.getUsers(), llvm::IsaPred<nn::ReshapeOp>))
      return "is read under another shape";
  return nullptr;
}

namespace {
struct FormStates final : nibble::impl::FormStatesBase<FormStates> {
  void runOnOperation() override {
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    if (!main || !main.getBody().hasOneBlock()) {
      getOperation().emitError("needs a function @main with one block");
      return signalPassFailure();
    }
    auto ret = cast<func::ReturnOp>(main.getBody().front().getTerminator());
    bool any = false;
    std::string faults;
    for (OpOperand &output : ret->getOpOperands()) {
      auto update = output.get().getDefiningOp<nn::CacheUpdateOp>();
      auto cache =
          update ? dyn_cast<BlockArgument>(update.getCache()) : BlockArgument();
      if (!cache)
        continue;
      if (const char *fault = findFault(main, update, output)) {
        auto name =
            main.getArgAttrOfType<StringAttr>(cache.getArgNumber(), "nn.name");
        faults += "; '" + (name ? name.str() : "") + "' " + fault;
        continue;
      }
      main.setArgAttr(cache.getArgNumber(), nn::kStateAttr,
                      IntegerAttr::get(IntegerType::get(&getContext(), 64),
                                       int64_t(output.getOperandNumber())));
      any = true;
    }
    if (any)
      return;
    main.emitError("the model has no cache that could be a state: no output "
                   "is an input with new entries at its end")
        << faults;
    signalPassFailure();
  }
};
} // namespace
