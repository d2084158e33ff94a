//===- PermutationSearch.cpp - Channels in an order for blocks ------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Quantize/Transform/PermutationSearch.h"

#include "../Notes.h"
#include "ChannelOrder.h"
#include "Rotations.h"
#include "SpaceFolder.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "nibble/Quantize/Calibration/Statistics.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>
#include <numeric>

using namespace mlir;
using namespace nibble;

/// The least part of its measure that an order must gain. Less could be
/// reversed by rows that were not looked at.
static constexpr double kLeastGain = 0.01;

//===----------------------------------------------------------------------===//
// How large channels are
//===----------------------------------------------------------------------===//

namespace {
/// How large channels are, from several sources: each says it relative to the
/// mean of its channels, and all count alike.
class RelativeSizes {
public:
  explicit RelativeSizes(int64_t count) : sums(count) {}

  /// Adds a source. One of zeros only says nothing.
  void add(ArrayRef<double> sizes) {
    double total = std::accumulate(sizes.begin(), sizes.end(), 0.0);
    if (!(total > 0) || !std::isfinite(total))
      return;
    for (auto [sum, size] : llvm::zip_equal(sums, sizes))
      sum += size * double(sizes.size()) / total;
    ++sources;
  }
  /// Empty if no source says anything.
  ArrayRef<double> get() const {
    return sources ? ArrayRef(sums) : ArrayRef<double>();
  }

private:
  std::vector<double> sums;
  unsigned sources = 0;
};

class PermutationSearch {
public:
  PermutationSearch(ModuleOp module, OrderPolicy policy,
                    const PermutationSearchOptions &options,
                    const Statistics *statistics, const WeightReader &read)
      : module(module), policy(policy), block(options.block),
        statistics(statistics), read(read), folder(module, options.numbers) {}

  llvm::Error run(func::FuncOp main, ArrayRef<Candidate> candidates);

private:
  /// What an order of a space can do.
  struct Blocks {
    /// Channels of a block that change places; 1 where none can.
    int64_t size = 1;
    /// Why none can.
    std::string reason;
  };

  /// An order of a space's channels, and measureOrder() without and with it.
  struct Order {
    std::vector<int64_t> channels;
    double before = 0, after = 0;
  };

  llvm::Error permute(const ScaleSpace &space);
  Order chooseOrder(const ScaleSpace &space, ArrayRef<double> sizes,
                    int64_t size) const;
  void report(const ScaleSpace &space, const Order &order, int64_t size);
  Blocks findBlocks(const ScaleSpace &space) const;
  llvm::Expected<std::vector<double>> findSizes(const ScaleSpace &space);
  bool addSeen(const ScaleSpace &space, RelativeSizes &sizes) const;
  llvm::Error addWeights(const ScaleSpace &space, RelativeSizes &sizes) const;
  static void refuse(ArrayRef<const Candidate *> readers, const Twine &reason);
  static void refuse(const ScaleSpace &space, const Twine &reason);

  ModuleOp module;
  OrderPolicy policy;
  int64_t block;
  const Statistics *statistics;
  const WeightReader &read;
  SpaceFolder folder;
  llvm::MapVector<Value, std::string> names;
  /// Weights as they were.
  DenseMap<OpOperand *, Value> originals;
};
} // namespace

/// Adds the statistics of all readers' inputs, each once. False if there are
/// none of one input.
bool PermutationSearch::addSeen(const ScaleSpace &space,
                                RelativeSizes &sizes) const {
  if (!statistics)
    return false;
  llvm::MapVector<Value, const ScaleReader *> inputs;
  for (const ScaleReader &reader : space.readers)
    inputs.insert({reader.candidate->input->get(), &reader});
  for (auto [input, reader] : inputs) {
    auto name = names.find(input);
    if (name == names.end())
      return false;
    auto it = statistics->rows.find(name->second);
    if (it == statistics->rows.end())
      return false;
    std::vector<double> largest(space.getCount());
    for (auto [channel, reached] : llvm::enumerate(it->second.largest))
      for (unsigned number : reader->places)
        if (auto own = space.places[number].getNumber(int64_t(channel)))
          largest[*own] = std::max<double>(largest[*own], reached);
    sizes.add(largest);
  }
  return true;
}

