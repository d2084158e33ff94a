//===- FuseTransforms.cpp - Rotations that move into weights --------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Quantize/Transform/Passes.h"

#include "../Notes.h"
#include "FoldGain.h"
#include "FuseMatrices.h"
#include "KeyReaders.h"
#include "PrivateStates.h"
#include "RotationPlan.h"
#include "Rotations.h"
#include "dialects/NN/NN.h"
#include "dialects/NN/WeightDerived.h"
#include "dialects/Quant/QuantTransforms.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/RegionUtils.h"

namespace nibble {
#define GEN_PASS_DEF_FUSETRANSFORMS
#include "nibble/Quantize/Transform/Passes.h.inc"
} // namespace nibble

using namespace mlir;
using namespace nibble;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

//===----------------------------------------------------------------------===//
// Requests
//===----------------------------------------------------------------------===//

/// Whether `op` is a request: a rotation that may be replaced by another one.
static bool isHadamard(qnt::TransformOp op, WeightDerived &weights) {
  auto basis =
      SymbolTable::lookupNearestSymbolFrom<qnt::BasisOp>(op, op.getBasisAttr());
  return basis && isa<qnt::HadamardAttr>(basis.getTransform()) &&
         basis.getTransform().getSize() != 1 && !op.getInverted() &&
         !op.getDual() && !weights.contains(op.getResult()) &&
         int64_t(op.getAxis()) == typeOf(op.getInput()).getRank() - 1 &&
         !op->use_empty();
}

/// Whether `op` is before linear maps only, and their weights have its dual.
static bool isBeforeLinear(qnt::TransformOp op, WeightDerived &weights) {
  return llvm::all_of(op->getUses(), [&](OpOperand &use) {
    auto linear = dyn_cast<nn::LinearOp>(use.getOwner());
    if (!linear || use.getOperandNumber() != 0)
      return false;
    qnt::TransformOp dual = findDual(linear, op);
    return dual && weights.contains(dual.getResult());
  });
}

/// If `op` is before keys that only attentions read, and the queries of all of
/// them have its dual: these queries. Otherwise none.
static SmallVector<OpOperand *> findDualQueries(qnt::TransformOp op) {
  llvm::SetVector<Operation *> readers;
  for (OpOperand &use : op->getUses())
    if (!findKeyReaders(use, readers).empty())
      return {};
  SmallVector<OpOperand *> queries;
  for (Operation *reader : readers) {
    OpOperand &query = cast<nn::AttentionOp>(reader).getQueryMutable();
    auto dual = query.get().getDefiningOp<qnt::TransformOp>();
    if (!dual || dual.getBasisAttr() != op.getBasisAttr() ||
        dual.getInverted() || !dual.getDual() || dual.getAxis() != op.getAxis())
      return {};
    queries.push_back(&query);
  }
  return queries;
}

/// Makes the operand read what the transform that it reads does.
static void takeTransform(OpOperand &operand) {
  auto op = operand.get().getDefiningOp<qnt::TransformOp>();
  operand.set(op.getInput());
  if (op->use_empty())
    op.erase();
}

static RotationRequest takeRequest(qnt::TransformOp op,
                                   ArrayRef<OpOperand *> queries) {
  auto basis =
      SymbolTable::lookupNearestSymbolFrom<qnt::BasisOp>(op, op.getBasisAttr());
  RotationRequest request{
      basis.getTransform().getSize(), {}, /*isOfKeys=*/!queries.empty()};
  for (OpOperand &use : op->getUses())
    request.uses.push_back(&use);
  for (OpOperand *use : request.uses) {
    if (!request.isOfKeys)
      takeTransform(cast<nn::LinearOp>(use->getOwner()).getWeightMutable());
    takeTransform(*use);
  }
  for (OpOperand *query : queries) {
    takeTransform(*query);
    request.uses.push_back(query);
  }
  return request;
}

