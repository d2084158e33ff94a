//===- Difference.h - How far two tensors are apart -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_TOOLS_NIBBLE_DIFFERENCE_H
#define NIBBLE_TOOLS_NIBBLE_DIFFERENCE_H

#include "llvm/Support/Error.h"
#include <dlpack/dlpack.h>

namespace nibble::tool {

/// How a tensor differs from a reference of the same shape.
struct Difference {
  double maxError = 0; ///< largest |found - wanted|
  double range = 0;    ///< largest minus smallest value of the reference
  /// Signal to quantization noise in dB: 10 log10(Σ wanted² / Σ (found -
  /// wanted)²); infinite for equal tensors.
  double sqnr = 0;
  double cosine = 0;
};

/// Fails if the shapes differ. Where one tensor has a NaN, so must the other,
/// or the error is infinite.
llvm::Expected<Difference> compareTensors(const DLTensor &found,
                                          const DLTensor &wanted);

} // namespace nibble::tool

#endif // NIBBLE_TOOLS_NIBBLE_DIFFERENCE_H
