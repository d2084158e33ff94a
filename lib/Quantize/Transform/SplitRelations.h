//===- SplitRelations.h - Relations cut into common parts -------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_QUANTIZE_TRANSFORM_SPLITRELATIONS_H
#define NIBBLE_LIB_QUANTIZE_TRANSFORM_SPLITRELATIONS_H

#include "dialects/NN/NN.h"

#include <vector>

namespace nibble {

/// One way in which the copies of a relation's T can lie at its places.
struct CopyForm {
  struct AtPlace {
    int64_t axis = -1, repeat = 1;
  };
  int64_t copies = 1;
  llvm::SmallVector<AtPlace, 4> places;
};

/// A relation at an op. Its copies lie in any one of `forms`; what the relation
/// itself says of them does not count.
struct SplitRelation {
  mlir::Operation *op = nullptr;
  nn::ChannelRelation relation;
  llvm::SmallVector<CopyForm, 2> forms;
  /// Whether each place is of weights, which take the map and are never cut.
  llvm::SmallVector<bool> absorbs;
  bool foldsGain = false;
};

/// Cuts relations along T until any two places at one axis of an activation are
/// the same or disjoint: first into segments, then each segment into factors. A
/// T of a part, with the identity elsewhere, is a T of the whole. Relations
/// that cannot be cut so are left out and handed to `dropped`.
std::vector<SplitRelation>
splitRelations(llvm::ArrayRef<SplitRelation> relations,
               llvm::function_ref<void(const SplitRelation &)> dropped);

} // namespace nibble

#endif // NIBBLE_LIB_QUANTIZE_TRANSFORM_SPLITRELATIONS_H
