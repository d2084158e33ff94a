//===- TemporaryFile.h - A file that goes with its object -------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_SUPPORT_TEMPORARYFILE_H
#define NIBBLE_SUPPORT_TEMPORARYFILE_H

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Error.h"

namespace nibble {

/// An empty file in the system's folder for temporary ones. It goes with this
/// object, and with the process if a signal ends that.
class TemporaryFile {
public:
  /// The name is `prefix`, a random part, a dot and `suffix`.
  static llvm::Expected<TemporaryFile> create(llvm::StringRef prefix,
                                              llvm::StringRef suffix);
  TemporaryFile(TemporaryFile &&other) : path(other.path) {
    other.path.clear();
  }
  TemporaryFile &operator=(TemporaryFile &&other) {
    std::swap(path, other.path);
    return *this;
  }
  ~TemporaryFile();
  llvm::StringRef getPath() const { return path; }
  /// To be called after a writer that takes care of its file itself and lets go
  /// of it in the end (llvm::ToolOutputFile): signals find it again.
  llvm::Error removeOnSignal() const;

private:
  TemporaryFile() = default;
  llvm::SmallString<128> path;
};

} // namespace nibble

#endif // NIBBLE_SUPPORT_TEMPORARYFILE_H
