//===- Passes.td - From onnx to nn -------------------------*- tablegen -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_FRONTEND_PASSES
#define NIBBLE_FRONTEND_PASSES

include "mlir/Pass/PassBase.td"

def OnnxInferShapes : Pass<"onnx-infer-shapes", "::mlir::ModuleOp"> {
  let summary = "types, symbolic extents and folded shape arithmetic";
  let description = [{
    Finds the type of every value from those of the inputs. Extents are affine
    expressions over the model's named dimensions; an input's extent without a
    name gets one. Small integer tensors are followed element by element, so
    that the Shape/Gather/Concat/Reshape arithmetic which exporters write is
    gone afterwards: a value whose numbers are known becomes an
    `onnx.constant`, and an `If` whose condition is known is replaced by its
    branch.

    What is found stands in the IR:

    | attribute | on | meaning |
    |---|---|---|
    | `nn.symbols` | module | names of the symbols s0, s1, … |
    | `nn.constraints` | module | an integer set over them that inputs must lie in |
    | `nn.then_constraints`, `nn.else_constraints` | If | the same for runs that take the branch |
    | `nn.shape` | argument, result of main | an affine map from the symbols to the extents |
    | `nn.shapes` | node | the same for each output, where one is not static |
    | `nn.contents` | node | the same for the elements of each output, unit where they are not known |

    Where two extents must be equal for the model to make sense and are not
    the same expression, the equation is added to `nn.constraints` and, where
    it gives one symbol in terms of the others, that symbol is replaced.

    All operators that are not supported are reported in one error.
  }];
  let options = [
    ListOption<"inputValues", "input-value", "std::string",
               "name=number: the input is this number in every run, and is "
               "no longer an argument">
  ];
  let dependentDialects = ["::nibble::onnx::OnnxDialect"];
}

def ConvertOnnxToNN : Pass<"convert-onnx-to-nn", "::mlir::ModuleOp"> {
  let summary = "each onnx node to ops of nn, by operator and opset";
  let description = [{
    Needs the attributes that `onnx-infer-shapes` leaves. Numbers narrower or
    wider than f32 are computed in f32: weights keep their type in the file and
    are followed by an `nn.cast`, and main keeps its types with an `nn.cast` at
    the border. A finite weight of f64 that f32 cannot hold is an error. Every index value is a function of extents of main's arguments.
    A node's location becomes that of the ops made from it.

    Arguments and results of main get `nn.name` (the name in the file) and
    `nn.dims` (the symbol of each dimension that is one, or "").
  }];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect",
    "::nibble::nn::NNDialect", "::nibble::qnt::QntDialect"
  ];
}

def NNRaise : Pass<"nn-raise", "::mlir::ModuleOp"> {
  let summary = "functions that a graph spells out become one op";
  let description = [{
    Exporters write many functions as graphs of simpler ones. What a quantizer
    and the kernels know as one op becomes one op: activations (GELU, SiLU, hard
    swish, Mish), softmax, LayerNorm and RMSNorm with their scale and bias,
    products with weights and their biases, scaled convolutions, lookups,
    rotary embeddings, caches, and attention with its masks.

    Patterns go by what is computed: factors and terms may be in any order,
    numbers anywhere among them and in any form. A mask that compares positions
    is known as causal, as a window, or as no mask at all.

    A query that sees no key has zeros as its result afterwards, where the
    graph's largest negative number gives the mean of all values.
  }];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::tensor::TensorDialect", "::nibble::nn::NNDialect"
  ];
}

def QntPropagate : Pass<"qnt-propagate", "::mlir::ModuleOp"> {
  let summary = "ops between dequantize and quantize take quantized operands";
  let description = [{
    Quantized models say dequantize, op, quantize. The dequantize becomes part
    of the op: linear, matmul, convolutions and sums take operands of type
    `!qnt.tensor`, which is where integer kernels start from. A quantize behind
    an op stays and is its epilogue. Ops that only move elements move codes when
    the same scale is before and behind them. Codes that are taken from a
    quantized tensor and put together again with the same numbers are that
    tensor. An integer product whose result is scaled afterwards (MatMulInteger)
    gets its scales.
  }];
  let dependentDialects = ["::nibble::nn::NNDialect",
                           "::nibble::qnt::QntDialect"];
}

#endif // NIBBLE_FRONTEND_PASSES
