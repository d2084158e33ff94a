//===- RaiseAttention.cpp - Spelled-out attention ---------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Raise/Indices.h"
#include "Raise/Match.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <limits>

using namespace mlir;
using namespace nibble;
using namespace nibble::frontend;
using nn::ElementwiseKind;

/// Scores this far below the others are as good as not seen: exp gives 0.
static constexpr double kMasked = -1e4;
static constexpr unsigned kMaxDepth = 8;

namespace {

/// The argument of attention's softmax, taken apart.
struct Scores {
  nn::MatmulOp product;
  double scale = 1;
  double softcap = 0;
  /// Added to the scores.
  SmallVector<Value> added;
  /// Bool, true where a key is seen.
  SmallVector<Value> visible;
  SmallVector<Location> locations;
};

/// What the bool masks say together.
struct Visibility {
  bool causal = false;
  int64_t window = 0;
  SmallVector<Value> masks;
};

//===----------------------------------------------------------------------===//
// Scores
//===----------------------------------------------------------------------===//

// The condition of select(c, 0, -large) or its mirror image, which is
// `negated`.
struct BoolMask {
  Value condition, other;
  bool negated;
};

// select(c, x, -large): x where c holds.
std::optional<BoolMask> matchMaskSelect(Value value) {
  auto select = matchElementwise(value, ElementwiseKind::Select);
  if (!select)
    return std::nullopt;
  for (bool negated : {false, true}) {
    std::optional<double> masked = matchScalar(select.getInputs()[2 - negated]);
    if (masked && *masked <= kMasked)
      return BoolMask{select.getInputs()[0], select.getInputs()[1 + negated],
                      negated};
  }
  return std::nullopt;
}

class ScoreMatcher {
public:
  explicit ScoreMatcher(PatternRewriter &rewriter) : rewriter(rewriter) {}

  /// Follows `value` from the softmax down to the product of query and key.
  std::optional<Scores> match(Value value) {
    if (succeeded(follow(value, 0)))
      return std::move(scores);
    return std::nullopt;
  }

private:
  LogicalResult follow(Value value, unsigned depth) {
    Operation *op = value.getDefiningOp();
    if (!op || depth == kMaxDepth)
      return failure();
    scores.locations.push_back(op->getLoc());
    if (auto product = dyn_cast<nn::MatmulOp>(op)) {
      scores.product = product;
      return success();
    }
    if (std::optional<BoolMask> mask = matchMaskSelect(value)) {
      if (mask->other.getType() != value.getType())
        return failure();
      addVisible(*mask, op->getLoc());
      return follow(mask->other, depth + 1);
    }
    auto elementwise = dyn_cast<nn::ElementwiseOp>(op);
    if (!elementwise)
      return failure();
    if (elementwise.getKind() == ElementwiseKind::Add)
      return followSum(elementwise, depth);
    return followProduct(elementwise, depth);
  }

  // Scores plus a mask. A mask inside a factor would have to be scaled, too.
  LogicalResult followSum(nn::ElementwiseOp op, unsigned depth) {
    for (unsigned i : {0, 1}) {
      Value inner = op.getInputs()[i], mask = op.getInputs()[1 - i];
      if (inner.getType() != op.getType())
        continue;
      Scores saved = scores;
      std::optional<BoolMask> select = matchMaskSelect(skipExpand(mask));
      bool isBool = select && matchScalar(select->other) == 0.0;
      if ((isBool || scores.scale == 1) && scores.softcap == 0 &&
          succeeded(follow(inner, depth + 1))) {
        if (isBool)
          addVisible(*select, op.getLoc());
        else
          scores.added.push_back(mask);
        return success();
      }
      scores = saved;
    }
    return failure();
  }

  // Numbers, and c tanh(x / c).
  LogicalResult followProduct(nn::ElementwiseOp op, unsigned depth) {
    Product product = matchProduct(op.getResult());
    if (product.numOps == 0 || product.factors.size() != 1 ||
        product.factors[0].divides)
      return failure();
    Value inner = product.factors[0].value;
    auto tanh = matchElementwise(inner, ElementwiseKind::Tanh);
    if (!tanh) {
      scores.scale *= product.scale;
      return inner == op.getResult() ? failure() : follow(inner, depth + 1);
    }
    Product argument = matchProduct(tanh.getInputs()[0]);
    if (scores.scale != 1 || argument.factors.size() != 1 ||
        argument.factors[0].divides || argument.numOps == 0)
      return failure();
    // The scale of the scores may be part of the division by the cap.
    scores.softcap = product.scale;
    scores.scale = argument.scale * product.scale;
    return follow(argument.factors[0].value, depth + 1);
  }

