//===- CodingError.h - Error of a map in codes ------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_QUANTIZE_TRANSFORM_CODINGERROR_H
#define NIBBLE_LIB_QUANTIZE_TRANSFORM_CODINGERROR_H

#include "dialects/Quant/Quant.h"
#include "nibble/Formats/RowCodec.h"
#include "nibble/Support/Array.h"
#include "llvm/Support/Error.h"

#include <optional>
#include <vector>

namespace nibble {

/// What is known, or supposed, of the rows that a linear map reads.
struct InputModel {
  /// Of each channel.
  std::vector<double> meanSquare;
  /// Of each channel, over all rows; empty if it is not known.
  std::vector<float> largest;
  /// They become codes; with one range for all rows, else with one for a row,
  /// or for each `group` channels of it.
  bool isQuantized = false, isStatic = false;
  unsigned bits = 8;
  int64_t group = 0;
  /// The mean squared error of a code as it was measured, of channels that
  /// nothing is multiplied with.
  std::optional<double> codeError;

  /// The mean square of the error of each channel's code, if channels are
  /// multiplied with `factors` before. Rounding errors are uniform. A range
  /// found at run time is that of a median row, channels taken as independent
  /// and normal.
  std::vector<double> getCodeErrors(llvm::ArrayRef<double> factors) const;
};

/// Rows of a weight [N, K, ...] that is quantized, with what they multiply.
class CodingError {
public:
  /// Looks at up to `kRows` rows, evenly spaced, where blocks are not larger.
  static constexpr int64_t kRows = 64;
  CodingError(const Array &weight, qnt::QuantTensorType type, InputModel input);

  int64_t getChannels() const { return channels; }
  const InputModel &getInput() const { return input; }
  /// The largest magnitude of each channel's weights.
  llvm::ArrayRef<float> getLargest() const { return largest; }
  /// The expected sum of the squares of a row's outputs.
  double getEnergy() const;

  /// The expected sum of the squared errors of a row's outputs where channels
  /// of the input are multiplied with `factors` and the weights are divided by
  /// them. Weights are coded as `type` says.
  llvm::Expected<double> evaluate(llvm::ArrayRef<double> factors,
                                  formats::ScaleSearch search) const;

  /// The same of channels and weights rotated by Hadamard matrices of `block`
  /// channels, which make `rotated` of the input.
  llvm::Expected<double> evaluateRotated(int64_t block,
                                         const InputModel &rotated,
                                         formats::ScaleSearch search) const;

private:
  /// `weightErrors`: of the sampled rows, by channel.
  double sumErrors(const InputModel &model, llvm::ArrayRef<double> factors,
                   llvm::ArrayRef<double> weightErrors) const;
  llvm::Error addErrors(llvm::ArrayRef<float> scaled,
                        formats::ScaleSearch search,
                        llvm::MutableArrayRef<double> errors) const;

  formats::Format format;
  std::vector<int64_t> shape;
  InputModel input;
  /// Sampled rows, `inner` values for each channel of a row.
  std::vector<float> sample;
  int64_t rows, channels, inner;
  std::vector<float> largest;
  /// Over all rows.
  std::vector<double> squares;
};

} // namespace nibble

#endif // NIBBLE_LIB_QUANTIZE_TRANSFORM_CODINGERROR_H
