//===- ConstantEvaluator.h - Numbers of a weight program ----*- C++ -*- ===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_CODEGEN_PARAMETERS_CONSTANTEVALUATOR_H
#define NIBBLE_CODEGEN_PARAMETERS_CONSTANTEVALUATOR_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "nibble/Support/Array.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"

#include <mutex>

namespace nibble {

/// Files that parameters name, mapped once. Safe to use from several threads.
class ParameterFiles {
public:
  /// The bytes of a parameter's place. Fails if the file cannot be read or is
  /// shorter than the place says.
  llvm::Expected<Array> read(mlir::Operation *parameter);

private:
  std::mutex mutex;
  llvm::StringMap<std::shared_ptr<llvm::MemoryBuffer>> files;
};

/// Evaluates a function without arguments whose ops are nn.parameter,
/// arith.constant and nn and qnt ops over them: its result. An intermediate is
/// freed after its last use. Fails with the op that has no evaluation.
llvm::Expected<Array> evaluateWeight(mlir::func::FuncOp program,
                                     ParameterFiles &files);

} // namespace nibble

#endif // NIBBLE_CODEGEN_PARAMETERS_CONSTANTEVALUATOR_H
