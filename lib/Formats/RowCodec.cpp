//===- RowCodec.cpp - Encode and decode rows of a tensor --------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Formats/RowCodec.h"

#include "ScaleChooser.h"

#include "nibble/Formats/NamedFormats.h"
#include "nibble/Formats/Packing.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace nibble::formats {

struct RowCodec::Impl {
  Impl(const Format &format, const MatrixLayout &layout,
       const EncodeOptions &options, int64_t rowBytes,
       std::vector<int64_t> columnOrder)
      : format(format), layout(layout), options(options), rowBytes(rowBytes),
        raw(codeBits(format.code) == 32),
        quantizer(raw ? ElementCode::makeInt(8) : format.code,
                  !options.pairOrder.empty(), overflowOf(format)),
        chooser(format, options, quantizer),
        columnOrder(std::move(columnOrder)) {
    if (this->options.columnWeights)
      this->options.columnWeights =
          inPairOrder(options.columnWeights, 1, orderedWeights);
  }

  /// F-4: 16-bit floats without scale keep Inf, all else saturates.
  static Overflow overflowOf(const Format &format) {
    return format.scale.isNone() && codeBits(format.code) == 16
               ? Overflow::NonFinite
               : Overflow::Saturate;
  }

  Status checkRows(int64_t firstRow, int64_t rows) const;
  template <typename Void, typename Zero>
  Status checkBuffers(const RowBuffers<Void, Zero> &buffers) const;
  Status checkFinite(const BlockView &block, int64_t row, int64_t col) const;
  Status chooseBlockRow(const float *source, int64_t row, int64_t rows,
                        uint8_t *scales, int32_t *zeros) const;
  /// Rows with pairs side by side: copied into `buffer` where they are not.
  const float *inPairOrder(const float *source, int64_t rows,
                           std::vector<float> &buffer) const;
  /// Scales times outer scale of one block row; ones without scales.
  void loadScales(const void *scales, int64_t gridRow,
                  std::vector<float> &out) const;
  template <typename Run>
  void forEachSpan(const std::vector<float> &scales, const int32_t *zeros,
                   Run run) const;
  void storeRow(const std::vector<int32_t> &codes, CodeStorage storage,
                void *target, int64_t row) const;
  void loadRow(const void *source, CodeStorage storage, int64_t row,
               std::vector<int32_t> &codes) const;

  Format format;
  MatrixLayout layout;
  EncodeOptions options;
  int64_t rowBytes;
  /// float<8, 23>: codes are the values' own bits, always packed.
  bool raw;
  ElementQuantizer quantizer;
  ScaleChooser chooser;
  /// The columns of a row with pairs side by side (rule S-10); empty: as they
  /// are.
  std::vector<int64_t> columnOrder;
  /// The columns' weights in that order.
  std::vector<float> orderedWeights;
};

RowCodec::RowCodec(std::unique_ptr<Impl> impl) : impl(std::move(impl)) {}
RowCodec::RowCodec(RowCodec &&) = default;
RowCodec &RowCodec::operator=(RowCodec &&) = default;
RowCodec::~RowCodec() = default;

