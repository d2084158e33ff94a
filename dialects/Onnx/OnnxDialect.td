//===- OnnxDialect.td - A faithful picture of an ONNX file -*- tablegen -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_DIALECTS_ONNX_ONNXDIALECT_TD
#define NIBBLE_DIALECTS_ONNX_ONNXDIALECT_TD

include "mlir/IR/DialectBase.td"

def Onnx_Dialect : Dialect {
  let name = "onnx";
  let cppNamespace = "::nibble::onnx";
  let summary = "An ONNX file as it is: nodes, constants, places of weights";
  let description = [{
    The dialect holds what an ONNX file says and nothing that follows from it:
    one `onnx.node` for each node, with the operator's type, domain and opset
    version, its own attributes, and its subgraphs as regions. It knows no
    operator's meaning; the Frontend does.

    A model is a module with one function `@main`. The dialect's discardable
    attributes are:

    | attribute | on | meaning |
    |---|---|---|
    | `onnx.opset` | module | dictionary from domain to version, an i64 |
    | `onnx.ir_version` | module | the file's IR version, an i64 |
    | `onnx.producer` | module | name and version of the writing program |
    | `onnx.name` | argument, result | the value's name in the file |
    | `onnx.dims` | argument, result | name of each dimension; `""`: none |

    Element types are MLIR's: f32, f16, bf16, f64, signless i8 to i64 for the
    signed types, ui8 to ui64 for the unsigned ones, i1 for bool, i4, ui4, i2,
    ui2, f8E4M3FN, f8E4M3FNUZ, f8E5M2, f8E5M2FNUZ, f8E8M0FNU, f4E2M1FN, complex,
    and `!onnx.string`. A type that the file does not state is `!onnx.value`;
    an input or output that a node leaves out is `none`.
  }];
  let dependentDialects = ["::mlir::func::FuncDialect"];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let hasConstantMaterializer = 1;
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
}

#endif // NIBBLE_DIALECTS_ONNX_ONNXDIALECT_TD
