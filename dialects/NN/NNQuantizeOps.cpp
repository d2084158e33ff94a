//===- NNQuantizeOps.cpp - Between numbers and codes ----------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/NN.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;
using namespace nibble;
using namespace nibble::nn;

//===----------------------------------------------------------------------===//
// Verification
//===----------------------------------------------------------------------===//

static ArrayRef<int64_t> shapeOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

static LogicalResult verifySameShape(Operation *op, Value input, Value result) {
  if (failed(verifyCompatibleShape(shapeOf(input), shapeOf(result))))
    return op->emitOpError()
           << "operand and result differ in shape: " << input.getType()
           << " and " << result.getType();
  return success();
}

/// Each extent of `value` is 1 or that of `input`, trailing axes aligned.
static LogicalResult verifyBroadcast(Operation *op, StringRef what, Value value,
                                     Value input) {
  if (!value)
    return success();
  ArrayRef<int64_t> from = shapeOf(value), to = shapeOf(input);
  bool fits = from.size() <= to.size();
  if (fits)
    for (auto [own, other] : llvm::zip_equal(from, to.take_back(from.size())))
      fits &= own == 1 || own == other || ShapedType::isDynamic(own) ||
              ShapedType::isDynamic(other);
  if (!fits)
    return op->emitOpError() << what << " of type " << value.getType()
                             << " does not broadcast to " << input.getType();
  return success();
}

LogicalResult QuantizeRowsOp::verify() {
  ArrayRef<int64_t> shape = shapeOf(getInput());
  if (shape.empty())
    return emitOpError("needs a last axis to find scales over, but the input "
                       "is a scalar");
  if (failed(verifyCompatibleShape(shapeOf(getScales()), shape.drop_back())))
    return emitOpError() << "has scales of type " << getScales().getType()
                         << "; there is one for each row of "
                         << getInput().getType();
  return verifySameShape(*this, getInput(), getCodes());
}

LogicalResult QuantizeElementsOp::verify() {
  if (failed(verifyBroadcast(*this, "scale", getScale(), getInput())) ||
      failed(verifyBroadcast(*this, "zero", getZero(), getInput())))
    return failure();
  return verifySameShape(*this, getInput(), getCodes());
}

LogicalResult DequantizeElementsOp::verify() {
  if (failed(verifyBroadcast(*this, "scale", getScale(), getCodes())) ||
      failed(verifyBroadcast(*this, "zero", getZero(), getCodes())))
    return failure();
  return verifySameShape(*this, getCodes(), getResult());
}

//===----------------------------------------------------------------------===//
// Extents
//===----------------------------------------------------------------------===//

/// Every result has the leading extents of `input`.
static LogicalResult reifyAs(Operation *op, OpBuilder &builder, Value input,
                             ReifiedRankedShapedTypeDims &results) {
  for (OpResult result : op->getResults()) {
    auto type = cast<RankedTensorType>(result.getType());
    SmallVector<OpFoldResult> &extents = results.emplace_back();
    for (int64_t axis = 0; axis < type.getRank(); ++axis)
      extents.push_back(
          type.isDynamicDim(axis)
              ? tensor::getMixedSize(builder, op->getLoc(), input, axis)
              : OpFoldResult(builder.getIndexAttr(type.getDimSize(axis))));
  }
  return success();
}

LogicalResult
QuantizeRowsOp::reifyResultShapes(OpBuilder &builder,
                                  ReifiedRankedShapedTypeDims &results) {
  return reifyAs(*this, builder, getInput(), results);
}

LogicalResult
QuantizeElementsOp::reifyResultShapes(OpBuilder &builder,
                                      ReifiedRankedShapedTypeDims &results) {
  return reifyAs(*this, builder, getInput(), results);
}

LogicalResult
DequantizeElementsOp::reifyResultShapes(OpBuilder &builder,
                                        ReifiedRankedShapedTypeDims &results) {
  return reifyAs(*this, builder, getCodes(), results);
}

//===----------------------------------------------------------------------===//
// Decomposition
//===----------------------------------------------------------------------===//

using Body = function_ref<Value(ImplicitLocOpBuilder &, ValueRange)>;

