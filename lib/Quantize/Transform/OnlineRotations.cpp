//===- OnlineRotations.cpp - Rotations that linear maps read --------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Quantize/Transform/OnlineRotations.h"

#include "CollectRelations.h"
#include "dialects/NN/WeightDerived.h"

using namespace mlir;
using namespace nibble;

/// Adds the linear map that reads `rotation` by `use` with a weight in its dual
/// basis to `readers`. Returns why there is none; empty if there is.
static std::string addReader(OpOperand &use, qnt::TransformOp rotation,
                             WeightDerived &weights,
                             SmallVectorImpl<RotatedReader> &readers) {
  auto linear = dyn_cast<nn::LinearOp>(use.getOwner());
  if (!linear || &use != &linear.getInputMutable() ||
      !weights.contains(linear.getWeight()))
    return describe(use.getOwner()) +
           " reads it, too, and is no linear map over weights";
  RotatedReader reader{linear, {}, {}};
  Value weight = linear.getWeight();
  while (auto op = weight.getDefiningOp<qnt::TransformOp>()) {
    if (op.getAxis() == 1) {
      // What is orthogonal is its own dual.
      bool isDual = op.getDual() ||
                    numerics::Kinds(numerics::Kind::Orthogonal)
                        .contains(rotation.getChannelTransform().getKinds());
      if (op.getInverted() || !isDual ||
          op.getBasisAttr() != rotation.getBasisAttr())
        break;
      reader.dual = op;
      readers.push_back(std::move(reader));
      return {};
    }
    reader.outputs.push_back(op);
    weight = op.getInput();
  }
  return "the weight of " + describe(linear) +
         " is not in the basis of that rotation alone";
}

/// Whether `value` is a norm's result, with or without gain and bias. A
/// channel's size there is much the same in all rows; behind an activation
/// function, where a few rows make it, scales by it save nothing.
static bool isNormed(Value value, WeightDerived &weights) {
  while (auto op = value.getDefiningOp<nn::ElementwiseOp>()) {
    if (op.getKind() != nn::ElementwiseKind::Mul &&
        op.getKind() != nn::ElementwiseKind::Add)
      return false;
    Value lhs = op.getInputs()[0], rhs = op.getInputs()[1];
    if (weights.contains(lhs) == weights.contains(rhs))
      return false;
    value = weights.contains(lhs) ? rhs : lhs;
  }
  return isa_and_nonnull<nn::LayerNormOp, nn::RMSNormOp>(value.getDefiningOp());
}

/// Adds what reads `op`, if it is one of findNormRotations, to `readers`.
/// Returns why it is none; empty if it is.
static std::string findReaders(qnt::TransformOp op, WeightDerived &weights,
                               SmallVectorImpl<RotatedReader> &readers) {
  auto type = cast<RankedTensorType>(op.getType());
  if (!isNormed(op.getInput(), weights))
    return "what is rotated is not a norm's result";
  if (op.getInverted() || op.getDual() || !op.getChannelTransform() ||
      int64_t(op.getAxis()) != type.getRank() - 1 ||
      !type.getElementType().isF32())
    return "the change of basis before it is inverted, dual, along another "
           "axis, or not of f32";
  for (OpOperand &use : op->getUses()) {
    std::string fault = addReader(use, op, weights, readers);
    if (!fault.empty())
      return fault;
  }
  // Uses are in the reverse order of their making.
  std::reverse(readers.begin(), readers.end());
  return {};
}

std::vector<RotatedInput> nibble::findNormRotations(ModuleOp module) {
  WeightDerived weights;
  std::vector<RotatedInput> found;
  module.walk([&](qnt::TransformOp op) {
    RotatedInput input{op, {}};
    if (!op->use_empty() && !weights.contains(op.getResult()) &&
        findReaders(op, weights, input.readers).empty())
      found.push_back(std::move(input));
  });
  return found;
}

std::string nibble::findNormRotationFault(Value value) {
  auto rotation = value.getDefiningOp<qnt::TransformOp>();
  if (!rotation)
    return "it is not the result of a rotation at run time";
  WeightDerived weights;
  SmallVector<RotatedReader, 3> readers;
  return findReaders(rotation, weights, readers);
}
