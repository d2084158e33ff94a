//===- OnnxTypes.td - Types and attributes of the onnx dialect -*- tablegen -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_DIALECTS_ONNX_ONNXTYPES_TD
#define NIBBLE_DIALECTS_ONNX_ONNXTYPES_TD

include "dialects/Onnx/OnnxDialect.td"
include "mlir/IR/AttrTypeBase.td"

class Onnx_Type<string name, string typeMnemonic>
    : TypeDef<Onnx_Dialect, name> {
  let mnemonic = typeMnemonic;
}

def Onnx_ValueType : Onnx_Type<"Value", "value"> {
  let summary = "a value whose type the file does not state";
  let description = [{
    Most exporters write types for graph inputs and outputs only. Shape
    inference in the Frontend replaces this type.
  }];
}

def Onnx_StringType : Onnx_Type<"String", "string"> {
  let summary = "element type of string tensors";
}

def Onnx_SequenceType : Onnx_Type<"Sequence", "sequence"> {
  let summary = "ONNX's list of values of one type";
  let parameters = (ins "::mlir::Type":$elementType);
  let assemblyFormat = "`<` $elementType `>`";
}

def Onnx_OptionalType : Onnx_Type<"Optional", "optional"> {
  let summary = "ONNX's value that may be missing at run time";
  let parameters = (ins "::mlir::Type":$elementType);
  let assemblyFormat = "`<` $elementType `>`";
}

def Onnx_MapType : Onnx_Type<"Map", "map"> {
  let summary = "ONNX's map from integers or strings to values of one type";
  let parameters = (ins "::mlir::Type":$keyType, "::mlir::Type":$valueType);
  let assemblyFormat = "`<` $keyType `,` $valueType `>`";
}

def Onnx_PlaceAttr : AttrDef<Onnx_Dialect, "Place"> {
  let mnemonic = "place";
  let summary = "bytes of a tensor in a file";
  let description = [{
    ```mlir
    #onnx.place<file = "weights.bin", offset = 4096, length = 589824,
                hash = 0x2d06800538d394c2>
    ```
    `file` is a path that the compiler can open: the model itself or a file of
    external data. `offset` and `length` count bytes. `hash` is XXH3 (64 bits,
    `llvm::xxh3_64bits`) of the bytes. They are ONNX's raw data: little-endian,
    row-major, one byte for a bool, two 4-bit or four 2-bit elements in a byte
    with the first in the lowest bits.
  }];
  let parameters = (ins
    StringRefParameter<"path that the compiler can open">:$file,
    "int64_t":$offset,
    "int64_t":$length,
    "uint64_t":$hash
  );
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

#endif // NIBBLE_DIALECTS_ONNX_ONNXTYPES_TD
