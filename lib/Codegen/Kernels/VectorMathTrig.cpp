//===- VectorMathTrig.cpp - sin, cos, tan -----------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "VectorMathFunctions.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace nibble::codegen::vectormath {

namespace {
/// |x| = quadrant * pi/2 + r, |r| <= pi/4 (a little more by rounding).
struct Reduced {
  Value quadrant; ///< i64, modulo 4
  Value r;        ///< f64
};
} // namespace

static constexpr double kHalfPiHigh = 1.57079632679489661923;
static constexpr double kHalfPiLow = 6.123233995736766036e-17;
static constexpr double kTwoOverPi = 0.636619772367581343076;
static constexpr double kRoundingBias = 6755399441055744.0; // 1.5 * 2^52
/// From here on the quotient by pi/2 has too many bits for two fma.
static constexpr double kLargeArgument = 268435456.0; // 2^28

/// The bits of 2/pi after the point, 32 at a time.
static constexpr uint32_t kTwoOverPiBits[] = {
    0xA2F9836E, 0x4E441529, 0xFC2757D1, 0xF534DDC0,
    0xDB629599, 0x3C439041, 0xFE5163AB};

static Reduced reduceSmall(MathBuilder &m, Value a) {
  Value d = m.widen(a);
  Value biased = m.fma(d, kTwoOverPi, m.constant(d, kRoundingBias));
  Value rounded = m.sub(biased, kRoundingBias);
  Value r = m.fma(rounded, -kHalfPiHigh, d);
  r = m.fma(rounded, -kHalfPiLow, r);
  return {m.andI(m.bitcast(m.i64(), biased), 3), r};
}

/// Payne and Hanek's reduction: multiplies the 24 bits of the argument with 96
/// bits of 2/pi, from the first that does not make a multiple of 4.
static Reduced reduceLarge(MathBuilder &m, Value a) {
  Value bits32 = m.bitcast(m.i32(), a);
  Value bits = arith::ExtUIOp::create(m.b, m.loc, m.i64(), bits32);
  Value mantissa = m.orI(m.andI(bits, 0x7fffff), m.integer(bits, 0x800000));
  // a = mantissa * 2^e; the window starts e - 2 bits after the point.
  Value start = m.addI(m.shiftRight(bits, 23), -152);
  Value word = m.shiftRight(start, 5), shift = m.andI(start, 31);
  SmallVector<Value> window;
  for (unsigned i = 0; i < 3; ++i) {
    auto pair = [&](unsigned k) {
      uint64_t high = kTwoOverPiBits[k], low = kTwoOverPiBits[k + 1];
      return m.integer(bits, static_cast<int64_t>(high << 32 | low));
    };
    Value two = pair(i + 3);
    for (unsigned k = 3; k-- > 0;)
      two = m.select(m.equalI(word, k), pair(i + k), two);
    window.push_back(m.shiftRight(m.shiftLeft(two, shift), 32));
  }
  // The product modulo 4, with 62 bits after the point.
  Value product = m.shiftLeft(m.mulI(mantissa, window[0]), 32);
  product = m.addI(product, m.mulI(mantissa, window[1]));
  product = m.addI(product, m.shiftRight(m.mulI(mantissa, window[2]), 32));
  constexpr int64_t kHalf = int64_t(1) << 61;
  Value raised = m.addI(product, kHalf);
  Value quadrant = m.shiftRight(raised, 62);
  Value fraction = m.addI(m.andI(raised, (int64_t(1) << 62) - 1), -kHalf);
  Value r = arith::SIToFPOp::create(m.b, m.loc, m.f64(), fraction);
  return {quadrant, m.mul(r, kHalfPiHigh / 4611686018427387904.0)};
}

static Reduced reduce(MathBuilder &m, Value a) {
  Reduced small = reduceSmall(m, a);
  Value isLarge = arith::AndIOp::create(
      m.b, m.loc, m.less(a, m.infinity(a)),
      m.compare(arith::CmpFPredicate::OGE, a, m.constant(a, kLargeArgument)));
  Value any = isLarge;
  if (m.shape) {
    if (m.shape.getRank() != 1)
      any = vector::ShapeCastOp::create(
          m.b, m.loc,
          VectorType::get({m.shape.getNumElements()}, m.b.getI1Type()), any);
    any =
        vector::ReductionOp::create(m.b, m.loc, vector::CombiningKind::OR, any);
  }
  auto branch = scf::IfOp::create(m.b, m.loc, TypeRange{m.i64(), m.f64()}, any,
                                  /*addThenBlock=*/true, /*addElseBlock=*/true);
  {
    OpBuilder::InsertionGuard guard(m.b);
    m.b.setInsertionPointToStart(branch.thenBlock());
    Reduced large = reduceLarge(m, a);
    Value quadrant = m.select(isLarge, large.quadrant, small.quadrant);
    Value r = m.select(isLarge, large.r, small.r);
    scf::YieldOp::create(m.b, m.loc, ValueRange{quadrant, r});
    m.b.setInsertionPointToStart(branch.elseBlock());
    scf::YieldOp::create(m.b, m.loc, ValueRange{small.quadrant, small.r});
  }
  return {branch.getResult(0), branch.getResult(1)};
}

static Value sinSmall(MathBuilder &m, Value r) {
  Value z = m.mul(r, r);
  Value p = m.polynomial(z, {-0.16666666666631325, 0.008333333325219001,
                             -0.00019841263792652348, 2.755535107374762e-06,
                             -2.476115335361441e-08});
  return m.fma(m.mul(z, r), p, r);
}

static Value cosSmall(MathBuilder &m, Value r) {
  Value z = m.mul(r, r);
  Value p = m.polynomial(z, {0.04166666666659547, -0.0013888888877479828,
                             2.4801580656406063e-05, -2.7555515058510886e-07,
                             2.0644663172985495e-09});
  return m.fma(m.mul(z, z), p, m.fma(z, -0.5, m.constant(z, 1)));
}

/// sin(quadrant * pi/2 + r).
static Value sinOf(MathBuilder &m, Reduced reduced) {
  Value odd = m.equalI(m.andI(reduced.quadrant, 1), 1);
  Value value = m.select(odd, cosSmall(m, reduced.r), sinSmall(m, reduced.r));
  Value lower = m.equalI(m.andI(reduced.quadrant, 2), 2);
  return m.select(lower, m.neg(value), value);
}

Value sin(MathBuilder &m, Value x) {
  Value value = m.narrow(sinOf(m, reduce(m, m.abs(x))));
  return m.mul(value, m.copySign(m.constant(x, 1), x));
}

Value cos(MathBuilder &m, Value x) {
  Reduced reduced = reduce(m, m.abs(x));
  reduced.quadrant = m.addI(reduced.quadrant, 1);
  return m.narrow(sinOf(m, reduced));
}

Value tan(MathBuilder &m, Value x) {
  Reduced reduced = reduce(m, m.abs(x));
  Value s = sinSmall(m, reduced.r), c = cosSmall(m, reduced.r);
  Value odd = m.equalI(m.andI(reduced.quadrant, 1), 1);
  Value value = m.div(m.select(odd, m.neg(c), s), m.select(odd, s, c));
  return m.mul(m.narrow(value), m.copySign(m.constant(x, 1), x));
}

} // namespace nibble::codegen::vectormath
