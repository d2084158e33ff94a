//===- OnnxMutationTest.cpp - Damaged ONNX models ---------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// A damaged file imports or gives one error; it never crashes, and what
// imports verifies (importOnnx does that) and prints.

#include "TestModel.h"
#include "nibble/Import/Import.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"

#include <random>

using namespace nibble;

namespace {

// A folder with the model's external data.
class OnnxMutation : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("nibble-import", folder));
    llvm::SmallString<128> data = folder;
    llvm::sys::path::append(data, "w.bin");
    std::error_code error;
    llvm::raw_fd_ostream(data, error) << test::makeExternalData();
    ASSERT_FALSE(error);
  }

  void TearDown() override { llvm::sys::fs::remove_directories(folder); }

  // Imports `bytes`; false when that gave an error.
  bool import(llvm::StringRef bytes) {
    // Attributes stay in a context, so now and then it is a new one.
    if (!context || ++uses % 500 == 0)
      context = std::make_unique<mlir::MLIRContext>(
          mlir::MLIRContext::Threading::DISABLED);
    unsigned errors = 0;
    mlir::ScopedDiagnosticHandler handler(
        context.get(), [&](mlir::Diagnostic &diagnostic) {
          errors += diagnostic.getSeverity() == mlir::DiagnosticSeverity::Error;
        });
    llvm::SmallString<128> path = folder;
    llvm::sys::path::append(path, "model.onnx");
    auto module = importOnnx(context.get(), path, bytes);
    if (mlir::failed(module)) {
      EXPECT_EQ(errors, 1u);
      return false;
    }
    EXPECT_EQ(errors, 0u);
    std::string text;
    llvm::raw_string_ostream os(text);
    (*module)->print(os);
    EXPECT_FALSE(text.empty());
    return true;
  }

  // Imports `count` variants of `seed`, each with a few random edits.
  void importVariants(const std::string &seed, unsigned count) {
    ASSERT_TRUE(import(seed));
    std::mt19937 random(20240521);
    auto below = [&](size_t limit) { return random() % limit; };
    unsigned accepted = 0;
    for (unsigned i = 0; i < count; ++i) {
      std::string bytes = seed;
      for (unsigned edit = 0, edits = 1 + below(4); edit < edits; ++edit) {
        size_t at = below(bytes.size());
        switch (below(6)) {
        case 0:
          bytes[at] ^= static_cast<char>(1 << below(8));
          break;
        case 1:
          bytes[at] = static_cast<char>(below(256));
          break;
        case 2: // Ends of ranges, and varints that go on.
          bytes[at] = "\x00\x01\x7f\x80\xff"[below(5)];
          break;
        case 3:
          bytes.erase(at, 1 + below(8));
          break;
        case 4:
          bytes.insert(at, bytes.substr(below(bytes.size()), below(64)));
          break;
        case 5:
          bytes.resize(std::max<size_t>(1, at));
          break;
        }
        if (bytes.empty())
          break;
      }
      accepted += import(bytes);
    }
    // Some edits are in names or data and harm nothing; most do.
    EXPECT_GT(accepted, 0u);
    EXPECT_LT(accepted, count);
  }

  llvm::SmallString<128> folder;
  std::unique_ptr<mlir::MLIRContext> context;
  unsigned uses = 0;
};

} // namespace

TEST_F(OnnxMutation, EveryPrefix) {
  std::string seed = test::makeModel();
  ASSERT_TRUE(import(seed));
  // Where the last field, the function, starts: a prefix that ends there is a
  // well-formed model that calls a function it does not have.
  unsigned accepted = 0;
  for (size_t length = 0; length < seed.size(); ++length)
    // The bytes of the one large tensor are alike.
    if (length < 1000 || length % 7 == 0 || length + 2000 > seed.size())
      accepted += import(llvm::StringRef(seed).take_front(length));
  EXPECT_LE(accepted, 1u);
}

TEST_F(OnnxMutation, EditsOfTestModel) {
  importVariants(test::makeModel(), 10000);
}

TEST_F(OnnxMutation, EditsOfRealModel) {
  auto buffer =
      llvm::MemoryBuffer::getFile(NIBBLE_SHARED_DIR "/models/cnn/mnist-8.onnx");
  if (!buffer)
    GTEST_SKIP() << "no shared models here";
  importVariants((*buffer)->getBuffer().str(), 1000);
}
