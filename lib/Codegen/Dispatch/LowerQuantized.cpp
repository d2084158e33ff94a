//===- LowerQuantized.cpp - Quantized activations as plain tensors --------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Codegen/Dispatch/Passes.h"

#include "dialects/NN/NN.h"
#include "dialects/NN/WeightDerived.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "nibble/Codegen/Dispatch/KernelFormats.h"

namespace nibble {
#define GEN_PASS_DEF_LOWERQUANTIZED
#include "nibble/Codegen/Dispatch/Passes.h.inc"
} // namespace nibble

using namespace mlir;
using namespace nibble;

//===----------------------------------------------------------------------===//
// Formats of activations
//===----------------------------------------------------------------------===//

/// What keeps a kernel from making or reading codes of `type` at run time, or
/// null.
static const char *findFault(qnt::QuantTensorType type) {
  const formats::Format &format = type.getFormat().getValue();
  if (!format.code.isInteger() || type.getFormat().getCodeBits() > 8)
    return "its codes are not integers of at most 8 bits";
  if (format.scale.isNone() || !format.outer.empty())
    return "it needs one level of scales";
  if (format.zero.kind == formats::ZeroKind::Float ||
      format.zero.kind == formats::ZeroKind::Offset)
    return "its zero points are not integers";
  if (!type.getExpressedType().isF32())
    return "it does not stand for f32 numbers";
  ArrayRef<int64_t> shape = type.getShape();
  for (auto [axis, extent] : llvm::enumerate(shape)) {
    int64_t block = type.getFormat().getBlockExtent(axis, shape.size());
    if (block != -1 && block != 1 && block != extent)
      return "its blocks are neither whole axes nor single elements of them";
  }
  return nullptr;
}

/// How many neighbours along the last axis share a scale that is found at run
/// time, -1 for all of a row; none if kernels do not find such scales. Codes
/// are int<2> to int<8>, scales f32.
static std::optional<int64_t> getDynamicGroup(qnt::QuantTensorType type) {
  const formats::Format &format = type.getFormat().getValue();
  int64_t rank = type.getRank();
  unsigned bits = type.getFormat().getCodeBits();
  if (rank == 0 || format.code.kind != formats::CodeKind::Int || bits < 2 ||
      bits > 8 || format.scale.kind != formats::ScaleKind::F32 ||
      !format.outer.empty() || type.getFormat().hasZeroPoint() ||
      !type.getExpressedType().isF32())
    return std::nullopt;
  for (int64_t axis = 0; axis + 1 < rank; ++axis)
    if (type.getFormat().getBlockExtent(axis, rank) != 1 &&
        type.getDimSize(axis) != 1)
      return std::nullopt;
  int64_t last = type.getFormat().getBlockExtent(rank - 1, rank);
  if (last == -1 || last == type.getDimSize(rank - 1))
    return -1;
  return type.isDynamicDim(rank - 1) ? std::nullopt : std::optional(last);
}

static bool isUnsigned(qnt::QuantTensorType type) {
  return type.getFormat().getElement().kind == formats::CodeKind::UInt;
}

//===----------------------------------------------------------------------===//
// Casts
//===----------------------------------------------------------------------===//

static Value castTo(OpBuilder &builder, Value value, Type elementType) {
  auto type = cast<RankedTensorType>(value.getType());
  if (type.getElementType() == elementType)
    return value;
  return nn::CastOp::create(builder, value.getLoc(), type.clone(elementType),
                            value);
}

/// Zero points in i32. A signless byte is unsigned where the format's zero
/// points are.
static Value zeroToI32(OpBuilder &builder, Value zero,
                       qnt::QuantTensorType type) {
  if (!zero)
    return {};
  Type element = cast<RankedTensorType>(zero.getType()).getElementType();
  if (element.isSignlessInteger(8) &&
      type.getFormat().getZero().kind == formats::ZeroKind::UInt)
    zero = castTo(
        builder, zero,
        IntegerType::get(builder.getContext(), 8, IntegerType::Unsigned));
  return castTo(builder, zero, builder.getI32Type());
}

