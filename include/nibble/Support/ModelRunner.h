//===- ModelRunner.h - Runs the functions of a model -----------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_SUPPORT_MODELRUNNER_H
#define NIBBLE_SUPPORT_MODELRUNNER_H

#include "nibble/Support/Array.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <vector>

namespace nibble {

/// Runs functions over tensors. Who needs a model's numbers (calibration,
/// tests) sees only this; lib/Pipeline hands in how it is done.
class ModelRunner {
public:
  virtual ~ModelRunner();

  /// Calls `function` with row-major `inputs`, one for each argument, and
  /// returns its results, which share no memory with the inputs. Fails if there
  /// is no such function, or if an input's element type or shape is not what
  /// the function takes. Calls from several threads are independent.
  virtual llvm::Expected<std::vector<Array>>
  run(llvm::StringRef function, llvm::ArrayRef<Array> inputs) = 0;
};

} // namespace nibble

#endif // NIBBLE_SUPPORT_MODELRUNNER_H
