//===- NNDecomposeAttention.cpp - attention and rope as linalg ------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/NNDecompose.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/TypeUtilities.h"

#include <limits>

using namespace mlir;
using namespace nibble;
using namespace nibble::nn;

static constexpr double kInfinity = std::numeric_limits<double>::infinity();

static Value emit(OpBuilder &b, Location loc, ElementwiseKind kind,
                  ValueRange operands) {
  return emitElementwise(b, loc, kind, operands);
}

//===----------------------------------------------------------------------===//
// attention
//===----------------------------------------------------------------------===//

/// Whether query `t` of sequence `length` sees key `s`; null where all see all.
/// All are index values of the enclosing body.
static Value emitIsSeen(ImplicitLocOpBuilder &b, AttentionOp op, Value t,
                        Value s, Value length, Value numQueries) {
  if (!op.getCausal() && !op.getLengths() && op.getWindow() <= 0)
    return {};
  Value one = arith::ConstantIndexOp::create(b, 1);
  // The last key that counts.
  Value last = arith::SubIOp::create(b, length, one);
  if (op.getCausal())
    last = arith::AddIOp::create(b, t,
                                 arith::SubIOp::create(b, length, numQueries));
  Value seen = arith::CmpIOp::create(b, arith::CmpIPredicate::sle, s, last);
  if (op.getWindow() <= 0)
    return seen;
  Value window = arith::ConstantIndexOp::create(b, op.getWindow());
  Value first = arith::SubIOp::create(b, last, window);
  Value isRecent =
      arith::CmpIOp::create(b, arith::CmpIPredicate::sgt, s, first);
  return arith::AndIOp::create(b, seen, isRecent);
}

/// scale, softcap, mask: from products to logits, -inf where not seen.
static Value maskLogits(DecomposeBuilder &b, AttentionOp op, Value products,
                        ArrayRef<OpFoldResult> extents, ArrayRef<int64_t> shape,
                        Type type) {
  SmallVector<Value> inputs = {products};
  SmallVector<AffineMap> maps = {b.identity(4)};
  bool isBoolean = false;
  if (Value mask = op.getMask()) {
    auto maskType = cast<RankedTensorType>(mask.getType());
    isBoolean = maskType.getElementType().isInteger(1);
    inputs.push_back(b.numbers(mask));
    maps.push_back(b.broadcastMap(maskType.getShape(), shape, 4));
  }
  if (op.getLengths()) {
    inputs.push_back(b.numbers(op.getLengths()));
    maps.push_back(b.mapOf(4, b.getAffineDimExpr(0)));
  }
  Value numQueries = b.index(extents[2]), numKeys = b.index(extents[3]);
  Value scale = b.constant(type, op.getScale().convertToDouble());
  double softcap = op.getSoftcap().convertToDouble();
  Value cap = softcap > 0 ? b.constant(type, softcap) : Value();
  Value unseen = b.constant(type, -kInfinity);
  return b.map(extents, type, inputs, maps,
               [&](OpBuilder &builder, Location loc, ValueRange args) {
                 ImplicitLocOpBuilder ib(loc, builder);
                 Value x =
                     emit(ib, loc, ElementwiseKind::Mul, {args[0], scale});
                 if (cap) {
                   Value ratio = emit(ib, loc, ElementwiseKind::Div, {x, cap});
                   x = emit(ib, loc, ElementwiseKind::Mul,
                            {cap, emit(ib, loc, ElementwiseKind::Tanh, ratio)});
                 }
                 if (op.getMask() && !isBoolean)
                   x = emit(ib, loc, ElementwiseKind::Add,
                            {x, emitCast(ib, loc, args[1], type)});
                 if (isBoolean)
                   x = arith::SelectOp::create(ib, args[1], x, unseen);
                 Value length =
                     op.getLengths() ? toIndex(ib, loc, args.back()) : numKeys;
                 Value t = linalg::IndexOp::create(ib, 2);
                 Value s = linalg::IndexOp::create(ib, 3);
                 if (Value seen = emitIsSeen(ib, op, t, s, length, numQueries))
                   x = arith::SelectOp::create(ib, seen, x, unseen);
                 return x;
               });
}

/// softmax over the last axis; a row of -inf alone gives zeros.
static Value softmaxOrZero(DecomposeBuilder &b, Value logits,
                           ArrayRef<OpFoldResult> extents, Type type) {
  AffineMap all = b.identity(4), outer = b.mapOf(4, b.dims(0, 3));
  ArrayRef<OpFoldResult> rows = extents.drop_back();
  Value lowest = b.constant(type, -kInfinity), zero = b.constant(type, 0);
  Value maximum =
      b.reduce(logits, 3, lowest, [](OpBuilder &b, Location loc, ValueRange a) {
        Value wins = emit(b, loc, ElementwiseKind::Greater, a);
        return emit(b, loc, ElementwiseKind::Select, {wins, a[0], a[1]});
      });
  maximum = b.map(
      rows, type, maximum, b.identity(3),
      [&](OpBuilder &b, Location loc, ValueRange a) {
        Value isNone = emit(b, loc, ElementwiseKind::Equal, {a[0], lowest});
        return emit(b, loc, ElementwiseKind::Select, {isNone, zero, a[0]});
      });
  Value exponentials =
      b.map(extents, type, {logits, maximum}, {all, outer},
            [](OpBuilder &b, Location loc, ValueRange a) {
              Value x = emit(b, loc, ElementwiseKind::Sub, {a[0], a[1]});
              return emit(b, loc, ElementwiseKind::Exp, x);
            });
  Value sum = b.reduce(
      exponentials, 3, zero, [](OpBuilder &b, Location loc, ValueRange a) {
        return emit(b, loc, ElementwiseKind::Add, {a[1], a[0]});
      });
  Value inverse = b.map(
      rows, type, sum, b.identity(3),
      [&](OpBuilder &b, Location loc, ValueRange a) {
        Value isNone = emit(b, loc, ElementwiseKind::Equal, {a[0], zero});
        Value ratio = emit(b, loc, ElementwiseKind::Reciprocal, a[0]);
        return emit(b, loc, ElementwiseKind::Select, {isNone, zero, ratio});
      });
  return b.map(extents, type, {exponentials, inverse}, {all, outer},
               [](OpBuilder &b, Location loc, ValueRange a) {
                 return emit(b, loc, ElementwiseKind::Mul, a);
               });
}

