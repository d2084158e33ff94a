//===- ContractionCost.cpp - What a launch costs ----------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A roofline with the overheads that the kernel has by construction. Counts of
// operations are read off the emitters; three vector operations a cycle are
// what the CPUs of the last ten years sustain beside loads.
//
//===----------------------------------------------------------------------===//

#include "ContractionInternal.h"

#include <cmath>

using namespace nibble::codegen;

/// Vector operations of a cycle outside of the dots.
static constexpr double opsPerCycle = 3;
/// Cycles from one accumulation to the next in the same register.
static constexpr double chainLatency = 4;

/// Cycles of a row tile for one unit of k, from registers or bound by the
/// chain of sums when there are few rows.
static double unitCycles(const ContractionPlan &plan, double rows) {
  const DotInfo &info = plan.info();
  unsigned unitK = codeLayout(plan).unitK;
  if (!plan.desc.isInteger())
    unitK = 1;
  double throughput = rows * info.nr * unitK / info.macsPerCycle;
  // i16 and i32 additions take one cycle; only fused dots chain their latency.
  bool isFused = plan.dot != Dot::S8MaddAvx2 &&
                 plan.dot != Dot::S8MaddubsAvx2 &&
                 plan.dot != Dot::U8MaddubsAvx2;
  return std::max(throughput, isFused ? chainLatency : 1.0);
}

/// Vector operations that decode `k` values of a panel.
static double decodeOps(const ContractionPlan &plan, double k) {
  if (!decodesB(plan))
    return 0;
  const DotInfo &info = plan.info();
  double planes = double(codePlanes(plan.desc.b.bits).size());
  double words = k / 4 * info.nr / info.lanes;
  double ops = words * (3 * planes + 1);
  if (!plan.desc.isInteger())
    ops += words * 4 * 6; // shift, mask, zero, convert, scale, store
  return ops;
}

ContractionCost
nibble::codegen::estimateContraction(const ContractionPlan &plan, int64_t m,
                                     int64_t n, int64_t k, int64_t groups,
                                     const MachineRates &rates) {
  const ContractionDesc &desc = plan.desc;
  const DotInfo &info = plan.info();
  HostMath x;
  GridLayout<int64_t> grid = gridLayout(x, plan, m, n, k, groups);
  PanelLayout<int64_t> panel = panelLayout(x, plan, k);
  double vectors = double(info.nr) / info.lanes;
  double tiles = double(grid.tiles), panels = double(grid.panels);

  unsigned unitK = desc.isInteger() ? codeLayout(plan).unitK : 1;
  double units = std::ceil(double(k) / unitK);
  double dots =
      tiles * panels * units * unitCycles(plan, double(grid.tileRows));
  double ops = double(grid.blocks) * panels * decodeOps(plan, double(k));
  if (desc.isInteger() && desc.b.isGrouped())
    ops += double(m) * panels * vectors * double(panel.kGroups) * 5;
  ops += double(m) * panels * vectors * (desc.isInteger() ? 10 : 4);
  if (packsA(plan))
    ops += double(m) * double(k) / info.lanes * (needsRowSums(plan) ? 3 : 1);

  ContractionCost cost;
  cost.computeNs =
      (dots + ops / opsPerCycle) * double(groups) / rates.gigahertz;
  int64_t aBytes = desc.isInteger() ? 1 : 4;
  int64_t cBytes =
      desc.c == OutputKind::F32 || desc.c == OutputKind::I32 ? 4 : 1;
  cost.bytes =
      groups * (m * k * aBytes + grid.panels * panel.bytes + m * n * cBytes);
  cost.memoryNs = double(cost.bytes) / rates.bytesPerNs;
  cost.nanoseconds = std::max(cost.computeNs, cost.memoryNs);
  return cost;
}
