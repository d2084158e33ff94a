//===- NNDecompose.cpp - Building the linalg form of nn ops ---------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/NNDecompose.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace nibble;
using namespace nibble::nn;

//===----------------------------------------------------------------------===//
// Extents
//===----------------------------------------------------------------------===//

Value IndexMath::value(OpFoldResult x) {
  return getValueOrCreateConstantIndexOp(builder, loc, x);
}

/// `evaluate` where both are static, else the op.
template <typename OpTy>
static OpFoldResult compute(OpBuilder &builder, Location loc, OpFoldResult x,
                            OpFoldResult y,
                            function_ref<int64_t(int64_t, int64_t)> evaluate) {
  std::optional<int64_t> a = getConstantIntValue(x), b = getConstantIntValue(y);
  if (a && b)
    return builder.getIndexAttr(evaluate(*a, *b));
  return OpTy::create(builder, loc,
                      getValueOrCreateConstantIndexOp(builder, loc, x),
                      getValueOrCreateConstantIndexOp(builder, loc, y))
      .getResult();
}

OpFoldResult IndexMath::add(OpFoldResult x, OpFoldResult y) {
  if (isZeroInteger(y))
    return x;
  if (isZeroInteger(x))
    return y;
  return compute<arith::AddIOp>(builder, loc, x, y, std::plus<int64_t>());
}

OpFoldResult IndexMath::sub(OpFoldResult x, OpFoldResult y) {
  if (isZeroInteger(y))
    return x;
  return compute<arith::SubIOp>(builder, loc, x, y, std::minus<int64_t>());
}

OpFoldResult IndexMath::mul(OpFoldResult x, OpFoldResult y) {
  if (isOneInteger(y))
    return x;
  if (isOneInteger(x))
    return y;
  return compute<arith::MulIOp>(builder, loc, x, y, std::multiplies<int64_t>());
}

OpFoldResult IndexMath::div(OpFoldResult x, OpFoldResult y) {
  if (isOneInteger(y))
    return x;
  return compute<arith::FloorDivSIOp>(
      builder, loc, x, y,
      [](int64_t a, int64_t b) { return llvm::divideFloorSigned(a, b); });
}

OpFoldResult IndexMath::max(OpFoldResult x, OpFoldResult y) {
  return compute<arith::MaxSIOp>(
      builder, loc, x, y, [](int64_t a, int64_t b) { return std::max(a, b); });
}

OpFoldResult IndexMath::min(OpFoldResult x, OpFoldResult y) {
  return compute<arith::MinSIOp>(
      builder, loc, x, y, [](int64_t a, int64_t b) { return std::min(a, b); });
}

OpFoldResult IndexMath::product(ArrayRef<OpFoldResult> extents) {
  OpFoldResult result = constant(1);
  for (OpFoldResult extent : extents)
    result = mul(result, extent);
  return result;
}

OpFoldResult nn::getExtent(OpBuilder &builder, Location loc, Value tensor,
                           int64_t axis) {
  auto type = cast<ShapedType>(tensor.getType());
  if (!type.isDynamicDim(axis))
    return builder.getIndexAttr(type.getDimSize(axis));
  // A quantized tensor's codes have its shape; tensor.dim does not take it.
  if (auto quantized = dyn_cast<qnt::QuantTensorType>(tensor.getType()))
    tensor = qnt::CodesOp::create(
        builder, loc,
        RankedTensorType::get(quantized.getShape(),
                              quantized.getFormat().getCodeType()),
        tensor);
  return tensor::DimOp::create(builder, loc, tensor, axis).getResult();
}

Extents nn::getExtents(OpBuilder &builder, Location loc, Value tensor) {
  Extents result;
  int64_t rank = cast<ShapedType>(tensor.getType()).getRank();
  for (int64_t axis = 0; axis < rank; ++axis)
    result.push_back(getExtent(builder, loc, tensor, axis));
  return result;
}

OpFoldResult nn::getWindowExtent(IndexMath &math, OpFoldResult in,
                                 OpFoldResult kernel, int64_t stride,
                                 int64_t low, int64_t high, int64_t dilation,
                                 bool roundUp) {
  OpFoldResult span = math.add(math.mul(math.add(kernel, -1), dilation), 1);
  OpFoldResult room = math.sub(math.add(in, low + high), span);
  if (!roundUp)
    return math.max(math.add(math.div(room, stride), 1), 0);
  // ONNX: a window that would start in the padding after the end is dropped.
  OpFoldResult count =
      math.add(math.div(math.add(room, stride - 1), stride), 1);
  OpFoldResult starts = math.div(math.add(in, low + stride - 1), stride);
  return math.max(math.min(count, starts), 0);
}

