//===- ExternalData.h - Files of weights beside a model -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_IMPORT_EXTERNALDATA_H
#define NIBBLE_LIB_IMPORT_EXTERNALDATA_H

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"

#include <memory>
#include <string>

namespace nibble {

/// Maps a regular file; an error says why not, without the path.
llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
mapFile(llvm::StringRef path);

/// The files that tensors of a model name as their external data, each mapped
/// once. None may lie outside of the model's folder.
class ExternalFiles {
public:
  explicit ExternalFiles(llvm::StringRef modelPath);

  struct File {
    std::string path;
    std::unique_ptr<llvm::MemoryBuffer> bytes;
  };

  /// The file `location`, a relative path as ONNX stores it. Errors name it.
  llvm::Expected<const File *> open(llvm::StringRef location);

private:
  std::string folder;
  llvm::StringMap<File> files;
};

} // namespace nibble

#endif // NIBBLE_LIB_IMPORT_EXTERNALDATA_H
