//===- Depthwise.cpp - Depthwise convolution --------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Codegen/Kernels/Depthwise.h"

#include "ContractionEmitter.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace nibble::codegen;

/// Neighbouring output pixels that share what they load.
static constexpr unsigned tilePixels = 4;

namespace {

class DepthwiseEmitter {
public:
  DepthwiseEmitter(OpBuilder &builder, Location loc, const DepthwiseDesc &desc,
                   const DepthwiseOperands &operands,
                   const EpilogueFn &epilogue)
      : desc(desc), ops(operands), epilogue(epilogue), x(builder, loc),
        vec(x.vec(desc.lanes, builder.getF32Type())) {}

  void emit();

private:
  /// Taps [begin, end) of an axis that lie inside of the image, and the
  /// element that tap 0 reads (perhaps outside).
  struct Taps {
    Value first, begin, end;
  };
  /// Output pixels of one row that are computed at once.
  struct Tile {
    Value pixel;        ///< of the first, counted over all images
    Value image;        ///< element of A where the image starts
    Taps rows, columns; ///< columns: of the first pixel
    unsigned pixels;
    bool inside; ///< all taps of all columns are inside
  };

  Taps openTaps(unsigned axis, Value output);
  void emitRow(Value at);
  void emitTile(const Tile &tile);
  void emitVector(const Tile &tile, Value channel, Value mask);
  SmallVector<Value> emitTap(const Tile &tile, Value row, Value column,
                             Value channel, Value mask, ValueRange sums);
  Value load(Value memref, Value at, Value mask);
  Value ceilDivSigned(Value value, int64_t divisor);
  Value atLeast(Value value, Value bound) {
    return x.b.createOrFold<arith::MaxSIOp>(x.loc, value, bound);
  }
  Value atMost(Value value, Value bound) {
    return x.b.createOrFold<arith::MinSIOp>(x.loc, value, bound);
  }

  const DepthwiseDesc &desc;
  const DepthwiseOperands &ops;
  const EpilogueFn &epilogue;
  IR x;
  VectorType vec;
};

} // namespace

void nibble::codegen::emitDepthwise(OpBuilder &builder, Location loc,
                                    const DepthwiseDesc &desc,
                                    const DepthwiseOperands &operands,
                                    const EpilogueFn &epilogue) {
  DepthwiseEmitter(builder, loc, desc, operands, epilogue).emit();
}

void DepthwiseEmitter::emit() {
  x.loop(ops.begin, ops.end, 1, [&](Value at) { emitRow(at); });
}

Value DepthwiseEmitter::ceilDivSigned(Value value, int64_t divisor) {
  return x.b.createOrFold<arith::CeilDivSIOp>(x.loc, value, x.c(divisor));
}

DepthwiseEmitter::Taps DepthwiseEmitter::openTaps(unsigned axis, Value output) {
  const DepthwiseAxis &a = desc.axes[axis];
  Taps taps;
  taps.first = x.sub(x.mul(output, x.c(a.stride)), x.c(a.low));
  Value before = x.sub(x.c(0), taps.first);
  taps.begin = atLeast(ceilDivSigned(before, a.dilation), x.c(0));
  Value room = x.sub(ops.inputExtents[axis], taps.first);
  taps.end = atMost(ceilDivSigned(room, a.dilation), x.c(a.kernel));
  return taps;
}

/// One row of the result: pixels at the left border, tiles of pixels whose
/// taps are all inside, single ones, and the right border.
void DepthwiseEmitter::emitRow(Value at) {
  const DepthwiseAxis &axis = desc.axes[1];
  Value height = ops.outputExtents[0], width = ops.outputExtents[1];
  Value image = x.div(at, height);
  Value perImage = x.mul(x.mul(ops.inputExtents[0], ops.inputExtents[1]),
                         x.c(desc.channels));
  Tile tile;
  tile.image = x.mul(image, perImage);
  tile.rows = openTaps(0, x.rem(at, height));
  Value pixel0 = x.mul(at, width);

  Value first = atMost(x.c(llvm::divideCeil(axis.low, axis.stride)), width);
  int64_t reach = (axis.kernel - 1) * axis.dilation;
  Value room = x.sub(ops.inputExtents[1], x.c(reach - axis.low));
  Value last = atMost(ceilDivSigned(room, axis.stride), width);
  last = atLeast(last, first);
  Value tiles = x.div(x.sub(last, first), x.c(tilePixels));
  Value tilesEnd = x.add(first, x.mul(tiles, x.c(tilePixels)));

  auto emitPixels = [&](Value begin, Value end, unsigned count, bool inside) {
    x.loop(begin, end, count, [&](Value column) {
      Tile here = tile;
      here.pixel = x.add(pixel0, column);
      here.columns = openTaps(1, column);
      here.pixels = count;
      here.inside = inside;
      emitTile(here);
    });
  };
  emitPixels(x.c(0), first, 1, false);
  emitPixels(first, tilesEnd, tilePixels, true);
  emitPixels(tilesEnd, last, 1, true);
  emitPixels(last, width, 1, false);
}

