//===- ContractionDecode.cpp - From packed codes to lanes -------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A chunk of B is decoded once for all the row tiles of a block, into bytes
// (integer dots) or floats. Masks and shifts work on 32-bit lanes, because x86
// has no shift of bytes; the masks drop what comes from the neighbour byte.
//
//===----------------------------------------------------------------------===//

#include "ContractionEmitter.h"

using namespace mlir;
using namespace nibble::codegen;

namespace {
/// The vectors of one block's planes at one column vector, loaded when needed.
class BlockDecoder {
public:
  BlockDecoder(IR &x, const ContractionPlan &plan, Value codes, Value base)
      : x(x), codes(codes), base(base), layout(codeLayout(plan)),
        planes(codePlanes(plan.desc.b.bits)),
        bytes(x.vec(plan.info().lanes * 4, x.b.getI8Type())),
        words(x.vec(plan.info().lanes, x.b.getI32Type())) {}

  /// The codes of `unit`, a byte each, as 32-bit lanes.
  Value decode(unsigned unit) {
    Value result = nullptr;
    unsigned offset = 0;
    for (CodePlane plane : planes) {
      unsigned perByte = 8 / plane.width;
      Value packed = load(offset + unit / perByte * layout.unitBytes);
      Value part = extract(packed, plane, unit % perByte);
      result = result ? arith::OrIOp::create(x.b, x.loc, result, part) : part;
      offset += layout.units / perByte * layout.unitBytes;
    }
    return result;
  }

private:
  Value load(unsigned offset) {
    Value &value = loaded[offset];
    if (!value)
      value = x.bitcast(words, x.load(bytes, codes, x.add(base, x.c(offset))));
    return value;
  }

  Value extract(Value packed, CodePlane plane, unsigned slot) {
    if (plane.width == 8)
      return packed;
    int right = int(slot * plane.width) - int(plane.position);
    Value shifted = packed;
    if (right > 0)
      shifted =
          arith::ShRUIOp::create(x.b, x.loc, packed, x.splat(words, right));
    else if (right < 0)
      shifted =
          arith::ShLIOp::create(x.b, x.loc, packed, x.splat(words, -right));
    int32_t mask = ((1 << plane.width) - 1) << plane.position;
    return arith::AndIOp::create(x.b, x.loc, shifted,
                                 x.splat(words, mask * 0x01010101));
  }

  IR &x;
  Value codes, base;
  CodeLayout layout;
  llvm::SmallVector<CodePlane, 3> planes;
  VectorType bytes, words;
  llvm::DenseMap<unsigned, Value> loaded;
};
} // namespace

Value ContractionEmitter::loadScales(const Point &point, Value kGroup,
                                     Value column) {
  Type type = desc.b.scale == ScaleKind::F32   ? Type(x.b.getF32Type())
              : desc.b.scale == ScaleKind::F16 ? Type(x.b.getF16Type())
                                               : Type(x.b.getBF16Type());
  Value scales = x.view(ops.b, point.panelOffset, type);
  Value at = x.add(x.mul(kGroup, x.c(info.nr)), column);
  Value loaded = x.load(x.vec(info.lanes, type), scales, at);
  if (type.isF32())
    return loaded;
  return arith::ExtFOp::create(x.b, x.loc, f32Vec, loaded);
}

Value ContractionEmitter::loadZeros(const Point &point, Value kGroup,
                                    Value column) {
  Value at = x.add(x.add(point.panelOffset, panel.zeros),
                   x.add(x.mul(kGroup, x.c(info.nr)), column));
  Value loaded = x.load(x.vec(info.lanes, x.b.getI8Type()), ops.b, at);
  if (storesSigned(plan))
    return arith::ExtSIOp::create(x.b, x.loc, i32Vec, loaded);
  return arith::ExtUIOp::create(x.b, x.loc, i32Vec, loaded);
}

/// The four codes of each lane of `word`, as (code - zero) * scale, at
/// consecutive rows of `out`.
void ContractionEmitter::storeDecodedFloats(Value word, Value zero, Value scale,
                                            Value out, Value index) {
  for (unsigned i = 0; i < 4; ++i) {
    Value code = word;
    if (i > 0)
      code = arith::ShRUIOp::create(x.b, x.loc, code, x.splat(i32Vec, 8 * i));
    if (i < 3)
      code = arith::AndIOp::create(x.b, x.loc, code, x.splat(i32Vec, 0xff));
    if (zero)
      code = arith::SubIOp::create(x.b, x.loc, code, zero);
    Value value = arith::SIToFPOp::create(x.b, x.loc, f32Vec, code);
    value = arith::MulFOp::create(x.b, x.loc, value, scale);
    x.store(value, out, x.add(index, x.c(i * info.nr)));
  }
}

void ContractionEmitter::emitDecode(const Point &point, const Chunk &chunk) {
  CodeLayout layout = codeLayout(plan);
  Value blockK = x.c(layout.blockK());
  Value first = x.div(chunk.begin, blockK);
  Value base = x.add(x.add(point.panelOffset, panel.codes),
                     x.mul(first, x.c(layout.blockBytes)));
  auto bytes = x.vec(info.lanes * 4, x.b.getI8Type());
  int64_t group = desc.b.group;
  bool onePerBlock = group % layout.blockK() == 0;

  x.loop(x.c(0), ceilDiv(x, chunk.count, blockK), 1, [&](Value block) {
    Value blockBase = x.add(base, x.mul(block, x.c(layout.blockBytes)));
    Value blockOut = x.mul(block, x.c(layout.blockK() * info.nr));
    for (unsigned v = 0; v < info.nr; v += info.lanes) {
      BlockDecoder decoder(x, plan, ops.b, x.add(blockBase, x.c(v * 4)));
      Value zero, scale;
      for (unsigned u = 0; u < layout.units; ++u) {
        Value word = decoder.decode(u);
        Value unitOut = x.add(blockOut, x.c(u * layout.unitBytes));
        if (desc.isInteger()) {
          x.store(x.bitcast(bytes, word), chunk.b, x.add(unitOut, x.c(v * 4)));
          continue;
        }
        if (u == 0 || !onePerBlock) {
          Value at = x.add(chunk.begin,
                           x.add(x.mul(block, blockK), x.c(u * layout.unitK)));
          // The padding of a short last block may lie behind the last group.
          Value kGroup =
              group ? x.min(x.div(at, x.c(group)), x.sub(panel.kGroups, x.c(1)))
                    : x.c(0);
          scale = loadScales(point, kGroup, x.c(v));
          if (desc.b.zero)
            zero = loadZeros(point, kGroup, x.c(v));
          else if (int shift = codeShift(plan))
            zero = x.splat(i32Vec, shift);
        }
        storeDecodedFloats(word, zero, scale, chunk.b, x.add(unitOut, x.c(v)));
      }
    }
  });
}
