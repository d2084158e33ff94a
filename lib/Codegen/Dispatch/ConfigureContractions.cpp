//===- ConfigureContractions.cpp - An instruction for each contraction ----===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Codegen/Dispatch/Passes.h"

#include "AttentionKernel.h"
#include "BuildContract.h"
#include "DepthwiseKernel.h"
#include "dialects/NN/NN.h"
#include "dialects/NN/WeightDerived.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "nibble/Codegen/Kernels/Contraction.h"

namespace nibble {
#define GEN_PASS_DEF_CONFIGURECONTRACTIONS
#include "nibble/Codegen/Dispatch/Passes.h.inc"
} // namespace nibble

using namespace mlir;
using namespace nibble;

static bool isF32(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && tensor.getElementType().isF32();
}

namespace {

/// The plans of one run of the pass. The first contraction that no instruction
/// computes is an error, and ends it.
class Planner {
public:
  explicit Planner(const codegen::TargetFeatures &features)
      : features(features) {}

  /// The plan for f32 of `desc`; null after an error.
  std::optional<codegen::ContractionPlan>
  makePlan(Operation *op, const codegen::ContractionDesc &desc) {
    if (hasFailed)
      return std::nullopt;
    llvm::Expected<codegen::ContractionPlan> plan =
        codegen::planContraction(desc, features);
    if (plan)
      return *plan;
    op->emitError(llvm::toString(plan.takeError()));
    hasFailed = true;
    return std::nullopt;
  }

  bool failed() const { return hasFailed; }

private:
  const codegen::TargetFeatures &features;
  bool hasFailed = false;
};

/// nn.linear in f32 with weights that are known.
struct ConfigureLinear final : OpRewritePattern<nn::LinearOp> {
  ConfigureLinear(MLIRContext *context, Planner &planner)
      : OpRewritePattern(context), planner(planner) {}

  LogicalResult matchAndRewrite(nn::LinearOp op,
                                PatternRewriter &rewriter) const override {
    auto weight = dyn_cast<RankedTensorType>(op.getWeight().getType());
    if (!isF32(op.getInput().getType()) || !isF32(op.getType()) ||
        !isF32(op.getWeight().getType()) || !weight.hasStaticShape())
      return rewriter.notifyMatchFailure(op, "not f32 throughout");
    if (weight.getNumElements() == 0)
      return rewriter.notifyMatchFailure(op, "weight has no elements");
    if (!WeightDerived().contains(op.getWeight()))
      return rewriter.notifyMatchFailure(op, "weight depends on an input");
    auto plan = planner.makePlan(op, codegen::ContractionDesc());
    if (!plan)
      return failure();
    ContractParts parts;
    parts.lhs = op.getInput();
    parts.weights =
        reshapeWeight(rewriter, op.getWeight(),
                      {1, weight.getDimSize(0), weight.getDimSize(1)});
    parts.bias = op.getBias();
    Value result =
        buildContract(rewriter, op, *plan, parts, [](nn::ContractOp) {});
    rewriter.replaceOp(op, result);
    return success();
  }

  Planner &planner;
};

/// nn.conv over a padded channels_last image in f32 with known filters.
struct ConfigureConv final : OpRewritePattern<nn::ConvOp> {
  ConfigureConv(MLIRContext *context, Planner &planner)
      : OpRewritePattern(context), planner(planner) {}

  LogicalResult matchAndRewrite(nn::ConvOp op,
                                PatternRewriter &rewriter) const override {
    if (!isF32(op.getInput().getType()) || !isF32(op.getType()) ||
        !isF32(op.getFilter().getType()))
      return rewriter.notifyMatchFailure(op, "not f32 throughout");
    if (failed(checkImage(rewriter, op)))
      return failure();
    if (!WeightDerived().contains(op.getFilter()))
      return rewriter.notifyMatchFailure(op, "filter depends on an input");
    codegen::ContractionDesc desc;
    describeImage(op, desc);
    auto plan = planner.makePlan(op, desc);
    if (!plan)
      return failure();
    ContractParts parts;
    parts.lhs = op.getInput();
    parts.weights =
        reshapeWeight(rewriter, op.getFilter(), groupedFilterShape(op));
    parts.bias = op.getBias();
    Value result =
        buildContract(rewriter, op, *plan, parts, [&](nn::ContractOp contract) {
          setWindow(op, contract);
        });
    rewriter.replaceOp(op, result);
    return success();
  }

  Planner &planner;
};

/// nn.conv with one known filter a channel keeps its place and gets the lanes
/// of its kernel; its bias becomes an op that the dispatch takes as epilogue.
struct ConfigureDepthwise final : OpRewritePattern<nn::ConvOp> {
  ConfigureDepthwise(MLIRContext *context, Planner &planner)
      : OpRewritePattern(context), planner(planner) {}

  LogicalResult matchAndRewrite(nn::ConvOp op,
                                PatternRewriter &rewriter) const override {
    if (!isDepthwise(op) || op->hasAttr(kDepthwiseLanesAttr))
      return rewriter.notifyMatchFailure(op, "not depthwise, or done");
    if (!WeightDerived().contains(op.getFilter()))
      return rewriter.notifyMatchFailure(op, "filter depends on an input");
    auto plan = planner.makePlan(op, codegen::ContractionDesc());
    if (!plan)
      return failure();
    auto lanes = rewriter.getI64IntegerAttr(plan->info().lanes);
    Value bias = op.getBias();
    rewriter.modifyOpInPlace(op, [&] {
      op->setAttr(kDepthwiseLanesAttr, lanes);
      op.getBiasMutable().clear();
    });
    if (!bias)
      return success();
    rewriter.setInsertionPointAfter(op);
    auto sum = nn::ElementwiseOp::create(rewriter, op.getLoc(), op.getType(),
                                         nn::ElementwiseKind::Add,
                                         ValueRange{op.getResult(), bias});
    rewriter.replaceAllUsesExcept(op.getResult(), sum, sum);
    return success();
  }

  Planner &planner;
};

struct ConfigureContractions final
    : nibble::impl::ConfigureContractionsBase<ConfigureContractions> {
  using ConfigureContractionsBase::ConfigureContractionsBase;

  void runOnOperation() override {
    auto parsed = codegen::TargetFeatures::parse(features);
    if (!parsed) {
      getOperation().emitError(llvm::toString(parsed.takeError()));
      return signalPassFailure();
    }
    RewritePatternSet patterns(&getContext());
    Planner planner(*parsed);
    patterns.add<ConfigureConv, ConfigureDepthwise, ConfigureLinear>(
        &getContext(), planner);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))) ||
        planner.failed())
      return signalPassFailure();
    getOperation().walk([&](nn::AttentionOp op) {
      if (!canFuseAttention(op))
        return;
      if (auto plan = planner.makePlan(op, codegen::ContractionDesc()))
        op->setAttr(kAttentionDotAttr,
                    StringAttr::get(&getContext(), plan->info().name));
      else
        signalPassFailure();
    });
  }
};

} // namespace
