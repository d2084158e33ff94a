//===- BufferPlanTest.cpp - No two live buffers overlap ---------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Runtime/BufferPlan.h"
#include "gtest/gtest.h"

#include <limits>
#include <random>

using namespace nibble;
using namespace nibble::rt;

static void expectSound(const std::vector<ManifestBuffer> &lifetimes,
                        const std::vector<int64_t> &sizes,
                        const BufferPlan &plan) {
  for (size_t a = 0; a < sizes.size(); ++a) {
    EXPECT_EQ(plan.offsets[a] % 64, 0);
    EXPECT_GE(plan.offsets[a], 0);
    EXPECT_LE(plan.offsets[a] + sizes[a], plan.size);
    for (size_t b = 0; b < a; ++b) {
      bool live = lifetimes[a].first <= lifetimes[b].last &&
                  lifetimes[b].first <= lifetimes[a].last;
      bool apart = plan.offsets[a] + sizes[a] <= plan.offsets[b] ||
                   plan.offsets[b] + sizes[b] <= plan.offsets[a];
      EXPECT_TRUE(!live || apart || !sizes[a] || !sizes[b])
          << a << " and " << b;
    }
  }
}

TEST(BufferPlan, RandomLifetimesNeverOverlap) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    size_t count = random() % 60;
    std::vector<ManifestBuffer> lifetimes;
    std::vector<int64_t> sizes;
    for (size_t i = 0; i < count; ++i) {
      int64_t first = random() % 40;
      lifetimes.push_back({first, first + int64_t(random() % 8)});
      sizes.push_back(random() % 5 ? random() % 5000 : 0);
    }
    BufferPlan plan, again;
    ASSERT_TRUE(planBuffers(lifetimes, sizes, plan));
    expectSound(lifetimes, sizes, plan);
    ASSERT_TRUE(planBuffers(lifetimes, sizes, again));
    EXPECT_EQ(plan.offsets, again.offsets);
  }
}

TEST(BufferPlan, ReusesMemoryOfDeadBuffers) {
  // A chain of 100 buffers, two alive at a time, fits into two.
  std::vector<ManifestBuffer> lifetimes;
  for (int64_t i = 0; i < 100; ++i)
    lifetimes.push_back({i, i + 1});
  BufferPlan plan;
  ASSERT_TRUE(planBuffers(lifetimes, std::vector<int64_t>(100, 1024), plan));
  EXPECT_EQ(plan.size, 2048);
}

TEST(BufferPlan, TakesTheSmallestGap) {
  // Between three long-lived buffers lie gaps of 256 and 128 bytes.
  std::vector<ManifestBuffer> lifetimes = {{0, 9}, {0, 0}, {0, 9},
                                           {0, 0}, {0, 9}, {5, 5}};
  std::vector<int64_t> sizes = {1024, 960, 896, 832, 768, 700};
  BufferPlan plan;
  ASSERT_TRUE(planBuffers(lifetimes, sizes, plan));
  expectSound(lifetimes, sizes, plan);
  EXPECT_EQ(plan.offsets[5], plan.offsets[3]);
}

TEST(BufferPlan, RefusesSizesThatDoNotAddUp) {
  BufferPlan plan;
  int64_t most = std::numeric_limits<int64_t>::max();
  EXPECT_FALSE(planBuffers({{0, 0}}, {most}, plan));
  EXPECT_FALSE(planBuffers({{0, 0}, {0, 0}}, {most / 2, most / 2 + 2}, plan));
  EXPECT_TRUE(planBuffers({}, {}, plan));
  EXPECT_EQ(plan.size, 0);
}
