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

def VerifyEquivalence : Pass<"qnt-verify-equivalence", "::mlir::ModuleOp"> {
  let summary = "Fails if the model computes something else than another one";
  let description = [{
    Runs `function` of the module and of the one in the file `against` by nibble-reference (plain loops, in f32) on the same random
    inputs, and prints for each output the largest difference of an element, relative to the largest magnitude in the original's output.
    Above `bound` that is an error.

    Dynamic extents get small different numbers that fulfil the model's constraints, where `extents` says nothing else. Floats
    are normally distributed, integers uniformly from 0 to `integer-max`, which should be below the extent of what they index.
  }];
  let options = [
    Option<"against", "against", "std::string", "\"\"", "file of the original module">,
    Option<"function", "function", "std::string", "\"main\"", "which function is run">,
    Option<"bound", "bound", "double", "1e-5", "largest relative difference that is allowed">,
    Option<"seed", "seed", "int64_t", "1", "which random inputs">,
    Option<"integerMax", "integer-max", "int64_t", "1", "largest integer of inputs">,
    ListOption<"extents", "extents", "std::string", "name=number of symbolic extents">,
    ListOption<"integers", "integers", "std::string", "name=number of inputs: their own largest integer">
  ];
}

#endif // NIBBLE_PIPELINE_PASSES
