//===- NNChannelRulesShape.cpp - Rules of ops that move elements ----------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What moves whole slices along an axis lets any map of that axis through, and
// another one for each index of the other axes.
//
//===----------------------------------------------------------------------===//

#include "NNChannelRules.h"

#include "mlir/IR/Matchers.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace nibble::nn {

using numerics::Kind;
using numerics::Kinds;

static ArrayRef<int64_t> shapeOf(Value value) {
  return cast<ShapedType>(value.getType()).getShape();
}

/// Any map of `factor` at all of `ports`.
static void addMoved(RuleBuilder &build, StringRef factor,
                     ArrayRef<unsigned> ports, Kinds kinds = Kinds::all()) {
  build.perOthers(build.clause(factor, kinds, ports));
}

//===----------------------------------------------------------------------===//
// reshape
//===----------------------------------------------------------------------===//

namespace {

/// Cuts the axes of a reshape's both sides into the same factors, from the last
/// axis on.
class ReshapeFactors {
public:
  explicit ReshapeFactors(ReshapeOp op) : op(op) {
    for (unsigned side : {0, 1}) {
      Value value = side ? Value(op.getResult()) : Value(op.getInput());
      shapes[side] = shapeOf(value);
      ports[side].axes.resize(shapes[side].size());
    }
    cut();
  }

  ChannelRule getRule() {
    RuleBuilder build;
    for (unsigned side : {0, 1}) {
      for (const auto &[i, axis] : llvm::enumerate(ports[side].axes))
        if (axis.empty())
          axis = RuleBuilder::factor(RuleBuilder::name(i, side ? "y" : "x"));
      build.port(ports[side]);
    }
    for (const std::string &name : llvm::reverse(common))
      addMoved(build, name, {0, 1});
    return build.take();
  }

private:
  /// Static axes [begin, end) of a side: the products of its last ones.
  struct Run {
    int64_t begin, end;
    SmallVector<int64_t> products = {1};

    int64_t total() const { return products.back(); }
  };

  void cut();
  Run getRun(unsigned side, int64_t end) const;
  void cutRuns(const Run &in, const Run &out);
  void nameAxes(unsigned side, const Run &run, ArrayRef<int64_t> cuts,
                ArrayRef<std::string> names);
  bool isSameDynamic(int64_t in, int64_t out);
  std::string getNewName() { return "f" + std::to_string(numNames++); }

