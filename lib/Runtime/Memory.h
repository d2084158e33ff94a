//===- Memory.h - Aligned memory --------------------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_RUNTIME_MEMORY_H
#define NIBBLE_LIB_RUNTIME_MEMORY_H

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <sys/mman.h>
#include <utility>

namespace nibble::rt {

/// Every planned buffer, scratch area and state starts at such an address.
constexpr size_t kBufferAlign = 64;

inline bool alignUp(int64_t value, int64_t align, int64_t &result) {
  if (__builtin_add_overflow(value, align - 1, &result))
    return false;
  result = result / align * align;
  return true;
}

/// A block of 64-byte-aligned memory, content undefined. Never null once
/// allocated, also for 0 bytes.
class AlignedMemory {
public:
  AlignedMemory() = default;
  AlignedMemory(AlignedMemory &&other) noexcept { swap(other); }
  AlignedMemory &operator=(AlignedMemory &&other) noexcept {
    swap(other);
    return *this;
  }
  ~AlignedMemory() { std::free(base); }

  /// Replaces the block; false if there is not that much memory, and then the
  /// old block is kept.
  bool allocate(size_t bytes) {
    // Large blocks on huge pages: a model walks through all of its buffers.
    constexpr size_t huge = size_t(2) << 20;
    size_t align = bytes >= 2 * huge ? huge : kBufferAlign;
    void *block = nullptr;
    if (posix_memalign(&block, align, bytes ? bytes : 1) != 0)
      return false;
    if (align == huge)
      madvise(block, bytes, MADV_HUGEPAGE);
    std::free(base);
    base = static_cast<char *>(block);
    length = bytes;
    return true;
  }

  char *data() const { return base; }
  size_t size() const { return length; }

private:
  void swap(AlignedMemory &other) {
    std::swap(base, other.base);
    std::swap(length, other.length);
  }

  char *base = nullptr;
  size_t length = 0;
};

} // namespace nibble::rt

#endif // NIBBLE_LIB_RUNTIME_MEMORY_H
