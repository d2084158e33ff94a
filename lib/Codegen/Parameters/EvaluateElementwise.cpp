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
  if (type.isF32()) {
    float single;
    std::memcpy(&single, at, 4);
    return {single, 0};
  }
  if (auto floating = dyn_cast<FloatType>(type)) {
    uint64_t word = 0;
    std::memcpy(&word, at, array.getElementBytes());
    APFloat value(floating.getFloatSemantics(),
                  APInt(floating.getWidth(), word));
    bool lost;
    value.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &lost);
    return {value.convertToDouble(), 0};
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

namespace {
/// The elements of operands that broadcast to one shape, over its elements in
/// order.
class BroadcastWalk {
public:
  BroadcastWalk(ArrayRef<int64_t> shape, ArrayRef<Array> inputs)
      : shape(shape), indices(shape.size()) {
    for (const Array &input : inputs)
      strides.push_back(getStrides(input));
  }

  /// Where the element of operand `number` is.
  int64_t getPosition(unsigned number) const { return positions[number]; }

  void next() {
    for (int64_t axis = shape.size() - 1; axis >= 0; --axis) {
      bool wraps = ++indices[axis] == shape[axis];
      for (auto [position, stride] : llvm::zip(positions, strides))
        position += wraps ? -stride[axis] * (shape[axis] - 1) : stride[axis];
      if (!wraps)
        return;
      indices[axis] = 0;
    }
  }

private:
  SmallVector<int64_t> getStrides(const Array &input) const {
    SmallVector<int64_t> result(shape.size(), 0);
    SmallVector<int64_t> from = computeStrides(input.getShape());
    for (int64_t i = 0; i < input.getRank(); ++i)
      if (input.getShape()[i] != 1)
        result[shape.size() - input.getRank() + i] = from[i];
    return result;
  }

  ArrayRef<int64_t> shape;
  SmallVector<int64_t> indices;
  SmallVector<SmallVector<int64_t>, 2> strides;
  int64_t positions[2] = {};
};
} // namespace

/// Most weights are f32, and many: their elements' types are looked at once.
static bool evaluateF32(nn::ElementwiseKind kind, ArrayRef<Array> inputs,
                        BroadcastWalk &walk, Array &result) {
  ArrayRef<float> lhs = inputs.front().as<float>(),
                  rhs = inputs.back().as<float>();
  for (float &value : result.as<float>()) {
    std::optional<float> number =
        nn::computeFloat(kind, lhs[walk.getPosition(0)],
                         inputs.size() == 1 ? 0 : rhs[walk.getPosition(1)]);
    if (!number)
      return false;
    value = *number;
    walk.next();
  }
  return true;
}

static bool evaluateAny(nn::ElementwiseKind kind, ArrayRef<Array> inputs,
                        BroadcastWalk &walk, Array &result) {
  Type type = inputs.front().getElementType();
  for (int64_t i = 0, e = result.getNumElements(); i < e; ++i) {
    Number operands[2] = {};
    for (auto [number, input] : llvm::enumerate(inputs))
      operands[number] = load(input, walk.getPosition(number));
    std::optional<float> real;
    std::optional<int64_t> integer;
    if (isa<FloatType>(type))
      real = nn::computeFloat(kind, operands[0].real, operands[1].real);
    else
      integer = nn::computeInteger(kind, operands[0].integer,
                                   operands[1].integer, isUnsigned(type));
    if (!real && !integer)
      return false;
    store(result, i, {real.value_or(0), integer.value_or(0)});
    walk.next();
  }
  return true;
}

llvm::Expected<Array> nibble::evaluateElementwise(nn::ElementwiseOp op,
                                                  ArrayRef<Array> inputs) {
  auto type = dyn_cast<RankedTensorType>(op.getType());
  if (!type || !type.hasStaticShape() || inputs.size() > 2)
    return evaluationError(op, "has no evaluation at compile time for these "
                               "operands");
  Array result(type.getElementType(), type.getShape());
  BroadcastWalk walk(type.getShape(), inputs);
  bool isF32 = type.getElementType().isF32() &&
               llvm::all_of(inputs, [](const Array &input) {
                 return input.getElementType().isF32();
               });
  if (!(isF32 ? evaluateF32 : evaluateAny)(op.getKind(), inputs, walk, result))
    return evaluationError(op, "of kind " +
                                   stringifyElementwiseKind(op.getKind()) +
                                   " has no evaluation at compile time");
  return result;
}
