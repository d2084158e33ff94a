//===- RaiseRope.cpp - Rotary position embeddings and caches ----*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Raise/Indices.h"
#include "Raise/Match.h"
#include "Weights.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace nibble;
using namespace nibble::frontend;
using nn::ElementwiseKind;

static constexpr unsigned kMaxDepth = 8;

//===----------------------------------------------------------------------===//
// Tables of cosines and sines
//===----------------------------------------------------------------------===//

// Whether the last axis is the same in input and result of a reshape.
static bool keepsLastAxis(nn::ReshapeOp op) {
  auto from = cast<ShapedType>(op.getInput().getType());
  auto to = cast<ShapedType>(op.getType());
  auto plain = [](ShapedType type) {
    SmallVector<int64_t> shape(type.getShape());
    llvm::erase(shape, 1);
    return shape;
  };
  return from.getRank() && to.getRank() && plain(from) == plain(to) &&
         from.getShape().back() == to.getShape().back();
}

// Whether both halves of the last axis are the same numbers.
static bool isDoubled(Value table, unsigned depth = 0) {
  auto type = dyn_cast<RankedTensorType>(table.getType());
  if (!type || type.getRank() == 0 || depth == kMaxDepth ||
      !table.getDefiningOp())
    return false;
  if (isWeight(table) && hasEqualHalves(table))
    return true;
  auto of = [&](Value v) { return isDoubled(v, depth + 1); };
  int64_t last = type.getRank() - 1;
  return TypeSwitch<Operation *, bool>(table.getDefiningOp())
      .Case([&](nn::ReshapeOp op) {
        return keepsLastAxis(op) && of(op.getInput());
      })
      .Case([&](nn::EmbeddingOp op) { return of(op.getTable()); })
      .Case([&](nn::GatherOp op) {
        auto input = cast<ShapedType>(op.getInput().getType());
        return static_cast<int64_t>(op.getAxis()) < input.getRank() - 1 &&
               of(op.getInput());
      })
      .Case([&](nn::SliceOp op) {
        return op.getStaticOffsets().back() == 0 &&
               op.getStaticSizes().back() ==
                   cast<ShapedType>(op.getInput().getType())
                       .getShape()
                       .back() &&
               op.getStrides().back() == 1 && of(op.getInput());
      })
      .Case([&](nn::ConcatOp op) {
        return static_cast<int64_t>(op.getAxis()) == last &&
               op.getInputs().size() == 2 &&
               op.getInputs()[0] == op.getInputs()[1];
      })
      .Case([&](nn::CastOp op) { return of(op.getInput()); })
      .Case([&](nn::ElementwiseOp op) {
        return llvm::all_of(op.getInputs(), [&](Value input) {
          auto own = cast<ShapedType>(input.getType());
          return own.getRank() == 0 || own.getShape().back() == 1 || of(input);
        });
      })
      .Default(false);
}