static bool isOneElement(Value value) {
  return !value ||
         cast<RankedTensorType>(value.getType()).getNumElements() == 1;
}

/// `scales` [...] as [..., 1].
static Value appendUnitAxis(OpBuilder &builder, Location loc, Value scales) {
  auto type = cast<RankedTensorType>(scales.getType());
  SmallVector<int64_t> shape(type.getShape());
  SmallVector<Value> dims;
  for (int64_t axis = 0; axis < type.getRank(); ++axis)
    if (type.isDynamicDim(axis))
      dims.push_back(tensor::DimOp::create(builder, loc, scales, axis));
  shape.push_back(1);
  return nn::ReshapeOp::create(
      builder, loc, RankedTensorType::get(shape, type.getElementType()), scales,
      dims, shape);
}

//===----------------------------------------------------------------------===//
// Scales found at run time
//===----------------------------------------------------------------------===//

static Value makeElementwise(OpBuilder &builder, nn::ElementwiseKind kind,
                             ValueRange operands) {
  return nn::ElementwiseOp::create(builder, operands[0].getLoc(),
                                   operands[0].getType(), kind, operands);
}

/// Rule S-4 for `int<bits>` over the last axis of `input`, which stays with one
/// element; scales are positive (rule S-3).
static Value chooseScales(OpBuilder &builder, Value input, unsigned bits) {
  Location loc = input.getLoc();
  auto type = cast<RankedTensorType>(input.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape.back() = 1;
  RankedTensorType scales = type.clone(shape);
  auto constant = [&](double value) -> Value {
    auto scalar = RankedTensorType::get({}, type.getElementType());
    return arith::ConstantOp::create(
        builder, loc, DenseElementsAttr::get(scalar, float(value)));
  };
  auto quotient = [&](nn::ReduceKind reduction, nn::ElementwiseKind bound,
                      double limit) {
    Value most = nn::ReduceOp::create(builder, loc, scales, reduction, input,
                                      ArrayRef<int64_t>{type.getRank() - 1},
                                      /*keep_dims=*/true);
    most = makeElementwise(builder, bound, {most, constant(0)});
    return makeElementwise(builder, nn::ElementwiseKind::Div,
                           {most, constant(limit)});
  };
  double range = double(1 << (bits - 1));
  Value high =
      quotient(nn::ReduceKind::Max, nn::ElementwiseKind::Max, range - 1);
  Value low = quotient(nn::ReduceKind::Min, nn::ElementwiseKind::Min, -range);
  Value scale = makeElementwise(builder, nn::ElementwiseKind::Max, {high, low});
  return makeElementwise(builder, nn::ElementwiseKind::Max,
                         {scale, constant(0x1p-149)});
}

/// The last axis as [groups, elements of a group]; zeros, which no scale minds,
/// fill up the last group.
static Value splitGroups(OpBuilder &builder, Value input, int64_t group) {
  Location loc = input.getLoc();
  auto type = cast<RankedTensorType>(input.getType());
  int64_t rank = type.getRank(), extent = type.getShape().back();
  int64_t groups = llvm::divideCeil(extent, group);
  SmallVector<int64_t> shape(type.getShape());
  if (int64_t missing = groups * group - extent) {
    SmallVector<int64_t> low(rank, 0), high(rank, 0);
    high.back() = missing;
    shape.back() += missing;
    input =
        nn::PadOp::create(builder, loc, type.clone(shape), input,
                          /*value=*/Value(), low, high, nn::PadMode::Constant);
  }
  SmallVector<Value> dims;
  for (int64_t axis = 0; axis + 1 < rank; ++axis)
    if (type.isDynamicDim(axis))
      dims.push_back(tensor::DimOp::create(builder, loc, input, axis));
  shape.back() = groups;
  shape.push_back(group);
  return nn::ReshapeOp::create(builder, loc, type.clone(shape), input, dims,
                               shape);
}

/// What splitGroups split, with `extent` elements of its last axis.
static Value joinGroups(OpBuilder &builder, Value split, int64_t extent) {
  Location loc = split.getLoc();
  auto type = cast<RankedTensorType>(split.getType());
  SmallVector<int64_t> shape(type.getShape().drop_back());
  shape.back() *= type.getShape().back();
  SmallVector<Value> dims;
  for (int64_t axis = 0; axis + 1 < int64_t(shape.size()); ++axis)
    if (type.isDynamicDim(axis))
      dims.push_back(tensor::DimOp::create(builder, loc, split, axis));
  Value whole = nn::ReshapeOp::create(builder, loc, type.clone(shape), split,
                                      dims, shape);
  if (shape.back() == extent)
    return whole;
  shape.back() = extent;
  SmallVector<int64_t> offsets(shape.size(), 0), strides(shape.size(), 1);
  return nn::SliceOp::create(builder, loc, type.clone(shape), whole,
                             ValueRange(), dims, offsets, shape, strides);
}

//===----------------------------------------------------------------------===//
// Patterns
//===----------------------------------------------------------------------===//

namespace {

/// An nn op takes the numbers that its quantized operands stand for. What an
/// integer kernel can do is found again from the qnt.dequantize.
struct ExposeNumbers final : RewritePattern {
  explicit ExposeNumbers(MLIRContext *context)
      : RewritePattern(MatchAnyOpTypeTag(), 1, context) {}

  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    auto isQuantized = [](Type type) {
      return isa<qnt::QuantTensorType>(type);
    };
    if (!isa_and_present<nn::NNDialect>(op->getDialect()) ||
        llvm::any_of(op->getResultTypes(), isQuantized) ||
        llvm::none_of(op->getOperandTypes(), isQuantized))
      return failure();
    rewriter.modifyOpInPlace(op, [&] {
      for (OpOperand &operand : op->getOpOperands()) {
        auto type = dyn_cast<qnt::QuantTensorType>(operand.get().getType());
        if (!type)
          continue;
        operand.set(qnt::DequantizeOp::create(
            rewriter, op->getLoc(),
            RankedTensorType::get(type.getShape(), type.getExpressedType()),
            operand.get()));
      }
    });
    return success();
  }
};

struct LowerQuantize final : OpRewritePattern<qnt::QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(qnt::QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    if (WeightDerived().contains(op.getResult()))
      return rewriter.notifyMatchFailure(op, "is computed at compile time");
    qnt::QuantTensorType type = op.getType();
    if (findFault(type))
      return rewriter.notifyMatchFailure(op, findFault(type));
    if (!op.getPairOrder().empty())
      return rewriter.notifyMatchFailure(op, "no kernel bounds pairs");
    auto codes = RankedTensorType::get(type.getShape(), rewriter.getI8Type());
    Location loc = op.getLoc();
    if (op.getScale()) {
      Value scale = castTo(rewriter, op.getScale(), rewriter.getF32Type());
      Value zero = zeroToI32(rewriter, op.getZero(), type);
      Value input = op.getInput(), divisor = scale;
      // A kernel's epilogue divides by columns, and rounds with one scale.
      if (!zero && !isOneElement(scale)) {
        input = nn::ElementwiseOp::create(rewriter, loc, input.getType(),
                                          nn::ElementwiseKind::Div,
                                          ValueRange{input, scale});
        divisor = arith::ConstantOp::create(
            rewriter, loc,
            DenseElementsAttr::get(
                RankedTensorType::get({}, rewriter.getF32Type()), 1.0f));
      }
      Value made = nn::QuantizeElementsOp::create(
          rewriter, loc, codes, input, divisor, zero,
          int64_t(type.getFormat().getCodeBits()), isUnsigned(type));
      rewriter.replaceOpWithNewOp<qnt::AssembleOp>(op, type, made, scale, zero);
      return success();
    }
    if (getDynamicGroup(type) != -1)
      return rewriter.notifyMatchFailure(op, "no kernel finds such scales");
    unsigned bits = type.getFormat().getCodeBits();
    if (bits != 8) {
      Value scales = chooseScales(rewriter, op.getInput(), bits);
      Value made = nn::QuantizeElementsOp::create(
          rewriter, loc, codes, op.getInput(), scales, /*zero=*/Value(),
          int64_t(bits), /*is_unsigned=*/false);
      rewriter.replaceOpWithNewOp<qnt::AssembleOp>(op, type, made, scales,
                                                   Value());
      return success();
    }
    auto made = nn::QuantizeRowsOp::create(
        rewriter, loc, codes,
        RankedTensorType::get(type.getShape().drop_back(),
                              rewriter.getF32Type()),
        op.getInput());
    rewriter.replaceOpWithNewOp<qnt::AssembleOp>(
        op, type, made.getCodes(),
        appendUnitAxis(rewriter, loc, made.getScales()), Value());
    return success();
  }
};

