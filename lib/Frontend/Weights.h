//===- Weights.h - Values that are computed when the model is compiled --*- C++
//-*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_FRONTEND_WEIGHTS_H
#define NIBBLE_LIB_FRONTEND_WEIGHTS_H

#include "mlir/IR/Value.h"

namespace nibble::frontend {

/// Whether the value depends on parameters and constants only.
bool isWeight(mlir::Value value);

/// Whether the two halves of the last axis of a weight hold the same bytes: a
/// constant, or a parameter, of which the file is read. False when it is
/// neither or the file cannot be read.
bool hasEqualHalves(mlir::Value weight);

} // namespace nibble::frontend

#endif // NIBBLE_LIB_FRONTEND_WEIGHTS_H
