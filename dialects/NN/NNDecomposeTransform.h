//===- NNDecomposeTransform.h - qnt.transform as linalg -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_DIALECTS_NN_NNDECOMPOSETRANSFORM_H
#define NIBBLE_DIALECTS_NN_NNDECOMPOSETRANSFORM_H

#include "mlir/IR/MLIRContext.h"

namespace nibble::nn {

/// Gives qnt.transform its decomposition.
void attachTransformModel(mlir::MLIRContext *context);

} // namespace nibble::nn

#endif // NIBBLE_DIALECTS_NN_NNDECOMPOSETRANSFORM_H
