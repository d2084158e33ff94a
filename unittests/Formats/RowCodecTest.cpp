//===- RowCodecTest.cpp - Rules Q-*, S-4 to S-9, D-1 ------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Formats/RowCodec.h"
#include "nibble/Formats/MiniFloat.h"
#include "nibble/Formats/NamedFormats.h"
#include "nibble/Formats/Packing.h"

#include "gtest/gtest.h"

#include <algorithm>
#include <cmath>
#include <random>

using namespace nibble::formats;

namespace {

/// A whole encoded tensor with unpacked codes.
struct Encoded {
  std::vector<uint8_t> packed;
  std::vector<uint8_t> scales;
  std::vector<int32_t> zeros;

  Encoded(const RowCodec &codec) {
    const MatrixLayout &layout = codec.layout();
    int64_t blocks = layout.gridRows() * layout.gridCols();
    packed.resize(layout.rows * codec.rowBytes());
    scales.resize(blocks * scaleBytes(codec.format().scale.kind));
    zeros.resize(blocks);
  }
  EncodedRows at(const RowCodec &codec, int64_t row) {
    int64_t block = row / codec.layout().blockRows * codec.layout().gridCols();
    unsigned bytes = scaleBytes(codec.format().scale.kind);
    return {packed.data() + row * codec.rowBytes(), CodeStorage::Packed,
            scales.data() + block * bytes, zeros.data() + block};
  }
  ConstEncodedRows whole() const {
    return {packed.data(), CodeStorage::Packed, scales.data(), zeros.data()};
  }
};

Format makeFormat(ElementCode code, std::vector<int64_t> block, ScaleKind scale,
                  bool zero = false) {
  Format format;
  format.code = code;
  format.block = std::move(block);
  format.scale = {scale, 0};
  if (zero) {
    format.zero.kind =
        code.kind == CodeKind::Int ? ZeroKind::Int : ZeroKind::UInt;
    format.zero.bits = code.bits;
  }
  return format;
}

RowCodec makeCodec(const Format &format, std::vector<int64_t> shape,
                   const EncodeOptions &options = {}) {
  Result<RowCodec> codec = RowCodec::create(format, shape, options);
  if (!codec.ok()) {
    ADD_FAILURE() << codec.message();
    std::abort();
  }
  return std::move(*codec);
}

std::vector<float> randomValues(int64_t count, std::mt19937 &random,
                                float spread = 1.0f) {
  std::normal_distribution<float> normal(0.1f, spread);
  std::vector<float> values(count);
  for (float &value : values)
    value = normal(random);
  return values;
}

std::vector<float> decodeAll(const RowCodec &codec, const Encoded &encoded) {
  const MatrixLayout &layout = codec.layout();
  std::vector<float> result(layout.rows * layout.cols);
  Status s = codec.decodeRows(encoded.whole(), 0, layout.rows, result.data());
  EXPECT_TRUE(s.ok()) << s.message();
  return result;
}

/// Encodes `values` in chunks of `chunk` rows.
Encoded encodeAll(const RowCodec &codec, const std::vector<float> &values,
                  int64_t chunk) {
  Encoded encoded(codec);
  const MatrixLayout &layout = codec.layout();
  for (int64_t row = 0; row < layout.rows; row += chunk) {
    int64_t count = std::min(chunk, layout.rows - row);
    Status s = codec.encodeRows(values.data() + row * layout.cols, row, count,
                                encoded.at(codec, row));
    EXPECT_TRUE(s.ok()) << s.message();
  }
  return encoded;
}

double squaredError(const std::vector<float> &a, const std::vector<float> &b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i)
    sum += (static_cast<double>(a[i]) - b[i]) * (a[i] - b[i]);
  return sum;
}

/// Every value that a code can stand for under one scale and zero point.
std::vector<float> grid(const ElementCode &code, float scale, int32_t zero,
                        int32_t low) {
  std::vector<float> values;
  if (code.isInteger()) {
    for (int32_t c = low; c <= maxCode(code); ++c)
      values.push_back(static_cast<float>(c - zero) * scale);
    return values;
  }
  MiniFloat mini(code, Overflow::Saturate);
  for (uint32_t c = 0; c < 1u << codeBits(code); ++c)
    if (std::isfinite(mini.decode(c)))
      values.push_back(mini.decode(c) * scale);
  return values;
}