/// Collects the requests and takes them out of the IR.
static std::vector<RotationRequest> takeRequests(func::FuncOp function) {
  WeightDerived weights;
  SmallVector<std::pair<qnt::TransformOp, SmallVector<OpOperand *>>> found;
  DenseMap<Operation *, unsigned> order;
  function.walk([&](Operation *op) {
    order.try_emplace(op, order.size());
    auto transform = dyn_cast<qnt::TransformOp>(op);
    if (!transform || !isHadamard(transform, weights))
      return;
    SmallVector<OpOperand *> queries = findDualQueries(transform);
    if (!queries.empty() || isBeforeLinear(transform, weights))
      found.emplace_back(transform, queries);
  });
  std::vector<RotationRequest> requests;
  for (auto &[op, queries] : found) {
    RotationRequest request = takeRequest(op, queries);
    // A remark on all of them goes to the first one in the function.
    llvm::sort(request.uses, [&](OpOperand *a, OpOperand *b) {
      return std::pair(order.lookup(a->getOwner()), a->getOperandNumber()) <
             std::pair(order.lookup(b->getOwner()), b->getOperandNumber());
    });
    requests.push_back(std::move(request));
  }
  return requests;
}

//===----------------------------------------------------------------------===//
// The rewrite
//===----------------------------------------------------------------------===//

/// What an op's operand is, for messages.
static StringRef describeRole(OpOperand &use) {
  if (auto attention = dyn_cast<nn::AttentionOp>(use.getOwner())) {
    if (&use == &attention.getQueryMutable())
      return "queries";
    if (&use == &attention.getKeyMutable())
      return "keys";
    if (&use == &attention.getValueMutable())
      return "values";
  }
  if (auto update = dyn_cast<nn::CacheUpdateOp>(use.getOwner());
      update && &use == &update.getUpdateMutable())
    return "new entries";
  return "input";
}

static StringRef getVerb(OpOperand &use) {
  return describeRole(use) == "input" ? " is " : " are ";
}

namespace {

class Rewriter {
public:
  Rewriter(const ChannelGraph &graph, ArrayRef<RotationRequest> requests,
           const RotationPlan &plan, BasisTable &bases, MLIRContext *context)
      : graph(graph), requests(requests), plan(plan), bases(bases),
        builder(context) {}

  void run();

private:
  using AtNode = SpaceStructure::AtNode;

  void foldGains();
  void followGains(OpOperand *use, SmallVectorImpl<OpOperand *> &readers) const;
  void rotateWeights(const RotationPart &part);
  void rotateOnline(const OnlineRotation &online);
  void rotateAlone(const RotationRequest &request, StringRef reason);
  void describeParts();

  /// The rotation of a part of an axis of `channels`.
  StringRef basisOf(const RotationPart &part, const AtNode &at, int64_t offset,
                    int64_t extent, int64_t channels);
  /// Makes the uses read in another basis what they read.
  void change(ArrayRef<OpOperand *> uses, StringRef basis, int64_t axis,
              bool inverted, StringRef text);

  const ChannelGraph &graph;
  ArrayRef<RotationRequest> requests;
  const RotationPlan &plan;
  BasisTable &bases;
  OpBuilder builder;
  /// For each operand that a folded gain was multiplied with: who reads it now.
  DenseMap<OpOperand *, SmallVector<OpOperand *, 2>> readersOfGains;
};

} // namespace

StringRef Rewriter::basisOf(const RotationPart &part, const AtNode &at,
                            int64_t offset, int64_t extent, int64_t channels) {
  qnt::TransformAttr hadamard =
      qnt::HadamardAttr::get(builder.getContext(), part.hadamard);
  if (at.stride != 1)
    hadamard = qnt::makeBlocks(hadamard, part.structure.size / part.hadamard);
  return bases.get(
      spreadTransform(hadamard, at.stride, offset, extent, channels), channels);
}

