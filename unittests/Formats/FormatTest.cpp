//===- FormatTest.cpp - Rules D-*, B-*, P-7, P-8 ----------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Formats/Format.h"
#include "nibble/Formats/MiniFloat.h"
#include "nibble/Formats/NamedFormats.h"
#include "nibble/Formats/Packing.h"

#include "gtest/gtest.h"

#include <algorithm>
#include <set>

using namespace nibble::formats;

namespace {

Format named(const char *name) {
  const NamedFormat *found = lookupNamedFormat(name);
  if (!found) {
    ADD_FAILURE() << "no format called " << name;
    return {};
  }
  return found->format;
}

Format int4Groups(int64_t group) {
  Format format;
  format.code = ElementCode::makeInt(4);
  format.block = {1, group};
  format.scale = {ScaleKind::F16, 0};
  format.zero.kind = ZeroKind::Int;
  format.zero.bits = 4;
  return format;
}

void expectError(const Format &format, const char *message) {
  EXPECT_EQ(validate(format).message(), message);
}

TEST(Format, NamedFormatsAreValidAndUnique) {
  std::set<std::string> names;
  for (const NamedFormat &format : namedFormats()) {
    EXPECT_TRUE(names.insert(format.name).second) << format.name;
    EXPECT_EQ(validate(format.format).message(), "") << format.name;
    EXPECT_EQ(lookupNamedFormat(format.name), &format);
    EXPECT_FALSE(format.description.empty());
  }
  EXPECT_EQ(lookupNamedFormat("Q4_K"), lookupNamedFormat("q4_k"));
  EXPECT_EQ(lookupNamedFormat("int17"), nullptr);
  EXPECT_EQ(lookupNamedFormat(""), nullptr);
}

// Bits as their publishers state them (GGUF: bytes of a block over elements).
TEST(Format, D5_BitsPerElement) {
  const std::pair<const char *, double> expected[] = {
      {"f32", 32},        {"bf16", 16},          {"e4m3", 8},
      {"int8", 8},        {"uint3", 3},          {"mxfp8", 8.25},
      {"mxfp6", 6.25},    {"mxfp4", 4.25},       {"mxint8", 8.25},
      {"nvfp4", 4.5},     {"hif4", 4.5},         {"nf4", 4.25},
      {"ternary", 1.6},   {"q4_0", 4.5},         {"q4_1", 5},
      {"q5_0", 5.5},      {"q5_1", 6},           {"q8_0", 8.5},
      {"q2_k", 84 / 32.}, {"q3_k", 3.4375},      {"q4_k", 4.5},
      {"q5_k", 5.5},      {"q6_k", 6.5625},      {"iq4_nl", 4.5},
      {"iq4_xs", 4.25},   {"matmulnbits", 5.125}};
  for (auto [name, bits] : expected)
    EXPECT_DOUBLE_EQ(bitsPerElement(named(name)), bits) << name;
  EXPECT_DOUBLE_EQ(bitsPerElement(int4Groups(128)), 4 + 20 / 128.);

  Format planes = int4Groups(128);
  planes.code = ElementCode::makePlanes(2);
  planes.zero = {};
  EXPECT_DOUBLE_EQ(bitsPerElement(planes), 2 + 32 / 128.);
}

TEST(Format, Text) {
  EXPECT_EQ(toString(int4Groups(128)),
            "int<4>, block = [1, 128], scale = f16, zero = int<4>");
  EXPECT_EQ(toString(named("nvfp4")),
            "float<2, 1>, block = [1, 16], scale = e4m3, outer = f32");
  EXPECT_EQ(toString(named("q4_k")),
            "uint<4>, block = [1, 32], scale = uint<6>, outer = f16[1, 256], "
            "zero = offset<uint<6>, f16[1, 256]>");
  EXPECT_EQ(toString(named("hif4")),
            "int<4>, block = [1, 4], scale = shift<1>, outer = [shift<1>[1, "
            "8], ue6m2[1, 64]]");
  EXPECT_EQ(toString(named("e4m3fnuz").code), "float<4, 3, fnuz>");
  EXPECT_EQ(toString(named("nf4").code), "table<4, @nf4>");
  for (int i = 0; i <= static_cast<int>(CodeKind::Planes); ++i)
    EXPECT_EQ(codeKindFromName(name(static_cast<CodeKind>(i))),
              static_cast<CodeKind>(i));
  for (int i = 0; i <= static_cast<int>(ScaleKind::Shift); ++i)
    EXPECT_EQ(scaleKindFromName(name(static_cast<ScaleKind>(i))),
              static_cast<ScaleKind>(i));
  for (int i = 0; i <= static_cast<int>(ZeroKind::Offset); ++i)
    EXPECT_EQ(zeroKindFromName(name(static_cast<ZeroKind>(i))),
              static_cast<ZeroKind>(i));
  for (int i = 0; i <= static_cast<int>(FloatConvention::Finite); ++i)
    EXPECT_EQ(conventionFromName(name(static_cast<FloatConvention>(i))),
              static_cast<FloatConvention>(i));
  EXPECT_FALSE(scaleKindFromName("f64").has_value());
}

/// Such formats have no text; a program makes them.
TEST(Format, D4_ZeroPointsHaveOnlyTheirOwnFields) {
  Format format = int4Groups(32);
  format.zero.kind = ZeroKind::None;
  expectError(format, "zero point none: only int and uint have a width");
  format.zero = {};
  format.zero.type = {ScaleKind::F32, 0};
  expectError(format, "zero point none: only float and offset have a type");
  format.zero = {};
  format.zero.outer = {{{ScaleKind::F32, 0}, {}}};
  expectError(format, "zero point none: only an offset has outer scales");
}

TEST(Format, D2_InvalidCodesAreNamed) {
  Format format;
  format.code = ElementCode::makeInt(17);
  expectError(format, "int<17>: the width must be 1 to 16");
  format.code = ElementCode::makeUInt(0);
  expectError(format, "uint<0>: the width must be 1 to 16");
  format.code = ElementCode::makeFloat(0, 3);
  expectError(format, "float<0, 3>: exponent bits must be 1 to 8");
  format.code = ElementCode::makeFloat(8, 8);
  expectError(format, "float<8, 8>: sign, exponent and mantissa must fit in 16 "
                      "bits (or be float<8, 23>)");
  format.code = ElementCode::makeFloat(4, 0, FloatConvention::IEEE);
  expectError(format, "float<4, 0>: ieee needs a mantissa bit to tell NaN from "
                      "Inf; use 'finite'");
  format.code = ElementCode::makeFloat(1, 2, FloatConvention::IEEE);
  expectError(format, "float<1, 2>: ieee leaves no finite exponent of 1 bit; "
                      "use 'finite'");
  format.code = ElementCode::makeFloat(8, 7, FloatConvention::FNUZ);
  expectError(format,
              "float<8, 7, fnuz>: 8 exponent bits need the convention ieee");
  format.code = ElementCode::makeFloat(1, 0, FloatConvention::FN);
  expectError(format, "float<1, 0, fn>: fn leaves no value but zero");
  format.code = ElementCode::makeTable(4, "");
  expectError(format, "table '': a name is letters, digits and "
                      "underscores");
  format.code = ElementCode::makePow2(7);
  expectError(format, "pow2<7>: the width must be 2 to 6");
  format.code = ElementCode::makePlanes(2);
  expectError(format, "planes<2>: planes need a scale");
}

TEST(Format, D3_InvalidBlocksAreNamed) {
  Format format = int4Groups(0);
  expectError(format, "block [1, 0]: entry 1 must be -1 (the whole axis) or at "
                      "least 1");
  format = {};
  format.block = {1, 32};
  expectError(format, "block [1, 32]: a block needs a scale");
  EXPECT_EQ(validate(int4Groups(32), {4}).message(),
            "block [1, 32]: it has more entries than shape [4]");
  EXPECT_EQ(validate(int4Groups(32), {4, -4}).message(),
            "shape [4, -4]: a dimension is negative");
}

TEST(Format, D4_InvalidScalesAreNamed) {
  Format format = int4Groups(32);
  format.scale = {ScaleKind::Int, 6};
  expectError(format, "scale int<6>: an integer scale needs an outer scale");
  format.outer = {{{ScaleKind::F16, 0}, {1, 48}}};
  expectError(format,
              "outer block [1, 48]: entry 1 must be -1 or a multiple of "
              "the block inside");
  format.outer = {{{ScaleKind::F16, 0}, {256}}};
  expectError(format,
              "outer block [256]: its rank is not that of block [1, 32]");
  format.outer = {{{ScaleKind::F16, 0}, {}}, {{ScaleKind::F32, 0}, {}}};
  expectError(format, "scale: only the outermost scale may be without block");
  format.outer = {{{ScaleKind::F16, 0}, {1, 256}}};
  EXPECT_TRUE(validate(format).ok());
  format.scale = {ScaleKind::Int, 17};
  expectError(format, "scale int<17>: the width must be 1 to 16");
  format.scale = {ScaleKind::F16, 3};
  expectError(format, "scale f16: this type has no width of its own");
  format = named("f32");
  format.block = {-1};
  format.scale = {ScaleKind::F32, 0};
  expectError(format, "scale f32: elements of 32 bits take no scale");
}

TEST(Format, D6_InvalidZeroPointsAreNamed) {
  Format format = int4Groups(32);
  format.zero.bits = 0;
  expectError(format, "zero point int<0>: the width must be 1 to 16");
  format = named("mxfp4");
  format.zero = {ZeroKind::Int, 4, {}, {}};
  expectError(format,
              "zero point int<4>: float<2, 1> has no zero point; use an "
              "offset");
  format.zero = {ZeroKind::Offset, 0, {}, {}};
  expectError(format, "zero point offset<none>: its type is missing");
  format.zero = {ZeroKind::Offset, 0, {ScaleKind::UInt, 6}, {}};
  expectError(format, "zero point offset<uint<6>> uint<6>: an integer scale "
                      "needs an outer scale");
  format.zero = {ZeroKind::Offset, 0, {ScaleKind::E8M0, 0}, {}};
  expectError(format, "zero point offset<e8m0>: this type has no zero");
  format = {};
  format.zero = {ZeroKind::Int, 8, {}, {}};
  expectError(format, "zero point int<8>: a zero point needs a scale");
}

TEST(Format, WhatHasNoEncodingIsNamed) {
  auto refusal = [](const char *name) {
    return supportsEncoding(named(name)).message();
  };
  for (const char *name :
       {"int1", "int16", "uint4", "f32", "f16", "bf16", "e4m3", "mxint8",
        "mxfp4", "nvfp4", "q4_0", "q8_0", "matmulnbits"})
    EXPECT_EQ(refusal(name), "") << name;
  EXPECT_EQ(refusal("nf4"), "no encoding for element code table<4, @nf4>");
  EXPECT_EQ(refusal("ternary"), "no encoding for element code ternary");
  EXPECT_EQ(refusal("q6_k"), "no encoding for scale type int<8>");
  EXPECT_EQ(refusal("q4_1"), "no encoding for zero points of kind 'offset'");
  Format levels = int4Groups(4);
  levels.outer = {{{ScaleKind::F32, 0}, {1, 8}}, {{ScaleKind::F32, 0}, {}}};
  EXPECT_EQ(supportsEncoding(levels).message(),
            "no encoding for more than one outer scale");
  levels.outer.pop_back();
  EXPECT_EQ(supportsEncoding(levels).message(),
            "no encoding for outer scales other than one f32 for the whole "
            "tensor");
}

TEST(Format, P7_StorageSize) {
  // 5 rows of 70 codes: 35 bytes each; 3 blocks of 32, the last of 6.
  Result<StorageSize> size = storageSize(int4Groups(32), {5, 70});
  ASSERT_TRUE(size.ok()) << size.message();
  EXPECT_EQ(size->codes, 5 * 35);
  EXPECT_EQ(size->scales, 5 * 3 * 2);
  EXPECT_EQ(size->zeroPoints, 5 * 2);
  EXPECT_EQ(size->outerScales, 0);
  EXPECT_EQ(size->total(), 175 + 30 + 10);

  size = storageSize(named("nvfp4"), {2, 33});
  ASSERT_TRUE(size.ok()) << size.message();
  EXPECT_EQ(size->codes, 2 * 17);
  EXPECT_EQ(size->scales, 2 * 3);
  EXPECT_EQ(size->outerScales, 4);

  // A GGUF super-block has 144 bytes.
  size = storageSize(named("q4_k"), {1, 256});
  ASSERT_TRUE(size.ok()) << size.message();
  EXPECT_EQ(size->total(), 144);

  // Convolution weights: a row is all of one output channel.
  size = storageSize(perChannel(named("int3"), 4, 0), {8, 3, 3, 3});
  ASSERT_TRUE(size.ok()) << size.message();
  EXPECT_EQ(size->codes, 8 * 11);
  EXPECT_EQ(size->scales, 8 * 4);

  size = storageSize(named("ternary"), {2, 11});
  ASSERT_TRUE(size.ok()) << size.message();
  EXPECT_EQ(size->codes, 2 * 3);

  Format planes = int4Groups(16);
  planes.code = ElementCode::makePlanes(3);
  planes.zero = {};
  size = storageSize(planes, {2, 17});
  ASSERT_TRUE(size.ok()) << size.message();
  EXPECT_EQ(size->codes, 2 * 3 * 3);
  EXPECT_EQ(size->scales, 2 * 2 * 3 * 2);

  EXPECT_EQ(storageSize(named("f16"), {0, 7})->total(), 0);
  EXPECT_EQ(
      storageSize(named("f32"), {int64_t(1) << 40, int64_t(1) << 40}).message(),
      "the tensor has more than 2^63 bytes or elements");
  EXPECT_EQ(packedRowBytes(ElementCode::makeInt(4), -1).message(),
            "a row cannot have -1 elements");
}

TEST(Format, B2_BlockGrid) {
  Result<std::vector<int64_t>> grid = blockGrid({1, 32, -1}, {3, 65, 7});
  ASSERT_TRUE(grid.ok());
  EXPECT_EQ(*grid, (std::vector<int64_t>{3, 3, 1}));
  EXPECT_EQ(*blockGrid({-1, 4}, {0, 0}), (std::vector<int64_t>{0, 0}));
  EXPECT_EQ(blockGrid({1}, {1, 2}).message(),
            "a block of rank 1 does not fit a tensor of rank 2");
  EXPECT_EQ(blockGrid({1, 0}, {1, 4}).message(),
            "axis 1 of size 4 cannot be cut into blocks of 0");
}

void expectLayout(std::vector<int64_t> block, std::vector<int64_t> shape,
                  std::vector<int64_t> expected) {
  Format format = int4Groups(1);
  format.block = block;
  Result<MatrixLayout> layout = matrixLayout(format, shape);
  if (expected.empty()) {
    EXPECT_NE(layout.message().find(
                  "a block is not a rectangle of neighbouring elements; "
                  "transpose the tensor so that the blocked axis is the last"),
              std::string::npos)
        << layout.message();
    return;
  }
  ASSERT_TRUE(layout.ok()) << layout.message();
  EXPECT_EQ((std::vector<int64_t>{layout->rows, layout->cols, layout->blockRows,
                                  layout->blockCols}),
            expected);
}

TEST(Format, P8_MatrixLayout) {
  expectLayout({1, 32}, {5, 70}, {5, 70, 1, 32});
  expectLayout({-1, -1}, {5, 70}, {5, 70, 5, 70});
  expectLayout({-1, 1}, {5, 70}, {5, 70, 5, 1});
  expectLayout({16, 16}, {40, 70}, {40, 70, 16, 16});
  expectLayout({1, -1, -1, -1}, {8, 3, 5, 7}, {8, 105, 1, 105});
  expectLayout({1, 1, 32}, {2, 3, 64}, {6, 64, 1, 32});
  expectLayout({1, 32}, {2, 3, 64}, {6, 64, 1, 32});
  expectLayout({}, {5, 6, 7}, {5, 42, 5, 42});
  expectLayout({-1}, {9}, {1, 9, 1, 9});
  expectLayout({4}, {9}, {1, 9, 1, 4});
  expectLayout({}, {}, {1, 1, 1, 1});
  // Whole trailing axes: blocks of 2 x 15 elements; ragged is still a run.
  expectLayout({1, 2, -1, -1}, {4, 5, 3, 5}, {4, 75, 1, 30});
  // Blocks along an inner axis are not runs of neighbours.
  expectLayout({1, 2, 1, -1}, {4, 6, 3, 5}, {});
  expectLayout({-1, 1, -1}, {4, 6, 3}, {});
  // A ragged block would run on into the next outer index.
  expectLayout({-1, 2, 1, 4}, {1, 2, 3, 6}, {});
}

} // namespace
