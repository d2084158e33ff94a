//===- CollectRelations.cpp - What crosses the ops of a function ----------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CollectRelations.h"

#include "dialects/NN/State.h"

using namespace mlir;
using namespace nibble;
using numerics::Kind;
using numerics::Kinds;

static bool isF32Tensor(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getElementType().isF32();
}

std::string nibble::describe(Operation *op) {
  StringRef name = op->getName().getStringRef();
  name.consume_front("nn.");
  std::string text = name.str();
  if (auto elementwise = dyn_cast<nn::ElementwiseOp>(op))
    text += " " + nn::stringifyElementwiseKind(elementwise.getKind()).str();
  if (auto loc = op->getLoc()->findInstanceOf<NameLoc>())
    text += " '" + loc.getName().str() + "'";
  return text;
}

//===----------------------------------------------------------------------===//
// Relations of ops
//===----------------------------------------------------------------------===//

static CopyForm getForm(const nn::ChannelRelation &relation) {
  CopyForm form;
  form.copies = relation.copies;
  for (const nn::ChannelPlace &place : relation.places)
    form.places.push_back({place.copyAxis, place.copyRepeat});
  return form;
}

/// Whether two relations of an op differ in their copies alone.
static bool areFormsOfOne(const nn::ChannelRelation &lhs,
                          const nn::ChannelRelation &rhs) {
  return lhs.size == rhs.size &&
         llvm::equal(lhs.places, rhs.places,
                     [](const nn::ChannelPlace &a, const nn::ChannelPlace &b) {
                       return std::tie(a.port, a.axis, a.offset, a.extent,
                                       a.stride, a.role) ==
                              std::tie(b.port, b.axis, b.offset, b.extent,
                                       b.stride, b.role);
                     });
}

void RelationCollector::addOne(Operation *op,
                               const nn::ChannelRelation &relation) {
  SplitRelation made;
  made.op = op;
  made.relation = relation;
  made.forms.push_back(getForm(relation));
  for (const nn::ChannelPlace &place : relation.places)
    made.absorbs.push_back(weights.contains(place.value));
  if (!llvm::is_contained(made.absorbs, false))
    return;
  // The relations of one op follow each other.
  for (SplitRelation &other : llvm::reverse(found)) {
    if (other.op != op)
      break;
    if (!areFormsOfOne(other.relation, relation))
      continue;
    other.forms.push_back(made.forms.front());
    return;
  }
  found.push_back(std::move(made));
}

/// A product with weights separates what it multiplies from its result, which
/// may have different maps: the weights take the inverse of the one (for a
/// diagonal, its dual) and the other.
void RelationCollector::add(Operation *op,
                            const nn::ChannelRelation &relation) {
  auto carries = [](const nn::ChannelPlace &place) {
    return place.role == nn::ChannelRole::Carry;
  };
  auto *weight =
      llvm::find_if(relation.places, [&](const nn::ChannelPlace &place) {
        return carries(place) && weights.contains(place.value);
      });
  if (weight == relation.places.end())
    return addOne(op, relation);

  nn::ChannelRelation behind = relation;
  llvm::erase_if(behind.places, [&](const nn::ChannelPlace &place) {
    return carries(place) && place.port != weight->port;
  });
  addOne(op, behind);
  if (!Kinds(Kind::PositiveScale).contains(kind) &&
      !Kinds(Kind::Sign).contains(kind))
    return;
  for (const nn::ChannelPlace &place : relation.places) {
    if (!carries(place) || weights.contains(place.value))
      continue;
    nn::ChannelRelation before = relation;
    before.places = {place, *weight};
    before.places[0].role = nn::ChannelRole::Same;
    before.places[1].role = nn::ChannelRole::Dual;
    addOne(op, before);
  }
}

void RelationCollector::collectOp(Operation *op) {
  for (const nn::ChannelRelation &relation : nn::getChannelRelations(op)) {
    if (!relation.kinds.contains(kind) || relation.size < 2)
      continue;
    auto *odd =
        llvm::find_if(relation.places, [](const nn::ChannelPlace &place) {
          return !isF32Tensor(place.value);
        });
    if (odd == relation.places.end()) {
      add(op, relation);
      continue;
    }
    std::string type;
    llvm::raw_string_ostream(type) << odd->value.getType();
    faults.try_emplace(op, "has " + type + " on another side");
  }
}

//===----------------------------------------------------------------------===//
// States and gains
//===----------------------------------------------------------------------===//

