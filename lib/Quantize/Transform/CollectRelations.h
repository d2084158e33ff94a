//===- CollectRelations.h - What crosses the ops of a function --*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_QUANTIZE_TRANSFORM_COLLECTRELATIONS_H
#define NIBBLE_LIB_QUANTIZE_TRANSFORM_COLLECTRELATIONS_H

#include "SplitRelations.h"
#include "dialects/NN/WeightDerived.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "nibble/Quantize/Transform/ChannelGraph.h"

namespace nibble {

/// An op as messages call it: "elementwise mul '/encoder/Mul'".
std::string describe(mlir::Operation *op);

/// Finds the relations of one kind in a function: of ops, of states of the
/// model, and of gains that readers can take.
class RelationCollector {
public:
  RelationCollector(mlir::func::FuncOp function, numerics::Kind kind)
      : function(function), kind(kind) {}

  /// The relations, cut into parts that coincide or are disjoint, in the
  /// function's order.
  std::vector<SplitRelation> collect();

  /// The op and the port that a value comes from. Arguments of a function count
  /// as further results of its return.
  std::pair<mlir::Operation *, unsigned> getDefinition(mlir::Value value) const;

  /// Why maps of the node do not cross a port, for messages.
  std::string explain(const ChannelNode &node, mlir::Operation *op,
                      unsigned port, bool isResult);

private:
  void collectOp(mlir::Operation *op);
  void collectStates(mlir::Operation *ret);
  void collectGain(mlir::Operation *op);
  void add(mlir::Operation *op, const nn::ChannelRelation &relation);
  void addOne(mlir::Operation *op, const nn::ChannelRelation &relation);
  std::string explainOp(const ChannelNode &node, mlir::Operation *op,
                        unsigned port) const;

  mlir::func::FuncOp function;
  numerics::Kind kind;
  WeightDerived weights;
  std::vector<SplitRelation> found;
  /// Why a relation of an op does not count, if one does not.
  llvm::DenseMap<mlir::Operation *, std::string> faults;
};

} // namespace nibble

#endif // NIBBLE_LIB_QUANTIZE_TRANSFORM_COLLECTRELATIONS_H
