//===- Codegen.cpp - From nn IR to the LLVM dialect -----------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Pipeline/Pipelines.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"
#include "nibble/Codegen/CPU/LowerToLLVM.h"
#include "nibble/Codegen/Dispatch/Passes.h"
#include "nibble/Codegen/Kernels/LoopNest.h"
#include "nibble/Codegen/Kernels/VectorMath.h"

using namespace mlir;
using namespace nibble;

void nibble::buildDispatchPipeline(OpPassManager &pm,
                                   const codegen::TargetFeatures &features) {
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createFoldAffine());
  pm.addPass(createLowerTransforms());
  pm.addPass(createLowerQuantized());
  pm.addPass(createAssignLayouts());
  pm.addPass(createSplitReductions());
  ConfigureRecurrencesOptions recurrences;
  recurrences.features = features.str();
  pm.addPass(createConfigureRecurrences(recurrences));
  ConfigureQuantizedOptions quantized;
  quantized.features = features.str();
  pm.addPass(createConfigureQuantized(quantized));
  ConfigureContractionsOptions contractions;
  contractions.features = features.str();
  pm.addPass(createConfigureContractions(contractions));
  pm.addNestedPass<func::FuncOp>(
      memref::createResolveRankedShapeTypeResultDimsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createFormDispatches());
  pm.addPass(createCSEPass());
  pm.addPass(createOutlineWeights());
  pm.addPass(createOutlineKernels());
  pm.addNestedPass<func::FuncOp>(createBufferizeKernels());
  pm.addPass(createPlaceBuffers());
  pm.addNestedPass<func::FuncOp>(createCanonicalizerPass());
  pm.addNestedPass<func::FuncOp>(createCSEPass());
}

void nibble::buildKernelPipeline(OpPassManager &pm,
                                 const codegen::TargetFeatures &features) {
  codegen::LowerLoopNestsOptions options;
  options.vectorWidth = features.has(codegen::Feature::AVX512F) ? 16 : 8;
  pm.addNestedPass<func::FuncOp>(codegen::createLowerLoopNests(options));
  pm.addPass(createLowerLaunches());
  pm.addNestedPass<func::FuncOp>(codegen::createExpandMath());
  codegen::buildLowerToLLVMPipeline(pm);
}

namespace {
struct CPUOptions : PassPipelineOptions<CPUOptions> {
  Option<std::string> features{
      *this, "features",
      llvm::cl::desc("LLVM feature string of the CPU that is compiled for"),
      llvm::cl::init("+avx2,+fma,+f16c")};
};
} // namespace

/// A pipeline with CPUOptions; features that cannot be read are an error of the
/// pipeline's text.
static void registerForCPU(StringRef name, StringRef description,
                           void (*build)(OpPassManager &,
                                         const codegen::TargetFeatures &)) {
  registerPassPipeline(
      name, description,
      [build](OpPassManager &pm, StringRef text,
              function_ref<LogicalResult(const Twine &)> onError) {
        CPUOptions options;
        if (failed(options.parseFromString(text)))
          return failure();
        auto features = codegen::TargetFeatures::parse(options.features);
        if (!features)
          return onError(llvm::toString(features.takeError()));
        build(pm, *features);
        return success();
      },
      [](function_ref<void(const mlir::detail::PassOptions &)> handler) {
        handler(CPUOptions());
      });
}

void nibble::registerPipelines() {
  registerForCPU("nibble-dispatch", "nn IR to kernels, launches and storages",
                 buildDispatchPipeline);
  registerForCPU("nibble-kernels", "kernels and launches to the LLVM dialect",
                 buildKernelPipeline);
}
