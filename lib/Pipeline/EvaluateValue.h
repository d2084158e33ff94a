//===- EvaluateValue.h - The numbers of a value of a model ------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_PIPELINE_EVALUATEVALUE_H
#define NIBBLE_LIB_PIPELINE_EVALUATEVALUE_H

#include "mlir/IR/BuiltinOps.h"
#include "nibble/Codegen/Parameters/ConstantEvaluator.h"

namespace nibble {

/// Evaluates `value`, which derives from parameters, by a function of its own
/// that is gone afterwards.
llvm::Expected<Array> evaluateValue(mlir::ModuleOp module, mlir::Value value,
                                    ParameterFiles &files);

} // namespace nibble

#endif // NIBBLE_LIB_PIPELINE_EVALUATEVALUE_H
