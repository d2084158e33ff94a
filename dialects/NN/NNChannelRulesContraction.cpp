//===- NNChannelRulesContraction.cpp - Rules of products and norms --------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NNChannelRules.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace nibble::nn {

using numerics::Kind;
using numerics::Kinds;

static constexpr Kinds kDiagonal = Kinds(Kind::Sign) | Kind::PositiveScale;

static ArrayRef<int64_t> shapeOf(Value value) {
  return cast<ShapedType>(value.getType()).getShape();
}

//===----------------------------------------------------------------------===//
// matmul
//===----------------------------------------------------------------------===//

ChannelRule MatmulOp::getChannelRule() {
  int64_t numBatch = cast<ShapedType>(getType()).getRank() - 2;
  RuleBuilder build;
  // Which batch axes an operand has, not broadcast along them.
  auto addOperand = [&](Value value, StringRef row, StringRef column) {
    ArrayRef<int64_t> shape = shapeOf(value);
    RuleBuilder::Names names;
    for (const auto &[i, extent] : llvm::enumerate(shape.drop_back(2)))
      names.push_back(
          extent == 1
              ? "1"
              : RuleBuilder::name(numBatch - (shape.size() - 2) + i, "b"));
    RuleBuilder::Names batch = names;
    names.append({row.str(), column.str()});
    build.port(names);
    return batch;
  };
  RuleBuilder::Names lhs = addOperand(getLhs(), "m", "k");
  RuleBuilder::Names rhs = addOperand(getRhs(), getTransposeRhs() ? "n" : "k",
                                      getTransposeRhs() ? "k" : "n");
  RuleBuilder::Names all;
  for (int64_t i = 0; i < numBatch; ++i) {
    std::string name = RuleBuilder::name(i, "b");
    bool isAny = llvm::is_contained(lhs, name) || llvm::is_contained(rhs, name);
    all.push_back(isAny ? name : "1");
  }
  all.append({"m", "n"});
  unsigned result = build.port(all);

  build.perOthers(build.clause("m", Kind::Linear, {0, result}), {"k", "n"});
  build.perOthers(build.clause("n", Kind::Linear, {1, result}), {"k", "m"});
  build.perOthers(build.clause("k", Kind::Linear, 0u, 1u));
  for (const std::string &name : ArrayRef(all).drop_back(2)) {
    if (name == "1")
      continue;
    bool hasLhs = llvm::is_contained(lhs, name);
    bool hasRhs = llvm::is_contained(rhs, name);
    if (hasLhs && hasRhs) {
      build.clause(name, Kind::Permutation, {0, 1, result});
      build.clause(name, kDiagonal, result, {}, {0, 1});
    } else {
      build.clause(name, Kind::Linear, {hasLhs ? 0u : 1u, result});
    }
  }
  return build.take();
}

//===----------------------------------------------------------------------===//
// Convolutions
//===----------------------------------------------------------------------===//

namespace {

/// The channels of a convolution: `inputs` and `outputs` in each of `groups`.
struct ConvChannels {
  int64_t groups, inputs, outputs;

