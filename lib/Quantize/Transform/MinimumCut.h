//===- MinimumCut.h - Cheapest edges between two vertices -------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_QUANTIZE_TRANSFORM_MINIMUMCUT_H
#define NIBBLE_LIB_QUANTIZE_TRANSFORM_MINIMUMCUT_H

#include "llvm/ADT/SmallVector.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace nibble {

/// A minimum cut between a source and a sink, by augmenting paths (Edmonds and
/// Karp). Of the cuts that cost as little it is the one nearest to the sink.
class MinimumCut {
public:
  /// The capacity of an edge that may not be cut. All other capacities together
  /// must stay below it.
  static constexpr int64_t kUncuttable = int64_t(1) << 60;
  static constexpr unsigned kSource = 0, kSink = 1;

  MinimumCut() : edgesOf(2) {}

  unsigned addVertex();
  unsigned getNumVertices() const { return edgesOf.size(); }
  /// `capacity` is the cost where `from` is on the source's side and `to` on
  /// the sink's.
  void addEdge(unsigned from, unsigned to, int64_t capacity);
  /// Keeps the two on one side.
  void tie(unsigned a, unsigned b) {
    addEdge(a, b, kUncuttable);
    addEdge(b, a, kUncuttable);
  }

  /// The cost of the cut; none where uncuttable edges join source and sink. To
  /// be called once.
  std::optional<int64_t> solve();
  bool isOnSinkSide(unsigned vertex) const { return sinkSide[vertex]; }

private:
  struct Edge {
    unsigned to;
    int64_t rest;
  };
  bool findPath(std::vector<unsigned> &edgeTo) const;
  void markSinkSide();

  /// Edge 2i + 1 is the way back of edge 2i.
  std::vector<Edge> edges;
  std::vector<llvm::SmallVector<unsigned, 4>> edgesOf;
  std::vector<bool> sinkSide;
};

} // namespace nibble

#endif // NIBBLE_LIB_QUANTIZE_TRANSFORM_MINIMUMCUT_H
