//===- ContractionEvaluate.cpp - The plain reference ------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ContractionInternal.h"

#include <cmath>

using namespace nibble::codegen;

namespace {
class Evaluator {
public:
  Evaluator(const ContractionDesc &desc, const ContractionInputs &inputs)
      : desc(desc), b(desc.b), in(inputs), w(inputs.weights) {
    group = b.isGrouped() ? b.group : std::max<int64_t>(w.k, 1);
    kGroups = b.isGrouped() ? llvm::divideCeil(w.k, b.group) : 1;
  }

  void run(void *c) const {
    for (int64_t n = 0; n < w.n; ++n) {
      ColumnSum sum;
      if (desc.isInteger())
        sum = sumColumn(b, w, n);
      for (int64_t m = 0; m < in.m; ++m)
        write(c, m, n, sum);
    }
  }

private:
  int64_t aIndex(int64_t m, int64_t k) const {
    return in.aOffset ? in.aOffset(m, k) : m * w.k + k;
  }

  /// u8 activations enter the dot as s8, with their zero point.
  int32_t aShift() const { return desc.a == ActivationKind::U8 ? 128 : 0; }

  int32_t aCode(int64_t m, int64_t k) const {
    int64_t at = aIndex(m, k);
    if (desc.a == ActivationKind::U8)
      return static_cast<const uint8_t *>(in.a)[at] - aShift();
    return static_cast<const int8_t *>(in.a)[at];
  }

  int32_t aZero(int64_t m) const {
    int32_t zero = 0;
    if (desc.aZero != Granularity::None)
      zero = in.aZero[desc.aZero == Granularity::Row ? m : 0];
    return zero - aShift();
  }

  float scale(int64_t n, int64_t g) const {
    return roundScale(b.scale, w.scales[n * kGroups + g]);
  }

  int32_t weightCode(int64_t n, int64_t k) const {
    int32_t zero = b.zero ? codeValue(b, w.zeros[n * kGroups + k / group]) : 0;
    return codeValue(b, w.codes[n * w.k + k]) - zero;
  }

  float weight(int64_t n, int64_t k) const {
    if (b.isFloat())
      return w.values[n * w.k + k];
    return float(weightCode(n, k)) * scale(n, k / group);
  }

  float floatSum(int64_t m, int64_t n) const {
    const float *a = static_cast<const float *>(in.a);
    float sum = 0;
    for (int64_t k = 0; k < w.k; ++k)
      sum = std::fma(a[aIndex(m, k)], weight(n, k), sum);
    return sum;
  }

  int32_t integerSum(int64_t m, int64_t n, int64_t begin, int64_t end) const {
    int64_t sum = 0;
    for (int64_t k = begin; k < end; ++k)
      sum += int64_t(aCode(m, k)) * weightCode(n, k);
    return int32_t(sum);
  }

  float groupedSum(int64_t m, int64_t n, const ColumnSum &column) const {
    float sum = 0;
    for (int64_t g = 0; g < kGroups; ++g) {
      int32_t part =
          integerSum(m, n, g * group, std::min(w.k, (g + 1) * group));
      sum = std::fma(float(part), scale(n, g), sum);
    }
    if (desc.aZero != Granularity::None || aShift())
      sum = std::fma(-float(aZero(m)), column.scaled, sum);
    return sum;
  }

  float finished(int64_t m, int64_t n, const ColumnSum &column) const {
    float value;
    if (!desc.isInteger())
      value = floatSum(m, n);
    else if (b.isGrouped())
      value = groupedSum(m, n, column);
    else
      value = float(rawSum(m, n, column)) * scale(n, 0);
    if (desc.aScale != Granularity::None)
      value *= in.aScale[desc.aScale == Granularity::Row ? m : 0];
    return in.epilogue ? in.epilogue(value, m, n) : value;
  }

  int32_t rawSum(int64_t m, int64_t n, const ColumnSum &column) const {
    int64_t sum = integerSum(m, n, 0, w.k);
    return int32_t(sum - int64_t(aZero(m)) * column.integer);
  }

  void write(void *c, int64_t m, int64_t n, const ColumnSum &column) const {
    int64_t at = m * w.n + n;
    if (desc.c == OutputKind::I32) {
      static_cast<int32_t *>(c)[at] = rawSum(m, n, column);
      return;
    }
    float value = finished(m, n, column);
    if (desc.c == OutputKind::F32) {
      static_cast<float *>(c)[at] = value;
      return;
    }
    if (desc.outScale)
      value /= in.outScale;
    bool isSigned = desc.c == OutputKind::S8;
    float low = float((isSigned ? -128 : 0) - in.outZero);
    float high = low + 255;
    value = std::nearbyint(value);
    value = value > low ? value : low;
    value = value < high ? value : high;
    static_cast<uint8_t *>(c)[at] = uint8_t(int32_t(value) + in.outZero);
  }

  const ContractionDesc &desc;
  const WeightFormat &b;
  const ContractionInputs &in;
  const WeightData &w;
  int64_t group, kGroups;
};
} // namespace

void nibble::codegen::evaluateContraction(const ContractionDesc &desc,
                                          const ContractionInputs &inputs,
                                          void *c) {
  Evaluator(desc, inputs).run(c);
}
