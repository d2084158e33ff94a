//===- PythonHelper.h - A Python process that answers lines -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_TOOLS_NIBBLE_PYTHONHELPER_H
#define NIBBLE_TOOLS_NIBBLE_PYTHONHELPER_H

#include "llvm/Support/Error.h"
#include "llvm/Support/JSON.h"

#include <memory>

namespace nibble::tool {

/// A process for what only Python packages do (tokenizers, ONNX Runtime): one
/// JSON value a line in, one out; {"error": text} is a failure. The
/// interpreter is $NIBBLE_PYTHON, else that of the build's environment, else
/// python3.
class PythonHelper {
public:
  /// Runs `script` with `arguments`; it answers once when it is ready.
  static llvm::Expected<std::unique_ptr<PythonHelper>>
  start(llvm::StringRef script, llvm::ArrayRef<std::string> arguments);
  /// Ends the process, if it has not ended by itself.
  ~PythonHelper();

  llvm::Expected<llvm::json::Value> ask(const llvm::json::Value &request);

private:
  PythonHelper() = default;
  llvm::Expected<llvm::json::Value> readAnswer();

  std::string interpreter;
  int process = -1;
  int toProcess = -1;
  int fromProcess = -1;
  std::string pending; ///< read, but not yet a whole line
};

} // namespace nibble::tool

#endif // NIBBLE_TOOLS_NIBBLE_PYTHONHELPER_H
