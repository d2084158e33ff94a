//===- NNChannelRules.cpp - Channel rules made of attributes --------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The rules that text in ODS cannot say, since they depend on ranks, axes,
// groups or broadcasts. Pointwise, reducing and windowed ops are here, ops that
// multiply or normalise, and ops that move elements in NNChannelRulesShape.cpp.
//
//===----------------------------------------------------------------------===//

#include "NNChannelRules.h"

#include "dialects/NN/WeightDerived.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace nibble::nn {

using numerics::Kind;
using numerics::Kinds;

//===----------------------------------------------------------------------===//
// The builder
//===----------------------------------------------------------------------===//

std::string RuleBuilder::name(int64_t axis, StringRef prefix) {
  return (prefix + Twine(axis)).str();
}

RuleBuilder::Names RuleBuilder::names(int64_t count, StringRef prefix) {
  Names result;
  for (int64_t i = 0; i < count; ++i)
    result.push_back(name(i, prefix));
  return result;
}

unsigned RuleBuilder::port(ArrayRef<std::string> axes) {
  ChannelPortShape shape;
  for (const std::string &axis : axes)
    shape.axes.push_back(axis == "1" ? ChannelAxis{{{"", 1}}} : factor(axis));
  return port(std::move(shape));
}

unsigned RuleBuilder::port(ChannelPortShape shape) {
  rule.ports.push_back(std::move(shape));
  return rule.ports.size() - 1;
}

ChannelClause &RuleBuilder::clause(StringRef factor, Kinds kinds,
                                   ArrayRef<unsigned> same,
                                   ArrayRef<unsigned> dual,
                                   ArrayRef<unsigned> carry) {
  ChannelClause &clause = rule.clauses.emplace_back();
  clause.factor = factor.str();
  clause.kinds = kinds;
  // One that carries alone is as the others.
  ChannelRole carryRole =
      carry.size() > 1 ? ChannelRole::Carry : ChannelRole::Same;
  auto add = [&](ArrayRef<unsigned> ports, ChannelRole role) {
    for (unsigned port : ports)
      clause.ports.push_back({port, role});
  };
  add(carry, carryRole);
  add(same, ChannelRole::Same);
  add(dual, ChannelRole::Dual);
  return clause;
}

/// Whether T along `factor` can differ by the index of `per` at this port: see
/// ChannelPlace::copyAxis.
static bool canCopy(const ChannelPortShape &port, StringRef factor,
                    StringRef per) {
  for (const ChannelAxis &axis : port.axes) {
    for (const ChannelSegment &segment : axis) {
      if (segment.empty() || segment.front().name != per)
        continue;
      bool sharesAxis = llvm::any_of(axis, [&](const ChannelSegment &other) {
        return llvm::any_of(other, [&](const ChannelFactor &entry) {
          return entry.name == factor;
        });
      });
      bool sharesSegment = llvm::any_of(
          segment, [&](const auto &entry) { return entry.name == factor; });
      if (sharesAxis ? sharesSegment : axis.size() == 1)
        return true;
    }
  }
  return false;
}

void RuleBuilder::perOthers(ChannelClause &clause,
                            ArrayRef<std::string> except) {
  for (const ChannelAxis &axis : rule.ports[clause.ports.front().number].axes) {
    for (const ChannelSegment &segment : axis) {
      if (segment.empty() || segment.front().name.empty())
        continue;
      const std::string &per = segment.front().name;
      if (per == clause.factor || llvm::is_contained(except, per))
        continue;
      if (llvm::all_of(clause.ports, [&](const ChannelClause::Port &port) {
            return canCopy(rule.ports[port.number], clause.factor, per);
          }))
        clause.per.push_back(per);
    }
  }
}

//===----------------------------------------------------------------------===//
// elementwise
//===----------------------------------------------------------------------===//

namespace {

/// One axis of the result of an elementwise op: which operands have it, the
/// others are constant along it.
struct PointwiseAxis {
  std::string factor;
  SmallVector<unsigned> operands;
  unsigned numOperands, result;

