//===- ContractionEpilogue.cpp - From sums to results -----------*- C++ -*-===//
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

Value nibble::codegen::loadColumns(OpBuilder &builder, Location loc,
                                   VectorType type, Value memref,
                                   ValueRange indices,
                                   const EpilogueSite &site) {
  if (!site.mask)
    return vector::LoadOp::create(builder, loc, type, memref, indices);
  Value zero =
      arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
  return vector::MaskedLoadOp::create(builder, loc, type, memref, indices,
                                      site.mask, zero);
}

/// A scalar of A for `row`, in every lane.
Value ContractionEmitter::broadcastPerRow(Value memref, Granularity granularity,
                                          const Point &point, Value row) {
  Value at = x.c(0);
  if (granularity == Granularity::Row)
    at = x.add(x.mul(point.g, ops.m), x.add(point.row0, row));
  Value scalar = x.load(memref, at);
  Type type = scalar.getType();
  if (type.isInteger(8))
    scalar =
        desc.a == ActivationKind::S8
            ? x.b.createOrFold<arith::ExtSIOp>(x.loc, x.b.getI32Type(), scalar)
            : x.b.createOrFold<arith::ExtUIOp>(x.loc, x.b.getI32Type(), scalar);
  return x.broadcast(x.vec(info.lanes, scalar.getType()), scalar);
}

/// The zero point of A as it enters the dot.
Value ContractionEmitter::loadActivationZero(const Point &point, Value row) {
  Value shift = x.splat(i32Vec, activationShift(plan));
  if (desc.aZero == Granularity::None)
    return shift;
  Value zero = broadcastPerRow(ops.aZero, desc.aZero, point, row);
  return arith::AddIOp::create(x.b, x.loc, zero, shift);
}

/// What the zero point of A adds to a row's sums.
Value ContractionEmitter::zeroCorrection(const Point &point, Value row,
                                         Value column) {
  Value view =
      x.view(ops.b, x.add(point.panelOffset, panel.sums), x.b.getI32Type());
  return arith::MulIOp::create(x.b, x.loc, loadActivationZero(point, row),
                               x.load(i32Vec, view, column));
}

/// What is loaded before the rows are stored stays in registers: LLVM cannot
/// know that the weights are not the result.
ContractionEmitter::Columns
ContractionEmitter::openColumns(const Point &point, Value first, Value mask) {
  Columns columns{first, mask, {}, {}};
  if (!desc.isInteger() || desc.b.isGrouped())
    return columns;
  if (hasColumnSums(plan) && desc.aZero != Granularity::Row)
    columns.correction = zeroCorrection(point, x.c(0), first);
  if (desc.c != OutputKind::I32)
    columns.scales = loadScales(point, x.c(0), first);
  return columns;
}

/// The exact sum: what the zero points of the stored codes and of A add is
/// taken away.
Value ContractionEmitter::finishIntegerSum(const Point &point, Value sum,
                                           Value row, const Columns &columns) {
  OpBuilder &b = x.b;
  if (needsRowSums(plan)) {
    Value zero = desc.b.zero ? loadZeros(point, x.c(0), columns.first)
                             : x.splat(i32Vec, codeShift(plan));
    Value rowSum = x.broadcast(i32Vec, loadRowSum(row, x.c(0)));
    Value product = arith::MulIOp::create(b, x.loc, zero, rowSum);
    sum = arith::SubIOp::create(b, x.loc, sum, product);
  }
  if (!hasColumnSums(plan))
    return sum;
  Value correction = columns.correction
                         ? columns.correction
                         : zeroCorrection(point, row, columns.first);
  return arith::SubIOp::create(b, x.loc, sum, correction);
}

