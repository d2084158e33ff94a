//===- Propagate.cpp - The pass qnt-propagate -------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Weights.h"
#include "dialects/NN/NN.h"
#include "nibble/Frontend/Passes.h"

#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace nibble {
#define GEN_PASS_DEF_QNTPROPAGATE
#include "nibble/Frontend/Passes.h.inc"
} // namespace nibble

using namespace mlir;
using namespace nibble;
using namespace nibble::frontend;
using nn::ElementwiseKind;

namespace {

// The same value, or constants with the same numbers in any shape.
bool isSame(Value a, Value b) {
  auto skip = [](Value x) {
    while (auto reshape = x ? x.getDefiningOp<nn::ReshapeOp>() : nullptr)
      x = reshape.getInput();
    return x;
  };
  a = skip(a);
  b = skip(b);
  if (a == b)
    return true;
  DenseElementsAttr x, y;
  if (!a || !b || !matchPattern(a, m_Constant(&x)) ||
      !matchPattern(b, m_Constant(&y)) || !x || !y ||
      x.getElementType() != y.getElementType() ||
      x.getNumElements() != y.getNumElements())
    return false;
  return x.reshape(y.getType()) == y;
}

/// The numbers that a quantized value was made with: null where they are found
/// at run time, which qnt.scales gives.
struct Numbers {
  Value scale, zero;
};
std::optional<Numbers> getNumbers(Value quantized) {
  if (auto op = quantized.getDefiningOp<qnt::QuantizeOp>())
    return Numbers{op.getScale(), op.getZero()};
  if (auto op = quantized.getDefiningOp<qnt::AssembleOp>())
    return Numbers{op.getScale(), op.getZero()};
  return std::nullopt;
}

// Whether `value` holds the scales (or zero points) of `quantized`.
template <typename OpT> bool isPartOf(Value value, Value own, Value quantized) {
  if (own)
    return isSame(value, own);
  while (auto reshape = value ? value.getDefiningOp<nn::ReshapeOp>() : nullptr)
    value = reshape.getInput();
  auto op = value ? value.getDefiningOp<OpT>() : OpT();
  return op && op.getInput() == quantized;
}

bool hasNumbers(Value quantized, Value scale, Value zero) {
  std::optional<Numbers> own = getNumbers(quantized);
  if (!own || !scale || !isPartOf<qnt::ScalesOp>(scale, own->scale, quantized))
    return false;
  return !zero ? !own->zero
               : isPartOf<qnt::ZerosOp>(zero, own->zero, quantized);
}

/// assemble(codes(q)) with q's own scales and zero points is q.
struct AssembleOfCodes : OpRewritePattern<qnt::AssembleOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(qnt::AssembleOp op,
                                PatternRewriter &rewriter) const override {
    auto codes = op.getCodes().getDefiningOp<qnt::CodesOp>();
    if (!codes || codes.getInput().getType() != op.getType())
      return rewriter.notifyMatchFailure(op, "takes no codes of such a tensor");
    if (!hasNumbers(codes.getInput(), op.getScale(), op.getZero()))
      return rewriter.notifyMatchFailure(op, "has other scales");
    rewriter.replaceOp(op, codes.getInput());
    return success();
  }
};

/// transpose(dequantize(assemble(c, s, z))): all parts are transposed.
struct TransposeOfWeight : OpRewritePattern<nn::TransposeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::TransposeOp op,
                                PatternRewriter &rewriter) const override {
    auto dequantize = op.getInput().getDefiningOp<qnt::DequantizeOp>();
    auto assemble = dequantize
                        ? dequantize.getInput().getDefiningOp<qnt::AssembleOp>()
                        : qnt::AssembleOp();
    if (!assemble || !isWeight(assemble.getCodes()) || !assemble.getScale())
      return rewriter.notifyMatchFailure(op, "is of no quantized weight");
    formats::Format format = assemble.getType().getFormat().getValue();
    if (!format.outer.empty() || !format.zero.outer.empty())
      return rewriter.notifyMatchFailure(op, "has scales of scales");
    ArrayRef<int64_t> permutation = op.getPermutation();
    if (!format.block.empty()) {
      std::vector<int64_t> block =
          formats::fullBlock(format.block, permutation.size());
      format.block.clear();
      for (int64_t axis : permutation)
        format.block.push_back(block[axis]);
    }
    auto transpose = [&](Value x) -> Value {
      if (!x)
        return {};
      auto type = cast<RankedTensorType>(x.getType());
      SmallVector<int64_t> shape;
      for (int64_t axis : permutation)
        shape.push_back(type.getDimSize(axis));
      return nn::TransposeOp::create(rewriter, op.getLoc(), type.clone(shape),
                                     x, permutation);
    };
    auto type = cast<RankedTensorType>(op.getType());
    auto quantized = qnt::QuantTensorType::get(
        type.getShape(), qnt::FormatAttr::get(op.getContext(), format));
    Value moved = qnt::AssembleOp::create(
        rewriter, op.getLoc(), quantized, transpose(assemble.getCodes()),
        transpose(assemble.getScale()), transpose(assemble.getZero()));
    rewriter.replaceOpWithNewOp<qnt::DequantizeOp>(op, type, moved);
    return success();
  }
};

