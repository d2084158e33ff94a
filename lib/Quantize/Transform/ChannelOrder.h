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
  /// The largest first, so that blocks hold channels of like size.
  Sort,
  /// Dealt to the blocks there and back, so that each gets as much (Lin et al.,
  /// DuQuant, 2024).
  ZigZag
};

/// The order of at least one channel: result i is the channel that comes to
/// place i. For ZigZag `block` divides their number; Sort does not look at it.
/// Of equal channels the first counts as the larger one.
std::vector<int64_t> orderChannels(llvm::ArrayRef<double> magnitudes,
                                   OrderPolicy policy, int64_t block);

/// How bad an order is for its purpose, as a multiple of the mean square of the
/// channels (1 is the best); the last block may be shorter.
/// - Sort: the mean square over the channels of the largest one in each one's
///   block, which its rounding error follows.
/// - ZigZag: the largest mean square of a block, which is what a rotation of
/// the
///   block leaves in each of its channels.
double measureOrder(llvm::ArrayRef<double> magnitudes,
                    llvm::ArrayRef<int64_t> order, OrderPolicy policy,
                    int64_t block);

} // namespace nibble

#endif // NIBBLE_LIB_QUANTIZE_TRANSFORM_CHANNELORDER_H
