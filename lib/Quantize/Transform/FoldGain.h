//===- FoldGain.h - A gain in the weights of its readers --------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_QUANTIZE_TRANSFORM_FOLDGAIN_H
#define NIBBLE_LIB_QUANTIZE_TRANSFORM_FOLDGAIN_H

#include "nibble/Quantize/Transform/ChannelGraph.h"

namespace nibble {

/// Whether the gain of the product `link` can be folded: each reader has
/// weights over exactly the gain's channels.
bool canFoldGain(const ChannelGraph &graph, const ChannelLink &link);

/// The operands before and behind a gain that was folded.
struct FoldedGain {
  /// The operand of the product that was multiplied.
  mlir::OpOperand *input;
  /// The operands that read it in place of the product.
  llvm::SmallVector<mlir::OpOperand *, 2> readers;
};

/// Multiplies the gain into the weights of all readers of the product, which
/// then read what was multiplied. The product is left without readers.
FoldedGain foldGain(const ChannelGraph &graph, const ChannelLink &link);

} // namespace nibble

#endif // NIBBLE_LIB_QUANTIZE_TRANSFORM_FOLDGAIN_H
