//===- ShapeChecks.cpp - What the extents of a request must satisfy -------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ShapeChecks.h"

#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace nibble;

static std::string textOf(AffineExpr expr, ArrayRef<StringAttr> symbols) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return std::to_string(constant.getValue());
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return symbols[symbol.getPosition()].str();
  auto binary = cast<AffineBinaryOpExpr>(expr);
  StringRef sign = expr.getKind() == AffineExprKind::Add        ? " + "
                   : expr.getKind() == AffineExprKind::Mul      ? " * "
                   : expr.getKind() == AffineExprKind::FloorDiv ? " floordiv "
                   : expr.getKind() == AffineExprKind::CeilDiv  ? " ceildiv "
                                                                : " mod ";
  auto operand = [&](AffineExpr side) {
    std::string text = textOf(side, symbols);
    return isa<AffineBinaryOpExpr>(side) &&
                   expr.getKind() != AffineExprKind::Add
               ? "(" + text + ")"
               : text;
  };
  return operand(binary.getLHS()) + sign.str() + operand(binary.getRHS());
}

static void collectTerms(AffineExpr expr, SmallVectorImpl<AffineExpr> &terms) {
  if (expr.getKind() != AffineExprKind::Add) {
    terms.push_back(expr);
    return;
  }
  auto sum = cast<AffineBinaryOpExpr>(expr);
  collectTerms(sum.getLHS(), terms);
  collectTerms(sum.getRHS(), terms);
}

static bool isNegative(AffineExpr term) {
  if (auto product = dyn_cast<AffineBinaryOpExpr>(term);
      product && term.getKind() == AffineExprKind::Mul)
    term = product.getRHS();
  auto constant = dyn_cast<AffineConstantExpr>(term);
  return constant && constant.getValue() < 0;
}

/// " (n: dimension 0 of 'x')" for the symbols of `expr`.
static std::string placesOf(AffineExpr expr, ArrayRef<StringAttr> symbols,
                            SymbolPlaceFn place) {
  SmallVector<std::string> places;
  for (auto [position, symbol] : llvm::enumerate(symbols)) {
    if (!expr.isFunctionOfSymbol(position))
      continue;
    std::string text = place(symbol);
    if (!text.empty())
      places.push_back(symbol.str() + ": " + text);
  }
  return places.empty() ? "" : " (" + llvm::join(places, ", ") + ")";
}

SmallVector<std::string>
nibble::describeConstraints(IntegerSet constraints,
                            ArrayRef<StringAttr> symbols, SymbolPlaceFn place) {
  SmallVector<std::string> messages;
  for (unsigned i = 0; i < constraints.getNumConstraints(); ++i) {
    AffineExpr constraint = constraints.getConstraint(i);
    SmallVector<AffineExpr> terms;
    collectTerms(constraint, terms);
    // What is subtracted stands on the other side.
    SmallVector<std::string> sides[2];
    for (AffineExpr term : terms) {
      bool right = isNegative(term);
      sides[right].push_back(textOf(right ? -term : term, symbols));
    }
    auto side = [&](unsigned index) {
      return sides[index].empty() ? std::string("0")
                                  : llvm::join(sides[index], " + ");
    };
    messages.push_back("the dimensions of the inputs do not fit: the model "
                       "needs " +
                       side(0) + (constraints.isEq(i) ? " = " : " >= ") +
                       side(1) + placesOf(constraint, symbols, place));
  }
  return messages;
}

Value nibble::emitConstraintCheck(OpBuilder &builder, Location loc,
                                  IntegerSet constraints, ValueRange symbols,
                                  int64_t first) {
  auto number = [&](int64_t value) -> Value {
    return arith::ConstantIntOp::create(builder, loc, value, 32);
  };
  Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
  Value result = number(0);
  for (unsigned i = constraints.getNumConstraints(); i-- > 0;) {
    Value value = affine::expandAffineExpr(
        builder, loc, constraints.getConstraint(i), ValueRange(), symbols);
    Value holds =
        arith::CmpIOp::create(builder, loc,
                              constraints.isEq(i) ? arith::CmpIPredicate::eq
                                                  : arith::CmpIPredicate::sge,
                              value, zero);
    result =
        arith::SelectOp::create(builder, loc, holds, result, number(first + i));
  }
  return result;
}
