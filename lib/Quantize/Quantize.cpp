//===- Quantize.cpp - Quantizes linear maps -------------------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Quantize/Passes.h"

#include "Candidates.h"
#include "Notes.h"
#include "dialects/NN/WeightDerived.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "nibble/Formats/RowCodec.h"
#include "nibble/Quantize/Calibration/Statistics.h"
#include "nibble/Quantize/Options.h"
#include "llvm/ADT/Sequence.h"

#include <algorithm>

namespace nibble {
#define GEN_PASS_DEF_QUANTIZEMODEL
#include "nibble/Quantize/Passes.h.inc"
} // namespace nibble

using namespace mlir;
using namespace nibble;

namespace {
class Quantizer {
public:
  Quantizer(MLIRContext *context, const QuantizePlan &plan,
            std::optional<Statistics> statistics, bool boundPairs)
      : context(context), weights(plan.weights),
        activationsUnsigned(plan.activationsUnsigned),
        activationBits(plan.activationBits),
        activationGroup(plan.activationGroup),
        boundPairs(boundPairs && isInt8(weights)),
        statistics(std::move(statistics)) {}

  LogicalResult run(ModuleOp module, ArrayRef<Candidate> candidates);
  void quantizeEmbeddings(ModuleOp module);

private:
  void note(Operation *op, StringRef reason);
  void quantizeWeight(OpOperand &operand, bool isDepthwise = false,
                      ArrayRef<int64_t> pairOrder = {});
  static bool isInt8(qnt::FormatAttr format) {
    return format.getElement() == formats::ElementCode::makeInt(8) &&
           !format.hasZeroPoint();
  }
  SmallVector<int64_t> getPairOrder(const Candidate &candidate);
  bool sawOnlyZeros(Value value);
  LogicalResult quantizeInput(const Candidate &candidate);
  FailureOr<Value> quantizeCalibrated(const Candidate &candidate);
  Value quantizeStatic(Value value, const Histogram &histogram);
  Value quantizeChannels(Value value, ArrayRef<float> magnitudes);
  Value quantizeScaled(Value value, const formats::Format &format,
                       ArrayRef<int64_t> shape, ArrayRef<float> scales,
                       std::optional<int32_t> zero);
  Value quantizeRows(Value value);
  bool hasGroups(Value value) const;

  MLIRContext *context;
  qnt::FormatAttr weights;
  std::optional<bool> activationsUnsigned;
  unsigned activationBits;
  int64_t activationGroup;
  bool boundPairs;
  std::optional<Statistics> statistics;
  llvm::MapVector<Value, std::string> names;
  DenseMap<Value, Value> quantizedWeights, quantizedInputs, quantizedChannels;
};
} // namespace

/// Says on the op why something of it stays in f32.
void Quantizer::note(Operation *op, StringRef reason) {
  op->emitRemark(reason);
  appendNote(op, reason);
}

/// The axes of a weight that is multiplied with bytes in the order in which
/// kernels sum over them, if pairs are to be bounded.
SmallVector<int64_t> Quantizer::getPairOrder(const Candidate &candidate) {
  Value input = candidate.input->get();
  bool hasScales = statistics && !sawOnlyZeros(input);
  bool meetsCodes = activationsUnsigned && (hasScales || !candidate.isConv) &&
                    !hasGroups(input);
  if (!boundPairs || !meetsCodes || candidate.isDepthwise)
    return {};
  int64_t rank =
      cast<RankedTensorType>(candidate.weight->get().getType()).getRank();
  SmallVector<int64_t> order = llvm::to_vector(llvm::seq<int64_t>(1, rank));
  auto conv = dyn_cast<nn::ConvOp>(candidate.op);
  if (conv && conv.getLayout() == nn::Layout::ChannelsFirst)
    std::rotate(order.begin(), order.begin() + 1, order.end());
  return order;
}

/// Leaves `pairOrder` out where the format cannot have bounded pairs: with
/// groups, whose sums have no place for the shift that makes activations
/// unsigned.
void Quantizer::quantizeWeight(OpOperand &operand, bool isDepthwise,
                               ArrayRef<int64_t> pairOrder) {
  Value &quantized = quantizedWeights[operand.get()];
  if (!quantized) {
    OpBuilder builder(context);
    builder.setInsertionPointAfterValue(operand.get());
    qnt::QuantTensorType type = getWeightType(
        weights, cast<RankedTensorType>(operand.get().getType()), isDepthwise);
    if (!formats::checkPairOrder(type.getFormat().getValue(), type.getRank(),
                                 pairOrder)
             .ok())
      pairOrder = {};
    quantized = qnt::QuantizeOp::create(builder, operand.get().getLoc(), type,
                                        operand.get(), Value(), Value(),
                                        qnt::ScaleChoice::MSE, pairOrder);
  }
  operand.set(quantized);
}

