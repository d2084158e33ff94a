//===- AnnotateSpaces.cpp - Which channel axes share a basis, printed -----===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Quantize/Transform/Passes.h"

#include "nibble/Quantize/Transform/ChannelGraph.h"
#include "llvm/ADT/SetVector.h"

namespace nibble {
#define GEN_PASS_DEF_ANNOTATESPACES
#include "nibble/Quantize/Transform/Passes.h.inc"
} // namespace nibble

using namespace mlir;
using namespace nibble;
using numerics::Kind;

static std::optional<Kind> parseKind(StringRef name) {
  for (Kind kind : numerics::allKinds)
    if (name == numerics::getName(kind))
      return kind;
  return std::nullopt;
}

/// "64 x 2 copies".
static std::string describeMap(const SpaceStructure &structure) {
  std::string text = std::to_string(structure.size);
  if (structure.copies > 1)
    text += " x " + std::to_string(structure.copies) + " copies";
  return text;
}

/// "640, 3 absorb, pinned: graph output 'y'; …".
static std::string describeSpace(const ChannelGraph &graph,
                                 const ChannelSpace &space) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << describeMap(space.structure) << ", " << space.structure.weights.size()
     << " absorb";
  llvm::SmallSetVector<StringRef, 4> reasons;
  for (unsigned pin : space.pins)
    reasons.insert(graph.getPins()[pin].reason);
  if (!reasons.empty())
    os << ", pinned: " << llvm::join(reasons, "; ");
  return text;
}

namespace {
struct AnnotateSpaces final : nibble::impl::AnnotateSpacesBase<AnnotateSpaces> {
  using AnnotateSpacesBase::AnnotateSpacesBase;

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    std::optional<Kind> chosen = parseKind(kind);
    if (!chosen) {
      function.emitError("unknown kind '")
          << kind
          << "'; use permutation, sign, scale, orthogonal_keeping_ones, "
             "orthogonal, linear or shift";
      return signalPassFailure();
    }
    ChannelGraph graph(function, *chosen);
    Builder builder(&getContext());
    SmallVector<Attribute> lines;
    numbers.clear();
    for (auto [number, space] : llvm::enumerate(graph.getSpaces())) {
      if (!space.absorbs)
        continue;
      lines.push_back(builder.getStringAttr(
          std::to_string(lines.size()) + ": " + describeSpace(graph, space)));
      numbers.try_emplace(number, lines.size() - 1);
    }
    function->setAttr("qnt.space_ports", builder.getArrayAttr(lines));
    for (BlockArgument argument : function.getArguments())
      if (std::string text = describeAxes(graph, argument); !text.empty())
        function.setArgAttr(argument.getArgNumber(), "qnt.spaces",
                            builder.getStringAttr(text));
    function->walk([&](Operation *op) { annotate(graph, op); });
  }

private:
  void annotate(const ChannelGraph &graph, Operation *op) {
    SmallVector<std::string> texts;
    for (Value result : op->getResults())
      texts.push_back(describeAxes(graph, result));
    if (!llvm::all_of(texts, [](auto &text) { return text.empty(); }))
      op->setAttr("qnt.spaces",
                  Builder(op).getStrArrayAttr(
                      SmallVector<StringRef>(texts.begin(), texts.end())));
  }

  /// "axis 2: #0; axis 1[0:64]: #3 stride 49 dual".
  std::string describeAxes(const ChannelGraph &graph, Value value) const {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    std::string text;
    llvm::raw_string_ostream os(text);
    llvm::ListSeparator separator("; ");
    for (int64_t axis = 0; type && axis < type.getRank(); ++axis)
      for (unsigned number : graph.findNodes(value, axis)) {
        unsigned spaceNumber = graph.getSpaceOf(number);
        auto shown = numbers.find(spaceNumber);
        if (shown == numbers.end())
          continue;
        const ChannelNode &node = graph.getNodes()[number];
        os << separator << "axis " << axis;
        if (node.extent != type.getDimSize(axis))
          os << "[" << node.offset << ":" << node.offset + node.extent << "]";
        os << ": #" << shown->second;
        const SpaceStructure &structure =
            graph.getSpaces()[spaceNumber].structure;
        const SpaceStructure::AtNode &at = structure.nodes.find(number)->second;
        os << " " << describeMap(structure);
        if (at.copyAxis >= 0)
          os << " along axis " << at.copyAxis;
        if (at.copyRepeat != 1)
          os << " / " << at.copyRepeat;
        if (at.stride != 1)
          os << ", stride " << at.stride;
        if (at.isDual)
          os << ", dual";
      }
    return text;
  }

  /// Of the graph's spaces, those that are shown.
  DenseMap<unsigned, unsigned> numbers;
};
} // namespace
