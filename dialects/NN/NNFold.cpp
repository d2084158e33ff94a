//===- NNFold.cpp - Folds and canonical forms of nn ops -------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Only what changes no bit of any result.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/Elementwise.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace nibble;
using namespace nibble::nn;

Operation *NNDialect::materializeConstant(OpBuilder &builder, Attribute value,
                                          Type type, Location loc) {
  return arith::ConstantOp::materialize(builder, value, type, loc);
}

static bool isAll(ArrayRef<int64_t> list, int64_t value) {
  return llvm::all_of(list, [=](int64_t entry) { return entry == value; });
}

//===----------------------------------------------------------------------===//
// Moving elements
//===----------------------------------------------------------------------===//

OpFoldResult TransposeOp::fold(FoldAdaptor) {
  if (getInput().getType() == getType() &&
      isIdentityPermutation(getPermutation()))
    return getInput();
  return {};
}

/// transpose of transpose.
LogicalResult TransposeOp::canonicalize(TransposeOp op,
                                        PatternRewriter &rewriter) {
  auto inner = op.getInput().getDefiningOp<TransposeOp>();
  if (!inner)
    return rewriter.notifyMatchFailure(op, "input is not a transpose");
  if (isa<qnt::QuantTensorType>(op.getType()) &&
      !isa<qnt::QuantTensorType>(inner.getInput().getType()))
    return rewriter.notifyMatchFailure(op, "formats differ");
  SmallVector<int64_t> permutation =
      applyPermutation(inner.getPermutation(), op.getPermutation());
  rewriter.modifyOpInPlace(op, [&] {
    op.getInputMutable().assign(inner.getInput());
    op.setPermutation(permutation);
  });
  return success();
}

/// Same shape, and at most one extent to be found: that one is the same too.
static bool isSameShape(Type from, Type to) {
  auto shaped = cast<ShapedType>(from);
  return from == to && shaped.getNumDynamicDims() <= 1 &&
         !llvm::is_contained(shaped.getShape(), 0);
}

OpFoldResult ReshapeOp::fold(FoldAdaptor) {
  if (isSameShape(getInput().getType(), getType()))
    return getInput();
  return {};
}

/// reshape of reshape.
LogicalResult ReshapeOp::canonicalize(ReshapeOp op, PatternRewriter &rewriter) {
  auto inner = op.getInput().getDefiningOp<ReshapeOp>();
  if (!inner)
    return rewriter.notifyMatchFailure(op, "input is not a reshape");
  rewriter.modifyOpInPlace(
      op, [&] { op.getInputMutable().assign(inner.getInput()); });
  return success();
}

OpFoldResult ExpandOp::fold(FoldAdaptor) {
  auto type = cast<RankedTensorType>(getType());
  if (getInput().getType() == type && type.hasStaticShape())
    return getInput();
  return {};
}

OpFoldResult SliceOp::fold(FoldAdaptor) {
  auto type = cast<RankedTensorType>(getType());
  if (getInput().getType() == type && type.hasStaticShape() &&
      isAll(getStaticOffsets(), 0) && isAll(getStrides(), 1))
    return getInput();
  return {};
}

OpFoldResult ConcatOp::fold(FoldAdaptor) {
  if (getInputs().size() == 1 && getInputs().front().getType() == getType())
    return getInputs().front();
  return {};
}

/// Operands without elements add nothing.
LogicalResult ConcatOp::canonicalize(ConcatOp op, PatternRewriter &rewriter) {
  SmallVector<Value> kept;
  for (Value input : op.getInputs())
    if (cast<ShapedType>(input.getType()).getDimSize(op.getAxis()) != 0)
      kept.push_back(input);
  if (kept.empty() || kept.size() == op.getInputs().size())
    return rewriter.notifyMatchFailure(op, "no operand to leave out");
  rewriter.modifyOpInPlace(op, [&] { op.getInputsMutable().assign(kept); });
  return success();
}

OpFoldResult PadOp::fold(FoldAdaptor) {
  if (getInput().getType() == getType() && isAll(getLow(), 0) &&
      isAll(getHigh(), 0))
    return getInput();
  return {};
}

OpFoldResult CastOp::fold(FoldAdaptor) {
  if (getInput().getType() == getType())
    return getInput();
  return {};
}

