//===- BuildContract.h - From linear maps to nn.contract --------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_CODEGEN_DISPATCH_BUILDCONTRACT_H
#define NIBBLE_LIB_CODEGEN_DISPATCH_BUILDCONTRACT_H

#include "dialects/NN/NN.h"
#include "mlir/IR/PatternMatch.h"
#include "nibble/Codegen/Kernels/Contraction.h"

namespace nibble {

/// What a contraction works on. `weights` are [groups, N, K], their scales and
/// zero points [groups, N, blocks].
struct ContractParts {
  mlir::Value lhs, weights, bias;
  mlir::Value weightScales, weightZeros;
  /// Of an integer lhs: one, or one a row.
  mlir::Value scale, zero;
};

/// nn.contract on packed weights with the bias as an elementwise add, in place
/// of `op`. `configure` sets what a convolution adds.
mlir::Value buildContract(mlir::PatternRewriter &rewriter, mlir::Operation *op,
                          const codegen::ContractionPlan &plan,
                          const ContractParts &parts,
                          llvm::function_ref<void(nn::ContractOp)> configure);

/// A weight in another static shape.
mlir::Value reshapeWeight(mlir::PatternRewriter &rewriter, mlir::Value weight,
                          llvm::ArrayRef<int64_t> shape);

/// Success if a contraction kernel can address the image of `op`; else a match
/// failure that says why not. The types of its elements do not matter.
mlir::LogicalResult checkImage(mlir::PatternRewriter &rewriter, nn::ConvOp op);

/// A convolution whose rows are those of its input: a linear map.
bool isPointwise(nn::ConvOp op);

/// Sets the axes of `desc` for a convolution that checkImage accepts.
void describeImage(nn::ConvOp op, codegen::ContractionDesc &desc);

/// Copies the window of such a convolution.
void setWindow(nn::ConvOp op, nn::ContractOp contract);

/// [groups, outputs, K] of the filter of such a convolution.
llvm::SmallVector<int64_t> groupedFilterShape(nn::ConvOp op);

} // namespace nibble

#endif // NIBBLE_LIB_CODEGEN_DISPATCH_BUILDCONTRACT_H
