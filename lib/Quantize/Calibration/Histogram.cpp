//===- Histogram.cpp - What values an activation has ----------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Quantize/Calibration/Histogram.h"

#include "llvm/ADT/STLExtras.h"

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
    for (int64_t *side : {bins.data(), bins.data() + kBins}) {
      for (int64_t i = 0; i < kBins / 2; ++i)
        side[i] = side[2 * i] + side[2 * i + 1];
      std::fill(side + kBins / 2, side + kBins, 0);
    }
  }
}

/// Values counted at a time: so few stay in the cache.
static constexpr size_t kBlock = 1024;
/// Values side by side, in a form that compilers make vectors of.
static constexpr size_t kLanes = 8;

static bool areFinite(ArrayRef<float> values) {
  // The difference of two that are not finite is NaN, else it is 0.
  float sums[kLanes] = {};
  size_t i = 0;
  for (; i + kLanes <= values.size(); i += kLanes)
    for (size_t lane = 0; lane < kLanes; ++lane)
      sums[lane] += values[i + lane] - values[i + lane];
  for (; i < values.size(); ++i)
    sums[0] += values[i] - values[i];
  return std::all_of(sums, sums + kLanes, [](float sum) { return sum == 0; });
}

/// Widens [low, high] to hold `values`.
static void widen(ArrayRef<float> values, float &low, float &high) {
  float lows[kLanes], highs[kLanes];
  std::fill(lows, lows + kLanes, low);
  std::fill(highs, highs + kLanes, high);
  size_t i = 0;
  for (; i + kLanes <= values.size(); i += kLanes)
    for (size_t lane = 0; lane < kLanes; ++lane) {
      float value = values[i + lane];
      lows[lane] = value < lows[lane] ? value : lows[lane];
      highs[lane] = highs[lane] < value ? value : highs[lane];
    }
  for (; i < values.size(); ++i) {
    lows[0] = std::min(lows[0], values[i]);
    highs[0] = std::max(highs[0], values[i]);
  }
  low = *std::min_element(lows, lows + kLanes);
  high = *std::max_element(highs, highs + kLanes);
}

/// Counts at most kBlock values.
void Histogram::addFinite(ArrayRef<float> values) {
  count += values.size();
  float low = 0, high = 0;
  widen(values, low, high);
  if (low == 0 && high == 0) {
    bins.back() += values.size();
    return;
  }
  min = std::min(min, low);
  max = std::max(max, high);
  if (double magnitude = std::max(-double(low), double(high));
      magnitude >= limit)
    grow(magnitude);
  // Both factors are powers of two, so that products are exact, except those
  // that are subnormal, which are in slot 0 anyway. They are two because bins
  // may be finer than the largest float can scale up.
  float first = limit < 0x1p-64 ? 0x1p64f : 1;
  auto second = float(kBins / (limit * first));
  int32_t slots[kBlock];
  for (size_t i = 0; i < values.size(); ++i) {
    float value = values[i];
    auto slot = int32_t(std::fabs(value) * first * second);
    slot += value < 0 ? int32_t(kBins) : 0;
    slots[i] = value == 0 ? int32_t(2 * kBins) : slot;
  }
  for (size_t i = 0; i < values.size(); ++i)
    ++bins[slots[i]];
}

bool Histogram::add(ArrayRef<float> values) {
  bool allFinite = true;
  for (; !values.empty();
       values = values.drop_front(std::min<size_t>(kBlock, values.size()))) {
    ArrayRef<float> block = values.take_front(kBlock);
    if (areFinite(block)) {
      addFinite(block);
      continue;
    }
    allFinite = false;
    std::vector<float> finite;
    llvm::copy_if(block, std::back_inserter(finite),
                  [](float value) { return std::isfinite(value); });
    addFinite(finite);
  }
  return allFinite;
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
  result.limit = limit;
  llvm::copy(positive, result.bins.begin());
  llvm::copy(negative, result.bins.begin() + kBins);
  result.bins.back() = zeros;
  result.count =
      std::accumulate(result.bins.begin(), result.bins.end(), int64_t(0));
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

double nibble::getCodeError(const Histogram &histogram, StaticScale scale,
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
  return histogram.getCount() ? sum / double(histogram.getCount()) : 0;
}

StaticScale nibble::chooseScale(const Histogram &histogram, bool isUnsigned,
                                RangeChoice choice) {
  double low = histogram.getMin(), high = histogram.getMax();
  StaticScale best = fit(low, high, isUnsigned);
  if (choice != RangeChoice::MSE)
    return best;
  double bestError = getCodeError(histogram, best, isUnsigned);
  constexpr int kSteps = 128;
  for (int i = 1; i < kSteps; ++i) {
    double factor = 1 - 0.9 * i / kSteps;
    StaticScale candidate = fit(low * factor, high * factor, isUnsigned);
    double error = getCodeError(histogram, candidate, isUnsigned);
    if (error < bestError) {
      best = candidate;
      bestError = error;
    }
  }
  return best;
}