/// quantize(reshape(dequantize(q))) with one scale for the tensor, the same on
/// both sides: the codes are reshaped. Likewise for a transposition.
template <typename MoveOp>
struct MoveCodes : OpRewritePattern<qnt::QuantizeOp> {
  using OpRewritePattern<qnt::QuantizeOp>::OpRewritePattern;

  LogicalResult matchAndRewrite(qnt::QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    auto move = op.getInput().template getDefiningOp<MoveOp>();
    auto dequantize =
        move ? move.getInput().template getDefiningOp<qnt::DequantizeOp>()
             : qnt::DequantizeOp();
    if (!dequantize || !op.getScale() || !op.getPairOrder().empty())
      return rewriter.notifyMatchFailure(op, "is of no moved dequantize");
    auto type = cast<qnt::QuantTensorType>(dequantize.getInput().getType());
    if (type.getFormat() != op.getType().getFormat() ||
        !type.getFormat().getBlock().empty() ||
        !hasNumbers(dequantize.getInput(), op.getScale(), op.getZero()))
      return rewriter.notifyMatchFailure(op, "has another scale");
    Operation *moved = rewriter.clone(*move);
    rewriter.modifyOpInPlace(moved, [&] {
      moved->setOperand(0, dequantize.getInput());
      moved->getResult(0).setType(op.getType());
    });
    rewriter.replaceOp(op, moved);
    return success();
  }
};

qnt::DequantizeOp getDequantize(Value value) {
  return value ? value.getDefiningOp<qnt::DequantizeOp>() : nullptr;
}

/// Operands of a product that are dequantized: both, or the weight alone.
template <typename OpT> struct AbsorbInProduct : OpRewritePattern<OpT> {
  using OpRewritePattern<OpT>::OpRewritePattern;

  LogicalResult matchAndRewrite(OpT op,
                                PatternRewriter &rewriter) const override {
    OpOperand &lhs = op->getOpOperand(0), &rhs = op->getOpOperand(1);
    auto isQuantized = [](Value v) {
      return isa<qnt::QuantTensorType>(v.getType());
    };
    auto left = getDequantize(lhs.get()), right = getDequantize(rhs.get());
    bool takeRight =
        right && (left || isQuantized(lhs.get()) || isWeight(right.getInput()));
    bool takeLeft = left && (right || isQuantized(rhs.get()));
    if (!takeLeft && !takeRight)
      return rewriter.notifyMatchFailure(op, "has no dequantized operands");
    rewriter.modifyOpInPlace(op, [&] {
      if (takeLeft)
        lhs.set(left.getInput());
      if (takeRight)
        rhs.set(right.getInput());
    });
    return success();
  }
};

/// A sum or product of dequantized values of one shape.
struct AbsorbInElementwise : OpRewritePattern<nn::ElementwiseOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::ElementwiseOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getKind() != ElementwiseKind::Add &&
        op.getKind() != ElementwiseKind::Mul)
      return rewriter.notifyMatchFailure(op, "is no sum or product");
    SmallVector<Value> quantized;
    for (Value input : op.getInputs()) {
      auto dequantize = getDequantize(input);
      if (!dequantize || isWeight(input))
        return rewriter.notifyMatchFailure(op, "has other operands");
      quantized.push_back(dequantize.getInput());
    }
    rewriter.modifyOpInPlace(op,
                             [&] { op.getInputsMutable().assign(quantized); });
    return success();
  }
};

