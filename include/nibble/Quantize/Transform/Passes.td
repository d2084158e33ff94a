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
    get; but not where `qnt.rotate = false` on the op says that something else is better, which is used up. With `keys`, in front of the keys of each attention where they come into
    its cache, whose dual the queries get: their products are as before (R3 of Ashkboos et al., QuaRot, 2024). A cache that the session keeps (`nn.state`) then holds rotated keys; one
    that the graph gets or gives shows what it holds, and is refused with a remark that names it. The model means the same; each transform costs its operations at run time until
    `qnt-fuse-transforms` moves it into weights, which no transform of keys does through a rotary embedding. It spreads outliers of keys over the channels of a head, which only pays
    where keys are kept in codes: in f32 it is off.
  }];
  let options = [
    Option<"block", "block", "int64_t", "32",
           "channels of one block of the Hadamard transform that may stay online; the largest divisor of the axis up to it">,
    ListOption<"keep", "keep", "std::string",
           "glob patterns of ONNX node names that stay in f32">,
    Option<"inputs", "inputs", "bool", "true", "ask at what is multiplied with weights">,
    Option<"keys", "keys", "bool", "false",
           "ask at the keys of attention, too, for a Hadamard transform of a head's channels (or of its largest divisor that has one)">
  ];
  let dependentDialects = ["::nibble::nn::NNDialect", "::nibble::qnt::QntDialect"];
}

def InsertMatrices : Pass<"qnt-insert-matrices", "::mlir::ModuleOp"> {
  let summary = "Asks for the matrices of a file, such as learned rotations, at the operands that will be quantized";
  let description = [{
    Each tensor of the safetensors file `matrices` (F64, F32, F16 or BF16) is a square matrix T for what the linear maps read that its name is a glob pattern of: their ONNX
    node names, as `nibble inspect` lists them. In front of them goes a `qnt.transform` to its basis, whose dual their weights get; a matrix of fewer channels is repeated
    along the axis. `qnt-fuse-transforms` moves it into weights where nothing else sees the basis, as SpinQuant's R1 (all that reads and writes the residual stream, for which one of its readers is
    enough) and R2 (what attention's values are made of: one matrix for every head); it stays at run time, as a product with a matrix, elsewhere.

    A matrix is taken as orthogonal if no element of its product with its transpose is off by more than 1e-5 in F32 and F64, 2^-10 in F16 and 2^-7 in BF16, which rounding explains; what is
    used is the nearest orthogonal matrix. Any other must be invertible, and is refused where it would not be fused. Wrong files, names, shapes and numbers are errors that name the
    tensor. Who shares a basis with a matrix gets `qnt.rotate = false`, for `qnt-insert-transforms`. The numbers of the bases are parameters in the file `numbers`.
  }];
  let options = [
    Option<"matricesPath", "matrices", "std::string", "\"\"", "safetensors file with the matrices">,
    Option<"numbers", "numbers", "std::string", "\"\"", "file that gets their numbers as f32">,
    Option<"only", "only", "bool", "false", "nothing else is rotated: all others get qnt.rotate = false">,
    ListOption<"keep", "keep", "std::string",
           "glob patterns of ONNX node names that stay in f32">
  ];
  let dependentDialects = ["::mlir::func::FuncDialect", "::nibble::nn::NNDialect", "::nibble::qnt::QntDialect"];
}

def FuseTransforms : Pass<"qnt-fuse-transforms", "::mlir::ModuleOp"> {
  let summary = "Moves changes of basis into weights";
  let description = [{
    Takes the requests (`qnt.transform` before an op whose weights, or keys whose queries, have its dual), finds by a minimum cut of the graph of orthogonal maps the cheapest set of
    edges on which a transform must stay, gives each of the parts so separated one rotation, and rewrites once: weights and constants take it, what a cut separates keeps a
    `qnt.transform`. A part without any cut is rotated by the full Hadamard matrix of its channels. A cut costs the operations of one row. So does a weight that several ops read in one form where only some
    of them have it rotated: a byte of its second copy counts as an operation, and a remark says so. A head that is tied to the table of an embedding costs none: the table's rows are gathered
    in f32, and the head reads blocks of the same numbers, or codes, which are stored apart in any basis. Each transform that stays has a remark that names the op and the reason.
    Requests for matrices of numbers come first: each goes into weights if all of its space (orthogonal or linear maps) can take it, or stays as it is, with the reason.
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
