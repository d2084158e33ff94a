//===- Format.cpp - Names, text and validity of formats ---------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Formats/Format.h"

#include <array>
#include <cassert>

namespace nibble::formats {

using namespace std::string_view_literals;

// In the order of the enumerators.
static constexpr std::array codeNames = {
    "int"sv, "uint"sv, "float"sv, "ternary"sv, "table"sv, "pow2"sv, "planes"sv};
static constexpr std::array conventionNames = {"ieee"sv, "fn"sv, "fnuz"sv,
                                               "finite"sv};
static constexpr std::array scaleNames = {
    "none"sv,  "f32"sv,   "f16"sv, "bf16"sv, "e8m0"sv, "e4m3"sv,
    "ue5m3"sv, "ue6m2"sv, "int"sv, "uint"sv, "shift"sv};
static constexpr std::array zeroNames = {"none"sv, "int"sv, "uint"sv, "float"sv,
                                         "offset"sv};

template <typename Enum, size_t n>
static std::optional<Enum>
enumFromName(const std::array<std::string_view, n> &names,
             std::string_view name) {
  for (size_t i = 0; i < n; ++i)
    if (names[i] == name)
      return static_cast<Enum>(i);
  return std::nullopt;
}

static bool hasWidth(ScaleKind kind) {
  return kind == ScaleKind::Int || kind == ScaleKind::UInt ||
         kind == ScaleKind::Shift;
}

static std::string blockToString(const std::vector<int64_t> &block) {
  std::string text = "[";
  for (size_t i = 0; i < block.size(); ++i)
    text += (i ? ", " : "") + std::to_string(block[i]);
  return text + "]";
}

static std::string toString(const OuterScale &outer) {
  std::string text = toString(outer.type);
  if (!outer.block.empty())
    text += blockToString(outer.block);
  return text;
}

static std::string toString(const ZeroPoint &zero) {
  std::string text(name(zero.kind));
  if (zero.kind == ZeroKind::None)
    return text;
  text += "<";
  if (zero.kind == ZeroKind::Int || zero.kind == ZeroKind::UInt)
    return text + std::to_string(zero.bits) + ">";
  text += toString(zero.type);
  for (const OuterScale &outer : zero.outer)
    text += ", " + toString(outer);
  return text + ">";
}

std::string_view name(CodeKind kind) {
  return codeNames[static_cast<size_t>(kind)];
}
std::string_view name(FloatConvention convention) {
  return conventionNames[static_cast<size_t>(convention)];
}
std::string_view name(ScaleKind kind) {
  return scaleNames[static_cast<size_t>(kind)];
}
std::string_view name(ZeroKind kind) {
  return zeroNames[static_cast<size_t>(kind)];
}
std::optional<CodeKind> codeKindFromName(std::string_view name) {
  return enumFromName<CodeKind>(codeNames, name);
}
std::optional<FloatConvention> conventionFromName(std::string_view name) {
  return enumFromName<FloatConvention>(conventionNames, name);
}
std::optional<ScaleKind> scaleKindFromName(std::string_view name) {
  return enumFromName<ScaleKind>(scaleNames, name);
}
std::optional<ZeroKind> zeroKindFromName(std::string_view name) {
  return enumFromName<ZeroKind>(zeroNames, name);
}

std::string toString(const ElementCode &code) {
  std::string text(name(code.kind));
  std::string bits = std::to_string(code.bits);
  switch (code.kind) {
  case CodeKind::Ternary:
    return text;
  case CodeKind::Table:
    return text + "<" + bits + ", @" + code.table + ">";
  case CodeKind::Float:
    text += "<" + std::to_string(code.exponentBits) + ", " +
            std::to_string(code.mantissaBits);
    if (code.convention !=
        defaultConvention(code.exponentBits, code.mantissaBits))
      text += ", " + std::string(name(code.convention));
    return text + ">";
  default:
    return text + "<" + bits + ">";
  }
}

std::string toString(const ScaleType &type) {
  std::string text(name(type.kind));
  if (hasWidth(type.kind))
    text += "<" + std::to_string(type.bits) + ">";
  return text;
}

std::string toString(const Format &format) {
  std::string text = toString(format.code);
  if (!format.block.empty())
    text += ", block = " + blockToString(format.block);
  if (!format.scale.isNone())
    text += ", scale = " + toString(format.scale);
  bool several = format.outer.size() > 1;
  for (size_t i = 0; i < format.outer.size(); ++i)
    text += (i         ? ", "
             : several ? ", outer = ["
                       : ", outer = ") +
            toString(format.outer[i]);
  text += several ? "]" : "";
  if (format.zero.kind != ZeroKind::None)
    text += ", zero = " + toString(format.zero);
  return text;
}

//===----------------------------------------------------------------------===//
// Making formats
//===----------------------------------------------------------------------===//

FloatConvention defaultConvention(unsigned exponentBits,
                                  unsigned mantissaBits) {
  auto is = [&](unsigned e, unsigned m) {
    return exponentBits == e && mantissaBits == m;
  };
  if (is(4, 3))
    return FloatConvention::FN;
  if (is(2, 1) || is(2, 3) || is(3, 2))
    return FloatConvention::Finite;
  return FloatConvention::IEEE;
}

static ElementCode makeCode(CodeKind kind, unsigned bits) {
  ElementCode code;
  code.kind = kind;
  code.bits = bits;
  return code;
}

ElementCode ElementCode::makeInt(unsigned bits) {
  return makeCode(CodeKind::Int, bits);
}
ElementCode ElementCode::makeUInt(unsigned bits) {
  return makeCode(CodeKind::UInt, bits);
}
ElementCode ElementCode::makeFloat(unsigned exponentBits,
                                   unsigned mantissaBits) {
  return makeFloat(exponentBits, mantissaBits,
                   defaultConvention(exponentBits, mantissaBits));
}
ElementCode ElementCode::makeFloat(unsigned exponentBits, unsigned mantissaBits,
                                   FloatConvention convention) {
  ElementCode code = makeCode(CodeKind::Float, 0);
  code.exponentBits = exponentBits;
  code.mantissaBits = mantissaBits;
  code.convention = convention;
  return code;
}
ElementCode ElementCode::makeTernary() {
  return makeCode(CodeKind::Ternary, 0);
}
ElementCode ElementCode::makeTable(unsigned bits, std::string name) {
  ElementCode code = makeCode(CodeKind::Table, bits);
  code.table = std::move(name);
  return code;
}
ElementCode ElementCode::makePow2(unsigned bits) {
  return makeCode(CodeKind::Pow2, bits);
}
ElementCode ElementCode::makePlanes(unsigned planes) {
  return makeCode(CodeKind::Planes, planes);
}

// Fields that a kind ignores do not count.
bool ElementCode::operator==(const ElementCode &other) const {
  if (kind != other.kind)
    return false;
  switch (kind) {
  case CodeKind::Ternary:
    return true;
  case CodeKind::Float:
    return exponentBits == other.exponentBits &&
           mantissaBits == other.mantissaBits && convention == other.convention;
  case CodeKind::Table:
    return bits == other.bits && table == other.table;
  default:
    return bits == other.bits;
  }
}

bool Format::operator==(const Format &other) const {
  return code == other.code && block == other.block && scale == other.scale &&
         outer == other.outer && zero == other.zero;
}

Format withBlockAlong(Format format, size_t rank, size_t axis, int64_t size) {
  format.block.assign(rank, 1);
  format.block[axis] = size;
  return format;
}

Format perChannel(Format format, size_t rank, size_t axis) {
  format.block.assign(rank, -1);
  format.block[axis] = 1;
  return format;
}

Format perTensor(Format format, size_t rank) {
  format.block.assign(rank, -1);
  return format;
}

//===----------------------------------------------------------------------===//
// Validity
//===----------------------------------------------------------------------===//

static Status validateFloat(const ElementCode &code) {
  unsigned e = code.exponentBits, m = code.mantissaBits;
  std::string text = toString(code);
  if (e == 8 && m == 23) {
    if (code.convention == FloatConvention::IEEE)
      return {};
    return Status::error(text + ": a float of 32 bits has the convention ieee");
  }
  if (e < 1 || e > 8)
    return Status::error(text + ": exponent bits must be 1 to 8");
  if (1 + e + m > 16)
    return Status::error(text + ": sign, exponent and mantissa must fit in 16 "
                                "bits (or be float<8, 23>)");
  if (code.convention == FloatConvention::IEEE && m == 0)
    return Status::error(text + ": ieee needs a mantissa bit to tell NaN from "
                                "Inf; use 'finite'");
  if (code.convention == FloatConvention::IEEE && e == 1)
    return Status::error(text + ": ieee leaves no finite exponent of 1 bit; "
                                "use 'finite'");
  // Their largest values, or bias, do not fit in f32.
  if (code.convention != FloatConvention::IEEE && e == 8)
    return Status::error(text + ": 8 exponent bits need the convention ieee");
  if (code.convention == FloatConvention::FN && e + m < 2)
    return Status::error(text + ": fn leaves no value but zero");
  return {};
}

static bool isIdentifier(const std::string &name) {
  return !name.empty() &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_") == std::string::npos &&
         (name[0] < '0' || name[0] > '9');
}

static Status validateCode(const ElementCode &code) {
  auto widthIn = [&](unsigned low, unsigned high,
                     std::string_view what) -> Status {
    if (code.bits >= low && code.bits <= high)
      return {};
    return Status::error(toString(code) + ": " + std::string(what) +
                         " must be " + std::to_string(low) + " to " +
                         std::to_string(high));
  };
  switch (code.kind) {
  case CodeKind::Int:
  case CodeKind::UInt:
    return widthIn(1, 16, "the width");
  case CodeKind::Float:
    return validateFloat(code);
  case CodeKind::Ternary:
    return {};
  case CodeKind::Table:
    if (!isIdentifier(code.table))
      return Status::error("table '" + code.table +
                           "': a name is letters, digits and underscores");
    return widthIn(1, 8, "the width");
  case CodeKind::Pow2:
    return widthIn(2, 6, "the width");
  case CodeKind::Planes:
    return widthIn(1, 8, "the number of planes");
  }
  assert(false && "unknown kind of element code");
  return {};
}

static Status validateScaleType(const ScaleType &type, std::string_view what) {
  if (hasWidth(type.kind)) {
    // A shift of more would leave the range of f32.
    unsigned most = type.kind == ScaleKind::Shift ? 6 : 16;
    if (type.bits < 1 || type.bits > most)
      return Status::error(std::string(what) + " " + toString(type) +
                           ": the width must be 1 to " + std::to_string(most));
  } else if (type.bits != 0) {
    return Status::error(std::string(what) + " " + toString(type) +
                         ": this type has no width of its own");
  }
  return {};
}

static Status validateBlock(const std::vector<int64_t> &block,
                            std::string_view what) {
  for (size_t i = 0; i < block.size(); ++i)
    if (block[i] != -1 && block[i] < 1)
      return Status::error(std::string(what) + " " + blockToString(block) +
                           ": entry " + std::to_string(i) +
                           " must be -1 (the whole axis) or at least 1");
  return {};
}

/// Rule D-4: outer scales over blocks of `block`.
static Status validateOuter(const ScaleType &inner,
                            const std::vector<OuterScale> &outer,
                            const std::vector<int64_t> &block,
                            std::string_view what) {
  const ScaleType *below = &inner;
  const std::vector<int64_t> *belowBlock = &block;
  for (const OuterScale &level : outer) {
    if (level.type.isNone())
      return Status::error(std::string(what) + ": an outer scale needs a type");
    if (Status s = validateScaleType(level.type, "outer scale"); !s.ok())
      return s;
    below = &level.type;
    if (level.block.empty()) {
      if (&level != &outer.back())
        return Status::error(std::string(what) +
                             ": only the outermost scale may be without block");
      break;
    }
    if (Status s = validateBlock(level.block, "outer block"); !s.ok())
      return s;
    if (level.block.size() != block.size())
      return Status::error("outer block " + blockToString(level.block) +
                           ": its rank is not that of block " +
                           blockToString(block));
    for (size_t i = 0; i < block.size(); ++i) {
      int64_t in = (*belowBlock)[i], out = level.block[i];
      if (out != -1 && (in == -1 || out % in != 0))
        return Status::error("outer block " + blockToString(level.block) +
                             ": entry " + std::to_string(i) +
                             " must be -1 or a multiple of the block inside");
    }
    belowBlock = &level.block;
  }
  if (needsOuterScale(*below))
    return Status::error(std::string(what) + " " + toString(*below) +
                         ": an integer scale needs an outer scale");
  return {};
}

static Status validateZero(const Format &format) {
  const ZeroPoint &zero = format.zero;
  bool integerZero = zero.kind == ZeroKind::Int || zero.kind == ZeroKind::UInt;
  bool typed = zero.kind == ZeroKind::Float || zero.kind == ZeroKind::Offset;
  std::string what = "zero point " + toString(zero);
  if (!integerZero && zero.bits != 0)
    return Status::error(what + ": only int and uint have a width");
  if (!typed && !zero.type.isNone())
    return Status::error(what + ": only float and offset have a type");
  if (zero.kind != ZeroKind::Offset && !zero.outer.empty())
    return Status::error(what + ": only an offset has outer scales");
  if (zero.kind == ZeroKind::None)
    return {};
  if (format.scale.isNone())
    return Status::error(what + ": a zero point needs a scale");
  if (zero.kind != ZeroKind::Offset && !format.code.isInteger())
    return Status::error(what + ": " + toString(format.code) +
                         " has no zero point; use an offset");
  if (integerZero && (zero.bits < 1 || zero.bits > 16))
    return Status::error(what + ": the width must be 1 to 16");
  if (!typed)
    return {};
  if (zero.type.isNone())
    return Status::error(what + ": its type is missing");
  if (Status s = validateScaleType(zero.type, "zero point"); !s.ok())
    return s;
  if (zero.type.kind == ScaleKind::Shift || zero.type.kind == ScaleKind::E8M0)
    return Status::error(what + ": this type has no zero");
  if (zero.kind == ZeroKind::Float && needsOuterScale(zero.type))
    return Status::error(what + ": use 'int' or 'uint' as the zero point");
  return validateOuter(zero.type, zero.outer, format.block, what);
}

Status validate(const Format &format) {
  if (Status s = validateCode(format.code); !s.ok())
    return s;
  if (Status s = validateBlock(format.block, "block"); !s.ok())
    return s;
  if (Status s = validateScaleType(format.scale, "scale"); !s.ok())
    return s;
  if (format.scale.isNone()) {
    if (!format.block.empty())
      return Status::error("block " + blockToString(format.block) +
                           ": a block needs a scale");
    if (!format.outer.empty())
      return Status::error("outer scale " + toString(format.outer.front()) +
                           ": it needs a scale inside");
    if (format.code.kind == CodeKind::Planes)
      return Status::error(toString(format.code) + ": planes need a scale");
  } else if (format.code == ElementCode::makeFloat(8, 23)) {
    return Status::error("scale " + toString(format.scale) +
                         ": elements of 32 bits take no scale");
  }
  if (Status s =
          validateOuter(format.scale, format.outer, format.block, "scale");
      !s.ok())
    return s;
  return validateZero(format);
}

Status validate(const Format &format, const std::vector<int64_t> &shape) {
  if (Status s = validate(format); !s.ok())
    return s;
  for (int64_t dim : shape)
    if (dim < 0)
      return Status::error("shape " + blockToString(shape) +
                           ": a dimension is negative");
  if (format.block.size() > shape.size())
    return Status::error("block " + blockToString(format.block) +
                         ": it has more entries than shape " +
                         blockToString(shape));
  return {};
}

} // namespace nibble::formats
