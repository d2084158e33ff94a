//===- Elementwise.cpp - Scalar formulas of nn ops ------------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/Elementwise.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/APSInt.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace nibble;
using namespace nibble::nn;

//===----------------------------------------------------------------------===//
// Properties of the kinds
//===----------------------------------------------------------------------===//

unsigned nn::getArity(ElementwiseKind kind) {
  if (kind == ElementwiseKind::Select)
    return 3;
  return kind < ElementwiseKind::Neg ? 2 : 1;
}

bool nn::isPredicate(ElementwiseKind kind) {
  switch (kind) {
  case ElementwiseKind::Equal:
  case ElementwiseKind::Less:
  case ElementwiseKind::LessEqual:
  case ElementwiseKind::Greater:
  case ElementwiseKind::GreaterEqual:
  case ElementwiseKind::IsNaN:
  case ElementwiseKind::IsInf:
    return true;
  default:
    return false;
  }
}

bool nn::isFloatOnly(ElementwiseKind kind) {
  switch (kind) {
  case ElementwiseKind::Neg:
  case ElementwiseKind::Abs:
  case ElementwiseKind::Sign:
  case ElementwiseKind::Not:
  case ElementwiseKind::Relu:
  case ElementwiseKind::Clip:
    return false;
  default:
    return getArity(kind) == 1;
  }
}

double nn::getDefaultAlpha(ElementwiseKind kind) {
  switch (kind) {
  case ElementwiseKind::LeakyRelu:
    return 0.01;
  case ElementwiseKind::Elu:
  case ElementwiseKind::Celu:
    return 1;
  case ElementwiseKind::Selu:
    return 1.67326319217681884765625;
  case ElementwiseKind::HardSigmoid:
    return 0.2;
  case ElementwiseKind::QuickGelu:
    return 1.702;
  case ElementwiseKind::Clip:
    return -std::numeric_limits<double>::infinity();
  default:
    return 0;
  }
}

double nn::getDefaultBeta(ElementwiseKind kind) {
  switch (kind) {
  case ElementwiseKind::Selu:
    return 1.05070102214813232421875;
  case ElementwiseKind::HardSigmoid:
    return 0.5;
  case ElementwiseKind::Clip:
    return std::numeric_limits<double>::infinity();
  default:
    return 0;
  }
}

Type nn::getComputeType(Type elementType) {
  if (auto type = dyn_cast<FloatType>(elementType))
    return type.getWidth() < 32 ? Float32Type::get(type.getContext())
                                : Type(type);
  if (auto type = dyn_cast<IntegerType>(elementType))
    return IntegerType::get(type.getContext(), type.getWidth());
  return elementType;
}

//===----------------------------------------------------------------------===//
// Emission
//===----------------------------------------------------------------------===//

namespace {
/// Shorthand for arithmetic on values of one type, scalar or vector.
class Formula {
public:
  Formula(OpBuilder &builder, Location loc, Type type, bool isUnsigned)
      : b(loc, builder), type(type), isUnsigned(isUnsigned),
        isFloat(isa<FloatType>(getElementTypeOrSelf(type))) {}

  Value constant(double value) {
    return emitConstant(b, b.getLoc(), type, value, isUnsigned);
  }
  Value add(Value x, Value y) {
    return isFloat ? arith::AddFOp::create(b, x, y).getResult()
                   : arith::AddIOp::create(b, x, y).getResult();
  }
  Value sub(Value x, Value y) {
    return isFloat ? arith::SubFOp::create(b, x, y).getResult()
                   : arith::SubIOp::create(b, x, y).getResult();
  }
  Value mul(Value x, Value y) {
    return isFloat ? arith::MulFOp::create(b, x, y).getResult()
                   : arith::MulIOp::create(b, x, y).getResult();
  }
  Value divf(Value x, Value y) { return arith::DivFOp::create(b, x, y); }
  Value exp(Value x) { return math::ExpOp::create(b, x); }
  Value log(Value x) { return math::LogOp::create(b, x); }
  Value tanh(Value x) { return math::TanhOp::create(b, x); }
  Value erf(Value x) { return math::ErfOp::create(b, x); }
  Value select(Value c, Value x, Value y) {
    return arith::SelectOp::create(b, c, x, y);
  }

  /// x < y and so on; ordered: false where either is NaN.
  Value compare(ElementwiseKind kind, Value x, Value y);
  Value less(Value x, Value y) { return compare(ElementwiseKind::Less, x, y); }
  /// max(x, bound) and min(x, bound) that keep a NaN in x: one instruction on
  /// x86, where maximumf takes four.
  Value atLeast(Value x, Value bound) {
    return select(less(x, bound), bound, x);
  }
  Value atMost(Value x, Value bound) {
    return select(less(bound, x), bound, x);
  }

