//===- ContractionPasses.h - Contraction kernels ----------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_CODEGEN_KERNELS_CONTRACTIONPASSES_H
#define NIBBLE_CODEGEN_KERNELS_CONTRACTIONPASSES_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include <memory>

namespace nibble::codegen {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "nibble/Codegen/Kernels/ContractionPasses.h.inc"
} // namespace nibble::codegen

#endif // NIBBLE_CODEGEN_KERNELS_CONTRACTIONPASSES_H
