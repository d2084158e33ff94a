//===- QuantTest.cpp - Quantized tensors in the reference -----------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Against lib/Formats, bit for bit: both follow docs/spec.md.
//
//===----------------------------------------------------------------------===//

#include "ReferenceFixture.h"

#include "dialects/Quant/Quant.h"
#include "mlir/AsmParser/AsmParser.h"
#include "nibble/Formats/MiniFloat.h"
#include "nibble/Formats/RowCodec.h"

using namespace nibble;
using namespace nibble::test;

namespace {

class QuantTest : public ReferenceTest {
protected:
  /// What lib/Formats makes of `x` and back.
  Tensor roundTrip(const std::string &format, const Tensor &x) {
    context.loadDialect<qnt::QntDialect>();
    auto attr = llvm::cast<qnt::FormatAttr>(
        mlir::parseAttribute("#qnt.format<" + format + ">", &context));
    auto codec = formats::RowCodec::create(attr.getValue(), x.shape);
    EXPECT_TRUE(bool(codec));
    const formats::MatrixLayout &layout = codec->layout();
    std::vector<int8_t> codes(x.values.size());
    std::vector<uint8_t> scales(4 * layout.gridRows() * layout.gridCols());
    std::vector<int32_t> zeros(layout.gridRows() * layout.gridCols());
    formats::CodeStorage storage =
        attr.getElement().kind == formats::CodeKind::Int
            ? formats::CodeStorage::I8
            : formats::CodeStorage::U8;
    formats::EncodedRows rows;
    rows.codes = codes.data();
    rows.storage = storage;
    rows.scales = scales.data();
    rows.zeroPoints = attr.hasZeroPoint() ? zeros.data() : nullptr;
    EXPECT_TRUE(codec->encodeRows(x.values.data(), 0, layout.rows, rows).ok());
    formats::ConstEncodedRows in;
    in.codes = codes.data();
    in.storage = storage;
    in.scales = scales.data();
    in.zeroPoints = rows.zeroPoints;
    Tensor result(x.shape);
    EXPECT_TRUE(
        codec->decodeRows(in, 0, layout.rows, result.values.data()).ok());
    return result;
  }
};

TEST_F(QuantTest, DynamicScalesAreThoseOfFormats) {
  for (std::string format : {
           "int<8>, block = [1, -1], scale = f32",
           "int<8>, scale = f32",
           "int<4>, block = [1, 8], scale = f16",
           "uint<4>, block = [1, 8], scale = f16, zero = uint<4>",
           "uint<8>, block = [1, -1], scale = f32, zero = uint<8>",
           "int<8>, block = [-1, 1], scale = bf16",
           "int<3>, block = [2, 5], scale = f32",
       }) {
    SCOPED_TRACE(format);
    Tensor x = random({4, 20}, 3);
    x.values[3] = 0;
    // A block of zeros, and one of one sign.
    for (int i = 20; i < 40; ++i)
      x.values[i] = 0;
    for (int i = 40; i < 60; ++i)
      x.values[i] = std::abs(x.values[i]);
    std::string quantized = "!qnt.tensor<?x20, #qnt.format<" + format + ">>";
    std::vector<Array> results =
        run("(%x: tensor<?x20xf32>) -> tensor<?x20xf32>",
            "%q = qnt.quantize %x : tensor<?x20xf32> -> " + quantized +
                "\n%r = qnt.dequantize %q : " + quantized +
                " -> tensor<?x20xf32>\nreturn %r : tensor<?x20xf32>",
            {array(x)});
    ASSERT_EQ(results.size(), 1u);
    expectNear(results[0], roundTrip(format, x), 0);
  }
}

TEST_F(QuantTest, StaticScalesSaturateAndNaNIsLowest) {
  Tensor x({6}, {0.26f, 0.75f, 100, -100, NAN, 1.25f});
  std::vector<Array> results = run(
      "(%x: tensor<6xf32>, %s: tensor<1xf32>, %z: tensor<1xui8>) -> "
      "tensor<6xi8>",
      "%q = qnt.quantize %x scale %s zero %z : tensor<6xf32>, scale "
      "tensor<1xf32>, zero tensor<1xui8> -> !qnt.tensor<6, "
      "#qnt.format<uint<8>, scale = f32, zero = uint<8>>>\n"
      "%r = qnt.codes %q : !qnt.tensor<6, #qnt.format<uint<8>, scale = f32, "
      "zero = uint<8>>> -> tensor<6xi8>\nreturn %r : tensor<6xi8>",
      {array(x), array(Tensor({1}, {0.5f})),
       array<uint8_t>(unsignedInteger(8), {1}, {128})});
  ASSERT_EQ(results.size(), 1u);
  expectEqual<uint8_t>(results[0], {6}, {129, 130, 255, 0, 0, 130});
}

TEST_F(QuantTest, AssembledCodesKeepTheirSign) {
  auto decode = [&](const std::string &format, const Array &codes,
                    const std::string &type) {
    std::vector<Array> results = run(
        "(%c: " + type + ", %s: tensor<1xf32>) -> tensor<3xf32>",
        "%q = qnt.assemble %c scale %s : " + type +
            ", scale tensor<1xf32> -> !qnt.tensor<3, #qnt.format<" + format +
            ", scale = f32>>\n" +
            "%r = qnt.dequantize %q : !qnt.tensor<3, #qnt.format<" + format +
            ", scale = f32>> -> tensor<3xf32>\n" + "return %r : tensor<3xf32>",
        {codes, array(Tensor({1}, {0.5f}))});
    return results.empty() ? Array() : results.front();
  };
  Array signless = array<uint8_t>(integer(8), {3}, {1, 127, 255});
  Array marked = array<uint8_t>(unsignedInteger(8), {3}, {1, 127, 255});
  Array wide = array<int32_t>(integer(32), {3}, {1, 127, 255});
  Tensor asSigned({3}, {0.5f, 63.5f, -0.5f});
  Tensor asUnsigned({3}, {0.5f, 63.5f, 127.5f});
  expectNear(decode("int<8>", signless, "tensor<3xi8>"), asSigned, 0);
  expectNear(decode("uint<8>", signless, "tensor<3xi8>"), asUnsigned, 0);
  expectNear(decode("uint<8>", marked, "tensor<3xui8>"), asUnsigned, 0);
  expectNear(decode("uint<8>", wide, "tensor<3xi32>"), asUnsigned, 0);
}

TEST_F(QuantTest, FloatAndTableCodesDecode) {
  std::vector<uint8_t> codes(16);
  for (int i = 0; i < 16; ++i)
    codes[i] = i;
  auto decode = [&](const std::string &format) {
    std::vector<Array> results =
        run("(%c: tensor<16xi8>) -> tensor<16xf32>",
            "%q = qnt.assemble %c : tensor<16xi8> -> !qnt.tensor<16, "
            "#qnt.format<" +
                format + ">>\n%r = qnt.dequantize %q : !qnt.tensor<16, " +
                "#qnt.format<" + format + ">> -> tensor<16xf32>\n" +
                "return %r : tensor<16xf32>",
            {array<uint8_t>(integer(8), {16}, codes)});
    return results.empty() ? Array() : results.front();
  };
  Tensor e2m1({16}), pow2({16});
  formats::MiniFloat decoder(formats::ElementCode::makeFloat(2, 1),
                             formats::Overflow::Saturate);
  for (int i = 0; i < 16; ++i) {
    e2m1.values[i] = decoder.decode(i);
    pow2.values[i] = (i < 8 ? 1 : -1) * std::ldexp(1.0f, i % 8 - 7);
  }
  expectNear(decode("float<2, 1>"), e2m1, 0);
  expectNear(decode("pow2<4>"), pow2, 0);
}

TEST_F(QuantTest, CodesMoveThroughTransposeReshapeAndCache) {
  Tensor x = random({2, 3, 4}), expected({3, 2, 4});
  std::string rows = "#qnt.format<int<8>, block = [1, 1, -1], scale = f32>";
  std::vector<Array> results = run(
      "(%x: tensor<?x3x4xf32>, %u: tensor<1x3x4xf32>) -> (tensor<3x?x4xf32>, "
      "tensor<?x3x4xf32>)",
      "%q = qnt.quantize %x : tensor<?x3x4xf32> -> !qnt.tensor<?x3x4, " + rows +
          ">\n%t = nn.transpose %q permutation [1, 0, 2] : "
          "!qnt.tensor<?x3x4, " +
          rows + "> -> !qnt.tensor<3x?x4, " + rows +
          ">\n%r = qnt.dequantize %t : !qnt.tensor<3x?x4, " + rows +
          "> -> tensor<3x?x4xf32>\n"
          "%c = nn.cache_update %q, %u axis 0 : (!qnt.tensor<?x3x4, " +
          rows + ">, tensor<1x3x4xf32>) -> !qnt.tensor<?x3x4, " + rows +
          ">\n%d = qnt.dequantize %c : !qnt.tensor<?x3x4, " + rows +
          "> -> tensor<?x3x4xf32>\n"
          "return %r, %d : tensor<3x?x4xf32>, tensor<?x3x4xf32>",
      {array(x), array(Tensor({1, 3, 4}, Floats(12, 0.5f)))});
  ASSERT_EQ(results.size(), 2u);
  Tensor decoded(x.shape, roundTrip("int<8>, block = [1, -1], scale = f32",
                                    Tensor({6, 4}, x.values))
                              .values);
  forEach(x.shape, [&](const Shape &i) {
    expected.at({i[1], i[0], i[2]}) = decoded.at(i);
  });
  expectNear(results[0], expected, 0);
  Tensor appended({3, 3, 4}, Floats(36, 0.5f));
  std::copy(decoded.values.begin(), decoded.values.end(),
            appended.values.begin());
  expectNear(results[1], appended, 0);
}

TEST_F(QuantTest, LinearOfQuantizedOperands) {
  Tensor x = random({3, 8}), w = random({5, 8});
  std::string a8 = "int<8>, block = [1, -1], scale = f32";
  std::string w4 = "int<4>, block = [1, 4], scale = f16";
  Tensor p = roundTrip(a8, x), q = roundTrip(w4, w), expected({3, 5});
  forEach(expected.shape, [&](const Shape &i) {
    double sum = 0;
    for (int64_t k = 0; k < 8; ++k)
      sum += double(p.at({i[0], k})) * q.at({i[1], k});
    expected.at(i) = sum;
  });
  std::string left = "!qnt.tensor<?x8, #qnt.format<" + a8 + ">>";
  std::string right = "!qnt.tensor<5x8, #qnt.format<" + w4 + ">>";
  std::vector<Array> results =
      run("(%x: tensor<?x8xf32>, %w: tensor<5x8xf32>) -> tensor<?x5xf32>",
          "%a = qnt.quantize %x : tensor<?x8xf32> -> " + left +
              "\n%b = qnt.quantize %w : tensor<5x8xf32> -> " + right +
              "\n%r = nn.linear %a, %b : (" + left + ", " + right +
              ") -> tensor<?x5xf32>\nreturn %r : tensor<?x5xf32>",
          {array(x), array(w)});
  ASSERT_EQ(results.size(), 1u);
  expectNear(results[0], expected, 1e-6);
}

} // namespace
