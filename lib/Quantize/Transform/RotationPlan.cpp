//===- RotationPlan.cpp - Where rotations go into weights -----------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RotationPlan.h"

#include "CollectRelations.h"
#include "FoldGain.h"
#include "MinimumCut.h"
#include "Rotations.h"
#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/ADT/SmallBitVector.h"

using namespace mlir;
using namespace nibble;

/// Whether the value is a cache: a run adds to what earlier runs left there.
static bool isCache(Value value) {
  if (value.getDefiningOp<nn::CacheUpdateOp>())
    return true;
  return llvm::any_of(value.getUsers(), [&](Operation *user) {
    auto update = dyn_cast<nn::CacheUpdateOp>(user);
    return update && update.getCache() == value;
  });
}

int64_t nibble::rotationCost(const ChannelNode &node, int64_t block) {
  auto type = cast<ShapedType>(node.value.getType());
  int64_t size = largestHadamard(node.size, block), cost = node.extent;
  if (size == 1) {
    // Without a Hadamard matrix it would be of no use: as dear as any matrix.
    cost *= block;
  } else {
    auto hadamard = cast<qnt::TransformAttr>(
        qnt::HadamardAttr::get(node.value.getContext(), size));
    cost = cost / size * hadamard.getOperations();
  }
  for (auto [axis, extent] : llvm::enumerate(type.getShape()))
    if (int64_t(axis) != node.axis && !ShapedType::isDynamic(extent))
      cost *= std::max<int64_t>(extent, 1);
  return isCache(node.value) ? cost * kRowsOfCache : cost;
}

/// A rotation of less than half the channels that were asked for spreads an
/// outlier over less than half as many.
static bool isEnough(int64_t size, const RotationRequest &request) {
  return size > 1 && 2 * size >= request.block;
}

/// For each segment of the axis, the innermost factor that is large enough;
/// empty if a segment has none.
static SmallVector<unsigned, 1> chooseNodes(const ChannelGraph &graph,
                                            const RotationRequest &request,
                                            OpOperand &use) {
  SmallVector<unsigned, 1> chosen;
  int64_t end = 0, axis = getRotatedAxis(use);
  for (unsigned number : graph.findNodes(use.get(), axis)) {
    const ChannelNode &node = graph.getNodes()[number];
    if (node.offset != end ||
        !isEnough(largestHadamard(node.size, request.block), request))
      continue;
    chosen.push_back(number);
    end = node.offset + node.extent;
  }
  auto type = cast<ShapedType>(use.get().getType());
  if (end != type.getDimSize(axis))
    chosen.clear();
  return chosen;
}

namespace {

/// A reader of a node.
struct Use {
  unsigned node;
  OpOperand *operand;
  unsigned vertex;
};

/// Links that read one weight in one form.
struct SharedWeight {
  int64_t bytes;
  SmallVector<unsigned> links;
};

/// One cut: all vertices, and what they stand for.
class Network {
public:
  Network(const ChannelGraph &graph, ArrayRef<RotationRequest> requests,
          llvm::SmallBitVector alone);

  RotationPlan solve();

private:
  void addVertices();
  void addCosts(int64_t block);
  void addLinks();
  void addPins();
  void addRequests();
  void findSharedWeights();
  void addCopies();
  std::string findFault(unsigned request) const;
  void pin(unsigned vertex, std::string reason);

  unsigned useVertex(unsigned node, OpOperand *operand) const {
    return vertexOfUse.lookup({node, operand});
  }
  SmallVector<unsigned> vertices(unsigned link) const;
  bool isRotated(unsigned vertex) const { return cut.isOnSinkSide(vertex); }
  std::string findReason(ArrayRef<unsigned> start) const;

  void joinParts();
  void fillParts(RotationPlan &plan);
  void addOnline(RotationPlan &plan, unsigned node);
  void noteCopies(RotationPlan &plan) const;
  void finish(RotationPlan &plan);

