//===- SplitRelations.cpp - Relations cut into common parts ---------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A cut at one place is a cut of T, and so of all places of the relation. Cuts
// only become more, so they end. A relation that cannot take a cut is left out,
// and all begins again without it: what it alone would have cut stays whole.
//
//===----------------------------------------------------------------------===//

#include "SplitRelations.h"

#include "llvm/ADT/BitVector.h"

#include <map>
#include <set>

using namespace mlir;
using namespace nibble;

namespace {
using Cuts = std::set<int64_t>;

/// Where all relations meet: an axis, or a segment of it.
using Site = std::tuple<void *, int64_t, int64_t>;

/// Cuts of all sites, from those of each relation, until they agree.
class Cutter {
public:
  explicit Cutter(ArrayRef<SplitRelation> relations) : relations(relations) {}
  virtual ~Cutter() = default;

  /// The first relation that cannot take the cuts, if there is one.
  std::optional<unsigned> run() {
    for (unsigned number = 0; number < relations.size(); ++number) {
      if (!begin(relations[number]))
        return number;
      forEachSite(relations[number],
                  [&](const nn::ChannelPlace &, const Site &site) {
                    users[site].push_back(number);
                    return true;
                  });
      pending.insert(number);
    }
    while (!pending.empty()) {
      unsigned number = *pending.begin();
      pending.erase(pending.begin());
      if (!spread(relations[number]))
        return number;
    }
    return std::nullopt;
  }

  /// The cuts of T, which lie in all of the relation's places.
  virtual bool collect(const SplitRelation &relation, Cuts &map) const = 0;

protected:
  /// The cuts that the relation itself makes.
  virtual bool begin(const SplitRelation &relation) = 0;
  /// Where T's cut lies at a place.
  virtual int64_t toPlace(const nn::ChannelPlace &place, int64_t cut) const = 0;
  virtual Site getSite(const nn::ChannelPlace &place) const = 0;
  /// False if the site cannot have this cut beside its others.
  virtual bool admits(const Cuts &, int64_t) const { return true; }

  bool forEachSite(
      const SplitRelation &relation,
      function_ref<bool(const nn::ChannelPlace &, const Site &)> visit) const {
    for (auto [place, absorbs] :
         llvm::zip_equal(relation.relation.places, relation.absorbs))
      if (!absorbs && !visit(place, getSite(place)))
        return false;
    return true;
  }

  bool add(const Site &site, int64_t cut) {
    Cuts &there = cuts[site];
    if (there.count(cut))
      return true;
    if (!admits(there, cut))
      return false;
    there.insert(cut);
    for (unsigned user : users[site])
      pending.insert(user);
    return true;
  }

  const Cuts &getCuts(const Site &site) const {
    static const Cuts none;
    auto it = cuts.find(site);
    return it == cuts.end() ? none : it->second;
  }

private:
  bool spread(const SplitRelation &relation) {
    Cuts map;
    return collect(relation, map) &&
           forEachSite(relation,
                       [&](const nn::ChannelPlace &place, const Site &site) {
                         return llvm::all_of(map, [&](int64_t cut) {
                           return add(site, toPlace(place, cut));
                         });
                       });
  }

  ArrayRef<SplitRelation> relations;
  std::map<Site, Cuts> cuts;
  std::map<Site, SmallVector<unsigned, 4>> users;
  /// In the order of the function, so that what is left out is so, too.
  std::set<unsigned> pending;
};

/// Cuts axes into segments.
class SegmentCutter final : public Cutter {
public:
  using Cutter::Cutter;

  static bool repeats(const SplitRelation &relation,
                      const nn::ChannelPlace &place) {
    return place.extent != relation.relation.size * place.stride;
  }

  bool collect(const SplitRelation &relation, Cuts &map) const override {
    bool fits =
        forEachSite(relation, [&](const nn::ChannelPlace &place, const Site &) {
          for (int64_t cut : getCutsIn(place)) {
            // Between two of the blocks that T repeats in, T stays whole.
            bool between = repeats(relation, place);
            int64_t unit =
                place.stride * (between ? relation.relation.size : 1);
            if ((cut - place.offset) % unit != 0)
              return false;
            if (!between)
              map.insert((cut - place.offset) / unit);
          }
          return true;
        });
    return fits && (map.empty() ||
                    llvm::none_of(relation.relation.places, [&](auto &place) {
                      return repeats(relation, place);
                    }));
  }

  SmallVector<int64_t> getCutsIn(const nn::ChannelPlace &place) const {
    const Cuts &all = getCuts(getSite(place));
    return {all.upper_bound(place.offset),
            all.lower_bound(place.offset + place.extent)};
  }

protected:
  bool begin(const SplitRelation &relation) override {
    return forEachSite(relation, [&](const nn::ChannelPlace &place,
                                     const Site &site) {
      return add(site, place.offset) && add(site, place.offset + place.extent);
    });
  }
  int64_t toPlace(const nn::ChannelPlace &place, int64_t cut) const override {
    return place.offset + cut * place.stride;
  }
  Site getSite(const nn::ChannelPlace &place) const override {
    return {place.value.getAsOpaquePointer(), place.axis, 0};
  }
};

/// Cuts segments into factors: the strides at which they begin, each of which
/// divides the next one.
class FactorCutter final : public Cutter {
public:
  using Cutter::Cutter;