/// One linalg.generic with one result; `init` gives its shape, and its first
/// value where the body reads it (the last argument).
static Value buildGeneric(ImplicitLocOpBuilder &b, ValueRange inputs,
                          Value init, ArrayRef<AffineMap> maps,
                          unsigned numParallel, Body body) {
  SmallVector<utils::IteratorType> iterators(maps[0].getNumDims(),
                                             utils::IteratorType::reduction);
  for (unsigned i = 0; i < numParallel; ++i)
    iterators[i] = utils::IteratorType::parallel;
  return linalg::GenericOp::create(
             b, init.getType(), inputs, init, maps, iterators,
             [&](OpBuilder &nested, Location loc, ValueRange args) {
               ImplicitLocOpBuilder inner(loc, nested);
               linalg::YieldOp::create(inner, body(inner, args));
             })
      .getResult(0);
}

static Value floatConstant(ImplicitLocOpBuilder &b, APFloat value) {
  return arith::ConstantOp::create(b, b.getFloatAttr(b.getF32Type(), value));
}

static Value floatConstant(ImplicitLocOpBuilder &b, float value) {
  return floatConstant(b, APFloat(value));
}

/// clamp(round(x / scale) + zero, low, high) as i8; NaN gives `low` because
/// maxnum prefers the number. f32 holds every sum that does not saturate.
static Value encode(ImplicitLocOpBuilder &b, Value x, Value scale, Value zero,
                    float low, float high) {
  Value code = math::RoundEvenOp::create(b, arith::DivFOp::create(b, x, scale));
  if (zero)
    code = arith::AddFOp::create(
        b, code, arith::SIToFPOp::create(b, b.getF32Type(), zero));
  code = arith::MaxNumFOp::create(b, code, floatConstant(b, low));
  code = arith::MinNumFOp::create(b, code, floatConstant(b, high));
  Value wide = arith::FPToSIOp::create(b, b.getI32Type(), code);
  return arith::TruncIOp::create(b, b.getI8Type(), wide);
}

/// The largest, or least, value of each row and 0.
template <typename CombineOp>
static Value reduceRows(ImplicitLocOpBuilder &b, Value input,
                        ArrayRef<OpFoldResult> extents, AffineMap rows) {
  Value init = tensor::EmptyOp::create(b, extents.drop_back(), b.getF32Type());
  init = linalg::FillOp::create(b, floatConstant(b, 0.0f), init).getResult(0);
  AffineMap all = b.getMultiDimIdentityMap(extents.size());
  return buildGeneric(
      b, input, init, {all, rows}, extents.size() - 1,
      [](ImplicitLocOpBuilder &inner, ValueRange args) {
        return CombineOp::create(inner, args[1], args[0]).getResult();
      });
}

/// Rule S-4 for int<8>: both quotients in f32, at least the smallest positive
/// value (S-3), 1 for zeros.
static Value chooseScale(ImplicitLocOpBuilder &b, Value max, Value min) {
  Value high = arith::DivFOp::create(b, max, floatConstant(b, 127.0f));
  Value low = arith::DivFOp::create(b, min, floatConstant(b, -128.0f));
  Value scale = arith::MaximumFOp::create(b, high, low);
  Value least = floatConstant(
      b, APFloat::getSmallest(APFloat::IEEEsingle(), /*Negative=*/false));
  scale = arith::MaximumFOp::create(b, scale, least);
  Value zero = floatConstant(b, 0.0f);
  Value isZero = arith::CmpFOp::create(
      b, arith::CmpFPredicate::OEQ, arith::SubFOp::create(b, max, min), zero);
  return arith::SelectOp::create(b, isZero, floatConstant(b, 1.0f), scale);
}