  const ChannelGraph &graph;
  ArrayRef<RotationRequest> requests;
  /// Requests that get a rotation of their own.
  llvm::SmallBitVector alone;

  MinimumCut cut;
  SmallVector<unsigned> definitions, links;
  std::vector<Use> uses;
  std::vector<SmallVector<unsigned, 4>> usesOf;
  DenseMap<std::pair<unsigned, OpOperand *>, unsigned> vertexOfUse;
  /// Why a vertex cannot be rotated.
  DenseMap<unsigned, std::string> pinned;
  /// Neighbours that are in the same basis unless a rotation is between them.
  std::vector<SmallVector<unsigned, 4>> neighbours;
  /// Of each request its vertices; none where one of its readers has none.
  std::vector<SmallVector<unsigned>> wanted;
  std::vector<SharedWeight> shared;
  /// Why requests cannot share a rotation.
  DenseMap<unsigned, std::string> faults;

  llvm::EquivalenceClasses<unsigned> classes;
  DenseMap<unsigned, unsigned> partOfClass;
};

} // namespace

//===----------------------------------------------------------------------===//
// The network
//===----------------------------------------------------------------------===//

Network::Network(const ChannelGraph &graph, ArrayRef<RotationRequest> requests,
                 llvm::SmallBitVector alone)
    : graph(graph), requests(requests), alone(std::move(alone)) {
  // Keys have blocks of their own, which are not to change what others cost.
  int64_t block = 1, ofKeys = 1;
  for (const RotationRequest &request : requests) {
    int64_t &largest = request.isOfKeys ? ofKeys : block;
    largest = std::max(largest, request.block);
  }
  addVertices();
  addCosts(block == 1 ? ofKeys : block);
  addLinks();
  addPins();
  addRequests();
  findSharedWeights();
  addCopies();
}

void Network::addVertices() {
  for (size_t link = 0; link < graph.getLinks().size(); ++link)
    links.push_back(cut.addVertex());
  usesOf.resize(graph.getNodes().size());
  for (auto [number, node] : llvm::enumerate(graph.getNodes())) {
    definitions.push_back(cut.addVertex());
    for (OpOperand &operand : node.value.getUses()) {
      // Its extent is the same in any basis.
      if (isa<tensor::DimOp>(operand.getOwner()))
        continue;
      unsigned vertex = cut.addVertex();
      usesOf[number].push_back(uses.size());
      uses.push_back({unsigned(number), &operand, vertex});
      vertexOfUse[{unsigned(number), &operand}] = vertex;
    }
  }
}

/// Readers in another basis than the definition pay once: `rotated` is rotated
/// as soon as one of them is, `plain` is not as soon as one of them is not.
void Network::addCosts(int64_t block) {
  for (auto [number, node] : llvm::enumerate(graph.getNodes())) {
    if (usesOf[number].empty())
      continue;
    int64_t cost = rotationCost(node, block);
    unsigned definition = definitions[number];
    unsigned rotated = cut.addVertex(), plain = cut.addVertex();
    cut.addEdge(definition, rotated, cost);
    cut.addEdge(plain, definition, cost);
    for (unsigned use : usesOf[number]) {
      cut.addEdge(rotated, uses[use].vertex, MinimumCut::kUncuttable);
      cut.addEdge(uses[use].vertex, plain, MinimumCut::kUncuttable);
    }
  }
  neighbours.resize(cut.getNumVertices());
  for (auto [number, node] : llvm::enumerate(graph.getNodes()))
    for (unsigned use : usesOf[number]) {
      neighbours[definitions[number]].push_back(uses[use].vertex);
      neighbours[uses[use].vertex].push_back(definitions[number]);
    }
}

/// The definitions and uses that a link puts into one basis.
SmallVector<unsigned> Network::vertices(unsigned number) const {
  const ChannelLink &link = graph.getLinks()[number];
  SmallVector<unsigned> result;
  for (auto [place, node] : llvm::zip_equal(link.relation.places, link.nodes)) {
    if (node == ChannelLink::kAbsorbs)
      continue;
    if (place.port < link.op->getNumOperands())
      result.push_back(useVertex(node, &link.op->getOpOperand(place.port)));
    else
      result.push_back(definitions[node]);
  }
  return result;
}

