//===- PackingTest.cpp - Rules P-1 to P-4 -----------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Formats/Packing.h"

#include "gtest/gtest.h"

#include <random>
#include <vector>

using namespace nibble::formats;

namespace {

/// P-1: bit `index` of a row.
bool bitOf(const std::vector<uint8_t> &bytes, int64_t base, int64_t index) {
  return bytes[base + index / 8] >> (index % 8) & 1;
}

template <typename T>
void checkWidth(unsigned bits, bool isSigned, std::mt19937 &random) {
  uint32_t mask = (1u << bits) - 1;
  for (int64_t cols = 0; cols <= 35; ++cols) {
    int64_t rows = 3;
    int64_t rowBytes = bitStreamBytes(cols, bits);
    ASSERT_EQ(rowBytes, (cols * bits + 7) / 8);
    std::vector<T> codes(rows * cols), back(rows * cols);
    for (T &code : codes) {
      uint32_t raw = random() & mask;
      int64_t value = raw;
      if (isSigned && (raw >> (bits - 1)))
        value -= int64_t(1) << bits;
      code = static_cast<T>(value);
    }
    // One byte more, to see that nothing is written past the end.
    std::vector<uint8_t> packed(rows * rowBytes + 1, 0xa5);
    ASSERT_TRUE(packBits(codes.data(), rows, cols, bits, packed.data()).ok());
    ASSERT_EQ(packed.back(), 0xa5);
    for (int64_t row = 0; row < rows; ++row) {
      for (int64_t i = 0; i < cols * bits; ++i) {
        auto code = static_cast<uint64_t>(codes[row * cols + i / bits]);
        ASSERT_EQ(bitOf(packed, row * rowBytes, i), (code >> (i % bits)) & 1);
      }
      for (int64_t i = cols * bits; i < rowBytes * 8; ++i)
        ASSERT_FALSE(bitOf(packed, row * rowBytes, i)) << "pad bit " << i;
    }
    ASSERT_TRUE(
        unpackBits(packed.data(), rows, cols, bits, isSigned, back.data())
            .ok());
    ASSERT_EQ(back, codes) << bits << " bits, " << cols << " columns";
  }
}

TEST(Packing, P1_P2_P3_EveryWidthAndRaggedSize) {
  std::mt19937 random(1);
  for (unsigned bits = 1; bits <= 16; ++bits) {
    if (bits <= 8) {
      checkWidth<int8_t>(bits, true, random);
      checkWidth<uint8_t>(bits, false, random);
    }
    checkWidth<int16_t>(bits, true, random);
    checkWidth<uint16_t>(bits, false, random);
    checkWidth<int32_t>(bits, true, random);
    checkWidth<int32_t>(bits, false, random);
  }
}

TEST(Packing, P4_OnlyLowBitsCount) {
  std::vector<int32_t> codes = {-1, 0x7f0, 3};
  uint8_t packed[2];
  ASSERT_TRUE(packBits(codes.data(), 1, 3, 4, packed).ok());
  EXPECT_EQ(packed[0], 0x0f);
  EXPECT_EQ(packed[1], 0x03);
}

TEST(Packing, BadArgumentsAreNamed) {
  uint8_t byte = 0;
  int8_t code = 0;
  EXPECT_EQ(packBits(&code, 1, 1, 17, &byte).message(),
            "cannot pack codes of 17 bits: the width must be 1 to 16");
  EXPECT_EQ(packBits(&code, 1, -1, 4, &byte).message(),
            "cannot pack 1 x -1 codes");
  EXPECT_EQ(unpackBits(&byte, 1, 1, 9, true, &code).message(),
            "codes of 9 bits do not fit in 8");
}

} // namespace
