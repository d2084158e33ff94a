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

def Qnt_FormatParameter
    : AttrOrTypeParameter<"::nibble::formats::Format", "the format"> {
  let cppAccessorType = "const ::nibble::formats::Format &";
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
    #qnt.format<uint<4>, block = [1, 32], scale = uint<6>, outer = f16[1, 256],
                zero = offset<uint<6>, f16[1, 256]>>
    ```
    The parts of a `nibble::formats::Format`; docs/spec.md defines them:

    - *element* (rules D-2, F-2): `int<b>`, `uint<b>` (1 <= b <= 16),
      `float<e,m>` or `float<e,m,convention>` (`ieee`, `fn`, `fnuz`, `finite`;
      without one `fn` for e4m3, `finite` for e2m1, e2m3 and e3m2, else
      `ieee`), `ternary`, `table<b, @name>`, `pow2<b>`, `planes<n>` (sum of n
      bit planes, one scale each).
    - *block* (D-3): elements that share a scale, one extent per trailing axis
      of the tensor; `-1` is the whole axis, and leading axes that are not
      listed have extent 1. No block is one scale for the tensor. The last
      block of an axis may be ragged.
    - *scale* (D-4): `f32`, `f16`, `bf16`, `e8m0`, `e4m3`, `ue5m3`, `ue6m2`,
      `int<b>`, `uint<b>` or `shift<b>`, and none for codes that are the
      numbers themselves; *outer* scales the scales, once for the tensor or
      over blocks: `f32`, `f16[1, 256]`, or a list from inner to outer.
    - *zero* (D-6): one per block: `int<b>`, `uint<b>` or `float<f16>` is
      subtracted from the code, `offset<f16>` is added to the scaled value.

    Codes of one row are a little-endian bit stream (rule P-1).
  }];
  let parameters = (ins Qnt_FormatParameter:$value);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    const ::nibble::formats::ElementCode &getElement() const {
      return getValue().code;
    }
    ::llvm::ArrayRef<int64_t> getBlock() const { return getValue().block; }
    const ::nibble::formats::ScaleType &getScale() const {
      return getValue().scale;
    }
    ::llvm::ArrayRef<::nibble::formats::OuterScale> getOuter() const {
      return getValue().outer;
    }
    const ::nibble::formats::ZeroPoint &getZero() const {
      return getValue().zero;
    }
    /// Width of one unpacked code in bits.
    unsigned getCodeBits() const {
      return ::nibble::formats::codeBits(getElement());
    }
    bool hasScale() const { return !getScale().isNone(); }
    bool hasZeroPoint() const {
      return getZero().kind != ::nibble::formats::ZeroKind::None;
    }
    bool isInteger() const { return getElement().isInteger(); }
    /// The builtin type of one code as qnt.codes gives it: i8, or i16 for codes
    /// of more than 8 bits.
    ::mlir::Type getCodeType() const;
    /// The builtin type of one zero point as qnt.zeros gives it: i8 or i16;
    /// f32 for floats and offsets.
    ::mlir::Type getZeroType() const;

    /// The shape of the scales of a tensor of shape `shape`: one extent per
    /// axis, ceil(extent / block).
    ::llvm::SmallVector<int64_t>
    getScaleShape(::llvm::ArrayRef<int64_t> shape) const;
    /// Extent of a block along `axis` of a tensor of rank `rank`; -1 for all.
    int64_t getBlockExtent(int64_t axis, int64_t rank) const;
    /// The format that users know as `name` (`int8`, `mxfp4`, …; all of
    /// nibble/Formats/NamedFormats.h), its blocks along the last axis. Null if
    /// there is none, or if it cannot have blocks of `group`. With a group the
    /// scales of `int<b>` and `uint<b>` are f16.
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
    `!qnt.tensor<4096x4096, #fmt>`: a shape, as in `tensor`, and the format in
    which the tensor is stored. The value holds codes, scales and zero points
    together. Its element type as a shaped type is the floating-point type of
    the numbers that it stands for: f32, unless a third parameter says otherwise
    (`!qnt.tensor<8x8, #fmt, f16>`). The format's block has at most as many
    extents as the tensor has axes.
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
