//===- EvaluateTest.cpp - Weight programs against the reference -----------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ReferenceFixture.h"

#include "dialects/NN/Elementwise.h"
#include "dialects/NN/NN.h"
#include "dialects/NN/WeightDerived.h"
#include "mlir/Parser/Parser.h"
#include "nibble/Codegen/Parameters/ConstantEvaluator.h"
#include "llvm/ADT/StringExtras.h"

using namespace nibble;
using namespace nibble::test;

namespace {
class EvaluateTest : public ReferenceTest {
protected:
  /// A function without arguments whose `op` reads %x, the whole numbers from
  /// -30 on in a tensor of 4 x 3 x 5.
  static std::string program(const std::string &op, const std::string &result) {
    std::vector<std::string> numbers;
    for (int i = 0; i < 60; ++i)
      numbers.push_back(std::to_string(i - 30) + ".0");
    return "func.func @f() -> " + result + " {\n%c = arith.constant dense<[" +
           llvm::join(numbers, ", ") +
           "]> : tensor<60xf32>\n%x = nn.reshape %c shape [4, 3, 5] : "
           "tensor<60xf32> -> tensor<4x3x5xf32>\n%0 = " +
           op + " -> " + result + "\nreturn %0 : " + result + "\n}";
  }

  llvm::Expected<Array> evaluate(const std::string &text) {
    auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    if (!module)
      return llvm::createStringError("does not parse: " + text);
    ParameterFiles files;
    return evaluateWeight(module->lookupSymbol<mlir::func::FuncOp>("f"), files);
  }

  void expectSame(const std::string &reduction, const std::string &result) {
    std::string text =
        program("nn.reduce " + reduction + " : (tensor<4x3x5xf32>)", result);
    llvm::Expected<Array> actual = evaluate(text);
    ASSERT_TRUE(bool(actual)) << llvm::toString(actual.takeError());
    std::vector<Array> expected = runModule(text, {});
    ASSERT_EQ(expected.size(), 1u);
    ASSERT_EQ(actual->getShape(), expected[0].getShape());
    // Sums are whole numbers; a mean's division rounds once in both.
    for (auto [a, b] :
         llvm::zip_equal(actual->as<float>(), expected[0].as<float>()))
      EXPECT_FLOAT_EQ(a, b) << reduction;
  }

  /// Whether the program's one elementwise op can be part of a weight; if so,
  /// it has the elements that the reference has.
  bool expectSameNumbers(const std::string &text) {
    mlir::ScopedDiagnosticHandler silence(&context,
                                          [](mlir::Diagnostic &) { return; });
    auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    bool isKnown = false;
    if (module) // Else the kind is not of these operands.
      module->walk([&](nn::ElementwiseOp op) { isKnown = isEvaluable(op); });
    if (!isKnown)
      return false;
    llvm::Expected<Array> actual = evaluate(text);
    std::vector<Array> expected = runModule(text, {});
    if (!actual || expected.size() != 1 ||
        actual->getNumBytes() != expected[0].getNumBytes()) {
      ADD_FAILURE() << llvm::toString(actual.takeError()) << text;
      return false;
    }
    if (!expected[0].getElementType().isF32()) {
      EXPECT_EQ(llvm::ArrayRef(actual->data(), actual->getNumBytes()),
                llvm::ArrayRef(expected[0].data(), actual->getNumBytes()))
          << text;
      return true;
    }
    for (auto [a, b] :
         llvm::zip_equal(actual->as<float>(), expected[0].as<float>())) {
      if (std::isnan(b))
        EXPECT_TRUE(std::isnan(a)) << text;
      else
        EXPECT_FLOAT_EQ(a, b) << text;
    }
    return true;
  }

  std::string refusal(const std::string &op, const std::string &result) {
    llvm::Expected<Array> array = evaluate(program(op, result));
    return array ? "evaluated" : llvm::toString(array.takeError());
  }
};
} // namespace

