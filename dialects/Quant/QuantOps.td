//===- QuantOps.td - Operations of the qnt dialect ---------*- tablegen -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_DIALECTS_QUANT_QUANTOPS
#define NIBBLE_DIALECTS_QUANT_QUANTOPS

include "dialects/Quant/QuantTypes.td"
include "mlir/IR/EnumAttr.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Qnt_Op<string mnemonic, list<Trait> traits = []>
    : Op<Qnt_Dialect, mnemonic, traits # [
        DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface,
                                  ["reifyResultShapes"]>
      ]>;

def Qnt_ScaleTensor : RankedTensorOf<[AnyFloat]>;
def Qnt_ZeroTensor : RankedTensorOf<[AnyInteger, AnyFloat]>;

def Qnt_ScaleChoiceAttr : I32EnumAttr<"ScaleChoice",
    "how a block's scale is found", [
      I32EnumAttrCase<"Range", 0, "range">,
      I32EnumAttrCase<"MSE", 1, "mse">
    ]> {
  let cppNamespace = "::nibble::qnt";
  let genSpecializedAttr = 0;
}
def Qnt_ScaleChoice : EnumAttr<Qnt_Dialect, Qnt_ScaleChoiceAttr, "choice"> {
  let assemblyFormat = "`<` $value `>`";
}

def Qnt_QuantizeOp : Qnt_Op<"quantize", [Pure, AttrSizedOperandSegments]> {
  let summary = "stores a tensor in a number format";
  let description = [{
    With `scale` (and `zero`), codes are `saturate(round_even(x / scale) +
    zero)` (rule Q-1 of docs/spec.md): *static* quantization. Without them the
    scale of each block is found from the block itself: at run time for an
    activation (*dynamic* quantization), at compile time for what derives from
    parameters. `choice` says how:

    - `range` (the default): the smallest scale with which nothing saturates, by
      rule S-4 or, where the format has a zero point, S-7; e8m0 scales by S-6.
    - `mse`: the scale of least squared error (rule S-8); for what derives from
      parameters only.

    `scale` and `zero` have one element for each block of the input, in the
    shape that `FormatAttr::getScaleShape` gives: along each axis
    ceil(extent / block). Scales are positive and finite; a zero point lies in
    the range of the format's zero points.

    `pair_order` bounds pairs of `int<8>` codes (rule S-10), which some CPUs
    multiply faster; how codes are stored does not change. It lists all axes but
    axis 0, in the order in which a kernel sums over them, the last one fastest.
    Elements 2i and 2i + 1 in that order are a pair, and the sum of their codes
    lies in [-128, 128]. Empty (the default): codes are free.

    ```mlir
    %c = qnt.quantize %w {choice = #qnt.choice<mse>}
       : tensor<384x384xf32> -> !qnt.tensor<384x384, #w4>
    %q = qnt.quantize %x scale %s zero %z
       : tensor<?x384xf32>, scale tensor<1x1xf32>, zero tensor<1x1xui8>
       -> !qnt.tensor<?x384, #a8>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$input,
                       Optional<Qnt_ScaleTensor>:$scale,
                       Optional<Qnt_ZeroTensor>:$zero,
                       DefaultValuedAttr<Qnt_ScaleChoice,
                         "::nibble::qnt::ScaleChoice::Range">:$choice,
                       DefaultValuedAttr<DenseI64ArrayAttr,
                         "::llvm::ArrayRef<int64_t>()">:$pair_order);
  let results = (outs Qnt_TensorType:$result);
  let assemblyFormat = [{
    $input (`scale` $scale^)? (`zero` $zero^)? attr-dict `:`
    type($input) (`,` `scale` type($scale)^)? (`,` `zero` type($zero)^)? `->` type($result)
  }];
  let hasVerifier = 1;
}

def Qnt_DequantizeOp : Qnt_Op<"dequantize", [Pure]> {
  let summary = "the numbers that a quantized tensor stands for";
  let description = [{
    `(code - zero) * scale`, computed in f32 and rounded to the result's
    element type (rule D-1 of docs/spec.md). The result has the input's shape.
  }];
  let arguments = (ins Qnt_TensorType:$input);
  let results = (outs RankedTensorOf<[AnyFloat]>:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

def Qnt_AssembleOp : Qnt_Op<"assemble", [Pure, AttrSizedOperandSegments]> {
  let summary = "a quantized tensor from its codes, scales and zero points";
  let description = [{
    `codes` hold one code for each element of the result, in an integer type at
    least as wide as the element code (as models bring them: QuantizeLinear's
    integers, unpacked MatMulNBits). Whether they are signed is the element
    code's business. `scale` and `zero` have one element for each block, as in
    `qnt.quantize`. No number changes.

    ```mlir
    %q = qnt.assemble %c scale %s : tensor<384x384xi8>, scale tensor<384x1xf32>
       -> !qnt.tensor<384x384, #w8>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$codes,
                       Optional<Qnt_ScaleTensor>:$scale,
                       Optional<Qnt_ZeroTensor>:$zero);
  let results = (outs Qnt_TensorType:$result);
  let assemblyFormat = [{
    $codes (`scale` $scale^)? (`zero` $zero^)? attr-dict `:`
    type($codes) (`,` `scale` type($scale)^)? (`,` `zero` type($zero)^)? `->` type($result)
  }];
  let hasVerifier = 1;
}

def Qnt_CodesOp : Qnt_Op<"codes", [Pure]> {
  let summary = "the integer codes of a quantized tensor, one per element";
  let description = [{
    A tensor of the input's shape, in a builtin integer type at least as wide
    as the element code (`FormatAttr::getCodeType`: i8, or i16 above 8 bits).
    Signed codes are sign-extended, others zero-extended.
  }];
  let arguments = (ins Qnt_TensorType:$input);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Qnt_ScalesOp : Qnt_Op<"scales", [Pure]> {
  let summary = "the scales of a quantized tensor, one per block";
  let description = [{
    What codes are multiplied with: the block's scale times its outer scales
    (rule D-1 of docs/spec.md). One element for each block, in the shape that
    `FormatAttr::getScaleShape` gives. The format must have a scale.
  }];
  let arguments = (ins Qnt_TensorType:$input);
  let results = (outs Qnt_ScaleTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Qnt_ZerosOp : Qnt_Op<"zeros", [Pure]> {
  let summary = "the zero points of a quantized tensor, one per block";
  let description = [{
    One element for each block, in the shape that `FormatAttr::getScaleShape`
    gives and of the type that `FormatAttr::getZeroType` gives: i8 or i16 for
    integers that are subtracted from codes, f32 for floats and for offsets that
    are added after the scale (rule D-6). The format must have a zero point.
  }];
  let arguments = (ins Qnt_TensorType:$input);
  let results = (outs Qnt_ZeroTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Qnt_ObserveOp : Qnt_Op<"observe", [AllTypesMatch<["input", "result"]>]> {
  let summary = "a point whose values calibration looks at";
  let description = [{
    Returns its input. Calibration runs the model on samples and gathers
    statistics (range, histogram, sizes of channels) of each point under `name`
    into a file, which the passes that choose scales read. The op is not pure,
    so that a point stays even if nothing reads its result.
  }];
  let arguments = (ins AnyRankedTensor:$input, StrAttr:$name);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input $name attr-dict `:` type($input)";
}

#endif // NIBBLE_DIALECTS_QUANT_QUANTOPS
