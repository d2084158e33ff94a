//===- MiniFloat.h - Floats of up to 16 bits, and scale types -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Rules F-* and S-1 to S-3 of docs/spec.md. One integer algorithm covers every
// width and convention; it has no branches, so loops over it vectorise. It
// needs the default rounding mode and gradual underflow of binary32.
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_FORMATS_MINIFLOAT_H
#define NIBBLE_FORMATS_MINIFLOAT_H

#include "nibble/Formats/Format.h"

#include <cstring>

namespace nibble::formats {

inline uint32_t floatToBits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}
inline float bitsToFloat(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

/// What a value beyond the largest finite one becomes (rule F-4).
enum class Overflow {
  Saturate,  ///< The largest finite value; also for Inf.
  NonFinite, ///< Inf, else NaN; the largest finite value where neither exists.
};

class MiniFloat {
public:
  /// `code` is a valid Float of at most 16 bits.
  explicit MiniFloat(const ElementCode &code, Overflow overflow)
      : MiniFloat(code.exponentBits, code.mantissaBits, code.convention,
                  /*isSigned=*/true, overflow) {}
  MiniFloat(unsigned exponentBits, unsigned mantissaBits,
            FloatConvention convention, bool isSigned, Overflow overflow);

  /// Nearest code, ties to even (F-3); low bits of the result.
  uint32_t encode(float value) const {
    uint32_t bits = floatToBits(value);
    uint32_t sign = bits >> 31;
    uint32_t magnitude = bits & 0x7fffffffu;
    uint32_t odd = ((magnitude >> shift) ^ rebias) & 1;
    uint32_t normal = ((magnitude + halfMinusOne + odd) >> shift) - rebias;
    // The addition rounds to multiples of the smallest subnormal.
    uint32_t small =
        floatToBits(bitsToFloat(magnitude) + subnormalMagic) - magicBits;
    uint32_t code = magnitude < minNormalBits ? small : normal;
    code = static_cast<int32_t>(code) > static_cast<int32_t>(maxFiniteCode)
               ? overflowCode
               : code;
    sign = (code == 0 ? sign & zeroSign : sign) & signedMask;
    // An unsigned format has nothing below zero.
    code = (bits >> 31) > signedMask ? 0 : code;
    code |= sign << signShift;
    return magnitude > 0x7f800000u
               ? nanCode | ((bits >> 31) & nanSign) << signShift
               : code;
  }

  /// Exact (F-1).
  float decode(uint32_t code) const {
    uint32_t magnitude = code & magnitudeMask;
    float value = bitsToFloat(magnitude << shift) * decodeScale;
    value =
        magnitude > maxFiniteCode ? bitsToFloat(specialBits(magnitude)) : value;
    uint32_t sign = (code >> signShift) & signedMask;
    float result = bitsToFloat(floatToBits(value) | sign << 31);
    return code == fnuzNaN ? bitsToFloat(0x7fc00000u) : result;
  }

  float maxFinite() const { return decode(maxFiniteCode); }
  /// Exponent of the largest finite value: floor(log2(maxFinite())).
  int maxExponent() const;
  uint32_t largestCode() const { return maxFiniteCode; }

private:
  uint32_t specialBits(uint32_t magnitude) const {
    return magnitude == infCode ? 0x7f800000u : 0x7fc00000u;
  }

  uint32_t shift, halfMinusOne, rebias, minNormalBits, magicBits;
  float subnormalMagic, decodeScale;
  uint32_t maxFiniteCode, overflowCode, nanCode, infCode;
  uint32_t magnitudeMask, signShift, signedMask, zeroSign, nanSign, fnuzNaN;
};

/// f16, bf16 and e4m3 as most callers want them (F-4: Inf stays Inf in the
/// first two; e4m3 saturates).
uint16_t encodeF16(float value);
float decodeF16(uint16_t code);
uint16_t encodeBF16(float value);
float decodeBF16(uint16_t code);
uint8_t encodeE4M3(float value);
float decodeE4M3(uint8_t code);

/// Which power of two (rule S-2).
enum class PowerRounding {
  Down,
  Up,
  Nearest, ///< Ties go up.
};
/// `value` > 0 and finite gives 0 to 254; all else gives 255, NaN.
uint8_t encodeE8M0(float value, PowerRounding rounding);
float decodeE8M0(uint8_t code);

/// Code of a positive finite scale, never that of zero, Inf or NaN (rule S-3).
/// Only F32, F16, BF16, E8M0 (nearest), E4M3, UE5M3.
uint32_t encodeScale(ScaleKind kind, float value);
/// Only the kinds of encodeScale; NaN for others.
float decodeScale(ScaleKind kind, uint32_t code);
/// Bytes of a stored scale of those kinds; 0 for others.
unsigned scaleBytes(ScaleKind kind);
/// Scales as stored (little endian) to f32. `stored` may be unaligned.
void decodeScales(ScaleKind kind, const void *stored, int64_t count,
                  float *scales);

} // namespace nibble::formats

#endif // NIBBLE_FORMATS_MINIFLOAT_H
