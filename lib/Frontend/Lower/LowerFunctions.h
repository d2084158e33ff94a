//===- LowerFunctions.h - Lowering functions of all operators ---*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_FRONTEND_LOWER_LOWERFUNCTIONS_H
#define NIBBLE_LIB_FRONTEND_LOWER_LOWERFUNCTIONS_H

#include "Lower/Lowering.h"

namespace nibble::frontend {

// LowerElementwise.cpp
mlir::LogicalResult lowerIdentity(NodeLowering &n);
mlir::LogicalResult lowerDropout(NodeLowering &n);
mlir::LogicalResult lowerUnary(NodeLowering &n);
mlir::LogicalResult lowerBinary(NodeLowering &n);
mlir::LogicalResult lowerVariadic(NodeLowering &n);
mlir::LogicalResult lowerActivation(NodeLowering &n);
mlir::LogicalResult lowerGelu(NodeLowering &n);
mlir::LogicalResult lowerClip(NodeLowering &n);
mlir::LogicalResult lowerMod(NodeLowering &n);
mlir::LogicalResult lowerWhere(NodeLowering &n);
mlir::LogicalResult lowerCast(NodeLowering &n);
mlir::LogicalResult lowerReduce(NodeLowering &n);
mlir::LogicalResult lowerArgReduce(NodeLowering &n);
mlir::LogicalResult lowerCumSum(NodeLowering &n);

// LowerShapeOps.cpp
mlir::LogicalResult lowerReshape(NodeLowering &n);
mlir::LogicalResult lowerTranspose(NodeLowering &n);
mlir::LogicalResult lowerSlice(NodeLowering &n);
mlir::LogicalResult lowerConcat(NodeLowering &n);
mlir::LogicalResult lowerSplit(NodeLowering &n);
mlir::LogicalResult lowerGather(NodeLowering &n);
mlir::LogicalResult lowerGatherND(NodeLowering &n);
mlir::LogicalResult lowerExpand(NodeLowering &n);
mlir::LogicalResult lowerTile(NodeLowering &n);
mlir::LogicalResult lowerPad(NodeLowering &n);
mlir::LogicalResult lowerRange(NodeLowering &n);
mlir::LogicalResult lowerConstantOfShape(NodeLowering &n);
mlir::LogicalResult lowerDepthToSpace(NodeLowering &n);
mlir::LogicalResult lowerSpaceToDepth(NodeLowering &n);

// LowerContraction.cpp
mlir::LogicalResult lowerMatMul(NodeLowering &n);
mlir::LogicalResult lowerGemm(NodeLowering &n);
mlir::LogicalResult lowerConv(NodeLowering &n);
mlir::LogicalResult lowerConvTranspose(NodeLowering &n);
mlir::LogicalResult lowerPool(NodeLowering &n);
mlir::LogicalResult lowerGlobalPool(NodeLowering &n);
mlir::LogicalResult lowerResize(NodeLowering &n);
mlir::LogicalResult lowerRecurrent(NodeLowering &n);

// LowerNorm.cpp
mlir::LogicalResult lowerSoftmax(NodeLowering &n);
mlir::LogicalResult lowerLayerNorm(NodeLowering &n);
mlir::LogicalResult lowerRMSNorm(NodeLowering &n);
mlir::LogicalResult lowerGroupNorm(NodeLowering &n);
mlir::LogicalResult lowerBatchNorm(NodeLowering &n);

// LowerContrib.cpp
mlir::LogicalResult lowerFastGelu(NodeLowering &n);
mlir::LogicalResult lowerSkipNorm(NodeLowering &n);
mlir::LogicalResult lowerEmbedLayerNorm(NodeLowering &n);
mlir::LogicalResult lowerAttention(NodeLowering &n);
mlir::LogicalResult lowerGroupQueryAttention(NodeLowering &n);

// LowerQuantized.cpp
mlir::LogicalResult lowerQuantizeLinear(NodeLowering &n);
mlir::LogicalResult lowerDequantizeLinear(NodeLowering &n);
mlir::LogicalResult lowerDynamicQuantizeLinear(NodeLowering &n);
mlir::LogicalResult lowerMatMulInteger(NodeLowering &n);
mlir::LogicalResult lowerConvInteger(NodeLowering &n);
mlir::LogicalResult lowerQLinearMatMul(NodeLowering &n);
mlir::LogicalResult lowerQLinearConv(NodeLowering &n);
mlir::LogicalResult lowerQLinearBinary(NodeLowering &n);
mlir::LogicalResult lowerQLinearUnary(NodeLowering &n);
mlir::LogicalResult lowerQLinearConcat(NodeLowering &n);
mlir::LogicalResult lowerMatMulNBits(NodeLowering &n);

/// Strides, dilations and padding (low and high of each spatial axis in turn)
/// of a convolution, with auto_pad resolved.
struct ConvWindows {
  llvm::SmallVector<int64_t> strides, dilations, padding;
};
ConvWindows getConvWindows(NodeLowering &n, llvm::ArrayRef<int64_t> kernel);

/// `input` with the padding that auto_pad asks for where that depends on an
/// extent that is not constant, so that a window without padding goes over it;
/// `outside` is what is added.
mlir::Value padSame(NodeLowering &n, mlir::Value input,
                    llvm::ArrayRef<int64_t> kernel, double outside);

} // namespace nibble::frontend

#endif // NIBBLE_LIB_FRONTEND_LOWER_LOWERFUNCTIONS_H
