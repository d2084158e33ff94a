//===- MoveCodes.cpp - Ops that move codes instead of numbers -------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MoveCodes.h"

#include "BuildContract.h"
#include "Epilogue.h"
#include "dialects/NN/NN.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace nibble;

bool nibble::isPositiveConstant(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<nn::ReshapeOp, nn::TransposeOp>(op))
      break;
    value = op->getOperand(0);
  }
  DenseFPElementsAttr elements;
  return matchPattern(value, m_Constant(&elements)) &&
         elements.getElementType().isF32() &&
         llvm::all_of(elements, [](const APFloat &element) {
           return element.isFiniteNonZero() && !element.isNegative();
         });
}

static ArrayRef<int64_t> shapeOf(Value value) {
  return cast<ShapedType>(value.getType()).getShape();
}

/// `value` of one element with rank 0, so that it broadcasts to any shape; null
/// stays null.
static Value asScalar(PatternRewriter &rewriter, Value value) {
  DenseElementsAttr elements;
  if (!value || !matchPattern(value, m_Constant(&elements)))
    return value ? reshapeWeight(rewriter, value, {}) : value;
  return arith::ConstantOp::create(
      rewriter, value.getLoc(),
      elements.reshape(RankedTensorType::get({}, elements.getElementType())));
}

namespace {

/// An op that only moves elements moves codes that share a scale.
template <typename OpTy> struct SinkDequantize final : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;

  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    auto numbers =
        op.getInput().template getDefiningOp<nn::DequantizeElementsOp>();
    if (!numbers || (numbers.getZero() && !hasOneElement(numbers.getZero())))
      return rewriter.notifyMatchFailure(op, "not numbers of one zero point");
    if (!hasOneElement(numbers.getScale()) && !keepsScales(op, numbers))
      return rewriter.notifyMatchFailure(op, "not numbers of one scale");
    IRMapping mapping;
    mapping.map(op.getInput(), numbers.getCodes());
    Operation *moved;
    if (auto pad = dyn_cast<nn::PadOp>(op.getOperation())) {
      if (pad.getValue())
        return rewriter.notifyMatchFailure(op, "pads with a number");
      moved = clonePad(rewriter, pad, numbers);
    } else {
      moved = rewriter.clone(*op, mapping);
    }
    auto type = cast<RankedTensorType>(op.getType());
    moved->getResult(0).setType(type.clone(rewriter.getI8Type()));
    Value scale = numbers.getScale();
    rewriter.replaceOpWithNewOp<nn::DequantizeElementsOp>(
        op, type, moved->getResult(0),
        hasOneElement(scale) ? asScalar(rewriter, scale) : scale,
        asScalar(rewriter, numbers.getZero()), numbers.getIsUnsigned());
    return success();
  }

private:
  /// Padding of axes that share each scale.
  static bool keepsScales(Operation *op, nn::DequantizeElementsOp numbers) {
    auto pad = dyn_cast<nn::PadOp>(op);
    ArrayRef<int64_t> scale = shapeOf(numbers.getScale());
    if (!pad || numbers.getZero() || scale.size() != pad.getLow().size())
      return false;
    return llvm::all_of(llvm::enumerate(scale), [&](auto axis) {
      return axis.value() == 1 || (pad.getLow()[axis.index()] == 0 &&
                                   pad.getHigh()[axis.index()] == 0);
    });
  }

  /// Outside is the number 0, whose code is the zero point.
  static Operation *clonePad(PatternRewriter &rewriter, nn::PadOp op,
                             nn::DequantizeElementsOp numbers) {
    Value value;
    if (numbers.getZero() && op.getMode() == nn::PadMode::Constant) {
      Value zero = asScalar(rewriter, numbers.getZero());
      value = nn::CastOp::create(
          rewriter, op.getLoc(),
          RankedTensorType::get({}, rewriter.getI8Type()), zero);
    }
    return nn::PadOp::create(
        rewriter, op.getLoc(),
        cast<RankedTensorType>(op.getType()).clone(rewriter.getI8Type()),
        numbers.getCodes(), value, op.getLow(), op.getHigh(), op.getMode());
  }
};

