//===- ContractionInteger.cpp - Dots that sum in i32 ------------*- C++ -*-===//
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

/// How many results of vpmaddubsw an i16 holds: each is a sum of two products
/// of a code below 2^bits and an s8.
static unsigned maddubsSteps(unsigned bits) {
  return 32767 / (2 * ((1 << bits) - 1) * 128);
}

/// The operand of B for column vector `v` of a unit.
Value ContractionEmitter::loadUnit(const Chunk &chunk, Value unit, unsigned v) {
  unsigned unitK = codeLayout(plan).unitK;
  Value at = x.add(chunk.bBase, x.add(x.mul(unit, x.c(info.nr * unitK)),
                                      x.c(v * info.lanes * unitK)));
  auto bytes = x.vec(info.lanes * unitK, x.b.getI8Type());
  Value loaded = x.load(bytes, chunk.b, at);
  if (plan.dot != Dot::S8MaddAvx2)
    return loaded;
  return arith::ExtSIOp::create(
      x.b, x.loc, x.vec(info.lanes * unitK, x.b.getI16Type()), loaded);
}

/// The values of A for a unit, the same 32 bits in every lane.
Value ContractionEmitter::loadActivations(Value rowStart, Value unit) {
  Value word;
  if (packsA(plan)) {
    word = x.load(aMemref, x.add(rowStart, unit));
  } else {
    Value at = x.add(rowStart, x.mul(unit, x.c(4)));
    Value bytes = x.load(x.vec(4, x.b.getI8Type()), aMemref, at);
    bytes = x.bitcast(x.vec(1, x.b.getI32Type()), bytes);
    word = vector::ExtractOp::create(x.b, x.loc, bytes, 0);
  }
  word = x.broadcast(i32Vec, word);
  bool isWide = plan.dot == Dot::S8MaddAvx2;
  Type element = isWide ? x.b.getI16Type() : x.b.getI8Type();
  return x.bitcast(x.vec(info.lanes * (isWide ? 2 : 4), element), word);
}

/// Neighbouring products added up in i16, the first factor unsigned.
Value ContractionEmitter::maddubs(Value unsignedBytes, Value signedBytes) {
  return x.intrinsic("llvm.x86.avx2.pmadd.ub.sw",
                     x.vec(info.lanes * 2, x.b.getI16Type()),
                     {unsignedBytes, signedBytes});
}

/// Adds neighbours of an i16 vector into i32 lanes.
Value ContractionEmitter::widen(Value sums) {
  Value ones = x.splat(cast<VectorType>(sums.getType()), 1);
  return x.intrinsic("llvm.x86.avx2.pmadd.wd", i32Vec, {sums, ones});
}

Value ContractionEmitter::dot(Value sum, Value codes, Value activations) {
  Value product;
  switch (plan.dot) {
  case Dot::U8DpbusdAvxVnni:
    return x.intrinsic("llvm.x86.avx512.vpdpbusd.256", i32Vec,
                       {sum, codes, activations});
  case Dot::U8DpbusdAvx512:
    return x.intrinsic("llvm.x86.avx512.vpdpbusd.512", i32Vec,
                       {sum, codes, activations});
  case Dot::S8MaddAvx2:
    product =
        x.intrinsic("llvm.x86.avx2.pmadd.wd", i32Vec, {codes, activations});
    break;
  case Dot::S8MaddubsAvx2:
    product = widen(maddubs(activations, codes));
    break;
  case Dot::U8MaddubsAvx2:
    product = widen(maddubs(codes, activations));
    break;
  default:
    llvm_unreachable("planContraction refuses dots without kernel");
  }
  return arith::AddIOp::create(x.b, x.loc, sum, product);
}

/// sums += dot over units [begin, end), unit by unit.
SmallVector<Value> ContractionEmitter::emitDotLoop(const Chunk &chunk,
                                                   ValueRange rowStarts,
                                                   Value begin, Value end,
                                                   ValueRange sums) {
  unsigned vectors = info.nr / info.lanes;
  return x.tightLoop(begin, end, sums, [&](Value unit, ValueRange carried) {
    Values codes;
    for (unsigned v = 0; v < vectors; ++v)
      codes.push_back(loadUnit(chunk, unit, v));
    Values next;
    for (auto [r, start] : llvm::enumerate(rowStarts)) {
      Value activations = loadActivations(start, unit);
      for (unsigned v = 0; v < vectors; ++v)
        next.push_back(dot(carried[r * vectors + v], codes[v], activations));
    }
    return next;
  });
}

/// The same with vpmaddubsw: as many units as an i16 holds at a time, then what
/// is left.
SmallVector<Value> ContractionEmitter::emitMaddubsLoop(const Chunk &chunk,
                                                       ValueRange rowStarts,
                                                       Value begin, Value end,
                                                       ValueRange sums) {
  unsigned vectors = info.nr / info.lanes;
  unsigned steps = std::min(maddubsSteps(desc.b.bits), 8u);
  if (steps == 1)
    return emitDotLoop(chunk, rowStarts, begin, end, sums);
  Value count = x.sub(end, begin);
  Value main = x.sub(end, x.rem(count, x.c(steps)));
  auto emitStep = [&](Value unit0, ValueRange carried) {
    Values partial(carried.size());
    for (unsigned s = 0; s < steps; ++s) {
      Value unit = x.add(unit0, x.c(s));
      Values codes;
      for (unsigned v = 0; v < vectors; ++v)
        codes.push_back(loadUnit(chunk, unit, v));
      for (auto [r, start] : llvm::enumerate(rowStarts)) {
        Value activations = loadActivations(start, unit);
        for (unsigned v = 0; v < vectors; ++v) {
          Value &sum = partial[r * vectors + v];
          Value product = maddubs(codes[v], activations);
          sum = sum ? arith::AddIOp::create(x.b, x.loc, sum, product) : product;
        }
      }
    }
    Values next;
    for (auto [sum, part] : llvm::zip(carried, partial))
      next.push_back(arith::AddIOp::create(x.b, x.loc, sum, widen(part)));
    return next;
  };
  Values middle = x.loop(begin, main, steps, sums, emitStep);
  return emitDotLoop(chunk, rowStarts, main, end, middle);
}

