//===- NNGraphOps.td - Parameters, dispatches, launches -----------------*- tablegen -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_DIALECTS_NN_NNGRAPHOPS
#define NIBBLE_DIALECTS_NN_NNGRAPHOPS

include "dialects/NN/NNBase.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/IR/SymbolInterfaces.td"

def NN_ParameterOp : Op<NN_Dialect, "parameter", [Pure]> {
  let summary = "a weight: a place in a file, no data";
  let description = [{
    ```mlir
    %w = nn.parameter "q_proj" at <file = "weights.bin", offset = 4096, length = 589824, hash = 1>
       : tensor<384x384xf32>
    ```
    What is derived from it (transpose, quantize, pack, …) is IR over parameters; `materialize-parameters`
    streams the results into the artifact.
  }];
  let arguments = (ins StrAttr:$name, NN_PlaceAttr:$place);
  let results = (outs AnyStaticShapeTensor:$result);
  let assemblyFormat = "$name `at` $place attr-dict `:` type($result)";
  let hasVerifier = 1;
}

#endif // NIBBLE_DIALECTS_NN_NNGRAPHOPS
