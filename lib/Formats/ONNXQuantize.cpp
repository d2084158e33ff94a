//===- ONNXQuantize.cpp - The integer arithmetic of ONNX --------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Formats/ONNXQuantize.h"

#include "Rounding.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace nibble::formats {

IntegerRange integerRange(unsigned bits, bool isSigned) {
  if (isSigned)
    return {-(int32_t(1) << (bits - 1)), (int32_t(1) << (bits - 1)) - 1};
  return {0, (int32_t(1) << bits) - 1};
}

int64_t ScaleLayout::scaleCount() const {
  if (granularity == Granularity::PerTensor)
    return 1;
  if (granularity == Granularity::PerAxis)
    return axis;
  return outer * (axis / block + (axis % block != 0)) * inner;
}

static Status validate(const ScaleLayout &layout) {
  if (layout.outer < 0 || layout.axis < 0 || layout.inner < 0)
    return Status::error("a dimension is negative");
  if (layout.granularity == Granularity::Blocked && layout.block < 1)
    return Status::error("the block size must be at least 1");
  int64_t size;
  if (__builtin_mul_overflow(layout.outer, layout.axis, &size) ||
      __builtin_mul_overflow(size, layout.inner, &size))
    return Status::error("the tensor has more than 2^63 elements");
  return {};
}

/// Calls `run(offset, count, scaleIndex, scaleStep)` for runs of elements
/// whose scale indices rise by `scaleStep`, 0 or 1, an element.
template <typename Run>
static void forEachRun(const ScaleLayout &layout, Run run) {
  if (layout.granularity == Granularity::PerTensor)
    return run(0, layout.size(), 0, 0);
  int64_t inner = layout.inner;
  bool blocked = layout.granularity == Granularity::Blocked;
  int64_t blocks =
      blocked ? layout.axis / layout.block + (layout.axis % layout.block != 0)
              : 0;
  for (int64_t o = 0; o < layout.outer; ++o)
    for (int64_t a = 0; a < layout.axis; ++a) {
      int64_t offset = (o * layout.axis + a) * inner;
      if (blocked)
        run(offset, inner, (o * blocks + a / layout.block) * inner, 1);
      else
        run(offset, inner, a, 0);
    }
}

template <typename T>
Status quantizeLinear(const float *x, const ScaleLayout &layout,
                      const float *scales, const T *zeroPoints,
                      IntegerRange range, T *y) {
  if (Status s = validate(layout); !s.ok())
    return s;
  if (range.low > range.high || range.low < std::numeric_limits<T>::min() ||
      range.high > std::numeric_limits<T>::max())
    return Status::error("range [" + std::to_string(range.low) + ", " +
                         std::to_string(range.high) +
                         "] does not fit the output type");
  forEachRun(
      layout, [&](int64_t offset, int64_t count, int64_t first, int64_t step) {
        for (int64_t i = 0; i < count; ++i) {
          int64_t index = first + i * step;
          int32_t zero = zeroPoints ? zeroPoints[index] : 0;
          float rounded = roundClamped(x[offset + i] / scales[index],
                                       static_cast<float>(range.low - zero),
                                       static_cast<float>(range.high - zero));
          y[offset + i] = static_cast<T>(static_cast<int32_t>(rounded) + zero);
        }
      });
  return {};
}

template <typename T>
Status dequantizeLinear(const T *x, const ScaleLayout &layout,
                        const float *scales, const T *zeroPoints, float *y) {
  if (Status s = validate(layout); !s.ok())
    return s;
  forEachRun(
      layout, [&](int64_t offset, int64_t count, int64_t first, int64_t step) {
        for (int64_t i = 0; i < count; ++i) {
          int64_t index = first + i * step;
          int64_t zero = zeroPoints ? zeroPoints[index] : 0;
          y[offset + i] =
              static_cast<float>(static_cast<int64_t>(x[offset + i]) - zero) *
              scales[index];
        }
      });
  return {};
}

DynamicScale dynamicScale(float min, float max) {
  min = std::min(min, 0.0f);
  max = std::max(max, 0.0f);
  DynamicScale result;
  result.scale = (min == max ? 1.0f : max - min) / 255.0f;
  float zero = 0.0f - min / result.scale;
  result.zeroPoint = static_cast<uint8_t>(roundClamped(zero, 0.0f, 255.0f));
  return result;
}

Result<DynamicScale> dynamicQuantizeLinear(const float *x, int64_t count,
                                           uint8_t *y) {
  float min = 0.0f, max = 0.0f;
  for (int64_t i = 0; i < count; ++i) {
    if (!std::isfinite(x[i]))
      return Status::error("element " + std::to_string(i) +
                           " is NaN or Inf; quantization needs finite values");
    min = std::min(min, x[i]);
    max = std::max(max, x[i]);
  }
  DynamicScale result = dynamicScale(min, max);
  ScaleLayout layout;
  layout.inner = count;
  if (Status s = quantizeLinear(x, layout, &result.scale, &result.zeroPoint,
                                integerRange(8, false), y);
      !s.ok())
    return s;
  return result;
}

template <typename T>
void requantize(const int32_t *sums, int64_t count, float multiplier,
                int32_t zeroPoint, IntegerRange range, T *y) {
  float low = static_cast<float>(range.low - zeroPoint);
  float high = static_cast<float>(range.high - zeroPoint);
  for (int64_t i = 0; i < count; ++i)
    y[i] = static_cast<T>(
        static_cast<int32_t>(
            roundClamped(static_cast<float>(sums[i]) * multiplier, low, high)) +
        zeroPoint);
}

#define NIBBLE_INSTANTIATE(T)                                                  \
  template Status quantizeLinear<T>(const float *, const ScaleLayout &,        \
                                    const float *, const T *, IntegerRange,    \
                                    T *);                                      \
  template Status dequantizeLinear<T>(const T *, const ScaleLayout &,          \
                                      const float *, const T *, float *);      \
  template void requantize<T>(const int32_t *, int64_t, float, int32_t,        \
                              IntegerRange, T *);
NIBBLE_INSTANTIATE(int8_t)
NIBBLE_INSTANTIATE(uint8_t)
NIBBLE_INSTANTIATE(int16_t)
NIBBLE_INSTANTIATE(uint16_t)
#undef NIBBLE_INSTANTIATE
template Status dequantizeLinear<int32_t>(const int32_t *, const ScaleLayout &,
                                          const float *, const int32_t *,
                                          float *);

} // namespace nibble::formats
