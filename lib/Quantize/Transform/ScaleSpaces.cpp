//===- ScaleSpaces.cpp - Where channel scales can go ----------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScaleSpaces.h"

#include "CollectRelations.h"
#include "PrivateStates.h"

using namespace mlir;
using namespace nibble;

std::optional<int64_t> ScalePlace::getNumber(int64_t channel) const {
  int64_t inside = channel - offset;
  if (inside < 0 || inside >= extent)
    return std::nullopt;
  int64_t index = inside / stride;
  return index / size / getRepeat() * size + index % size;
}

/// What channels get, for people.
static StringRef getNoun(const ChannelGraph &graph) {
  switch (graph.getKind()) {
  case numerics::Kind::Permutation:
    return "order";
  case numerics::Kind::Sign:
  case numerics::Kind::PositiveScale:
    return "scale";
  default:
    return "matrix";
  }
}

namespace {
/// What a space offers, or why it does not.
class SpaceReading {
public:
  SpaceReading(const ChannelGraph &graph, const ChannelSpace &space,
               const DenseMap<Operation *, const Candidate *> &candidates)
      : graph(graph), from(space), candidates(candidates) {}

  /// False if no candidate reads the space.
  bool run();
  /// Of the channels that change at the first reader.
  int64_t getStride() const {
    return space.places[space.readers[0].places[0]].stride;
  }

  ScaleSpace space;
  /// Why its readers are not scaled; empty if they can be.
  std::string reason;

private:
  void addPlaces(unsigned number);
  bool addPlace(unsigned number, unsigned index);
  std::string findFault() const;

  const ChannelGraph &graph;
  const ChannelSpace &from;
  const DenseMap<Operation *, const Candidate *> &candidates;
};
} // namespace

/// False where the scales cannot be laid along the axis.
bool SpaceReading::addPlace(unsigned number, unsigned index) {
  const ChannelLink &link = graph.getLinks()[number];
  const nn::ChannelPlace &at = link.relation.places[index];
  ScalePlace place;
  place.operand = &link.op->getOpOperand(at.port);
  place.axis = at.axis;
  place.offset = at.offset;
  place.extent = at.extent;
  place.size = space.size;
  place.copies = space.copies;
  auto form = from.structure.weights.find({number, index});
  bool isFree = form != from.structure.weights.end();
  if (isFree) {
    place.stride = form->second.stride;
    place.isDual = form->second.isDual;
  }
  space.places.push_back(place);
  if (!isFree)
    return false;
  int64_t period = space.copies * space.size * place.stride;
  if (at.extent % period != 0)
    return false;
  return space.copies == 1 || (form->second.copyAxis == at.axis &&
                               form->second.copyRepeat == place.getRepeat());
}

void SpaceReading::addPlaces(unsigned number) {
  const ChannelLink &link = graph.getLinks()[number];
  const Candidate *candidate = candidates.lookup(link.op);
  for (auto [index, node] : llvm::enumerate(link.nodes)) {
    if (node != ChannelLink::kAbsorbs)
      continue;
    if (!addPlace(number, index) && reason.empty())
      reason =
          ("weights of " + link.op->getName().getStringRef() +
           " cannot take another " + getNoun(graph) + " for each of its copies")
              .str();
    const nn::ChannelPlace &at = link.relation.places[index];
    // The summed axis of linear maps and of convolutions.
    if (!candidate || candidate->isDepthwise ||
        &link.op->getOpOperand(at.port) != candidate->weight || at.axis != 1)
      continue;
    auto known = llvm::find_if(space.readers, [&](auto &reader) {
      return reader.candidate == candidate;
    });
    if (known == space.readers.end())
      known = space.readers.insert(known, {candidate, {}});
    known->places.push_back(space.places.size() - 1);
  }
}

