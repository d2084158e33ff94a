//===- Calibration.h - Statistics by running the model ----------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_PIPELINE_CALIBRATION_H
#define NIBBLE_LIB_PIPELINE_CALIBRATION_H

#include "mlir/IR/MLIRContext.h"
#include "nibble/Quantize/Calibration/Statistics.h"

namespace nibble {

/// Before the name of a result of @main that nibble-expose-observed adds. A
/// result of the model's own may be named so, too; those added are the last.
inline constexpr llvm::StringLiteral kObservedPrefix = "observed/";

/// The files that `path`, one file or a folder, stands for, in the order of
/// their names. An error if there is none.
llvm::Expected<std::vector<std::string>>
listCalibrationFiles(llvm::StringRef path);

/// Runs the artifact, whose last `numObserved` outputs are observed, over the
/// arrays at `data`: an .npz with arrays named as the inputs, an .npy for a
/// model with one input, or a folder of them in the order of their names. An
/// array with one axis more than its input holds one sample for each entry of
/// its first axis. `progress` gets the number of samples so far; false cancels.
/// States start anew for each sample.
llvm::Expected<Statistics>
calibrateArtifact(mlir::MLIRContext *context, llvm::StringRef artifact,
                  size_t numObserved, llvm::StringRef data, llvm::StringRef key,
                  size_t threads, llvm::function_ref<bool(int64_t)> progress);

} // namespace nibble

#endif // NIBBLE_LIB_PIPELINE_CALIBRATION_H
