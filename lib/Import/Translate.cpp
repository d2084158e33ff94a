//===- Translate.cpp - quant-translate --import-onnx -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Onnx/OnnxDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Tools/mlir-translate/Translation.h"
#include "nibble/Import/Import.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;

static OwningOpRef<Operation *> translate(llvm::SourceMgr &sources,
                                          MLIRContext *context) {
  const llvm::MemoryBuffer *buffer =
      sources.getMemoryBuffer(sources.getMainFileID());
  StringRef path = buffer->getBufferIdentifier();
  if (path == "<stdin>") {
    emitError(UnknownLoc::get(context))
        << "an ONNX model must be a file, because weights stay in it: give its "
           "path";
    return {};
  }
  auto module = nibble::importOnnx(context, path, buffer->getBuffer());
  if (failed(module))
    return {};
  return OwningOpRef<Operation *>(module->release());
}

void nibble::registerOnnxTranslation() {
  TranslateToMLIRRegistration registration(
      "import-onnx", "ONNX model to the onnx dialect", translate,
      [](DialectRegistry &registry) {
        registry.insert<onnx::OnnxDialect, func::FuncDialect>();
      });
}
