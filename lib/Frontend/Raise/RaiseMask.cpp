//===- RaiseMask.cpp - Gathers that only rearrange, known comparisons -----===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Raise/Indices.h"
#include "Raise/Match.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace nibble;
using namespace nibble::frontend;
using nn::ElementwiseKind;

namespace {

// Position in the result of axis `axis` of what is read, when the index along
// it is the position itself.
static std::optional<int64_t> getAxisOf(AffineExpr expr) {
  auto dim = dyn_cast_or_null<AffineDimExpr>(expr);
  return dim ? std::optional<int64_t>(dim.getPosition()) : std::nullopt;
}

/// The source with its axes at these axes of the result, all others of extent
/// 1. Fails unless they are in order and have the source's extents.
static LogicalResult replaceByReshape(Operation *op, Value source,
                                      ArrayRef<int64_t> axes, Indices &indices,
                                      PatternRewriter &rewriter) {
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  auto from = cast<RankedTensorType>(source.getType());
  std::optional<Exprs> dims = indices.getDims(source);
  std::optional<Exprs> extents = indices.getDims(op->getResult(0));
  if (!dims || !extents)
    return rewriter.notifyMatchFailure(op, "has extents that are not known");
  SmallVector<Value> dynamic;
  SmallVector<int64_t> fixed(type.getRank(), 1);
  int64_t last = -1;
  for (auto [i, axis] : llvm::enumerate(axes)) {
    if (axis <= last || (*dims)[i] != (*extents)[axis])
      return rewriter.notifyMatchFailure(op, "does not read all elements once "
                                             "and in order");
    last = axis;
    fixed[axis] = from.getDimSize(i);
    if (!from.isDynamicDim(i))
      continue;
    Value value = indices.materialize((*dims)[i], rewriter);
    if (!value)
      return rewriter.notifyMatchFailure(op, "has extents that are not known");
    dynamic.push_back(value);
  }
  for (auto [axis, extent] : llvm::enumerate(type.getShape()))
    if (!llvm::is_contained(axes, static_cast<int64_t>(axis)) && extent != 1)
      return rewriter.notifyMatchFailure(op, "reads elements more than once");
  rewriter.replaceOpWithNewOp<nn::ReshapeOp>(op, type.clone(fixed), source,
                                             dynamic, fixed);
  return success();
}

static func::FuncOp getMain(Operation *op) {
  return op->getParentOfType<func::FuncOp>();
}

/// Gather with indices i * S + j from a [B, S] that was flattened reads [i, j].
struct GatherOfFlat : OpRewritePattern<nn::GatherOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::GatherOp op,
                                PatternRewriter &rewriter) const override {
    func::FuncOp main = getMain(op);
    auto reshape = op.getInput().getDefiningOp<nn::ReshapeOp>();
    if (!main || !reshape || op.getAxis() != 0)
      return rewriter.notifyMatchFailure(op, "does not read a reshaped value "
                                             "along its first axis");
    Value source = reshape.getInput();
    auto flat = cast<ShapedType>(reshape.getType());
    if (!isa<RankedTensorType>(source.getType()) ||
        llvm::any_of(flat.getShape().drop_front(),
                     [](int64_t extent) { return extent != 1; }))
      return rewriter.notifyMatchFailure(op, "does not read a flat value");
    Indices indices(main);
    AffineExpr index = indices.getElements(op.getIndices());
    std::optional<Exprs> dims = indices.getDims(source);
    if (!index || !dims || dims->size() != 2)
      return rewriter.notifyMatchFailure(
          op, "has indices that are no function of the position");
    unsigned rank = cast<ShapedType>(op.getType()).getRank();
    for (int64_t i = 0; i < rank; ++i)
      for (int64_t j = i + 1; j < rank; ++j) {
        AffineExpr expected = rewriter.getAffineDimExpr(i) * (*dims)[1] +
                              rewriter.getAffineDimExpr(j);
        if (indices.simplify(index - expected, rank) ==
            rewriter.getAffineConstantExpr(0))
          return replaceByReshape(op, source, {i, j}, indices, rewriter);
      }
    return rewriter.notifyMatchFailure(op, "reads another element");
  }
};

/// GatherND whose indices are the positions themselves.
struct GatherNDOfPositions : OpRewritePattern<nn::GatherNDOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::GatherNDOp op,
                                PatternRewriter &rewriter) const override {
    func::FuncOp main = getMain(op);
    auto concat = op.getIndices().getDefiningOp<nn::ConcatOp>();
    auto type = cast<RankedTensorType>(op.getIndices().getType());
    if (!main || !concat || op.getBatchDims() != 0 ||
        static_cast<int64_t>(concat.getAxis()) != type.getRank() - 1)
      return rewriter.notifyMatchFailure(
          op, "has indices that are not joined from one for each axis");
    Indices indices(main);
    SmallVector<int64_t> axes;
    for (Value input : concat.getInputs()) {
      if (cast<ShapedType>(input.getType()).getShape().back() != 1)
        return rewriter.notifyMatchFailure(op, "joins more than one index");
      std::optional<int64_t> axis = getAxisOf(indices.getElements(input));
      if (!axis)
        return rewriter.notifyMatchFailure(
            op, "has indices that are not positions");
      axes.push_back(*axis);
    }
    auto source = cast<RankedTensorType>(op.getInput().getType());
    if (static_cast<int64_t>(axes.size()) != source.getRank())
      return rewriter.notifyMatchFailure(op, "reads slices");
    return replaceByReshape(op, op.getInput(), axes, indices, rewriter);
  }
};

