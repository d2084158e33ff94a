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

std::vector<RotatedInput> nibble::findOnlineRotations(ModuleOp module) {
  WeightDerived weights;
  std::vector<RotatedInput> found;
  module.walk([&](qnt::TransformOp op) {
    auto type = cast<RankedTensorType>(op.getType());
    if (op.getInverted() || op.getDual() || op->use_empty() ||
        !type.getElementType().isF32() || !op.getChannelTransform() ||
        int64_t(op.getAxis()) != type.getRank() - 1 ||
        weights.contains(op.getResult()))
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
