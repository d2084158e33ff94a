//===- Compilation.cpp - Compiling inside a subcommand -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Compilation.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/raw_ostream.h"

#include <chrono>

using namespace nibble;
using namespace nibble::tool;

namespace {
/// A line on the terminal that says what is being done, from the second second
/// on.
class ProgressLine {
public:
  ~ProgressLine() {
    if (shown)
      llvm::errs() << "\r\033[K";
  }
  void show(llvm::StringRef stage, double fraction) {
    auto elapsed = std::chrono::steady_clock::now() - start;
    if (!llvm::sys::Process::StandardErrIsDisplayed() ||
        elapsed < std::chrono::seconds(1))
      return;
    constexpr int width = 30;
    int done = int(fraction * width);
    llvm::errs() << "\r\033[K[" << std::string(done, '#')
                 << std::string(width - done, ' ') << "] "
                 << llvm::format("%3.0f%% ", fraction * 100) << stage;
    shown = true;
  }

private:
  std::chrono::steady_clock::time_point start =
      std::chrono::steady_clock::now();
  bool shown = false;
};
} // namespace

llvm::Error tool::compileWithProgress(llvm::StringRef path,
                                      const CompileOptions &options,
                                      llvm::StringRef output) {
  ProgressLine line;
  return compileModel(path, options, output,
                      [&](llvm::StringRef stage, double fraction) {
                        line.show(stage, fraction);
                        return true;
                      });
}
