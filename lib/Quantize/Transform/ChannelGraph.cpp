//===- ChannelGraph.cpp - Which channel axes share a basis ----------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Quantize/Transform/ChannelGraph.h"

#include "CollectRelations.h"
#include "FoldGain.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/IntEqClasses.h"

#include <map>

using namespace mlir;
using namespace nibble;

namespace nibble {
/// Makes a graph in the order: relations, nodes, links, pins, spaces.
class ChannelGraphBuilder {
public:
  ChannelGraphBuilder(ChannelGraph &graph, func::FuncOp function)
      : graph(graph), function(function), relations(function, graph.kind) {}

  void build() {
    std::vector<SplitRelation> parts = relations.collect();
    numberValues();
    makeNodes(parts);
    makeLinks(parts);
    settleCarriers();
    makePins();
    makeSpaces();
    settleGains();
  }

private:
  using Port = std::pair<Operation *, unsigned>;

  void numberValues();
  void makeNodes(ArrayRef<SplitRelation> parts);
  void makeLinks(ArrayRef<SplitRelation> parts);
  void settleCarriers();
  void settle(ChannelLink &link);
  void makePins();
  void makeSpaces();
  void settleGains();

  /// The place's node.
  unsigned getNode(const nn::ChannelPlace &place) const {
    return numbers.at({valueNumbers.lookup(place.value), place.axis,
                       place.offset, place.stride});
  }
  bool isCovered(Operation *op, unsigned port, unsigned node) const {
    return covered.contains({{op, port}, node});
  }
  /// Calls `pin` for the definition and all uses that no link covers.
  void forEachGap(unsigned node,
                  function_ref<void(Operation *, unsigned, bool)> pin) const;
  void join(const ChannelLink &link);

  ChannelGraph &graph;
  func::FuncOp function;
  RelationCollector relations;
  DenseMap<Value, unsigned> valueNumbers;
  DenseMap<Operation *, unsigned> opNumbers;
  /// By value, axis, offset and stride: in the order of the function.
  std::map<std::tuple<unsigned, int64_t, int64_t, int64_t>, unsigned> numbers;
  /// What links, or products yet to be settled, let through.
  DenseSet<std::pair<Port, unsigned>> covered;
  /// Numbers of links of which several places carry, in order.
  SmallVector<unsigned> unsettled;
  /// While products are settled: sets of tied nodes, and what is known of them.
  llvm::IntEqClasses sets;
  BitVector absorbs, pinned;
};
} // namespace nibble

//===----------------------------------------------------------------------===//
// Nodes and links
//===----------------------------------------------------------------------===//

void ChannelGraphBuilder::numberValues() {
  auto number = [&](Value value) {
    valueNumbers.try_emplace(value, valueNumbers.size());
  };
  function->walk<WalkOrder::PreOrder>([&](Operation *op) {
    opNumbers.try_emplace(op, opNumbers.size());
    llvm::for_each(op->getResults(), number);
    for (Region &region : op->getRegions())
      for (Block &block : region)
        llvm::for_each(block.getArguments(), number);
  });
}

void ChannelGraphBuilder::makeNodes(ArrayRef<SplitRelation> parts) {
  std::map<decltype(numbers)::key_type, ChannelNode> made;
  for (const SplitRelation &part : parts)
    for (auto [place, absorbs] :
         llvm::zip_equal(part.relation.places, part.absorbs))
      if (!absorbs)
        made.try_emplace({valueNumbers.lookup(place.value), place.axis,
                          place.offset, place.stride},
                         ChannelNode{place.value, place.axis, place.offset,
                                     place.extent, part.relation.size,
                                     place.stride});
  for (const auto &[key, node] : made) {
    numbers.try_emplace(key, graph.nodes.size());
    graph.nodesOf[{node.value, node.axis}].push_back(graph.nodes.size());
    graph.nodes.push_back(node);
  }
}

static bool isCarried(const nn::ChannelPlace &place) {
  return place.role == nn::ChannelRole::Carry;
}

/// The relation with the copies of one of its forms.
static nn::ChannelRelation withCopies(const SplitRelation &part,
                                      const CopyForm &form) {
  nn::ChannelRelation relation = part.relation;
  relation.copies = form.copies;
  for (auto [place, copy] : llvm::zip_equal(relation.places, form.places)) {
    place.copyAxis = copy.axis;
    place.copyRepeat = copy.repeat;
  }
  return relation;
}

