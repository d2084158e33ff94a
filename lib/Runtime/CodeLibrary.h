//===- CodeLibrary.h - The native library of a model ------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_RUNTIME_CODELIBRARY_H
#define NIBBLE_LIB_RUNTIME_CODELIBRARY_H

#include "Status.h"
#include "nibble/Runtime/CodeABI.h"

namespace nibble::rt {

/// Code loaded from memory: no file is written, and nothing else on disk can
/// be loaded in its place.
class CodeLibrary {
public:
  CodeLibrary() = default;
  CodeLibrary(const CodeLibrary &) = delete;
  CodeLibrary &operator=(const CodeLibrary &) = delete;
  ~CodeLibrary();

  /// Loads `size` bytes of a shared library, which must be trusted or checked.
  Status load(const void *data, size_t size);

  nib_shapes_fn shapes = nullptr;
  nib_run_fn run = nullptr;

private:
  // The descriptor stays open: dlopen knows libraries by path, and a later
  // model under the same descriptor number would be taken for this one.
  int fd = -1;
  void *handle = nullptr;
};

} // namespace nibble::rt

#endif // NIBBLE_LIB_RUNTIME_CODELIBRARY_H