int64_t nn::getWindowExtent(int64_t in, int64_t kernel, int64_t stride,
                            int64_t low, int64_t high, int64_t dilation,
                            bool roundUp) {
  if (ShapedType::isDynamic(in) || ShapedType::isDynamic(kernel))
    return ShapedType::kDynamic;
  int64_t room = in + low + high - (dilation * (kernel - 1) + 1);
  int64_t count =
      llvm::divideFloorSigned(room + (roundUp ? stride - 1 : 0), stride) + 1;
  if (roundUp)
    count =
        std::min(count, llvm::divideFloorSigned(in + low + stride - 1, stride));
  return std::max<int64_t>(count, 0);
}

OpFoldResult nn::scaleExtent(OpBuilder &builder, Location loc, OpFoldResult in,
                             float scale) {
  if (std::optional<int64_t> known = getConstantIntValue(in))
    return builder.getIndexAttr(int64_t(float(*known) * scale));
  ImplicitLocOpBuilder b(loc, builder);
  Value integer =
      arith::IndexCastOp::create(b, b.getI64Type(), cast<Value>(in));
  Value number = arith::SIToFPOp::create(b, b.getF32Type(), integer);
  number = arith::MulFOp::create(b, number,
                                 emitConstant(b, loc, b.getF32Type(), scale));
  Value scaled = arith::FPToSIOp::create(b, b.getI64Type(), number);
  return arith::IndexCastOp::create(b, b.getIndexType(), scaled).getResult();
}

