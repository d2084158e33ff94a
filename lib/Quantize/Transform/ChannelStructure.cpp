//===- ChannelStructure.cpp - How the map of a space looks ----------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Quantize/Transform/ChannelGraph.h"

#include <numeric>
#include <set>

using namespace mlir;
using namespace nibble;

namespace {
/// T acts on neighbours `low` apart, and repeats after `high` channels.
struct Factor {
  int64_t low, high;

  bool operator==(const Factor &other) const {
    return low == other.low && high == other.high;
  }
  int64_t getSize() const { return high / low; }
};

/// Which copy of T acts at a place; `axis` and `repeat` as in nn::ChannelPlace,
/// where along the axis itself the repeats of the *structure's* T count.
struct CopyMap {
  int64_t copies = 1, axis = -1, repeat = 1;

  bool operator==(const CopyMap &other) const {
    return copies == other.copies && axis == other.axis &&
           repeat == other.repeat;
  }
};

/// The copies at each place of a link.
using CopyMaps = SmallVector<CopyMap, 4>;

/// Meets links over nodes; see `meetStructures`.
class Meeting {
public:
  Meeting(ArrayRef<ChannelNode> nodes, ArrayRef<ChannelLink> links,
          ArrayRef<unsigned> useNodes, ArrayRef<unsigned> useLinks)
      : nodes(nodes), links(links), useNodes(useNodes), useLinks(useLinks) {}

  SpaceStructure run(numerics::Kind kind);

private:
  bool meetFactors();
  bool meetFactor(const ChannelLink &link, bool &changed);
  /// False if some node would need T and T⁻ᵀ at once.
  bool meetDuals();
  void meetCopies();
  bool tryCopies(unsigned seed, const CopyMaps &form);
  SmallVector<CopyMaps> getForms(const ChannelLink &link) const;
  CopyMaps toForm(const ChannelLink &link,
                  const nn::ChannelRelation &relation) const;
  std::optional<CopyMaps> findForm(const ChannelLink &link) const;

  bool isNode(unsigned node) const {
    return node != ChannelLink::kAbsorbs && factors.contains(node);
  }
  /// The channels of the link's T that one block of the structure's T spans.
  int64_t getSpan(const ChannelLink &link) const;
  /// Calls `visit` with each place that is one of the nodes; stops at false.
  bool
  forEachNode(const ChannelLink &link,
              function_ref<bool(unsigned, const nn::ChannelPlace &, unsigned)>
                  visit) const {
    for (unsigned i = 0; i < link.nodes.size(); ++i)
      if (isNode(link.nodes[i]) &&
          !visit(link.nodes[i], link.relation.places[i], i))
        return false;
    return true;
  }

  ArrayRef<ChannelNode> nodes;
  ArrayRef<ChannelLink> links;
  ArrayRef<unsigned> useNodes, useLinks;
  DenseMap<unsigned, Factor> factors;
  DenseMap<unsigned, bool> duals;
  DenseMap<unsigned, CopyMap> copies;
  DenseMap<unsigned, CopyMaps> copiesOfLinks;
};
} // namespace

//===----------------------------------------------------------------------===//
// Sizes and strides
//===----------------------------------------------------------------------===//

/// The maps that are both; none if only the identity is.
static std::optional<Factor> meet(Factor lhs, Factor rhs) {
  Factor both{std::lcm(lhs.low, rhs.low), std::gcd(lhs.high, rhs.high)};
  if (both.high <= both.low || both.high % both.low != 0)
    return std::nullopt;
  return both;
}

bool Meeting::meetFactor(const ChannelLink &link, bool &changed) {
  // In units of the link's T.
  Factor map{1, link.relation.size};
  bool meets = forEachNode(
      link, [&](unsigned node, const nn::ChannelPlace &place, unsigned) {
        Factor there = factors.at(node);
        std::optional<Factor> both =
            meet(there, {place.stride, place.stride * link.relation.size});
        if (!both)
          return false;
        std::optional<Factor> met =
            meet(map, {both->low / place.stride, both->high / place.stride});
        map = met.value_or(map);
        return met.has_value();
      });
  if (!meets)
    return false;
  forEachNode(link,
              [&](unsigned node, const nn::ChannelPlace &place, unsigned) {
                Factor now{map.low * place.stride, map.high * place.stride};
                changed |= !(factors.at(node) == now);
                factors[node] = now;
                return true;
              });
  return true;
}

