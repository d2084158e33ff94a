//===- PointwiseTest.cpp - Elementwise, reduce, pool in the reference -----===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ReferenceFixture.h"

#include "llvm/ADT/APFloat.h"
#include <functional>
#include <limits>

using namespace nibble;
using namespace nibble::test;

namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

class PointwiseTest : public ReferenceTest {
protected:
  Array elementwise(const std::string &kind, const std::string &type,
                    const std::vector<Array> &inputs,
                    std::string resultType = "") {
    std::string operands;
    for (size_t i = 0; i < inputs.size(); ++i)
      operands += (i ? ", %a" : "%a") + std::to_string(i);
    size_t end = kind.find(' ');
    std::string op = "nn.elementwise <" + kind.substr(0, end) + "> " +
                     operands +
                     (end == std::string::npos ? "" : kind.substr(end));
    return runOp(op, std::vector<std::string>(inputs.size(), type),
                 resultType.empty() ? type : resultType, inputs);
  }
};

//===----------------------------------------------------------------------===//
// elementwise
//===----------------------------------------------------------------------===//

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

TEST_F(PointwiseTest, FloatUnary) {
  const std::pair<const char *, std::function<double(double)>> kinds[] = {
      {"neg", [](double x) { return -x; }},
      {"abs", [](double x) { return std::abs(x); }},
      {"sign", [](double x) { return x > 0   ? 1.0
                                     : x < 0 ? -1.0
                                             : x; }},
      {"exp", [](double x) { return std::exp(x); }},
      {"log", [](double x) { return std::log(x); }},
      {"sqrt", [](double x) { return std::sqrt(x); }},
      {"rsqrt", [](double x) { return 1 / std::sqrt(x); }},
      {"reciprocal", [](double x) { return 1 / x; }},
      {"sin", [](double x) { return std::sin(x); }},
      {"cos", [](double x) { return std::cos(x); }},
      {"tan", [](double x) { return std::tan(x); }},
      {"tanh", [](double x) { return std::tanh(x); }},
      {"erf", [](double x) { return std::erf(x); }},
      {"floor", [](double x) { return std::floor(x); }},
      {"ceil", [](double x) { return std::ceil(x); }},
      {"round", [](double x) { return std::nearbyint(x); }},
      {"relu", [](double x) { return x < 0 ? 0 : x; }},
      {"leaky_relu", [](double x) { return x < 0 ? 0.01 * x : x; }},
      {"leaky_relu {alpha = 0.5 : f64}",
       [](double x) { return x < 0 ? 0.5 * x : x; }},
      {"elu {alpha = 2.0 : f64}",
       [](double x) { return x < 0 ? 2 * std::expm1(x) : x; }},
      {"selu",
       [](double x) {
         return 1.0507009873554805 *
                (x < 0 ? 1.6732632423543772 * std::expm1(x) : x);
       }},
      {"celu {alpha = 2.0 : f64}",
       [](double x) { return x < 0 ? 2 * std::expm1(x / 2) : x; }},
      {"sigmoid", sigmoid},
      {"hard_sigmoid",
       [](double x) {
         return x != x ? x : std::min(1.0, std::max(0.0, 0.2 * x + 0.5));
       }},
      {"softsign", [](double x) { return x / (1 + std::abs(x)); }},
      {"clip {alpha = -1.0 : f64, beta = 0.5 : f64}",
       [](double x) { return x != x ? x : std::min(0.5, std::max(-1.0, x)); }},
      {"clip {beta = 0.5 : f64}",
       [](double x) { return x != x ? x : std::min(0.5, x); }},
  };
  Floats inputs = {0,    -0.0f, 0.5f,  -0.5f, 1.5f,  2.5f, -2.5f,
                   3.7f, -8,    80.0f, -90,   1e-6f, kNaN};
  Shape shape = {int64_t(inputs.size())};
  for (auto &[kind, function] : kinds) {
    SCOPED_TRACE(kind);
    Tensor expected(shape);
    for (size_t i = 0; i < inputs.size(); ++i)
      expected.values[i] = function(inputs[i]);
    expectNear(
        elementwise(kind, "tensor<?xf32>", {array(Tensor(shape, inputs))}),
        expected, 2e-6);
  }
}

