//===- GoldenTest.cpp - Against public implementations ----------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Inputs/make_golden.py ran ml_dtypes, the ONNX reference evaluator and ONNX
// Runtime on the inputs that are made here in the same way.
//
//===----------------------------------------------------------------------===//

#include "nibble/Formats/MiniFloat.h"
#include "nibble/Formats/NamedFormats.h"
#include "nibble/Formats/ONNXQuantize.h"
#include "nibble/Formats/Packing.h"
#include "nibble/Formats/RowCodec.h"

#include "gtest/gtest.h"

#include <cmath>

using namespace nibble::formats;

namespace {

struct GoldenFloat {
  const char *name;
  unsigned e, m;
  FloatConvention convention;
  uint64_t decode, encode;
};
struct GoldenLinear {
  unsigned bits;
  bool isSigned;
  Granularity granularity;
  int64_t block;
  uint64_t codes, values;
};
struct GoldenDynamic {
  float scale, shift;
  uint32_t scaleBits;
  int zero;
  uint64_t codes;
};
struct GoldenNBits {
  unsigned bits;
  uint64_t values;
};

#include "Inputs/Golden.h"

/// FNV-1a over little-endian words.
class Hash {
public:
  void add(uint32_t word) {
    for (int b = 0; b < 4; ++b)
      state = (state ^ (word >> (8 * b) & 0xff)) * 0x100000001b3u;
  }
  void add(float value) {
    add(std::isnan(value) ? 0x7fc00000u : floatToBits(value));
  }
  uint64_t get() const { return state; }

private:
  uint64_t state = 0xcbf29ce484222325u;
};

uint32_t scramble(uint64_t index) {
  return static_cast<uint32_t>(index * 2654435761u);
}
float uniform(uint64_t index) {
  return static_cast<float>(scramble(index) >> 8) * 0x1p-20f - 8.0f;
}

std::vector<float> encodeInputs() {
  std::vector<float> values;
  for (int pass = 0; pass < 2; ++pass)
    for (uint64_t i = 0; i < 20000; ++i) {
      uint32_t bits = scramble(i);
      if (pass == 1)
        bits = (bits & 0x807fffffu) | (107 + (bits >> 9) % 41) << 23;
      if ((bits & 0x7fffffffu) <= 0x7f800000u)
        values.push_back(bitsToFloat(bits));
    }
  return values;
}

TEST(Golden, F1_F3_MlDtypes) {
  for (const GoldenFloat &golden : goldenFloats) {
    MiniFloat format(
        ElementCode::makeFloat(golden.e, golden.m, golden.convention),
        Overflow::NonFinite);
    Hash decoded, encoded;
    for (uint32_t code = 0; code < 1u << (1 + golden.e + golden.m); ++code)
      decoded.add(format.decode(code));
    for (float value : encodeInputs())
      encoded.add(format.encode(value));
    EXPECT_EQ(decoded.get(), golden.decode) << golden.name;
    EXPECT_EQ(encoded.get(), golden.encode) << golden.name;
  }
}

TEST(Golden, S2_MlDtypesE8M0) {
  Hash decoded, encoded;
  for (int code = 0; code < 256; ++code)
    decoded.add(decodeE8M0(static_cast<uint8_t>(code)));
  for (float value : encodeInputs()) {
    value = std::abs(value);
    if (value >= 0x1p-126f && value < 0x1p127f)
      encoded.add(uint32_t(encodeE8M0(value, PowerRounding::Nearest)));
  }
  EXPECT_EQ(decoded.get(), goldenE8M0Decode);
  EXPECT_EQ(encoded.get(), goldenE8M0Encode);
}

template <typename T> void checkLinear(const GoldenLinear &golden) {
  ScaleLayout layout{3, 10, 4, golden.granularity, golden.block};
  std::vector<float> x(layout.size()), values(layout.size());
  for (size_t i = 0; i < x.size(); ++i)
    x[i] = uniform(i);
  IntegerRange range = integerRange(golden.bits, golden.isSigned);
  std::vector<float> scales(layout.scaleCount());
  std::vector<T> zeros(scales.size()), codes(x.size());
  for (size_t i = 0; i < scales.size(); ++i) {
    scales[i] = std::ldexp(uniform(1000 + i) + 24.0f,
                           -2 - static_cast<int>(golden.bits));
    zeros[i] =
        static_cast<T>(range.low + static_cast<int64_t>(scramble(2000 + i) >>
                                                        (32 - golden.bits)));
  }
  ASSERT_TRUE(quantizeLinear(x.data(), layout, scales.data(), zeros.data(),
                             range, codes.data())
                  .ok());
  ASSERT_TRUE(dequantizeLinear(codes.data(), layout, scales.data(),
                               zeros.data(), values.data())
                  .ok());
  Hash codeHash, valueHash;
  for (T code : codes)
    codeHash.add(static_cast<uint32_t>(static_cast<int32_t>(code)));
  for (float value : values)
    valueHash.add(value);
  EXPECT_EQ(codeHash.get(), golden.codes)
      << golden.bits << " " << golden.isSigned << " " << golden.block;
  EXPECT_EQ(valueHash.get(), golden.values)
      << golden.bits << " " << golden.isSigned << " " << golden.block;
}

TEST(Golden, O1_O2_ReferenceEvaluator) {
  for (const GoldenLinear &golden : goldenLinear) {
    if (golden.bits <= 8)
      golden.isSigned ? checkLinear<int8_t>(golden)
                      : checkLinear<uint8_t>(golden);
    else
      golden.isSigned ? checkLinear<int16_t>(golden)
                      : checkLinear<uint16_t>(golden);
  }
}

TEST(Golden, O3_ReferenceEvaluator) {
  for (const GoldenDynamic &golden : goldenDynamic) {
    std::vector<float> x(1000);
    std::vector<uint8_t> y(1000);
    for (size_t i = 0; i < x.size(); ++i)
      x[i] = uniform(i) * golden.scale + golden.shift;
    Result<DynamicScale> result =
        dynamicQuantizeLinear(x.data(), 1000, y.data());
    ASSERT_TRUE(result.ok()) << result.message();
    EXPECT_EQ(floatToBits(result->scale), golden.scaleBits);
    EXPECT_EQ(result->zeroPoint, golden.zero);
    Hash hash;
    for (uint8_t code : y)
      hash.add(uint32_t(code));
    EXPECT_EQ(hash.get(), golden.codes) << golden.scale;
  }
}

TEST(Golden, O4_O5_OnnxRuntimeQLinearMatMul) {
  float multiplier = requantizeMultiplier(0.02f, 0.03f, 0.35f);
  Hash hash;
  for (int m = 0; m < 7; ++m)
    for (int n = 0; n < 9; ++n) {
      int32_t sum = 0;
      for (int k = 0; k < 33; ++k)
        sum += (static_cast<int32_t>(scramble(m * 33 + k) >> 24) - 113) *
               (static_cast<int32_t>(scramble(500 + k * 9 + n) >> 24) - 131);
      uint8_t y;
      requantize(&sum, 1, multiplier, 97, integerRange(8, false), &y);
      hash.add(uint32_t(y));
    }
  EXPECT_EQ(hash.get(), goldenQLinearMatMul);
}

TEST(Golden, O8_OnnxRuntimeMatMulNBits) {
  constexpr int64_t n = 5, k = 96, block = 32, blocks = k / block;
  for (const GoldenNBits &golden : goldenNBits) {
    Format format = lookupNamedFormat("matmulnbits")->format;
    format.code = ElementCode::makeUInt(golden.bits);
    format.zero.bits = golden.bits;
    Result<RowCodec> codec = RowCodec::create(format, {n, k});
    ASSERT_TRUE(codec.ok()) << codec.message();
    auto bytes = [](int64_t count, uint64_t seed) {
      std::vector<uint8_t> result(count);
      for (int64_t i = 0; i < count; ++i)
        result[i] = static_cast<uint8_t>(scramble(seed + i) >> 24);
      return result;
    };
    std::vector<uint8_t> packed = bytes(n * codec->rowBytes(), 0);
    std::vector<uint8_t> packedZeros =
        bytes(n * bitStreamBytes(blocks, golden.bits), 700);
    std::vector<int32_t> zeros(n * blocks);
    ASSERT_TRUE(unpackBits(packedZeros.data(), n, blocks, golden.bits, false,
                           zeros.data())
                    .ok());
    std::vector<float> scales(n * blocks), values(n * k);
    for (size_t i = 0; i < scales.size(); ++i)
      scales[i] = std::abs(uniform(900 + i));
    ConstEncodedRows in{packed.data(), CodeStorage::Packed, scales.data(),
                        zeros.data()};
    ASSERT_TRUE(codec->decodeRows(in, 0, n, values.data()).ok());
    Hash hash;
    for (float value : values)
      // The product with an identity matrix has no -0.
      hash.add(value + 0.0f);
    EXPECT_EQ(hash.get(), golden.values) << golden.bits;
  }
}

} // namespace
