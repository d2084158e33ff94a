//===- ScaleSearch.cpp - Scales that lose least in codes ------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Quantize/Transform/ScaleSearch.h"

#include "../Notes.h"
#include "ScaleChoice.h"
#include "SpaceFolder.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "nibble/Quantize/Calibration/Statistics.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>

using namespace mlir;
using namespace nibble;

//===----------------------------------------------------------------------===//
// The search
//===----------------------------------------------------------------------===//

namespace {
class ScaleSearch {
public:
  ScaleSearch(ModuleOp module, const QuantizePlan &plan,
              const Statistics *statistics, const WeightReader &read,
              const ScaleSearchOptions &options)
      : module(module), plan(plan), statistics(statistics), read(read),
        folder(module, options.numbers) {}

  llvm::Error run(func::FuncOp main, ArrayRef<Candidate> candidates);

private:
  llvm::Error scale(const ScaleSpace &space);
  static void refuse(ArrayRef<std::pair<const Candidate *, std::string>> all);
  static void say(ArrayRef<ScaleReader> readers, const llvm::Twine &text);
  llvm::Expected<std::vector<CodedReader>> readSpace(const ScaleSpace &space);
  llvm::Expected<std::vector<double>> readWriters(const ScaleSpace &space);
  const ChannelStatistics *findStatistics(const ScaleReader &reader,
                                          int64_t channels) const;
  bool isSeen(const ScaleSpace &space) const;

  ModuleOp module;
  const QuantizePlan &plan;
  const Statistics *statistics;
  const WeightReader &read;
  SpaceFolder folder;
  llvm::MapVector<Value, std::string> names;
  /// Weights as they were: each space is judged by itself.
  DenseMap<OpOperand *, Value> originals;
};
} // namespace

/// What was seen of the rows that a linear map reads; null if nothing.
const ChannelStatistics *ScaleSearch::findStatistics(const ScaleReader &reader,
                                                     int64_t channels) const {
  if (!statistics || reader.candidate->isConv)
    return nullptr;
  auto name = names.find(reader.candidate->input->get());
  if (name == names.end())
    return nullptr;
  auto it = statistics->rows.find(name->second);
  return it == statistics->rows.end() ||
                 int64_t(it->second.largest.size()) != channels
             ? nullptr
             : &it->second;
}

/// Whether statistics tell what all readers read.
bool ScaleSearch::isSeen(const ScaleSpace &space) const {
  return llvm::all_of(space.readers, [&](const ScaleReader &reader) {
    auto type =
        cast<RankedTensorType>(reader.candidate->weight->get().getType());
    return findStatistics(reader, type.getDimSize(1)) != nullptr;
  });
}

/// How large the weights that make each channel make it, if all that they
/// multiply is alike: the squares of a gain, of a row of a linear map.
llvm::Expected<std::vector<double>>
ScaleSearch::readWriters(const ScaleSpace &space) {
  std::vector<double> squares(space.getCount());
  for (unsigned number : space.writers) {
    const ScalePlace &place = space.places[number];
    llvm::Expected<Array> weight = read(originals.lookup(place.operand));
    if (!weight)
      return weight.takeError();
    ArrayRef<int64_t> shape = weight->getShape();
    int64_t channels = shape[place.axis];
    int64_t inner =
        ShapedType::getNumElements(shape.drop_front(place.axis + 1));
    for (auto [i, value] : llvm::enumerate(weight->as<float>()))
      if (auto own = place.getNumber(int64_t(i) / inner % channels))
        squares[*own] += double(value) * value / place.getRepeat();
  }
  return squares;
}

llvm::Expected<std::vector<CodedReader>>
ScaleSearch::readSpace(const ScaleSpace &space) {
  std::vector<double> supposed;
  bool seen = isSeen(space);
  if (!seen) {
    auto squares = readWriters(space);
    if (!squares)
      return squares.takeError();
    supposed = std::move(*squares);
  }
  std::vector<CodedReader> readers;
  for (const ScaleReader &reader : space.readers) {
    Value value = originals.lookup(reader.candidate->weight);
    auto type = cast<RankedTensorType>(value.getType());
    llvm::Expected<Array> weight = read(value);
    if (!weight)
      return weight.takeError();
    std::vector<std::optional<int64_t>> numbers(type.getDimSize(1));
    for (auto [channel, number] : llvm::enumerate(numbers))
      for (unsigned place : reader.places)
        if (!number)
          number = space.places[place].getNumber(int64_t(channel));
    InputModel input;
    if (seen) {
      const ChannelStatistics *rows =
          findStatistics(reader, int64_t(numbers.size()));
      input.meanSquare = rows->meanSquare;
      input.largest = rows->largest;
    } else {
      // Channels of other spaces are taken as of the same size.
      for (std::optional<int64_t> number : numbers)
        input.meanSquare.push_back(number ? supposed[*number] : 1);
    }
    input.isQuantized = plan.activationsUnsigned.has_value() &&
                        (!reader.candidate->isConv || statistics);
    input.isStatic = statistics != nullptr;
    input.bits = plan.activationBits;
    input.group = plan.activationGroup;
    readers.push_back(
        {CodingError(*weight,
                     getWeightType(plan.weights, type, /*isDepthwise=*/false),
                     std::move(input)),
         std::move(numbers)});
  }
  return readers;
}

