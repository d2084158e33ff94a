//===- RowCodec.h - Encode and decode rows of a tensor -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A RowCodec is a format and a shape, checked once. It turns rows of f32 into
// codes, scales and zero points and back, chunk after chunk, so that a tensor
// need not be in memory as a whole. It holds no data: threads may share one.
// Rules Q-* and S-* of docs/spec.md.
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_FORMATS_ROWCODEC_H
#define NIBBLE_FORMATS_ROWCODEC_H

#include "nibble/Formats/Format.h"

#include <memory>

namespace nibble::formats {

/// How E8M0 scales come from the largest magnitude (rule S-6).
enum class E8M0Rule {
  Floor, ///< OCP: floor(log2(absmax)) - emax; the top of a block may saturate.
  Ceil,  ///< The smallest power of two with which nothing saturates.
};

enum class ScaleSearch {
  None, ///< Rules S-4 to S-7.
  MSE,  ///< Rule S-8: the candidate of least squared error.
};

struct EncodeOptions {
  /// Bounded pairs (rule S-10): the axes of a row in the order in which a
  /// kernel sums over them; empty: no bound. See checkPairOrder.
  std::vector<int64_t> pairOrder;
  E8M0Rule e8m0Rule = E8M0Rule::Floor;
  ScaleSearch search = ScaleSearch::None;
  /// Rule S-8: candidate i of n is the scale times
  /// high - (high - low) * i / (n - 1); n >= 2, 0 < low < high.
  unsigned searchSteps = 32;
  float searchLow = 0.5f;
  float searchHigh = 1.0f;
  /// MSE and bounded pairs only: `cols` weights >= 0 of the squared errors, or
  /// null for ones. Must outlive the codec.
  const float *columnWeights = nullptr;
  /// The one outer scale of the tensor, where the format has one (rule S-9);
  /// see outerScaleFor.
  float outerScale = 1.0f;
};

/// How codes lie in a buffer.
enum class CodeStorage {
  Packed, ///< Rules P-*: MatrixLayout rows of RowCodec::rowBytes() bytes.
  I8,     ///< Int of at most 8 bits.
  U8,     ///< Any code of at most 8 bits but Int; floats as their bits.
  I16,    ///< Int of at most 16 bits, UInt of at most 15.
  U16,    ///< Any code of at most 16 bits but Int.
};

/// A chunk of an encoded tensor: the rows asked for, and the block rows that
/// cover them. T is void or const void.
template <typename Void, typename Zero> struct RowBuffers {
  Void *codes = nullptr;
  CodeStorage storage = CodeStorage::Packed;
  /// Block rows x gridCols() scales, as stored: little endian, scaleBytes each.
  /// Null where the format has no scale.
  Void *scales = nullptr;
  /// Block rows x gridCols(). Null where the format has no zero point.
  Zero *zeroPoints = nullptr;
};
using EncodedRows = RowBuffers<void, int32_t>;
using ConstEncodedRows = RowBuffers<const void, const int32_t>;

class RowCodec {
public:
  /// Fails where the format is not valid, has no encoding, does not fit
  /// `shape`, or the options do not fit the format.
  static Result<RowCodec> create(const Format &format,
                                 const std::vector<int64_t> &shape,
                                 const EncodeOptions &options = {});
  RowCodec(RowCodec &&);
  RowCodec &operator=(RowCodec &&);
  ~RowCodec();

  const Format &format() const;
  const MatrixLayout &layout() const;
  /// Bytes of one packed row of codes.
  int64_t rowBytes() const;
  /// Block rows that cover `rows` rows.
  int64_t blockRows(int64_t rows) const;

  // In all of these `firstRow` is a multiple of layout().blockRows, and
  // `firstRow + rows` is one too or is layout().rows. Rows are `cols` apart.

  /// Scales and zero points of a chunk; `out.codes` is not touched. A value
  /// that is not finite fails, with its row and column (rule Q-5).
  Status chooseScales(const float *source, int64_t firstRow, int64_t rows,
                      const EncodedRows &out) const;
  /// Codes of a chunk for the scales and zero points in `out` (rule Q-1).
  Status encodeCodes(const float *source, int64_t firstRow, int64_t rows,
                     const EncodedRows &out) const;
  /// Both.
  Status encodeRows(const float *source, int64_t firstRow, int64_t rows,
                    const EncodedRows &out) const;
  /// The inverse (rule D-1).
  Status decodeRows(const ConstEncodedRows &in, int64_t firstRow, int64_t rows,
                    float *target) const;

private:
  struct Impl;
  explicit RowCodec(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl;
};

/// The largest magnitude of the sum of two codes that are a pair (rule S-10).
constexpr int32_t maxPairSum = 128;

/// Whether a tensor of `format` and `rank` can have bounded pairs along
/// `order`, which is not empty (rule S-10).
Status checkPairOrder(const Format &format, size_t rank,
                      const std::vector<int64_t> &order);

/// The outer scale of a tensor whose largest magnitude is `absMax` (rule S-9);
/// 1 where the format has none. `format` is valid and has an encoding.
float outerScaleFor(const Format &format, float absMax);

} // namespace nibble::formats

#endif // NIBBLE_FORMATS_ROWCODEC_H
