//===- KeyReaders.cpp - Which attention reads keys ------------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KeyReaders.h"

#include "CollectRelations.h"
#include "dialects/NN/State.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace nibble;

OpOperand &nibble::findOwnKeys(nn::AttentionOp attention) {
  auto update = attention.getKey().getDefiningOp<nn::CacheUpdateOp>();
  return update ? update.getUpdateMutable() : attention.getKeyMutable();
}

/// The output that `cache` becomes in the next run, if it is a state.
static std::optional<int64_t> findStateOutput(Value cache) {
  auto argument = dyn_cast<BlockArgument>(cache);
  auto main = argument
                  ? dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp())
                  : func::FuncOp();
  if (!main)
    return std::nullopt;
  auto output = main.getArgAttrOfType<IntegerAttr>(argument.getArgNumber(),
                                                   nn::kStateAttr);
  return output ? std::optional(output.getInt()) : std::nullopt;
}

static std::string describeOutput(OpOperand &output) {
  unsigned number = output.getOperandNumber();
  auto main = output.getOwner()->getParentOfType<func::FuncOp>();
  auto name =
      main ? main.getResultAttrOfType<StringAttr>(number, "nn.name") : nullptr;
  return name ? "graph output '" + name.str() + "' holds them"
              : "graph output " + std::to_string(number) + " holds them";
}

/// Who gives or gets keys that no state holds.
static std::string findEnd(Value keys) {
  for (OpOperand &use : keys.getUses())
    if (isa<func::ReturnOp>(use.getOwner()))
      return describeOutput(use);
  auto argument = dyn_cast<BlockArgument>(keys);
  auto main = argument
                  ? dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp())
                  : func::FuncOp();
  if (!main)
    return {};
  unsigned number = argument.getArgNumber();
  auto name = main.getArgAttrOfType<StringAttr>(number, "nn.name");
  return name ? "graph input '" + name.str() + "' brings them"
              : "graph input " + std::to_string(number) + " brings them";
}

/// Of the readers of a cache with new keys.
static std::string findCacheReaders(nn::CacheUpdateOp update,
                                    llvm::SetVector<Operation *> &readers) {
  std::optional<int64_t> state = findStateOutput(update.getCache());
  for (Operation *user : update.getCache().getUsers())
    if (state && user != update && !isa<tensor::DimOp>(user))
      return describe(user) + " reads the cache, too";
  bool isKept = false;
  for (OpOperand &use : update->getUses()) {
    if (isa<func::ReturnOp>(use.getOwner())) {
      if (!state || *state != int64_t(use.getOperandNumber()))
        return describeOutput(use);
      isKept = true;
    } else if (auto attention = dyn_cast<nn::AttentionOp>(use.getOwner());
               attention && &use == &attention.getKeyMutable()) {
      readers.insert(attention);
    } else if (!isa<tensor::DimOp>(use.getOwner())) {
      return describe(use.getOwner()) + " reads the cache, too";
    }
  }
  if (!isKept)
    return "they are added to what " + describe(update) +
           " gets, which is no state of the model";
  return {};
}

std::string nibble::findKeyReaders(OpOperand &keys,
                                   llvm::SetVector<Operation *> &readers) {
  Operation *owner = keys.getOwner();
  if (auto attention = dyn_cast<nn::AttentionOp>(owner);
      attention && &keys == &attention.getKeyMutable()) {
    readers.insert(attention);
    return findEnd(keys.get());
  }
  auto update = dyn_cast<nn::CacheUpdateOp>(owner);
  int64_t rank = cast<ShapedType>(keys.get().getType()).getRank();
  if (update && &keys == &update.getUpdateMutable()) {
    if (int64_t(update.getAxis()) == rank - 1)
      return describe(update) + " adds them along their channels";
    return findCacheReaders(update, readers);
  }
  return describe(owner) + " reads them, too";
}