/// Q-1 by brute force: each decoded value is the nearest of the grid, up to
/// the rounding of x / scale to f32.
void expectNearest(const RowCodec &codec, const std::vector<float> &values,
                   const Encoded &encoded, bool narrow) {
  const MatrixLayout &layout = codec.layout();
  const Format &format = codec.format();
  std::vector<float> decoded = decodeAll(codec, encoded);
  int64_t gridCols = layout.gridCols();
  std::vector<float> scales(layout.gridRows() * gridCols);
  decodeScales(format.scale.kind, encoded.scales.data(), scales.size(),
               scales.data());
  int32_t low = minCode(format.code) + narrow;
  for (int64_t row = 0; row < layout.rows; ++row)
    for (int64_t col = 0; col < layout.cols; ++col) {
      int64_t block =
          row / layout.blockRows * gridCols + col / layout.blockCols;
      bool zeroed = format.zero.kind != ZeroKind::None;
      float x = values[row * layout.cols + col];
      float y = decoded[row * layout.cols + col];
      float best = INFINITY;
      for (float candidate : grid(format.code, scales[block],
                                  zeroed ? encoded.zeros[block] : 0, low))
        best = std::min(best, std::abs(candidate - x));
      ASSERT_LE(std::abs(y - x), best + 1e-6f * (std::abs(x) + scales[block]))
          << toString(format) << " at " << row << ", " << col;
    }
}

std::vector<ElementCode> codesToTest() {
  std::vector<ElementCode> codes;
  for (unsigned bits = 1; bits <= 8; ++bits) {
    codes.push_back(ElementCode::makeInt(bits));
    codes.push_back(ElementCode::makeUInt(bits));
  }
  for (auto [e, m] :
       {std::pair(2u, 1u), {3u, 2u}, {2u, 3u}, {4u, 3u}, {5u, 2u}})
    codes.push_back(ElementCode::makeFloat(e, m));
  return codes;
}

constexpr ScaleKind scaleKinds[] = {ScaleKind::F32,  ScaleKind::F16,
                                    ScaleKind::BF16, ScaleKind::E8M0,
                                    ScaleKind::E4M3, ScaleKind::UE5M3};

TEST(RowCodec, Q1_NearestForEveryCodeAndScaleType) {
  std::mt19937 random(2);
  for (const ElementCode &code : codesToTest())
    for (ScaleKind scale : scaleKinds)
      for (bool zero : {false, true})
        for (ScaleSearch search : {ScaleSearch::None, ScaleSearch::MSE}) {
          if (zero && !code.isInteger())
            continue;
          std::uniform_int_distribution<int> size(1, 21);
          std::vector<int64_t> shape = {size(random), size(random)};
          std::vector<int64_t> block = {size(random) % 3 + 1, size(random)};
          EncodeOptions options;
          options.search = search;
          RowCodec codec =
              makeCodec(makeFormat(code, block, scale, zero), shape, options);
          std::vector<float> values =
              randomValues(shape[0] * shape[1], random, 3.0f);
          // Chunks of whole blocks give what the whole gives.
          Encoded whole = encodeAll(codec, values, shape[0]);
          Encoded chunked = encodeAll(codec, values, codec.layout().blockRows);
          ASSERT_EQ(whole.packed, chunked.packed);
          ASSERT_EQ(whole.scales, chunked.scales);
          ASSERT_EQ(whole.zeros, chunked.zeros);
          expectNearest(codec, values, whole, false);
        }
}

// What was decoded is encoded to itself under the same scales.
TEST(RowCodec, Q2_CodesRoundTrip) {
  std::mt19937 random(3);
  for (unsigned bits = 1; bits <= 16; ++bits)
    for (bool isSigned : {false, true})
      for (bool zero : {false, true}) {
        ElementCode code =
            isSigned ? ElementCode::makeInt(bits) : ElementCode::makeUInt(bits);
        RowCodec codec =
            makeCodec(makeFormat(code, {1, 8}, ScaleKind::F32, zero), {64, 30});
        Encoded encoded(codec);
        std::vector<int32_t> codes(64 * 30);
        for (size_t i = 0; i < codes.size(); ++i)
          codes[i] =
              minCode(code) + static_cast<int32_t>((bits <= 8 ? i : random()) &
                                                   ((1u << bits) - 1));
        ASSERT_TRUE(
            packBits(codes.data(), 64, 30, bits, encoded.packed.data()).ok());
        for (size_t i = 0; i < encoded.zeros.size(); ++i) {
          float scale = bitsToFloat(0x3c000000u + (random() & 0xffffff));
          std::memcpy(encoded.scales.data() + 4 * i, &scale, 4);
          encoded.zeros[i] =
              zero ? minCode(code) +
                         static_cast<int32_t>(random() & ((1u << bits) - 1))
                   : 0;
        }
        std::vector<float> values = decodeAll(codec, encoded);
        Encoded again = encoded;
        std::fill(again.packed.begin(), again.packed.end(), 0xff);
        ASSERT_TRUE(
            codec.encodeCodes(values.data(), 0, 64, again.at(codec, 0)).ok());
        ASSERT_EQ(again.packed, encoded.packed) << toString(code);
      }
}

