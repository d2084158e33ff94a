//===- BoundedPairsTest.cpp - Rule S-10 -------------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Formats/RowCodec.h"

#include "gtest/gtest.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>

using namespace nibble::formats;

namespace {

/// int<8> with one f32 scale a row.
Format rowFormat(size_t rank) {
  Format format;
  format.code = ElementCode::makeInt(8);
  format.scale.kind = ScaleKind::F32;
  return perChannel(format, rank, 0);
}

struct Encoded {
  std::vector<int8_t> codes;
  std::vector<float> scales;

  EncodedRows at(const MatrixLayout &layout, int64_t row) {
    EncodedRows rows;
    rows.codes = codes.data() + row * layout.cols;
    rows.storage = CodeStorage::I8;
    rows.scales = scales.data() + row / layout.blockRows;
    return rows;
  }
};

RowCodec makeCodec(const Format &format, const std::vector<int64_t> &shape,
                   const EncodeOptions &options) {
  Result<RowCodec> codec = RowCodec::create(format, shape, options);
  if (!codec.ok()) {
    ADD_FAILURE() << codec.message();
    std::abort();
  }
  return std::move(*codec);
}

/// With the scales in `result` if `keepScales`.
void encodeInto(Encoded &result, const RowCodec &codec,
                const std::vector<float> &values, int64_t chunk,
                bool keepScales = false) {
  const MatrixLayout &layout = codec.layout();
  result.codes.resize(values.size());
  result.scales.resize(layout.gridRows());
  for (int64_t row = 0; row < layout.rows; row += chunk) {
    int64_t rows = std::min(chunk, layout.rows - row);
    const float *source = values.data() + row * layout.cols;
    EncodedRows out = result.at(layout, row);
    Status status = keepScales ? codec.encodeCodes(source, row, rows, out)
                               : codec.encodeRows(source, row, rows, out);
    ASSERT_TRUE(status.ok()) << status.message();
  }
}

Encoded encode(const std::vector<int64_t> &shape, const EncodeOptions &options,
               const std::vector<float> &values) {
  RowCodec codec = makeCodec(rowFormat(shape.size()), shape, options);
  Encoded result;
  encodeInto(result, codec, values, codec.layout().rows);
  return result;
}

/// The codes of one row whose scale is `scale`.
std::vector<int> codesOf(const std::vector<float> &row, float scale,
                         const float *weights = nullptr) {
  EncodeOptions options;
  options.pairOrder = {1};
  options.columnWeights = weights;
  int64_t cols = static_cast<int64_t>(row.size());
  RowCodec codec = makeCodec(rowFormat(2), {1, cols}, options);
  Encoded result;
  result.scales = {scale};
  encodeInto(result, codec, row, 1, /*keepScales=*/true);
  return {result.codes.begin(), result.codes.end()};
}

/// Large values are frequent, so that many pairs break the bound.
std::vector<float> randomValues(int64_t count, std::mt19937 &random) {
  std::vector<float> values(count);
  for (float &value : values)
    value = std::uniform_real_distribution<float>(-1, 1)(random);
  return values;
}

using Codes = std::vector<int>;

} // namespace

