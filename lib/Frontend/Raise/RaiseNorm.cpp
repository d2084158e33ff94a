//===- RaiseNorm.cpp - Spelled-out LayerNorm and RMSNorm --------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Raise/Match.h"
#include "Weights.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace nibble;
using namespace nibble::frontend;
using nn::ElementwiseKind;

namespace {

/// The inverse deviation 1 / sqrt(mean(v^2) + epsilon).
struct Deviation {
  /// What is squared; null where the variance is mean(x^2) - mean(x)^2.
  Value squared;
  /// x in the latter case.
  Value input;
  SmallVector<int64_t> axes;
  double epsilon = 0;
};

// mean(v^2), or mean(x^2) - mean(x)^2, held at 0 from below or not.
static std::optional<Deviation> matchVariance(Value value) {
  if (auto max = matchElementwise(skipBroadcast(value), ElementwiseKind::Max))
    for (unsigned i : {0, 1})
      if (matchScalar(max.getInputs()[i]) == 0.0)
        return matchVariance(max.getInputs()[1 - i]);
  if (auto mean = matchMean(value)) {
    Value squared = matchSquare(mean->input);
    if (!squared)
      return std::nullopt;
    return Deviation{squared, {}, mean->axes};
  }
  auto sub = matchElementwise(skipBroadcast(value), ElementwiseKind::Sub);
  if (!sub)
    return std::nullopt;
  // The axes that are put back behind the difference are checked on the use.
  auto squares = matchMean(sub.getInputs()[0]);
  Value mean = matchSquare(sub.getInputs()[1]);
  auto product = [](Value v) { return matchProduct(v); };
  auto reductionOf = [&](Value v) -> std::optional<Reduction> {
    if (auto found = matchMean(v))
      return found;
    Product p = product(v);
    if (p.factors.size() != 1 || p.factors[0].divides)
      return std::nullopt;
    auto reduce = p.factors[0].value.getDefiningOp<nn::ReduceOp>();
    if (!reduce)
      return std::nullopt;
    auto type = cast<RankedTensorType>(reduce.getInput().getType());
    int64_t count = 1;
    for (int64_t axis : reduce.getAxes())
      count *= type.isDynamicDim(axis) ? 0 : type.getDimSize(axis);
    bool isMean = reduce.getKind() == nn::ReduceKind::Mean
                      ? isNear(p.scale, 1)
                      : reduce.getKind() == nn::ReduceKind::Sum && count > 0 &&
                            isNear(p.scale * count, 1);
    if (!isMean)
      return std::nullopt;
    return Reduction{reduce.getInput(), llvm::to_vector(reduce.getAxes())};
  };
  if (!squares)
    squares = reductionOf(sub.getInputs()[0]);
  std::optional<Reduction> first = mean ? reductionOf(mean) : std::nullopt;
  if (!squares || !first || matchSquare(squares->input) != first->input ||
      squares->axes != first->axes)
    return std::nullopt;
  return Deviation{{}, first->input, first->axes};
}

// The argument of sqrt and whether the value divides by the root.
static std::optional<std::pair<Value, bool>> matchRoot(Value value) {
  if (auto sqrt = matchElementwise(value, ElementwiseKind::Sqrt))
    return std::pair(sqrt.getInputs()[0], false);
  if (auto rsqrt = matchElementwise(value, ElementwiseKind::Rsqrt))
    return std::pair(rsqrt.getInputs()[0], true);
  if (auto pow = matchElementwise(value, ElementwiseKind::Pow)) {
    std::optional<double> exponent = matchScalar(pow.getInputs()[1]);
    if (exponent == 0.5 || exponent == -0.5)
      return std::pair(pow.getInputs()[0], *exponent < 0);
  }
  return std::nullopt;
}

static std::optional<Deviation> matchDeviation(Product::Factor factor) {
  auto root = matchRoot(factor.value);
  if (!root || root->second == factor.divides)
    return std::nullopt;
  auto add = matchElementwise(root->first, ElementwiseKind::Add);
  if (!add)
    return std::nullopt;
  for (unsigned i : {0, 1}) {
    std::optional<double> epsilon = matchScalar(add.getInputs()[i]);
    if (!epsilon)
      continue;
    std::optional<Deviation> found = matchVariance(add.getInputs()[1 - i]);
    if (found)
      found->epsilon = *epsilon;
    return found;
  }
  return std::nullopt;
}

// x when the value is x - mean(x) over these axes.
static Value matchCentered(Value value, ArrayRef<int64_t> axes) {
  auto sub = matchElementwise(value, ElementwiseKind::Sub);
  if (!sub)
    return {};
  auto mean = matchMean(sub.getInputs()[1]);
  if (!mean || mean->input != sub.getInputs()[0] || mean->axes != axes)
    return {};
  return sub.getInputs()[0];
}

/// A product with an inverse deviation: the norm, times what else is in it.
struct RaiseNorm : OpRewritePattern<nn::ElementwiseOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::ElementwiseOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getKind() != ElementwiseKind::Mul &&
        op.getKind() != ElementwiseKind::Div)
      return rewriter.notifyMatchFailure(op, "is no product");
    auto type = dyn_cast<RankedTensorType>(op.getType());
    if (!type)
      return rewriter.notifyMatchFailure(op, "is quantized");
    for (Product::Factor factor : matchProduct(op.getResult()).factors) {
      std::optional<Deviation> deviation = matchDeviation(factor);
      if (!deviation)
        continue;
      if (succeeded(rewrite(op, type, factor, *deviation, rewriter)))
        return success();
    }
    return rewriter.notifyMatchFailure(op, "no factor is an inverse deviation");
  }

