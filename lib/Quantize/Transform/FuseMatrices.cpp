//===- FuseMatrices.cpp - Matrices that move into weights -----------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FuseMatrices.h"

#include "../Notes.h"
#include "FoldGain.h"
#include "PrivateStates.h"
#include "Rotations.h"
#include "dialects/NN/NN.h"
#include "dialects/NN/WeightDerived.h"

#include <algorithm>

using namespace mlir;
using namespace nibble;
using numerics::Kind;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

Kind nibble::getMatrixKind(qnt::TransformAttr transform) {
  return numerics::Kinds(Kind::Orthogonal).contains(transform.getKinds())
             ? Kind::Orthogonal
             : Kind::Linear;
}

//===----------------------------------------------------------------------===//
// Where a matrix can go
//===----------------------------------------------------------------------===//

/// What keeps a space from taking a matrix; empty if nothing does.
static std::string findFault(const ChannelGraph &graph,
                             const ChannelSpace &space, int64_t size) {
  if (space.isPinned())
    return graph.getPins()[space.pins.front()].reason;
  for (unsigned number : space.links) {
    const ChannelLink &link = graph.getLinks()[number];
    if (link.foldsGain && !canFoldGain(graph, link))
      return "not all its readers' weights can take a gain before them";
  }
  if (space.structure.size == 1)
    return "no map but the identity fits all that shares its basis";
  if (space.structure.size % size != 0)
    return "what shares its basis lets only maps of " +
           std::to_string(space.structure.size) + " channels through";
  return {};
}

MatrixPlace nibble::findMatrixPlace(const ChannelGraph &graph, Value value,
                                    int64_t size) {
  int64_t axis = typeOf(value).getRank() - 1;
  MatrixPlace place;
  // The innermost factor first: a map of heads is no map within heads.
  for (unsigned number : graph.findNodes(value, axis)) {
    const ChannelNode &node = graph.getNodes()[number];
    if (node.stride != 1 || node.size % size != 0)
      continue;
    if (node.extent != typeOf(value).getDimSize(axis)) {
      place.reason = "parts of its channels are in bases of their own";
      return place;
    }
    place.reason =
        findFault(graph, graph.getSpaces()[graph.getSpaceOf(number)], size);
    if (place.reason.empty())
      place.node = number;
    return place;
  }
  place.reason = "what makes it lets no map of " + std::to_string(size) +
                 " neighbouring channels through";
  return place;
}

//===----------------------------------------------------------------------===//
// Requests
//===----------------------------------------------------------------------===//

namespace {
/// Linear maps that want the matrix of a basis before them.
struct MatrixRequest {
  SmallVector<nn::LinearOp> readers;

  /// What they read; a gain that another matrix folds changes it.
  Value getValue() const {
    nn::LinearOp first = readers.front();
    return first.getInput();
  }
};

/// All requests for one basis.
class MatrixFusion {
public:
  /// `changed`: values that have another basis already.
  MatrixFusion(func::FuncOp function, qnt::BasisOp basis, BasisTable &bases,
               DenseSet<Value> &changed)
      : function(function), basis(basis), matrix(basis.getTransform()),
        bases(bases), changed(changed), builder(function.getContext()) {}

  /// Takes the request out of the IR.
  void take(qnt::TransformOp op);
  void run();

private:
  bool isChanged(const ChannelGraph &graph, unsigned node) const;
  void foldGains(const ChannelGraph &graph, ArrayRef<unsigned> spaces);
  void foldWeights(const ChannelGraph &graph, unsigned space, unsigned node);
  void keep(const MatrixRequest &request, StringRef reason);
  void describe(const ChannelGraph &graph, unsigned space,
                ArrayRef<const MatrixRequest *> served);

  func::FuncOp function;
  qnt::BasisOp basis;
  qnt::TransformAttr matrix;
  BasisTable &bases;
  DenseSet<Value> &changed;
  OpBuilder builder;
  std::vector<MatrixRequest> requests;
};
} // namespace

/// Whether the transform is made of given numbers, not by a formula.
static bool isMatrix(qnt::TransformAttr transform) {
  qnt::TransformDataUses uses;
  transform.collectData(uses);
  return isa<qnt::OrthogonalAttr, qnt::LinearAttr>(transform) && !uses.empty();
}

static bool isRequest(qnt::TransformOp op, WeightDerived &weights) {
  auto basis =
      SymbolTable::lookupNearestSymbolFrom<qnt::BasisOp>(op, op.getBasisAttr());
  if (!basis || !isMatrix(basis.getTransform()) || op.getInverted() ||
      op.getDual() || weights.contains(op.getResult()) || op->use_empty() ||
      int64_t(op.getAxis()) != typeOf(op.getInput()).getRank() - 1)
    return false;
  return llvm::all_of(op->getUses(), [&](OpOperand &use) {
    auto linear = dyn_cast<nn::LinearOp>(use.getOwner());
    return linear && use.getOperandNumber() == 0 && findDual(linear, op);
  });
}

void MatrixFusion::take(qnt::TransformOp op) {
  MatrixRequest request;
  for (OpOperand &use : op->getUses())
    request.readers.push_back(cast<nn::LinearOp>(use.getOwner()));
  // Uses come last first.
  std::reverse(request.readers.begin(), request.readers.end());
  for (nn::LinearOp linear : request.readers) {
    qnt::TransformOp dual = findDual(linear, op);
    linear.getWeightMutable().set(dual.getInput());
    if (dual->use_empty())
      dual.erase();
    linear.getInputMutable().set(op.getInput());
  }
  op.erase();
  requests.push_back(std::move(request));
}

//===----------------------------------------------------------------------===//
// The rewrite
//===----------------------------------------------------------------------===//

