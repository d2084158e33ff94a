//===- QuantTransforms.td - Changes of basis as attributes -*- tablegen -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_DIALECTS_QUANT_QUANTTRANSFORMS
#define NIBBLE_DIALECTS_QUANT_QUANTTRANSFORMS

include "dialects/Quant/QuantDialect.td"
include "mlir/IR/AttrTypeBase.td"

def Qnt_TransformAttrInterface : AttrInterface<"TransformAttr"> {
  let cppNamespace = "::nibble::qnt";
  let description = [{
    An invertible map x -> xT + s of a channel axis. The attribute says what is
    known of the map without its numbers; `build` makes the map itself, a
    `nibble::numerics::Transform`.

    A map has 1 to 2147483647 channels, a dense matrix at most 16384. Numbers
    are read when weights are written; `build` fails then if one is not finite,
    if a matrix is singular or not of the family that it should be of, or if a
    scale is not positive.
  }];
  let methods = [
    InterfaceMethod<"Channels that it maps.", "int64_t", "getSize", (ins), "",
                    "return $_attr.getChannels();">,
    InterfaceMethod<[{The kinds that it is made of. It may cross an op that lets
                      all of them through.}],
                    "::nibble::numerics::Kinds", "getKinds">,
    InterfaceMethod<[{Additions and multiplications that one row takes at run
                      time.}],
                    "int64_t", "getOperations">,
    InterfaceMethod<"The map that undoes it.", "::nibble::qnt::TransformAttr",
                    "getInverse", (ins), "",
                    "return ::nibble::qnt::makeInverse($_attr);">,
    InterfaceMethod<"x -> xTᵀ; only where getKinds() has no shift.",
                    "::nibble::qnt::TransformAttr", "getTranspose", (ins), "",
                    "return ::nibble::qnt::makeTranspose($_attr);">,
    InterfaceMethod<"The numbers that it is made of, added to `uses`.", "void",
                    "collectData",
                    (ins "::nibble::qnt::TransformDataUses &":$uses), "",
                    "(void)uses;">,
    InterfaceMethod<[{The map, its numbers read by `data`. Callers use
                      `buildTransform`, which checks it.}],
                    "::nibble::qnt::TransformResult", "build",
                    (ins "::nibble::qnt::TransformData":$data)>
  ];
  let extraSharedClassDeclaration = [{
    /// T⁻ᵀ, the map of the weights that meet these channels.
    ::nibble::qnt::TransformAttr getDual() const {
      return $_attr.getInverse().getTranspose();
    }
  }];
}

class Qnt_Transform<string name, string attrMnemonic, list<string> methods = []>
    : AttrDef<Qnt_Dialect, name, [
        DeclareAttrInterfaceMethods<Qnt_TransformAttrInterface, methods>]> {
  let mnemonic = attrMnemonic;
  let genVerifyDecl = 1;
}

/// A transform of `channels` channels.
class Qnt_LeafTransform<string name, string attrMnemonic,
                        list<string> methods = []>
    : Qnt_Transform<name, attrMnemonic, methods> {
  let parameters = (ins "int64_t":$channels);
  let assemblyFormat = "`<` $channels `>`";
}

/// A transform made of the numbers that the function `data` returns, which has
/// no arguments: a weight program.
class Qnt_DataTransform<string name, string attrMnemonic,
                        list<string> methods = []>
    : Qnt_LeafTransform<name, attrMnemonic, methods # ["collectData"]> {
  let parameters = (ins "int64_t":$channels,
                        "::mlir::FlatSymbolRefAttr":$data);
  let assemblyFormat = "`<` $channels `,` `data` `=` $data `>`";
}

/// A transform made of the numbers that `data` returns, or of random ones, which
/// are the same for the same `seed`. Exactly one of the two is given.
class Qnt_SeededTransform<string name, string attrMnemonic,
                          list<string> methods = []>
    : Qnt_LeafTransform<name, attrMnemonic, methods # ["collectData"]> {
  let parameters = (ins "int64_t":$channels,
                        OptionalParameter<"std::optional<int64_t>">:$seed,
                        OptionalParameter<"::mlir::FlatSymbolRefAttr">:$data);
  let assemblyFormat = "`<` $channels `,` struct($seed, $data) `>`";
}