/// Whether rows of `value` have more than one group each.
bool Quantizer::hasGroups(Value value) const {
  int64_t extent = cast<RankedTensorType>(value.getType()).getShape().back();
  return activationGroup && !statistics && activationGroup < extent;
}

/// Signed codes with a scale for each row or each group of it, found at run
/// time. Kernels multiply codes of rows; codes of groups are decoded again,
/// since none multiplies them.
Value Quantizer::quantizeRows(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  bool isGrouped = hasGroups(value);
  formats::Format format;
  format.code = formats::ElementCode::makeInt(activationBits);
  format.scale.kind = formats::ScaleKind::F32;
  format = formats::withBlockAlong(format, type.getRank(), type.getRank() - 1,
                                   isGrouped ? activationGroup : -1);
  OpBuilder builder(context);
  builder.setInsertionPointAfterValue(value);
  Value quantized = qnt::QuantizeOp::create(
      builder, value.getLoc(),
      qnt::QuantTensorType::get(type.getShape(),
                                qnt::FormatAttr::get(context, format)),
      value, Value(), Value(), qnt::ScaleChoice::Range);
  if (!isGrouped)
    return quantized;
  return qnt::DequantizeOp::create(builder, value.getLoc(), type, quantized);
}

/// int<8> with a scale for each channel of an image, which a depthwise
/// convolution does not mix.
Value Quantizer::quantizeChannels(Value value, ArrayRef<float> magnitudes) {
  auto type = cast<RankedTensorType>(value.getType());
  formats::Format format;
  format.code = formats::ElementCode::makeInt(8);
  format.scale.kind = formats::ScaleKind::F32;
  format = formats::perChannel(format, type.getRank(), 1);
  // A channel in which calibration saw only zeros gets the largest range.
  float largest = *llvm::max_element(magnitudes);
  SmallVector<float> scales;
  for (float magnitude : magnitudes)
    scales.push_back((magnitude == 0 ? largest : magnitude) / 127);
  SmallVector<int64_t> shape(type.getRank(), 1);
  shape[1] = int64_t(scales.size());
  return quantizeScaled(value, format, shape, scales, std::nullopt);
}

/// round(value * (1 / scale)) + zero, rule Q-6: a factor can become part of
/// weights or of the function before it, which a division cannot.
Value Quantizer::quantizeScaled(Value value, const formats::Format &format,
                                ArrayRef<int64_t> shape, ArrayRef<float> scales,
                                std::optional<int32_t> zero) {
  auto type = cast<RankedTensorType>(value.getType());
  OpBuilder builder(context);
  builder.setInsertionPointAfterValue(value);
  Location loc = value.getLoc();
  auto makeScales = [&](ArrayRef<int64_t> extents, ArrayRef<float> numbers) {
    return arith::ConstantOp::create(
        builder, loc,
        DenseElementsAttr::get(
            RankedTensorType::get(extents, builder.getF32Type()), numbers));
  };
  SmallVector<float> divisors, factors;
  for (float scale : scales) {
    // So that its reciprocal is finite.
    divisors.push_back(std::max(scale, std::numeric_limits<float>::min()));
    factors.push_back(1 / divisors.back());
  }
  Value scaled =
      nn::ElementwiseOp::create(builder, loc, type, nn::ElementwiseKind::Mul,
                                ValueRange{value, makeScales(shape, factors)});
  SmallVector<int64_t> ones(type.getRank(), 1);
  Value zeros;
  if (zero)
    zeros = arith::ConstantOp::create(
        builder, loc,
        DenseElementsAttr::get(
            RankedTensorType::get(ones, builder.getI32Type()), *zero));
  auto quantized = qnt::QuantTensorType::get(
      type.getShape(), qnt::FormatAttr::get(context, format));
  formats::Format rounded = format;
  rounded.block.clear();
  Value codes = qnt::QuantizeOp::create(
      builder, loc,
      qnt::QuantTensorType::get(type.getShape(),
                                qnt::FormatAttr::get(context, rounded)),
      scaled, makeScales(ones, {1.0f}), zeros, qnt::ScaleChoice::Range);
  codes = qnt::CodesOp::create(
      builder, loc, RankedTensorType::get(type.getShape(), builder.getI8Type()),
      codes);
  return qnt::AssembleOp::create(builder, loc, quantized, codes,
                                 makeScales(shape, divisors), zeros);
}

