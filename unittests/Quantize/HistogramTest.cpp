//===- HistogramTest.cpp - Histograms, scales and their file --------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Quantize/Calibration/Statistics.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "gtest/gtest.h"

#include <cmath>
#include <limits>
#include <random>

using namespace nibble;

static std::vector<float> normalValues(size_t count, float mean) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal(mean, 1);
  std::vector<float> values(count);
  for (float &value : values)
    value = normal(random);
  return values;
}

TEST(Histogram, CountsDoNotDependOnOrder) {
  std::vector<float> values = normalValues(10000, 0);
  values.insert(values.end(), {0.0f, 0.0f, 100.0f, -1e-6f});
  Histogram up, down;
  std::sort(values.begin(), values.end());
  EXPECT_TRUE(up.add(values));
  std::reverse(values.begin(), values.end());
  for (float value : values)
    EXPECT_TRUE(down.add(value));
  EXPECT_EQ(up.getLimit(), 128.0);
  EXPECT_EQ(up.getLimit(), down.getLimit());
  EXPECT_EQ(up.getPositive(), down.getPositive());
  EXPECT_EQ(up.getNegative(), down.getNegative());
  EXPECT_EQ(up.getZeros(), 2);
  EXPECT_EQ(up.getCount(), int64_t(values.size()));
  EXPECT_EQ(up.getMax(), 100.0f);
}

TEST(Histogram, CountsBlocksAsItCountsValues) {
  // Of all sizes, signs and zeros, in blocks that are not full; some are finer
  // than a float could scale at once.
  for (float scale : {1.0f, 0x1p-130f, 0x1p100f}) {
    std::vector<float> values = normalValues(2500, 0.5f);
    for (size_t i = 0; i < values.size(); ++i)
      values[i] *= i % 7 == 0 ? 0 : scale * float(1 + i % 5);
    Histogram histogram;
    EXPECT_TRUE(histogram.add(values));
    std::vector<int64_t> positive(Histogram::kBins), negative(Histogram::kBins);
    int64_t zeros = 0;
    for (float value : values) {
      auto bin = int64_t(std::fabs(double(value)) / histogram.getBinWidth());
      if (value == 0)
        ++zeros;
      else
        ++(value > 0 ? positive : negative)[bin];
    }
    EXPECT_EQ(histogram.getZeros(), zeros);
    EXPECT_EQ(histogram.getPositive(), llvm::ArrayRef(positive));
    EXPECT_EQ(histogram.getNegative(), llvm::ArrayRef(negative));
    EXPECT_EQ(histogram.getMin(), *llvm::min_element(values));
    EXPECT_EQ(histogram.getMax(), *llvm::max_element(values));
    EXPECT_LT(std::max(-histogram.getMin(), histogram.getMax()),
              histogram.getLimit());
  }
}

TEST(Histogram, FindsWhatIsNotFiniteAnywhere) {
  for (float bad : {NAN, INFINITY, -INFINITY})
    for (size_t place : {0, 9, 1023, 1024, 2499}) {
      std::vector<float> values(2500, 1.0f);
      values[place] = bad;
      Histogram histogram;
      EXPECT_FALSE(histogram.add(values)) << bad << " at " << place;
      EXPECT_EQ(histogram.getCount(), 2499);
      EXPECT_EQ(histogram.getMax(), 1.0f);
    }
}

TEST(Histogram, RefusesWhatIsNotFinite) {
  Histogram histogram;
  EXPECT_FALSE(histogram.add({1.0f, NAN, 2.0f}));
  EXPECT_FALSE(histogram.add({INFINITY}));
  EXPECT_EQ(histogram.getCount(), 2);
  EXPECT_EQ(histogram.getMax(), 2.0f);
}

TEST(Histogram, TakesTheSmallestAndTheLargestFloats) {
  Histogram histogram;
  float least = std::numeric_limits<float>::denorm_min();
  float most = std::numeric_limits<float>::max();
  EXPECT_TRUE(histogram.add({least, -most, most}));
  EXPECT_EQ(histogram.getLimit(), 0x1p128);
  EXPECT_EQ(histogram.getPositive()[0], 1);
  EXPECT_EQ(histogram.getPositive()[Histogram::kBins - 1], 1);
}

