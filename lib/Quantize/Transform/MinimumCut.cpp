//===- MinimumCut.cpp - Cheapest edges between two vertices ---------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MinimumCut.h"

#include <algorithm>

using namespace nibble;

static constexpr unsigned kNoEdge = ~0u;

unsigned MinimumCut::addVertex() {
  edgesOf.emplace_back();
  return edgesOf.size() - 1;
}

void MinimumCut::addEdge(unsigned from, unsigned to, int64_t capacity) {
  edgesOf[from].push_back(edges.size());
  edges.push_back({to, capacity});
  edgesOf[to].push_back(edges.size());
  edges.push_back({from, 0});
}

/// Finds the shortest path from source to sink that has capacity left. `edgeTo`
/// gets the edge by which each vertex was reached.
bool MinimumCut::findPath(std::vector<unsigned> &edgeTo) const {
  edgeTo.assign(edgesOf.size(), kNoEdge);
  std::vector<unsigned> queue = {kSource};
  for (size_t head = 0; head < queue.size(); ++head)
    for (unsigned number : edgesOf[queue[head]]) {
      const Edge &edge = edges[number];
      if (edge.rest == 0 || edge.to == kSource || edgeTo[edge.to] != kNoEdge)
        continue;
      edgeTo[edge.to] = number;
      if (edge.to == kSink)
        return true;
      queue.push_back(edge.to);
    }
  return false;
}

/// Marks the vertices from which the sink can still be reached.
void MinimumCut::markSinkSide() {
  sinkSide.assign(edgesOf.size(), false);
  sinkSide[kSink] = true;
  std::vector<unsigned> queue = {kSink};
  for (size_t head = 0; head < queue.size(); ++head)
    for (unsigned number : edgesOf[queue[head]]) {
      // Backwards along the edge's partner, which leads here.
      unsigned from = edges[number].to;
      if (edges[number ^ 1].rest == 0 || sinkSide[from])
        continue;
      sinkSide[from] = true;
      queue.push_back(from);
    }
}

std::optional<int64_t> MinimumCut::solve() {
  int64_t cost = 0;
  std::vector<unsigned> edgeTo;
  while (findPath(edgeTo)) {
    int64_t flow = kUncuttable;
    for (unsigned v = kSink; v != kSource; v = edges[edgeTo[v] ^ 1].to)
      flow = std::min(flow, edges[edgeTo[v]].rest);
    if (flow >= kUncuttable - cost)
      return std::nullopt;
    for (unsigned v = kSink; v != kSource; v = edges[edgeTo[v] ^ 1].to) {
      edges[edgeTo[v]].rest -= flow;
      edges[edgeTo[v] ^ 1].rest += flow;
    }
    cost += flow;
  }
  markSinkSide();
  return cost;
}
