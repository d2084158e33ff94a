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

/// Where a symbol comes from ("dimension 0 of 'x'"); empty where no input has
/// it.
using SymbolPlaceFn = llvm::function_ref<std::string(mlir::StringAttr symbol)>;

/// A message for each constraint that does not hold, in order.
llvm::SmallVector<std::string>
describeConstraints(mlir::IntegerSet constraints,
                    llvm::ArrayRef<mlir::StringAttr> symbols,
                    SymbolPlaceFn place);

/// 0 as i32 where all constraints hold, else `first` + the index of the first
/// that does not.
mlir::Value emitConstraintCheck(mlir::OpBuilder &builder, mlir::Location loc,
                                mlir::IntegerSet constraints,
                                mlir::ValueRange symbols, int64_t first);

} // namespace nibble

#endif // NIBBLE_LIB_CODEGEN_DISPATCH_SHAPECHECKS_H
