//===- Passes.td - From f32 to quantized nn IR -------------*- tablegen -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_QUANTIZE_PASSES
#define NIBBLE_QUANTIZE_PASSES

include "mlir/Pass/PassBase.td"

def QuantizeModel : Pass<"nibble-quantize", "::mlir::ModuleOp"> {
  let summary = "Quantizes weights of linear maps, and what is multiplied with them";
  let description = [{
    For every nn.linear and nn.conv in f32 whose weights derive from parameters, the weights become a qnt.quantize with the scale
    search of rule S-8: one scale for each output, or for each group of `group` values along the summed axis of an nn.linear. The input becomes a
    qnt.quantize, one for each value however many ops read it: with static scales where `statistics` has the
    value, else with a scale for each row, found at run time, which an nn.linear can take. With `activation-group` each group of so many neighbours in a
    row has a scale; no kernel multiplies such codes, so that a qnt.dequantize follows, and a remark and `nn.note` say that the rounded numbers
    are multiplied in f32. Codes of rows of fewer than eight bits lie in bytes for the kernels of int8, which is said, too.

    What stays in f32 says why, by a remark and by the attribute `nn.note`: ops that a pattern of `keep` names, depthwise convolutions without
    statistics, other convolutions without statistics (their input stays in f32, weights are still quantized). Filters of depthwise convolutions are
    int8 whatever `weights` asks for: a scale has a few of them only.

    ```
    quant-opt --nibble-quantize="weights=int4 group=32 activations=int8" model.mlir
    ```
  }];
  let options = [
    Option<"weights", "weights", "std::string", "\"f32\"",
           "format of the weights: f32, a name (int8, int4, …) or a whole #qnt.format<…>">,
    Option<"activations", "activations", "std::string", "\"f32\"",
           "format of what is multiplied with them: f32, int2 to int8 or uint8">,
    Option<"activationGroup", "activation-group", "int64_t", "0",
           "values of a row of activations that share a scale, found at run time; 0: the whole row">,
    Option<"group", "group", "int64_t", "0",
           "values along the summed axis that share a scale; 0: all of them">,
    ListOption<"keep", "keep", "std::string",
           "glob patterns of ONNX node names that stay in f32">,
    Option<"statistics", "statistics", "std::string", "\"\"",
           "file of statistics of the activations; without it they are scaled at run time">,
    Option<"boundPairs", "bound-pairs", "bool", "false",
           "int8 weights that meet quantized activations have bounded pairs (rule S-10) in the order of the kernels: spatial axes, then channels; activations with static scales have codes without sign, whose values are the same">,
    Option<"embeddings", "embeddings", "bool", "false",
           "quantize the tables of nn.embedding, too">
  ];
  let dependentDialects = ["::nibble::nn::NNDialect", "::nibble::qnt::QntDialect", "::mlir::arith::ArithDialect"];
}

def InsertObservers : Pass<"nibble-insert-observers", "::mlir::ModuleOp"> {
  let summary = "Marks the values whose statistics nibble-quantize asks for";
  let description = [{
    Puts a qnt.observe behind each value that `nibble-quantize` with the same `keep` would quantize. The module
    attribute `qnt.statistics_key` says what the statistics are of: a hash of the module. With `before-rotations` only norms' results that a rotation at run time reads are
    marked, under the name of what it gives: what `qnt-scale-rotations` asks for. With `rotation-block` only what linear maps read is marked, and beside it what a Hadamard
    transform by blocks would make of it: what `qnt-measure-rotations` asks for.
  }];
  let options = [
    Option<"beforeRotations", "before-rotations", "bool", "false",
           "mark what rotations read, and nothing else">,
    Option<"rotationBlock", "rotation-block", "int64_t", "0",
           "mark what rotations by blocks of up to so many channels could read, and what they would make of it, and nothing else; 0: do not">,
    ListOption<"keep", "keep", "std::string",
           "glob patterns of ONNX node names that stay in f32">
  ];
  let dependentDialects = ["::nibble::nn::NNDialect", "::nibble::qnt::QntDialect"];
}

def ObserveLayers : Pass<"nibble-observe-layers", "::mlir::ModuleOp"> {
  let summary = "Marks the result of every layer";
  let description = [{
    Puts a qnt.observe, named after the ONNX node, behind the f32 result of each nn op of @main that computes (not those that only move or
    reshape, not what derives from parameters). Of several ops that stand for one node the last is taken. Two versions of a model, in f32 and
    quantized, can so be compared layer by layer.
  }];
  let dependentDialects = ["::nibble::nn::NNDialect", "::nibble::qnt::QntDialect"];
}

def ExposeObserved : Pass<"nibble-expose-observed", "::mlir::ModuleOp"> {
  let summary = "Makes observed values results of @main";
  let description = [{
    Each qnt.observe goes; its value becomes one more result of @main, whose attribute `nn.name` is the
    observer's name after `observed/`.
  }];
  let dependentDialects = ["::mlir::func::FuncDialect", "::nibble::qnt::QntDialect"];
}

#endif // NIBBLE_QUANTIZE_PASSES
