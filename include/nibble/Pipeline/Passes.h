//===- Passes.h - Passes of the reference pipeline --------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_PIPELINE_PASSES_H
#define NIBBLE_PIPELINE_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "llvm/ADT/StringRef.h"

namespace nibble {

#define GEN_PASS_DECL
#include "nibble/Pipeline/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "nibble/Pipeline/Passes.h.inc"

/// The place of the file's bytes that a global of the reference stands for.
inline constexpr llvm::StringLiteral kReferencePlaceAttr = "nn.place";

} // namespace nibble

#endif // NIBBLE_PIPELINE_PASSES_H
