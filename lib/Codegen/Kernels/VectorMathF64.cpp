//===- VectorMathF64.cpp - Functions that compute in f64 --------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "VectorMathFunctions.h"

using namespace mlir;

namespace nibble::codegen::vectormath {

//===----------------------------------------------------------------------===//
// Cores: f64 to f64, relative error below 1e-13
//===----------------------------------------------------------------------===//

static constexpr double kLn2High = 0.693147180369123816490;
static constexpr double kLn2Low = 1.90821492927058770002e-10;
static constexpr double kHalfPi = 1.57079632679489661923;
/// Rounds to an integer when added to |x| < 2^51.
static constexpr double kRoundingBias = 6755399441055744.0; // 1.5 * 2^52

/// e^x for any x; bounded so that 2^n stays normal: beyond, f32 is 0 or
/// infinite anyway.
static Value expCore(MathBuilder &m, Value x) {
  x = m.clamp(x, -300, 300);
  Value biased = m.fma(x, 1.4426950408889634, m.constant(x, kRoundingBias));
  Value rounded = m.sub(biased, kRoundingBias);
  Value r = m.fma(rounded, -kLn2High, x);
  r = m.fma(rounded, -kLn2Low, r);
  Value q = m.polynomial(r, {0.5, 0.16666666666608632, 0.04166666666640881,
                             0.008333333372195224, 0.0013888888975614293,
                             0.00019841183439408302, 2.480146045226797e-05,
                             2.763574654974085e-06, 2.7641607689712043e-07});
  Value p = m.add(m.fma(m.mul(r, r), q, r), 1.0);
  Value n = m.subI(m.bitcast(m.i64(), biased),
                   m.bitcast(m.i64(), m.constant(x, kRoundingBias)));
  Value scale = m.bitcast(m.f64(), m.shiftLeft(m.addI(n, 1023), 52));
  return m.mul(p, scale);
}

/// ln x for normal positive x, which all results of widening an f32 are; zero,
/// infinity, negatives and not a number as usual.
static Value logCore(MathBuilder &m, Value x) {
  Value bits = m.bitcast(m.i64(), x);
  // x = f * 2^n with f in [sqrt(1/2), sqrt(2)).
  Value e = m.andI(m.addI(bits, -0x3fe6a09e667f3bcd),
                   static_cast<int64_t>(0xfff0000000000000ull));
  Value f = m.bitcast(m.f64(), m.subI(bits, e));
  // Exponents are small: convert through i32, which has vector code.
  Value exponent = m.shiftRightSigned(e, m.integer(e, 52));
  Value n = arith::SIToFPOp::create(
      m.b, m.loc, m.f64(),
      arith::TruncIOp::create(m.b, m.loc, m.i32(), exponent));
  // ln f = 2s + s^3 p(s^2), s = (f - 1) / (f + 1).
  Value s = m.div(m.sub(f, 1.0), m.add(f, 1.0));
  Value z = m.mul(s, s);
  Value p = m.polynomial(z, {0.6666666666660394, 0.40000000043283135,
                             0.28571418809157867, 0.22223219854164175,
                             0.18130835913288565, 0.16648067574157696,
                             0.016308988393087444});
  Value r = m.fma(m.mul(z, s), p, m.add(s, s));
  r = m.fma(n, kLn2Low, r);
  r = m.fma(n, kLn2High, r);
  Value special = m.select(m.less(x, 0.0), m.notANumber(x), m.add(x, x));
  special = m.select(m.equal(x, 0.0), m.neg(m.infinity(x)), special);
  Value normal = arith::AndIOp::create(m.b, m.loc, m.greater(x, 0.0),
                                       m.less(x, m.infinity(x)));
  return m.select(normal, r, special);
}

/// atan of t >= 0.
static Value atanCore(MathBuilder &m, Value t) {
  Value one = m.constant(t, 1), zero = m.constant(t, 0);
  Value inverted = m.greater(t, 1.0);
  Value u = m.select(inverted, m.div(one, t), t);
  Value shifted = m.greater(u, 0.41421356237309503);
  u = m.select(shifted, m.div(m.sub(u, 1.0), m.add(u, 1.0)), u);
  // u + u^3 p(u^2), |u| <= tan(pi/8).
  Value z = m.mul(u, u);
  Value p = m.polynomial(z, {-0.3333333333168818, 0.19999999684136044,
                             -0.14285693513842054, 0.11110447847571071,
                             -0.09079108147901636, 0.07568318060157671,
                             -0.058901960892686824, 0.03088119295763085});
  Value r = m.fma(m.mul(z, u), p, u);
  r = m.add(r, m.select(shifted, m.constant(t, kHalfPi / 2), zero));
  return m.select(inverted, m.sub(m.constant(t, kHalfPi), r), r);
}

/// `series` where |x| < bound, `value` elsewhere.
static Value nearZero(MathBuilder &m, Value x, double bound, Value series,
                      Value value) {
  return m.select(m.less(m.abs(x), bound), series, value);
}

//===----------------------------------------------------------------------===//
// Exponentials and logarithms
//===----------------------------------------------------------------------===//

Value exp2(MathBuilder &m, Value x) {
  return m.narrow(expCore(m, m.mul(m.widen(x), 0.693147180559945309417)));
}

Value expm1(MathBuilder &m, Value x) {
  Value d = m.widen(x);
  Value series = m.fma(m.mul(d, d), 0.5, d);
  // Through the sign, so that -0 stays.
  Value result = nearZero(m, d, 1e-5, series, m.sub(expCore(m, d), 1.0));
  return m.copySign(m.narrow(result), x);
}

Value log2(MathBuilder &m, Value x) {
  return m.narrow(m.mul(logCore(m, m.widen(x)), 1.44269504088896340736));
}

Value log10(MathBuilder &m, Value x) {
  return m.narrow(m.mul(logCore(m, m.widen(x)), 0.434294481903251827651));
}

Value log1p(MathBuilder &m, Value x) {
  Value d = m.widen(x);
  Value series = m.fma(m.mul(d, d), -0.5, d);
  return m.narrow(nearZero(m, d, 1e-5, series, logCore(m, m.add(d, 1.0))));
}

Value sinh(MathBuilder &m, Value x) {
  Value d = m.widen(x), e = expCore(m, d);
  Value difference = m.sub(e, m.div(m.constant(d, 1), e));
  Value series = m.fma(m.mul(m.mul(d, d), d), 1.0 / 6, d);
  return m.narrow(nearZero(m, d, 1e-3, series, m.mul(difference, 0.5)));
}

Value cosh(MathBuilder &m, Value x) {
  Value e = expCore(m, m.abs(m.widen(x)));
  return m.narrow(m.mul(m.add(e, m.div(m.constant(e, 1), e)), 0.5));
}

Value asinh(MathBuilder &m, Value x) {
  Value d = m.widen(x), a = m.abs(d);
  Value root = m.sqrt(m.fma(a, a, m.constant(a, 1)));
  Value series = m.fma(m.mul(m.mul(a, a), a), -1.0 / 6, a);
  Value value = nearZero(m, d, 1e-3, series, logCore(m, m.add(a, root)));
  return m.narrow(m.copySign(value, d));
}

Value acosh(MathBuilder &m, Value x) {
  Value d = m.widen(x);
  // (d - 1)(d + 1) is exact where it is small.
  Value root = m.sqrt(m.mul(m.sub(d, 1.0), m.add(d, 1.0)));
  Value value = logCore(m, m.add(d, root));
  return m.narrow(m.select(m.less(d, 1.0), m.notANumber(d), value));
}

Value atanh(MathBuilder &m, Value x) {
  Value d = m.widen(x), one = m.constant(d, 1);
  Value ratio = m.div(m.add(d, 1.0), m.sub(one, d));
  Value series = m.fma(m.mul(m.mul(d, d), d), 1.0 / 3, d);
  return m.narrow(nearZero(m, d, 1e-3, series, m.mul(logCore(m, ratio), 0.5)));
}

Value cbrt(MathBuilder &m, Value x) {
  Value a = m.abs(m.widen(x));
  Value root = expCore(m, m.mul(logCore(m, a), 1.0 / 3));
  root = m.select(m.equal(a, 0.0), a, root);
  root = m.select(m.less(a, m.infinity(a)), root, m.add(a, a));
  return m.copySign(m.narrow(root), x);
}

Value pow(MathBuilder &m, Value x, Value y) {
  auto both = [&](Value p, Value q) -> Value {
    return arith::AndIOp::create(m.b, m.loc, p, q);
  };
  auto either = [&](Value p, Value q) -> Value {
    return arith::OrIOp::create(m.b, m.loc, p, q);
  };
  Value base = m.widen(x), power = m.widen(y), a = m.abs(base);
  Value magnitude = expCore(m, m.mul(power, logCore(m, a)));
  // Beyond the core's bounds the result is an f32 zero or infinity already;
  // 0 * infinity in the exponent stands for a base of one.
  Value one = m.constant(a, 1);
  magnitude = m.select(m.equal(a, 1.0), one, magnitude);
  Value isInteger = m.compare(arith::CmpFPredicate::OEQ, m.floor(power), power);
  Value halved = m.mul(power, 0.5);
  Value isOdd = both(
      isInteger, m.compare(arith::CmpFPredicate::UNE, m.floor(halved), halved));
  // The sign bit decides for -0 too.
  Value signedOne = m.copySign(one, base);
  Value negative = m.less(signedOne, 0.0);
  magnitude = m.select(both(negative, isOdd), m.neg(magnitude), magnitude);
  Value finiteBase =
      both(m.less(base, 0.0),
           m.compare(arith::CmpFPredicate::OGT, base, m.neg(m.infinity(base))));
  Value noRoot = both(
      finiteBase, m.compare(arith::CmpFPredicate::ONE, m.floor(power), power));
  magnitude = m.select(noRoot, m.notANumber(a), magnitude);
  // A NaN operand yields NaN, except x^0 = 1 and 1^y = 1.
  Value unordered = m.compare(arith::CmpFPredicate::UNO, base, power);
  magnitude = m.select(unordered, m.add(base, power), magnitude);
  Value isOne = either(m.equal(power, 0.0), m.equal(base, 1.0));
  return m.narrow(m.select(isOne, one, magnitude));
}

//===----------------------------------------------------------------------===//
// Inverse trigonometry
//===----------------------------------------------------------------------===//

Value atan(MathBuilder &m, Value x) {
  return m.copySign(m.narrow(atanCore(m, m.abs(m.widen(x)))), x);
}

Value asin(MathBuilder &m, Value x) {
  Value a = m.abs(m.widen(x)), one = m.constant(a, 1);
  Value cosine = m.sqrt(m.fma(m.neg(a), a, one));
  return m.copySign(m.narrow(atanCore(m, m.div(a, cosine))), x);
}

Value acos(MathBuilder &m, Value x) {
  Value d = m.widen(x), one = m.constant(d, 1);
  Value t = m.sqrt(m.div(m.sub(one, d), m.add(d, 1.0)));
  return m.narrow(m.mul(atanCore(m, t), 2.0));
}

Value atan2(MathBuilder &m, Value y, Value x) {
  Value dy = m.widen(y), dx = m.widen(x);
  Value ay = m.abs(dy), ax = m.abs(dx);
  Value steep = m.less(ax, ay);
  Value ratio = m.div(m.select(steep, ax, ay), m.select(steep, ay, ax));
  // 0/0 and inf/inf have values here.
  Value same = m.compare(arith::CmpFPredicate::OEQ, ax, ay);
  Value limit =
      m.select(m.equal(ax, 0.0), m.constant(ax, 0), m.constant(ax, 1));
  ratio = m.select(same, limit, ratio);
  Value angle = atanCore(m, ratio);
  angle = m.select(steep, m.sub(m.constant(angle, kHalfPi), angle), angle);
  Value left = m.less(m.copySign(m.constant(dx, 1), dx), 0.0);
  angle = m.select(left, m.sub(m.constant(angle, 2 * kHalfPi), angle), angle);
  angle = m.select(m.compare(arith::CmpFPredicate::UNO, dx, dy), m.add(dx, dy),
                   angle);
  return m.copySign(m.narrow(angle), y);
}

} // namespace nibble::codegen::vectormath
