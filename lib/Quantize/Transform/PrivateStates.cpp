//===- PrivateStates.cpp - Caches in another basis ------------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PrivateStates.h"

#include "dialects/NN/State.h"

using namespace mlir;
using namespace nibble;

SmallVector<BlockArgument> nibble::findStates(const ChannelGraph &graph,
                                              ArrayRef<unsigned> links) {
  SmallVector<BlockArgument> states;
  for (unsigned number : links) {
    const ChannelLink &link = graph.getLinks()[number];
    if (!isa<func::ReturnOp>(link.op))
      continue;
    for (const nn::ChannelPlace &place : link.relation.places)
      if (auto argument = dyn_cast<BlockArgument>(place.value);
          argument && place.port >= link.op->getNumOperands())
        states.push_back(argument);
  }
  return states;
}

void nibble::makePrivate(ArrayRef<BlockArgument> states) {
  for (BlockArgument state : states)
    cast<func::FuncOp>(state.getOwner()->getParentOp())
        .setArgAttr(state.getArgNumber(), nn::kPrivateAttr,
                    UnitAttr::get(state.getContext()));
}
