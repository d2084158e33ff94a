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

#include <vector>

namespace nibble {

/// One factor of channels [offset, offset + extent) of one axis of an
/// activation: the c of offset + (i * size + c) * stride + j.
struct ChannelNode {
  mlir::Value value;
  int64_t axis = 0, offset = 0, extent = 0;
  int64_t size = 0, stride = 1;
};

/// An op that maps cross: its relation, and the node of each of its places. A
/// state of the model (`nn.state`) is a link of the return, between its operand
/// and the function's argument; ports count arguments as the return's results.
struct ChannelLink {
  static constexpr unsigned kAbsorbs = ~0u;

  mlir::Operation *op = nullptr;
  nn::ChannelRelation relation;
  /// In the order of relation.places; kAbsorbs for weights. Where several
  /// places could carry the map, only the chosen one is left in the relation.
  llvm::SmallVector<unsigned> nodes;
  /// The same relation with other copies of T.
  std::vector<nn::ChannelRelation> variants;
  /// The op multiplies channels with a vector of weights, a gain. Maps cross it
  /// once all its readers have taken the gain into their own weights. Not set
  /// for a gain of one number that they cannot take: that lets maps through.
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

/// The form of a set of nodes' T: `copies` maps of `size` channels each.
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
  /// The same for what absorbs: at a link's place that has no node. Key: the
  /// link and the number of the place.
  llvm::MapVector<std::pair<unsigned, unsigned>, AtNode> weights;
};

/// Nodes that share one T as long as no change of basis stays at run time.
struct ChannelSpace {
  llvm::SmallVector<unsigned> nodes, links, pins;
  SpaceStructure structure;
  /// At least one weight or constant takes the map.
  bool absorbs = false;

  bool isPinned() const { return !pins.empty(); }
};

/// The structure that all of `useLinks` let through, over the nodes `useNodes`
/// that they tie together. Sizes and strides are met factor by factor; copies
/// are kept where all links agree on them, otherwise one map serves all. The
/// size is 1 where only the identity is left.
SpaceStructure meetStructures(numerics::Kind kind,
                              llvm::ArrayRef<ChannelNode> nodes,
                              llvm::ArrayRef<ChannelLink> links,
                              llvm::ArrayRef<unsigned> useNodes,
                              llvm::ArrayRef<unsigned> useLinks);

class ChannelGraph {
public:
  /// Analyses `function` for maps of one kind. Values inside regions are part
  /// of the graph; what a region yields or takes as an argument is pinned.
  ChannelGraph(mlir::func::FuncOp function, numerics::Kind kind);

  numerics::Kind getKind() const { return kind; }
  llvm::ArrayRef<ChannelNode> getNodes() const { return nodes; }
  llvm::ArrayRef<ChannelLink> getLinks() const { return links; }
  llvm::ArrayRef<ChannelPin> getPins() const { return pins; }
  /// In the order in which the function defines the first node of each.
  llvm::ArrayRef<ChannelSpace> getSpaces() const { return spaces; }

  /// All nodes of an axis: segment after segment, and of each the innermost
  /// factor first.
  llvm::ArrayRef<unsigned> findNodes(mlir::Value value, int64_t axis) const;
  unsigned getSpaceOf(unsigned node) const { return spaceOf[node]; }
  llvm::ArrayRef<unsigned> getLinksOf(unsigned node) const;

  /// `meetStructures` of this graph.
  SpaceStructure meet(llvm::ArrayRef<unsigned> nodes,
                      llvm::ArrayRef<unsigned> links) const;

private:
  numerics::Kind kind;
  std::vector<ChannelNode> nodes;
  std::vector<ChannelLink> links;
  std::vector<ChannelPin> pins;
  std::vector<ChannelSpace> spaces;
  llvm::SmallVector<unsigned> spaceOf;
  llvm::SmallVector<llvm::SmallVector<unsigned, 4>> linksOf;
  llvm::SmallVector<llvm::SmallVector<unsigned, 2>> pinsOf;
  llvm::DenseMap<std::pair<mlir::Value, int64_t>,
                 llvm::SmallVector<unsigned, 2>>
      nodesOf;
  friend class ChannelGraphBuilder;
};

} // namespace nibble

#endif // NIBBLE_QUANTIZE_TRANSFORM_CHANNELGRAPH_H
