//===- OnlineRotations.cpp - Rotations that linear maps read --------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Quantize/Transform/OnlineRotations.h"

#include "dialects/NN/WeightDerived.h"

using namespace mlir;
using namespace nibble;

/// The linear map that reads `rotation` by `use` with a weight in its dual
/// basis; none if it is another op.
static std::optional<RotatedReader>
getReader(OpOperand &use, qnt::TransformOp rotation, WeightDerived &weights) {
  auto linear = dyn_cast<nn::LinearOp>(use.getOwner());
  if (!linear || &use != &linear.getInputMutable() ||
      !weights.contains(linear.getWeight()))
    return std::nullopt;
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
        return std::nullopt;
      reader.dual = op;
      return reader;
    }
    reader.outputs.push_back(op);
    weight = op.getInput();
  }
  return std::nullopt;
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

std::vector<RotatedInput> nibble::findNormRotations(ModuleOp module) {
  WeightDerived weights;
  std::vector<RotatedInput> found;
  module.walk([&](qnt::TransformOp op) {
    auto type = cast<RankedTensorType>(op.getType());
    if (op.getInverted() || op.getDual() || op->use_empty() ||
        !type.getElementType().isF32() || !op.getChannelTransform() ||
        int64_t(op.getAxis()) != type.getRank() - 1 ||
        weights.contains(op.getResult()) || !isNormed(op.getInput(), weights))
      return;
    RotatedInput input{op, {}};
    for (OpOperand &use : op->getUses()) {
      auto reader = getReader(use, op, weights);
      if (!reader)
        return;
      input.readers.push_back(std::move(*reader));
    }
    // Uses are in the reverse order of their making.
    std::reverse(input.readers.begin(), input.readers.end());
    found.push_back(std::move(input));
  });
  return found;
}