static ChannelLink createLink(const SplitRelation &part) {
  ChannelLink link;
  link.op = part.op;
  link.foldsGain = part.foldsGain;
  const CopyForm *most = llvm::max_element(
      part.forms, [](auto &lhs, auto &rhs) { return lhs.copies < rhs.copies; });
  link.relation = withCopies(part, *most);
  for (const CopyForm &form : part.forms)
    if (&form != most && form.copies > 1)
      link.variants.push_back(withCopies(part, form));
  return link;
}

void ChannelGraphBuilder::makeLinks(ArrayRef<SplitRelation> parts) {
  for (const SplitRelation &part : parts) {
    ChannelLink link = createLink(part);
    for (auto [place, absorbs] :
         llvm::zip_equal(part.relation.places, part.absorbs))
      link.nodes.push_back(absorbs ? ChannelLink::kAbsorbs : getNode(place));

    // Of two relations for one channel the op's first one counts: both at once
    // would be T twice.
    auto places = llvm::zip_equal(part.relation.places, link.nodes);
    if (llvm::any_of(places, [&](auto &&at) {
          auto &[place, node] = at;
          return node != ChannelLink::kAbsorbs &&
                 isCovered(link.op, place.port, node);
        }))
      continue;
    for (auto [place, node] : places)
      if (node != ChannelLink::kAbsorbs)
        covered.insert({{link.op, place.port}, node});
    if (llvm::count_if(part.relation.places, isCarried) > 1)
      unsettled.push_back(graph.links.size());
    graph.links.push_back(std::move(link));
  }
}

//===----------------------------------------------------------------------===//
// Which factor of a product carries
//===----------------------------------------------------------------------===//

void ChannelGraphBuilder::join(const ChannelLink &link) {
  std::optional<unsigned> leader;
  bool takes = false;
  for (auto [place, node] : llvm::zip_equal(link.relation.places, link.nodes)) {
    if (node == ChannelLink::kAbsorbs) {
      takes = true;
      continue;
    }
    unsigned other = sets.findLeader(node);
    bool absorbsAny = absorbs[other], pinnedAny = pinned[other];
    if (leader) {
      absorbsAny |= absorbs[*leader];
      pinnedAny |= pinned[*leader];
    }
    leader = leader ? sets.join(*leader, other) : other;
    absorbs[*leader] = absorbsAny;
    pinned[*leader] = pinnedAny;
  }
  if (leader && takes)
    absorbs.set(*leader);
}

/// Leaves the carrier whose side can take a map best: where weights absorb and
/// nothing is in the way; else where nothing is in the way; else where weights
/// absorb; of equals the first one.
void ChannelGraphBuilder::settle(ChannelLink &link) {
  auto getWorth = [&](unsigned number) {
    unsigned leader = sets.findLeader(link.nodes[number]);
    return 2 * !pinned[leader] + absorbs[leader];
  };
  std::optional<unsigned> chosen;
  for (auto [number, place] : llvm::enumerate(link.relation.places))
    if (isCarried(place) && (!chosen || getWorth(number) > getWorth(*chosen)))
      chosen = number;
  for (unsigned number = link.nodes.size(); number-- > 0;) {
    nn::ChannelPlace place = link.relation.places[number];
    if (!isCarried(place) || number == *chosen)
      continue;
    unsigned node = link.nodes[number];
    covered.erase({{link.op, place.port}, node});
    pinned.set(sets.findLeader(node));
    link.nodes.erase(link.nodes.begin() + number);
    link.relation.places.erase(link.relation.places.begin() + number);
    for (nn::ChannelRelation &variant : link.variants)
      variant.places.erase(variant.places.begin() + number);
  }
  join(link);
}

void ChannelGraphBuilder::settleCarriers() {
  if (unsettled.empty())
    return;
  sets.grow(graph.nodes.size());
  absorbs.resize(graph.nodes.size());
  pinned.resize(graph.nodes.size());
  for (unsigned node = 0; node < graph.nodes.size(); ++node)
    forEachGap(node, [&](Operation *, unsigned, bool) { pinned.set(node); });
  for (auto [number, link] : llvm::enumerate(graph.links))
    if (!llvm::binary_search(unsettled, number))
      join(link);
  for (unsigned number : unsettled)
    settle(graph.links[number]);
}

//===----------------------------------------------------------------------===//
// Pins and spaces
//===----------------------------------------------------------------------===//

