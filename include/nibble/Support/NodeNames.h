//===- NodeNames.h - What locations stand for -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_SUPPORT_NODENAMES_H
#define NIBBLE_SUPPORT_NODENAMES_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Location.h"

#include <string>

namespace nibble {

/// The ONNX nodes (or initializers) that a location stands for, in order; one
/// that stands in several parts of it occurs as often.
llvm::SmallVector<mlir::StringAttr> findNodes(mlir::Location loc);

/// Where an error lies, for its message: the names of the nodes, or "file:line:
/// column" of IR that was read; empty if unknown.
std::string describePlace(mlir::Location loc);

} // namespace nibble

#endif // NIBBLE_SUPPORT_NODENAMES_H