// The first half of a table that is doubled.
static Value makeHalf(Value table, PatternRewriter &rewriter) {
  auto type = cast<RankedTensorType>(table.getType());
  Location loc = table.getLoc();
  SmallVector<int64_t> shape(type.getShape());
  shape.back() /= 2;
  auto half = type.clone(shape);
  auto of = [&](Value v) { return makeHalf(v, rewriter); };
  if (isWeight(table) && hasEqualHalves(table)) {
    SmallVector<int64_t> zeros(shape.size(), 0), ones(shape.size(), 1);
    return nn::SliceOp::create(rewriter, loc, half, table, ValueRange(),
                               ValueRange(), zeros, shape, ones);
  }
  return TypeSwitch<Operation *, Value>(table.getDefiningOp())
      .Case([&](nn::ReshapeOp op) {
        SmallVector<int64_t> fixed(op.getStaticShape());
        fixed.back() = shape.back();
        return nn::ReshapeOp::create(rewriter, loc, half, of(op.getInput()),
                                     op.getShape(), fixed);
      })
      .Case([&](nn::EmbeddingOp op) {
        return nn::EmbeddingOp::create(rewriter, loc, half, of(op.getTable()),
                                       op.getIndices());
      })
      .Case([&](nn::GatherOp op) {
        return nn::GatherOp::create(rewriter, loc, half, of(op.getInput()),
                                    op.getIndices(), op.getAxis());
      })
      .Case([&](nn::SliceOp op) {
        SmallVector<int64_t> sizes(op.getStaticSizes());
        sizes.back() = shape.back();
        return nn::SliceOp::create(
            rewriter, loc, half, of(op.getInput()), op.getOffsets(),
            op.getSizes(), op.getStaticOffsets(), sizes, op.getStrides());
      })
      .Case([&](nn::ConcatOp op) { return op.getInputs()[0]; })
      .Case([&](nn::CastOp op) {
        return nn::CastOp::create(rewriter, loc, half, of(op.getInput()));
      })
      .Case([&](nn::ElementwiseOp op) {
        SmallVector<Value> inputs;
        for (Value input : op.getInputs()) {
          auto own = cast<ShapedType>(input.getType());
          bool isSame = own.getRank() == 0 || own.getShape().back() == 1;
          inputs.push_back(isSame ? input : of(input));
        }
        return nn::ElementwiseOp::create(rewriter, loc, half, op.getKind(),
                                         inputs, op.getAlphaAttr(),
                                         op.getBetaAttr());
      })
      .Default(Value());
}

namespace {

//===----------------------------------------------------------------------===//
// Rotations
//===----------------------------------------------------------------------===//

/// A part x[..., offset : offset + size] of the last axis.
struct LastSlice {
  Value input;
  int64_t offset, size;
};

std::optional<LastSlice> matchLastSlice(Value value) {
  auto op = value.getDefiningOp<nn::SliceOp>();
  if (!op)
    return std::nullopt;
  auto from = cast<ShapedType>(op.getInput().getType());
  auto to = cast<ShapedType>(op.getType());
  for (int64_t i = 0, e = from.getRank(); i < e; ++i) {
    if (op.getStrides()[i] != 1 ||
        ShapedType::isDynamic(op.getStaticOffsets()[i]))
      return std::nullopt;
    if (i + 1 < e && (op.getStaticOffsets()[i] != 0 ||
                      from.getDimSize(i) != to.getDimSize(i)))
      return std::nullopt;
  }
  if (ShapedType::isDynamic(to.getShape().back()))
    return std::nullopt;
  return LastSlice{op.getInput(), op.getStaticOffsets().back(),
                   to.getShape().back()};
}

/// The table as nn.rope has it, [B or 1, T, R/2]; null when it has another
/// form. `full`: it has R numbers, the halves of which are equal.
Value getTable(Value table, bool full, Indices &indices,
               PatternRewriter &rewriter) {
  auto type = cast<RankedTensorType>(table.getType());
  int64_t rank = type.getRank();
  std::optional<Exprs> dims = indices.getDims(table);
  if (!dims || rank < 2 || rank > 4 ||
      (rank > 2 && type.getDimSize(rank - 3) != 1))
    return {};
  if (full) {
    table = makeHalf(table, rewriter);
    dims->back() = rewriter.getAffineConstantExpr(type.getShape().back() / 2);
  }
  Exprs shape = {rank == 4 ? (*dims)[0] : rewriter.getAffineConstantExpr(1),
                 (*dims)[rank - 2], dims->back()};
  return indices.reshape(table, shape, rewriter);
}

bool isHeads(Value x) {
  auto type = dyn_cast<RankedTensorType>(x.getType());
  return type && type.getRank() == 4 && !type.isDynamicDim(3) &&
         type.getDimSize(3) % 2 == 0;
}

/// x cos + concat(-x2, x1) sin, with x1 and x2 the halves of x.
struct RaiseRopeOfRotated : OpRewritePattern<nn::ElementwiseOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::ElementwiseOp op,
                                PatternRewriter &rewriter) const override {
    auto main = op->getParentOfType<func::FuncOp>();
    if (op.getKind() != ElementwiseKind::Add || !main)
      return rewriter.notifyMatchFailure(op, "is no sum");
    for (unsigned i : {0, 1})
      for (unsigned j : {0, 1}) {
        auto rotated =
            matchElementwise(op.getInputs()[i], ElementwiseKind::Mul);
        auto kept =
            matchElementwise(op.getInputs()[1 - i], ElementwiseKind::Mul);
        if (!rotated || !kept)
          continue;
        Value x = matchRotated(rotated.getInputs()[j]);
        if (!x || !isHeads(x) || x.getType() != op.getType())
          continue;
        Value sine = rotated.getInputs()[1 - j];
        Value cosine = kept.getInputs()[0] == x   ? kept.getInputs()[1]
                       : kept.getInputs()[1] == x ? kept.getInputs()[0]
                                                  : Value();
        if (!cosine || !isDoubled(cosine) || !isDoubled(sine))
          return rewriter.notifyMatchFailure(
              op, "the halves of the tables are not known to be equal");
        Indices indices(main);
        cosine = getTable(cosine, /*full=*/true, indices, rewriter);
        sine = getTable(sine, /*full=*/true, indices, rewriter);
        if (!cosine || !sine)
          return rewriter.notifyMatchFailure(op, "the tables are of no shape "
                                                 "that nn.rope takes");
        rewriter.replaceOpWithNewOp<nn::RopeOp>(op, op.getType(), x, cosine,
                                                sine, /*interleaved=*/false);
        return success();
      }
    return rewriter.notifyMatchFailure(op, "does not rotate halves");
  }

