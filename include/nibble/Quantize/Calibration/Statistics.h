//===- Statistics.h - Statistics of activations as a file -------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_QUANTIZE_CALIBRATION_STATISTICS_H
#define NIBBLE_QUANTIZE_CALIBRATION_STATISTICS_H

#include "nibble/Quantize/Calibration/Histogram.h"
#include "nibble/Support/Array.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <functional>
#include <map>
#include <string>

namespace nibble {

/// Of the channels along the last axis of a value, over all rows.
struct ChannelStatistics {
  /// Of each channel: the largest magnitude, and the mean of the squares.
  std::vector<float> largest;
  std::vector<double> meanSquare;
  /// The means; empty in files of before.
  std::vector<float> mean;
};

/// Histograms of a model's values by observer name, and what they are of.
struct Statistics {
  /// The module attribute `qnt.statistics_key`.
  std::string key;
  std::map<std::string, Histogram> values;
  /// Of images [N, C, …] also the largest magnitude of each channel.
  std::map<std::string, std::vector<float>> channels;
  /// Of values [K], [N, K] and [B, N, K] whose K is always the same.
  std::map<std::string, ChannelStatistics> rows;

  /// As JSON. Fails if the file cannot be written whole.
  llvm::Error write(llvm::StringRef path) const;
  /// Fails with what is wrong in the file.
  static llvm::Expected<Statistics> read(llvm::StringRef path);
};

/// Runs the model once: gives the observed values of the next sample by name,
/// or none after the last.
using ObservedValues = std::map<std::string, Array>;
using NextSample =
    std::function<llvm::Expected<std::optional<ObservedValues>>()>;

/// Counts the values of all samples. Fails if there is no sample, or if a value
/// is not finite or not f32 or changes its channels, and names the value.
llvm::Expected<Statistics> collectStatistics(llvm::StringRef key,
                                             const NextSample &next);

} // namespace nibble

#endif // NIBBLE_QUANTIZE_CALIBRATION_STATISTICS_H