void Network::addLinks() {
  llvm::DenseSet<unsigned> linked;
  for (auto [number, link] : llvm::enumerate(graph.getLinks())) {
    for (unsigned vertex : vertices(number)) {
      cut.tie(links[number], vertex);
      neighbours[links[number]].push_back(vertex);
      neighbours[vertex].push_back(links[number]);
      linked.insert(vertex);
    }
    if (link.foldsGain && !canFoldGain(graph, link))
      pin(links[number], "its readers' weights do not take the gain as it is");
  }
  // What no link reads or makes stays as it was.
  for (auto [number, node] : llvm::enumerate(graph.getNodes()))
    if (!linked.contains(definitions[number]))
      pin(definitions[number], "nothing before it takes a rotation");
  for (const Use &use : uses)
    if (!linked.contains(use.vertex))
      pin(use.vertex, describe(use.operand->getOwner()) +
                          " does not let a rotation through");
}

void Network::pin(unsigned vertex, std::string reason) {
  cut.addEdge(MinimumCut::kSource, vertex, MinimumCut::kUncuttable);
  pinned[vertex] = std::move(reason);
}

void Network::addPins() {
  for (const ChannelPin &found : graph.getPins()) {
    unsigned vertex =
        found.isResult || isa<func::FuncOp>(found.op)
            ? definitions[found.node]
            : useVertex(found.node, &found.op->getOpOperand(found.port));
    bool isOutput = !found.isResult && isa<func::ReturnOp>(found.op);
    pin(vertex, found.reason + (isOutput ? " would be rotated, too" : ""));
  }
}

/// What keeps the vertices tied to a request's readers from being rotated;
/// empty if nothing does.
std::string Network::findFault(unsigned number) const {
  SmallVector<unsigned> queue(wanted[number]);
  llvm::DenseSet<unsigned> seen(queue.begin(), queue.end());
  for (size_t head = 0; head < queue.size(); ++head) {
    unsigned vertex = queue[head];
    if (auto it = pinned.find(vertex); it != pinned.end())
      return it->second;
    bool isLink = llvm::binary_search(links, vertex);
    for (unsigned next : neighbours[vertex])
      if ((isLink || llvm::binary_search(links, next)) &&
          seen.insert(next).second)
        queue.push_back(next);
  }
  return {};
}

void Network::addRequests() {
  for (auto [number, request] : llvm::enumerate(requests)) {
    wanted.emplace_back();
    for (OpOperand *operand : request.uses) {
      auto chosen = chooseNodes(graph, request, *operand);
      for (unsigned node : chosen)
        wanted.back().push_back(useVertex(node, operand));
      if (!chosen.empty())
        continue;
      wanted.back().clear();
      break;
    }
    if (std::string fault = findFault(number); !fault.empty()) {
      faults[number] = fault;
      alone.set(number);
    }
    if (alone[number])
      continue;
    for (unsigned vertex : wanted[number])
      cut.addEdge(vertex, MinimumCut::kSink, MinimumCut::kUncuttable);
  }
}

//===----------------------------------------------------------------------===//
// Weights of several readers
//===----------------------------------------------------------------------===//