FailureOr<SmallVector<Value>>
AttentionOp::decomposeOperation(OpBuilder &builder) {
  DecomposeBuilder b(builder, *this);
  Value query = b.numbers(getQuery()), key = b.numbers(getKey());
  Value value = b.numbers(getValue());
  Type type = getComputeType(getNumberType(getResult()));
  // The verifier asks for static numbers of heads.
  int64_t heads = cast<ShapedType>(query.getType()).getDimSize(1);
  int64_t shared = heads / cast<ShapedType>(key.getType()).getDimSize(1);
  Extents extents = b.extents(query);
  extents[3] = b.extent(key, 2);
  AffineExpr batch, head, t, last, inner;
  bindDims(getContext(), batch, head, t, last, inner);
  AffineExpr keyHead = shared == 1 ? head : head.floorDiv(shared);
  AffineMap out = b.mapOf(5, {batch, head, t, last});
  // Loops: batch, head, query, key; d.
  Value products = b.contract(query, key, extents,
                              {b.mapOf(5, {batch, head, t, inner}),
                               b.mapOf(5, {batch, keyHead, last, inner}), out},
                              4, type);
  SmallVector<int64_t> shape = decomposeMixedValues(extents).first;
  Value logits = maskLogits(b, *this, products, extents, shape, type);
  Value weights = softmaxOrZero(b, logits, extents, type);
  // Loops: batch, head, query, e; key.
  Extents resultExtents = b.resultExtents();
  Value result = b.contract(weights, value, resultExtents,
                            {b.mapOf(5, {batch, head, t, inner}),
                             b.mapOf(5, {batch, keyHead, inner, last}), out},
                            4, type);
  Type resultType = getNumberType(getResult());
  if (resultType != type)
    result = b.map(resultExtents, resultType, result, b.identity(4),
                   [](OpBuilder &, Location, ValueRange a) { return a[0]; });
  return b.finish(result);
}

//===----------------------------------------------------------------------===//
// rope
//===----------------------------------------------------------------------===//

FailureOr<SmallVector<Value>> RopeOp::decomposeOperation(OpBuilder &builder) {
  DecomposeBuilder b(builder, *this);
  Value input = b.numbers(getInput());
  Value cosine = b.numbers(getCosine()), sine = b.numbers(getSine());
  auto type = cast<RankedTensorType>(input.getType());
  IndexMath math = b.math();
  Extents extents = b.extents(input), half = extents;
  half[3] = b.extent(cosine, 2);
  OpFoldResult rotated = math.mul(half[3], 2);
  Extents zeros(4, b.getIndexAttr(0)), ones(4, b.getIndexAttr(1));
  // The pairs' first and second elements are two slices.
  Extents second = zeros, steps = ones;
  second[3] = getInterleaved() ? OpFoldResult(b.getIndexAttr(1)) : half[3];
  if (getInterleaved())
    steps[3] = b.getIndexAttr(2);
  Value x = b.slice(input, zeros, half, steps);
  Value y = b.slice(input, second, half, steps);
  // The tables are shared by the heads, and by the batch where it is 1 there.
  auto tableMap = [&](Value table) {
    bool isShared = cast<RankedTensorType>(table.getType()).getDimSize(0) == 1;
    AffineExpr batch =
        isShared ? b.getAffineConstantExpr(0) : b.getAffineDimExpr(0);
    return b.mapOf(4, {batch, b.getAffineDimExpr(2), b.getAffineDimExpr(3)});
  };
  auto combine = [&](Value first, Value other, ElementwiseKind kind) {
    return b.map(
        half, type.getElementType(), {first, other, cosine, sine},
        {b.identity(4), b.identity(4), tableMap(cosine), tableMap(sine)},
        [&](OpBuilder &b, Location loc, ValueRange a) {
          Value p = emit(b, loc, ElementwiseKind::Mul, {a[0], a[2]});
          Value q = emit(b, loc, ElementwiseKind::Mul, {a[1], a[3]});
          return emit(b, loc, kind, {p, q});
        });
  };
  Value newX = combine(x, y, ElementwiseKind::Sub);
  Value newY = combine(y, x, ElementwiseKind::Add);
  Value result = b.empty(extents, type.getElementType());
  bool isWhole =
      getConstantIntValue(rotated) &&
      getConstantIntValue(rotated) == getConstantIntValue(extents[3]);
  if (!isWhole) {
    Extents offsets = zeros, sizes = extents;
    offsets[3] = rotated;
    sizes[3] = math.sub(extents[3], rotated);
    Value rest = b.slice(input, offsets, sizes, ones);
    result = b.insert(rest, result, offsets, sizes, ones);
  }
  result = b.insert(newX, result, zeros, half, steps);
  result = b.insert(newY, result, second, half, steps);
  return b.finish(result);
}
