//===- QuantOps.cpp - Operations of the qnt dialect -----------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Quant/Quant.h"

#include "mlir/IR/TypeUtilities.h"
#include "nibble/Formats/RowCodec.h"

using namespace mlir;
using namespace nibble::qnt;

#define GET_OP_CLASSES
#include "dialects/Quant/QuantOps.cpp.inc"

static std::string describe(ArrayRef<int64_t> shape) {
  std::string text;
  llvm::raw_string_ostream os(text);
  llvm::interleaveComma(shape, os, [&](int64_t extent) {
    ShapedType::isDynamic(extent) ? void(os << "?") : void(os << extent);
  });
  return text;
}

static LogicalResult verifyOnePerBlock(Operation *op, QuantTensorType type,
                                       Value value, StringRef what) {
  SmallVector<int64_t> expected =
      type.getFormat().getScaleShape(type.getShape());
  auto tensor = cast<RankedTensorType>(value.getType());
  if (failed(verifyCompatibleShape(tensor.getShape(), expected)))
    return op->emitOpError()
           << what << " has type " << tensor << ", but the format asks for one "
           << what << " per block, in the shape [" << describe(expected) << "]";
  return success();
}

/// Scales and zero points must match what the format says.
static LogicalResult verifyBlocks(Operation *op, QuantTensorType type,
                                  Value scale, Value zero) {
  FormatAttr format = type.getFormat();
  if (scale && !format.hasScale())
    return op->emitOpError("has a scale, but the format has none");
  if (zero && !format.hasZeroPoint())
    return op->emitOpError("has a zero point, but the format has none; add "
                           "zero = … to the format");
  if (zero && !scale)
    return op->emitOpError("has a zero point without a scale");
  if (scale && format.hasZeroPoint() && !zero)
    return op->emitOpError("has a scale but no zero point, which the format "
                           "asks for");
  if (scale && failed(verifyOnePerBlock(op, type, scale, "scale")))
    return failure();
  if (zero && failed(verifyOnePerBlock(op, type, zero, "zero point")))
    return failure();
  return success();
}

static LogicalResult verifyShapes(Operation *op, ShapedType a, ShapedType b) {
  if (failed(verifyCompatibleShape(a.getShape(), b.getShape())))
    return op->emitOpError()
           << "input and result differ in shape: " << a << " and " << b;
  return success();
}

LogicalResult QuantizeOp::verify() {
  auto input = cast<RankedTensorType>(getInput().getType());
  if (input.getElementType() != getType().getExpressedType())
    return emitOpError() << "input holds " << input.getElementType()
                         << ", but the result expresses "
                         << getType().getExpressedType()
                         << "; cast the input first";
  if (failed(verifyShapes(*this, input, getType())))
    return failure();
  if (ArrayRef<int64_t> order = getPairOrder(); !order.empty())
    if (formats::Status status = formats::checkPairOrder(
            getType().getFormat().getValue(), getType().getRank(),
            std::vector<int64_t>(order.begin(), order.end()));
        !status.ok())
      return emitOpError() << "has a pair_order: " << status.message();
  return verifyBlocks(*this, getType(), getScale(), getZero());
}

LogicalResult DequantizeOp::verify() {
  return verifyShapes(*this, getInput().getType(), cast<ShapedType>(getType()));
}

LogicalResult AssembleOp::verify() {
  auto codes = cast<RankedTensorType>(getCodes().getType());
  unsigned width = getType().getFormat().getCodeBits();
  if (!codes.getElementType().isInteger() ||
      codes.getElementTypeBitWidth() < width)
    return emitOpError() << "codes must be integers of at least " << width
                         << " bits, but are " << codes.getElementType();
  if (failed(verifyShapes(*this, codes, getType())))
    return failure();
  if (getType().getFormat().hasScale() && !getScale())
    return emitOpError("needs the scales that the format asks for");
  return verifyBlocks(*this, getType(), getScale(), getZero());
}

LogicalResult CodesOp::verify() {
  unsigned width = getInput().getType().getFormat().getCodeBits();
  auto codes = cast<RankedTensorType>(getType());
  if (!codes.getElementType().isInteger() ||
      codes.getElementTypeBitWidth() < width)
    return emitOpError() << "codes must be integers of at least " << width
                         << " bits, but are " << codes.getElementType();
  return verifyShapes(*this, getInput().getType(), codes);
}

LogicalResult ScalesOp::verify() {
  QuantTensorType type = getInput().getType();
  if (!type.getFormat().hasScale())
    return emitOpError("the format has no scale");
  return verifyOnePerBlock(*this, type, getResult(), "scale");
}

