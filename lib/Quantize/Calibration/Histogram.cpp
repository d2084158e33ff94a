//===- Histogram.cpp - What values an activation has ----------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Quantize/Calibration/Histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

using namespace nibble;
using llvm::ArrayRef;

void Histogram::grow(double magnitude) {
  if (limit == 0)
    limit = std::ldexp(1.0, std::ilogb(magnitude) + 1);
  while (magnitude >= limit) {
    limit *= 2;
    for (std::vector<int64_t> *bins : {&positive, &negative}) {
      for (int64_t i = 0; i < kBins / 2; ++i)
        (*bins)[i] = (*bins)[2 * i] + (*bins)[2 * i + 1];
      std::fill(bins->begin() + kBins / 2, bins->end(), 0);
    }
  }
}

bool Histogram::add(ArrayRef<float> values) {
  bool isFinite = true;
  double perBin = limit > 0 ? kBins / limit : 0;
  for (float value : values) {
    if (!std::isfinite(value)) {
      isFinite = false;
      continue;
    }
    ++count;
    if (value == 0) {
      ++zeros;
      continue;
    }
    min = std::min(min, value);
    max = std::max(max, value);
    double magnitude = std::fabs(double(value));
    if (magnitude >= limit) {
      grow(magnitude);
      perBin = kBins / limit;
    }
    // Exact: both are powers of two.
    ++(value > 0 ? positive : negative)[int64_t(magnitude * perBin)];
  }
  return isFinite;
}

std::optional<Histogram> Histogram::fromParts(float min, float max,
                                              int64_t zeros, double limit,
                                              ArrayRef<int64_t> positive,
                                              ArrayRef<int64_t> negative) {
  auto isCount = [](int64_t n) { return n >= 0; };
  int exponent;
  bool isPower = limit == 0 || std::frexp(limit, &exponent) == 0.5;
  if (!(min <= 0) || !(max >= 0) || !(-min <= limit) || !(max <= limit) ||
      !std::isfinite(limit) || limit < 0 || !isPower || zeros < 0 ||
      int64_t(positive.size()) != kBins || int64_t(negative.size()) != kBins ||
      !std::all_of(positive.begin(), positive.end(), isCount) ||
      !std::all_of(negative.begin(), negative.end(), isCount))
    return std::nullopt;
  Histogram result;
  result.min = min;
  result.max = max;
  result.zeros = zeros;
  result.limit = limit;
  result.positive.assign(positive.begin(), positive.end());
  result.negative.assign(negative.begin(), negative.end());
  result.count = zeros;
  for (ArrayRef<int64_t> bins : {positive, negative})
    result.count = std::accumulate(bins.begin(), bins.end(), result.count);
  return result;
}

/// Rules S-4 and S-7 for the range [low, high], zero in it.
static StaticScale fit(double low, double high, bool isUnsigned) {
  StaticScale result;
  if (low == 0 && high == 0)
    return result;
  double span =
      isUnsigned ? (high - low) / 255 : std::max(high / 127, low / -128);
  result.scale =
      std::max(float(span), std::numeric_limits<float>::denorm_min());
  if (isUnsigned)
    result.zero = int32_t(
        std::clamp(std::nearbyint(float(-low) / result.scale), 0.0f, 255.0f));
  return result;
}

/// The expected squared error of all values: inside the range that of rounding
/// (but exact zeros, which have a code), outside the distance to its end.
static double expectedError(const Histogram &histogram, StaticScale scale,
                            bool isUnsigned) {
  double step = scale.scale;
  double high = (isUnsigned ? 255 - scale.zero : 127) * step;
  double low = (isUnsigned ? scale.zero : 128) * step;
  double width = histogram.getBinWidth(), sum = 0;
  auto addSide = [&](ArrayRef<int64_t> bins, double end) {
    for (size_t i = 0; i < bins.size(); ++i) {
      if (!bins[i])
        continue;
      double beyond = (i + 0.5) * width - end;
      double error = step * step / 12;
      if (beyond > step / 2)
        error = beyond * beyond + width * width / 12;
      sum += double(bins[i]) * error;
    }
  };
  addSide(histogram.getPositive(), high);
  addSide(histogram.getNegative(), low);
  return sum;
}

/// The magnitude below which `part` of a side's values lie.
static double percentile(ArrayRef<int64_t> bins, double width, double part) {
  int64_t total = std::accumulate(bins.begin(), bins.end(), int64_t(0));
  int64_t rest = int64_t(std::ceil(double(total) * part)), seen = 0;
  for (size_t i = 0; i < bins.size(); ++i)
    if (seen += bins[i]; bins[i] && seen >= rest)
      return (i + 1) * width;
  return 0;
}

StaticScale nibble::chooseScale(const Histogram &histogram, bool isUnsigned,
                                RangeChoice choice) {
  double low = histogram.getMin(), high = histogram.getMax();
  if (choice == RangeChoice::Percentile) {
    double width = histogram.getBinWidth();
    low = std::max(low, -percentile(histogram.getNegative(), width, 0.9999));
    high = std::min(high, percentile(histogram.getPositive(), width, 0.9999));
  }
  StaticScale best = fit(low, high, isUnsigned);
  if (choice != RangeChoice::MSE)
    return best;
  double bestError = expectedError(histogram, best, isUnsigned);
  constexpr int kSteps = 128;
  for (int i = 1; i < kSteps; ++i) {
    double factor = 1 - 0.9 * i / kSteps;
    StaticScale candidate = fit(low * factor, high * factor, isUnsigned);
    double error = expectedError(histogram, candidate, isUnsigned);
    if (error < bestError) {
      best = candidate;
      bestError = error;
    }
  }
  return best;
}
