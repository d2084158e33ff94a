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

#include "dialects/Onnx/OnnxDialect.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Value.h"

#include <optional>

namespace nibble::frontend {

/// Whether the value depends on parameters and constants only.
bool isWeight(mlir::Value value);

/// Whether the two halves of the last axis of a weight hold the same bytes: a
/// constant, or a parameter, of which the file is read. False when it is
/// neither or the file cannot be read.
bool hasEqualHalves(mlir::Value weight);

/// What an onnx.parameter holds, if that is a vector of one number: a splat.
/// Null if not, and where the file cannot be read. No parameter is read that is
/// larger than constants may be.
mlir::DenseElementsAttr findEqualElements(onnx::ParameterOp parameter);

/// Whether a finite number of f64 is infinite in f32, in which all floating
/// point is computed.
bool isBeyondF32(double number);

/// The first such number of an onnx.constant or onnx.parameter. None also where
/// the file cannot be read: what stores the weights says so.
std::optional<double> findBeyondF32(mlir::Operation *tensor);

} // namespace nibble::frontend

#endif // NIBBLE_LIB_FRONTEND_WEIGHTS_H
