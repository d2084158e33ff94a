//===- EvaluateReduce.h - Sums of weights -----------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_CODEGEN_PARAMETERS_EVALUATEREDUCE_H
#define NIBBLE_LIB_CODEGEN_PARAMETERS_EVALUATEREDUCE_H

#include "dialects/NN/NN.h"
#include "nibble/Support/Array.h"
#include "llvm/Support/Error.h"

namespace nibble {

/// Sums or means of f32, in double and rounded once. Fails by name for other
/// reductions and types.
llvm::Expected<Array> evaluateReduce(nn::ReduceOp op, const Array &input);

} // namespace nibble

#endif // NIBBLE_LIB_CODEGEN_PARAMETERS_EVALUATEREDUCE_H
