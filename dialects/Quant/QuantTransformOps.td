//===- QuantTransformOps.td - Bases and changes of basis ---*- tablegen -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_DIALECTS_QUANT_QUANTTRANSFORMOPS
#define NIBBLE_DIALECTS_QUANT_QUANTTRANSFORMOPS

include "dialects/Quant/QuantTransforms.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Qnt_BasisOp : Op<Qnt_Dialect, "basis", [
    Symbol, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "a basis of a channel axis: a decision, named";
  let description = [{
    ```mlir
    qnt.basis @attn_in_0 : 640 = #qnt.hadamard<32>
    qnt.basis @up_0 : 2048 = #qnt.diagonal<2048, data = @up_0_scale>
    ```
    `size` is the number of channels. A transform of fewer channels, which must
    divide `size`, is repeated block after block. The attribute never holds
    numbers: `data` names a function without arguments that computes them by nn
    and qnt ops over parameters and returns them as one tensor.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name,
                       OptionalAttr<StrAttr>:$sym_visibility,
                       ConfinedAttr<I64Attr, [IntPositive]>:$size,
                       Qnt_TransformAttrInterface:$transform);
  let assemblyFormat = [{
    ($sym_visibility^)? $sym_name `:` $size `=` $transform attr-dict
  }];
  let hasVerifier = 1;
  let hasCanonicalizeMethod = 1;
  let extraClassDeclaration = [{
    /// The transform of all `size` channels.
    ::nibble::qnt::TransformAttr getChannelTransform();
  }];
}

def Qnt_TransformOp : Op<Qnt_Dialect, "transform", [
    Pure, AllTypesMatch<["input", "result"]>,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>,
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface,
                              ["reifyResultShapes"]>]> {
  let summary = "a tensor in another basis of one axis";
  let description = [{
    ```mlir
    %b = qnt.transform %a to @attn_in_0 axis = 1 : tensor<?x640xf32>
    %a = qnt.transform %b from @attn_in_0 axis = 1 : tensor<?x640xf32>
    %v = qnt.transform %w to dual @attn_in_0 axis = 1 : tensor<384x640xf32>
    ```
    Each row x along `axis` becomes xT + s, where T and s are the basis's; `from`
    applies the inverse. With `dual` it is T⁻ᵀ, for the weights that meet these
    channels: x · w stays the same if x is transformed and w gets the dual. A
    basis with a shift has no dual.

    The input is of a floating-point type; the axis's extent is static and the
    basis's size.
  }];
  let arguments = (ins AnyRankedTensor:$input, UnitAttr:$inverted,
                       UnitAttr:$dual, FlatSymbolRefAttr:$basis,
                       ConfinedAttr<I64Attr, [IntNonNegative]>:$axis);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $input (`from` $inverted^) : (`to`)? (`dual` $dual^)? $basis
    `axis` `=` $axis attr-dict `:` type($input)
  }];
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
  let hasFolder = 1;
  let extraClassDeclaration = [{
    /// The transform of the axis's rows, from the basis that `this` names; null
    /// where there is none.
    ::nibble::qnt::TransformAttr getChannelTransform();
  }];
}

#endif // NIBBLE_DIALECTS_QUANT_QUANTTRANSFORMOPS
