//===- RandomInputs.h - Inputs that a model takes, drawn at random --------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_PIPELINE_RANDOMINPUTS_H
#define NIBBLE_LIB_PIPELINE_RANDOMINPUTS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "nibble/Support/Array.h"
#include "llvm/Support/Error.h"

#include <vector>

namespace nibble {

struct RandomInputOptions {
  uint64_t seed = 1;
  /// Of floats; their mean is 0.
  double deviation = 1;
  /// Integers are drawn from 0 to this.
  int64_t integerMax = 1;
  /// `name=number` of a symbol of the module (`nn.symbols`): its value.
  llvm::ArrayRef<std::string> extents;
  /// `name=number` of an input: its own largest integer.
  llvm::ArrayRef<std::string> integers;
};

/// One array for each argument: floats are normally distributed, integers and
/// booleans uniformly. Symbols without a value get small ones,
/// different where that is possible, that fulfil `nn.constraints`; dynamic
/// extents without `nn.shape` are 3. Fails where there are no such values, or a
/// name is unknown.
llvm::Expected<std::vector<Array>>
makeRandomInputs(mlir::func::FuncOp function,
                 const RandomInputOptions &options);

} // namespace nibble

#endif // NIBBLE_LIB_PIPELINE_RANDOMINPUTS_H
