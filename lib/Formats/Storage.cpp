//===- Storage.cpp - Bits, blocks and bytes of formats ----------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Formats/Format.h"
#include "nibble/Formats/Packing.h"

#include <limits>

namespace nibble::formats {

unsigned codeBits(const ElementCode &code) {
  switch (code.kind) {
  case CodeKind::Float:
    return 1 + code.exponentBits + code.mantissaBits;
  case CodeKind::Ternary:
    return 2;
  default:
    return code.bits;
  }
}

int32_t minCode(const ElementCode &code) {
  return code.kind == CodeKind::Int ? -(int32_t(1) << (code.bits - 1)) : 0;
}

int32_t maxCode(const ElementCode &code) {
  unsigned bits = code.kind == CodeKind::Int ? code.bits - 1 : code.bits;
  return (int32_t(1) << bits) - 1;
}

unsigned scaleBits(const ScaleType &type) {
  switch (type.kind) {
  case ScaleKind::None:
    return 0;
  case ScaleKind::F32:
    return 32;
  case ScaleKind::F16:
  case ScaleKind::BF16:
    return 16;
  case ScaleKind::E8M0:
  case ScaleKind::E4M3:
  case ScaleKind::UE5M3:
  case ScaleKind::UE6M2:
    return 8;
  case ScaleKind::Int:
  case ScaleKind::UInt:
  case ScaleKind::Shift:
    return type.bits;
  }
  return 0;
}

bool needsOuterScale(const ScaleType &type) {
  return type.kind == ScaleKind::Int || type.kind == ScaleKind::UInt ||
         type.kind == ScaleKind::Shift;
}

PackingRule packingRule(const ElementCode &code) {
  switch (code.kind) {
  case CodeKind::Ternary:
    return PackingRule::BaseThree;
  case CodeKind::Planes:
    return PackingRule::BitPlanes;
  default:
    return PackingRule::BitStream;
  }
}

/// Scales of one block: planes have one each.
static unsigned scalesPerBlock(const Format &format) {
  return format.code.kind == CodeKind::Planes ? format.code.bits : 1;
}

static unsigned zeroBits(const ZeroPoint &zero) {
  switch (zero.kind) {
  case ZeroKind::None:
    return 0;
  case ZeroKind::Int:
  case ZeroKind::UInt:
    return zero.bits;
  case ZeroKind::Float:
  case ZeroKind::Offset:
    return scaleBits(zero.type);
  }
  return 0;
}

/// Elements of a block; 0 where it spans a whole axis (or tensor).
static double blockElements(const std::vector<int64_t> &block) {
  double elements = block.empty() ? 0 : 1;
  for (int64_t entry : block)
    elements *= entry == -1 ? 0 : static_cast<double>(entry);
  return elements;
}

static double shareOf(double bits, const std::vector<int64_t> &block) {
  double elements = blockElements(block);
  return elements == 0 ? 0 : bits / elements;
}

double bitsPerElement(const Format &format) {
  double bits = format.code.kind == CodeKind::Ternary
                    ? 8.0 / 5.0
                    : static_cast<double>(codeBits(format.code));
  bits +=
      shareOf(scaleBits(format.scale) * scalesPerBlock(format), format.block);
  for (const OuterScale &outer : format.outer)
    bits += shareOf(scaleBits(outer.type), outer.block);
  bits += shareOf(zeroBits(format.zero), format.block);
  for (const OuterScale &outer : format.zero.outer)
    bits += shareOf(scaleBits(outer.type), outer.block);
  return bits;
}

//===----------------------------------------------------------------------===//
// Checked sizes
//===----------------------------------------------------------------------===//

namespace {
/// A non-negative product or sum that remembers whether it left int64_t.
class Size {
public:
  Size(int64_t value) : value(value) {}
  Size &operator*=(Size other) {
    tooLarge |=
        other.tooLarge || __builtin_mul_overflow(value, other.value, &value);
    return *this;
  }
  Size &operator+=(Size other) {
    tooLarge |=
        other.tooLarge || __builtin_add_overflow(value, other.value, &value);
    return *this;
  }
  bool isTooLarge() const { return tooLarge; }
  int64_t get() const { return value; }

private:
  int64_t value;
  bool tooLarge = false;
};
} // namespace

static Size product(const std::vector<int64_t> &values, size_t begin,
                    size_t end) {
  // A zero anywhere makes an empty tensor, whatever else overflows.
  for (int64_t value : values)
    if (value == 0)
      return 0;
  Size result = 1;
  for (size_t i = begin; i < end; ++i)
    result *= values[i];
  return result;
}

static Status tooLarge() {
  return Status::error("the tensor has more than 2^63 bytes or elements");
}

/// Stream of `count` codes that are `bits` wide; `count` < 2^63 / 16.
static Size streamBytes(Size count, unsigned bits) {
  constexpr int64_t limit = std::numeric_limits<int64_t>::max() / 64;
  if (count.isTooLarge() || count.get() > limit) {
    Size over = limit;
    return over *= limit;
  }
  return bitStreamBytes(count.get(), bits);
}

static Size packedRow(const ElementCode &code, Size cols) {
  switch (packingRule(code)) {
  case PackingRule::BitStream:
    return streamBytes(cols, codeBits(code));
  case PackingRule::BaseThree: {
    Size bytes = cols;
    bytes += 4;
    Size result = bytes.get() / 5;
    return bytes.isTooLarge() ? bytes : result;
  }
  case PackingRule::BitPlanes: {
    Size bytes = streamBytes(cols, 1);
    return bytes *= code.bits;
  }
  }
  return 0;
}

Result<int64_t> packedRowBytes(const ElementCode &code, int64_t cols) {
  if (cols < 0)
    return Status::error("a row cannot have " + std::to_string(cols) +
                         " elements");
  Size bytes = packedRow(code, cols);
  if (bytes.isTooLarge())
    return tooLarge();
  return bytes.get();
}

//===----------------------------------------------------------------------===//
// Blocks
//===----------------------------------------------------------------------===//

Result<std::vector<int64_t>> blockGrid(const std::vector<int64_t> &block,
                                       const std::vector<int64_t> &shape) {
  if (block.size() != shape.size())
    return Status::error("a block of rank " + std::to_string(block.size()) +
                         " does not fit a tensor of rank " +
                         std::to_string(shape.size()));
  std::vector<int64_t> grid;
  for (size_t i = 0; i < block.size(); ++i) {
    if (shape[i] < 0 || (block[i] != -1 && block[i] < 1))
      return Status::error(
          "axis " + std::to_string(i) + " of size " + std::to_string(shape[i]) +
          " cannot be cut into blocks of " + std::to_string(block[i]));
    if (block[i] == -1)
      grid.push_back(shape[i] ? 1 : 0);
    else
      grid.push_back(shape[i] / block[i] + (shape[i] % block[i] != 0));
  }
  return grid;
}

std::vector<int64_t> fullBlock(const std::vector<int64_t> &block, size_t rank) {
  // None at all is one block.
  std::vector<int64_t> full(rank - block.size(), block.empty() ? -1 : 1);
  full.insert(full.end(), block.begin(), block.end());
  return full;
}

size_t rowAxes(const std::vector<int64_t> &block, size_t rank) {
  if (rank <= 1)
    return 0;
  size_t axes = 1;
  for (size_t i = 0; i < block.size(); ++i)
    if (block[i] == 1)
      axes = i + 1;
  return axes < rank ? axes : rank - 1;
}

/// Bytes of `bits` wide values on the grid of `block`, rows as in P-8.
static Result<int64_t> gridBytes(const std::vector<int64_t> &block,
                                 const std::vector<int64_t> &shape,
                                 size_t rowAxes, unsigned bits,
                                 unsigned perBlock) {
  if (bits == 0)
    return int64_t(0);
  Result<std::vector<int64_t>> grid =
      blockGrid(fullBlock(block, shape.size()), shape);
  if (!grid)
    return grid.status();
  Size rows = product(*grid, 0, rowAxes);
  Size cols = product(*grid, rowAxes, grid->size());
  cols *= perBlock;
  Size bytes = bits % 8 == 0 ? cols : streamBytes(cols, bits);
  if (bits % 8 == 0)
    bytes *= bits / 8;
  bytes *= rows;
  if (bytes.isTooLarge())
    return tooLarge();
  return bytes.get();
}

Result<StorageSize> storageSize(const Format &format,
                                const std::vector<int64_t> &shape) {
  if (Status s = validate(format, shape); !s.ok())
    return s;
  std::vector<int64_t> block = fullBlock(format.block, shape.size());
  size_t split = rowAxes(block, shape.size());
  Size codes = packedRow(format.code, product(shape, split, shape.size()));
  codes *= product(shape, 0, split);
  if (codes.isTooLarge())
    return tooLarge();

  StorageSize size;
  size.codes = codes.get();
  auto add = [&](int64_t &part, const std::vector<int64_t> &blocks,
                 unsigned bits, unsigned perBlock) -> Status {
    Result<int64_t> bytes = gridBytes(blocks, shape, split, bits, perBlock);
    if (!bytes)
      return bytes.status();
    if (__builtin_add_overflow(part, *bytes, &part))
      return tooLarge();
    return {};
  };
  if (Status s = add(size.scales, format.block, scaleBits(format.scale),
                     scalesPerBlock(format));
      !s.ok())
    return s;
  for (const OuterScale &outer : format.outer)
    if (Status s = add(size.outerScales, outer.block, scaleBits(outer.type), 1);
        !s.ok())
      return s;
  if (Status s = add(size.zeroPoints, format.block, zeroBits(format.zero), 1);
      !s.ok())
    return s;
  for (const OuterScale &outer : format.zero.outer)
    if (Status s = add(size.zeroPoints, outer.block, scaleBits(outer.type), 1);
        !s.ok())
      return s;
  Size total = size.codes;
  for (int64_t part : {size.scales, size.outerScales, size.zeroPoints})
    total += part;
  if (total.isTooLarge())
    return tooLarge();
  return size;
}

/// The block of axes [begin, end) seen as one axis, or 0 where it is not a
/// run of neighbours: ones, then any, then whole axes.
static int64_t flattenedBlock(const std::vector<int64_t> &block,
                              const std::vector<int64_t> &shape, size_t begin,
                              size_t end) {
  int64_t size = 1;
  size_t i = end;
  auto isWhole = [&](size_t axis) {
    return block[axis] == -1 || block[axis] >= shape[axis];
  };
  while (i > begin && isWhole(i - 1))
    size *= shape[--i];
  if (i == begin)
    return size ? size : 1;
  --i;
  // A ragged block must not run on into the next index of an outer axis.
  bool ragged = shape[i] % block[i] != 0;
  size *= block[i];
  while (i > begin) {
    --i;
    if (shape[i] != 1 && (block[i] != 1 || ragged))
      return 0;
  }
  return size ? size : 1;
}

Result<MatrixLayout> matrixLayout(const Format &format,
                                  const std::vector<int64_t> &shape) {
  if (Status s = validate(format, shape); !s.ok())
    return s;
  std::vector<int64_t> block = fullBlock(format.block, shape.size());
  size_t split = rowAxes(block, shape.size());
  Size rows = product(shape, 0, split);
  Size cols = product(shape, split, shape.size());
  Size all = rows;
  all *= cols;
  all *= sizeof(float);
  if (all.isTooLarge() || rows.isTooLarge() || cols.isTooLarge())
    return tooLarge();
  MatrixLayout layout;
  layout.rows = rows.get();
  layout.cols = cols.get();
  if (format.scale.isNone() || all.get() == 0)
    return layout;
  layout.blockRows = flattenedBlock(block, shape, 0, split);
  layout.blockCols = flattenedBlock(block, shape, split, shape.size());
  if (layout.blockRows == 0 || layout.blockCols == 0)
    return Status::error(toString(format) +
                         ": with this shape a block is not a rectangle of "
                         "neighbouring elements; transpose the tensor so "
                         "that the blocked axis is the last");
  return layout;
}

} // namespace nibble::formats