// Rules S-4 and S-7.
TEST(StaticScale, MinMaxIsTheIdealScale) {
  Histogram histogram;
  histogram.add({-1.0f, 3.0f});
  StaticScale isSigned = chooseScale(histogram, false, RangeChoice::MinMax);
  EXPECT_EQ(isSigned.scale, 3.0f / 127);
  EXPECT_EQ(isSigned.zero, 0);
  StaticScale isUnsigned = chooseScale(histogram, true, RangeChoice::MinMax);
  EXPECT_EQ(isUnsigned.scale, float(4.0 / 255));
  EXPECT_EQ(isUnsigned.zero, 64);
}

TEST(StaticScale, OnlyZerosHaveScaleOne) {
  Histogram histogram;
  histogram.add({0.0f, 0.0f});
  EXPECT_EQ(chooseScale(histogram, false).scale, 1.0f);
  EXPECT_EQ(chooseScale(histogram, true).zero, 0);
}

static double squaredError(llvm::ArrayRef<float> values, StaticScale scale) {
  double sum = 0;
  for (float x : values) {
    double code = std::nearbyint(x / scale.scale);
    double error = x - std::min(127.0, std::max(-128.0, code)) * scale.scale;
    sum += error * error;
  }
  return sum;
}

// One value far out: saturating it is worth it for MSE. The choice by bins is
// near the best of a search over the values themselves.
TEST(StaticScale, MSEBeatsMinMaxOnOutliers) {
  std::vector<float> values = normalValues(100000, 0);
  values.push_back(40);
  Histogram histogram;
  histogram.add(values);
  StaticScale ideal = chooseScale(histogram, false, RangeChoice::MinMax);
  StaticScale chosen = chooseScale(histogram, false, RangeChoice::MSE);
  double best = std::numeric_limits<double>::max();
  for (int i = 1; i <= 200; ++i)
    best = std::min(best, squaredError(values, {ideal.scale * i / 200, 0}));
  EXPECT_LT(squaredError(values, chosen), squaredError(values, ideal));
  EXPECT_LT(squaredError(values, chosen), 1.05 * best);
}

TEST(Statistics, FileGivesTheSameHistograms) {
  Statistics statistics;
  statistics.key = "0123456789abcdef";
  statistics.values["a/b"].add(normalValues(5000, 2));
  statistics.values["empty"];
  llvm::SmallString<64> path;
  ASSERT_FALSE(llvm::sys::fs::createTemporaryFile("statistics", "json", path));
  llvm::FileRemover remover(path);
  ASSERT_FALSE(bool(statistics.write(path)));
  llvm::Expected<Statistics> read = Statistics::read(path);
  ASSERT_TRUE(bool(read)) << llvm::toString(read.takeError());
  EXPECT_EQ(read->key, statistics.key);
  ASSERT_EQ(read->values.size(), 2u);
  const Histogram &from = statistics.values["a/b"], &to = read->values["a/b"];
  EXPECT_EQ(from.getMin(), to.getMin());
  EXPECT_EQ(from.getMax(), to.getMax());
  EXPECT_EQ(from.getCount(), to.getCount());
  EXPECT_EQ(from.getPositive(), to.getPositive());
  EXPECT_EQ(from.getNegative(), to.getNegative());
}

TEST(Statistics, NeedSamples) {
  mlir::MLIRContext context;
  llvm::Expected<Statistics> statistics =
      StatisticsCollector(&context, "key").finish();
  ASSERT_FALSE(bool(statistics));
  EXPECT_EQ(llvm::toString(statistics.takeError()),
            "the calibration data has no sample");
}

TEST(Statistics, SayWhyTheirFileCannotBeWritten) {
  llvm::Error error = Statistics().write("/nowhere/statistics.json");
  EXPECT_EQ(llvm::toString(std::move(error)),
            "cannot write /nowhere/statistics.json: No such file or directory");
}
