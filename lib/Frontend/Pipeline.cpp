//===- Pipeline.cpp - The way from onnx IR to nn IR -------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Frontend/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

#include "dialects/NN/NN.h"
#include "dialects/Onnx/OnnxDialect.h"

using namespace mlir;
using namespace nibble;

#define GEN_PASS_REGISTRATION
#include "nibble/Frontend/Passes.h.inc"

void nibble::buildFrontendPipeline(OpPassManager &pm,
                                   const FrontendOptions &options) {
  OnnxInferShapesOptions shapes;
  shapes.inputValues.assign(options.inputValues.begin(),
                            options.inputValues.end());
  pm.addPass(createOnnxInferShapes(shapes));
  pm.addPass(createConvertOnnxToNN());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createNNRaise());
  pm.addPass(createQntPropagate());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

void nibble::registerFrontendPasses() {
  registerNibbleFrontendPasses();
  PassPipelineRegistration<FrontendOptions>(
      "nibble-frontend", "From onnx IR to nn IR", buildFrontendPipeline);
}
