//===- OnlineRotations.h - Rotations that linear maps read ------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_QUANTIZE_TRANSFORM_ONLINEROTATIONS_H
#define NIBBLE_QUANTIZE_TRANSFORM_ONLINEROTATIONS_H

#include "dialects/NN/NN.h"
#include "dialects/Quant/QuantTransforms.h"
#include "mlir/IR/BuiltinOps.h"

namespace nibble {

/// A linear map in the basis of a rotation at run time.
struct RotatedReader {
  nn::LinearOp op;
  /// Gives its weight the dual of the rotation.
  qnt::TransformOp dual;
  /// Changes of basis of the weight's outputs, the last one first.
  llvm::SmallVector<qnt::TransformOp, 1> outputs;
};

/// A change of basis along the last axis that stays at run time.
struct RotatedInput {
  qnt::TransformOp rotation;
  /// In the order in which they were made.
  llvm::SmallVector<RotatedReader, 3> readers;
};

/// The changes of basis of norms' results, with or without gain and bias, that
/// nothing but linear maps with weights in the dual basis reads; in the
/// module's order.
std::vector<RotatedInput> findNormRotations(mlir::ModuleOp module);

/// Why `value`, which linear maps read and no weights make, is the result of
/// none of findNormRotations, for messages; empty if it is of one.
std::string findNormRotationFault(mlir::Value value);

} // namespace nibble

#endif // NIBBLE_QUANTIZE_TRANSFORM_ONLINEROTATIONS_H