  bool has(unsigned operand) const {
    return llvm::is_contained(operands, operand);
  }
  bool hasAll() const { return operands.size() == numOperands; }
  SmallVector<unsigned> all() const {
    SmallVector<unsigned> ports(operands);
    ports.push_back(result);
    return ports;
  }
};

bool isOdd(ElementwiseKind kind) {
  switch (kind) {
  case ElementwiseKind::Sin:
  case ElementwiseKind::Tan:
  case ElementwiseKind::Tanh:
  case ElementwiseKind::Erf:
  case ElementwiseKind::Round:
  case ElementwiseKind::Sign:
  case ElementwiseKind::Softsign:
    return true;
  default:
    return false;
  }
}

/// f(s x) = s f(x) for s > 0.
bool isHomogeneous(ElementwiseOp op) {
  auto isOpen = [](FloatAttr bound) {
    return !bound || bound.getValueAsDouble() == 0;
  };
  switch (op.getKind()) {
  case ElementwiseKind::Relu:
  case ElementwiseKind::LeakyRelu:
  case ElementwiseKind::Abs:
    return true;
  case ElementwiseKind::Clip:
    return isOpen(op.getAlphaAttr()) && isOpen(op.getBetaAttr());
  default:
    return false;
  }
}

Kinds getUnaryKinds(ElementwiseOp op) {
  if (op.getKind() == ElementwiseKind::Neg)
    return Kind::Linear;
  Kinds kinds = Kind::Permutation;
  if (isOdd(op.getKind()) || op.getKind() == ElementwiseKind::Reciprocal)
    kinds = kinds | Kind::Sign;
  if (isHomogeneous(op))
    kinds = kinds | Kind::PositiveScale;
  return kinds;
}

constexpr Kinds kDiagonal = Kinds(Kind::Sign) | Kind::PositiveScale;

/// All operands and the result by one map.
Kinds getJointKinds(ElementwiseKind kind, const PointwiseAxis &axis) {
  Kinds permutation = Kind::Permutation;
  switch (kind) {
  case ElementwiseKind::Add:
  case ElementwiseKind::Sub:
    // What is constant along the axis stays so.
    return axis.hasAll() ? Kind::Linear : Kind::OrthogonalKeepingOnes;
  case ElementwiseKind::Mul:
    return axis.hasAll() ? permutation : Kind::Linear;
  case ElementwiseKind::Div:
    if (axis.hasAll())
      return permutation;
    return axis.has(0) ? Kinds(Kind::Linear) : permutation | Kind::Sign;
  case ElementwiseKind::Max:
  case ElementwiseKind::Min:
    return axis.hasAll() ? permutation | Kind::PositiveScale | Kind::Shift
                         : permutation;
  case ElementwiseKind::PRelu:
    // Of one number, it gives a multiple of the slopes or the number.
    return axis.has(0) ? permutation : Kinds(Kind::OrthogonalKeepingOnes);
  case ElementwiseKind::FMod:
    if (axis.hasAll())
      return permutation | kDiagonal;
    return axis.has(0) ? permutation | Kind::Sign : permutation;
  case ElementwiseKind::Mod:
    return axis.hasAll() ? permutation | kDiagonal : permutation;
  case ElementwiseKind::Select:
    if (axis.has(0))
      return permutation;
    return axis.has(1) && axis.has(2) ? Kinds::all()
                                      : Kinds(Kind::OrthogonalKeepingOnes);
  default:
    return permutation;
  }
}

/// What besides that crosses by some of the operands.
void addOtherClauses(RuleBuilder &build, ElementwiseOp op,
                     const PointwiseAxis &axis) {
  auto add = [&](Kinds kinds, ArrayRef<unsigned> same,
                 ArrayRef<unsigned> dual = {}, ArrayRef<unsigned> carry = {}) {
    build.perOthers(build.clause(axis.factor, kinds, same, dual, carry));
  };
  unsigned result = axis.result;
  switch (op.getKind()) {
  case ElementwiseKind::Add:
    return add(Kind::Shift, result, {}, axis.operands);
  case ElementwiseKind::Sub:
    if (axis.has(0))
      add(Kind::Shift, {0, result});
    return;
  case ElementwiseKind::Mul:
    if (!axis.hasAll())
      return;
    add(kDiagonal, result, {}, axis.operands);
    // One number for all channels is a scalar, however it is written.
    for (unsigned operand : axis.operands)
      if (hasEqualElements(op.getInputs()[operand]))
        return add(Kind::Linear, {1 - operand, result});
    return;
  case ElementwiseKind::Div:
    if (axis.hasAll())
      add(kDiagonal, {0, result});
    else if (axis.has(1))
      add(Kind::PositiveScale, 1, result);
    return;
  case ElementwiseKind::Reciprocal:
    return add(Kind::PositiveScale, 0u, result);
  case ElementwiseKind::PRelu:
    if (axis.has(0))
      add(Kind::PositiveScale, {0, result});
    return;
  case ElementwiseKind::Select:
    if (axis.hasAll())
      add(kDiagonal | Kind::Shift, {1, 2, result});
    return;
  default:
    return;
  }
}

} // namespace