/// cast(i32 product of integers) * scales: the product of what the integers
/// stand for.
struct ScaleIntegerProduct : OpRewritePattern<nn::ElementwiseOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::ElementwiseOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getKind() != ElementwiseKind::Mul)
      return rewriter.notifyMatchFailure(op, "is no product");
    for (unsigned i : {0, 1}) {
      auto toFloat = op.getInputs()[i].getDefiningOp<nn::CastOp>();
      auto toInt = toFloat ? toFloat.getInput().getDefiningOp<nn::CastOp>()
                           : nn::CastOp();
      Operation *product = toInt ? toInt.getInput().getDefiningOp() : nullptr;
      if (!isa_and_nonnull<nn::MatmulOp, nn::LinearOp, nn::ConvOp>(product) ||
          product->getResult(0).getType() != op.getType())
        continue;
      // scale of one operand, or of both, multiplied before.
      Value scales = op.getInputs()[1 - i];
      SmallVector<Value> factors = {scales};
      if (auto both = scales.getDefiningOp<nn::ElementwiseOp>();
          both && both.getKind() == ElementwiseKind::Mul)
        factors = llvm::to_vector(both.getInputs());
      if (succeeded(rewrite(op, product, factors, rewriter)))
        return success();
    }
    return rewriter.notifyMatchFailure(op, "scales no product of integers");
  }

private:
  // What made the integers of an operand whose scale is 1; null for others.
  static qnt::AssembleOp getUnscaled(Value operand) {
    auto dequantize = getDequantize(operand);
    Value quantized = dequantize ? dequantize.getInput() : operand;
    auto assemble = quantized.getDefiningOp<qnt::AssembleOp>();
    DenseElementsAttr ones;
    if (!assemble || !assemble.getScale() ||
        !matchPattern(assemble.getScale(), m_Constant(&ones)) || !ones ||
        !ones.isSplat() || !ones.getSplatValue<APFloat>().isExactlyValue(1.0))
      return {};
    return assemble;
  }

  static bool canScale(Value operand, Value factor) {
    qnt::AssembleOp assemble = getUnscaled(operand);
    auto have = cast<RankedTensorType>(factor.getType());
    return assemble && isWeight(operand) == isWeight(factor) &&
           have.hasStaticShape() &&
           have.getNumElements() ==
               cast<RankedTensorType>(assemble.getScale().getType())
                   .getNumElements();
  }

  // The operand with this scale instead of 1.
  static Value rescale(Value operand, Value factor, PatternRewriter &rewriter) {
    qnt::AssembleOp assemble = getUnscaled(operand);
    auto need = cast<RankedTensorType>(assemble.getScale().getType());
    if (factor.getType() != need)
      factor = nn::ReshapeOp::create(rewriter, factor.getLoc(), need, factor,
                                     ValueRange(), need.getShape());
    Value scaled = qnt::AssembleOp::create(
        rewriter, assemble.getLoc(), assemble.getType(), assemble.getCodes(),
        factor, assemble.getZero());
    if (auto dequantize = getDequantize(operand))
      scaled = qnt::DequantizeOp::create(rewriter, dequantize.getLoc(),
                                         dequantize.getType(), scaled);
    return scaled;
  }

  static LogicalResult rewrite(nn::ElementwiseOp op, Operation *product,
                               ArrayRef<Value> factors,
                               PatternRewriter &rewriter) {
    // A factor that is quantize's own scale belongs to its operand.
    SmallVector<Value> order(factors);
    if (order.size() == 2 && isWeight(order[0]))
      std::swap(order[0], order[1]);
    // All get their places before anything is made: what is left behind by a
    // pattern that fails sends the driver round again, without end.
    Value scales[2];
    for (Value factor : order) {
      unsigned i = 0;
      while (i < 2 && (scales[i] || !canScale(product->getOperand(i), factor)))
        ++i;
      if (i == 2)
        return failure();
      scales[i] = factor;
    }
    SmallVector<Value> operands;
    for (unsigned i : {0, 1}) {
      Value operand = product->getOperand(i);
      operands.push_back(scales[i] ? rescale(operand, scales[i], rewriter)
                                   : operand);
    }
    Operation *scaled = rewriter.clone(*product);
    rewriter.modifyOpInPlace(scaled, [&] {
      scaled->setOperand(0, operands[0]);
      scaled->setOperand(1, operands[1]);
    });
    scaled->setLoc(rewriter.getFusedLoc({product->getLoc(), op.getLoc()}));
    rewriter.replaceOp(op, scaled);
    return success();
  }
};

struct QntPropagate : nibble::impl::QntPropagateBase<QntPropagate> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<AssembleOfCodes, TransposeOfWeight, MoveCodes<nn::ReshapeOp>,
                 MoveCodes<nn::TransposeOp>, AbsorbInProduct<nn::LinearOp>,
                 AbsorbInProduct<nn::MatmulOp>, AbsorbInProduct<nn::ConvOp>,
                 AbsorbInProduct<nn::ConvTransposeOp>, AbsorbInElementwise,
                 ScaleIntegerProduct>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns)))) {
      getOperation().emitError("propagation does not come to an end");
      return signalPassFailure();
    }
  }
};

} // namespace
