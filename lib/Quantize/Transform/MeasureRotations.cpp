//===- MeasureRotations.cpp - Where a rotation pays -----------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Quantize/Transform/MeasureRotations.h"

#include "../Candidates.h"
#include "../Notes.h"
#include "CodingError.h"
#include "RotationChoice.h"
#include "Rotations.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "nibble/Quantize/Transform/ChannelGraph.h"
#include "llvm/ADT/IntEqClasses.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>

using namespace mlir;
using namespace nibble;

/// In dB, by which inputs that are not rotated must be better. A rotation also
/// saves what one map's expected error does not show: ranges that inputs
/// outside of the calibration data exceed, and, where it fuses, the weights
/// that write to the space. Choices with smaller margins were worse than
/// rotating everywhere on some models (docs/results.md).
static constexpr double kLeastGain = 2;

namespace {
/// A linear map whose input could be rotated, and the error of its outputs
/// relative to them, in dB below them.
struct MeasuredReader {
  Operation *op;
  double plain = 0, rotated = 0;
};

class RotationMeasure {
public:
  RotationMeasure(ModuleOp module, const QuantizePlan &plan,
                  const Statistics &statistics, const WeightReader &read,
                  int64_t block)
      : module(module), plan(plan), statistics(statistics), read(read),
        block(block) {}

  llvm::Error run(func::FuncOp main, ArrayRef<Candidate> candidates);

private:
  llvm::Expected<std::optional<MeasuredReader>>
  measure(const Candidate &candidate) const;
  std::optional<InputModel> findInput(StringRef name, int64_t channels) const;
  void decide(ArrayRef<const Candidate *> sharing,
              ArrayRef<MeasuredReader> readers);

  ModuleOp module;
  const QuantizePlan &plan;
  const Statistics &statistics;
  const WeightReader &read;
  int64_t block;
  llvm::MapVector<Value, std::string> names, rotatedNames;
};
} // namespace

/// What was seen of rows; none if nothing, or only zeros.
std::optional<InputModel> RotationMeasure::findInput(StringRef name,
                                                     int64_t channels) const {
  auto rows = statistics.rows.find(name.str());
  auto values = statistics.values.find(name.str());
  if (rows == statistics.rows.end() || values == statistics.values.end() ||
      int64_t(rows->second.largest.size()) != channels)
    return std::nullopt;
  const Histogram &histogram = values->second;
  if (histogram.getMin() == 0 && histogram.getMax() == 0)
    return std::nullopt;
  InputModel input;
  input.meanSquare = rows->second.meanSquare;
  input.isQuantized = input.isStatic = true;
  // Codes that have a sign are those without, less 128.
  input.codeError =
      getCodeError(histogram, chooseScale(histogram, /*isUnsigned=*/true),
                   /*isUnsigned=*/true);
  return input;
}

/// None where nothing is known, or nothing can be rotated.
llvm::Expected<std::optional<MeasuredReader>>
RotationMeasure::measure(const Candidate &candidate) const {
  Value value = candidate.input->get();
  int64_t size = findRotationBlock(value, block);
  if (size == 0)
    return std::nullopt;
  auto type = cast<RankedTensorType>(candidate.weight->get().getType());
  int64_t channels = type.getDimSize(1);
  auto plain = findInput(names.lookup(value), channels);
  auto rotated = findInput(rotatedNames.lookup(value), channels);
  if (!plain || !rotated)
    return std::nullopt;
  llvm::Expected<Array> weight = read(candidate.weight->get());
  if (!weight)
    return weight.takeError();
  CodingError error(*weight,
                    getWeightType(plan.weights, type, /*isDepthwise=*/false),
                    std::move(*plain));
  auto asItIs = error.evaluate(std::vector<double>(size_t(channels), 1),
                               formats::ScaleSearch::MSE);
  if (!asItIs)
    return asItIs.takeError();
  auto turned =
      error.evaluateRotated(size, *rotated, formats::ScaleSearch::MSE);
  if (!turned)
    return turned.takeError();
  double energy = error.getEnergy();
  auto toDecibels = [&](double error) {
    return 10 * std::log10(energy / error);
  };
  MeasuredReader reader{candidate.op, toDecibels(*asItIs), toDecibels(*turned)};
  // Of weights that are zero, or not finite, nothing follows.
  if (!std::isfinite(reader.plain) || !std::isfinite(reader.rotated))
    return std::nullopt;
  return reader;
}

