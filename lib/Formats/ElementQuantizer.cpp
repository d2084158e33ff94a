//===- ElementQuantizer.cpp - Spans of elements under one scale -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ElementQuantizer.h"

#include "Rounding.h"

#include "nibble/Formats/RowCodec.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

namespace nibble::formats {

ElementQuantizer::ElementQuantizer(const ElementCode &code, bool boundsPairs,
                                   Overflow overflow)
    : integer(code.isInteger()), boundsPairs(boundsPairs),
      mini(integer ? ElementCode::makeFloat(4, 3) : code, overflow) {
  if (integer) {
    low = static_cast<float>(minCode(code));
    high = static_cast<float>(maxCode(code));
  } else {
    high = mini.maxFinite();
    low = -high;
  }
}

int ElementQuantizer::maxExponent() const {
  return high == 0 ? 0 : std::ilogb(high);
}

/// The codes of the pair x[0], x[1] that have the sum ±maxPairSum and the least
/// error (rule S-10): both have one sign, and their error is a parabola over
/// the magnitude of the first.
static void boundPair(const float *x, const float *weights, float scale,
                      int32_t *codes) {
  double first = std::fabs(x[0] / static_cast<double>(scale));
  double second = std::fabs(x[1] / static_cast<double>(scale));
  double w0 = 1, w1 = 1;
  if (weights && weights[0] + weights[1] > 0) {
    w0 = weights[0];
    w1 = weights[1];
  }
  double best =
      std::nearbyint((w0 * first - w1 * second + w1 * maxPairSum) / (w0 + w1));
  bool isNegative = codes[0] + codes[1] < 0;
  // There is a code -128, but no 128. NaN becomes the least.
  double least = isNegative ? 0 : 1, most = isNegative ? 128 : 127;
  best = best > least ? std::min(best, most) : least;
  int32_t magnitude = static_cast<int32_t>(best);
  codes[0] = isNegative ? -magnitude : magnitude;
  codes[1] = isNegative ? magnitude - maxPairSum : maxPairSum - magnitude;
}

void ElementQuantizer::encode(const float *x, const float *weights,
                              int64_t count, float scale, int32_t zero,
                              int32_t *codes) const {
  if (!integer) {
    const MiniFloat codec = mini;
    for (int64_t i = 0; i < count; ++i)
      codes[i] = static_cast<int32_t>(codec.encode(x[i] / scale));
    return;
  }
  float least = low - static_cast<float>(zero);
  float most = high - static_cast<float>(zero);
  for (int64_t i = 0; i < count; ++i)
    codes[i] =
        static_cast<int32_t>(roundClamped(x[i] / scale, least, most)) + zero;
  if (!boundsPairs)
    return;
  for (int64_t i = 0; i + 1 < count; i += 2)
    if (std::abs(codes[i] + codes[i + 1]) > maxPairSum)
      boundPair(x + i, weights ? weights + i : nullptr, scale, codes + i);
}

void ElementQuantizer::decode(const int32_t *codes, int64_t count, float scale,
                              int32_t zero, float *x) const {
  if (!integer) {
    const MiniFloat codec = mini;
    for (int64_t i = 0; i < count; ++i)
      x[i] = codec.decode(static_cast<uint32_t>(codes[i])) * scale;
    return;
  }
  for (int64_t i = 0; i < count; ++i)
    x[i] = static_cast<float>(codes[i] - zero) * scale;
}

//===----------------------------------------------------------------------===//
// Error
//===----------------------------------------------------------------------===//

static constexpr int64_t lanes = 8;

/// Element i goes to partial sum i mod 8; the eight are added as a tree.
template <typename Square>
static float sumOfSquares(int64_t count, Square square) {
  float sums[lanes] = {};
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes)
    for (int64_t lane = 0; lane < lanes; ++lane)
      sums[lane] += square(i + lane);
  for (int64_t lane = 0; i + lane < count; ++lane)
    sums[lane] += square(i + lane);
  return ((sums[0] + sums[4]) + (sums[2] + sums[6])) +
         ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

template <bool weighted>
float ElementQuantizer::integerError(const float *x, const float *weights,
                                     int64_t count, float scale,
                                     int32_t zero) const {
  float least = low - static_cast<float>(zero);
  float most = high - static_cast<float>(zero);
  return sumOfSquares(count, [=](int64_t i) {
    float error = x[i] - roundClamped(x[i] / scale, least, most) * scale;
    return weighted ? error * error * weights[i] : error * error;
  });
}

template <bool weighted>
float ElementQuantizer::floatError(const float *x, const float *weights,
                                   int64_t count, float scale) const {
  const MiniFloat codec = mini;
  return sumOfSquares(count, [=, &codec](int64_t i) {
    float error = x[i] - codec.decode(codec.encode(x[i] / scale)) * scale;
    return weighted ? error * error * weights[i] : error * error;
  });
}

float ElementQuantizer::pairError(const float *x, const float *weights,
                                  int64_t count, float scale) const {
  std::vector<int32_t> codes(static_cast<size_t>(count));
  encode(x, weights, count, scale, /*zero=*/0, codes.data());
  return sumOfSquares(count, [=, &codes](int64_t i) {
    float error = x[i] - static_cast<float>(codes[i]) * scale;
    return weights ? error * error * weights[i] : error * error;
  });
}

float ElementQuantizer::error(const float *x, const float *weights,
                              int64_t count, float scale, int32_t zero) const {
  if (boundsPairs)
    return pairError(x, weights, count, scale);
  if (integer)
    return weights ? integerError<true>(x, weights, count, scale, zero)
                   : integerError<false>(x, nullptr, count, scale, zero);
  return weights ? floatError<true>(x, weights, count, scale)
                 : floatError<false>(x, nullptr, count, scale);
}

} // namespace nibble::formats
