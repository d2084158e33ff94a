//===- ScaleChooser.h - Scale and zero point of a block -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_FORMATS_SCALECHOOSER_H
#define NIBBLE_LIB_FORMATS_SCALECHOOSER_H

#include "ElementQuantizer.h"

#include "nibble/Formats/RowCodec.h"

namespace nibble::formats {

/// A rectangle of elements, its rows `stride` apart.
struct BlockView {
  const float *data;
  int64_t stride, rows, cols;
  /// `cols` weights of squared errors, or null.
  const float *weights;
};

struct BlockRange {
  /// At most 0 and at least 0.
  float min = 0.0f, max = 0.0f;
  bool finite = true;
};
BlockRange rangeOf(const BlockView &block);

/// What one block is coded with.
struct BlockScale {
  uint32_t code = 0;
  /// decodeScale(code) * outer scale.
  float scale = 1.0f;
  int32_t zero = 0;
};

/// Rules S-3 to S-8.
class ScaleChooser {
public:
  /// `format` has a scale and an encoding.
  ScaleChooser(const Format &format, const EncodeOptions &options,
               const ElementQuantizer &quantizer);

  BlockScale choose(const BlockView &block, const BlockRange &range) const;

private:
  /// The scale for values in [min, max], before it is stored (S-4, S-5, S-7).
  float idealScale(float min, float max) const;
  /// Code and zero point for values in [min, max].
  BlockScale fit(float min, float max) const;
  BlockScale fitPowerOfTwo(float min, float max, int step) const;
  BlockScale finish(uint32_t code, float min) const;
  double error(const BlockView &block, const BlockScale &scale) const;
  BlockScale search(const BlockView &block, const BlockRange &range) const;

  const ElementQuantizer &quantizer;
  EncodeOptions options;
  ScaleKind kind;
  bool hasZero;
  float zeroLow = 0.0f, zeroHigh = 0.0f;
};

} // namespace nibble::formats

#endif // NIBBLE_LIB_FORMATS_SCALECHOOSER_H