/// In the order of the function: a gain that is multiplied with another one
/// takes it first.
void MatrixFusion::foldGains(const ChannelGraph &graph,
                             ArrayRef<unsigned> spaces) {
  SmallVector<unsigned> gains;
  for (unsigned space : spaces)
    for (unsigned number : graph.getSpaces()[space].links)
      if (graph.getLinks()[number].foldsGain)
        gains.push_back(number);
  llvm::sort(gains);
  for (unsigned number : gains)
    foldGain(graph, graph.getLinks()[number]);
}

/// The axes of weights get T where the channels of `node` get it, or T⁻ᵀ.
void MatrixFusion::foldWeights(const ChannelGraph &graph, unsigned space,
                               unsigned node) {
  const SpaceStructure &structure = graph.getSpaces()[space].structure;
  bool flips = structure.nodes.find(node)->second.isDual;
  makePrivate(findStates(graph, graph.getSpaces()[space].links));
  for (const auto &[key, at] : structure.weights) {
    const ChannelLink &link = graph.getLinks()[key.first];
    if (link.foldsGain)
      continue;
    const nn::ChannelPlace &place = link.relation.places[key.second];
    OpOperand &operand = link.op->getOpOperand(place.port);
    int64_t channels = typeOf(operand.get()).getDimSize(place.axis);
    qnt::TransformAttr map = matrix;
    if (at.stride != 1)
      map = qnt::makeBlocks(map, structure.size / matrix.getSize());
    StringRef name = bases.get(
        spreadTransform(map, at.stride, place.offset, place.extent, channels),
        channels);
    builder.setInsertionPoint(link.op);
    operand.set(qnt::TransformOp::create(
        builder, operand.get().getLoc(), operand.get(), /*inverted=*/false,
        /*dual=*/at.isDual != flips, name, place.axis));
  }
}

/// Puts the request back, which costs a product with the matrix at run time.
void MatrixFusion::keep(const MatrixRequest &request, StringRef reason) {
  int64_t size = matrix.getSize();
  std::string text = ("multiplied with a matrix of " + llvm::Twine(size) +
                      " channels at run time: " + reason)
                         .str();
  appendNote(
      transformInput(request.getValue(), request.readers, basis.getSymName()),
      text);
  for (nn::LinearOp linear : request.readers)
    appendNote(linear, "input " + text);
  request.readers.front()->emitRemark("its input is ") << text;
}

void MatrixFusion::describe(const ChannelGraph &graph, unsigned space,
                            ArrayRef<const MatrixRequest *> served) {
  const ChannelSpace &from = graph.getSpaces()[space];
  size_t weights = llvm::count_if(from.structure.weights, [&](const auto &at) {
    return !graph.getLinks()[at.first.first].foldsGain;
  });
  std::string text =
      ("in the basis of a matrix of " + llvm::Twine(matrix.getSize()) +
       " channels, fused into " + llvm::Twine(weights) + " weights")
          .str();
  served.front()->readers.front()->emitRemark("its input is ")
      << text << "; " << from.nodes.size() << " values share the basis";
  for (const MatrixRequest *request : served)
    for (nn::LinearOp linear : request->readers)
      appendNote(linear, "input " + text);
}

bool MatrixFusion::isChanged(const ChannelGraph &graph, unsigned node) const {
  const ChannelSpace &space = graph.getSpaces()[graph.getSpaceOf(node)];
  return llvm::any_of(space.nodes, [&](unsigned number) {
    return changed.contains(graph.getNodes()[number].value);
  });
}

void MatrixFusion::run() {
  ChannelGraph graph(function, getMatrixKind(matrix));
  // By space: a node that wants the matrix, and who asks.
  llvm::MapVector<unsigned,
                  std::pair<unsigned, SmallVector<const MatrixRequest *>>>
      served;
  for (const MatrixRequest &request : requests) {
    MatrixPlace place =
        findMatrixPlace(graph, request.getValue(), matrix.getSize());
    if (place.node && isChanged(graph, *place.node))
      place = {std::nullopt, "what shares its basis has another matrix"};
    if (!place.node) {
      keep(request, place.reason);
      continue;
    }
    auto &[node, asking] = served[graph.getSpaceOf(*place.node)];
    if (asking.empty())
      node = *place.node;
    asking.push_back(&request);
  }
  SmallVector<unsigned> spaces;
  for (auto &[space, asking] : served) {
    describe(graph, space, asking.second);
    spaces.push_back(space);
  }
  foldGains(graph, spaces);
  for (auto &[space, asking] : served) {
    foldWeights(graph, space, asking.first);
    for (unsigned node : graph.getSpaces()[space].nodes)
      changed.insert(graph.getNodes()[node].value);
  }
}

bool nibble::fuseMatrices(func::FuncOp function) {
  llvm::MapVector<Operation *, SmallVector<qnt::TransformOp>> found;
  WeightDerived weights;
  function.walk([&](qnt::TransformOp op) {
    if (isRequest(op, weights))
      found[SymbolTable::lookupNearestSymbolFrom(op, op.getBasisAttr())]
          .push_back(op);
  });
  BasisTable bases(function->getParentOfType<ModuleOp>());
  DenseSet<Value> changed;
  std::vector<MatrixFusion> fusions;
  // All requests leave the IR first: matrices then go into weights one after
  // the other.
  for (auto &[basis, ops] : found) {
    fusions.emplace_back(function, cast<qnt::BasisOp>(basis), bases, changed);
    for (qnt::TransformOp op : ops)
      fusions.back().take(op);
  }
  for (MatrixFusion &fusion : fusions)
    fusion.run();
  return !found.empty();
}
