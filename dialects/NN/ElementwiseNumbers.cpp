//===- ElementwiseNumbers.cpp - Elementwise functions of numbers ----------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/Elementwise.h"

#include <cmath>

using namespace nibble;
using namespace nibble::nn;

std::optional<float> nn::computeFloat(ElementwiseKind kind, float a, float b) {
  switch (kind) {
  case ElementwiseKind::Add:
    return a + b;
  case ElementwiseKind::Sub:
    return a - b;
  case ElementwiseKind::Mul:
    return a * b;
  case ElementwiseKind::Div:
    return a / b;
  case ElementwiseKind::Max:
    return std::isnan(a) || std::isnan(b) ? NAN : std::max(a, b);
  case ElementwiseKind::Min:
    return std::isnan(a) || std::isnan(b) ? NAN : std::min(a, b);
  case ElementwiseKind::Pow:
    return std::pow(a, b);
  case ElementwiseKind::Neg:
    return -a;
  case ElementwiseKind::Abs:
    return std::fabs(a);
  case ElementwiseKind::Sqrt:
    return std::sqrt(a);
  case ElementwiseKind::Rsqrt:
    return 1.0f / std::sqrt(a);
  case ElementwiseKind::Reciprocal:
    return 1.0f / a;
  case ElementwiseKind::Exp:
    return std::exp(a);
  case ElementwiseKind::Log:
    return std::log(a);
  case ElementwiseKind::Sin:
    return std::sin(a);
  case ElementwiseKind::Cos:
    return std::cos(a);
  case ElementwiseKind::Floor:
    return std::floor(a);
  case ElementwiseKind::Ceil:
    return std::ceil(a);
  case ElementwiseKind::Relu:
    return a < 0 ? 0 : a;
  default:
    return std::nullopt;
  }
}

static int64_t divide(int64_t a, int64_t b, bool isUnsigned) {
  if (b == 0)
    return 0;
  if (isUnsigned)
    return int64_t(uint64_t(a) / uint64_t(b));
  return b == -1 ? int64_t(-uint64_t(a)) : a / b;
}

static int64_t remainder(int64_t a, int64_t b, bool isUnsigned) {
  if (b == 0)
    return 0;
  if (isUnsigned)
    return int64_t(uint64_t(a) % uint64_t(b));
  int64_t rest = b == -1 ? 0 : a % b;
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

std::optional<int64_t> nn::computeInteger(ElementwiseKind kind, int64_t a,
                                          int64_t b, bool isUnsigned) {
  bool less = isUnsigned ? uint64_t(a) < uint64_t(b) : a < b;
  switch (kind) {
  case ElementwiseKind::Add:
    return int64_t(uint64_t(a) + uint64_t(b));
  case ElementwiseKind::Sub:
    return int64_t(uint64_t(a) - uint64_t(b));
  case ElementwiseKind::Mul:
    return int64_t(uint64_t(a) * uint64_t(b));
  case ElementwiseKind::Div:
    return divide(a, b, isUnsigned);
  case ElementwiseKind::Mod:
    return remainder(a, b, isUnsigned);
  case ElementwiseKind::Max:
    return less ? b : a;
  case ElementwiseKind::Min:
    return less ? a : b;
  case ElementwiseKind::Equal:
    return a == b;
  case ElementwiseKind::Less:
    return less;
  case ElementwiseKind::LessEqual:
    return less || a == b;
  case ElementwiseKind::Greater:
    return !less && a != b;
  case ElementwiseKind::GreaterEqual:
    return !less;
  case ElementwiseKind::And:
    return a & b;
  case ElementwiseKind::Or:
    return a | b;
  case ElementwiseKind::Not:
    return ~a;
  default:
    return std::nullopt;
  }
}
