//===- ContractionPack.cpp - Weights in the order of the loop ---*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ContractionInternal.h"

#include "llvm/ADT/APFloat.h"

#include <cstring>

using namespace nibble::codegen;

int64_t nibble::codegen::packedPanels(const ContractionPlan &plan, int64_t n) {
  return llvm::divideCeil(n, plan.info().nr);
}

int64_t nibble::codegen::packedWeightBytes(const ContractionPlan &plan,
                                           int64_t n, int64_t k) {
  HostMath x;
  return packedPanels(plan, n) * panelLayout(x, plan, k).bytes;
}

int32_t nibble::codegen::codeValue(const WeightFormat &b, uint8_t byte) {
  int32_t code = byte & ((1 << b.bits) - 1);
  return b.isSigned && code >> (b.bits - 1) ? code - (1 << b.bits) : code;
}

float nibble::codegen::roundScale(ScaleKind kind, float scale) {
  if (kind == ScaleKind::F32 || kind == ScaleKind::None)
    return scale;
  llvm::APFloat value(scale);
  bool losesInfo;
  value.convert(kind == ScaleKind::F16 ? llvm::APFloat::IEEEhalf()
                                       : llvm::APFloat::BFloat(),
                llvm::APFloat::rmNearestTiesToEven, &losesInfo);
  return value.convertToFloat();
}

static void storeScale(ScaleKind kind, float scale, uint8_t *at) {
  if (kind == ScaleKind::F32) {
    std::memcpy(at, &scale, 4);
    return;
  }
  llvm::APFloat value(scale);
  bool losesInfo;
  value.convert(kind == ScaleKind::F16 ? llvm::APFloat::IEEEhalf()
                                       : llvm::APFloat::BFloat(),
                llvm::APFloat::rmNearestTiesToEven, &losesInfo);
  auto bits = uint16_t(value.bitcastToAPInt().getZExtValue());
  std::memcpy(at, &bits, 2);
}

ColumnSum nibble::codegen::sumColumn(const WeightFormat &b, const WeightData &w,
                                     int64_t n) {
  int64_t kGroups = b.isGrouped() ? llvm::divideCeil(w.k, b.group) : 1;
  int64_t group = b.isGrouped() ? b.group : std::max<int64_t>(w.k, 1);
  ColumnSum sum;
  double scaled = 0;
  for (int64_t g = 0; g < kGroups; ++g) {
    int32_t zero = b.zero ? codeValue(b, w.zeros[n * kGroups + g]) : 0;
    int64_t groupSum = 0;
    int64_t end = std::min(w.k, (g + 1) * group);
    for (int64_t k = g * group; k < end; ++k)
      groupSum += codeValue(b, w.codes[n * w.k + k]) - zero;
    sum.integer += int32_t(groupSum);
    if (b.isGrouped())
      scaled +=
          double(groupSum) * roundScale(b.scale, w.scales[n * kGroups + g]);
  }
  sum.scaled = float(scaled);
  return sum;
}

namespace {
/// Packs one panel, whose bytes are zero.
class PanelPacker {
public:
  PanelPacker(const ContractionPlan &plan, const WeightData &weights)
      : plan(plan), b(plan.desc.b), w(weights), nr(plan.info().nr) {
    HostMath x;
    layout = panelLayout(x, plan, w.k);
  }

  int64_t bytes() const { return layout.bytes; }

  void pack(int64_t panel, uint8_t *out) const {
    for (int64_t column = 0; column < nr; ++column) {
      int64_t n = panel * nr + column;
      if (n >= w.n)
        break;
      if (b.isFloat())
        packFloats(n, column, out + layout.codes);
      else
        packColumn(n, column, out);
    }
  }

private:
  void packFloats(int64_t n, int64_t column, uint8_t *out) const {
    for (int64_t k = 0; k < w.k; ++k)
      std::memcpy(out + (k * nr + column) * 4, &w.values[n * w.k + k], 4);
  }

  void packColumn(int64_t n, int64_t column, uint8_t *out) const {
    int shift = codeShift(plan);
    unsigned scaleSize = scaleBytes(b.scale);
    for (int64_t g = 0; g < layout.kGroups; ++g) {
      int64_t source = n * layout.kGroups + g, target = g * nr + column;
      if (scaleSize)
        storeScale(b.scale, w.scales[source], out + target * scaleSize);
      if (b.zero)
        out[layout.zeros + target] =
            uint8_t(codeValue(b, w.zeros[source]) + shift);
    }
    if (hasColumnSums(plan)) {
      ColumnSum sum = sumColumn(b, w, n);
      const void *value = b.isGrouped() ? static_cast<void *>(&sum.scaled)
                                        : static_cast<void *>(&sum.integer);
      std::memcpy(out + layout.sums + column * 4, value, 4);
    }
    for (int64_t k = 0; k < w.k; ++k) {
      int32_t code = codeValue(b, w.codes[n * w.k + k]) + shift;
      packCode(uint8_t(code), k, column, out + layout.codes);
    }
  }

  void packCode(uint8_t code, int64_t k, int64_t column, uint8_t *out) const {
    CodeLayout codes = codeLayout(plan);
    int64_t block = k / codes.blockK();
    unsigned unit = k % codes.blockK() / codes.unitK;
    unsigned byte = column * codes.unitK + k % codes.unitK;
    uint8_t *plane = out + block * codes.blockBytes;
    for (CodePlane part : codePlanes(b.bits)) {
      unsigned perByte = 8 / part.width;
      unsigned bits = code >> part.position & ((1 << part.width) - 1);
      plane[unit / perByte * codes.unitBytes + byte] |=
          bits << (unit % perByte * part.width);
      plane += codes.units / perByte * codes.unitBytes;
    }
  }

  const ContractionPlan &plan;
  const WeightFormat &b;
  const WeightData &w;
  int64_t nr;
  PanelLayout<int64_t> layout;
};
} // namespace

void nibble::codegen::packWeights(const ContractionPlan &plan,
                                  const WeightData &weights, int64_t begin,
                                  int64_t end, uint8_t *out) {
  PanelPacker packer(plan, weights);
  std::memset(out + begin * packer.bytes(), 0, (end - begin) * packer.bytes());
  for (int64_t panel = begin; panel < end; ++panel)
    packer.pack(panel, out + panel * packer.bytes());
}

std::vector<uint8_t> nibble::codegen::packWeights(const ContractionPlan &plan,
                                                  const WeightData &weights) {
  std::vector<uint8_t> out(packedWeightBytes(plan, weights.n, weights.k));
  packWeights(plan, weights, 0, packedPanels(plan, weights.n), out.data());
  return out;
}
