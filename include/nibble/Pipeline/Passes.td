//===- Passes.td - Passes of the reference pipeline --------*- tablegen -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_PIPELINE_PASSES
#define NIBBLE_PIPELINE_PASSES

include "mlir/Pass/PassBase.td"

def ReferenceParameters : Pass<"nn-reference-parameters", "::mlir::ModuleOp"> {
  let summary = "Turns nn.parameter into a read of an external global";
  let description = [{
    Each place in a file becomes one `memref.global` without an initial value,
    which keeps the place in the attribute `nn.place`; whoever runs the code
    binds it to the bytes.
  }];
  let dependentDialects = [
    "::mlir::bufferization::BufferizationDialect",
    "::mlir::memref::MemRefDialect"
  ];
}

def ReferenceInterface : Pass<"nn-reference-interface", "::mlir::ModuleOp"> {
  let summary = "Gives each function a C interface, after checking its types";
  let description = [{
    Every function with a body gets `llvm.emit_c_interface`. An op or a function
    that still holds a `!qnt.tensor` is an error. Bases (`qnt.basis`), which
    nothing names any more, go.
  }];
}

def ReferenceMemory : Pass<"nn-reference-memory", "::mlir::func::FuncOp"> {
  let summary = "Writes copies as loops and reshapes as explicit strides";
  let description = [{
    `memref.copy` becomes `linalg.generic`: its own lowering calls a function of
    MLIR's runtime library as soon as a side is strided. `memref.expand_shape`
    with several dynamic extents in a group becomes
    `memref.reinterpret_cast` with the strides written out:
    `expand-strided-metadata` derives at most one extent a group.
  }];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::memref::MemRefDialect"
  ];
}

def ReferenceLoops : Pass<"nn-reference-loops", "::mlir::ModuleOp"> {
  let summary = "Gives each outermost loop a function of its own";
  let description = [{
    Each outermost `scf.for` becomes a call of a private function, which is not
    inlined; loops that are equal but for what they read share one. LLVM then
    takes time in proportion to the different layers: in one function, the
    conditions of all loops over an extent are looked at wherever that extent is
    used.
  }];
  let dependentDialects = ["::mlir::func::FuncDialect", "::mlir::scf::SCFDialect"];
}

