//===- LowerToLLVM.h - From vector code to the LLVM dialect -----*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_CODEGEN_CPU_LOWERTOLLVM_H
#define NIBBLE_CODEGEN_CPU_LOWERTOLLVM_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"

#include <memory>

namespace nibble::codegen {

#define GEN_PASS_DECL
#include "nibble/Codegen/CPU/Passes.h.inc"

/// The passes that bring a module of functions over vector, memref, scf,
/// affine, arith, math, index and llvm ops to the LLVM dialect alone. They keep
/// the order of every floating-point sum. Kernels (functions with the unit
/// attribute `nn.kernel`) get the native signature of a kernel,
/// `nib_kernel_fn` in nibble/Runtime/CodeABI.h, and external linkage: one slot
/// for each LLVM value that an argument becomes; a memref of rank r is
/// 3 + 2r slots (allocated, aligned, offset, sizes, strides), in argument
/// order.
void buildLowerToLLVMPipeline(mlir::OpPassManager &pm);

/// Runs that pipeline on `module`. Fails with a diagnostic.
mlir::LogicalResult lowerKernelToLLVM(mlir::ModuleOp module);

/// Registers the CPU passes and the pipeline `nibble-lower-to-llvm`.
void registerCPUPasses();

} // namespace nibble::codegen

#endif // NIBBLE_CODEGEN_CPU_LOWERTOLLVM_H
