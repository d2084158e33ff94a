//===- LoopNest.cpp - Kernels from linalg on memrefs ------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Codegen/Kernels/LoopNest.h"

#include "LoopNestEmit.h"
#include "LoopNestModel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/LoopInvariantCodeMotionUtils.h"

namespace nibble::codegen {
#define GEN_PASS_DEF_LOWERLOOPNESTS
#define GEN_PASS_DEF_LOOPNESTSIZES
#include "nibble/Codegen/Kernels/LoopNestPasses.h.inc"
} // namespace nibble::codegen

using namespace mlir;

namespace nibble::codegen {

bool isLoopNestKernel(func::FuncOp kernel) {
  return kernel->hasAttr(kKernelAttr) && !kernel.isExternal() &&
         llvm::any_of(kernel.getOps(),
                      llvm::IsaPred<linalg::LinalgOp, memref::CopyOp>);
}

//===----------------------------------------------------------------------===//
// Sizes at a launch
//===----------------------------------------------------------------------===//

static FailureOr<loopnest::Kernel> planned(func::FuncOp function) {
  FailureOr<loopnest::Kernel> kernel = loopnest::readKernel(function);
  if (succeeded(kernel))
    loopnest::planKernel(*kernel);
  return kernel;
}

/// Maps the kernel's arguments to the operands of a launch.
static IRMapping mapOperands(func::FuncOp kernel, ValueRange operands) {
  unsigned count = kernel.getNumArguments() - kNumKernelTrailingArgs;
  assert(operands.size() == count && "a value for each argument");
  IRMapping mapping;
  mapping.map(kernel.getArguments().take_front(count), operands);
  return mapping;
}

FailureOr<Value> buildLoopNestGrid(OpBuilder &builder, Location loc,
                                   func::FuncOp kernel, ValueRange operands) {
  FailureOr<loopnest::Kernel> plan = planned(kernel);
  if (failed(plan))
    return failure();
  IRMapping mapping = mapOperands(kernel, operands);
  Value points = arith::ConstantIndexOp::create(builder, loc, 1);
  for (const loopnest::GridDim &dim : plan->grid) {
    Value count = plan->sizes.materialize(builder, loc, dim.extent, &mapping);
    if (dim.block)
      count = builder.createOrFold<arith::CeilDivSIOp>(
          loc, count, arith::ConstantIndexOp::create(builder, loc, dim.block));
    points = builder.createOrFold<arith::MulIOp>(loc, points, count);
  }
  return points;
}

FailureOr<Value> buildLoopNestScratch(OpBuilder &builder, Location loc,
                                      func::FuncOp kernel,
                                      ValueRange operands) {
  FailureOr<loopnest::Kernel> plan = planned(kernel);
  if (failed(plan))
    return failure();
  IRMapping mapping = mapOperands(kernel, operands);
  Value total = arith::ConstantIndexOp::create(builder, loc, 0);
  for (auto &[value, temporary] : plan->temporaries) {
    if (temporary.forwarded || loopnest::onStack(*plan, temporary))
      continue;
    Type element = cast<MemRefType>(value.getType()).getElementType();
    Value bytes = plan->sizes.materialize(builder, loc,
                                          plan->scratchExtent(temporary) *
                                              loopnest::elementBytes(element),
                                          &mapping);
    total = builder.createOrFold<arith::AddIOp>(
        loc, total, loopnest::alignScratch(builder, loc, bytes));
  }
  return total;
}

//===----------------------------------------------------------------------===//
// Lowering
//===----------------------------------------------------------------------===//

/// Erases the ops that became loops, the temporaries, and views of them.
static void eraseLowered(func::FuncOp function) {
  Block &block = function.front();
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (isa<linalg::LinalgOp, memref::CopyOp, memref::DeallocOp>(op) ||
        isOpTriviallyDead(&op))
      op.erase();
}

/// Extents of temporaries are read from what they were allocated with.
static void foldTemporaryDims(func::FuncOp function) {
  for (Operation &op : llvm::make_early_inc_range(function.front()))
    if (auto dim = dyn_cast<memref::DimOp>(op)) {
      IRMapping mapping;
      Operation *alloc = dim.getSource().getDefiningOp();
      std::optional<int64_t> number = dim.getConstantIndex();
      auto type = dyn_cast<MemRefType>(dim.getSource().getType());
      if (!isa_and_nonnull<memref::AllocOp, memref::AllocaOp>(alloc) ||
          !number || !type.isDynamicDim(*number))
        continue;
      dim.replaceAllUsesWith(
          alloc->getOperand(type.getDynamicDimIndex(*number)));
      dim.erase();
    }
}

LogicalResult lowerLoopNest(func::FuncOp function,
                            const LoopNestOptions &options) {
  if (options.vectorWidth < 2 || !llvm::isPowerOf2_32(options.vectorWidth))
    return function.emitOpError("cannot be lowered with ")
           << options.vectorWidth
           << " lanes: the vector width must be a power of two, at least 2";
  FailureOr<loopnest::Kernel> kernel = planned(function);
  if (failed(kernel))
    return failure();
  OpBuilder entry(function.front().getTerminator());
  OpBuilder builder(function.front().getTerminator());
  loopnest::NestEmitter emitter(*kernel, options.vectorWidth, entry, builder);
  ArrayRef<BlockArgument> trailing = function.getArguments().take_back(3);
  emitter.emitGrid(trailing[0], trailing[1]);
  foldTemporaryDims(function);
  eraseLowered(function);
  function.walk([](LoopLikeOpInterface loop) { moveLoopInvariantCode(loop); });
  return success();
}

//===----------------------------------------------------------------------===//
// Passes
//===----------------------------------------------------------------------===//

namespace {

struct LowerLoopNestsPass
    : public impl::LowerLoopNestsBase<LowerLoopNestsPass> {
  using LowerLoopNestsBase::LowerLoopNestsBase;

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (!isLoopNestKernel(function))
      return;
    LoopNestOptions options;
    options.vectorWidth = vectorWidth;
    if (failed(lowerLoopNest(function, options)))
      signalPassFailure();
  }
};

struct LoopNestSizesPass : public impl::LoopNestSizesBase<LoopNestSizesPass> {
  using Builder = llvm::function_ref<FailureOr<Value>(
      OpBuilder &, Location, func::FuncOp, ValueRange)>;

