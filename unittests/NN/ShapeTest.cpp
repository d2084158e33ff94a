//===- ShapeTest.cpp - Moving elements in the reference -------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ReferenceFixture.h"

using namespace nibble;
using namespace nibble::test;

namespace {

class ShapeTest : public ReferenceTest {
protected:
  /// `body` gives %r from %x, and from index values %i, %j that the extents of
  /// two more inputs are.
  Array runWith(const std::string &body, const std::string &type,
                const std::string &resultType, const Array &x, int64_t i = 0,
                int64_t j = 0) {
    std::vector<Array> results =
        run("(%x: " + type + ", %d: tensor<?xf32>, %e: tensor<?xf32>) -> " +
                resultType,
            "%c0 = arith.constant 0 : index\n"
            "%i = tensor.dim %d, %c0 : tensor<?xf32>\n"
            "%j = tensor.dim %e, %c0 : tensor<?xf32>\n" +
                body + "\nreturn %r : " + resultType,
            {x, array(Tensor({i})), array(Tensor({j}))});
    return results.empty() ? Array() : results.front();
  }
};

TEST_F(ShapeTest, Reshape) {
  Tensor x = random({4, 6});
  struct Case {
    const char *shape, *type, *result;
    Shape extents;
  };
  const Case cases[] = {
      {"[4, 2, 3]", "tensor<4x6xf32>", "tensor<4x2x3xf32>", {4, 2, 3}},
      {"[3, 8]", "tensor<4x6xf32>", "tensor<3x8xf32>", {3, 8}},
      {"[%i, 2, 3]", "tensor<?x6xf32>", "tensor<?x2x3xf32>", {4, 2, 3}},
      {"[%i, %j]", "tensor<?x?xf32>", "tensor<?x?xf32>", {4, 6}},
      {"[24]", "tensor<?x?xf32>", "tensor<24xf32>", {24}},
      {"[%j, %i]", "tensor<4x6xf32>", "tensor<?x?xf32>", {6, 4}},
      {"[1, %i, 1, %j]",
       "tensor<?x?xf32>",
       "tensor<1x?x1x?xf32>",
       {1, 4, 1, 6}},
  };
  for (const Case &c : cases) {
    SCOPED_TRACE(c.shape);
    expectNear(runWith(std::string("%r = nn.reshape %x shape ") + c.shape +
                           " : " + c.type + " -> " + c.result,
                       c.type, c.result, array(x), 4, 6),
               Tensor(c.extents, x.values), 0);
  }
  Tensor one({1, 1}, {3});
  expectNear(runWith("%r = nn.reshape %x shape [] : tensor<1x1xf32> -> "
                     "tensor<f32>",
                     "tensor<1x1xf32>", "tensor<f32>", array(one)),
             Tensor(Shape{}, {3}), 0);
  expectNear(runWith("%r = nn.reshape %x shape [1, 1] : tensor<f32> -> "
                     "tensor<1x1xf32>",
                     "tensor<f32>", "tensor<1x1xf32>",
                     array(Tensor(Shape{}, {3}))),
             one, 0);
}

TEST_F(ShapeTest, TransposeOfTranspose) {
  Tensor x = random({2, 3, 4}), expected({4, 2, 3});
  forEach(x.shape,
          [&](const Shape &i) { expected.at({i[2], i[0], i[1]}) = x.at(i); });
  expectNear(
      runWith("%t = nn.transpose %x permutation [2, 1, 0] : tensor<?x3x4xf32> "
              "-> tensor<4x3x?xf32>\n"
              "%r = nn.transpose %t permutation [0, 2, 1] : tensor<4x3x?xf32> "
              "-> tensor<4x?x3xf32>",
              "tensor<?x3x4xf32>", "tensor<4x?x3xf32>", array(x)),
      expected, 0);
}

TEST_F(ShapeTest, ExpandStretchesWhatTurnsOutToBeOne) {
  for (int64_t rows : {1, 4}) {
    Tensor x = random({rows, 3}), expected({2, 4, 3});
    forEach(expected.shape, [&](const Shape &i) {
      expected.at(i) = x.at({rows == 1 ? 0 : i[1], i[2]});
    });
    expectNear(runWith("%r = nn.expand %x shape [2, %i, 3] : "
                       "tensor<?x3xf32> -> tensor<2x?x3xf32>",
                       "tensor<?x3xf32>", "tensor<2x?x3xf32>", array(x), 4),
               expected, 0);
  }
  Tensor x({2, 1}, {1, 2});
  expectNear(runWith("%r = nn.expand %x shape [2, 3] : tensor<2x1xf32> -> "
                     "tensor<2x3xf32>",
                     "tensor<2x1xf32>", "tensor<2x3xf32>", array(x)),
             Tensor({2, 3}, {1, 1, 1, 2, 2, 2}), 0);
}

TEST_F(ShapeTest, SliceWithStridesOfBothSigns) {
  Tensor x = random({4, 7});
  auto check = [&](const std::string &rest, const std::string &type, int64_t i,
                   int64_t j, Shape offsets, Shape sizes, Shape strides) {
    SCOPED_TRACE(rest);
    Tensor expected(sizes);
    forEach(sizes, [&](const Shape &at) {
      expected.at(at) = x.at(
          {offsets[0] + at[0] * strides[0], offsets[1] + at[1] * strides[1]});
    });
    expectNear(
        runWith("%r = nn.slice %x " + rest + " : tensor<?x7xf32> -> " + type,
                "tensor<?x7xf32>", type, array(x), i, j),
        expected, 0);
  };
  check("offsets [1, 2] sizes [2, 3] strides [1, 2]", "tensor<2x3xf32>", 0, 0,
        {1, 2}, {2, 3}, {1, 2});
  check("offsets [3, 6] sizes [4, 3] strides [-1, -3]", "tensor<4x3xf32>", 0, 0,
        {3, 6}, {4, 3}, {-1, -3});
  check("offsets [%i, 0] sizes [%j, 7] strides [1, 1]", "tensor<?x7xf32>", 2, 2,
        {2, 0}, {2, 7}, {1, 1});
  check("offsets [%i, 0] sizes [%j, 7] strides [-2, 1]", "tensor<?x7xf32>", 3,
        2, {3, 0}, {2, 7}, {-2, 1});
  check("offsets [0, 0] sizes [%j, 7] strides [1, 1]", "tensor<?x7xf32>", 0, 0,
        {0, 0}, {0, 7}, {1, 1});
}

TEST_F(ShapeTest, Concat) {
  Tensor x = random({2, 3}), y = random({2, 1}), expected({2, 4});
  forEach(expected.shape, [&](const Shape &i) {
    expected.at(i) = i[1] < 3 ? x.at(i) : y.at({i[0], i[1] - 3});
  });
  expectNear(runOp("nn.concat %a0, %a1 axis 1",
                   {"tensor<2x?xf32>", "tensor<?x1xf32>"}, "tensor<2x?xf32>",
                   {array(x), array(y)}),
             expected, 0);
}

TEST_F(ShapeTest, CacheUpdateAppends) {
  Tensor cache = random({1, 2, 2, 3}), update = random({1, 2, 1, 3});
  Tensor expected({1, 2, 3, 3});
  forEach(expected.shape, [&](const Shape &i) {
    expected.at(i) =
        i[2] < 2 ? cache.at(i) : update.at({i[0], i[1], i[2] - 2, i[3]});
  });
  expectNear(runOp("nn.cache_update %a0, %a1 axis 2",
                   {"tensor<1x2x?x3xf32>", "tensor<1x2x1x3xf32>"},
                   "tensor<1x2x?x3xf32>", {array(cache), array(update)}),
             expected, 0);
  // An empty cache is the start of a sequence.
  expectNear(runOp("nn.cache_update %a0, %a1 axis 2",
                   {"tensor<1x2x?x3xf32>", "tensor<1x2x1x3xf32>"},
                   "tensor<1x2x?x3xf32>",
                   {array(Tensor({1, 2, 0, 3})), array(update)}),
             update, 0);
}

TEST_F(ShapeTest, Gather) {
  Tensor x = random({3, 4, 2});
  Array indices = array<int32_t>(integer(32), {2, 2}, {0, -1, 3, -9});
  int64_t rows[] = {0, 3, 3, 0};
  Tensor expected({3, 2, 2, 2});
  forEach(expected.shape, [&](const Shape &i) {
    expected.at(i) = x.at({i[0], rows[i[1] * 2 + i[2]], i[3]});
  });
  expectNear(runOp("nn.gather %a0, %a1 axis 1",
                   {"tensor<?x4x2xf32>", "tensor<2x?xi32>"},
                   "tensor<?x2x?x2xf32>", {array(x), indices}),
             expected, 0);
  Array scalar = array<int64_t>(integer(64), {}, {2});
  Tensor row({4, 2});
  forEach(row.shape,
          [&](const Shape &i) { row.at(i) = x.at({2, i[0], i[1]}); });
  expectNear(runOp("nn.gather %a0, %a1 axis 0",
                   {"tensor<3x4x2xf32>", "tensor<i64>"}, "tensor<4x2xf32>",
                   {array(x), scalar}),
             row, 0);
}

TEST_F(ShapeTest, GatherND) {
  Tensor x({2, 2, 2}, {0, 1, 2, 3, 4, 5, 6, 7});
  Array pairs = array<int64_t>(integer(64), {2, 2}, {0, 1, 1, -2});
  expectNear(runOp("nn.gather_nd %a0, %a1",
                   {"tensor<2x2x2xf32>", "tensor<?x2xi64>"}, "tensor<?x2xf32>",
                   {array(x), pairs}),
             Tensor({2, 2}, {2, 3, 4, 5}), 0);
  Array batched = array<int64_t>(integer(64), {2, 1}, {1, 0});
  expectNear(runOp("nn.gather_nd %a0, %a1 {batch_dims = 1 : i64}",
                   {"tensor<2x2x2xf32>", "tensor<2x1xi64>"}, "tensor<2x2xf32>",
                   {array(x), batched}),
             Tensor({2, 2}, {2, 3, 4, 5}), 0);
}

TEST_F(ShapeTest, PadModes) {
  Tensor x({3}, {1, 2, 3});
  auto check = [&](const std::string &op, Floats expected) {
    SCOPED_TRACE(op);
    for (std::string in : {"tensor<3xf32>", "tensor<?xf32>"}) {
      std::string out =
          in == "tensor<?xf32>"
              ? in
              : "tensor<" + std::to_string(expected.size()) + "xf32>";
      expectNear(runOp("nn.pad " + op, {in}, out, {array(x)}),
                 Tensor({int64_t(expected.size())}, expected), 0);
    }
  };
  check("<constant> %a0 low [1] high [2]", {0, 1, 2, 3, 0, 0});
  check("<constant> %a0 low [-1] high [1]", {2, 3, 0});
  check("<edge> %a0 low [2] high [1]", {1, 1, 1, 2, 3, 3});
  check("<reflect> %a0 low [2] high [3]", {3, 2, 1, 2, 3, 2, 1, 2});
  check("<wrap> %a0 low [4] high [1]", {3, 1, 2, 3, 1, 2, 3, 1});
  check("<reflect> %a0 low [1] high [-1]", {2, 1, 2});
  expectNear(
      runOp("nn.pad <constant> %a0 value %a1 low [0, 1] high [1, 0]",
            {"tensor<1x2xf32>", "tensor<f32>"}, "tensor<2x3xf32>",
            {array(Tensor({1, 2}, {1, 2})), array(Tensor(Shape{}, {7}))}),
      Tensor({2, 3}, {7, 1, 2, 7, 7, 7}), 0);
  expectNear(runOp("nn.pad <reflect> %a0 low [2] high [1]", {"tensor<1xf32>"},
                   "tensor<4xf32>", {array(Tensor({1}, {5}))}),
             Tensor({4}, {5, 5, 5, 5}), 0);
}

TEST_F(ShapeTest, IotaAndFromIndex) {
  Tensor start(Shape{}, {1.5f}), step(Shape{}, {-0.5f});
  expectNear(runOp("nn.iota start %a0 step %a1", {"tensor<f32>", "tensor<f32>"},
                   "tensor<4xf32>", {array(start), array(step)}),
             Tensor({4}, {1.5f, 1, 0.5f, 0}), 0);
  Array x = array(Tensor({1}));
  expectEqual<int64_t>(runWith("%r = nn.from_index %i, %j : tensor<2xi64>",
                               "tensor<1xf32>", "tensor<2xi64>", x, 4, 6),
                       {2}, {4, 6});
  expectEqual<int32_t>(runWith("%r = nn.from_index %i : tensor<i32>",
                               "tensor<1xf32>", "tensor<i32>", x, 4),
                       {}, {4});
}

//===----------------------------------------------------------------------===//
// The runner itself
//===----------------------------------------------------------------------===//

TEST_F(ShapeTest, ResultsDoNotAliasInputsOrEachOther) {
  Tensor x = random({2, 2});
  Array input = array(x);
  std::vector<Array> results =
      run("(%x: tensor<2x2xf32>) -> (tensor<2x2xf32>, tensor<4xf32>)",
          "%r = nn.reshape %x shape [4] : tensor<2x2xf32> -> tensor<4xf32>\n"
          "return %x, %r : tensor<2x2xf32>, tensor<4xf32>",
          {input});
  ASSERT_EQ(results.size(), 2u);
  results[0].as<float>()[0] = 99;
  EXPECT_EQ(input.as<float>()[0], x.values[0]);
  expectNear(results[1], Tensor({4}, x.values), 0);
}

TEST_F(ShapeTest, RunnerNamesWhatDoesNotFit) {
  auto module = mlir::parseSourceString<mlir::ModuleOp>(
      "func.func @f(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {\n"
      "  return %x : tensor<?x2xf32>\n}\n"
      "func.func @g(%x: index) -> index {\n  return %x : index\n}",
      &context);
  auto runner = createReferenceRunner(*module);
  ASSERT_TRUE(bool(runner)) << llvm::toString(runner.takeError());
  auto fails = [&](llvm::StringRef function, std::vector<Array> inputs) {
    auto result = (*runner)->run(function, inputs);
    return result ? std::string("succeeds")
                  : llvm::toString(result.takeError());
  };
  EXPECT_EQ(fails("h", {}), "there is no function 'h' over tensors");
  EXPECT_EQ(fails("g", {}), "there is no function 'g' over tensors");
  EXPECT_EQ(fails("f", {}), "'f' takes 1 inputs, but 0 are given");
  EXPECT_EQ(fails("f", {array(Tensor({2, 3}))}),
            "input 0 is tensor<2x3xf32>, but the function takes "
            "tensor<?x2xf32>");
  EXPECT_EQ(fails("f", {array<int32_t>(integer(32), {1, 2}, {1, 2})}),
            "input 0 is tensor<1x2xi32>, but the function takes "
            "tensor<?x2xf32>");
  EXPECT_EQ(fails("f", {array(Tensor({3, 2}))}), "succeeds");
}

TEST_F(ShapeTest, ReferenceRefusesQuantizedArguments) {
  auto module = mlir::parseSourceString<mlir::ModuleOp>(
      "func.func @f(%x: !qnt.tensor<2x2, #qnt.format<int<8>, scale = f32>>) -> "
      "tensor<2x2xf32> {\n"
      "  %r = qnt.dequantize %x : !qnt.tensor<2x2, #qnt.format<int<8>, scale = "
      "f32>> -> tensor<2x2xf32>\n  return %r : tensor<2x2xf32>\n}",
      &context);
  auto runner = createReferenceRunner(*module);
  ASSERT_FALSE(bool(runner));
  EXPECT_NE(llvm::toString(runner.takeError()).find("run nn-decompose first"),
            std::string::npos);
}

} // namespace
