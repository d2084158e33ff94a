//===- ChannelGraph.h - Which channel axes share a basis --------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For one kind of map: the channel axes of a function's values (nodes), the
// ops that maps of this kind cross (links), and the uses and definitions that
// they do not cross (pins). A set of nodes tied by links is a space: one T for
// all of it. Weights are no nodes, they take any map: each use of what derives
// from parameters is an absorbing place of its link.
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_QUANTIZE_TRANSFORM_CHANNELGRAPH_H
#define NIBBLE_QUANTIZE_TRANSFORM_CHANNELGRAPH_H

#include "dialects/NN/NN.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/MapVector.h"

namespace nibble {

/// Channels [offset, offset + extent) of one axis of an activation.
struct ChannelNode {
  mlir::Value value;
  int64_t axis = 0, offset = 0, extent = 0;
};

/// An op that maps cross: its relation, and the node of each of its places.
struct ChannelLink {
  static constexpr unsigned kAbsorbs = ~0u;

  mlir::Operation *op = nullptr;
  nn::ChannelRelation relation;
  /// In the order of relation.places; kAbsorbs for weights. Of places that
  /// carry only the chosen one is left in the relation.
  llvm::SmallVector<unsigned> nodes;
  /// A product with a channel vector of weights, of which every reader takes
  /// the vector into its own weights: maps cross once that is done.
  bool foldsGain = false;
};

/// A port of an op, or an end of the graph, that maps do not cross.
struct ChannelPin {
  unsigned node;
  /// The op that defines (`isResult`) or reads the node's value; the function
  /// itself for arguments.
  mlir::Operation *op = nullptr;
  unsigned port = 0;
  bool isResult = false;
  /// For people: "relu lets permutation|scale through", "graph output".
  std::string reason;
};

/// How a T of a set of nodes looks: `copies` maps of `size` channels each.
struct SpaceStructure {
  int64_t size = 1, copies = 1;

  /// At one node: the map acts on neighbours `stride` apart; copy as in
  /// nn::ChannelPlace.
  struct AtNode {
    int64_t stride = 1, copyAxis = -1, copyRepeat = 1;
    /// T⁻ᵀ instead of T.
    bool isDual = false;
  };
  llvm::MapVector<unsigned, AtNode> nodes;
};

/// Nodes that share one T as long as nothing stays online.
struct ChannelSpace {
  llvm::SmallVector<unsigned> nodes, links, pins;
  SpaceStructure structure;
  /// A weight or constant takes the map somewhere.
  bool absorbs = false;

  bool isPinned() const { return !pins.empty(); }
};

class ChannelGraph {
public:
  /// Looks at `function` for maps of one kind. Values in regions that capture
  /// others' are part of it; what a region yields or takes is pinned.
  ChannelGraph(mlir::func::FuncOp function, numerics::Kind kind);

  numerics::Kind getKind() const { return kind; }
  llvm::ArrayRef<ChannelNode> getNodes() const { return nodes; }
  llvm::ArrayRef<ChannelLink> getLinks() const { return links; }
  llvm::ArrayRef<ChannelPin> getPins() const { return pins; }
  /// In the order in which the function defines their first nodes.
  llvm::ArrayRef<ChannelSpace> getSpaces() const { return spaces; }

  /// The node that holds `channel` of the axis; none if no op relates it.
  std::optional<unsigned> findNode(mlir::Value value, int64_t axis,
                                   int64_t channel = 0) const;
  unsigned getSpaceOf(unsigned node) const { return spaceOf[node]; }
  llvm::ArrayRef<unsigned> getLinksOf(unsigned node) const;
  llvm::ArrayRef<unsigned> getPinsOf(unsigned node) const;

  /// The structure that all of `links` let through, over these `nodes`: sizes
  /// and strides met factor by factor, copies kept where all agree, else one
  /// map for all. A size of 1 where nothing but the identity is left.
  SpaceStructure meet(llvm::ArrayRef<unsigned> nodes,
                      llvm::ArrayRef<unsigned> links) const;

private:
  numerics::Kind kind;
  llvm::SmallVector<ChannelNode> nodes;
  llvm::SmallVector<ChannelLink> links;
  llvm::SmallVector<ChannelPin> pins;
  llvm::SmallVector<ChannelSpace> spaces;
  llvm::SmallVector<unsigned> spaceOf;
  llvm::SmallVector<llvm::SmallVector<unsigned, 4>> linksOf;
  llvm::SmallVector<llvm::SmallVector<unsigned, 2>> pinsOf;
  friend class ChannelGraphBuilder;
};

} // namespace nibble

#endif // NIBBLE_QUANTIZE_TRANSFORM_CHANNELGRAPH_H
