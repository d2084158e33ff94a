//===- ScaleChoice.h - The scales of one space ------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_QUANTIZE_TRANSFORM_SCALECHOICE_H
#define NIBBLE_LIB_QUANTIZE_TRANSFORM_SCALECHOICE_H

#include "CodingError.h"
#include "ScaleSpaces.h"

namespace nibble {

/// A reader of a space with its weights.
struct CodedReader {
  CodingError error;
  /// The number of each input channel's scale; none outside of the space.
  std::vector<std::optional<int64_t>> numbers;
};

struct ScaleChoice {
  /// What the channels of the space are multiplied with, as many as it has
  /// scales; empty: nothing is better than what is.
  std::vector<double> factors;
  /// For people: "rms^0.50 / weights^0.50".
  std::string formula;
  /// Expected squared errors of all readers' outputs, relative to the outputs.
  double before = 0, after = 0;
};

/// Of the candidates x^a / w^b the one of least error. The few that are best
/// with scales of weights from their range are compared with searched ones.
llvm::Expected<ScaleChoice> chooseScales(mlir::MLIRContext *context,
                                         int64_t count,
                                         llvm::ArrayRef<CodedReader> readers);

} // namespace nibble

#endif // NIBBLE_LIB_QUANTIZE_TRANSFORM_SCALECHOICE_H
