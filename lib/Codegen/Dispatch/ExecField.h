//===- ExecField.h - What compiled code reads of a run ----------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_CODEGEN_DISPATCH_EXECFIELD_H
#define NIBBLE_LIB_CODEGEN_DISPATCH_EXECFIELD_H

#include "nibble/Runtime/CodeABI.h"

#include <cstddef>

namespace nibble {

/// Fields of nib_exec (nibble/Runtime/CodeABI.h), which is pointers only, by
/// number.
enum class ExecField : int32_t {
#define NIBBLE_EXEC_FIELD(NAME, FIELD)                                         \
  NAME = offsetof(nib_exec, FIELD) / sizeof(void *)
  NIBBLE_EXEC_FIELD(Launch, launch),
  NIBBLE_EXEC_FIELD(Symbols, symbols),
  NIBBLE_EXEC_FIELD(Inputs, inputs),
  NIBBLE_EXEC_FIELD(Outputs, outputs),
  NIBBLE_EXEC_FIELD(States, states),
  NIBBLE_EXEC_FIELD(Capacities, capacities),
  NIBBLE_EXEC_FIELD(Parameters, parameters),
  NIBBLE_EXEC_FIELD(Buffers, buffers)
#undef NIBBLE_EXEC_FIELD
};

} // namespace nibble

#endif // NIBBLE_LIB_CODEGEN_DISPATCH_EXECFIELD_H
