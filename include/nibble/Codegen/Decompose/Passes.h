//===- Passes.h - From nn ops to linalg -------------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_CODEGEN_DECOMPOSE_PASSES_H
#define NIBBLE_CODEGEN_DECOMPOSE_PASSES_H

#include "mlir/IR/PatternMatch.h"
#include "mlir/Pass/Pass.h"

namespace nibble {

#define GEN_PASS_DECL
#include "nibble/Codegen/Decompose/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "nibble/Codegen/Decompose/Passes.h.inc"

/// Replaces every nn op under `root`, and every qnt op that computes, by its
/// decomposition, until there is none; but only those of `names` ("nn.softmax")
/// where that is not empty. Fails with an error on the op that has none.
mlir::LogicalResult decomposeOps(mlir::Operation *root,
                                 llvm::ArrayRef<std::string> names = {});

} // namespace nibble

#endif // NIBBLE_CODEGEN_DECOMPOSE_PASSES_H
