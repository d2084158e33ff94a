//===- ContractionInternal.h - Layouts shared by the readers ----*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Where everything lies, written once: the templates below run on int64_t (host
// packing, grid and scratch sizes) and on index values (emission).
//
// A panel holds NR columns of B:
//   scales  [group][NR]            of the stored kind
//   zeros   [group][NR]            bytes, in the domain of the stored codes
//   sums    [NR]                   i32 or f32, see hasColumnSums
//   codes   [block][…]             see CodeLayout
// each region 64-byte aligned.
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_CODEGEN_KERNELS_CONTRACTIONINTERNAL_H
#define NIBBLE_CODEGEN_KERNELS_CONTRACTIONINTERNAL_H

#include "nibble/Codegen/Kernels/Contraction.h"

#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <numeric>

namespace nibble::codegen {

/// Part of a code: `width` bits from bit `position` on. Planes of 4, 2 and 1
/// bits pack into bytes without crossing them.
struct CodePlane {
  unsigned width;
  unsigned position;
};

inline llvm::SmallVector<CodePlane, 3> codePlanes(unsigned bits) {
  llvm::SmallVector<CodePlane, 3> planes;
  unsigned position = 0;
  for (unsigned width : {8u, 4u, 2u, 1u})
    if (bits & width) {
      planes.push_back({width, position});
      position += width;
    }
  return planes;
}

/// How the codes of a panel lie. A *unit* is `unitK` values of k for each of
/// the NR columns; a lane of 32 bits (16 for vpmaddwd) belongs to one column. A
/// *block* is the smallest number of units whose planes fill whole vectors:
/// plane by plane, the plane's bits of unit u at bit (u * width) % 8.
struct CodeLayout {
  unsigned unitK = 1;
  unsigned unitBytes = 0; ///< unpacked: NR * unitK codes, or NR floats
  unsigned units = 1;     ///< in a block
  unsigned blockBytes = 0;

