//===- HadamardKernel.h - Block Hadamard transforms in kernels --*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_CODEGEN_DISPATCH_HADAMARDKERNEL_H
#define NIBBLE_LIB_CODEGEN_DISPATCH_HADAMARDKERNEL_H

#include "dialects/Quant/QuantTransforms.h"

#include <optional>

namespace nibble {

/// The channels of a block if `transform` is a Hadamard matrix of 2 to 64
/// channels, a power of two, or blocks of one.
std::optional<int64_t> getButterflyOrder(qnt::TransformAttr transform);

/// The same of the channels that `op`, a qnt.transform of f32 along the last
/// axis, transforms; none for other ops.
std::optional<int64_t> getButterflyOrder(mlir::Operation *op);

/// Additions and products for each number of a block of `order`.
int64_t countButterflyOperations(int64_t order);

/// The blocks of `order` numbers along the last axis of `input` times a
/// Hadamard matrix, as linalg that the loop nests know (kHadamardAttr).
mlir::Value emitButterflies(mlir::OpBuilder &builder, mlir::Location loc,
                            mlir::Value input, int64_t order);

} // namespace nibble

#endif // NIBBLE_LIB_CODEGEN_DISPATCH_HADAMARDKERNEL_H
