//===- TransformTest.cpp - Changes of basis, run and folded===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The reference multiplies by matrices, weights are folded by lib/Numerics:
// the two must agree, and both undo themselves.
//
//===----------------------------------------------------------------------===//

#include "ReferenceFixture.h"

#include "nibble/Codegen/Parameters/ConstantEvaluator.h"

#include "llvm/ADT/StringExtras.h"

using namespace nibble;
using namespace nibble::test;

namespace {

template <typename Range> std::string list(const Range &values) {
  std::string text;
  for (const auto &value : values)
    text += (text.empty() ? "" : ", ") + std::to_string(value);
  return text;
}

/// Numbers that the transforms of these tests are made of, for 12 channels.
class TransformTest : public ReferenceTest {
protected:
  TransformTest() {
    std::vector<float> scale(12), shift(12), matrix(144), rotation(144, 0);
    std::vector<int> source(12), signs(12);
    std::uniform_real_distribution<float> unit(-1, 1);
    for (int i = 0; i < 12; ++i) {
      scale[i] = std::exp2(unit(generator));
      shift[i] = unit(generator);
      source[i] = (5 * i + 3) % 12;
      signs[i] = unit(generator) < 0 ? -1 : 1;
    }
    for (int i = 0; i < 144; ++i)
      matrix[i] = 0.2f * unit(generator) + (i % 13 == 0 ? 2.0f : 0.0f);
    for (int i = 0; i < 12; i += 2) { // Rotations of pairs by 0.6, 0.8.
      rotation[i * 13] = rotation[(i + 1) * 13] = 0.6f;
      rotation[i * 12 + i + 1] = 0.8f;
      rotation[(i + 1) * 12 + i] = -0.8f;
    }
    auto function = [&](const std::string &name, const std::string &type,
                        const std::string &numbers) {
      functions += "func.func private @" + name + "() -> tensor<" + type +
                   "> {\n%0 = arith.constant dense<[" + numbers +
                   "]> : tensor<" + type + ">\nreturn %0 : tensor<" + type +
                   ">\n}\n";
    };
    function("scale", "12xf32", list(scale));
    function("shift", "12xf32", list(shift));
    function("source", "12xi32", list(source));
    function("signs", "12xi32", list(signs));
    function("matrix", "144xf32", list(matrix));
    function("rotation", "144xf32", list(rotation));
  }

  std::string moduleOf(const std::string &transform, int64_t channels,
                       const std::string &function) {
    return functions + "qnt.basis @b : " + std::to_string(channels) + " = " +
           transform + "\n" + function;
  }

  /// `change` ("to @b") of a tensor along `axis`, by the reference.
  Tensor changed(const std::string &transform, const std::string &change,
                 const Tensor &x, int64_t axis) {
    std::string type = "tensor<" + llvm::join(extents(x.shape), "x") + "xf32>";
    std::string text = moduleOf(transform, x.shape[axis],
                                "func.func @f(%x: " + type + ") -> " + type +
                                    " {\n%0 = qnt.transform %x " + change +
                                    " axis = " + std::to_string(axis) + " : " +
                                    type + "\nreturn %0 : " + type + "\n}");
    std::vector<Array> results = runModule(text, {array(x)});
    if (results.empty())
      return Tensor(x.shape);
    llvm::ArrayRef<float> values = results.front().as<float>();
    return Tensor(x.shape, Floats(values.begin(), values.end()));
  }

  /// The same as a weight program, or the message that refuses it.
  llvm::Expected<Array> folded(const std::string &transform,
                               const std::string &change, const Tensor &x,
                               int64_t axis) {
    std::string type = "tensor<" + llvm::join(extents(x.shape), "x") + "xf32>";
    std::string flat = "tensor<" + std::to_string(count(x.shape)) + "xf32>";
    std::string text = moduleOf(
        transform, x.shape[axis],
        "func.func @w() -> " + type + " {\n%c = arith.constant dense<[" +
            list(x.values) + "]> : " + flat + "\n%x = nn.reshape %c shape [" +
            llvm::join(extents(x.shape), ", ") + "] : " + flat + " -> " + type +
            "\n%0 = qnt.transform %x " + change +
            " axis = " + std::to_string(axis) + " : " + type +
            "\nreturn %0 : " + type + "\n}");
    auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    if (!module)
      return llvm::createStringError("does not parse: " + text);
    ParameterFiles files;
    return evaluateWeight(module->lookupSymbol<mlir::func::FuncOp>("w"), files);
  }