/// Adds the squares of the weights that make and read each channel. A table
/// says nothing, since it is not known which of its rows will be looked up.
llvm::Error PermutationSearch::addWeights(const ScaleSpace &space,
                                          RelativeSizes &sizes) const {
  for (const ScalePlace &place : space.places) {
    if (isa<nn::EmbeddingOp>(place.operand->getOwner()))
      continue;
    llvm::Expected<Array> weight = read(originals.lookup(place.operand));
    if (!weight)
      return weight.takeError();
    ArrayRef<int64_t> shape = weight->getShape();
    int64_t channels = shape[place.axis];
    int64_t inner =
        ShapedType::getNumElements(shape.drop_front(place.axis + 1));
    std::vector<std::optional<int64_t>> own;
    for (int64_t channel = 0; channel < channels; ++channel)
      own.push_back(place.getNumber(channel));
    std::vector<double> squares(space.getCount());
    for (auto [i, value] : llvm::enumerate(weight->as<float>()))
      if (auto number = own[int64_t(i) / inner % channels])
        squares[*number] += double(value) * value;
    sizes.add(squares);
  }
  return llvm::Error::success();
}

/// Empty if nothing is known.
llvm::Expected<std::vector<double>>
PermutationSearch::findSizes(const ScaleSpace &space) {
  RelativeSizes seen(space.getCount());
  if (addSeen(space, seen))
    return seen.get().vec();
  RelativeSizes supposed(space.getCount());
  if (llvm::Error error = addWeights(space, supposed))
    return error;
  std::vector<double> sizes = supposed.get().vec();
  for (double &size : sizes)
    size = std::sqrt(size);
  return sizes;
}

//===----------------------------------------------------------------------===//
// The order of a space
//===----------------------------------------------------------------------===//

/// The blocks along the axis that the first reader sums; for ZigZag they are
/// those of a rotation.
PermutationSearch::Blocks
PermutationSearch::findBlocks(const ScaleSpace &space) const {
  const ScaleReader &reader = space.readers.front();
  const ScalePlace &place = space.places[reader.places.front()];
  auto type = cast<RankedTensorType>(place.operand->get().getType());
  int64_t channels = type.getDimSize(place.axis);
  int64_t extent = policy == OrderPolicy::ZigZag
                       ? largestHadamard(channels, block)
                       : std::min(block, channels);
  if (policy == OrderPolicy::ZigZag && extent == 1)
    return {1, llvm::formatv("no divisor up to {0} of its {1} channels is the "
                             "order of a Hadamard matrix that is known",
                             block, channels)};
  int64_t size = extent / place.stride;
  if (size <= 1)
    return {1, llvm::formatv("blocks of {0} channels would change places as a "
                             "whole",
                             extent)};
  if (size >= space.size)
    return {1, llvm::formatv("the {0} channels that can change places are in "
                             "one block of {1}",
                             space.size, extent)};
  if (policy == OrderPolicy::ZigZag && space.size % size != 0)
    return {1, llvm::formatv("blocks of {0} do not divide the {1} channels "
                             "that can change places",
                             size, space.size)};
  return {size, {}};
}

void PermutationSearch::refuse(ArrayRef<const Candidate *> readers,
                               const Twine &reason) {
  std::string text = ("input keeps its order: " + reason).str();
  readers.front()->op->emitRemark("its ") << text;
  for (const Candidate *candidate : readers)
    appendNote(candidate->op, text);
}

void PermutationSearch::refuse(const ScaleSpace &space, const Twine &reason) {
  auto readers =
      llvm::map_to_vector(space.readers, [](const ScaleReader &reader) {
        return reader.candidate;
      });
  refuse(readers, reason);
}

/// By blocks of `size`, each copy by itself.
PermutationSearch::Order PermutationSearch::chooseOrder(const ScaleSpace &space,
                                                        ArrayRef<double> sizes,
                                                        int64_t size) const {
  Order order;
  auto asIs = llvm::to_vector(llvm::seq<int64_t>(space.size));
  for (int64_t copy = 0; copy < space.copies; ++copy) {
    int64_t first = copy * space.size;
    ArrayRef<double> own = sizes.slice(first, space.size);
    std::vector<int64_t> chosen = orderChannels(own, policy, size);
    order.before += measureOrder(own, asIs, policy, size) / space.copies;
    order.after += measureOrder(own, chosen, policy, size) / space.copies;
    for (int64_t channel : chosen)
      order.channels.push_back(first + channel);
  }
  return order;
}