TEST_F(EvaluateTest, Reductions) {
  expectSame("<sum> %x axes [0]", "tensor<3x5xf32>");
  expectSame("<sum> %x axes [1] {keep_dims}", "tensor<4x1x5xf32>");
  expectSame("<mean> %x axes [2]", "tensor<4x3xf32>");
  expectSame("<mean> %x axes [0, 2] {keep_dims}", "tensor<1x3x1xf32>");
  expectSame("<sum> %x axes [0, 1, 2]", "tensor<f32>");
}

TEST_F(EvaluateTest, RefusesOtherReductions) {
  EXPECT_NE(
      refusal("nn.reduce <max> %x axes [0] : (tensor<4x3x5xf32>)",
              "tensor<3x5xf32>")
          .find("nn.reduce of kind max has no evaluation at compile time"),
      std::string::npos);
}

/// Weights that f16 has no scale for are refused, not what has no magnitude.
TEST_F(EvaluateTest, ZerosHaveAnyScale) {
  auto quantize = [&](const std::string &number, const std::string &format) {
    std::string codes = "<2x32, #qnt.format<" + format + ">>";
    return evaluate("func.func @f() -> tensor<2x32xf32> {\n%w = arith.constant "
                    "dense<" +
                    number + "> : tensor<2x32xf32>\n%q = qnt.quantize %w " +
                    "{choice = #qnt.choice<mse>} : tensor<2x32xf32> -> " +
                    codes + "\n%0 = qnt.dequantize %q : " + codes +
                    " -> tensor<2x32xf32>\nreturn %0 : tensor<2x32xf32>\n}");
  };
  for (const char *format :
       {"int<4>, block = [1, 32], scale = f16",
        "uint<4>, block = [1, 32], scale = f16, zero = uint<4>"}) {
    llvm::Expected<Array> zeros = quantize("0.0", format);
    ASSERT_TRUE(bool(zeros)) << llvm::toString(zeros.takeError());
    for (float value : zeros->as<float>())
      EXPECT_EQ(value, 0);
    llvm::Expected<Array> faint = quantize("1.0e-8", format);
    ASSERT_FALSE(bool(faint));
    EXPECT_NE(llvm::toString(faint.takeError())
                  .find("whose scales f16 does not hold"),
              std::string::npos);
  }
}

/// A function @f that applies `kind` to one constant, or to two equal ones.
static std::string elementwiseProgram(nn::ElementwiseKind kind,
                                      llvm::StringRef type,
                                      llvm::StringRef result, bool isBinary) {
  llvm::StringRef number = type == "f32" ? "0.5" : type == "i1" ? "true" : "3";
  std::string tensor = ("tensor<4x" + type + ">").str(),
              results = ("tensor<4x" + result + ">").str();
  return "func.func @f() -> " + results + " {\n%w = arith.constant dense<" +
         number.str() + "> : " + tensor + "\n%0 = nn.elementwise <" +
         stringifyElementwiseKind(kind).str() + "> %w" +
         (isBinary ? ", %w : (" + tensor + ", " : " : (") + tensor + ") -> " +
         results + "\nreturn %0 : " + results + "\n}";
}

/// What is left to the model is just what has no evaluation.
TEST_F(EvaluateTest, ElementwiseKindsAsIsEvaluableSays) {
  mlir::ScopedDiagnosticHandler silence(&context,
                                        [](mlir::Diagnostic &) { return; });
  unsigned counts[2] = {};
  auto check = [&](const std::string &text) {
    auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    if (!module) // The kind is not of these operands.
      return;
    bool expected = false;
    module->walk([&](nn::ElementwiseOp op) { expected = isEvaluable(op); });
    llvm::Expected<Array> array = evaluate(text);
    EXPECT_EQ(bool(array), expected) << text;
    if (!array)
      llvm::consumeError(array.takeError());
    ++counts[expected];
  };
  for (uint32_t i = 0; i <= nn::getMaxEnumValForElementwiseKind(); ++i)
    if (auto kind = nn::symbolizeElementwiseKind(i))
      for (const char *type : {"f32", "i32", "i1"})
        for (bool isBinary : {false, true}) {
          check(elementwiseProgram(*kind, type, type, isBinary));
          check(elementwiseProgram(*kind, type, "i1", isBinary));
        }
  EXPECT_GT(counts[true], 30u);
  EXPECT_GT(counts[false], 10u);
}

