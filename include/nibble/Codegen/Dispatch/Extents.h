//===- Extents.h - Dynamic extents as index values --------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_CODEGEN_DISPATCH_EXTENTS_H
#define NIBBLE_CODEGEN_DISPATCH_EXTENTS_H

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"

namespace nibble {

/// Finds the extents of tensors in a graph function as index values that derive
/// from extents of the function's arguments, through reifyResultShapes of every
/// op on the way.
class Extents {
public:
  /// The extent of `value` along `axis`, static or an index value that
  /// dominates every use of `value`. Fails with an error on the op whose
  /// extents are not known.
  mlir::FailureOr<mlir::OpFoldResult> get(mlir::Value value, int64_t axis);

  /// All dynamic extents of `value` as index values, in order.
  mlir::LogicalResult getDynamic(mlir::Value value,
                                 llvm::SmallVectorImpl<mlir::Value> &result);

private:
  mlir::LogicalResult compute(mlir::Value value);
  mlir::LogicalResult computeBranch(mlir::scf::IfOp branch, mlir::Value value);
  mlir::LogicalResult resolve(mlir::Value &index);
  mlir::Value hoist(mlir::Value index, mlir::Operation *branch);

  llvm::DenseMap<mlir::Value, llvm::SmallVector<mlir::OpFoldResult>> known;
};

} // namespace nibble

#endif // NIBBLE_CODEGEN_DISPATCH_EXTENTS_H
