//===- NormalizationTest.cpp - Norms and softmax in the reference ---------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ReferenceFixture.h"

#include <limits>

using namespace nibble;
using namespace nibble::test;

namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

class NormalizationTest : public ReferenceTest {};

/// Rows of the last `inner` elements.
Tensor norm(const Tensor &x, int64_t inner, bool centers, const Floats &scale,
            const Floats &bias, double epsilon) {
  Tensor result(x.shape);
  for (size_t row = 0; row < x.values.size(); row += inner) {
    double mean = 0, square = 0;
    for (int64_t i = 0; centers && i < inner; ++i)
      mean += x.values[row + i] / double(inner);
    for (int64_t i = 0; i < inner; ++i)
      square += std::pow(x.values[row + i] - mean, 2) / inner;
    for (int64_t i = 0; i < inner; ++i)
      result.values[row + i] =
          (x.values[row + i] - mean) / std::sqrt(square + epsilon) * scale[i] +
          bias[i];
  }
  return result;
}

TEST_F(NormalizationTest, LayerNorm) {
  Tensor x = random({2, 3, 8}, 5), scale = random({8}), bias = random({8});
  expectNear(runOp("nn.layer_norm %a0 scale %a1 bias %a2 axis 2 epsilon 1.0e-5",
                   {"tensor<?x3x8xf32>", "tensor<8xf32>", "tensor<8xf32>"},
                   "tensor<?x3x8xf32>", {array(x), array(scale), array(bias)}),
             norm(x, 8, true, scale.values, bias.values, 1e-5));
}

TEST_F(NormalizationTest, LayerNormOverTwoAxesOfUnknownExtent) {
  Tensor x = random({2, 3, 4});
  Floats ones(12, 1), zeros(12, 0);
  expectNear(runOp("nn.layer_norm %a0 axis 1 epsilon 0.01",
                   {"tensor<2x?x?xf32>"}, "tensor<2x?x?xf32>", {array(x)}),
             norm(x, 12, true, ones, zeros, 0.01));
}

TEST_F(NormalizationTest, RMSNorm) {
  Tensor x = random({5, 7}), scale = random({7});
  expectNear(runOp("nn.rms_norm %a0 scale %a1 axis 1 epsilon 1.0e-6",
                   {"tensor<5x7xf32>", "tensor<7xf32>"}, "tensor<5x7xf32>",
                   {array(x), array(scale)}),
             norm(x, 7, false, scale.values, Floats(7, 0), 1e-6));
}

TEST_F(NormalizationTest, GroupNorm) {
  Tensor x = random({2, 6, 3}), scale = random({6}), bias = random({6});
  Tensor expected = norm(x, 9, true, Floats(9, 1), Floats(9, 0), 1e-5);
  forEach(x.shape, [&](const Shape &i) {
    expected.at(i) = expected.at(i) * scale.values[i[1]] + bias.values[i[1]];
  });
  for (std::string type : {"tensor<2x6x3xf32>", "tensor<?x6x?xf32>"})
    expectNear(
        runOp("nn.group_norm %a0 scale %a1 bias %a2 groups 2 epsilon 1.0e-5",
              {type, "tensor<6xf32>", "tensor<6xf32>"}, type,
              {array(x), array(scale), array(bias)}),
        expected);
}

Tensor softmax(const Tensor &x, size_t axis, bool log) {
  Tensor result(x.shape);
  Shape outer = x.shape;
  outer[axis] = 1;
  forEach(outer, [&](const Shape &start) {
    Shape i = start;
    double greatest = -kInf, sum = 0;
    for (i[axis] = 0; i[axis] < x.shape[axis]; ++i[axis])
      greatest = std::max(greatest, double(x.at(i)));
    for (i[axis] = 0; i[axis] < x.shape[axis]; ++i[axis])
      sum += std::exp(x.at(i) - greatest);
    for (i[axis] = 0; i[axis] < x.shape[axis]; ++i[axis])
      result.at(i) = log ? x.at(i) - greatest - std::log(sum)
                         : std::exp(x.at(i) - greatest) / sum;
  });
  return result;
}

TEST_F(NormalizationTest, SoftmaxAlongEachAxis) {
  Tensor x = random({2, 3, 5}, 20);
  for (int axis = 0; axis < 3; ++axis)
    for (bool log : {false, true})
      expectNear(runOp("nn.softmax %a0 axis " + std::to_string(axis) +
                           (log ? " {log}" : ""),
                       {"tensor<?x3x5xf32>"}, "tensor<?x3x5xf32>", {array(x)}),
                 softmax(x, axis, log));
}

TEST_F(NormalizationTest, SoftmaxOfExtremes) {
  Tensor x({4, 3}, {1000, 1000, -kInf, 0, kNaN, 0, -kInf, -kInf, -kInf, -1e38f,
                    3e38f, 0});
  Tensor expected({4, 3},
                  {0.5f, 0.5f, 0, kNaN, kNaN, kNaN, kNaN, kNaN, kNaN, 0, 1, 0});
  expectNear(runOp("nn.softmax %a0 axis 1", {"tensor<4x3xf32>"},
                   "tensor<4x3xf32>", {array(x)}),
             expected);
}

TEST_F(NormalizationTest, SoftmaxOfNoRowsAndOfEmptyRows) {
  for (Shape shape : {Shape{0, 3}, Shape{3, 0}})
    expectNear(runOp("nn.softmax %a0 axis 1", {"tensor<?x?xf32>"},
                     "tensor<?x?xf32>", {array(Tensor(shape))}),
               Tensor(shape));
}

} // namespace
