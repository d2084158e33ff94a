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
    What is derived from it (transpose, quantize, pack, …) is IR over parameters: `nibble-outline-weights` makes
    weight programs of it, whose results are streamed into the artifact.
  }];
  let arguments = (ins StrAttr:$name, NN_PlaceAttr:$place);
  let results = (outs AnyStaticShapeTensor:$result);
  let assemblyFormat = "$name `at` $place attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def NN_RequireOp : Op<NN_Dialect, "require", [
    DeclareOpInterfaceMethods<AggregatedOpInterface, ["decomposeOperation"]>]> {
  let summary = "what the extents of a run that gets here must satisfy";
  let description = [{
    `constraints` over the symbols `nn.symbols` of the module. A run that reaches this op while one of them does not hold
    ends with a status; `nibble-reference` passes over it.
  }];
  let arguments = (ins IntegerSetAttr:$constraints);
  let assemblyFormat = "$constraints attr-dict";
  let hasVerifier = 1;
}

def NN_YieldOp : Op<NN_Dialect, "yield", [Pure, ReturnLike, Terminator,
    HasParent<"DispatchOp">]> {
  let summary = "the results of a dispatch";
  let arguments = (ins Variadic<AnyType>:$results);
  let assemblyFormat = "($results^ `:` type($results))? attr-dict";
}

def NN_DispatchOp : Op<NN_Dialect, "dispatch", [IsolatedFromAbove,
    SingleBlock, Pure, AttrSizedOperandSegments]> {
  let summary = "ops that become one kernel";
  let description = [{
    Tensor semantics. The body's arguments are `inputs`; `result_dims` are the
    dynamic extents of the results, result after result.
  }];
  let arguments = (ins Variadic<AnyType>:$inputs, Variadic<Index>:$result_dims);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    `(` $inputs `)` (`dims` `(` $result_dims^ `)`)? attr-dict-with-keyword `:`
    functional-type($inputs, $results) $body
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::Block *getBodyBlock() { return &getBody().front(); }
    /// The tensors that the body gives back.
    ::mlir::ValueRange getYielded() {
      return getBodyBlock()->getTerminator()->getOperands();
    }
  }];
}

