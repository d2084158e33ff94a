//===- Requantize.h - Vectors of numbers as codes ---------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_CODEGEN_KERNELS_REQUANTIZE_H
#define NIBBLE_CODEGEN_KERNELS_REQUANTIZE_H

#include "mlir/IR/Builders.h"

namespace nibble::codegen {

/// What makes 8-bit codes of numbers. Scalars that a kernel has before its
/// loops: what it loads inside of them, LLVM cannot move past its stores.
struct CodeScale {
  mlir::Value scale; ///< f32; null: 1
  mlir::Value zero;  ///< i32; null: 0
  bool isSigned = true;
};

/// f32 vector -> i8 vector: divide by the scale, round half even, add the zero
/// point, saturate (rule O-1). Vectors of some registers of `lanes` are packed
/// together: with one at a time, that takes a quarter of the instructions.
mlir::Value emitCodes(mlir::OpBuilder &builder, mlir::Location loc,
                      mlir::Value value, const CodeScale &codes,
                      unsigned lanes);

/// SiLU with a relative error below 2^-13, for results that only become 8-bit
/// codes (rule Q-7), times `factor` if it is not null.
mlir::Value emitSiluOfCodes(mlir::OpBuilder &builder, mlir::Location loc,
                            mlir::Value x, mlir::Value factor = nullptr);

/// A zero point, i8 (signed as the codes are) or i32, as i32.
mlir::Value extendZero(mlir::OpBuilder &builder, mlir::Location loc,
                       mlir::Value zero, bool isSigned);

} // namespace nibble::codegen

#endif // NIBBLE_CODEGEN_KERNELS_REQUANTIZE_H