  static Value skipExpand(Value value) {
    while (auto expand = value.getDefiningOp<nn::ExpandOp>())
      value = expand.getInput();
    return value;
  }

  void addVisible(const BoolMask &mask, Location loc) {
    Value condition = mask.condition;
    if (mask.negated)
      condition = nn::ElementwiseOp::create(rewriter, loc, condition.getType(),
                                            ElementwiseKind::Not,
                                            ValueRange{condition});
    scores.visible.push_back(condition);
  }

  PatternRewriter &rewriter;
  Scores scores;
};

//===----------------------------------------------------------------------===//
// Masks
//===----------------------------------------------------------------------===//

// The masks whose conjunction the value is. Masks broadcast in nn.attention, so
// what stretches them goes.
void collectConjuncts(Value value, SmallVectorImpl<Value> &conjuncts,
                      unsigned depth = 0) {
  while (auto expand = value.getDefiningOp<nn::ExpandOp>())
    value = expand.getInput();
  if (auto both = matchElementwise(value, ElementwiseKind::And);
      both && depth < kMaxDepth) {
    for (Value input : both.getInputs())
      collectConjuncts(input, conjuncts, depth + 1);
    return;
  }
  if (matchScalar(value) != 1.0 && matchScalar(value) != -1.0)
    conjuncts.push_back(value);
}

// Sees causality and windows in comparisons of positions. `distance` is the
// number of keys before the first query's own.
void classify(Value mask, AffineExpr distance, Indices &indices,
              Visibility &visibility) {
  auto type = cast<RankedTensorType>(mask.getType());
  int64_t rank = type.getRank();
  AffineExpr predicate;
  if (distance && rank >= 2)
    predicate = indices.getPredicate(mask);
  if (predicate) {
    MLIRContext *context = mask.getContext();
    AffineExpr query = getAffineDimExpr(rank - 2, context);
    AffineExpr key = getAffineDimExpr(rank - 1, context);
    // key <= query + distance
    if (indices.simplify(predicate - (query + distance - key), rank) ==
        getAffineConstantExpr(0, context)) {
      visibility.causal = true;
      return;
    }
    // key > query + distance - window
    std::optional<int64_t> window = getConstant(
        indices.simplify(predicate - (key - query - distance) + 1, rank));
    if (window && *window > 0) {
      visibility.window = *window;
      return;
    }
  }
  visibility.masks.push_back(mask);
}

RankedTensorType getBroadcastType(RankedTensorType a, RankedTensorType b) {
  if (a.getRank() < b.getRank())
    std::swap(a, b);
  SmallVector<int64_t> shape(a.getShape());
  for (int64_t i = 0; i < b.getRank(); ++i) {
    int64_t &extent = shape[a.getRank() - b.getRank() + i];
    if (extent == 1)
      extent = b.getDimSize(i);
  }
  return a.clone(shape);
}

Value combine(Location loc, ElementwiseKind kind, ArrayRef<Value> values,
              PatternRewriter &rewriter) {
  Value result;
  for (Value value : values) {
    if (!result) {
      result = value;
      continue;
    }
    auto type = getBroadcastType(cast<RankedTensorType>(result.getType()),
                                 cast<RankedTensorType>(value.getType()));
    result = nn::ElementwiseOp::create(rewriter, loc, type, kind,
                                       ValueRange{result, value});
  }
  return result;
}

Value makeNumber(Location loc, float value, PatternRewriter &rewriter) {
  auto type = RankedTensorType::get({}, rewriter.getF32Type());
  return arith::ConstantOp::create(rewriter, loc,
                                   DenseElementsAttr::get(type, value));
}

// One mask of all: bool, or added where one is.
Value combineMasks(Location loc, ArrayRef<Value> visible, ArrayRef<Value> added,
                   PatternRewriter &rewriter) {
  Value mask = combine(loc, ElementwiseKind::And, visible, rewriter);
  if (added.empty())
    return mask;
  SmallVector<Value> terms(added);
  if (mask) {
    auto type = cast<RankedTensorType>(mask.getType());
    Value zero = makeNumber(loc, 0, rewriter);
    Value masked =
        makeNumber(loc, std::numeric_limits<float>::lowest(), rewriter);
    terms.push_back(nn::ElementwiseOp::create(
        rewriter, loc, type.clone(rewriter.getF32Type()),
        ElementwiseKind::Select, ValueRange{mask, zero, masked}));
  }
  return combine(loc, ElementwiseKind::Add, terms, rewriter);
}

//===----------------------------------------------------------------------===//
// Query, key, value
//===----------------------------------------------------------------------===//

// x with its last two axes swapped, where it may be a transposition itself.
Value transposeLast(Value x, PatternRewriter &rewriter) {
  auto type = cast<RankedTensorType>(x.getType());
  int64_t rank = type.getRank();
  SmallVector<int64_t> permutation =
      llvm::to_vector(llvm::seq<int64_t>(0, rank));
  if (auto inner = x.getDefiningOp<nn::TransposeOp>()) {
    permutation = llvm::to_vector(inner.getPermutation());
    x = inner.getInput();
  }
  std::swap(permutation[rank - 1], permutation[rank - 2]);
  if (llvm::is_sorted(permutation))
    return x;
  SmallVector<int64_t> shape(type.getShape());
  std::swap(shape[rank - 1], shape[rank - 2]);
  return nn::TransposeOp::create(rewriter, x.getLoc(), type.clone(shape), x,
                                 permutation);
}

// y where x repeats each head of y: [B, G, S, D] to [B, G, 1, S, D], stretched
// to [B, G, r, S, D], to [B, G r, S, D].
Value matchRepeatedHeads(Value x) {
  auto merge = x.getDefiningOp<nn::ReshapeOp>();
  auto expand =
      merge ? merge.getInput().getDefiningOp<nn::ExpandOp>() : nn::ExpandOp();
  auto split = expand ? expand.getInput().getDefiningOp<nn::ReshapeOp>()
                      : nn::ReshapeOp();
  if (!split)
    return {};
  auto from = cast<RankedTensorType>(split.getInput().getType());
  auto stretched = cast<RankedTensorType>(expand.getType());
  auto unsqueezed = cast<RankedTensorType>(split.getType());
  auto to = cast<RankedTensorType>(x.getType());
  if (from.getRank() != 4 || stretched.getRank() != 5 || to.getRank() != 4 ||
      unsqueezed.getRank() != 5 || unsqueezed.getDimSize(2) != 1 ||
      from.isDynamicDim(1) || stretched.isDynamicDim(2) ||
      from.getDimSize(1) != unsqueezed.getDimSize(1) ||
      unsqueezed.getDimSize(1) != stretched.getDimSize(1) ||
      to.getDimSize(1) != from.getDimSize(1) * stretched.getDimSize(2) ||
      from.getDimSize(3) != to.getDimSize(3))
    return {};
  return split.getInput();
}

// x without number factors, which go to `scale`.
Value takeScale(Value x, double &scale) {
  Product product = matchProduct(x);
  if (product.numOps == 0 || product.factors.size() != 1 ||
      product.factors[0].divides ||
      product.factors[0].value.getType() != x.getType())
    return x;
  scale *= product.scale;
  return product.factors[0].value;
}

/// softmax(scale q k^T + mask) v. Three-dimensional forms have one head.
struct RaiseAttention : OpRewritePattern<nn::MatmulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::MatmulOp op,
                                PatternRewriter &rewriter) const override {
    auto main = op->getParentOfType<func::FuncOp>();
    auto softmax = op.getLhs().getDefiningOp<nn::SoftmaxOp>();
    auto type = dyn_cast<RankedTensorType>(op.getType());
    if (!main || !softmax || softmax.getLog() || !type)
      return rewriter.notifyMatchFailure(op, "lhs is no softmax");
    int64_t rank = type.getRank();
    auto logits = cast<RankedTensorType>(softmax.getType());
    if (static_cast<int64_t>(softmax.getAxis()) != rank - 1 ||
        logits.getRank() != rank || rank < 3 || rank > 4)
      return rewriter.notifyMatchFailure(
          op, "softmax is not over the last of three or four axes");
    std::optional<Scores> scores =
        ScoreMatcher(rewriter).match(softmax.getInput());
    if (!scores || scores->product.getType() != logits)
      return rewriter.notifyMatchFailure(
          op, "softmax is not of a scaled and masked product");
    Value query = takeScale(scores->product.getLhs(), scores->scale);
    Value keyOperand = takeScale(scores->product.getRhs(), scores->scale);
    if (!isa<RankedTensorType>(query.getType()) ||
        !isa<RankedTensorType>(keyOperand.getType()) ||
        !isa<RankedTensorType>(op.getRhs().getType()))
      return rewriter.notifyMatchFailure(op, "has quantized operands");
    Value key = scores->product.getTransposeRhs()
                    ? keyOperand
                    : transposeLast(keyOperand, rewriter);
    key = takeScale(key, scores->scale);
    Value value = op.getTransposeRhs() ? transposeLast(op.getRhs(), rewriter)
                                       : op.getRhs();
    if (!haveSameBatch({query, key, value}, rank))
      return rewriter.notifyMatchFailure(op, "broadcasts its heads");
    if (Value k = matchRepeatedHeads(key))
      if (Value v = matchRepeatedHeads(value)) {
        key = k;
        value = v;
      }
    return rewrite(op, *scores, query, key, value, main, rewriter);
  }

