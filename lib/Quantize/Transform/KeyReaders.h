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

/// The operand by which a run's new keys come to `attention`: that of the
/// update of its cache, or else its own.
mlir::OpOperand &findOwnKeys(nn::AttentionOp attention);

/// Adds to `readers` the attentions that read the keys of `keys`, an operand as
/// findOwnKeys returns it: directly, or through a cache that is a state of the
/// model. Returns why something else would see a change of these keys; empty if
/// nothing would.
std::string findKeyReaders(mlir::OpOperand &keys,
                           llvm::SetVector<mlir::Operation *> &readers);

} // namespace nibble

#endif // NIBBLE_LIB_QUANTIZE_TRANSFORM_KEYREADERS_H
