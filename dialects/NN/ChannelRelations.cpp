//===- ChannelRelations.cpp - A channel rule at an op ---------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/NN.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace nibble::nn {

using numerics::Kind;
using numerics::Kinds;

namespace {

constexpr int64_t kUnknown = ShapedType::kDynamic;
bool isKnown(int64_t extent) { return !ShapedType::isDynamic(extent); }

/// A port of the rule: which operand or result it is (see ChannelPlace::port),
/// and what it holds. Null where it is absent or holds no plain tensor.
struct Port {
  unsigned number = 0;
  Value value;
  bool isAbsent = true;
  /// One for each axis of the value; empty for axes without factors.
  SmallVector<ChannelAxis> axes;

  int64_t getExtent(int64_t axis) const {
    return cast<RankedTensorType>(value.getType()).getDimSize(axis);
  }
};

/// Evaluates the clauses of `rule` at `op`.
class RuleAtOp {
public:
  RuleAtOp(Operation *op, const ChannelRule &rule) : op(op), rule(rule) {
    bindPorts();
    solveExtents();
  }

  SmallVector<ChannelRelation> getRelations() {
    SmallVector<ChannelRelation> relations;
    for (const ChannelClause &clause : rule.clauses)
      if (std::optional<ChannelRelation> relation = evaluate(clause))
        addAlternatives(clause, *relation, relations);
    return relations;
  }

private:
  void bindPorts();
  void bindAxes(const ChannelPortShape &shape, Port &port);
  void solveExtents();
  bool solveAxis(const ChannelAxis &axis, int64_t extent);
  void forgetContradictions();

  int64_t getExtent(const ChannelFactor &factor) const {
    if (factor.name.empty())
      return factor.extent;
    auto it = extents.find(factor.name);
    return it == extents.end() ? kUnknown : it->second;
  }
  /// Of all factors; unknown where one is.
  int64_t getProduct(ArrayRef<ChannelFactor> factors) const {
    int64_t product = 1;
    for (const ChannelFactor &factor : factors) {
      int64_t extent = getExtent(factor);
      if (!isKnown(extent))
        return kUnknown;
      product *= extent;
    }
    return product;
  }

  std::optional<ChannelRelation> evaluate(const ChannelClause &clause);
  LogicalResult addPlaces(const ChannelClause &clause,
                          const ChannelClause::Port &at,
                          ChannelRelation &relation);
  LogicalResult resolveRepeatedValues(ChannelRelation &relation);
  void addAlternatives(const ChannelClause &clause,
                       const ChannelRelation &relation,
                       SmallVectorImpl<ChannelRelation> &relations);
  LogicalResult setCopy(const std::string &per, const std::string &factor,
                        ChannelPlace &place) const;