/// A state may have any map along any axis but the one that grows, because the
/// next run undoes what this one did.
void RelationCollector::collectStates(Operation *ret) {
  for (BlockArgument argument : function.getArguments()) {
    auto result = function.getArgAttrOfType<IntegerAttr>(
        argument.getArgNumber(), nn::kStateAttr);
    if (!result || result.getInt() < 0 ||
        result.getInt() >= ret->getNumOperands())
      continue;
    Value next = ret->getOperand(result.getInt());
    auto before = dyn_cast<RankedTensorType>(argument.getType());
    auto after = dyn_cast<RankedTensorType>(next.getType());
    if (!before || !after || before.getRank() != after.getRank())
      continue;
    auto isKept = [&](int64_t axis) {
      return !before.isDynamicDim(axis) &&
             before.getDimSize(axis) == after.getDimSize(axis);
    };
    for (int64_t axis = 0; axis < before.getRank(); ++axis) {
      int64_t size = before.getDimSize(axis);
      if (!isKept(axis) || size < 2)
        continue;
      // One that grows begins empty, another one with zeros.
      Kinds kinds = before.hasStaticShape() ? Kind::Linear : Kinds::all();
      nn::ChannelRelation relation{"state", kinds, size, 1, {}};
      for (auto [port, value] :
           {std::pair(unsigned(result.getInt()), next),
            std::pair(ret->getNumOperands() + argument.getArgNumber(),
                      Value(argument))})
        relation.places.push_back(
            {port, value, axis, 0, size, 1, nn::ChannelRole::Same});
      for (int64_t other = 0; other < before.getRank(); ++other) {
        if (!isKept(other))
          continue;
        // Each index of another axis may have a T of its own.
        relation.copies = other == axis ? 1 : before.getDimSize(other);
        for (nn::ChannelPlace &place : relation.places)
          place.copyAxis = other == axis ? -1 : other;
        addOne(ret, relation);
      }
    }
  }
}

/// Whether the op of `use` multiplies the whole axis with its own weights, so
/// that these can take a diagonal from it: (x g) · w = x · (g w).
static bool takesGain(OpOperand &use, int64_t axis, int64_t size,
                      WeightDerived &weights) {
  Operation *op = use.getOwner();
  return llvm::any_of(
      nn::getChannelRelations(op), [&](const nn::ChannelRelation &relation) {
        if (relation.size != size ||
            !relation.kinds.contains(Kinds(Kind::PositiveScale) | Kind::Sign))
          return false;
        const nn::ChannelPlace *own = nullptr;
        for (const nn::ChannelPlace &place : relation.places)
          if (place.port == use.getOperandNumber() && place.axis == axis &&
              place.extent == size && place.role != nn::ChannelRole::Carry)
            own = &place;
        return own && llvm::all_of(relation.places, [&](auto &place) {
                 return &place == own ||
                        (place.role != own->role &&
                         place.role != nn::ChannelRole::Carry &&
                         isF32Tensor(place.value) &&
                         weights.contains(place.value));
               });
      });
}

namespace {
/// A product of an activation with one number of weights for each channel.
struct Gain {
  OpOperand *input;
  int64_t axis, size;
};
} // namespace

static std::optional<Gain> matchGain(Operation *op, WeightDerived &weights) {
  auto product = dyn_cast<nn::ElementwiseOp>(op);
  if (!product || product.getKind() != nn::ElementwiseKind::Mul ||
      product.getNumOperands() != 2)
    return std::nullopt;
  bool isFirst = weights.contains(op->getOperand(0));
  Value vector = op->getOperand(isFirst ? 0 : 1);
  OpOperand &input = op->getOpOperand(isFirst ? 1 : 0);
  if (!weights.contains(vector) || weights.contains(input.get()) ||
      !isF32Tensor(vector) || !isF32Tensor(product.getResult()) ||
      input.get().getType() != product.getResult().getType())
    return std::nullopt;
  auto type = cast<RankedTensorType>(vector.getType());
  auto all = cast<RankedTensorType>(input.get().getType());
  int64_t size = type.getNumElements();
  for (int64_t i = 0; i < type.getRank(); ++i) {
    int64_t axis = all.getRank() - type.getRank() + i;
    if (size > 1 && type.getDimSize(i) == size && axis >= 0 &&
        all.getDimSize(axis) == size)
      return Gain{&input, axis, size};
  }
  return std::nullopt;
}

/// Why a gain stays. That of a norm which writes to a stream keeps the stream
/// apart from what comes before.
static std::string explainGain(Value multiplied, Operation *reader) {
  Operation *norm = multiplied.getDefiningOp();
  if (isa_and_nonnull<nn::RMSNormOp, nn::LayerNormOp>(norm))
    return describe(norm) + " stands between what writes and " +
           describe(reader) + ", which cannot take its gain";
  return describe(reader) + " cannot take its gain";
}

