//===- ChannelStructureTest.cpp - How the maps of spaces meet -------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Quantize/Transform/ChannelGraph.h"

#include "gtest/gtest.h"

#include <numeric>
#include <random>

using namespace nibble;
using llvm::ArrayRef;
using numerics::Kind;

namespace {

constexpr unsigned kWeights = ChannelLink::kAbsorbs;
constexpr nn::ChannelRole kSame = nn::ChannelRole::Same;
constexpr nn::ChannelRole kDual = nn::ChannelRole::Dual;

/// A place: its node, and where on the node's axis T lies.
struct At {
  unsigned node;
  int64_t extent, stride;
  nn::ChannelRole role = kSame;
  int64_t copyAxis = -1, copyRepeat = 1;
};

/// Nodes and links without values or ops, on axis 2.
class ChannelStructureTest : public ::testing::Test {
protected:
  static constexpr int64_t kAxis = 2;

  unsigned addNode(int64_t extent, int64_t size, int64_t stride = 1) {
    ChannelNode node;
    node.axis = kAxis;
    node.extent = extent;
    node.size = size;
    node.stride = stride;
    nodes.push_back(node);
    useNodes.push_back(nodes.size() - 1);
    return useNodes.back();
  }
  unsigned addNode(int64_t extent) { return addNode(extent, extent); }

  static nn::ChannelRelation makeRelation(int64_t size, int64_t copies,
                                          ArrayRef<At> places) {
    nn::ChannelRelation relation;
    relation.size = size;
    relation.copies = copies;
    for (const At &at : places)
      relation.places.push_back({0,
                                 {},
                                 kAxis,
                                 0,
                                 at.extent,
                                 at.stride,
                                 at.role,
                                 at.copyAxis,
                                 at.copyRepeat});
    return relation;
  }
  unsigned addLink(int64_t size, ArrayRef<At> places, int64_t copies = 1) {
    ChannelLink &link = links.emplace_back();
    link.relation = makeRelation(size, copies, places);
    for (const At &at : places)
      link.nodes.push_back(at.node);
    useLinks.push_back(links.size() - 1);
    return useLinks.back();
  }

  SpaceStructure meet(Kind kind = Kind::Orthogonal) {
    return meetStructures(kind, nodes, links, useNodes, useLinks);
  }

