//===- ScaleSpaces.h - Where channel scales and orders can go ---*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_QUANTIZE_TRANSFORM_SCALESPACES_H
#define NIBBLE_LIB_QUANTIZE_TRANSFORM_SCALESPACES_H

#include "../Candidates.h"
#include "nibble/Quantize/Transform/ChannelGraph.h"

namespace nibble {

/// An axis of weights on which the map of a space acts: scales, an order, or a
/// matrix of `size` channels that all copies share. The scale of channel
/// offset + ((copy * repeat + r) * size + c) * stride + j has the number
/// copy * size + c.
struct ScalePlace {
  mlir::OpOperand *operand = nullptr;
  int64_t axis = 0, offset = 0, extent = 0, stride = 1;
  int64_t size = 1, copies = 1;
  /// The weights are divided by what activations are multiplied with.
  bool isDual = false;

  int64_t getRepeat() const { return extent / (copies * size * stride); }
  /// The number of the scale of a channel of the axis; none outside of
  /// [offset, offset + extent).
  std::optional<int64_t> getNumber(int64_t channel) const;
};

/// A linear map or convolution that will be quantized and reads a space.
struct ScaleReader {
  const Candidate *candidate = nullptr;
  /// Which of ScaleSpace::places are its weights.
  llvm::SmallVector<unsigned, 1> places;
};

/// Channels whose scale or order can be chosen freely, because all that writes
/// and reads them takes it into weights.
struct ScaleSpace {
  int64_t size = 1, copies = 1;
  std::vector<ScalePlace> places;
  std::vector<ScaleReader> readers;
  /// Which of `places` are weights that make the channels: those that take the
  /// dual of what the readers take. Empty for an order, which is its own dual.
  llvm::SmallVector<unsigned> writers;
  /// States of the model that hold such channels.
  llvm::SmallVector<mlir::BlockArgument> states;

  int64_t getCount() const { return size * copies; }
};

struct ScaleSpaces {
  std::vector<ScaleSpace> spaces;
  /// Readers whose channels cannot be changed, and why, in the function's
  /// order.
  std::vector<std::pair<const Candidate *, std::string>> refused;
};

/// The spaces of `graph` that the candidates which will be quantized read. For
/// matrices, those only whose channels meet no gain.
ScaleSpaces findScaleSpaces(const ChannelGraph &graph,
                            llvm::ArrayRef<Candidate> candidates);

} // namespace nibble

#endif // NIBBLE_LIB_QUANTIZE_TRANSFORM_SCALESPACES_H