const Format &RowCodec::format() const { return impl->format; }
const MatrixLayout &RowCodec::layout() const { return impl->layout; }
int64_t RowCodec::rowBytes() const { return impl->rowBytes; }
int64_t RowCodec::blockRows(int64_t rows) const {
  return rows / impl->layout.blockRows + (rows % impl->layout.blockRows != 0);
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

static Status checkOptions(const Format &format, const EncodeOptions &options) {
  if (!(options.outerScale > 0) || !std::isfinite(options.outerScale))
    return Status::error("the outer scale must be positive and finite");
  if (format.outer.empty() && options.outerScale != 1.0f)
    return Status::error("outer scale: " + toString(format) + " has none");
  if (options.search == ScaleSearch::None)
    return {};
  if (options.searchSteps < 2)
    return Status::error("scale search needs at least 2 steps");
  if (!(options.searchLow > 0) || !(options.searchLow < options.searchHigh) ||
      !std::isfinite(options.searchHigh))
    return Status::error("scale search needs 0 < low < high");
  return {};
}

Status checkPairOrder(const Format &format, size_t rank,
                      const std::vector<int64_t> &order) {
  if (format.code != ElementCode::makeInt(8) ||
      format.zero.kind != ZeroKind::None)
    return Status::error("bounded pairs are of int<8> without zero point, not "
                         "of " +
                         toString(format));
  std::vector<int64_t> sorted = order;
  std::sort(sorted.begin(), sorted.end());
  bool isWhole = order.size() + 1 == rank;
  for (size_t i = 0; isWhole && i < sorted.size(); ++i)
    isWhole = sorted[i] == static_cast<int64_t>(i) + 1;
  if (!isWhole)
    return Status::error("the order of bounded pairs must hold each axis from "
                         "1 to " +
                         std::to_string(static_cast<int64_t>(rank) - 1) +
                         " once");
  std::vector<int64_t> block = fullBlock(format.block, rank);
  if (std::any_of(block.begin() + 1, block.end(),
                  [](int64_t extent) { return extent != -1; }))
    return Status::error("bounded pairs share a scale along all axes but the "
                         "first, which " +
                         toString(format) + " has not");
  return {};
}

/// The columns of a row, which has the axes from 1 on, in the order in which
/// `axes` go through them, the last one fastest; empty if that is their own.
static std::vector<int64_t> columnsInOrder(const std::vector<int64_t> &shape,
                                           const std::vector<int64_t> &axes) {
  if (std::is_sorted(axes.begin(), axes.end()))
    return {};
  std::vector<int64_t> stride(shape.size(), 1);
  for (size_t axis = shape.size() - 1; axis > 1; --axis)
    stride[axis - 1] = stride[axis] * shape[axis];
  std::vector<int64_t> columns = {0};
  for (int64_t axis : axes) {
    std::vector<int64_t> finer;
    for (int64_t column : columns)
      for (int64_t i = 0; i < shape[axis]; ++i)
        finer.push_back(column + i * stride[axis]);
    columns = std::move(finer);
  }
  return columns;
}

Result<RowCodec> RowCodec::create(const Format &format,
                                  const std::vector<int64_t> &shape,
                                  const EncodeOptions &options) {
  Result<MatrixLayout> layout = matrixLayout(format, shape);
  if (!layout)
    return layout.status();
  if (Status s = supportsEncoding(format); !s.ok())
    return s;
  if (Status s = checkOptions(format, options); !s.ok())
    return s;
  std::vector<int64_t> columnOrder;
  if (!options.pairOrder.empty()) {
    if (Status s = checkPairOrder(format, shape.size(), options.pairOrder);
        !s.ok())
      return s;
    columnOrder = columnsInOrder(shape, options.pairOrder);
  }
  Result<int64_t> rowBytes = packedRowBytes(format.code, layout->cols);
  if (!rowBytes)
    return rowBytes.status();
  return RowCodec(std::make_unique<Impl>(format, *layout, options, *rowBytes,
                                         std::move(columnOrder)));
}

Status RowCodec::Impl::checkRows(int64_t firstRow, int64_t rows) const {
  int64_t block = layout.blockRows;
  if (firstRow >= 0 && rows >= 0 && firstRow <= layout.rows &&
      rows <= layout.rows - firstRow && firstRow % block == 0 &&
      (rows % block == 0 || firstRow + rows == layout.rows))
    return {};
  return Status::error(
      "rows " + std::to_string(firstRow) + " to " +
      std::to_string(firstRow + rows) + " of " + std::to_string(layout.rows) +
      " are not whole blocks of " + std::to_string(block) + " rows");
}

template <typename Void, typename Zero>
Status
RowCodec::Impl::checkBuffers(const RowBuffers<Void, Zero> &buffers) const {
  if (!buffers.codes)
    return Status::error("no buffer for codes");
  if (!format.scale.isNone() && !buffers.scales)
    return Status::error("no buffer for scales");
  if (format.zero.kind != ZeroKind::None && !buffers.zeroPoints)
    return Status::error("no buffer for zero points");
  unsigned bits = codeBits(format.code);
  bool isInt = format.code.kind == CodeKind::Int;
  bool fits = false;
  switch (buffers.storage) {
  case CodeStorage::Packed:
    fits = true;
    break;
  case CodeStorage::I8:
    fits = isInt && bits <= 8;
    break;
  case CodeStorage::U8:
    fits = !isInt && bits <= 8;
    break;
  case CodeStorage::I16:
    fits = isInt ? bits <= 16 : format.code.isInteger() && bits <= 15;
    break;
  case CodeStorage::U16:
    fits = !isInt && bits <= 16;
    break;
  }
  if (fits)
    return {};
  return Status::error("codes of " + toString(format.code) +
                       " do not fit the unpacked type asked for");
}

//
Status RowCodec::Impl::checkFinite(const BlockView &block, int64_t row,
                                   int64_t col) const {
  for (int64_t r = 0; r < block.rows; ++r)
    for (int64_t c = 0; c < block.cols; ++c)
      if (!std::isfinite(block.data[r * block.stride + c]))
        return Status::error("the value at row " + std::to_string(row + r) +
                             ", column " + std::to_string(col + c) +
                             " is NaN or Inf; " + toString(format) +
                             " needs finite values");
  return {};
}

//===----------------------------------------------------------------------===//
// Scales
//===----------------------------------------------------------------------===//

const float *RowCodec::Impl::inPairOrder(const float *source, int64_t rows,
                                         std::vector<float> &buffer) const {
  if (columnOrder.empty())
    return source;
  buffer.clear();
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column : columnOrder)
      buffer.push_back(source[row * layout.cols + column]);
  return buffer.data();
}