TEST(BoundedPairs, S10_Examples) {
  // Nothing to do: opposite signs, and sums of 128 and -128.
  EXPECT_EQ(codesOf({127, -128, 127, 1, -128, 0, -1, -127}, 1),
            (Codes{127, -128, 127, 1, -128, 0, -1, -127}));
  EXPECT_EQ(codesOf({127, 127, -128, -128}, 1), (Codes{64, 64, -64, -64}));
  EXPECT_EQ(codesOf({127, 51, -40, -100}, 1), (Codes{102, 26, -34, -94}));
  // Ties: the first magnitude becomes even.
  EXPECT_EQ(codesOf({127, 2, -3, -126}, 1), (Codes{126, 2, -2, -126}));
  // The ends: there is no code 128.
  EXPECT_EQ(codesOf({300, 5, 5, 300}, 1), (Codes{127, 1, 1, 127}));
  EXPECT_EQ(codesOf({-300, -5, -5, -300}, 1), (Codes{-128, 0, 0, -128}));
  // Values beyond the codes count as they are.
  EXPECT_EQ(codesOf({160, 100}, 1), (Codes{94, 34}));
  // The last of an odd number is alone.
  EXPECT_EQ(codesOf({127, 127, 127}, 1), (Codes{64, 64, 127}));
  // By weight; two weights of zero count as equal.
  const float weights[] = {3, 1, 0, 0, 0, 1};
  EXPECT_EQ(codesOf({127, 127, 127, 127, 127, 127}, 1, weights),
            (Codes{96, 32, 64, 64, 1, 127}));
  // x / s beyond f32, and infinite.
  float tiny = std::numeric_limits<float>::denorm_min();
  float huge = std::numeric_limits<float>::max();
  float inf = std::numeric_limits<float>::infinity();
  EXPECT_EQ(codesOf({huge, huge, huge, 1, -1, -huge}, tiny),
            (Codes{64, 64, 127, 1, 0, -128}));
  EXPECT_EQ(codesOf({inf, 100, inf, inf}, 1), (Codes{127, 1, 1, 127}));
}

// Each pair against all admissible ones; those that keep to the bound have the
// codes of Q-1.
TEST(BoundedPairs, S10_TheLeastErrorOfAllPairs) {
  std::mt19937 random(11);
  const int64_t rows = 12, cols = 41;
  int64_t bounded = 0;
  for (bool weighted : {false, true})
    for (ScaleSearch search : {ScaleSearch::None, ScaleSearch::MSE}) {
      std::vector<float> values = randomValues(rows * cols, random);
      std::vector<float> weights(cols, 1.0f);
      EncodeOptions options;
      options.search = search;
      options.pairOrder = {1};
      if (weighted) {
        for (float &weight : weights)
          weight = std::uniform_real_distribution<float>(0, 2)(random);
        options.columnWeights = weights.data();
      }
      Encoded made = encode({rows, cols}, options, values);
      Encoded free = made;
      encodeInto(free, makeCodec(rowFormat(2), {rows, cols}, {}), values, rows,
                 /*keepScales=*/true);
      for (int64_t row = 0; row < rows; ++row) {
        double scale = made.scales[row];
        const float *x = values.data() + row * cols;
        const int8_t *codes = made.codes.data() + row * cols;
        const int8_t *own = free.codes.data() + row * cols;
        EXPECT_EQ(codes[cols - 1], own[cols - 1]);
        for (int64_t i = 0; i + 1 < cols; i += 2) {
          ASSERT_LE(std::abs(codes[i] + codes[i + 1]), maxPairSum);
          if (std::abs(own[i] + own[i + 1]) <= maxPairSum) {
            ASSERT_EQ(codes[i], own[i]);
            ASSERT_EQ(codes[i + 1], own[i + 1]);
            continue;
          }
          ++bounded;
          auto error = [&](int first, int second) {
            return weights[i] * std::pow(x[i] - first * scale, 2) +
                   weights[i + 1] * std::pow(x[i + 1] - second * scale, 2);
          };
          double best = INFINITY;
          for (int first = -128; first <= 127; ++first)
            for (int second = -128; second <= 127; ++second)
              if (std::abs(first + second) <= maxPairSum)
                best = std::min(best, error(first, second));
          ASSERT_LE(error(codes[i], codes[i + 1]), best * (1 + 1e-9));
        }
      }
    }
  EXPECT_GT(bounded, 100);
}

