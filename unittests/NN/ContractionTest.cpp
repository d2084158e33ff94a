//===- ContractionTest.cpp - linear, matmul, conv in the reference --------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ReferenceFixture.h"

#include <fstream>

using namespace nibble;
using namespace nibble::test;

namespace {

class ContractionTest : public ReferenceTest {};

Tensor linear(const Tensor &x, const Tensor &w, const Tensor &bias) {
  int64_t k = w.shape[1], n = w.shape[0];
  Shape shape = x.shape;
  shape.back() = n;
  Tensor result(shape);
  for (int64_t row = 0, rows = count(shape) / n; row < rows; ++row)
    for (int64_t j = 0; j < n; ++j) {
      double sum = bias.values[j];
      for (int64_t i = 0; i < k; ++i)
        sum += double(x.values[row * k + i]) * w.values[j * k + i];
      result.values[row * n + j] = sum;
    }
  return result;
}

TEST_F(ContractionTest, LinearStatic) {
  Tensor x = random({2, 3, 7}), w = random({5, 7}), b = random({5});
  expectNear(runOp("nn.linear %a0, %a1 bias %a2",
                   {"tensor<2x3x7xf32>", "tensor<5x7xf32>", "tensor<5xf32>"},
                   "tensor<2x3x5xf32>", {array(x), array(w), array(b)}),
             linear(x, w, b));
}

TEST_F(ContractionTest, LinearDynamicAndEmptyRows) {
  for (int64_t rows : {0, 1, 4}) {
    Tensor x = random({rows, 7}), w = random({5, 7}), b({5});
    expectNear(runOp("nn.linear %a0, %a1",
                     {"tensor<?x7xf32>", "tensor<5x7xf32>"}, "tensor<?x5xf32>",
                     {array(x), array(w)}),
               linear(x, w, b));
  }
}

TEST_F(ContractionTest, LinearOverAnEmptySumIsTheBias) {
  Tensor x({2, 0}), w({3, 0}), b = random({3});
  expectNear(runOp("nn.linear %a0, %a1 bias %a2",
                   {"tensor<2x?xf32>", "tensor<3x?xf32>", "tensor<3xf32>"},
                   "tensor<2x3xf32>", {array(x), array(w), array(b)}),
             linear(x, w, b));
}

TEST_F(ContractionTest, LinearOfSmallIntegersIsExact) {
  Array x = array<uint8_t>(unsignedInteger(8), {1, 3}, {255, 128, 1});
  Array w = array<int8_t>(integer(8), {2, 3}, {-128, 127, 1, 1, -1, -1});
  expectEqual<int32_t>(runOp("nn.linear %a0, %a1",
                             {"tensor<1x3xui8>", "tensor<2x3xi8>"},
                             "tensor<1x2xi32>", {x, w}),
                       {1, 2}, {255 * -128 + 128 * 127 + 1, 255 - 128 - 1});
}

TEST_F(ContractionTest, LinearReadsParametersFromTheirPlace) {
  Tensor x = random({2, 3}), w = random({4, 3});
  std::string path = ::testing::TempDir() + "/nibble-reference-parameter.bin";
  {
    std::ofstream file(path, std::ios::binary);
    // An odd offset: bytes in an ONNX file are aligned to nothing.
    file.write("x", 1);
    file.write(reinterpret_cast<const char *>(w.values.data()),
               w.values.size() * sizeof(float));
  }
  auto body = [&](int64_t offset) {
    return "%w = nn.parameter \"w\" at <file = \"" + path +
           "\", offset = " + std::to_string(offset) +
           ", length = 48, hash = 0> : tensor<4x3xf32>\n"
           "%r = nn.linear %x, %w : (tensor<2x3xf32>, tensor<4x3xf32>) -> "
           "tensor<2x4xf32>\nreturn %r : tensor<2x4xf32>";
  };
  std::string signature = "(%x: tensor<2x3xf32>) -> tensor<2x4xf32>";
  std::vector<Array> results = run(signature, body(1), {array(x)});
  ASSERT_EQ(results.size(), 1u);
  expectNear(results[0], linear(x, w, Tensor({4})));

  auto module = mlir::parseSourceString<mlir::ModuleOp>(
      "func.func @f" + signature + "{" + body(2) + "}", &context);
  auto runner = createReferenceRunner(*module);
  ASSERT_FALSE(bool(runner));
  EXPECT_EQ(llvm::toString(runner.takeError()),
            path + " has 49 bytes, but a parameter ends at 50");
}

TEST_F(ContractionTest, MatmulBroadcastsBatchesAndTransposes) {
  Tensor x = random({2, 1, 3, 4}), y = random({5, 6, 4});
  Tensor expected({2, 5, 3, 6});
  forEach(expected.shape, [&](const Shape &i) {
    double sum = 0;
    for (int64_t k = 0; k < 4; ++k)
      sum += double(x.at({i[0], 0, i[2], k})) * y.at({i[1], i[3], k});
    expected.at(i) = sum;
  });
  expectNear(runOp("nn.matmul %a0, %a1 {transpose_rhs}",
                   {"tensor<2x1x?x4xf32>", "tensor<5x6x4xf32>"},
                   "tensor<2x5x?x6xf32>", {array(x), array(y)}),
             expected);
}

TEST_F(ContractionTest, EmbeddingCountsFromTheEndAndStaysInside) {
  Tensor table = random({5, 3});
  Array indices = array<int64_t>(integer(64), {2, 2}, {4, -1, 0, 99});
  Tensor expected({2, 2, 3});
  int64_t rows[] = {4, 4, 0, 4};
  for (int64_t i = 0; i < 4; ++i)
    for (int64_t j = 0; j < 3; ++j)
      expected.values[i * 3 + j] = table.at({rows[i], j});
  expectNear(runOp("nn.embedding %a0, %a1",
                   {"tensor<5x3xf32>", "tensor<?x2xi64>"}, "tensor<?x2x3xf32>",
                   {array(table), indices}),
             expected, 0);
}

//===----------------------------------------------------------------------===//
// Convolutions
//===----------------------------------------------------------------------===//

/// Two spatial axes, channels first.
struct ConvCase {
  Shape input, filter; // NCHW; OIHW (conv) or IOHW (transposed)
  int64_t strides[2], padding[4], dilations[2], groups;
  int64_t outputPadding[2] = {0, 0};

