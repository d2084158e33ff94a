//===- Depthwise.h - Depthwise convolution ----------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// C[n, y, x, c] = epilogue(sum over i, j of
//     A[n, y sy + i dy - py, x sx + j dx - px, c] * B[i, j, c]),
// A and C channels_last, zero outside of A. Lanes run along channels; a sum is
// one chain of fused multiply-adds over the taps inside of A. A is f32 or 8-bit
// codes, which count as the f32 number code - zero point: sums of products with
// integers B are exact while they stay below 2^24. C is f32 or 8-bit codes.
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_CODEGEN_KERNELS_DEPTHWISE_H
#define NIBBLE_CODEGEN_KERNELS_DEPTHWISE_H

#include "nibble/Codegen/Kernels/Contraction.h"
#include "nibble/Codegen/Kernels/Requantize.h"

#include <array>

namespace nibble::codegen {

/// One spatial axis of the window.
struct DepthwiseAxis {
  int64_t kernel = 1, stride = 1, dilation = 1;
  int64_t low = 0; ///< zeros before the first element
};

struct DepthwiseDesc {
  unsigned lanes = 8;
  int64_t channels = 1;
  std::array<DepthwiseAxis, 2> axes; ///< rows, columns
  ActivationKind a = ActivationKind::F32;
  OutputKind c = OutputKind::F32; ///< not I32
};

/// What a kernel works on. Memrefs are rank 1 with identity layout.
struct DepthwiseOperands {
  mlir::Value image;  ///< memref<?xf32> or memref<?xi8>
  mlir::Value filter; ///< memref<?xf32>: [kernel row, kernel column, channel]
  mlir::Value result; ///< memref<?xf32> or memref<?xi8>
  mlir::Value zero;   ///< i32: the image's zero point; null: 0
  CodeScale codes;    ///< how the epilogue's numbers become codes
  std::array<mlir::Value, 2> inputExtents;  ///< index: rows, columns
  std::array<mlir::Value, 2> outputExtents; ///< index: rows, columns
  /// index: this call's part of the grid, which is all output rows of all
  /// images.
  mlir::Value begin, end;
};

/// Emits grid points [begin, end). The epilogue's site has the output pixel,
/// counted over all images, as row and the channel as column.
void emitDepthwise(mlir::OpBuilder &builder, mlir::Location loc,
                   const DepthwiseDesc &desc, const DepthwiseOperands &operands,
                   const EpilogueFn &epilogue = nullptr);

} // namespace nibble::codegen

#endif // NIBBLE_CODEGEN_KERNELS_DEPTHWISE_H
