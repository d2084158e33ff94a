//===- MiniFloat.cpp - Floats of up to 16 bits, and scale types -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Formats/MiniFloat.h"

#include <cmath>

namespace nibble::formats {

MiniFloat::MiniFloat(unsigned exponentBits, unsigned mantissaBits,
                     FloatConvention convention, bool isSigned,
                     Overflow overflow) {
  unsigned width = exponentBits + mantissaBits;
  bool fnuz = convention == FloatConvention::FNUZ;
  int bias = (1 << (exponentBits - 1)) - (fnuz ? 0 : 1);
  shift = 23 - mantissaBits;
  halfMinusOne = (1u << (shift - 1)) - 1;
  rebias = static_cast<uint32_t>(127 - bias) << mantissaBits;
  // With the exponent of f32 even its subnormals round as integers.
  minNormalBits =
      exponentBits == 8 ? 0 : static_cast<uint32_t>(128 - bias) << 23;
  subnormalMagic = std::ldexp(1.0f, static_cast<int>(shift) + 1 - bias);
  magicBits = floatToBits(subnormalMagic);
  decodeScale = std::ldexp(1.0f, 127 - bias);

  magnitudeMask = (1u << width) - 1;
  signShift = width;
  signedMask = isSigned ? 1 : 0;
  zeroSign = fnuz ? 0 : 1;
  nanSign = isSigned && !fnuz && convention != FloatConvention::Finite ? 1 : 0;
  infCode = 0xffffffffu;
  fnuzNaN = 0xffffffffu;
  switch (convention) {
  case FloatConvention::IEEE:
    infCode = ((1u << exponentBits) - 1) << mantissaBits;
    maxFiniteCode = infCode - 1;
    nanCode = infCode | 1u << (mantissaBits - 1);
    break;
  case FloatConvention::FN:
    maxFiniteCode = magnitudeMask - 1;
    nanCode = magnitudeMask;
    break;
  case FloatConvention::FNUZ:
    maxFiniteCode = magnitudeMask;
    nanCode = fnuzNaN = 1u << signShift;
    break;
  case FloatConvention::Finite:
    maxFiniteCode = magnitudeMask;
    // F-5: -0, as ml_dtypes does.
    nanCode = isSigned ? 1u << signShift : 0;
    break;
  }
  overflowCode = maxFiniteCode;
  if (overflow == Overflow::NonFinite) {
    if (convention == FloatConvention::IEEE)
      overflowCode = infCode;
    else if (convention == FloatConvention::FN)
      overflowCode = nanCode;
    else if (fnuz)
      overflowCode = nanCode;
  }
}

int MiniFloat::maxExponent() const { return std::ilogb(maxFinite()); }

static const MiniFloat &f16() {
  static const MiniFloat codec(5, 10, FloatConvention::IEEE, true,
                               Overflow::NonFinite);
  return codec;
}
static const MiniFloat &bf16() {
  static const MiniFloat codec(8, 7, FloatConvention::IEEE, true,
                               Overflow::NonFinite);
  return codec;
}
static const MiniFloat &e4m3() {
  static const MiniFloat codec(4, 3, FloatConvention::FN, true,
                               Overflow::Saturate);
  return codec;
}
static const MiniFloat &ue5m3() {
  static const MiniFloat codec(5, 3, FloatConvention::FN, /*isSigned=*/false,
                               Overflow::Saturate);
  return codec;
}

uint16_t encodeF16(float value) {
  return static_cast<uint16_t>(f16().encode(value));
}
float decodeF16(uint16_t code) { return f16().decode(code); }
uint16_t encodeBF16(float value) {
  return static_cast<uint16_t>(bf16().encode(value));
}
float decodeBF16(uint16_t code) { return bf16().decode(code); }
uint8_t encodeE4M3(float value) {
  return static_cast<uint8_t>(e4m3().encode(value));
}
float decodeE4M3(uint8_t code) { return e4m3().decode(code); }

uint8_t encodeE8M0(float value, PowerRounding rounding) {
  uint32_t bits = floatToBits(value);
  if (bits == 0 || bits >= 0x7f800000u)
    return 255;
  uint32_t exponent = bits >> 23;
  uint32_t mantissa = bits & 0x7fffffu;
  // 2^-127 is the f32 subnormal with the top mantissa bit.
  constexpr uint32_t half = 0x400000u;
  bool up = false;
  if (rounding == PowerRounding::Up)
    up = exponent == 0 ? mantissa > half : mantissa != 0;
  else if (rounding == PowerRounding::Nearest)
    up = exponent == 0 ? mantissa >= half + half / 2 : mantissa >= half;
  exponent += up;
  return static_cast<uint8_t>(exponent > 254 ? 254 : exponent);
}

float decodeE8M0(uint8_t code) {
  if (code == 255)
    return bitsToFloat(0x7fc00000u);
  return bitsToFloat(code == 0 ? 0x400000u : static_cast<uint32_t>(code) << 23);
}

unsigned scaleBytes(ScaleKind kind) {
  switch (kind) {
  case ScaleKind::F32:
    return 4;
  case ScaleKind::F16:
  case ScaleKind::BF16:
    return 2;
  case ScaleKind::E8M0:
  case ScaleKind::E4M3:
  case ScaleKind::UE5M3:
    return 1;
  default:
    return 0;
  }
}

/// The smallest code is 1, the largest the one before Inf or NaN.
static uint32_t clampCode(uint32_t code, uint32_t largest) {
  if (code == 0)
    return 1;
  return code > largest ? largest : code;
}

uint32_t encodeScale(ScaleKind kind, float value) {
  switch (kind) {
  case ScaleKind::F32:
    return clampCode(floatToBits(value), 0x7f7fffffu);
  case ScaleKind::F16:
    return clampCode(f16().encode(value), f16().largestCode());
  case ScaleKind::BF16:
    return clampCode(bf16().encode(value), bf16().largestCode());
  case ScaleKind::E8M0:
    return value > 0 ? encodeE8M0(value, PowerRounding::Nearest) : 0;
  case ScaleKind::E4M3:
    return clampCode(e4m3().encode(value), e4m3().largestCode());
  case ScaleKind::UE5M3:
    return clampCode(ue5m3().encode(value), ue5m3().largestCode());
  default:
    return 0;
  }
}

float decodeScale(ScaleKind kind, uint32_t code) {
  switch (kind) {
  case ScaleKind::F32:
    return bitsToFloat(code);
  case ScaleKind::F16:
    return f16().decode(code);
  case ScaleKind::BF16:
    return bf16().decode(code);
  case ScaleKind::E8M0:
    return decodeE8M0(static_cast<uint8_t>(code));
  case ScaleKind::E4M3:
    return e4m3().decode(code);
  case ScaleKind::UE5M3:
    return ue5m3().decode(code);
  default:
    return bitsToFloat(0x7fc00000u);
  }
}

void decodeScales(ScaleKind kind, const void *stored, int64_t count,
                  float *scales) {
  unsigned bytes = scaleBytes(kind);
  const auto *from = static_cast<const uint8_t *>(stored);
  for (int64_t i = 0; i < count; ++i) {
    uint32_t code = 0;
    for (unsigned b = 0; b < bytes; ++b)
      code |= static_cast<uint32_t>(from[i * bytes + b]) << (8 * b);
    scales[i] = decodeScale(kind, code);
  }
}

} // namespace nibble::formats
