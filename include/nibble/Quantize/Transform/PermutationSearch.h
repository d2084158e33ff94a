//===- PermutationSearch.h - Channels in an order for blocks ----*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Channels that share a scale or a rotation are neighbours. Where nothing but
// weights sees the order of the channels they are put into a better one, which
// costs nothing at run time.
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_QUANTIZE_TRANSFORM_PERMUTATIONSEARCH_H
#define NIBBLE_QUANTIZE_TRANSFORM_PERMUTATIONSEARCH_H

#include "nibble/Quantize/Transform/ScaleSearch.h"

namespace nibble {

struct PermutationSearchOptions {
  /// "sort" or "zigzag".
  std::string order = "sort";
  /// Channels that share a scale (sort), or at most share a rotation (zigzag).
  int64_t block = 32;
  std::vector<std::string> keep;
  /// A file of this module's statistics; empty: how large channels are is
  /// judged by the weights alone.
  std::string statistics;
  /// The file that the new bases' indexes are written to.
  std::string numbers;
};

/// Chooses orders for the channels that quantized linear maps of @main read,
/// and folds them into weights. A remark and `nn.note` of each such map say
/// what order its input got, or why it got none. Fails where an option, the
/// file of statistics or a weight is at fault.
llvm::Error searchPermutations(mlir::ModuleOp module,
                               const PermutationSearchOptions &options,
                               const WeightReader &read);

} // namespace nibble

#endif // NIBBLE_QUANTIZE_TRANSFORM_PERMUTATIONSEARCH_H
