//===- LowerToLLVM.cpp - From vector code to the LLVM dialect ---*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Codegen/CPU/LowerToLLVM.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/Vector/Transforms/Passes.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

#include <limits>

namespace nibble::codegen {
#define GEN_PASS_DEF_KERNELABI
#define GEN_PASS_REGISTRATION
#include "nibble/Codegen/CPU/Passes.h.inc"
} // namespace nibble::codegen

using namespace mlir;
using namespace nibble::codegen;

//===----------------------------------------------------------------------===//
// Kernel ABI
//===----------------------------------------------------------------------===//

/// begin, end, and the descriptor of scratch: allocated and aligned pointer,
/// offset, size, stride.
static constexpr unsigned numTrailingValues = 7;

static LogicalResult checkKernel(LLVM::LLVMFuncOp func) {
  ArrayRef<Type> types = func.getFunctionType().getParams();
  if (func.isExternal())
    return func.emitOpError("kernel has no body");
  if (types.size() < numTrailingValues ||
      !isa<LLVM::LLVMPointerType>(types[types.size() - 5]))
    return func.emitOpError(
        "kernel must end with (begin: index, end: index, scratch: "
        "memref<?xi8>)");
  for (Type type : types)
    if (!isa<LLVM::LLVMPointerType>(type) && !type.isInteger(64))
      return func.emitOpError("kernel argument of type ")
             << type << " has no slot: pass a memref or an index";
  return success();
}

static void rewriteKernel(LLVM::LLVMFuncOp func) {
  MLIRContext *context = func.getContext();
  OpBuilder b(context);
  Location loc = func.getLoc();
  Type ptr = LLVM::LLVMPointerType::get(context), i64 = b.getI64Type();
  Block &entry = func.getBody().front();
  unsigned count = entry.getNumArguments();
  Value slots = entry.addArgument(ptr, loc);
  Value begin = entry.addArgument(i64, loc);
  Value end = entry.addArgument(i64, loc);
  Value scratch = entry.addArgument(ptr, loc);

  b.setInsertionPointToStart(&entry);
  auto constant = [&](int64_t value) -> Value {
    return LLVM::ConstantOp::create(b, loc, i64, b.getI64IntegerAttr(value));
  };
  SmallVector<Value> values;
  for (unsigned i = 0; i + numTrailingValues < count; ++i) {
    Value slot = LLVM::GEPOp::create(b, loc, ptr, ptr, slots,
                                     ArrayRef<LLVM::GEPArg>{int32_t(i)});
    values.push_back(
        LLVM::LoadOp::create(b, loc, entry.getArgument(i).getType(), slot));
  }
  values.append({begin, end, scratch, scratch, constant(0),
                 constant(std::numeric_limits<int64_t>::max()), constant(1)});
  for (auto [i, value] : llvm::enumerate(values))
    entry.getArgument(i).replaceAllUsesWith(value);
  entry.eraseArguments(0, count);
  func.setFunctionType(LLVM::LLVMFunctionType::get(
      LLVM::LLVMVoidType::get(context), {ptr, i64, i64, ptr}));
  func.removeArgAttrsAttr();
  func.setLinkage(LLVM::Linkage::External);
  func.setSymVisibilityAttr(nullptr);
}

namespace {
struct KernelABI final : nibble::codegen::impl::KernelABIBase<KernelABI> {
  void runOnOperation() override {
    for (auto func : getOperation().getOps<LLVM::LLVMFuncOp>()) {
      if (!func->hasAttr("nn.kernel"))
        continue;
      if (failed(checkKernel(func)))
        return signalPassFailure();
      rewriteKernel(func);
    }
  }
};
} // namespace

//===----------------------------------------------------------------------===//
// Pipeline
//===----------------------------------------------------------------------===//

void nibble::codegen::buildLowerToLLVMPipeline(OpPassManager &pm) {
  // Function by function wherever a pass can, which is side by side.
  auto cleanUp = [](OpPassManager &pm) {
    pm.addPass(createCanonicalizerPass());
    pm.addPass(createCSEPass());
  };
  OpPassManager &funcs = pm.nest<func::FuncOp>();
  cleanUp(funcs);
  funcs.addPass(vector::createLowerVectorMultiReductionPass());
  funcs.addPass(createConvertVectorToSCFPass());
  funcs.addPass(createLoopInvariantCodeMotionPass());
  funcs.addPass(memref::createExpandOpsPass());
  // Without the instructions of AVX512_BF16, LLVM rounds to bf16 by a function
  // of compiler-rt, which the library has not: compute in f32, round by
  // integers.
  arith::ArithEmulateUnsupportedFloatsOptions emulate;
  emulate.sourceTypeStrs = {"bf16"};
  funcs.addPass(arith::createArithEmulateUnsupportedFloats(emulate));
  arith::ArithExpandOpsPassOptions expand;
  expand.includeBf16 = true;
  funcs.addPass(arith::createArithExpandOpsPass(expand));
  funcs.addPass(memref::createExpandStridedMetadataPass());
  funcs.addPass(createLowerAffinePass());
  cleanUp(funcs);
  funcs.addPass(createCheckOverflow());
  funcs.addPass(createSCFToControlFlowPass());
  // The default keeps the order of floating-point reductions.
  funcs.addPass(createConvertVectorToLLVMPass());
  pm.addPass(createConvertToLLVMPass());
  pm.addNestedPass<LLVM::LLVMFuncOp>(createReconcileUnrealizedCastsPass());
  pm.addPass(createKernelABI());
  cleanUp(pm.nest<LLVM::LLVMFuncOp>());
}

LogicalResult nibble::codegen::lowerKernelToLLVM(ModuleOp module) {
  PassManager pm(module->getName());
  buildLowerToLLVMPipeline(pm);
  return pm.run(module);
}

void nibble::codegen::registerCPUPasses() {
  nibble::codegen::registerNibbleCPUPasses();
  PassPipelineRegistration<>(
      "nibble-lower-to-llvm",
      "vector, memref, scf and arith code to the LLVM dialect",
      buildLowerToLLVMPipeline);
}