  int64_t extent(int axis) const {
    int64_t span = dilations[axis] * (filter[2 + axis] - 1) + 1;
    return (input[2 + axis] + padding[2 * axis] + padding[2 * axis + 1] -
            span) /
               strides[axis] +
           1;
  }
  int64_t transposedExtent(int axis) const {
    return strides[axis] * (input[2 + axis] - 1) + outputPadding[axis] +
           dilations[axis] * (filter[2 + axis] - 1) + 1 - padding[2 * axis] -
           padding[2 * axis + 1];
  }
  std::string attributes() const {
    auto list = [](const int64_t *values, int n) {
      std::string text = "[";
      for (int i = 0; i < n; ++i)
        text += (i ? ", " : "") + std::to_string(values[i]);
      return text + "]";
    };
    return " strides " + list(strides, 2) + " padding " + list(padding, 4) +
           " dilations " + list(dilations, 2);
  }
};

Tensor conv(const ConvCase &c, const Tensor &x, const Tensor &w,
            const Tensor &bias) {
  Tensor result({c.input[0], c.filter[0], c.extent(0), c.extent(1)});
  int64_t inputs = c.filter[1], outputs = c.filter[0] / c.groups;
  forEach(result.shape, [&](const Shape &i) {
    double sum = bias.values[i[1]];
    int64_t group = i[1] / outputs;
    forEach({inputs, c.filter[2], c.filter[3]}, [&](const Shape &k) {
      int64_t y = i[2] * c.strides[0] - c.padding[0] + k[1] * c.dilations[0];
      int64_t z = i[3] * c.strides[1] - c.padding[2] + k[2] * c.dilations[1];
      if (y < 0 || z < 0 || y >= c.input[2] || z >= c.input[3])
        return;
      sum += double(x.at({i[0], group * inputs + k[0], y, z})) *
             w.at({i[1], k[0], k[1], k[2]});
    });
    result.at(i) = sum;
  });
  return result;
}

Tensor convTranspose(const ConvCase &c, const Tensor &x, const Tensor &w) {
  int64_t outputs = c.filter[1], inputs = c.input[1] / c.groups;
  Tensor result({c.input[0], outputs * c.groups, c.transposedExtent(0),
                 c.transposedExtent(1)});
  forEach(x.shape, [&](const Shape &i) {
    int64_t group = i[1] / inputs;
    forEach({outputs, c.filter[2], c.filter[3]}, [&](const Shape &k) {
      int64_t y = i[2] * c.strides[0] - c.padding[0] + k[1] * c.dilations[0];
      int64_t z = i[3] * c.strides[1] - c.padding[2] + k[2] * c.dilations[1];
      if (y < 0 || z < 0 || y >= result.shape[2] || z >= result.shape[3])
        return;
      result.at({i[0], group * outputs + k[0], y, z}) +=
          x.at(i) * w.at({i[1], k[0], k[1], k[2]});
    });
  });
  return result;
}

std::string typeOf(const Shape &shape, bool isDynamic = false) {
  std::string text = "tensor<";
  for (size_t i = 0; i < shape.size(); ++i)
    text += (isDynamic && i != 1 ? "?" : std::to_string(shape[i])) + "x";
  return text + "f32>";
}

/// NCHW to NHWC, and the same for filters.
Tensor channelsLast(const Tensor &x) {
  Tensor result({x.shape[0], x.shape[2], x.shape[3], x.shape[1]});
  forEach(x.shape, [&](const Shape &i) {
    result.at({i[0], i[2], i[3], i[1]}) = x.at(i);
  });
  return result;
}

const ConvCase convCases[] = {
    {{2, 3, 5, 6}, {4, 3, 3, 3}, {1, 1}, {1, 1, 1, 1}, {1, 1}, 1},
    {{1, 4, 7, 8}, {6, 2, 3, 2}, {2, 1}, {1, 0, 0, 2}, {1, 2}, 2},
    {{1, 4, 6, 6}, {4, 1, 3, 3}, {2, 2}, {0, 1, 0, 1}, {1, 1}, 4},
    {{1, 3, 5, 5}, {2, 3, 1, 1}, {1, 1}, {0, 0, 0, 0}, {1, 1}, 1},
};

TEST_F(ContractionTest, ConvBothLayouts) {
  for (const ConvCase &c : convCases) {
    Tensor x = random(c.input), w = random(c.filter), b = random({c.filter[0]});
    Tensor expected = conv(c, x, w, b);
    std::string bias = typeOf(b.shape);
    std::string groups = "groups = " + std::to_string(c.groups) + " : i64";
    for (bool isDynamic : {false, true})
      expectNear(runOp("nn.conv %a0, %a1 bias %a2" + c.attributes() + " {" +
                           groups + "}",
                       {typeOf(x.shape, isDynamic), typeOf(w.shape), bias},
                       typeOf(expected.shape, isDynamic),
                       {array(x), array(w), array(b)}),
                 expected);
    Tensor last = channelsLast(x), filter = channelsLast(w);
    Tensor expectedLast = channelsLast(expected);
    expectNear(runOp("nn.conv %a0, %a1 bias %a2" + c.attributes() + " {" +
                         groups + ", layout = #nn.layout<channels_last>}",
                     {typeOf(last.shape), typeOf(filter.shape), bias},
                     typeOf(expectedLast.shape),
                     {array(last), array(filter), array(b)}),
               expectedLast);
  }
}

TEST_F(ContractionTest, ConvOneDimension) {
  Tensor x = random({1, 2, 6}), w = random({3, 2, 3});
  Tensor expected({1, 3, 4});
  forEach(expected.shape, [&](const Shape &i) {
    double sum = 0;
    for (int64_t c = 0; c < 2; ++c)
      for (int64_t k = 0; k < 3; ++k)
        sum += double(x.at({0, c, i[2] + k})) * w.at({i[1], c, k});
    expected.at(i) = sum;
  });
  expectNear(runOp("nn.conv %a0, %a1 strides [1] padding [0, 0] dilations [1]",
                   {"tensor<1x2x6xf32>", "tensor<3x2x3xf32>"},
                   "tensor<1x3x4xf32>", {array(x), array(w)}),
             expected);
}

TEST_F(ContractionTest, ConvTransposeBothLayouts) {
  const ConvCase cases[] = {
      {{1, 2, 4, 3}, {2, 3, 3, 3}, {2, 2}, {1, 1, 1, 1}, {1, 1}, 1, {1, 1}},
      {{2, 4, 3, 3}, {4, 2, 2, 2}, {2, 1}, {0, 0, 0, 0}, {1, 1}, 2, {0, 0}},
      // More padding than the kernel reaches: the edge of the input is lost.
      {{1, 1, 5, 5}, {1, 1, 1, 2}, {1, 2}, {1, 0, 2, 0}, {1, 1}, 1, {0, 1}},
      {{1, 2, 4, 4}, {2, 1, 3, 2}, {1, 3}, {2, 1, 0, 1}, {2, 1}, 1, {0, 2}},
  };
  for (const ConvCase &c : cases) {
    Tensor x = random(c.input), w = random(c.filter);
    Tensor expected = convTranspose(c, x, w);
    std::string attributes = c.attributes() + " output_padding [" +
                             std::to_string(c.outputPadding[0]) + ", " +
                             std::to_string(c.outputPadding[1]) +
                             "] {groups = " + std::to_string(c.groups) +
                             " : i64";
    for (bool isDynamic : {false, true})
      expectNear(runOp("nn.conv_transpose %a0, %a1" + attributes + "}",
                       {typeOf(x.shape, isDynamic), typeOf(w.shape)},
                       typeOf(expected.shape, isDynamic), {array(x), array(w)}),
                 expected);
    Tensor last = channelsLast(x), filter = channelsLast(w);
    Tensor expectedLast = channelsLast(expected);
    expectNear(runOp("nn.conv_transpose %a0, %a1" + attributes +
                         ", layout = #nn.layout<channels_last>}",
                     {typeOf(last.shape), typeOf(filter.shape)},
                     typeOf(expectedLast.shape), {array(last), array(filter)}),
               expectedLast);
  }
}

} // namespace
