//===- ScaleSearch.h - Scales that lose least in codes ----------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// SmoothQuant, AWQ and cross-layer equalisation as one search: channels that
// reach x and meet weights that reach w are divided by x^a / w^b, whoever makes
// them by folding, and the exponents are those of least expected error.
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_QUANTIZE_TRANSFORM_SCALESEARCH_H
#define NIBBLE_QUANTIZE_TRANSFORM_SCALESEARCH_H

#include "mlir/IR/BuiltinOps.h"
#include "nibble/Quantize/Options.h"
#include "nibble/Support/Array.h"

namespace nibble {

/// The numbers of a value that derives from parameters.
using WeightReader = std::function<llvm::Expected<Array>(mlir::Value)>;

struct ScaleSearchOptions {
  /// What the model becomes.
  QuantizeRequest request;
  /// A file of statistics of this module; empty: weights alone say how large
  /// activations are.
  std::string statistics;
  /// The file that gets the numbers of the bases.
  std::string numbers;
};

/// Chooses the scales of @main and folds them into weights. Every map that will
/// be quantized says by a remark and `nn.note` what it got, or why nothing.
llvm::Error searchScales(mlir::ModuleOp module,
                         const ScaleSearchOptions &options,
                         const WeightReader &read);

} // namespace nibble

#endif // NIBBLE_QUANTIZE_TRANSFORM_SCALESEARCH_H