TEST_F(PointwiseTest, Activations) {
  const std::pair<const char *, std::function<double(double)>> kinds[] = {
      {"silu", [](double x) { return x * sigmoid(x); }},
      {"quick_gelu", [](double x) { return x * sigmoid(1.702 * x); }},
      {"gelu",
       [](double x) { return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0))); }},
      {"gelu_tanh",
       [](double x) {
         return 0.5 * x *
                (1 +
                 std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
       }},
      {"hard_swish",
       [](double x) { return x * std::min(1.0, std::max(0.0, x / 6 + 0.5)); }},
      {"softplus",
       [](double x) {
         return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
       }},
      {"mish",
       [](double x) {
         return x * std::tanh(std::max(x, 0.0) +
                              std::log1p(std::exp(-std::abs(x))));
       }},
  };
  Tensor x = random({40}, 12);
  for (auto &[kind, function] : kinds) {
    SCOPED_TRACE(kind);
    Tensor expected(x.shape);
    for (size_t i = 0; i < x.values.size(); ++i)
      expected.values[i] = function(x.values[i]);
    expectNear(elementwise(kind, "tensor<40xf32>", {array(x)}), expected, 2e-6);
  }
}

TEST_F(PointwiseTest, FloatBinaryBroadcasts) {
  Tensor x = random({2, 3, 4}, 3), y = random({3, 1}, 3);
  const std::pair<const char *, std::function<double(double, double)>> kinds[] =
      {
          {"add", std::plus<double>()},
          {"sub", std::minus<double>()},
          {"mul", std::multiplies<double>()},
          {"div", std::divides<double>()},
          {"max", [](double a, double b) { return std::max(a, b); }},
          {"min", [](double a, double b) { return std::min(a, b); }},
          {"fmod", [](double a, double b) { return std::fmod(a, b); }},
          {"mod", [](double a, double b) { return a - std::floor(a / b) * b; }},
          {"prelu", [](double a, double b) { return a < 0 ? a * b : a; }},
      };
  for (auto &[kind, compute] : kinds) {
    SCOPED_TRACE(kind);
    Tensor expected(x.shape);
    forEach(x.shape, [&, &function = compute](const Shape &i) {
      expected.at(i) = function(x.at(i), y.at({i[1], 0}));
    });
    expectNear(runOp("nn.elementwise <" + std::string(kind) + "> %a0, %a1",
                     {"tensor<?x3x4xf32>", "tensor<3x1xf32>"},
                     "tensor<?x3x4xf32>", {array(x), array(y)}),
               expected, 1e-5);
  }
}

TEST_F(PointwiseTest, PowAndExtremes) {
  Tensor x({6}, {2, -2, 0, 0, kInf, 4}), y({6}, {3, 3, 0, -1, -1, 0.5f});
  expectNear(elementwise("pow", "tensor<6xf32>", {array(x), array(y)}),
             Tensor({6}, {8, -8, 1, kInf, 0, 2}));
  Tensor p({4}, {kNaN, 1, -0.0f, kInf}), q({4}, {1, kNaN, 0, -kInf});
  expectNear(elementwise("max", "tensor<4xf32>", {array(p), array(q)}),
             Tensor({4}, {kNaN, kNaN, 0, kInf}));
  expectNear(elementwise("min", "tensor<4xf32>", {array(p), array(q)}),
             Tensor({4}, {kNaN, kNaN, 0, -kInf}));
}