private:
  // x when the value is concat(-x2, x1).
  static Value matchRotated(Value value) {
    auto concat = value.getDefiningOp<nn::ConcatOp>();
    auto type = cast<ShapedType>(value.getType());
    if (!concat || concat.getInputs().size() != 2 ||
        static_cast<int64_t>(concat.getAxis()) != type.getRank() - 1)
      return {};
    auto neg = matchElementwise(concat.getInputs()[0], ElementwiseKind::Neg);
    std::optional<LastSlice> high, low = matchLastSlice(concat.getInputs()[1]);
    if (neg)
      high = matchLastSlice(neg.getInputs()[0]);
    if (!high || !low || high->input != low->input || low->offset != 0 ||
        high->offset != low->size || high->size != low->size ||
        2 * low->size != type.getShape().back())
      return {};
    return low->input;
  }
};

/// concat(x1 cos - x2 sin, x2 cos + x1 sin), with x1 and x2 the halves of x.
struct RaiseRopeOfHalves : OpRewritePattern<nn::ConcatOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::ConcatOp op,
                                PatternRewriter &rewriter) const override {
    auto main = op->getParentOfType<func::FuncOp>();
    auto type = cast<ShapedType>(op.getType());
    if (!main || op.getInputs().size() != 2 ||
        static_cast<int64_t>(op.getAxis()) != type.getRank() - 1)
      return rewriter.notifyMatchFailure(op, "does not join two halves");
    auto difference = matchElementwise(op.getInputs()[0], ElementwiseKind::Sub);
    auto sum = matchElementwise(op.getInputs()[1], ElementwiseKind::Add);
    if (!difference || !sum)
      return rewriter.notifyMatchFailure(op, "is no rotation");
    auto first =
        matchElementwise(difference.getInputs()[0], ElementwiseKind::Mul);
    auto second =
        matchElementwise(difference.getInputs()[1], ElementwiseKind::Mul);
    if (!first || !second)
      return rewriter.notifyMatchFailure(op, "is no rotation");
    for (unsigned i : {0, 1})
      for (unsigned j : {0, 1}) {
        Value x1 = first.getInputs()[i], cosine = first.getInputs()[1 - i];
        Value x2 = second.getInputs()[j], sine = second.getInputs()[1 - j];
        std::optional<LastSlice> low = matchLastSlice(x1),
                                 high = matchLastSlice(x2);
        if (!low || !high || low->input != high->input || low->offset != 0 ||
            high->offset != low->size || high->size != low->size ||
            low->input.getType() != op.getType() || !isHeads(low->input) ||
            !isSumOf(sum, {x2, cosine}, {x1, sine}))
          continue;
        Indices indices(main);
        cosine = getTable(cosine, /*full=*/false, indices, rewriter);
        sine = getTable(sine, /*full=*/false, indices, rewriter);
        if (!cosine || !sine)
          return rewriter.notifyMatchFailure(op, "the tables are of no shape "
                                                 "that nn.rope takes");
        rewriter.replaceOpWithNewOp<nn::RopeOp>(op, op.getType(), low->input,
                                                cosine, sine,
                                                /*interleaved=*/false);
        return success();
      }
    return rewriter.notifyMatchFailure(op, "is no rotation of halves");
  }

