//===- EvaluateQuant.h - Quantized tensors of weight programs ---*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_CODEGEN_PARAMETERS_EVALUATEQUANT_H
#define NIBBLE_LIB_CODEGEN_PARAMETERS_EVALUATEQUANT_H

#include "dialects/Quant/Quant.h"
#include "nibble/Formats/RowCodec.h"
#include "nibble/Support/Array.h"
#include "llvm/Support/Error.h"

namespace nibble {

/// The numbers of a `!qnt.tensor`. Codes take a byte, or two where the code has
/// more than 8 bits; scales are as the format stores them.
struct QuantArray {
  Array codes;
  std::vector<uint8_t> scales;
  std::vector<int32_t> zeros;
  /// The one outer scale of the tensor; 1 where the format has none.
  float outerScale = 1;
};

/// The parts from a tensor of numbers; `scale` and `zero` may be null. Rows are
/// encoded on all threads of the context, to the same codes (rule Q-3).
llvm::Expected<QuantArray> evaluateQuantize(qnt::QuantizeOp op,
                                            const Array &input,
                                            const Array *scale,
                                            const Array *zero);

/// The parts as given.
llvm::Expected<QuantArray> evaluateAssemble(qnt::AssembleOp op,
                                            const Array &codes,
                                            const Array *scale,
                                            const Array *zero);

llvm::Expected<Array> evaluateDequantize(qnt::DequantizeOp op,
                                         const QuantArray &input);

/// qnt.codes, qnt.scales or qnt.zeros.
llvm::Expected<Array> evaluatePart(mlir::Operation *op,
                                   const QuantArray &input);

} // namespace nibble

#endif // NIBBLE_LIB_CODEGEN_PARAMETERS_EVALUATEQUANT_H