SmallVector<Value> ContractionEmitter::emitUnits(const Chunk &chunk,
                                                 ValueRange rowStarts,
                                                 Value begin, Value end,
                                                 ValueRange sums) {
  if (plan.dot == Dot::U8MaddubsAvx2)
    return emitMaddubsLoop(chunk, rowStarts, begin, end, sums);
  return emitDotLoop(chunk, rowStarts, begin, end, sums);
}

/// One i32 sum over all of K.
void ContractionEmitter::emitIntegerTile(const Point &point, const Chunk &chunk,
                                         Value row0, unsigned rows) {
  unsigned count = rows * info.nr / info.lanes;
  Value sumBase = x.mul(row0, x.c(info.nr));
  auto at = [&](unsigned i) { return x.add(sumBase, x.c(i * info.lanes)); };
  Value first = x.cmp(arith::CmpIPredicate::eq, chunk.begin, x.c(0));
  SmallVector<Type> types(count, i32Vec);
  Values accumulators = x.select(
      first, types,
      [&] {
        Values row = loadInitialSums(point), initial;
        for (unsigned r = 0; r < rows; ++r)
          initial.append(row);
        return initial;
      },
      [&] {
        Values loaded;
        for (unsigned i = 0; i < count; ++i)
          loaded.push_back(x.load(i32Vec, sums, at(i)));
        return loaded;
      });
  Values starts = rowStarts(point, chunk, row0, rows);
  Value unitK = x.c(codeLayout(plan).unitK);
  if (packsA(plan) || desc.segmentDims == 0) {
    accumulators = emitUnits(chunk, starts, x.c(0),
                             ceilDiv(x, chunk.count, unitK), accumulators);
  } else {
    accumulators = x.forEachSegment(
        ops, starts, accumulators,
        [&](Value first, ValueRange shifted, ValueRange carried) {
          Chunk segment = chunk;
          segment.bBase = x.add(chunk.bBase, x.mul(first, x.c(info.nr)));
          return emitUnits(segment, shifted, x.c(0),
                           x.div(ops.segmentLength, unitK), carried);
        });
  }
  for (auto [i, value] : llvm::enumerate(accumulators))
    x.store(value, sums, at(i));
}

/// The i32 sum of a weight group, without the zero point of the weights.
Value ContractionEmitter::finishGroup(const Point &point, Value sum,
                                      Value rowSum, Value kGroup,
                                      unsigned column) {
  if (!desc.b.zero)
    return sum;
  Value zeros = loadZeros(point, kGroup, x.c(column));
  Value correction =
      arith::MulIOp::create(x.b, x.loc, zeros, x.broadcast(i32Vec, rowSum));
  return arith::SubIOp::create(x.b, x.loc, sum, correction);
}

/// An i32 sum for each weight group, scaled and added to f32 sums in scratch.
void ContractionEmitter::emitGroupedTile(const Point &point, const Chunk &chunk,
                                         Value row0, unsigned rows) {
  unsigned vectors = info.nr / info.lanes;
  unsigned unitK = codeLayout(plan).unitK;
  Value group = x.c(desc.b.group);
  Value firstGroup = x.div(chunk.begin, group);
  Value sumBase = x.mul(row0, x.c(info.nr));
  Values starts = packedRows(chunk, row0, rows);
  Value allUnits = ceilDiv(x, chunk.count, x.c(unitK));
  x.loop(x.c(0), ceilDiv(x, chunk.count, group), 1, [&](Value g) {
    Value kGroup = x.add(firstGroup, g);
    Value begin = x.mul(g, x.c(desc.b.group / unitK));
    Value end = x.min(x.add(begin, x.c(desc.b.group / unitK)), allUnits);
    Values rowSums, accumulators;
    for (unsigned r = 0; r < rows; ++r) {
      Value init = x.splat(i32Vec, 0);
      rowSums.push_back(nullptr);
      if (needsRowSums(plan))
        rowSums[r] = loadRowSum(x.add(row0, x.c(r)), kGroup);
      if (needsRowSums(plan) && !desc.b.zero) {
        Value correction = arith::MulIOp::create(x.b, x.loc, rowSums[r],
                                                 x.i32(-codeShift(plan)));
        init = x.broadcast(i32Vec, correction);
      }
      accumulators.append(vectors, init);
    }
    accumulators = emitUnits(chunk, starts, begin, end, accumulators);
    for (unsigned v = 0; v < vectors; ++v) {
      Value scale = loadScales(point, kGroup, x.c(v * info.lanes));
      for (unsigned r = 0; r < rows; ++r) {
        Value sum = finishGroup(point, accumulators[r * vectors + v],
                                rowSums[r], kGroup, v * info.lanes);
        Value part = arith::SIToFPOp::create(x.b, x.loc, f32Vec, sum);
        Value at = x.add(sumBase, x.c(r * info.nr + v * info.lanes));
        Value before = x.load(f32Vec, sums, at);
        x.store(math::FmaOp::create(x.b, x.loc, part, scale, before), sums, at);
      }
    }
  });
}