private:
  static bool isProductOf(Value value, std::pair<Value, Value> factors) {
    auto mul = matchElementwise(value, ElementwiseKind::Mul);
    if (!mul)
      return false;
    Value a = mul.getInputs()[0], b = mul.getInputs()[1];
    return (a == factors.first && b == factors.second) ||
           (b == factors.first && a == factors.second);
  }
  static bool isSumOf(nn::ElementwiseOp sum, std::pair<Value, Value> a,
                      std::pair<Value, Value> b) {
    Value x = sum.getInputs()[0], y = sum.getInputs()[1];
    return (isProductOf(x, a) && isProductOf(y, b)) ||
           (isProductOf(x, b) && isProductOf(y, a));
  }
};

/// concat(rope(x[..., :R]), x[..., R:]) is nn.rope of x with R < D.
struct RaisePartialRope : OpRewritePattern<nn::ConcatOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::ConcatOp op,
                                PatternRewriter &rewriter) const override {
    auto type = cast<ShapedType>(op.getType());
    if (op.getInputs().size() != 2 ||
        static_cast<int64_t>(op.getAxis()) != type.getRank() - 1)
      return rewriter.notifyMatchFailure(op, "does not join two parts");
    auto rope = op.getInputs()[0].getDefiningOp<nn::RopeOp>();
    std::optional<LastSlice> rest = matchLastSlice(op.getInputs()[1]);
    std::optional<LastSlice> part;
    if (rope)
      part = matchLastSlice(rope.getInput());
    if (!part || !rest || part->input != rest->input || part->offset != 0 ||
        rest->offset != part->size || part->input.getType() != op.getType())
      return rewriter.notifyMatchFailure(
          op, "does not join a rotated part and the rest of one value");
    rewriter.replaceOpWithNewOp<nn::RopeOp>(op, op.getType(), part->input,
                                            rope.getCosine(), rope.getSine(),
                                            rope.getInterleaved());
    return success();
  }
};

/// concat(past, new) where past is an input of the model and the result an
/// output: a cache.
struct ConcatToCacheUpdate : OpRewritePattern<nn::ConcatOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::ConcatOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getInputs().size() != 2 || !isa<BlockArgument>(op.getInputs()[0]) ||
        op.getInputs()[0].getParentBlock() != op->getBlock() ||
        !isa<func::FuncOp>(op->getParentOp()))
      return rewriter.notifyMatchFailure(op, "does not extend an input");
    auto isReturn = [](Operation *user) { return isa<func::ReturnOp>(user); };
    if (llvm::none_of(op->getUsers(), isReturn))
      return rewriter.notifyMatchFailure(op, "is no output of the model");
    rewriter.replaceOpWithNewOp<nn::CacheUpdateOp>(
        op, op.getType(), op.getInputs()[0], op.getInputs()[1], op.getAxis());
    return success();
  }
};

} // namespace

void nibble::frontend::populateRopePatterns(RewritePatternSet &patterns) {
  patterns.add<RaiseRopeOfRotated, RaiseRopeOfHalves, RaisePartialRope>(
      patterns.getContext());
}

void nibble::frontend::populateCachePatterns(RewritePatternSet &patterns) {
  patterns.add<ConcatToCacheUpdate>(patterns.getContext());
}
