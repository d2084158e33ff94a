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

/// The states of the model (`nn.state`) that `links` tie to their next values.
llvm::SmallVector<mlir::BlockArgument>
findStates(const ChannelGraph &graph, llvm::ArrayRef<unsigned> links);

/// Marks states whose basis was changed as private (`nn.private`): the runtime
/// neither takes nor shows what they hold.
void makePrivate(llvm::ArrayRef<mlir::BlockArgument> states);

} // namespace nibble

#endif // NIBBLE_LIB_QUANTIZE_TRANSFORM_PRIVATESTATES_H