LogicalResult ZerosOp::verify() {
  QuantTensorType type = getInput().getType();
  if (!type.getFormat().hasZeroPoint())
    return emitOpError("the format has no zero point");
  return verifyOnePerBlock(*this, type, getResult(), "zero point");
}

//===----------------------------------------------------------------------===//
// Folds
//===----------------------------------------------------------------------===//

/// `part` of an assembled tensor, where it has the type that is asked for.
static OpFoldResult foldPart(Value part, Type type) {
  if (part && part.getType() == type)
    return part;
  return {};
}

OpFoldResult CodesOp::fold(FoldAdaptor) {
  auto assemble = getInput().getDefiningOp<AssembleOp>();
  return assemble ? foldPart(assemble.getCodes(), getType()) : OpFoldResult();
}

OpFoldResult ScalesOp::fold(FoldAdaptor) {
  auto assemble = getInput().getDefiningOp<AssembleOp>();
  return assemble ? foldPart(assemble.getScale(), getType()) : OpFoldResult();
}

OpFoldResult ZerosOp::fold(FoldAdaptor) {
  auto assemble = getInput().getDefiningOp<AssembleOp>();
  return assemble ? foldPart(assemble.getZero(), getType()) : OpFoldResult();
}

//===----------------------------------------------------------------------===//
// Extents
//===----------------------------------------------------------------------===//

/// A builtin tensor with the extents of `value`, or null.
static Value getTensorOfShape(Value value) {
  if (!isa<QuantTensorType>(value.getType()))
    return value;
  if (auto quantize = value.getDefiningOp<QuantizeOp>())
    return quantize.getInput();
  if (auto assemble = value.getDefiningOp<AssembleOp>())
    return assemble.getCodes();
  return {};
}

/// The result's extents are those of `like`; a block's are fewer.
static LogicalResult reifyLike(Operation *op, OpBuilder &builder, Value like,
                               FormatAttr blocksOf,
                               ReifiedRankedShapedTypeDims &results) {
  Location loc = op->getLoc();
  auto type = cast<ShapedType>(op->getResult(0).getType());
  Value tensor = getTensorOfShape(like);
  SmallVector<OpFoldResult> extents;
  for (int64_t axis = 0; axis < type.getRank(); ++axis) {
    if (!type.isDynamicDim(axis)) {
      extents.push_back(builder.getIndexAttr(type.getDimSize(axis)));
      continue;
    }
    // The extents of an argument come apart with it.
    if (!tensor)
      return failure();
    Value extent = tensor::DimOp::create(builder, loc, tensor, axis);
    int64_t block =
        blocksOf ? blocksOf.getBlockExtent(axis, type.getRank()) : 1;
    if (block != 1)
      extent = arith::CeilDivUIOp::create(
          builder, loc, extent,
          arith::ConstantIndexOp::create(builder, loc, block));
    extents.push_back(extent);
  }
  results.push_back(extents);
  return success();
}

LogicalResult
QuantizeOp::reifyResultShapes(OpBuilder &builder,
                              ReifiedRankedShapedTypeDims &results) {
  return reifyLike(*this, builder, getInput(), {}, results);
}

LogicalResult
DequantizeOp::reifyResultShapes(OpBuilder &builder,
                                ReifiedRankedShapedTypeDims &results) {
  return reifyLike(*this, builder, getInput(), {}, results);
}

LogicalResult
AssembleOp::reifyResultShapes(OpBuilder &builder,
                              ReifiedRankedShapedTypeDims &results) {
  return reifyLike(*this, builder, getCodes(), {}, results);
}

LogicalResult CodesOp::reifyResultShapes(OpBuilder &builder,
                                         ReifiedRankedShapedTypeDims &results) {
  return reifyLike(*this, builder, getInput(), {}, results);
}

LogicalResult
ScalesOp::reifyResultShapes(OpBuilder &builder,
                            ReifiedRankedShapedTypeDims &results) {
  return reifyLike(*this, builder, getInput(), getInput().getType().getFormat(),
                   results);
}

LogicalResult ZerosOp::reifyResultShapes(OpBuilder &builder,
                                         ReifiedRankedShapedTypeDims &results) {
  return reifyLike(*this, builder, getInput(), getInput().getType().getFormat(),
                   results);
}

LogicalResult
ObserveOp::reifyResultShapes(OpBuilder &builder,
                             ReifiedRankedShapedTypeDims &results) {
  return reifyLike(*this, builder, getInput(), {}, results);
}