/// The codes of moved numbers are moved codes: of fewer numbers, or of those
/// that the kernel before has at hand. One scale and one zero point.
struct HoistQuantize final : OpRewritePattern<nn::QuantizeElementsOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::QuantizeElementsOp op,
                                PatternRewriter &rewriter) const override {
    if (!hasOneElement(op.getScale()) ||
        (op.getZero() && !hasOneElement(op.getZero())))
      return rewriter.notifyMatchFailure(op, "not one scale and zero point");
    std::optional<unsigned> side = matchScaling(op.getInput());
    Value numbers = op.getInput(), factor;
    if (side) {
      Operation *scaling = numbers.getDefiningOp();
      factor = scaling->getOperand(1 - *side);
      numbers = scaling->getOperand(*side);
    }
    Operation *move = numbers.getDefiningOp();
    if (!move || !numbers.hasOneUse() || !movesElements(move, op, factor))
      return rewriter.notifyMatchFailure(op,
                                         "not the only reader of an op that "
                                         "moves elements");
    IRMapping mapping;
    unsigned inputs = isa<nn::ConcatOp>(move) ? move->getNumOperands() : 1;
    for (Value input : move->getOperands().take_front(inputs))
      if (!mapping.contains(input))
        mapping.map(input, quantize(rewriter, input, factor, op));
    Operation *moved = rewriter.clone(*move, mapping);
    moved->getResult(0).setType(op.getType());
    rewriter.replaceOp(op, moved->getResults());
    return success();
  }

private:
  /// The operand that a multiplication by one number scales, if only the
  /// quantization reads it.
  static std::optional<unsigned> matchScaling(Value value) {
    auto op = value.getDefiningOp<nn::ElementwiseOp>();
    if (!op || op.getKind() != nn::ElementwiseKind::Mul || !value.hasOneUse())
      return std::nullopt;
    for (unsigned side : {0, 1})
      if (matchPattern(op.getInputs()[1 - side], m_Constant()) &&
          hasOneElement(op.getInputs()[1 - side]) &&
          op.getInputs()[side].getType() == op.getType())
        return side;
    return std::nullopt;
  }

  /// Whether the elements of `move` are some of its input's. A maximum is one
  /// where rounding keeps the order, of codes that have a sign as i8 has.
  static bool movesElements(Operation *move, nn::QuantizeElementsOp op,
                            Value factor) {
    if (auto pool = dyn_cast<nn::PoolOp>(move))
      return pool.getKind() == nn::PoolKind::Max && !op.getIsUnsigned() &&
             isPositiveConstant(op.getScale()) &&
             (!factor || isPositiveConstant(factor));
    if (auto resize = dyn_cast<nn::ResizeOp>(move))
      return resize.getMode() == nn::ResizeMode::Nearest;
    // A fused attention writes its rows where the transpose puts them.
    if (auto transpose = dyn_cast<nn::TransposeOp>(move))
      return !transpose.getInput().getDefiningOp<nn::AttentionOp>();
    return isa<nn::ConcatOp, nn::SliceOp, nn::ReshapeOp>(move);
  }

  static Value quantize(PatternRewriter &rewriter, Value input, Value factor,
                        nn::QuantizeElementsOp op) {
    auto type = cast<RankedTensorType>(input.getType());
    Location loc = op.getLoc();
    if (factor)
      input = nn::ElementwiseOp::create(
          rewriter, loc, type, nn::ElementwiseKind::Mul,
          ValueRange{input, asScalar(rewriter, factor)});
    return nn::QuantizeElementsOp::create(
        rewriter, loc, type.clone(rewriter.getI8Type()), input,
        asScalar(rewriter, op.getScale()), asScalar(rewriter, op.getZero()),
        op.getBits(), op.getIsUnsigned());
  }
};

} // namespace

void nibble::populateMoveCodesPatterns(RewritePatternSet &patterns) {
  patterns.add<SinkDequantize<nn::TransposeOp>, SinkDequantize<nn::PadOp>,
               SinkDequantize<nn::ReshapeOp>, HoistQuantize>(
      patterns.getContext());
}
