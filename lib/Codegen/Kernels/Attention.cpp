//===- Attention.cpp - The frame of fused attention -------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionEmitter.h"
#include "VectorTranspose.h"

#include <limits>

using namespace mlir;
using namespace nibble::codegen;

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

AttentionScratch::AttentionScratch(const AttentionDesc &desc) {
  const DotInfo &info = getDotInfo(desc.dot);
  int64_t next = 0;
  auto take = [&](int64_t count) {
    int64_t at = next;
    next += llvm::alignTo(count, 64);
    return at;
  };
  rows = attentionTiles * info.mr;
  paddedWidth = llvm::alignTo(desc.width, info.nr);
  logits = take(rows * attentionKeys * 4);
  keys = take(attentionKeys * desc.depth * 4);
  results = take(rows * paddedWidth * 4);
  maxima = take(rows * 4);
  sums = take(rows * info.lanes * 4);
  queryRows = take(rows * 8);
  tail = take(info.lanes * 4);
  bytes = next;
}

int64_t nibble::codegen::attentionScratchBytes(const AttentionDesc &desc) {
  return AttentionScratch(desc).bytes;
}

namespace {
/// How the rows of a (batch, key head) are cut.
struct RowCut {
  RowCut(IR &x, const AttentionDesc &desc, Value numQueries) {
    rows = x.mul(numQueries, x.c(desc.group));
    tiles = ceilDiv(x, rows, x.c(getDotInfo(desc.dot).mr));
    Value least = x.max(ceilDiv(x, tiles, x.c(attentionTiles)), x.c(1));
    blockTiles = x.max(ceilDiv(x, tiles, least), x.c(1));
    blocks = ceilDiv(x, tiles, blockTiles);
  }
  Value rows, tiles, blockTiles, blocks;
};
} // namespace

Value nibble::codegen::emitAttentionGrid(OpBuilder &builder, Location loc,
                                         const AttentionDesc &desc, Value batch,
                                         Value numQueries) {
  IR x(builder, loc);
  RowCut cut(x, desc, numQueries);
  return x.mul(x.mul(batch, x.c(desc.keyHeads)), cut.blocks);
}

//===----------------------------------------------------------------------===//
// Frame
//===----------------------------------------------------------------------===//

AttentionEmitter::AttentionEmitter(OpBuilder &builder, Location loc,
                                   const AttentionDesc &desc,
                                   const AttentionOperands &operands)
    : desc(desc), info(getDotInfo(desc.dot)), ops(operands), x(builder, loc),
      scratch(desc), f32Vec(x.vec(info.lanes, builder.getF32Type())),
      vectors(info.nr / info.lanes) {
  Type f32 = builder.getF32Type();
  auto view = [&](int64_t at, Type type) {
    return x.view(ops.scratch, x.c(at), type);
  };
  logits = view(scratch.logits, f32);
  keys = view(scratch.keys, f32);
  results = view(scratch.results, f32);
  maxima = view(scratch.maxima, f32);
  sums = view(scratch.sums, f32);
  queryRows = view(scratch.queryRows, builder.getI64Type());
  RowCut cut(x, desc, ops.numQueries);
  rowsAll = cut.rows;
  tiles = cut.tiles;
  blocks = cut.blocks;
  blockTiles = cut.blockTiles;
}

void nibble::codegen::emitAttention(OpBuilder &builder, Location loc,
                                    const AttentionDesc &desc,
                                    const AttentionOperands &operands) {
  AttentionEmitter(builder, loc, desc, operands).emit();
}

void AttentionEmitter::emit() {
  Value zero = x.c(0), keyStep = x.c(attentionKeys);
  x.loop(ops.begin, ops.end, 1, [&](Value at) {
    Point point = openPoint(at);
    clear(point);
    x.loop(point.keyBegin, point.keyEnd, attentionKeys, [&](Value begin) {
      KeyBlock block;
      block.begin = begin;
      block.count = x.min(x.sub(point.keyEnd, begin), keyStep);
      block.panels = ceilDiv(x, block.count, x.c(info.nr));
      packKeys(point, block);
      emitLogits(point, block);
      x.loop(zero, point.rows, 1,
             [&](Value row) { emitSoftmaxRow(point, block, row); });
      emitResults(point, block);
    });
    x.loop(zero, point.rows, 1, [&](Value row) { finishRow(point, row); });
  });
}

AttentionEmitter::Point AttentionEmitter::openPoint(Value at) {
  Point point;
  Value heads = x.c(desc.keyHeads);
  Value block = x.rem(at, blocks), rest = x.div(at, blocks);
  point.keyHead = x.rem(rest, heads);
  point.batch = x.div(rest, heads);
  Value tile0 = x.mul(block, blockTiles);
  point.tiles = x.min(blockTiles, x.sub(tiles, tile0));
  point.row0 = x.mul(tile0, x.c(info.mr));
  point.rows =
      x.min(x.mul(point.tiles, x.c(info.mr)), x.sub(rowsAll, point.row0));
  point.length = ops.numKeys;
  if (ops.lengths) {
    // A length that the cache does not hold must not be read.
    Value given = arith::IndexCastOp::create(x.b, x.loc, x.b.getIndexType(),
                                             x.load(ops.lengths, point.batch));
    given = x.b.createOrFold<arith::MaxSIOp>(x.loc, given, x.c(0));
    point.length = x.min(given, ops.numKeys);
  }
  setKeyRange(point);
  return point;
}

