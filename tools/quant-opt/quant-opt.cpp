//===- quant-opt.cpp - Passes on IR -----------------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/DialectRegistry.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "nibble/Pipeline/Register.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  nibble::registerAllDialects(registry);
  mlir::registerAllPasses();
  nibble::registerAllPasses();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "Nibble's pass driver\n", registry));
}
