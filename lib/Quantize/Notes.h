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

/// Adds `text` to the op's attribute `nn.note`, which `nibble inspect` shows,
/// unless it says so already.
void appendNote(mlir::Operation *op, const llvm::Twine &text);

/// Says on every linear map and convolution whose weights are quantized in the
/// model, by a remark and the attribute `nn.note`, that they stay as they are.
void noteGivenFormats(mlir::ModuleOp module);

/// Says on every op whose weights stay in f32 after quantization why they do,
/// by a remark and the attribute `nn.note`, unless the op has a note already.
void noteWeightsInF32(mlir::ModuleOp module);

} // namespace nibble

#endif // NIBBLE_LIB_QUANTIZE_NOTES_H