def NN_PackWeightsOp : Op<NN_Dialect, "pack_weights", [Pure, AttrSizedOperandSegments]> {
  let summary = "weights in the order in which a contraction kernel reads them";
  let description = [{
    `weights` [G, N, K] or [N, K] in f32, or integer codes with `scales` and `zeros` [.., N, groups];
    the result's bytes are those of `packWeights` (nibble/Codegen/Kernels/Contraction.h) for
    the contraction that `plan` describes with instruction `dot`, group after group.
  }];
  let arguments = (ins AnyStaticShapeTensor:$weights, Optional<AnyStaticShapeTensor>:$scales,
    Optional<AnyStaticShapeTensor>:$zeros, StrAttr:$plan, StrAttr:$dot);
  let results = (outs AnyStaticShapeTensor:$result);
  let assemblyFormat = [{
    $weights (`scales` $scales^)? (`zeros` $zeros^)? `plan` $plan `dot` $dot attr-dict `:`
    functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def NN_ContractOp : Op<NN_Dialect, "contract", [Pure, AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>]> {
  let summary = "a contraction with packed weights: what becomes one kernel";
  let description = [{
    `lhs` [..., K] (or an NHWC image where `kernel` is set) times weights of `columns` rows packed by
    nn.pack_weights with the same `plan` and `dot`, giving [..., N]. `scale` and `zero` are those of an
    integer lhs: one, or one a row. With `kernel` (extents), `strides`, `dilations` and `groups` it is a convolution
    over an image that is already padded.
  }];
  let arguments = (ins AnyRankedTensor:$lhs, AnyRankedTensor:$rhs, Optional<AnyRankedTensor>:$scale,
    Optional<AnyRankedTensor>:$zero, StrAttr:$plan, StrAttr:$dot, I64Attr:$columns,
    OptionalAttr<DenseI64ArrayAttr>:$kernel, OptionalAttr<DenseI64ArrayAttr>:$strides,
    OptionalAttr<DenseI64ArrayAttr>:$dilations, DefaultValuedAttr<I64Attr, "1">:$groups);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $lhs `,` $rhs (`scale` $scale^)? (`zero` $zero^)?
    `plan` $plan `dot` $dot `columns` $columns attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def NN_RecurrenceOp : Op<NN_Dialect, "recurrence", [Pure, AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>]> {
  let summary = "the steps of nn.lstm or nn.gru: what becomes one kernel";
  let description = [{
    `sums` [T, B, R G H] in f32: what the inputs add to the G gates of H units in each of R directions, for all steps.
    `recurrence` [R, P, H, G, lanes]: the recurrent weights in P panels of `lanes` units, the last one filled up with zeros;
    element [r, p, h, g, i] weighs hidden state h for gate g of unit p lanes + i. `bias` [R, G H] is the recurrent one.
    The other operands and the results are those of nn.lstm and nn.gru.
  }];
  let arguments = (ins AnyRankedTensor:$sums, AnyRankedTensor:$recurrence, Optional<AnyRankedTensor>:$bias,
    Optional<NN_Indices>:$lengths, Optional<AnyRankedTensor>:$initial_h, Optional<AnyRankedTensor>:$initial_c,
    Optional<AnyRankedTensor>:$peepholes, NN_Cell:$cell,
    DefaultValuedAttr<NN_Direction, "::nibble::nn::Direction::Forward">:$direction);
  let results = (outs AnyRankedTensor:$output, AnyRankedTensor:$last_h, Optional<AnyRankedTensor>:$last_c);
  let assemblyFormat = [{
    $cell $sums `,` $recurrence (`bias` $bias^)? (`lengths` $lengths^)? (`initial_h` $initial_h^)?
    (`initial_c` $initial_c^)? (`peepholes` $peepholes^)? attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    int64_t getNumDirections() { return getRecurrence().getType().getDimSize(0); }
    int64_t getHiddenSize() { return getRecurrence().getType().getDimSize(2); }
    int64_t getNumGates() { return getRecurrence().getType().getDimSize(3); }
    int64_t getLanes() { return getRecurrence().getType().getDimSize(4); }
  }];
}

def NN_InvokeOp : Op<NN_Dialect, "invoke", [Pure, AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "a kernel applied to tensors";
  let description = [{
    What a dispatch becomes once its body is the function `kernel`, whose
    arguments are the inputs and then the results, tensors as memrefs, and then
    begin, end and scratch.
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, Variadic<AnyType>:$inputs, Variadic<Index>:$result_dims);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    $kernel `(` $inputs `)` (`dims` `(` $result_dims^ `)`)? attr-dict `:` functional-type($inputs, $results)
  }];
}

def NN_StorageOp : Op<NN_Dialect, "storage", [Pure]> {
  let summary = "memory of a run as a memref";
  let description = [{
    Buffer `index` of a kind, as docs/architecture.md ("code ABI") numbers them;
    for parameters `offset` bytes into the parameter data. `dims` are the
    memref's dynamic extents. Identity layout.
  }];
  let arguments = (ins NN_StorageKind:$kind, I64Attr:$index, Variadic<Index>:$dims,
    DefaultValuedAttr<I64Attr, "0">:$offset);
  let results = (outs AnyMemRef:$result);
  let assemblyFormat = "$kind $index (`dims` `(` $dims^ `)`)? attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def NN_LaunchOp : Op<NN_Dialect, "launch", [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "runs a kernel over a grid";
  let description = [{
    `operands` are the kernel's arguments before its begin, end and scratch.
    `dispatch` is the launch's number in the manifest, `traffic` the bytes that
    it reads and writes.
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, I64Attr:$dispatch, Index:$grid, Index:$traffic,
    Variadic<AnyType>:$arguments);
  let assemblyFormat = [{
    $kernel `dispatch` $dispatch `grid` $grid `traffic` $traffic `(` $arguments `)` attr-dict `:` type($arguments)
  }];
}

#endif // NIBBLE_DIALECTS_NN_NNGRAPHOPS
