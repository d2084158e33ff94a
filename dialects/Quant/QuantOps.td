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

def Qnt_ScaleChoiceAttr : I32EnumAttr<"ScaleChoice",
    "how a block's scale is found", [
      I32EnumAttrCase<"AbsMax", 0, "absmax">,
      I32EnumAttrCase<"MinMax", 1, "minmax">,
      I32EnumAttrCase<"MSE", 2, "mse">
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
    scales of each block are found from the block itself by `choice` (rules
    S-4 to S-8): *dynamic* for an activation, computed once at compile time for
    what derives from parameters.

    `scale` and `zero` have the format's scale shape (`getScaleShape`).

    `pair_order` bounds pairs of `int<8>` codes (rule S-10): it names the axes
    from 1 on in the order in which a kernel sums over them, the last one
    fastest; two neighbours there that make a pair have codes whose sum lies in
    [-128, 128]. Without it codes are free. It does not change how they are
    stored, but some CPUs multiply such codes faster.

    ```mlir
    %c = qnt.quantize %w {choice = #qnt.choice<mse>}
       : tensor<384x384xf32> -> !qnt.tensor<384x384, #w4>
    %q = qnt.quantize %x scale %s zero %z
       : tensor<?x384xf32>, scale tensor<1x1xf32>, zero tensor<1x1xui8>
       -> !qnt.tensor<?x384, #a8>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$input,
                       Optional<AnyRankedTensor>:$scale,
                       Optional<AnyRankedTensor>:$zero,
                       DefaultValuedAttr<Qnt_ScaleChoice,
                         "::nibble::qnt::ScaleChoice::AbsMax">:$choice,
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
    `(code - zero) * scale`, in the result's element type (rule D-1 of
    docs/spec.md).
  }];
  let arguments = (ins Qnt_TensorType:$input);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

def Qnt_AssembleOp : Qnt_Op<"assemble", [Pure, AttrSizedOperandSegments]> {
  let summary = "a quantized tensor from its codes, scales and zero points";
  let description = [{
    `codes` hold one code an element in an integer type at least as wide as the
    element code (models bring them so: QuantizeLinear's integers, unpacked
    MatMulNBits); signedness is the element code's. `scale` and `zero` have the
    format's scale shape. No number changes.
  }];
  let arguments = (ins AnyRankedTensor:$codes,
                       Optional<AnyRankedTensor>:$scale,
                       Optional<AnyRankedTensor>:$zero);
  let results = (outs Qnt_TensorType:$result);
  let assemblyFormat = [{
    $codes (`scale` $scale^)? (`zero` $zero^)? attr-dict `:`
    type($codes) (`,` `scale` type($scale)^)? (`,` `zero` type($zero)^)? `->` type($result)
  }];
  let hasVerifier = 1;
}

def Qnt_CodesOp : Qnt_Op<"codes", [Pure]> {
  let summary = "the integer codes of a quantized tensor, one an element";
  let description = [{
    One code an element, in a builtin integer type at least as wide as the
    element code (`FormatAttr::getCodeType`: i8, or i16 above 8 bits), extended
    by its sign where it has one. The tensor's shape.
  }];
  let arguments = (ins Qnt_TensorType:$input);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Qnt_ScalesOp : Qnt_Op<"scales", [Pure]> {
  let summary = "the scales of a quantized tensor, one a block";
  let description = [{
    What codes are multiplied with: outer scales are in them (rule D-1 of
    docs/spec.md). The format's scale shape (`getScaleShape`); an error where the
    format has no scale.
  }];
  let arguments = (ins Qnt_TensorType:$input);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Qnt_ZerosOp : Qnt_Op<"zeros", [Pure]> {
  let summary = "the zero points of a quantized tensor, one a block";
  let description = [{
    The format's scale shape, in `FormatAttr::getZeroType`: i8 or i16 for
    integers that are subtracted from codes, f32 for floats and for offsets that
    are added behind the scale (rule D-6). An error where the format has none.
  }];
  let arguments = (ins Qnt_TensorType:$input);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Qnt_ObserveOp : Qnt_Op<"observe", [AllTypesMatch<["input", "result"]>]> {
  let summary = "a point whose values calibration looks at";
  let description = [{
    Returns its input. Calibration runs the compiled model and gathers the
    statistics (range, histogram) of each point under `name`; the statistics
    are a file, read back by the passes that choose scales.
  }];
  let arguments = (ins AnyRankedTensor:$input, StrAttr:$name);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input $name attr-dict `:` type($input)";
}

#endif // NIBBLE_DIALECTS_QUANT_QUANTOPS
