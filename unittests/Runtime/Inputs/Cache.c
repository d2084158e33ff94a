//===- Cache.c - Hand-written code of a model with states ---------*- C -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Appends x[b, t, 3] to the state rows[b, past, 3] along axis 1 and counts
// runs in the state steps[1] (int64). sum[b, 3] is the sum over all rows.
//
//===----------------------------------------------------------------------===//

#include "nibble/Runtime/CodeABI.h"

enum { B, T, PAST };

int32_t nib_shapes(const int64_t *symbols, int64_t *dims, int64_t *bytes) {
  if (symbols[T] > 1000)
    return 1;
  dims[0] = symbols[B];
  dims[1] = 3;
  dims[2] = symbols[B];
  dims[3] = symbols[PAST] + symbols[T];
  dims[4] = 3;
  dims[5] = 1;
  bytes[0] = 0;
  return 0;
}

static void append(void *const *slots, int64_t begin, int64_t end,
                   void *scratch) {
  const float *x = slots[0];
  float *rows = slots[1];
  float *sum = slots[2];
  int64_t t = (int64_t)slots[3], past = (int64_t)slots[4];
  int64_t capacity = (int64_t)slots[5];
  (void)scratch;
  for (int64_t b = begin; b < end; ++b) {
    float *mine = rows + b * capacity * 3;
    for (int64_t i = 0; i < 3 * t; ++i)
      mine[3 * past + i] = x[3 * t * b + i];
    for (int j = 0; j < 3; ++j) {
      float total = 0;
      for (int64_t i = 0; i < past + t; ++i)
        total += mine[3 * i + j];
      sum[3 * b + j] = total;
    }
  }
}

int32_t nib_run(nib_exec *exec) {
  const int64_t *s = exec->symbols;
  const float *x = exec->inputs[0];
  *(int64_t *)exec->states[1] += 1;
  if (s[B] * s[T] > 0 && x[0] < 0)
    return 2;
  void *slots[] = {exec->inputs[0],  exec->states[0],
                   exec->outputs[0], (void *)s[T],
                   (void *)s[PAST],  (void *)exec->capacities[0]};
  exec->launch(exec, 0, append, slots, s[B], 1 << 20);
  return 0;
}
