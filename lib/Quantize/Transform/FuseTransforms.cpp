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
#include "RotationPlan.h"
#include "Rotations.h"
#include "dialects/NN/NN.h"
#include "dialects/NN/WeightDerived.h"
#include "dialects/Quant/QuantTransforms.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
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

/// The weight that `linear` has in the dual basis of `rotated`, its input; null
/// where it does not.
static qnt::TransformOp findDual(nn::LinearOp linear,
                                 qnt::TransformOp rotated) {
  auto dual = linear.getWeight().getDefiningOp<qnt::TransformOp>();
  if (dual && dual.getBasisAttr() == rotated.getBasisAttr() &&
      !dual.getInverted() && dual.getDual() && dual.getAxis() == 1)
    return dual;
  return {};
}

/// Whether `op` asks for a rotation that the engine may choose: by a Hadamard
/// matrix, before linear maps whose weights have its dual.
static bool isRequest(qnt::TransformOp op, WeightDerived &weights) {
  auto basis =
      SymbolTable::lookupNearestSymbolFrom<qnt::BasisOp>(op, op.getBasisAttr());
  if (!basis || !isa<qnt::HadamardAttr>(basis.getTransform()) ||
      basis.getTransform().getSize() == 1 || op.getInverted() || op.getDual() ||
      weights.contains(op.getResult()) ||
      int64_t(op.getAxis()) != typeOf(op.getInput()).getRank() - 1)
    return false;
  return !op->use_empty() && llvm::all_of(op->getUses(), [&](OpOperand &use) {
    auto linear = dyn_cast<nn::LinearOp>(use.getOwner());
    if (!linear || use.getOperandNumber() != 0)
      return false;
    qnt::TransformOp dual = findDual(linear, op);
    return dual && weights.contains(dual.getResult());
  });
}

/// Collects the requests and takes them out of the IR.
static std::vector<RotationRequest> takeRequests(func::FuncOp function) {
  WeightDerived weights;
  SmallVector<qnt::TransformOp> ops;
  DenseMap<Operation *, unsigned> order;
  function.walk([&](Operation *op) {
    order.try_emplace(op, order.size());
    auto transform = dyn_cast<qnt::TransformOp>(op);
    if (transform && isRequest(transform, weights))
      ops.push_back(transform);
  });
  std::vector<RotationRequest> requests;
  for (qnt::TransformOp op : ops) {
    auto basis = SymbolTable::lookupNearestSymbolFrom<qnt::BasisOp>(
        op, op.getBasisAttr());
    RotationRequest request{op.getInput(),
                            int64_t(op.getAxis()),
                            basis.getTransform().getSize(),
                            {}};
    for (OpOperand &use : llvm::make_early_inc_range(op->getUses())) {
      auto linear = cast<nn::LinearOp>(use.getOwner());
      qnt::TransformOp dual = findDual(linear, op);
      linear.getWeightMutable().set(dual.getInput());
      if (dual->use_empty())
        dual.erase();
      use.set(op.getInput());
      request.uses.push_back(&use);
    }
    // What is said of all is said of the first in the function.
    llvm::sort(request.uses, [&](OpOperand *a, OpOperand *b) {
      return order.lookup(a->getOwner()) < order.lookup(b->getOwner());
    });
    op.erase();
    requests.push_back(std::move(request));
  }
  return requests;
}

//===----------------------------------------------------------------------===//
// The rewrite
//===----------------------------------------------------------------------===//

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
  void rotateWeights(const RotationPart &part);
  void rotateOnline(const OnlineRotation &online);
  void rotateAlone(const RotationRequest &request);
  void describeParts();

  /// The rotation of a part of an axis of `channels`.
  StringRef basisOf(const RotationPart &part, const AtNode &at, int64_t offset,
                    int64_t extent, int64_t channels);
  /// The uses get what they read in another basis.
  void change(ArrayRef<OpOperand *> uses, StringRef basis, int64_t axis,
              bool inverted, StringRef text);

  const ChannelGraph &graph;
  ArrayRef<RotationRequest> requests;
  const RotationPlan &plan;
  BasisTable &bases;
  OpBuilder builder;
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
  for (unsigned number : gains)
    foldGain(graph, graph.getLinks()[number]);
}

/// The Hadamard rotation is orthogonal: its own dual.
void Rewriter::rotateWeights(const RotationPart &part) {
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
  change(online.uses, basis, node.axis, online.inverted, text);
  for (OpOperand *use : online.uses)
    appendNote(use->getOwner(), "input " + text);
  online.uses.front()->getOwner()->emitRemark("its input is ") << text;
}

void Rewriter::rotateAlone(const RotationRequest &request) {
  int64_t channels = typeOf(request.value).getDimSize(request.axis);
  StringRef basis = bases.get(
      qnt::HadamardAttr::get(builder.getContext(), request.block), channels);
  std::string text =
      ("rotated at run time by blocks of " + llvm::Twine(request.block) +
       ": what it could share a rotation with lets only smaller ones through")
          .str();
  change(request.uses, basis, request.axis, /*inverted=*/false, text);
  for (OpOperand *use : request.uses) {
    auto linear = cast<nn::LinearOp>(use->getOwner());
    Value weight = linear.getWeight();
    builder.setInsertionPoint(linear);
    linear.getWeightMutable().set(qnt::TransformOp::create(
        builder, weight.getLoc(), weight, /*inverted=*/false, /*dual=*/true,
        basis, /*axis=*/1));
    appendNote(linear, "input " + text);
  }
  request.uses.front()->getOwner()->emitRemark("its input is ") << text;
}

/// Says of what runs without any rotation how many share it.
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
    const RotationRequest &first = requests[part.requests.front()];
    first.uses.front()->getOwner()->emitRemark("its input is ")
        << text << "; " << part.nodes.size() << " values share the basis";
    for (unsigned number : part.requests)
      for (OpOperand *use : requests[number].uses)
        appendNote(use->getOwner(), "input " + text);
  }
}

void Rewriter::run() {
  describeParts();
  foldGains();
  for (const RotationPart &part : plan.parts)
    rotateWeights(part);
  for (const OnlineRotation &online : plan.online)
    rotateOnline(online);
  for (unsigned number : plan.unserved)
    rotateAlone(requests[number]);
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
    if (requests.empty())
      return;
    {
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
