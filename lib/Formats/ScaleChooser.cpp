//===- ScaleChooser.cpp - Scale and zero point of a block -------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScaleChooser.h"

#include "Rounding.h"

#include <algorithm>

namespace nibble::formats {

BlockRange rangeOf(const BlockView &block) {
  constexpr int64_t lanes = 8;
  float least[lanes] = {}, most[lanes] = {};
  uint32_t special[lanes] = {};
  auto take = [&](float value, int64_t lane) {
    least[lane] = value < least[lane] ? value : least[lane];
    most[lane] = value > most[lane] ? value : most[lane];
    uint32_t exponent = floatToBits(value) & 0x7f800000u;
    special[lane] |= exponent == 0x7f800000u ? 1 : 0;
  };
  for (int64_t row = 0; row < block.rows; ++row) {
    const float *x = block.data + row * block.stride;
    int64_t i = 0;
    for (; i + lanes <= block.cols; i += lanes)
      for (int64_t lane = 0; lane < lanes; ++lane)
        take(x[i + lane], lane);
    for (int64_t lane = 0; i + lane < block.cols; ++lane)
      take(x[i + lane], lane);
  }
  BlockRange range;
  for (int64_t lane = 0; lane < lanes; ++lane) {
    range.min = std::min(range.min, least[lane]);
    range.max = std::max(range.max, most[lane]);
    range.finite &= special[lane] == 0;
  }
  return range;
}

ScaleChooser::ScaleChooser(const Format &format, const EncodeOptions &options,
                           const ElementQuantizer &quantizer)
    : quantizer(quantizer), options(options), kind(format.scale.kind),
      hasZero(format.zero.kind != ZeroKind::None) {
  if (!hasZero)
    return;
  ElementCode zero = format.zero.kind == ZeroKind::Int
                         ? ElementCode::makeInt(format.zero.bits)
                         : ElementCode::makeUInt(format.zero.bits);
  zeroLow = std::max<float>(minCode(zero), quantizer.minValue());
  zeroHigh = std::min<float>(maxCode(zero), quantizer.maxValue());
}

float ScaleChooser::idealScale(float min, float max) const {
  // Exact differences; each quotient is rounded to f32 once.
  double low = quantizer.minValue(), high = quantizer.maxValue();
  double span = 0;
  if (hasZero)
    span = (static_cast<double>(max) - min) / (high - low);
  else {
    if (high > 0)
      span = max / high;
    if (low < 0)
      span = std::max(span, min / low);
  }
  return static_cast<float>(span / options.outerScale);
}

BlockScale ScaleChooser::finish(uint32_t code, float min) const {
  BlockScale result;
  result.code = code;
  result.scale = decodeScale(kind, code) * options.outerScale;
  if (hasZero)
    result.zero = static_cast<int32_t>(roundClamped(
        quantizer.minValue() - min / result.scale, zeroLow, zeroHigh));
  return result;
}

// S-6: the exponent of the largest magnitude, moved by `step`.
BlockScale ScaleChooser::fitPowerOfTwo(float min, float max, int step) const {
  int code;
  if (hasZero || options.e8m0Rule == E8M0Rule::Ceil) {
    float ideal = idealScale(min, max);
    code = ideal > 0 ? encodeE8M0(ideal, PowerRounding::Up) : 0;
  } else {
    float largest = std::max(max, quantizer.minValue() < 0 ? -min : 0.0f);
    largest /= options.outerScale;
    code = largest > 0 ? encodeE8M0(largest, PowerRounding::Down) -
                             quantizer.maxExponent()
                       : 0;
  }
  return finish(
      static_cast<uint32_t>(std::clamp(std::min(code, 254) + step, 0, 254)),
      min);
}

BlockScale ScaleChooser::fit(float min, float max) const {
  if (kind == ScaleKind::E8M0)
    return fitPowerOfTwo(min, max, 0);
  if (min == 0 && max == 0)
    return finish(encodeScale(kind, 1.0f), min);
  return finish(encodeScale(kind, idealScale(min, max)), min);
}

double ScaleChooser::error(const BlockView &block,
                           const BlockScale &scale) const {
  double sum = 0;
  for (int64_t row = 0; row < block.rows; ++row)
    sum += quantizer.error(block.data + row * block.stride, block.weights,
                           block.cols, scale.scale, scale.zero);
  return sum;
}

// S-8.
BlockScale ScaleChooser::search(const BlockView &block,
                                const BlockRange &range) const {
  bool power = kind == ScaleKind::E8M0;
  unsigned steps = power ? 3 : options.searchSteps;
  BlockScale best, last;
  double bestError = 0;
  for (unsigned i = 0; i < steps; ++i) {
    BlockScale candidate;
    if (power) {
      candidate = fitPowerOfTwo(range.min, range.max, 1 - static_cast<int>(i));
    } else {
      float factor = options.searchHigh -
                     (options.searchHigh - options.searchLow) *
                         static_cast<float>(i) / static_cast<float>(steps - 1);
      candidate = fit(range.min * factor, range.max * factor);
    }
    if (i > 0 && candidate.code == last.code && candidate.zero == last.zero)
      continue;
    last = candidate;
    double sum = error(block, candidate);
    if (i == 0 || sum < bestError) {
      best = candidate;
      bestError = sum;
    }
  }
  return best;
}

BlockScale ScaleChooser::choose(const BlockView &block,
                                const BlockRange &range) const {
  if (options.search == ScaleSearch::None || (range.min == 0 && range.max == 0))
    return fit(range.min, range.max);
  return search(block, range);
}

} // namespace nibble::formats
