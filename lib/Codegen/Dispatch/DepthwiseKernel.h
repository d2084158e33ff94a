//===- DepthwiseKernel.h - Kernels of depthwise convolutions ----*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_CODEGEN_DISPATCH_DEPTHWISEKERNEL_H
#define NIBBLE_LIB_CODEGEN_DISPATCH_DEPTHWISEKERNEL_H

#include "dialects/NN/NN.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace nibble {

/// On nn.conv: the lanes of its depthwise kernel (i64); a depthwise
/// convolution without it is decomposed.
inline constexpr llvm::StringLiteral kDepthwiseLanesAttr = "nn.lanes";

/// Whether `op` is one filter a channel over a channels_last image in f32 with
/// one or two spatial axes, so that the depthwise kernel computes it, padding
/// included.
bool isDepthwise(nn::ConvOp op);

/// Whether the depthwise kernel itself widens the codes of `op`: the numbers
/// are the integers code - zero point, with one zero point.
bool isDepthwiseInput(nn::DequantizeElementsOp op);

/// The convolution of a dispatch that the depthwise kernel computes, or null.
nn::ConvOp getDepthwise(nn::DispatchOp dispatch);

/// [channel, kernel…, 1] to [kernel…, channel, 1]: how the kernel reads its
/// filter. A dispatch holds the transpose that takes it back.
llvm::SmallVector<int64_t> depthwiseFilterOrder(int64_t rank);

/// True for kernels that emitDepthwiseBody made.
bool isDepthwiseKernel(mlir::func::FuncOp kernel);

/// Fills `kernel`, whose arguments are the dispatch's inputs and result as
/// memrefs and then begin, end and scratch, which it does not need.
void emitDepthwiseBody(nn::DispatchOp dispatch, mlir::func::FuncOp kernel);

/// Grid points of a launch of such a kernel. `operands` are the kernel's
/// arguments before begin.
mlir::Value buildDepthwiseGrid(mlir::OpBuilder &builder, mlir::Location loc,
                               mlir::func::FuncOp kernel,
                               mlir::ValueRange operands);

} // namespace nibble

#endif // NIBBLE_LIB_CODEGEN_DISPATCH_DEPTHWISEKERNEL_H
