//===- ArtifactLayout.h - The bytes around an artifact's entries *- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An artifact is a ZIP64 file with one canonical form: entries stored, one
// after the other without gaps, each one's data at a multiple of kEntryAlign,
// no times, no comments. Writer (lib/Target) and reader (lib/Runtime) share
// these encoders; the reader encodes what it decoded and compares, so nothing
// in a header can be damaged unseen. All numbers are little endian.
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_RUNTIME_ARTIFACTLAYOUT_H
#define NIBBLE_RUNTIME_ARTIFACTLAYOUT_H

#include <cstdint>
#include <string>

namespace nibble::layout {

/// Entries start at pages, so that each can be mapped on its own.
constexpr uint64_t kEntryAlign = 4096;
/// Longest name of an entry: keeps a local header's fields within 16 bits.
constexpr uint64_t kMaxNameSize = 1024;

constexpr uint64_t kLocalHeaderSize = 30;
constexpr uint64_t kCentralHeaderSize = 46;
constexpr uint64_t kCentralExtraSize = 28;
/// ZIP64 end record, its locator, and the classic end record.
constexpr uint64_t kTrailerSize = 56 + 20 + 22;

constexpr uint32_t kLocalMagic = 0x04034b50;
constexpr uint32_t kCentralMagic = 0x02014b50;
constexpr uint32_t kEnd64Magic = 0x06064b50;

struct EntryRecord {
  std::string name;
  uint64_t headerOffset = 0;
  uint64_t size = 0;
  uint32_t crc32 = 0;
};

inline void put(std::string &out, uint64_t value, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i)
    out.push_back(static_cast<char>(value >> (8 * i) & 0xff));
}

/// Where the data of an entry starts whose local header is at `headerOffset`.
/// 20 bytes of ZIP64 sizes and the least alignment field (6) come before it.
inline uint64_t dataOffset(uint64_t headerOffset, uint64_t nameSize) {
  uint64_t end = headerOffset + kLocalHeaderSize + nameSize + 20 + 6;
  return (end + kEntryAlign - 1) / kEntryAlign * kEntryAlign;
}

/// Version, flags (UTF-8 names), method (stored), 1980-01-01 00:00, CRC, and
/// sizes that refer to the ZIP64 field: common to both kinds of header.
inline void putCommon(std::string &out, const EntryRecord &entry) {
  put(out, 45, 2);
  put(out, 0x0800, 2);
  put(out, 0, 2);
  put(out, 0, 2);
  put(out, 0x21, 2);
  put(out, entry.crc32, 4);
  put(out, 0xffffffff, 4);
  put(out, 0xffffffff, 4);
  put(out, entry.name.size(), 2);
}

/// The local header with its padding, up to the first byte of data.
inline std::string localHeader(const EntryRecord &entry) {
  uint64_t size =
      dataOffset(entry.headerOffset, entry.name.size()) - entry.headerOffset;
  uint64_t extra = size - kLocalHeaderSize - entry.name.size();
  std::string out;
  put(out, kLocalMagic, 4);
  putCommon(out, entry);
  put(out, extra, 2);
  out += entry.name;
  put(out, 0x0001, 2);
  put(out, 16, 2);
  put(out, entry.size, 8);
  put(out, entry.size, 8);
  // The alignment field that Android's zipalign introduced.
  put(out, 0xd935, 2);
  put(out, extra - 24, 2);
  put(out, kEntryAlign, 2);
  out.resize(size, '\0');
  return out;
}

inline std::string centralHeader(const EntryRecord &entry) {
  std::string out;
  put(out, kCentralMagic, 4);
  put(out, 3 << 8 | 45, 2);
  putCommon(out, entry);
  put(out, kCentralExtraSize, 2);
  put(out, 0, 2); // comment
  put(out, 0, 2); // disk
  put(out, 0, 2); // internal attributes
  put(out, 0100644u << 16, 4);
  put(out, 0xffffffff, 4);
  out += entry.name;
  put(out, 0x0001, 2);
  put(out, 24, 2);
  put(out, entry.size, 8);
  put(out, entry.size, 8);
  put(out, entry.headerOffset, 8);
  return out;
}

inline std::string trailer(uint64_t count, uint64_t directoryOffset,
                           uint64_t directorySize) {
  std::string out;
  put(out, kEnd64Magic, 4);
  put(out, 44, 8);
  put(out, 3 << 8 | 45, 2);
  put(out, 45, 2);
  put(out, 0, 4);
  put(out, 0, 4);
  put(out, count, 8);
  put(out, count, 8);
  put(out, directorySize, 8);
  put(out, directoryOffset, 8);
  put(out, 0x07064b50, 4);
  put(out, 0, 4);
  put(out, directoryOffset + directorySize, 8);
  put(out, 1, 4);
  put(out, 0x06054b50, 4);
  put(out, 0, 4);
  put(out, 0xffffffff, 4);
  put(out, 0xffffffff, 4);
  put(out, 0xffffffff, 4);
  put(out, 0, 2);
  return out;
}

} // namespace nibble::layout

#endif // NIBBLE_RUNTIME_ARTIFACTLAYOUT_H