/// One scale and zero point for the whole value. Signed codes are the unsigned
/// ones less 128, because results of activation functions are rarely symmetric.
/// Bounded pairs meet unsigned codes.
Value Quantizer::quantizeStatic(Value value, const Histogram &histogram) {
  bool isUnsigned = *activationsUnsigned || boundPairs;
  StaticScale chosen = chooseScale(histogram, /*isUnsigned=*/true);
  auto type = cast<RankedTensorType>(value.getType());
  formats::Format format;
  format.code = isUnsigned ? formats::ElementCode::makeUInt(8)
                           : formats::ElementCode::makeInt(8);
  format.scale.kind = formats::ScaleKind::F32;
  format.zero.kind =
      isUnsigned ? formats::ZeroKind::UInt : formats::ZeroKind::Int;
  format.zero.bits = 8;
  SmallVector<int64_t> ones(type.getRank(), 1);
  return quantizeScaled(value, format, ones, {chosen.scale},
                        isUnsigned ? chosen.zero : chosen.zero - 128);
}

LogicalResult Quantizer::quantizeInput(const Candidate &candidate) {
  if (candidate.isConv && !statistics) {
    note(candidate.op, "input stays in f32: a convolution needs static scales; "
                       "calibrate to get them");
    return success();
  }
  Value value = candidate.input->get();
  bool isStatic = statistics && !sawOnlyZeros(value);
  if (statistics && !isStatic) {
    note(candidate.op,
         candidate.isConv
             ? "input stays in f32: calibration saw only zeros in it"
             : "scales of the input are found at run time: calibration saw "
               "only zeros in it");
    if (candidate.isConv)
      return success();
  }
  if (hasGroups(value))
    note(candidate.op,
         ("activations are rounded to int" + Twine(activationBits) +
          " by groups of " + Twine(activationGroup) +
          ", and multiplied in f32: no kernel multiplies such codes")
             .str());
  else if (!statistics && activationBits != 8)
    note(candidate.op, ("activations have int" + Twine(activationBits) +
                        " codes, in bytes for the kernel of int8")
                           .str());
  Value &quantized =
      candidate.isDepthwise ? quantizedChannels[value] : quantizedInputs[value];
  if (!quantized && isStatic) {
    FailureOr<Value> made = quantizeCalibrated(candidate);
    if (failed(made))
      return failure();
    quantized = *made;
  } else if (!quantized) {
    quantized = quantizeRows(value);
  }
  candidate.input->set(quantized);
  return success();
}

/// No scale follows from such values. Unknown ones are reported elsewhere.
bool Quantizer::sawOnlyZeros(Value value) {
  auto it = statistics->values.find(names[value]);
  return it != statistics->values.end() && it->second.getMin() == 0 &&
         it->second.getMax() == 0;
}

FailureOr<Value> Quantizer::quantizeCalibrated(const Candidate &candidate) {
  Value value = candidate.input->get();
  const std::string &name = names[value];
  auto it = statistics->values.find(name);
  if (it == statistics->values.end())
    return candidate.op->emitError("the statistics have no value '")
           << name << "', which this op reads; calibrate again";
  if (!candidate.isDepthwise)
    return quantizeStatic(value, it->second);
  int64_t channels = cast<RankedTensorType>(value.getType()).getDimSize(1);
  auto found = statistics->channels.find(name);
  if (found == statistics->channels.end() ||
      int64_t(found->second.size()) != channels)
    return candidate.op->emitError("the statistics of '")
           << name << "' do not have the " << channels
           << " channels which this op reads; calibrate again";
  return quantizeChannels(value, found->second);
}

LogicalResult Quantizer::run(ModuleOp module, ArrayRef<Candidate> candidates) {
  names = nameInputs(candidates);
  for (const Candidate &candidate : candidates) {
    if (!candidate.note.empty()) {
      note(candidate.op, candidate.note);
      continue;
    }
    // Its kernel reads codes with known scales. Its few weights alone are not
    // worth a kernel that decodes them.
    if (candidate.isDepthwise && !(activationsUnsigned && statistics)) {
      note(candidate.op, "stays in f32: a depthwise convolution needs static "
                         "scales of its input; calibrate to get them");
      continue;
    }
    if (candidate.isDepthwise && sawOnlyZeros(candidate.input->get())) {
      note(candidate.op,
           "stays in f32: a depthwise convolution needs a range of its input: "
           "calibration saw only zeros in it");
      continue;
    }
    quantizeWeight(*candidate.weight, candidate.isDepthwise,
                   getPairOrder(candidate));
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
    QuantizeRequest request{
        weights.getValue(),  activations.getValue(),
        group.getValue(),    std::vector<std::string>(keep.begin(), keep.end()),
        !statistics.empty(), activationGroup.getValue()};
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
      auto read = readStatistics(module, statistics);
      if (!read)
        return fail(read.takeError());
      collected = std::move(*read);
    }
    noteGivenFormats(module);
    Quantizer quantizer(&getContext(), *plan, std::move(collected), boundPairs);
    if (failed(quantizer.run(module, findCandidates(module, *patterns))))
      return failure();
    if (embeddings)
      quantizer.quantizeEmbeddings(module);
    noteWeightsInF32(module);
    return success();
  }

  void runOnOperation() override {
    if (failed(run()))
      signalPassFailure();
  }
};
} // namespace
