//===- Notes.cpp - Why weights stay in f32 --------------------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Notes.h"

#include "dialects/NN/NN.h"
#include "dialects/NN/Note.h"
#include "dialects/NN/WeightDerived.h"
#include "dialects/Quant/Quant.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace nibble;

void nibble::appendNote(Operation *op, const Twine &text) {
  std::string all = text.str();
  if (auto before = op->getAttrOfType<StringAttr>(nn::kNoteAttr)) {
    // Parts of one axis may have the same to say.
    std::string said = ("; " + before.getValue() + ";").str();
    if (said.find("; " + all + ";") != std::string::npos)
      return;
    all = (before.getValue() + "; " + all).str();
  }
  op->setAttr(nn::kNoteAttr, StringAttr::get(op->getContext(), all));
}

/// The operands of `op` that are its weights, and why they cannot be quantized.
static std::pair<SmallVector<Value, 2>, StringRef>
describe(Operation &op, WeightDerived &derived) {
  using Result = std::pair<SmallVector<Value, 2>, StringRef>;
  return llvm::TypeSwitch<Operation *, Result>(&op)
      .Case([](nn::EmbeddingOp embedding) -> Result {
        return {{embedding.getTable()},
                "stays in f32: rows of a table are looked up, not multiplied"};
      })
      .Case<nn::LSTMOp, nn::GRUOp>([](auto cell) -> Result {
        return {{cell.getWeights(), cell.getRecurrence()},
                "stays in f32: weights of recurrent cells are not quantized"};
      })
      .Case([&](nn::MatmulOp product) -> Result {
        return {{product.getLhs(), product.getRhs()},
                derived.contains(product.getLhs())
                    ? "stays in f32: weights on the left of a product are not "
                      "quantized"
                    : "stays in f32: products with a batch of weights are not "
                      "quantized"};
      })
      .Case([](nn::ConvTransposeOp conv) -> Result {
        return {{conv.getFilter()},
                "stays in f32: transposed convolutions are not quantized"};
      })
      .Default([](Operation *) -> Result { return {}; });
}

void nibble::noteGivenFormats(ModuleOp module) {
  module.walk([](Operation *op) {
    if (!isa<nn::LinearOp, nn::ConvOp>(op))
      return;
    Value weight = op->getOperand(1);
    if (!isa<qnt::QuantTensorType>(weight.getType()) &&
        !weight.getDefiningOp<qnt::DequantizeOp>())
      return;
    StringRef text = "keeps the format that its weights have in the model";
    op->emitRemark(text);
    appendNote(op, text);
  });
}

void nibble::noteWeightsInF32(ModuleOp module) {
  WeightDerived derived;
  module.walk([&](Operation *op) {
    auto [weights, reason] = describe(*op, derived);
    bool isF32 = llvm::any_of(weights, [&](Value weight) {
      auto type = dyn_cast<RankedTensorType>(weight.getType());
      return type && type.getElementType().isF32() && derived.contains(weight);
    });
    if (!isF32 || op->hasAttr(nn::kNoteAttr) ||
        derived.contains(op->getResult(0)))
      return;
    op->emitRemark(reason);
    appendNote(op, reason);
  });
}
