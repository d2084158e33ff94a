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
#include "mlir/Dialect/Func/IR/FuncOps.h"
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

/// Parses patterns as --keep takes them. The result refers to `patterns`, which
/// must outlive it. Fails with a message that names the wrong pattern.
llvm::Expected<std::vector<llvm::GlobPattern>>
parsePatterns(llvm::ArrayRef<std::string> patterns);

/// Every nn.linear and nn.conv in f32 on weights that derive from parameters,
/// in order.
std::vector<Candidate> findCandidates(mlir::ModuleOp module,
                                      llvm::ArrayRef<llvm::GlobPattern> keep);

/// The inputs of the candidates that do not stay in f32, each once, and a
/// unique name for each: that of its ONNX node, numbered where another value
/// has it. Names depend on the module alone, not on what is kept.
llvm::MapVector<mlir::Value, std::string>
nameInputs(llvm::ArrayRef<Candidate> candidates);

/// Names for what values with `names` are when rotated, none of them taken.
llvm::MapVector<mlir::Value, std::string>
nameRotated(const llvm::MapVector<mlir::Value, std::string> &names);

/// The quantized type of weights of `type`. Those of linear maps, whose last
/// axis is summed, take `format` as it is; filters of convolutions have one
/// scale for each output. Depthwise filters, with few values for each scale,
/// are int<8> whatever `format` is.
qnt::QuantTensorType getWeightType(qnt::FormatAttr format,
                                   mlir::RankedTensorType type,
                                   bool isDepthwise);

/// The key by which a file of statistics belongs to a module: a hash of the
/// module without locations and observers, 16 hexadecimal digits.
std::string statisticsKey(mlir::ModuleOp module);

/// Reads the statistics in the file `path`; none if `path` is empty. Fails if
/// the file is damaged or of another module.
llvm::Expected<std::optional<Statistics>> readStatistics(mlir::ModuleOp module,
                                                         llvm::StringRef path);

/// What a search over the channels of @main works on.
struct SearchedModel {
  mlir::func::FuncOp main;
  std::vector<Candidate> candidates;
  std::optional<Statistics> statistics;
};

/// Fails if a pattern of `keep` is wrong, the statistics cannot be read or are
/// of another model, or there is no @main with a body.
llvm::Expected<SearchedModel>
readSearchedModel(mlir::ModuleOp module, llvm::ArrayRef<std::string> keep,
                  llvm::StringRef statistics);

} // namespace nibble

#endif // NIBBLE_LIB_QUANTIZE_CANDIDATES_H
