//===- AttentionEmitter.h - Writes the IR of fused attention ----*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The shape of a kernel:
//
//   for each grid point (batch, key head, block of rows):
//     for each block of keys:
//       K block, transposed -> scratch
//       logits = Q K^T, tile by tile -> scratch
//       row by row: scale and hide; new maximum; logits -> exponentials;
//         sums so far are brought to the new maximum
//       result += exponentials V, tile by tile
//     result / sum -> memory
//
// Rows are (query, head of the group), so that heads which share keys share
// their transposition, too.
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_CODEGEN_KERNELS_ATTENTIONEMITTER_H
#define NIBBLE_LIB_CODEGEN_KERNELS_ATTENTIONEMITTER_H

#include "ContractionEmitter.h"

#include "nibble/Codegen/Kernels/Attention.h"

namespace nibble::codegen {

/// Keys between two looks at the maximum.
constexpr int64_t attentionKeys = 64;
/// Row tiles of a grid point, at most.
constexpr int64_t attentionTiles = 8;

/// Offsets in scratch, in bytes, each 64-byte aligned.
struct AttentionScratch {
  explicit AttentionScratch(const AttentionDesc &desc);

  int64_t rows; ///< of a grid point, at most
  int64_t paddedWidth;
  int64_t logits;    ///< f32 [row][attentionKeys], exponentials later
  int64_t keys;      ///< f32 [panel][depth][NR]
  int64_t results;   ///< f32 [row][paddedWidth]
  int64_t maxima;    ///< f32 [row]
  int64_t sums;      ///< f32 [row][lane]
  int64_t queryRows; ///< i64 [row]: where a row of Q starts
  int64_t tail;      ///< elements of a mask, one vector
  int64_t bytes;
};

class AttentionEmitter {
public:
  AttentionEmitter(mlir::OpBuilder &builder, mlir::Location loc,
                   const AttentionDesc &desc,
                   const AttentionOperands &operands);

  void emit();

private:
  using Value = mlir::Value;
  using Values = llvm::SmallVector<Value>;

  /// A grid point.
  struct Point {
    Value batch, keyHead;
    Value row0, rows, tiles;
    Value length;           ///< valid keys
    Value keyBegin, keyEnd; ///< all that a row of the point may see
  };
  /// Keys [begin, begin + count) of a point.
  struct KeyBlock {
    Value begin, count, panels;
  };
  /// A row of a point as a query.
  struct Row {
    Value query, head;
    Value first, last; ///< keys that it sees; null: from or to the end
  };

  Point openPoint(Value at);
  void setKeyRange(Point &point);
  Row openRow(const Point &point, Value row);
  Value start(const AttentionTensor &tensor, Value batch, Value head,
              Value row);
  void clear(const Point &point);
  void packKeys(const Point &point, const KeyBlock &block);
  void packSquare(Value source, Value target);
  void packRest(Value source, Value target, int64_t from, Value keys);
  void emitLogits(const Point &point, const KeyBlock &block);
  void emitResults(const Point &point, const KeyBlock &block);
  void emitResultPanel(const Point &point, const KeyBlock &block, Value row0,
                       unsigned rows, Value column, unsigned vectors,
                       Value lastMask);
  void forEachTile(const Point &point,
                   llvm::function_ref<void(Value row0, unsigned rows)> body);

  // Rows: AttentionEmitter.cpp's second half.
  void emitSoftmaxRow(const Point &point, const KeyBlock &block, Value row);
  Value emitLogitVector(const Row &row, const KeyBlock &block, Value maskStart,
                        Value column, Value logits);
  Value loadMask(Value start, Value column, const KeyBlock &block);
  Value loadMaskVector(Value memref, Value at);
  void finishRow(const Point &point, Value row);
  Value isSeen(const Row &row, const KeyBlock &block, Value column);

  const AttentionDesc &desc;
  const DotInfo &info;
  const AttentionOperands &ops;
  IR x;
  AttentionScratch scratch;
  mlir::VectorType f32Vec;
  unsigned vectors;                                     ///< of a panel
  Value logits, keys, results, maxima, sums, queryRows; ///< views of scratch
  Value rowsAll, tiles, blocks, blockTiles;
};

} // namespace nibble::codegen

#endif // NIBBLE_LIB_CODEGEN_KERNELS_ATTENTIONEMITTER_H
