//===- Register.cpp - All of Nibble in one registry -------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Pipeline/Register.h"

#include "dialects/NN/NN.h"
#include "dialects/Onnx/OnnxDialect.h"
#include "dialects/Quant/Quant.h"
#include "nibble/Codegen/CPU/LowerToLLVM.h"
#include "nibble/Codegen/Decompose/Bufferization.h"
#include "nibble/Codegen/Decompose/Passes.h"
#include "nibble/Codegen/Dispatch/Passes.h"
#include "nibble/Codegen/Kernels/ContractionPasses.h"
#include "nibble/Codegen/Kernels/LoopNest.h"
#include "nibble/Frontend/Passes.h"
#include "nibble/Pipeline/Passes.h"
#include "nibble/Pipeline/Pipelines.h"
#include "nibble/Pipeline/Reference.h"
#include "nibble/Quantize/Passes.h"
#include "nibble/Quantize/Transform/Passes.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

void nibble::registerAllDialects(mlir::DialectRegistry &registry) {
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  registry.insert<nn::NNDialect, qnt::QntDialect, onnx::OnnxDialect>();
  registerBufferizationModels(registry);
}

void nibble::registerAllPasses() {
  registerNibbleDispatchPasses();
  registerNibbleQuantizePasses();
  registerNibbleTransformPasses();
  registerQuantizePipelines();
  codegen::registerCPUPasses();
  codegen::registerLoopNestPasses();
  registerFrontendPasses();
  registerPipelines();
  registerNibbleDecomposePasses();
  registerNibbleReferencePasses();
  mlir::PassPipelineRegistration<>(
      "nibble-reference",
      "Decompose nn and qnt ops and lower them to scalar loops in llvm",
      buildReferencePipeline);
  codegen::registerContractionPasses();
}