TEST_F(PointwiseTest, IntegersWrapAndNeverTrap) {
  int32_t least = std::numeric_limits<int32_t>::min();
  Array x = array<int32_t>(integer(32), {6}, {7, -7, 7, 5, least, least});
  Array y = array<int32_t>(integer(32), {6}, {2, 2, -2, 0, -1, 1});
  auto check = [&](const char *kind, std::vector<int32_t> expected) {
    SCOPED_TRACE(kind);
    expectEqual<int32_t>(elementwise(kind, "tensor<6xi32>", {x, y}), {6},
                         expected);
  };
  check("div", {3, -3, -3, 0, least, least});
  check("mod", {1, 1, -1, 0, 0, 0});
  check("fmod", {1, -1, 1, 0, 0, 0});
  check("sub", {5, -9, 9, 5, least + 1, std::numeric_limits<int32_t>::max()});
  check("max", {7, 2, 7, 5, -1, 1});
  check("xor", {7 ^ 2, -7 ^ 2, 7 ^ -2, 5, least ^ -1, least ^ 1});
  expectEqual<int32_t>(elementwise("sign", "tensor<6xi32>", {x}), {6},
                       {1, -1, 1, 1, -1, -1});
  Array power = array<int32_t>(integer(32), {6}, {2, 3, 0, 0, 2, -1});
  Array base = array<int32_t>(integer(32), {6}, {3, -2, 0, 5, -1, 0});
  expectEqual<int32_t>(elementwise("pow", "tensor<6xi32>", {base, power}), {6},
                       {9, -8, 1, 1, 1, 0});
}

TEST_F(PointwiseTest, UnsignedIntegersCompareAsSuch) {
  Array x = array<uint8_t>(unsignedInteger(8), {3}, {200, 5, 255});
  Array y = array<uint8_t>(unsignedInteger(8), {3}, {100, 6, 255});
  expectEqual<uint8_t>(elementwise("max", "tensor<?xui8>", {x, y}), {3},
                       {200, 6, 255});
  expectEqual<uint8_t>(
      elementwise("less", "tensor<?xui8>", {x, y}, "tensor<?xi1>"), {3},
      {0, 1, 0});
  expectEqual<uint8_t>(
      elementwise("clip {beta = 128.0 : f64}", "tensor<?xui8>", {x}), {3},
      {128, 5, 128});
}

TEST_F(PointwiseTest, ComparisonsAndLogic) {
  Array x = array<float>(f32(), {4}, {1, 2, kNaN, -0.0f});
  Array y = array<float>(f32(), {4}, {2, 2, kNaN, 0});
  auto check = [&](const char *kind, std::vector<uint8_t> expected) {
    SCOPED_TRACE(kind);
    expectEqual<uint8_t>(
        elementwise(kind, "tensor<4xf32>", {x, y}, "tensor<4xi1>"), {4},
        expected);
  };
  check("equal", {0, 1, 0, 1});
  check("less", {1, 0, 0, 0});
  check("less_equal", {1, 1, 0, 1});
  check("greater", {0, 0, 0, 0});
  check("greater_equal", {0, 1, 0, 1});
  expectEqual<uint8_t>(
      elementwise("is_nan", "tensor<4xf32>", {x}, "tensor<4xi1>"), {4},
      {0, 0, 1, 0});
  Array p = array<uint8_t>(integer(1), {4}, {0, 0, 1, 1});
  Array q = array<uint8_t>(integer(1), {4}, {0, 1, 0, 1});
  expectEqual<uint8_t>(elementwise("and", "tensor<4xi1>", {p, q}), {4},
                       {0, 0, 0, 1});
  expectEqual<uint8_t>(elementwise("not", "tensor<4xi1>", {p}), {4},
                       {1, 1, 0, 0});
  expectNear(
      runOp("nn.elementwise <select> %a0, %a1, %a2",
            {"tensor<4xi1>", "tensor<4xf32>", "tensor<f32>"}, "tensor<4xf32>",
            {p, array(Tensor({4}, {1, 2, 3, 4})), array(Tensor(Shape{}, {9}))}),
      Tensor({4}, {9, 9, 3, 4}));
}

//===----------------------------------------------------------------------===//
// cast
//===----------------------------------------------------------------------===//