/// Numbers rounded by groups with scales found at run time: no kernel
/// multiplies such codes, so that nothing else reads them.
struct LowerRounding final : OpRewritePattern<qnt::DequantizeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(qnt::DequantizeOp op,
                                PatternRewriter &rewriter) const override {
    auto quantize = op.getInput().getDefiningOp<qnt::QuantizeOp>();
    if (!quantize || quantize.getScale() ||
        quantize.getChoice() != qnt::ScaleChoice::Range ||
        WeightDerived().contains(op.getResult()))
      return rewriter.notifyMatchFailure(op, "finds no scales at run time");
    std::optional<int64_t> group = getDynamicGroup(quantize.getType());
    if (!group || *group == -1)
      return rewriter.notifyMatchFailure(op, "scales are not of groups");
    unsigned bits = quantize.getType().getFormat().getCodeBits();
    Value split = splitGroups(rewriter, quantize.getInput(), *group);
    auto type = cast<RankedTensorType>(split.getType());
    Value scales = chooseScales(rewriter, split, bits);
    Location loc = quantize.getLoc();
    Value codes = nn::QuantizeElementsOp::create(
        rewriter, loc, type.clone(rewriter.getI8Type()), split, scales,
        /*zero=*/Value(), int64_t(bits), /*is_unsigned=*/false);
    Value numbers = nn::DequantizeElementsOp::create(rewriter, loc, type, codes,
                                                     scales, /*zero=*/Value(),
                                                     /*is_unsigned=*/false);
    rewriter.replaceOp(
        op, joinGroups(rewriter, numbers,
                       cast<RankedTensorType>(op.getType()).getShape().back()));
    return success();
  }
};

