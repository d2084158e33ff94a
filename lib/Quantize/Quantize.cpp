//===- Quantize.cpp - Quantizes linear maps -------------------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Quantize/Passes.h"

#include "Candidates.h"
#include "dialects/NN/WeightDerived.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "nibble/Quantize/Calibration/Statistics.h"
#include "nibble/Quantize/Options.h"

namespace nibble {
#define GEN_PASS_DEF_QUANTIZEMODEL
#include "nibble/Quantize/Passes.h.inc"
} // namespace nibble

using namespace mlir;
using namespace nibble;

static constexpr llvm::StringLiteral kNoteAttr = "nn.note";

namespace {
class Quantizer {
public:
  Quantizer(MLIRContext *context, const QuantizePlan &plan,
            std::optional<Statistics> statistics)
      : context(context), weights(plan.weights),
        activationsUnsigned(plan.activationsUnsigned),
        statistics(std::move(statistics)) {}

  LogicalResult run(ModuleOp module, ArrayRef<Candidate> candidates);
  void quantizeEmbeddings(ModuleOp module);

private:
  void note(Operation *op, StringRef reason);
  void quantizeWeight(OpOperand &operand);
  LogicalResult quantizeInput(const Candidate &candidate);
  Value quantizeStatic(Value value, const Histogram &histogram);
  Value quantizeRows(Value value);
  qnt::QuantTensorType weightType(RankedTensorType type);

  MLIRContext *context;
  qnt::FormatAttr weights;
  std::optional<bool> activationsUnsigned;
  std::optional<Statistics> statistics;
  llvm::MapVector<Value, std::string> names;
  DenseMap<Value, Value> quantizedWeights, quantizedInputs;
};
} // namespace

/// Says on the op why something of it stays in f32.
void Quantizer::note(Operation *op, StringRef reason) {
  op->emitRemark(reason);
  op->setAttr(kNoteAttr, StringAttr::get(context, reason));
}

/// One scale for each output of a convolution; the format as it is for linear
/// maps, whose last axis is summed.
qnt::QuantTensorType Quantizer::weightType(RankedTensorType type) {
  qnt::FormatAttr format = weights;
  if (type.getRank() != 2 && format.hasScale())
    format = qnt::FormatAttr::get(
        context, formats::perChannel(format.getValue(), type.getRank(), 0));
  return qnt::QuantTensorType::get(type.getShape(), format);
}

void Quantizer::quantizeWeight(OpOperand &operand) {
  Value &quantized = quantizedWeights[operand.get()];
  if (!quantized) {
    OpBuilder builder(context);
    builder.setInsertionPointAfterValue(operand.get());
    quantized = qnt::QuantizeOp::create(
        builder, operand.get().getLoc(),
        weightType(cast<RankedTensorType>(operand.get().getType())),
        operand.get(), Value(), Value(), qnt::ScaleChoice::MSE);
  }
  operand.set(quantized);
}

/// int<8> with a scale for each row, found at run time.
Value Quantizer::quantizeRows(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  formats::Format format;
  format.code = formats::ElementCode::makeInt(8);
  format.scale.kind = formats::ScaleKind::F32;
  format = formats::withBlockAlong(format, type.getRank(), type.getRank() - 1,
                                   /*size=*/-1);
  OpBuilder builder(context);
  builder.setInsertionPointAfterValue(value);
  return qnt::QuantizeOp::create(
      builder, value.getLoc(),
      qnt::QuantTensorType::get(type.getShape(),
                                qnt::FormatAttr::get(context, format)),
      value, Value(), Value(), qnt::ScaleChoice::AbsMax);
}

