//===- Epilogue.h - Elementwise ops behind a kernel's sums ------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_CODEGEN_DISPATCH_EPILOGUE_H
#define NIBBLE_LIB_CODEGEN_DISPATCH_EPILOGUE_H

#include "dialects/NN/NN.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "nibble/Codegen/Kernels/Contraction.h"

namespace nibble {

/// The op that makes the first result of the epilogue's numbers, codes, or
/// null.
nn::QuantizeElementsOp getRequantization(nn::DispatchOp dispatch);

/// Whether all extents of a tensor are known to be 1.
bool hasOneElement(mlir::Value tensor);

/// Whether `scale` is the constant 1: codes are the rounded numbers.
bool isUnitScale(mlir::Value scale);

/// A memref of shape [..., N] as [M, N].
mlir::Value collapseRows(mlir::OpBuilder &builder, mlir::Location loc,
                         mlir::Value memref);

/// A memref as one dimension of unknown extent.
mlir::Value collapseAll(mlir::OpBuilder &builder, mlir::Location loc,
                        mlir::Value memref);

/// Applies the elementwise ops of a dispatch to the vectors of its root, whose
/// result has `groups` of columns. Gives a vector for each result.
class Epilogue {
public:
  Epilogue(nn::DispatchOp dispatch, mlir::Value root, int64_t groups,
           mlir::func::FuncOp kernel, mlir::OpBuilder &builder);
  llvm::SmallVector<mlir::Value>
  operator()(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value sum,
             const codegen::EpilogueSite &site) const;

private:
  mlir::Value column(mlir::OpBuilder &builder, mlir::Location loc,
                     const codegen::EpilogueSite &site) const;
  mlir::Value load(mlir::OpBuilder &builder, mlir::Location loc,
                   mlir::Value operand, mlir::VectorType type,
                   const codegen::EpilogueSite &site) const;

  mutable nn::DispatchOp dispatch;
  mlir::Value root;
  int64_t groups;
  llvm::DenseMap<mlir::Value, mlir::Value>
      flat; ///< block argument → memref [rows, columns]
};

} // namespace nibble

#endif // NIBBLE_LIB_CODEGEN_DISPATCH_EPILOGUE_H
