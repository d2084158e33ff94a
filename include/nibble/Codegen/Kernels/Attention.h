//===- Attention.h - Fused attention ----------------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// softmax(scale Q K^T + mask) V without the matrix of logits in memory: keys
// are taken block by block, and each row keeps the largest logit, the sum of
// exponentials and the weighted sum of values so far.
//
// Keys are cut at multiples of a constant, and every product is one chain of
// fused multiply-adds, so a row's result depends neither on the other rows nor
// on the grid.
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_CODEGEN_KERNELS_ATTENTION_H
#define NIBBLE_CODEGEN_KERNELS_ATTENTION_H

#include "nibble/Codegen/Kernels/Contraction.h"

namespace nibble::codegen {

/// What is static about an attention.
struct AttentionDesc {
  Dot dot = Dot::F32Avx2; ///< one that sums in f32
  int64_t keyHeads = 1;   ///< heads of keys and values
  int64_t group = 1;      ///< query heads for each of them
  int64_t depth = 1;      ///< of a query and a key
  int64_t width = 1;      ///< of a value
  double scale = 1;
  double softcap = 0; ///< 0: none
  int64_t window = 0; ///< 0: none
  bool causal = false;
};

/// A tensor [batch, head, row, element] with one element after the other.
struct AttentionTensor {
  mlir::Value memref;           ///< memref<?xf32>; of a mask also memref<?xi1>
  mlir::Value batch, head, row; ///< strides in elements
};

/// What a kernel works on; null where there is none.
struct AttentionOperands {
  AttentionTensor query, key, value, result;
  /// Added, or i1: false hides a key. Strides are 0 where it is broadcast.
  AttentionTensor mask;
  bool maskPerKey = true;          ///< false: one element for all keys of a row
  mlir::Value lengths;             ///< memref<?xi32 or ?xi64>: one a batch
  mlir::Value numQueries, numKeys; ///< index
  mlir::Value begin, end;          ///< index: this call's part of the grid
  mlir::Value scratch;             ///< memref<?xi8>, 64-byte aligned
};

/// Grid points of a launch.
mlir::Value emitAttentionGrid(mlir::OpBuilder &builder, mlir::Location loc,
                              const AttentionDesc &desc, mlir::Value batch,
                              mlir::Value numQueries);

/// Bytes of scratch that a thread needs.
int64_t attentionScratchBytes(const AttentionDesc &desc);

/// Emits grid points [begin, end).
void emitAttention(mlir::OpBuilder &builder, mlir::Location loc,
                   const AttentionDesc &desc,
                   const AttentionOperands &operands);

} // namespace nibble::codegen

#endif // NIBBLE_CODEGEN_KERNELS_ATTENTION_H
