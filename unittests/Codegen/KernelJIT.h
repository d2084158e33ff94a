//===- KernelJIT.h - Kernels compiled and called in tests -------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_UNITTESTS_CODEGEN_KERNELJIT_H
#define NIBBLE_UNITTESTS_CODEGEN_KERNELJIT_H

#include "mlir/ExecutionEngine/ExecutionEngine.h"
#include "mlir/IR/BuiltinOps.h"
#include "nibble/Runtime/CodeABI.h"

#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

namespace nibble::test {

/// Memory that ends where an inaccessible page begins, so that a read or write
/// behind it is a crash.
class GuardedBuffer {
public:
  explicit GuardedBuffer(size_t bytes);
  ~GuardedBuffer();
  GuardedBuffer(const GuardedBuffer &) = delete;
  GuardedBuffer &operator=(const GuardedBuffer &) = delete;

  template <typename T> T *as() { return reinterpret_cast<T *>(data); }
  size_t size() const { return bytes; }
  void fill(int value) { std::memset(data, value, bytes); }

private:
  char *mapping;
  char *data;
  size_t bytes, mapped;
};

/// What a launch passes to a kernel.
class Slots {
public:
  template <typename T> Slots &memref(T *data, int64_t size) {
    void *pointer = const_cast<std::remove_const_t<T> *>(data);
    slots.push_back(pointer);
    slots.push_back(pointer);
    return index(0).index(size).index(1);
  }
  Slots &index(int64_t value) {
    slots.push_back(reinterpret_cast<void *>(value));
    return *this;
  }
  void *const *data() const { return slots.data(); }

private:
  std::vector<void *> slots;
};

/// A module in native code of this machine.
class KernelJIT {
public:
  /// Lowers `module`, which is changed, and compiles it. Null after a message
  /// on stderr.
  static std::unique_ptr<KernelJIT> compile(mlir::ModuleOp module);

  nib_kernel_fn lookup(llvm::StringRef name);

private:
  std::unique_ptr<mlir::ExecutionEngine> engine;
};

/// A context with all that the kernels use.
std::unique_ptr<mlir::MLIRContext> makeContext();

} // namespace nibble::test

#endif // NIBBLE_UNITTESTS_CODEGEN_KERNELJIT_H