/// What no row of the point sees is left out: rows change nothing by it, and
/// memory behind the valid keys is not read.
void AttentionEmitter::setKeyRange(Point &point) {
  Value zero = x.c(0);
  auto atLeast0 = [&](Value value) {
    return x.b.createOrFold<arith::MaxSIOp>(x.loc, value, zero);
  };
  point.keyBegin = zero;
  point.keyEnd = point.length;
  Value lastRow = x.sub(x.add(point.row0, point.rows), x.c(1));
  Value skipped = x.sub(point.length, ops.numQueries);
  if (desc.causal) {
    Value query = x.div(lastRow, x.c(desc.group));
    Value end = atLeast0(x.add(x.add(query, skipped), x.c(1)));
    point.keyEnd = x.min(end, ops.numKeys);
  }
  if (desc.window > 0) {
    Value last = x.sub(point.length, x.c(1));
    if (desc.causal)
      last = x.add(x.div(point.row0, x.c(desc.group)), skipped);
    Value first = atLeast0(x.sub(last, x.c(desc.window - 1)));
    point.keyBegin = x.sub(first, x.rem(first, x.c(attentionKeys)));
  }
}

AttentionEmitter::Row AttentionEmitter::openRow(const Point &point, Value row) {
  Row result;
  Value at = x.add(point.row0, row), group = x.c(desc.group);
  result.query = x.div(at, group);
  result.head = x.add(x.mul(point.keyHead, group), x.rem(at, group));
  Value last = x.sub(point.length, x.c(1));
  if (desc.causal) {
    last = x.add(result.query, x.sub(point.length, ops.numQueries));
    result.last = last;
  }
  if (desc.window > 0)
    result.first = x.sub(last, x.c(desc.window - 1));
  return result;
}

Value AttentionEmitter::start(const AttentionTensor &tensor, Value batch,
                              Value head, Value row) {
  Value at = x.mul(batch, tensor.batch);
  at = x.add(at, x.mul(head, tensor.head));
  return x.add(at, x.mul(row, tensor.row));
}