  unsigned blockK() const { return unitK * units; }
};

inline CodeLayout codeLayout(const ContractionPlan &plan) {
  const DotInfo &info = plan.info();
  unsigned bits = plan.desc.b.bits;
  CodeLayout layout;
  if (bits == 32) {
    layout.unitBytes = layout.blockBytes = info.nr * 4;
    return layout;
  }
  layout.unitK = plan.dot == Dot::S8MaddAvx2 ? 2 : 4;
  layout.unitBytes = info.nr * layout.unitK;
  layout.units = 8 / codePlanes(bits).back().width;
  layout.blockBytes = layout.unitBytes * layout.units * bits / 8;
  return layout;
}

/// The left operand of the dot is unsigned and the codes are signed, or the
/// other way round; vpmaddwd has both signed.
inline bool storesSigned(const ContractionPlan &plan) {
  return plan.dot == Dot::S8MaddAvx2 || plan.dot == Dot::S8MaddubsAvx2;
}
inline bool readsUnsignedA(const ContractionPlan &plan) {
  return plan.dot == Dot::S8MaddubsAvx2;
}

/// A enters the dot as A + activationShift.
inline int activationShift(const ContractionPlan &plan) {
  bool isUnsigned = plan.desc.a == ActivationKind::U8;
  if (!plan.desc.isInteger() || isUnsigned == readsUnsignedA(plan))
    return 0;
  return isUnsigned ? -128 : 128;
}

/// Stored code = code + codeShift.
inline int codeShift(const ContractionPlan &plan) {
  const WeightFormat &b = plan.desc.b;
  if (b.isFloat() || b.isSigned == storesSigned(plan))
    return 0;
  int half = 1 << (b.bits - 1);
  return b.isSigned ? half : -half;
}

/// The dot needs sum_k A[m,k], because stored codes have a zero point.
inline bool needsRowSums(const ContractionPlan &plan) {
  return plan.desc.isInteger() && (plan.desc.b.zero || codeShift(plan) != 0);
}

/// A panel holds what the zero point of A multiplies: sum_k (code - zero) as
/// i32, or with grouped scales sum_g scale_g * sum_{k in g} (code - zero) as
/// f32. A shift of A is such a zero point.
inline bool hasColumnSums(const ContractionPlan &plan) {
  return plan.desc.isInteger() &&
         (plan.desc.aZero != Granularity::None || activationShift(plan) != 0);
}

/// B goes through scratch, because codes are narrower than the dot's operand.
inline bool decodesB(const ContractionPlan &plan) {
  const WeightFormat &b = plan.desc.b;
  return !b.isFloat() && (!plan.desc.isInteger() || b.bits < 8);
}

/// Bytes of an element of A as the inner loop reads it.
inline unsigned innerABytes(const ContractionPlan &plan) {
  if (!plan.desc.isInteger())
    return 4;
  return plan.dot == Dot::S8MaddAvx2 ? 2 : 1;
}

/// A is copied into scratch, block by block: integers to widen, shift or pad
/// them and to sum rows; f32 only where B is decoded in chunks that know
/// nothing of segments.
inline bool packsA(const ContractionPlan &plan) {
  const ContractionDesc &desc = plan.desc;
  if (!desc.isInteger())
    return !desc.b.isFloat() && desc.segmentDims > 0;
  return !desc.wordSegments || innerABytes(plan) != 1 ||
         activationShift(plan) != 0 || needsRowSums(plan) || decodesB(plan) ||
         desc.b.isGrouped();
}

inline unsigned scaleBytes(ScaleKind kind) {
  switch (kind) {
  case ScaleKind::None:
    return 0;
  case ScaleKind::F32:
    return 4;
  case ScaleKind::F16:
  case ScaleKind::BF16:
    return 2;
  }
  llvm_unreachable("all kinds have a size");
}

/// The value of a code in the low bits of `byte`.
int32_t codeValue(const WeightFormat &b, uint8_t byte);

/// `scale` rounded to what `kind` holds.
float roundScale(ScaleKind kind, float scale);

/// What hasColumnSums speaks of, for column `n`.
struct ColumnSum {
  int32_t integer = 0;
  float scaled = 0;
};
ColumnSum sumColumn(const WeightFormat &b, const WeightData &w, int64_t n);

/// Values of k between two visits of a row tile; the sum goes on where it
/// stopped. Keeps the chunk of B in the L1 cache. Integer groups are not cut.
inline int64_t chunkK(const ContractionPlan &plan) {
  if (plan.desc.b.isFloat())
    return 384;
  int64_t unit = codeLayout(plan).blockK();
  if (plan.desc.isInteger() && plan.desc.b.isGrouped())
    unit = std::lcm(unit, plan.desc.b.group);
  int64_t target = plan.desc.isInteger() ? 1024 : 256;
  return std::max<int64_t>(target / unit, 1) * unit;
}

/// Rows of A that share a pass over a panel, at most.
constexpr int64_t maxBlockRows = 96;
/// Bytes of A that should stay in the L2 cache.
constexpr int64_t blockBytesOfA = 256 * 1024;
/// Row blocks are cut until a launch has this many grid points.
constexpr int64_t wantedGrid = 16;

//===----------------------------------------------------------------------===//
// The same arithmetic on integers and on index values
//===----------------------------------------------------------------------===//

struct HostMath {
  using T = int64_t;
  T c(int64_t v) { return v; }
  T add(T a, T b) { return a + b; }
  T sub(T a, T b) { return a - b; }
  T mul(T a, T b) { return a * b; }
  T div(T a, T b) { return a / b; }
  T min(T a, T b) { return std::min(a, b); }
  T max(T a, T b) { return std::max(a, b); }
};

template <typename Math, typename T = typename Math::T>
T ceilDiv(Math &x, T a, T b) {
  return x.div(x.add(a, x.sub(b, x.c(1))), b);
}

template <typename Math, typename T = typename Math::T>
T roundUp(Math &x, T a, int64_t unit) {
  return x.mul(ceilDiv(x, a, x.c(unit)), x.c(unit));
}

/// Offsets and size of a panel, in bytes.
template <typename T> struct PanelLayout {
  T kGroups;
  T zeros, sums, codes; ///< scales start at 0
  T bytes;
};

template <typename Math, typename T = typename Math::T>
PanelLayout<T> panelLayout(Math &x, const ContractionPlan &plan, T k) {
  const WeightFormat &b = plan.desc.b;
  CodeLayout codes = codeLayout(plan);
  int64_t nr = plan.info().nr;
  PanelLayout<T> layout;
  layout.kGroups = b.isGrouped() ? ceilDiv(x, k, x.c(b.group)) : x.c(1);
  layout.zeros =
      roundUp(x, x.mul(layout.kGroups, x.c(nr * scaleBytes(b.scale))), 64);
  layout.sums = roundUp(
      x, x.add(layout.zeros, x.mul(layout.kGroups, x.c(b.zero ? nr : 0))), 64);
  layout.codes =
      roundUp(x, x.add(layout.sums, x.c(hasColumnSums(plan) ? nr * 4 : 0)), 64);
  T blocks = ceilDiv(x, k, x.c(codes.blockK()));
  layout.bytes =
      roundUp(x, x.add(layout.codes, x.mul(blocks, x.c(codes.blockBytes))), 64);
  return layout;
}

/// How a launch is cut. A grid point is a block of row tiles times a panel;
/// points count panels fastest, then blocks, then groups.
template <typename T> struct GridLayout {
  T tileRows;   ///< rows of a tile: mr or, with few rows, evenly less
  T tiles;      ///< in all rows
  T blockTiles; ///< in a block
  T blocks;
  T panels;
  T size;
};

/// Tiles that a block holds at most.
template <typename Math, typename T = typename Math::T>
T maxBlockTiles(Math &x, const ContractionPlan &plan, T k) {
  int64_t mr = plan.info().mr;
  T tileBytes = x.mul(x.max(k, x.c(1)), x.c(mr * innerABytes(plan)));
  T fitting = x.div(x.c(blockBytesOfA), tileBytes);
  return x.min(x.max(fitting, x.c(4)), x.c(maxBlockRows / mr));
}

template <typename Math, typename T = typename Math::T>
GridLayout<T> gridLayout(Math &x, const ContractionPlan &plan, T m, T n, T k,
                         T groups) {
  T one = x.c(1);
  GridLayout<T> grid;
  grid.tiles = ceilDiv(x, m, x.c(plan.info().mr));
  grid.tileRows = ceilDiv(x, m, x.max(grid.tiles, one));
  grid.panels = ceilDiv(x, n, x.c(plan.info().nr));
  T columns = x.max(x.mul(grid.panels, groups), one);
  T wanted = x.min(ceilDiv(x, x.c(wantedGrid), columns), grid.tiles);
  T blocks = x.max(ceilDiv(x, grid.tiles, maxBlockTiles(x, plan, k)), wanted);
  grid.blockTiles = ceilDiv(x, grid.tiles, x.max(blocks, one));
  grid.blocks = ceilDiv(x, grid.tiles, x.max(grid.blockTiles, one));
  grid.size = x.mul(x.mul(grid.panels, grid.blocks), groups);
  return grid;
}

/// Offsets in scratch, in bytes, each 64-byte aligned.
template <typename T> struct ScratchLayout {
  T sums;     ///< of a block: f32 or i32 [maxBlockRows][NR]
  T rowTable; ///< i64 [maxBlockRows]: row offsets of A
  T decoded;  ///< a chunk of B as the dot reads it
  T rowSums;  ///< i32 [rows][k group]
  T packedA;  ///< [rows][pitch]
  T pitch;    ///< bytes of a packed row
  T bytes;
};

template <typename Math, typename T = typename Math::T>
ScratchLayout<T> scratchLayout(Math &x, const ContractionPlan &plan, T k) {
  const ContractionDesc &desc = plan.desc;
  int64_t nr = plan.info().nr;
  int64_t next = 0;
  auto take = [&](int64_t bytes) {
    int64_t at = next;
    next += llvm::alignTo(bytes, 64);
    return x.c(at);
  };
  ScratchLayout<T> scratch;
  scratch.sums = take(maxBlockRows * nr * 4);
  bool table = !packsA(plan) && desc.rowDims > 1;
  scratch.rowTable = take(table ? maxBlockRows * 8 : 0);
  int64_t codeBytes = desc.isInteger() ? 1 : 4;
  scratch.decoded = take(decodesB(plan) ? chunkK(plan) * nr * codeBytes : 0);
  scratch.rowSums = x.c(next);

  T rows = x.mul(maxBlockTiles(x, plan, k), x.c(plan.info().mr));
  T kGroups = panelLayout(x, plan, k).kGroups;
  T sumBytes = x.mul(rows, x.mul(kGroups, x.c(needsRowSums(plan) ? 4 : 0)));
  scratch.packedA = x.add(scratch.rowSums, roundUp(x, sumBytes, 64));
  T paddedK = roundUp(x, k, codeLayout(plan).blockK());
  // One line more than a row needs keeps rows out of each other's cache sets.
  scratch.pitch =
      x.add(roundUp(x, x.mul(paddedK, x.c(innerABytes(plan))), 64), x.c(64));
  T packed = packsA(plan) ? x.mul(rows, scratch.pitch) : x.c(0);
  scratch.bytes = x.add(scratch.packedA, packed);
  return scratch;
}

} // namespace nibble::codegen

#endif // NIBBLE_CODEGEN_KERNELS_CONTRACTIONINTERNAL_H
