//===- MiniFloatTest.cpp - Rules F-*, S-1 to S-3 ----------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Formats/MiniFloat.h"

#include "gtest/gtest.h"

#include <cmath>
#include <limits>

using namespace nibble::formats;

namespace {

struct Case {
  unsigned e, m;
  FloatConvention convention;
};

std::string caseName(const testing::TestParamInfo<Case> &info) {
  return "e" + std::to_string(info.param.e) + "m" +
         std::to_string(info.param.m) +
         std::string(name(info.param.convention));
}

/// F-1 and F-2 spelled out, with no code in common with MiniFloat.
double valueOf(const Case &format, uint32_t code) {
  bool fnuz = format.convention == FloatConvention::FNUZ;
  uint32_t mantissa = code & ((1u << format.m) - 1);
  uint32_t exponent = (code >> format.m) & ((1u << format.e) - 1);
  bool negative = code >> (format.e + format.m) & 1;
  bool topExponent = exponent == (1u << format.e) - 1;
  bool topMantissa = mantissa == (1u << format.m) - 1;
  double nan = std::numeric_limits<double>::quiet_NaN();
  double sign = negative ? -1 : 1;
  if (format.convention == FloatConvention::IEEE && topExponent)
    return mantissa ? nan : sign * std::numeric_limits<double>::infinity();
  if (format.convention == FloatConvention::FN && topExponent && topMantissa)
    return nan;
  if (fnuz && negative && exponent == 0 && mantissa == 0)
    return nan;
  int bias = (1 << (format.e - 1)) - (fnuz ? 0 : 1);
  double fraction =
      std::ldexp(static_cast<double>(mantissa), -static_cast<int>(format.m));
  if (exponent == 0)
    return sign * std::ldexp(fraction, 1 - bias);
  return sign * std::ldexp(1 + fraction, static_cast<int>(exponent) - bias);
}

class MiniFloatTest : public testing::TestWithParam<Case> {
protected:
  MiniFloat codec(Overflow overflow) const {
    const Case &p = GetParam();
    return MiniFloat(ElementCode::makeFloat(p.e, p.m, p.convention), overflow);
  }
  uint32_t codes() const { return 1u << (1 + GetParam().e + GetParam().m); }
  uint32_t signBit() const { return codes() / 2; }
};

TEST_P(MiniFloatTest, F1_EveryCodeDecodes) {
  MiniFloat format = codec(Overflow::Saturate);
  for (uint32_t code = 0; code < codes(); ++code) {
    double expected = valueOf(GetParam(), code);
    float actual = format.decode(code);
    if (std::isnan(expected)) {
      EXPECT_TRUE(std::isnan(actual)) << code;
      continue;
    }
    ASSERT_EQ(static_cast<double>(actual), expected) << code;
    ASSERT_EQ(std::signbit(actual), std::signbit(expected)) << code;
  }
}

TEST_P(MiniFloatTest, F3_EveryCodeRoundTrips) {
  for (Overflow overflow : {Overflow::Saturate, Overflow::NonFinite}) {
    MiniFloat format = codec(overflow);
    for (uint32_t code = 0; code < codes(); ++code) {
      float value = format.decode(code);
      if (std::isfinite(value))
        ASSERT_EQ(format.encode(value), code);
    }
  }
}

// Between any two neighbours: halfway goes to the even code, the floats next
// to halfway to the nearer one.
TEST_P(MiniFloatTest, F3_NearestTiesToEven) {
  MiniFloat format = codec(Overflow::Saturate);
  float inf = std::numeric_limits<float>::infinity();
  for (uint32_t code = 0; code < format.largestCode(); ++code) {
    double low = valueOf(GetParam(), code);
    double high = valueOf(GetParam(), code + 1);
    float half = static_cast<float>((low + high) / 2);
    uint32_t even = code % 2 ? code + 1 : code;
    for (uint32_t sign : {0u, 1u}) {
      auto expect = [&](float value, uint32_t nearest) {
        // There is no -0 in fnuz.
        bool noSign =
            GetParam().convention == FloatConvention::FNUZ && nearest == 0;
        uint32_t expected = nearest | (sign && !noSign ? signBit() : 0);
        ASSERT_EQ(format.encode(sign ? -value : value), expected)
            << value << " between codes " << code << " and " << code + 1;
      };
      expect(half, even);
      expect(std::nextafter(half, 0.0f), code);
      expect(std::nextafter(half, inf), code + 1);
    }
  }
}

TEST_P(MiniFloatTest, F4_Overflow) {
  MiniFloat saturating = codec(Overflow::Saturate);
  MiniFloat standard = codec(Overflow::NonFinite);
  uint32_t top = saturating.largestCode();
  float inf = std::numeric_limits<float>::infinity();
  double step = valueOf(GetParam(), top) - valueOf(GetParam(), top - 1);
  // Half a step above the largest value still rounds to it if that is even.
  double limit = valueOf(GetParam(), top) + step / 2;
  auto below = std::nextafter(static_cast<float>(limit), 0.0f);
  EXPECT_EQ(standard.encode(below), top);
  EXPECT_EQ(saturating.encode(below), top);
  EXPECT_EQ(saturating.encode(inf), top);
  EXPECT_EQ(saturating.encode(-inf), top | signBit());
  EXPECT_EQ(saturating.encode(std::numeric_limits<float>::max()), top);
  float above = standard.decode(standard.encode(inf));
  if (GetParam().convention == FloatConvention::IEEE)
    EXPECT_EQ(above, inf);
  else if (GetParam().convention == FloatConvention::Finite)
    EXPECT_EQ(above, saturating.maxFinite());
  else
    EXPECT_TRUE(std::isnan(above));
  EXPECT_EQ(saturating.maxExponent(), std::ilogb(valueOf(GetParam(), top)));
}

TEST_P(MiniFloatTest, F5_NaN) {
  float nan = std::numeric_limits<float>::quiet_NaN();
  for (Overflow overflow : {Overflow::Saturate, Overflow::NonFinite})
    for (float value : {nan, -nan}) {
      MiniFloat format = codec(overflow);
      uint32_t code = format.encode(value);
      ASSERT_LT(code, codes());
      if (GetParam().convention == FloatConvention::Finite)
        EXPECT_EQ(code, signBit());
      else
        EXPECT_TRUE(std::isnan(format.decode(code)));
    }
}

constexpr FloatConvention ieee = FloatConvention::IEEE;
constexpr FloatConvention fn = FloatConvention::FN;
constexpr FloatConvention fnuz = FloatConvention::FNUZ;
constexpr FloatConvention finite = FloatConvention::Finite;

std::vector<Case> allUpTo8Bits() {
  std::vector<Case> cases;
  for (unsigned e = 1; e <= 7; ++e)
    for (unsigned m = 0; e + m <= 7; ++m)
      for (FloatConvention convention : {ieee, fn, fnuz, finite}) {
        Format format;
        format.code = ElementCode::makeFloat(e, m, convention);
        if (validate(format).ok())
          cases.push_back({e, m, convention});
      }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(UpTo8Bits, MiniFloatTest,
                         testing::ValuesIn(allUpTo8Bits()), caseName);
INSTANTIATE_TEST_SUITE_P(Sixteen, MiniFloatTest,
                         testing::Values(Case{5, 10, ieee}, Case{8, 7, ieee},
                                         Case{6, 9, ieee}, Case{4, 11, fn},
                                         Case{5, 10, fnuz}, Case{3, 8, finite}),
                         caseName);

TEST(MiniFloat, F6_Shorthands) {
  EXPECT_EQ(encodeF16(1.0f), 0x3c00);
  EXPECT_EQ(encodeF16(65519.0f), 0x7bff);
  EXPECT_EQ(encodeF16(65520.0f), 0x7c00);
  EXPECT_EQ(encodeBF16(1.0f), 0x3f80);
  EXPECT_EQ(encodeBF16(3.4e38f), 0x7f80);
  EXPECT_EQ(encodeE4M3(1e9f), 0x7e);
  for (uint32_t code = 0; code < 1u << 16; ++code) {
    float value = decodeBF16(static_cast<uint16_t>(code));
    if (!std::isnan(value))
      ASSERT_EQ(floatToBits(value), code << 16);
  }
}

#ifdef __FLT16_MAX__
// The compiler's own binary16.
TEST(MiniFloat, F6_HalfIsTheCompilers) {
  for (uint32_t code = 0; code < 1u << 16; ++code) {
    auto bits = static_cast<uint16_t>(code);
    _Float16 half;
    std::memcpy(&half, &bits, 2);
    float expected = static_cast<float>(half);
    if (std::isnan(expected))
      ASSERT_TRUE(std::isnan(decodeF16(bits)));
    else
      ASSERT_EQ(decodeF16(bits), expected);
  }
  for (uint64_t i = 0; i < (1u << 20); ++i) {
    float value = bitsToFloat(static_cast<uint32_t>(i * 4093));
    if (std::isnan(value))
      continue;
    _Float16 half = static_cast<_Float16>(value);
    uint16_t expected;
    std::memcpy(&expected, &half, 2);
    ASSERT_EQ(encodeF16(value), expected) << value;
  }
}
#endif

TEST(MiniFloat, S2_E8M0) {
  for (int code = 0; code < 255; ++code) {
    float value = decodeE8M0(static_cast<uint8_t>(code));
    ASSERT_EQ(value, std::ldexp(1.0f, code - 127));
    float up = std::nextafter(value, INFINITY);
    float tie = value * 1.5f;
    int next = std::min(code + 1, 254);
    for (PowerRounding rounding :
         {PowerRounding::Down, PowerRounding::Up, PowerRounding::Nearest})
      ASSERT_EQ(encodeE8M0(value, rounding), code);
    ASSERT_EQ(encodeE8M0(up, PowerRounding::Down), code);
    ASSERT_EQ(encodeE8M0(up, PowerRounding::Up), next);
    ASSERT_EQ(encodeE8M0(tie, PowerRounding::Nearest), next);
    ASSERT_EQ(encodeE8M0(std::nextafter(tie, 0.0f), PowerRounding::Nearest),
              code);
  }
  EXPECT_TRUE(std::isnan(decodeE8M0(255)));
  for (float value : {0.0f, -0.0f, -1.0f, INFINITY, NAN})
    EXPECT_EQ(encodeE8M0(value, PowerRounding::Up), 255);
  EXPECT_EQ(encodeE8M0(1e-45f, PowerRounding::Down), 0);
}

TEST(MiniFloat, S3_ScalesArePositiveAndFinite) {
  for (ScaleKind kind : {ScaleKind::F32, ScaleKind::F16, ScaleKind::BF16,
                         ScaleKind::E8M0, ScaleKind::E4M3, ScaleKind::UE5M3})
    for (float value :
         {0.0f, 1e-45f, 1e-30f, 1e-3f, 1.0f, 3e4f, 1e30f, 3.4e38f, INFINITY}) {
      if (kind == ScaleKind::E8M0 && std::isinf(value))
        continue;
      float stored = decodeScale(kind, encodeScale(kind, value));
      EXPECT_TRUE(stored > 0 && std::isfinite(stored))
          << name(kind) << " " << value;
    }
  EXPECT_EQ(decodeScale(ScaleKind::UE5M3, encodeScale(ScaleKind::UE5M3, 1e9f)),
            114688.0f);
  EXPECT_EQ(encodeScale(ScaleKind::UE5M3, 1.0f), 0x78u);
  EXPECT_EQ(scaleBytes(ScaleKind::UE6M2), 0u);
}

} // namespace
