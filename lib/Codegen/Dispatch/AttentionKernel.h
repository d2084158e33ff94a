//===- AttentionKernel.h - Kernels of attention dispatches ------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_CODEGEN_DISPATCH_ATTENTIONKERNEL_H
#define NIBBLE_LIB_CODEGEN_DISPATCH_ATTENTIONKERNEL_H

#include "dialects/NN/NN.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace nibble {

/// On nn.attention, the name of the dot that its fused kernel uses; an
/// attention without it is decomposed.
inline constexpr llvm::StringLiteral kAttentionDotAttr = "nn.dot";

/// Whether the fused kernel computes `op`: f32 with static depth and width.
bool canFuseAttention(nn::AttentionOp op);

/// Whether a transpose can be part of an attention's addresses: elements of a
/// row stay neighbours.
bool keepsRows(nn::TransposeOp op);

/// The attention of a dispatch that is computed by the fused kernel, or null.
nn::AttentionOp getFusedAttention(nn::DispatchOp dispatch);

/// True for kernels that emitAttentionBody made.
bool isAttentionKernel(mlir::func::FuncOp kernel);

/// Fills `kernel`, whose arguments are the dispatch's inputs and result as
/// memrefs and then begin, end and scratch.
mlir::LogicalResult emitAttentionBody(nn::DispatchOp dispatch,
                                      mlir::func::FuncOp kernel);

/// Grid points and scratch bytes of a launch of such a kernel. `operands` are
/// the kernel's arguments before begin.
mlir::Value buildAttentionGrid(mlir::OpBuilder &builder, mlir::Location loc,
                               mlir::func::FuncOp kernel,
                               mlir::ValueRange operands);
mlir::Value buildAttentionScratch(mlir::OpBuilder &builder, mlir::Location loc,
                                  mlir::func::FuncOp kernel);

} // namespace nibble

#endif // NIBBLE_LIB_CODEGEN_DISPATCH_ATTENTIONKERNEL_H