ChannelRule ElementwiseOp::getChannelRule() {
  RuleBuilder build;
  ArrayRef<int64_t> shape = cast<ShapedType>(getType()).getShape();
  SmallVector<PointwiseAxis> axes;
  for (const auto &[i, extent] : llvm::enumerate(shape))
    axes.push_back({RuleBuilder::name(i), {}, unsigned(getInputs().size()), 0});
  for (Value input : getInputs()) {
    RuleBuilder::Names names;
    ArrayRef<int64_t> extents = cast<ShapedType>(input.getType()).getShape();
    for (const auto &[i, extent] : llvm::enumerate(extents)) {
      PointwiseAxis &axis = axes[shape.size() - extents.size() + i];
      names.push_back(extent == 1 ? "1" : axis.factor);
      if (extent != 1)
        axis.operands.push_back(build.getNumPorts());
    }
    build.port(names);
  }
  RuleBuilder::Names names;
  for (PointwiseAxis &axis : axes)
    names.push_back(axis.operands.empty() ? "1" : axis.factor);
  unsigned result = build.port(names);
  for (PointwiseAxis &axis : axes) {
    if (axis.operands.empty())
      continue;
    axis.result = result;
    Kinds kinds = getInputs().size() == 1 ? getUnaryKinds(*this)
                                          : getJointKinds(getKind(), axis);
    build.perOthers(build.clause(axis.factor, kinds, axis.all()));
    addOtherClauses(build, *this, axis);
  }
  return build.take();
}

