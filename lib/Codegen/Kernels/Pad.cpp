//===- Pad.cpp - Zeros around a tensor --------------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Codegen/Kernels/Pad.h"

#include "ContractionEmitter.h"

using namespace mlir;
using namespace nibble::codegen;

/// Elements of a vector: 32 bytes, which every target of ours moves at once.
static constexpr int64_t vectorBits = 256;

/// Writes `count` elements from `at` on: whole vectors, then single ones.
/// `value` gives the vector or the element (for lanes = 1) at a distance.
static void writeRun(IR &x, Value memref, Value at, Value count, int64_t lanes,
                     function_ref<Value(Value distance, int64_t lanes)> value) {
  Value whole = x.sub(count, x.rem(count, x.c(lanes)));
  x.loop(x.c(0), whole, lanes,
         [&](Value i) { x.store(value(i, lanes), memref, x.add(at, i)); });
  x.loop(whole, count, 1,
         [&](Value i) { x.store(value(i, 1), memref, x.add(at, i)); });
}

void nibble::codegen::emitPadRows(OpBuilder &builder, Location loc,
                                  const PadOperands &ops) {
  IR x(builder, loc);
  Type element = cast<MemRefType>(ops.result.getType()).getElementType();
  int64_t lanes = vectorBits / element.getIntOrFloatBitWidth();
  Value zero =
      arith::ConstantOp::create(builder, loc, builder.getZeroAttr(element));
  Value zeros = x.broadcast(x.vec(lanes, element), zero);
  auto fill = [&](Value at, Value count) {
    writeRun(x, ops.result, at, count, lanes,
             [&](Value, int64_t width) { return width == 1 ? zero : zeros; });
  };
  size_t last = ops.low.size() - 1;
  Value rowLength = x.mul(ops.resultExtents[last], ops.inner);
  Value runLength = x.mul(ops.sourceExtents[last], ops.inner);
  Value before = x.mul(x.c(ops.low[last]), ops.inner);
  x.loop(ops.begin, ops.end, 1, [&](Value row) {
    // The row's place in the source, axis by axis from the innermost.
    Value rest = row, source = x.c(0), step = x.c(1);
    Value inside =
        arith::ConstantIntOp::create(builder, loc, builder.getI1Type(), 1);
    for (size_t axis = last; axis-- > 0;) {
      Value index = x.rem(rest, ops.resultExtents[axis]);
      rest = x.div(rest, ops.resultExtents[axis]);
      index = x.sub(index, x.c(ops.low[axis]));
      // Negative ones are large without sign.
      Value fits =
          x.cmp(arith::CmpIPredicate::ult, index, ops.sourceExtents[axis]);
      inside = arith::AndIOp::create(builder, loc, inside, fits);
      source = x.add(source, x.mul(index, step));
      step = x.mul(step, ops.sourceExtents[axis]);
    }
    Value at = x.mul(row, rowLength);
    auto branch = scf::IfOp::create(builder, loc, inside, /*withElse=*/true);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(branch.thenBlock());
    fill(at, before);
    Value from = x.mul(source, runLength), to = x.add(at, before);
    writeRun(x, ops.result, to, runLength, lanes,
             [&](Value i, int64_t width) -> Value {
               Value place = x.add(from, i);
               return width == 1
                          ? x.load(ops.source, place)
                          : x.load(x.vec(width, element), ops.source, place);
             });
    Value done = x.add(before, runLength);
    fill(x.add(at, done), x.sub(rowLength, done));
    builder.setInsertionPointToStart(branch.elseBlock());
    fill(at, rowLength);
  });
}
