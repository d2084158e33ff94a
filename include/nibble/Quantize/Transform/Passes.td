//===- Passes.td - Changes of basis in a model -------------*- tablegen -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_QUANTIZE_TRANSFORM_PASSES
#define NIBBLE_QUANTIZE_TRANSFORM_PASSES

include "mlir/Pass/PassBase.td"

def AnnotateSpaces : Pass<"qnt-annotate-spaces", "::mlir::func::FuncOp"> {
  let summary = "Prints which channel axes share a basis";
  let description = [{
    For one `kind` of map, finds the spaces of the function (ChannelGraph.h) that weights can absorb a map of, and writes them on the ops. `qnt.spaces` says of
    each result, and each argument, where its axes lie: `"axis 2: #0 64 x 2 copies along axis 1"` is space 0, whose map has 64 channels, one map for each index of axis
    1; a part of an axis is `axis 1[0:64]`. The function gets `qnt.space_ports`, a line for each space: its map, how many weights absorb, and what pins it.
  }];
  let options = [
    Option<"kind", "kind", "std::string", "\"orthogonal\"",
           "permutation, sign, scale, orthogonal_keeping_ones, orthogonal, linear or shift">
  ];
}

def SplitChannelOps : Pass<"qnt-split-channel-ops", "::mlir::func::FuncOp"> {
  let summary = "Splits gains and biases off the norms";
  let description = [{
    A norm with gain and bias becomes the norm, a product with the gain and a sum with the bias, so that a rotation can reach the norm. A bias whose
    readers are all linear maps over weights goes on into theirs.
  }];
  let dependentDialects = ["::nibble::nn::NNDialect", "::mlir::arith::ArithDialect"];
}

def CenterLayerNorm : Pass<"qnt-center-layer-norm", "::mlir::func::FuncOp"> {
  let summary = "Makes layer norms RMS norms where the mean can be taken out before";
  let description = [{
    Where all that reads a space of channels is a layer norm (or ignores the mean), whatever writes to it takes the mean out of its weights and biases, and the
    layer norms become RMS norms, which any rotation crosses (Ashkboos et al., SliceGPT, 2024, section 3.1). Else the pass says by a remark which reader is in the way.
  }];
  let dependentDialects = ["::nibble::nn::NNDialect", "::mlir::arith::ArithDialect"];
}

def InsertTransforms : Pass<"qnt-insert-transforms", "::mlir::ModuleOp"> {
  let summary = "Asks for a rotation at the operands that will be quantized";
  let description = [{
    In front of each activation that `nibble-quantize` with the same `keep` would quantize, a `qnt.transform` to a basis of `block` channels, whose dual the weights
    get; but not where `qnt.rotate = false` on the op says that something else is better, which is used up. The model means the same; each transform costs its operations at run time until `qnt-fuse-transforms` moves it into weights.
  }];
  let options = [
    Option<"block", "block", "int64_t", "32",
           "channels of one block of the Hadamard transform that may stay online; the largest divisor of the axis up to it">,
    ListOption<"keep", "keep", "std::string",
           "glob patterns of ONNX node names that stay in f32">
  ];
  let dependentDialects = ["::nibble::nn::NNDialect", "::nibble::qnt::QntDialect"];
}

def FuseTransforms : Pass<"qnt-fuse-transforms", "::mlir::ModuleOp"> {
  let summary = "Moves changes of basis into weights";
  let description = [{
    Takes the requests (`qnt.transform` before an op whose weights have its dual), finds by a minimum cut of the graph of orthogonal maps the cheapest set of
    edges on which a transform must stay, gives each of the parts so separated one rotation, and rewrites once: weights and constants take it, what a cut separates keeps a
    `qnt.transform`. A part without any cut is rotated by the full Hadamard matrix of its channels. Each transform that stays has a remark that names the op and the reason.
  }];
  let dependentDialects = ["::nibble::nn::NNDialect", "::nibble::qnt::QntDialect"];
}

def ScaleRotations : Pass<"qnt-scale-rotations", "::mlir::ModuleOp"> {
  let summary = "Scales channels where they are rotated at run time";
  let description = [{
    Rotated weights that share a step have an error like the sum of their channels' squares, so that a channel whose activations are large and whose weights are small
    costs the most. In front of each rotation of a norm's result that stays at run time and that only linear maps read, channels are scaled by (w / x)^0.5, the choice that makes the product of the two sums
    least: w is the root mean square of the channel's weights in all readers, x that of its activations by `statistics`. The weights get the dual. Other readers of the value do not see it. Behind
    activation functions, where few rows make a channel's size, such scales were measured to save nothing; there are none.

    `shift` takes the channels' means away first (Wei et al., Outlier Suppression+, 2023, with the mean for the middle of the range) and gives the readers' biases what the means made of them.

    The model means the same. Numbers are parameters of the file `numbers`, and weight programs over them. `statistics` are of this module with the observers of
    `nibble-insert-observers{before-rotations}`.
  }];
  let options = [
    Option<"statistics", "statistics", "std::string", "\"\"",
           "file of statistics of what the rotations read">,
    Option<"numbers", "numbers", "std::string", "\"\"",
           "file that gets the numbers of the bases">,
    Option<"shift", "shift", "bool", "false",
           "take away the means of the channels, too">,
    ListOption<"keep", "keep", "std::string",
           "glob patterns of ONNX node names that stay in f32">
  ];
  let dependentDialects = ["::nibble::nn::NNDialect", "::nibble::qnt::QntDialect", "::mlir::arith::ArithDialect"];
}

def CleanupTransforms : Pass<"qnt-cleanup-transforms", "::mlir::ModuleOp"> {
  let summary = "Composes and cancels neighbouring changes of basis, and joins norms with their gains again";
  let description = [{
    Two transforms in a row along one axis become one, or none where they cancel; a gain or bias that `qnt-split-channel-ops` left behind a norm is the norm's again; bases that nothing names
    go. Nothing is created, so it ends.
  }];
  let dependentDialects = ["::nibble::nn::NNDialect", "::nibble::qnt::QntDialect"];
}

#endif // NIBBLE_QUANTIZE_TRANSFORM_PASSES