struct LowerDequantize final : OpRewritePattern<qnt::DequantizeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(qnt::DequantizeOp op,
                                PatternRewriter &rewriter) const override {
    auto parts = op.getInput().getDefiningOp<qnt::AssembleOp>();
    if (!parts || WeightDerived().contains(op.getResult()))
      return rewriter.notifyMatchFailure(op, "is computed at compile time, or "
                                             "its parts are not known");
    qnt::QuantTensorType type = parts.getType();
    if (findFault(type) || !parts.getScale())
      return rewriter.notifyMatchFailure(op, "no kernel reads the format");
    rewriter.replaceOpWithNewOp<nn::DequantizeElementsOp>(
        op, op.getType(),
        castTo(rewriter, parts.getCodes(), rewriter.getI8Type()),
        castTo(rewriter, parts.getScale(), rewriter.getF32Type()),
        zeroToI32(rewriter, parts.getZero(), type), isUnsigned(type));
    return success();
  }
};

/// qnt.codes, qnt.scales and qnt.zeros of parts that are known.
template <typename OpTy> struct LowerPart final : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;

  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    auto parts = op.getInput().template getDefiningOp<qnt::AssembleOp>();
    if (!parts || WeightDerived().contains(op.getResult()))
      return rewriter.notifyMatchFailure(op, "is computed at compile time, or "
                                             "its parts are not known");
    Value part = std::is_same_v<OpTy, qnt::CodesOp>    ? parts.getCodes()
                 : std::is_same_v<OpTy, qnt::ScalesOp> ? parts.getScale()
                                                       : parts.getZero();
    Type element = cast<RankedTensorType>(op.getType()).getElementType();
    rewriter.replaceOp(op, castTo(rewriter, part, element));
    return success();
  }
};

