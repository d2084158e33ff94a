//===- NNContractionOps.td - Linear maps -----------------*- tablegen -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_DIALECTS_NN_NNCONTRACTIONOPS
#define NIBBLE_DIALECTS_NN_NNCONTRACTIONOPS

include "dialects/NN/NNBase.td"

def NN_LinearOp : NN_Op<"linear",
    "([*, k], [n, k], [n]) -> [*, n] {"
    "k: same(0) dual(1) linear; n: same(1, 2?, 3) linear; n: same(2, 3) shift}"> {
  let summary = "x W^T + b over the last axis";
  let description = [{
    `input` [..., K], `weight` [N, K], `bias` [N] gives [..., N]. Sums in f32,
    or exactly in integers where both operands are quantized.
  }];
  let arguments = (ins NN_Tensor:$input, NN_Tensor:$weight, Optional<AnyRankedTensor>:$bias);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = [{
    $input `,` $weight (`bias` $bias^)? attr-dict `:` functional-type(operands, results)
  }];
}

def NN_MatmulOp : NN_Op<"matmul", ""> {
  let summary = "batched product of two tensors";
  let description = [{
    `lhs` [batch..., M, K] times `rhs` [batch..., K, N]; batch axes broadcast as
    in NumPy. `transpose_rhs`: rhs is [batch..., N, K].
  }];
  let arguments = (ins NN_Tensor:$lhs, NN_Tensor:$rhs, UnitAttr:$transpose_rhs);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` functional-type(operands, results)";
}

def NN_ConvOp : NN_Op<"conv", ""> {
  let summary = "convolution over any number of spatial axes";
  let description = [{
    channels_first: `input` [B, C, spatial...], `filter` [O, C/groups, kernel...];
    channels_last: [B, spatial..., C] and [O, kernel..., C/groups]. `bias` [O].
    `padding` lists low and high of each spatial axis: [l0, h0, l1, h1, …]; outside is 0.
  }];
  let arguments = (ins NN_Tensor:$input, NN_Tensor:$filter, Optional<AnyRankedTensor>:$bias,
    DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$padding, DenseI64ArrayAttr:$dilations,
    DefaultValuedAttr<I64Attr, "1">:$groups,
    DefaultValuedAttr<NN_Layout, "::nibble::nn::Layout::ChannelsFirst">:$layout);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = [{
    $input `,` $filter (`bias` $bias^)? `strides` $strides `padding` $padding `dilations` $dilations
    attr-dict `:` functional-type(operands, results)
  }];
}

def NN_ConvTransposeOp : NN_Op<"conv_transpose", ""> {
  let summary = "transposed convolution";
  let description = [{
    channels_first: `input` [B, C, spatial...], `filter` [C, O/groups, kernel...];
    channels_last: [B, spatial..., C] and [C, kernel..., O/groups]. The output extent is
    stride * (in - 1) + output_padding + dilation * (kernel - 1) + 1 - low - high.
  }];
  let arguments = (ins NN_Tensor:$input, NN_Tensor:$filter, Optional<AnyRankedTensor>:$bias,
    DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$padding, DenseI64ArrayAttr:$dilations,
    DenseI64ArrayAttr:$output_padding,
    DefaultValuedAttr<I64Attr, "1">:$groups,
    DefaultValuedAttr<NN_Layout, "::nibble::nn::Layout::ChannelsFirst">:$layout);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = [{
    $input `,` $filter (`bias` $bias^)? `strides` $strides `padding` $padding `dilations` $dilations
    `output_padding` $output_padding attr-dict `:` functional-type(operands, results)
  }];
}

def NN_EmbeddingOp : NN_Op<"embedding",
    "([v, d], [*]) -> [*, d] {d: same(0, 2) linear|shift}"> {
  let summary = "rows of a table";
  let description = "`table` [V, D], `indices` [...] gives [..., D]. A negative index counts from the end.";
  let arguments = (ins NN_Tensor:$table, NN_Indices:$indices);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$table `,` $indices attr-dict `:` functional-type(operands, results)";
}

#endif // NIBBLE_DIALECTS_NN_NNCONTRACTIONOPS