  ReshapeOp op;
  ArrayRef<int64_t> shapes[2];
  ChannelPortShape ports[2];
  /// Factors that both sides have, the innermost first.
  SmallVector<std::string> common;
  unsigned numNames = 0;
};

ReshapeFactors::Run ReshapeFactors::getRun(unsigned side, int64_t end) const {
  Run run{end, end};
  while (run.begin > 0 && !ShapedType::isDynamic(shapes[side][run.begin - 1]))
    run.products.push_back(run.total() * shapes[side][--run.begin]);
  return run;
}

void ReshapeFactors::cut() {
  if (llvm::is_contained(shapes[0], 0) || llvm::is_contained(shapes[1], 0))
    return;
  int64_t ends[2] = {int64_t(shapes[0].size()), int64_t(shapes[1].size())};
  while (true) {
    Run in = getRun(0, ends[0]), out = getRun(1, ends[1]);
    cutRuns(in, out);
    ends[0] = in.begin - 1;
    ends[1] = out.begin - 1;
    if (in.total() != out.total() || ends[0] < 0 || ends[1] < 0 ||
        !isSameDynamic(ends[0], ends[1]))
      return;
    std::string name = getNewName();
    ports[0].axes[ends[0]] = ports[1].axes[ends[1]] = RuleBuilder::factor(name);
    common.push_back(name);
  }
}

/// The value that a reshape or expand gives an axis of its result as extent.
static Value getGivenExtent(Operation *op, int64_t axis) {
  auto find = [&](auto shaped) -> Value {
    ArrayRef<int64_t> statics = shaped.getStaticShape();
    return shaped.getShape()[llvm::count_if(statics.take_front(axis),
                                            ShapedType::isDynamic)];
  };
  if (auto reshape = dyn_cast_or_null<ReshapeOp>(op))
    return find(reshape);
  if (auto expand = dyn_cast_or_null<ExpandOp>(op))
    return find(expand);
  return {};
}

/// What is to the right of both is equal: so are they if they are one value,
/// or if nothing else is dynamic and the rest is equal.
bool ReshapeFactors::isSameDynamic(int64_t in, int64_t out) {
  Value extent = getGivenExtent(op, out);
  if (extent == getGivenExtent(op.getInput().getDefiningOp(), in))
    return true;
  auto dim = extent.getDefiningOp<tensor::DimOp>();
  if (dim && dim.getSource() == op.getInput() &&
      dim.getConstantIndex() == std::optional<int64_t>(in))
    return true;
  Run left[2] = {getRun(0, in), getRun(1, out)};
  return left[0].begin == 0 && left[1].begin == 0 &&
         left[0].total() == left[1].total();
}

/// Between two places where both sides have an axis begin, each cut must
/// divide the next; else nothing there is a factor.
void ReshapeFactors::cutRuns(const Run &in, const Run &out) {
  SmallVector<int64_t> cuts(in.products);
  llvm::append_range(cuts, out.products);
  llvm::sort(cuts);
  cuts.erase(llvm::unique(cuts), cuts.end());
  int64_t shared = std::min(in.total(), out.total());
  auto isCommon = [&](int64_t cut) {
    return llvm::is_contained(in.products, cut) &&
           llvm::is_contained(out.products, cut);
  };
  SmallVector<std::string> names(cuts.size() - 1);
  for (size_t begin = 0, end; begin + 1 < cuts.size(); begin = end) {
    bool divides = true;
    for (end = begin + 1;; ++end) {
      divides &= cuts[end] % cuts[end - 1] == 0;
      if (end + 1 == cuts.size() || isCommon(cuts[end]))
        break;
    }
    for (size_t i = begin; divides && i < end; ++i) {
      names[i] = getNewName();
      if (cuts[i + 1] <= shared)
        common.push_back(names[i]);
    }
  }
  nameAxes(0, in, cuts, names);
  nameAxes(1, out, cuts, names);
}

void ReshapeFactors::nameAxes(unsigned side, const Run &run,
                              ArrayRef<int64_t> cuts,
                              ArrayRef<std::string> names) {
  for (int64_t i = 0, e = run.end - run.begin; i < e; ++i) {
    ChannelAxis &axis = ports[side].axes[run.end - 1 - i];
    ChannelSegment segment;
    for (size_t j = names.size(); j-- > 0;)
      if (cuts[j] >= run.products[i] && cuts[j + 1] <= run.products[i + 1])
        segment.push_back({names[j], cuts[j + 1] / cuts[j]});
    if (segment.empty())
      axis = {{{"", 1}}};
    else if (llvm::none_of(
                 segment, [](const auto &entry) { return entry.name.empty(); }))
      axis = {segment};
  }
}

} // namespace

ChannelRule ReshapeOp::getChannelRule() {
  return ReshapeFactors(*this).getRule();
}

//===----------------------------------------------------------------------===//
// transpose, expand
//===----------------------------------------------------------------------===//

ChannelRule TransposeOp::getChannelRule() {
  RuleBuilder build;
  RuleBuilder::Names names = RuleBuilder::names(getPermutation().size());
  RuleBuilder::Names permuted;
  for (int64_t axis : getPermutation())
    permuted.push_back(names[axis]);
  build.port(names);
  build.port(permuted);
  for (const std::string &name : names)
    addMoved(build, name, {0, 1});
  return build.take();
}

/// Along a stretched axis all elements are equal, and stay so.
ChannelRule ExpandOp::getChannelRule() {
  RuleBuilder build;
  ArrayRef<int64_t> in = shapeOf(getInput()), out = shapeOf(getResult());
  RuleBuilder::Names names = RuleBuilder::names(out.size());
  RuleBuilder::Names inputs(ArrayRef<std::string>(names).take_back(in.size()));
  for (const auto &[name, extent] : llvm::zip_equal(inputs, in))
    if (extent == 1)
      name = "1";
  // Ports are the input, the extents that are operands, and the result.
  build.port(inputs);
  unsigned result = build.port(names);
  for (const std::string &name : names) {
    if (llvm::is_contained(inputs, name))
      addMoved(build, name, {0, result});
    else
      addMoved(build, name, result, Kind::OrthogonalKeepingOnes);
  }
  return build.take();
}

