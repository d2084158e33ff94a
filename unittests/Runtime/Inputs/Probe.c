//===- Probe.c - Hand-written code that looks about ---------------*- C -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// settings[n] (uint32): the floating-point control register in which each grid
// point was computed; 0 on machines without one that can be read like this.
// With n = 0 it breaks the contract in the way that `way` says, or has no
// sizes.
//
//===----------------------------------------------------------------------===//

#include "nibble/Runtime/CodeABI.h"

int32_t nib_shapes(const int64_t *symbols, int64_t *dims, int64_t *bytes) {
  enum {
    Good,
    Extent,
    Size,
    Check,
    Huge,
    HugeScratch,
    Output,
    Overflow,
    Most,
    Scratch
  };
  int64_t way = symbols[1];
  dims[0] = way == Extent ? -5 : way == Output ? INT64_MAX : symbols[0];
  bytes[0] = way == Size   ? -7
             : way == Huge ? (int64_t)1 << 52
             : way == Most ? INT64_MAX
                           : 8;
  bytes[1] = way == HugeScratch ? INT64_MAX
             : way == Scratch   ? (int64_t)1 << 52
                                : 8;
  if (way == Overflow)
    return NIB_SIZES_OVERFLOW;
  return way == Check ? 99 : 0;
}

static void probe(void *const *slots, int64_t begin, int64_t end,
                  void *scratch) {
  uint32_t *settings = slots[0];
  for (int64_t i = begin; i < end; ++i) {
    uint32_t value = 0;
#if defined(__x86_64__)
    __asm__ volatile("stmxcsr %0" : "=m"(value));
#endif
    settings[i] = value & ~0x3fu;
    for (volatile int wait = 0; wait < 20000; ++wait)
      ;
  }
  (void)scratch;
}

int32_t nib_run(nib_exec *exec) {
  void *slots[] = {exec->outputs[0]};
  exec->launch(exec, 0, probe, slots, exec->symbols[0], 1 << 20);
  return 0;
}