  Value divide(Value x, Value y);
  Value remainder(Value x, Value y, bool signOfDivisor);
  Value power(Value x, Value y);
  Value sigmoid(Value x) {
    // Beside 1, bounds of a normal number's range make no difference.
    Value e = math::ExpOp::create(b, arith::NegFOp::create(b, x),
                                  arith::FastMathFlags::afn);
    return divf(constant(1), add(constant(1), e));
  }
  /// log(1 + exp(x)) without overflow.
  Value softplus(Value x) {
    Value magnitude = math::AbsFOp::create(b, x);
    Value e = exp(arith::NegFOp::create(b, magnitude));
    return add(atLeast(x, constant(0)), log(add(constant(1), e)));
  }
  Value expMinusOne(Value x) { return sub(exp(x), constant(1)); }

  Value unary(ElementwiseKind kind, Value x, double alpha, double beta);
  Value activation(ElementwiseKind kind, Value x, double alpha, double beta);
  Value binary(ElementwiseKind kind, Value x, Value y);

private:
  ImplicitLocOpBuilder b;
  Type type;
  bool isUnsigned, isFloat;
};
} // namespace

Value Formula::compare(ElementwiseKind kind, Value x, Value y) {
  using F = arith::CmpFPredicate;
  using I = arith::CmpIPredicate;
  F f = F::OEQ;
  I i = I::eq;
  switch (kind) {
  case ElementwiseKind::Less:
    f = F::OLT, i = isUnsigned ? I::ult : I::slt;
    break;
  case ElementwiseKind::LessEqual:
    f = F::OLE, i = isUnsigned ? I::ule : I::sle;
    break;
  case ElementwiseKind::Greater:
    f = F::OGT, i = isUnsigned ? I::ugt : I::sgt;
    break;
  case ElementwiseKind::GreaterEqual:
    f = F::OGE, i = isUnsigned ? I::uge : I::sge;
    break;
  default:
    break;
  }
  if (isFloat)
    return arith::CmpFOp::create(b, f, x, y);
  return arith::CmpIOp::create(b, i, x, y);
}

/// The machine's division traps on a zero divisor and on INT_MIN / -1, so both
/// are computed without it.
Value Formula::divide(Value x, Value y) {
  if (isFloat)
    return divf(x, y);
  Value zero = constant(0), one = constant(1);
  Value byZero = compare(ElementwiseKind::Equal, y, zero);
  if (isUnsigned) {
    Value quotient = arith::DivUIOp::create(b, x, select(byZero, one, y));
    return select(byZero, zero, quotient);
  }
  Value byMinusOne = compare(ElementwiseKind::Equal, y, constant(-1));
  Value special = arith::OrIOp::create(b, byZero, byMinusOne);
  Value quotient = arith::DivSIOp::create(b, x, select(special, one, y));
  quotient = select(byMinusOne, sub(zero, x), quotient);
  return select(byZero, zero, quotient);
}

Value Formula::remainder(Value x, Value y, bool signOfDivisor) {
  Value zero = constant(0), rest;
  if (isFloat) {
    rest = arith::RemFOp::create(b, x, y);
  } else {
    // x mod 1 = x mod -1 = 0: the divisors that trap become 1.
    Value special = compare(ElementwiseKind::Equal, y, zero);
    if (!isUnsigned)
      special = arith::OrIOp::create(
          b, special, compare(ElementwiseKind::Equal, y, constant(-1)));
    Value divisor = select(special, constant(1), y);
    rest = isUnsigned ? arith::RemUIOp::create(b, x, divisor).getResult()
                      : arith::RemSIOp::create(b, x, divisor).getResult();
  }
  if (!signOfDivisor || isUnsigned)
    return rest;
  // NaN compares false everywhere and stays.
  Value isNegative = less(rest, zero), wantsNegative = less(y, zero);
  Value isNonZero = arith::OrIOp::create(b, isNegative, less(zero, rest));
  Value differs = arith::XOrIOp::create(b, isNegative, wantsNegative);
  Value fix = arith::AndIOp::create(b, isNonZero, differs);
  return select(fix, add(rest, y), rest);
}

