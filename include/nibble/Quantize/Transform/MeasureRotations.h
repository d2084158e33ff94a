//===- MeasureRotations.h - Where a rotation pays ---------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_QUANTIZE_TRANSFORM_MEASUREROTATIONS_H
#define NIBBLE_QUANTIZE_TRANSFORM_MEASUREROTATIONS_H

#include "nibble/Quantize/Transform/ScaleSearch.h"

namespace nibble {

struct RotationMeasureOptions {
  /// What the model becomes; its activations have static scales.
  QuantizeRequest request;
  /// A file of statistics of what linear maps of this module read, and of what
  /// a rotation would make of it.
  std::string statistics;
  /// The most channels that one block of the rotation mixes.
  int64_t block = 32;
};

/// Compares, for the linear maps of @main that will be quantized, the error of
/// a rotated input with that of the input as it is. Those that share a basis
/// share the choice: `qnt.rotate = false` where none is better. Each says by
/// `nn.note` what was measured.
llvm::Error measureRotations(mlir::ModuleOp module,
                             const RotationMeasureOptions &options,
                             const WeightReader &read);

} // namespace nibble

#endif // NIBBLE_QUANTIZE_TRANSFORM_MEASUREROTATIONS_H