/// A function @f that applies `kind` to each of the `count` numbers, or to each
/// pair of them.
static std::string pairsProgram(nn::ElementwiseKind kind,
                                const std::string &type,
                                const std::string &numbers, unsigned count) {
  std::string n = std::to_string(count);
  auto tensor = [](const std::string &shape, const std::string &element) {
    return "tensor<" + shape + "x" + element + ">";
  };
  auto reshape = [&](const std::string &name, const std::string &shape) {
    return "%" + name + " = nn.reshape %c shape [" + shape +
           "] : " + tensor(n, type) + " -> " +
           tensor(name == "x" ? n + "x1" : "1x" + n, type) + "\n";
  };
  bool isBinary = nn::getArity(kind) == 2;
  std::string operands = tensor(n + "x1", type);
  if (isBinary)
    operands += ", " + tensor("1x" + n, type);
  std::string result = tensor(n + "x" + (isBinary ? n : "1"),
                              nn::isPredicate(kind) ? "i1" : type);
  return "func.func @f() -> " + result + " {\n%c = arith.constant dense<[" +
         numbers + "]> : " + tensor(n, type) + "\n" + reshape("x", n + ", 1") +
         reshape("y", "1, " + n) + "%0 = nn.elementwise <" +
         stringifyElementwiseKind(kind).str() + "> %x" +
         (isBinary ? ", %y : (" : " : (") + operands + ") -> " + result +
         "\nreturn %0 : " + result + "\n}";
}

/// Zeros, limits and NaN among the numbers: where two ways to write a function
/// differ.
TEST_F(EvaluateTest, ElementwiseAsTheModelComputes) {
  struct {
    std::string type, numbers;
    unsigned count;
  } cases[] = {
      {"f32", "0.0, -0.0, 0.5, -2.5, 3.0, 0x7FC00000, 0x7F800000, 0xFF800000",
       8},
      {"i32", "0, 1, -1, 3, -7, 2147483647, -2147483648", 7},
      {"ui64", "0, 1, 7, 9223372036854775807, 18446744073709551615", 5}};
  unsigned count = 0;
  for (const auto &[type, numbers, size] : cases)
    for (uint32_t i = 0; i <= nn::getMaxEnumValForElementwiseKind(); ++i)
      if (auto kind = nn::symbolizeElementwiseKind(i))
        count += expectSameNumbers(pairsProgram(*kind, type, numbers, size));
  // Bits have no order.
  for (auto kind : {nn::ElementwiseKind::And, nn::ElementwiseKind::Or,
                    nn::ElementwiseKind::Not, nn::ElementwiseKind::Equal})
    count += expectSameNumbers(pairsProgram(kind, "i1", "false, true", 2));
  EXPECT_GT(count, 40u);
}

/// A function @f whose `op` reads a weight %w or what `before` makes.
static std::string weightProgram(const std::string &before,
                                 const std::string &op,
                                 const std::string &result) {
  return "qnt.basis @b : 4 = #qnt.hadamard<4>\n"
         "func.func @f() -> " +
         result + " {\n" + before + "\n%0 = " + op + "\nreturn %0 : " + result +
         "\n}";
}

