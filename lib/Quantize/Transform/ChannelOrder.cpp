//===- ChannelOrder.cpp - Orders of channels by magnitude -----------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ChannelOrder.h"

#include "nibble/Numerics/Transform.h"

#include <algorithm>

using namespace nibble;

std::vector<int64_t> nibble::orderChannels(llvm::ArrayRef<double> magnitudes,
                                           OrderPolicy policy, int64_t block) {
  // Dealt to a single block, channels are sorted.
  if (policy == OrderPolicy::Sort)
    block = int64_t(magnitudes.size());
  return numerics::zigZagOrder(magnitudes.vec(), block);
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
