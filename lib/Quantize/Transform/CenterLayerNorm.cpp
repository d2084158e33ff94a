//===- CenterLayerNorm.cpp - The mean is taken out where it is written ----===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// x -> x - mean(x) is linear, but has no inverse. An op that commutes with all
// invertible maps on some places at once commutes with it, too (they are dense
// among the linear maps), as long as no place is dual: there T⁻ᵀ would act.
//
//===----------------------------------------------------------------------===//

#include "nibble/Quantize/Transform/Passes.h"

#include "CollectRelations.h"
#include "dialects/NN/NN.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/PatternMatch.h"
#include "nibble/Quantize/Transform/ChannelGraph.h"
#include "llvm/ADT/SetVector.h"

namespace nibble {
#define GEN_PASS_DEF_CENTERLAYERNORM
#include "nibble/Quantize/Transform/Passes.h.inc"
} // namespace nibble

using namespace mlir;
using namespace nibble;
using nn::ChannelPlace;
using nn::ChannelRole;

static std::string describe(Value value) {
  Operation *op = value.getDefiningOp();
  return op ? describe(op) : "an argument";
}

static ArrayRef<int64_t> shapeOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

//===----------------------------------------------------------------------===//
// What can be centred
//===----------------------------------------------------------------------===//

namespace {
/// The space of one graph whose layer norms are to become RMS norms.
struct Stream {
  const ChannelGraph &graph;
  const ChannelSpace &space;
  SmallVector<nn::LayerNormOp> norms;

  Stream(const ChannelGraph &graph, const ChannelSpace &space)
      : graph(graph), space(space) {
    for (unsigned pin : space.pins)
      if (nn::LayerNormOp norm = getNorm(graph.getPins()[pin]))
        norms.push_back(norm);
  }

  /// The layer norm that ignores the mean of the pin's channels; or null.
  nn::LayerNormOp getNorm(const ChannelPin &pin) const;
  std::optional<std::string> findObstacle() const;
  void rewrite(RewriterBase &rewriter) const;

private:
  std::optional<std::string> findObstacle(const ChannelLink &link) const;
  bool isParted(unsigned node) const;
};
} // namespace

nn::LayerNormOp Stream::getNorm(const ChannelPin &pin) const {
  auto norm = dyn_cast_or_null<nn::LayerNormOp>(pin.op);
  const ChannelNode &node = graph.getNodes()[pin.node];
  if (!norm || pin.isResult || pin.port != 0 || node.value != norm.getInput())
    return {};
  auto type = dyn_cast<RankedTensorType>(norm.getType());
  int64_t last = int64_t(shapeOf(node.value).size()) - 1;
  bool isWhole = node.axis == last && int64_t(norm.getAxis()) == last &&
                 node.offset == 0 && node.extent == shapeOf(node.value)[last];
  // The bias becomes an op of its own, which rounds narrow floats once more.
  return isWhole && type && type.getElementType().isF32() ? norm
                                                          : nn::LayerNormOp();
}

std::optional<std::string> Stream::findObstacle(const ChannelLink &link) const {
  if (link.foldsGain)
    return describe(link.op) + " multiplies by a gain";
  bool hasSame = false, hasDual = false;
  for (auto [place, node] : llvm::zip_equal(link.relation.places, link.nodes)) {
    (place.role == ChannelRole::Dual ? hasDual : hasSame) = true;
    if (node == ChannelLink::kAbsorbs &&
        !cast<RankedTensorType>(place.value.getType()).hasStaticShape())
      return describe(link.op) + " has weights whose shape is not static";
  }
  if (hasSame && hasDual)
    return describe(link.op) + " reads the mean";
  return std::nullopt;
}

/// Whether another op sees factors of these channels, which are nodes of their
/// own.
bool Stream::isParted(unsigned node) const {
  const ChannelNode &channels = graph.getNodes()[node];
  return llvm::any_of(
      graph.findNodes(channels.value, channels.axis), [&](unsigned number) {
        const ChannelNode &other = graph.getNodes()[number];
        return number != node &&
               other.offset < channels.offset + channels.extent &&
               channels.offset < other.offset + other.extent;
      });
}

