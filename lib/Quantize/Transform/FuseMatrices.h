//===- FuseMatrices.h - Matrices that move into weights ---------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_QUANTIZE_TRANSFORM_FUSEMATRICES_H
#define NIBBLE_LIB_QUANTIZE_TRANSFORM_FUSEMATRICES_H

#include "dialects/Quant/QuantTransforms.h"
#include "nibble/Quantize/Transform/ChannelGraph.h"

namespace nibble {

/// Where a matrix of so many channels, or copies of it side by side, goes into
/// weights alone.
struct MatrixPlace {
  /// Of the last axis of the value; none where it cannot.
  std::optional<unsigned> node;
  /// Why it cannot, for people.
  std::string reason;
};

MatrixPlace findMatrixPlace(const ChannelGraph &graph, mlir::Value value,
                            int64_t size);

/// The maps that a graph must let through for a transform to be fused: all
/// orthogonal ones, or all linear ones.
numerics::Kind getMatrixKind(qnt::TransformAttr transform);

/// Takes the requests for matrices (qnt.transform to a basis of numbers, before
/// linear maps whose weights have its dual) and folds each where nothing but
/// weights sees its basis, its gains taken by the readers. All others stay at
/// run time, with the reason as a remark and a note. False if there is none.
bool fuseMatrices(mlir::func::FuncOp function);

} // namespace nibble

#endif // NIBBLE_LIB_QUANTIZE_TRANSFORM_FUSEMATRICES_H