OpFoldResult ReduceOp::fold(FoldAdaptor) {
  bool keepsValue =
      getKind() == ReduceKind::Sum || getKind() == ReduceKind::Mean ||
      getKind() == ReduceKind::Max || getKind() == ReduceKind::Min ||
      getKind() == ReduceKind::Prod;
  if (getAxes().empty() && keepsValue && getInput().getType() == getType())
    return getInput();
  return {};
}

OpFoldResult FromIndexOp::fold(FoldAdaptor adaptor) {
  auto type = cast<RankedTensorType>(getType());
  if (!type.getElementType().isSignlessInteger())
    return {};
  SmallVector<APInt> values;
  for (Attribute value : adaptor.getValues()) {
    auto integer = dyn_cast_or_null<IntegerAttr>(value);
    if (!integer)
      return {};
    values.push_back(
        integer.getValue().sextOrTrunc(type.getElementTypeBitWidth()));
  }
  return DenseElementsAttr::get(type, values);
}

//===----------------------------------------------------------------------===//
// elementwise
//===----------------------------------------------------------------------===//

/// A splat of exactly `value`, sign of zero included.
static bool isSplat(Attribute attr, double value) {
  auto dense = dyn_cast_or_null<SplatElementsAttr>(attr);
  if (!dense)
    return false;
  if (auto type = dyn_cast<FloatType>(dense.getElementType())) {
    APFloat wanted(value);
    bool losesInfo;
    wanted.convert(type.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                   &losesInfo);
    return dense.getSplatValue<APFloat>().bitwiseIsEqual(wanted);
  }
  if (!isa<IntegerType>(dense.getElementType()))
    return false;
  APInt splat = dense.getSplatValue<APInt>();
  return splat == APInt(splat.getBitWidth(), int64_t(value), /*isSigned=*/true);
}

/// The operand number that the result is, given the constant operands.
static std::optional<unsigned> getPassedThrough(ElementwiseOp op,
                                                ArrayRef<Attribute> operands) {
  auto isOneSided = [&](double neutral) -> std::optional<unsigned> {
    if (isSplat(operands[1], neutral))
      return 0;
    return std::nullopt;
  };
  auto isTwoSided = [&](double neutral) -> std::optional<unsigned> {
    if (isSplat(operands[0], neutral))
      return 1;
    return isOneSided(neutral);
  };
  bool isFloat = isa<FloatType>(
      cast<ShapedType>(op.getInputs().back().getType()).getElementType());
  switch (op.getKind()) {
  case ElementwiseKind::Add:
    // -0 + 0 is 0; only -0 changes nothing.
    return isTwoSided(isFloat ? -0.0 : 0.0);
  case ElementwiseKind::Sub:
  case ElementwiseKind::Or:
  case ElementwiseKind::Xor:
    return isOneSided(0.0);
  case ElementwiseKind::Mul:
    return isTwoSided(1);
  case ElementwiseKind::Div:
    return isOneSided(1);
  case ElementwiseKind::And:
    return isTwoSided(-1);
  case ElementwiseKind::Select:
    if (isSplat(operands[0], 0))
      return 2;
    if (isSplat(operands[0], -1))
      return 1;
    return std::nullopt;
  default:
    return std::nullopt;
  }
}

OpFoldResult ElementwiseOp::fold(FoldAdaptor adaptor) {
  std::optional<unsigned> operand =
      getPassedThrough(*this, adaptor.getInputs());
  if (operand && getInputs()[*operand].getType() == getType())
    return getInputs()[*operand];
  // f(f(x)) = x.
  bool isInvolution =
      getKind() == ElementwiseKind::Neg || getKind() == ElementwiseKind::Not;
  bool isProjection =
      getKind() == ElementwiseKind::Relu || getKind() == ElementwiseKind::Abs ||
      getKind() == ElementwiseKind::Floor ||
      getKind() == ElementwiseKind::Ceil || getKind() == ElementwiseKind::Round;
  if (!isInvolution && !isProjection)
    return {};
  auto inner = getInputs().front().getDefiningOp<ElementwiseOp>();
  if (!inner || inner.getKind() != getKind() || inner.getType() != getType())
    return {};
  Value result =
      isInvolution ? inner.getInputs().front() : Value(inner.getResult());
  if (result.getType() != getType())
    return {};
  return result;
}
