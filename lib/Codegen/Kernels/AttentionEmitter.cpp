//===- AttentionEmitter.cpp - Rows of fused attention -----------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionEmitter.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"

#include <limits>

using namespace mlir;
using namespace nibble::codegen;

static constexpr double lowest = -std::numeric_limits<double>::infinity();

/// Which lanes of the vector at `column` of the block the row sees. What lies
/// behind the block's count is garbage and always hidden.
Value AttentionEmitter::isSeen(const Row &row, const KeyBlock &block,
                               Value column) {
  OpBuilder &b = x.b;
  Type i32 = b.getI32Type();
  auto type = x.vec(info.lanes, i32);
  auto clamped = [&](Value bound) {
    // Bounds far outside of the block are as good as just outside of it.
    bound = b.createOrFold<arith::MaxSIOp>(x.loc, bound, x.c(-1));
    bound = b.createOrFold<arith::MinSIOp>(x.loc, bound, x.c(attentionKeys));
    return x.broadcast(type, arith::IndexCastOp::create(b, x.loc, i32, bound));
  };
  SmallVector<Attribute> numbers;
  for (unsigned lane = 0; lane < info.lanes; ++lane)
    numbers.push_back(b.getI32IntegerAttr(lane));
  Value lane = arith::ConstantOp::create(b, x.loc,
                                         DenseElementsAttr::get(type, numbers));
  Value key = arith::AddIOp::create(
      b, x.loc, lane,
      x.broadcast(type, arith::IndexCastOp::create(b, x.loc, i32, column)));
  Value last = x.sub(block.count, x.c(1));
  if (row.last)
    last = b.createOrFold<arith::MinSIOp>(x.loc, last,
                                          x.sub(row.last, block.begin));
  Value seen = x.cmp(arith::CmpIPredicate::sle, key, clamped(last));
  if (!row.first)
    return seen;
  Value first = clamped(x.sub(row.first, block.begin));
  return arith::AndIOp::create(b, x.loc, seen,
                               x.cmp(arith::CmpIPredicate::sge, key, first));
}

/// A vector of the mask's elements; those of i1 are bytes in memory.
Value AttentionEmitter::loadMaskVector(Value memref, Value at) {
  if (!cast<MemRefType>(memref.getType()).getElementType().isInteger(1))
    return x.load(f32Vec, memref, at);
  OpBuilder &b = x.b;
  auto bytes = x.vec(info.lanes, b.getI8Type());
  Value base = memref::ExtractAlignedPointerAsIndexOp::create(b, x.loc, memref);
  Value address =
      arith::IndexCastOp::create(b, x.loc, b.getI64Type(), x.add(base, at));
  auto pointer = LLVM::LLVMPointerType::get(b.getContext());
  Value loaded = LLVM::LoadOp::create(
      b, x.loc, bytes, LLVM::IntToPtrOp::create(b, x.loc, pointer, address),
      /*alignment=*/1);
  return arith::CmpIOp::create(b, x.loc, arith::CmpIPredicate::ne, loaded,
                               x.splat(bytes, 0));
}

/// The mask of the vector at `column`; past the block's keys anything.
Value AttentionEmitter::loadMask(Value start, Value column,
                                 const KeyBlock &block) {
  Type element = cast<MemRefType>(ops.mask.memref.getType()).getElementType();
  auto type = x.vec(info.lanes, element);
  if (!ops.maskPerKey)
    return x.broadcast(type, x.load(ops.mask.memref, start));
  Value at = x.add(start, x.add(block.begin, column));
  Value rest = x.sub(block.count, column);
  Value isWhole = x.cmp(arith::CmpIPredicate::sge, rest, x.c(info.lanes));
  return x
      .select(
          isWhole, type,
          [&] { return Values{loadMaskVector(ops.mask.memref, at)}; },
          [&] {
            Value tail = x.view(ops.scratch, x.c(scratch.tail), element);
            x.loop(x.c(0), rest, 1, [&](Value i) {
              x.store(x.load(ops.mask.memref, x.add(at, i)), tail, i);
            });
            return Values{loadMaskVector(tail, x.c(0))};
          })
      .front();
}

Value AttentionEmitter::emitLogitVector(const Row &row, const KeyBlock &block,
                                        Value maskStart, Value column,
                                        Value products) {
  OpBuilder &b = x.b;
  Location loc = x.loc;
  Value value =
      arith::MulFOp::create(b, loc, products, x.splat(f32Vec, desc.scale));
  if (desc.softcap > 0) {
    Value cap = x.splat(f32Vec, desc.softcap);
    Value ratio = arith::DivFOp::create(b, loc, value, cap);
    value =
        arith::MulFOp::create(b, loc, cap, math::TanhOp::create(b, loc, ratio));
  }
  Value unseen = x.splat(f32Vec, lowest);
  if (maskStart) {
    Value mask = loadMask(maskStart, column, block);
    value =
        cast<VectorType>(mask.getType()).getElementType().isInteger(1)
            ? arith::SelectOp::create(b, loc, mask, value, unseen).getResult()
            : arith::AddFOp::create(b, loc, value, mask).getResult();
  }
  Value seen = isSeen(row, block, column);
  return arith::SelectOp::create(b, loc, seen, value, unseen);
}