TEST_F(PointwiseTest, CastFromFloatSaturates) {
  Tensor x({8}, {1.9f, -1.9f, 127.5f, 300, -300, kNaN, kInf, -kInf});
  expectEqual<int8_t>(
      runOp("nn.cast %a0", {"tensor<8xf32>"}, "tensor<8xi8>", {array(x)}), {8},
      {1, -1, 127, 127, -128, 0, 127, -128});
  expectEqual<uint8_t>(
      runOp("nn.cast %a0", {"tensor<8xf32>"}, "tensor<8xui8>", {array(x)}), {8},
      {1, 0, 127, 255, 0, 0, 255, 0});
  Tensor y({4}, {2147483648.0f, -3e9f, 2147483520.0f, 1e30f});
  int32_t most = std::numeric_limits<int32_t>::max();
  expectEqual<int32_t>(
      runOp("nn.cast %a0", {"tensor<4xf32>"}, "tensor<4xi32>", {array(y)}), {4},
      {most, std::numeric_limits<int32_t>::min(), 2147483520, most});
  int64_t most64 = std::numeric_limits<int64_t>::max();
  expectEqual<int64_t>(
      runOp("nn.cast %a0", {"tensor<4xf32>"}, "tensor<4xi64>", {array(y)}), {4},
      {2147483648LL, -3000000000LL, 2147483520LL, most64});
}

TEST_F(PointwiseTest, CastOfIntegersAndBooleans) {
  Array x = array<int32_t>(integer(32), {4}, {0, 300, -1, 256});
  expectEqual<uint8_t>(
      runOp("nn.cast %a0", {"tensor<4xi32>"}, "tensor<4xi1>", {x}), {4},
      {0, 1, 1, 1});
  expectEqual<int8_t>(
      runOp("nn.cast %a0", {"tensor<4xi32>"}, "tensor<4xi8>", {x}), {4},
      {0, 44, -1, 0});
  Array u = array<uint8_t>(unsignedInteger(8), {2}, {255, 1});
  expectNear(runOp("nn.cast %a0", {"tensor<2xui8>"}, "tensor<2xf32>", {u}),
             Tensor({2}, {255, 1}));
  expectEqual<int64_t>(
      runOp("nn.cast %a0", {"tensor<2xui8>"}, "tensor<2xi64>", {u}), {2},
      {255, 1});
  Array b = array<uint8_t>(integer(1), {2}, {0, 1});
  expectNear(runOp("nn.cast %a0", {"tensor<2xi1>"}, "tensor<2xf32>", {b}),
             Tensor({2}, {0, 1}));
}

TEST_F(PointwiseTest, CastToNarrowFloatsRoundsToEven) {
  Tensor x({5}, {1.00390625f, 1.01171875f, 65520, kInf, 1e-8f});
  for (auto [name, semantics] : {std::pair("f16", &llvm::APFloat::IEEEhalf()),
                                 std::pair("bf16", &llvm::APFloat::BFloat())}) {
    std::vector<uint16_t> expected;
    for (float value : x.values) {
      llvm::APFloat number(value);
      bool losesInfo;
      number.convert(*semantics, llvm::APFloat::rmNearestTiesToEven,
                     &losesInfo);
      expected.push_back(number.bitcastToAPInt().getZExtValue());
    }
    std::string type = "tensor<5x" + std::string(name) + ">";
    expectEqual<uint16_t>(
        runOp("nn.cast %a0", {"tensor<5xf32>"}, type, {array(x)}), {5},
        expected);
  }
}

//===----------------------------------------------------------------------===//
// reduce, arg_reduce, cumsum
//===----------------------------------------------------------------------===//

TEST_F(PointwiseTest, ReduceKinds) {
  Tensor x = random({2, 3, 4}, 2);
  const std::pair<const char *, std::function<double(const Floats &)>> kinds[] =
      {
          {"sum",
           [](const Floats &v) {
             double s = 0;
             for (double x : v)
               s += x;
             return s;
           }},
          {"mean",
           [](const Floats &v) {
             double s = 0;
             for (double x : v)
               s += x;
             return s / v.size();
           }},
          {"max",
           [](const Floats &v) {
             return *std::max_element(v.begin(), v.end());
           }},
          {"min",
           [](const Floats &v) {
             return *std::min_element(v.begin(), v.end());
           }},
          {"prod",
           [](const Floats &v) {
             double s = 1;
             for (double x : v)
               s *= x;
             return s;
           }},
          {"l1",
           [](const Floats &v) {
             double s = 0;
             for (double x : v)
               s += std::abs(x);
             return s;
           }},
          {"l2",
           [](const Floats &v) {
             double s = 0;
             for (double x : v)
               s += x * x;
             return std::sqrt(s);
           }},
          {"sum_square",
           [](const Floats &v) {
             double s = 0;
             for (double x : v)
               s += x * x;
             return s;
           }},
          {"log_sum",
           [](const Floats &v) {
             double s = 0;
             for (double x : v)
               s += x;
             return std::log(s);
           }},
          {"log_sum_exp",
           [](const Floats &v) {
             double s = 0;
             for (double x : v)
               s += std::exp(x);
             return std::log(s);
           }},
      };
  for (auto &[kind, function] : kinds) {
    SCOPED_TRACE(kind);
    Tensor expected({3});
    for (int64_t j = 0; j < 3; ++j) {
      Floats values;
      for (int64_t i = 0; i < 2; ++i)
        for (int64_t k = 0; k < 4; ++k)
          values.push_back(x.at({i, j, k}));
      expected.values[j] = function(values);
    }
    std::string op = "nn.reduce <" + std::string(kind) + "> %a0 axes [0, 2]";
    expectNear(runOp(op, {"tensor<?x3x4xf32>"}, "tensor<3xf32>", {array(x)}),
               expected);
    expected.shape = {1, 3, 1};
    expectNear(runOp(op + " {keep_dims}", {"tensor<2x?x?xf32>"},
                     "tensor<1x?x1xf32>", {array(x)}),
               expected);
  }
}

