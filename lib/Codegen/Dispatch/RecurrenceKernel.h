//===- RecurrenceKernel.h - Kernels of LSTM and GRU -------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_CODEGEN_DISPATCH_RECURRENCEKERNEL_H
#define NIBBLE_LIB_CODEGEN_DISPATCH_RECURRENCEKERNEL_H

#include "dialects/NN/NN.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace nibble {

/// The recurrence that a dispatch is, or null.
nn::RecurrenceOp getRecurrence(nn::DispatchOp dispatch);

/// True for kernels that emitRecurrenceBody made.
bool isRecurrenceKernel(mlir::func::FuncOp kernel);

/// Fills `kernel`, whose arguments are the dispatch's inputs and results as
/// memrefs and then begin, end and scratch.
void emitRecurrenceBody(nn::DispatchOp dispatch, mlir::func::FuncOp kernel);

/// Grid points of a launch of such a kernel, and the scratch that it needs.
/// `operands` are the kernel's arguments before begin.
mlir::Value buildRecurrenceGrid(mlir::OpBuilder &builder, mlir::Location loc,
                                mlir::func::FuncOp kernel,
                                mlir::ValueRange operands);
mlir::Value buildRecurrenceScratch(mlir::OpBuilder &builder, mlir::Location loc,
                                   mlir::func::FuncOp kernel);

} // namespace nibble

#endif // NIBBLE_LIB_CODEGEN_DISPATCH_RECURRENCEKERNEL_H
