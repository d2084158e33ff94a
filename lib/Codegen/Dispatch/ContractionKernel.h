//===- ContractionKernel.h - Kernel functions of nn.contract -------*- C++ -*-
//===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_CODEGEN_DISPATCH_CONTRACTIONKERNEL_H
#define NIBBLE_LIB_CODEGEN_DISPATCH_CONTRACTIONKERNEL_H

#include "dialects/NN/NN.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "nibble/Codegen/Kernels/Contraction.h"

namespace nibble {

/// The plan that the attributes `plan` and `dot` of an op or kernel stand for.
mlir::FailureOr<codegen::ContractionPlan>
readContractionPlan(mlir::Operation *op, llvm::StringRef plan,
                    llvm::StringRef dot);

/// True for kernels that emitContractionBody made.
bool isContractionKernel(mlir::func::FuncOp kernel);

/// The contraction of a dispatch, or null.
nn::ContractOp getContraction(nn::DispatchOp dispatch);

/// Fills `kernel`, whose arguments are the dispatch's inputs and result as
/// memrefs and then begin, end and scratch.
mlir::LogicalResult emitContractionBody(nn::DispatchOp dispatch,
                                        mlir::func::FuncOp kernel);

/// Grid points and scratch bytes of a launch of such a kernel. `operands` are
/// the kernel's arguments before begin.
mlir::FailureOr<mlir::Value> buildContractionGrid(mlir::OpBuilder &builder,
                                                  mlir::Location loc,
                                                  mlir::func::FuncOp kernel,
                                                  mlir::ValueRange operands);
mlir::FailureOr<mlir::Value> buildContractionScratch(mlir::OpBuilder &builder,
                                                     mlir::Location loc,
                                                     mlir::func::FuncOp kernel,
                                                     mlir::ValueRange operands);

} // namespace nibble

#endif // NIBBLE_LIB_CODEGEN_DISPATCH_CONTRACTIONKERNEL_H