//===----------------------------------------------------------------------===//
// slice, pad
//===----------------------------------------------------------------------===//

namespace {

/// An axis of which a part of the input is a part of the result: segments that
/// are before and after it on either side, 0 if there are none.
struct Part {
  int64_t inLow = 0, inHigh = 0, outLow = 0, outHigh = 0;
  int64_t extent = ShapedType::kDynamic;
};

/// The ports' axes are the sums of a part's segments; what only the input has
/// is free.
class PartRule {
public:
  /// `part` is none where nothing crosses.
  void addAxis(std::optional<Part> part, Kinds kinds) {
    std::string name = RuleBuilder::name(input.axes.size());
    if (!part) {
      input.axes.push_back(RuleBuilder::factor(name));
      std::string other = RuleBuilder::name(input.axes.size() - 1, "e");
      result.axes.push_back(RuleBuilder::factor(other));
      return;
    }
    ChannelAxis moved = RuleBuilder::factor(name, part->extent);
    auto join = [&](ChannelAxis low, ChannelAxis high) {
      low.append(moved);
      low.append(high);
      return low;
    };
    input.axes.push_back(
        join(addDropped("low", part->inLow), addDropped("high", part->inHigh)));
    result.axes.push_back(
        join(makeAdded(part->outLow), makeAdded(part->outHigh)));
    crossing.push_back({name, kinds});
  }

  ChannelRule getRule() {
    RuleBuilder build;
    build.port(input);
    unsigned last = build.port(result);
    for (const auto &[name, kinds] : crossing)
      addMoved(build, name, {0, last}, kinds);
    for (const std::string &name : dropped)
      addMoved(build, name, 0u);
    return build.take();
  }

private:
  ChannelAxis addDropped(StringRef prefix, int64_t extent) {
    if (extent == 0)
      return {};
    dropped.push_back(RuleBuilder::name(input.axes.size(), prefix));
    return RuleBuilder::factor(dropped.back(), extent);
  }
  static ChannelAxis makeAdded(int64_t extent) {
    return extent == 0 ? ChannelAxis() : ChannelAxis{{{"", extent}}};
  }

  ChannelPortShape input, result;
  SmallVector<std::pair<std::string, Kinds>> crossing;
  SmallVector<std::string> dropped;
};

} // namespace

ChannelRule SliceOp::getChannelRule() {
  PartRule rule;
  for (const auto &[i, extent] : llvm::enumerate(shapeOf(getInput()))) {
    int64_t offset = getStaticOffsets()[i], size = getStaticSizes()[i];
    bool isKnown = !ShapedType::isDynamic(extent) &&
                   !ShapedType::isDynamic(offset) &&
                   !ShapedType::isDynamic(size) && size > 0;
    std::optional<Part> part;
    if (isKnown && getStrides()[i] == 1)
      part = Part{offset, extent - offset - size, 0, 0, size};
    rule.addAxis(part, Kinds::all());
  }
  return rule.getRule();
}

/// Whether zeros are added, or nothing.
static bool padsWithZeros(PadOp op) {
  return !op.getValue() || matchPattern(op.getValue(), m_AnyZeroFloat()) ||
         matchPattern(op.getValue(), m_Zero());
}

