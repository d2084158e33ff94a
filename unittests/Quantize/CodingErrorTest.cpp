//===- CodingErrorTest.cpp ------------------------------------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Quantize/Transform/CodingError.h"
#include "lib/Quantize/Transform/ScaleSpaces.h"
#include "nibble/Numerics/Transform.h"
#include "nibble/Quantize/Calibration/Histogram.h"

#include "gtest/gtest.h"

#include <random>

using namespace mlir;
using namespace nibble;

namespace {
class CodingErrorTest : public testing::Test {
protected:
  CodingErrorTest() { context.loadDialect<qnt::QntDialect>(); }

  qnt::QuantTensorType getType(StringRef name, ArrayRef<int64_t> shape) {
    return qnt::QuantTensorType::get(
        shape, qnt::FormatAttr::getNamed(&context, name, /*group=*/0));
  }
  Array makeWeight(ArrayRef<int64_t> shape) {
    Array weight(Float32Type::get(&context), shape);
    std::normal_distribution<float> normal;
    for (float &value : weight.as<float>())
      value = normal(random);
    return weight;
  }

  MLIRContext context;
  std::mt19937_64 random{7};
};
} // namespace

TEST_F(CodingErrorTest, WeightsThatAreCodesHaveNoError) {
  Array weight(Float32Type::get(&context), {2, 4});
  float numbers[] = {127, -3, 8, 1, -128, 5, 0, 64};
  llvm::copy(numbers, weight.as<float>().begin());
  InputModel input;
  input.meanSquare = {1, 2, 3, 4};
  CodingError error(weight, getType("int8", {2, 4}), input);
  auto found = error.evaluate({1, 1, 1, 1}, formats::ScaleSearch::None);
  ASSERT_TRUE(bool(found));
  EXPECT_NEAR(*found, 0, 1e-9);
  // Scaled, the other values of a row are between codes.
  auto scaled = error.evaluate({0.1, 1, 1, 1}, formats::ScaleSearch::None);
  ASSERT_TRUE(bool(scaled));
  EXPECT_GT(*scaled, 1);
}

TEST_F(CodingErrorTest, WeightsWithoutOutputsHaveNoError) {
  Array weight(Float32Type::get(&context), {0, 32});
  InputModel input;
  input.isQuantized = true;
  input.meanSquare.assign(32, 1);
  CodingError error(weight, getType("int8", {0, 32}), input);
  EXPECT_EQ(error.getEnergy(), 0);
  std::vector<double> ones(32, 1);
  auto found = error.evaluate(ones, formats::ScaleSearch::MSE);
  ASSERT_TRUE(bool(found));
  EXPECT_EQ(*found, 0);
  auto rotated = error.evaluateRotated(32, input, formats::ScaleSearch::MSE);
  ASSERT_TRUE(bool(rotated));
  EXPECT_EQ(*rotated, 0);
}

// The expectation against the mean over 4000 rows of normal numbers, of which
// the standard error is some 3%.
TEST_F(CodingErrorTest, ExpectsWhatRowsShow) {
  constexpr int64_t kOutputs = 8, kChannels = 48;
  Array weight = makeWeight({kOutputs, kChannels});
  for (bool isQuantized : {false, true}) {
    InputModel input;
    input.isQuantized = isQuantized;
    std::vector<double> factors;
    for (int64_t k = 0; k < kChannels; ++k) {
      input.meanSquare.push_back(k % 7 == 0 ? 9 : 0.5);
      factors.push_back(k % 7 == 0 ? 0.5 : 1.25);
    }
    StringRef name = isQuantized ? "int8" : "int3";
    auto type = getType(name, {kOutputs, kChannels});
    auto expected = CodingError(weight, type, input)
                        .evaluate(factors, formats::ScaleSearch::None);
    ASSERT_TRUE(bool(expected));

    auto codec = formats::RowCodec::create(type.getFormat().getValue(),
                                           {kOutputs, kChannels});
    ASSERT_TRUE(bool(codec));
    std::vector<float> scaled(kOutputs * kChannels), decoded(scaled.size());
    for (size_t i = 0; i < scaled.size(); ++i)
      scaled[i] = float(weight.as<float>()[i] / factors[i % kChannels]);
    std::vector<int8_t> codes(scaled.size());
    std::vector<uint8_t> scales(4 * kOutputs);
    formats::EncodedRows out;
    out.codes = codes.data();
    out.storage = formats::CodeStorage::I8;
    out.scales = scales.data();
    ASSERT_TRUE(codec->encodeRows(scaled.data(), 0, kOutputs, out).ok());
    formats::ConstEncodedRows in{out.codes, out.storage, out.scales, nullptr};
    ASSERT_TRUE(codec->decodeRows(in, 0, kOutputs, decoded.data()).ok());

    constexpr int kRows = 4000;
    double sum = 0;
    for (int row = 0; row < kRows; ++row) {
      std::vector<double> x, exact;
      double most = 0;
      for (int64_t k = 0; k < kChannels; ++k) {
        std::normal_distribution<double> normal(0,
                                                std::sqrt(input.meanSquare[k]));
        exact.push_back(normal(random) * factors[k]);
        most = std::max(most, std::abs(exact.back()));
      }
      for (double value : exact)
        x.push_back(isQuantized
                        ? std::nearbyint(value * 127 / most) * most / 127
                        : value);
      for (int64_t n = 0; n < kOutputs; ++n) {
        double error = 0;
        for (int64_t k = 0; k < kChannels; ++k)
          error += x[k] * decoded[n * kChannels + k] -
                   exact[k] * scaled[n * kChannels + k];
        sum += error * error / kRows;
      }
    }
    // The range of a median row stands for that of all.
    EXPECT_NEAR(*expected / sum, 1, 0.15) << name.str();
  }
}