  bool collect(const SplitRelation &relation, Cuts &map) const override {
    return forEachSite(
        relation, [&](const nn::ChannelPlace &place, const Site &site) {
          const Cuts &there = getCuts(site);
          auto end = there.lower_bound(place.stride * relation.relation.size);
          for (auto it = there.upper_bound(place.stride); it != end; ++it)
            map.insert(*it / place.stride);
          return true;
        });
  }

protected:
  bool begin(const SplitRelation &relation) override {
    return forEachSite(
        relation, [&](const nn::ChannelPlace &place, const Site &site) {
          return add(site, place.stride) &&
                 add(site, place.stride * relation.relation.size);
        });
  }
  int64_t toPlace(const nn::ChannelPlace &place, int64_t cut) const override {
    return cut * place.stride;
  }
  Site getSite(const nn::ChannelPlace &place) const override {
    return {place.value.getAsOpaquePointer(), place.axis, place.offset};
  }
  bool admits(const Cuts &there, int64_t cut) const override {
    return llvm::all_of(there, [&](int64_t other) {
      return other % cut == 0 || cut % other == 0;
    });
  }
};
} // namespace

/// Neighbouring cuts, and the ends.
static SmallVector<std::pair<int64_t, int64_t>>
getParts(int64_t first, const Cuts &cuts, int64_t last) {
  SmallVector<std::pair<int64_t, int64_t>> parts;
  for (int64_t cut : cuts)
    parts.emplace_back(std::exchange(first, cut), cut);
  parts.emplace_back(first, last);
  return parts;
}

/// The relation with each place cut between its repetitions of T.
static SplitRelation cutRepetitions(const SplitRelation &whole,
                                    const SegmentCutter &cutter) {
  SplitRelation result = whole;
  result.relation.places.clear();
  result.absorbs.clear();
  for (CopyForm &form : result.forms)
    form.places.clear();
  BitVector isCut(whole.forms.size());
  for (auto [number, place] : llvm::enumerate(whole.relation.places)) {
    Cuts cuts;
    if (!whole.absorbs[number])
      for (int64_t cut : cutter.getCutsIn(place))
        cuts.insert(cut);
    for (auto [from, to] :
         getParts(place.offset, cuts, place.offset + place.extent)) {
      nn::ChannelPlace &part = result.relation.places.emplace_back(place);
      part.offset = from;
      part.extent = to - from;
      result.absorbs.push_back(whole.absorbs[number]);
      for (auto [form, made] : llvm::zip_equal(whole.forms, result.forms))
        made.places.push_back(form.places[number]);
    }
    // Which copy acts is counted from the beginning of what was whole.
    for (auto [number2, form] : llvm::enumerate(whole.forms))
      if (!cuts.empty() && form.places[number].axis == place.axis)
        isCut.set(number2);
  }
  for (unsigned number : isCut.set_bits()) {
    result.forms[number].copies = 1;
    result.forms[number].places.assign(result.relation.places.size(), {});
  }
  return result;
}

static void cutIntoSegments(const SplitRelation &whole,
                            const SegmentCutter &cutter,
                            std::vector<SplitRelation> &parts) {
  Cuts cuts;
  cutter.collect(whole, cuts);
  if (cuts.empty()) {
    parts.push_back(cutRepetitions(whole, cutter));
    return;
  }
  for (auto [from, to] : getParts(0, cuts, whole.relation.size)) {
    SplitRelation &part = parts.emplace_back(whole);
    part.relation.size = to - from;
    for (nn::ChannelPlace &place : part.relation.places) {
      place.offset += from * place.stride;
      place.extent = (to - from) * place.stride;
    }
  }
}

static void cutIntoFactors(const SplitRelation &whole,
                           const FactorCutter &cutter,
                           std::vector<SplitRelation> &parts) {
  Cuts cuts;
  cutter.collect(whole, cuts);
  for (auto [from, to] : getParts(1, cuts, whole.relation.size)) {
    SplitRelation &part = parts.emplace_back(whole);
    int64_t above = whole.relation.size / to;
    part.relation.size = to / from;
    bool once = true;
    for (nn::ChannelPlace &place : part.relation.places) {
      once &= place.extent == whole.relation.size * place.stride;
      place.stride *= from;
    }
    for (CopyForm &form : part.forms)
      for (auto [copy, place] :
           llvm::zip_equal(form.places, part.relation.places))
        if (copy.axis == place.axis)
          copy.repeat *= above;
    // A T for each index of the factors above is part of the whole, too.
    if (above == 1 || !once)
      continue;
    CopyForm &each = part.forms.emplace_back();
    each.copies = above;
    for (const nn::ChannelPlace &place : part.relation.places)
      each.places.push_back({place.axis, 1});
  }
}

/// Runs a cutter until nothing must be left out.
template <typename CutterT>
static std::vector<SplitRelation>
cutAll(std::vector<SplitRelation> relations,
       function_ref<void(const SplitRelation &)> dropped,
       function_ref<void(const SplitRelation &, const CutterT &,
                         std::vector<SplitRelation> &)>
           cut) {
  for (;;) {
    CutterT cutter(relations);
    if (std::optional<unsigned> misfit = cutter.run()) {
      dropped(relations[*misfit]);
      relations.erase(relations.begin() + *misfit);
      continue;
    }
    std::vector<SplitRelation> parts;
    for (const SplitRelation &relation : relations)
      cut(relation, cutter, parts);
    return parts;
  }
}

std::vector<SplitRelation>
nibble::splitRelations(ArrayRef<SplitRelation> relations,
                       function_ref<void(const SplitRelation &)> dropped) {
  std::vector<SplitRelation> segments =
      cutAll<SegmentCutter>(relations.vec(), dropped, cutIntoSegments);
  llvm::erase_if(segments, [](auto &part) { return part.relation.size == 1; });
  return cutAll<FactorCutter>(std::move(segments), dropped, cutIntoFactors);
}