TEST(RowCodec, Q3_UnpackedStoragesAgree) {
  std::mt19937 random(4);
  for (unsigned bits : {1u, 3u, 4u, 7u, 8u, 11u, 15u, 16u})
    for (bool isSigned : {false, true}) {
      ElementCode code =
          isSigned ? ElementCode::makeInt(bits) : ElementCode::makeUInt(bits);
      RowCodec codec =
          makeCodec(makeFormat(code, {1, 5}, ScaleKind::F16, true), {3, 17});
      std::vector<float> values = randomValues(3 * 17, random);
      Encoded packed = encodeAll(codec, values, 3);
      auto check = [&](auto carrier, CodeStorage storage) {
        using T = decltype(carrier);
        std::vector<T> codes(3 * 17), expected(3 * 17);
        Encoded other(codec);
        EncodedRows out = other.at(codec, 0);
        out.codes = codes.data();
        out.storage = storage;
        ASSERT_TRUE(codec.encodeRows(values.data(), 0, 3, out).ok());
        ASSERT_TRUE(unpackBits(packed.packed.data(), 3, 17, bits, isSigned,
                               expected.data())
                        .ok());
        ASSERT_EQ(codes, expected);
        std::vector<float> decoded(3 * 17);
        ConstEncodedRows in{codes.data(), storage, out.scales, out.zeroPoints};
        ASSERT_TRUE(codec.decodeRows(in, 0, 3, decoded.data()).ok());
        ASSERT_EQ(decoded, decodeAll(codec, packed));
      };
      if (isSigned && bits <= 8)
        check(int8_t(), CodeStorage::I8);
      if (!isSigned && bits <= 8)
        check(uint8_t(), CodeStorage::U8);
      if (isSigned || bits <= 15)
        check(int16_t(), CodeStorage::I16);
      if (!isSigned)
        check(uint16_t(), CodeStorage::U16);
    }
}

float scaleOf(const Encoded &encoded, const RowCodec &codec, int64_t i = 0) {
  float scale;
  ScaleKind kind = codec.format().scale.kind;
  decodeScales(kind, encoded.scales.data() + i * scaleBytes(kind), 1, &scale);
  return scale;
}

TEST(RowCodec, S4_S5_SymmetricRanges) {
  Format format = makeFormat(ElementCode::makeInt(4), {1, -1}, ScaleKind::F32);
  RowCodec full = makeCodec(format, {1, 3});
  // 4/8 would do for -4, but 3.75 needs 3.75/7.
  Encoded a = encodeAll(full, {-4.0f, 3.75f, 1.0f}, 1);
  EXPECT_EQ(scaleOf(a, full), 3.75f / 7);
  a = encodeAll(full, {-4.0f, 3.0f, 1.0f}, 1);
  EXPECT_EQ(scaleOf(a, full), 0.5f);
  EXPECT_EQ(decodeAll(full, a), (std::vector<float>{-4.0f, 3.0f, 1.0f}));

  RowCodec positive = makeCodec(
      makeFormat(ElementCode::makeUInt(4), {1, -1}, ScaleKind::F32), {1, 2});
  a = encodeAll(positive, {-9.0f, 7.5f}, 1);
  EXPECT_EQ(scaleOf(a, positive), 0.5f);
  EXPECT_EQ(decodeAll(positive, a), (std::vector<float>{0.0f, 7.5f}));
}

