//===- Indices.h - Integer tensors as index functions -----------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_FRONTEND_RAISE_INDICES_H
#define NIBBLE_LIB_FRONTEND_RAISE_INDICES_H

#include "Shapes/Symbols.h"
#include "dialects/NN/NN.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace nibble::frontend {

/// What positions, masks and gathers say: the element of an integer tensor at
/// index (d0, d1, …) as an affine expression over d0, d1, … and the symbols of
/// the module (`nn.symbols`).
class Indices {
public:
  explicit Indices(mlir::func::FuncOp main);

  /// An index value over the symbols; null when it is no function of main's
  /// extents.
  mlir::AffineExpr getIndex(mlir::Value index);

  /// The extents of a tensor over the symbols; nullopt when one is not known.
  std::optional<Exprs> getDims(mlir::Value tensor);

  /// The elements of an integer tensor; null when they are no such function.
  mlir::AffineExpr getElements(mlir::Value tensor);

  /// A bool tensor as an expression that is at least 0 where the element is
  /// true and below 0 where it is false; null when it is no comparison of such
  /// functions.
  mlir::AffineExpr getPredicate(mlir::Value tensor);

  /// The index value of an expression over the symbols, at the top of main;
  /// null when a symbol is no extent of an argument.
  mlir::Value materialize(mlir::AffineExpr expr, mlir::OpBuilder &b);

  /// x in these extents, by nn.reshape; null when one is no extent of an
  /// argument.
  mlir::Value reshape(mlir::Value x, llvm::ArrayRef<mlir::AffineExpr> dims,
                      mlir::OpBuilder &b);

  mlir::AffineExpr simplify(mlir::AffineExpr expr, unsigned numDims) {
    return mlir::simplifyAffineExpr(expr, numDims, numSymbols);
  }

private:
  mlir::AffineExpr getArgumentDim(mlir::BlockArgument arg, int64_t axis);
  mlir::AffineExpr getDim(mlir::Value tensor, int64_t axis, unsigned depth);
  mlir::AffineExpr getElements(mlir::Value tensor, unsigned depth);
  mlir::AffineExpr getPredicate(mlir::Value tensor, unsigned depth);

  mlir::func::FuncOp main;
  unsigned numSymbols;
  /// Extents of arguments that have no `nn.shape`.
  llvm::SmallVector<std::pair<mlir::BlockArgument, int64_t>> unnamed;
};

} // namespace nibble::frontend

#endif // NIBBLE_LIB_FRONTEND_RAISE_INDICES_H
