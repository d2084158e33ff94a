//===- ChannelOrder.cpp - Orders of channels by magnitude -----------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ChannelOrder.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"

#include <algorithm>

using namespace nibble;

std::vector<int64_t> nibble::orderChannels(llvm::ArrayRef<double> magnitudes,
                                           OrderPolicy policy, int64_t block) {
  int64_t size = magnitudes.size();
  std::vector<int64_t> sorted(llvm::seq<int64_t>(size).begin(),
                              llvm::seq<int64_t>(size).end());
  llvm::sort(sorted, [&](int64_t a, int64_t b) {
    return std::pair(-magnitudes[a], a) < std::pair(-magnitudes[b], b);
  });
  if (policy == OrderPolicy::Sort)
    return sorted;
  int64_t blocks = size / block;
  std::vector<int64_t> dealt(size);
  for (auto [rank, channel] : llvm::enumerate(sorted)) {
    int64_t round = rank / blocks, turn = rank % blocks;
    int64_t target = round % 2 == 0 ? turn : blocks - 1 - turn;
    dealt[target * block + round] = channel;
  }
  return dealt;
}

double nibble::measureOrder(llvm::ArrayRef<double> magnitudes,
                            llvm::ArrayRef<int64_t> order, OrderPolicy policy,
                            int64_t block) {
  double total = 0, ofBlocks = 0, most = 0;
  for (llvm::ArrayRef<int64_t> rest = order; !rest.empty();) {
    llvm::ArrayRef<int64_t> channels = rest.take_front(block);
    rest = rest.drop_front(channels.size());
    double sum = 0, largest = 0;
    for (int64_t channel : channels) {
      double square = magnitudes[channel] * magnitudes[channel];
      sum += square;
      largest = std::max(largest, square);
    }
    total += sum;
    ofBlocks += largest * channels.size();
    most = std::max(most, sum / channels.size());
  }
  if (total == 0)
    return 1;
  return policy == OrderPolicy::Sort ? ofBlocks / total
                                     : most * order.size() / total;
}
