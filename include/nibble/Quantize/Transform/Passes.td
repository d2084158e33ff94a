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
    For one `kind` of map, finds the spaces of the function (ChannelGraph.h) in
    which weights can absorb such a map, and writes them on the ops.

    - `qnt.spaces`, on ops and arguments, says for each result or argument which
      of its axes lie in which space. `"axis 2: #0 64 x 2 copies along axis 1"`
      is space 0, whose map has 64 channels, with a map for each index of axis
      1. A part of an axis is written as `axis 1[0:64]`.
    - `qnt.space_ports`, on the function, has a line for each space: its map,
      how many weights absorb it, and what pins it.
  }];
  let options = [
    Option<"kind", "kind", "std::string", "\"orthogonal\"",
           "permutation, sign, scale, orthogonal_keeping_ones, orthogonal, "
           "linear or shift">
  ];
}

def SplitChannelOps : Pass<"qnt-split-channel-ops", "::mlir::func::FuncOp"> {
  let summary = "Splits gains and biases off the norms";
  let description = [{
    A norm with gain and bias becomes a plain norm, a product with the gain and
    a sum with the bias, so that a rotation can reach the norm. If all readers
    are linear maps over weights, the bias goes on into theirs.
  }];
  let dependentDialects = [
    "::nibble::nn::NNDialect", "::mlir::arith::ArithDialect"
  ];
}

def CenterLayerNorm : Pass<"qnt-center-layer-norm", "::mlir::func::FuncOp"> {
  let summary = "Makes layer norms RMS norms where the mean can be removed before";
  let description = [{
    If everything that reads a space of channels is a layer norm, or ignores the
    mean, then the weights and biases that write to the space give up the mean,
    and the layer norms become RMS norms, which any rotation crosses (Ashkboos
    et al., SliceGPT, 2024, section 3.1). Otherwise a remark says which reader
    is in the way.
  }];
  let dependentDialects = [
    "::nibble::nn::NNDialect", "::mlir::arith::ArithDialect"
  ];
}

def InsertTransforms : Pass<"qnt-insert-transforms", "::mlir::ModuleOp"> {
  let summary = "Asks for a rotation at the operands that will be quantized";
  let description = [{
    Puts a `qnt.transform` to a basis of `block` channels before each activation
    that `nibble-quantize` with the same `keep` would quantize, and its dual on
    the weights that it meets. An op with `qnt.rotate = false` is left out: an
    earlier pass found something better for it. The attribute is removed.

    With `keys`, a transform also goes before the keys of each attention, where
    they come into its cache, and its dual on the queries: their products stay
    as they were (R3 of Ashkboos et al., QuaRot, 2024). A cache that the session
    keeps (`nn.state`) then holds rotated keys. One that the graph takes or
    returns would show them, and is refused with a remark that names it.
    Rotating keys spreads their outliers over the channels of a head. That pays
    only where keys are kept as codes; caches are f32, so that it is off.

    The model means the same as before. Each transform costs its operations at
    run time until `qnt-fuse-transforms` moves it into weights, which it cannot
    do with keys behind a rotary embedding.
  }];
  let options = [
    Option<"block", "block", "int64_t", "32",
           "most channels of a Hadamard block that may stay at run time; the "
           "block is the largest divisor of the axis up to it">,
    ListOption<"keep", "keep", "std::string",
           "glob patterns of ONNX node names that stay in f32">,
    Option<"inputs", "inputs", "bool", "true",
           "ask at what is multiplied with weights">,
    Option<"keys", "keys", "bool", "false",
           "ask at the keys of attention, too, for a Hadamard transform of a "
           "head's channels (or of its largest divisor that has one)">
  ];
  let dependentDialects = [
    "::nibble::nn::NNDialect", "::nibble::qnt::QntDialect"
  ];
}

def InsertMatrices : Pass<"qnt-insert-matrices", "::mlir::ModuleOp"> {
  let summary = "Asks for the matrices of a file at the operands that will be quantized";
  let description = [{
    Each tensor of the safetensors file `matrices` (F64, F32, F16 or BF16), such
    as a learned rotation, is a square matrix T. Its name is a glob pattern of
    ONNX node names, as `nibble inspect` lists them, and T is for what these
    linear maps read. A `qnt.transform` to the basis of T goes before them, and
    its dual on their weights. A matrix of fewer channels than the axis is
    repeated along it; its size must divide that of the axis.

    `qnt-fuse-transforms` moves T into weights where nothing else sees the
    basis, as with R1 and R2 of SpinQuant (Liu et al., 2024): R1 is the basis of
    all that reads and writes the residual stream, and naming one of its readers
    is enough; R2 is that of attention's values, one matrix for every head.
    Elsewhere T stays at run time, as a product with a matrix.

    A matrix counts as orthogonal if no element of T Tᵀ - I is larger than 1e-5
    (F32, F64), 2^-10 (F16) or 2^-7 (BF16), which is what rounding explains; the
    nearest orthogonal matrix is then used in its place. Any other matrix must
    be invertible, and is refused where it would not be fused. Files, names,
    shapes and numbers that are wrong are errors that name the tensor.

    What shares a basis with a matrix gets `qnt.rotate = false`, for
    `qnt-insert-transforms`.
  }];
  let options = [
    Option<"matricesPath", "matrices", "std::string", "\"\"",
           "safetensors file with the matrices">,
    Option<"numbers", "numbers", "std::string", "\"\"",
           "file that the matrices are written to as f32, as parameters of the "
           "module">,
    Option<"only", "only", "bool", "false",
           "nothing else is rotated: all others get qnt.rotate = false">,
    ListOption<"keep", "keep", "std::string",
           "glob patterns of ONNX node names that stay in f32">
  ];
  let dependentDialects = [
    "::mlir::func::FuncDialect", "::nibble::nn::NNDialect",
    "::nibble::qnt::QntDialect"
  ];
}