  /// Adds the private function `kernel.suffix`, which returns what `build`
  /// makes of its arguments.
  static LogicalResult addFunction(func::FuncOp kernel, StringRef suffix,
                                   Builder build) {
    OpBuilder builder(kernel);
    builder.setInsertionPointAfter(kernel);
    ArrayRef<Type> types =
        kernel.getArgumentTypes().drop_back(kNumKernelTrailingArgs);
    auto function = func::FuncOp::create(
        builder, kernel.getLoc(), (kernel.getName() + "." + suffix).str(),
        builder.getFunctionType(types, {builder.getIndexType()}));
    function.setPrivate();
    builder.setInsertionPointToStart(function.addEntryBlock());
    FailureOr<Value> size =
        build(builder, kernel.getLoc(), kernel, function.getArguments());
    if (failed(size)) {
      function.erase();
      return failure();
    }
    func::ReturnOp::create(builder, kernel.getLoc(), *size);
    return success();
  }

  void runOnOperation() override {
    for (auto kernel :
         llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>())) {
      if (!isLoopNestKernel(kernel))
        continue;
      if (kernel.getNumArguments() < kNumKernelTrailingArgs) {
        (void)loopnest::readKernel(kernel);
        return signalPassFailure();
      }
      if (failed(addFunction(kernel, "grid", buildLoopNestGrid)) ||
          failed(addFunction(kernel, "scratch", buildLoopNestScratch)))
        return signalPassFailure();
    }
  }
};

} // namespace

} // namespace nibble::codegen
