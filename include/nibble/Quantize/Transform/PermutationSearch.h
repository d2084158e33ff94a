//===- PermutationSearch.h - Channels in an order for blocks ----*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What shares a scale or a rotation are neighbours. Where nobody but weights
// sees the order of channels they take another one, which costs nothing.
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_QUANTIZE_TRANSFORM_PERMUTATIONSEARCH_H
#define NIBBLE_QUANTIZE_TRANSFORM_PERMUTATIONSEARCH_H

#include "nibble/Quantize/Transform/ScaleSearch.h"

namespace nibble {

struct PermutationSearchOptions {
  /// "sort" or "zigzag".
  std::string order = "sort";
  /// Channels that share a scale, or the most that share a rotation.
  int64_t block = 32;
  std::vector<std::string> keep;
  /// A file of statistics of this module; empty: weights alone say how large
  /// channels are.
  std::string statistics;
  /// The file that gets the indexes of the bases.
  std::string numbers;
};

/// Chooses the order of the channels of @main that linear maps read which will
/// be quantized, and folds it into weights. Each of these maps says by a remark
/// and `nn.note` what it got, or why nothing.
llvm::Error searchPermutations(mlir::ModuleOp module,
                               const PermutationSearchOptions &options,
                               const WeightReader &read);

} // namespace nibble

#endif // NIBBLE_QUANTIZE_TRANSFORM_PERMUTATIONSEARCH_H