  bool hasGroups() const { return groups > 1; }
  /// A group of one channel is the channel.
  bool isWithin(int64_t channels) const {
    return !hasGroups() || channels != 1;
  }
  ChannelAxis axis(StringRef name, int64_t channels) const {
    ChannelSegment segment;
    if (hasGroups())
      segment.push_back({"g", groups});
    if (isWithin(channels))
      segment.push_back({name.str()});
    return {segment};
  }
};

/// Operands: input, filter, bias. `c` are input, `o` output channels.
ChannelRule getConvRule(const ConvChannels &channels, bool isTransposed,
                        Layout layout) {
  enum : unsigned { Input, Filter, Bias, Result };
  ChannelAxis inputs = channels.axis("c", channels.inputs);
  ChannelAxis outputs = channels.axis("o", channels.outputs);
  // The filter's first axis lists all channels, its second those of a group.
  auto within = [&](StringRef name, int64_t extent) {
    return channels.isWithin(extent) ? RuleBuilder::factor(name)
                                     : ChannelAxis{{{"", 1}}};
  };
  RuleBuilder build;
  ChannelAxis batch = RuleBuilder::factor("b");
  build.port(makeImagePort(layout, batch, inputs));
  build.port(
      isTransposed
          ? makeImagePort(layout, inputs, within("o", channels.outputs))
          : makeImagePort(layout, outputs, within("c", channels.inputs)));
  ChannelPortShape bias;
  bias.axes.push_back(outputs);
  build.port(bias);
  build.port(makeImagePort(layout, batch, outputs));

  auto optionalBias = [](ChannelClause &clause) -> ChannelClause & {
    for (ChannelClause::Port &port : clause.ports)
      port.isOptional = port.number == Bias;
    return clause;
  };
  if (channels.hasGroups())
    optionalBias(
        build.clause("g", Kind::Permutation, {Input, Filter, Bias, Result}));
  if (channels.isWithin(channels.inputs))
    build.perGroup(build.clause("c", Kind::Linear, Input, Filter),
                   channels.hasGroups());
  else
    build.clause("g", kDiagonal, Input, Filter);
  bool isWithin = channels.isWithin(channels.outputs);
  StringRef out = isWithin ? "o" : "g";
  bool perGroup = isWithin && channels.hasGroups();
  build.perGroup(
      optionalBias(build.clause(out, isWithin ? Kinds(Kind::Linear) : kDiagonal,
                                {Filter, Bias, Result})),
      perGroup);
  build.perGroup(build.clause(out, Kind::Shift, {Bias, Result}), perGroup);
  return build.take();
}

int64_t divide(int64_t extent, int64_t groups) {
  return ShapedType::isDynamic(extent) ? extent : extent / groups;
}

int64_t getFilterColumns(Value filter, Layout layout) {
  ArrayRef<int64_t> shape = shapeOf(filter);
  return layout == Layout::ChannelsFirst ? shape[1] : shape.back();
}

} // namespace

ChannelRule ConvOp::getChannelRule() {
  int64_t groups = getGroups();
  return getConvRule({groups, getFilterColumns(getFilter(), getLayout()),
                      divide(shapeOf(getFilter())[0], groups)},
                     /*isTransposed=*/false, getLayout());
}

ChannelRule ConvTransposeOp::getChannelRule() {
  int64_t groups = getGroups();
  return getConvRule({groups, divide(shapeOf(getFilter())[0], groups),
                      getFilterColumns(getFilter(), getLayout())},
                     /*isTransposed=*/true, getLayout());
}

//===----------------------------------------------------------------------===//
// Norms and softmax
//===----------------------------------------------------------------------===//

namespace {

/// The ports of a norm; layer_norm's and group_norm's: `centred`.
struct NormPorts {
  std::optional<unsigned> scale, bias;
  unsigned result;
  bool centred;

  SmallVector<unsigned> join(ArrayRef<unsigned> ports) const {
    SmallVector<unsigned> all(ports);
    if (bias)
      all.push_back(*bias);
    all.push_back(result);
    return all;
  }
};

/// `factor` is one of those that are normalised together, `channel` the one
/// along which the gain and the bias have a value each.
void addNormClauses(RuleBuilder &build, const NormPorts &ports,
                    StringRef factor) {
  if (!ports.scale) {
    build.perOthers(build.clause(
        factor, ports.centred ? Kind::OrthogonalKeepingOnes : Kind::Orthogonal,
        ports.join(0u)));
    return;
  }
  build.perOthers(
      build.clause(factor, Kind::Permutation, ports.join({0u, *ports.scale})));
}

/// What the gain and the bias pass on to the result.
void addGainClauses(RuleBuilder &build, const NormPorts &ports,
                    StringRef factor) {
  if (ports.scale && ports.centred) {
    build.perOthers(build.clause(factor, kDiagonal, ports.join(*ports.scale)));
  } else if (ports.scale) {
    // The mean square does not see signs.
    build.perOthers(
        build.clause(factor, Kind::PositiveScale, ports.join(*ports.scale)));
    build.perOthers(
        build.clause(factor, Kind::Sign, ports.result, {}, {0u, *ports.scale}));
  }
  if (ports.bias)
    build.perOthers(
        build.clause(factor, Kind::Shift, {*ports.bias, ports.result}));
}

/// An axis of which each index is normalised for itself.
void addRowClauses(RuleBuilder &build, const NormPorts &ports,
                   StringRef factor) {
  Kinds kinds = Kind::Permutation;
  if (!ports.bias)
    kinds = kinds | Kind::Sign;
  build.clause(factor, kinds, {0u, ports.result});
  if (ports.centred)
    build.clause(factor, Kind::Shift, 0u);
}

/// layer_norm and rms_norm: all axes from `axis` on are normalised together.
ChannelRule getRowNormRule(int64_t rank, int64_t axis, bool hasScale,
                           std::optional<bool> hasBias) {
  RuleBuilder build;
  RuleBuilder::Names names = RuleBuilder::names(rank);
  auto channels = ArrayRef<std::string>(names).drop_front(axis);
  build.port(names);
  NormPorts ports{{}, {}, 0, hasBias.has_value()};
  unsigned scale = build.port(channels);
  if (hasScale)
    ports.scale = scale;
  if (hasBias) {
    unsigned bias = build.port(channels);
    if (*hasBias)
      ports.bias = bias;
  }
  ports.result = build.port(names);
  for (const auto &[i, name] : llvm::enumerate(names)) {
    if (int64_t(i) < axis) {
      addRowClauses(build, ports, name);
      continue;
    }
    addNormClauses(build, ports, name);
    addGainClauses(build, ports, name);
  }
  return build.take();
}

} // namespace