void AttentionEmitter::emitSoftmaxRow(const Point &point, const KeyBlock &block,
                                      Value r) {
  OpBuilder &b = x.b;
  Location loc = x.loc;
  Row row = openRow(point, r);
  Value maskStart;
  if (ops.mask.memref)
    maskStart = start(ops.mask, point.batch, row.head, row.query);
  Value begin = x.mul(r, x.c(attentionKeys));
  Value columns = x.mul(block.panels, x.c(info.nr));
  auto forPanels = [&](Values carried, auto body) {
    return x.loop(x.c(0), columns, info.nr, carried,
                  [&](Value column, ValueRange before) {
                    Values next;
                    for (unsigned v = 0; v < vectors; ++v)
                      next.push_back(
                          body(x.add(column, x.c(v * info.lanes)), before[v]));
                    return next;
                  });
  };
  auto larger = [&](Value a, Value c) -> Value {
    Value wins = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT, a, c);
    return arith::SelectOp::create(b, loc, wins, a, c);
  };

  Values highest =
      forPanels(Values(vectors, x.splat(f32Vec, lowest)),
                [&](Value column, Value before) {
                  Value at = x.add(begin, column);
                  Value value = emitLogitVector(row, block, maskStart, column,
                                                x.load(f32Vec, logits, at));
                  x.store(value, logits, at);
                  return larger(value, before);
                });
  for (unsigned v = 1; v < vectors; ++v)
    highest[0] = larger(highest[v], highest[0]);
  Value before = x.load(maxima, r);
  Value maximum = vector::ReductionOp::create(
      b, loc, vector::CombiningKind::MAXNUMF, highest[0], before);
  x.store(maximum, maxima, r);
  // A row that has seen nothing yet: exponentials of -inf are zeros.
  Value none = arith::ConstantOp::create(b, loc, b.getF32FloatAttr(lowest));
  Value isNone =
      arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, maximum, none);
  Value zero = arith::ConstantOp::create(b, loc, b.getF32FloatAttr(0));
  Value shift = arith::SelectOp::create(b, loc, isNone, zero, maximum);
  auto exponential = [&](Value value, Value by) -> Value {
    Value difference = arith::SubFOp::create(b, loc, value, by);
    return math::ExpOp::create(b, loc, difference);
  };

  Value sumAt = x.mul(r, x.c(info.lanes));
  Value rises =
      arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNE, before, maximum);
  Value wideShift = x.broadcast(f32Vec, shift);
  x.ifThen(rises, [&] {
    Value factor = exponential(x.broadcast(f32Vec, before), wideShift);
    auto rescale = [&](Value memref, Value at) {
      x.store(arith::MulFOp::create(b, loc, x.load(f32Vec, memref, at), factor),
              memref, at);
    };
    rescale(sums, sumAt);
    Value from = x.mul(r, x.c(scratch.paddedWidth));
    x.loop(from, x.add(from, x.c(scratch.paddedWidth)), info.lanes,
           [&](Value at) { rescale(results, at); });
  });
  Values added = forPanels(
      Values(vectors, x.splat(f32Vec, 0)), [&](Value column, Value total) {
        Value at = x.add(begin, column);
        Value weight = exponential(x.load(f32Vec, logits, at), wideShift);
        x.store(weight, logits, at);
        return arith::AddFOp::create(b, loc, total, weight).getResult();
      });
  Value total = x.load(f32Vec, sums, sumAt);
  for (Value part : added)
    total = arith::AddFOp::create(b, loc, total, part);
  x.store(total, sums, sumAt);
}

void AttentionEmitter::finishRow(const Point &point, Value r) {
  OpBuilder &b = x.b;
  Location loc = x.loc;
  Value sum = vector::ReductionOp::create(
      b, loc, vector::CombiningKind::ADD,
      x.load(f32Vec, sums, x.mul(r, x.c(info.lanes))));
  Value zero = arith::ConstantOp::create(b, loc, b.getF32FloatAttr(0));
  Value one = arith::ConstantOp::create(b, loc, b.getF32FloatAttr(1));
  Value isNone =
      arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, sum, zero);
  Value inverse = arith::SelectOp::create(
      b, loc, isNone, zero, arith::DivFOp::create(b, loc, one, sum));
  Value factor = x.broadcast(f32Vec, inverse);
  Row row = openRow(point, r);
  Value source = x.mul(r, x.c(scratch.paddedWidth));
  Value target = start(ops.result, point.batch, row.head, row.query);
  int64_t whole = desc.width / info.lanes * info.lanes;
  auto finished = [&](Value column) -> Value {
    Value value = x.load(f32Vec, results, x.add(source, column));
    return arith::MulFOp::create(b, loc, value, factor);
  };
  x.loop(x.c(0), x.c(whole), info.lanes, [&](Value column) {
    x.store(finished(column), ops.result.memref, x.add(target, column));
  });
  if (whole == desc.width)
    return;
  Value mask = vector::CreateMaskOp::create(
      b, loc, x.vec(info.lanes, b.getI1Type()), x.c(desc.width - whole));
  vector::MaskedStoreOp::create(b, loc, ops.result.memref,
                                x.add(target, x.c(whole)), mask,
                                finished(x.c(whole)));
}
