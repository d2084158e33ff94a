//===- Recurrence.h - The steps of LSTM and GRU -----------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A grid point is one sequence in one direction: all of its steps, because a
// step needs the whole hidden state of the one before. Lanes run along hidden
// units; the product of hidden state and recurrent weights is one chain of
// fused multiply-adds for each gate of a unit, so that it does not depend on
// the other sequences.
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_CODEGEN_KERNELS_RECURRENCE_H
#define NIBBLE_CODEGEN_KERNELS_RECURRENCE_H

#include "dialects/NN/NN.h"

namespace nibble::codegen {

struct RecurrenceDesc {
  nn::Cell cell = nn::Cell::LSTM;
  nn::Direction direction = nn::Direction::Forward;
  unsigned lanes = 8;
  int64_t hidden = 1;

  int64_t gates() const { return cell == nn::Cell::LSTM ? 4 : 3; }
  int64_t directions() const {
    return direction == nn::Direction::Bidirectional ? 2 : 1;
  }
};

/// What a kernel works on: operands and results of nn.recurrence as memrefs of
/// rank 1 with identity layout. Optional ones may be null.
struct RecurrenceOperands {
  mlir::Value sums, recurrence, bias, lengths, initialH, initialC, peepholes;
  mlir::Value output, lastH, lastC;
  mlir::Value steps, batch; ///< index
  /// index: this call's part of the grid, directions times batch.
  mlir::Value begin, end;
  mlir::Value scratch; ///< memref<?xi8>
};

/// Scratch that one thread needs.
int64_t recurrenceScratchBytes(const RecurrenceDesc &desc);

/// Emits grid points [begin, end).
void emitRecurrence(mlir::OpBuilder &builder, mlir::Location loc,
                    const RecurrenceDesc &desc,
                    const RecurrenceOperands &operands);

} // namespace nibble::codegen

#endif // NIBBLE_CODEGEN_KERNELS_RECURRENCE_H
