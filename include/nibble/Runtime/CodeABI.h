//===- CodeABI.h - Between compiled code and the runtime --------*- C -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the native library inside a model.nib expects of the runtime, and what it exports. Plain C: the compiler writes
// the same layout as an LLVM struct (lib/Target), so every change here raises NIB_CODE_ABI.
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_RUNTIME_CODEABI_H
#define NIBBLE_RUNTIME_CODEABI_H

#include <stdint.h>

#define NIB_CODE_ABI 1

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nib_exec nib_exec;

/// One kernel. `slots`: 8-byte values, each a pointer or an int64_t, as the kernel's launch site wrote them.
/// Computes grid points [begin, end). `scratch`: memory of the calling thread, 64-byte aligned, as large as nib_shapes
/// said, content undefined.
typedef void (*nib_kernel_fn)(void *const *slots, int64_t begin, int64_t end, void *scratch);

/// What one call of nib_run works on. Pointers are 64-byte aligned unless they are the caller's own tensors.
struct nib_exec {
  /// Runs `kernel` over [0, grid) on the session's threads and returns when all of it is done. `dispatch` indexes the manifest's
  /// dispatches; `traffic` is the bytes that the launch reads and writes, for profiles.
  void (*launch)(nib_exec *exec, uint32_t dispatch, nib_kernel_fn kernel, void *const *slots, int64_t grid, int64_t traffic);
  const int64_t *symbols;      ///< values of the symbolic dimensions, in the manifest's order
  void *const *inputs;         ///< one contiguous row-major tensor per model input that is not state
  void *const *outputs;        ///< one per model output that is not state
  void *const *states;         ///< one buffer per state
  const int64_t *capacities;   ///< per state: the extent of its growing axis in memory
  const uint8_t *parameters;   ///< base of the parameter entry, mapped in place
  void *const *buffers;        ///< one per planned buffer
  void *runtime;               ///< the runtime's own
};

/// Exported by the library as `nib_shapes`. See docs/architecture.md. Returns 0, or 1 + the index of the manifest's check that failed.
typedef int32_t (*nib_shapes_fn)(const int64_t *symbols, int64_t *dims, int64_t *bytes);

/// Exported by the library as `nib_run`. Returns 0, or 1 + the index of the manifest's check that failed.
typedef int32_t (*nib_run_fn)(nib_exec *exec);

#ifdef __cplusplus
}
#endif

#endif // NIBBLE_RUNTIME_CODEABI_H
