//===- Compilation.h - Compiling inside a subcommand -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_TOOLS_NIBBLE_COMPILATION_H
#define NIBBLE_TOOLS_NIBBLE_COMPILATION_H

#include "nibble/Pipeline/Compile.h"
#include "llvm/Support/Error.h"

namespace nibble::tool {

/// Compiles with a line on the terminal that says what is being done, where
/// that takes more than a second.
llvm::Error compileWithProgress(llvm::StringRef path,
                                const CompileOptions &options,
                                llvm::StringRef output);

} // namespace nibble::tool

#endif // NIBBLE_TOOLS_NIBBLE_COMPILATION_H
