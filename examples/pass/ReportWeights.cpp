//===- ReportWeights.cpp - A pass outside Nibble's tree ---------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/NN.h"
#include "dialects/Quant/Quant.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Tools/Plugins/PassPlugin.h"

namespace {
/// Says of every nn.linear how many weights it has and in which format.
struct ReportWeights final
    : mlir::PassWrapper<ReportWeights, mlir::OperationPass<mlir::ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(ReportWeights)

  llvm::StringRef getArgument() const override { return "report-weights"; }
  llvm::StringRef getDescription() const override {
    return "Reports the weights of linear maps";
  }

  void runOnOperation() override {
    getOperation().walk([](nibble::nn::LinearOp op) {
      auto type = mlir::cast<mlir::ShapedType>(op.getWeight().getType());
      auto remark = op.emitRemark() << type.getNumElements() << " weights, ";
      if (auto quantized = mlir::dyn_cast<nibble::qnt::QuantTensorType>(type))
        remark << quantized.getFormat();
      else
        remark << type.getElementType();
    });
  }
};
} // namespace

extern "C" LLVM_ATTRIBUTE_WEAK mlir::PassPluginLibraryInfo
mlirGetPassPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "report-weights", "0.1",
          [] { mlir::PassRegistration<ReportWeights>(); }};
}
