//===- VectorMathTest.cpp - Errors of the elementary functions --*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Sweeps bit patterns of f32 over its whole range, in a step that is prime to
// all powers of two, against libm in double. Every array has a length that is
// no multiple of the lanes and is run twice, shifted by one element: what was a
// lane becomes the tail, and must stay the same to the last bit.
//
//===----------------------------------------------------------------------===//

#include "KernelHarness.h"

#include "gtest/gtest.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

using namespace nibble::test;

namespace {

float fromBits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, 4);
  return value;
}

uint32_t toBits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  return bits;
}

std::vector<float> sweep() {
  std::vector<float> values;
  for (uint64_t bits = 0; bits < (uint64_t(1) << 32); bits += 8209)
    values.push_back(fromBits(static_cast<uint32_t>(bits)));
  for (double special :
       {0.0,          0.5,         1.0,       1.5,   2.0,
        0.41421356,   0.6,         0.92,      0.93,  3.9,
        9.1,          88.72,       88.73,     103.9, 104.1,
        1e-5,         1e-3,        1e-38,     1e-40, 1.4e-45,
        3.4028235e38, 2.6843546e8, 8388609.5, 1e22,  double(INFINITY),
        double(NAN)})
    for (float sign : {1.0f, -1.0f})
      values.push_back(sign * static_cast<float>(special));
  // Where arguments of exp and tanh and the angles of a model lie.
  for (int i = 0; i < 100000; ++i)
    values.push_back(-20.0f + 4.0e-4f * static_cast<float>(i));
  return values;
}

/// Units in the last place of f32 between `actual` and the exact value.
double error(float actual, double exact) {
  if (std::isnan(exact) || std::isnan(actual))
    return std::isnan(exact) && std::isnan(actual) ? 0 : INFINITY;
  if (exact == 0)
    return actual == 0 && std::signbit(actual) == std::signbit(exact)
               ? 0
               : INFINITY;
  if (std::isinf(actual) || std::isinf(exact)) {
    // Values that round to infinity, and one unit below.
    double limit = 3.4028234663852886e38;
    bool near = std::fabs(exact) >= limit && (exact > 0) == (actual > 0);
    bool large = std::isinf(actual) || std::fabs(actual) >= limit;
    return near && large ? 0 : INFINITY;
  }
  int exponent = std::max(std::ilogb(exact), -126);
  return std::fabs(double(actual) - exact) / std::ldexp(1.0, exponent - 23);
}

struct Function {
  std::string name; ///< of the op, without "math."
  double (*exact)(double);
  double bound; ///< units in the last place
};

const Function kFunctions[] = {
    {"exp", std::exp, 1.0},
    {"log", std::log, 1.0},
    {"tanh", std::tanh, 1.5},
    {"erf", std::erf, 1.0},
    // A root's half unit counts for up to one after the division, which adds
    // its own half.
    {"rsqrt", [](double x) { return 1 / std::sqrt(x); }, 1.5},
    {"round", std::round, 0},
    {"exp2", std::exp2, 0.51},
    {"expm1", std::expm1, 0.51},
    {"log2", std::log2, 0.51},
    {"log10", std::log10, 0.51},
    {"log1p", std::log1p, 0.51},
    {"sinh", std::sinh, 0.51},
    {"cosh", std::cosh, 0.51},
    {"asinh", std::asinh, 0.51},
    {"acosh", std::acosh, 0.51},
    {"atanh", std::atanh, 0.51},
    {"sin", std::sin, 0.51},
    {"cos", std::cos, 0.51},
    {"tan", std::tan, 0.51},
    {"asin", std::asin, 0.51},
    {"acos", std::acos, 0.51},
    {"atan", std::atan, 0.51},
    {"cbrt", std::cbrt, 0.51},
};

/// Elementwise kernel @name over `inputs` vectors and one output.
std::string elementwise(const std::string &name, unsigned inputs,
                        const std::string &body) {
  std::string arguments, maps, ins, types, block;
  for (unsigned i = 0; i < inputs; ++i) {
    std::string x = "%x" + std::to_string(i);
    arguments += x + ": memref<?xf32>, ";
    maps += "affine_map<(i) -> (i)>, ";
    ins += (i ? ", " : "") + x;
    types += i ? ", memref<?xf32>" : "memref<?xf32>";
    block += "%a" + std::to_string(i) + ": f32, ";
  }
  return "func.func private @" + name + "(" + arguments +
         "%y: memref<?xf32>, %begin: index, %end: index, %scratch: "
         "memref<?xi8>) attributes {nn.kernel, nn.shared_dims = 1 : i64} {\n"
         "  linalg.generic {indexing_maps = [" +
         maps +
         "affine_map<(i) -> (i)>], iterator_types = [\"parallel\"]} "
         "ins(" +
         ins + " : " + types + ") outs(%y : memref<?xf32>) {\n  ^bb0(" + block +
         "%o: f32):\n    " + body +
         "\n    linalg.yield %r : f32\n  }\n  return\n}\n";
}

