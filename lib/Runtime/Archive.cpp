//===- Archive.cpp - The file of an artifact, mapped ------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Archive.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

using namespace nibble;
using namespace nibble::rt;

//===----------------------------------------------------------------------===//
// MappedFile
//===----------------------------------------------------------------------===//

MappedFile::~MappedFile() {
  if (base)
    munmap(const_cast<uint8_t *>(base), length);
}

Status MappedFile::open(const std::string &path, MappedFile &file) {
  // A pipe without a writer would block.
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return failure(NIB_IO_ERROR, "cannot open '", path,
                   "': ", std::strerror(errno));
  struct stat info;
  int error = fstat(fd, &info) ? errno : 0;
  if (!error && !S_ISREG(info.st_mode)) {
    close(fd);
    return failure(NIB_IO_ERROR, "cannot open '", path, "': not a file");
  }
  void *base = MAP_FAILED;
  if (!error && info.st_size > 0) {
    base = mmap(nullptr, info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    error = base == MAP_FAILED ? errno : 0;
  }
  close(fd);
  if (error)
    return failure(NIB_IO_ERROR, "cannot map '", path,
                   "': ", std::strerror(error));
  if (info.st_size == 0)
    return failure(NIB_INVALID_ARTIFACT, "'", path, "' is empty");
  MappedFile mapped;
  mapped.base = static_cast<const uint8_t *>(base);
  mapped.length = info.st_size;
  file = std::move(mapped);
  return Status::success();
}

//===----------------------------------------------------------------------===//
// Archive
//===----------------------------------------------------------------------===//

static uint64_t get(const uint8_t *data, unsigned bytes) {
  uint64_t value = 0;
  for (unsigned i = 0; i < bytes; ++i)
    value |= static_cast<uint64_t>(data[i]) << (8 * i);
  return value;
}

/// Finds the central directory; sets its number of entries and its offset.
Status Archive::readTrailer(uint64_t &count, uint64_t &directory) const {
  if (file.size() < 4 || get(file.data(), 4) != layout::kLocalMagic)
    return failure(NIB_INVALID_ARTIFACT, "'", path,
                   "' is not a Nibble artifact: it does not start as a ZIP "
                   "file");
  const uint8_t *end = file.data();
  if (file.size() >= layout::kTrailerSize)
    end += file.size() - layout::kTrailerSize;
  if (file.size() < layout::kTrailerSize || get(end, 4) != layout::kEnd64Magic)
    return failure(
        NIB_INVALID_ARTIFACT, "'", path,
        "' is cut short, or a ZIP file that Nibble did not write: its ",
        file.size(), " bytes do not end with the end record");
  count = get(end + 32, 8);
  uint64_t size = get(end + 40, 8);
  directory = get(end + 48, 8);
  uint64_t body = file.size() - layout::kTrailerSize;
  if (directory > body || size != body - directory ||
      count > size / layout::kCentralHeaderSize)
    return failure(NIB_INVALID_ARTIFACT, "'", path,
                   "' is cut short or damaged: its table of entries lies "
                   "outside of the file");
  std::string expected = layout::trailer(count, directory, size);
  if (std::memcmp(expected.data(), end, expected.size()) != 0)
    return failure(NIB_INVALID_ARTIFACT, "'", path,
                   "' has a damaged end record, or was packed by another tool");
  return Status::success();
}

/// Reads the central header at `position` and checks the entry that it names;
/// the entry's local header must be at `expectedHeader`.
Status Archive::readEntry(uint64_t &position, uint64_t directoryEnd,
                          Entry &entry, uint64_t expectedHeader) const {
  const uint8_t *header = file.data() + position;
  uint64_t left = directoryEnd - position;
  uint64_t nameSize =
      left < layout::kCentralHeaderSize ? 0 : get(header + 28, 2);
  uint64_t total =
      layout::kCentralHeaderSize + nameSize + layout::kCentralExtraSize;
  if (left < total || nameSize == 0 || nameSize > layout::kMaxNameSize)
    return failure(NIB_INVALID_ARTIFACT, "'", path,
                   "' has a damaged table of entries");
  layout::EntryRecord &record = entry.record;
  const uint8_t *name = header + layout::kCentralHeaderSize;
  record.name.assign(reinterpret_cast<const char *>(name), nameSize);
  record.crc32 = get(header + 16, 4);
  record.size = get(name + nameSize + 4, 8);
  record.headerOffset = get(name + nameSize + 20, 8);
  std::string expected = layout::centralHeader(record);
  if (std::memcmp(expected.data(), header, total) != 0)
    return failure(NIB_INVALID_ARTIFACT, "'", path,
                   "' has a damaged table of entries, or was packed by another "
                   "tool");
  if (record.headerOffset < expectedHeader)
    return failure(NIB_INVALID_ARTIFACT, "'", path, "': entry '", record.name,
                   "' overlaps the one before it");
  uint64_t limit = directoryEnd;
  if (record.headerOffset > limit || record.size > limit ||
      layout::dataOffset(record.headerOffset, nameSize) > limit - record.size)
    return failure(NIB_INVALID_ARTIFACT, "'", path, "': entry '", record.name,
                   "' lies outside of the file");
  entry.offset = layout::dataOffset(record.headerOffset, nameSize);
  std::string local = layout::localHeader(record);
  if (record.headerOffset != expectedHeader ||
      std::memcmp(local.data(), file.data() + record.headerOffset,
                  local.size()) != 0)
    return failure(NIB_INVALID_ARTIFACT, "'", path, "': entry '", record.name,
                   "' has a damaged header");
  position += total;
  return Status::success();
}

Status Archive::open(const std::string &path, Archive &archive) {
  archive.path = path;
  if (Status status = MappedFile::open(path, archive.file); !status.ok())
    return status;
  uint64_t count = 0, directory = 0;
  if (Status status = archive.readTrailer(count, directory); !status.ok())
    return status;
  uint64_t position = directory;
  uint64_t directoryEnd = archive.file.size() - layout::kTrailerSize;
  uint64_t nextHeader = 0;
  for (uint64_t i = 0; i < count; ++i) {
    Entry entry;
    if (Status status =
            archive.readEntry(position, directoryEnd, entry, nextHeader);
        !status.ok())
      return status;
    if (archive.find(entry.record.name))
      return failure(NIB_INVALID_ARTIFACT, "'", path, "' has two entries '",
                     entry.record.name, "'");
    nextHeader = entry.offset + entry.record.size;
    archive.list.push_back(std::move(entry));
  }
  // Entries lie end to end before the directory, so none can overlap it.
  if (position != directoryEnd || nextHeader != directory)
    return failure(NIB_INVALID_ARTIFACT, "'", path,
                   "' has a damaged table of entries");
  return Status::success();
}

const Archive::Entry *Archive::find(const std::string &name) const {
  for (const Entry &entry : list)
    if (entry.record.name == name)
      return &entry;
  return nullptr;
}

Status Archive::verify(const Entry &entry) const {
  uint32_t crc = crc32_z(0, data(entry), entry.record.size);
  if (crc != entry.record.crc32)
    return failure(NIB_INVALID_ARTIFACT, "entry '", entry.record.name,
                   "' is damaged: its checksum does not match");
  return Status::success();
}
