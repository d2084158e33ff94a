//===- Archive.h - The file of an artifact, mapped --------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_RUNTIME_ARCHIVE_H
#define NIBBLE_LIB_RUNTIME_ARCHIVE_H

#include "Status.h"
#include "nibble/Runtime/ArtifactLayout.h"

#include <memory>
#include <string>
#include <vector>

namespace nibble::rt {

/// A read-only mapping of a whole file.
class MappedFile {
public:
  static Status open(const std::string &path, MappedFile &file);
  MappedFile() = default;
  MappedFile(MappedFile &&other) noexcept { swap(other); }
  MappedFile &operator=(MappedFile &&other) noexcept {
    swap(other);
    return *this;
  }
  ~MappedFile();

  const uint8_t *data() const { return base; }
  uint64_t size() const { return length; }

private:
  void swap(MappedFile &other) {
    std::swap(base, other.base);
    std::swap(length, other.length);
  }

  const uint8_t *base = nullptr;
  uint64_t length = 0;
};

/// The entries of an artifact. Opening checks all structure; the content of an
/// entry is checked by verify().
class Archive {
public:
  struct Entry {
    layout::EntryRecord record;
    uint64_t offset = 0; ///< of the data in the file
  };

  static Status open(const std::string &path, Archive &archive);

  const std::vector<Entry> &entries() const { return list; }
  /// nullptr if there is none.
  const Entry *find(const std::string &name) const;
  const uint8_t *data(const Entry &entry) const {
    return file.data() + entry.offset;
  }
  /// Compares the content with the entry's checksum.
  Status verify(const Entry &entry) const;

private:
  Status readTrailer(uint64_t &count, uint64_t &directory) const;
  Status readEntry(uint64_t &position, uint64_t directoryEnd, Entry &entry,
                   uint64_t expectedHeader) const;

  std::string path;
  MappedFile file;
  std::vector<Entry> list;
};

} // namespace nibble::rt

#endif // NIBBLE_LIB_RUNTIME_ARCHIVE_H
