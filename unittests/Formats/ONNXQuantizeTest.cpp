//===- ONNXQuantizeTest.cpp - Rules O-* -------------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Formats/ONNXQuantize.h"

#include "gtest/gtest.h"

#include <cmath>
#include <vector>

using namespace nibble::formats;

namespace {

TEST(ONNXQuantize, O1_RoundsThenAddsTheZeroPoint) {
  // Ties go to even before the odd zero point is added.
  std::vector<float> x = {0.5f, 1.5f, 2.5f, -0.5f, -1.5f, 1e30f, -1e30f, NAN};
  float scale = 1.0f;
  int8_t zero = 1;
  std::vector<int8_t> y(x.size());
  ScaleLayout layout;
  layout.inner = static_cast<int64_t>(x.size());
  ASSERT_TRUE(quantizeLinear(x.data(), layout, &scale, &zero,
                             integerRange(8, true), y.data())
                  .ok());
  EXPECT_EQ(y, (std::vector<int8_t>{1, 3, 3, 1, -1, 127, -128, -128}));
  ASSERT_TRUE(quantizeLinear<int8_t>(x.data(), layout, &scale, nullptr,
                                     integerRange(4, true), y.data())
                  .ok());
  EXPECT_EQ(y, (std::vector<int8_t>{0, 2, 2, 0, -2, 7, -8, -8}));
}

TEST(ONNXQuantize, O1_LayoutsOfScales) {
  // [2, 3, 2], axis 1.
  std::vector<float> x(12, 12.0f);
  std::vector<uint8_t> y(12);
  ScaleLayout layout{2, 3, 2, Granularity::PerAxis};
  std::vector<float> scales = {1, 2, 3};
  ASSERT_TRUE(quantizeLinear<uint8_t>(x.data(), layout, scales.data(), nullptr,
                                      integerRange(8, false), y.data())
                  .ok());
  EXPECT_EQ(y, (std::vector<uint8_t>{12, 12, 6, 6, 4, 4, 12, 12, 6, 6, 4, 4}));
  // Blocks of 2 along it: scales are [2, 2, 2].
  layout.granularity = Granularity::Blocked;
  layout.block = 2;
  ASSERT_EQ(layout.scaleCount(), 8);
  scales = {1, 2, 3, 4, 6, 12, 4, 2};
  ASSERT_TRUE(quantizeLinear<uint8_t>(x.data(), layout, scales.data(), nullptr,
                                      integerRange(8, false), y.data())
                  .ok());
  EXPECT_EQ(y, (std::vector<uint8_t>{12, 6, 12, 6, 4, 3, 2, 1, 2, 1, 3, 6}));
  std::vector<float> back(12);
  ASSERT_TRUE(dequantizeLinear<uint8_t>(y.data(), layout, scales.data(),
                                        nullptr, back.data())
                  .ok());
  EXPECT_EQ(back, x);
}

TEST(ONNXQuantize, O1_EveryUint16CodeRoundTrips) {
  float scale = 0.0123f;
  std::vector<uint16_t> codes(1 << 16), again(1 << 16);
  for (size_t i = 0; i < codes.size(); ++i)
    codes[i] = static_cast<uint16_t>(i);
  std::vector<float> x(codes.size());
  ScaleLayout layout;
  layout.inner = 1 << 16;
  for (uint16_t zero : {0, 1, 32768, 65535}) {
    ASSERT_TRUE(
        dequantizeLinear(codes.data(), layout, &scale, &zero, x.data()).ok());
    ASSERT_TRUE(quantizeLinear(x.data(), layout, &scale, &zero,
                               integerRange(16, false), again.data())
                    .ok());
    ASSERT_EQ(again, codes);
  }
}

TEST(ONNXQuantize, O2_Int32) {
  std::vector<int32_t> x = {INT32_MAX, INT32_MIN, 5};
  std::vector<int32_t> zero = {-1};
  std::vector<float> y(3);
  float scale = 0.5f;
  ScaleLayout layout;
  layout.inner = 3;
  ASSERT_TRUE(
      dequantizeLinear(x.data(), layout, &scale, zero.data(), y.data()).ok());
  EXPECT_EQ(y, (std::vector<float>{0x1p30f, -0x1p30f, 3.0f}));
}

TEST(ONNXQuantize, O3_DynamicScale) {
  DynamicScale s = dynamicScale(-1.0f, 2.0f);
  EXPECT_EQ(s.scale, 3.0f / 255.0f);
  EXPECT_EQ(s.zeroPoint, 85);
  s = dynamicScale(1.0f, 2.0f);
  EXPECT_EQ(s.scale, 2.0f / 255.0f);
  EXPECT_EQ(s.zeroPoint, 0);
  s = dynamicScale(-2.0f, -1.0f);
  EXPECT_EQ(s.zeroPoint, 255);
  s = dynamicScale(0.0f, 0.0f);
  EXPECT_EQ(s.scale, 1.0f / 255.0f);
  EXPECT_EQ(s.zeroPoint, 0);
  std::vector<float> x = {1.0f, NAN};
  uint8_t y[2];
  EXPECT_EQ(dynamicQuantizeLinear(x.data(), 2, y).message(),
            "element 1 is NaN or Inf; quantization needs finite values");
}

TEST(ONNXQuantize, O5_Requantize) {
  std::vector<int32_t> sums = {1, 3, -1, 1000, -1000, INT32_MAX, INT32_MIN};
  std::vector<uint8_t> y(sums.size());
  requantize(sums.data(), sums.size(), 0.5f, 101, integerRange(8, false),
             y.data());
  EXPECT_EQ(y, (std::vector<uint8_t>{101, 103, 101, 255, 0, 255, 0}));
  EXPECT_EQ(requantizeMultiplier(0.1f, 0.3f, 0.7f), 0.1f * 0.3f / 0.7f);
}

TEST(ONNXQuantize, BadArgumentsAreNamed) {
  float x = 0, scale = 1;
  int8_t y;
  ScaleLayout layout;
  EXPECT_EQ(quantizeLinear<int8_t>(&x, layout, &scale, nullptr,
                                   integerRange(8, false), &y)
                .message(),
            "range [0, 255] does not fit the output type");
  layout.axis = -1;
  EXPECT_EQ(quantizeLinear<int8_t>(&x, layout, &scale, nullptr,
                                   integerRange(8, true), &y)
                .message(),
            "a dimension is negative");
  auto refusal = [&] {
    return quantizeLinear<int8_t>(&x, layout, &scale, nullptr,
                                  integerRange(8, true), &y)
        .message();
  };
  layout.axis = layout.outer = int64_t(1) << 40;
  EXPECT_EQ(refusal(), "the tensor has more than 2^63 elements");
  layout.granularity = Granularity::Blocked;
  layout.block = 0;
  EXPECT_EQ(refusal(), "the block size must be at least 1");
}

} // namespace
