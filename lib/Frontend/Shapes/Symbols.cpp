//===- Symbols.cpp - Extents as expressions over named symbols --*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Shapes/Symbols.h"

#include "mlir/Analysis/FlatLinearValueConstraints.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <numeric>

using namespace mlir;
using namespace nibble::frontend;

//===----------------------------------------------------------------------===//
// Ranges
//===----------------------------------------------------------------------===//

static constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
static constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

static bool isInfinite(int64_t value) { return value == kMin || value == kMax; }

// Sums and products of range ends: infinity stays, and what does not fit is
// infinite.
static int64_t addEnds(int64_t a, int64_t b) {
  if (isInfinite(a))
    return a;
  if (isInfinite(b))
    return b;
  int64_t sum;
  return llvm::AddOverflow(a, b, sum) ? (a < 0 ? kMin : kMax) : sum;
}

static int64_t mulEnds(int64_t a, int64_t b) {
  if (a == 0 || b == 0)
    return 0;
  int64_t product;
  bool negative = (a < 0) != (b < 0);
  if (isInfinite(a) || isInfinite(b) || llvm::MulOverflow(a, b, product))
    return negative ? kMin : kMax;
  return product;
}

static Interval getProductInterval(Interval a, Interval b) {
  int64_t ends[] = {mulEnds(a.low, b.low), mulEnds(a.low, b.high),
                    mulEnds(a.high, b.low), mulEnds(a.high, b.high)};
  return {*std::min_element(ends, ends + 4), *std::max_element(ends, ends + 4)};
}

static Interval getQuotientInterval(Interval a, Interval b, bool ceil) {
  if (b.low != b.high || b.low <= 0)
    return {};
  auto divide = [&](int64_t end) {
    if (isInfinite(end))
      return end;
    return ceil ? llvm::divideCeilSigned(end, b.low)
                : llvm::divideFloorSigned(end, b.low);
  };
  return {divide(a.low), divide(a.high)};
}

Interval nibble::frontend::getInterval(AffineExpr expr) {
  switch (expr.getKind()) {
  case AffineExprKind::Constant: {
    int64_t value = cast<AffineConstantExpr>(expr).getValue();
    return {value, value};
  }
  case AffineExprKind::DimId:
  case AffineExprKind::SymbolId:
    return {0, kMax};
  default:
    break;
  }
  auto binary = cast<AffineBinaryOpExpr>(expr);
  Interval a = getInterval(binary.getLHS()), b = getInterval(binary.getRHS());
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return {addEnds(a.low, b.low), addEnds(a.high, b.high)};
  case AffineExprKind::Mul:
    return getProductInterval(a, b);
  case AffineExprKind::FloorDiv:
    return getQuotientInterval(a, b, /*ceil=*/false);
  case AffineExprKind::CeilDiv:
    return getQuotientInterval(a, b, /*ceil=*/true);
  case AffineExprKind::Mod:
    return {0, b.high == kMax ? kMax : b.high - 1};
  default:
    return {};
  }
}

/// Stops at the limit, so that the walk is never long.
static int64_t countParts(AffineExpr expr, int64_t limit) {
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary || limit <= 1)
    return 1;
  int64_t count = 1 + countParts(binary.getLHS(), limit - 1);
  if (count < limit)
    count += countParts(binary.getRHS(), limit - count);
  return count;
}

bool nibble::frontend::isTooLong(AffineExpr expr) {
  return countParts(expr, kMaxParts + 1) > kMaxParts;
}

std::optional<int64_t> nibble::frontend::getConstant(AffineExpr expr) {
  if (auto constant = dyn_cast_or_null<AffineConstantExpr>(expr))
    return constant.getValue();
  return std::nullopt;
}

std::optional<SmallVector<int64_t>>
nibble::frontend::getConstants(ArrayRef<AffineExpr> exprs) {
  SmallVector<int64_t> values;
  for (AffineExpr expr : exprs) {
    std::optional<int64_t> value = ::getConstant(expr);
    if (!value)
      return std::nullopt;
    values.push_back(*value);
  }
  return values;
}

//===----------------------------------------------------------------------===//
// Symbols
//===----------------------------------------------------------------------===//

