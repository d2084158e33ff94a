//===- Rotations.h - Hadamard rotations and their names ---------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_QUANTIZE_TRANSFORM_ROTATIONS_H
#define NIBBLE_LIB_QUANTIZE_TRANSFORM_ROTATIONS_H

#include "dialects/NN/NN.h"
#include "dialects/Quant/QuantTransforms.h"
#include "mlir/IR/BuiltinOps.h"

namespace nibble {

/// The largest divisor of `channels` up to `limit` of which there is a Hadamard
/// matrix; 1 if there is no larger one.
int64_t largestHadamard(int64_t channels, int64_t limit);

/// Channels of the block by which a Hadamard transform of up to `limit` rotates
/// the last axis of `value`; 0 where none is worth a pass over it.
int64_t findRotationBlock(mlir::Value value, int64_t limit);

/// `transform` of the channels c in [offset, offset + extent) of an axis of
/// `channels`, where channels of one map lie `stride` apart: of (i * size + c)
/// * stride + j it maps c.
qnt::TransformAttr spreadTransform(qnt::TransformAttr transform, int64_t stride,
                                   int64_t offset, int64_t extent,
                                   int64_t channels);

/// Puts a transform to `basis` behind `value`, along its last axis, for
/// `readers`, whose weights get its dual.
qnt::TransformOp transformInput(mlir::Value value,
                                llvm::ArrayRef<nn::LinearOp> readers,
                                llvm::StringRef basis);

/// The weight that `linear` has in the dual basis of `transform`, its input;
/// null where it does not.
qnt::TransformOp findDual(nn::LinearOp linear, qnt::TransformOp transform);

/// The bases that a pass names, each once.
class BasisTable {
public:
  explicit BasisTable(mlir::ModuleOp module)
      : module(module), symbols(module) {}

  /// The name of a new basis of `channels`, of which blocks are mapped by
  /// `transform`.
  llvm::StringRef get(qnt::TransformAttr transform, int64_t channels);

private:
  mlir::ModuleOp module;
  mlir::SymbolTable symbols;
  llvm::DenseMap<std::pair<mlir::Attribute, int64_t>, mlir::StringAttr> names;
};

} // namespace nibble

#endif // NIBBLE_LIB_QUANTIZE_TRANSFORM_ROTATIONS_H
