//===- PlaceChecks.cpp - What must hold of the extents --------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The frontend assumes relations between extents (total = past + seq). Those
// of the whole model are checked in @nib_shapes, before anything runs; those
// of a branch in @nib_run, where the branch is taken.
//
//===----------------------------------------------------------------------===//

#include "Placer.h"

#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/IntegerSet.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace nibble;

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

static std::string toText(AffineExpr expr, ArrayRef<StringAttr> names) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return std::to_string(constant.getValue());
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return "'" + names[symbol.getPosition()].str() + "'";
  auto binary = cast<AffineBinaryOpExpr>(expr);
  StringRef sign = expr.getKind() == AffineExprKind::Add        ? " + "
                   : expr.getKind() == AffineExprKind::Mul      ? " * "
                   : expr.getKind() == AffineExprKind::FloorDiv ? " / "
                   : expr.getKind() == AffineExprKind::CeilDiv  ? " ceildiv "
                                                                : " mod ";
  auto side = [&](AffineExpr operand) {
    bool wraps = isa<AffineBinaryOpExpr>(operand) &&
                 expr.getKind() != AffineExprKind::Add;
    std::string text = toText(operand, names);
    return wraps ? "(" + text + ")" : text;
  };
  return side(binary.getLHS()) + sign.str() + side(binary.getRHS());
}

/// Splits a sum into what is added and what is subtracted.
static void splitTerms(AffineExpr expr, SmallVectorImpl<AffineExpr> &added,
                       SmallVectorImpl<AffineExpr> &subtracted) {
  if (expr.getKind() == AffineExprKind::Add) {
    auto sum = cast<AffineBinaryOpExpr>(expr);
    splitTerms(sum.getLHS(), added, subtracted);
    splitTerms(sum.getRHS(), added, subtracted);
    return;
  }
  if (auto constant = dyn_cast<AffineConstantExpr>(expr);
      constant && constant.getValue() < 0)
    return subtracted.push_back(-expr);
  if (expr.getKind() == AffineExprKind::Mul)
    if (auto factor = dyn_cast<AffineConstantExpr>(
            cast<AffineBinaryOpExpr>(expr).getRHS());
        factor && factor.getValue() < 0)
      return subtracted.push_back(-expr);
  added.push_back(expr);
}

static std::string toText(ArrayRef<AffineExpr> terms,
                          ArrayRef<StringAttr> names) {
  if (terms.empty())
    return "0";
  return llvm::join(
      llvm::map_range(terms,
                      [&](AffineExpr term) { return toText(term, names); }),
      " + ");
}

/// The number that @nib_shapes or @nib_run returns where constraint `i` of
/// `set` does not hold.
int64_t Placer::addCheck(IntegerSet set, unsigned i, Location loc) {
  SmallVector<AffineExpr> added, subtracted;
  splitTerms(set.getConstraint(i), added, subtracted);
  std::string text;
  if (auto name = dyn_cast<NameLoc>(loc))
    text = "node '" + name.getName().str() + "': ";
  text += "the extents of the inputs do not fit together: " +
          toText(added, symbolNames) + (set.isEq(i) ? " = " : " >= ") +
          toText(subtracted, symbolNames) + " must hold";
  checks.push_back(builder.getStringAttr(text));
  return checks.size();
}

//===----------------------------------------------------------------------===//
// Code
//===----------------------------------------------------------------------===//

/// Whether constraint `i` of `set` holds; `import` makes a value of @nib_run
/// seen where `b` is.
Value Placer::emitHolds(OpBuilder &b, IntegerSet set, unsigned i,
                        function_ref<Value(Value)> import) {
  Location loc = nibRun.getLoc();
  SmallVector<Value> values;
  for (StringAttr name : symbolNames)
    values.push_back(import(symbolValues.lookup(name.getValue())));
  Value left = affine::expandAffineExpr(b, loc, set.getConstraint(i),
                                        /*dimValues=*/{}, values);
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  return arith::CmpIOp::create(b, loc,
                               set.isEq(i) ? arith::CmpIPredicate::eq
                                           : arith::CmpIPredicate::sge,
                               left, zero);
}

/// What @nib_shapes returns: 0, or 1 + the first check that fails.
Value Placer::emitStatus(OpBuilder &b, function_ref<Value(Value)> import) {
  Location loc = nibRun.getLoc();
  Value status = arith::ConstantIntOp::create(b, loc, 0, 32);
  auto constraints = module->getAttrOfType<IntegerSetAttr>("nn.constraints");
  if (!constraints)
    return status;
  IntegerSet set = constraints.getValue();
  for (unsigned i = set.getNumConstraints(); i-- > 0;) {
    int64_t number = addCheck(set, i, UnknownLoc::get(b.getContext()));
    Value failed = arith::ConstantIntOp::create(b, loc, number, 32);
    status = arith::SelectOp::create(b, loc, emitHolds(b, set, i, import),
                                     status, failed);
  }
  return status;
}

/// What is placed from here on runs only where the constraints of its branch
/// hold; else @nib_run returns the check that fails.
void Placer::guardRegion(Location loc, IntegerSetAttr constraints) {
  if (!constraints)
    return;
  Type i32 = builder.getI32Type();
  if (!statusSlot) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(&nibRun.getBody().front());
    Value one = LLVM::ConstantOp::create(builder, loc, i32, 1);
    auto pointer = LLVM::LLVMPointerType::get(module.getContext());
    statusSlot = LLVM::AllocaOp::create(builder, loc, pointer, i32, one);
    Value zero = LLVM::ConstantOp::create(builder, loc, i32, 0);
    LLVM::StoreOp::create(builder, loc, zero, statusSlot);
  }
  IntegerSet set = constraints.getValue();
  for (unsigned i = 0; i < set.getNumConstraints(); ++i) {
    int64_t number = addCheck(set, i, loc);
    Value holds = emitHolds(builder, set, i, [](Value value) { return value; });
    auto guarded = scf::IfOp::create(builder, loc, TypeRange(), holds,
                                     /*withElseRegion=*/true);
    builder.setInsertionPoint(guarded.elseYield());
    Value failed = LLVM::ConstantOp::create(builder, loc, i32, number);
    LLVM::StoreOp::create(builder, loc, failed, statusSlot);
    builder.setInsertionPoint(guarded.thenYield());
  }
}