def Qnt_IdentityAttr : Qnt_LeafTransform<"Identity", "identity",
    ["getInverse", "getTranspose"]> {
  let summary = "changes nothing";
  let description = "`#qnt.identity<640>`";
}

def Qnt_HadamardAttr
    : Qnt_LeafTransform<"Hadamard", "hadamard", ["getInverse"]> {
  let summary = "H / sqrt(n): spreads an outlier over all channels";
  let description = [{
    `#qnt.hadamard<32>`: T = H / sqrt(n), H a matrix of 1 and -1 with H Hᵀ = n I.
    There are m * 2^k channels, where m is 1 or one of
    `numerics::baseHadamardOrders()`. The 2^k part takes n log n steps (Ashkboos
    et al., QuaRot, 2024, rotate by such matrices).
  }];
}

def Qnt_HaarAttr : Qnt_Transform<"Haar", "haar"> {
  let summary = "the orthonormal Haar wavelet";
  let description = [{
    `#qnt.haar<64, levels = 2>`: each level replaces the sums of the level before
    (at first, the channels) by the sums and then the differences of their
    neighbouring pairs, over sqrt(2). The number of channels is a multiple of
    2^levels.
  }];
  let parameters = (ins "int64_t":$channels, "int64_t":$levels);
  let assemblyFormat = "`<` $channels `,` `levels` `=` $levels `>`";
}

def Qnt_OrthogonalAttr : Qnt_SeededTransform<"Orthogonal", "orthogonal"> {
  let summary = "an orthogonal matrix, of numbers or random";
  let description = [{
    `#qnt.orthogonal<64, data = @rotation>`, where the function returns T as a
    `tensor<64x64xf32>` (Liu et al., SpinQuant, 2024, learn such matrices), or
    `#qnt.orthogonal<64, seed = 7>`, drawn uniformly from all of them.
    `keepsOnes = true` states T 1 = 1: T keeps the mean, so that a LayerNorm lets
    it through.
  }];
  let parameters = (ins "int64_t":$channels,
                        OptionalParameter<"std::optional<int64_t>">:$seed,
                        OptionalParameter<"::mlir::FlatSymbolRefAttr">:$data,
                        DefaultValuedParameter<"bool", "false">:$keepsOnes);
  let assemblyFormat =
      "`<` $channels `,` struct($seed, $data, $keepsOnes) `>`";
}

def Qnt_LinearAttr : Qnt_DataTransform<"Linear", "linear"> {
  let summary = "any invertible matrix";
  let description = [{
    `#qnt.linear<64, data = @matrix>`, where the function returns T as a
    `tensor<64x64xf32>`.
  }];
}

def Qnt_DiagonalAttr : Qnt_DataTransform<"Diagonal", "diagonal",
                                         ["getTranspose"]> {
  let summary = "a positive scale per channel";
  let description = [{
    `#qnt.diagonal<2048, data = @scale>`: x_i * scale_i, each scale positive.
  }];
}

def Qnt_SignAttr : Qnt_SeededTransform<"Sign", "sign",
    ["getInverse", "getTranspose"]> {
  let summary = "1 or -1 per channel";
  let description =
      "`#qnt.sign<640, seed = 1>` or `#qnt.sign<640, data = @signs>`";
}

def Qnt_PermutationAttr : Qnt_DataTransform<"Permutation", "permutation"> {
  let summary = "another order of the channels";
  let description = [{
    `#qnt.permutation<640, data = @source>`: result i is channel source_i. The
    indexes are integers from 0, and each channel is named once.
  }];
}

