//===- RequestFlags.h - Flags that ask for precision -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_TOOLS_NIBBLE_REQUESTFLAGS_H
#define NIBBLE_TOOLS_NIBBLE_REQUESTFLAGS_H

#include "Command.h"
#include "nibble/Pipeline/Compile.h"

namespace nibble::tool {

/// The flags of all subcommands that compile: formats, transforms, calibration
/// and what stays in f32.
class RequestFlags {
public:
  explicit RequestFlags(llvm::cl::SubCommand &command);

  /// Fails if a value is wrong for every model.
  llvm::Error check() const;
  /// Fails if one of the flags is given, because `artifact` is compiled.
  llvm::Error checkNoneFor(llvm::StringRef artifact) const;
  void apply(CompileOptions &options) const;

private:
  llvm::cl::opt<std::string> weights;
  llvm::cl::opt<std::string> activations;
  llvm::cl::opt<int64_t> group;
  llvm::cl::opt<int64_t> activationGroup;
  llvm::cl::opt<std::string> transform;
  llvm::cl::opt<bool> shift;
  llvm::cl::opt<std::string> permute;
  llvm::cl::opt<std::string> matrices;
  llvm::cl::opt<std::string> calibration;
  llvm::cl::list<std::string> keep;
};

} // namespace nibble::tool

#endif // NIBBLE_TOOLS_NIBBLE_REQUESTFLAGS_H
