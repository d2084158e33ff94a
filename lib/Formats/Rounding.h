//===- Rounding.h - Round to nearest even, in a loop -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_FORMATS_ROUNDING_H
#define NIBBLE_LIB_FORMATS_ROUNDING_H

namespace nibble::formats {

/// `value` clamped to [low, high], then rounded to the nearest integer, ties
/// to even (rule Q-1); NaN gives `low`. The bounds are integers below 2^22 in
/// magnitude, so clamping first changes nothing, and the sum with 1.5 * 2^23
/// has no fraction bits left. Vectorises without SSE4.1, unlike nearbyint.
inline float roundClamped(float value, float low, float high) {
  value = value > low ? value : low;
  value = value < high ? value : high;
  constexpr float magic = 12582912.0f;
  return (value + magic) - magic;
}

} // namespace nibble::formats

#endif // NIBBLE_LIB_FORMATS_ROUNDING_H