/// In the order of the function, which is that of the links: a gain that is
/// multiplied with another one takes it first.
void Rewriter::foldGains() {
  SmallVector<unsigned> gains;
  for (const RotationPart &part : plan.parts)
    for (unsigned number : part.links)
      if (graph.getLinks()[number].foldsGain)
        gains.push_back(number);
  llvm::sort(gains);
  for (unsigned number : gains) {
    FoldedGain folded = foldGain(graph, graph.getLinks()[number]);
    readersOfGains[folded.input] = std::move(folded.readers);
  }
}

/// A use of the plan as it is after gains were folded.
void Rewriter::followGains(OpOperand *use,
                           SmallVectorImpl<OpOperand *> &readers) const {
  auto gain = readersOfGains.find(use);
  if (gain == readersOfGains.end())
    return readers.push_back(use);
  for (OpOperand *reader : gain->second)
    followGains(reader, readers);
}

/// The Hadamard rotation is orthogonal: its own dual.
void Rewriter::rotateWeights(const RotationPart &part) {
  makePrivate(findStates(graph, part.links));
  for (unsigned number : part.links) {
    const ChannelLink &link = graph.getLinks()[number];
    if (link.foldsGain)
      continue;
    for (auto [index, node] : llvm::enumerate(link.nodes)) {
      if (node != ChannelLink::kAbsorbs)
        continue;
      const nn::ChannelPlace &place = link.relation.places[index];
      auto at = part.structure.weights.find({number, unsigned(index)});
      OpOperand &operand = link.op->getOpOperand(place.port);
      int64_t channels = typeOf(operand.get()).getDimSize(place.axis);
      StringRef basis =
          basisOf(part, at->second, place.offset, place.extent, channels);
      builder.setInsertionPoint(link.op);
      operand.set(qnt::TransformOp::create(builder, operand.get().getLoc(),
                                           operand.get(), /*inverted=*/false,
                                           /*dual=*/false, basis, place.axis));
    }
  }
}

void Rewriter::change(ArrayRef<OpOperand *> uses, StringRef basis, int64_t axis,
                      bool inverted, StringRef text) {
  // Other rotations of the axis may be between the value and some readers.
  DenseMap<Value, Value> changed;
  for (OpOperand *use : uses) {
    Value value = use->get();
    Value &result = changed[value];
    if (!result) {
      builder.setInsertionPointAfterValue(value);
      auto op = qnt::TransformOp::create(builder, value.getLoc(), value,
                                         inverted, /*dual=*/false, basis, axis);
      appendNote(op, text);
      result = op;
    }
    use->set(result);
  }
}

void Rewriter::rotateOnline(const OnlineRotation &online) {
  const RotationPart &part = plan.parts[online.part];
  const ChannelNode &node = graph.getNodes()[online.node];
  int64_t channels = typeOf(node.value).getDimSize(node.axis);
  StringRef basis =
      basisOf(part, part.structure.nodes.find(online.node)->second, node.offset,
              node.extent, channels);
  std::string text = ("rotated " + llvm::Twine(online.inverted ? "back " : "") +
                      "at run time by blocks of " + llvm::Twine(part.hadamard) +
                      ": " + online.reason)
                         .str();
  SmallVector<OpOperand *> uses;
  for (OpOperand *use : online.uses)
    followGains(use, uses);
  if (uses.empty())
    return;
  change(uses, basis, node.axis, online.inverted, text);
  for (OpOperand *use : uses)
    appendNote(use->getOwner(), describeRole(*use).str() + " " + text);
  OpOperand &first = *uses.front();
  first.getOwner()->emitRemark("its ")
      << describeRole(first) << getVerb(first) << text;
}

