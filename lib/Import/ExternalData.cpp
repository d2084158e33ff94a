//===- ExternalData.cpp - Files of weights beside a model -------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ExternalData.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace nibble;
using llvm::StringRef;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
nibble::mapFile(StringRef path) {
  fs::file_status status;
  if (std::error_code error = fs::status(path, status))
    return llvm::createStringError(error, error.message());
  // A pipe would block, and a folder has no bytes.
  if (!fs::is_regular_file(status))
    return llvm::createStringError("it is no regular file");
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return llvm::createStringError(buffer.getError(),
                                   buffer.getError().message());
  return std::move(*buffer);
}

ExternalFiles::ExternalFiles(StringRef modelPath)
    : folder(path::parent_path(modelPath)) {}

static llvm::Error refuse(StringRef location, const llvm::Twine &why) {
  return llvm::createStringError("reads external data file '" + location +
                                 "': " + why);
}

// Whether `file`, with all links followed, lies in `folder`.
static bool isInside(StringRef folder, StringRef file) {
  llvm::SmallString<256> realFolder, realFile;
  if (fs::real_path(folder.empty() ? "." : folder, realFolder) ||
      fs::real_path(file, realFile))
    return false;
  StringRef rest = realFile;
  return rest.consume_front(realFolder) &&
         (realFolder.ends_with("/") || rest.starts_with("/"));
}

llvm::Expected<const ExternalFiles::File *>
ExternalFiles::open(StringRef location) {
  if (auto found = files.find(location); found != files.end())
    return &found->second;
  if (location.empty() || location.contains('\0'))
    return llvm::createStringError("names no file for its external data");
  if (path::is_absolute(location) ||
      llvm::is_contained(
          llvm::make_range(path::begin(location), path::end(location)), ".."))
    return refuse(location, "the path leads out of the model's folder; only "
                            "files in that folder are opened");
  llvm::SmallString<256> file(folder);
  path::append(file, location);
  auto buffer = mapFile(file);
  if (!buffer)
    return refuse(location, "cannot open '" + file +
                                "': " + llvm::toString(buffer.takeError()));
  if (!isInside(folder, file))
    return refuse(location,
                  "it is a link that leads out of the model's folder; copy the "
                  "file into the folder");
  File &entry = files[location];
  entry = {file.str().str(), std::move(*buffer)};
  return &entry;
}
