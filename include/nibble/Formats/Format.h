//===- Format.h - What a number format is -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A format is element code x block x scale levels x zero point (docs/spec.md,
// rules D-*). The structs here are plain values; `#qnt.format` mirrors them
// field by field. Nothing here computes on data: see RowCodec.h for that.
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_FORMATS_FORMAT_H
#define NIBBLE_FORMATS_FORMAT_H

#include "nibble/Formats/Status.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nibble::formats {

enum class CodeKind {
  Int,     ///< Two's complement, `bits` wide.
  UInt,    ///< Unsigned, `bits` wide.
  Float,   ///< Sign, `exponentBits`, `mantissaBits`.
  Ternary, ///< -1, 0, 1.
  Table,   ///< Index of `bits` into the table called `table`.
  Pow2,    ///< Sign and exponent: no zero among the values (rule C-5).
  Planes,  ///< `bits` planes of +-1, each with a scale of its own.
};

/// What the topmost codes of a float mean (rule F-2).
enum class FloatConvention {
  IEEE,   ///< The topmost exponent holds Inf and NaN.
  FN,     ///< No Inf; all ones is NaN.
  FNUZ,   ///< No Inf, no -0; the code of -0 is NaN; the bias is one larger.
  Finite, ///< No Inf, no NaN (the OCP elements of 4 and 6 bits).
};

struct ElementCode {
  CodeKind kind = CodeKind::Int;
  /// Int, UInt, Table, Pow2: width in bits. Planes: number of planes.
  /// Ignored by Float and Ternary.
  unsigned bits = 8;
  unsigned exponentBits = 0;
  unsigned mantissaBits = 0;
  FloatConvention convention = FloatConvention::IEEE;
  /// Table: its name. The numbers are part of a value, never of a format.
  std::string table;

  static ElementCode makeInt(unsigned bits);
  static ElementCode makeUInt(unsigned bits);
  /// With defaultConvention(exponentBits, mantissaBits).
  static ElementCode makeFloat(unsigned exponentBits, unsigned mantissaBits);
  static ElementCode makeFloat(unsigned exponentBits, unsigned mantissaBits,
                               FloatConvention convention);
  static ElementCode makeTernary();
  static ElementCode makeTable(unsigned bits, std::string name);
  static ElementCode makePow2(unsigned bits);
  static ElementCode makePlanes(unsigned planes);

  bool isInteger() const {
    return kind == CodeKind::Int || kind == CodeKind::UInt;
  }
  bool operator==(const ElementCode &other) const;
  bool operator!=(const ElementCode &other) const { return !(*this == other); }
};

/// The convention that a float has where none is written: FN for e4m3, Finite
/// for e2m1, e2m3 and e3m2, else IEEE (rule F-2).
FloatConvention defaultConvention(unsigned exponentBits, unsigned mantissaBits);

/// Types that scales (and float zero points) are stored in.
enum class ScaleKind {
  None,
  F32,
  F16,
  BF16,
  E8M0,  ///< 2^(code-127); 255 is NaN.
  E4M3,  ///< float<4,3> FN.
  UE5M3, ///< Unsigned, 5 exponent and 3 mantissa bits; all ones is NaN.
  UE6M2, ///< Unsigned, 6 exponent and 2 mantissa bits.
  Int,   ///< `bits` wide, times an outer scale.
  UInt,  ///< `bits` wide, times an outer scale.
  Shift, ///< 2^code, `bits` wide, unsigned, times an outer scale.
};

struct ScaleType {
  ScaleKind kind = ScaleKind::None;
  /// Only Int, UInt and Shift: 1 to 16. Otherwise 0.
  unsigned bits = 0;

  bool isNone() const { return kind == ScaleKind::None; }
  bool operator==(const ScaleType &other) const {
    return kind == other.kind && bits == other.bits;
  }
  bool operator!=(const ScaleType &other) const { return !(*this == other); }
};

/// A scale over the scales below it.
struct OuterScale {
  ScaleType type;
  /// Like Format::block, with as many entries, or none.
  std::vector<int64_t> block;

  bool operator==(const OuterScale &other) const {
    return type == other.type && block == other.block;
  }
  bool operator!=(const OuterScale &other) const { return !(*this == other); }
};

enum class ZeroKind {
  None,
  Int,    ///< Subtracted from the code; two's complement of `bits`.
  UInt,   ///< Subtracted from the code; unsigned of `bits`.
  Float,  ///< Subtracted from the code; of `type`.
  Offset, ///< Added after scaling; of `type`, with its own outer scales.
};

struct ZeroPoint {
  ZeroKind kind = ZeroKind::None;
  /// Int and UInt: 1 to 16. Otherwise 0.
  unsigned bits = 0;
  /// Float and Offset.
  ScaleType type;
  /// Offset of a type that needs them.
  std::vector<OuterScale> outer;

  bool operator==(const ZeroPoint &other) const {
    return kind == other.kind && bits == other.bits && type == other.type &&
           outer == other.outer;
  }
  bool operator!=(const ZeroPoint &other) const { return !(*this == other); }
};