/// Sums of nothing, and where the rows of Q are.
void AttentionEmitter::clear(const Point &point) {
  Value zero = x.splat(f32Vec, 0);
  Value lowest = arith::ConstantOp::create(
      x.b, x.loc, x.b.getF32FloatAttr(-std::numeric_limits<float>::infinity()));
  x.loop(x.c(0), point.rows, 1, [&](Value r) {
    Row row = openRow(point, r);
    Value at = start(ops.query, point.batch, row.head, row.query);
    x.store(arith::IndexCastOp::create(x.b, x.loc, x.b.getI64Type(), at),
            queryRows, r);
    x.store(lowest, maxima, r);
    x.store(zero, sums, x.mul(r, x.c(info.lanes)));
  });
  x.loop(x.c(0), x.mul(point.rows, x.c(scratch.paddedWidth)), info.lanes,
         [&](Value at) { x.store(zero, results, at); });
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// Lanes of keys x lanes of elements, transposed.
void AttentionEmitter::packSquare(Value source, Value target) {
  Values rows;
  for (unsigned i = 0; i < info.lanes; ++i)
    rows.push_back(x.load(f32Vec, ops.key.memref,
                          x.add(source, x.mul(x.c(i), ops.key.row))));
  for (auto [i, column] : llvm::enumerate(transposeSquare(x.b, x.loc, rows)))
    x.store(column, keys, x.add(target, x.c(i * info.nr)));
}

/// Elements [from, depth) of `count` keys, one by one.
void AttentionEmitter::packRest(Value source, Value target, int64_t from,
                                Value count) {
  x.loop(x.c(0), count, 1, [&](Value key) {
    Value row = x.add(source, x.mul(key, ops.key.row));
    x.loop(x.c(from), x.c(desc.depth), 1, [&](Value c) {
      Value at = x.add(x.add(target, x.mul(c, x.c(info.nr))), key);
      x.store(x.load(ops.key.memref, x.add(row, c)), keys, at);
    });
  });
}

void AttentionEmitter::packKeys(const Point &point, const KeyBlock &block) {
  Value lanes = x.c(info.lanes), nr = x.c(info.nr);
  int64_t squares = desc.depth / info.lanes * info.lanes;
  Value first = start(ops.key, point.batch, point.keyHead, block.begin);
  x.loop(x.c(0), block.count, info.lanes, [&](Value key) {
    Value source = x.add(first, x.mul(key, ops.key.row));
    Value panel = x.mul(x.div(key, nr), x.c(desc.depth * info.nr));
    Value target = x.add(panel, x.rem(key, nr));
    Value rest = x.sub(block.count, key);
    Value isWhole = x.cmp(arith::CmpIPredicate::uge, rest, lanes);
    auto op = scf::IfOp::create(x.b, x.loc, isWhole, /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(x.b);
    x.b.setInsertionPointToStart(op.thenBlock());
    x.loop(x.c(0), x.c(squares), info.lanes, [&](Value c) {
      packSquare(x.add(source, c), x.add(target, x.mul(c, nr)));
    });
    if (squares < desc.depth)
      packRest(source, target, squares, lanes);
    x.b.setInsertionPointToStart(op.elseBlock());
    packRest(source, target, 0, rest);
  });
}

/// Calls `body` for each tile, in a branch for its number of rows.
void AttentionEmitter::forEachTile(
    const Point &point, function_ref<void(Value row0, unsigned rows)> body) {
  x.loop(x.c(0), point.tiles, 1, [&](Value tile) {
    Value row0 = x.mul(tile, x.c(info.mr));
    Value rows = x.min(x.sub(point.rows, row0), x.c(info.mr));
    SmallVector<int64_t> cases =
        llvm::to_vector(llvm::seq<int64_t>(1, info.mr));
    auto op = scf::IndexSwitchOp::create(x.b, x.loc, TypeRange{}, rows, cases,
                                         cases.size());
    OpBuilder::InsertionGuard guard(x.b);
    auto fill = [&](Region &region, unsigned count) {
      x.b.createBlock(&region);
      body(row0, count);
      scf::YieldOp::create(x.b, x.loc);
    };
    for (unsigned count = 1; count < info.mr; ++count)
      fill(op.getCaseRegions()[count - 1], count);
    fill(op.getDefaultRegion(), info.mr);
  });
}

void AttentionEmitter::emitLogits(const Point &point, const KeyBlock &block) {
  forEachTile(point, [&](Value row0, unsigned rows) {
    FmaLoop loop;
    loop.a = ops.query.memref;
    for (unsigned r = 0; r < rows; ++r)
      loop.rowStarts.push_back(
          arith::IndexCastOp::create(x.b, x.loc, x.b.getIndexType(),
                                     x.load(queryRows, x.add(row0, x.c(r)))));
    loop.b = keys;
    loop.bStride = x.c(info.nr);
    loop.count = x.c(desc.depth);
    x.loop(x.c(0), block.panels, 1, [&](Value panel) {
      loop.bBase = x.mul(panel, x.c(desc.depth * info.nr));
      Values products =
          emitFmaLoop(x, loop, Values(rows * vectors, x.splat(f32Vec, 0)));
      for (auto [i, product] : llvm::enumerate(products)) {
        Value row = x.mul(x.add(row0, x.c(i / vectors)), x.c(attentionKeys));
        Value column =
            x.add(x.mul(panel, x.c(info.nr)), x.c(i % vectors * info.lanes));
        x.store(product, logits, x.add(row, column));
      }
    });
  });
}

/// Adds a block's share to columns [column, column + vectors * lanes) of the
/// results of a tile.
void AttentionEmitter::emitResultPanel(const Point &point,
                                       const KeyBlock &block, Value row0,
                                       unsigned rows, Value column,
                                       unsigned count, Value lastMask) {
  FmaLoop loop;
  loop.a = logits;
  Values places;
  for (unsigned r = 0; r < rows; ++r) {
    Value row = x.add(row0, x.c(r));
    loop.rowStarts.push_back(x.mul(row, x.c(attentionKeys)));
    Value place = x.add(x.mul(row, x.c(scratch.paddedWidth)), column);
    for (unsigned j = 0; j < count; ++j)
      places.push_back(x.add(place, x.c(j * info.lanes)));
  }
  loop.b = ops.value.memref;
  loop.bBase =
      x.add(start(ops.value, point.batch, point.keyHead, block.begin), column);
  loop.bStride = ops.value.row;
  loop.count = block.count;
  loop.lastMask = lastMask;
  Values before;
  for (Value place : places)
    before.push_back(x.load(f32Vec, results, place));
  for (auto [place, sum] : llvm::zip(places, emitFmaLoop(x, loop, before)))
    x.store(sum, results, place);
}

void AttentionEmitter::emitResults(const Point &point, const KeyBlock &block) {
  int64_t whole = desc.width / info.nr * info.nr, rest = desc.width - whole;
  Value mask;
  if (rest % info.lanes != 0)
    mask = vector::CreateMaskOp::create(
        x.b, x.loc, x.vec(info.lanes, x.b.getI1Type()), x.c(rest % info.lanes));
  forEachTile(point, [&](Value row0, unsigned rows) {
    x.loop(x.c(0), x.c(whole), info.nr, [&](Value column) {
      emitResultPanel(point, block, row0, rows, column, vectors, nullptr);
    });
    if (rest > 0)
      emitResultPanel(point, block, row0, rows, x.c(whole),
                      llvm::divideCeil(rest, info.lanes), mask);
  });
}
