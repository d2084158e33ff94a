//===- Bufferization.h - Buffers of upstream ops ----------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_CODEGEN_DECOMPOSE_BUFFERIZATION_H
#define NIBBLE_CODEGEN_DECOMPOSE_BUFFERIZATION_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace nibble {

/// Lets one-shot-bufferize take tensor.bitcast, which upstream's models leave
/// out: the buffer itself, with another element type of the same width.
void registerBufferizationModels(mlir::DialectRegistry &registry);

} // namespace nibble

#endif // NIBBLE_CODEGEN_DECOMPOSE_BUFFERIZATION_H
