//===- InsertTransforms.cpp - Requests for rotations ----------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Quantize/Transform/Passes.h"

#include "../Candidates.h"
#include "../Notes.h"
#include "KeyReaders.h"
#include "RotationChoice.h"
#include "Rotations.h"
#include "dialects/NN/NN.h"
#include "dialects/Quant/QuantTransforms.h"

namespace nibble {
#define GEN_PASS_DEF_INSERTTRANSFORMS
#include "nibble/Quantize/Transform/Passes.h.inc"
} // namespace nibble

using namespace mlir;
using namespace nibble;

namespace {
struct InsertTransforms final
    : nibble::impl::InsertTransformsBase<InsertTransforms> {
  using InsertTransformsBase::InsertTransformsBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (block < 1) {
      module.emitError("the block of a rotation must be positive");
      return signalPassFailure();
    }
    std::vector<std::string> texts(keep.begin(), keep.end());
    auto patterns = parsePatterns(texts);
    if (!patterns) {
      module.emitError(llvm::toString(patterns.takeError()));
      return signalPassFailure();
    }
    BasisTable bases(module);
    if (inputs)
      requestInputs(module, *patterns, bases);
    if (keys)
      requestKeys(module, bases);
  }

  void requestInputs(ModuleOp module, ArrayRef<llvm::GlobPattern> patterns,
                     BasisTable &bases) {
    // Those who read one value share its rotation.
    llvm::MapVector<Value, SmallVector<nn::LinearOp>> readers;
    for (const Candidate &candidate : findCandidates(module, patterns))
      if (candidate.note.empty() && isAsked(candidate.op)) {
        if (auto linear = dyn_cast<nn::LinearOp>(candidate.op))
          readers[linear.getInput()].push_back(linear);
        else
          candidate.op->emitRemark(
              "is not rotated: a rotation of a convolution's input would run "
              "at every pixel, since functions between convolutions let none "
              "through, and loses as often as it gains");
      }
    for (auto &[value, ops] : readers)
      request(value, ops, bases);
  }

  void requestKeys(ModuleOp module, BasisTable &bases) {
    // Attentions that share keys, or queries, share their rotation.
    llvm::SetVector<OpOperand *> places;
    module.walk([&](nn::AttentionOp attention) {
      places.insert(&findOwnKeys(attention));
    });
    DenseMap<std::pair<Value, StringRef>, Value> queries;
    for (OpOperand *keys : places)
      requestKeys(*keys, bases, queries);
  }

  /// Why `keys`, which `readers` read, have no rotation of `size` channels.
  static std::string findFault(OpOperand &keys, int64_t size,
                               ArrayRef<Operation *> readers) {
    // A quantized tensor stands for f32 numbers, but is none.
    auto isF32 = [](Value value) {
      auto type = dyn_cast<RankedTensorType>(value.getType());
      return type && type.getElementType().isF32();
    };
    for (Operation *reader : readers)
      if (!llvm::all_of(reader->getOperands().take_front(2), isF32))
        return "they are not f32";
    if (!isF32(keys.get()))
      return "they are not f32";
    if (size < kSmallestRotation)
      return "no divisor of their channels from " +
             std::to_string(kSmallestRotation) +
             " on is the order of a Hadamard matrix that is known";
    return {};
  }

  void requestKeys(OpOperand &keys, BasisTable &bases,
                   DenseMap<std::pair<Value, StringRef>, Value> &queries) {
    auto type = cast<ShapedType>(keys.get().getType());
    int64_t axis = type.getRank() - 1, channels = type.getDimSize(axis);
    int64_t size = ShapedType::isDynamic(channels)
                       ? 1
                       : largestHadamard(channels, channels);
    llvm::SetVector<Operation *> readers;
    std::string fault = findKeyReaders(keys, readers);
    if (fault.empty())
      fault = findFault(keys, size, readers.getArrayRef());
    if (!fault.empty())
      return refuse(keys.getOwner(), "its keys are not rotated: " + fault);
    StringRef basis =
        bases.get(qnt::HadamardAttr::get(&getContext(), size), channels);
    OpBuilder builder(&getContext());
    auto rotate = [&](Value value, bool isDual) -> Value {
      builder.setInsertionPointAfterValue(value);
      return qnt::TransformOp::create(builder, value.getLoc(), value,
                                      /*inverted=*/false, isDual, basis, axis);
    };
    keys.set(rotate(keys.get(), /*isDual=*/false));
    for (Operation *reader : readers) {
      OpOperand &query = cast<nn::AttentionOp>(reader).getQueryMutable();
      Value &dual = queries[{query.get(), basis}];
      if (!dual)
        dual = rotate(query.get(), /*isDual=*/true);
      query.set(dual);
    }
  }

  /// Whoever was not found better otherwise asks. The answer is used up.
  static bool isAsked(Operation *op) {
    auto answer = dyn_cast_or_null<BoolAttr>(op->removeAttr(kRotateAttr));
    return !answer || answer.getValue();
  }

  /// Who asks for a rotation and gets none learns why, from `inspect`, too.
  void refuse(Operation *op, const llvm::Twine &reason) {
    std::string text = reason.str();
    op->emitRemark(text);
    appendNote(op, text);
  }

  void request(Value value, ArrayRef<nn::LinearOp> readers, BasisTable &bases) {
    int64_t size = findRotationBlock(value, block);
    if (size == 0) {
      for (nn::LinearOp reader : readers)
        refuse(reader,
               "is not rotated: no divisor from " +
                   llvm::Twine(std::min(kSmallestRotation, block.getValue())) +
                   " to " + llvm::Twine(block.getValue()) +
                   " of its channels is the order of a Hadamard "
                   "matrix that is known");
      return;
    }
    int64_t channels =
        cast<RankedTensorType>(value.getType()).getShape().back();
    transformInput(
        value, readers,
        bases.get(qnt::HadamardAttr::get(&getContext(), size), channels));
  }
};
} // namespace