TEST(RowCodec, S6_PowerOfTwoScales) {
  Format format = lookupNamedFormat("mxint8")->format;
  RowCodec codec = makeCodec(format, {1, 2});
  // MXINT8: X = 2^floor(log2(absmax)) times the implicit 2^-6.
  Encoded a = encodeAll(codec, {1.5f, -0.25f}, 1);
  EXPECT_EQ(scaleOf(a, codec), 1.0f / 64);
  EXPECT_EQ(decodeAll(codec, a), (std::vector<float>{1.5f, -0.25f}));
  EncodeOptions options;
  options.e8m0Rule = E8M0Rule::Ceil;
  RowCodec ceil = makeCodec(format, {1, 2}, options);
  // 1.999 * 64 = 127.94 would saturate at 127.
  EXPECT_EQ(scaleOf(encodeAll(codec, {1.999f, 0.0f}, 1), codec), 1.0f / 64);
  EXPECT_EQ(scaleOf(encodeAll(ceil, {1.999f, 0.0f}, 1), ceil), 1.0f / 32);

  // MXFP4: emax of e2m1 is 2.
  RowCodec fp4 = makeCodec(lookupNamedFormat("mxfp4")->format, {1, 2});
  EXPECT_EQ(scaleOf(encodeAll(fp4, {7.9f, 0.0f}, 1), fp4), 1.0f);
  EXPECT_EQ(scaleOf(encodeAll(fp4, {8.0f, 0.0f}, 1), fp4), 2.0f);
  EXPECT_EQ(scaleOf(encodeAll(fp4, {0.0f, 0.0f}, 1), fp4), 0x1p-127f);
}

TEST(RowCodec, S7_Asymmetric) {
  RowCodec codec = makeCodec(
      makeFormat(ElementCode::makeUInt(4), {1, -1}, ScaleKind::F32, true),
      {3, 2});
  Encoded a = encodeAll(codec, {-1.0f, 2.0f, 1.0f, 3.0f, -3.0f, -1.0f}, 3);
  EXPECT_EQ(scaleOf(a, codec, 0), 0.2f);
  EXPECT_EQ(a.zeros[0], 5);
  // The range includes zero.
  EXPECT_EQ(scaleOf(a, codec, 1), 0.2f);
  EXPECT_EQ(a.zeros[1], 0);
  EXPECT_EQ(scaleOf(a, codec, 2), 0.2f);
  EXPECT_EQ(a.zeros[2], 15);
  // Zero is always exact.
  std::mt19937 random(5);
  for (ScaleKind scale : scaleKinds) {
    RowCodec other = makeCodec(
        makeFormat(ElementCode::makeInt(3), {1, 7}, scale, true), {9, 30});
    std::vector<float> values = randomValues(9 * 30, random);
    for (size_t i = 0; i < values.size(); i += 7)
      values[i] = 0.0f;
    std::vector<float> decoded = decodeAll(other, encodeAll(other, values, 9));
    for (size_t i = 0; i < values.size(); i += 7)
      ASSERT_EQ(decoded[i], 0.0f);
  }
}

// The chosen scale has the least error of all candidates, computed here anew.
TEST(RowCodec, S8_SearchFindsTheBestCandidate) {
  std::mt19937 random(6);
  for (bool zero : {false, true})
    for (bool weighted : {false, true}) {
      Format format =
          makeFormat(ElementCode::makeInt(3), {1, -1}, ScaleKind::F32, zero);
      std::vector<float> values = randomValues(100, random);
      std::vector<float> weights(100, 1.0f);
      EncodeOptions options;
      options.search = ScaleSearch::MSE;
      options.searchSteps = 21;
      options.searchLow = 0.3f;
      if (weighted) {
        for (float &weight : weights)
          weight = std::abs(randomValues(1, random)[0]);
        options.columnWeights = weights.data();
      }
      RowCodec codec = makeCodec(format, {1, 100}, options);
      auto weightedError = [&](const Encoded &encoded) {
        std::vector<float> decoded = decodeAll(codec, encoded);
        double sum = 0;
        for (int i = 0; i < 100; ++i)
          sum += std::pow(decoded[i] - values[i], 2.0) * weights[i];
        return sum;
      };
      double found = weightedError(encodeAll(codec, values, 1));
      RowCodec plain = makeCodec(format, {1, 100});
      double best = INFINITY;
      for (int i = 0; i < 21; ++i) {
        // A candidate is what the clipped range gives.
        float factor = 1.0f - 0.7f * i / 20;
        auto [min, max] = std::minmax_element(values.begin(), values.end());
        std::vector<float> clipped = values;
        for (float &value : clipped)
          value = std::clamp(value, *min * factor, *max * factor);
        Encoded candidate(codec);
        ASSERT_TRUE(
            plain.chooseScales(clipped.data(), 0, 1, candidate.at(codec, 0))
                .ok());
        ASSERT_TRUE(
            codec.encodeCodes(values.data(), 0, 1, candidate.at(codec, 0))
                .ok());
        best = std::min(best, weightedError(candidate));
      }
      EXPECT_NEAR(found, best, 1e-5 * best);
      EXPECT_LT(found, weightedError(encodeAll(plain, values, 1)));
    }
}