SmallVector<ReassociationIndices> nn::getSplitGroups(int64_t rank,
                                                     int64_t axis) {
  SmallVector<ReassociationIndices> groups;
  for (int64_t i = 0; i < rank; ++i) {
    int64_t first = i + (i > axis);
    groups.push_back(i == axis ? ReassociationIndices{first, first + 1}
                               : ReassociationIndices{first});
  }
  return groups;
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

bool nn::isUnsigned(Type type) {
  return getElementTypeOrSelf(type).isUnsignedInteger();
}

static Type withoutSign(Type elementType) {
  if (auto type = dyn_cast<IntegerType>(elementType))
    return IntegerType::get(type.getContext(), type.getWidth());
  return elementType;
}

Type nn::getNumberType(Value operand) {
  return withoutSign(getElementTypeOrSelf(operand.getType()));
}

//===----------------------------------------------------------------------===//
// Builder
//===----------------------------------------------------------------------===//

Value DecomposeBuilder::numbers(Value operand) {
  if (!operand)
    return operand;
  if (auto type = dyn_cast<qnt::QuantTensorType>(operand.getType()))
    return qnt::DequantizeOp::create(
        *this, RankedTensorType::get(type.getShape(), type.getElementType()),
        operand);
  auto type = cast<RankedTensorType>(operand.getType());
  Type element = withoutSign(type.getElementType());
  if (element == type.getElementType())
    return operand;
  // Loops take the number of a constant, but not that of a bitcast.
  DenseElementsAttr elements;
  if (matchPattern(operand, m_Constant(&elements)) && elements)
    return arith::ConstantOp::create(*this, elements.bitcast(element));
  return tensor::BitcastOp::create(*this, type.clone(element), operand);
}

FailureOr<SmallVector<Value>> DecomposeBuilder::finish(ValueRange values) {
  SmallVector<Value> results;
  for (auto [value, result] : llvm::zip_equal(values, op->getResults())) {
    Value current = value;
    auto shaped = cast<ShapedType>(result.getType());
    auto type = cast<RankedTensorType>(current.getType());
    if (type.getShape() != shaped.getShape())
      current =
          tensor::CastOp::create(*this, type.clone(shaped.getShape()), current);
    if (auto quantized = dyn_cast<qnt::QuantTensorType>(result.getType()))
      current = qnt::QuantizeOp::create(*this, quantized, current, Value(),
                                        Value(), qnt::ScaleChoice::Range);
    else if (getElementTypeOrSelf(current.getType()) != shaped.getElementType())
      current = tensor::BitcastOp::create(*this, result.getType(), current);
    results.push_back(current);
  }
  return results;
}

Extents DecomposeBuilder::resultExtents(unsigned index) {
  ReifiedRankedShapedTypeDims extents;
  // Every nn op reifies all of its extents.
  if (failed(cast<ReifyRankedShapedTypeOpInterface>(op).reifyResultShapes(
          *this, extents)))
    llvm_unreachable("an nn op must reify its results");
  return extents[index];
}

Value DecomposeBuilder::number(OpFoldResult x, Type type) {
  if (std::optional<int64_t> known = getConstantIntValue(x))
    return constant(type, double(*known));
  Value integer = arith::IndexCastOp::create(*this, getI64Type(), index(x));
  return emitCast(*this, getLoc(), integer, type);
}

Value DecomposeBuilder::empty(ArrayRef<OpFoldResult> extents, Type type) {
  return tensor::EmptyOp::create(*this, extents, type);
}

Value DecomposeBuilder::filled(ArrayRef<OpFoldResult> extents, Value scalar) {
  return linalg::FillOp::create(*this, scalar, empty(extents, scalar.getType()))
      .getResult(0);
}

SmallVector<Value> DecomposeBuilder::generic(
    ValueRange inputs, ValueRange outputs, ArrayRef<AffineMap> maps,
    unsigned numParallel,
    function_ref<SmallVector<Value>(OpBuilder &, Location, ValueRange)> body) {
  SmallVector<utils::IteratorType> iterators(maps.back().getNumDims(),
                                             utils::IteratorType::reduction);
  std::fill_n(iterators.begin(), numParallel, utils::IteratorType::parallel);
  auto op = linalg::GenericOp::create(
      *this, TypeRange(outputs), inputs, outputs, maps, iterators,
      [&](OpBuilder &b, Location loc, ValueRange args) {
        linalg::YieldOp::create(b, loc, body(b, loc, args));
      });
  return SmallVector<Value>(op->getResults());
}

/// Narrow floats as f32.
static SmallVector<Value> extend(OpBuilder &b, Location loc, ValueRange args) {
  return llvm::map_to_vector(args, [&](Value arg) {
    return emitCast(b, loc, arg, getComputeType(arg.getType()));
  });
}

Value DecomposeBuilder::map(ArrayRef<OpFoldResult> extents, Type type,
                            ValueRange inputs, ArrayRef<AffineMap> maps,
                            ScalarBody body) {
  SmallVector<AffineMap> allMaps(maps);
  allMaps.push_back(identity(extents.size()));
  return generic(inputs, empty(extents, type), allMaps, extents.size(),
                 [&](OpBuilder &b, Location loc, ValueRange args) {
                   Value result =
                       body(b, loc, extend(b, loc, args.drop_back()));
                   return SmallVector<Value>{emitCast(b, loc, result, type)};
                 })
      .front();
}

SmallVector<AffineExpr> DecomposeBuilder::dims(unsigned begin, unsigned end) {
  SmallVector<AffineExpr> result;
  for (unsigned i = begin; i < end; ++i)
    result.push_back(getAffineDimExpr(i));
  return result;
}

Value DecomposeBuilder::reduce(Value input, ArrayRef<int64_t> axes,
                               Value initial, ScalarBody body,
                               ValueRange others,
                               ArrayRef<AffineMap> otherMaps) {
  int64_t rank = cast<RankedTensorType>(input.getType()).getRank();
  // Loops: the axes that stay, then those that are reduced.
  SmallVector<AffineExpr> place(rank);
  Extents kept;
  unsigned numKept = rank - axes.size(), next = numKept;
  for (int64_t axis = 0; axis < rank; ++axis) {
    if (llvm::is_contained(axes, axis)) {
      place[axis] = getAffineDimExpr(next++);
      continue;
    }
    place[axis] = getAffineDimExpr(kept.size());
    kept.push_back(extent(input, axis));
  }
  SmallVector<Value> inputs = {input};
  llvm::append_range(inputs, others);
  SmallVector<AffineMap> maps = {mapOf(rank, place)};
  for (AffineMap map : otherMaps)
    maps.push_back(map.replaceDimsAndSymbols(place, {}, rank, 0));
  maps.push_back(mapOf(rank, dims(0, numKept)));
  return generic(inputs, filled(kept, initial), maps, numKept,
                 [&](OpBuilder &b, Location loc, ValueRange args) {
                   return SmallVector<Value>{
                       body(b, loc, extend(b, loc, args))};
                 })
      .front();
}

Value DecomposeBuilder::contract(Value lhs, Value rhs,
                                 ArrayRef<OpFoldResult> extents,
                                 ArrayRef<AffineMap> maps, unsigned numParallel,
                                 Type type, bool lhsUnsigned,
                                 bool rhsUnsigned) {
  return generic({lhs, rhs}, filled(extents, type, 0), maps, numParallel,
                 [&](OpBuilder &b, Location loc, ValueRange args) {
                   Value x = emitCast(b, loc, args[0], type, lhsUnsigned);
                   Value y = emitCast(b, loc, args[1], type, rhsUnsigned);
                   Value product =
                       emitElementwise(b, loc, ElementwiseKind::Mul, {x, y});
                   return SmallVector<Value>{emitElementwise(
                       b, loc, ElementwiseKind::Add, {args[2], product})};
                 })
      .front();
}

static bool hasNoElements(ArrayRef<OpFoldResult> extents) {
  return llvm::any_of(extents, isZeroInteger);
}

Value DecomposeBuilder::slice(Value tensor, ArrayRef<OpFoldResult> offsets,
                              ArrayRef<OpFoldResult> sizes,
                              ArrayRef<OpFoldResult> strides) {
  if (hasNoElements(sizes))
    return empty(sizes, getElementTypeOrSelf(tensor));
  return tensor::ExtractSliceOp::create(*this, tensor, offsets, sizes, strides);
}

Value DecomposeBuilder::insert(Value part, Value into,
                               ArrayRef<OpFoldResult> offsets,
                               ArrayRef<OpFoldResult> sizes,
                               ArrayRef<OpFoldResult> strides) {
  if (hasNoElements(sizes))
    return into;
  return tensor::InsertSliceOp::create(*this, part, into, offsets, sizes,
                                       strides);
}

/// One group of all axes.
static SmallVector<ReassociationIndices> allAxes(int64_t rank) {
  if (rank == 0)
    return {};
  return {llvm::to_vector<2>(llvm::seq<int64_t>(0, rank))};
}

Value DecomposeBuilder::reshape(Value tensor, ArrayRef<OpFoldResult> extents,
                                ArrayRef<ReassociationIndices> groups) {
  auto type = cast<RankedTensorType>(tensor.getType());
  auto target = RankedTensorType::get(decomposeMixedValues(extents).first,
                                      type.getElementType());
  if (type.getRank() == target.getRank())
    return tensor;
  if (type.getRank() > target.getRank())
    return tensor::CollapseShapeOp::create(*this, target, tensor, groups);
  return tensor::ExpandShapeOp::create(*this, target, tensor, groups, extents);
}

Value DecomposeBuilder::insertUnitAxes(Value tensor, ArrayRef<int64_t> axes) {
  if (axes.empty())
    return tensor;
  Extents kept = this->extents(tensor), extents;
  SmallVector<ReassociationIndices> groups(kept.size());
  ArrayRef<OpFoldResult> next = kept;
  int64_t rank = kept.size() + axes.size(), group = -1;
  for (int64_t axis = 0; axis < rank; ++axis) {
    if (llvm::is_contained(axes, axis)) {
      extents.push_back(getIndexAttr(1));
    } else {
      extents.push_back(next.consume_front());
      ++group;
    }
    // Axes of extent 1 belong to the axis before them, the first ones to that
    // behind them.
    if (!groups.empty())
      groups[std::max<int64_t>(group, 0)].push_back(axis);
  }
  return reshape(tensor, extents, groups);
}

/// The elements of `flat` in row-major order as a tensor of `extents`.
static Value gatherFlat(DecomposeBuilder &b, Value flat,
                        ArrayRef<OpFoldResult> extents, Type type) {
  SmallVector<Value> sizes;
  for (OpFoldResult extent : extents)
    sizes.push_back(b.index(extent));
  return b.map(extents, type, {}, {},
               [&](OpBuilder &builder, Location loc, ValueRange) -> Value {
                 ImplicitLocOpBuilder ib(loc, builder);
                 Value position = arith::ConstantIndexOp::create(ib, 0);
                 for (auto [axis, size] : llvm::enumerate(sizes)) {
                   Value index = linalg::IndexOp::create(ib, axis);
                   position = arith::AddIOp::create(
                       ib, arith::MulIOp::create(ib, position, size), index);
                 }
                 return tensor::ExtractOp::create(ib, flat, position);
               });
}

Value DecomposeBuilder::reshape(Value tensor, ArrayRef<OpFoldResult> extents) {
  auto type = cast<RankedTensorType>(tensor.getType());
  SmallVector<int64_t> shape = decomposeMixedValues(extents).first;
  auto target = RankedTensorType::get(shape, type.getElementType());
  if (type == target && target.getNumDynamicDims() <= 1)
    return tensor;
  // Upstream takes the product of 0 and what is not known for both.
  if (hasNoElements(extents) || llvm::is_contained(type.getShape(), 0))
    return empty(extents, type.getElementType());
  // With more unknown extents the groups are not certain.
  bool isCertain = type.getRank() != target.getRank() &&
                   type.getNumDynamicDims() <= 1 &&
                   target.getNumDynamicDims() <= 1;
  if (isCertain)
    if (auto groups = getReassociationIndicesForReshape(type, target)) {
      if (type.getRank() > target.getRank())
        return tensor::CollapseShapeOp::create(*this, target, tensor, *groups);
      return tensor::ExpandShapeOp::create(*this, target, tensor, *groups,
                                           extents);
    }
  // In general through one axis.
  auto vectorOf = [&](RankedTensorType like) {
    return RankedTensorType::get(
        {like.hasStaticShape() ? like.getNumElements() : ShapedType::kDynamic},
        type.getElementType());
  };
  Value flat = tensor;
  if (type.getRank() == 0)
    flat = tensor::ExpandShapeOp::create(*this, vectorOf(type), tensor,
                                         ArrayRef<ReassociationIndices>(),
                                         Extents{getIndexAttr(1)});
  else if (type.getRank() > 1)
    flat = tensor::CollapseShapeOp::create(*this, vectorOf(type), tensor,
                                           allAxes(type.getRank()));
  if (flat.getType() != vectorOf(target))
    flat = tensor::CastOp::create(*this, vectorOf(target), flat);
  if (target.getRank() == 1)
    return flat;
  if (target.getRank() == 0)
    return tensor::CollapseShapeOp::create(*this, target, flat,
                                           ArrayRef<ReassociationIndices>());
  // Upstream lowers the expansion of an axis to one unknown extent at most.
  if (target.getNumDynamicDims() > 1)
    return gatherFlat(*this, flat, extents, type.getElementType());
  return tensor::ExpandShapeOp::create(*this, target, flat,
                                       allAxes(target.getRank()), extents);
}

AffineMap DecomposeBuilder::broadcastMap(ArrayRef<int64_t> shape,
                                         ArrayRef<int64_t> resultShape,
                                         unsigned numDims) {
  unsigned offset = resultShape.size() - shape.size();
  SmallVector<AffineExpr> results;
  for (auto [axis, extent] : llvm::enumerate(shape)) {
    bool stretches = extent == 1 && resultShape[axis + offset] != 1;
    results.push_back(stretches ? getAffineConstantExpr(0)
                                : getAffineDimExpr(axis + offset));
  }
  return mapOf(numDims, results);
}

Value nn::toIndex(OpBuilder &builder, Location loc, Value integer) {
  if (isa<IndexType>(integer.getType()))
    return integer;
  return arith::IndexCastOp::create(builder, loc, builder.getIndexType(),
                                    integer);
}

Value nn::boundedIndex(OpBuilder &builder, Location loc, Value integer,
                       Value extent) {
  ImplicitLocOpBuilder b(loc, builder);
  Value index = toIndex(b, loc, integer);
  Value zero = arith::ConstantIndexOp::create(b, 0);
  Value one = arith::ConstantIndexOp::create(b, 1);
  Value isNegative =
      arith::CmpIOp::create(b, arith::CmpIPredicate::slt, index, zero);
  Value fromEnd = arith::AddIOp::create(b, index, extent);
  index = arith::SelectOp::create(b, isNegative, fromEnd, index);
  Value last = arith::SubIOp::create(b, extent, one);
  index = arith::MinSIOp::create(b, index, last);
  return arith::MaxSIOp::create(b, index, zero);
}