FailureOr<SmallVector<Value>>
QuantizeRowsOp::decomposeOperation(OpBuilder &builder) {
  ImplicitLocOpBuilder b(getLoc(), builder);
  Value input = getInput();
  SmallVector<OpFoldResult> extents = tensor::getMixedSizes(b, getLoc(), input);
  unsigned rank = extents.size();
  AffineMap all = b.getMultiDimIdentityMap(rank);
  AffineMap rows = all.dropResult(rank - 1);
  Value max = reduceRows<arith::MaximumFOp>(b, input, extents, rows);
  Value min = reduceRows<arith::MinimumFOp>(b, input, extents, rows);

  ArrayRef<OpFoldResult> outer = ArrayRef(extents).drop_back();
  AffineMap row = b.getMultiDimIdentityMap(rank - 1);
  Value scales = buildGeneric(b, {max, min},
                              tensor::EmptyOp::create(b, outer, b.getF32Type()),
                              {row, row, row}, rank - 1,
                              [](ImplicitLocOpBuilder &inner, ValueRange args) {
                                return chooseScale(inner, args[0], args[1]);
                              });
  Value codes = buildGeneric(
      b, {input, scales}, tensor::EmptyOp::create(b, extents, b.getI8Type()),
      {all, rows, all}, rank, [](ImplicitLocOpBuilder &inner, ValueRange args) {
        return encode(inner, args[0], args[1], Value(), -128.0f, 127.0f);
      });
  return SmallVector<Value>{codes, scales};
}

/// The map of an operand that broadcasts to `rank` axes.
static AffineMap broadcastMap(Builder &b, Value operand, unsigned rank) {
  ArrayRef<int64_t> shape = shapeOf(operand);
  SmallVector<AffineExpr> exprs;
  for (auto [axis, extent] : llvm::enumerate(shape))
    exprs.push_back(extent == 1
                        ? b.getAffineConstantExpr(0)
                        : b.getAffineDimExpr(rank - shape.size() + axis));
  return AffineMap::get(rank, 0, exprs, b.getContext());
}

/// Elementwise over `input` with broadcast `scale` and, where given, `zero`.
static Value mapElements(ImplicitLocOpBuilder &b, Value input, Value scale,
                         Value zero, Type type, Body body) {
  SmallVector<OpFoldResult> extents =
      tensor::getMixedSizes(b, b.getLoc(), input);
  unsigned rank = extents.size();
  SmallVector<Value> inputs = {input, scale};
  if (zero)
    inputs.push_back(zero);
  SmallVector<AffineMap> maps;
  for (Value operand : inputs)
    maps.push_back(broadcastMap(b, operand, rank));
  maps[0] = b.getMultiDimIdentityMap(rank);
  maps.push_back(maps[0]);
  return buildGeneric(b, inputs, tensor::EmptyOp::create(b, extents, type),
                      maps, rank, body);
}

FailureOr<SmallVector<Value>>
QuantizeElementsOp::decomposeOperation(OpBuilder &builder) {
  ImplicitLocOpBuilder b(getLoc(), builder);
  int64_t bits = getBits();
  float low = getIsUnsigned() ? 0 : -float(1 << (bits - 1));
  float high = getIsUnsigned() ? (1 << bits) - 1 : (1 << (bits - 1)) - 1;
  bool hasZero = bool(getZero());
  return SmallVector<Value>{
      mapElements(b, getInput(), getScale(), getZero(), b.getI8Type(),
                  [&](ImplicitLocOpBuilder &inner, ValueRange args) {
                    return encode(inner, args[0], args[1],
                                  hasZero ? args[2] : Value(), low, high);
                  })};
}

FailureOr<SmallVector<Value>>
DequantizeElementsOp::decomposeOperation(OpBuilder &builder) {
  ImplicitLocOpBuilder b(getLoc(), builder);
  bool isUnsigned = getIsUnsigned(), hasZero = bool(getZero());
  return SmallVector<Value>{mapElements(
      b, getCodes(), getScale(), getZero(), b.getF32Type(),
      [&](ImplicitLocOpBuilder &inner, ValueRange args) {
        Type wide = inner.getI32Type();
        Value code =
            isUnsigned
                ? arith::ExtUIOp::create(inner, wide, args[0]).getResult()
                : arith::ExtSIOp::create(inner, wide, args[0]).getResult();
        if (hasZero)
          code = arith::SubIOp::create(inner, code, args[2]);
        Value number = arith::SIToFPOp::create(inner, inner.getF32Type(), code);
        return arith::MulFOp::create(inner, number, args[1]).getResult();
      })};
}
