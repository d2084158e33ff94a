//===- ContractionF32.cpp - Dots that sum in f32 ----------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ContractionEmitter.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace nibble::codegen;

SmallVector<Value>
ContractionEmitter::emitFmaLoop(Value a, ValueRange rowStarts, Value b,
                                Value bBase, Value count, ValueRange sums) {
  unsigned vectors = info.nr / info.lanes;
  return x.tightLoop(x.c(0), count, sums, [&](Value i, ValueRange carried) {
    Value bRow = x.add(bBase, x.mul(i, x.c(info.nr)));
    SmallVector<Value> bVectors;
    for (unsigned j = 0; j < vectors; ++j)
      bVectors.push_back(x.load(f32Vec, b, x.add(bRow, x.c(j * info.lanes))));
    SmallVector<Value> next;
    for (auto [r, start] : llvm::enumerate(rowStarts)) {
      Value element = x.broadcast(f32Vec, x.load(a, x.add(start, i)));
      for (unsigned j = 0; j < vectors; ++j)
        next.push_back(math::FmaOp::create(x.b, x.loc, element, bVectors[j],
                                           carried[r * vectors + j]));
    }
    return next;
  });
}

void ContractionEmitter::emitF32Tile(const Point &point, const Chunk &chunk,
                                     Value row0, unsigned rows) {
  unsigned vectors = info.nr / info.lanes;
  Value sumBase = x.mul(row0, x.c(info.nr));
  auto sumIndex = [&](unsigned i) {
    return x.add(sumBase, x.c(i * info.lanes));
  };
  SmallVector<Type> types(rows * vectors, f32Vec);
  Value first = x.cmp(arith::CmpIPredicate::eq, chunk.begin, x.c(0));
  Values accumulators = x.select(
      first, types, [&] { return Values(rows * vectors, x.splat(f32Vec, 0)); },
      [&] {
        Values loaded;
        for (unsigned i = 0; i < rows * vectors; ++i)
          loaded.push_back(x.load(f32Vec, sums, sumIndex(i)));
        return loaded;
      });

  Values starts = rowStarts(point, chunk, row0, rows);
  if (desc.segmentDims == 0 || packsA(plan)) {
    accumulators = emitFmaLoop(aMemref, starts, chunk.b, chunk.bBase,
                               chunk.count, accumulators);
  } else {
    Value segments = ops.segments.extents.front();
    for (Value extent : ArrayRef(ops.segments.extents).drop_front())
      segments = x.mul(segments, extent);
    Value stride = x.mul(ops.segmentLength, x.c(info.nr));
    accumulators = x.loop(x.c(0), segments, 1, accumulators,
                          [&](Value s, ValueRange carried) {
                            Value shift = x.offset(ops.segments, s);
                            Values shifted;
                            for (Value start : starts)
                              shifted.push_back(x.add(start, shift));
                            Value bBase = x.add(chunk.bBase, x.mul(s, stride));
                            return emitFmaLoop(aMemref, shifted, chunk.b, bBase,
                                               ops.segmentLength, carried);
                          });
  }
  for (auto [i, value] : llvm::enumerate(accumulators))
    x.store(value, sums, sumIndex(i));
}
