//===- EvaluateTransform.h - qnt.transform of a weight -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_CODEGEN_PARAMETERS_EVALUATETRANSFORM_H
#define NIBBLE_LIB_CODEGEN_PARAMETERS_EVALUATETRANSFORM_H

#include "dialects/Quant/QuantTransforms.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "nibble/Support/Array.h"
#include "llvm/Support/Error.h"

namespace nibble {

/// The weight in the other basis, computed in double and rounded once. `read`
/// evaluates the functions that return the basis's numbers.
llvm::Expected<Array> evaluateTransform(
    qnt::TransformOp op, const Array &input,
    llvm::function_ref<llvm::Expected<Array>(mlir::func::FuncOp)> read);

} // namespace nibble

#endif // NIBBLE_LIB_CODEGEN_PARAMETERS_EVALUATETRANSFORM_H
