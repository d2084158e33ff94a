//===- NNShapeOps.td - Moving elements -----------------*- tablegen -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_DIALECTS_NN_NNSHAPEOPS
#define NIBBLE_DIALECTS_NN_NNSHAPEOPS

include "dialects/NN/NNBase.td"

/// Extents, offsets… that are partly static: `static_X` holds ShapedType::kDynamic
/// where the next value of `X` counts.
def NN_ReshapeOp : NN_Op<"reshape", ""> {
  let summary = "the same elements in row-major order in another shape";
  let description = [{
    ```mlir
    %y = nn.reshape %x shape [%b, 12, 32] : tensor<?x384xf32> -> tensor<?x12x32xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$input, Variadic<Index>:$shape, DenseI64ArrayAttr:$static_shape);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = [{
    $input `shape` custom<DynamicIndexList>($shape, $static_shape) attr-dict `:` type($input) `->` type($result)
  }];
  let hasFolder = 1;
  let hasCanonicalizeMethod = 1;
}

def NN_TransposeOp : NN_Op<"transpose", ""> {
  let summary = "result axis i is input axis permutation[i]";
  let arguments = (ins NN_Tensor:$input, DenseI64ArrayAttr:$permutation);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$input `permutation` $permutation attr-dict `:` type($input) `->` type($result)";
  let hasFolder = 1;
  let hasCanonicalizeMethod = 1;
}

def NN_ExpandOp : NN_Op<"expand", ""> {
  let summary = "broadcasts to a shape as NumPy does";
  let arguments = (ins AnyRankedTensor:$input, Variadic<Index>:$shape, DenseI64ArrayAttr:$static_shape);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $input `shape` custom<DynamicIndexList>($shape, $static_shape) attr-dict `:` type($input) `->` type($result)
  }];
  let hasFolder = 1;
}

def NN_SliceOp : NN_Op<"slice", "", [AttrSizedOperandSegments]> {
  let summary = "elements offset + i * stride of each axis, i < size";
  let description = "Strides may be negative; every index must lie within the input.";
  let arguments = (ins AnyRankedTensor:$input, Variadic<Index>:$offsets, Variadic<Index>:$sizes,
    DenseI64ArrayAttr:$static_offsets, DenseI64ArrayAttr:$static_sizes, DenseI64ArrayAttr:$strides);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $input `offsets` custom<DynamicIndexList>($offsets, $static_offsets)
    `sizes` custom<DynamicIndexList>($sizes, $static_sizes) `strides` $strides
    attr-dict `:` type($input) `->` type($result)
  }];
  let hasFolder = 1;
}

def NN_ConcatOp : NN_Op<"concat", ""> {
  let summary = "inputs one after the other along `axis`";
  let arguments = (ins Variadic<AnyRankedTensor>:$inputs, I64Attr:$axis);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$inputs `axis` $axis attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
  let hasCanonicalizeMethod = 1;
}

def NN_GatherOp : NN_Op<"gather", ""> {
  let summary = "slices of `input` along `axis` chosen by `indices`";
  let description = [{
    As NumPy's take: [a..., N, b...] and indices [i...] give [a..., i..., b...].
    A negative index counts from the end.
  }];
  let arguments = (ins AnyRankedTensor:$input, NN_Indices:$indices, I64Attr:$axis);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input `,` $indices `axis` $axis attr-dict `:` functional-type(operands, results)";
}

def NN_GatherNDOp : NN_Op<"gather_nd", ""> {
  let summary = "ONNX GatherND";
  let arguments = (ins AnyRankedTensor:$input, NN_Indices:$indices, DefaultValuedAttr<I64Attr, "0">:$batch_dims);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input `,` $indices attr-dict `:` functional-type(operands, results)";
}

def NN_PadOp : NN_Op<"pad", ""> {
  let summary = "adds `low` elements before and `high` after each axis; negative ones crop";
  let arguments = (ins AnyRankedTensor:$input, Optional<AnyRankedTensor>:$value,
    DenseI64ArrayAttr:$low, DenseI64ArrayAttr:$high, NN_PadMode:$mode);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $mode $input (`value` $value^)? `low` $low `high` $high attr-dict `:` functional-type(operands, results)
  }];
  let hasFolder = 1;
}

def NN_IotaOp : NN_Op<"iota", "opaque"> {
  let summary = "start, start + step, start + 2 step, …";
  let description = "A vector of `size` elements; start and step are scalars (rank 0) of its element type.";
  let arguments = (ins Optional<Index>:$size, AnyRankedTensor:$start, AnyRankedTensor:$step);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "(`size` $size^)? `start` $start `step` $step attr-dict `:` functional-type(operands, results)";
}

def NN_FromIndexOp : NN_Op<"from_index", "opaque"> {
  let summary = "index values as an integer tensor";
  let description = "Shape arithmetic that a model uses as data. `values` fill the result in row-major order.";
  let arguments = (ins Variadic<Index>:$values);
  let results = (outs AnyStaticShapeTensor:$result);
  let assemblyFormat = "$values attr-dict `:` type($result)";
  let hasFolder = 1;
}

#endif // NIBBLE_DIALECTS_NN_NNSHAPEOPS