/// Readers share a weight only in one form. That of quantized readers is
/// another one than that of readers in f32, that of a table another one than
/// that of a product.
void Network::findSharedWeights() {
  llvm::DenseSet<Operation *> quantized;
  for (const RotationRequest &request : requests)
    for (OpOperand *operand : request.uses)
      quantized.insert(operand->getOwner());
  using Form = std::tuple<Value, int64_t, int64_t, int64_t, TypeID, unsigned>;
  llvm::MapVector<Form, SharedWeight> found;
  for (auto [number, link] : llvm::enumerate(graph.getLinks()))
    for (auto [place, node] :
         llvm::zip_equal(link.relation.places, link.nodes)) {
      if (node != ChannelLink::kAbsorbs || place.port >= 2)
        continue;
      auto type = dyn_cast<RankedTensorType>(place.value.getType());
      if (!type || !type.hasStaticShape() ||
          !isa<nn::LinearOp, nn::EmbeddingOp>(link.op))
        continue;
      // One factor of one axis.
      Form form{place.value,
                place.axis,
                place.offset,
                place.stride,
                link.op->getName().getTypeID(),
                quantized.contains(link.op)};
      SharedWeight &weight = found[form];
      weight.bytes = type.getNumElements() * sizeof(float);
      weight.links.push_back(number);
    }
  for (auto &[form, weight] : found)
    if (weight.links.size() > 1)
      shared.push_back(std::move(weight));
}

/// `rotated` is as soon as one reader is, `plain` is not as soon as one is not.
void Network::addCopies() {
  for (const SharedWeight &weight : shared) {
    unsigned rotated = cut.addVertex(), plain = cut.addVertex();
    cut.addEdge(plain, rotated, weight.bytes);
    for (unsigned link : weight.links) {
      cut.addEdge(rotated, links[link], MinimumCut::kUncuttable);
      cut.addEdge(links[link], plain, MinimumCut::kUncuttable);
    }
  }
}

void Network::noteCopies(RotationPlan &plan) const {
  for (const SharedWeight &weight : shared) {
    auto isRotatedLink = [&](unsigned link) { return isRotated(links[link]); };
    auto first = llvm::find_if(weight.links, isRotatedLink);
    if (first != weight.links.end() &&
        !llvm::all_of(weight.links, isRotatedLink))
      plan.copies.push_back({graph.getLinks()[*first].op, weight.bytes});
  }
}

//===----------------------------------------------------------------------===//
// The plan
//===----------------------------------------------------------------------===//

/// Why the vertices `start` are not rotated: the nearest one among their
/// neighbours that cannot be, or else the cost.
std::string Network::findReason(ArrayRef<unsigned> start) const {
  std::vector<unsigned> queue(start.begin(), start.end());
  llvm::DenseSet<unsigned> seen(start.begin(), start.end());
  for (size_t head = 0; head < queue.size(); ++head) {
    unsigned vertex = queue[head];
    if (auto it = pinned.find(vertex); it != pinned.end())
      return it->second;
    for (unsigned next : neighbours[vertex])
      if (!isRotated(next) && seen.insert(next).second)
        queue.push_back(next);
  }
  for (const SharedWeight &weight : shared)
    for (unsigned link : weight.links)
      if (seen.contains(links[link]))
        return "the weight of " + describe(graph.getLinks()[link].op) +
               " has other readers: a copy of " + std::to_string(weight.bytes) +
               " bytes would cost more";
  return "further changes of basis would cost more";
}

/// Joins what is in one basis: what a link ties, a value's definition and its
/// readers, and readers that share a rotation at run time.
void Network::joinParts() {
  for (size_t number = 0; number < links.size(); ++number)
    if (isRotated(links[number])) {
      classes.insert(links[number]);
      for (unsigned vertex : vertices(number))
        classes.unionSets(links[number], vertex);
    }
  for (size_t node = 0; node < definitions.size(); ++node) {
    std::optional<unsigned> first;
    auto join = [&](unsigned vertex) {
      if (!isRotated(vertex))
        return;
      classes.insert(vertex);
      if (first)
        classes.unionSets(*first, vertex);
      else
        first = vertex;
    };
    join(definitions[node]);
    for (unsigned use : usesOf[node])
      join(uses[use].vertex);
  }
}