Status RowCodec::Impl::chooseBlockRow(const float *source, int64_t row,
                                      int64_t rows, uint8_t *scales,
                                      int32_t *zeros) const {
  unsigned bytes = scaleBytes(format.scale.kind);
  std::vector<float> ordered;
  int64_t index = 0;
  for (int64_t col = 0; col < layout.cols; col += layout.blockCols, ++index) {
    int64_t cols = std::min(layout.blockCols, layout.cols - col);
    const float *weights =
        options.columnWeights ? options.columnWeights + col : nullptr;
    BlockView block{source + col, layout.cols, rows, cols, weights};
    BlockRange range = rangeOf(block);
    if (!range.finite)
      return checkFinite(block, row, col);
    if (!bytes)
      continue;
    // Pairs lie in blocks of whole rows.
    if (!columnOrder.empty())
      block.data = inPairOrder(source, rows, ordered);
    BlockScale chosen = chooser.choose(block, range);
    for (unsigned b = 0; b < bytes; ++b)
      scales[index * bytes + b] = static_cast<uint8_t>(chosen.code >> (8 * b));
    if (zeros)
      zeros[index] = chosen.zero;
  }
  return {};
}

Status RowCodec::chooseScales(const float *source, int64_t firstRow,
                              int64_t rows, const EncodedRows &out) const {
  const Impl &codec = *impl;
  if (Status s = codec.checkRows(firstRow, rows); !s.ok())
    return s;
  EncodedRows checked = out;
  // Codes are not written here.
  checked.codes = &checked;
  checked.storage = CodeStorage::Packed;
  if (Status s = codec.checkBuffers(checked); !s.ok())
    return s;
  if (codec.format.scale.isNone() && !codec.format.code.isInteger())
    return {};
  const MatrixLayout &layout = codec.layout;
  int64_t gridCols = layout.gridCols();
  auto *scales = static_cast<uint8_t *>(out.scales);
  unsigned bytes = scaleBytes(codec.format.scale.kind);
  bool hasZero = codec.format.zero.kind != ZeroKind::None;
  for (int64_t row = 0, grid = 0; row < rows; row += layout.blockRows, ++grid) {
    int64_t count = std::min(layout.blockRows, rows - row);
    if (Status s = codec.chooseBlockRow(
            source + row * layout.cols, firstRow + row, count,
            bytes ? scales + grid * gridCols * bytes : nullptr,
            hasZero ? out.zeroPoints + grid * gridCols : nullptr);
        !s.ok())
      return s;
  }
  return {};
}

