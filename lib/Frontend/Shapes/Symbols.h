//===- Symbols.h - Extents as expressions over named symbols ----*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_FRONTEND_SHAPES_SYMBOLS_H
#define NIBBLE_LIB_FRONTEND_SHAPES_SYMBOLS_H

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/AffineMap.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/IntegerSet.h"
#include "mlir/Support/LLVM.h"
#include "llvm/ADT/DenseMap.h"

#include <limits>
#include <optional>

namespace nibble::frontend {

/// Extents of a tensor, or its elements: affine expressions over the symbols.
using Exprs = llvm::SmallVector<mlir::AffineExpr>;

/// A closed range; the ends INT64_MIN and INT64_MAX stand for infinity.
struct Interval {
  int64_t low = std::numeric_limits<int64_t>::min();
  int64_t high = std::numeric_limits<int64_t>::max();
};

/// The range of `expr` when every symbol is an extent, that is, not negative.
Interval getInterval(mlir::AffineExpr expr);

/// Parts of an expression, of which each use counts. An expression that is read
/// twice in the next one doubles with each node, and what walks it does, too.
constexpr int64_t kMaxParts = 512;
bool isTooLong(mlir::AffineExpr expr);

/// The value of a constant expression.
std::optional<int64_t> getConstant(mlir::AffineExpr expr);

/// The values when all are constant.
std::optional<llvm::SmallVector<int64_t>>
getConstants(llvm::ArrayRef<mlir::AffineExpr> exprs);

/// The named extents of a model and what is known about them.
class Symbols {
public:
  explicit Symbols(mlir::MLIRContext *context) : context(context) {}

  mlir::MLIRContext *getContext() const { return context; }
  llvm::ArrayRef<std::string> getNames() const { return names; }

  /// The symbol `name`, made where it is new.
  mlir::AffineExpr get(llvm::StringRef name);
  /// A new symbol whose name starts with `hint`.
  mlir::AffineExpr getFresh(llvm::StringRef hint);
  mlir::AffineExpr getConstant(int64_t value) const;

  /// The expression in its simplest form, with symbols that others determine
  /// replaced. Equal extents are equal expressions, as far as is known.
  mlir::AffineExpr simplify(mlir::AffineExpr expr) const;

  /// States a = b. Fails when they can never be equal; otherwise what has to
  /// hold for it becomes a constraint.
  mlir::LogicalResult unify(mlir::AffineExpr a, mlir::AffineExpr b);

  /// States a >= b; what is not certain becomes a constraint.
  void assumeAtLeast(mlir::AffineExpr a, mlir::AffineExpr b);
  /// The same. Fails when it can never hold.
  mlir::LogicalResult requireAtLeast(mlir::AffineExpr a, mlir::AffineExpr b);

  /// The product of `numerators` divided by that of `denominators`; null when
  /// it is not known to be a whole number.
  mlir::AffineExpr
  divideProducts(llvm::ArrayRef<mlir::AffineExpr> numerators,
                 llvm::ArrayRef<mlir::AffineExpr> denominators);

  /// What is stated from here on holds only where a branch runs, until `leave`
  /// gives what must hold there (null for nothing) and forgets it.
  void enter();
  mlir::IntegerSet leave();

  /// What must hold for all inputs, over all symbols; null without constraint.
  mlir::IntegerSet getConstraints() const;

  /// Symbols that `simplify` replaces; grows as extents are unified.
  unsigned getNumSolved() const { return numSolved; }

  /// As text with the symbols' names, for messages.
  std::string toString(mlir::AffineExpr expr) const;
  std::string toString(llvm::ArrayRef<mlir::AffineExpr> exprs) const;

private:
  /// What is known, apart from the names.
  struct Knowledge {
    Exprs solutions;
    llvm::DenseMap<mlir::AffineExpr, mlir::AffineExpr> fixedExprs;
    llvm::SmallVector<std::pair<mlir::AffineExpr, bool>> constraints;
    unsigned numSolved;
  };

  mlir::IntegerSet
  makeSet(llvm::ArrayRef<std::pair<mlir::AffineExpr, bool>> constraints) const;
  bool solve(mlir::AffineExpr difference);
  void addConstraint(mlir::AffineExpr expr, bool isEquality);

  mlir::MLIRContext *context;
  llvm::SmallVector<std::string> names;
  /// What replaces each symbol; the symbol itself where nothing does.
  Exprs solutions;
  /// Expressions that are constant although no symbol is.
  llvm::DenseMap<mlir::AffineExpr, mlir::AffineExpr> fixedExprs;
  llvm::SmallVector<std::pair<mlir::AffineExpr, bool>> constraints;
  unsigned numSolved = 0;
  llvm::SmallVector<Knowledge> outer;
};

} // namespace nibble::frontend

#endif // NIBBLE_LIB_FRONTEND_SHAPES_SYMBOLS_H