/// An index along an axis, gathered by the positions along it.
struct GatherOfPositions : OpRewritePattern<nn::GatherOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::GatherOp op,
                                PatternRewriter &rewriter) const override {
    func::FuncOp main = getMain(op);
    auto type = cast<ShapedType>(op.getIndices().getType());
    if (!main || type.getRank() != 1 || op.getType() != op.getInput().getType())
      return rewriter.notifyMatchFailure(op, "is not of its input's shape");
    Indices indices(main);
    if (getAxisOf(indices.getElements(op.getIndices())) != 0)
      return rewriter.notifyMatchFailure(op, "has indices that are not "
                                             "positions");
    std::optional<Exprs> from = indices.getDims(op.getInput());
    std::optional<Exprs> to = indices.getDims(op.getResult());
    if (!from || !to || *from != *to)
      return rewriter.notifyMatchFailure(op, "does not read all elements");
    rewriter.replaceOp(op, op.getInput());
    return success();
  }
};

/// A comparison of positions that is the same everywhere.
struct FoldComparison : OpRewritePattern<nn::ElementwiseOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::ElementwiseOp op,
                                PatternRewriter &rewriter) const override {
    func::FuncOp main = getMain(op);
    bool isComparison = op.getKind() >= ElementwiseKind::Equal &&
                        op.getKind() <= ElementwiseKind::GreaterEqual;
    auto type = dyn_cast<RankedTensorType>(op.getType());
    if (!main || !type || !isComparison)
      return rewriter.notifyMatchFailure(op, "is no comparison");
    Indices indices(main);
    std::optional<bool> truth = getTruth(op, indices, type.getRank());
    if (!truth)
      return rewriter.notifyMatchFailure(op, "is not the same everywhere");
    auto number = RankedTensorType::get({}, rewriter.getI1Type());
    Value constant = arith::ConstantOp::create(
        rewriter, op.getLoc(), DenseElementsAttr::get(number, *truth));
    if (type.getRank() == 0) {
      rewriter.replaceOp(op, constant);
      return success();
    }
    std::optional<Exprs> dims = indices.getDims(op.getResult());
    if (!dims)
      return rewriter.notifyMatchFailure(op, "has extents that are not known");
    SmallVector<Value> dynamic;
    for (auto [axis, dim] : llvm::enumerate(*dims)) {
      if (!type.isDynamicDim(axis))
        continue;
      dynamic.push_back(indices.materialize(dim, rewriter));
      if (!dynamic.back())
        return rewriter.notifyMatchFailure(op,
                                           "has extents that are not known");
    }
    rewriter.replaceOpWithNewOp<nn::ExpandOp>(op, type, constant, dynamic,
                                              type.getShape());
    return success();
  }

private:
  static std::optional<bool> getTruth(nn::ElementwiseOp op, Indices &indices,
                                      int64_t rank) {
    AffineExpr sides[2];
    for (unsigned i : {0, 1}) {
      sides[i] = indices.getElements(op.getInputs()[i]);
      // Broadcasting renames positions; numbers have none.
      auto type = cast<ShapedType>(op.getInputs()[i].getType());
      if (!sides[i] || (type.getRank() != rank && type.getRank() != 0))
        return std::nullopt;
      SmallVector<AffineExpr> dims;
      for (auto [axis, extent] : llvm::enumerate(type.getShape()))
        dims.push_back(extent == 1 ? getAffineConstantExpr(0, op.getContext())
                                   : getAffineDimExpr(axis, op.getContext()));
      sides[i] = sides[i].replaceDims(dims);
    }
    Interval range = getInterval(indices.simplify(sides[0] - sides[1], rank));
    switch (op.getKind()) {
    case ElementwiseKind::Less:
      return decide(range.high < 0, range.low >= 0);
    case ElementwiseKind::LessEqual:
      return decide(range.high <= 0, range.low > 0);
    case ElementwiseKind::Greater:
      return decide(range.low > 0, range.high <= 0);
    case ElementwiseKind::GreaterEqual:
      return decide(range.low >= 0, range.high < 0);
    case ElementwiseKind::Equal:
      return decide(range.low == 0 && range.high == 0,
                    range.low > 0 || range.high < 0);
    default:
      return std::nullopt;
    }
  }

  static std::optional<bool> decide(bool yes, bool no) {
    if (yes || no)
      return yes;
    return std::nullopt;
  }
};

} // namespace

void nibble::frontend::populateMaskPatterns(RewritePatternSet &patterns) {
  patterns.add<GatherOfFlat, GatherNDOfPositions, GatherOfPositions,
               FoldComparison>(patterns.getContext());
}