void Network::addOnline(RotationPlan &plan, unsigned node) {
  bool inverted = isRotated(definitions[node]);
  OnlineRotation online{node, 0, inverted, {}, {}};
  std::optional<unsigned> rotated;
  SmallVector<unsigned> plain;
  if (inverted)
    rotated = definitions[node];
  else
    plain.push_back(definitions[node]);
  for (unsigned number : usesOf[node]) {
    const Use &use = uses[number];
    if (isRotated(use.vertex) == inverted)
      continue;
    online.uses.push_back(use.operand);
    if (inverted)
      plain.push_back(use.vertex);
    else
      rotated = use.vertex;
  }
  if (online.uses.empty())
    return;
  online.part = partOfClass.lookup(classes.getLeaderValue(*rotated));
  online.reason = findReason(plain);
  plan.parts[online.part].isCut = true;
  plan.online.push_back(std::move(online));
}

void Network::finish(RotationPlan &plan) {
  for (RotationPart &part : plan.parts) {
    part.structure = graph.meet(part.nodes, part.links);
    int64_t limit = part.structure.size;
    if (part.isCut) {
      int64_t block = 1;
      for (unsigned request : part.requests)
        block = std::max(block, requests[request].block);
      limit = std::min(limit, block);
    }
    part.hadamard = largestHadamard(part.structure.size, limit);
  }
}

/// Numbers the parts in the order of their first links or nodes.
void Network::fillParts(RotationPlan &plan) {
  auto partOf = [&](unsigned vertex) -> RotationPart & {
    auto [it, isNew] = partOfClass.try_emplace(classes.getLeaderValue(vertex),
                                               plan.parts.size());
    if (isNew)
      plan.parts.emplace_back();
    return plan.parts[it->second];
  };
  // Each number comes in a row: it is the last one of a part that has it.
  auto add = [](SmallVectorImpl<unsigned> &numbers, unsigned number) {
    if (numbers.empty() || numbers.back() != number)
      numbers.push_back(number);
  };
  for (size_t number = 0; number < links.size(); ++number)
    if (isRotated(links[number]))
      partOf(links[number]).links.push_back(number);
  for (unsigned node = 0; node < definitions.size(); ++node) {
    if (isRotated(definitions[node]))
      add(partOf(definitions[node]).nodes, node);
    for (unsigned use : usesOf[node])
      if (isRotated(uses[use].vertex))
        add(partOf(uses[use].vertex).nodes, node);
  }
  for (unsigned number = 0; number < requests.size(); ++number)
    if (!alone[number])
      for (unsigned vertex : wanted[number])
        add(partOf(vertex).requests, number);
}

RotationPlan Network::solve() {
  RotationPlan plan;
  auto leave = [&](unsigned number) {
    auto it = faults.find(number);
    plan.unserved.emplace_back(
        number, it == faults.end() ? "what it could share a rotation with lets "
                                     "only smaller ones through"
                                   : it->second);
  };
  // A cut right before each request is always one, as these are free; if it
  // were none, each request could still be served by itself.
  if (!cut.solve()) {
    llvm::for_each(llvm::seq<unsigned>(requests.size()), leave);
    return plan;
  }
  joinParts();
  fillParts(plan);
  for (unsigned node = 0; node < definitions.size(); ++node)
    addOnline(plan, node);
  for (unsigned number = 0; number < requests.size(); ++number)
    if (wanted[number].empty() || alone[number])
      leave(number);
  noteCopies(plan);
  finish(plan);
  return plan;
}

/// Requests whose common rotation is too small for them get one of their own;
/// that changes the others' cut, so all begins again.
RotationPlan nibble::planRotations(const ChannelGraph &graph,
                                   ArrayRef<RotationRequest> requests) {
  llvm::SmallBitVector alone(requests.size());
  while (true) {
    RotationPlan plan = Network(graph, requests, alone).solve();
    bool isFinal = true;
    for (const RotationPart &part : plan.parts)
      for (unsigned number : part.requests)
        if (!isEnough(part.hadamard, requests[number])) {
          alone.set(number);
          isFinal = false;
        }
    if (isFinal)
      return plan;
  }
}
