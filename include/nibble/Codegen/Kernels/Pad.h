//===- Pad.h - Zeros around a tensor ----------------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A kernel whose grid is the rows of the result: all axes before the last
// padded one. A row is zeros, or zeros, a run of the source, and zeros.
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_CODEGEN_KERNELS_PAD_H
#define NIBBLE_CODEGEN_KERNELS_PAD_H

#include "mlir/IR/Builders.h"

namespace nibble::codegen {

/// Axes are those up to the last padded one; extents are index values.
struct PadOperands {
  mlir::Value source, result; ///< memref<?xT>, identity layout
  llvm::SmallVector<int64_t> low;
  llvm::SmallVector<mlir::Value> sourceExtents, resultExtents;
  mlir::Value inner;      ///< index: elements behind those axes
  mlir::Value begin, end; ///< index: this call's part of the grid
};

void emitPadRows(mlir::OpBuilder &builder, mlir::Location loc,
                 const PadOperands &operands);

} // namespace nibble::codegen

#endif // NIBBLE_CODEGEN_KERNELS_PAD_H
