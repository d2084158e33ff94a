//===- ContractionA.cpp - Reading activations -------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ContractionEmitter.h"

using namespace mlir;
using namespace nibble::codegen;

/// Calls `body` for each row of the block with the element of A where it
/// starts. Counts the dimensions of rows up instead of dividing for each row.
void ContractionEmitter::forEachRow(
    const Point &point, function_ref<void(Value row, Value offset)> body) {
  ArrayRef<Value> extents = ops.rows.extents;
  SmallVector<Value> start;
  Value rest = point.row0;
  for (Value extent : llvm::reverse(extents)) {
    start.push_back(x.rem(rest, extent));
    rest = x.div(rest, extent);
  }
  start.push_back(rest);
  std::reverse(start.begin(), start.end());

  x.loop(x.c(0), point.rows, 1, start, [&](Value row, ValueRange at) {
    Value offset = point.aBase;
    for (auto [index, stride] : llvm::zip(at, ops.rows.strides))
      offset = x.add(offset, x.mul(index, stride));
    body(row, offset);
    SmallVector<Value> next(at.begin(), at.end());
    Value carry = x.c(1);
    for (size_t d = next.size(); d-- > 0;) {
      Value counted = x.add(at[d], carry);
      next[d] = counted;
      if (d == 0)
        break;
      Value wraps = x.cmp(arith::CmpIPredicate::eq, counted, extents[d - 1]);
      next[d] = arith::SelectOp::create(x.b, x.loc, wraps, x.c(0), counted);
      carry = arith::SelectOp::create(x.b, x.loc, wraps, x.c(1), x.c(0));
    }
    return next;
  });
}

void ContractionEmitter::emitNewBlock(const Point &point) {
  forEachRow(point, [&](Value row, Value offset) {
    if (rowTable)
      x.store(arith::IndexCastOp::create(x.b, x.loc, x.b.getI64Type(), offset),
              rowTable, row);
    else
      packRow(offset, row);
  });
}

/// Copies `length` elements of A from `source` to `target` of packedA, in the
/// element that the dot reads.
void ContractionEmitter::copySegment(Value source, Value target, Value length) {
  Type from = cast<MemRefType>(ops.a.getType()).getElementType();
  Type to = cast<MemRefType>(packedA.getType()).getElementType();
  Value done = x.c(0);
  for (int64_t width : {32, 8, 1}) {
    Value end = width == 1 ? length : x.sub(length, x.rem(length, x.c(width)));
    x.loop(done, end, width, [&](Value i) {
      auto type = x.vec(width, from);
      Value value = x.load(type, ops.a, x.add(source, i));
      if (activationShift(plan) != 0)
        value = arith::XOrIOp::create(x.b, x.loc, value, x.splat(type, -128));
      if (from != to)
        value = arith::ExtSIOp::create(x.b, x.loc, x.vec(width, to), value);
      x.store(value, packedA, x.add(target, i));
    });
    done = end;
  }
}

/// Zeros behind a row: for the padding of K, and for sumRow to read.
void ContractionEmitter::padRow(Value start) {
  Type type = cast<MemRefType>(packedA.getType()).getElementType();
  auto vec = x.vec(256 / type.getIntOrFloatBitWidth(), type);
  x.store(x.splat(vec, 0), packedA, x.add(start, k));
}

/// Sums a packed row over each weight group.
void ContractionEmitter::sumRow(Value start, Value row) {
  bool isWide = plan.dot == Dot::S8MaddAvx2;
  int64_t group = desc.b.group;
  // What padRow clears bounds how far the last step may read.
  int64_t step = isWide ? 16 : 32;
  while (group % step != 0)
    step /= 2;
  Type element = cast<MemRefType>(packedA.getType()).getElementType();
  auto type = x.vec(step, element), wide = x.vec(step, x.b.getI32Type());
  x.loop(x.c(0), panel.kGroups, 1, [&](Value g) {
    Value begin = group ? x.mul(g, x.c(group)) : x.c(0);
    Value end = group ? x.min(x.add(begin, x.c(group)), k) : k;
    Values total =
        x.loop(begin, end, step, x.i32(0), [&](Value i, ValueRange sum) {
          Value part = x.load(type, packedA, x.add(start, i));
          part =
              readsUnsignedA(plan)
                  ? arith::ExtUIOp::create(x.b, x.loc, wide, part).getResult()
                  : arith::ExtSIOp::create(x.b, x.loc, wide, part).getResult();
          Value added = vector::ReductionOp::create(
              x.b, x.loc, vector::CombiningKind::ADD, part);
          return Values{arith::AddIOp::create(x.b, x.loc, sum.front(), added)};
        });
    x.store(total.front(), rowSums, x.add(x.mul(row, panel.kGroups), g));
  });
}

Value ContractionEmitter::loadRowSum(Value row, Value kGroup) {
  return x.load(rowSums, x.add(x.mul(row, panel.kGroups), kGroup));
}

void ContractionEmitter::packRow(Value source, Value row) {
  Value pitch = x.div(scratch.pitch, x.c(innerABytes(plan)));
  Value start = x.mul(row, pitch);
  if (desc.isInteger())
    padRow(start);
  if (desc.segmentDims == 0) {
    copySegment(source, start, k);
  } else {
    Value segments = ops.segments.extents.front();
    for (Value extent : ArrayRef(ops.segments.extents).drop_front())
      segments = x.mul(segments, extent);
    x.loop(x.c(0), segments, 1, [&](Value s) {
      copySegment(x.add(source, x.offset(ops.segments, s)),
                  x.add(start, x.mul(s, ops.segmentLength)), ops.segmentLength);
    });
  }
  if (needsRowSums(plan))
    sumRow(start, row);
}

SmallVector<Value> ContractionEmitter::packedRows(const Chunk &chunk,
                                                  Value row0, unsigned rows) {
  Value pitch = x.div(scratch.pitch, x.c(4));
  Value skip = x.div(x.mul(chunk.begin, x.c(innerABytes(plan))), x.c(4));
  Values starts;
  for (unsigned r = 0; r < rows; ++r)
    starts.push_back(x.add(x.mul(x.add(row0, x.c(r)), pitch), skip));
  return starts;
}

SmallVector<Value> ContractionEmitter::rowStarts(const Point &point,
                                                 const Chunk &chunk, Value row0,
                                                 unsigned rows) {
  if (packsA(plan))
    return packedRows(chunk, row0, rows);
  Values starts;
  for (unsigned r = 0; r < rows; ++r) {
    Value row = x.add(row0, x.c(r));
    Value start;
    if (rowTable) {
      start = arith::IndexCastOp::create(x.b, x.loc, x.b.getIndexType(),
                                         x.load(rowTable, row));
    } else {
      Value offset = x.mul(x.add(point.row0, row), ops.rows.strides.front());
      start = x.add(point.aBase, offset);
    }
    starts.push_back(x.add(start, chunk.begin));
  }
  return starts;
}