void Rewriter::rotateAlone(const RotationRequest &request, StringRef reason) {
  OpOperand &first = *request.uses.front();
  if (request.isOfKeys) {
    // Their readers' queries would have to be, too: no choice of one op.
    std::string text = "keys are not rotated: " + reason.str();
    first.getOwner()->emitRemark("its ") << text;
    return appendNote(first.getOwner(), text);
  }
  int64_t axis = getRotatedAxis(first);
  StringRef basis =
      bases.get(qnt::HadamardAttr::get(builder.getContext(), request.block),
                typeOf(first.get()).getDimSize(axis));
  std::string text = ("rotated at run time by blocks of " +
                      llvm::Twine(request.block) + ": " + reason)
                         .str();
  change(request.uses, basis, axis, /*inverted=*/false, text);
  for (OpOperand *use : request.uses) {
    auto linear = cast<nn::LinearOp>(use->getOwner());
    Value weight = linear.getWeight();
    builder.setInsertionPoint(linear);
    linear.getWeightMutable().set(qnt::TransformOp::create(
        builder, weight.getLoc(), weight, /*inverted=*/false, /*dual=*/true,
        basis, /*axis=*/1));
    appendNote(linear, "input " + text);
  }
  first.getOwner()->emitRemark("its input is ") << text;
}

/// Reports the parts that need no rotation at run time.
void Rewriter::describeParts() {
  for (const RotationPart &part : plan.parts) {
    if (part.isCut || part.requests.empty())
      continue;
    size_t weights = 0;
    for (unsigned number : part.links)
      weights +=
          llvm::count(graph.getLinks()[number].nodes, ChannelLink::kAbsorbs);
    std::string text =
        ("rotated by a Hadamard matrix of " + llvm::Twine(part.hadamard) +
         " channels, fused into " + llvm::Twine(weights) + " weights")
            .str();
    OpOperand &first = *requests[part.requests.front()].uses.front();
    first.getOwner()->emitRemark("its ")
        << describeRole(first) << getVerb(first) << text << "; "
        << part.nodes.size() << " values share the basis";
    for (unsigned number : part.requests)
      for (OpOperand *use : requests[number].uses)
        appendNote(use->getOwner(), describeRole(*use).str() + " " + text);
  }
}

void Rewriter::run() {
  describeParts();
  for (const WeightCopy &copy : plan.copies) {
    std::string text = "weight, of which others read another basis, is stored "
                       "once more, " +
                       std::to_string(copy.bytes) +
                       " bytes: a rotation at run time would cost more";
    copy.reader->emitRemark("its ") << text;
    appendNote(copy.reader, text);
  }
  foldGains();
  for (const RotationPart &part : plan.parts)
    rotateWeights(part);
  for (const OnlineRotation &online : plan.online)
    rotateOnline(online);
  for (const auto &[number, reason] : plan.unserved)
    rotateAlone(requests[number], reason);
}

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

static void eraseUnusedBases(ModuleOp module) {
  for (auto basis : llvm::make_early_inc_range(module.getOps<qnt::BasisOp>()))
    if (basis.isPrivate() && SymbolTable::symbolKnownUseEmpty(basis, module))
      basis.erase();
}

namespace {
struct FuseTransforms final : nibble::impl::FuseTransformsBase<FuseTransforms> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto main = module.lookupSymbol<func::FuncOp>("main");
    if (!main || main.isExternal())
      return;
    std::vector<RotationRequest> requests = takeRequests(main);
    bool hasMatrices = fuseMatrices(main);
    if (requests.empty() && !hasMatrices)
      return;
    if (!requests.empty()) {
      ChannelGraph graph(main, numerics::Kind::Orthogonal);
      RotationPlan plan = planRotations(graph, requests);
      BasisTable bases(module);
      Rewriter(graph, requests, plan, bases, &getContext()).run();
    }
    // Products whose gain has gone, and weights that were rotated again.
    IRRewriter rewriter(&getContext());
    (void)runRegionDCE(rewriter, main->getRegions());
    eraseUnusedBases(module);
  }
};
} // namespace