void ChannelGraphBuilder::forEachGap(
    unsigned node, function_ref<void(Operation *, unsigned, bool)> pin) const {
  Value value = graph.nodes[node].value;
  auto [owner, port] = relations.getDefinition(value);
  if (!isCovered(owner, port, node))
    pin(isa<BlockArgument>(value) ? value.getParentBlock()->getParentOp()
                                  : owner,
        port, true);

  SmallVector<OpOperand *> uses;
  for (OpOperand &use : value.getUses())
    // An extent says nothing of channels.
    if (!isa<tensor::DimOp>(use.getOwner()) &&
        !isCovered(use.getOwner(), use.getOperandNumber(), node))
      uses.push_back(&use);
  llvm::sort(uses, [&](OpOperand *lhs, OpOperand *rhs) {
    return std::pair(opNumbers.lookup(lhs->getOwner()),
                     lhs->getOperandNumber()) <
           std::pair(opNumbers.lookup(rhs->getOwner()),
                     rhs->getOperandNumber());
  });
  for (OpOperand *use : uses)
    pin(use->getOwner(), use->getOperandNumber(), false);
}

void ChannelGraphBuilder::makePins() {
  graph.pinsOf.resize(graph.nodes.size());
  for (unsigned node = 0; node < graph.nodes.size(); ++node)
    forEachGap(node, [&](Operation *op, unsigned port, bool isResult) {
      graph.pinsOf[node].push_back(graph.pins.size());
      graph.pins.push_back(
          {node, op, port, isResult,
           relations.explain(graph.nodes[node], op, port, isResult)});
    });
}

void ChannelGraphBuilder::makeSpaces() {
  graph.linksOf.resize(graph.nodes.size());
  llvm::IntEqClasses tied(graph.nodes.size());
  for (auto [number, link] : llvm::enumerate(graph.links)) {
    std::optional<unsigned> first;
    for (unsigned node : link.nodes) {
      if (node == ChannelLink::kAbsorbs)
        continue;
      if (!llvm::is_contained(graph.linksOf[node], number))
        graph.linksOf[node].push_back(number);
      if (first)
        tied.join(*first, node);
      first = node;
    }
  }
  // Numbers the sets by their first nodes.
  tied.compress();
  graph.spaces.resize(tied.getNumClasses());
  for (unsigned node = 0; node < graph.nodes.size(); ++node) {
    graph.spaceOf.push_back(tied[node]);
    ChannelSpace &space = graph.spaces[tied[node]];
    space.nodes.push_back(node);
    llvm::append_range(space.pins, graph.pinsOf[node]);
  }
  for (auto [number, link] : llvm::enumerate(graph.links)) {
    auto *node = llvm::find_if(link.nodes, [](unsigned node) {
      return node != ChannelLink::kAbsorbs;
    });
    ChannelSpace &space = graph.spaces[graph.spaceOf[*node]];
    space.links.push_back(number);
    space.absorbs |= llvm::is_contained(link.nodes, ChannelLink::kAbsorbs);
  }
  for (ChannelSpace &space : graph.spaces)
    space.structure = graph.meet(space.nodes, space.links);
}

/// A gain of one number that no reader can take lets maps through as it is.
void ChannelGraphBuilder::settleGains() {
  for (ChannelLink &link : graph.links)
    if (link.foldsGain && !canFoldGain(graph, link) &&
        llvm::any_of(link.op->getOperands(), hasEqualElements))
      link.foldsGain = false;
}

//===----------------------------------------------------------------------===//
// The graph
//===----------------------------------------------------------------------===//

ChannelGraph::ChannelGraph(func::FuncOp function, numerics::Kind kind)
    : kind(kind) {
  if (!function.isExternal())
    ChannelGraphBuilder(*this, function).build();
}

ArrayRef<unsigned> ChannelGraph::findNodes(Value value, int64_t axis) const {
  auto it = nodesOf.find({value, axis});
  return it == nodesOf.end() ? ArrayRef<unsigned>() : it->second;
}

ArrayRef<unsigned> ChannelGraph::getLinksOf(unsigned node) const {
  return linksOf[node];
}

SpaceStructure ChannelGraph::meet(ArrayRef<unsigned> useNodes,
                                  ArrayRef<unsigned> useLinks) const {
  return meetStructures(kind, nodes, links, useNodes, useLinks);
}
