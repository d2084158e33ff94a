//===- NNDecomposeResize.cpp - resize as linalg ---------------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/NNDecompose.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <cmath>

using namespace mlir;
using namespace nibble;
using namespace nibble::nn;

namespace {
/// One spatial axis: extents as index values and f32, `scale` in f32.
struct ResizeAxis {
  int64_t axis;
  Value in, inNumber, outNumber, scale;
};

/// Elements to read along one axis, and their weights.
struct Taps {
  SmallVector<Value> indices, weights;
};

/// f32 arithmetic in a linalg body.
class ResizeBody {
public:
  ResizeBody(OpBuilder &builder, Location loc, ResizeOp op)
      : b(loc, builder), op(op) {}

  Taps getTaps(const ResizeAxis &axis);

private:
  Value constant(double value) {
    return emitConstant(b, b.getLoc(), b.getF32Type(), value);
  }
  Value emit(ElementwiseKind kind, ValueRange operands) {
    return emitElementwise(b, b.getLoc(), kind, operands);
  }
  Value add(Value x, Value y) { return emit(ElementwiseKind::Add, {x, y}); }
  Value sub(Value x, Value y) { return emit(ElementwiseKind::Sub, {x, y}); }
  Value mul(Value x, Value y) { return emit(ElementwiseKind::Mul, {x, y}); }
  Value div(Value x, Value y) { return emit(ElementwiseKind::Div, {x, y}); }
  Value select(Value c, Value x, Value y) {
    return emit(ElementwiseKind::Select, {c, x, y});
  }
  Value getCoordinate(const ResizeAxis &axis);
  Value getNearest(Value x);
  /// `x`, a whole number, as an index within the axis.
  Value clampToAxis(Value x, const ResizeAxis &axis);
  Taps getLinear(Value x, const ResizeAxis &axis);
  Taps getCubic(Value x, const ResizeAxis &axis);

  ImplicitLocOpBuilder b;
  ResizeOp op;
};
} // namespace

/// The coordinate in the input, as ONNX Resize defines it.
Value ResizeBody::getCoordinate(const ResizeAxis &axis) {
  Value index = linalg::IndexOp::create(b, axis.axis);
  Value integer = arith::IndexCastOp::create(b, b.getI32Type(), index);
  Value x = arith::SIToFPOp::create(b, b.getF32Type(), integer);
  Value one = constant(1), half = constant(0.5), zero = constant(0);
  auto halfPixel = [&] { return sub(div(add(x, half), axis.scale), half); };
  switch (op.getCoordinates()) {
  case Coordinates::HalfPixel:
    return halfPixel();
  case Coordinates::HalfPixelSymmetric: {
    Value exact = mul(axis.inNumber, axis.scale);
    Value adjustment = div(axis.outNumber, exact);
    Value center = mul(axis.inNumber, half);
    Value offset = mul(center, sub(one, adjustment));
    return add(offset, halfPixel());
  }
  case Coordinates::PytorchHalfPixel: {
    Value isLong = emit(ElementwiseKind::Greater, {axis.outNumber, one});
    return select(isLong, halfPixel(), zero);
  }
  case Coordinates::AlignCorners: {
    Value isLong = emit(ElementwiseKind::Greater, {axis.outNumber, one});
    Value last = sub(axis.outNumber, one);
    Value divisor = select(isLong, last, one);
    return div(mul(x, sub(axis.inNumber, one)), divisor);
  }
  case Coordinates::Asymmetric:
    return div(x, axis.scale);
  }
  llvm_unreachable("all coordinate modes are covered");
}

Value ResizeBody::getNearest(Value x) {
  Value half = constant(0.5);
  switch (op.getNearest()) {
  case NearestRounding::RoundPreferFloor:
    return emit(ElementwiseKind::Ceil, sub(x, half));
  case NearestRounding::RoundPreferCeil:
    return emit(ElementwiseKind::Floor, add(x, half));
  case NearestRounding::Floor:
    return emit(ElementwiseKind::Floor, x);
  case NearestRounding::Ceil:
    return emit(ElementwiseKind::Ceil, x);
  }
  llvm_unreachable("all roundings are covered");
}

Value ResizeBody::clampToAxis(Value x, const ResizeAxis &axis) {
  Value last = sub(axis.inNumber, constant(1));
  Value held = emit(ElementwiseKind::Min, {x, last});
  held = emit(ElementwiseKind::Max, {held, constant(0)});
  Value integer = arith::FPToSIOp::create(b, b.getI32Type(), held);
  return arith::IndexCastOp::create(b, b.getIndexType(), integer);
}

Taps ResizeBody::getLinear(Value x, const ResizeAxis &axis) {
  Value last = sub(axis.inNumber, constant(1));
  Value held = emit(ElementwiseKind::Max,
                    {emit(ElementwiseKind::Min, {x, last}), constant(0)});
  Value floor = emit(ElementwiseKind::Floor, held);
  Value ratio = sub(held, floor);
  return {
      {clampToAxis(floor, axis), clampToAxis(add(floor, constant(1)), axis)},
      {sub(constant(1), ratio), ratio}};
}

