//===- ChannelOrder.h - Orders of channels by magnitude ---------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_QUANTIZE_TRANSFORM_CHANNELORDER_H
#define NIBBLE_LIB_QUANTIZE_TRANSFORM_CHANNELORDER_H

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <vector>

namespace nibble {

enum class OrderPolicy {
  /// The largest first: blocks hold channels of like size.
  Sort,
  /// Dealt to the blocks there and back: blocks get alike (DuQuant).
  ZigZag
};

/// Result i is the channel that comes to place i. For ZigZag `block` divides
/// the channels. Of equal channels the first is the larger one.
std::vector<int64_t> orderChannels(llvm::ArrayRef<double> magnitudes,
                                   OrderPolicy policy, int64_t block);

/// How bad an order is for its purpose, relative to the mean square of the
/// channels; the last block may be shorter. Sort: each channel's rounding error
/// goes with the largest one of its block, so the mean square of these. ZigZag:
/// the mean square of the block that has most, of which a rotation leaves that
/// much to each of its channels.
double measureOrder(llvm::ArrayRef<double> magnitudes,
                    llvm::ArrayRef<int64_t> order, OrderPolicy policy,
                    int64_t block);

} // namespace nibble

#endif // NIBBLE_LIB_QUANTIZE_TRANSFORM_CHANNELORDER_H