Value Quantizer::quantizeStatic(Value value, const Histogram &histogram) {
  bool isUnsigned = *activationsUnsigned;
  StaticScale chosen = chooseScale(histogram, isUnsigned);
  auto type = cast<RankedTensorType>(value.getType());
  formats::Format format;
  format.code = isUnsigned ? formats::ElementCode::makeUInt(8)
                           : formats::ElementCode::makeInt(8);
  format.scale.kind = formats::ScaleKind::F32;
  if (isUnsigned) {
    format.zero.kind = formats::ZeroKind::UInt;
    format.zero.bits = 8;
  }
  OpBuilder builder(context);
  builder.setInsertionPointAfterValue(value);
  Location loc = value.getLoc();
  SmallVector<int64_t> ones(type.getRank(), 1);
  Value scale = arith::ConstantOp::create(
      builder, loc,
      DenseElementsAttr::get(RankedTensorType::get(ones, builder.getF32Type()),
                             chosen.scale));
  Value zero;
  if (isUnsigned)
    zero = arith::ConstantOp::create(
        builder, loc,
        DenseElementsAttr::get(
            RankedTensorType::get(ones, builder.getI32Type()), chosen.zero));
  return qnt::QuantizeOp::create(
      builder, loc,
      qnt::QuantTensorType::get(type.getShape(),
                                qnt::FormatAttr::get(context, format)),
      value, scale, zero, qnt::ScaleChoice::AbsMax);
}

LogicalResult Quantizer::quantizeInput(const Candidate &candidate) {
  if (candidate.isConv && !statistics) {
    note(candidate.op, "input stays in f32: a convolution needs static scales; "
                       "calibrate to get them");
    return success();
  }
  Value value = candidate.input->get();
  Value &quantized = quantizedInputs[value];
  if (!quantized && statistics) {
    const std::string &name = names[value];
    auto it = statistics->values.find(name);
    if (it == statistics->values.end())
      return candidate.op->emitError("the statistics have no value '")
             << name << "', which this op reads; calibrate again";
    quantized = quantizeStatic(value, it->second);
  } else if (!quantized) {
    quantized = quantizeRows(value);
  }
  candidate.input->set(quantized);
  return success();
}

LogicalResult Quantizer::run(ModuleOp module, ArrayRef<Candidate> candidates) {
  names = nameInputs(candidates);
  for (const Candidate &candidate : candidates) {
    if (!candidate.note.empty()) {
      note(candidate.op, candidate.note);
      continue;
    }
    quantizeWeight(*candidate.weight);
    if (activationsUnsigned && failed(quantizeInput(candidate)))
      return failure();
  }
  return success();
}

void Quantizer::quantizeEmbeddings(ModuleOp module) {
  WeightDerived derived;
  SmallVector<nn::EmbeddingOp> ops;
  module.walk([&](nn::EmbeddingOp op) {
    auto table = dyn_cast<RankedTensorType>(op.getTable().getType());
    if (table && table.getElementType().isF32() &&
        derived.contains(op.getTable()))
      ops.push_back(op);
  });
  for (nn::EmbeddingOp op : ops)
    quantizeWeight(op.getTableMutable());
}

namespace {
struct QuantizeModel final : nibble::impl::QuantizeModelBase<QuantizeModel> {
  using QuantizeModelBase::QuantizeModelBase;

  LogicalResult fail(llvm::Error error) {
    return getOperation().emitError(llvm::toString(std::move(error)));
  }

  LogicalResult run() {
    ModuleOp module = getOperation();
    QuantizeRequest request{weights.getValue(), activations.getValue(),
                            group.getValue(),
                            std::vector<std::string>(keep.begin(), keep.end()),
                            !statistics.empty()};
    llvm::Expected<QuantizePlan> plan = resolveRequest(&getContext(), request);
    if (!plan)
      return fail(plan.takeError());
    if (!plan->weights)
      return success();
    auto patterns = parsePatterns(request.keep);
    if (!patterns)
      return fail(patterns.takeError());
    std::optional<Statistics> collected;
    if (!statistics.empty() && plan->activationsUnsigned) {
      llvm::Expected<Statistics> read = Statistics::read(statistics);
      if (!read)
        return fail(read.takeError());
      if (read->key != statisticsKey(module))
        return module.emitError("the statistics ")
               << statistics.getValue()
               << " are of another model; calibrate again";
      collected = std::move(*read);
    }
    Quantizer quantizer(&getContext(), *plan, std::move(collected));
    if (failed(quantizer.run(module, findCandidates(module, *patterns))))
      return failure();
    if (embeddings)
      quantizer.quantizeEmbeddings(module);
    return success();
  }

  void runOnOperation() override {
    if (failed(run()))
      signalPassFailure();
  }
};
} // namespace