private:
  static LogicalResult rewrite(nn::ElementwiseOp op, RankedTensorType type,
                               Product::Factor factor,
                               const Deviation &deviation,
                               PatternRewriter &rewriter) {
    std::optional<int64_t> axis =
        getTrailingAxis(deviation.axes, type.getRank());
    if (!axis)
      return failure();
    // Which factor is normalised, and of what.
    Value normalised = deviation.squared, input;
    bool isLayerNorm = false;
    if (!normalised) {
      for (Product::Factor other : matchProduct(op.getResult()).factors)
        if (matchCentered(other.value, deviation.axes) == deviation.input)
          normalised = other.value;
      if (!normalised)
        return failure();
    }
    if (Value x = matchCentered(normalised, deviation.axes)) {
      input = x;
      isLayerNorm = true;
    } else {
      input = normalised;
    }
    if (input.getType() != type)
      return failure();
    Product rest = matchProduct(op.getResult(), {normalised, factor.value});
    auto isRoot = [&](const Product::Factor &f) {
      return f.value == factor.value && f.divides == factor.divides;
    };
    auto found = llvm::find_if(rest.factors, isRoot);
    if (found == rest.factors.end())
      return failure();
    rest.factors.erase(found);
    if (!rest.remove(normalised))
      return failure();
    Location loc = op.getLoc();
    APFloat epsilon(static_cast<float>(deviation.epsilon));
    Value result;
    if (isLayerNorm)
      result = nn::LayerNormOp::create(rewriter, loc, type, input, Value(),
                                       Value(), *axis, epsilon);
    else
      result = nn::RMSNormOp::create(rewriter, loc, type, input, Value(), *axis,
                                     epsilon);
    if (rest.scale != 1) {
      auto number = RankedTensorType::get({}, type.getElementType());
      Value scale = arith::ConstantOp::create(
          rewriter, loc,
          DenseElementsAttr::get(
              number, rewriter.getFloatAttr(type.getElementType(), rest.scale)
                          .getValue()));
      result = nn::ElementwiseOp::create(
          rewriter, loc, type, ElementwiseKind::Mul, ValueRange{result, scale});
    }
    for (Product::Factor other : rest.factors)
      result = nn::ElementwiseOp::create(rewriter, loc, type,
                                         other.divides ? ElementwiseKind::Div
                                                       : ElementwiseKind::Mul,
                                         ValueRange{result, other.value});
    rewriter.replaceOp(op, result);
    return success();
  }
};