Value Formula::power(Value x, Value y) {
  if (isFloat)
    return math::PowFOp::create(b, x, y);
  // 0 to a negative power would trap.
  Value zero = constant(0);
  Value traps = arith::AndIOp::create(
      b, compare(ElementwiseKind::Equal, x, zero), less(y, zero));
  return math::IPowIOp::create(b, x, select(traps, constant(1), y));
}

Value Formula::binary(ElementwiseKind kind, Value x, Value y) {
  switch (kind) {
  case ElementwiseKind::Add:
    return add(x, y);
  case ElementwiseKind::Sub:
    return sub(x, y);
  case ElementwiseKind::Mul:
    return mul(x, y);
  case ElementwiseKind::Div:
    return divide(x, y);
  case ElementwiseKind::Max:
    if (isFloat)
      return arith::MaximumFOp::create(b, x, y);
    return select(less(x, y), y, x);
  case ElementwiseKind::Min:
    if (isFloat)
      return arith::MinimumFOp::create(b, x, y);
    return select(less(y, x), y, x);
  case ElementwiseKind::Pow:
    return power(x, y);
  case ElementwiseKind::Mod:
    return remainder(x, y, /*signOfDivisor=*/true);
  case ElementwiseKind::FMod:
    return remainder(x, y, /*signOfDivisor=*/false);
  case ElementwiseKind::And:
    return arith::AndIOp::create(b, x, y);
  case ElementwiseKind::Or:
    return arith::OrIOp::create(b, x, y);
  case ElementwiseKind::Xor:
    return arith::XOrIOp::create(b, x, y);
  case ElementwiseKind::PRelu:
    return select(less(x, constant(0)), mul(x, y), x);
  default:
    return compare(kind, x, y);
  }
}

Value Formula::unary(ElementwiseKind kind, Value x, double alpha, double beta) {
  switch (kind) {
  case ElementwiseKind::Neg:
    if (isFloat)
      return arith::NegFOp::create(b, x);
    return sub(constant(0), x);
  case ElementwiseKind::Abs:
    if (isFloat)
      return math::AbsFOp::create(b, x);
    return isUnsigned ? x : math::AbsIOp::create(b, x).getResult();
  case ElementwiseKind::Sign: {
    // Zeros and NaN are their own sign.
    Value zero = constant(0);
    Value negative = isUnsigned ? x : select(less(x, zero), constant(-1), x);
    return select(less(zero, x), constant(1), negative);
  }
  case ElementwiseKind::Not:
    return arith::XOrIOp::create(b, x, sub(constant(0), constant(1)));
  case ElementwiseKind::Exp:
    return exp(x);
  case ElementwiseKind::Log:
    return log(x);
  case ElementwiseKind::Sqrt:
    return math::SqrtOp::create(b, x);
  case ElementwiseKind::Rsqrt:
    return divf(constant(1), math::SqrtOp::create(b, x));
  case ElementwiseKind::Reciprocal:
    return divf(constant(1), x);
  case ElementwiseKind::Sin:
    return math::SinOp::create(b, x);
  case ElementwiseKind::Cos:
    return math::CosOp::create(b, x);
  case ElementwiseKind::Tan:
    return math::TanOp::create(b, x);
  case ElementwiseKind::Tanh:
    return tanh(x);
  case ElementwiseKind::Erf:
    return erf(x);
  case ElementwiseKind::Floor:
    return math::FloorOp::create(b, x);
  case ElementwiseKind::Ceil:
    return math::CeilOp::create(b, x);
  case ElementwiseKind::Round:
    return math::RoundEvenOp::create(b, x);
  case ElementwiseKind::IsNaN:
    return arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, x, x);
  case ElementwiseKind::IsInf:
    return compare(ElementwiseKind::Equal, math::AbsFOp::create(b, x),
                   constant(std::numeric_limits<double>::infinity()));
  default:
    return activation(kind, x, alpha, beta);
  }
}