void RelationCollector::collectGain(Operation *op) {
  if (kind != Kind::Orthogonal && kind != Kind::OrthogonalKeepingOnes &&
      kind != Kind::Linear)
    return;
  std::optional<Gain> gain = matchGain(op, weights);
  if (!gain || op->use_empty())
    return;
  nn::ChannelRelation relation{"gain", Kind::Linear, gain->size, 1, {}};
  for (auto [port, value] :
       {std::pair(gain->input->getOperandNumber(), gain->input->get()),
        std::pair(op->getNumOperands(), Value(op->getResult(0)))})
    relation.places.push_back(
        {port, value, gain->axis, 0, gain->size, 1, nn::ChannelRole::Same});
  // A gain of one number crosses as it is, too, but would run with the model.
  auto isSame = [&](const SplitRelation &other) {
    return other.op == op && areFormsOfOne(other.relation, relation);
  };
  for (OpOperand &use : op->getUses())
    if (!isa<tensor::DimOp>(use.getOwner()) &&
        !takesGain(use, gain->axis, gain->size, weights)) {
      if (llvm::none_of(found, isSame))
        faults[op] = explainGain(gain->input->get(), use.getOwner());
      return;
    }
  llvm::erase_if(found, isSame);
  addOne(op, relation);
  found.back().foldsGain = true;
}

std::vector<SplitRelation> RelationCollector::collect() {
  function->walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (isa<func::ReturnOp>(op) && op->getParentOp() == function)
      return collectStates(op);
    collectOp(op);
    collectGain(op);
  });
  return splitRelations(found, [&](const SplitRelation &dropped) {
    faults.try_emplace(dropped.op,
                       "its channels do not line up with those of others");
  });
}

//===----------------------------------------------------------------------===//
// What does not cross
//===----------------------------------------------------------------------===//

std::pair<Operation *, unsigned>
RelationCollector::getDefinition(Value value) const {
  if (auto result = dyn_cast<OpResult>(value))
    return {result.getOwner(),
            result.getOwner()->getNumOperands() + result.getResultNumber()};
  auto argument = cast<BlockArgument>(value);
  Operation *terminator = argument.getOwner()->getTerminator();
  return {terminator, terminator->getNumOperands() + argument.getArgNumber()};
}

/// An argument or a result of a function as messages call it: "graph input
/// 'x'".
static std::string describeEnd(const std::string &what, StringAttr name,
                               unsigned number) {
  return name ? what + " '" + name.str() + "'"
              : what + " " + std::to_string(number);
}

std::string RelationCollector::explain(const ChannelNode &node, Operation *op,
                                       unsigned port, bool isResult) {
  if (auto argument = dyn_cast<BlockArgument>(node.value);
      argument && isResult) {
    if (op != function)
      return describe(op) + " hands it to its region";
    unsigned number = argument.getArgNumber();
    return describeEnd("graph input",
                       function.getArgAttrOfType<StringAttr>(number, "nn.name"),
                       number);
  }
  if (!isResult && isa<func::ReturnOp>(op))
    return describeEnd(
        "graph output",
        function.getResultAttrOfType<StringAttr>(port, "nn.name"), port);
  if (!isResult && op->hasTrait<OpTrait::IsTerminator>())
    return describe(op->getParentOp()) + " gives it back";
  if (isa<qnt::QuantizeOp>(op))
    return describe(op) + " makes codes of it";
  return describe(op) + " " + explainOp(node, op, port);
}

std::string RelationCollector::explainOp(const ChannelNode &node, Operation *op,
                                         unsigned port) const {
  Kinds lets;
  bool carries = false;
  for (const nn::ChannelRelation &relation : nn::getChannelRelations(op))
    for (const nn::ChannelPlace &place : relation.places) {
      bool meets = place.port == port && place.axis == node.axis &&
                   place.offset < node.offset + node.extent &&
                   node.offset < place.offset + place.extent &&
                   place.stride < node.stride * node.size &&
                   node.stride < place.stride * relation.size;
      if (!meets)
        continue;
      lets = lets | relation.kinds;
      carries |= place.role == nn::ChannelRole::Carry;
    }
  auto fault = faults.find(op);
  std::string why = fault == faults.end() ? "" : fault->second;
  if (!lets.contains(kind))
    return (lets.isNone() ? "lets nothing through"
                          : "lets " + lets.str() + " through") +
           (why.empty() ? "" : "; " + why);
  if (!why.empty())
    return "is in the way: " + why;
  return carries ? "carries it by another operand"
                 : "lets another map of it through";
}
