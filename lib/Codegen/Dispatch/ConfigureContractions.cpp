//===- ConfigureContractions.cpp - An instruction for each contraction --------
//===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Codegen/Dispatch/Passes.h"

#include "BuildContract.h"
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

/// The plan for f32 of `desc`; null after an error.
static std::optional<codegen::ContractionPlan>
makePlan(Operation *op, const codegen::ContractionDesc &desc,
         const codegen::TargetFeatures &features) {
  llvm::Expected<codegen::ContractionPlan> plan =
      codegen::planContraction(desc, features);
  if (plan)
    return *plan;
  op->emitError(llvm::toString(plan.takeError()));
  return std::nullopt;
}

namespace {

/// nn.linear in f32 with weights that are known.
struct ConfigureLinear final : OpRewritePattern<nn::LinearOp> {
  ConfigureLinear(MLIRContext *context, const codegen::TargetFeatures &features)
      : OpRewritePattern(context), features(features) {}

  LogicalResult matchAndRewrite(nn::LinearOp op,
                                PatternRewriter &rewriter) const override {
    auto weight = dyn_cast<RankedTensorType>(op.getWeight().getType());
    if (!isF32(op.getInput().getType()) || !isF32(op.getType()) ||
        !isF32(op.getWeight().getType()) || !weight.hasStaticShape())
      return rewriter.notifyMatchFailure(op, "not f32 throughout");
    if (!WeightDerived().contains(op.getWeight()))
      return rewriter.notifyMatchFailure(op, "weight depends on an input");
    auto plan = makePlan(op, codegen::ContractionDesc(), features);
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

  codegen::TargetFeatures features;
};

/// nn.conv over a padded channels_last image in f32 with known filters.
struct ConfigureConv final : OpRewritePattern<nn::ConvOp> {
  ConfigureConv(MLIRContext *context, const codegen::TargetFeatures &features)
      : OpRewritePattern(context), features(features) {}

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
    auto plan = makePlan(op, desc, features);
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

  codegen::TargetFeatures features;
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
    patterns.add<ConfigureConv, ConfigureLinear>(&getContext(), *parsed);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