  std::string refusal(const std::string &transform, const std::string &change,
                      int64_t channels) {
    auto result = folded(transform, change, coarse({2, channels}), 1);
    return result ? "folded" : llvm::toString(result.takeError());
  }

  /// Numbers that six decimals hold exactly, as the text of a weight has them.
  Tensor coarse(Shape shape) {
    Tensor x = random(std::move(shape));
    for (float &value : x.values)
      value = std::round(value * 64) / 64;
    return x;
  }

  static std::vector<std::string> extents(const Shape &shape) {
    std::vector<std::string> text;
    for (int64_t extent : shape)
      text.push_back(std::to_string(extent));
    return text;
  }

  std::string functions;
};

struct Row {
  const char *transform;
  int64_t channels;
  /// Whether linalg computes its inverse, and whether it has a dual.
  bool inverts = true, dual = true;
};

const Row rows[] = {
    {"#qnt.identity<6>", 12},
    {"#qnt.hadamard<8>", 24},
    {"#qnt.hadamard<24>", 24},
    {"#qnt.hadamard<28>", 28},
    {"#qnt.haar<24, levels = 3>", 24},
    {"#qnt.orthogonal<12, data = @rotation>", 12},
    {"#qnt.orthogonal<6, seed = 3>", 12},
    {"#qnt.linear<12, data = @matrix>", 12, false},
    {"#qnt.diagonal<12, data = @scale>", 24},
    {"#qnt.sign<12, data = @signs>", 12},
    {"#qnt.sign<24, seed = 5>", 24},
    {"#qnt.permutation<12, data = @source>", 12},
    {"#qnt.zigzag<12, block = 4, data = @shift>", 12},
    {"#qnt.zigzag<12, block = 4, data = @signs>", 12},
    {"#qnt.shift<12, data = @shift>", 12, true, false},
    {"#qnt.kron<#qnt.hadamard<12>, #qnt.haar<2, levels = 1>>", 24},
    {"#qnt.kron<#qnt.diagonal<12, data = @scale>, #qnt.orthogonal<3, seed = "
     "1>>",
     36},
    {"#qnt.blocks<#qnt.permutation<12, data = @source>, count = 2>", 24},
    {"#qnt.direct_sum<#qnt.hadamard<4>, #qnt.identity<3>, #qnt.sign<12, data = "
     "@signs>>",
     19},
    {"#qnt.compose<#qnt.sign<12, seed = 2>, #qnt.hadamard<12>, "
     "#qnt.permutation<12, data = @source>>",
     12},
    {"#qnt.compose<#qnt.shift<12, data = @shift>, #qnt.hadamard<12>>", 12, true,
     false},
};

TEST_F(TransformTest, ReferenceAgreesWithFolding) {
  int64_t axis = 0; // Each in turn.
  for (const Row &row : rows) {
    SCOPED_TRACE(row.transform);
    Shape shape = {3, 2, 5};
    shape[axis] = row.channels;
    Tensor x = coarse(shape);
    auto weight = folded(row.transform, "to @b", x, axis);
    ASSERT_TRUE(bool(weight)) << llvm::toString(weight.takeError());
    // Sums of up to 36 numbers near 1 in f32.
    expectNear(*weight, changed(row.transform, "to @b", x, axis), 1e-5);
    axis = (axis + 1) % 3;
  }
}

TEST_F(TransformTest, FromUndoesTo) {
  for (const Row &row : rows) {
    SCOPED_TRACE(row.transform);
    Tensor x = coarse({4, row.channels});
    Tensor there = changed(row.transform, "to @b", x, 1);
    if (row.transform != std::string("#qnt.identity<6>"))
      EXPECT_NE(there.values, x.values);
    for (float &value : there.values) // What the text of a weight holds.
      value = std::round(value * 1e6f) * 1e-6f;
    auto weight = folded(row.transform, "from @b", there, 1);
    ASSERT_TRUE(bool(weight)) << llvm::toString(weight.takeError());
    expectNear(*weight, x, 1e-5);
    if (row.inverts)
      expectNear(array(changed(row.transform, "from @b", there, 1)), x, 1e-5);
  }
}

TEST_F(TransformTest, DualKeepsProducts) {
  for (const Row &row : rows) {
    SCOPED_TRACE(row.transform);
    Tensor x = coarse({3, row.channels}), w = coarse({4, row.channels});
    if (!row.dual)
      continue;
    auto there = folded(row.transform, "to @b", x, 1);
    auto dual = folded(row.transform, "to dual @b", w, 1);
    ASSERT_TRUE(there && dual);
    for (int64_t i = 0; i < 3; ++i)
      for (int64_t j = 0; j < 4; ++j) {
        double before = 0, after = 0;
        for (int64_t k = 0; k < row.channels; ++k) {
          before += double(x.at({i, k})) * w.at({j, k});
          after += double(there->as<float>()[i * row.channels + k]) *
                   dual->as<float>()[j * row.channels + k];
        }
        EXPECT_NEAR(before, after, 1e-5);
      }
  }
}

TEST_F(TransformTest, DynamicRows) {
  std::string text =
      moduleOf("#qnt.kron<#qnt.hadamard<12>, #qnt.haar<2, levels = 1>>", 24, R"(
func.func @f(%x: tensor<?x24x?xf32>) -> tensor<?x24x?xf32> {
  %0 = qnt.transform %x to @b axis = 1 : tensor<?x24x?xf32>
  %1 = qnt.transform %0 to @b axis = 1 : tensor<?x24x?xf32>
  %2 = qnt.transform %1 from @b axis = 1 : tensor<?x24x?xf32>
  %3 = qnt.transform %2 from @b axis = 1 : tensor<?x24x?xf32>
  return %3 : tensor<?x24x?xf32>
})");
  Tensor x = random({3, 24, 2});
  std::vector<Array> results = runModule(text, {array(x)});
  ASSERT_EQ(results.size(), 1u);
  expectNear(results.front(), x);
}

TEST_F(TransformTest, WrongNumbersAreRefused) {
  auto expect = [&](const std::string &transform, const std::string &change,
                    const std::string &message) {
    std::string got = refusal(transform, change, 12);
    EXPECT_NE(got.find("qnt.transform cannot be folded: " + message),
              std::string::npos)
        << got;
  };
  expect("#qnt.diagonal<12, data = @shift>", "to @b",
         "the numbers of a transform make it of kind sign|scale, but it states "
         "scale");
  expect("#qnt.sign<12, data = @scale>", "to @b",
         "value 0 of a sign transform");
  expect("#qnt.permutation<12, data = @signs>", "to @b",
         "a permutation holds indexes of channels, not -1.000000");
  expect("#qnt.permutation<12, data = @shift>", "from @b",
         "a permutation holds indexes of channels");
  expect("#qnt.orthogonal<12, data = @matrix>", "to @b",
         "a matrix of 12 channels is not orthogonal");
  expect("#qnt.orthogonal<12, data = @rotation, keepsOnes = true>", "to @b",
         "the numbers of a transform make it of kind orthogonal, but it states "
         "orthogonal_keeping_ones");
  functions += "func.func private @none() -> tensor<12xf32>\n"
               "func.func private @half() -> tensor<12xf16> {\n"
               "%0 = arith.constant dense<1.0> : tensor<12xf16>\n"
               "return %0 : tensor<12xf16>\n}\n"
               "func.func private @self() -> tensor<12xf32> {\n"
               "%0 = arith.constant dense<1.0> : tensor<12xf32>\n"
               "%1 = qnt.transform %0 to @b axis = 0 : tensor<12xf32>\n"
               "return %1 : tensor<12xf32>\n}\n";
  expect("#qnt.diagonal<12, data = @none>", "to @b",
         "has no body of the function @none");
  expect("#qnt.diagonal<12, data = @half>", "to @b",
         "the numbers of a transform are f32, f64, i32 or i64, not f16");
  std::string self = refusal("#qnt.diagonal<12, data = @self>", "to @b", 12);
  EXPECT_NE(self.find("the numbers of @self depend on themselves"),
            std::string::npos)
      << self;
}

} // namespace
