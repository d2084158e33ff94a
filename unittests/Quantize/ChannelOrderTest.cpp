//===- ChannelOrderTest.cpp -----------------------------------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Quantize/Transform/ChannelOrder.h"

#include "nibble/Numerics/Transform.h"
#include "gtest/gtest.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

using namespace nibble;

namespace {

std::vector<int64_t> identity(int64_t size) {
  std::vector<int64_t> order(size);
  std::iota(order.begin(), order.end(), 0);
  return order;
}

std::vector<double> randomSizes(int64_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::lognormal_distribution<double> magnitude(0, 1.5);
  std::vector<double> sizes(size);
  for (double &value : sizes)
    value = magnitude(random);
  return sizes;
}

TEST(ChannelOrder, SortPutsTheLargestFirstAndKeepsEqualsInPlace) {
  EXPECT_EQ(orderChannels({1, 3, 2, 3, 0}, OrderPolicy::Sort, 2),
            (std::vector<int64_t>{1, 3, 2, 0, 4}));
}

TEST(ChannelOrder, ZigZagIsThatOfTheTransform) {
  for (int64_t block : {1, 2, 4, 8, 16}) {
    std::vector<double> sizes = randomSizes(16, unsigned(block));
    sizes[3] = sizes[5];
    std::vector<double> row(16);
    std::iota(row.begin(), row.end(), 0.0);
    numerics::Transform::zigZag(sizes, block)->apply(row.data(), 1, 16);
    EXPECT_EQ(orderChannels(sizes, OrderPolicy::ZigZag, block),
              std::vector<int64_t>(row.begin(), row.end()));
  }
}

TEST(ChannelOrder, SortLowersWhatItIsMeasuredBy) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    std::vector<double> sizes = randomSizes(64, seed);
    std::vector<int64_t> order = orderChannels(sizes, OrderPolicy::Sort, 8);
    double after = measureOrder(sizes, order, OrderPolicy::Sort, 8);
    EXPECT_LT(after, measureOrder(sizes, identity(64), OrderPolicy::Sort, 8));
    EXPECT_GE(after, 1);
  }
}

// Two blocks differ by an alternating sum of the ranges of the rounds, which
// are disjoint: by the largest square at most. One channel may have most of all
// energy, and no order changes that.
TEST(ChannelOrder, ZigZagBlocksDifferByOneChannelAtMost) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    std::vector<double> sizes = randomSizes(64, seed);
    double total = 0, largest = 0;
    for (double size : sizes) {
      total += size * size;
      largest = std::max(largest, size * size);
    }
    std::vector<int64_t> order = orderChannels(sizes, OrderPolicy::ZigZag, 8);
    double after = measureOrder(sizes, order, OrderPolicy::ZigZag, 8);
    EXPECT_LE(after, 1 + largest / 8 / (total / 64));
    EXPECT_GE(after, 1);
  }
}

TEST(ChannelOrder, MeasuresEnergiesOfBlocks) {
  // Blocks {1, 3} and {2}: the squares are 1, 9 and 4.
  EXPECT_DOUBLE_EQ(measureOrder({1, 3, 2}, {0, 1, 2}, OrderPolicy::Sort, 2),
                   (9 + 9 + 4) / 14.0);
  EXPECT_DOUBLE_EQ(measureOrder({1, 3, 2}, {0, 1, 2}, OrderPolicy::ZigZag, 2),
                   (10 / 2.0) * 3 / 14);
  EXPECT_EQ(measureOrder({0, 0}, {1, 0}, OrderPolicy::Sort, 1), 1);
}

} // namespace
