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

#endif // NIBBLE_PIPELINE_PASSES
