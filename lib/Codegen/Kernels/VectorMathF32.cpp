//===- VectorMathF32.cpp - exp, log, tanh, erf in f32 -----------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Polynomials are minimax fits in the variable and range that the comment
// names, coefficients rounded to f32 in turn and refitted.
//
//===----------------------------------------------------------------------===//

#include "VectorMathFunctions.h"

#include <limits>

using namespace mlir;

namespace nibble::codegen {

Value MathBuilder::infinity(Value like) {
  return constant(like, std::numeric_limits<double>::infinity());
}

Value MathBuilder::notANumber(Value like) {
  return constant(like, std::numeric_limits<double>::quiet_NaN());
}

Value MathBuilder::polynomial(Value x, ArrayRef<double> coefficients) {
  Value sum = constant(x, coefficients.back());
  for (double coefficient : llvm::reverse(coefficients.drop_back()))
    sum = fma(sum, x, constant(x, coefficient));
  return sum;
}

Value MathBuilder::clamp(Value x, double low, double high) {
  // In this form the comparison is false for not a number, which stays, and
  // the pair is one maxps or minps.
  x = select(greater(x, high), constant(x, high), x);
  return select(less(x, low), constant(x, low), x);
}

namespace vectormath {

/// Rounds to an integer when added to |x| < 2^22: the low bits of the sum.
static constexpr double kRoundingBias = 12582912.0; // 1.5 * 2^23

/// 2^n for integers n in [-126, 127] in i32 lanes.
static Value powerOfTwo(MathBuilder &m, Value n) {
  return m.bitcast(m.f32(), m.shiftLeft(m.addI(n, 127), 23));
}

/// e^x = p * 2^n with p in about [0.7, 1.42], n in i32 lanes.
struct ExpParts {
  Value p, n;
};

/// For x in [-104, 89] or not a number; others must be clamped.
static ExpParts expParts(MathBuilder &m, Value x) {
  Value biased = m.fma(x, 1.4426950408889634, m.constant(x, kRoundingBias));
  Value rounded = m.sub(biased, kRoundingBias);
  Value r = m.fma(rounded, -0.693147182464599609375, x);
  r = m.fma(rounded, 1.904654323148236e-09, r);
  // e^r = 1 + r + r^2 q(r), |r| <= ln 2 / 2.
  Value q = m.polynomial(r, {0.5, 0.1666651964187622, 0.04166640341281891,
                             0.00836883019655943, 0.0013940561329945922});
  Value p = m.add(m.fma(m.mul(r, r), q, r), 1.0);
  Value n = m.subI(m.bitcast(m.i32(), biased),
                   m.bitcast(m.i32(), m.constant(x, kRoundingBias)));
  return {p, n};
}

/// e^x for x in [-87.3, 88.3] or not a number.
static Value expNormal(MathBuilder &m, Value x) {
  auto [p, n] = expParts(m, x);
  return m.mul(p, powerOfTwo(m, n));
}

Value expBounded(MathBuilder &m, Value x) {
  return expNormal(m, m.clamp(x, -87.3, 88.3));
}

Value exp(MathBuilder &m, Value x) {
  auto [p, n] = expParts(m, m.clamp(x, -104, 89));
  // Two factors: 2^n itself may be no normal number.
  Value half = m.shiftRightSigned(n, m.integer(n, 1));
  p = m.mul(p, powerOfTwo(m, half));
  return m.mul(p, powerOfTwo(m, m.subI(n, half)));
}

Value log(MathBuilder &m, Value x) {
  // Denormals are scaled to normal numbers.
  Value tiny = m.less(x, 1.1754943508222875e-38);
  Value scaled = m.select(tiny, m.mul(x, 8388608.0), x);
  Value bits = m.bitcast(m.i32(), scaled);
  // x = f * 2^e with f in [2/3, 4/3).
  Value e = m.andI(m.addI(bits, -0x3f2aaaab), int64_t(-0x800000));
  Value f = m.sub(m.bitcast(m.f32(), m.subI(bits, e)), 1.0);
  Value n = arith::SIToFPOp::create(m.b, m.loc, m.f32(), e);
  n = m.fma(n, 1.1920928955078125e-07,
            m.select(tiny, m.constant(x, -23), m.constant(x, 0)));
  // log(1 + f) = f + f^2 p(f).
  Value p = m.polynomial(f, {-0.5, 0.3333321511745453, -0.2499980330467224,
                             0.20010443031787872, -0.16680265963077545,
                             0.1400536298751831, -0.12187018245458603,
                             0.13986647129058838, -0.12880679965019226});
  Value r = m.fma(m.mul(f, f), p, f);
  // The high part of ln 2 times n is exact.
  r = m.fma(n, 1.42860682030941723212e-6, r);
  r = m.fma(n, 0.693145751953125, r);
  // Zero, infinity, negative, not a number.
  Value special = m.select(m.less(x, 0.0), m.notANumber(x), m.add(x, x));
  special = m.select(m.equal(x, 0.0), m.neg(m.infinity(x)), special);
  Value normal = arith::AndIOp::create(m.b, m.loc, m.greater(x, 0.0),
                                       m.less(x, m.infinity(x)));
  return m.select(normal, r, special);
}

Value tanh(MathBuilder &m, Value x) {
  Value a = m.abs(x);
  // 1 - 2 / (e^2a + 1); from 9.1 on that rounds to 1.
  Value e = expNormal(m, m.clamp(m.add(a, a), -1, 20));
  Value large = m.sub(m.constant(x, 1), m.div(m.constant(x, 2), m.add(e, 1.0)));
  // x + x^3 p(x^2), |x| < 0.6.
  Value z = m.mul(x, x);
  Value p = m.polynomial(z, {-0.33333298563957214, 0.13331936299800873,
                             -0.053784627467393875, 0.020797934383153915,
                             -0.005896711256355047});
  Value small = m.fma(m.mul(z, p), a, a);
  return m.copySign(m.select(m.less(a, 0.6), small, large), x);
}

Value erf(MathBuilder &m, Value x) {
  Value a = m.abs(x);
  // 1 - e^-(t + t p(t)), 0.92 <= t; from 3.92 on that rounds to 1.
  Value t = m.clamp(a, -1, 3.95);
  Value p = m.polynomial(t, {0.12864848971366882, 0.6351513266563416,
                             0.10623684525489807, -0.023762019351124763,
                             0.0036424293648451567, -0.0003227936686016619,
                             1.1229890333197545e-05});
  Value large = m.sub(m.constant(x, 1), expNormal(m, m.neg(m.fma(t, p, t))));
  // x + x p(x^2), |x| < 0.93.
  Value z = m.mul(a, a);
  Value q = m.polynomial(z, {0.12837916612625122, -0.3761262893676758,
                             0.11283625662326813, -0.02685573138296604,
                             0.005192405078560114, -0.0008049769676290452,
                             7.996649947017431e-05});
  Value small = m.fma(a, q, a);
  return m.copySign(m.select(m.less(a, 0.925), small, large), x);
}

Value rsqrt(MathBuilder &m, Value x) {
  return m.div(m.constant(x, 1), m.sqrt(x));
}

Value round(MathBuilder &m, Value x) {
  // The largest number below one half: adding one half itself would round up
  // what lies just below it.
  Value half = m.copySign(m.constant(x, 0.4999999701976776123046875), x);
  return m.copySign(m.trunc(m.add(x, half)), x);
}

} // namespace vectormath
} // namespace nibble::codegen
