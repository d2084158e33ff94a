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
#include "llvm/ADT/DenseMap.h"

using namespace mlir;
using namespace nibble::codegen;

/// Neighbouring output pixels that share what they load: the large tiles of a
/// row first, then smaller ones for the rest.
static constexpr unsigned tileSizes[] = {4, 1};

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
  SmallVector<Value> emitTapRow(const Tile &tile, Value row, Value channel,
                                Value mask, ValueRange sums);
  SmallVector<Value> emitBorderRow(const Tile &tile, Value row, Value channel,
                                   Value mask, ValueRange sums);
  Value load(VectorType type, Value memref, Value at, Value mask);
  Value loadImage(Value at, Value mask);
  Value loadWeights(Value row, Value column, Value channel, Value mask);
  Value imageElement(const Tile &tile, Value row, Value column, Value channel);
  void storeResult(ValueRange sums, const EpilogueSite &site);
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
  Value begin = first;
  for (unsigned size : tileSizes) {
    Value tiles = x.div(x.sub(last, begin), x.c(size));
    Value end = x.add(begin, x.mul(tiles, x.c(size)));
    emitPixels(begin, end, size, true);
    begin = end;
  }
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

Value DepthwiseEmitter::load(VectorType type, Value memref, Value at,
                             Value mask) {
  if (!mask)
    return x.load(type, memref, at);
  return vector::MaskedLoadOp::create(x.b, x.loc, type, memref, at, mask,
                                      x.splat(type, 0));
}

/// Elements of the image as f32: codes less their zero point.
Value DepthwiseEmitter::loadImage(Value at, Value mask) {
  if (desc.a == ActivationKind::F32)
    return load(vec, ops.image, at, mask);
  VectorType integers = x.vec(desc.lanes, x.b.getI32Type());
  Value bytes = load(x.vec(desc.lanes, x.b.getI8Type()), ops.image, at, mask);
  Value codes =
      desc.a == ActivationKind::S8
          ? arith::ExtSIOp::create(x.b, x.loc, integers, bytes).getResult()
          : arith::ExtUIOp::create(x.b, x.loc, integers, bytes).getResult();
  if (ops.zero)
    codes = arith::SubIOp::create(x.b, x.loc, codes,
                                  x.broadcast(integers, ops.zero));
  return arith::SIToFPOp::create(x.b, x.loc, vec, codes);
}

Value DepthwiseEmitter::loadWeights(Value row, Value column, Value channel,
                                    Value mask) {
  Value tap = x.add(x.mul(row, x.c(desc.axes[1].kernel)), column);
  Value at = x.add(x.mul(tap, x.c(desc.channels)), channel);
  return load(vec, ops.filter, at, mask);
}

/// What the tap (row, column) of the tile's first pixel reads.
Value DepthwiseEmitter::imageElement(const Tile &tile, Value row, Value column,
                                     Value channel) {
  Value y = x.add(tile.rows.first, x.mul(row, x.c(desc.axes[0].dilation)));
  Value left =
      x.add(tile.columns.first, x.mul(column, x.c(desc.axes[1].dilation)));
  Value place = x.add(x.mul(y, ops.inputExtents[1]), left);
  return x.add(x.add(tile.image, x.mul(place, x.c(desc.channels))), channel);
}

/// Adds the products of a row of taps that are all inside. Each column of the
/// image is loaded once for all taps and pixels.
SmallVector<Value> DepthwiseEmitter::emitTapRow(const Tile &tile, Value row,
                                                Value channel, Value mask,
                                                ValueRange sums) {
  const DepthwiseAxis &axis = desc.axes[1];
  Value first = imageElement(tile, row, x.c(0), channel);
  llvm::SmallDenseMap<int64_t, Value> columns;
  SmallVector<Value> next(sums);
  for (int64_t column = 0; column < axis.kernel; ++column) {
    Value weights = loadWeights(row, x.c(column), channel, mask);
    for (auto [i, sum] : llvm::enumerate(next)) {
      int64_t distance = i * axis.stride + column * axis.dilation;
      Value &image = columns[distance];
      if (!image)
        image = loadImage(x.add(first, x.c(distance * desc.channels)), mask);
      sum = math::FmaOp::create(x.b, x.loc, image, weights, sum);
    }
  }
  return next;
}

/// Adds the products of those taps of a row that are inside.
SmallVector<Value> DepthwiseEmitter::emitBorderRow(const Tile &tile, Value row,
                                                   Value channel, Value mask,
                                                   ValueRange sums) {
  return x.loop(tile.columns.begin, tile.columns.end, 1, sums,
                [&](Value column, ValueRange inner) {
                  Value weights = loadWeights(row, column, channel, mask);
                  Value image =
                      loadImage(imageElement(tile, row, column, channel), mask);
                  return SmallVector<Value>{math::FmaOp::create(
                      x.b, x.loc, image, weights, inner.front())};
                });
}

void DepthwiseEmitter::emitVector(const Tile &tile, Value channel, Value mask) {
  SmallVector<Value> zeros(tile.pixels, x.splat(vec, 0));
  SmallVector<Value> sums =
      x.loop(tile.rows.begin, tile.rows.end, 1, zeros,
             [&](Value row, ValueRange carried) {
               return tile.inside
                          ? emitTapRow(tile, row, channel, mask, carried)
                          : emitBorderRow(tile, row, channel, mask, carried);
             });
  // Codes of all pixels at once: see emitCodesEpilogue of the contraction.
  SmallVector<Value> pixels;
  for (unsigned i = 0; i < tile.pixels; ++i)
    pixels.push_back(x.add(tile.pixel, x.c(i)));
  unsigned together = desc.c == OutputKind::F32 ? 1 : tile.pixels;
  for (unsigned i = 0; i < tile.pixels; i += together) {
    EpilogueSite site;
    site.g = x.c(0);
    site.rows.assign(&pixels[i], &pixels[i] + together);
    site.n = channel;
    site.mask = mask;
    storeResult(ArrayRef(sums).slice(i, together), site);
  }
}

void DepthwiseEmitter::storeResult(ValueRange sums, const EpilogueSite &site) {
  Value value = x.concat(sums);
  if (epilogue)
    value = epilogue(x.b, x.loc, value, site).front();
  if (desc.c != OutputKind::F32)
    value = emitCodes(x.b, x.loc, value, ops.codes, desc.lanes);
  for (auto [i, row] : llvm::enumerate(site.rows)) {
    Value at = x.add(x.mul(row, x.c(desc.channels)), site.n);
    Value part = x.slice(value, i * desc.lanes, desc.lanes);
    if (site.mask)
      vector::MaskedStoreOp::create(x.b, x.loc, ops.result, at, site.mask,
                                    part);
    else
      x.store(part, ops.result, at);
  }
}
