//===- NNQuantizeOps.td - Between numbers and codes --------*- tablegen -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_DIALECTS_NN_NNQUANTIZEOPS
#define NIBBLE_DIALECTS_NN_NNQUANTIZEOPS

include "dialects/NN/NNBase.td"

/// What qnt.quantize and qnt.dequantize become once a quantized tensor is
/// plain tensors of codes, scales and zero points. No change of basis crosses.
class NN_CodeOp<string mnemonic, list<Trait> traits = []>
    : Op<NN_Dialect, mnemonic, traits # [
        Pure, ChannelRuleOpInterface,
        DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>,
        DeclareOpInterfaceMethods<AggregatedOpInterface, ["decomposeOperation"]>
      ]> {
  let extraClassDeclaration = [{
    ::nibble::nn::ChannelRule getChannelRule() { return {}; }
  }];
  let hasVerifier = 1;
}

def NN_QuantizeRowsOp : NN_CodeOp<"quantize_rows"> {
  let summary = "8-bit codes with one scale a row, found from the row";
  let description = [{
    `input` [..., K] in f32 gives `codes` [..., K] and `scales` [...]: the scale of a row is the larger of
    max / 127 and min / -128, or 1 for a row of zeros (rule S-4 of docs/spec.md for `int<8>`
    without zero point), the codes are clamp(round(x / scale), -128, 127) (rule Q-1). The scale of a row with a NaN
    is NaN, its codes are -128 where they are not defined (rule O-1).
  }];
  let arguments = (ins RankedTensorOf<[F32]>:$input);
  let results = (outs RankedTensorOf<[I8]>:$codes, RankedTensorOf<[F32]>:$scales);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($codes) `,` type($scales)";
}

def NN_QuantizeElementsOp : NN_CodeOp<"quantize_elements"> {
  let summary = "8-bit codes for given scales and zero points";
  let description = [{
    clamp(round(x / scale) + zero, low, high) (rules Q-1 and O-1 of docs/spec.md), NaN gives low.
    `scale` and `zero` broadcast to `input` as in NumPy; without `zero` it is 0. Codes have `bits`,
    and are unsigned where `is_unsigned` is set; they lie in i8, extended to 8 bits.
  }];
  let arguments = (ins RankedTensorOf<[F32]>:$input, RankedTensorOf<[F32]>:$scale,
    Optional<RankedTensorOf<[I32]>>:$zero,
    DefaultValuedAttr<ConfinedAttr<I64Attr, [IntMinValue<1>, IntMaxValue<8>]>, "8">:$bits, UnitAttr:$is_unsigned);
  let results = (outs RankedTensorOf<[I8]>:$codes);
  let assemblyFormat = [{
    $input `scale` $scale (`zero` $zero^)? attr-dict `:` functional-type(operands, results)
  }];
}

def NN_DequantizeElementsOp : NN_CodeOp<"dequantize_elements"> {
  let summary = "the numbers that 8-bit codes stand for";
  let description = [{
    f32(code - zero) * scale (rule D-1 of docs/spec.md). `scale` and `zero` broadcast to `codes` as in NumPy; codes are
    unsigned where `is_unsigned` is set.
  }];
  let arguments = (ins RankedTensorOf<[I8]>:$codes, RankedTensorOf<[F32]>:$scale,
    Optional<RankedTensorOf<[I32]>>:$zero, UnitAttr:$is_unsigned);
  let results = (outs RankedTensorOf<[F32]>:$result);
  let assemblyFormat = [{
    $codes `scale` $scale (`zero` $zero^)? attr-dict `:` functional-type(operands, results)
  }];
}

#endif // NIBBLE_DIALECTS_NN_NNQUANTIZEOPS
