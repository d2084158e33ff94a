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
                                   VectorType type, Value memref, Value column,
                                   const EpilogueSite &site) {
  IR x(builder, loc);
  int64_t rows = site.rows.size();
  VectorType part = x.vec(type.getDimSize(0) / rows, type.getElementType());
  auto load = [&](ValueRange indices) -> Value {
    if (!site.mask)
      return vector::LoadOp::create(builder, loc, part, memref, indices);
    return vector::MaskedLoadOp::create(builder, loc, part, memref, indices,
                                        site.mask, x.splat(part, 0));
  };
  if (cast<MemRefType>(memref.getType()).getRank() == 1)
    return x.concat(SmallVector<Value>(rows, load(column)));
  SmallVector<Value> parts;
  for (Value row : site.rows)
    parts.push_back(load({row, column}));
  return x.concat(parts);
}

Value nibble::codegen::loadRowScalars(OpBuilder &builder, Location loc,
                                      VectorType type, Value memref,
                                      const EpilogueSite &site) {
  IR x(builder, loc);
  Value zero = x.c(0);
  if (cast<MemRefType>(memref.getType()).getRank() == 1)
    return x.broadcast(type, x.load(memref, zero));
  VectorType part =
      x.vec(type.getDimSize(0) / site.rows.size(), type.getElementType());
  SmallVector<Value> parts;
  for (Value row : site.rows)
    parts.push_back(
        x.broadcast(part, memref::LoadOp::create(builder, loc, memref,
                                                 ValueRange{row, zero})));
  return x.concat(parts);
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

/// Where a row's sums start: less what the zero point of A, if all rows share
/// it, adds to them.
SmallVector<Value> ContractionEmitter::loadInitialSums(const Point &point) {
  SmallVector<Value> initial(info.nr / info.lanes, x.splat(i32Vec, 0));
  if (!startsCorrected())
    return initial;
  for (auto [v, sum] : llvm::enumerate(initial))
    sum = arith::SubIOp::create(
        x.b, x.loc, sum, zeroCorrection(point, x.c(0), x.c(v * info.lanes)));
  return initial;
}

/// What is loaded before the rows are stored stays in registers: LLVM cannot
/// know that the weights are not the result.
ContractionEmitter::Columns ContractionEmitter::openColumns(const Point &point,
                                                            Value first,
                                                            unsigned registers,
                                                            Value mask) {
  Columns columns{first, registers, mask, {}};
  if (!desc.isInteger() || desc.b.isGrouped() || desc.c == OutputKind::I32)
    return columns;
  for (unsigned v = 0; v < registers; ++v)
    columns.scales.push_back(
        loadScales(point, x.c(0), x.add(first, x.c(v * info.lanes))));
  return columns;
}

/// The exact sum: what the zero points of the stored codes and of A add is
/// taken away.
Value ContractionEmitter::finishIntegerSum(const Point &point, Value sum,
                                           Value row, Value column) {
  OpBuilder &b = x.b;
  if (needsRowSums(plan)) {
    Value zero = desc.b.zero ? loadZeros(point, x.c(0), column)
                             : x.splat(i32Vec, codeShift(plan));
    Value rowSum = x.broadcast(i32Vec, loadRowSum(row, x.c(0)));
    Value product = arith::MulIOp::create(b, x.loc, zero, rowSum);
    sum = arith::SubIOp::create(b, x.loc, sum, product);
  }
  if (!hasColumnSums(plan) || startsCorrected())
    return sum;
  return arith::SubIOp::create(b, x.loc, sum,
                               zeroCorrection(point, row, column));
}

/// A register of sums, as numbers where weights have scales for groups.
Value ContractionEmitter::loadSums(const Point &point, Value row,
                                   Value column) {
  Value index = x.add(x.mul(row, x.c(info.nr)), column);
  bool isWhole = desc.isInteger() && !desc.b.isGrouped();
  Value sum = x.load(isWhole ? i32Vec : f32Vec, sums, index);
  if (isWhole)
    return finishIntegerSum(point, sum, row, column);
  if (!desc.isInteger() || !hasColumnSums(plan))
    return sum;
  Value view =
      x.view(ops.b, x.add(point.panelOffset, panel.sums), x.b.getF32Type());
  Value zero = arith::SIToFPOp::create(x.b, x.loc, f32Vec,
                                       loadActivationZero(point, row));
  return math::FmaOp::create(x.b, x.loc,
                             arith::NegFOp::create(x.b, x.loc, zero),
                             x.load(f32Vec, view, column), sum);
}

/// The results of `rows`, one after the other, scaled but for I32 results.
Value ContractionEmitter::finishSums(const Point &point, ValueRange rows,
                                     const Columns &columns) {
  Values parts, scales, rowScales;
  for (Value row : rows) {
    for (unsigned v = 0; v < columns.registers; ++v)
      parts.push_back(
          loadSums(point, row, x.add(columns.first, x.c(v * info.lanes))));
    scales.append(columns.scales);
    if (desc.aScale != Granularity::None)
      rowScales.append(columns.registers,
                       broadcastPerRow(ops.aScale, desc.aScale, point, row));
  }
  Value value = x.concat(parts);
  if (desc.c == OutputKind::I32)
    return value;
  if (!scales.empty()) {
    VectorType type =
        x.vec(info.lanes * unsigned(parts.size()), x.b.getF32Type());
    value = arith::SIToFPOp::create(x.b, x.loc, type, value);
    value = arith::MulFOp::create(x.b, x.loc, value, x.concat(scales));
  }
  if (rowScales.empty())
    return value;
  return arith::MulFOp::create(x.b, x.loc, value, x.concat(rowScales));
}

void ContractionEmitter::clearSums(const Point &point) {
  Value zero = x.splat(f32Vec, 0);
  x.loop(x.c(0), x.mul(point.rows, x.c(info.nr)), info.lanes,
         [&](Value at) { x.store(zero, sums, at); });
}

ContractionEmitter::Output ContractionEmitter::openOutput(Value c,
                                                          OutputKind kind,
                                                          Value scale,
                                                          Value zero) {
  Output output{c, kind == OutputKind::S8 || kind == OutputKind::U8, {}};
  output.codes.isSigned = kind == OutputKind::S8;
  if (output.isCodes && scale)
    output.codes.scale = x.load(scale, x.c(0));
  if (output.isCodes && zero)
    output.codes.zero =
        extendZero(x.b, x.loc, x.load(zero, x.c(0)), output.codes.isSigned);
  return output;
}

/// Stores what lies in `columns`.
void ContractionEmitter::storeColumns(Value value, Value c, Value at,
                                      const Columns &columns) {
  if (!columns.mask) {
    x.store(value, c, at);
    return;
  }
  if (columns.registers == 1) {
    vector::MaskedStoreOp::create(x.b, x.loc, c, at, columns.mask, value);
    return;
  }
  // A masked store of bytes is a branch for each: only for those that need it.
  for (unsigned v = 0; v < columns.registers; ++v) {
    Value part = x.slice(value, v * info.lanes, info.lanes);
    Value here = x.add(at, x.c(v * info.lanes));
    Value rest = x.sub(columns.count, x.c(v * info.lanes));
    x.ifElse(
        x.cmp(arith::CmpIPredicate::sge, rest, x.c(info.lanes)),
        [&] { x.store(part, c, here); },
        [&] {
          Value mask = vector::CreateMaskOp::create(
              x.b, x.loc, x.vec(info.lanes, x.b.getI1Type()), rest);
          vector::MaskedStoreOp::create(x.b, x.loc, c, here, mask, part);
        });
  }
}

void ContractionEmitter::emitEpilogueVector(const Point &point, ValueRange rows,
                                            const Columns &columns) {
  Value value = finishSums(point, rows, columns);
  EpilogueSite site;
  site.g = point.g;
  for (Value row : rows)
    site.rows.push_back(x.add(point.row0, row));
  site.n = x.add(x.mul(point.panel, x.c(info.nr)), columns.first);
  site.mask = columns.mask;
  Values values = {value};
  if (epilogue && desc.c != OutputKind::I32)
    values = epilogue(x.b, x.loc, value, site);

  int64_t width = int64_t(columns.registers) * info.lanes;
  for (auto [output, result] : llvm::zip_equal(outputs, values)) {
    if (output.isCodes)
      result = emitCodes(x.b, x.loc, result, output.codes, info.lanes);
    for (auto [r, row] : llvm::enumerate(site.rows)) {
      Value at = x.add(x.mul(row, ops.cRowStride), site.n);
      if (desc.groupDims)
        at = x.add(at, x.offset(ops.groupsC, point.g));
      storeColumns(x.slice(result, r * width, width), output.c, at, columns);
    }
  }
}

/// With codes: all columns of two rows at once. Their operations alternate,
/// which hides their latencies, and fill a register with bytes. The last row of
/// an odd number is computed twice.
void ContractionEmitter::emitCodesEpilogue(const Point &point, Value count) {
  unsigned registers = info.nr / info.lanes;
  auto forRows = [&](Value mask) {
    Columns columns = openColumns(point, x.c(0), registers, mask);
    columns.count = count;
    x.loop(x.c(0), point.rows, 2, [&](Value row) {
      Value last = x.sub(point.rows, x.c(1));
      emitEpilogueVector(point, {row, x.min(x.add(row, x.c(1)), last)},
                         columns);
    });
  };
  std::optional<int64_t> n = getConstantIntValue(ops.n);
  if (n && *n % info.nr == 0)
    return forRows(nullptr);
  x.ifElse(
      x.cmp(arith::CmpIPredicate::eq, count, x.c(info.nr)),
      [&] { forRows(nullptr); },
      [&] {
        forRows(vector::CreateMaskOp::create(
            x.b, x.loc, x.vec(info.nr, x.b.getI1Type()), count));
      });
}

void ContractionEmitter::emitEpilogue(const Point &point) {
  Value zero = x.c(0);
  Value lanes = x.c(info.lanes);
  Value column0 = x.mul(point.panel, x.c(info.nr));
  Value columns = x.min(x.sub(ops.n, column0), x.c(info.nr));
  if (storesCodes())
    return emitCodesEpilogue(point, columns);
  Value rest = x.rem(columns, lanes);
  Value whole = x.sub(columns, rest);
  Value hasRest = x.cmp(arith::CmpIPredicate::ne, rest, zero);
  // A row is written at once, so that its cache lines stay whole.
  x.loop(zero, point.rows, 1, [&](Value row) {
    auto emitColumns = [&](Value first, Value mask) {
      emitEpilogueVector(point, row, openColumns(point, first, 1, mask));
    };
    x.loop(zero, whole, info.lanes,
           [&](Value first) { emitColumns(first, nullptr); });
    x.ifThen(hasRest, [&] {
      emitColumns(whole,
                  vector::CreateMaskOp::create(
                      x.b, x.loc, x.vec(info.lanes, x.b.getI1Type()), rest));
    });
  });
}