AffineExpr Symbols::get(StringRef name) {
  auto *found = llvm::find(names, name);
  unsigned position = found - names.begin();
  if (found == names.end()) {
    names.push_back(name.str());
    solutions.push_back(getAffineSymbolExpr(position, context));
  }
  return getAffineSymbolExpr(position, context);
}

AffineExpr Symbols::getFresh(StringRef hint) {
  std::string name = hint.str();
  for (unsigned i = 0; llvm::is_contained(names, name); ++i)
    name = (hint + "_" + Twine(i)).str();
  return get(name);
}

AffineExpr Symbols::getConstant(int64_t value) const {
  return getAffineConstantExpr(value, context);
}

AffineExpr Symbols::simplify(AffineExpr expr) const {
  // A solution may hold a symbol that was solved later.
  for (unsigned i = 0; i <= numSolved; ++i) {
    AffineExpr next =
        simplifyAffineExpr(expr.replaceSymbols(solutions), 0, names.size());
    if (next == expr)
      break;
    expr = next;
  }
  AffineExpr fixed = fixedExprs.lookup(expr);
  return fixed ? fixed : expr;
}

bool Symbols::solve(AffineExpr difference) {
  SmallVector<int64_t> flat;
  if (!difference.isPureAffine() ||
      failed(getFlattenedAffineExpr(difference, 0, names.size(), &flat)) ||
      flat.size() != names.size() + 1)
    return false;
  // Prefer the symbol that is a sum of the others (total = past + seq), and of
  // such ones the last.
  int64_t best = -1;
  bool bestIsSum = false;
  for (int64_t i = 0, e = names.size(); i < e; ++i) {
    if (std::abs(flat[i]) != 1)
      continue;
    bool isSum = true;
    for (int64_t j = 0; j <= e; ++j)
      isSum &= j == i || flat[j] == 0 || (flat[j] < 0) == (flat[i] > 0);
    if (isSum || !bestIsSum) {
      best = i;
      bestIsSum = isSum;
    }
  }
  if (best < 0)
    return false;
  AffineExpr solution = getConstant(0);
  for (int64_t j = 0, e = names.size(); j <= e; ++j) {
    if (j == best || flat[j] == 0)
      continue;
    AffineExpr term = j == e ? getConstant(1) : getAffineSymbolExpr(j, context);
    solution = solution + term * (-flat[j] * flat[best]);
  }
  solutions[best] = solution;
  ++numSolved;
  return true;
}

void Symbols::addConstraint(AffineExpr expr, bool isEquality) {
  if (!llvm::is_contained(constraints, std::pair(expr, isEquality)))
    constraints.push_back({expr, isEquality});
}

LogicalResult Symbols::unify(AffineExpr a, AffineExpr b) {
  // Each on its own: what is fixed is a whole extent.
  AffineExpr difference = simplify(simplify(a) - simplify(b));
  if (std::optional<int64_t> constant = ::getConstant(difference))
    return success(*constant == 0);
  Interval range = getInterval(difference);
  if (range.low > 0 || range.high < 0)
    return failure();
  addConstraint(difference, /*isEquality=*/true);
  if (solve(difference))
    return success();
  // (x - 1) floordiv 2 = 1 gives no symbol, but says what the extent is.
  for (auto [x, y] : {std::pair(a, b), std::pair(b, a)})
    if (::getConstant(y)) {
      AffineExpr &fixed = fixedExprs[simplify(x)];
      // Stated again, it is nothing new: whoever repeats until nothing is
      // solved must come to an end.
      numSolved += fixed != y;
      fixed = y;
    }
  return success();
}

void Symbols::assumeAtLeast(AffineExpr a, AffineExpr b) {
  AffineExpr difference = simplify(a - b);
  if (getInterval(difference).low < 0)
    addConstraint(difference, /*isEquality=*/false);
}

LogicalResult Symbols::requireAtLeast(AffineExpr a, AffineExpr b) {
  if (getInterval(simplify(a - b)).high < 0)
    return failure();
  assumeAtLeast(a, b);
  return success();
}

