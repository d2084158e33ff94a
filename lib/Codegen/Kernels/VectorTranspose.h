//===- VectorTranspose.h - Squares of vectors -------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_CODEGEN_KERNELS_VECTORTRANSPOSE_H
#define NIBBLE_LIB_CODEGEN_KERNELS_VECTORTRANSPOSE_H

#include "mlir/IR/Builders.h"

namespace nibble::codegen {

/// The columns of `rows`: as many vectors as each has lanes, a power of two
/// and at least 4.
llvm::SmallVector<mlir::Value>
transposeSquare(mlir::OpBuilder &b, mlir::Location loc,
                llvm::ArrayRef<mlir::Value> rows);

} // namespace nibble::codegen

#endif // NIBBLE_LIB_CODEGEN_KERNELS_VECTORTRANSPOSE_H
