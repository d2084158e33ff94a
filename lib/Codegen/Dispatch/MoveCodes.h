//===- MoveCodes.h - Ops that move codes instead of numbers -----*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_CODEGEN_DISPATCH_MOVECODES_H
#define NIBBLE_LIB_CODEGEN_DISPATCH_MOVECODES_H

#include "mlir/IR/PatternMatch.h"

namespace nibble {

/// Whether `value` is a constant, its axes moved or not, above 0 throughout.
bool isPositiveConstant(mlir::Value value);

/// Ops that only move or choose elements do so with codes: dequantization goes
/// behind them, quantization before them.
void populateMoveCodesPatterns(mlir::RewritePatternSet &patterns);

} // namespace nibble

#endif // NIBBLE_LIB_CODEGEN_DISPATCH_MOVECODES_H
