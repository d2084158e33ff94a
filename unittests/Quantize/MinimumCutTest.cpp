//===- MinimumCutTest.cpp -------------------------------------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Quantize/Transform/MinimumCut.h"

#include "gtest/gtest.h"

#include <random>

using nibble::MinimumCut;

namespace {

struct TestEdge {
  unsigned from, to;
  int64_t capacity;
};

/// The cost where bit v of `sinkSide` says where vertex v + 2 is.
int64_t costOf(const std::vector<TestEdge> &edges, unsigned sinkSide) {
  auto isSink = [&](unsigned vertex) {
    return vertex == MinimumCut::kSink ||
           (vertex != MinimumCut::kSource && (sinkSide >> (vertex - 2) & 1));
  };
  int64_t cost = 0;
  for (const TestEdge &edge : edges)
    if (!isSink(edge.from) && isSink(edge.to))
      cost = std::min(cost + edge.capacity, MinimumCut::kUncuttable);
  return cost;
}

TEST(MinimumCut, IsTheCheapestAndNearestToTheSink) {
  std::mt19937 random(7);
  unsigned uncuttable = 0;
  for (unsigned round = 0; round < 2000; ++round) {
    unsigned inner = random() % 8;
    MinimumCut cut;
    for (unsigned i = 0; i < inner; ++i)
      EXPECT_EQ(cut.addVertex(), i + 2);
    std::vector<TestEdge> edges;
    for (unsigned i = 0, count = random() % 24; i < count; ++i) {
      TestEdge edge{unsigned(random() % (inner + 2)),
                    unsigned(random() % (inner + 2)), int64_t(random() % 5)};
      if (edge.from == edge.to)
        continue;
      if (random() % 6 == 0)
        edge.capacity = MinimumCut::kUncuttable;
      edges.push_back(edge);
      cut.addEdge(edge.from, edge.to, edge.capacity);
    }
    int64_t best = MinimumCut::kUncuttable;
    // The sink's sides of minimum cuts are closed under intersection: the
    // nearest one is that of all of them.
    unsigned nearest = 0;
    for (unsigned side = 0; side < 1u << inner; ++side) {
      int64_t cost = costOf(edges, side);
      if (cost < best) {
        best = cost;
        nearest = side;
      } else if (cost == best) {
        nearest &= side;
      }
    }
    std::optional<int64_t> cost = cut.solve();
    if (best >= MinimumCut::kUncuttable) {
      EXPECT_FALSE(cost.has_value());
      ++uncuttable;
      continue;
    }
    ASSERT_TRUE(cost.has_value());
    EXPECT_EQ(*cost, best);
    for (unsigned i = 0; i < inner; ++i)
      EXPECT_EQ(cut.isOnSinkSide(i + 2), bool(nearest >> i & 1))
          << "vertex " << i;
  }
  EXPECT_GT(uncuttable, 20u);
}

TEST(MinimumCut, TiedVerticesStayTogether) {
  MinimumCut cut;
  unsigned a = cut.addVertex(), b = cut.addVertex();
  cut.addEdge(MinimumCut::kSource, a, 3);
  cut.tie(a, b);
  cut.addEdge(b, MinimumCut::kSink, 2);
  EXPECT_EQ(cut.solve(), 2);
  EXPECT_FALSE(cut.isOnSinkSide(a));
  EXPECT_FALSE(cut.isOnSinkSide(b));
}

} // namespace
