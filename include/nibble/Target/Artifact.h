//===- Artifact.h - Writing model.nib ---------------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An artifact is written front to back, entry by entry, into a temporary file
// beside the target, which takes the target's name when all is done. Whatever
// fails, a full disk included, no file is left behind. The same calls give the
// same bytes: nothing in the file depends on time, path or machine.
//
// docs/artifact.md describes the file.
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_TARGET_ARTIFACT_H
#define NIBBLE_TARGET_ARTIFACT_H

#include "nibble/Runtime/ArtifactLayout.h"
#include "nibble/Runtime/Manifest.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/FileSystem.h"

#include <memory>

namespace nibble {

/// A ZIP64 file in the form of ArtifactLayout.h.
class StoredZipWriter {
public:
  /// Fails if no file can be made in the folder of `path`.
  static llvm::Expected<std::unique_ptr<StoredZipWriter>>
  create(llvm::StringRef path);
  /// Without a successful finish(): removes what was written.
  ~StoredZipWriter();

  /// Entries are written one at a time; names are unique, 1 to 1024 bytes.
  llvm::Error beginEntry(llvm::StringRef name);
  llvm::Error write(llvm::ArrayRef<uint8_t> bytes);
  llvm::Error endEntry();
  /// The three in one.
  llvm::Error addEntry(llvm::StringRef name, llvm::ArrayRef<uint8_t> bytes);
  llvm::Error addEntry(llvm::StringRef name, llvm::StringRef bytes);

  /// The entries that have ended.
  llvm::ArrayRef<layout::EntryRecord> entries() const { return done; }

  /// Writes the table of entries, flushes to the disk and renames. To be
  /// called once; nothing may follow.
  llvm::Error finish();

private:
  StoredZipWriter(llvm::StringRef path, llvm::sys::fs::TempFile file);

  llvm::Error append(llvm::ArrayRef<uint8_t> bytes);
  llvm::Error append(const std::string &bytes);
  llvm::Error flush();
  llvm::Error writeAll(const uint8_t *data, size_t size, uint64_t offset);
  llvm::Error misuse(const llvm::Twine &what) const;

  std::string path;
  std::unique_ptr<llvm::sys::fs::TempFile> file; ///< null once complete
  std::vector<uint8_t> buffer; ///< what follows the `flushed` first bytes
  uint64_t flushed = 0;
  std::vector<layout::EntryRecord> done;
  std::unique_ptr<layout::EntryRecord> current;
};

/// model.nib: entries, and last the manifest that lists them with their
/// checksums.
class ArtifactWriter {
public:
  static llvm::Expected<std::unique_ptr<ArtifactWriter>>
  create(llvm::StringRef path);

  llvm::Error beginEntry(llvm::StringRef name) { return zip->beginEntry(name); }
  llvm::Error write(llvm::ArrayRef<uint8_t> bytes) { return zip->write(bytes); }
  llvm::Error endEntry() { return zip->endEntry(); }
  llvm::Error addEntry(llvm::StringRef name, llvm::StringRef bytes) {
    return zip->addEntry(name, bytes);
  }

  /// Fills `manifest.entries`, writes it and completes the file. Fails if the
  /// manifest's `report` is not a JSON object.
  llvm::Error finish(Manifest manifest);

private:
  explicit ArtifactWriter(std::unique_ptr<StoredZipWriter> zip)
      : zip(std::move(zip)) {}

  std::unique_ptr<StoredZipWriter> zip;
};

/// The text of manifest.json. Strings that are not UTF-8 are repaired.
llvm::Expected<std::string> manifestText(const Manifest &manifest);

} // namespace nibble

#endif // NIBBLE_TARGET_ARTIFACT_H
