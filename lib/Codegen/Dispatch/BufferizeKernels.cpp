//===- BufferizeKernels.cpp - Kernels as linalg on memrefs ----------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Codegen/Dispatch/Passes.h"

#include "dialects/NN/NN.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotAnalysis.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "mlir/Transforms/Passes.h"

namespace nibble {
#define GEN_PASS_DEF_BUFFERIZEKERNELS
#include "nibble/Codegen/Dispatch/Passes.h.inc"
} // namespace nibble

using namespace mlir;
using namespace nibble;

/// Replaces every nn op by its decomposition, until none is left.
static LogicalResult decompose(func::FuncOp kernel) {
  SmallVector<linalg::AggregatedOpInterface> ops;
  kernel.walk([&](linalg::AggregatedOpInterface op) {
    if (isa<nn::NNDialect>(op->getDialect()))
      ops.push_back(op);
  });
  for (linalg::AggregatedOpInterface op : ops) {
    OpBuilder builder(op);
    FailureOr<SmallVector<Value>> values = op.decomposeOperation(builder);
    if (failed(values))
      return op->emitError("has no decomposition to linalg");
    op->replaceAllUsesWith(*values);
    op->erase();
  }
  return success();
}

/// Contractions and their like are written over memrefs from the start.
static bool hasTensors(func::FuncOp kernel) {
  return kernel
      .walk([](Operation *op) {
        return llvm::any_of(op->getResultTypes(), llvm::IsaPred<TensorType>)
                   ? WalkResult::interrupt()
                   : WalkResult::advance();
      })
      .wasInterrupted();
}

namespace {
struct BufferizeKernels final
    : nibble::impl::BufferizeKernelsBase<BufferizeKernels> {
  LogicalResult initialize(MLIRContext *context) override {
    prepare = OpPassManager(func::FuncOp::getOperationName());
    prepare.addPass(createCanonicalizerPass());
    prepare.addPass(createCSEPass());
    prepare.addPass(createLinalgElementwiseOpFusionPass());
    prepare.addPass(memref::createResolveShapedTypeResultDimsPass());
    prepare.addPass(createCanonicalizerPass());
    prepare.addPass(createCSEPass());
    prepare.addPass(bufferization::createEmptyTensorEliminationPass());
    finish = OpPassManager(func::FuncOp::getOperationName());
    finish.addPass(createCanonicalizerPass());
    finish.addPass(createCSEPass());
    return success();
  }

  void getDependentDialects(DialectRegistry &registry) const override {
    nibble::impl::BufferizeKernelsBase<BufferizeKernels>::getDependentDialects(
        registry);
    prepare.getDependentDialects(registry);
    finish.getDependentDialects(registry);
  }

  void runOnOperation() override {
    func::FuncOp kernel = getOperation();
    if (!kernel->hasAttr("nn.kernel") || !hasTensors(kernel))
      return;
    if (failed(decompose(kernel)) || failed(runPipeline(prepare, kernel)))
      return signalPassFailure();
    bufferization::OneShotBufferizationOptions options;
    options.allowReturnAllocsFromLoops = true;
    bufferization::BufferizationState state;
    if (failed(bufferization::runOneShotBufferize(kernel, options, state)) ||
        failed(runPipeline(finish, kernel)))
      return signalPassFailure();
  }

  OpPassManager prepare, finish;
};
} // namespace
