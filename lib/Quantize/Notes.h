//===- Notes.h - Why weights stay in f32 ------------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_QUANTIZE_NOTES_H
#define NIBBLE_LIB_QUANTIZE_NOTES_H

#include "mlir/IR/BuiltinOps.h"

namespace nibble {

/// Says `text` on the op in the attribute `nn.note`, which `nibble inspect`
/// shows, after what is said there.
void appendNote(mlir::Operation *op, const llvm::Twine &text);

/// Says on every linear map and convolution whose weights the model brings
/// quantized, by a remark and the attribute `nn.note`, that they stay so.
void noteGivenFormats(mlir::ModuleOp module);

/// Says on every op whose weights quantization has left in f32 why, by a remark
/// and the attribute `nn.note`, unless the op says so already.
void noteWeightsInF32(mlir::ModuleOp module);

} // namespace nibble

#endif // NIBBLE_LIB_QUANTIZE_NOTES_H