  Operation *op;
  const ChannelRule &rule;
  SmallVector<Port> ports;
  llvm::StringMap<int64_t> extents;
  /// Factors of which the tensors disagree, a broadcast that the rule does not
  /// know of for one.
  llvm::StringSet<> contradicted;
};

//===----------------------------------------------------------------------===//
// Ports and extents
//===----------------------------------------------------------------------===//

void RuleAtOp::bindPorts() {
  unsigned numInputs = rule.ports.size() - rule.numResults;
  SmallVector<int> numbers;
  if (auto segments = op->getAttrOfType<DenseI32ArrayAttr>(
          OpTrait::AttrSizedOperandSegments<void>::getOperandSegmentSizeAttr());
      segments) {
    int next = 0;
    for (int32_t size : segments.asArrayRef()) {
      if (size == 0)
        numbers.push_back(-1);
      for (int32_t i = 0; i < size; ++i)
        numbers.push_back(next++);
    }
  } else {
    llvm::append_range(numbers, llvm::seq<int>(0, op->getNumOperands()));
  }
  numbers.resize(numInputs, -1);
  for (unsigned i = 0; i < rule.numResults; ++i)
    numbers.push_back(op->getNumOperands() + i);

  for (const auto &[number, shape] : llvm::zip_equal(numbers, rule.ports)) {
    Port &port = ports.emplace_back();
    if (number < 0)
      continue;
    port.isAbsent = false;
    port.number = number;
    Value value = number < int(op->getNumOperands())
                      ? op->getOperand(number)
                      : Value(op->getResult(number - op->getNumOperands()));
    if (!isa<RankedTensorType>(value.getType()))
      continue;
    port.value = value;
    bindAxes(shape, port);
  }
}

/// A rank that is not the rule's leaves the port without factors.
void RuleAtOp::bindAxes(const ChannelPortShape &shape, Port &port) {
  int64_t rank = cast<RankedTensorType>(port.value.getType()).getRank();
  int64_t further = rank - int64_t(shape.axes.size());
  port.axes.resize(rank);
  if (further < 0 || (further > 0 && shape.ellipsis < 0))
    return;
  for (const auto &[i, axis] : llvm::enumerate(shape.axes))
    port.axes[int64_t(i) < shape.ellipsis || shape.ellipsis < 0 ? i
                                                                : i + further] =
        axis;
}

void RuleAtOp::solveExtents() {
  for (const Port &port : ports)
    for (const ChannelAxis &axis : port.axes)
      for (const ChannelSegment &segment : axis)
        for (const ChannelFactor &factor : segment)
          if (!factor.name.empty() && isKnown(factor.extent))
            extents[factor.name] = factor.extent;
  // Each pass finds at least one factor's extent, or is the last.
  for (bool changes = true; changes;) {
    changes = false;
    for (const Port &port : ports)
      for (const auto &[i, axis] : llvm::enumerate(port.axes))
        changes |= solveAxis(axis, port.getExtent(i));
  }
  forgetContradictions();
}

/// Finds the one unknown factor of an axis of `extent`.
bool RuleAtOp::solveAxis(const ChannelAxis &axis, int64_t extent) {
  if (!isKnown(extent))
    return false;
  const ChannelFactor *unknown = nullptr;
  int64_t others = 1;
  for (const ChannelSegment &segment : axis) {
    int64_t product = 1;
    bool hasUnknown = false;
    for (const ChannelFactor &factor : segment) {
      if (isKnown(getExtent(factor))) {
        product *= getExtent(factor);
        continue;
      }
      if (unknown)
        return false;
      unknown = &factor;
      hasUnknown = true;
    }
    if (hasUnknown)
      others = product;
    else
      extent -= product;
  }
  if (!unknown || unknown->name.empty() || others < 1 || extent < 0 ||
      extent % others != 0)
    return false;
  extents[unknown->name] = extent / others;
  return true;
}

void RuleAtOp::forgetContradictions() {
  for (const Port &port : ports) {
    for (const auto &[i, axis] : llvm::enumerate(port.axes)) {
      int64_t sum = 0, extent = port.getExtent(i);
      for (const ChannelSegment &segment : axis) {
        int64_t product = getProduct(segment);
        sum = isKnown(product) && isKnown(sum) ? sum + product : kUnknown;
      }
      if (axis.empty() || !isKnown(extent) || !isKnown(sum) || sum == extent)
        continue;
      for (const ChannelSegment &segment : axis)
        for (const ChannelFactor &factor : segment)
          contradicted.insert(factor.name);
    }
  }
}

//===----------------------------------------------------------------------===//
// Clauses
//===----------------------------------------------------------------------===//

std::optional<ChannelRelation> RuleAtOp::evaluate(const ChannelClause &clause) {
  ChannelRelation relation;
  relation.factor = clause.factor;
  relation.kinds = clause.kinds;
  relation.size = getExtent(ChannelFactor{clause.factor, kUnknown});
  // Of one channel there is no basis to choose.
  if (!isKnown(relation.size) || relation.size < 2)
    return std::nullopt;
  for (const ChannelClause::Port &at : clause.ports)
    if (failed(addPlaces(clause, at, relation)))
      return std::nullopt;
  for (const ChannelPlace &place : relation.places)
    if (!isa<FloatType>(getElementTypeOrSelf(place.value)))
      relation.kinds = relation.kinds & Kind::Permutation;
  if (failed(resolveRepeatedValues(relation)) || relation.kinds.isNone())
    return std::nullopt;
  return relation;
}

/// Everywhere that the factor stands at a port.
LogicalResult RuleAtOp::addPlaces(const ChannelClause &clause,
                                  const ChannelClause::Port &at,
                                  ChannelRelation &relation) {
  const Port &port = ports[at.number];
  if (port.isAbsent)
    return success(at.isOptional);
  if (!port.value)
    return failure();
  bool isAny = false;
  for (const auto &[i, axis] : llvm::enumerate(port.axes)) {
    int64_t offset = 0;
    for (const ChannelSegment &segment : axis) {
      int64_t extent = getProduct(segment);
      const auto *factor = llvm::find_if(segment, [&](const auto &factor) {
        return factor.name == clause.factor;
      });
      if (factor != segment.end()) {
        auto inner = ArrayRef(std::next(factor), segment.end());
        // Others may tell how long an axis is that this type leaves open: a
        // change of basis of the value itself needs it here.
        if (!isKnown(offset) || !isKnown(extent) || extent == 0 ||
            !isKnown(port.getExtent(i)) || contradicted.contains(clause.factor))
          return failure();
        relation.places.push_back({port.number, port.value, int64_t(i), offset,
                                   extent, getProduct(inner), at.role});
        isAny = true;
      }
      offset = isKnown(offset) && isKnown(extent) ? offset + extent : kUnknown;
    }
  }
  return success(isAny);
}

/// Where a value is more than one operand, T meets it at all of them.
LogicalResult RuleAtOp::resolveRepeatedValues(ChannelRelation &relation) {
  auto isSamePlace = [](const ChannelPlace &a, const ChannelPlace &b) {
    return std::tie(a.value, a.axis, a.offset, a.extent, a.stride) ==
           std::tie(b.value, b.axis, b.offset, b.extent, b.stride);
  };
  bool hadCarry = false, hasCarry = false;
  SmallVector<ChannelPlace> places;
  for (const ChannelPlace &place : relation.places) {
    bool isDropped = false;
    for (OpOperand &operand : op->getOpOperands()) {
      if (operand.get() != place.value ||
          operand.getOperandNumber() == place.port)
        continue;
      const auto *other =
          llvm::find_if(relation.places, [&](const ChannelPlace &other) {
            return other.port == operand.getOperandNumber() &&
                   isSamePlace(place, other);
          });
      if (place.role == ChannelRole::Carry)
        isDropped = true;
      else if (other == relation.places.end() ||
               other->role == ChannelRole::Carry)
        return failure();
      else if (other->role != place.role)
        relation.kinds = relation.kinds & Kind::Orthogonal; // T = T⁻ᵀ.
    }
    hadCarry |= place.role == ChannelRole::Carry;
    hasCarry |= place.role == ChannelRole::Carry && !isDropped;
    if (!isDropped)
      places.push_back(place);
  }
  relation.places = std::move(places);
  return success(hadCarry == hasCarry);
}

//===----------------------------------------------------------------------===//
// Copies
//===----------------------------------------------------------------------===//

void RuleAtOp::addAlternatives(const ChannelClause &clause,
                               const ChannelRelation &relation,
                               SmallVectorImpl<ChannelRelation> &relations) {
  bool isAny = false;
  for (const std::string &per : clause.per) {
    int64_t copies = getExtent(ChannelFactor{per, kUnknown});
    if (!isKnown(copies) || copies < 2 || contradicted.contains(per))
      continue;
    ChannelRelation alternative = relation;
    alternative.copies = copies;
    if (llvm::any_of(alternative.places, [&](ChannelPlace &place) {
          return failed(setCopy(per, clause.factor, place));
        }))
      continue;
    relations.push_back(std::move(alternative));
    isAny = true;
  }
  if (!isAny)
    relations.push_back(relation);
}

/// Finds `per` at the place's port: as an outer factor of the same segment, or
/// outermost of another axis.
LogicalResult RuleAtOp::setCopy(const std::string &per,
                                const std::string &factor,
                                ChannelPlace &place) const {
  const Port &port = *llvm::find_if(ports, [&](const Port &port) {
    return !port.isAbsent && port.number == place.port;
  });
  auto isOutermost = [&](const ChannelSegment &segment) {
    return !segment.empty() && segment.front().name == per;
  };
  for (const auto &[i, axis] : llvm::enumerate(port.axes)) {
    if (int64_t(i) == place.axis) {
      for (const ChannelSegment &segment : axis) {
        const auto *at = llvm::find_if(
            segment, [&](const auto &entry) { return entry.name == factor; });
        if (!isOutermost(segment) || at == segment.end())
          continue;
        place.copyAxis = i;
        place.copyRepeat = getProduct(ArrayRef(segment.begin() + 1, at));
        return success();
      }
      continue;
    }
    if (axis.size() != 1 || !isOutermost(axis.front()))
      continue;
    place.copyAxis = i;
    place.copyRepeat = getProduct(ArrayRef(axis.front()).drop_front());
    return success(isKnown(place.copyRepeat));
  }
  return failure();
}

//===----------------------------------------------------------------------===//
// linalg.generic
//===----------------------------------------------------------------------===//

/// Loops that tensors are only indexed by one for one. A loop that has an index
/// of its own in the body, or is added to others, is none.
SmallVector<bool> findFreeLoops(linalg::GenericOp op) {
  SmallVector<bool> isFree;
  for (utils::IteratorType iterator : op.getIteratorTypesArray())
    isFree.push_back(iterator == utils::IteratorType::parallel);
  for (AffineMap map : op.getIndexingMapsArray())
    for (AffineExpr expr : map.getResults())
      if (!isa<AffineDimExpr>(expr))
        expr.walk([&](AffineExpr part) {
          if (auto dim = dyn_cast<AffineDimExpr>(part))
            isFree[dim.getPosition()] = false;
        });
  op.getRegion().walk(
      [&](linalg::IndexOp index) { isFree[index.getDim()] = false; });
  return isFree;
}

/// The loops that are free may run in any order: permutations of them cross.
ChannelRule getGenericRule(linalg::GenericOp op) {
  if (!op.hasPureTensorSemantics())
    return {};
  auto nameOf = [](unsigned loop) { return "d" + std::to_string(loop); };
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  // Results are indexed like the outs that they replace.
  llvm::append_range(maps, SmallVector<AffineMap>(
                               ArrayRef(maps).take_back(op.getNumDpsInits())));
  ChannelRule rule;
  rule.numResults = op.getNumResults();
  for (AffineMap map : maps) {
    ChannelPortShape &port = rule.ports.emplace_back();
    for (AffineExpr expr : map.getResults()) {
      auto dim = dyn_cast<AffineDimExpr>(expr);
      port.axes.emplace_back();
      if (dim)
        port.axes.back().push_back({{nameOf(dim.getPosition()), kUnknown}});
    }
  }
  for (const auto &[loop, isFree] : llvm::enumerate(findFreeLoops(op))) {
    if (!isFree)
      continue;
    ChannelClause clause{nameOf(loop), Kind::Permutation, {}, {}};
    for (const auto &[i, map] : llvm::enumerate(maps)) {
      bool isRead = i >= op->getNumOperands() ||
                    op.payloadUsesValueFromOperand(&op->getOpOperand(i));
      if (isRead && map.isFunctionOfDim(loop))
        clause.ports.push_back({unsigned(i)});
    }
    rule.clauses.push_back(std::move(clause));
  }
  return rule;
}

ChannelRule getRule(Operation *op) {
  if (auto rule = dyn_cast<ChannelRuleOpInterface>(op))
    return rule.getChannelRule();
  if (auto generic = dyn_cast<linalg::GenericOp>(op))
    return getGenericRule(generic);
  return {};
}

} // namespace

SmallVector<ChannelRelation> getChannelRelations(Operation *op) {
  ChannelRule rule = getRule(op);
  if (rule.clauses.empty())
    return {};
  return RuleAtOp(op, rule).getRelations();
}

std::string describeChannelRule(Operation *op) { return getRule(op).str(); }

} // namespace nibble::nn
