//===- Statistics.h - Statistics of activations as a file -------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_QUANTIZE_CALIBRATION_STATISTICS_H
#define NIBBLE_QUANTIZE_CALIBRATION_STATISTICS_H

#include "mlir/IR/MLIRContext.h"
#include "nibble/Quantize/Calibration/Histogram.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

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

/// Counts the values of samples as runs of the model compute them.
class StatisticsCollector {
public:
  StatisticsCollector(mlir::MLIRContext *context, llvm::StringRef key);
  ~StatisticsCollector();

  /// Counts a value of the sample at hand: a copy of it, later, as some are
  /// counted side by side. Fails if the value or one before it is not finite
  /// or changes its channels, and names the value.
  llvm::Error add(llvm::StringRef name, llvm::ArrayRef<int64_t> shape,
                  llvm::ArrayRef<float> values);
  /// The sample has no further value.
  llvm::Error finishSample();
  /// Of all samples. Fails if there was none.
  llvm::Expected<Statistics> finish();

private:
  struct Counts;
  struct Pending;
  llvm::Error countPending();

  mlir::MLIRContext *context;
  std::string key;
  std::map<std::string, std::unique_ptr<Counts>, std::less<>> counts;
  std::vector<Pending> pending;
  std::vector<float> copies; ///< of what is pending
  size_t used = 0;           ///< of `copies`
  int64_t samples = 0;
};

} // namespace nibble

#endif // NIBBLE_QUANTIZE_CALIBRATION_STATISTICS_H