ChannelRule PadOp::getChannelRule() {
  auto changes = [&](int64_t axis) {
    return getLow()[axis] != 0 || getHigh()[axis] != 0;
  };
  bool isConstant = getMode() == PadMode::Constant;
  PartRule rule;
  for (const auto &[i, extent] : llvm::enumerate(shapeOf(getInput()))) {
    // What other axes add must be its own image.
    Kinds kinds = Kinds::all();
    bool othersAdd = false;
    for (int64_t j = 0, e = getLow().size(); j < e; ++j)
      othersAdd |= j != int64_t(i) && (getLow()[j] > 0 || getHigh()[j] > 0);
    if (isConstant && othersAdd)
      kinds = padsWithZeros(*this) ? Kind::Linear : Kind::OrthogonalKeepingOnes;
    int64_t low = getLow()[i], high = getHigh()[i];
    Part part;
    part.inLow = std::max<int64_t>(-low, 0);
    part.inHigh = std::max<int64_t>(-high, 0);
    part.outLow = std::max<int64_t>(low, 0);
    part.outHigh = std::max<int64_t>(high, 0);
    bool isEmptied =
        !ShapedType::isDynamic(extent) && extent - part.inLow - part.inHigh < 1;
    if ((changes(i) && !isConstant) || isEmptied)
      rule.addAxis(std::nullopt, kinds);
    else
      rule.addAxis(part, kinds);
  }
  return rule.getRule();
}

//===----------------------------------------------------------------------===//
// concat, gather
//===----------------------------------------------------------------------===//

/// Along `axis` the result is the sum of the inputs' axes.
static ChannelRule getConcatRule(ValueRange inputs, int64_t axis) {
  RuleBuilder build;
  RuleBuilder::Names names = RuleBuilder::names(shapeOf(inputs.front()).size());
  ChannelPortShape result;
  for (const std::string &name : names)
    result.axes.push_back(RuleBuilder::factor(name));
  result.axes[axis].clear();
  SmallVector<unsigned> all;
  for (unsigned i = 0; i < inputs.size(); ++i) {
    names[axis] = RuleBuilder::name(i, "s");
    all.push_back(build.port(names));
    result.axes[axis].append(RuleBuilder::factor(names[axis]));
  }
  unsigned last = build.port(result);
  for (unsigned input : ArrayRef(all))
    addMoved(build, RuleBuilder::name(input, "s"), {input, last});
  all.push_back(last);
  for (const auto &[i, name] : llvm::enumerate(names))
    if (int64_t(i) != axis)
      addMoved(build, name, all);
  return build.take();
}

ChannelRule ConcatOp::getChannelRule() {
  return getConcatRule(getInputs(), getAxis());
}

ChannelRule CacheUpdateOp::getChannelRule() {
  return getConcatRule({getCache(), getUpdate()}, getAxis());
}

ChannelRule GatherOp::getChannelRule() {
  RuleBuilder build;
  RuleBuilder::Names names = RuleBuilder::names(shapeOf(getInput()).size());
  RuleBuilder::Names indices =
      RuleBuilder::names(shapeOf(getIndices()).size(), "i");
  build.port(names);
  build.port(indices);
  auto before = ArrayRef<std::string>(names).take_front(getAxis());
  auto after = ArrayRef<std::string>(names).drop_front(getAxis() + 1);
  RuleBuilder::Names result(before), moved(before);
  llvm::append_range(result, indices);
  llvm::append_range(result, after);
  llvm::append_range(moved, after);
  unsigned last = build.port(result);
  for (const std::string &name : moved)
    addMoved(build, name, {0, last});
  return build.take();
}

/// The axes after those that indices choose along are moved as they are.
ChannelRule GatherNDOp::getChannelRule() {
  RuleBuilder build;
  RuleBuilder::Names names = RuleBuilder::names(shapeOf(getInput()).size());
  int64_t numIndices = shapeOf(getIndices()).size();
  int64_t depth = shapeOf(getIndices()).back();
  auto batch = ArrayRef<std::string>(names).take_front(getBatchDims());
  auto moved = ArrayRef<std::string>(names).drop_front(getBatchDims() + depth);
  RuleBuilder::Names indices(batch);
  llvm::append_range(indices,
                     ArrayRef<std::string>(RuleBuilder::names(numIndices, "i"))
                         .drop_front(getBatchDims()));
  build.port(names);
  build.port(indices);
  RuleBuilder::Names result(ArrayRef<std::string>(indices).drop_back());
  llvm::append_range(result, moved);
  unsigned last = build.port(result);
  for (const std::string &name : batch)
    build.clause(name, Kind::Permutation, {0, 1, last});
  for (const std::string &name : moved)
    addMoved(build, name, {0, last});
  return build.take();
}

} // namespace nibble::nn