TEST_F(EvaluateTest, SaysWhatCannotBeEvaluated) {
  const std::string floats = "%w = arith.constant dense<1.0> : tensor<4xf32>";
  const std::string halves = "%w = arith.constant dense<1.0> : tensor<4xf16>";
  const std::string integers = "%w = arith.constant dense<1> : tensor<4xi32>";
  const std::string format =
      "!qnt.tensor<4, #qnt.format<int<8>, scale = f32>, f16>";
  const std::string bytes = "!qnt.tensor<4, #qnt.format<int<8>, scale = f32>>";
  const std::string shifted =
      "!qnt.tensor<4, #qnt.format<uint<8>, scale = f32, zero = uint<8>>>";
  const std::string levels =
      "!qnt.tensor<4, #qnt.format<int<8>, block = [2], scale = f16, outer = "
      "[f32[4], f32]>>";
  const std::string empty =
      "!qnt.tensor<4x0, #qnt.format<int<8>, block = [1, -1], scale = f32>>";
  const std::string pair = "%w = arith.constant dense<1.0> : tensor<1x4xf32>";
  const std::string packing =
      "nn.pack_weights %w plan \"a=f32 b=f32 c=f32\" dot \"f32-avx2\" : ";
  struct {
    std::string before, op, result, message;
  } cases[] = {
      {integers, "nn.reduce <sum> %w axes [0] : (tensor<4xi32>) -> tensor<i32>",
       "tensor<i32>",
       "nn.reduce sums f32 at compile time; cast its input first"},
      {floats + "\n%g = nn.reshape %w shape [1, 1, 4] : tensor<4xf32> -> "
                "tensor<1x1x4xf32>",
       "nn.pack_weights %g plan \"a=f32 b=f32 c=f32\" dot \"abacus\" : "
       "(tensor<1x1x4xf32>) -> tensor<64xi8>",
       "tensor<64xi8>", "unknown dot 'abacus'"},
      {"%w = arith.constant dense<1.0> : tensor<f32>",
       "nn.expand %w shape [4611686018427387904, 4] : tensor<f32> -> "
       "tensor<4611686018427387904x4xf32>",
       "tensor<4611686018427387904x4xf32>",
       "nn.expand needs more than 18446744073709551615 bytes, more than this "
       "machine's memory"},
      {halves, "qnt.transform %w to @b axis = 0 : tensor<4xf16>",
       "tensor<4xf16>", "qnt.transform changes the basis of f32 at compile"},
      {floats, "nn.cumsum %w axis 0 : (tensor<4xf32>) -> tensor<4xf32>",
       "tensor<4xf32>", "nn.cumsum has no evaluation at compile time"},
      {floats + "\n%i = arith.constant dense<[0, 4]> : tensor<2xi64>",
       "nn.gather %w, %i axis 0 : (tensor<4xf32>, tensor<2xi64>) -> "
       "tensor<2xf32>",
       "tensor<2xf32>", "nn.gather has an index out of range"},
      {halves + "\n%q = qnt.quantize %w : tensor<4xf16> -> " + format,
       "qnt.dequantize %q : " + format + " -> tensor<4xf16>", "tensor<4xf16>",
       "qnt.quantize quantizes numbers that are not f32"},
      {floats + "\n%q = qnt.quantize %w : tensor<4xf32> -> " + bytes,
       "qnt.dequantize %q : " + bytes + " -> tensor<4xf16>", "tensor<4xf16>",
       "qnt.dequantize gives numbers that are not f32"},
      {floats + "\n%q = qnt.quantize %w : tensor<4xf32> -> " + bytes,
       "qnt.scales %q : " + bytes + " -> tensor<1xf16>", "tensor<1xf16>",
       "qnt.scales gives scales that are not f32"},
      {floats + "\n%q = qnt.quantize %w : tensor<4xf32> -> " + shifted,
       "qnt.zeros %q : " + shifted + " -> tensor<1xf32>", "tensor<1xf32>",
       "qnt.zeros gives zero points that are not integers"},
      {integers +
           "\n%s = arith.constant dense<1.0> : tensor<2xf16>"
           "\n%q = qnt.assemble %w scale %s : tensor<4xi32>, scale "
           "tensor<2xf16> -> " +
           levels,
       "qnt.scales %q : " + levels + " -> tensor<2xf32>", "tensor<2xf32>",
       "qnt.scales has more than one outer scale"},
      {"%w = arith.constant dense<> : tensor<4x0xi8>\n%s = arith.constant "
       "dense<1.0> : tensor<4x1xf32>\n%q = qnt.assemble %w scale %s : "
       "tensor<4x0xi8>, scale tensor<4x1xf32> -> " +
           empty,
       "qnt.codes %q : " + empty + " -> tensor<4x0xi8>", "tensor<4x0xi8>",
       "qnt.assemble does not have one scale per block"},
      {floats, "nn.elementwise <neg> %w : (tensor<4xf32>) -> tensor<?xf32>",
       "tensor<?xf32>",
       "nn.elementwise has no evaluation at compile time for these operands"},
      {floats + "\n%n = arith.constant 4 : index",
       "nn.reshape %w shape [%n] : tensor<4xf32> -> tensor<?xf32>",
       "tensor<?xf32>", "nn.reshape has extents that are not constant"},
      {floats + "\n%n = arith.constant 4 : index",
       "nn.expand %w shape [%n] : tensor<4xf32> -> tensor<?xf32>",
       "tensor<?xf32>", "nn.expand has extents that are not constant"},
      {floats + "\n%n = arith.constant 2 : index",
       "nn.slice %w offsets [0] sizes [%n] strides [1] : tensor<4xf32> -> "
       "tensor<?xf32>",
       "tensor<?xf32>", "nn.slice has offsets or sizes that are not constant"},
      {pair, packing + "(tensor<1x4xf32>) -> tensor<3xi8>", "tensor<3xi8>",
       "nn.pack_weights has a result of another size than its weights take"},
      {"%w = arith.constant dense<1> : tensor<1x4xi8>",
       packing + "(tensor<1x4xi8>) -> tensor<256xi8>", "tensor<256xi8>",
       "nn.pack_weights has weights of another type than its plan"},
      {"",
       "nn.parameter \"w\" at <file = \"/nowhere\", offset = 0, length = 16, "
       "hash = 0> : tensor<4xf32>",
       "tensor<4xf32>",
       "cannot read /nowhere for the parameter w: No such file or directory"},
      {"",
       "nn.parameter \"w\" at <file = \"/dev/null\", offset = 8, length = "
       "16, hash = 0> : tensor<4xf32>",
       "tensor<4xf32>",
       "/dev/null is too short for the parameter w: it ends at byte 24, but "
       "the file has 0"},
  };
  for (const auto &c : cases) {
    llvm::Expected<Array> array =
        evaluate(weightProgram(c.before, c.op, c.result));
    ASSERT_FALSE(bool(array)) << c.message;
    std::string message = llvm::toString(array.takeError());
    EXPECT_NE(message.find(c.message), std::string::npos)
        << message << " instead of " << c.message;
  }
}