Value Formula::activation(ElementwiseKind kind, Value x, double alpha,
                          double beta) {
  switch (kind) {
  case ElementwiseKind::Relu:
    return atLeast(x, constant(0));
  case ElementwiseKind::LeakyRelu:
    return select(less(x, constant(0)), mul(x, constant(alpha)), x);
  case ElementwiseKind::Elu:
    return select(less(x, constant(0)), mul(constant(alpha), expMinusOne(x)),
                  x);
  case ElementwiseKind::Selu: {
    Value negative = mul(constant(alpha), expMinusOne(x));
    return mul(constant(beta), select(less(x, constant(0)), negative, x));
  }
  case ElementwiseKind::Celu: {
    Value scaled = divf(x, constant(alpha));
    Value negative = mul(constant(alpha), expMinusOne(scaled));
    return select(less(x, constant(0)), negative, x);
  }
  case ElementwiseKind::Sigmoid:
    return sigmoid(x);
  case ElementwiseKind::HardSigmoid: {
    Value line = add(mul(constant(alpha), x), constant(beta));
    return atMost(atLeast(line, constant(0)), constant(1));
  }
  case ElementwiseKind::HardSwish: {
    Value line = add(mul(constant(1.0 / 6), x), constant(0.5));
    return mul(x, atMost(atLeast(line, constant(0)), constant(1)));
  }
  case ElementwiseKind::Silu:
    return mul(x, sigmoid(x));
  case ElementwiseKind::QuickGelu:
    return mul(x, sigmoid(mul(constant(alpha), x)));
  case ElementwiseKind::Gelu: {
    Value e = erf(mul(x, constant(1 / std::sqrt(2.0))));
    return mul(mul(constant(0.5), x), add(constant(1), e));
  }
  case ElementwiseKind::GeluTanh: {
    Value cube = mul(mul(x, x), x);
    Value inner = add(x, mul(constant(0.044715), cube));
    // sqrt(2 / pi).
    Value t = tanh(mul(constant(0.79788456080286535588), inner));
    return mul(mul(constant(0.5), x), add(constant(1), t));
  }
  case ElementwiseKind::Softplus:
    return softplus(x);
  case ElementwiseKind::Softsign:
    return divf(x, add(constant(1), math::AbsFOp::create(b, x)));
  case ElementwiseKind::Mish:
    return mul(x, tanh(softplus(x)));
  case ElementwiseKind::Clip:
    return atMost(atLeast(x, constant(alpha)), constant(beta));
  default:
    llvm_unreachable("all unary kinds are covered");
  }
}

Value nn::emitElementwise(OpBuilder &builder, Location loc,
                          ElementwiseKind kind, ValueRange operands,
                          std::optional<double> alpha,
                          std::optional<double> beta, bool isUnsigned) {
  Formula formula(builder, loc, operands.back().getType(), isUnsigned);
  if (kind == ElementwiseKind::Select)
    return formula.select(operands[0], operands[1], operands[2]);
  if (getArity(kind) == 2)
    return formula.binary(kind, operands[0], operands[1]);
  return formula.unary(kind, operands[0], alpha.value_or(getDefaultAlpha(kind)),
                       beta.value_or(getDefaultBeta(kind)));
}

//===----------------------------------------------------------------------===//
// Constants and casts
//===----------------------------------------------------------------------===//

/// The nearest integer of `width` bits; NaN is 0.
static APInt toInteger(double value, unsigned width, bool isUnsigned) {
  // i1 is true or false.
  if (width == 1)
    return APInt(1, value != 0);
  APSInt result(width, isUnsigned);
  bool isExact;
  APFloat(value).convertToInteger(result, APFloat::rmTowardZero, &isExact);
  return result;
}

Value nn::emitConstant(OpBuilder &builder, Location loc, Type type,
                       double value, bool isUnsigned) {
  Type element = getElementTypeOrSelf(type);
  TypedAttr attr;
  if (auto floatType = dyn_cast<FloatType>(element)) {
    // Rounds once, from double.
    APFloat number(value);
    bool losesInfo;
    number.convert(floatType.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                   &losesInfo);
    attr = FloatAttr::get(floatType, number);
  } else if (isa<IndexType>(element)) {
    attr = builder.getIndexAttr(int64_t(value));
  } else {
    attr = IntegerAttr::get(
        element, toInteger(value, element.getIntOrFloatBitWidth(), isUnsigned));
  }
  if (auto shaped = dyn_cast<ShapedType>(type))
    attr = DenseElementsAttr::get(shaped, Attribute(attr));
  return arith::ConstantOp::create(builder, loc, attr);
}

/// `type`, with `shaped`'s shape where that is a vector.
static Type withShapeOf(Type element, Type type) {
  if (auto shaped = dyn_cast<ShapedType>(type))
    return shaped.clone(element);
  return element;
}

