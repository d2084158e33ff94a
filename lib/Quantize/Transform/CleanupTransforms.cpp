//===- CleanupTransforms.cpp - Fewer transforms that mean the same --------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Quantize/Transform/Passes.h"

#include "../Notes.h"
#include "dialects/NN/NN.h"
#include "dialects/NN/Note.h"
#include "dialects/NN/WeightDerived.h"
#include "dialects/Quant/QuantTransforms.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/ADT/SetVector.h"

namespace nibble {
#define GEN_PASS_DEF_CLEANUPTRANSFORMS
#include "nibble/Quantize/Transform/Passes.h.inc"
} // namespace nibble

using namespace mlir;
using namespace nibble;

//===----------------------------------------------------------------------===//
// Norms and what stands behind them
//===----------------------------------------------------------------------===//

/// Whether `norm` is over its last axis, and only one op reads its f32 result.
template <typename NormOp> static bool isJoinable(NormOp norm) {
  if (!norm || !norm->hasOneUse())
    return false;
  auto type = dyn_cast<RankedTensorType>(norm.getType());
  return type && type.getElementType().isF32() &&
         int64_t(norm.getAxis()) == type.getRank() - 1;
}

/// `value` as one number of weights for each of `channels`, where it broadcasts
/// over a last axis of so many; null if it is not one.
static Value asChannelVector(PatternRewriter &rewriter, Value value,
                             int64_t channels) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || !type.hasStaticShape() || !type.getElementType().isF32() ||
      type.getRank() == 0 || type.getShape().back() != channels ||
      type.getNumElements() != channels || !WeightDerived().contains(value))
    return {};
  if (type.getRank() == 1)
    return value;
  return nn::ReshapeOp::create(rewriter, value.getLoc(),
                               type.clone(ArrayRef<int64_t>{channels}), value,
                               ValueRange(), ArrayRef<int64_t>{channels});
}

namespace {
/// norm(x) * gain and norm(x) + bias as one op. It stands where the product or
/// the sum stood: the vector may be defined behind the norm.
struct JoinNorm final : OpRewritePattern<nn::ElementwiseOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::ElementwiseOp op,
                                PatternRewriter &rewriter) const override {
    nn::ElementwiseKind kind = op.getKind();
    if (kind != nn::ElementwiseKind::Mul && kind != nn::ElementwiseKind::Add)
      return rewriter.notifyMatchFailure(op, "neither multiplies nor adds");
    for (unsigned side : {0, 1}) {
      Value vector = op.getInputs()[1 - side];
      Operation *norm = op.getInputs()[side].getDefiningOp();
      if (!norm || norm->getResult(0).getType() != op.getType())
        continue;
      if (auto layerNorm = dyn_cast<nn::LayerNormOp>(norm);
          isJoinable(layerNorm))
        return join(rewriter, op, layerNorm, vector);
      if (auto rmsNorm = dyn_cast<nn::RMSNormOp>(norm); isJoinable(rmsNorm))
        return join(rewriter, op, rmsNorm, vector);
    }
    return rewriter.notifyMatchFailure(op, "reads no norm that only it reads");
  }

private:
  static LogicalResult join(PatternRewriter &rewriter, nn::ElementwiseOp op,
                            nn::LayerNormOp norm, Value vector) {
    Value scale = norm.getScale(), bias = norm.getBias();
    bool isGain = op.getKind() == nn::ElementwiseKind::Mul;
    if (bias || (isGain && scale))
      return rewriter.notifyMatchFailure(op, "the norm has it already");
    (isGain ? scale : bias) = getVector(rewriter, op, vector);
    if (!(isGain ? scale : bias))
      return rewriter.notifyMatchFailure(op, "not by a vector of weights");
    Location loc = rewriter.getFusedLoc({norm.getLoc(), op.getLoc()});
    rewriter.replaceOp(op, nn::LayerNormOp::create(
                               rewriter, loc, op.getType(), norm.getInput(),
                               scale, bias, norm.getAxis(), norm.getEpsilon()));
    return success();
  }

  static LogicalResult join(PatternRewriter &rewriter, nn::ElementwiseOp op,
                            nn::RMSNormOp norm, Value vector) {
    if (op.getKind() != nn::ElementwiseKind::Mul || norm.getScale())
      return rewriter.notifyMatchFailure(op, "the norm has no place for it");
    Value scale = getVector(rewriter, op, vector);
    if (!scale)
      return rewriter.notifyMatchFailure(op, "not by a vector of weights");
    Location loc = rewriter.getFusedLoc({norm.getLoc(), op.getLoc()});
    rewriter.replaceOp(
        op, nn::RMSNormOp::create(rewriter, loc, op.getType(), norm.getInput(),
                                  scale, norm.getAxis(), norm.getEpsilon()));
    return success();
  }

  static Value getVector(PatternRewriter &rewriter, nn::ElementwiseOp op,
                         Value vector) {
    return asChannelVector(rewriter, vector,
                           cast<ShapedType>(op.getType()).getShape().back());
  }
};
} // namespace