TEST_F(PointwiseTest, ReduceOfNothingAndOfExtremes) {
  for (auto [kind, expected] :
       {std::pair("sum", 0.0f), std::pair("prod", 1.0f),
        std::pair("max", -kInf), std::pair("min", kInf),
        std::pair("mean", kNaN), std::pair("log_sum_exp", -kInf)})
    expectNear(runOp("nn.reduce <" + std::string(kind) + "> %a0 axes [0]",
                     {"tensor<?xf32>"}, "tensor<f32>", {array(Tensor({0}))}),
               Tensor(Shape{}, {expected}));
  Tensor x({3}, {kInf, 1, -kInf});
  expectNear(runOp("nn.reduce <log_sum_exp> %a0 axes [0]", {"tensor<3xf32>"},
                   "tensor<f32>", {array(x)}),
             Tensor(Shape{}, {kInf}));
  Tensor nan({3}, {1, kNaN, 2});
  expectNear(runOp("nn.reduce <max> %a0 axes [0]", {"tensor<3xf32>"},
                   "tensor<f32>", {array(nan)}),
             Tensor(Shape{}, {kNaN}));
  Array ints = array<int32_t>(integer(32), {3}, {-5, 3, 1});
  expectEqual<int32_t>(runOp("nn.reduce <max> %a0 axes [0]", {"tensor<3xi32>"},
                             "tensor<i32>", {ints}),
                       {}, {3});
}

TEST_F(PointwiseTest, ArgReduceFirstAndLast) {
  Tensor x({2, 4}, {3, 1, 3, 1, -1, -1, -2, -2});
  auto run = [&](const char *attributes) {
    return runOp(std::string("nn.arg_reduce %a0 axis 1") + attributes,
                 {"tensor<?x4xf32>"}, "tensor<?xi64>", {array(x)});
  };
  expectEqual<int64_t>(run(""), {2}, {0, 0});
  expectEqual<int64_t>(run(" {last_index}"), {2}, {2, 1});
  expectEqual<int64_t>(run(" {smallest}"), {2}, {1, 2});
  expectEqual<int64_t>(run(" {smallest, last_index}"), {2}, {3, 3});
  expectEqual<int32_t>(runOp("nn.arg_reduce %a0 axis 0 {keep_dims}",
                             {"tensor<2x4xf32>"}, "tensor<1x4xi32>",
                             {array(x)}),
                       {1, 4}, {0, 0, 0, 0});
}

TEST_F(PointwiseTest, CumSum) {
  Tensor x({2, 3}, {1, 2, 3, 4, 5, 6});
  auto run = [&](const std::string &rest) {
    return runOp("nn.cumsum %a0 " + rest, {"tensor<?x?xf32>"},
                 "tensor<?x?xf32>", {array(x)});
  };
  expectNear(run("axis 1"), Tensor({2, 3}, {1, 3, 6, 4, 9, 15}));
  expectNear(run("axis 0"), Tensor({2, 3}, {1, 2, 3, 5, 7, 9}));
  expectNear(run("axis 1 {exclusive}"), Tensor({2, 3}, {0, 1, 3, 0, 4, 9}));
  expectNear(run("axis 1 {reverse}"), Tensor({2, 3}, {6, 5, 3, 15, 11, 6}));
  expectNear(run("axis 1 {exclusive, reverse}"),
             Tensor({2, 3}, {5, 3, 0, 11, 6, 0}));
}

