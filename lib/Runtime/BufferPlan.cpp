//===- BufferPlan.cpp - Where buffers lie in one arena ----------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BufferPlan.h"

#include "Memory.h"

#include <algorithm>
#include <limits>
#include <numeric>

using namespace nibble;
using namespace nibble::rt;

namespace {
struct Placed {
  int64_t offset;
  int64_t end;
  size_t buffer;
};
} // namespace

static bool meet(const ManifestBuffer &a, const ManifestBuffer &b) {
  return a.first <= b.last && b.first <= a.last;
}

/// The offset of the smallest gap of at least `size` between those of `placed`
/// (sorted by offset) that live at the same time, or the end of them all.
static int64_t bestFit(const std::vector<Placed> &placed,
                       const std::vector<ManifestBuffer> &lifetimes,
                       const ManifestBuffer &lifetime, int64_t size) {
  int64_t best = -1;
  int64_t bestGap = std::numeric_limits<int64_t>::max();
  int64_t end = 0;
  for (const Placed &other : placed) {
    if (!meet(lifetime, lifetimes[other.buffer]))
      continue;
    int64_t gap = other.offset - end;
    if (gap >= size && gap < bestGap) {
      best = end;
      bestGap = gap;
    }
    end = std::max(end, other.end);
  }
  return best >= 0 ? best : end;
}

bool nibble::rt::planBuffers(const std::vector<ManifestBuffer> &lifetimes,
                             const std::vector<int64_t> &sizes,
                             BufferPlan &plan) {
  size_t count = sizes.size();
  plan.offsets.assign(count, 0);
  plan.size = 0;
  std::vector<int64_t> rounded(count);
  int64_t total = 0;
  for (size_t i = 0; i < count; ++i)
    if (!alignUp(sizes[i], kBufferAlign, rounded[i]) ||
        __builtin_add_overflow(total, rounded[i], &total))
      return false;
  std::vector<size_t> order(count);
  std::iota(order.begin(), order.end(), size_t(0));
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return rounded[a] != rounded[b] ? rounded[a] > rounded[b] : a < b;
  });
  std::vector<Placed> placed;
  placed.reserve(count);
  for (size_t buffer : order) {
    if (rounded[buffer] == 0)
      break;
    int64_t offset =
        bestFit(placed, lifetimes, lifetimes[buffer], rounded[buffer]);
    Placed entry{offset, offset + rounded[buffer], buffer};
    auto position = std::upper_bound(
        placed.begin(), placed.end(), entry,
        [](const Placed &a, const Placed &b) { return a.offset < b.offset; });
    placed.insert(position, entry);
    plan.offsets[buffer] = offset;
    plan.size = std::max(plan.size, entry.end);
  }
  return true;
}
