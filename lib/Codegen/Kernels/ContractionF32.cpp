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

SmallVector<Value> nibble::codegen::emitFmaLoop(IR &x, const FmaLoop &loop,
                                                ValueRange sums) {
  unsigned vectors = sums.size() / loop.rowStarts.size();
  auto type = cast<VectorType>(sums.front().getType());
  int64_t lanes = type.getNumElements();
  auto loadB = [&](Value row, unsigned j) -> Value {
    Value at = x.add(row, x.c(j * lanes));
    if (!loop.lastMask || j + 1 < vectors)
      return x.load(type, loop.b, at);
    return vector::MaskedLoadOp::create(x.b, x.loc, type, loop.b, at,
                                        loop.lastMask, x.splat(type, 0));
  };
  return x.tightLoop(x.c(0), loop.count, sums, [&](Value i, ValueRange sum) {
    Value row = x.add(loop.bBase, x.mul(i, loop.bStride));
    SmallVector<Value> columns;
    for (unsigned j = 0; j < vectors; ++j)
      columns.push_back(loadB(row, j));
    SmallVector<Value> next;
    for (auto [r, start] : llvm::enumerate(loop.rowStarts)) {
      Value element = x.broadcast(type, x.load(loop.a, x.add(start, i)));
      for (unsigned j = 0; j < vectors; ++j)
        next.push_back(math::FmaOp::create(x.b, x.loc, element, columns[j],
                                           sum[r * vectors + j]));
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
    accumulators = emitFmaLoop(
        x, {aMemref, starts, chunk.b, chunk.bBase, x.c(info.nr), chunk.count},
        accumulators);
  } else {
    accumulators = x.forEachSegment(
        ops, starts, accumulators,
        [&](Value first, ValueRange shifted, ValueRange carried) {
          Value bBase = x.add(chunk.bBase, x.mul(first, x.c(info.nr)));
          return emitFmaLoop(x,
                             {aMemref, llvm::to_vector(shifted), chunk.b, bBase,
                              x.c(info.nr), ops.segmentLength},
                             carried);
        });
  }
  for (auto [i, value] : llvm::enumerate(accumulators))
    x.store(value, sums, sumIndex(i));
}