/// Keys' kernel; elements outside are those at the edge.
Taps ResizeBody::getCubic(Value x, const ResizeAxis &axis) {
  Value floor = emit(ElementwiseKind::Floor, x);
  Value ratio = sub(x, floor);
  double a = op.getCubicCoefficient().convertToDouble();
  Taps taps;
  for (int tap = -1; tap <= 2; ++tap) {
    taps.indices.push_back(clampToAxis(add(floor, constant(tap)), axis));
    // Distance from x to the tap, in [0, 2].
    Value distance =
        tap <= 0 ? add(ratio, constant(-tap)) : sub(constant(tap), ratio);
    // Horner: near taps ((a + 2) d - (a + 3)) d^2 + 1, far ones
    // ((a d - 5 a) d + 8 a) d - 4 a.
    bool isNear = tap == 0 || tap == 1;
    double coefficients[2][4] = {{a, -5 * a, 8 * a, -4 * a},
                                 {a + 2, -(a + 3), 0, 1}};
    Value weight = constant(coefficients[isNear][0]);
    for (unsigned i = 1; i < 4; ++i)
      weight = add(mul(weight, distance), constant(coefficients[isNear][i]));
    taps.weights.push_back(weight);
  }
  return taps;
}

Taps ResizeBody::getTaps(const ResizeAxis &axis) {
  Value x = getCoordinate(axis);
  switch (op.getMode()) {
  case ResizeMode::Nearest:
    return {{clampToAxis(getNearest(x), axis)}, {}};
  case ResizeMode::Linear:
    return getLinear(x, axis);
  case ResizeMode::Cubic:
    return getCubic(x, axis);
  }
  llvm_unreachable("all modes are covered");
}

/// The weighted sum over the taps of all axes, the last axis innermost.
static Value emitSum(OpBuilder &b, Location loc, Value input,
                     ArrayRef<ResizeAxis> axes, ArrayRef<Taps> taps,
                     SmallVectorImpl<Value> &at) {
  if (axes.empty()) {
    Value x = tensor::ExtractOp::create(b, loc, input, at);
    return emitCast(b, loc, x, getComputeType(x.getType()));
  }
  Value sum;
  for (auto [i, index] : llvm::enumerate(taps.front().indices)) {
    at[axes.front().axis] = index;
    Value term =
        emitSum(b, loc, input, axes.drop_front(), taps.drop_front(), at);
    if (taps.front().weights.empty())
      return term;
    Value weight = emitCast(b, loc, taps.front().weights[i], term.getType());
    term = emitElementwise(b, loc, ElementwiseKind::Mul, {term, weight});
    sum =
        sum ? emitElementwise(b, loc, ElementwiseKind::Add, {sum, term}) : term;
  }
  return sum;
}

/// The factor where the op repeats each element a whole number of times along
/// every axis: output o reads input floor(o / factor).
static std::optional<SmallVector<int64_t>> getRepeats(ResizeOp op) {
  bool isFloor = op.getCoordinates() == Coordinates::Asymmetric &&
                 op.getNearest() == NearestRounding::Floor;
  bool isRound = op.getCoordinates() == Coordinates::HalfPixel &&
                 (op.getNearest() == NearestRounding::RoundPreferFloor ||
                  op.getNearest() == NearestRounding::RoundPreferCeil);
  if (op.getMode() != ResizeMode::Nearest || !op.getScales() ||
      !op.getSizes().empty() || !(isFloor || isRound))
    return std::nullopt;
  SmallVector<int64_t> repeats;
  for (float scale : op.getScalesAttr().asArrayRef()) {
    if (scale < 1 || scale != std::floor(scale) || scale > 1024)
      return std::nullopt;
    repeats.push_back(int64_t(scale));
  }
  return repeats;
}

FailureOr<SmallVector<Value>> ResizeOp::decomposeOperation(OpBuilder &builder) {
  DecomposeBuilder b(builder, *this);
  Value input = b.numbers(getInput());
  Extents extents = b.resultExtents(), in = b.extents(input);
  unsigned rank = extents.size(), numSpatial = rank - 2;
  Type type = getNumberType(getResult());
  if (auto repeats = getRepeats(*this)) {
    SmallVector<AffineExpr> from = b.dims(0, rank);
    for (auto [i, repeat] : llvm::enumerate(*repeats)) {
      AffineExpr &expr = from[getSpatialAxis(getLayout(), i)];
      expr = expr.floorDiv(repeat);
    }
    return b.finish(
        b.map(extents, type, input, b.mapOf(rank, from),
              [](OpBuilder &, Location, ValueRange args) { return args[0]; }));
  }
  SmallVector<ResizeAxis> axes;
  for (unsigned i = 0; i < numSpatial; ++i) {
    int64_t axis = getSpatialAxis(getLayout(), i);
    ResizeAxis entry{axis, b.index(in[axis]),
                     b.number(in[axis], b.getF32Type()),
                     b.number(extents[axis], b.getF32Type()), Value()};
    entry.scale =
        getScales() && getSizes().empty()
            ? b.constant(b.getF32Type(), getScalesAttr()[i])
            : arith::DivFOp::create(b, entry.outNumber, entry.inNumber)
                  .getResult();
    axes.push_back(entry);
  }
  return b.finish(b.map(
      extents, type, {}, {}, [&](OpBuilder &builder, Location loc, ValueRange) {
        ResizeBody body(builder, loc, *this);
        SmallVector<Taps> taps;
        for (const ResizeAxis &axis : axes)
          taps.push_back(body.getTaps(axis));
        SmallVector<Value> at;
        for (unsigned axis = 0; axis < rank; ++axis)
          at.push_back(linalg::IndexOp::create(builder, loc, axis));
        return emitSum(builder, loc, input, axes, taps, at);
      }));
}
