//===- LoopNestPasses.td - Passes of the loop-nest generator -*- tablegen -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_CODEGEN_KERNELS_LOOPNESTPASSES
#define NIBBLE_CODEGEN_KERNELS_LOOPNESTPASSES

include "mlir/Pass/PassBase.td"

def LowerLoopNests : Pass<"nibble-lower-loop-nests", "::mlir::func::FuncOp"> {
  let summary = "Turn the linalg ops of a kernel into vectorised loops";
  let description = [{
    Rewrites a function with `nn.kernel` whose body is a sequence of structured
    linalg ops on memrefs (nibble/Codegen/Kernels/LoopNest.h says what else may
    stand in it) into loops over the grid points `[begin, end)`:

    - the first `nn.shared_dims` iterators become the grid; where vectors need
      one of them, it is cut into blocks of a fixed number of elements;
    - dimensions that are contiguous in every operand are joined first;
    - consecutive ops over the same domain share one loop, values passing in
      registers; temporaries shrink to what one grid point needs;
    - the loop whose accesses are cheapest as vectors gets `vector-width` lanes
      and a scalar tail of the same ops, so a value does not depend on its place;
    - reductions keep their accumulators in registers; lanes are joined in an
      order that depends on the length only.

    What cannot be vectorised becomes scalar loops. Functions without
    `nn.kernel` or without linalg ops are left alone.
  }];
  let options = [
    Option<"vectorWidth", "vector-width", "unsigned", /*default=*/"8",
           "f32 lanes of a vector register (a power of two, at least 2)">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect",
    "::mlir::LLVM::LLVMDialect"
  ];
}

def LoopNestSizes : Pass<"nibble-loop-nest-sizes", "::mlir::ModuleOp"> {
  let summary = "Write each loop-nest kernel's grid and scratch size as functions";
  let description = [{
    For every kernel `@k` that `nibble-lower-loop-nests` would lower, adds the
    private functions `@k.grid` (grid points) and `@k.scratch` (bytes one
    thread needs), which take the kernel's operands and return an index. Must
    run before the kernels are lowered.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
    "::mlir::memref::MemRefDialect"
  ];
}

def ExpandMath : Pass<"nibble-expand-math"> {
  let summary = "Write elementary functions as arithmetic in lanes";
  let description = [{
    Replaces the transcendental ops of the math dialect on f32 scalars and
    vectors (and on f16 and bf16 through f32) by arith ops and `math.fma`, with
    errors within 2 units in the last place over all arguments. One lane and
    many lanes give the same bits. Cheap exact ops (absf, sqrt, floor,
    roundeven, fma, copysign, …) stay, and so does f64.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
    "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"
  ];
}

#endif // NIBBLE_CODEGEN_KERNELS_LOOPNESTPASSES
