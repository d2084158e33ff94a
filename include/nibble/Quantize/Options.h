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
  std::string weights = "f32";
  std::string activations = "f32";
  int64_t group = 0;
  std::vector<std::string> keep;
  /// Static scales of activations will be known.
  bool isCalibrated = false;
  int64_t activationGroup = 0;
};

/// The request resolved.
struct QuantizePlan {
  /// Blocks along the last axis; null: weights stay f32.
  qnt::FormatAttr weights;
  /// Whether codes of activations are unsigned; none: they stay f32.
  std::optional<bool> activationsUnsigned;
  unsigned activationBits = 8;
  /// Neighbours of a row that share a scale, found at run time; 0: the row.
  int64_t activationGroup = 0;
};

/// Fails with the option that is wrong, and says what would be right.
llvm::Expected<QuantizePlan> resolveRequest(mlir::MLIRContext *context,
                                            const QuantizeRequest &request);

/// Fails with a pattern of `keep` that matches no ONNX node of the imported
/// module: mistyped, it would quantize what it should keep.
llvm::Error checkKept(mlir::ModuleOp module, llvm::ArrayRef<std::string> keep);

} // namespace nibble

#endif // NIBBLE_QUANTIZE_OPTIONS_H