private:
  static bool haveSameBatch(ArrayRef<Value> values, int64_t rank) {
    return llvm::all_of(values, [&](Value value) {
      auto type = cast<RankedTensorType>(value.getType());
      auto first = cast<RankedTensorType>(values[0].getType());
      return type.getRank() == rank &&
             type.getShape().drop_back(2) == first.getShape().drop_back(2);
    });
  }

  LogicalResult rewrite(nn::MatmulOp op, const Scores &scores, Value query,
                        Value key, Value value, func::FuncOp main,
                        PatternRewriter &rewriter) const {
    Indices indices(main);
    std::optional<Exprs> queryDims = indices.getDims(query);
    std::optional<Exprs> keyDims = indices.getDims(key);
    int64_t rank = cast<ShapedType>(op.getType()).getRank();
    AffineExpr distance;
    if (queryDims && keyDims)
      distance =
          indices.simplify((*keyDims)[rank - 2] - (*queryDims)[rank - 2], 0);
    SmallVector<Value> conjuncts;
    for (Value mask : scores.visible)
      collectConjuncts(mask, conjuncts);
    Visibility visibility;
    for (Value mask : conjuncts)
      classify(mask, distance, indices, visibility);
    SmallVector<Location> locations(scores.locations);
    locations.push_back(op.getLoc());
    Location loc = rewriter.getFusedLoc(locations);
    Value mask = combineMasks(loc, visibility.masks, scores.added, rewriter);
    auto resultType = cast<RankedTensorType>(op.getType());
    auto queryType = cast<RankedTensorType>(query.getType());
    if (rank == 3) {
      for (Value *x : {&query, &key, &value}) {
        *x = insertHeadAxis(*x, indices, rewriter);
        if (!*x)
          return rewriter.notifyMatchFailure(op, "has extents that are not "
                                                 "known");
      }
      if (mask && cast<ShapedType>(mask.getType()).getRank() == 3)
        mask = insertHeadAxis(mask, indices, rewriter);
      queryType = cast<RankedTensorType>(query.getType());
    }
    SmallVector<int64_t> shape(queryType.getShape());
    shape.back() = cast<ShapedType>(value.getType()).getShape().back();
    Value result = nn::AttentionOp::create(
        rewriter, loc, queryType.clone(shape), query, key, value, mask, Value(),
        APFloat(static_cast<float>(scores.scale)), visibility.causal,
        visibility.window, APFloat(static_cast<float>(scores.softcap)));
    if (rank == 3) {
      std::optional<Exprs> dims = indices.getDims(op.getResult());
      if (!dims)
        return rewriter.notifyMatchFailure(op, "has extents that are not "
                                               "known");
      result = indices.reshape(result, *dims, rewriter);
      if (!result)
        return rewriter.notifyMatchFailure(op, "has extents that are not "
                                               "known");
    }
    if (result.getType() != resultType)
      return rewriter.notifyMatchFailure(op, "has another result type");
    rewriter.replaceOp(op, result);
    return success();
  }

  // [B, T, D] as [B, 1, T, D].
  static Value insertHeadAxis(Value x, Indices &indices,
                              PatternRewriter &rewriter) {
    std::optional<Exprs> dims = indices.getDims(x);
    if (!dims)
      return {};
    dims->insert(dims->begin() + 1, rewriter.getAffineConstantExpr(1));
    return indices.reshape(x, *dims, rewriter);
  }
};

} // namespace

void nibble::frontend::populateAttentionPatterns(RewritePatternSet &patterns) {
  patterns.add<RaiseAttention>(patterns.getContext());
}