/// value = (code - zero) * scale * outer scales + offset (rule D-1).
struct Format {
  ElementCode code;
  /// Elements that share one scale and zero point: one entry for each of the
  /// last axes, -1 for the whole axis; axes before have 1. Empty: the whole
  /// tensor (or no scale).
  std::vector<int64_t> block;
  ScaleType scale;
  /// From the innermost to the outermost.
  std::vector<OuterScale> outer;
  ZeroPoint zero;

  bool operator==(const Format &other) const;
  bool operator!=(const Format &other) const { return !(*this == other); }
};

//===----------------------------------------------------------------------===//
// Names and text
//===----------------------------------------------------------------------===//

/// "int", "uint", "float", "ternary", "table", "pow2", "planes".
std::string_view name(CodeKind kind);
/// "ieee", "fn", "fnuz", "finite".
std::string_view name(FloatConvention convention);
/// "none", "f32", "f16", "bf16", "e8m0", "e4m3", "ue5m3", "ue6m2", "int",
/// "uint", "shift".
std::string_view name(ScaleKind kind);
/// "none", "int", "uint", "float", "offset".
std::string_view name(ZeroKind kind);

std::optional<CodeKind> codeKindFromName(std::string_view name);
std::optional<FloatConvention> conventionFromName(std::string_view name);
std::optional<ScaleKind> scaleKindFromName(std::string_view name);
std::optional<ZeroKind> zeroKindFromName(std::string_view name);

std::string toString(const ElementCode &code);
std::string toString(const ScaleType &type);
/// As in "int<4>, block = [1, 128], scale = f16, zero = int<4>".
std::string toString(const Format &format);

//===----------------------------------------------------------------------===//
// Questions
//===----------------------------------------------------------------------===//

/// Whether the format means something; the message names the field at fault.
Status validate(const Format &format);
/// validate(), and that `shape` has no negative entry and at least as many
/// entries as the block.
Status validate(const Format &format, const std::vector<int64_t> &shape);

/// Width of one unpacked code: 1 to 16, or 32 for float<8,23>; 2 for ternary.
unsigned codeBits(const ElementCode &code);
/// Smallest and largest code of an Int or UInt.
int32_t minCode(const ElementCode &code);
int32_t maxCode(const ElementCode &code);
/// Width of a stored scale in bits; 0 for None.
unsigned scaleBits(const ScaleType &type);
/// Whether scales of this type are found only with an outer scale (D-4).
bool needsOuterScale(const ScaleType &type);

/// How the codes of a row lie in memory (rules P-*).
enum class PackingRule {
  BitStream, ///< P-1: code i at bits [i*b, (i+1)*b), little endian.
  BaseThree, ///< P-5: five ternary digits a byte.
  BitPlanes, ///< P-6: plane after plane, each a stream of one bit.
};
PackingRule packingRule(const ElementCode &code);

/// Bits of codes, scales and zero points an element, for a tensor so large
/// that whole-axis blocks and ragged tails do not count. `format` is valid.
double bitsPerElement(const Format &format);

/// Bytes of one packed row of `cols` codes (rule P-2), at least 0.
Result<int64_t> packedRowBytes(const ElementCode &code, int64_t cols);

/// `block` with an entry for each axis of a tensor of `rank` (rule D-3);
/// `rank` is at least block.size().
std::vector<int64_t> fullBlock(const std::vector<int64_t> &block, size_t rank);

/// Number of blocks along each axis; the last may be ragged (rule B-2).
/// `block` has an entry for each axis.
Result<std::vector<int64_t>> blockGrid(const std::vector<int64_t> &block,
                                       const std::vector<int64_t> &shape);

/// Bytes of each part of a stored tensor (rule P-7).
struct StorageSize {
  int64_t codes = 0;
  int64_t scales = 0;
  int64_t outerScales = 0;
  int64_t zeroPoints = 0;
  int64_t total() const { return codes + scales + outerScales + zeroPoints; }
};
Result<StorageSize> storageSize(const Format &format,
                                const std::vector<int64_t> &shape);

/// A tensor as a matrix of rows that are packed one by one (rule P-8).
struct MatrixLayout {
  int64_t rows = 0;
  int64_t cols = 0;
  /// Block in elements of that matrix; at least 1 each.
  int64_t blockRows = 1;
  int64_t blockCols = 1;

  int64_t gridRows() const { return (rows + blockRows - 1) / blockRows; }
  int64_t gridCols() const { return (cols + blockCols - 1) / blockCols; }
};
/// Number of leading axes that become rows (rule P-8). `block` has an entry
/// for each axis, or none.
size_t rowAxes(const std::vector<int64_t> &block, size_t rank);
/// Fails where the blocks are not blocks of that matrix, and says so.
Result<MatrixLayout> matrixLayout(const Format &format,
                                  const std::vector<int64_t> &shape);

//===----------------------------------------------------------------------===//
// The same format on other blocks
//===----------------------------------------------------------------------===//

/// Blocks of `size` elements (-1: all) along `axis`; one along every other
/// axis. `axis` < `rank`.
Format withBlockAlong(Format format, size_t rank, size_t axis, int64_t size);
/// One block for each index of `axis`, whole along every other axis.
Format perChannel(Format format, size_t rank, size_t axis);
/// One block.
Format perTensor(Format format, size_t rank);

} // namespace nibble::formats

#endif // NIBBLE_FORMATS_FORMAT_H
