//===- Quantize.cpp - From f32 to quantized nn IR -------------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"
#include "nibble/Codegen/Dispatch/Passes.h"
#include "nibble/Pipeline/Pipelines.h"
#include "nibble/Quantize/Passes.h"
#include "nibble/Quantize/Transform/Passes.h"

using namespace mlir;
using namespace nibble;

void nibble::buildPrepareQuantizePipeline(OpPassManager &pm) {
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  // Normalisation folds into weights while they are numbers.
  pm.addPass(createFoldAffine());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

void nibble::buildUncoverSpacesPipeline(OpPassManager &pm) {
  pm.addNestedPass<func::FuncOp>(createSplitChannelOps());
  pm.addNestedPass<func::FuncOp>(createCenterLayerNorm());
}

void nibble::buildTransformPipeline(OpPassManager &pm,
                                    const TransformRequest &request) {
  if (request.matrices)
    pm.addPass(createInsertMatrices(*request.matrices));
  InsertTransformsOptions insert;
  insert.block = request.block;
  insert.keep.assign(request.keep.begin(), request.keep.end());
  insert.inputs = request.inputs;
  insert.keys = request.keys;
  pm.addPass(createInsertTransforms(insert));
  pm.addPass(createFuseTransforms());
  pm.addPass(createCSEPass());
}

namespace {
struct TransformPipelineOptions
    : PassPipelineOptions<TransformPipelineOptions> {
  Option<int64_t> block{
      *this, "block",
      llvm::cl::desc("channels of one block of a rotation at run time"),
      llvm::cl::init(32)};
  ListOption<std::string> keep{
      *this, "keep", llvm::cl::desc("patterns of nodes that stay in f32")};
  Option<bool> keys{*this, "keys",
                    llvm::cl::desc("rotate keys and queries of attention, too"),
                    llvm::cl::init(false)};
};

struct QuantizePipelineOptions : PassPipelineOptions<QuantizePipelineOptions> {
  Option<std::string> weights{*this, "weights",
                              llvm::cl::desc("format of the weights"),
                              llvm::cl::init("f32")};
  Option<std::string> activations{*this, "activations",
                                  llvm::cl::desc("format of the activations"),
                                  llvm::cl::init("f32")};
  Option<int64_t> group{*this, "group",
                        llvm::cl::desc("weights that share one scale"),
                        llvm::cl::init(0)};
  Option<int64_t> activationGroup{
      *this, "activation-group",
      llvm::cl::desc("activations of a row that share one scale"),
      llvm::cl::init(0)};
  ListOption<std::string> keep{
      *this, "keep", llvm::cl::desc("patterns of nodes that stay in f32")};
  Option<std::string> statistics{
      *this, "statistics", llvm::cl::desc("file of activation statistics"),
      llvm::cl::init("")};
};
} // namespace

void nibble::registerQuantizePipelines() {
  PassPipelineRegistration<TransformPipelineOptions>(
      "nibble-transform", "nn IR in f32 to the same in rotated bases",
      [](OpPassManager &pm, const TransformPipelineOptions &options) {
        buildPrepareQuantizePipeline(pm);
        buildUncoverSpacesPipeline(pm);
        std::vector<std::string> keep(options.keep.begin(), options.keep.end());
        TransformRequest request;
        request.block = options.block;
        request.keys = options.keys;
        request.keep = keep;
        buildTransformPipeline(pm, request);
        pm.addPass(createCleanupTransforms());
      });
  PassPipelineRegistration<QuantizePipelineOptions>(
      "nibble-quantize-pipeline", "nn IR in f32 to quantized nn IR",
      [](OpPassManager &pm, const QuantizePipelineOptions &options) {
        buildPrepareQuantizePipeline(pm);
        QuantizeModelOptions quantize;
        quantize.weights = options.weights;
        quantize.activations = options.activations;
        quantize.group = options.group;
        quantize.activationGroup = options.activationGroup;
        quantize.keep.assign(options.keep.begin(), options.keep.end());
        quantize.statistics = options.statistics;
        pm.addPass(createQuantizeModel(quantize));
      });
}
