//===- quant-translate.cpp - Models to IR and back --------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/AsmState.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/InitAllTranslations.h"
#include "mlir/Support/FileUtilities.h"
#include "mlir/Tools/mlir-translate/MlirTranslateMain.h"
#include "nibble/Import/Import.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/ToolOutputFile.h"
#include "llvm/Support/WithColor.h"

namespace cl = llvm::cl;

// Seen by the help of both drivers below.
static cl::opt<bool>
    importOnnxFlag("import-onnx",
                   cl::desc("ONNX model to the onnx dialect; the input must be "
                            "a file, because weights stay in it"));

// Not a translation of mlirTranslateMain, which copies its input: a model may
// be larger than memory.
static int importOnnxMain(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::opt<std::string> input(cl::Positional, cl::Required,
                             cl::desc("<model.onnx>"));
  cl::opt<std::string> output("o", cl::desc("Output file"),
                              cl::value_desc("filename"), cl::init("-"));
  mlir::registerAsmPrinterCLOptions();
  cl::ParseCommandLineOptions(argc, argv, "ONNX model to the onnx dialect\n");
  if (input == "-") {
    llvm::WithColor::error() << "an ONNX model must be a file, because weights "
                                "stay in it: give its path\n";
    return 1;
  }
  mlir::MLIRContext context;
  llvm::SourceMgr sources;
  mlir::SourceMgrDiagnosticHandler handler(sources, &context);
  auto module = nibble::importOnnx(&context, input);
  if (mlir::failed(module))
    return 1;
  std::string error;
  auto file = mlir::openOutputFile(output, &error);
  if (!file) {
    llvm::WithColor::error() << error << "\n";
    return 1;
  }
  (*module)->print(file->os());
  file->os().flush();
  if (file->os().has_error()) {
    llvm::WithColor::error() << "cannot write '" << output
                             << "': " << file->os().error().message() << "\n";
    file->os().clear_error();
    return 1;
  }
  file->keep();
  return 0;
}

int main(int argc, char **argv) {
  for (llvm::StringRef arg : llvm::ArrayRef(argv, argc).drop_front())
    if (arg == "--import-onnx" || arg == "-import-onnx")
      return importOnnxMain(argc, argv);
  mlir::registerAllTranslations();
  return mlir::failed(
      mlir::mlirTranslateMain(argc, argv, "Nibble's translations\n"));
}