//===----------------------------------------------------------------------===//
// pool, resize
//===----------------------------------------------------------------------===//

/// One spatial axis of one channel.
float pool(const Floats &x, int64_t o, bool isMax, int64_t window,
           int64_t stride, int64_t low, int64_t high, int64_t dilation,
           bool countsPadding) {
  double result = isMax ? -kInf : 0;
  int64_t count = 0, size = x.size();
  for (int64_t k = 0; k < window; ++k) {
    int64_t at = o * stride - low + k * dilation;
    bool isInside = at >= 0 && at < size;
    count += isInside || (countsPadding && at >= -low && at < size + high);
    if (isInside)
      result = isMax ? std::max(result, double(x[at])) : result + x[at];
  }
  return isMax ? result : result / count;
}

TEST_F(PointwiseTest, Pool) {
  struct Case {
    int64_t window, stride, low, high, dilation, extent;
    const char *attributes;
  };
  const Case cases[] = {
      {3, 2, 0, 0, 1, 3, ""},
      {3, 2, 1, 1, 1, 4, ""},
      {3, 2, 1, 1, 1, 4, "count_include_pad"},
      {2, 2, 0, 0, 1, 4, "ceil_mode"},
      {3, 3, 1, 0, 1, 3, "ceil_mode, count_include_pad"},
      {2, 1, 0, 1, 3, 5, ""},
  };
  Tensor x = random({7});
  for (const Case &c : cases)
    for (bool isMax : {true, false})
      for (bool isDynamic : {true, false}) {
        std::string text = c.attributes;
        bool counts = text.find("count") != std::string::npos;
        Tensor expected({1, 1, c.extent});
        for (int64_t o = 0; o < c.extent; ++o)
          expected.values[o] = pool(x.values, o, isMax, c.window, c.stride,
                                    c.low, c.high, c.dilation, counts);
        std::string number = std::to_string(c.extent);
        expectNear(
            runOp("nn.pool <" + std::string(isMax ? "max" : "average") +
                      "> %a0 window [" + std::to_string(c.window) +
                      "] strides [" + std::to_string(c.stride) + "] padding [" +
                      std::to_string(c.low) + ", " + std::to_string(c.high) +
                      "] dilations [" + std::to_string(c.dilation) + "] {" +
                      text + "}",
                  {isDynamic ? "tensor<1x1x?xf32>" : "tensor<1x1x7xf32>"},
                  isDynamic ? "tensor<1x1x?xf32>"
                            : "tensor<1x1x" + number + "xf32>",
                  {array(Tensor({1, 1, 7}, x.values))}),
            expected);
      }
}

TEST_F(PointwiseTest, PoolTwoAxesChannelsLast) {
  Tensor x = random({1, 4, 4, 2}), expected({1, 2, 2, 2});
  forEach(expected.shape, [&](const Shape &i) {
    float most = -kInf;
    for (int64_t k = 0; k < 4; ++k)
      most =
          std::max(most, x.at({0, 2 * i[1] + k / 2, 2 * i[2] + k % 2, i[3]}));
    expected.at(i) = most;
  });
  expectNear(runOp("nn.pool <max> %a0 window [2, 2] strides [2, 2] padding "
                   "[0, 0, 0, 0] dilations [1, 1] {layout = "
                   "#nn.layout<channels_last>}",
                   {"tensor<1x4x4x2xf32>"}, "tensor<1x2x2x2xf32>", {array(x)}),
             expected);
}

