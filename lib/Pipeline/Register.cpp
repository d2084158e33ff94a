//===- Register.cpp - All of Nibble in one registry -*- C++ -*-===//
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
#include "nibble/Codegen/Kernels/ContractionPasses.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"

void nibble::registerAllDialects(mlir::DialectRegistry &registry) {
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  registry.insert<nn::NNDialect, qnt::QntDialect, onnx::OnnxDialect>();
}

void nibble::registerAllPasses() {
  codegen::registerCPUPasses();
  codegen::registerContractionPasses();
}
