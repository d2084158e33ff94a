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
  int64_t block;
  llvm::SmallVector<mlir::OpOperand *> uses;
  /// Where keys come and, of the attentions that read them, the queries. Else
  /// inputs of linear maps, of one value.
  bool isOfKeys = false;
};

/// The axis that a request's reader wants rotated.
inline int64_t getRotatedAxis(mlir::OpOperand &use) {
  return llvm::cast<mlir::RankedTensorType>(use.get().getType()).getRank() - 1;
}

/// What shares one rotation.
struct RotationPart {
  llvm::SmallVector<unsigned> nodes, links;
  SpaceStructure structure;
  /// Numbers of the requests that it serves.
  llvm::SmallVector<unsigned> requests;
  /// It meets an online rotation.
  bool isCut = false;
  /// Channels of its Hadamard matrix; 1 if it has none that is worth it.
  int64_t hadamard = 1;
};

/// A rotation at run time between the definition of a node and some readers.
struct OnlineRotation {
  unsigned node, part;
  bool inverted;
  llvm::SmallVector<mlir::OpOperand *> uses;
  /// What keeps the other side from being rotated, for people.
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
  /// Requests that what shares their rotation cannot serve, and why, for
  /// people.
  std::vector<std::pair<unsigned, std::string>> unserved;
};

/// What a cache is thought to hold for each row that a run adds.
constexpr int64_t kRowsOfCache = 128;

/// Rows x operations of a rotation at run time by blocks, rows of unknown
/// number counted as one, those of caches as kRowsOfCache.
int64_t rotationCost(const ChannelNode &node, int64_t block);

/// A weight that several ops read in one form is stored once. If only some of
/// them have it rotated there is a copy, of which each byte counts as an
/// operation: a run over one row reads it once. An embedding and a linear map
/// share nothing, though they read one parameter: the one gathers rows in f32,
/// the other reads blocks, or codes.
RotationPlan planRotations(const ChannelGraph &graph,
                           llvm::ArrayRef<RotationRequest> requests);

} // namespace nibble

#endif // NIBBLE_LIB_QUANTIZE_TRANSFORM_ROTATIONPLAN_H
