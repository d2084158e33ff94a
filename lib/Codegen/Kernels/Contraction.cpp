//===- Contraction.cpp - The frame of a contraction kernel ------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ContractionEmitter.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace nibble::codegen;

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

int64_t nibble::codegen::contractionGrid(const ContractionPlan &plan, int64_t m,
                                         int64_t n, int64_t k, int64_t groups) {
  HostMath x;
  return gridLayout(x, plan, m, n, k, groups).size;
}

int64_t nibble::codegen::contractionScratchBytes(const ContractionPlan &plan,
                                                 int64_t k) {
  HostMath x;
  return scratchLayout(x, plan, k).bytes;
}

Value nibble::codegen::emitContractionGrid(OpBuilder &builder, Location loc,
                                           const ContractionPlan &plan, Value m,
                                           Value n, Value k, Value groups) {
  IR x(builder, loc);
  if (!groups)
    groups = x.c(1);
  return gridLayout(x, plan, m, n, k, groups).size;
}

Value nibble::codegen::emitContractionScratchBytes(OpBuilder &builder,
                                                   Location loc,
                                                   const ContractionPlan &plan,
                                                   Value k) {
  IR x(builder, loc);
  return scratchLayout(x, plan, k).bytes;
}

//===----------------------------------------------------------------------===//
// Frame
//===----------------------------------------------------------------------===//

ContractionEmitter::ContractionEmitter(OpBuilder &builder, Location loc,
                                       const ContractionPlan &plan,
                                       const ContractionOperands &operands,
                                       const EpilogueFn &epilogue)
    : plan(plan), desc(plan.desc), info(plan.info()), ops(operands),
      epilogue(epilogue), x(builder, loc) {
  k = ops.segmentLength;
  for (Value extent : ops.segments.extents)
    k = x.mul(k, extent);
  groups = ops.groups ? ops.groups : x.c(1);
  grid = gridLayout(x, plan, ops.m, ops.n, k, groups);
  panel = panelLayout(x, plan, k);
  scratch = scratchLayout(x, plan, k);

  f32Vec = x.vec(info.lanes, builder.getF32Type());
  i32Vec = x.vec(info.lanes, builder.getI32Type());
  outputs.push_back(openOutput(
      ops.c, desc.c, desc.outScale ? ops.outScale : Value(), ops.outZero));
  for (const MoreOutput &output : ops.more)
    outputs.push_back(
        openOutput(output.c, output.kind, output.scale, output.zero));
  bool integerSums = desc.isInteger() && !desc.b.isGrouped();
  sums =
      x.view(ops.scratch, scratch.sums,
             integerSums ? i32Vec.getElementType() : f32Vec.getElementType());
  if (!packsA(plan) && desc.rowDims > 1)
    rowTable = x.view(ops.scratch, scratch.rowTable, builder.getI64Type());
  aMemref = ops.a;
  if (!packsA(plan))
    return;
  unsigned bits = innerABytes(plan) * 8;
  Type word = desc.isInteger() ? Type(builder.getI32Type())
                               : Type(builder.getF32Type());
  Type element = desc.isInteger() ? Type(builder.getIntegerType(bits)) : word;
  packedA = x.view(ops.scratch, scratch.packedA, element);
  aMemref = x.view(ops.scratch, scratch.packedA, word);
  if (needsRowSums(plan))
    rowSums = x.view(ops.scratch, scratch.rowSums, builder.getI32Type());
}

void ContractionEmitter::emit() {
  Value none = x.c(-1);
  x.loop(ops.begin, ops.end, 1, none, [&](Value at, ValueRange carried) {
    Point point;
    point.panel = x.rem(at, grid.panels);
    point.block = x.div(at, grid.panels);
    point.g = x.div(point.block, grid.blocks);
    Value tile0 = x.mul(x.rem(point.block, grid.blocks), grid.blockTiles);
    Value tile1 = x.min(x.add(tile0, grid.blockTiles), grid.tiles);
    point.tiles = x.sub(tile1, tile0);
    point.row0 = x.mul(tile0, grid.tileRows);
    point.rows = x.sub(x.min(x.mul(tile1, grid.tileRows), ops.m), point.row0);
    Value matrix = desc.groupDims ? x.offset(ops.groupsB, point.g) : point.g;
    point.panelOffset =
        x.mul(x.add(x.mul(matrix, grid.panels), point.panel), panel.bytes);
    point.aBase = desc.groupDims ? x.offset(ops.groupsA, point.g) : x.c(0);

    Value isNew = x.cmp(arith::CmpIPredicate::ne, point.block, carried.front());
    if (packsA(plan) || rowTable)
      x.ifThen(isNew, [&] { emitNewBlock(point); });
    emitPoint(point);
    return SmallVector<Value>{point.block};
  });
}

/// Where the dots of a chunk read B.
ContractionEmitter::Chunk
ContractionEmitter::openChunk(const Point &point, Value begin, Value count) {
  Chunk chunk;
  chunk.begin = begin;
  chunk.count = count;
  Type element =
      desc.isInteger() ? Type(x.b.getI8Type()) : Type(x.b.getF32Type());
  if (decodesB(plan)) {
    chunk.b = x.view(ops.scratch, scratch.decoded, element);
    chunk.bBase = x.c(0);
  } else {
    Value codes = x.add(point.panelOffset, panel.codes);
    chunk.b = x.view(ops.b, codes, element);
    chunk.bBase = x.mul(begin, x.c(info.nr));
  }
  return chunk;
}

void ContractionEmitter::emitPoint(const Point &point) {
  Value zero = x.c(0);
  auto emitChunk = [&](Value begin, Value count) {
    Chunk chunk = openChunk(point, begin, count);
    if (decodesB(plan))
      emitDecode(point, chunk);
    x.loop(zero, point.tiles, 1,
           [&](Value tile) { emitTile(point, chunk, tile); });
  };
  if (desc.isInteger() && desc.b.isGrouped())
    clearSums(point);
  if (desc.segmentDims > 0 && !packsA(plan)) {
    // Segments are walked in the inner loops, so their sums stay in registers.
    emitChunk(zero, k);
  } else {
    // K = 0 is one empty chunk, so that sums are always written.
    int64_t step = chunkK(plan);
    x.loop(zero, x.max(k, x.c(1)), step, [&](Value begin) {
      emitChunk(begin, x.min(x.sub(k, begin), x.c(step)));
    });
  }
  emitEpilogue(point);
}

void ContractionEmitter::emitTile(const Point &point, const Chunk &chunk,
                                  Value tile) {
  Value row0 = x.mul(tile, grid.tileRows);
  Value rows = x.min(x.sub(point.rows, row0), grid.tileRows);
  SmallVector<int64_t> cases;
  for (unsigned r = 1; r < info.mr; ++r)
    cases.push_back(r);
  auto op = scf::IndexSwitchOp::create(x.b, x.loc, TypeRange{}, rows, cases,
                                       cases.size());
  OpBuilder::InsertionGuard guard(x.b);
  auto fill = [&](Region &region, unsigned r) {
    x.b.createBlock(&region);
    if (!desc.isInteger())
      emitF32Tile(point, chunk, row0, r);
    else if (desc.b.isGrouped())
      emitGroupedTile(point, chunk, row0, r);
    else
      emitIntegerTile(point, chunk, row0, r);
    scf::YieldOp::create(x.b, x.loc);
  };
  for (unsigned r = 1; r < info.mr; ++r)
    fill(op.getCaseRegions()[r - 1], r);
  fill(op.getDefaultRegion(), info.mr);
}