Value ContractionEmitter::finishSum(const Point &point, Value sum, Value row,
                                    const Columns &columns) {
  if (!desc.isInteger())
    return sum;
  Value value = sum;
  if (!desc.b.isGrouped()) {
    sum = finishIntegerSum(point, sum, row, columns);
    if (desc.c == OutputKind::I32)
      return sum;
    value = arith::SIToFPOp::create(x.b, x.loc, f32Vec, sum);
    value = arith::MulFOp::create(x.b, x.loc, value, columns.scales);
  } else if (hasColumnSums(plan)) {
    Value view =
        x.view(ops.b, x.add(point.panelOffset, panel.sums), x.b.getF32Type());
    Value zero = arith::SIToFPOp::create(x.b, x.loc, f32Vec,
                                         loadActivationZero(point, row));
    value =
        math::FmaOp::create(x.b, x.loc, arith::NegFOp::create(x.b, x.loc, zero),
                            x.load(f32Vec, view, columns.first), value);
  }
  if (desc.aScale == Granularity::None)
    return value;
  Value scale = broadcastPerRow(ops.aScale, desc.aScale, point, row);
  return arith::MulFOp::create(x.b, x.loc, value, scale);
}

void ContractionEmitter::clearSums(const Point &point) {
  Value zero = x.splat(f32Vec, 0);
  x.loop(x.c(0), x.mul(point.rows, x.c(info.nr)), info.lanes,
         [&](Value at) { x.store(zero, sums, at); });
}

void ContractionEmitter::emitEpilogueVector(const Point &point, Value row,
                                            const Columns &columns) {
  Value index = x.add(x.mul(row, x.c(info.nr)), columns.first);
  auto type =
      x.vec(info.lanes, cast<MemRefType>(sums.getType()).getElementType());
  Value value = finishSum(point, x.load(type, sums, index), row, columns);

  EpilogueSite site;
  site.g = point.g;
  site.m = x.add(point.row0, row);
  site.n = x.add(x.mul(point.panel, x.c(info.nr)), columns.first);
  site.mask = columns.mask;
  if (epilogue && desc.c != OutputKind::I32)
    value = epilogue(x.b, x.loc, value, site);
  if (desc.c == OutputKind::S8 || desc.c == OutputKind::U8)
    value = emitCodes(x.b, x.loc, value, codes);

  Value at = x.add(x.mul(site.m, ops.cRowStride), site.n);
  if (desc.groupDims)
    at = x.add(at, x.offset(ops.groupsC, point.g));
  if (site.mask)
    vector::MaskedStoreOp::create(x.b, x.loc, ops.c, at, site.mask, value);
  else
    x.store(value, ops.c, at);
}

void ContractionEmitter::emitEpilogue(const Point &point) {
  Value zero = x.c(0);
  Value lanes = x.c(info.lanes);
  Value column0 = x.mul(point.panel, x.c(info.nr));
  Value columns = x.min(x.sub(ops.n, column0), x.c(info.nr));
  Value rest = x.rem(columns, lanes);
  Value whole = x.sub(columns, rest);
  Value hasRest = x.cmp(arith::CmpIPredicate::ne, rest, zero);
  auto forColumns = [&](function_ref<void(Value, Value)> body) {
    x.loop(zero, whole, info.lanes, [&](Value first) { body(first, nullptr); });
    x.ifThen(hasRest, [&] {
      Value mask = vector::CreateMaskOp::create(
          x.b, x.loc, x.vec(info.lanes, x.b.getI1Type()), rest);
      body(whole, mask);
    });
  };
  // A row of f32 is written at once, so that its cache lines stay whole; one of
  // codes is a part of a line anyhow.
  if (desc.c == OutputKind::S8 || desc.c == OutputKind::U8) {
    forColumns([&](Value first, Value mask) {
      Columns opened = openColumns(point, first, mask);
      x.loop(zero, point.rows, 1,
             [&](Value row) { emitEpilogueVector(point, row, opened); });
    });
    return;
  }
  x.loop(zero, point.rows, 1, [&](Value row) {
    forColumns([&](Value first, Value mask) {
      emitEpilogueVector(point, row, openColumns(point, first, mask));
    });
  });
}
