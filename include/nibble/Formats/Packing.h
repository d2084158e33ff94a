//===- Packing.h - Codes of 1 to 16 bits, bit-packed -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Rules P-1 to P-4 of docs/spec.md: the codes of a row are one little-endian
// bit stream, and each row starts at a byte.
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_FORMATS_PACKING_H
#define NIBBLE_FORMATS_PACKING_H

#include "nibble/Formats/Status.h"

#include <cstdint>

namespace nibble::formats {

/// Bytes of `cols` codes of `bits` each: ceil(cols * bits / 8).
inline int64_t bitStreamBytes(int64_t cols, unsigned bits) {
  return cols / 8 * bits + (cols % 8 * bits + 7) / 8;
}

/// Packs `rows` x `cols` codes, row after row, to `rows` *
/// bitStreamBytes(cols, bits) bytes. Only the low `bits` of a code count; pad
/// bits are zero. Fails where `bits` is not 1 to 16 or a size is negative.
/// T: int8_t, uint8_t, int16_t, uint16_t, int32_t.
template <typename T>
Status packBits(const T *codes, int64_t rows, int64_t cols, unsigned bits,
                uint8_t *packed);

/// The inverse; `isSigned` extends the sign. T must hold every code.
template <typename T>
Status unpackBits(const uint8_t *packed, int64_t rows, int64_t cols,
                  unsigned bits, bool isSigned, T *codes);

} // namespace nibble::formats

#endif // NIBBLE_FORMATS_PACKING_H