std::optional<std::string> Stream::findObstacle() const {
  for (unsigned pin : space.pins)
    if (const ChannelPin &port = graph.getPins()[pin]; !getNorm(port))
      return port.reason;
  for (unsigned link : space.links)
    if (auto obstacle = findObstacle(graph.getLinks()[link]))
      return obstacle;
  for (unsigned node : space.nodes)
    if (const ChannelNode &channels = graph.getNodes()[node];
        channels.extent != space.structure.size || isParted(node))
      return "the channels of " + describe(channels.value) + " are parted";
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Rewriting
//===----------------------------------------------------------------------===//

/// Channels [offset, offset + extent) of an axis.
static Value createSlice(OpBuilder &builder, Location loc, Value value,
                         int64_t axis, int64_t offset, int64_t extent) {
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<int64_t> shape(type.getShape()), offsets(type.getRank(), 0),
      strides(type.getRank(), 1);
  shape[axis] = extent;
  offsets[axis] = offset;
  return nn::SliceOp::create(builder, loc, type.clone(shape), value,
                             ValueRange(), ValueRange(), offsets, shape,
                             strides);
}

/// value - mean(value) over `axis`.
static Value subtractMean(OpBuilder &builder, Location loc, Value value,
                          int64_t axis) {
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape[axis] = 1;
  Value mean =
      nn::ReduceOp::create(builder, loc, type.clone(shape),
                           nn::ReduceKind::Mean, value, ArrayRef<int64_t>{axis},
                           /*keep_dims=*/true);
  return nn::ElementwiseOp::create(builder, loc, type, nn::ElementwiseKind::Sub,
                                   ValueRange{value, mean});
}

/// The place's weights with the mean of each `size` channels taken out.
static Value centre(OpBuilder &builder, Location loc, const ChannelPlace &place,
                    int64_t size) {
  Value value = place.value;
  auto type = cast<RankedTensorType>(value.getType());
  int64_t whole = type.getDimSize(place.axis);
  int64_t end = place.offset + place.extent;
  if (place.extent != whole) {
    SmallVector<Value, 3> parts;
    ChannelPlace middle = place;
    middle.value = createSlice(builder, loc, value, place.axis, place.offset,
                               place.extent);
    middle.offset = 0;
    if (place.offset != 0)
      parts.push_back(
          createSlice(builder, loc, value, place.axis, 0, place.offset));
    parts.push_back(centre(builder, loc, middle, size));
    if (end != whole)
      parts.push_back(
          createSlice(builder, loc, value, place.axis, end, whole - end));
    return nn::ConcatOp::create(builder, loc, type, parts, place.axis);
  }
  if (whole == size)
    return subtractMean(builder, loc, value, place.axis);
  SmallVector<int64_t> shape(type.getShape());
  shape[place.axis] = whole / (size * place.stride);
  shape.insert(shape.begin() + place.axis + 1, {size, place.stride});
  Value split = nn::ReshapeOp::create(builder, loc, type.clone(shape), value,
                                      ValueRange(), shape);
  return nn::ReshapeOp::create(
      builder, loc, type, subtractMean(builder, loc, split, place.axis + 1),
      ValueRange(), type.getShape());
}

static void replaceNorm(RewriterBase &rewriter, nn::LayerNormOp op) {
  rewriter.setInsertionPoint(op);
  Value result =
      nn::RMSNormOp::create(rewriter, op.getLoc(), op.getType(), op.getInput(),
                            op.getScale(), op.getAxis(), op.getEpsilon());
  if (Value bias = op.getBias())
    result = nn::ElementwiseOp::create(rewriter, op.getLoc(), op.getType(),
                                       nn::ElementwiseKind::Add,
                                       ValueRange{result, bias});
  rewriter.replaceOp(op, result);
}

void Stream::rewrite(RewriterBase &rewriter) const {
  for (unsigned number : space.links) {
    const ChannelLink &link = graph.getLinks()[number];
    rewriter.setInsertionPoint(link.op);
    for (auto [place, node] :
         llvm::zip_equal(link.relation.places, link.nodes)) {
      if (node != ChannelLink::kAbsorbs)
        continue;
      OpOperand &operand = link.op->getOpOperand(place.port);
      ChannelPlace current = place;
      // Another relation may have centred other channels of it.
      current.value = operand.get();
      Value centred =
          centre(rewriter, link.op->getLoc(), current, space.structure.size);
      rewriter.modifyOpInPlace(link.op, [&] { operand.set(centred); });
    }
  }
  for (nn::LayerNormOp norm : norms)
    replaceNorm(rewriter, norm);
}

static void explain(ArrayRef<nn::LayerNormOp> norms, StringRef reason) {
  nn::LayerNormOp norm = norms.front();
  InFlightDiagnostic remark = norm.emitRemark() << "stays a layer norm";
  if (norms.size() > 1)
    remark << ", as " << norms.size() - 1 << " more of the same channels";
  remark << ": " << reason;
}

namespace {
struct CenterLayerNorm final
    : nibble::impl::CenterLayerNormBase<CenterLayerNorm> {
  void runOnOperation() override {
    llvm::SetVector<nn::LayerNormOp> others;
    getOperation().walk([&](nn::LayerNormOp op) { others.insert(op); });
    if (others.empty())
      return;
    ChannelGraph graph(getOperation(), numerics::Kind::Linear);
    // The graph is of the function as it was: look first, then rewrite.
    SmallVector<Stream> streams;
    for (const ChannelSpace &space : graph.getSpaces()) {
      Stream stream(graph, space);
      if (stream.norms.empty())
        continue;
      for (nn::LayerNormOp norm : stream.norms)
        others.remove(norm);
      if (auto obstacle = stream.findObstacle())
        explain(stream.norms, *obstacle);
      else
        streams.push_back(std::move(stream));
    }
    for (nn::LayerNormOp norm : others)
      explain(norm, "no linear map over f32 writes the one axis that " +
                        describe(norm.getInput()) + " gives it");
    IRRewriter rewriter(&getContext());
    for (const Stream &stream : streams)
      stream.rewrite(rewriter);
  }
};
} // namespace