TEST(RowCodec, S8_SearchIsNeverWorse) {
  std::mt19937 random(7);
  for (const ElementCode &code : codesToTest())
    for (ScaleKind scale : scaleKinds) {
      Format format = makeFormat(code, {1, 16}, scale);
      EncodeOptions options;
      options.search = ScaleSearch::MSE;
      RowCodec plain = makeCodec(format, {8, 50});
      RowCodec search = makeCodec(format, {8, 50}, options);
      std::vector<float> values = randomValues(8 * 50, random);
      double before =
          squaredError(values, decodeAll(plain, encodeAll(plain, values, 8)));
      double after =
          squaredError(values, decodeAll(search, encodeAll(search, values, 8)));
      EXPECT_LE(after, before * (1 + 1e-6)) << toString(format);
    }
}

TEST(RowCodec, S9_OuterScale) {
  Format format = lookupNamedFormat("nvfp4")->format;
  EXPECT_EQ(outerScaleFor(format, 6.0f * 448.0f), 1.0f);
  EXPECT_EQ(outerScaleFor(format, 0.0f), 1.0f);
  EXPECT_EQ(outerScaleFor(lookupNamedFormat("mxfp4")->format, 3.0f), 1.0f);
  std::mt19937 random(8);
  std::vector<float> values = randomValues(4 * 64, random, 1e-3f);
  float absMax = 0;
  for (float value : values)
    absMax = std::max(absMax, std::abs(value));
  EncodeOptions options;
  options.outerScale = outerScaleFor(format, absMax);
  RowCodec codec = makeCodec(format, {4, 64}, options);
  std::vector<float> decoded = decodeAll(codec, encodeAll(codec, values, 2));
  double signal = squaredError(values, std::vector<float>(values.size()));
  // algorithms.md §6 measures 0.009 on normal values.
  EXPECT_LT(squaredError(values, decoded) / signal, 0.012);
}

TEST(RowCodec, S3_ExtremeBlocks) {
  float tiny = std::numeric_limits<float>::denorm_min();
  float huge = std::numeric_limits<float>::max();
  for (const ElementCode &code : codesToTest())
    for (ScaleKind scale : scaleKinds)
      for (bool zero : {false, true}) {
        if (zero && !code.isInteger())
          continue;
        RowCodec codec =
            makeCodec(makeFormat(code, {1, 4}, scale, zero), {4, 4});
        std::vector<float> values = {0,     0,    -0.f,   0,     tiny, -tiny,
                                     0,     tiny, huge,   -huge, 1,    0,
                                     1e-3f, 1e3f, -1e-3f, 5};
        for (float value : decodeAll(codec, encodeAll(codec, values, 4)))
          ASSERT_FALSE(std::isnan(value)) << toString(codec.format());
      }
}

TEST(RowCodec, Q4_FloatsWithoutScale) {
  std::vector<float> values = {1.0f, -2.5f, 65504.0f, 1e9f, NAN, -INFINITY};
  auto decoded = [&](const char *name) {
    RowCodec codec = makeCodec(lookupNamedFormat(name)->format, {2, 3});
    return decodeAll(codec, encodeAll(codec, values, 1));
  };
  std::vector<float> f16 = decoded("f16");
  EXPECT_EQ(f16[2], 65504.0f);
  EXPECT_EQ(f16[3], INFINITY);
  EXPECT_TRUE(std::isnan(f16[4]));
  std::vector<float> e4m3 = decoded("e4m3");
  EXPECT_EQ(e4m3[3], 448.0f);
  EXPECT_EQ(e4m3[5], -448.0f);
  EXPECT_TRUE(std::isnan(e4m3[4]));
  std::vector<float> f32 = decoded("f32");
  EXPECT_EQ(std::memcmp(f32.data(), values.data(), 24), 0);

  Format integers;
  integers.code = ElementCode::makeInt(8);
  RowCodec codec = makeCodec(integers, {4});
  EXPECT_EQ(decodeAll(codec, encodeAll(codec, {0.5f, 1.5f, -300.f, 7.f}, 1)),
            (std::vector<float>{0, 2, -128, 7}));
}

TEST(RowCodec, D1_NaNScaleGivesNaN) {
  RowCodec codec = makeCodec(lookupNamedFormat("mxint8")->format, {1, 2});
  Encoded encoded(codec);
  encoded.scales[0] = 255;
  for (float value : decodeAll(codec, encoded))
    EXPECT_TRUE(std::isnan(value));
}

