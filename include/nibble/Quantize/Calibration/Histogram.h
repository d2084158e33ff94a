//===- Histogram.h - What values an activation has --------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_QUANTIZE_CALIBRATION_HISTOGRAM_H
#define NIBBLE_QUANTIZE_CALIBRATION_HISTOGRAM_H

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace nibble {

/// A streaming histogram: 2048 bins over [0, limit) for the magnitudes of
/// each sign, exact zeros apart. The limit is a power of two; where a value is
/// beyond it, it doubles and neighbouring bins become one, so the result does
/// not depend on the order of the values.
class Histogram {
public:
  static constexpr int64_t kBins = 2048;

  /// Counts the finite ones among `values`. False if there are others.
  bool add(llvm::ArrayRef<float> values);

  /// Least and largest value so far, zero included (rule S-4).
  float getMin() const { return min; }
  float getMax() const { return max; }
  int64_t getCount() const { return count; }
  int64_t getZeros() const { return bins.back(); }
  double getLimit() const { return limit; }
  double getBinWidth() const { return limit / kBins; }
  llvm::ArrayRef<int64_t> getPositive() const {
    return llvm::ArrayRef(bins).take_front(kBins);
  }
  llvm::ArrayRef<int64_t> getNegative() const {
    return llvm::ArrayRef(bins).slice(kBins, kBins);
  }

  /// From what the getters gave; none if the parts cannot be a histogram.
  static std::optional<Histogram> fromParts(float min, float max, int64_t zeros,
                                            double limit,
                                            llvm::ArrayRef<int64_t> positive,
                                            llvm::ArrayRef<int64_t> negative);

private:
  void grow(double magnitude);
  void addFinite(llvm::ArrayRef<float> values);

  float min = 0, max = 0;
  int64_t count = 0;
  double limit = 0;
  /// kBins for positive values, kBins for negative ones, and one for zeros.
  std::vector<int64_t> bins = std::vector<int64_t>(2 * kBins + 1);
};

/// How a static scale is chosen from a histogram.
enum class RangeChoice {
  MinMax, ///< Nothing saturates.
  MSE,    ///< The least expected squared error.
};

/// Scale and zero point of 8-bit codes (rules S-4 and S-7); with
/// `isUnsigned` the zero point is in [0, 255], else it is 0.
struct StaticScale {
  float scale = 1;
  int32_t zero = 0;
};
StaticScale chooseScale(const Histogram &histogram, bool isUnsigned,
                        RangeChoice choice = RangeChoice::MSE);

/// The mean squared error of a value as code of `scale`, expected: inside the
/// range that of rounding (but exact zeros, which have a code), outside the
/// distance to its end. 0 for no values.
double getCodeError(const Histogram &histogram, StaticScale scale,
                    bool isUnsigned);

} // namespace nibble

#endif // NIBBLE_QUANTIZE_CALIBRATION_HISTOGRAM_H
