//===- ElementQuantizer.h - Spans of elements under one scale -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_FORMATS_ELEMENTQUANTIZER_H
#define NIBBLE_LIB_FORMATS_ELEMENTQUANTIZER_H

#include "nibble/Formats/MiniFloat.h"

namespace nibble::formats {

/// Codes of an integer or of a float of at most 16 bits. Loops are plain, and
/// sums have a fixed order (rule S-8), so results do not depend on the target.
class ElementQuantizer {
public:
  /// `boundsPairs`: elements 2i and 2i + 1 of a span are a pair of rule S-10.
  ElementQuantizer(const ElementCode &code, bool boundsPairs,
                   Overflow overflow);

  /// Largest value of a code.
  float maxValue() const { return high; }
  /// Smallest value of a code.
  float minValue() const { return low; }
  /// floor(log2(maxValue())), 0 where maxValue() is 0.
  int maxExponent() const;

  /// Integers: code = clamp(round(x / scale) + zero); floats: their bits.
  /// `weights`, or null, are of bounded pairs.
  void encode(const float *x, const float *weights, int64_t count, float scale,
              int32_t zero, int32_t *codes) const;
  /// D-1.
  void decode(const int32_t *codes, int64_t count, float scale, int32_t zero,
              float *x) const;
  /// Weighted sum of squared differences between x and its decoded code.
  float error(const float *x, const float *weights, int64_t count, float scale,
              int32_t zero) const;

private:
  template <bool weighted>
  float integerError(const float *x, const float *weights, int64_t count,
                     float scale, int32_t zero) const;
  template <bool weighted>
  float floatError(const float *x, const float *weights, int64_t count,
                   float scale) const;
  float pairError(const float *x, const float *weights, int64_t count,
                  float scale) const;

  bool integer, boundsPairs;
  float low, high;
  MiniFloat mini;
};

} // namespace nibble::formats

#endif // NIBBLE_LIB_FORMATS_ELEMENTQUANTIZER_H