void RowCodec::Impl::loadScales(const void *scales, int64_t gridRow,
                                std::vector<float> &out) const {
  int64_t count = layout.gridCols();
  out.assign(static_cast<size_t>(count), 1.0f);
  if (format.scale.isNone())
    return;
  unsigned bytes = scaleBytes(format.scale.kind);
  decodeScales(format.scale.kind,
               static_cast<const uint8_t *>(scales) + gridRow * count * bytes,
               count, out.data());
  if (!format.outer.empty())
    for (float &scale : out)
      scale *= options.outerScale;
}

/// Calls `run(firstCol, cols, scale, zero)` for the blocks of one row.
template <typename Run>
void RowCodec::Impl::forEachSpan(const std::vector<float> &scales,
                                 const int32_t *zeros, Run run) const {
  // Without a scale the row is one span.
  int64_t step = format.scale.isNone() ? layout.cols : layout.blockCols;
  for (int64_t col = 0, i = 0; col < layout.cols; col += step, ++i)
    run(col, std::min(step, layout.cols - col), scales[i],
        zeros ? zeros[i] : 0);
}

//===----------------------------------------------------------------------===//
// Codes
//===----------------------------------------------------------------------===//

template <typename T>
static void copyCodes(const int32_t *codes, int64_t count, void *target,
                      int64_t row) {
  T *to = static_cast<T *>(target) + row * count;
  for (int64_t i = 0; i < count; ++i)
    to[i] = static_cast<T>(codes[i]);
}

template <typename T>
static void copyCodes(const void *source, int64_t row, int64_t count,
                      int32_t *codes) {
  const T *from = static_cast<const T *>(source) + row * count;
  for (int64_t i = 0; i < count; ++i)
    // NOLINTNEXTLINE(bugprone-signed-char-misuse): the sign is meant.
    codes[i] = static_cast<int32_t>(from[i]);
}

void RowCodec::Impl::storeRow(const std::vector<int32_t> &codes,
                              CodeStorage storage, void *target,
                              int64_t row) const {
  switch (storage) {
  case CodeStorage::Packed:
    // create() checked the width.
    (void)packBits(codes.data(), 1, layout.cols, codeBits(format.code),
                   static_cast<uint8_t *>(target) + row * rowBytes)
        .ok();
    return;
  case CodeStorage::I8:
    return copyCodes<int8_t>(codes.data(), layout.cols, target, row);
  case CodeStorage::U8:
    return copyCodes<uint8_t>(codes.data(), layout.cols, target, row);
  case CodeStorage::I16:
    return copyCodes<int16_t>(codes.data(), layout.cols, target, row);
  case CodeStorage::U16:
    return copyCodes<uint16_t>(codes.data(), layout.cols, target, row);
  }
}

void RowCodec::Impl::loadRow(const void *source, CodeStorage storage,
                             int64_t row, std::vector<int32_t> &codes) const {
  switch (storage) {
  case CodeStorage::Packed:
    (void)unpackBits(static_cast<const uint8_t *>(source) + row * rowBytes, 1,
                     layout.cols, codeBits(format.code),
                     format.code.kind == CodeKind::Int, codes.data())
        .ok();
    return;
  case CodeStorage::I8:
    return copyCodes<int8_t>(source, row, layout.cols, codes.data());
  case CodeStorage::U8:
    return copyCodes<uint8_t>(source, row, layout.cols, codes.data());
  case CodeStorage::I16:
    return copyCodes<int16_t>(source, row, layout.cols, codes.data());
  case CodeStorage::U16:
    return copyCodes<uint16_t>(source, row, layout.cols, codes.data());
  }
}

