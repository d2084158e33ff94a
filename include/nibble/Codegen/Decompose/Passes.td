//===- Passes.td - From nn ops to linalg -------------------*- tablegen -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_CODEGEN_DECOMPOSE_PASSES
#define NIBBLE_CODEGEN_DECOMPOSE_PASSES

include "mlir/Pass/PassBase.td"

def DecomposeNN : Pass<"nn-decompose"> {
  let summary = "Replaces nn ops by what they mean in linalg";
  let description = [{
    Each op of the nn dialect is replaced by its decomposition
    (`AggregatedOpInterface`): linalg, tensor, scf, arith and math on tensors.
    `qnt.quantize` and `qnt.dequantize` become arithmetic on codes, scales and
    zero points, and `qnt.codes` of `qnt.assemble` is the codes. nn.parameter
    stays: it computes nothing.
  }];
  let options = [
    ListOption<"ops", "ops", "std::string",
               "Decompose only these, by full name; all where none is given">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect", "::mlir::scf::SCFDialect",
    "::mlir::tensor::TensorDialect", "::nibble::nn::NNDialect"
  ];
}

#endif // NIBBLE_CODEGEN_DECOMPOSE_PASSES