bool Meeting::meetFactors() {
  for (unsigned node : useNodes)
    factors[node] = {nodes[node].stride, nodes[node].stride * nodes[node].size};
  bool changed = true;
  while (std::exchange(changed, false))
    for (unsigned link : useLinks)
      if (!meetFactor(links[link], changed))
        return false;
  return llvm::all_of(useNodes, [&](unsigned node) {
    return factors.at(node).getSize() == factors.at(useNodes[0]).getSize();
  });
}

//===----------------------------------------------------------------------===//
// T or T⁻ᵀ
//===----------------------------------------------------------------------===//

bool Meeting::meetDuals() {
  auto isDual = [](const nn::ChannelPlace &place) {
    return place.role == nn::ChannelRole::Dual;
  };
  // Whether a node is dual to the first known one of each link.
  auto spread = [&](const ChannelLink &link, bool &changed) {
    std::optional<bool> map;
    forEachNode(link,
                [&](unsigned node, const nn::ChannelPlace &place, unsigned) {
                  if (auto it = duals.find(node); it != duals.end())
                    map = it->second != isDual(place);
                  return !map;
                });
    return !map ||
           forEachNode(link, [&](unsigned node, const nn::ChannelPlace &place,
                                 unsigned) {
             bool dual = *map != isDual(place);
             auto [it, isNew] = duals.try_emplace(node, dual);
             changed |= isNew;
             return it->second == dual;
           });
  };
  for (unsigned first : useNodes) {
    // One T for all of them; further sets of tied nodes choose for themselves.
    if (!duals.try_emplace(first, false).second)
      continue;
    bool changed = true;
    while (std::exchange(changed, false))
      for (unsigned link : useLinks)
        if (!spread(links[link], changed))
          return false;
  }
  return true;
}

//===----------------------------------------------------------------------===//
// Copies
//===----------------------------------------------------------------------===//

int64_t Meeting::getSpan(const ChannelLink &link) const {
  int64_t span = 1;
  forEachNode(link,
              [&](unsigned node, const nn::ChannelPlace &place, unsigned) {
                span = factors.at(node).high / place.stride;
                return false;
              });
  return span;
}

CopyMaps Meeting::toForm(const ChannelLink &link,
                         const nn::ChannelRelation &relation) const {
  int64_t ratio = relation.size / getSpan(link);
  CopyMaps form;
  for (const nn::ChannelPlace &place : relation.places)
    form.push_back(
        {relation.copies, place.copyAxis,
         place.copyRepeat * (place.copyAxis == place.axis ? ratio : 1)});
  return form;
}

/// All ways in which the link lets copies differ; none if it does not.
SmallVector<CopyMaps> Meeting::getForms(const ChannelLink &link) const {
  SmallVector<CopyMaps> forms;
  if (link.relation.copies > 1)
    forms.push_back(toForm(link, link.relation));
  for (const nn::ChannelRelation &variant : link.variants)
    if (variant.copies > 1)
      forms.push_back(toForm(link, variant));
  // A link's larger T holds several of the structure's, side by side.
  int64_t ratio = link.relation.size / getSpan(link);
  if (ratio > 1 && llvm::all_of(link.relation.places, [&](auto &place) {
        return place.extent == link.relation.size * place.stride;
      })) {
    CopyMaps &form = forms.emplace_back();
    for (const nn::ChannelPlace &place : link.relation.places)
      form.push_back({ratio, place.axis, 1});
  }
  return forms;
}

/// The same with each `factor` neighbouring copies made one.
static CopyMaps coarsen(CopyMaps form, int64_t factor) {
  for (CopyMap &map : form) {
    map.copies /= factor;
    map.repeat *= factor;
  }
  return form;
}

/// How a link's copies lie so that they are those of its nodes known so far.
std::optional<CopyMaps> Meeting::findForm(const ChannelLink &link) const {
  for (const CopyMaps &form : getForms(link)) {
    std::optional<CopyMaps> chosen;
    bool agrees = forEachNode(
        link, [&](unsigned node, const nn::ChannelPlace &, unsigned place) {
          auto known = copies.find(node);
          if (known == copies.end())
            return true;
          if (!chosen && known->second.copies > 1 &&
              form[place].copies % known->second.copies == 0)
            chosen = coarsen(form, form[place].copies / known->second.copies);
          return chosen && (*chosen)[place] == known->second;
        });
    if (agrees && chosen)
      return chosen;
  }
  return std::nullopt;
}

