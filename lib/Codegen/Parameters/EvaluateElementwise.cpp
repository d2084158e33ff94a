//===- EvaluateElementwise.cpp - Elementwise ops of weight programs -------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EvaluateElementwise.h"

#include "dialects/NN/Elementwise.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"

#include <cmath>

using namespace mlir;
using namespace nibble;

namespace {
/// One element as a number; f64 holds every f32 and every i32 exactly, and i64
/// goes by `integer`.
struct Number {
  double real;
  int64_t integer;
};
} // namespace

static bool isUnsigned(Type type) {
  return type.isUnsignedInteger() || type.isInteger(1);
}

static Number load(const Array &array, int64_t position) {
  const uint8_t *at = array.data() + position * array.getElementBytes();
  Type type = array.getElementType();
  if (auto floating = dyn_cast<FloatType>(type)) {
    uint64_t word = 0;
    std::memcpy(&word, at, array.getElementBytes());
    APFloat value(floating.getFloatSemantics(),
                  APInt(floating.getWidth(), word));
    double real;
    if (floating.isF32()) {
      float single;
      std::memcpy(&single, at, 4);
      real = single;
    } else {
      bool lost;
      value.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &lost);
      real = value.convertToDouble();
    }
    return {real, 0};
  }
  uint64_t word = 0;
  std::memcpy(&word, at, array.getElementBytes());
  unsigned width = type.getIntOrFloatBitWidth();
  int64_t integer =
      isUnsigned(type) ? int64_t(word) : llvm::SignExtend64(word, width);
  return {double(integer), integer};
}

static void store(const Array &array, int64_t position, Number number) {
  uint8_t *at = array.data() + position * array.getElementBytes();
  Type type = array.getElementType();
  if (type.isF32()) {
    float single = float(number.real);
    std::memcpy(at, &single, 4);
    return;
  }
  // One bit of a byte: anything else there is no i1.
  uint64_t word = type.isInteger(1) ? number.integer & 1 : number.integer;
  if (auto floating = dyn_cast<FloatType>(type)) {
    APFloat value(number.real);
    bool lost;
    value.convert(floating.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                  &lost);
    word = value.bitcastToAPInt().getZExtValue();
  }
  std::memcpy(at, &word, array.getElementBytes());
}

/// Truncates and saturates; NaN gives 0 (nn.cast).
static int64_t toInteger(double real, Type type) {
  unsigned width = type.getIntOrFloatBitWidth();
  if (std::isnan(real))
    return 0;
  double low = isUnsigned(type) ? 0 : -std::ldexp(1.0, width - 1);
  double high = std::ldexp(1.0, isUnsigned(type) ? width : width - 1);
  if (real <= low)
    return int64_t(low);
  if (real >= high)
    return width == 64 ? INT64_MAX : int64_t(high) - 1;
  return int64_t(real);
}

llvm::Expected<Array> nibble::evaluateCast(Operation *op, const Array &input,
                                           RankedTensorType type) {
  Array result(type.getElementType(), type.getShape());
  bool fromFloat = isa<FloatType>(input.getElementType());
  Type to = type.getElementType();
  for (int64_t i = 0, e = result.getNumElements(); i < e; ++i) {
    Number number = load(input, i);
    if (to.isInteger(1))
      number.integer = fromFloat ? number.real != 0 : number.integer != 0;
    else if (isa<IntegerType>(to) && fromFloat)
      number.integer = toInteger(number.real, to);
    store(result, i, number);
  }
  return result;
}

/// For each element of `shape` in order, the element of an operand that
/// broadcasts to it.
static SmallVector<int64_t> broadcastStrides(const Array &input,
                                             ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides(shape.size(), 0);
  SmallVector<int64_t> from = computeStrides(input.getShape());
  for (int64_t i = 0; i < input.getRank(); ++i)
    if (input.getShape()[i] != 1)
      strides[shape.size() - input.getRank() + i] = from[i];
  return strides;
}

llvm::Expected<Array> nibble::evaluateElementwise(nn::ElementwiseOp op,
                                                  ArrayRef<Array> inputs) {
  auto type = dyn_cast<RankedTensorType>(op.getType());
  if (!type || !type.hasStaticShape() || inputs.size() > 2)
    return evaluationError(op, "has no evaluation at compile time for these "
                               "operands");
  Array result(type.getElementType(), type.getShape());
  SmallVector<SmallVector<int64_t>> strides;
  for (const Array &input : inputs)
    strides.push_back(broadcastStrides(input, type.getShape()));
  SmallVector<int64_t> suffix = computeStrides(type.getShape());
  bool floating = isa<FloatType>(inputs[0].getElementType());
  for (int64_t i = 0, e = result.getNumElements(); i < e; ++i) {
    Number operands[2] = {};
    for (auto [number, input] : llvm::enumerate(inputs)) {
      int64_t position = 0, rest = i;
      for (int64_t axis = 0; axis < type.getRank(); ++axis) {
        position += rest / suffix[axis] * strides[number][axis];
        rest %= suffix[axis];
      }
      operands[number] = load(input, position);
    }
    Number value{0, 0};
    std::optional<float> real;
    std::optional<int64_t> integer;
    if (floating)
      real = nn::computeFloat(op.getKind(), operands[0].real, operands[1].real);
    else
      integer = nn::computeInteger(op.getKind(), operands[0].integer,
                                   operands[1].integer,
                                   isUnsigned(inputs[0].getElementType()));
    if (!real && !integer)
      return evaluationError(op, "of kind " +
                                     stringifyElementwiseKind(op.getKind()) +
                                     " has no evaluation at compile time");
    if (real)
      value.real = *real;
    else
      value.integer = *integer;
    store(result, i, value);
  }
  return result;
}