TEST_F(EvaluateTest, ProgramsEndWithReturn) {
  llvm::Expected<Array> array = evaluate("func.func @f() -> tensor<4xf32> {\n"
                                         "llvm.unreachable\n}");
  ASSERT_FALSE(bool(array));
  EXPECT_NE(llvm::toString(array.takeError())
                .find("llvm.unreachable has no evaluation at compile time"),
            std::string::npos);
}

/// Of two large weights side by side both keep their value: the search for the
/// scale goes up to where no pair needs its bound.
TEST_F(EvaluateTest, S10_ScalesOfBoundedPairs) {
  llvm::Expected<Array> weights = evaluate(R"mlir(
    func.func @f() -> tensor<2x6xf32> {
      %w = arith.constant dense<[[1.0, 1.0, -1.0, -1.0, 0.5, 1.0],
                                 [0.9, 1.0, -1.0, -0.8, 0.0, 0.3]]> : tensor<2x6xf32>
      %q = qnt.quantize %w {choice = #qnt.choice<mse>, pair_order = array<i64: 1>}
        : tensor<2x6xf32> -> !qnt.tensor<2x6, #qnt.format<int<8>, block = [1, -1], scale = f32>>
      %0 = qnt.dequantize %q
        : !qnt.tensor<2x6, #qnt.format<int<8>, block = [1, -1], scale = f32>> -> tensor<2x6xf32>
      return %0 : tensor<2x6xf32>
    })mlir");
  ASSERT_TRUE(bool(weights)) << llvm::toString(weights.takeError());
  constexpr float kExpected[] = {1,    1, -1, -1,    0.5f, 1,
                                 0.9f, 1, -1, -0.8f, 0,    0.3f};
  // Half a step of the doubled scale, 2 / 127, and a bit of f32.
  for (auto [actual, expected] :
       llvm::zip_equal(weights->as<float>(), kExpected))
    EXPECT_NEAR(actual, expected, 1.01 / 127);
}
