//===- Match.h - What the raising patterns look for -------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_FRONTEND_RAISE_MATCH_H
#define NIBBLE_LIB_FRONTEND_RAISE_MATCH_H

#include "dialects/NN/NN.h"

#include "mlir/IR/PatternMatch.h"

#include <array>
#include <optional>

namespace nibble::frontend {

/// The number that every element of the value is: a constant, also behind ops
/// that only repeat or rearrange it.
std::optional<double> matchScalar(mlir::Value value);

/// Whether a constant of a model stands for this number: exporters round to
/// f16 at worst.
bool isNear(double found, double expected);

/// The elementwise op of this kind that makes the value, or null.
nn::ElementwiseOp matchElementwise(mlir::Value value, nn::ElementwiseKind kind);

/// The value before ops that repeat it along axes of extent 1 or insert such
/// axes.
mlir::Value skipBroadcast(mlir::Value value);

/// A product of elementwise factors, some of which divide, and of numbers.
struct Product {
  struct Factor {
    mlir::Value value;
    bool divides;
  };
  double scale = 1;
  llvm::SmallVector<Factor> factors;
  /// Number of ops that the product is made of.
  unsigned numOps = 0;

  /// Removes a factor that multiplies; false when there is none.
  bool remove(mlir::Value value);
};

/// Takes products, quotients, negations and reciprocals apart. Values in `keep`
/// stay whole.
Product matchProduct(mlir::Value value, llvm::ArrayRef<mlir::Value> keep = {});

/// Coefficients of 1, x, x^2, x^3 when the value is such a polynomial in x.
using Polynomial = std::array<double, 4>;
std::optional<Polynomial> matchPolynomial(mlir::Value value, mlir::Value x);
bool isNear(const Polynomial &found, const Polynomial &expected);

/// slope * inner + offset.
struct Affine {
  double slope, offset;
  nn::ElementwiseOp inner;
};
/// Takes sums and products with numbers off; `inner` is the elementwise op that
/// is left.
std::optional<Affine> matchAffine(mlir::Value value);

/// A reduction whose result broadcasts back over its input.
struct Reduction {
  mlir::Value input;
  llvm::SmallVector<int64_t> axes;
};
/// The mean over axes of an input, however the axes are put back.
std::optional<Reduction> matchMean(mlir::Value value);
/// The same for another reduction.
std::optional<Reduction> matchReduction(mlir::Value value, nn::ReduceKind kind);

/// v when the value is v * v.
mlir::Value matchSquare(mlir::Value value);

/// The first of the axes when they are the last of a tensor of this rank.
std::optional<int64_t> getTrailingAxis(llvm::ArrayRef<int64_t> axes,
                                       int64_t rank);

// The groups of patterns.
void populateActivationPatterns(mlir::RewritePatternSet &patterns);
void populateNormPatterns(mlir::RewritePatternSet &patterns);
void populateLinearPatterns(mlir::RewritePatternSet &patterns);
void populateMaskPatterns(mlir::RewritePatternSet &patterns);
void populateRopePatterns(mlir::RewritePatternSet &patterns);
void populateCachePatterns(mlir::RewritePatternSet &patterns);
void populateAttentionPatterns(mlir::RewritePatternSet &patterns);

} // namespace nibble::frontend

#endif // NIBBLE_LIB_FRONTEND_RAISE_MATCH_H
