//===- EvaluateElementwise.h - Elementwise ops of weights -------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_CODEGEN_PARAMETERS_EVALUATEELEMENTWISE_H
#define NIBBLE_LIB_CODEGEN_PARAMETERS_EVALUATEELEMENTWISE_H

#include "dialects/NN/NN.h"
#include "nibble/Support/Array.h"
#include "llvm/Support/Error.h"

namespace nibble {

/// "cannot compute a weight at '<place>': <op> <reason>".
llvm::Error evaluationError(mlir::Operation *op, const llvm::Twine &reason);

/// Converts elements as nn.cast says.
llvm::Expected<Array> evaluateCast(mlir::Operation *op, const Array &input,
                                   mlir::RankedTensorType type);

/// Applies nn.elementwise to broadcast f32 or integer arrays. Fails by name for
/// kinds that no exporter puts on weights.
llvm::Expected<Array> evaluateElementwise(nn::ElementwiseOp op,
                                          llvm::ArrayRef<Array> inputs);

} // namespace nibble

#endif // NIBBLE_LIB_CODEGEN_PARAMETERS_EVALUATEELEMENTWISE_H