/// `readers`: those of `sharing` that were measured.
void RotationMeasure::decide(ArrayRef<const Candidate *> sharing,
                             ArrayRef<MeasuredReader> readers) {
  if (readers.empty())
    return;
  double gain = 0;
  for (const MeasuredReader &reader : readers)
    gain += (reader.rotated - reader.plain) / double(readers.size());
  bool rotates = gain > -kLeastGain;
  if (!rotates)
    for (const Candidate *candidate : sharing)
      candidate->op->setAttr(kRotateAttr,
                             BoolAttr::get(module.getContext(), false));
  std::string others;
  if (readers.size() > 1)
    others =
        llvm::formatv(" (mean gain of the {0} that share the basis: {1:f1} dB)",
                      readers.size(), gain);
  for (const MeasuredReader &reader : readers) {
    std::string text = llvm::formatv(
        "{0}a rotation of its input is expected to give {1:f1} dB, none "
        "{2:f1} dB{3}",
        rotates ? "" : "is not rotated: ", reader.rotated, reader.plain,
        others);
    appendNote(reader.op, text);
    if (reader.op == readers.front().op)
      reader.op->emitRemark(text);
  }
}

llvm::Error RotationMeasure::run(func::FuncOp main,
                                 ArrayRef<Candidate> candidates) {
  names = nameInputs(candidates);
  rotatedNames = nameRotated(names);
  SmallVector<const Candidate *> maps;
  for (const Candidate &candidate : candidates)
    if (candidate.note.empty() && !candidate.isConv)
      maps.push_back(&candidate);

  // Classes: of the graph's spaces, then of the values that are read.
  ChannelGraph graph(main, numerics::Kind::Orthogonal);
  unsigned numSpaces = graph.getSpaces().size();
  llvm::MapVector<Value, unsigned> values;
  for (const Candidate *map : maps)
    values.try_emplace(map->input->get(), numSpaces + values.size());
  llvm::IntEqClasses classes(numSpaces + values.size());
  for (auto [value, number] : values) {
    int64_t axis = cast<RankedTensorType>(value.getType()).getRank() - 1;
    for (unsigned node : graph.findNodes(value, axis))
      classes.join(number, graph.getSpaceOf(node));
  }
  llvm::MapVector<unsigned, SmallVector<const Candidate *>> groups;
  for (const Candidate *map : maps)
    groups[classes.findLeader(values.lookup(map->input->get()))].push_back(map);

  for (auto &[leader, sharing] : groups) {
    SmallVector<MeasuredReader> readers;
    for (const Candidate *map : sharing) {
      auto reader = measure(*map);
      if (!reader)
        return reader.takeError();
      if (*reader)
        readers.push_back(**reader);
      else if (findRotationBlock(map->input->get(), block) != 0)
        appendNote(map->op, "a rotation of its input is not measured: the "
                            "data has no rows of it, or they or the weights "
                            "are zero");
    }
    decide(sharing, readers);
  }
  return llvm::Error::success();
}

llvm::Error nibble::measureRotations(ModuleOp module,
                                     const RotationMeasureOptions &options,
                                     const WeightReader &read) {
  auto plan = resolveRequest(module.getContext(), options.request);
  if (!plan)
    return plan.takeError();
  if (!plan->activationsUnsigned)
    return llvm::createStringError("rotations are measured for formats of "
                                   "weights and activations; give both one");
  if (options.block < 1)
    return llvm::createStringError("the block of a rotation must be positive");
  if (options.statistics.empty())
    return llvm::createStringError(
        "statistics must name the file of what rotations would read and give");
  auto model =
      readSearchedModel(module, options.request.keep, options.statistics);
  if (!model)
    return model.takeError();
  return RotationMeasure(module, *plan, *model->statistics, read, options.block)
      .run(model->main, model->candidates);
}