/// Truncates and saturates. The clamp to the greatest float below the bound
/// keeps the conversion defined; the bound itself is chosen after it.
static Value emitFloatToInteger(ImplicitLocOpBuilder &b, Value value,
                                IntegerType target, bool toUnsigned) {
  Type type = value.getType();
  auto constant = [&](Type type, double number) {
    return emitConstant(b, b.getLoc(), type, number);
  };
  unsigned width = target.getWidth();
  double low = toUnsigned ? 0 : -std::ldexp(1.0, width - 1);
  double end = std::ldexp(1.0, toUnsigned ? width : width - 1);
  auto element = cast<FloatType>(getElementTypeOrSelf(type));
  unsigned precision = element.getFPMantissaWidth();
  // The largest number of this precision below `end`, a power of two; for
  // narrow integers, the last integer.
  double last =
      width < precision ? end - 1 : end - std::ldexp(end, -int(precision));
  Value lowest = constant(type, low), highest = constant(type, last);
  auto compare = [&](arith::CmpFPredicate predicate, Value x, Value y) {
    return arith::CmpFOp::create(b, predicate, x, y).getResult();
  };
  auto select = [&](Value c, Value x, Value y) {
    return arith::SelectOp::create(b, c, x, y).getResult();
  };
  Value isNaN = compare(arith::CmpFPredicate::UNO, value, value);
  Value clamped = select(isNaN, constant(type, 0), value);
  clamped = select(compare(arith::CmpFPredicate::OLT, clamped, lowest), lowest,
                   clamped);
  clamped = select(compare(arith::CmpFPredicate::OGT, clamped, highest),
                   highest, clamped);
  Type result = withShapeOf(target, type);
  Value converted =
      toUnsigned ? arith::FPToUIOp::create(b, result, clamped).getResult()
                 : arith::FPToSIOp::create(b, result, clamped).getResult();
  if (width < precision)
    return converted;
  APInt bound =
      toUnsigned ? APInt::getMaxValue(width) : APInt::getSignedMaxValue(width);
  TypedAttr attr = IntegerAttr::get(target, bound);
  if (auto shaped = dyn_cast<ShapedType>(result))
    attr = DenseElementsAttr::get(shaped, Attribute(attr));
  Value isOver = compare(arith::CmpFPredicate::OGE, value, constant(type, end));
  return select(isOver, arith::ConstantOp::create(b, attr), converted);
}

Value nn::emitCast(OpBuilder &builder, Location loc, Value value,
                   Type elementType, bool fromUnsigned, bool toUnsigned) {
  ImplicitLocOpBuilder b(loc, builder);
  Type from = getElementTypeOrSelf(value.getType());
  if (from == elementType)
    return value;
  Type result = withShapeOf(elementType, value.getType());
  auto fromFloat = dyn_cast<FloatType>(from);
  auto toFloat = dyn_cast<FloatType>(elementType);
  // i1 holds 0 and 1.
  fromUnsigned |= from.isInteger(1);
  if (fromFloat && toFloat) {
    if (fromFloat.getWidth() < toFloat.getWidth())
      return arith::ExtFOp::create(b, result, value);
    // MLIR expands rounding to bf16 from f32 only. f16 goes through f32, too.
    bool isDirect = !toFloat.isBF16() || fromFloat.isF32();
    if (fromFloat.getWidth() > toFloat.getWidth() && isDirect)
      return arith::TruncFOp::create(b, result, value);
    Value wide = emitCast(b, loc, value, b.getF32Type());
    return emitCast(b, loc, wide, elementType);
  }
  if (elementType.isInteger(1)) {
    Value zero = emitConstant(b, loc, value.getType(), 0);
    if (fromFloat)
      return arith::CmpFOp::create(b, arith::CmpFPredicate::UNE, value, zero);
    return arith::CmpIOp::create(b, arith::CmpIPredicate::ne, value, zero);
  }
  // The bounds of wide integers are not f16 numbers.
  if (fromFloat && fromFloat.getWidth() < 32)
    value = emitCast(b, loc, value, b.getF32Type());
  if (fromFloat)
    return emitFloatToInteger(b, value, cast<IntegerType>(elementType),
                              toUnsigned);
  if (isa<IndexType>(from) || isa<IndexType>(elementType))
    return fromUnsigned
               ? arith::IndexCastUIOp::create(b, result, value).getResult()
               : arith::IndexCastOp::create(b, result, value).getResult();
  if (toFloat)
    return fromUnsigned ? arith::UIToFPOp::create(b, result, value).getResult()
                        : arith::SIToFPOp::create(b, result, value).getResult();
  unsigned width = from.getIntOrFloatBitWidth();
  unsigned target = elementType.getIntOrFloatBitWidth();
  if (width > target)
    return arith::TruncIOp::create(b, result, value);
  if (fromUnsigned)
    return arith::ExtUIOp::create(b, result, value);
  return arith::ExtSIOp::create(b, result, value);
}
