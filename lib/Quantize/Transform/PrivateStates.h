//===- PrivateStates.h - Caches in another basis ----------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_QUANTIZE_TRANSFORM_PRIVATESTATES_H
#define NIBBLE_LIB_QUANTIZE_TRANSFORM_PRIVATESTATES_H

#include "nibble/Quantize/Transform/ChannelGraph.h"

namespace nibble {

/// The states of the model (`nn.state`) that these links of a graph tie to
/// their next values.
llvm::SmallVector<mlir::BlockArgument>
findStates(const ChannelGraph &graph, llvm::ArrayRef<unsigned> links);

/// To be called by whoever changes the basis of states: it becomes this
/// module's own (`nn.private`).
void makePrivate(llvm::ArrayRef<mlir::BlockArgument> states);

} // namespace nibble

#endif // NIBBLE_LIB_QUANTIZE_TRANSFORM_PRIVATESTATES_H