/// Results at all places, whether a lane or the tail computed them.
std::vector<float> evaluate(CompiledKernels &kernels, const std::string &name,
                            const std::vector<std::vector<float>> &inputs) {
  size_t size = inputs.front().size();
  std::vector<float> results(size), shifted(size - 1);
  std::vector<FloatArray> arrays, later;
  for (const std::vector<float> &input : inputs) {
    float *data = const_cast<float *>(input.data());
    arrays.push_back({data, int64_t(size)});
    later.push_back({data + 1, int64_t(size) - 1});
  }
  arrays.push_back({results.data(), int64_t(size)});
  later.push_back({shifted.data(), int64_t(size) - 1});
  EXPECT_TRUE(kernels.run(name, arrays));
  EXPECT_TRUE(kernels.run(name, later));
  for (size_t i = 1; i < size; ++i)
    if (toBits(results[i]) != toBits(shifted[i - 1])) {
      ADD_FAILURE() << name << " of " << inputs[0][i]
                    << " depends on its place";
      break;
    }
  return results;
}

TEST(VectorMath, UnaryErrors) {
  std::string text;
  for (const Function &function : kFunctions)
    text += elementwise(function.name, 1,
                        "%r = math." + function.name + " %a0 : f32");
  std::unique_ptr<CompiledKernels> kernels = CompiledKernels::make(text, 8);
  ASSERT_TRUE(kernels);
  std::vector<float> values = sweep();
  for (const Function &function : kFunctions) {
    std::vector<float> results = evaluate(*kernels, function.name, {values});
    double worst = 0;
    float where = 0, got = 0;
    for (size_t i = 0; i < values.size(); ++i) {
      double e = error(results[i], function.exact(values[i]));
      if (e > worst) {
        worst = e;
        where = values[i];
        got = results[i];
      }
    }
    RecordProperty(function.name, std::to_string(worst));
    EXPECT_LE(worst, function.bound)
        << function.name << "(" << where << ") = " << got << ", exactly "
        << function.exact(where);
  }
}

TEST(VectorMath, BoundedExponential) {
  std::unique_ptr<CompiledKernels> kernels = CompiledKernels::make(
      elementwise("bounded", 1, "%r = math.exp %a0 fastmath<afn> : f32"), 8);
  ASSERT_TRUE(kernels);
  std::vector<float> values = sweep();
  std::vector<float> results = evaluate(*kernels, "bounded", {values});
  for (size_t i = 0; i < values.size(); ++i) {
    float x = std::isnan(values[i]) ? values[i]
                                    : std::clamp(values[i], -87.3f, 88.3f);
    EXPECT_LE(error(results[i], std::exp(double(x))), 1.0)
        << "of " << values[i] << " is " << results[i];
  }
}

TEST(VectorMath, BinaryErrors) {
  std::unique_ptr<CompiledKernels> kernels = CompiledKernels::make(
      elementwise("powf", 2, "%r = math.powf %a0, %a1 : f32") +
          elementwise("atan2", 2, "%r = math.atan2 %a0, %a1 : f32"),
      8);
  ASSERT_TRUE(kernels);
  std::vector<float> x, y;
  const float specials[] = {0.0f,      -0.0f, 1.0f,   -1.0f,       2.0f,
                            -2.0f,     0.5f,  -0.5f,  3.0f,        -3.0f,
                            1e9f,      -1e9f, 2.5f,   -2.5f,       INFINITY,
                            -INFINITY, NAN,   1e-40f, 16777217.0f, 0.99999994f};
  for (float a : specials)
    for (float b : specials) {
      x.push_back(a);
      y.push_back(b);
    }
  std::mt19937 random(3);
  for (int i = 0; i < 400000; ++i) {
    bool bits = i % 2;
    x.push_back(bits ? fromBits(random())
                     : std::ldexp(float(random() % 4096), -11));
    y.push_back(bits ? fromBits(random())
                     : std::ldexp(float(random() % 8192) - 4096, -7));
  }
  double (*const exact[])(double, double) = {std::pow, std::atan2};
  const char *const names[] = {"powf", "atan2"};
  for (int k = 0; k < 2; ++k) {
    std::vector<float> results = evaluate(*kernels, names[k], {x, y});
    double worst = 0;
    size_t where = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      double e = error(results[i], exact[k](x[i], y[i]));
      if (e > worst) {
        worst = e;
        where = i;
      }
    }
    EXPECT_LE(worst, 0.51) << names[k] << "(" << x[where] << ", " << y[where]
                           << ") = " << results[where] << ", exactly "
                           << exact[k](x[where], y[where]);
  }
}

} // namespace
