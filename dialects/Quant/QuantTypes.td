//===- QuantTypes.td - Formats and quantized tensors -------*- tablegen -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_DIALECTS_QUANT_QUANTTYPES
#define NIBBLE_DIALECTS_QUANT_QUANTTYPES

include "dialects/Quant/QuantDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinTypeInterfaces.td"

class Qnt_Attr<string name, string attrMnemonic, list<Trait> traits = []>
    : AttrDef<Qnt_Dialect, name, traits> {
  let mnemonic = attrMnemonic;
}

def Qnt_FormatAttr : Qnt_Attr<"Format", "format"> {
  let summary = "a number format: element code, blocks, scales, zero point";
  let description = [{
    ```
    #qnt.format<int<4>,     block = [1, 128], scale = f16, zero = int<4>>
    #qnt.format<float<2,1>, block = [1, 16],  scale = e4m3, outer = f32>
    #qnt.format<table<4, @nf4>, block = [1, 64], scale = f16>
    #qnt.format<planes<2>,  block = [1, 128], scale = f16>
    #qnt.format<int<8>,     block = [1, -1],  scale = f32>
    ```
    - *element*: `int<b>`, `uint<b>` (1 <= b <= 16), `float<e,m>` or
      `float<e,m,convention>` (`ieee`, `fn`, `fnuz`; without one all codes are
      finite, as in OCP MX), `ternary`, `table<b, @name>`, `pow2<b>`,
      `planes<n>` (sum of n bit planes, one scale each).
    - *block*: elements that share a scale, one extent per trailing axis of
      the tensor; `-1` is the whole axis, and leading axes that are not
      listed have extent 1. `[]` or no block is one scale for the tensor. The
      last block of an axis may be ragged.
    - *scale*: `f32`, `f16`, `bf16`, `e8m0`, `e4m3`, `ue5m3` or `int<b>`, and
      none for codes that are the numbers themselves; *outer* scales the
      scales, once for the tensor.
    - *zero*: the type of the zero point, one per block.

    Codes of one row are a little-endian bit stream (rule P-1 of
    docs/spec.md); `getBitsPerElement` counts scales and zero points in.
  }];
  let parameters = (ins
    "::nibble::qnt::ElementCode":$element,
    OptionalArrayRefParameter<"int64_t">:$block,
    "::nibble::qnt::ScaleCode":$scale,
    "::nibble::qnt::ScaleCode":$outer,
    "::nibble::qnt::ElementCode":$zero
  );
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Elements that share one scale in a tensor of this shape, -1 where that
    /// depends on a dynamic extent.
    int64_t getElementsPerBlock(::llvm::ArrayRef<int64_t> shape) const;
    /// Bits per element with scales and zero points, for a tensor whose blocks
    /// are all full. A block over a dynamic extent counts no metadata.
    double getBitsPerElement(::llvm::ArrayRef<int64_t> shape) const;
    bool hasScale() const { return getScale().kind != ScaleKind::None; }
    bool hasZeroPoint() const { return getZero().kind != ElementKind::None; }
    bool isInteger() const {
      return getElement().kind == ElementKind::Int ||
             getElement().kind == ElementKind::UInt;
    }
    /// The shape of the scales of a tensor of shape `shape`: one extent per
    /// axis, ceil(extent / block).
    ::llvm::SmallVector<int64_t>
    getScaleShape(::llvm::ArrayRef<int64_t> shape) const;
    /// Extent of a block along `axis` of a tensor of rank `rank`; -1 for all.
    int64_t getBlockExtent(int64_t axis, int64_t rank) const;
    /// The format that users know as `name` (`int8`, `mxfp4`, …), its blocks
    /// along the last axis; null if there is none.
    static FormatAttr getNamed(::mlir::MLIRContext *context,
                               ::llvm::StringRef name, int64_t group = 0);
  }];
}

class Qnt_Type<string name, string typeMnemonic, list<Trait> traits = []>
    : TypeDef<Qnt_Dialect, name, traits> {
  let mnemonic = typeMnemonic;
}

def Qnt_TensorType : Qnt_Type<"QuantTensor", "tensor", [ShapedTypeInterface]> {
  let summary = "a tensor stored in a number format";
  let description = [{
    `!qnt.tensor<4096x4096, #fmt>`: shape as in `tensor`, and how it is stored.
    The value holds codes, scales and zero points together. Its element type as
    a shaped type is the type that it stands for (f32 unless a third parameter
    says otherwise).
  }];
  let parameters = (ins
    ArrayRefParameter<"int64_t">:$shape,
    "::nibble::qnt::FormatAttr":$format,
    "::mlir::Type":$expressedType
  );
  let builders = [
    TypeBuilderWithInferredContext<(ins "::llvm::ArrayRef<int64_t>":$shape,
                                        "::nibble::qnt::FormatAttr":$format), [{
      return $_get(format.getContext(), shape, format,
                   ::mlir::Float32Type::get(format.getContext()));
    }]>
  ];
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    ::mlir::Type getElementType() const { return getExpressedType(); }
    bool hasRank() const { return true; }
    ::mlir::ShapedType
    cloneWith(std::optional<::llvm::ArrayRef<int64_t>> shape,
              ::mlir::Type elementType) const;
  }];
}

#endif // NIBBLE_DIALECTS_QUANT_QUANTTYPES
