//===- LoopNest.h - Loop nests from linalg on memrefs -----------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The generator for every kernel that is not a contraction: a sequence of
// structured linalg ops on memrefs becomes scf loops with vector code.
//
// A kernel is a private func.func with the unit attribute `nn.kernel`. Its
// last three arguments are `%begin: index, %end: index,
// %scratch: memref<?xi8>`; its one block holds, in any order that dominates,
//  - structured linalg ops and memref.copy on memrefs,
//  - memref.alloc/alloca/dealloc of temporaries (identity layout); they become
//    rows in %scratch or registers,
//  - side-effect free ops on indices and views (memref.dim, memref.subview,
//    memref.cast, memref.expand_shape, memref.collapse_shape, arith).
//
// `nn.shared_dims = P : i64` says that the first P iterators of all the
// linalg ops are one parallel loop nest: the caller promises equal extents.
// The generator checks everything else (that each temporary and each written
// buffer is indexed by these iterators in the same places) and shares fewer
// loops where that does not hold, so a wrong P costs time, not correctness.
//
// Memory behind different kernel arguments must not overlap if one of them is
// written, except that two arguments may be the same memory when each element
// is accessed at the same iteration through both (elementwise in place).
//
// The grid is a function of shapes only; each element is made by one grid
// point in one order, so results do not depend on how [begin, end) is cut.
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_CODEGEN_KERNELS_LOOPNEST_H
#define NIBBLE_CODEGEN_KERNELS_LOOPNEST_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace nibble::codegen {

/// Unit attribute of a kernel function.
inline constexpr llvm::StringLiteral kKernelAttr = "nn.kernel";
/// i64 attribute: how many outer iterators the kernel's linalg ops share.
inline constexpr llvm::StringLiteral kSharedDimsAttr = "nn.shared_dims";
/// i64 attribute n of the arith.addf that joins a sum with its terms, each
/// x_j * entry: the two innermost loops of n, a power of two, multiply blocks x
/// by Sylvester's Hadamard matrix / sqrt(n). Where the rest of the op allows,
/// that is done by butterflies in registers, n log n additions; elsewhere by
/// the sums as they are written. Rounding differs.
inline constexpr llvm::StringLiteral kHadamardAttr = "nn.hadamard";
/// Arguments of a kernel after its operands: begin, end, scratch.
inline constexpr unsigned kNumKernelTrailingArgs = 3;

struct LoopNestOptions {
  /// f32 lanes of a vector register: 8 for AVX2, 16 for AVX-512. A power of
  /// two, at least 2.
  unsigned vectorWidth = 8;
};

/// True if `kernel` is a kernel function that holds linalg ops on memrefs, so
/// that the loop-nest generator is responsible for it.
bool isLoopNestKernel(mlir::func::FuncOp kernel);

/// Emits, at a launch of the not yet lowered `kernel`, the number of its grid
/// points, an index. `operands` are the launch's values for all arguments but
/// the trailing three. Fails with a diagnostic at `kernel` if it is not a
/// loop-nest kernel.
mlir::FailureOr<mlir::Value> buildLoopNestGrid(mlir::OpBuilder &builder,
                                               mlir::Location loc,
                                               mlir::func::FuncOp kernel,
                                               mlir::ValueRange operands);

/// Likewise the bytes of scratch that one thread needs; 0 if none. `%scratch`
/// must be 64-byte aligned.
mlir::FailureOr<mlir::Value> buildLoopNestScratch(mlir::OpBuilder &builder,
                                                  mlir::Location loc,
                                                  mlir::func::FuncOp kernel,
                                                  mlir::ValueRange operands);

/// Replaces the linalg ops of `kernel` by loops. Fails with a diagnostic and
/// leaves `kernel` as it was if it holds something else than said above.
mlir::LogicalResult lowerLoopNest(mlir::func::FuncOp kernel,
                                  const LoopNestOptions &options = {});

#define GEN_PASS_DECL
#include "nibble/Codegen/Kernels/LoopNestPasses.h.inc"
#define GEN_PASS_REGISTRATION
#include "nibble/Codegen/Kernels/LoopNestPasses.h.inc"

} // namespace nibble::codegen

#endif // NIBBLE_CODEGEN_KERNELS_LOOPNEST_H
