//===- RotationPlan.h - Where rotations go into weights ---------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A value is in the basis of the op that defines it; each reader may want
// another. Where the two differ a change of basis runs, once for all readers
// of a value that want it. What an op relates (ChannelLink) is in one basis.
// The cheapest choice that gives all requests a rotation is a minimum cut.
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_QUANTIZE_TRANSFORM_ROTATIONPLAN_H
#define NIBBLE_LIB_QUANTIZE_TRANSFORM_ROTATIONPLAN_H

#include "nibble/Quantize/Transform/ChannelGraph.h"

namespace nibble {

/// Readers that want the last axis of what they read rotated, at least by
/// blocks.
struct RotationRequest {
  /// Channels of such a block.
  int64_t block;
  llvm::SmallVector<mlir::OpOperand *> uses;
  /// The uses are where keys come in and the queries of the attentions that
  /// read them; otherwise they are inputs of linear maps, of one value.
  bool isOfKeys = false;
};

/// The axis that a request's reader wants rotated.
inline int64_t getRotatedAxis(mlir::OpOperand &use) {
  return llvm::cast<mlir::RankedTensorType>(use.get().getType()).getRank() - 1;
}

/// The nodes and links that share one rotation.
struct RotationPart {
  llvm::SmallVector<unsigned> nodes, links;
  SpaceStructure structure;
  /// Numbers of the requests that it serves.
  llvm::SmallVector<unsigned> requests;
  /// A rotation at run time leads into or out of it.
  bool isCut = false;
  /// Channels of its Hadamard matrix; 1 if none fits.
  int64_t hadamard = 1;
};

/// A rotation at run time between the definition of a node and some readers.
struct OnlineRotation {
  unsigned node, part;
  bool inverted;
  llvm::SmallVector<mlir::OpOperand *> uses;
  /// What keeps the other side from being rotated, for messages.
  std::string reason;
};

/// A weight that is stored once more, because some of its readers have it in
/// another basis.
struct WeightCopy {
  mlir::Operation *reader;
  int64_t bytes;
};

struct RotationPlan {
  std::vector<RotationPart> parts;
  std::vector<OnlineRotation> online;
  std::vector<WeightCopy> copies;
  /// Requests that get no rotation in common with others, and why, for
  /// messages.
  std::vector<std::pair<unsigned, std::string>> unserved;
};

/// Rows that a cache is assumed to hold for each one that a run adds.
constexpr int64_t kRowsOfCache = 128;

/// Operations that a rotation by blocks of up to `block` channels takes at run
/// time: those of a row times the rows. Rows of unknown number count as one,
/// those of a cache as kRowsOfCache.
int64_t rotationCost(const ChannelNode &node, int64_t block);

/// The cheapest way to serve `requests`. Costs are operations of one run over
/// one row. A weight that several ops read in one form is stored once; if only
/// some of them have it rotated there is a copy, of which each byte counts as
/// an operation, as such a run reads it once. An embedding and a linear map
/// never share storage, even if they read one parameter: the one gathers rows
/// in f32, the other reads blocks, or codes.
RotationPlan planRotations(const ChannelGraph &graph,
                           llvm::ArrayRef<RotationRequest> requests);

} // namespace nibble

#endif // NIBBLE_LIB_QUANTIZE_TRANSFORM_ROTATIONPLAN_H