/// A wider float holds what a narrower one does; the other way rounds, to
/// either side of zero alike.
ChannelRule CastOp::getChannelRule() {
  auto from = dyn_cast<FloatType>(getElementTypeOrSelf(getInput()));
  auto to = dyn_cast<FloatType>(getElementTypeOrSelf(getType()));
  Kinds kinds = Kinds(Kind::Permutation) | Kind::Sign;
  if (from && to &&
      APFloat::isRepresentableBy(from.getFloatSemantics(),
                                 to.getFloatSemantics()))
    kinds = Kinds::all();
  RuleBuilder build;
  RuleBuilder::Names names =
      RuleBuilder::names(cast<ShapedType>(getType()).getRank());
  build.port(names);
  build.port(names);
  for (const std::string &name : names)
    build.perOthers(build.clause(name, kinds, {0, 1}));
  return build.take();
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

/// Maps of an axis that is left.
static Kinds getKeptKinds(ReduceKind kind) {
  Kinds permutation = Kind::Permutation;
  switch (kind) {
  case ReduceKind::Sum:
    return Kind::Linear;
  case ReduceKind::Mean:
    return Kinds::all();
  case ReduceKind::Max:
  case ReduceKind::Min:
    return permutation | Kind::PositiveScale | Kind::Shift;
  case ReduceKind::L1:
  case ReduceKind::L2:
    return permutation | Kind::PositiveScale;
  case ReduceKind::LogSumExp:
    return permutation | Kind::Shift;
  case ReduceKind::Prod:
  case ReduceKind::SumSquare:
  case ReduceKind::LogSum:
    return permutation;
  }
  llvm_unreachable("all reductions are listed");
}

/// Maps of a reduced axis that the result does not show.
static Kinds getIgnoredKinds(ReduceKind kind) {
  switch (kind) {
  case ReduceKind::Sum:
  case ReduceKind::Mean:
  case ReduceKind::LogSum:
    return Kind::OrthogonalKeepingOnes;
  case ReduceKind::L2:
  case ReduceKind::SumSquare:
    return Kind::Orthogonal;
  case ReduceKind::L1:
    return Kinds(Kind::Permutation) | Kind::Sign;
  case ReduceKind::Max:
  case ReduceKind::Min:
  case ReduceKind::Prod:
  case ReduceKind::LogSumExp:
    return Kind::Permutation;
  }
  llvm_unreachable("all reductions are listed");
}

/// The ports of an op that reduces `axes`.
static RuleBuilder::Names addReducedPorts(RuleBuilder &build, Value input,
                                          ArrayRef<int64_t> axes,
                                          bool keepDims) {
  RuleBuilder::Names names =
      RuleBuilder::names(cast<ShapedType>(input.getType()).getRank());
  RuleBuilder::Names left;
  for (const auto &[i, name] : llvm::enumerate(names)) {
    if (!llvm::is_contained(axes, int64_t(i)))
      left.push_back(name);
    else if (keepDims)
      left.push_back("1");
  }
  build.port(names);
  build.port(left);
  return names;
}

ChannelRule ReduceOp::getChannelRule() {
  RuleBuilder build;
  RuleBuilder::Names names =
      addReducedPorts(build, getInput(), getAxes(), getKeepDims());
  for (const auto &[i, name] : llvm::enumerate(names)) {
    bool isReduced = llvm::is_contained(getAxes(), int64_t(i));
    build.perOthers(isReduced
                        ? build.clause(name, getIgnoredKinds(getKind()), 0u)
                        : build.clause(name, getKeptKinds(getKind()), {0, 1}));
  }
  return build.take();
}

/// Which element is the largest does not change where all that are compared
/// are scaled or shifted alike.
ChannelRule ArgReduceOp::getChannelRule() {
  RuleBuilder build;
  RuleBuilder::Names names =
      addReducedPorts(build, getInput(), int64_t(getAxis()), getKeepDims());
  for (const auto &[i, name] : llvm::enumerate(names)) {
    if (i == getAxis())
      continue;
    build.clause(name, Kind::Permutation, {0, 1});
    build.clause(name, Kinds(Kind::PositiveScale) | Kind::Shift, 0u);
  }
  return build.take();
}

ChannelRule CumSumOp::getChannelRule() {
  RuleBuilder build;
  RuleBuilder::Names names =
      RuleBuilder::names(cast<ShapedType>(getType()).getRank());
  build.port(names);
  build.port(names);
  for (const auto &[i, name] : llvm::enumerate(names))
    if (i != getAxis())
      build.perOthers(build.clause(name, Kind::Linear, {0, 1}),
                      names[getAxis()]);
  return build.take();
}

//===----------------------------------------------------------------------===//
// Windows
//===----------------------------------------------------------------------===//

ChannelPortShape makeImagePort(Layout layout, ChannelAxis first,
                               ChannelAxis channels) {
  ChannelPortShape shape;
  shape.axes = {std::move(first), std::move(channels)};
  shape.ellipsis = layout == Layout::ChannelsFirst ? 2 : 1;
  return shape;
}

/// Batch and channels of an op that treats each channel of each image alike.
static ChannelRule getPerChannelRule(Layout layout, Kinds kinds) {
  RuleBuilder build;
  for (int i = 0; i < 2; ++i)
    build.port(makeImagePort(layout, RuleBuilder::factor("b"),
                             RuleBuilder::factor("c")));
  for (StringRef name : {"b", "c"})
    build.perOthers(build.clause(name, kinds, {0, 1}));
  return build.take();
}

ChannelRule PoolOp::getChannelRule() {
  if (getKind() == PoolKind::Max)
    return getPerChannelRule(getLayout(), Kinds(Kind::Permutation) |
                                              Kind::PositiveScale |
                                              Kind::Shift);
  // Zeros that are averaged in do not shift.
  bool countsZeros = getCountIncludePad() &&
                     (getCeilMode() ||
                      llvm::any_of(getPadding(), [](int64_t p) { return p; }));
  return getPerChannelRule(getLayout(),
                           countsZeros ? Kinds(Kind::Linear) : Kinds::all());
}

/// The weights of an interpolation sum to 1.
ChannelRule ResizeOp::getChannelRule() {
  return getPerChannelRule(getLayout(), Kinds::all());
}

} // namespace nibble::nn
