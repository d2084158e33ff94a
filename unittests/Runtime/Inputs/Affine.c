//===- Affine.c - Hand-written code of a model --------------------*- C -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// y[n, 4] = 2 x[n, 4] + p[4] by way of two buffers, in three dispatches, as
// compiled code would do it. The kernels check that their scratch is theirs
// alone. total[] = the sum of x.
//
//===----------------------------------------------------------------------===//

#include "nibble/Runtime/CodeABI.h"

int32_t nib_shapes(const int64_t *symbols, int64_t *dims, int64_t *bytes) {
  int64_t n = symbols[0];
  if (n > 100000)
    return 1;
  dims[0] = n;
  dims[1] = 4;
  bytes[0] = n * 16;
  bytes[1] = n * 16;
  bytes[2] = 100;
  return 0;
}

/// slots: source, target, addend or null.
static void rows(void *const *slots, int64_t begin, int64_t end,
                 void *scratch) {
  const float *x = slots[0];
  float *y = slots[1];
  const float *p = slots[2];
  volatile int64_t *mine = scratch;
  for (int64_t i = begin; i < end; ++i) {
    mine[0] = i;
    mine[12] = ~i;
    for (int j = 0; j < 4; ++j)
      y[4 * i + j] = p ? x[4 * i + j] + p[j] : 2 * x[4 * i + j];
    if (mine[0] != i || mine[12] != ~i)
      y[4 * i] = -1e30f;
  }
}

static void sum(void *const *slots, int64_t begin, int64_t end, void *scratch) {
  const float *x = slots[0];
  float *y = slots[1];
  int64_t n = (int64_t)slots[2];
  float total = 0;
  (void)begin, (void)end, (void)scratch;
  for (int64_t i = 0; i < n; ++i)
    total += x[i];
  y[0] = total;
}

int32_t nib_run(nib_exec *exec) {
  int64_t n = exec->symbols[0];
  int64_t traffic = n * 32;
  void *twice[] = {exec->inputs[0], exec->buffers[0], 0};
  exec->launch(exec, 0, rows, twice, n, traffic);
  void *plus[] = {exec->buffers[0], exec->buffers[1],
                  (void *)(uintptr_t)(exec->parameters + 64)};
  exec->launch(exec, 1, rows, plus, n, traffic);
  float *y = exec->outputs[0];
  const float *result = exec->buffers[1];
  for (int64_t i = 0; i < 4 * n; ++i)
    y[i] = result[i];
  void *all[] = {exec->inputs[0], exec->outputs[1], (void *)(4 * n)};
  exec->launch(exec, 2, sum, all, 1, n * 16);
  return 0;
}
