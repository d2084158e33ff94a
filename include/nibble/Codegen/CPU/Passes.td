//===- Passes.td - Passes for CPU targets ------------------*- tablegen -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_CODEGEN_CPU_PASSES
#define NIBBLE_CODEGEN_CPU_PASSES

include "mlir/Pass/PassBase.td"

def KernelABI : Pass<"nibble-kernel-abi", "mlir::ModuleOp"> {
  let summary = "give kernels the signature that the runtime calls";
  let description = [{
    Rewrites every `llvm.func` with the unit attribute `nn.kernel` to
    `void (ptr slots, i64 begin, i64 end, ptr scratch)`. Each former argument
    but the last ones is loaded from its 8-byte slot at the entry; the last
    ones (begin, end and the descriptor of the scratch memref) come from the
    new arguments. A floating-point argument has no slot and is an error.
  }];
  let dependentDialects = ["mlir::LLVM::LLVMDialect"];
}

def CheckOverflow : Pass<"nibble-check-overflow", "mlir::func::FuncOp"> {
  let summary = "say where sizes are no 64-bit numbers";
  let description = [{
    A function with the attribute `nn.overflow`, a status, returns that where a
    sum, difference or product in it does not fit into 64 bits: extents of a
    request can have any value, and memory of a size that wrapped would be
    written beyond its end. The function is one block without regions.
  }];
  let dependentDialects = ["mlir::LLVM::LLVMDialect",
                           "mlir::arith::ArithDialect"];
}

def EmulateX86Intrinsics
    : Pass<"nibble-emulate-x86-intrinsics", "mlir::ModuleOp"> {
  let summary = "replace x86 intrinsics by plain vector arithmetic";
  let description = [{
    Each `llvm.call_intrinsic` of an x86 instruction becomes arith and vector
    ops with the same result, so that a test can run a kernel on a machine
    without the instruction. An x86 intrinsic that it does not know is an
    error.
  }];
  let dependentDialects = ["mlir::arith::ArithDialect",
                           "mlir::math::MathDialect",
                           "mlir::vector::VectorDialect"];
}

#endif // NIBBLE_CODEGEN_CPU_PASSES
