//===- QuantTransformOps.cpp - qnt.basis and qnt.transform ----------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Quant/QuantTransforms.h"

#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;
using namespace nibble;
using namespace nibble::qnt;
using numerics::Kind;

#define GET_OP_CLASSES
#include "dialects/Quant/QuantTransformOps.cpp.inc"

//===----------------------------------------------------------------------===//
// basis
//===----------------------------------------------------------------------===//

TransformAttr BasisOp::getChannelTransform() {
  TransformAttr transform = getTransform();
  return makeBlocks(transform, int64_t(getSize()) / transform.getSize());
}

LogicalResult BasisOp::verify() {
  int64_t size = getSize(), part = getTransform().getSize();
  if (size % part != 0)
    return emitOpError() << "has " << size << " channels, which blocks of the "
                         << "transform's " << part << " do not divide";
  return success();
}

/// The function must return the numbers that the transform takes.
static LogicalResult verifyDataUse(BasisOp basis, Operation *symbol,
                                   const TransformDataUse &use) {
  auto function = dyn_cast_or_null<FunctionOpInterface>(symbol);
  if (!function)
    return basis.emitOpError() << "takes numbers from " << use.symbol
                               << ", but there is no function of that name";
  ArrayRef<Type> results = function.getResultTypes();
  auto type = results.size() == 1 ? dyn_cast<RankedTensorType>(results.front())
                                  : RankedTensorType();
  if (function.getNumArguments() != 0 || !type || !type.hasStaticShape() ||
      type.getNumElements() != use.count ||
      !type.getElementType().isIntOrFloat()) {
    InFlightDiagnostic diagnostic =
        basis.emitOpError()
        << "takes " << use.count << " numbers from " << use.symbol
        << ": the function must have no argument and return them as one tensor";
    diagnostic.attachNote(symbol->getLoc())
        << "it is of type " << function.getFunctionType();
    return diagnostic;
  }
  return success();
}

LogicalResult BasisOp::verifySymbolUses(SymbolTableCollection &symbols) {
  TransformDataUses uses;
  getTransform().collectData(uses);
  for (const TransformDataUse &use : uses)
    if (failed(verifyDataUse(
            *this, symbols.lookupNearestSymbolFrom(*this, use.symbol), use)))
      return failure();
  return success();
}

LogicalResult BasisOp::canonicalize(BasisOp op, PatternRewriter &rewriter) {
  TransformAttr simple = simplifyTransform(op.getTransform());
  if (simple == op.getTransform())
    return rewriter.notifyMatchFailure(op, "the transform is simple");
  rewriter.modifyOpInPlace(op, [&] { op.setTransformAttr(simple); });
  return success();
}

//===----------------------------------------------------------------------===//
// transform
//===----------------------------------------------------------------------===//

static TransformAttr getTransformOf(TransformOp op, BasisOp basis) {
  TransformAttr transform = basis.getChannelTransform();
  if (op.getDual())
    transform = transform.getDual();
  return op.getInverted() ? transform.getInverse() : transform;
}

TransformAttr TransformOp::getChannelTransform() {
  auto basis =
      SymbolTable::lookupNearestSymbolFrom<BasisOp>(*this, getBasisAttr());
  return basis ? getTransformOf(*this, basis) : TransformAttr();
}

LogicalResult TransformOp::verify() {
  auto type = cast<RankedTensorType>(getType());
  int64_t axis = getAxis();
  if (axis >= type.getRank())
    return emitOpError() << "has no axis " << axis << ": its tensor is of rank "
                         << type.getRank();
  if (type.isDynamicDim(axis))
    return emitOpError() << "changes the basis of axis " << axis
                         << ", whose extent must be static";
  if (!isa<FloatType>(type.getElementType()))
    return emitOpError() << "changes the basis of numbers, not of "
                         << type.getElementType();
  return success();
}

LogicalResult TransformOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto basis = symbols.lookupNearestSymbolFrom<BasisOp>(*this, getBasisAttr());
  if (!basis)
    return emitOpError() << "there is no qnt.basis " << getBasisAttr();
  int64_t extent =
      cast<RankedTensorType>(getType()).getDimSize(int64_t(getAxis()));
  int64_t size = basis.getSize();
  if (extent != size) {
    InFlightDiagnostic diagnostic = emitOpError()
                                    << "axis " << getAxis() << " has " << extent
                                    << " channels, but the basis has " << size;
    diagnostic.attachNote(basis.getLoc()) << "see the basis";
    return diagnostic;
  }
  if (getDual() && basis.getTransform().getKinds().contains(Kind::Shift))
    return emitOpError() << "there is no dual of " << getBasisAttr()
                         << ", which shifts; split the shift off first";
  return success();
}

OpFoldResult TransformOp::fold(FoldAdaptor) {
  auto inner = getInput().getDefiningOp<TransformOp>();
  if (inner && inner.getBasisAttr() == getBasisAttr() &&
      inner.getAxis() == getAxis() && inner.getDual() == getDual() &&
      inner.getInverted() != getInverted())
    return inner.getInput();
  return {};
}

namespace {

struct DropIdentity : OpRewritePattern<TransformOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(TransformOp op,
                                PatternRewriter &rewriter) const override {
    TransformAttr transform = op.getChannelTransform();
    if (!transform || !transform.getKinds().isNone())
      return rewriter.notifyMatchFailure(op, "it changes the basis");
    rewriter.replaceOp(op, op.getInput());
    return success();
  }
};

/// An orthogonal transform is its own dual.
struct DropDual : OpRewritePattern<TransformOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(TransformOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.getDual())
      return rewriter.notifyMatchFailure(op, "it is not dual");
    auto basis =
        SymbolTable::lookupNearestSymbolFrom<BasisOp>(op, op.getBasisAttr());
    if (!basis || !numerics::Kinds(Kind::Orthogonal)
                       .contains(basis.getTransform().getKinds()))
      return rewriter.notifyMatchFailure(op, "the basis is not orthogonal");
    rewriter.modifyOpInPlace(op, [&] { op.setDual(false); });
    return success();
  }
};

/// Two that undo each other, by whatever names.
struct CancelPair : OpRewritePattern<TransformOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(TransformOp op,
                                PatternRewriter &rewriter) const override {
    auto inner = op.getInput().getDefiningOp<TransformOp>();
    if (!inner || inner.getAxis() != op.getAxis())
      return rewriter.notifyMatchFailure(op, "follows no other along its axis");
    TransformAttr first = inner.getChannelTransform();
    TransformAttr second = op.getChannelTransform();
    if (!first || !second ||
        !isa<IdentityAttr>(composeTransforms(
            {simplifyTransform(first), simplifyTransform(second)})))
      return rewriter.notifyMatchFailure(op, "the two do not cancel");
    rewriter.replaceOp(op, inner.getInput());
    return success();
  }
};

} // namespace

void TransformOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                              MLIRContext *context) {
  patterns.add<DropIdentity, DropDual, CancelPair>(context);
}

LogicalResult
TransformOp::reifyResultShapes(OpBuilder &builder,
                               ReifiedRankedShapedTypeDims &results) {
  results.push_back(tensor::getMixedSizes(builder, getLoc(), getInput()));
  return success();
}
