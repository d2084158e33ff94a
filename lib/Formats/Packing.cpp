//===- Packing.cpp - Codes of 1 to 16 bits, bit-packed ----------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Formats/Packing.h"

#include <string>

namespace nibble::formats {

static Status checkArguments(int64_t rows, int64_t cols, unsigned bits) {
  if (bits < 1 || bits > 16)
    return Status::error("cannot pack codes of " + std::to_string(bits) +
                         " bits: the width must be 1 to 16");
  if (rows < 0 || cols < 0)
    return Status::error("cannot pack " + std::to_string(rows) + " x " +
                         std::to_string(cols) + " codes");
  return {};
}

/// P-1 to P-4 for one row.
template <typename T>
static void packRow(const T *codes, int64_t cols, unsigned bits,
                    uint8_t *packed) {
  uint64_t mask = (uint64_t(1) << bits) - 1;
  uint64_t buffer = 0;
  unsigned filled = 0;
  for (int64_t i = 0; i < cols; ++i) {
    buffer |= (static_cast<uint64_t>(codes[i]) & mask) << filled;
    filled += bits;
    for (; filled >= 8; filled -= 8, buffer >>= 8)
      *packed++ = static_cast<uint8_t>(buffer);
  }
  if (filled)
    *packed = static_cast<uint8_t>(buffer);
}

template <typename T>
static void packNibbles(const T *codes, int64_t cols, uint8_t *packed) {
  for (int64_t i = 0; i < cols / 2; ++i)
    packed[i] = static_cast<uint8_t>((codes[2 * i] & 15) |
                                     (codes[2 * i + 1] & 15) << 4);
  if (cols % 2)
    packed[cols / 2] = static_cast<uint8_t>(codes[cols - 1] & 15);
}

template <typename T>
Status packBits(const T *codes, int64_t rows, int64_t cols, unsigned bits,
                uint8_t *packed) {
  if (Status s = checkArguments(rows, cols, bits); !s.ok())
    return s;
  int64_t rowBytes = bitStreamBytes(cols, bits);
  for (int64_t row = 0; row < rows; ++row) {
    const T *from = codes + row * cols;
    uint8_t *to = packed + row * rowBytes;
    if (bits == 8)
      for (int64_t i = 0; i < cols; ++i)
        to[i] = static_cast<uint8_t>(from[i]);
    else if (bits == 4)
      packNibbles(from, cols, to);
    else
      packRow(from, cols, bits, to);
  }
  return {};
}

template <typename T>
static void unpackRow(const uint8_t *packed, int64_t cols, unsigned bits,
                      bool isSigned, T *codes) {
  uint32_t mask = (uint32_t(1) << bits) - 1;
  // (c ^ s) - s extends the sign bit s.
  uint32_t sign = isSigned ? uint32_t(1) << (bits - 1) : 0;
  uint32_t buffer = 0;
  unsigned filled = 0;
  for (int64_t i = 0; i < cols; ++i) {
    for (; filled < bits; filled += 8)
      buffer |= static_cast<uint32_t>(*packed++) << filled;
    codes[i] = static_cast<T>(((buffer & mask) ^ sign) - sign);
    buffer >>= bits;
    filled -= bits;
  }
}

template <typename T>
static void unpackNibbles(const uint8_t *packed, int64_t cols, bool isSigned,
                          T *codes) {
  int sign = isSigned ? 8 : 0;
  auto extend = [&](int code) { return static_cast<T>((code ^ sign) - sign); };
  for (int64_t i = 0; i < cols / 2; ++i) {
    codes[2 * i] = extend(packed[i] & 15);
    codes[2 * i + 1] = extend(packed[i] >> 4);
  }
  if (cols % 2)
    codes[cols - 1] = extend(packed[cols / 2] & 15);
}

template <typename T>
Status unpackBits(const uint8_t *packed, int64_t rows, int64_t cols,
                  unsigned bits, bool isSigned, T *codes) {
  if (Status s = checkArguments(rows, cols, bits); !s.ok())
    return s;
  if (bits > 8 * sizeof(T))
    return Status::error("codes of " + std::to_string(bits) +
                         " bits do not fit in " +
                         std::to_string(8 * sizeof(T)));
  int64_t rowBytes = bitStreamBytes(cols, bits);
  for (int64_t row = 0; row < rows; ++row) {
    const uint8_t *from = packed + row * rowBytes;
    T *to = codes + row * cols;
    if (bits == 4)
      unpackNibbles(from, cols, isSigned, to);
    else
      unpackRow(from, cols, bits, isSigned, to);
  }
  return {};
}

#define NIBBLE_INSTANTIATE(T)                                                  \
  template Status packBits<T>(const T *, int64_t, int64_t, unsigned,           \
                              uint8_t *);                                      \
  template Status unpackBits<T>(const uint8_t *, int64_t, int64_t, unsigned,   \
                                bool, T *);
NIBBLE_INSTANTIATE(int8_t)
NIBBLE_INSTANTIATE(uint8_t)
NIBBLE_INSTANTIATE(int16_t)
NIBBLE_INSTANTIATE(uint16_t)
NIBBLE_INSTANTIATE(int32_t)
#undef NIBBLE_INSTANTIATE

} // namespace nibble::formats
