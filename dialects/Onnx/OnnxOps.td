//===- OnnxOps.td - Ops of the onnx dialect -*- tablegen -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_DIALECTS_ONNX_ONNXOPS_TD
#define NIBBLE_DIALECTS_ONNX_ONNXOPS_TD

include "dialects/Onnx/OnnxTypes.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Onnx_Op<string mnemonic, list<Trait> traits = []>
    : Op<Onnx_Dialect, mnemonic, traits>;

def Onnx_NodeOp : Onnx_Op<"node"> {
  let summary = "one node of an ONNX graph";
  let description = [{
    ```mlir
    %y = onnx.node "Conv"(%x, %w, %none) domain "" version 13
        {pads = array<i64: 1, 1, 1, 1>} :
        (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>, none) -> !onnx.value
    %r = onnx.node "If"(%c) domain "" version 13 : (tensor<i1>) -> !onnx.value
        subgraphs(then_branch = {
          onnx.yield %y : !onnx.value
        }, else_branch = {
          onnx.yield %x : tensor<1x3x8x8xf32>
        })
    ```
    `version` is the opset version that the model (or the local function that
    the node comes from) imports for the domain; `""` is the domain ai.onnx.

    `node_attributes` holds the node's own attributes: an int is an i64, a float an
    f32, ints and floats are `array<i64: …>` and `array<f32: …>`, strings an
    array of strings, a tensor a dense constant, a type a type attribute. A
    graph attribute is a region, which uses outer values directly; its name is
    at the same place in `subgraph_names`. An input that the node leaves out is
    an `onnx.absent`; an output that it leaves out has type `none`. Trailing
    ones are dropped.
  }];
  let arguments = (ins
    Variadic<AnyType>:$inputs,
    StrAttr:$op_type,
    StrAttr:$domain,
    I64Attr:$version,
    DictionaryAttr:$node_attributes,
    StrArrayAttr:$subgraph_names
  );
  let results = (outs Variadic<AnyType>:$outputs);
  let regions = (region VariadicRegion<AnyRegion>:$subgraphs);
  let assemblyFormat = [{
    $op_type `(` $inputs `)` `domain` $domain `version` $version
    attr-dict-with-keyword
    custom<Signature>($node_attributes, type($inputs), type($outputs),
                      $subgraph_names, $subgraphs)
  }];
  let builders = [
    OpBuilder<(ins "::mlir::TypeRange":$outputs, "::mlir::ValueRange":$inputs,
      "::llvm::StringRef":$opType, "::llvm::StringRef":$domain,
      "int64_t":$version,
      CArg<"::llvm::ArrayRef<::mlir::NamedAttribute>", "{}">:$attributes,
      CArg<"::llvm::ArrayRef<::llvm::StringRef>", "{}">:$subgraphNames)>
  ];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Whether this is the operator `opType` of `domain` (`""`: ai.onnx).
    bool is(::llvm::StringRef opType, ::llvm::StringRef domain = "") {
      return getOpType() == opType && getDomain() == domain;
    }

    /// Input `index`; null when the node leaves it out or has fewer inputs.
    ::mlir::Value getInput(unsigned index);

    /// Output `index`; null when the node leaves it out or has fewer outputs.
    ::mlir::Value getOutput(unsigned index);

    /// The node's attribute `name`, or null.
    ::mlir::Attribute getNodeAttr(::llvm::StringRef name);

    // An attribute by name, or nullopt (null, the default) when the node has
    // none. One of another kind than asked for is an error on this op, and is
    // then treated as missing.
    std::optional<int64_t> getInt(::llvm::StringRef name);
    int64_t getInt(::llvm::StringRef name, int64_t otherwise) {
      return getInt(name).value_or(otherwise);
    }
    std::optional<float> getFloat(::llvm::StringRef name);
    float getFloat(::llvm::StringRef name, float otherwise) {
      return getFloat(name).value_or(otherwise);
    }
    std::optional<::llvm::StringRef> getString(::llvm::StringRef name);
    ::llvm::StringRef getString(::llvm::StringRef name,
                                ::llvm::StringRef otherwise) {
      return getString(name).value_or(otherwise);
    }
    std::optional<::llvm::ArrayRef<int64_t>> getInts(::llvm::StringRef name);
    std::optional<::llvm::ArrayRef<float>> getFloats(::llvm::StringRef name);
    std::optional<::llvm::SmallVector<::llvm::StringRef>>
    getStrings(::llvm::StringRef name);
    ::mlir::DenseElementsAttr getTensor(::llvm::StringRef name);

    /// The region that was graph attribute `name`, or null.
    ::mlir::Region *getSubgraph(::llvm::StringRef name);
  }];
}

def Onnx_YieldOp : Onnx_Op<"yield", [
    Pure, ReturnLike, Terminator, HasParent<"::nibble::onnx::NodeOp">]> {
  let summary = "outputs of a subgraph";
  let arguments = (ins Variadic<AnyType>:$results);
  let assemblyFormat = "attr-dict ($results^ `:` type($results))?";
  let builders = [OpBuilder<(ins), [{ build($_builder, $_state, {}); }]>];
}

def Onnx_AbsentOp : Onnx_Op<"absent", [Pure]> {
  let summary = "stands for an input that a node leaves out";
  let results = (outs NoneType:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
}

def Onnx_ConstantOp : Onnx_Op<"constant", [
    Pure, ConstantLike, AllTypesMatch<["value", "result"]>]> {
  let summary = "a small initializer or the value of a Constant node";
  let description = [{
    ```mlir
    %c = onnx.constant dense<[1, -1]> : tensor<2xi64>
    ```
    Larger tensors are `onnx.parameter`: data of weights never enters the IR.
    The limit is 64 KiB, because a file may hold a tensor as a list of varints,
    which has no place; the importer writes up to 4 KiB of other data.
  }];
  let arguments = (ins ElementsAttr:$value);
  let results = (outs AnyType:$result);
  let assemblyFormat = "attr-dict $value";
  let hasFolder = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Data above this many bytes is refused.
    static constexpr int64_t kMaxBytes = 64 * 1024;
  }];
}

def Onnx_ParameterOp : Onnx_Op<"parameter", [Pure]> {
  let summary = "a weight, as a place in a file";
  let description = [{
    ```mlir
    %w = onnx.parameter "encoder.layer.0.weight" at
        <file = "weights.bin", offset = 0, length = 589824, hash = 0x1> :
        tensor<384x384xf32>
    ```
  }];
  let arguments = (ins StrAttr:$name, Onnx_PlaceAttr:$place);
  let results = (outs AnyType:$result);
  let assemblyFormat = [{
    $name `at` custom<Place>($place) attr-dict `:` type($result)
  }];
  let hasVerifier = 1;
}

#endif // NIBBLE_DIALECTS_ONNX_ONNXOPS_TD
