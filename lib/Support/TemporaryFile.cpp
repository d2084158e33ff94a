//===- TemporaryFile.cpp - A file that goes with its object ---------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Support/TemporaryFile.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Signals.h"

using namespace nibble;

llvm::Expected<TemporaryFile> TemporaryFile::create(llvm::StringRef prefix,
                                                    llvm::StringRef suffix) {
  TemporaryFile file;
  if (std::error_code error =
          llvm::sys::fs::createTemporaryFile(prefix, suffix, file.path)) {
    file.path.clear();
    llvm::SmallString<128> folder;
    llvm::sys::path::system_temp_directory(/*ErasedOnReboot=*/true, folder);
    return llvm::createStringError(error, "cannot make a temporary file in '" +
                                              folder + "': " + error.message() +
                                              "; name a folder in TMPDIR");
  }
  if (llvm::Error error = file.removeOnSignal())
    return std::move(error);
  return file;
}

llvm::Error TemporaryFile::removeOnSignal() const {
  std::string reason;
  if (llvm::sys::RemoveFileOnSignal(path, &reason))
    return llvm::createStringError("cannot make a temporary file: " + reason);
  return llvm::Error::success();
}

TemporaryFile::~TemporaryFile() {
  if (path.empty())
    return;
  llvm::sys::fs::remove(path);
  llvm::sys::DontRemoveFileOnSignal(path);
}
