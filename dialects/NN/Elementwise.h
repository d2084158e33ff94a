//===- Elementwise.h - Scalar formulas of nn ops ----------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The one place that says what an elementwise function computes. Decomposition,
// kernel epilogues and the constant evaluator's tests all come here.
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_DIALECTS_NN_ELEMENTWISE_H
#define NIBBLE_DIALECTS_NN_ELEMENTWISE_H

#include "dialects/NN/NN.h"

#include <optional>

namespace nibble::nn {

/// How many operands `kind` takes: 1, 2 or 3.
unsigned getArity(ElementwiseKind kind);

/// Comparisons and is_nan, is_inf: the result is i1.
bool isPredicate(ElementwiseKind kind);

/// Functions that exist on floating-point numbers only.
bool isFloatOnly(ElementwiseKind kind);

/// The value of `alpha` and `beta` where the op does not give them; 0 for
/// kinds that have no such constant.
double getDefaultAlpha(ElementwiseKind kind);
double getDefaultBeta(ElementwiseKind kind);

/// Emits `kind` on `operands`: signless scalars, or vectors of them, all of one
/// type (select: i1, or a vector of i1, first). Everything is computed in that
/// type: callers extend f16 and bf16 to f32 first. Integers are signed unless
/// `isUnsigned`. Division and remainder of integers by zero give 0.
mlir::Value emitElementwise(mlir::OpBuilder &builder, mlir::Location loc,
                            ElementwiseKind kind, mlir::ValueRange operands,
                            std::optional<double> alpha = std::nullopt,
                            std::optional<double> beta = std::nullopt,
                            bool isUnsigned = false);

/// What `kind` makes of numbers that are known when the model is compiled, as
/// emitElementwise would; functions of one ignore `b`. None for the kinds that
/// no exporter puts on weights: that depends on `kind` alone. Integers are of
/// 64 bits, wrap, and are to be cut to the width they have.
std::optional<float> computeFloat(ElementwiseKind kind, float a, float b);
std::optional<int64_t> computeInteger(ElementwiseKind kind, int64_t a,
                                      int64_t b, bool isUnsigned);

/// Converts a signless scalar or vector to `elementType` by nn.cast's rules:
/// float to integer truncates and saturates, NaN gives 0; integers wrap; to i1
/// is x != 0. The two flags say which integers are unsigned.
mlir::Value emitCast(mlir::OpBuilder &builder, mlir::Location loc,
                     mlir::Value value, mlir::Type elementType,
                     bool fromUnsigned = false, bool toUnsigned = false);

/// A constant of `type` (float, integer or index, or a vector of them); an
/// integer takes the nearest value that it can hold.
mlir::Value emitConstant(mlir::OpBuilder &builder, mlir::Location loc,
                         mlir::Type type, double value,
                         bool isUnsigned = false);

/// The type in which numbers of type `elementType` are computed: f32 for
/// narrower floats, else the type itself without signedness.
mlir::Type getComputeType(mlir::Type elementType);

} // namespace nibble::nn

#endif // NIBBLE_DIALECTS_NN_ELEMENTWISE_H