ChannelRule LayerNormOp::getChannelRule() {
  return getRowNormRule(shapeOf(getInput()).size(), getAxis(), bool(getScale()),
                        bool(getBias()));
}

ChannelRule RMSNormOp::getChannelRule() {
  return getRowNormRule(shapeOf(getInput()).size(), getAxis(), bool(getScale()),
                        std::nullopt);
}

/// `c` within each of the groups `g`; in groups of one channel `g` is it.
ChannelRule GroupNormOp::getChannelRule() {
  int64_t groups = getGroups();
  ConvChannels channels{groups, divide(shapeOf(getInput())[1], groups), 0};
  ChannelAxis axis = channels.axis("c", channels.inputs);
  RuleBuilder build;
  ChannelPortShape vector;
  vector.axes.push_back(axis);
  ChannelPortShape image =
      makeImagePort(Layout::ChannelsFirst, RuleBuilder::factor("b"), axis);
  build.port(image);
  NormPorts ports{{}, {}, 0, /*centred=*/true};
  unsigned scale = build.port(vector), bias = build.port(vector);
  if (getScale())
    ports.scale = scale;
  if (getBias())
    ports.bias = bias;
  ports.result = build.port(image);

  addRowClauses(build, ports, "b");
  bool isWithin = channels.isWithin(channels.inputs);
  if (channels.hasGroups()) {
    SmallVector<unsigned> all = {0};
    if (ports.scale)
      all.push_back(scale);
    Kinds kinds = Kind::Permutation;
    if (!ports.scale)
      kinds = kinds | Kind::Sign;
    if (!ports.scale && ports.bias)
      kinds = kinds | Kind::Shift; // The input's is ignored.
    build.clause("g", kinds, ports.join(all));
    build.clause("g", Kind::Shift, 0u);
  }
  if (isWithin)
    addNormClauses(build, ports, "c");
  addGainClauses(build, ports, isWithin ? "c" : "g");
  return build.take();
}

/// A row that is shifted as a whole gives the same.
ChannelRule SoftmaxOp::getChannelRule() {
  RuleBuilder build;
  RuleBuilder::Names names = RuleBuilder::names(shapeOf(getInput()).size());
  build.port(names);
  build.port(names);
  for (const auto &[i, name] : llvm::enumerate(names)) {
    ChannelClause &clause = build.clause(name, Kind::Permutation, {0, 1});
    if (i == getAxis()) {
      build.perOthers(clause);
      continue;
    }
    build.perOthers(clause, names[getAxis()]);
    build.clause(name, Kind::Shift, 0u);
  }
  return build.take();
}

//===----------------------------------------------------------------------===//
// attention, rope
//===----------------------------------------------------------------------===//

/// Whether each query sees a key, whatever the run.
static bool seesAlways(AttentionOp op) {
  if (op.getMask() || op.getLengths())
    return false;
  int64_t queries = shapeOf(op.getQuery())[2], keys = shapeOf(op.getKey())[2];
  if (ShapedType::isDynamic(keys) || keys == 0)
    return false;
  return !op.getCausal() ||
         (!ShapedType::isDynamic(queries) && queries <= keys);
}

