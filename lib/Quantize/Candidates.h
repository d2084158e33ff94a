//===- Candidates.h - What can be quantized ---------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_QUANTIZE_CANDIDATES_H
#define NIBBLE_LIB_QUANTIZE_CANDIDATES_H

#include "dialects/NN/NN.h"
#include "dialects/Quant/Quant.h"
#include "mlir/IR/BuiltinOps.h"
#include "nibble/Quantize/Calibration/Statistics.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/GlobPattern.h"

namespace nibble {

/// An op that multiplies an f32 activation with weights.
struct Candidate {
  mlir::Operation *op = nullptr;
  mlir::OpOperand *input = nullptr, *weight = nullptr;
  bool isConv = false;
  /// Each output channel reads fewer channels than an integer dot sums.
  bool isDepthwise = false;
  /// Why it stays in f32; empty if it need not.
  std::string note;
};

/// Patterns as --keep takes them, which refer to the texts. Fails with the
/// pattern that is wrong.
llvm::Expected<std::vector<llvm::GlobPattern>>
parsePatterns(llvm::ArrayRef<std::string> patterns);

/// Every nn.linear and nn.conv in f32 on weights that derive from parameters,
/// in order.
std::vector<Candidate> findCandidates(mlir::ModuleOp module,
                                      llvm::ArrayRef<llvm::GlobPattern> keep);

/// The inputs of those that do not stay in f32, each once, with a name of its
/// own that is the same for the same module, whatever is kept: its ONNX node's,
/// numbered where another value has it.
llvm::MapVector<mlir::Value, std::string>
nameInputs(llvm::ArrayRef<Candidate> candidates);

/// Names for what values with `names` are when rotated, none of them taken.
llvm::MapVector<mlir::Value, std::string>
nameRotated(const llvm::MapVector<mlir::Value, std::string> &names);

/// What weights of `type` become: one scale for each output of a convolution;
/// `format` as it is for linear maps, whose last axis is summed. Depthwise
/// filters, a few values for each scale, have 8 bits.
qnt::QuantTensorType getWeightType(qnt::FormatAttr format,
                                   mlir::RankedTensorType type,
                                   bool isDepthwise);

/// What statistics are of: a hash of the module without locations and
/// observers, in hexadecimal.
std::string statisticsKey(mlir::ModuleOp module);

/// The statistics in the file `path`; none if that is empty. Fails if they are
/// of another module.
llvm::Expected<std::optional<Statistics>> readStatistics(mlir::ModuleOp module,
                                                         llvm::StringRef path);

} // namespace nibble

#endif // NIBBLE_LIB_QUANTIZE_CANDIDATES_H
