//===- NNDecomposeQuant.h - Parts of quantized tensors ----------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_DIALECTS_NN_NNDECOMPOSEQUANT_H
#define NIBBLE_DIALECTS_NN_NNDECOMPOSEQUANT_H

#include "dialects/NN/NNDecompose.h"

namespace nibble::nn {

/// Codes (FormatAttr::getCodeType), scales (f32) and zero points (getZeroType)
/// of a quantized tensor; the last two are null where the format has none.
struct QuantParts {
  Value codes, scale, zero;
};

/// The parts of `tensor`: the operands that it was assembled from, or qnt.codes
/// and so on.
QuantParts takeApart(DecomposeBuilder &b, Value tensor);

/// Gives qnt.quantize and qnt.dequantize their decompositions.
void attachQuantModels(mlir::MLIRContext *context);

} // namespace nibble::nn

#endif // NIBBLE_DIALECTS_NN_NNDECOMPOSEQUANT_H
