//===- States.h - Values that a session keeps -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_CODEGEN_DISPATCH_STATES_H
#define NIBBLE_LIB_CODEGEN_DISPATCH_STATES_H

#include "dialects/NN/NN.h"
#include "dialects/NN/State.h"
#include "mlir/IR/BuiltinTypes.h"

#include <optional>

namespace nibble {

/// A state that grows: the session keeps it with spare capacity along `axis`.
struct GrowingState {
  unsigned argument; ///< of @main: the value before the run
  unsigned result;   ///< of @main: the value after it
  int64_t axis;
};

/// The state whose new value `update` is, where its cache is an argument that
/// has been made a state.
std::optional<GrowingState> getState(nn::CacheUpdateOp update);

/// The state that `tensor` is the old or the new value of.
std::optional<GrowingState> getState(mlir::Value tensor);

/// The memory of a tensor that may be a state: strided where capacity may lie
/// between its entries.
mlir::MemRefType getMemRefType(mlir::Value tensor);

/// The whole memory of a state: the growing axis is dynamic, whatever the
/// tensor's is.
mlir::MemRefType getCapacityType(mlir::RankedTensorType type, int64_t axis);

} // namespace nibble

#endif // NIBBLE_LIB_CODEGEN_DISPATCH_STATES_H