//===----------------------------------------------------------------------===//
// Transforms in a row
//===----------------------------------------------------------------------===//

namespace {
/// Makes one transform of two in a row that no other op is between.
class Composer {
public:
  explicit Composer(ModuleOp module) : symbols(module) {
    for (auto basis : module.getOps<qnt::BasisOp>())
      known.try_emplace(basis.getChannelTransform(), basis);
  }

  void compose(qnt::TransformOp op) {
    auto inner = op.getInput().getDefiningOp<qnt::TransformOp>();
    if (!inner || inner.getAxis() != op.getAxis() || !inner->hasOneUse())
      return;
    qnt::TransformAttr first = inner.getChannelTransform();
    qnt::TransformAttr second = op.getChannelTransform();
    if (!first || !second)
      return;
    qnt::TransformAttr whole = qnt::composeTransforms(
        {qnt::simplifyTransform(first), qnt::simplifyTransform(second)});
    Value result = inner.getInput();
    if (!whole.getKinds().isNone()) {
      OpBuilder builder(op);
      Location loc = builder.getFusedLoc({inner.getLoc(), op.getLoc()});
      StringRef name = findBasis(inner, op, whole).getSymName();
      auto joined = qnt::TransformOp::create(
          builder, loc, op.getType(), inner.getInput(), /*inverted=*/false,
          /*dual=*/false, name, op.getAxis());
      joined->setDiscardableAttrs(inner->getDiscardableAttrDictionary());
      for (NamedAttribute attribute : op->getDiscardableAttrs())
        joined->setDiscardableAttr(attribute.getName(), attribute.getValue());
      // What is said of either is said of what they became.
      auto first = inner->getAttrOfType<StringAttr>(nn::kNoteAttr);
      auto second = op->getAttrOfType<StringAttr>(nn::kNoteAttr);
      if (first && second && first != second) {
        joined->setAttr(nn::kNoteAttr, first);
        appendNote(joined, second.getValue());
      }
      result = joined;
    }
    op.replaceAllUsesWith(result);
    op.erase();
    inner.erase();
  }

private:
  /// A basis of that transform, made where there is none.
  qnt::BasisOp findBasis(qnt::TransformOp inner, qnt::TransformOp op,
                         qnt::TransformAttr whole) {
    qnt::BasisOp &basis = known[whole];
    if (basis)
      return basis;
    auto last = symbols.lookup<qnt::BasisOp>(op.getBasis());
    OpBuilder builder(last->getContext());
    basis = qnt::BasisOp::create(
        builder, last.getLoc(), (inner.getBasis() + "_" + op.getBasis()).str(),
        /*sym_visibility=*/StringAttr(), last.getSize(), whole);
    symbols.insert(basis, std::next(last->getIterator()));
    return basis;
  }

  SymbolTable symbols;
  DenseMap<Attribute, qnt::BasisOp> known;
};
} // namespace

//===----------------------------------------------------------------------===//
// Bases that nothing names
//===----------------------------------------------------------------------===//

/// Erases bases without uses and the private functions of their numbers that
/// nothing else names; such a function may name a basis in turn.
static void eraseUnusedBases(ModuleOp module) {
  llvm::SetVector<StringAttr> data;
  for (bool changed = true; changed;) {
    changed = false;
    SymbolTableCollection tables;
    SymbolUserMap users(tables, module);
    for (Operation &op : llvm::make_early_inc_range(*module.getBody())) {
      auto symbol = dyn_cast<SymbolOpInterface>(op);
      if (!symbol || !users.useEmpty(symbol))
        continue;
      if (auto basis = dyn_cast<qnt::BasisOp>(op)) {
        qnt::TransformDataUses uses;
        basis.getTransform().collectData(uses);
        for (const qnt::TransformDataUse &use : uses)
          data.insert(use.symbol.getAttr());
      } else if (!symbol.isPrivate() || !data.contains(symbol.getNameAttr())) {
        continue;
      }
      op.erase();
      changed = true;
    }
  }
}

namespace {
struct CleanupTransforms final
    : nibble::impl::CleanupTransformsBase<CleanupTransforms> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<JoinNorm>(&getContext());
    qnt::TransformOp::getCanonicalizationPatterns(patterns, &getContext());
    qnt::BasisOp::getCanonicalizationPatterns(patterns, &getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      return signalPassFailure();

    // In the order of the program, a row of any length becomes one.
    SmallVector<qnt::TransformOp> transforms;
    getOperation().walk([&](qnt::TransformOp op) { transforms.push_back(op); });
    Composer composer(getOperation());
    for (qnt::TransformOp op : transforms)
      composer.compose(op);
    eraseUnusedBases(getOperation());
  }
};
} // namespace