  std::vector<ChannelNode> nodes;
  std::vector<ChannelLink> links;
  llvm::SmallVector<unsigned> useNodes, useLinks;
};

TEST_F(ChannelStructureTest, WholeAxis) {
  unsigned a = addNode(640), b = addNode(640);
  unsigned link = addLink(640, {{a, 640, 1}, {kWeights, 640, 1}, {b, 640, 1}});
  SpaceStructure met = meet();
  EXPECT_EQ(met.size, 640);
  EXPECT_EQ(met.copies, 1);
  EXPECT_EQ(met.nodes.find(b)->second.stride, 1);
  ASSERT_EQ(met.weights.size(), 1u);
  EXPECT_EQ(met.weights.begin()->first, std::pair(link, 1u));
}

// The channels of an image: 16 apart where it is flat.
TEST_F(ChannelStructureTest, StridesFollowTheFactor) {
  unsigned image = addNode(12), flat = addNode(192, 12, 16);
  addLink(12, {{image, 12, 1}, {kWeights, 12, 1}});
  addLink(12, {{image, 12, 1}, {flat, 192, 16}});
  addLink(192, {{flat, 192, 1}, {kWeights, 192, 1, kDual}});
  SpaceStructure met = meet(Kind::Linear);
  EXPECT_EQ(met.size, 12);
  EXPECT_EQ(met.nodes.find(image)->second.stride, 1);
  EXPECT_EQ(met.nodes.find(flat)->second.stride, 16);
  auto weights = met.weights.find({2, 1});
  ASSERT_NE(weights, met.weights.end());
  EXPECT_EQ(weights->second.stride, 16);
  EXPECT_TRUE(weights->second.isDual);
}

// Both lie on one axis of 640, and share no channels' neighbours.
TEST_F(ChannelStructureTest, FactorsApartLeaveTheIdentity) {
  unsigned a = addNode(640);
  addLink(64, {{a, 640, 1}});
  addLink(10, {{a, 640, 64}});
  EXPECT_EQ(meet().size, 1);
}

TEST_F(ChannelStructureTest, OverlappingFactorsLeaveTheirCommonPart) {
  // T of 32 channels beside each other, and of 48 that are 4 apart: 8 of
  // these.
  unsigned a = addNode(960);
  addLink(32, {{a, 960, 1}});
  addLink(48, {{a, 960, 4}});
  SpaceStructure met = meet();
  EXPECT_EQ(met.size, 8);
  EXPECT_EQ(met.nodes.find(a)->second.stride, 4);
}

TEST_F(ChannelStructureTest, PartsOfNoCommonFactorLeaveTheIdentity) {
  unsigned a = addNode(15);
  addLink(3, {{a, 15, 1}});
  addLink(5, {{a, 15, 1}});
  EXPECT_EQ(meet().size, 1);
}

// What one end loses, all that is tied to it loses.
TEST_F(ChannelStructureTest, LimitsSpread) {
  unsigned previous = addNode(64);
  addLink(64, {{previous, 64, 1}, {kWeights, 64, 1}});
  for (int i = 0; i < 5; ++i) {
    unsigned next = addNode(64);
    addLink(64, {{previous, 64, 1}, {next, 64, 1}});
    previous = next;
  }
  addLink(16, {{previous, 64, 1}});
  SpaceStructure met = meet();
  EXPECT_EQ(met.size, 16);
  EXPECT_EQ(met.nodes.find(0)->second.stride, 1);
}

TEST_F(ChannelStructureTest, Duals) {
  unsigned query = addNode(64), key = addNode(64);
  addLink(64, {{query, 64, 1}, {kWeights, 64, 1}});
  addLink(64, {{key, 64, 1}, {kWeights, 64, 1}});
  addLink(64, {{query, 64, 1}, {key, 64, 1, kDual}});
  SpaceStructure met = meet(Kind::Linear);
  EXPECT_EQ(met.size, 64);
  EXPECT_FALSE(met.nodes.find(query)->second.isDual);
  EXPECT_TRUE(met.nodes.find(key)->second.isDual);
  EXPECT_FALSE((met.weights.find({0, 1})->second.isDual));
  EXPECT_TRUE((met.weights.find({1, 1})->second.isDual));
  // An orthogonal map is its own dual.
  EXPECT_FALSE(meet(Kind::Orthogonal).nodes.find(key)->second.isDual);
}

// One value as query and key: T = T⁻ᵀ.
TEST_F(ChannelStructureTest, DualToItself) {
  unsigned a = addNode(64), b = addNode(64);
  addLink(64, {{a, 64, 1}, {b, 64, 1}});
  addLink(64, {{a, 64, 1}, {b, 64, 1, kDual}});
  EXPECT_EQ(meet(Kind::Linear).size, 1);
  EXPECT_EQ(meet(Kind::PositiveScale).size, 1);
  EXPECT_EQ(meet(Kind::Orthogonal).size, 64);
}

//===----------------------------------------------------------------------===//
// Copies
//===----------------------------------------------------------------------===//

// Values of 2 heads, an output of 10: each of two maps serves five heads.
TEST_F(ChannelStructureTest, CopiesByHead) {
  unsigned v = addNode(128, 64), heads = addNode(64), out = addNode(64),
           flat = addNode(640, 64);
  addLink(128, {{v, 128, 1}, {kWeights, 128, 1}});
  addLink(64, {{v, 128, 1, kSame, kAxis}, {heads, 64, 1, kSame, 1}}, 2);
  addLink(64, {{heads, 64, 1, kSame, 1}, {out, 64, 1, kSame, 1, 5}}, 2);
  addLink(64, {{out, 64, 1, kSame, 1}, {flat, 640, 1, kSame, kAxis}}, 10);
  addLink(640, {{flat, 640, 1}, {kWeights, 640, 1, kDual}});
  SpaceStructure met = meet();
  EXPECT_EQ(met.size, 64);
  EXPECT_EQ(met.copies, 2);
  auto expectCopies = [](const SpaceStructure::AtNode &at, int64_t axis,
                         int64_t repeat) {
    EXPECT_EQ(at.copyAxis, axis);
    EXPECT_EQ(at.copyRepeat, repeat);
  };
  expectCopies(met.nodes.find(v)->second, kAxis, 1);
  expectCopies(met.nodes.find(heads)->second, 1, 1);
  expectCopies(met.nodes.find(out)->second, 1, 5);
  expectCopies(met.nodes.find(flat)->second, kAxis, 5);
  expectCopies(met.weights.find({0, 1})->second, kAxis, 1);
  expectCopies(met.weights.find({4, 1})->second, kAxis, 5);
}

// A link of which T has no copies leaves one for all.
TEST_F(ChannelStructureTest, OneLinkWithoutCopies) {
  unsigned a = addNode(64), b = addNode(64);
  addLink(64, {{a, 64, 1, kSame, 1}, {b, 64, 1, kSame, 1}}, 4);
  addLink(64, {{b, 64, 1}, {kWeights, 64, 1}});
  EXPECT_EQ(meet().copies, 1);
  EXPECT_EQ(meet().nodes.find(a)->second.copyAxis, -1);
}

// Links count the same copies along different axes.
TEST_F(ChannelStructureTest, CopiesThatDisagree) {
  unsigned a = addNode(64), b = addNode(64);
  addLink(64, {{a, 64, 1, kSame, 0}, {b, 64, 1, kSame, 0}}, 4);
  addLink(64, {{a, 64, 1, kSame, 1}, {b, 64, 1, kSame, 1}}, 4);
  EXPECT_EQ(meet().copies, 1);
}

TEST_F(ChannelStructureTest, VariantsOfCopies) {
  unsigned a = addNode(64), b = addNode(64);
  addLink(64, {{a, 64, 1, kSame, 0}, {b, 64, 1, kSame, 0}}, 8);
  links.back().variants.push_back(
      makeRelation(64, 4, {{a, 64, 1, kSame, 1}, {b, 64, 1, kSame, 1}}));
  addLink(64, {{b, 64, 1, kSame, 1}, {kWeights, 64, 1, kSame, 0, 3}}, 4);
  SpaceStructure met = meet();
  EXPECT_EQ(met.copies, 4);
  EXPECT_EQ(met.nodes.find(a)->second.copyAxis, 1);
  EXPECT_EQ((met.weights.find({1, 1})->second.copyRepeat), 3);
}

//===----------------------------------------------------------------------===//
// Against the definition
//===----------------------------------------------------------------------===//

/// Whether neighbours `low` apart up to `high` are of one block of a T of
/// `size` channels `stride` apart: then a map of these is part of one of those.
bool isPartOf(int64_t low, int64_t high, int64_t stride, int64_t size) {
  return low % stride == 0 && stride * size % high == 0;
}

// Links of one axis: what is met is part of each link's map, and no larger
// factor is.
TEST_F(ChannelStructureTest, LargestCommonFactor) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    nodes.clear(), links.clear(), useNodes.clear(), useLinks.clear();
    constexpr int64_t kExtent = 720;
    auto pickDivisor = [&](int64_t of) {
      int64_t divisor;
      do
        divisor = 1 + random() % of;
      while (of % divisor != 0);
      return divisor;
    };
    unsigned a = addNode(kExtent);
    for (int i = 0; i < 3; ++i) {
      int64_t stride = pickDivisor(60);
      int64_t size =
          kExtent / stride / pickDivisor(std::gcd(4, kExtent / stride));
      addLink(size, {{a, kExtent, stride}});
    }
    auto isCommon = [&](int64_t low, int64_t high) {
      return llvm::all_of(links, [&](const ChannelLink &link) {
        return isPartOf(low, high, link.relation.places[0].stride,
                        link.relation.size);
      });
    };
    int64_t largest = 1;
    for (int64_t low = 1; low < kExtent; ++low)
      for (int64_t high = 2 * low; high <= kExtent; high += low)
        if (kExtent % high == 0 && isCommon(low, high))
          largest = std::max(largest, high / low);
    SpaceStructure met = meet();
    ASSERT_EQ(met.size, largest);
    int64_t stride = met.nodes.find(a)->second.stride;
    ASSERT_TRUE(met.size == 1 || isCommon(stride, stride * met.size));
  }
}

} // namespace