std::string SpaceReading::findFault() const {
  if (from.isPinned())
    return graph.getPins()[from.pins.front()].reason;
  // Its links have no map in common; of scales, since one asks for the inverse.
  if (from.structure.weights.empty())
    return ("no " + getNoun(graph) + " fits all that its channels meet").str();
  if (!reason.empty())
    return reason;
  for (unsigned number : from.links)
    if (const ChannelLink &link = graph.getLinks()[number]; link.foldsGain)
      return "the gain of " + describe(link.op) + " is not folded yet";
  bool isDual = space.places[space.readers[0].places[0]].isDual;
  for (const ScaleReader &reader : space.readers)
    for (unsigned place : reader.places)
      if (space.places[place].isDual != isDual)
        return ("its readers would need a " + getNoun(graph) +
                " and its inverse")
            .str();
  if (space.getCount() == 1)
    return ("nothing but one " + getNoun(graph) +
            " for all its channels is left")
        .str();
  return {};
}

bool SpaceReading::run() {
  space.size = from.structure.size;
  space.copies = from.structure.copies;
  space.states = findStates(graph, from.links);
  for (unsigned number : from.links)
    addPlaces(number);
  if (space.readers.empty())
    return false;
  reason = findFault();
  bool isDual = space.places[space.readers[0].places[0]].isDual;
  for (auto [number, place] : llvm::enumerate(space.places))
    if (place.isDual != isDual)
      space.writers.push_back(number);
  return true;
}

/// Calls `visit` with each channel of each reader; stops at false.
static bool
forEachChannel(const ScaleSpace &space,
               function_ref<bool(std::pair<Operation *, int64_t>)> visit) {
  for (const ScaleReader &reader : space.readers)
    for (unsigned number : reader.places) {
      const ScalePlace &place = space.places[number];
      for (int64_t i = 0; i < place.extent; ++i)
        if (!visit({reader.candidate->op, place.offset + i}))
          return false;
    }
  return true;
}

/// The spaces that candidates read. Neighbours come before what is further
/// apart: of heads, the channels within first.
static std::vector<SpaceReading>
readSpaces(const ChannelGraph &graph,
           const DenseMap<Operation *, const Candidate *> &candidates) {
  std::vector<SpaceReading> readings;
  for (const ChannelSpace &space : graph.getSpaces()) {
    SpaceReading reading(graph, space, candidates);
    if (reading.run())
      readings.push_back(std::move(reading));
  }
  auto order = llvm::to_vector(llvm::seq<size_t>(readings.size()));
  llvm::sort(order, [&](size_t lhs, size_t rhs) {
    return std::pair(readings[lhs].getStride(), lhs) <
           std::pair(readings[rhs].getStride(), rhs);
  });
  std::vector<SpaceReading> sorted;
  for (size_t number : order)
    sorted.push_back(std::move(readings[number]));
  return sorted;
}

ScaleSpaces nibble::findScaleSpaces(const ChannelGraph &graph,
                                    ArrayRef<Candidate> candidates) {
  DenseMap<Operation *, const Candidate *> byOp;
  for (const Candidate &candidate : candidates)
    if (candidate.note.empty())
      byOp[candidate.op] = &candidate;
  ScaleSpaces result;
  // Channels are of one space for each factor of their axis: of heads, and
  // within heads. The first one that is free has them.
  DenseSet<std::pair<Operation *, int64_t>> taken;
  DenseMap<Operation *, std::string> reasons;
  for (SpaceReading &reading : readSpaces(graph, byOp)) {
    bool isFree = reading.reason.empty() &&
                  forEachChannel(reading.space, [&](auto channel) {
                    return !taken.contains(channel);
                  });
    for (const ScaleReader &reader : reading.space.readers) {
      auto known = reasons.try_emplace(reader.candidate->op, reading.reason);
      if (isFree)
        known.first->second.clear();
    }
    if (!isFree)
      continue;
    forEachChannel(reading.space, [&](auto channel) {
      taken.insert(channel);
      return true;
    });
    result.spaces.push_back(std::move(reading.space));
  }
  for (const Candidate &candidate : candidates) {
    if (!candidate.note.empty())
      continue;
    auto it = reasons.find(candidate.op);
    if (it == reasons.end())
      result.refused.emplace_back(
          &candidate,
          candidate.isDepthwise
              ? "it is depthwise: a filter for each channel"
              : ("no " + getNoun(graph) + " crosses what makes its input")
                    .str());
    else if (!it->second.empty())
      result.refused.emplace_back(&candidate, it->second);
  }
  return result;
}