def FuseTransforms : Pass<"qnt-fuse-transforms", "::mlir::ModuleOp"> {
  let summary = "Moves changes of basis into weights";
  let description = [{
    Takes the requests of `qnt-insert-transforms`: each `qnt.transform` before
    ops whose weights have its dual, or before keys whose queries have it. A
    minimum cut of the graph of orthogonal maps finds the cheapest set of edges
    on which a transform must stay at run time. Each part that is so separated
    gets one rotation, and the function is rewritten once: weights and constants
    take the rotation, and the edges of the cut keep a `qnt.transform`. A part
    that meets no cut is rotated by the full Hadamard matrix of its channels.
    Each transform that stays has a remark that names the op and the reason.

    Costs are in operations of a run over one row. A transform on an edge costs
    those of its rows. A weight that several ops read in one form, only some of
    them rotated, costs an operation for each byte of its second copy; a remark
    says so. A head that is tied to the table of an embedding costs nothing: the
    table's rows are gathered in f32, and the head reads blocks of the same
    numbers, or codes, which are stored apart in any basis.

    Requests of `qnt-insert-matrices` come first. A matrix goes into weights if
    all of its space (of orthogonal or of linear maps) can take it, or stays as
    it is, with the reason.
  }];
  let dependentDialects = [
    "::nibble::nn::NNDialect", "::nibble::qnt::QntDialect"
  ];
}

def RandomizeSpaces : Pass<"qnt-randomize-spaces", "::mlir::ModuleOp"> {
  let summary = "Puts random changes of basis into all free channels";
  let description = [{
    For tests of the rewriting on whole models, whatever a policy would want of
    them: each space of channels (ChannelGraph.h) that linear maps or
    convolutions over weights read, and that nothing pins, gets a random map of
    one `kind`. What writes and reads the channels takes it, by `qnt.transform`
    on the weights. The model means the same as before.

    Permutations are uniform; scales lie between 1/2 and 2. Matrices are
    products of reflections, with such scales between them for `linear`; the
    channels of all copies in a space, such as heads, get the same one. Where
    channels meet a gain, matrices stay away: `qnt-fuse-transforms` folds those.

    Each space has a remark that says what it got; what stays has one with the
    reason.
  }];
  let options = [
    Option<"kind", "kind", "std::string", "\"permutation\"",
           "permutation, sign, scale, orthogonal_keeping_ones, orthogonal or "
           "linear">,
    Option<"numbers", "numbers", "std::string", "\"\"",
           "file that the numbers of the bases are written to">,
    Option<"seed", "seed", "int64_t", "1", "which maps">
  ];
  let dependentDialects = [
    "::mlir::func::FuncDialect", "::nibble::nn::NNDialect",
    "::nibble::qnt::QntDialect"
  ];
}

def ScaleRotations : Pass<"qnt-scale-rotations", "::mlir::ModuleOp"> {
  let summary = "Scales channels where they are rotated at run time";
  let description = [{
    Rotated numbers that share a step have an error that follows the sum of
    their channels' squares. So large activations that meet small weights cost
    the most. Before each rotation of a norm's result that stays at run time,
    and that only linear maps read, channels are scaled by (w / x)^0.5, and
    their weights get the dual. w is the root mean square of a channel's weights
    in all readers, x that of its activations by `statistics`. This choice makes
    the product of the two sums the least. Other readers of the value do not see
    the scale.

    The results of activation functions are not scaled: a few rows make a
    channel's size there, and such scales were measured to save nothing.

    `shift` first takes the channels' means away and adds what they contributed
    to the readers' biases (Wei et al., Outlier Suppression+, 2023, with the
    mean in place of the middle of the range). Each map that is quantized and
    reads no such rotation says why by a remark and `nn.note`. Without one in
    the module `statistics` are not needed.

    The model means the same as before. `statistics` are of this module, with
    the observers of `nibble-insert-observers{before-rotations}`. The file
    `numbers` gets the numbers of the new bases, as parameters of the module;
    the scales are weight programs over them.
  }];
  let options = [
    Option<"statistics", "statistics", "std::string", "\"\"",
           "file of statistics of what the rotations read">,
    Option<"numbers", "numbers", "std::string", "\"\"",
           "file that the numbers of the bases are written to">,
    Option<"shift", "shift", "bool", "false",
           "take away the means of the channels, too">,
    ListOption<"keep", "keep", "std::string",
           "glob patterns of ONNX node names that stay in f32">
  ];
  let dependentDialects = [
    "::nibble::nn::NNDialect", "::nibble::qnt::QntDialect",
    "::mlir::arith::ArithDialect"
  ];
}

def CleanupTransforms : Pass<"qnt-cleanup-transforms", "::mlir::ModuleOp"> {
  let summary = "Composes and cancels neighbouring changes of basis, and joins norms with their gains again";
  let description = [{
    Two transforms in a row along one axis become one, or none where they
    cancel. A gain or bias that `qnt-split-channel-ops` left behind a norm
    becomes the norm's again. Bases that nothing names are erased. Nothing is
    created, so the pass ends.
  }];
  let dependentDialects = [
    "::nibble::nn::NNDialect", "::nibble::qnt::QntDialect"
  ];
}

#endif // NIBBLE_QUANTIZE_TRANSFORM_PASSES
