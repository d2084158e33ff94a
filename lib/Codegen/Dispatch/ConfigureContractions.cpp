//===- ConfigureContractions.cpp - An instruction for each contraction --------
//===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Codegen/Dispatch/Passes.h"

#include "dialects/NN/NN.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "nibble/Codegen/Dispatch/WeightDerived.h"
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

/// The contraction of `desc` on `weights`, which are [groups, N, K], with a
/// bias as an elementwise add; null after an error.
static Value buildContract(PatternRewriter &rewriter, Operation *op,
                           const codegen::ContractionDesc &desc,
                           const codegen::TargetFeatures &features, Value lhs,
                           Value weights, Value bias,
                           function_ref<void(nn::ContractOp)> configure) {
  llvm::Expected<codegen::ContractionPlan> plan =
      codegen::planContraction(desc, features);
  if (!plan) {
    op->emitError(llvm::toString(plan.takeError()));
    return {};
  }
  auto shape = cast<RankedTensorType>(weights.getType()).getShape();
  int64_t groups = shape[0], n = shape[1], k = shape[2];
  StringAttr text = rewriter.getStringAttr(plan->desc.str());
  StringAttr dot = rewriter.getStringAttr(plan->info().name);
  auto bytes = RankedTensorType::get(
      {groups * codegen::packedWeightBytes(*plan, n, k)}, rewriter.getI8Type());
  Value packed = nn::PackWeightsOp::create(
      rewriter, weights.getLoc(), bytes, weights, Value(), Value(), text, dot);
  Type type = op->getResult(0).getType();
  auto contract = nn::ContractOp::create(
      rewriter, op->getLoc(), type, lhs, packed, Value(), Value(), Value(),
      Value(), text, dot, rewriter.getI64IntegerAttr(groups * n),
      DenseI64ArrayAttr(), DenseI64ArrayAttr(), DenseI64ArrayAttr(),
      rewriter.getI64IntegerAttr(groups));
  configure(contract);
  if (!bias)
    return contract;
  return nn::ElementwiseOp::create(rewriter, op->getLoc(), type,
                                   nn::ElementwiseKind::Add,
                                   ValueRange{contract, bias});
}

/// A weight in another static shape.
static Value reshapeWeight(PatternRewriter &rewriter, Value weight,
                           ArrayRef<int64_t> shape) {
  auto type = cast<RankedTensorType>(weight.getType());
  return nn::ReshapeOp::create(
      rewriter, weight.getLoc(),
      RankedTensorType::get(shape, type.getElementType()), weight, ValueRange(),
      shape);
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
    Value grouped =
        reshapeWeight(rewriter, op.getWeight(),
                      {1, weight.getDimSize(0), weight.getDimSize(1)});
    Value result = buildContract(rewriter, op, codegen::ContractionDesc(),
                                 features, op.getInput(), grouped, op.getBias(),
                                 [](nn::ContractOp) {});
    if (!result)
      return failure();
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
    auto filter = dyn_cast<RankedTensorType>(op.getFilter().getType());
    if (!isF32(op.getInput().getType()) || !isF32(op.getType()) ||
        !isF32(op.getFilter().getType()) || !filter.hasStaticShape())
      return rewriter.notifyMatchFailure(op, "not f32 throughout");
    if (op.getLayout() != nn::Layout::ChannelsLast ||
        !llvm::all_of(op.getPadding(), [](int64_t p) { return p == 0; }))
      return rewriter.notifyMatchFailure(op,
                                         "not a padded channels_last image");
    if (!WeightDerived().contains(op.getFilter()))
      return rewriter.notifyMatchFailure(op, "filter depends on an input");
    size_t spatial = op.getStrides().size();
    if (spatial < 1 || spatial > 2)
      return rewriter.notifyMatchFailure(op, "not one or two spatial axes");
    int64_t groups = op.getGroups(), channels = filter.getShape().back();
    if (groups > 1 && channels < 4)
      return rewriter.notifyMatchFailure(op, "too few channels a group");

    ArrayRef<int64_t> kernel = filter.getShape().slice(1, spatial);
    bool isPointwise =
        groups == 1 &&
        llvm::all_of(kernel, [](int64_t extent) { return extent == 1; }) &&
        llvm::all_of(op.getStrides(),
                     [](int64_t stride) { return stride == 1; });
    codegen::ContractionDesc desc;
    if (!isPointwise) {
      desc.rowDims = spatial + 1;
      // Neighbouring kernel columns are contiguous unless dilated or grouped.
      bool joined = groups == 1 && op.getDilations().back() == 1;
      desc.segmentDims = joined ? spatial - 1 : spatial;
      desc.groupDims = groups > 1;
    }
    int64_t outputs = filter.getDimSize(0) / groups;
    Value grouped = reshapeWeight(
        rewriter, op.getFilter(),
        {groups, outputs, ShapedType::getNumElements(kernel) * channels});
    Value result =
        buildContract(rewriter, op, desc, features, op.getInput(), grouped,
                      op.getBias(), [&](nn::ContractOp contract) {
                        if (isPointwise)
                          return;
                        contract.setKernel(kernel);
                        contract.setStrides(op.getStrides());
                        contract.setDilations(op.getDilations());
                      });
    if (!result)
      return failure();
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