// Pairs of a filter [O, I, H, W] along [H, W, I] are those of [O, H, W, I]. An
// odd number of channels makes pairs of neighbouring positions, too.
TEST(BoundedPairs, S10_Order) {
  std::mt19937 random(12);
  for (int64_t channels : {1, 4, 5}) {
    const int64_t o = 4, h = 3, w = 2;
    int64_t cols = channels * h * w;
    std::vector<float> values = randomValues(o * cols, random);
    std::vector<float> weights(cols);
    for (float &weight : weights)
      weight = std::uniform_real_distribution<float>(0, 2)(random);
    auto moved = [&](const auto &source) {
      auto target = source;
      size_t next = 0;
      for (size_t row = 0; row < source.size(); row += cols)
        for (int64_t at = 0; at < h * w; ++at)
          for (int64_t c = 0; c < channels; ++c)
            target[next++] = source[row + c * h * w + at];
      return target;
    };
    EncodeOptions options;
    options.search = ScaleSearch::MSE;
    options.columnWeights = weights.data();
    options.pairOrder = {2, 3, 1};
    Encoded first = encode({o, channels, h, w}, options, values);
    std::vector<float> movedWeights = moved(weights);
    options.columnWeights = movedWeights.data();
    options.pairOrder = {1, 2, 3};
    Encoded last = encode({o, h, w, channels}, options, moved(values));
    EXPECT_EQ(first.scales, last.scales);
    EXPECT_EQ(moved(first.codes), last.codes);
    options.pairOrder = {};
    EXPECT_NE(encode({o, h, w, channels}, options, moved(values)).codes,
              last.codes);
  }
}

// The search for the scale counts what the bound costs.
TEST(BoundedPairs, S10_SearchSeesTheBound) {
  std::mt19937 random(13);
  const int64_t rows = 30, cols = 24;
  std::vector<float> values = randomValues(rows * cols, random);
  EncodeOptions options;
  options.search = ScaleSearch::MSE;
  options.searchHigh = 2.0f;
  Encoded blind = encode({rows, cols}, options, values);
  options.pairOrder = {1};
  Encoded seeing = encode({rows, cols}, options, values);
  encodeInto(blind, makeCodec(rowFormat(2), {rows, cols}, options), values,
             rows, /*keepScales=*/true);
  auto error = [&](const Encoded &encoded, int64_t row) {
    double sum = 0;
    for (int64_t i = row * cols; i < (row + 1) * cols; ++i)
      sum += std::pow(values[i] - encoded.codes[i] * encoded.scales[row], 2);
    return sum;
  };
  int64_t better = 0;
  for (int64_t row = 0; row < rows; ++row) {
    EXPECT_LE(error(seeing, row), error(blind, row) * (1 + 1e-5));
    better += error(seeing, row) < 0.9 * error(blind, row);
  }
  EXPECT_GT(better, rows / 2);
}

// what was decoded gives its codes again. Q-3: chunks make no difference,
// nor does a scale that several rows share.
TEST(BoundedPairs, Q2_Q3) {
  std::mt19937 random(14);
  const std::vector<int64_t> shape = {12, 5, 3};
  std::vector<float> values = randomValues(12 * 15, random);
  EncodeOptions options;
  options.search = ScaleSearch::MSE;
  options.pairOrder = {2, 1};
  for (int64_t blockRows : {1, 4, -1}) {
    Format format = rowFormat(3);
    format.block[0] = blockRows;
    RowCodec codec = makeCodec(format, shape, options);
    Encoded whole, parts;
    encodeInto(whole, codec, values, 12);
    encodeInto(parts, codec, values, blockRows == -1 ? 12 : 4);
    EXPECT_EQ(whole.codes, parts.codes);
    EXPECT_EQ(whole.scales, parts.scales);
    ConstEncodedRows in;
    in.codes = whole.codes.data();
    in.storage = CodeStorage::I8;
    in.scales = whole.scales.data();
    std::vector<float> decoded(values.size());
    ASSERT_TRUE(codec.decodeRows(in, 0, 12, decoded.data()).ok());
    Encoded again = whole;
    encodeInto(again, codec, decoded, 12, /*keepScales=*/true);
    EXPECT_EQ(again.codes, whole.codes);
  }
}
