//===- NNPointwiseOps.td - Elementwise, reductions, windows -----------------*- tablegen -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_DIALECTS_NN_NNPOINTWISEOPS
#define NIBBLE_DIALECTS_NN_NNPOINTWISEOPS

include "dialects/NN/NNBase.td"

def NN_ElementwiseOp : NN_Op<"elementwise", ""> {
  let summary = "a function of each element, operands broadcast as in NumPy";
  let description = [{
    `alpha` and `beta` are the function's constants, by default ONNX's:
    leaky_relu (0.01), elu (1), celu (1): slope alpha; selu: alpha (1.67326), gamma =
    beta (1.0507); hard_sigmoid: clamp(alpha x + beta, 0, 1) (0.2, 0.5); clip: clamp to
    [alpha, beta] (no bound); quick_gelu: x sigmoid(alpha x) (1.702). Comparisons give
    i1; select takes i1, then the two values. `mod` has the sign of the divisor
    (integers, Python), `fmod` that of the dividend (C). Integer arithmetic wraps;
    div of integers truncates, and by zero gives 0. round is to even. max and min of
    a NaN are NaN; relu and clip keep one. dialects/NN/Elementwise.cpp is the formula.
  }];
  let arguments = (ins NN_ElementwiseKind:$kind, Variadic<NN_Tensor>:$inputs,
    OptionalAttr<F64Attr>:$alpha, OptionalAttr<F64Attr>:$beta);
  let results = (outs NN_Tensor:$result);
  let builders = [
    OpBuilder<(ins "::mlir::Type":$result, "::nibble::nn::ElementwiseKind":$kind,
                   "::mlir::ValueRange":$inputs), [{
      build($_builder, $_state, result, kind, inputs, nullptr, nullptr);
    }]>
  ];
  let assemblyFormat = "$kind $inputs attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}

def NN_CastOp : NN_Op<"cast", ""> {
  let summary = "converts the element type as ONNX Cast does";
  let description = [{
    Float to integer truncates and saturates; NaN gives 0. To i1: x != 0. To a narrower
    float: nearest even.
  }];
  let arguments = (ins AnyRankedTensor:$input);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}

def NN_ReduceOp : NN_Op<"reduce", ""> {
  let summary = "reduces `axes`";
  let description = "Reduced axes stay with extent 1 where `keep_dims` is set.";
  let arguments = (ins NN_ReduceKind:$kind, AnyRankedTensor:$input,
    DenseI64ArrayAttr:$axes, UnitAttr:$keep_dims);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$kind $input `axes` $axes attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}

def NN_ArgReduceOp : NN_Op<"arg_reduce", ""> {
  let summary = "index of the largest (or smallest) element along `axis`; the first of equals, or the last";
  let arguments = (ins AnyRankedTensor:$input, I64Attr:$axis, UnitAttr:$smallest,
    UnitAttr:$last_index, UnitAttr:$keep_dims);
  let results = (outs NN_Indices:$result);
  let assemblyFormat = "$input `axis` $axis attr-dict `:` functional-type(operands, results)";
}

def NN_CumSumOp : NN_Op<"cumsum", ""> {
  let summary = "running sum along `axis`";
  let arguments = (ins AnyRankedTensor:$input, I64Attr:$axis, UnitAttr:$exclusive, UnitAttr:$reverse);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input `axis` $axis attr-dict `:` functional-type(operands, results)";
}

def NN_PoolOp : NN_Op<"pool", ""> {
  let summary = "maximum or average over a window";
  let description = [{
    Layouts and padding as nn.conv. Padding never wins a maximum; an average counts it
    only where `count_include_pad` is set. The result's extents are part of the result type or follow
    floor((in + low + high - dilation * (window - 1) - 1) / stride) + 1, or ceil where `ceil_mode` is set.
  }];
  let arguments = (ins NN_PoolKind:$kind, NN_Tensor:$input, DenseI64ArrayAttr:$window,
    DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$padding, DenseI64ArrayAttr:$dilations,
    UnitAttr:$ceil_mode, UnitAttr:$count_include_pad,
    DefaultValuedAttr<NN_Layout, "::nibble::nn::Layout::ChannelsFirst">:$layout);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = [{
    $kind $input `window` $window `strides` $strides `padding` $padding `dilations` $dilations
    attr-dict `:` functional-type(operands, results)
  }];
}

def NN_ResizeOp : NN_Op<"resize", ""> {
  let summary = "ONNX Resize over the spatial axes";
  let description = [{
    `scales`: one per spatial axis, output extent = floor(in * scale) unless the result type or `sizes`
    (index values, one per spatial axis) says otherwise; coordinates use the scales given, or out / in
    where `sizes` are given.
  }];
  let arguments = (ins AnyRankedTensor:$input, Variadic<Index>:$sizes,
    OptionalAttr<DenseF32ArrayAttr>:$scales, NN_ResizeMode:$mode, NN_Coordinates:$coordinates,
    DefaultValuedAttr<NN_NearestRounding, "::nibble::nn::NearestRounding::RoundPreferFloor">:$nearest,
    DefaultValuedAttr<F32Attr, "-0.75f">:$cubic_coefficient,
    DefaultValuedAttr<NN_Layout, "::nibble::nn::Layout::ChannelsFirst">:$layout);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$mode $coordinates $input (`sizes` $sizes^)? attr-dict `:` functional-type(operands, results)";
}

#endif // NIBBLE_DIALECTS_NN_NNPOINTWISEOPS
