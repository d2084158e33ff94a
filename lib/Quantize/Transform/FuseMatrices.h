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

/// Where a matrix can be folded into weights alone, or why it cannot.
struct MatrixPlace {
  /// The node of the value's last axis; none where the matrix cannot be folded.
  std::optional<unsigned> node;
  /// Why not, for messages.
  std::string reason;
};

/// The place of a matrix of `size` channels, or of copies of it side by side,
/// that is wanted along the last axis of `value`.
MatrixPlace findMatrixPlace(const ChannelGraph &graph, mlir::Value value,
                            int64_t size);

/// The kind of maps that the ops around `transform` must let through for it to
/// be fused: orthogonal ones, or all linear ones.
numerics::Kind getMatrixKind(qnt::TransformAttr transform);

/// Takes the requests for matrices (a qnt.transform to a basis made of numbers,
/// before linear maps whose weights have its dual) and folds each into weights
/// where nothing else sees its basis; gains in between go into their readers.
/// All others stay at run time, with the reason as a remark and a note. Returns
/// whether there was a request.
bool fuseMatrices(mlir::func::FuncOp function);

} // namespace nibble

#endif // NIBBLE_LIB_QUANTIZE_TRANSFORM_FUSEMATRICES_H
