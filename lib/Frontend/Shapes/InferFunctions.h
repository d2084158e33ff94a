//===- InferFunctions.h - Inference functions of all operators --*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_FRONTEND_SHAPES_INFERFUNCTIONS_H
#define NIBBLE_LIB_FRONTEND_SHAPES_INFERFUNCTIONS_H

#include "Shapes/Inference.h"

namespace nibble::frontend {

/// The element type that a TensorProto.DataType stands for; null for none.
mlir::Type getElementType(int64_t dataType, mlir::MLIRContext *context);

// InferElementwise.cpp
mlir::LogicalResult inferUnary(NodeInference &n);
mlir::LogicalResult inferUnaryBool(NodeInference &n);
mlir::LogicalResult inferDropout(NodeInference &n);
mlir::LogicalResult inferBroadcast(NodeInference &n);
mlir::LogicalResult inferCompare(NodeInference &n);
mlir::LogicalResult inferWhere(NodeInference &n);
mlir::LogicalResult inferCast(NodeInference &n);
mlir::LogicalResult inferReduce(NodeInference &n);
mlir::LogicalResult inferArgReduce(NodeInference &n);
mlir::LogicalResult inferAlongAxis(NodeInference &n);

// InferShapeOps.cpp
mlir::LogicalResult inferShape(NodeInference &n);
mlir::LogicalResult inferSize(NodeInference &n);
mlir::LogicalResult inferReshape(NodeInference &n);
mlir::LogicalResult inferFlatten(NodeInference &n);
mlir::LogicalResult inferSqueeze(NodeInference &n);
mlir::LogicalResult inferUnsqueeze(NodeInference &n);
mlir::LogicalResult inferTranspose(NodeInference &n);
mlir::LogicalResult inferSlice(NodeInference &n);
mlir::LogicalResult inferConcat(NodeInference &n);
mlir::LogicalResult inferSplit(NodeInference &n);
mlir::LogicalResult inferGather(NodeInference &n);
mlir::LogicalResult inferGatherND(NodeInference &n);
mlir::LogicalResult inferExpand(NodeInference &n);
mlir::LogicalResult inferTile(NodeInference &n);
mlir::LogicalResult inferPad(NodeInference &n);
mlir::LogicalResult inferRange(NodeInference &n);
mlir::LogicalResult inferConstantOfShape(NodeInference &n);
mlir::LogicalResult inferDepthToSpace(NodeInference &n);
mlir::LogicalResult inferSpaceToDepth(NodeInference &n);
mlir::LogicalResult inferConstant(NodeInference &n);

// InferContraction.cpp
mlir::LogicalResult inferMatMul(NodeInference &n);
mlir::LogicalResult inferGemm(NodeInference &n);
mlir::LogicalResult inferConv(NodeInference &n);
mlir::LogicalResult inferConvTranspose(NodeInference &n);
mlir::LogicalResult inferPool(NodeInference &n);
mlir::LogicalResult inferGlobalPool(NodeInference &n);
mlir::LogicalResult inferResize(NodeInference &n);
mlir::LogicalResult inferNorm(NodeInference &n);
mlir::LogicalResult inferRecurrent(NodeInference &n);

// InferContrib.cpp
mlir::LogicalResult inferSkipNorm(NodeInference &n);
mlir::LogicalResult inferEmbedLayerNorm(NodeInference &n);
mlir::LogicalResult inferAttention(NodeInference &n);
mlir::LogicalResult inferGroupQueryAttention(NodeInference &n);

// InferQuantized.cpp
mlir::LogicalResult inferQuantizeLinear(NodeInference &n);
mlir::LogicalResult inferDequantizeLinear(NodeInference &n);
mlir::LogicalResult inferDynamicQuantizeLinear(NodeInference &n);
mlir::LogicalResult inferMatMulInteger(NodeInference &n);
mlir::LogicalResult inferConvInteger(NodeInference &n);
mlir::LogicalResult inferQLinearMatMul(NodeInference &n);
mlir::LogicalResult inferQLinearConv(NodeInference &n);
mlir::LogicalResult inferQLinearBinary(NodeInference &n);
mlir::LogicalResult inferQLinearUnary(NodeInference &n);
mlir::LogicalResult inferQLinearConcat(NodeInference &n);
mlir::LogicalResult inferMatMulNBits(NodeInference &n);

/// Extents of a product of matrices as MatMul defines it.
mlir::FailureOr<Exprs> getMatMulDims(NodeInference &n,
                                     llvm::ArrayRef<mlir::AffineExpr> a,
                                     llvm::ArrayRef<mlir::AffineExpr> b);

/// Windows of a convolution or pooling, with auto_pad resolved.
struct Windows {
  llvm::SmallVector<int64_t> kernel, strides, dilations;
  /// Low and high of each spatial axis in turn.
  llvm::SmallVector<int64_t> padding;
  Exprs outputs;
};
/// From the node's attributes, the spatial extents and the kernel.
mlir::FailureOr<Windows> getWindows(NodeInference &n,
                                    llvm::ArrayRef<mlir::AffineExpr> spatial,
                                    llvm::ArrayRef<int64_t> kernel);

} // namespace nibble::frontend

#endif // NIBBLE_LIB_FRONTEND_SHAPES_INFERFUNCTIONS_H
