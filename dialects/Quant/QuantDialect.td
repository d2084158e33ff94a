//===- QuantDialect.td - The qnt dialect -------------------*- tablegen -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_DIALECTS_QUANT_QUANTDIALECT
#define NIBBLE_DIALECTS_QUANT_QUANTDIALECT

include "mlir/IR/OpBase.td"

def Qnt_Dialect : Dialect {
  let name = "qnt";
  let cppNamespace = "::nibble::qnt";
  let summary = "Number formats, quantized tensors and their statistics";
  let description = [{
    The `qnt` dialect says in which number format a tensor is stored, and in
    which basis its channels are. Arithmetic on quantized tensors belongs to
    the `nn` dialect. `nn-decompose` (for the reference) and
    `nibble-lower-quantized` with `nibble-configure-quantized` (for kernels)
    turn every quantized tensor into builtin tensors of codes, scales and zero
    points.

    A type carries the *format*, never the numbers: scales, zero points and
    tables are part of the value. `Rationale.md` beside this file says why the
    dialect is as it is; `docs/spec.md` defines every format to the bit.

    Upstream MLIR owns the prefix `quant`; both dialects can be loaded.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::tensor::TensorDialect"
  ];
  let useDefaultAttributePrinterParser = 1;
  let useDefaultTypePrinterParser = 1;
  let extraClassDeclaration = [{
    void registerAttributes();
  }];
}

#endif // NIBBLE_DIALECTS_QUANT_QUANTDIALECT
