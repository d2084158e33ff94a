//===- Pipelines.h - The named pipelines ---------------------*- C++ -*- ===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_PIPELINE_PIPELINES_H
#define NIBBLE_PIPELINE_PIPELINES_H

#include "mlir/Pass/PassManager.h"
#include "nibble/Codegen/CPU/TargetFeatures.h"

namespace nibble {
struct InsertMatricesOptions;

/// nn IR as nibble-quantize and its statistics want it: simplified, affine ops
/// folded into weights.
void buildPrepareQuantizePipeline(mlir::OpPassManager &pm);

/// Which changes of basis are asked for.
struct TransformRequest {
  /// Of what linear maps read: rotations by Hadamard matrices, in blocks of up
  /// to `block` channels where they stay at run time.
  bool inputs = true;
  int64_t block = 32;
  /// Of the keys and queries of attention.
  bool keys = false;
  /// By matrices of a file, which come first; null: there are none. Needs
  /// `inputs`, and says itself whether only these are wanted.
  const InsertMatricesOptions *matrices = nullptr;
  /// Patterns of nodes that stay as they are.
  llvm::ArrayRef<std::string> keep;
};

/// For IR that is prepared for quantization: gains and biases off the norms,
/// and means out of layer norms, so that more channels share a basis.
void buildUncoverSpacesPipeline(mlir::OpPassManager &pm);

/// For IR that is prepared for quantization, with its spaces uncovered where
/// `request.inputs`. What it leaves is for qnt-scale-rotations, if asked for,
/// and then for qnt-cleanup-transforms.
void buildTransformPipeline(mlir::OpPassManager &pm,
                            const TransformRequest &request);

/// nn + qnt IR → launches over storages, kernels as linalg on memrefs or
/// contractions. `nibble-dispatch` in quant-opt.
void buildDispatchPipeline(mlir::OpPassManager &pm,
                           const codegen::TargetFeatures &features);

/// Launches and kernels → the LLVM dialect. The weight programs must be gone.
/// `nibble-kernels` in quant-opt.
void buildKernelPipeline(mlir::OpPassManager &pm,
                         const codegen::TargetFeatures &features);

/// Registers `nibble-quantize-pipeline`.
void registerQuantizePipelines();

/// Registers all named pipelines.
void registerPipelines();

} // namespace nibble

#endif // NIBBLE_PIPELINE_PIPELINES_H
