//===- CodeABI.h - Between compiled code and the runtime --------*- C -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the native library inside a model.nib expects of the runtime, and what
// it exports. Plain C: the compiler reads nib_exec field by field
// (lib/Codegen/Dispatch/ExecField.h), so every change here raises NIB_CODE_ABI.
//
// "Outputs" are the manifest's outputs, "states" its states, "buffers" its
// buffers, each in the manifest's order (docs/artifact.md).
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_RUNTIME_CODEABI_H
#define NIBBLE_RUNTIME_CODEABI_H

#include <stdint.h>

#define NIB_CODE_ABI 1

/// A status of nib_shapes: sizes for these symbols are no 64-bit numbers.
#define NIB_SIZES_OVERFLOW (-1)

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nib_exec nib_exec;

/// One kernel. `slots`: 8-byte values, each a pointer or an int64_t, as the
/// kernel's launch site wrote them. Computes grid points [begin, end).
/// `scratch`: memory of the calling thread, 64-byte aligned, as large as
/// nib_shapes said, content undefined.
typedef void (*nib_kernel_fn)(void *const *slots, int64_t begin, int64_t end,
                              void *scratch);

/// What one call of nib_run works on. Pointers are 64-byte aligned unless they
/// are the caller's own tensors, which are aligned to their element.
struct nib_exec {
  /// Runs `kernel` over [0, grid) on the session's threads and returns when
  /// all of it is done. `dispatch` indexes the manifest's dispatches;
  /// `traffic` is the bytes that the launch reads and writes, for profiles and
  /// to decide whether threads are worth it. `slots` may live on the stack.
  void (*launch)(nib_exec *exec, uint32_t dispatch, nib_kernel_fn kernel,
                 void *const *slots, int64_t grid, int64_t traffic);
  /// Values of the symbolic dimensions, in the manifest's order.
  const int64_t *symbols;
  /// One contiguous row-major tensor per model input that is not state.
  void *const *inputs;
  /// One per model output that is not state.
  void *const *outputs;
  /// One buffer per state: row-major in the state's dimensions, with
  /// capacities[i] in place of the extent of its growing axis. Updated in
  /// place. What lies beyond the state's length can be read but is undefined.
  void *const *states;
  /// Per state: the extent of its growing axis in memory; at least the extent
  /// before and after the run. 0 for a state that does not grow.
  const int64_t *capacities;
  /// Base of the parameters' data section, mapped in place, read-only; NULL
  /// where the artifact has none.
  const uint8_t *parameters;
  /// One per planned buffer, content undefined. Two buffers whose lifetimes
  /// [first, last] meet never overlap.
  void *const *buffers;
  /// The runtime's own.
  void *runtime;
};

/// Exported by the library as `nib_shapes`: a pure function of `symbols`.
/// Fills `dims` with the dimensions of the outputs, row after row, then the
/// dimensions that the states have after the run, row after row; `bytes` with
/// the size of every planned buffer, and last the scratch bytes of one thread.
/// Returns 0, or 1 + the index of the manifest's check that failed, or
/// NIB_SIZES_OVERFLOW; then `dims` and `bytes` mean nothing.
typedef int32_t (*nib_shapes_fn)(const int64_t *symbols, int64_t *dims,
                                 int64_t *bytes);

/// Exported by the library as `nib_run`.
/// Returns 0, or 1 + the index of the manifest's check that failed.
typedef int32_t (*nib_run_fn)(nib_exec *exec);

#ifdef __cplusplus
}
#endif

#endif // NIBBLE_RUNTIME_CODEABI_H