// The factors of a product: one constant and expressions that are no products.
static void collectFactors(AffineExpr expr, int64_t &constant,
                           SmallVectorImpl<AffineExpr> &factors) {
  if (std::optional<int64_t> value = ::getConstant(expr)) {
    constant *= *value;
  } else if (expr.getKind() == AffineExprKind::Mul) {
    auto product = cast<AffineBinaryOpExpr>(expr);
    collectFactors(product.getLHS(), constant, factors);
    collectFactors(product.getRHS(), constant, factors);
  } else {
    // 2 a + 4 = 2 (a + 2): what divides a sum is a factor of it.
    int64_t divisor = expr.getLargestKnownDivisor();
    if (divisor > 1 && expr.getKind() == AffineExprKind::Add) {
      constant *= divisor;
      expr = expr.floorDiv(divisor);
    }
    factors.push_back(expr);
  }
}

AffineExpr Symbols::divideProducts(ArrayRef<AffineExpr> numerators,
                                   ArrayRef<AffineExpr> denominators) {
  int64_t above = 1, below = 1;
  SmallVector<AffineExpr> factors, divisors;
  for (AffineExpr expr : numerators)
    collectFactors(simplify(expr), above, factors);
  for (AffineExpr expr : denominators)
    collectFactors(simplify(expr), below, divisors);
  for (AffineExpr &factor : factors)
    factor = simplify(factor);
  for (AffineExpr divisor : divisors) {
    auto *found = llvm::find(factors, simplify(divisor));
    if (found == factors.end())
      return {};
    factors.erase(found);
  }
  if (below == 0)
    return {};
  int64_t common = std::gcd(above, below);
  AffineExpr product = getConstant(above / common);
  for (AffineExpr factor : factors)
    product = product * factor;
  below /= common;
  if (below != 1) {
    if (::getConstant(product))
      return {};
    AffineExpr rest = simplify(product % below);
    if (rest != getConstant(0))
      addConstraint(rest, /*isEquality=*/true);
    product = product.floorDiv(below);
  }
  return simplify(product);
}

void Symbols::enter() {
  outer.push_back({solutions, fixedExprs, constraints, numSolved});
}

IntegerSet Symbols::leave() {
  Knowledge before = outer.pop_back_val();
  IntegerSet set =
      makeSet(ArrayRef(constraints).drop_front(before.constraints.size()));
  for (unsigned i = before.solutions.size(); i < names.size(); ++i)
    before.solutions.push_back(getAffineSymbolExpr(i, context));
  solutions = std::move(before.solutions);
  fixedExprs = std::move(before.fixedExprs);
  constraints = std::move(before.constraints);
  numSolved = before.numSolved;
  return set;
}

IntegerSet Symbols::getConstraints() const { return makeSet(constraints); }

IntegerSet
Symbols::makeSet(ArrayRef<std::pair<AffineExpr, bool>> constraints) const {
  if (constraints.empty())
    return {};
  SmallVector<AffineExpr> exprs;
  SmallVector<bool> isEquality;
  for (auto [expr, equality] : constraints) {
    exprs.push_back(expr);
    isEquality.push_back(equality);
  }
  return IntegerSet::get(0, names.size(), exprs, isEquality);
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

std::string Symbols::toString(AffineExpr expr) const {
  if (auto constant = ::getConstant(expr))
    return std::to_string(*constant);
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return names[symbol.getPosition()];
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return "?";
  StringRef sign;
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    sign = " + ";
    break;
  case AffineExprKind::Mul:
    sign = " * ";
    break;
  case AffineExprKind::FloorDiv:
    sign = " floordiv ";
    break;
  case AffineExprKind::CeilDiv:
    sign = " ceildiv ";
    break;
  default:
    sign = " mod ";
    break;
  }
  auto operand = [&](AffineExpr side) {
    std::string text = toString(side);
    bool wrap =
        isa<AffineBinaryOpExpr>(side) && expr.getKind() != AffineExprKind::Add;
    return wrap ? "(" + text + ")" : text;
  };
  return operand(binary.getLHS()) + sign.str() + operand(binary.getRHS());
}

std::string Symbols::toString(ArrayRef<AffineExpr> exprs) const {
  std::string text = "[";
  for (auto [i, expr] : llvm::enumerate(exprs))
    text += (i ? ", " : "") + toString(expr);
  return text + "]";
}