/// ONNX's formula for one axis; `taps` are (index, weight).
std::vector<std::pair<int64_t, double>>
resizeTaps(int64_t o, int64_t in, int64_t out, double scale,
           const std::string &mode, const std::string &coordinates,
           const std::string &nearest) {
  double x = (o + 0.5) / scale - 0.5;
  if (coordinates == "asymmetric")
    x = o / scale;
  if (coordinates == "align_corners")
    x = out > 1 ? double(o) * (in - 1) / (out - 1) : 0;
  if (coordinates == "pytorch_half_pixel" && out == 1)
    x = 0;
  if (coordinates == "half_pixel_symmetric")
    x += in / 2.0 * (1 - out / (scale * in));
  auto inside = [&](int64_t i) {
    return std::min(std::max<int64_t>(i, 0), in - 1);
  };
  if (mode == "nearest") {
    double rounded = nearest == "floor"               ? std::floor(x)
                     : nearest == "ceil"              ? std::ceil(x)
                     : nearest == "round_prefer_ceil" ? std::floor(x + 0.5)
                                                      : std::ceil(x - 0.5);
    return {{inside(rounded), 1}};
  }
  int64_t floor = std::floor(x);
  double r = x - floor, a = -0.75;
  if (mode == "linear")
    return {{inside(floor), 1 - r}, {inside(floor + 1), r}};
  auto far = [&](double d) {
    return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  };
  auto near = [&](double d) { return ((a + 2) * d - (a + 3)) * d * d + 1; };
  return {{inside(floor - 1), far(1 + r)},
          {inside(floor), near(r)},
          {inside(floor + 1), near(1 - r)},
          {inside(floor + 2), far(2 - r)}};
}

TEST_F(PointwiseTest, Resize) {
  Tensor x = random({5});
  for (std::string mode : {"nearest", "linear", "cubic"})
    for (std::string coordinates :
         {"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel",
          "align_corners", "asymmetric"})
      for (auto [scale, out] :
           {std::pair(2.0, 10), std::pair(1.5, 7), std::pair(0.5, 2)}) {
        SCOPED_TRACE(mode + " " + coordinates + " " + std::to_string(scale));
        std::string nearest =
            coordinates == "asymmetric" ? "floor" : "round_prefer_floor";
        Tensor expected({1, 1, out});
        for (int64_t o = 0; o < out; ++o)
          for (auto [i, weight] :
               resizeTaps(o, 5, out, scale, mode, coordinates, nearest))
            expected.values[o] += weight * x.values[i];
        expectNear(runOp("nn.resize <" + mode + "> <" + coordinates +
                             "> %a0 {nearest = #nn.nearest<" + nearest +
                             ">, scales = array<f32: " + std::to_string(scale) +
                             ">}",
                         {"tensor<1x1x?xf32>"}, "tensor<1x1x?xf32>",
                         {array(Tensor({1, 1, 5}, x.values))}),
                   expected, 1e-4);
      }
}

TEST_F(PointwiseTest, ResizeToSizesOverTwoAxes) {
  Tensor x = random({1, 3, 4, 2}), expected({1, 5, 3, 2});
  forEach(expected.shape, [&](const Shape &i) {
    double sum = 0;
    for (auto [y, p] :
         resizeTaps(i[1], 3, 5, 5.0 / 3, "linear", "half_pixel", ""))
      for (auto [z, q] :
           resizeTaps(i[2], 4, 3, 3.0 / 4, "linear", "half_pixel", ""))
        sum += p * q * x.at({0, y, z, i[3]});
    expected.at(i) = sum;
  });
  std::vector<Array> results =
      run("(%x: tensor<1x3x4x2xf32>, %d: tensor<?xf32>, %e: tensor<?xf32>) -> "
          "tensor<1x?x?x2xf32>",
          "%c0 = arith.constant 0 : index\n"
          "%h = tensor.dim %d, %c0 : tensor<?xf32>\n"
          "%w = tensor.dim %e, %c0 : tensor<?xf32>\n"
          "%r = nn.resize <linear> <half_pixel> %x sizes %h, %w {layout = "
          "#nn.layout<channels_last>} : (tensor<1x3x4x2xf32>, index, index) -> "
          "tensor<1x?x?x2xf32>\nreturn %r : tensor<1x?x?x2xf32>",
          {array(x), array(Tensor({5})), array(Tensor({3}))});
  ASSERT_EQ(results.size(), 1u);
  expectNear(results[0], expected, 1e-4);
}

} // namespace