void DepthwiseEmitter::emitTile(const Tile &tile) {
  int64_t whole = desc.channels / desc.lanes * desc.lanes;
  x.loop(x.c(0), x.c(whole), desc.lanes,
         [&](Value channel) { emitVector(tile, channel, nullptr); });
  if (whole == desc.channels)
    return;
  Value mask = vector::CreateMaskOp::create(x.b, x.loc,
                                            x.vec(desc.lanes, x.b.getI1Type()),
                                            x.c(desc.channels - whole));
  emitVector(tile, x.c(whole), mask);
}

Value DepthwiseEmitter::load(Value memref, Value at, Value mask) {
  if (!mask)
    return x.load(vec, memref, at);
  return vector::MaskedLoadOp::create(x.b, x.loc, vec, memref, at, mask,
                                      x.splat(vec, 0));
}

/// Adds the products of one tap, (row, column) of the kernel.
SmallVector<Value> DepthwiseEmitter::emitTap(const Tile &tile, Value row,
                                             Value column, Value channel,
                                             Value mask, ValueRange sums) {
  const DepthwiseAxis &rows = desc.axes[0], &columns = desc.axes[1];
  Value channels = x.c(desc.channels);
  Value tap = x.add(x.mul(row, x.c(columns.kernel)), column);
  Value weight = load(ops.filter, x.add(x.mul(tap, channels), channel), mask);
  Value y = x.add(tile.rows.first, x.mul(row, x.c(rows.dilation)));
  Value left = x.add(tile.columns.first, x.mul(column, x.c(columns.dilation)));
  Value line = x.mul(y, ops.inputExtents[1]);
  SmallVector<Value> next;
  for (auto [i, sum] : llvm::enumerate(sums)) {
    Value place = x.add(x.add(line, left), x.c(i * columns.stride));
    Value at = x.add(x.add(tile.image, x.mul(place, channels)), channel);
    next.push_back(math::FmaOp::create(x.b, x.loc, load(ops.image, at, mask),
                                       weight, sum));
  }
  return next;
}

void DepthwiseEmitter::emitVector(const Tile &tile, Value channel, Value mask) {
  SmallVector<Value> zeros(tile.pixels, x.splat(vec, 0));
  SmallVector<Value> sums =
      x.loop(tile.rows.begin, tile.rows.end, 1, zeros,
             [&](Value row, ValueRange carried) {
               SmallVector<Value> parts(carried);
               if (!tile.inside)
                 return x.loop(tile.columns.begin, tile.columns.end, 1, parts,
                               [&](Value column, ValueRange inner) {
                                 return emitTap(tile, row, column, channel,
                                                mask, inner);
                               });
               for (int64_t column = 0; column < desc.axes[1].kernel; ++column)
                 parts = emitTap(tile, row, x.c(column), channel, mask, parts);
               return parts;
             });
  for (auto [i, sum] : llvm::enumerate(sums)) {
    EpilogueSite site;
    site.g = x.c(0);
    site.m = x.add(tile.pixel, x.c(i));
    site.n = channel;
    site.mask = mask;
    Value value = epilogue ? epilogue(x.b, x.loc, sum, site) : sum;
    Value at = x.add(x.mul(site.m, x.c(desc.channels)), channel);
    if (mask)
      vector::MaskedStoreOp::create(x.b, x.loc, ops.result, at, mask, value);
    else
      x.store(value, ops.result, at);
  }
}