/// `part` of one element with `rank` axes; null stays null.
static Value withRank(PatternRewriter &rewriter, Value part, int64_t rank) {
  if (!part)
    return part;
  SmallVector<int64_t> ones(rank, 1);
  auto type = cast<RankedTensorType>(part.getType());
  if (type.getRank() == rank)
    return part;
  return nn::ReshapeOp::create(rewriter, part.getLoc(), type.clone(ones), part,
                               ValueRange(), ones);
}

/// An op that only moves elements which share one scale moves their codes.
template <typename MoveOp> struct MoveCodes final : OpRewritePattern<MoveOp> {
  using OpRewritePattern<MoveOp>::OpRewritePattern;

  LogicalResult matchAndRewrite(MoveOp op,
                                PatternRewriter &rewriter) const override {
    auto type = dyn_cast<qnt::QuantTensorType>(op->getResult(0).getType());
    auto parts = op.getInput().template getDefiningOp<qnt::AssembleOp>();
    if (!type || !parts || WeightDerived().contains(op->getResult(0)))
      return rewriter.notifyMatchFailure(op, "moves no quantized activation");
    if (!parts.getScale() || !isOneElement(parts.getScale()) ||
        !isOneElement(parts.getZero()))
      return rewriter.notifyMatchFailure(op, "not one scale for all elements");
    auto codesType = cast<RankedTensorType>(parts.getCodes().getType())
                         .clone(type.getShape());
    Operation *moved = rewriter.clone(*op);
    rewriter.modifyOpInPlace(moved, [&] {
      moved->setOperand(0, parts.getCodes());
      moved->getResult(0).setType(codesType);
    });
    rewriter.replaceOpWithNewOp<qnt::AssembleOp>(
        op, type, moved->getResult(0),
        withRank(rewriter, parts.getScale(), type.getRank()),
        withRank(rewriter, parts.getZero(), type.getRank()));
    return success();
  }
};

struct LowerQuantized final : nibble::impl::LowerQuantizedBase<LowerQuantized> {
  void runOnOperation() override {
    if (failed(checkWeights()))
      return signalPassFailure();
    RewritePatternSet patterns(&getContext());
    patterns.add<ExposeNumbers, LowerQuantize, LowerRounding, LowerDequantize,
                 LowerPart<qnt::CodesOp>, LowerPart<qnt::ScalesOp>,
                 LowerPart<qnt::ZerosOp>, MoveCodes<nn::ReshapeOp>,
                 MoveCodes<nn::TransposeOp>>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))) ||
        failed(checkRest()))
      signalPassFailure();
  }

  /// Weights that were asked for in a format which no kernel reads are not
  /// widened. What a model brings in such a format (behind qnt.dequantize) is.
  LogicalResult checkWeights() {
    LogicalResult result = success();
    getOperation().walk([&](Operation *op) {
      if (!isa<nn::LinearOp, nn::ConvOp>(op))
        return;
      auto type = dyn_cast<qnt::QuantTensorType>(op->getOperand(1).getType());
      if (!type || !findWeightFault(type.getFormat().getValue()))
        return;
      op->emitOpError("has no kernel for weights in the format ")
          << type.getFormat() << ": "
          << findWeightFault(type.getFormat().getValue());
      result = failure();
    });
    return result;
  }

  /// Whatever is still quantized at run time has no kernel.
  LogicalResult checkRest() {
    WeightDerived weights;
    LogicalResult result = success();
    getOperation().walk([&](Operation *op) {
      for (Value value : op->getResults()) {
        auto type = dyn_cast<qnt::QuantTensorType>(value.getType());
        if (!type || weights.contains(value))
          continue;
        const char *fault = findFault(type);
        InFlightDiagnostic diagnostic =
            op->emitOpError("has no kernel for the format ")
            << type.getFormat();
        if (fault)
          diagnostic << ": " << fault;
        else
          diagnostic << ": scales found at run time are f32 ones of rows, or "
                        "of groups of a row, in int<2> to int<8>; give static "
                        "scales";
        result = failure();
      }
    });
    return result;
  }
};

} // namespace
