//===- KeyReaders.h - Which attention reads keys ----------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_QUANTIZE_TRANSFORM_KEYREADERS_H
#define NIBBLE_LIB_QUANTIZE_TRANSFORM_KEYREADERS_H

#include "dialects/NN/NN.h"
#include "llvm/ADT/SetVector.h"

namespace nibble {

/// The operand by which a run's own keys come to `attention`: where they are
/// added to a cache, else its own.
mlir::OpOperand &findOwnKeys(nn::AttentionOp attention);

/// Adds the attentions that read what `keys`, such an operand, brings: through
/// a cache that is a state of the model, too, which then holds them as they
/// come. Returns why others would see them, or nothing.
std::string findKeyReaders(mlir::OpOperand &keys,
                           llvm::SetVector<mlir::Operation *> &readers);

} // namespace nibble

#endif // NIBBLE_LIB_QUANTIZE_TRANSFORM_KEYREADERS_H
