//===- ShapeChecks.h - What the extents of a request must satisfy -*- C++
//-*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_CODEGEN_DISPATCH_SHAPECHECKS_H
#define NIBBLE_LIB_CODEGEN_DISPATCH_SHAPECHECKS_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/IntegerSet.h"

namespace nibble {

/// On the module: relations between the symbols of nn.symbols that shape
/// inference relies on.
constexpr llvm::StringLiteral kConstraintsAttr = "nn.constraints";

/// The constraints without those that divide: shape inference also states these
/// of branches that a run need not take. Null if none is left.
mlir::IntegerSet selectChecked(mlir::IntegerSet constraints);

/// A message for each constraint that does not hold, in order.
llvm::SmallVector<std::string>
describeConstraints(mlir::IntegerSet constraints,
                    llvm::ArrayRef<mlir::StringAttr> symbols);

/// 0 as i32 where all constraints hold, else 1 + the index of the first that
/// does not.
mlir::Value emitConstraintCheck(mlir::OpBuilder &builder, mlir::Location loc,
                                mlir::IntegerSet constraints,
                                mlir::ValueRange symbols);

} // namespace nibble

#endif // NIBBLE_LIB_CODEGEN_DISPATCH_SHAPECHECKS_H
