//===- StorageType.h - The memory of a tensor -------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_CODEGEN_DISPATCH_STORAGETYPE_H
#define NIBBLE_LIB_CODEGEN_DISPATCH_STORAGETYPE_H

#include "mlir/IR/BuiltinTypes.h"

namespace nibble {

/// The memref that holds a tensor in a run: identity layout, and integers
/// without signedness, for arith and linalg know no other.
inline mlir::MemRefType getStorageType(mlir::Type type) {
  auto tensor = llvm::cast<mlir::RankedTensorType>(type);
  mlir::Type element = tensor.getElementType();
  if (auto integer = llvm::dyn_cast<mlir::IntegerType>(element))
    element = mlir::IntegerType::get(type.getContext(), integer.getWidth());
  return mlir::MemRefType::get(tensor.getShape(), element);
}

} // namespace nibble

#endif // NIBBLE_LIB_CODEGEN_DISPATCH_STORAGETYPE_H
