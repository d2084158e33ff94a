//===- PadKernel.h - Kernels of pads ----------------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_CODEGEN_DISPATCH_PADKERNEL_H
#define NIBBLE_LIB_CODEGEN_DISPATCH_PADKERNEL_H

#include "dialects/NN/NN.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace nibble {

/// The op of a dispatch that puts zeros around a tensor and nothing else, row
/// by row; null for others, which are decomposed.
nn::PadOp getRowPad(nn::DispatchOp dispatch);

/// True for kernels that emitPadBody made.
bool isPadKernel(mlir::func::FuncOp kernel);

/// Fills `kernel`, whose arguments are source and result as memrefs and then
/// begin, end and scratch, which it does not need.
void emitPadBody(nn::DispatchOp dispatch, mlir::func::FuncOp kernel);

/// Grid points of a launch of such a kernel on `operands`: source and result.
mlir::Value buildPadGrid(mlir::OpBuilder &builder, mlir::Location loc,
                         mlir::func::FuncOp kernel, mlir::ValueRange operands);

} // namespace nibble

#endif // NIBBLE_LIB_CODEGEN_DISPATCH_PADKERNEL_H