TEST(RowCodec, Q5_ValuesThatAreNotFiniteAreNamed) {
  RowCodec codec = makeCodec(
      makeFormat(ElementCode::makeInt(4), {1, 4}, ScaleKind::F16), {3, 10});
  for (float bad : {NAN, INFINITY, -INFINITY}) {
    std::vector<float> values(30, 1.0f);
    values[2 * 10 + 9] = bad;
    Encoded encoded(codec);
    EXPECT_EQ(codec.encodeRows(values.data() + 10, 1, 2, encoded.at(codec, 1))
                  .message(),
              "the value at row 2, column 9 is NaN or Inf; int<4>, block = "
              "[1, 4], scale = f16 needs finite values");
  }
}

TEST(RowCodec, BadArgumentsAreNamed) {
  Format format = makeFormat(ElementCode::makeInt(4), {4, 4}, ScaleKind::F16);
  auto refusal = [&](const Format &f, const EncodeOptions &options) {
    return RowCodec::create(f, {10, 10}, options).message();
  };
  EXPECT_EQ(refusal(lookupNamedFormat("nf4")->format, {}),
            "no encoding for element code table<4, @nf4>");
  EncodeOptions options;
  options.outerScale = 2.0f;
  EXPECT_EQ(refusal(format, options), "outer scale: int<4>, block = [4, 4], "
                                      "scale = f16 has none");
  options.outerScale = INFINITY;
  EXPECT_EQ(refusal(lookupNamedFormat("nvfp4")->format, options),
            "the outer scale must be positive and finite");
  options = {};
  options.pairOrder = {1};
  EXPECT_EQ(refusal(lookupNamedFormat("uint4")->format, options),
            "bounded pairs are of int<8> without zero point, not of uint<4>, "
            "block = [1, -1], scale = f32, zero = uint<4>");
  Format bytes = makeFormat(ElementCode::makeInt(8), {1, -1}, ScaleKind::F32);
  for (std::vector<int64_t> order :
       {std::vector<int64_t>{0}, {2}, {1, 1}, {1, 2}}) {
    options.pairOrder = order;
    EXPECT_EQ(refusal(bytes, options), "the order of bounded pairs must hold "
                                       "each axis from 1 to 1 once");
  }
  options.pairOrder = {1};
  bytes.block = {1, 5};
  EXPECT_EQ(refusal(bytes, options),
            "bounded pairs share a scale along all axes but the first, which "
            "int<8>, block = [1, 5], scale = f32 has not");
  options = {};
  options.search = ScaleSearch::MSE;
  options.searchSteps = 1;
  EXPECT_EQ(refusal(format, options), "scale search needs at least 2 steps");
  options.searchSteps = 9;
  options.searchLow = NAN;
  EXPECT_EQ(refusal(format, options), "scale search needs 0 < low < high");

  RowCodec codec = makeCodec(format, {10, 10});
  std::vector<float> values(100, 1.0f);
  Encoded encoded(codec);
  EncodedRows out = encoded.at(codec, 0);
  EXPECT_EQ(codec.encodeRows(values.data(), 0, 3, out).message(),
            "rows 0 to 3 of 10 are not whole blocks of 4 rows");
  EXPECT_EQ(codec.encodeRows(values.data(), 8, 4, out).message(),
            "rows 8 to 12 of 10 are not whole blocks of 4 rows");
  EXPECT_TRUE(codec.encodeRows(values.data(), 8, 2, out).ok());
  out.storage = CodeStorage::U8;
  EXPECT_EQ(codec.encodeRows(values.data(), 0, 4, out).message(),
            "codes of int<4> do not fit the unpacked type asked for");
  out.scales = nullptr;
  EXPECT_EQ(codec.encodeRows(values.data(), 0, 4, out).message(),
            "no buffer for scales");
  out = encoded.at(codec, 0);
  out.codes = nullptr;
  EXPECT_EQ(codec.encodeRows(values.data(), 0, 4, out).message(),
            "no buffer for codes");
  codec = makeCodec(
      makeFormat(ElementCode::makeInt(4), {4, 4}, ScaleKind::F16, true),
      {10, 10});
  out = encoded.at(codec, 0);
  out.zeroPoints = nullptr;
  EXPECT_EQ(codec.encodeRows(values.data(), 0, 4, out).message(),
            "no buffer for zero points");
}

} // namespace