/// Begins with one link's copies and follows them through all others.
bool Meeting::tryCopies(unsigned seed, const CopyMaps &form) {
  copies.clear();
  copiesOfLinks.clear();
  auto enter = [&](unsigned number, const CopyMaps &form) {
    copiesOfLinks[number] = form;
    return forEachNode(links[number], [&](unsigned node,
                                          const nn::ChannelPlace &,
                                          unsigned place) {
      return copies.try_emplace(node, form[place]).first->second == form[place];
    });
  };
  if (!enter(seed, form))
    return false;
  bool changed = true;
  while (std::exchange(changed, false))
    for (unsigned number : useLinks) {
      auto isKnown = [&](unsigned node, const nn::ChannelPlace &, unsigned) {
        return !copies.contains(node);
      };
      if (copiesOfLinks.contains(number) || forEachNode(links[number], isKnown))
        continue;
      std::optional<CopyMaps> next = findForm(links[number]);
      if (!next || !enter(number, *next))
        return false;
      changed = true;
    }
  return copies.size() == factors.size();
}

/// Whatever holds everywhere is one of the ways of the link that has fewest.
void Meeting::meetCopies() {
  std::optional<unsigned> seed;
  SmallVector<CopyMaps> forms;
  for (unsigned number : useLinks) {
    SmallVector<CopyMaps> own = getForms(links[number]);
    if (seed && own.size() >= forms.size())
      continue;
    seed = number;
    forms = std::move(own);
    if (forms.empty())
      return;
  }
  std::set<int64_t, std::greater<>> counts;
  for (const CopyMaps &form : forms)
    for (int64_t factor = 1; factor < form[0].copies; ++factor)
      if (form[0].copies % factor == 0)
        counts.insert(form[0].copies / factor);
  for (int64_t count : counts)
    for (const CopyMaps &form : forms)
      if (form[0].copies % count == 0 &&
          tryCopies(*seed, coarsen(form, form[0].copies / count)))
        return;
  copies.clear();
  copiesOfLinks.clear();
}

//===----------------------------------------------------------------------===//
// All together
//===----------------------------------------------------------------------===//

/// Kinds of which a map may be another than its dual.
static bool hasDuals(numerics::Kind kind) {
  return kind == numerics::Kind::Linear ||
         kind == numerics::Kind::PositiveScale || kind == numerics::Kind::Shift;
}

SpaceStructure Meeting::run(numerics::Kind kind) {
  SpaceStructure result;
  for (unsigned node : useNodes)
    result.nodes[node] = {};
  if (useNodes.empty() || !meetFactors() || (hasDuals(kind) && !meetDuals()))
    return result;
  meetCopies();
  result.size = factors.at(useNodes[0]).getSize();
  result.copies = copies.lookup(useNodes[0]).copies;
  auto makeAt = [](int64_t stride, const CopyMap &map, bool isDual) {
    return SpaceStructure::AtNode{stride, map.axis, map.repeat, isDual};
  };
  for (unsigned node : useNodes)
    result.nodes[node] =
        makeAt(factors.at(node).low, copies.lookup(node), duals.lookup(node));
  for (unsigned number : useLinks) {
    const ChannelLink &link = links[number];
    bool isMapDual = false;
    forEachNode(link, [&](unsigned node, const nn::ChannelPlace &place,
                          unsigned) {
      isMapDual = duals.lookup(node) != (place.role == nn::ChannelRole::Dual);
      return false;
    });
    CopyMaps maps = copiesOfLinks.lookup(number);
    maps.resize(link.nodes.size());
    for (auto [i, place] : llvm::enumerate(link.relation.places))
      if (link.nodes[i] == ChannelLink::kAbsorbs)
        result.weights[{number, i}] =
            makeAt(place.stride * getSpan(link) / result.size, maps[i],
                   hasDuals(kind) &&
                       isMapDual != (place.role == nn::ChannelRole::Dual));
  }
  return result;
}

SpaceStructure nibble::meetStructures(numerics::Kind kind,
                                      ArrayRef<ChannelNode> nodes,
                                      ArrayRef<ChannelLink> links,
                                      ArrayRef<unsigned> useNodes,
                                      ArrayRef<unsigned> useLinks) {
  return Meeting(nodes, links, useNodes, useLinks).run(kind);
}
