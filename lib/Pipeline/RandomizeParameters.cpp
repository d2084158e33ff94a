//===- RandomizeParameters.cpp - Gains and biases that hide nothing -------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Pipeline/Passes.h"

#include "dialects/NN/NN.h"
#include "dialects/NN/WeightDerived.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cmath>
#include <random>

namespace nibble {
#define GEN_PASS_DEF_RANDOMIZEPARAMETERS
#include "nibble/Pipeline/Passes.h.inc"
} // namespace nibble

using namespace mlir;
using namespace nibble;

namespace {
struct RandomizeParameters final
    : nibble::impl::RandomizeParametersBase<RandomizeParameters> {
  using RandomizeParametersBase::RandomizeParametersBase;

  void runOnOperation() override {
    random.seed(seed);
    getOperation().walk([&](Operation *op) {
      llvm::TypeSwitch<Operation *>(op)
          .Case<nn::LayerNormOp, nn::GroupNormOp>([&](auto norm) {
            replace(norm.getScaleMutable(), /*isGain=*/true);
            replace(norm.getBiasMutable(), /*isGain=*/false);
          })
          .Case([&](nn::RMSNormOp norm) {
            replace(norm.getScaleMutable(), /*isGain=*/true);
          })
          .Case<nn::LinearOp, nn::ConvOp, nn::ConvTransposeOp>([&](auto map) {
            replace(map.getBiasMutable(), /*isGain=*/false);
          });
    });
  }

private:
  float draw(bool isGain) {
    if (!isGain)
      return std::normal_distribution<float>(0, 0.5f)(random);
    float magnitude =
        std::exp2(std::uniform_real_distribution<float>(-1, 1)(random));
    return std::bernoulli_distribution()(random) ? magnitude : -magnitude;
  }

  void replace(MutableOperandRange operands, bool isGain) {
    WeightDerived derived;
    for (OpOperand &operand : operands) {
      auto type = dyn_cast<RankedTensorType>(operand.get().getType());
      if (!type || !type.hasStaticShape() || !type.getElementType().isF32() ||
          !derived.contains(operand.get()))
        continue;
      SmallVector<float> values(type.getNumElements());
      for (float &value : values)
        value = draw(isGain);
      OpBuilder builder(operand.getOwner());
      operand.set(arith::ConstantOp::create(
          builder, operand.getOwner()->getLoc(),
          DenseElementsAttr::get(type, ArrayRef<float>(values))));
    }
  }

  std::mt19937_64 random;
};
} // namespace
