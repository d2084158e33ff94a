//===- ContractionPasses.td - Contraction kernels ----------*- tablegen -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_CODEGEN_KERNELS_CONTRACTIONPASSES
#define NIBBLE_CODEGEN_KERNELS_CONTRACTIONPASSES

include "mlir/Pass/PassBase.td"

def EmitContraction : Pass<"nibble-emit-contraction", "mlir::ModuleOp"> {
  let summary = "add a contraction kernel, to look at it";
  let description = [{
    Appends to the module the kernel of the contraction that `contraction`
    describes (the form is that of `ContractionDesc::str`, for instance
    `a=s8 b=int4 group=32 scale=f16 c=f32`) for a CPU with `features`.
  }];
  let options = [
    Option<"name", "name", "std::string", /*default=*/"\"contraction\"",
           "symbol of the kernel">,
    Option<"contraction", "contraction", "std::string", /*default=*/"\"\"",
           "what to contract">,
    Option<"features", "features", "std::string", /*default=*/"\"\"",
           "LLVM feature string, or the name of an x86 CPU">,
  ];
  let dependentDialects = [
    "mlir::arith::ArithDialect", "mlir::func::FuncDialect",
    "mlir::LLVM::LLVMDialect", "mlir::math::MathDialect",
    "mlir::memref::MemRefDialect", "mlir::scf::SCFDialect",
    "mlir::vector::VectorDialect"
  ];
}

#endif // NIBBLE_CODEGEN_KERNELS_CONTRACTIONPASSES
