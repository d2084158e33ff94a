//===- ChannelSamples.h - Ops to try channel rules with ---------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_UNITTESTS_NN_CHANNELSAMPLES_H
#define NIBBLE_UNITTESTS_NN_CHANNELSAMPLES_H

#include <cstdint>
#include <string>
#include <vector>

namespace nibble::test {

/// A tensor and the numbers that fill it.
struct SampleTensor {
  std::vector<int64_t> shape;
  std::string element = "f64";
  double low = -1, high = 1;
  /// Half of the elements are this.
  std::vector<double> holes = {};

  std::string type() const;
};

/// An op of operands %a0, %a1, …; f64 where the op allows it.
struct ChannelSample {
  std::string op;   ///< "nn.linear".
  std::string body; ///< Defines %r of as many results.
  std::vector<SampleTensor> operands, results;
};

/// Ops of random extents, several of each op of nn that has a channel rule.
std::vector<ChannelSample> makeChannelSamples();

} // namespace nibble::test

#endif // NIBBLE_UNITTESTS_NN_CHANNELSAMPLES_H
