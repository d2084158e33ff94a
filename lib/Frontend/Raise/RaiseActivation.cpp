//===- RaiseActivation.cpp - Spelled-out activations and softmax ----------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Raise/Match.h"

#include <cmath>

using namespace mlir;
using namespace nibble;
using namespace nibble::frontend;
using nn::ElementwiseKind;

namespace {

/// An activation that a product x * f(x) stands for.
struct Activation {
  ElementwiseKind kind;
  std::optional<double> alpha;
};

/// Products of a value with a function of itself: GELU, SiLU, hard swish, Mish.
/// The factors may be in any order, and numbers anywhere among them.
struct RaiseSelfGated : OpRewritePattern<nn::ElementwiseOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::ElementwiseOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getKind() != ElementwiseKind::Mul &&
        op.getKind() != ElementwiseKind::Div)
      return rewriter.notifyMatchFailure(op, "is no product");
    Product product = matchProduct(op.getResult());
    for (Product::Factor gate : product.factors) {
      if (gate.divides)
        continue;
      std::optional<Affine> affine = matchAffine(gate.value);
      if (!affine)
        continue;
      for (Value x : getArguments(affine->inner)) {
        Product rest = matchProduct(op.getResult(), {x, gate.value});
        if (!rest.remove(gate.value) || !rest.remove(x) ||
            !rest.factors.empty() || x.getType() != op.getType())
          continue;
        std::optional<Activation> found = identify(*affine, x, rest.scale);
        if (!found)
          continue;
        FloatAttr alpha =
            found->alpha ? rewriter.getF64FloatAttr(*found->alpha) : nullptr;
        rewriter.replaceOpWithNewOp<nn::ElementwiseOp>(
            op, op.getType(), found->kind, x, alpha, nullptr);
        return success();
      }
    }
    return rewriter.notifyMatchFailure(
        op, "no factor is a known function of the others");
  }

private:
  /// What the function may be of: every value that its argument is a
  /// polynomial in, nearest first.
  static SmallVector<Value> getArguments(nn::ElementwiseOp inner) {
    SmallVector<Value> found, work = {inner.getInputs()[0]};
    for (unsigned i = 0; i < work.size() && i < 16; ++i) {
      found.push_back(work[i]);
      auto op = work[i].getDefiningOp<nn::ElementwiseOp>();
      if (!op)
        continue;
      for (Value operand : op.getInputs())
        if (!matchScalar(operand) && !llvm::is_contained(work, operand))
          work.push_back(operand);
    }
    return found;
  }

  static std::optional<Activation> identify(const Affine &gate, Value x,
                                            double scale) {
    nn::ElementwiseOp inner = gate.inner;
    Value argument = inner.getInputs()[0];
    ElementwiseKind kind = inner.getKind();
    if (kind == ElementwiseKind::Tanh && gate.offset == 0 &&
        isNear(gate.slope * scale, 1)) {
      auto softplus = matchElementwise(argument, ElementwiseKind::Softplus);
      if (softplus && softplus.getInputs()[0] == x)
        return Activation{ElementwiseKind::Mish, std::nullopt};
    }
    std::optional<Polynomial> poly = matchPolynomial(argument, x);
    if (!poly)
      return std::nullopt;
    // x / 2 (1 + erf(x / sqrt(2))) and its approximation by tanh.
    bool isHalf =
        isNear(gate.slope * scale, 0.5) && isNear(gate.offset * scale, 0.5);
    if (kind == ElementwiseKind::Erf && isHalf &&
        isNear(*poly, {0, std::sqrt(0.5), 0, 0}))
      return Activation{ElementwiseKind::Gelu, std::nullopt};
    double c = std::sqrt(2 / M_PI);
    if (kind == ElementwiseKind::Tanh && isHalf &&
        isNear(*poly, {0, c, 0, 0.044715 * c}))
      return Activation{ElementwiseKind::GeluTanh, std::nullopt};
    if (gate.offset != 0)
      return std::nullopt;
    double factor = gate.slope * scale;
    if (kind == ElementwiseKind::Sigmoid && isNear(factor, 1) &&
        isNear(*poly, {0, (*poly)[1], 0, 0})) {
      if (isNear((*poly)[1], 1))
        return Activation{ElementwiseKind::Silu, std::nullopt};
      return Activation{ElementwiseKind::QuickGelu, (*poly)[1]};
    }
    // x clip(x + 3, 0, 6) / 6
    auto isParam = [](std::optional<APFloat> attr, double value) {
      return attr && std::abs(attr->convertToDouble() - value) < 1e-3;
    };
    if (kind == ElementwiseKind::HardSigmoid && isNear(factor, 1) &&
        isNear(*poly, {0, 1, 0, 0}) && isParam(inner.getAlpha(), 1.0 / 6) &&
        isParam(inner.getBeta(), 0.5))
      return Activation{ElementwiseKind::HardSwish, std::nullopt};
    if (kind == ElementwiseKind::Clip && isNear(factor, 1.0 / 6) &&
        isNear(*poly, {3, 1, 0, 0}) && isParam(inner.getAlpha(), 0) &&
        isParam(inner.getBeta(), 6))
      return Activation{ElementwiseKind::HardSwish, std::nullopt};
    return std::nullopt;
  }
};

/// exp(x - m) / sum(exp(x - m)) where m does not vary along the summed axis.
struct RaiseSoftmax : OpRewritePattern<nn::ElementwiseOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::ElementwiseOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getKind() != ElementwiseKind::Mul &&
        op.getKind() != ElementwiseKind::Div)
      return rewriter.notifyMatchFailure(op, "is no quotient");
    Product product = matchProduct(op.getResult());
    if (product.factors.size() != 2 || !isNear(product.scale, 1))
      return rewriter.notifyMatchFailure(op, "is no quotient of two values");
    auto [above, below] = std::pair(product.factors[0], product.factors[1]);
    if (above.divides)
      std::swap(above, below);
    if (above.divides || !below.divides)
      return rewriter.notifyMatchFailure(op, "is no quotient of two values");
    auto exp = matchElementwise(above.value, ElementwiseKind::Exp);
    auto sum = matchReduction(below.value, nn::ReduceKind::Sum);
    if (!exp || !sum || sum->input != exp.getResult() || sum->axes.size() != 1)
      return rewriter.notifyMatchFailure(
          op, "divides by something else than the sum of exponentials");
    int64_t axis = sum->axes[0];
    Value x = exp.getInputs()[0];
    if (auto sub = matchElementwise(x, ElementwiseKind::Sub);
        sub && isConstantAlong(sub.getInputs()[1], axis, op.getType()))
      x = sub.getInputs()[0];
    if (x.getType() != op.getType())
      return rewriter.notifyMatchFailure(op, "broadcasts its argument");
    rewriter.replaceOpWithNewOp<nn::SoftmaxOp>(op, op.getType(), x, axis,
                                               /*log=*/false);
    return success();
  }

private:
  static bool isConstantAlong(Value value, int64_t axis, Type like) {
    // What broadcasting puts along the axis is the same everywhere there.
    int64_t rank = cast<ShapedType>(like).getRank();
    for (;;) {
      auto type = cast<ShapedType>(value.getType());
      int64_t own = axis - (rank - type.getRank());
      if (own < 0 || type.getDimSize(own) == 1)
        return true;
      auto expand = value.getDefiningOp<nn::ExpandOp>();
      if (!expand)
        return false;
      value = expand.getInput();
    }
  }
};

} // namespace

void nibble::frontend::populateActivationPatterns(RewritePatternSet &patterns) {
  patterns.add<RaiseSelfGated, RaiseSoftmax>(patterns.getContext());
}