Status RowCodec::encodeCodes(const float *source, int64_t firstRow,
                             int64_t rows, const EncodedRows &out) const {
  const Impl &codec = *impl;
  if (Status s = codec.checkRows(firstRow, rows); !s.ok())
    return s;
  if (Status s = codec.checkBuffers(out); !s.ok())
    return s;
  const MatrixLayout &layout = codec.layout;
  if (rows == 0 || layout.cols == 0)
    return {};
  if (codec.raw) {
    std::memcpy(out.codes, source, static_cast<size_t>(rows * codec.rowBytes));
    return {};
  }
  bool hasZero = codec.format.zero.kind != ZeroKind::None;
  std::vector<int32_t> codes(static_cast<size_t>(layout.cols)), made;
  std::vector<float> scales, ordered;
  const float *weights = codec.options.columnWeights;
  for (int64_t row = 0; row < rows; ++row) {
    int64_t grid = row / layout.blockRows;
    if (row % layout.blockRows == 0)
      codec.loadScales(out.scales, grid, scales);
    const int32_t *zeros =
        hasZero ? out.zeroPoints + grid * layout.gridCols() : nullptr;
    const float *x = codec.inPairOrder(source + row * layout.cols, 1, ordered);
    codec.forEachSpan(
        scales, zeros,
        [&](int64_t col, int64_t cols, float scale, int32_t zero) {
          codec.quantizer.encode(x + col, weights ? weights + col : nullptr,
                                 cols, scale, zero, codes.data() + col);
        });
    if (!codec.columnOrder.empty()) {
      made = codes;
      for (size_t i = 0; i < made.size(); ++i)
        codes[static_cast<size_t>(codec.columnOrder[i])] = made[i];
    }
    codec.storeRow(codes, out.storage, out.codes, row);
  }
  return {};
}

Status RowCodec::encodeRows(const float *source, int64_t firstRow, int64_t rows,
                            const EncodedRows &out) const {
  if (Status s = chooseScales(source, firstRow, rows, out); !s.ok())
    return s;
  return encodeCodes(source, firstRow, rows, out);
}

Status RowCodec::decodeRows(const ConstEncodedRows &in, int64_t firstRow,
                            int64_t rows, float *target) const {
  const Impl &codec = *impl;
  if (Status s = codec.checkRows(firstRow, rows); !s.ok())
    return s;
  if (Status s = codec.checkBuffers(in); !s.ok())
    return s;
  const MatrixLayout &layout = codec.layout;
  if (rows == 0 || layout.cols == 0)
    return {};
  if (codec.raw) {
    std::memcpy(target, in.codes, static_cast<size_t>(rows * codec.rowBytes));
    return {};
  }
  bool hasZero = codec.format.zero.kind != ZeroKind::None;
  std::vector<int32_t> codes(static_cast<size_t>(layout.cols));
  std::vector<float> scales;
  for (int64_t row = 0; row < rows; ++row) {
    int64_t grid = row / layout.blockRows;
    if (row % layout.blockRows == 0)
      codec.loadScales(in.scales, grid, scales);
    const int32_t *zeros =
        hasZero ? in.zeroPoints + grid * layout.gridCols() : nullptr;
    codec.loadRow(in.codes, in.storage, row, codes);
    float *x = target + row * layout.cols;
    codec.forEachSpan(
        scales, zeros,
        [&](int64_t col, int64_t cols, float scale, int32_t zero) {
          codec.quantizer.decode(codes.data() + col, cols, scale, zero,
                                 x + col);
        });
  }
  return {};
}

// S-9.
float outerScaleFor(const Format &format, float absMax) {
  if (format.outer.empty() || !supportsEncoding(format).ok() || !(absMax > 0) ||
      !std::isfinite(absMax))
    return 1.0f;
  ElementQuantizer quantizer(format.code, /*boundsPairs=*/false,
                             Overflow::Saturate);
  double largest = std::max(quantizer.maxValue(), -quantizer.minValue());
  // f32 scales need no help; those of 8 and 16 bits use their whole range.
  uint32_t top = encodeScale(format.scale.kind, bitsToFloat(0x7f7fffffu));
  if (format.scale.kind == ScaleKind::F32)
    return 1.0f;
  largest *= decodeScale(format.scale.kind, top);
  auto scale = static_cast<float>(absMax / largest);
  return scale > 0 ? scale : bitsToFloat(1);
}

} // namespace nibble::formats
