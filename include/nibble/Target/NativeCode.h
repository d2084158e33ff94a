//===- NativeCode.h - From the LLVM dialect to a library ------*- C++ -*- ===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_TARGET_NATIVECODE_H
#define NIBBLE_TARGET_NATIVECODE_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"

#include <memory>
#include <string>

namespace nibble {

/// A CPU to compile for.
struct CPUTarget {
  std::string triple;
  std::string cpu; ///< LLVM's name: znver3, x86-64-v3, …
  /// LLVM's feature string: "+avx2,-sgx,…". With "+": all that the code may
  /// use, and nothing that the runtime cannot check.
  std::string features;

  /// "host", "x86-64-v3" or an LLVM CPU name. Fails on a name that LLVM does
  /// not know, which would abort later.
  static llvm::Expected<CPUTarget> parse(llvm::StringRef name);

  /// What LLVM calls `cpu`, with `features` switched on ("+x") or off ("-x").
  /// What the runtime cannot check is off.
  static llvm::Expected<CPUTarget> create(llvm::StringRef cpu,
                                          llvm::StringRef features);
};

/// How much is done for fast code. What it computes is the same to the bit.
enum class CodeEffort {
  Quick, ///< For a few runs: kernels are cleaned up, loops stay as they are.
  Full   ///< -O3.
};

/// Compiles a module of the LLVM dialect into an x86-64 ELF shared library that
/// exports nib_shapes and nib_run. Work is split over `threads`; the bytes do
/// not depend on it.
llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
compileSharedLibrary(mlir::ModuleOp module, const CPUTarget &target,
                     unsigned threads, CodeEffort effort = CodeEffort::Full);

} // namespace nibble

#endif // NIBBLE_TARGET_NATIVECODE_H
