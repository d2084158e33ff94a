//===- SizeExpr.h - Sizes as polynomials over run-time values --*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Extents and strides of a kernel's memrefs, known or symbolic, so that "these
// two dimensions are contiguous in every operand" and "these two loops have
// the same trip count" are questions with an answer for dynamic shapes too.
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_CODEGEN_KERNELS_SIZEEXPR_H
#define NIBBLE_LIB_CODEGEN_KERNELS_SIZEEXPR_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/OpDefinition.h"
#include "llvm/ADT/DenseMap.h"
#include <map>
#include <optional>
#include <vector>

namespace nibble::codegen {

/// A sum of products of integers and symbols; symbols are numbered by Sizes.
/// Arithmetic wraps like the index type it describes.
class SizeExpr {
public:
  SizeExpr() = default;
  SizeExpr(int64_t constant) { add({}, constant); }
  static SizeExpr symbol(unsigned number);

  /// The value if no symbol takes part.
  std::optional<int64_t> constant() const;
  bool isZero() const { return terms.empty(); }
  bool isOne() const { return constant() == 1; }

  SizeExpr &operator+=(const SizeExpr &other);
  SizeExpr operator+(const SizeExpr &other) const;
  SizeExpr operator*(const SizeExpr &other) const;
  bool operator==(const SizeExpr &other) const { return terms == other.terms; }
  bool operator!=(const SizeExpr &other) const { return !(*this == other); }

  /// Sorted symbols of each product, and its factor, which is never 0.
  const std::map<std::vector<unsigned>, int64_t> &products() const {
    return terms;
  }

private:
  void add(const std::vector<unsigned> &symbols, int64_t factor);

  std::map<std::vector<unsigned>, int64_t> terms;
};

/// The symbols of one kernel: index values, memref extents and strides.
/// Symbols found equal are joined, so the expressions made after that compare
/// equal.
class Sizes {
public:
  SizeExpr extent(mlir::Value memref, unsigned dim);
  /// Of a memref whose layout is strided; row-major where it is the identity.
  SizeExpr stride(mlir::Value memref, unsigned dim);
  SizeExpr offset(mlir::Value memref);
  SizeExpr ofIndex(mlir::Value index);
  SizeExpr of(mlir::OpFoldResult size);

  /// States that two single-symbol or constant expressions are equal. Others
  /// are left alone: the fact is lost, nothing becomes wrong.
  void unify(const SizeExpr &a, const SizeExpr &b);
  /// `expr` over the present representatives.
  SizeExpr canonical(const SizeExpr &expr);

  /// Emits `expr`; values of symbols are made once and must dominate all uses,
  /// so call it first at a place that does. With `mapping`, block arguments of
  /// the kernel are looked up there and index computations are cloned: that
  /// is a launch site.
  mlir::Value materialize(mlir::OpBuilder &builder, mlir::Location loc,
                          const SizeExpr &expr,
                          mlir::IRMapping *mapping = nullptr);

private:
  enum class Kind { Index, Extent, Stride, Offset };
  struct Symbol {
    Kind kind;
    mlir::Value value;
    unsigned dim;
    unsigned parent;
    std::optional<int64_t> constant;
    mlir::Value emitted;
  };

  SizeExpr make(Kind kind, mlir::Value value, unsigned dim = 0);
  unsigned find(unsigned symbol);
  mlir::Value emitSymbol(mlir::OpBuilder &builder, mlir::Location loc,
                         unsigned number, mlir::IRMapping *mapping);

  std::vector<Symbol> symbols;
  std::map<std::tuple<Kind, void *, unsigned>, unsigned> numbers;
};

/// True if the memref's layout is the identity.
bool hasIdentityLayout(mlir::MemRefType type);

/// Clones `value`'s computation (side-effect free ops down to the block
/// arguments in `mapping`) to `builder`.
mlir::Value cloneComputation(mlir::OpBuilder &builder, mlir::Value value,
                             mlir::IRMapping &mapping);

} // namespace nibble::codegen

#endif // NIBBLE_LIB_CODEGEN_KERNELS_SIZEEXPR_H
