//===- Passes.h - Changes of basis in a model -------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_QUANTIZE_TRANSFORM_PASSES_H
#define NIBBLE_QUANTIZE_TRANSFORM_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace nibble {

#define GEN_PASS_DECL
#include "nibble/Quantize/Transform/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "nibble/Quantize/Transform/Passes.h.inc"

} // namespace nibble

#endif // NIBBLE_QUANTIZE_TRANSFORM_PASSES_H
