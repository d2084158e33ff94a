//===- FoldGain.cpp - A gain in the weights of its readers ----------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FoldGain.h"

#include <algorithm>

using namespace mlir;
using namespace nibble;

/// The one place of weights in a link; null if there are none or several.
static const nn::ChannelPlace *findWeights(const ChannelLink &link) {
  const nn::ChannelPlace *result = nullptr;
  for (auto [place, node] : llvm::zip_equal(link.relation.places, link.nodes)) {
    if (node != ChannelLink::kAbsorbs)
      continue;
    if (result)
      return nullptr;
    result = &place;
  }
  return result;
}

/// All channels of an axis.
static bool coversAxis(const nn::ChannelPlace &place, int64_t channels) {
  auto type = dyn_cast<RankedTensorType>(place.value.getType());
  return type && place.offset == 0 && place.extent == channels &&
         type.getDimSize(place.axis) == channels;
}

/// What `operand` is multiplied with, over the channels of the gain.
static const nn::ChannelPlace *findReaderWeights(const ChannelGraph &graph,
                                                 unsigned node,
                                                 OpOperand &operand) {
  for (unsigned number : graph.getLinksOf(node)) {
    const ChannelLink &link = graph.getLinks()[number];
    if (link.op != operand.getOwner())
      continue;
    for (auto [place, other] :
         llvm::zip_equal(link.relation.places, link.nodes))
      if (place.port == operand.getOperandNumber() && other == node)
        return findWeights(link);
  }
  return nullptr;
}

namespace {
/// The parts of a product with a gain; `result` is the node of the link.
struct Gain {
  unsigned result;
  OpOperand *input;
  Value vector;
  int64_t channels;
};
} // namespace

static std::optional<Gain> findGain(const ChannelGraph &graph,
                                    const ChannelLink &link) {
  std::optional<unsigned> result, input;
  for (auto [place, node] : llvm::zip_equal(link.relation.places, link.nodes))
    (place.port < link.op->getNumOperands() ? input : result) =
        place.port < link.op->getNumOperands() ? place.port : node;
  if (!result || !input || link.op->getNumOperands() != 2)
    return std::nullopt;
  const ChannelNode &node = graph.getNodes()[*result];
  Gain gain{*result, &link.op->getOpOperand(*input),
            link.op->getOperand(1 - *input),
            cast<ShapedType>(node.value.getType()).getDimSize(node.axis)};
  auto type = dyn_cast<RankedTensorType>(gain.vector.getType());
  if (!type || !type.hasStaticShape() ||
      type.getNumElements() != gain.channels || node.offset != 0 ||
      node.extent != gain.channels)
    return std::nullopt;
  return gain;
}

bool nibble::canFoldGain(const ChannelGraph &graph, const ChannelLink &link) {
  std::optional<Gain> gain = findGain(graph, link);
  return gain &&
         llvm::all_of(link.op->getResult(0).getUses(), [&](OpOperand &use) {
           if (isa<tensor::DimOp>(use.getOwner()))
             return true;
           const nn::ChannelPlace *weights =
               findReaderWeights(graph, gain->result, use);
           return weights && coversAxis(*weights, gain->channels);
         });
}

FoldedGain nibble::foldGain(const ChannelGraph &graph,
                            const ChannelLink &link) {
  Gain gain = *findGain(graph, link);
  Value multiplied = gain.input->get();
  FoldedGain folded{gain.input, {}};
  auto type = cast<RankedTensorType>(gain.vector.getType());
  OpBuilder builder(link.op);
  for (OpOperand &use :
       llvm::make_early_inc_range(link.op->getResult(0).getUses())) {
    // The extents are the same.
    if (isa<tensor::DimOp>(use.getOwner())) {
      use.set(multiplied);
      continue;
    }
    const nn::ChannelPlace *place = findReaderWeights(graph, gain.result, use);
    OpOperand &weights = use.getOwner()->getOpOperand(place->port);
    auto weightType = cast<RankedTensorType>(weights.get().getType());
    SmallVector<int64_t> shape(weightType.getRank(), 1);
    shape[place->axis] = type.getNumElements();
    builder.setInsertionPoint(use.getOwner());
    Location loc = weights.get().getLoc();
    Value spread = gain.vector;
    if (type.getShape() != ArrayRef<int64_t>(shape))
      spread = nn::ReshapeOp::create(builder, loc, type.clone(shape),
                                     gain.vector, ValueRange(), shape);
    weights.set(nn::ElementwiseOp::create(builder, loc, weightType,
                                          nn::ElementwiseKind::Mul,
                                          ValueRange{weights.get(), spread}));
    use.set(multiplied);
    folded.readers.push_back(&use);
  }
  // Uses come last first.
  std::reverse(folded.readers.begin(), folded.readers.end());
  return folded;
}
