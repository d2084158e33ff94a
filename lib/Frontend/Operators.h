//===- Operators.h - The operators that the Frontend knows ------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_FRONTEND_OPERATORS_H
#define NIBBLE_LIB_FRONTEND_OPERATORS_H

#include "dialects/Onnx/OnnxDialect.h"

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"

namespace nibble::frontend {

class NodeInference;
class NodeLowering;

/// The opset of ai.onnx up to which the operators' definitions were compared
/// with what is done here (ONNX 1.23).
inline constexpr int64_t kLatestOpset = 28;

/// What the Frontend does with one operator. Functions report errors on the
/// node themselves. To add an operator, add a line to Operators.cpp.
struct Operator {
  llvm::StringLiteral domain;
  llvm::StringLiteral name;
  /// Inputs that must be there.
  unsigned minInputs;
  /// Types, extents and, where they follow from more than extents, elements.
  mlir::LogicalResult (*infer)(NodeInference &);
  /// Ops of nn.
  mlir::LogicalResult (*lower)(NodeLowering &);
};

/// The operator of `node`; null when it is not supported.
const Operator *lookupOperator(onnx::NodeOp node);

/// One error that lists all these nodes, each with operator, domain, version
/// and name.
void reportUnsupported(mlir::Operation *model,
                       llvm::ArrayRef<onnx::NodeOp> nodes);

/// Runs `act` on a node. Fails after any error, and passes on only the first:
/// what is found after an attribute of the wrong kind, which counts as left
/// out, may be wrong.
mlir::LogicalResult withOneError(onnx::NodeOp node,
                                 llvm::function_ref<mlir::LogicalResult()> act);

/// The node's name in the file, for messages.
std::string getNodeName(mlir::Operation *op);

} // namespace nibble::frontend

#endif // NIBBLE_LIB_FRONTEND_OPERATORS_H