def RandomizeParameters : Pass<"qnt-randomize-parameters", "::mlir::func::FuncOp"> {
  let summary = "Replaces gains and biases by random numbers";
  let description = [{
    For tests: a gain of ones, or a bias of zeros, hides what a transform does to it wrongly. Scales of norms become numbers of both signs with
    magnitudes from 0.5 to 2; biases of norms, linear maps and convolutions normal ones with deviation 0.5. Only those that derive from parameters; every use gets its own.
  }];
  let options = [
    Option<"seed", "seed", "int64_t", "1", "which numbers">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def SearchScales : Pass<"qnt-search-scales", "::mlir::ModuleOp"> {
  let summary = "Moves the scale of channels between activations and weights";
  let description = [{
    For each space of channels whose scale is free (ChannelGraph.h) and that linear maps or convolutions read which `nibble-quantize` with the same options would
    quantize: channels that reach x and meet weights that reach w are divided by x^a / w^b. The candidates have a from 0.1 to 1 with b = 0 (AWQ: x is the root of the mean
    square) or b = 1 - a (SmoothQuant: x is the largest magnitude). Others have a = b = 0.5 (cross-layer equalisation) of outliers only, max(1, x^0.5 / w^0.5 / limit), for limits from the largest
    ratio down to the median. Without `statistics` the weights that make a channel say how large it is; these others are then the only ones.
    The one is taken that has the least expected squared error of all readers' outputs: the weights' errors, coded as they will be on up to 64 rows of each, times the mean squares of the
    channels, plus the rounding errors of the activations times the weights' squares. Nothing is changed where that gains less than 1%, without `statistics` less than half.

    Whatever writes and reads the channels takes the scale, by `qnt.transform` with a diagonal basis; its numbers are parameters in the file `numbers`. Each space has a remark
    that says what it got and the errors, relative to the outputs; what cannot be scaled says why.
  }];
  let options = [
    Option<"weights", "weights", "std::string", "\"f32\"", "format of the weights, as of nibble-quantize">,
    Option<"activations", "activations", "std::string", "\"f32\"", "format of what is multiplied with them">,
    Option<"group", "group", "int64_t", "0", "values along the summed axis that share a scale; 0: all of them">,
    ListOption<"keep", "keep", "std::string", "glob patterns of ONNX node names that stay in f32">,
    Option<"statistics", "statistics", "std::string", "\"\"", "file of statistics of the activations, whose ranges are then static">,
    Option<"numbers", "numbers", "std::string", "\"\"", "file that gets the scales">,
    Option<"activationGroup", "activation-group", "int64_t", "0",
           "activations of a row that share a scale, as of nibble-quantize">
  ];
  let dependentDialects = ["::mlir::func::FuncDialect", "::nibble::nn::NNDialect", "::nibble::qnt::QntDialect"];
}

def MeasureRotations : Pass<"qnt-measure-rotations", "::mlir::ModuleOp"> {
  let summary = "Takes back rotations that measure worse than none";
  let description = [{
    For each linear map that `qnt-insert-transforms` with the same `keep` and `block` would rotate the input of: the expected squared error of its outputs, rotated and as it
    is, from `statistics` of both (`nibble-insert-observers{rotation-block}`). It is the weights' errors, coded as they will be on up to 64 rows, times the mean squares of the channels, plus the
    error of the activations' static codes times the weights' squares. Maps that share a basis (ChannelGraph.h) share the choice: where unrotated inputs are better by 2 dB or more in their mean, all get
    `qnt.rotate = false`. That much, because a rotation also saves what one map's expected error does not show: ranges that inputs outside of the calibration data exceed, and, where it
    fuses, the weights that write to the space.

    Each of the maps says by `nn.note` what was measured and what became of it, by a remark each space. Maps of which the statistics have no rows say so and stay with the rule, which is to rotate, unless others that share their basis have measured otherwise.
  }];
  let options = [
    Option<"weights", "weights", "std::string", "\"f32\"", "format of the weights, as of nibble-quantize">,
    Option<"activations", "activations", "std::string", "\"f32\"", "format of what is multiplied with them">,
    Option<"group", "group", "int64_t", "0", "values along the summed axis that share a scale; 0: all of them">,
    Option<"block", "block", "int64_t", "32", "channels of one block of the Hadamard transform, as of qnt-insert-transforms">,
    ListOption<"keep", "keep", "std::string", "glob patterns of ONNX node names that stay in f32">,
    Option<"statistics", "statistics", "std::string", "\"\"", "file of statistics of what could be rotated, as it is and rotated">
  ];
}

def SearchPermutations : Pass<"qnt-search-permutations", "::mlir::ModuleOp"> {
  let summary = "Puts channels into an order that suits blocks";
  let description = [{
    For each space of channels whose order only weights see (ChannelGraph.h) and that linear maps read which `nibble-quantize` with the same `keep` would quantize:
    `order = sort` puts channels of like size into one block of `block` channels, which share a scale; `order = zigzag` deals them to the blocks of a rotation (the largest
    that `qnt-insert-transforms` with the same `block` makes) there and back by magnitude, so that each gets its share of outliers (Lin et al., DuQuant, 2024).
    Where the channels of a space are of heads, each head has an order of its own, or all the same, as the graph lets them.

    How large a channel is: with `statistics` the largest magnitude that its readers saw; without, the root of the mean squares of the weights that make and read it, relative
    to the other channels of the same weight. Nothing changes where the new order is not 1% better: for `sort` the energy that channels would have that all were as large as the largest one of
    their block; for `zigzag` the energy of the block that has most.

    Whatever writes and reads the channels takes the order, by `qnt.transform` with a basis of permutations; their indexes are parameters in the file `numbers`. Nothing is ever
    permuted at run time: where an order cannot be absorbed, a remark names the op and the reason, and the channels stay as they are.
  }];
  let options = [
    Option<"order", "order", "std::string", "\"sort\"", "sort or zigzag">,
    Option<"block", "block", "int64_t", "32", "channels that share a scale, or the most that share a rotation">,
    ListOption<"keep", "keep", "std::string", "glob patterns of ONNX node names that stay in f32">,
    Option<"statistics", "statistics", "std::string", "\"\"", "file of statistics of the activations">,
    Option<"numbers", "numbers", "std::string", "\"\"", "file that gets the indexes">
  ];
  let dependentDialects = ["::mlir::func::FuncDialect", "::nibble::nn::NNDialect", "::nibble::qnt::QntDialect"];
}

def VerifyEquivalence : Pass<"qnt-verify-equivalence", "::mlir::ModuleOp"> {
  let summary = "Fails if the model computes something else than another one";
  let description = [{
    Runs `function` of the module and of the one in the file `against` by nibble-reference (plain loops, in f32) on the same random
    inputs, and prints for each output the largest difference of an element, relative to the largest magnitude in the original's output.
    Above `bound` that is an error.

    Dynamic extents get small different numbers that fulfil the model's constraints, where `extents` says nothing else. Floats
    are normally distributed with mean 0 and `deviation`, which should be that of what the model was made for: noise of another size makes some models amplify each rounding.
    Integers are distributed uniformly from 0 to `integer-max`, which should be below the extent of what they index.

    Changes of basis of weights run as plain products with matrices, too. With `evaluate-weights` they are what the compiler folds instead, which is faster, and the only way for inverses
    of matrices that are not orthogonal.

    States (`nn.state`) are each model's own and may be in different bases: they begin with zeros, or empty (`extents` must say so of the extent that grows), and a second run gets what the
    first one left. What the runs give otherwise is compared.
  }];
  let options = [
    Option<"against", "against", "std::string", "\"\"", "file of the original module">,
    Option<"function", "function", "std::string", "\"main\"", "which function is run">,
    Option<"bound", "bound", "double", "1e-5", "largest relative difference that is allowed">,
    Option<"seed", "seed", "int64_t", "1", "which random inputs">,
    Option<"deviation", "deviation", "double", "1", "standard deviation of the floats of inputs">,
    Option<"integerMax", "integer-max", "int64_t", "1", "largest integer of inputs">,
    Option<"evaluateWeights", "evaluate-weights", "bool", "false", "changes of basis of weights are what the compiler folds">,
    ListOption<"extents", "extents", "std::string", "name=number of symbolic extents">,
    ListOption<"integers", "integers", "std::string", "name=number of inputs: their own largest integer">
  ];
}

#endif // NIBBLE_PIPELINE_PASSES
