//===- NativeCodeTest.cpp - Libraries from the LLVM dialect ---------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Target/NativeCode.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Parser/Parser.h"
#include "nibble/Support/TemporaryFile.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"

#include <cstring>
#include <dlfcn.h>
#include <vector>

using namespace nibble;

/// A sum whose value depends on the order of its terms and on whether products
/// are rounded, and a function of its own for each term.
static const char *const kText = R"(
llvm.func @term(%a: f32, %b: f32) -> f32 {
  %product = llvm.fmul %a, %b : f32
  %difference = llvm.fsub %product, %b : f32
  llvm.return %difference : f32
}
llvm.func @nib_run(%x: !llvm.ptr, %y: !llvm.ptr, %n: i64) -> f32 {
  %zero = llvm.mlir.constant(0 : i64) : i64
  %one = llvm.mlir.constant(1 : i64) : i64
  %start = llvm.mlir.constant(0.1 : f32) : f32
  llvm.br ^loop(%zero, %start : i64, f32)
^loop(%i: i64, %sum: f32):
  %more = llvm.icmp "slt" %i, %n : i64
  llvm.cond_br %more, ^body, ^end
^body:
  %px = llvm.getelementptr %x[%i] : (!llvm.ptr, i64) -> !llvm.ptr, f32
  %py = llvm.getelementptr %y[%i] : (!llvm.ptr, i64) -> !llvm.ptr, f32
  %a = llvm.load %px : !llvm.ptr -> f32
  %b = llvm.load %py : !llvm.ptr -> f32
  %t = llvm.call @term(%a, %b) : (f32, f32) -> f32
  %next = llvm.fadd %sum, %t : f32
  %j = llvm.add %i, %one : i64
  llvm.br ^loop(%j, %next : i64, f32)
^end:
  llvm.return %sum : f32
}
)";

namespace {
class NativeCodeTest : public testing::Test {
protected:
  NativeCodeTest() {
    context.loadDialect<mlir::LLVM::LLVMDialect>();
    module = mlir::parseSourceString<mlir::ModuleOp>(kText, &context);
  }

  std::string compile(CodeEffort effort, unsigned threads) {
    auto library = compileSharedLibrary(
        *module, llvm::cantFail(CPUTarget::parse("host")), threads, effort);
    if (library)
      return (*library)->getBuffer().str();
    ADD_FAILURE() << llvm::toString(library.takeError());
    return "";
  }

  /// What the library's function returns, as bits.
  static uint32_t run(const std::string &library) {
    TemporaryFile file =
        llvm::cantFail(TemporaryFile::create("nibble-test", "so"));
    std::error_code error;
    llvm::raw_fd_ostream(file.getPath(), error) << library;
    void *handle = dlopen(file.getPath().str().c_str(), RTLD_NOW);
    EXPECT_NE(handle, nullptr) << dlerror();
    if (!handle)
      return 0;
    auto function =
        reinterpret_cast<float (*)(const float *, const float *, int64_t)>(
            dlsym(handle, "nib_run"));
    std::vector<float> x, y;
    for (int i = 0; i < 1003; ++i) {
      x.push_back(1.0f / float(i + 3));
      y.push_back(float(i % 17) - 7.3f);
    }
    float sum = function(x.data(), y.data(), int64_t(x.size()));
    dlclose(handle);
    uint32_t bits;
    std::memcpy(&bits, &sum, sizeof bits);
    return bits;
  }

  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};
} // namespace

TEST_F(NativeCodeTest, EffortDoesNotChangeResults) {
  ASSERT_TRUE(module);
  std::string quick = compile(CodeEffort::Quick, 1);
  std::string full = compile(CodeEffort::Full, 1);
  EXPECT_NE(quick, full);
  uint32_t bits = run(quick);
  EXPECT_NE(bits, 0u);
  EXPECT_EQ(bits, run(full));
}

TEST_F(NativeCodeTest, BytesDoNotDependOnThreads) {
  ASSERT_TRUE(module);
  for (CodeEffort effort : {CodeEffort::Quick, CodeEffort::Full})
    EXPECT_EQ(compile(effort, 1), compile(effort, 3));
}
