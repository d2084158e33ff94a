//===- KernelJIT.cpp - Kernels compiled and called in tests -----*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelJIT.h"

#include "nibble/Codegen/CPU/LowerToLLVM.h"
#include "nibble/Pipeline/Register.h"

#include "mlir/ExecutionEngine/OptUtils.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"
#include "llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h"
#include "llvm/Support/TargetSelect.h"

#include <sys/mman.h>
#include <unistd.h>

using namespace nibble::test;

GuardedBuffer::GuardedBuffer(size_t bytes) : bytes(bytes) {
  size_t page = sysconf(_SC_PAGESIZE);
  mapped = (bytes + page - 1) / page * page + page;
  mapping = static_cast<char *>(mmap(nullptr, mapped, PROT_READ | PROT_WRITE,
                                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  if (mapping == MAP_FAILED ||
      mprotect(mapping + mapped - page, page, PROT_NONE) != 0)
    llvm::report_fatal_error("no memory for a guarded buffer");
  data = mapping + mapped - page - bytes;
}

GuardedBuffer::~GuardedBuffer() { munmap(mapping, mapped); }

std::unique_ptr<mlir::MLIRContext> nibble::test::makeContext() {
  mlir::DialectRegistry registry;
  nibble::registerAllDialects(registry);
  mlir::registerAllToLLVMIRTranslations(registry);
  auto context = std::make_unique<mlir::MLIRContext>(
      registry, mlir::MLIRContext::Threading::DISABLED);
  context->loadAllAvailableDialects();
  return context;
}

std::unique_ptr<KernelJIT> KernelJIT::compile(mlir::ModuleOp module) {
  static bool initialized = [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    return true;
  }();
  (void)initialized;
  auto complain = [](llvm::Error error) {
    llvm::errs() << llvm::toString(std::move(error)) << '\n';
    return nullptr;
  };
  if (failed(nibble::codegen::lowerKernelToLLVM(module)))
    return nullptr;
  auto host = llvm::orc::JITTargetMachineBuilder::detectHost();
  if (!host)
    return complain(host.takeError());
  // As Target compiles kernels: nothing is fused that is not an fma.
  host->getOptions().AllowFPOpFusion = llvm::FPOpFusion::Strict;
  auto machine = host->createTargetMachine();
  if (!machine)
    return complain(machine.takeError());
  auto transform = mlir::makeOptimizingTransformer(3, 0, machine->get());
  mlir::ExecutionEngineOptions options;
  options.transformer = transform;
  options.jitCodeGenOptLevel = llvm::CodeGenOptLevel::Aggressive;
  auto engine = mlir::ExecutionEngine::create(module, options);
  if (!engine)
    return complain(engine.takeError());
  auto jit = std::make_unique<KernelJIT>();
  jit->engine = std::move(*engine);
  return jit;
}

nib_kernel_fn KernelJIT::lookup(llvm::StringRef name) {
  auto symbol = engine->lookup(name);
  if (!symbol) {
    llvm::errs() << llvm::toString(symbol.takeError()) << '\n';
    return nullptr;
  }
  return reinterpret_cast<nib_kernel_fn>(*symbol);
}