/// A remark on the first of the readers, and a note on each.
void ScaleSearch::say(ArrayRef<ScaleReader> readers, const llvm::Twine &text) {
  std::string line = text.str();
  readers.front().candidate->op->emitRemark("its ") << line;
  for (const ScaleReader &reader : readers)
    appendNote(reader.candidate->op, line);
}

/// From weights that are not finite nothing follows. Who quantizes them says
/// so, if anybody does.
static bool areFinite(ArrayRef<CodedReader> readers) {
  return llvm::all_of(readers, [](const CodedReader &reader) {
    return std::isfinite(reader.error.getEnergy());
  });
}

llvm::Error ScaleSearch::scale(const ScaleSpace &space) {
  auto readers = readSpace(space);
  if (!readers)
    return readers.takeError();
  if (!areFinite(*readers)) {
    say(space.readers, "input is not scaled: weights that make or read it are "
                       "not finite");
    return llvm::Error::success();
  }
  auto choice = chooseScales(module.getContext(), space.getCount(), *readers);
  if (!choice)
    return choice.takeError();
  std::string before = llvm::formatv("{0:e2}", choice->before);
  std::string text;
  if (choice->factors.empty()) {
    text = "keeps its scales: no candidate has an error below " + before;
  } else {
    folder.foldFactors(space, choice->factors);
    text = llvm::formatv("scaled by 1 / ({0}), fused into {1} weights: "
                         "expected error {2:e2} instead of {3}",
                         choice->formula, space.places.size(), choice->after,
                         before);
  }
  Operation *first = space.readers.front().candidate->op;
  first->emitRemark("its input ")
      << (choice->factors.empty() ? "" : "is ") << text << "; "
      << space.readers.size() << " readers share the scales";
  for (const ScaleReader &reader : space.readers)
    appendNote(reader.candidate->op, "input " + text);
  return llvm::Error::success();
}

/// Readers of one value that no scale reaches.
void ScaleSearch::refuse(
    ArrayRef<std::pair<const Candidate *, std::string>> all) {
  llvm::MapVector<std::pair<Value, StringRef>, SmallVector<ScaleReader>> groups;
  for (auto &[candidate, reason] : all)
    groups[{candidate->input->get(), reason}].push_back({candidate, {}});
  for (auto &[key, readers] : groups)
    say(readers, "input is not scaled: " + key.second);
}

//===----------------------------------------------------------------------===//
// All spaces
//===----------------------------------------------------------------------===//

llvm::Error ScaleSearch::run(func::FuncOp main,
                             ArrayRef<Candidate> candidates) {
  names = nameInputs(candidates);
  ChannelGraph graph(main, numerics::Kind::PositiveScale);
  ScaleSpaces found = findScaleSpaces(graph, candidates);
  for (const Candidate &candidate : candidates)
    originals[candidate.weight] = candidate.weight->get();
  for (const ScaleSpace &space : found.spaces)
    for (const ScalePlace &place : space.places)
      originals[place.operand] = place.operand->get();
  refuse(found.refused);
  for (const ScaleSpace &space : found.spaces)
    if (llvm::Error error = scale(space))
      return error;
  return folder.write("scales");
}

llvm::Error nibble::searchScales(ModuleOp module,
                                 const ScaleSearchOptions &options,
                                 const WeightReader &read) {
  auto plan = resolveRequest(module.getContext(), options.request);
  if (!plan)
    return plan.takeError();
  if (!plan->weights)
    return llvm::createStringError("scales are chosen for a format of weights; "
                                   "give weights a format");
  if (options.numbers.empty())
    return llvm::createStringError("numbers must name the file that gets the "
                                   "scales");
  auto model =
      readSearchedModel(module, options.request.keep, options.statistics);
  if (!model)
    return model.takeError();
  return ScaleSearch(module, *plan,
                     model->statistics ? &*model->statistics : nullptr, read,
                     options)
      .run(model->main, model->candidates);
}