/// What the measure is of, for messages.
static StringRef getMeasure(OrderPolicy policy) {
  return policy == OrderPolicy::Sort ? "the largest of each block has"
                                     : "the largest block has";
}

void PermutationSearch::report(const ScaleSpace &space, const Order &order,
                               int64_t size) {
  std::string text = llvm::formatv(
      "{0} by blocks of {1}, fused into {2} weights: {3} {4:f2} instead of "
      "{5:f2} times the mean energy",
      policy == OrderPolicy::Sort ? "sorted by magnitude" : "in zig-zag order",
      size, space.places.size(), getMeasure(policy), order.after, order.before);
  space.readers.front().candidate->op->emitRemark("its input is ")
      << text << "; " << space.readers.size() << " readers share the order";
  for (const ScaleReader &reader : space.readers)
    appendNote(reader.candidate->op, "input " + text);
}

llvm::Error PermutationSearch::permute(const ScaleSpace &space) {
  assert(
      llvm::all_of(space.places,
                   [](const ScalePlace &place) {
                     return getElementTypeOrSelf(place.operand->get()).isF32();
                   }) &&
      "a relation over other types is none");
  Blocks blocks = findBlocks(space);
  if (blocks.size == 1) {
    refuse(space, blocks.reason);
    return llvm::Error::success();
  }
  auto sizes = findSizes(space);
  if (!sizes)
    return sizes.takeError();
  if (sizes->empty()) {
    refuse(space, "neither statistics nor weights tell how large its channels "
                  "are");
    return llvm::Error::success();
  }
  Order order = chooseOrder(space, *sizes, blocks.size);
  if (!(order.after < order.before * (1 - kLeastGain))) {
    refuse(space,
           llvm::formatv("{0} {1:f2} times the mean energy, and no less {2}",
                         getMeasure(policy), order.before,
                         policy == OrderPolicy::Sort ? "sorted"
                                                     : "in zig-zag order")
               .str());
    return llvm::Error::success();
  }
  folder.foldOrder(space, order.channels);
  report(space, order, blocks.size);
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// All spaces
//===----------------------------------------------------------------------===//

llvm::Error PermutationSearch::run(func::FuncOp main,
                                   ArrayRef<Candidate> candidates) {
  names = nameInputs(candidates);
  // Only blocks of neighbours make an order matter, and a convolution's
  // channels share none.
  auto linear = llvm::to_vector(
      llvm::make_filter_range(candidates, [](const Candidate &candidate) {
        return !candidate.isConv;
      }));
  ChannelGraph graph(main, numerics::Kind::Permutation);
  ScaleSpaces found = findScaleSpaces(graph, linear);
  for (const ScaleSpace &space : found.spaces)
    for (const ScalePlace &place : space.places)
      originals[place.operand] = place.operand->get();
  llvm::MapVector<std::pair<Value, StringRef>, SmallVector<const Candidate *>>
      refused;
  for (auto &[candidate, reason] : found.refused)
    refused[{candidate->input->get(), reason}].push_back(candidate);
  for (auto &[key, readers] : refused)
    refuse(readers, key.second);
  for (const ScaleSpace &space : found.spaces)
    if (llvm::Error error = permute(space))
      return error;
  return folder.write("orders of channels");
}

llvm::Error nibble::searchPermutations(ModuleOp module,
                                       const PermutationSearchOptions &options,
                                       const WeightReader &read) {
  if (options.order != "sort" && options.order != "zigzag")
    return llvm::createStringError("unknown order '" + options.order +
                                   "': expected sort or zigzag");
  if (options.block < 2)
    return llvm::createStringError(
        "the block of an order must have at least 2 channels");
  if (options.numbers.empty())
    return llvm::createStringError("numbers must name the file that gets the "
                                   "orders of channels");
  auto model = readSearchedModel(module, options.keep, options.statistics);
  if (!model)
    return model.takeError();
  OrderPolicy policy =
      options.order == "sort" ? OrderPolicy::Sort : OrderPolicy::ZigZag;
  return PermutationSearch(module, policy, options,
                           model->statistics ? &*model->statistics : nullptr,
                           read)
      .run(model->main, model->candidates);
}
