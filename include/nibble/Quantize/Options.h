//===- Options.h - What a user asks of quantization -------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_QUANTIZE_OPTIONS_H
#define NIBBLE_QUANTIZE_OPTIONS_H

#include "dialects/Quant/Quant.h"
#include "llvm/Support/Error.h"

#include <optional>
#include <string>
#include <vector>

namespace nibble {

/// A precision request as text; see the options of `nibble-quantize`.
struct QuantizeRequest {
  /// "f32", a named format, or the text of a #qnt.format.
  std::string weights = "f32";
  /// "f32", "int2" to "int8", or "uint8".
  std::string activations = "f32";
  /// Weights along the summed axis that share a scale; 0: all of them.
  int64_t group = 0;
  /// Glob patterns of the ONNX nodes that stay in f32.
  std::vector<std::string> keep;
  /// Static scales of activations will be known.
  bool isCalibrated = false;
  /// Activations of a row that share a scale; 0: all of them.
  int64_t activationGroup = 0;
};

/// What a request means.
struct QuantizePlan {
  /// The format of weights, its blocks along the last axis; null: they stay in
  /// f32.
  qnt::FormatAttr weights;
  /// Whether codes of activations are unsigned; none: they stay in f32.
  std::optional<bool> activationsUnsigned;
  unsigned activationBits = 8;
  /// Neighbours of a row that share a scale found at run time; 0: the whole
  /// row.
  int64_t activationGroup = 0;
};

/// Fails with a message that names the option and says what would be right.
llvm::Expected<QuantizePlan> resolveRequest(mlir::MLIRContext *context,
                                            const QuantizeRequest &request);

/// The fewest neighbours along the summed axis that share a scale, of weights
/// or activations; 0 where a whole row shares one.
int64_t getScaleBlock(const QuantizePlan &plan);

/// Neighbours that a rotation at run time mixes: those that share a scale, but
/// not so few that there is nothing to spread an outlier over; 32 where a whole
/// row shares one.
int64_t getRotationBlock(const QuantizePlan &plan);

/// Whether models gain by rotations in these formats, as a rule. An outlier
/// among activations costs all codes that share its scale, so rotations pay
/// where activations are quantized; weights by themselves have few outliers.
/// Not for FP4 codes in blocks with FP8 scales (NVFP4), whose grid suits
/// outliers: errors grow when they are spread (Egiazarian et al., Bridging the
/// Gap Between Promise and Performance for Microscaling FP4 Quantization,
/// 2025).
bool gainsByRotation(const QuantizePlan &plan);

/// Fails if a pattern of `keep` matches no ONNX node of the imported module: a
/// mistyped one would quantize, without a word, what it was to keep.
llvm::Error checkKept(mlir::ModuleOp module, llvm::ArrayRef<std::string> keep);

} // namespace nibble

#endif // NIBBLE_QUANTIZE_OPTIONS_H
