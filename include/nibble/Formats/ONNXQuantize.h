//===- ONNXQuantize.h - The integer arithmetic of ONNX -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Rules O-* of docs/spec.md: what QuantizeLinear, DequantizeLinear,
// DynamicQuantizeLinear and the requantization of QLinear* mean, bit for bit.
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_FORMATS_ONNXQUANTIZE_H
#define NIBBLE_FORMATS_ONNXQUANTIZE_H

#include "nibble/Formats/Status.h"

#include <cstdint>

namespace nibble::formats {

/// Codes of an integer type, both ends included.
struct IntegerRange {
  int32_t low = 0;
  int32_t high = 255;
};
/// `bits` is 1 to 16.
IntegerRange integerRange(unsigned bits, bool isSigned);

/// How many elements share a scale.
enum class Granularity {
  PerTensor, ///< One scale.
  PerAxis,   ///< One for each index of the axis: scales are [axis].
  Blocked,   ///< Opset 21: scales are [outer, ceil(axis / block), inner].
};

/// A tensor seen as [outer, axis, inner], and which scale an element has.
struct ScaleLayout {
  int64_t outer = 1;
  int64_t axis = 1;
  int64_t inner = 1;
  Granularity granularity = Granularity::PerTensor;
  /// Only Blocked; at least 1.
  int64_t block = 0;

  int64_t size() const { return outer * axis * inner; }
  int64_t scaleCount() const;
};

/// O-1: y = clamp(round(x / scale) + zero, low, high); NaN gives `low`.
/// `zeroPoints` is null for zeros, else has scaleCount() entries.
/// Fails where the layout or the range (beyond T) makes no sense.
/// T: int8_t, uint8_t, int16_t, uint16_t; narrower types use the 8-bit ones.
template <typename T>
Status quantizeLinear(const float *x, const ScaleLayout &layout,
                      const float *scales, const T *zeroPoints,
                      IntegerRange range, T *y);

/// O-2: y = f32(x - zero) * scale. T: as above, and int32_t.
template <typename T>
Status dequantizeLinear(const T *x, const ScaleLayout &layout,
                        const float *scales, const T *zeroPoints, float *y);

struct DynamicScale {
  float scale = 1.0f;
  uint8_t zeroPoint = 0;
};
/// O-3: the scale and zero point of `count` finite values whose extremes are
/// `min` and `max`.
DynamicScale dynamicScale(float min, float max);
/// O-3 in full: `y` has `count` entries. Fails on a value that is not finite.
Result<DynamicScale> dynamicQuantizeLinear(const float *x, int64_t count,
                                           uint8_t *y);

/// O-4: the multiplier of QLinearMatMul and QLinearConv, in this order of
/// operations.
inline float requantizeMultiplier(float aScale, float bScale, float yScale) {
  return aScale * bScale / yScale;
}
/// O-5: y = clamp(round(f32(sum) * multiplier) + zero, low, high), for one
/// multiplier. T: int8_t, uint8_t, int16_t, uint16_t.
template <typename T>
void requantize(const int32_t *sums, int64_t count, float multiplier,
                int32_t zeroPoint, IntegerRange range, T *y);

} // namespace nibble::formats

#endif // NIBBLE_FORMATS_ONNXQUANTIZE_H