TEST(InputModelTest, CodesOfFewerBitsAndSmallerGroups) {
  InputModel input;
  input.isQuantized = true;
  input.meanSquare.assign(6, 1);
  input.meanSquare[5] = 10000;
  std::vector<double> ones(6, 1);
  std::vector<double> bytes = input.getCodeErrors(ones);
  // The step of int<4> is 127 / 7 times that of int<8>.
  input.bits = 4;
  std::vector<double> nibbles = input.getCodeErrors(ones);
  EXPECT_NEAR(nibbles[0] / bytes[0], 127.0 * 127 / 49, 1e-9);
  EXPECT_EQ(nibbles[0], nibbles[5]);
  // By groups of four the outlier is in the second, ragged one.
  input.group = 4;
  std::vector<double> groups = input.getCodeErrors(ones);
  EXPECT_LT(groups[3], nibbles[3] / 1000);
  EXPECT_GT(groups[4], nibbles[4] / 4);
  // Static ranges are of all channels.
  input.isStatic = true;
  input.largest.assign(6, 7);
  EXPECT_NEAR(input.getCodeErrors(ones)[0], 1.0 / 12, 1e-12);
}

// Static codes of rows with an outlier, as they are and rotated, against what
// codes of these rows do: expectations are within 5% of the mean over 4000.
TEST_F(CodingErrorTest, MeasuredCodesShowWhatARotationSaves) {
  constexpr int64_t kOutputs = 8, kChannels = 64, kRows = 4000;
  constexpr int64_t kBlock = 32;
  Array weight = makeWeight({kOutputs, kChannels});
  std::vector<float> rows(kRows * kChannels);
  std::normal_distribution<float> normal;
  for (auto [i, value] : llvm::enumerate(rows))
    value = normal(random) * (i % kChannels == 5 ? 30 : 1);
  auto hadamard = numerics::Transform::hadamard(kBlock);
  ASSERT_TRUE(bool(hadamard));
  auto blocks = numerics::Transform::blocks(*hadamard, kChannels / kBlock);
  ASSERT_TRUE(bool(blocks));
  // Orthogonal: of the weights' dual form, too.
  std::vector<float> rotatedRows = rows;
  blocks->fold(rotatedRows.data(), kRows, 1);
  Array rotatedWeight(Float32Type::get(&context), {kOutputs, kChannels});
  llvm::copy(weight.as<float>(), rotatedWeight.as<float>().begin());
  blocks->fold(rotatedWeight.as<float>().data(), kOutputs, 1);

  // What the collector of statistics finds, and the errors of the codes.
  auto measure = [&](ArrayRef<float> values, ArrayRef<float> weights,
                     InputModel &input) {
    Histogram histogram;
    EXPECT_TRUE(histogram.add(values));
    StaticScale scale = chooseScale(histogram, /*isUnsigned=*/true);
    input.isQuantized = input.isStatic = true;
    input.codeError = getCodeError(histogram, scale, /*isUnsigned=*/true);
    input.meanSquare.assign(kChannels, 0);
    std::vector<float> errors(values.size());
    for (auto [i, value] : llvm::enumerate(values)) {
      input.meanSquare[i % kChannels] += double(value) * value / kRows;
      float code = std::nearbyint(value / scale.scale) + scale.zero;
      code = std::clamp(code, 0.0f, 255.0f);
      errors[i] = (code - scale.zero) * scale.scale - value;
    }
    double sum = 0;
    for (int64_t row = 0; row < kRows; ++row)
      for (int64_t n = 0; n < kOutputs; ++n) {
        double error = 0;
        for (int64_t k = 0; k < kChannels; ++k)
          error += errors[row * kChannels + k] * weights[n * kChannels + k];
        sum += error * error / kRows;
      }
    return sum;
  };
  InputModel plain, rotated;
  double plainError = measure(rows, weight.as<float>(), plain);
  double rotatedError =
      measure(rotatedRows, rotatedWeight.as<float>(), rotated);
  EXPECT_LT(rotatedError, plainError / 2);

  // Weights of 16 bits have next to no error of their own.
  CodingError error(weight, getType("int16", {kOutputs, kChannels}), plain);
  auto expected = error.evaluate(std::vector<double>(kChannels, 1),
                                 formats::ScaleSearch::None);
  auto expectedRotated =
      error.evaluateRotated(kBlock, rotated, formats::ScaleSearch::None);
  ASSERT_TRUE(bool(expected) && bool(expectedRotated));
  EXPECT_NEAR(*expected / plainError, 1, 0.05);
  EXPECT_NEAR(*expectedRotated / rotatedError, 1, 0.05);
}

TEST(ScalePlaceTest, NumbersChannelsByCopyAndFactor) {
  // Two copies of three scales, each for two heads, of channels in pairs.
  ScalePlace place;
  place.offset = 4;
  place.extent = 24;
  place.stride = 2;
  place.size = 3;
  place.copies = 2;
  EXPECT_EQ(place.getRepeat(), 2);
  EXPECT_EQ(place.getNumber(3), std::nullopt);
  EXPECT_EQ(place.getNumber(28), std::nullopt);
  for (int64_t copy = 0; copy < 2; ++copy)
    for (int64_t repeat = 0; repeat < 2; ++repeat)
      for (int64_t c = 0; c < 3; ++c)
        for (int64_t j = 0; j < 2; ++j)
          EXPECT_EQ(place.getNumber(4 + ((copy * 2 + repeat) * 3 + c) * 2 + j),
                    copy * 3 + c);
}