/// The mask's axes, of which only the heads' counts.
static ChannelPortShape makeMaskPort(AttentionOp op, const ChannelAxis &heads) {
  ChannelPortShape port;
  if (!op.getMask())
    return port;
  ArrayRef<int64_t> shape = shapeOf(op.getMask());
  constexpr StringRef names[] = {"mb", "", "mt", "ms"};
  for (const auto &[i, extent] : llvm::enumerate(shape)) {
    size_t axis = 4 - shape.size() + i;
    if (extent == 1)
      port.axes.push_back({{{"", 1}}});
    else
      port.axes.push_back(axis == 1 ? heads : RuleBuilder::factor(names[axis]));
  }
  return port;
}

ChannelRule AttentionOp::getChannelRule() {
  enum : unsigned { Query, Key, Values, Mask, Lengths, Result };
  int64_t keyHeads = shapeOf(getKey())[1];
  int64_t perKey = shapeOf(getQuery())[1] / keyHeads;
  // Query head h reads key head h / perKey.
  ChannelSegment queries, keys;
  if (keyHeads > 1)
    keys.push_back({"kv", keyHeads});
  queries = keys;
  if (perKey > 1)
    queries.push_back({"g", perKey});
  for (ChannelSegment *segment : {&queries, &keys})
    if (segment->empty())
      segment->push_back({"", 1});

  RuleBuilder build;
  auto port = [&](const ChannelSegment &heads, StringRef rows,
                  StringRef columns) {
    ChannelPortShape shape;
    for (const ChannelAxis &axis :
         {RuleBuilder::factor("b"), ChannelAxis{heads},
          RuleBuilder::factor(rows), RuleBuilder::factor(columns)})
      shape.axes.push_back(axis);
    build.port(shape);
  };
  port(queries, "t", "d");
  port(keys, "s", "d");
  port(keys, "s", "e");
  build.port(makeMaskPort(*this, {queries}));
  build.port({"b"});
  port(queries, "t", "e");

  RuleBuilder::Names rows = {"b", "t", "s"};
  build.perOthers(build.clause("d", Kind::Linear, Query, Key), rows);
  // Softmax ignores what the shift adds to all logits of a row.
  if (getSoftcap().isZero())
    build.perOthers(build.clause("d", Kind::Shift, Key), rows);
  build.perOthers(
      build.clause("e", seesAlways(*this) ? Kinds::all() : Kinds(Kind::Linear),
                   {Values, Result}),
      rows);
  bool masksHeads = getMask() && shapeOf(getMask()).size() >= 3 &&
                    shapeOf(getMask())[shapeOf(getMask()).size() - 3] != 1;
  SmallVector<unsigned> ofQueries = {Query, Result}, ofAll;
  if (masksHeads)
    ofQueries.push_back(Mask);
  ofAll = ofQueries;
  ofAll.append({Key, Values});
  // Signs of a head's query and key cancel, those of its values remain.
  Kinds ofHeads = Kind::Permutation;
  if (!masksHeads)
    ofHeads = ofHeads | Kind::Sign;
  if (keyHeads > 1)
    build.clause("kv", ofHeads, ofAll);
  if (perKey > 1)
    build.perOthers(build.clause("g", Kind::Permutation, ofQueries), rows);
  return build.take();
}

/// Pairs `p` of the rotated part; what is after it passes.
ChannelRule RopeOp::getChannelRule() {
  int64_t pairs = shapeOf(getCosine())[2], extent = shapeOf(getInput())[3];
  ChannelSegment rotated = {{"two", 2}};
  rotated.insert(getInterleaved() ? rotated.begin() : rotated.end(),
                 ChannelFactor{"p"});
  ChannelAxis channels = {rotated};
  bool hasRest = ShapedType::isDynamic(pairs) || extent != 2 * pairs;
  if (hasRest)
    channels.push_back({{"rest"}});

  RuleBuilder build;
  ChannelPortShape port;
  for (const ChannelAxis &axis :
       {RuleBuilder::factor("b"), RuleBuilder::factor("h"),
        RuleBuilder::factor("t"), channels})
    port.axes.push_back(axis);
  build.port(port);
  RuleBuilder::Names table = {shapeOf(getCosine())[0] == 1 ? "1" : "b", "t",
                              "p"};
  build.port(table);
  build.port(table);
  unsigned result = build.port(port);

  build.clause("p", Kind::Permutation, {0, 1, 2, result});
  build.perOthers(build.clause("p", kDiagonal, {0, result}), {"two"});
  if (hasRest)
    build.perOthers(build.clause("rest", Kinds::all(), {0, result}));
  build.clause("h", Kind::Linear, {0, result});
  return build.take();
}

} // namespace nibble::nn