/// A weight in the shape of the normalised axes, or null when it has another.
static Value getNormWeight(Value weight, RankedTensorType type, int64_t axis,
                           PatternRewriter &rewriter) {
  ArrayRef<int64_t> shape = type.getShape().drop_front(axis);
  auto own = dyn_cast<RankedTensorType>(weight.getType());
  if (!own || !own.hasStaticShape() || !isWeight(weight) ||
      own.getElementType() != type.getElementType())
    return {};
  ArrayRef<int64_t> last = own.getShape();
  while (last.size() > shape.size() && last.front() == 1)
    last = last.drop_front();
  if (last != shape)
    return {};
  if (own.getShape() == shape)
    return weight;
  return nn::ReshapeOp::create(rewriter, weight.getLoc(), own.clone(shape),
                               weight, ValueRange(), shape);
}

/// norm(x) * weight, where the norm has no scale or bias.
template <typename NormOp>
struct AbsorbScale : OpRewritePattern<nn::ElementwiseOp> {
  using OpRewritePattern<nn::ElementwiseOp>::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::ElementwiseOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getKind() != ElementwiseKind::Mul)
      return rewriter.notifyMatchFailure(op, "is no product");
    for (unsigned i : {0, 1}) {
      auto norm = op.getInputs()[i].template getDefiningOp<NormOp>();
      if (!norm || norm.getScale() || norm.getType() != op.getType() ||
          !norm->hasOneUse())
        continue;
      if constexpr (std::is_same_v<NormOp, nn::LayerNormOp>)
        if (norm.getBias())
          continue;
      auto type = cast<RankedTensorType>(norm.getType());
      int64_t axis = norm.getAxis();
      Value scale = getNormWeight(op.getInputs()[1 - i], type, axis, rewriter);
      if (!scale)
        continue;
      Location loc = rewriter.getFusedLoc({norm.getLoc(), op.getLoc()});
      Value result;
      if constexpr (std::is_same_v<NormOp, nn::LayerNormOp>)
        result =
            nn::LayerNormOp::create(rewriter, loc, type, norm.getInput(), scale,
                                    Value(), axis, norm.getEpsilon());
      else
        result = nn::RMSNormOp::create(rewriter, loc, type, norm.getInput(),
                                       scale, axis, norm.getEpsilon());
      rewriter.replaceOp(op, result);
      return success();
    }
    return rewriter.notifyMatchFailure(
        op, "does not scale a norm by a weight of the normalised axes");
  }
};

/// layer_norm(x) + weight, where the norm has no bias.
struct AbsorbBias : OpRewritePattern<nn::ElementwiseOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::ElementwiseOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getKind() != ElementwiseKind::Add)
      return rewriter.notifyMatchFailure(op, "is no sum");
    for (unsigned i : {0, 1}) {
      auto norm = op.getInputs()[i].getDefiningOp<nn::LayerNormOp>();
      if (!norm || norm.getBias() || norm.getType() != op.getType() ||
          !norm->hasOneUse())
        continue;
      auto type = cast<RankedTensorType>(norm.getType());
      int64_t axis = norm.getAxis();
      Value bias = getNormWeight(op.getInputs()[1 - i], type, axis, rewriter);
      if (!bias)
        continue;
      Location loc = rewriter.getFusedLoc({norm.getLoc(), op.getLoc()});
      rewriter.replaceOp(op, nn::LayerNormOp::create(rewriter, loc, type,
                                                     norm.getInput(),
                                                     norm.getScale(), bias,
                                                     axis, norm.getEpsilon()));
      return success();
    }
    return rewriter.notifyMatchFailure(
        op, "does not add a weight of the normalised axes to a layer norm");
  }
};

} // namespace

void nibble::frontend::populateNormPatterns(RewritePatternSet &patterns) {
  patterns.add<RaiseNorm, AbsorbScale<nn::LayerNormOp>,
               AbsorbScale<nn::RMSNormOp>, AbsorbBias>(patterns.getContext());
}
