//===- NNNormalizationOps.td - Norms and softmax -----------------*- tablegen -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_DIALECTS_NN_NNNORMALIZATIONOPS
#define NIBBLE_DIALECTS_NN_NNNORMALIZATIONOPS

include "dialects/NN/NNBase.td"

def NN_LayerNormOp : NN_Op<"layer_norm", "", [AttrSizedOperandSegments]> {
  let summary = "(x - mean) / sqrt(variance + epsilon) * scale + bias over axes from `axis`";
  let description = "`scale` and `bias` have the shape of the normalised axes. Biased variance.";
  let arguments = (ins AnyRankedTensor:$input, Optional<AnyRankedTensor>:$scale,
    Optional<AnyRankedTensor>:$bias, I64Attr:$axis, F32Attr:$epsilon);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = [{
    $input (`scale` $scale^)? (`bias` $bias^)? `axis` $axis `epsilon` $epsilon attr-dict `:` functional-type(operands, results)
  }];
}

def NN_RMSNormOp : NN_Op<"rms_norm", ""> {
  let summary = "x / sqrt(mean(x^2) + epsilon) * scale over axes from `axis`";
  let arguments = (ins AnyRankedTensor:$input, Optional<AnyRankedTensor>:$scale,
    I64Attr:$axis, F32Attr:$epsilon);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = [{
    $input (`scale` $scale^)? `axis` $axis `epsilon` $epsilon attr-dict `:` functional-type(operands, results)
  }];
}

def NN_GroupNormOp : NN_Op<"group_norm", "", [AttrSizedOperandSegments]> {
  let summary = "layer norm over each group of channels and all spatial axes";
  let description = [{
    `input` [B, C, spatial...]; `scale`, `bias` [C]. groups = C is InstanceNormalization.
  }];
  let arguments = (ins AnyRankedTensor:$input, Optional<AnyRankedTensor>:$scale,
    Optional<AnyRankedTensor>:$bias, I64Attr:$groups, F32Attr:$epsilon);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = [{
    $input (`scale` $scale^)? (`bias` $bias^)? `groups` $groups `epsilon` $epsilon attr-dict `:` functional-type(operands, results)
  }];
}

def NN_SoftmaxOp : NN_Op<"softmax", ""> {
  let summary = "exp(x - max) / sum along `axis`, or its logarithm";
  let arguments = (ins AnyRankedTensor:$input, I64Attr:$axis, UnitAttr:$log);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input `axis` $axis attr-dict `:` functional-type(operands, results)";
}

#endif // NIBBLE_DIALECTS_NN_NNNORMALIZATIONOPS
