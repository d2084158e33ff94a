//===- WeightDerived.h - What derives from weights alone --------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_DIALECTS_NN_WEIGHTDERIVED_H
#define NIBBLE_DIALECTS_NN_WEIGHTDERIVED_H

#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SetVector.h"

namespace nibble {

/// Whether evaluateWeight (nibble/Codegen/Parameters) has the op, so that it
/// can be part of a weight program. Others run with the model, on weights too.
bool isEvaluable(mlir::Operation *op);

/// Tells tensors that evaluable ops derive from nn.parameter and constants
/// alone (weight programs) from all others. Remembers answers: make a new one
/// after the IR changed.
class WeightDerived {
public:
  bool contains(mlir::Value value);

private:
  llvm::DenseMap<mlir::Value, bool> known;
};

/// Whether all elements are known to be the same number: those of a constant,
/// also reshaped, broadcast, sliced, transposed or cast. Reads no parameter.
bool hasEqualElements(mlir::Value value);

/// The ops that compute `value`, which derives from weights, each before those
/// that read it.
llvm::SetVector<mlir::Operation *> findWeightProgram(mlir::Value value);

} // namespace nibble

#endif // NIBBLE_DIALECTS_NN_WEIGHTDERIVED_H
