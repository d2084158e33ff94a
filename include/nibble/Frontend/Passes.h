//===- Passes.h - From onnx to nn -------------------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_FRONTEND_PASSES_H
#define NIBBLE_FRONTEND_PASSES_H

#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassOptions.h"

namespace nibble {

#define GEN_PASS_DECL
#include "nibble/Frontend/Passes.h.inc"

struct FrontendOptions : mlir::PassPipelineOptions<FrontendOptions> {
  ListOption<std::string> inputValues{
      *this, "input-value",
      llvm::cl::desc("name=number: the input is this number in every run, and "
                     "is no longer an argument")};
};

/// Adds the way from onnx IR to nn IR: shapes, lowering, raising.
void buildFrontendPipeline(mlir::OpPassManager &pm,
                           const FrontendOptions &options);

/// Registers the Frontend's passes and the pipeline `nibble-frontend`.
void registerFrontendPasses();

} // namespace nibble

#endif // NIBBLE_FRONTEND_PASSES_H
