//===- quant-translate.cpp - Models to IR and back -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/InitAllTranslations.h"
#include "mlir/Support/LogicalResult.h"
#include "mlir/Tools/mlir-translate/MlirTranslateMain.h"
#include "nibble/Import/Import.h"

int main(int argc, char **argv) {
  mlir::registerAllTranslations();
  nibble::registerOnnxTranslation();
  return mlir::failed(
      mlir::mlirTranslateMain(argc, argv, "Nibble's translations\n"));
}