def Qnt_ZigZagAttr : Qnt_DataTransform<"ZigZag", "zigzag"> {
  let summary = "deals channels to blocks by their importance";
  let description = [{
    `#qnt.zigzag<640, block = 128, data = @ranges>`: the channels, those with the
    largest numbers first, are dealt to the blocks there and back, so that each
    block gets as much (Lin et al., DuQuant, 2024). `block` divides the number of
    channels.
  }];
  let parameters = (ins "int64_t":$channels, "int64_t":$block,
                        "::mlir::FlatSymbolRefAttr":$data);
  let assemblyFormat = [{
    `<` $channels `,` `block` `=` $block `,` `data` `=` $data `>`
  }];
}

def Qnt_ShiftAttr : Qnt_DataTransform<"Shift", "shift"> {
  let summary = "a number added to each channel";
  let description = "`#qnt.shift<640, data = @offset>`: x_i + offset_i";
}

def Qnt_KronAttr : Qnt_Transform<"Kron", "kron",
    ["getSize", "getInverse", "getTranspose", "collectData"]> {
  let summary = "a Kronecker product";
  let description = [{
    `#qnt.kron<A, B>`: A ⊗ B. Channel i * size(B) + j is (i, j); A maps i, B
    maps j. Neither may have a shift.
  }];
  let parameters = (ins "::nibble::qnt::TransformAttr":$outer,
                        "::nibble::qnt::TransformAttr":$inner);
  let assemblyFormat = "`<` $outer `,` $inner `>`";
}

def Qnt_BlocksAttr : Qnt_Transform<"Blocks", "blocks",
    ["getSize", "getInverse", "getTranspose", "collectData"]> {
  let summary = "one transform on each of several segments";
  let description = [{
    `#qnt.blocks<#qnt.hadamard<32>, count = 20>`: I ⊗ T, on 20 * 32 channels.
  }];
  let parameters = (ins "::nibble::qnt::TransformAttr":$block,
                        "int64_t":$count);
  let assemblyFormat = "`<` $block `,` `count` `=` $count `>`";
}

def Qnt_DirectSumAttr : Qnt_Transform<"DirectSum", "direct_sum",
    ["getSize", "getInverse", "getTranspose", "collectData"]> {
  let summary = "a transform of its own on each segment";
  let description = [{
    `#qnt.direct_sum<#qnt.hadamard<32>, #qnt.identity<8>>`: the first 32 channels
    are rotated, the other 8 stay as they are.
  }];
  let parameters = (ins
    ArrayRefParameter<"::nibble::qnt::TransformAttr">:$parts);
  let assemblyFormat = "`<` $parts `>`";
}

def Qnt_ComposeAttr : Qnt_Transform<"Compose", "compose",
    ["getSize", "getInverse", "getTranspose", "collectData"]> {
  let summary = "one transform after the other";
  let description = [{
    `#qnt.compose<#qnt.sign<32, seed = 1>, #qnt.hadamard<32>>`: the first one is
    applied first. All are of one size.
  }];
  let parameters = (ins
    ArrayRefParameter<"::nibble::qnt::TransformAttr">:$steps);
  let assemblyFormat = "`<` $steps `>`";
}

def Qnt_InverseAttr : Qnt_Transform<"Inverse", "inverse",
    ["getSize", "getInverse", "getTranspose", "collectData"]> {
  let summary = "the inverse of a transform that has no own form for it";
  let description = "`#qnt.inverse<#qnt.linear<64, data = @matrix>>`";
  let parameters = (ins "::nibble::qnt::TransformAttr":$base);
  let assemblyFormat = "`<` $base `>`";
  let genVerifyDecl = 0;
}

def Qnt_TransposeAttr : Qnt_Transform<"Transpose", "transpose",
    ["getSize", "getInverse", "getTranspose", "collectData"]> {
  let summary = "the transpose of a transform that has no own form for it";
  let description = "`#qnt.transpose<#qnt.linear<64, data = @matrix>>`";
  let parameters = (ins "::nibble::qnt::TransformAttr":$base);
  let assemblyFormat = "`<` $base `>`";
}

#endif // NIBBLE_DIALECTS_QUANT_QUANTTRANSFORMS
