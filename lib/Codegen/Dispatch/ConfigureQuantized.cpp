//===- ConfigureQuantized.cpp - Integer kernels for linear maps -----------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Codegen/Dispatch/Passes.h"

#include "BuildContract.h"
#include "MoveCodes.h"
#include "dialects/NN/NN.h"
#include "dialects/NN/Note.h"
#include "dialects/NN/WeightDerived.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "nibble/Codegen/Dispatch/KernelFormats.h"

namespace nibble {
#define GEN_PASS_DEF_CONFIGUREQUANTIZED
#include "nibble/Codegen/Dispatch/Passes.h.inc"
} // namespace nibble

using namespace mlir;
using namespace nibble;

static ArrayRef<int64_t> shapeOf(Value value) {
  return cast<ShapedType>(value.getType()).getShape();
}

static bool isOneElement(Value value) {
  return llvm::all_of(shapeOf(value), [](int64_t n) { return n == 1; });
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

namespace {
/// Axes in another order. For each axis the one that it was, or -1 for a new
/// axis of one element.
struct AxisMove {
  SmallVector<int64_t> source;
  /// Whether elements change their order in memory.
  bool isTranspose;

  SmallVector<int64_t> apply(ArrayRef<int64_t> shape) const {
    return llvm::map_to_vector(source, [&](int64_t axis) {
      return axis < 0 ? int64_t(1) : shape[axis];
    });
  }
};

/// A quantized weight behind ops that move its axes.
struct QuantizedWeight {
  Value quantized;
  SmallVector<AxisMove> moves; ///< innermost first
  /// Of the moved weight: its extents, and those of its blocks' grid.
  SmallVector<int64_t> shape, grid;
  codegen::WeightFormat format;

  qnt::QuantTensorType type() const {
    return cast<qnt::QuantTensorType>(quantized.getType());
  }
};
} // namespace

static codegen::ScaleKind toKernelScale(formats::ScaleKind kind) {
  switch (kind) {
  case formats::ScaleKind::F32:
    return codegen::ScaleKind::F32;
  case formats::ScaleKind::F16:
    return codegen::ScaleKind::F16;
  case formats::ScaleKind::BF16:
    return codegen::ScaleKind::BF16;
  default:
    return codegen::ScaleKind::None;
  }
}

const char *nibble::findWeightFault(const formats::Format &format) {
  unsigned bits = formats::codeBits(format.code);
  if (!format.code.isInteger() || bits < 2 || bits > 8)
    return "its codes are not integers of 2 to 8 bits";
  if (toKernelScale(format.scale.kind) == codegen::ScaleKind::None ||
      !format.outer.empty())
    return "its scales are not one level of f32, f16 or bf16";
  bool isSigned = format.code.kind == formats::CodeKind::Int;
  if (format.zero.kind != formats::ZeroKind::None &&
      (format.zero.kind !=
           (isSigned ? formats::ZeroKind::Int : formats::ZeroKind::UInt) ||
       format.zero.bits != bits))
    return "its zero points are not codes";
  int64_t last = format.block.empty() ? -1 : format.block.back();
  if (last > 1 && last % 4 != 0)
    return "its groups are not multiples of 4 values";
  return nullptr;
}

/// A reshape that only adds and removes axes of one element.
static std::optional<AxisMove> matchUnitAxes(nn::ReshapeOp op) {
  ArrayRef<int64_t> from = shapeOf(op.getInput()), to = shapeOf(op);
  AxisMove move{{}, /*isTranspose=*/false};
  size_t next = 0;
  for (int64_t extent : to) {
    while (extent != 1 && next < from.size() && from[next] == 1)
      ++next;
    if (extent == 1) {
      move.source.push_back(-1);
      continue;
    }
    if (next == from.size() || from[next] != extent)
      return std::nullopt;
    move.source.push_back(int64_t(next++));
  }
  return move;
}

/// `value` without its last move of axes, which is added to `moves`. Null if
/// no such op makes it.
static Value stripMove(Value value, SmallVectorImpl<AxisMove> &moves) {
  if (auto transpose = value.getDefiningOp<nn::TransposeOp>()) {
    moves.push_back({llvm::to_vector(transpose.getPermutation()), true});
    return transpose.getInput();
  }
  auto reshape = value.getDefiningOp<nn::ReshapeOp>();
  if (!reshape)
    return {};
  std::optional<AxisMove> move = matchUnitAxes(reshape);
  if (!move)
    return {};
  moves.push_back(*move);
  return reshape.getInput();
}

/// The quantized weight behind `weight`, if it is one.
static std::optional<QuantizedWeight> matchWeight(Value weight) {
  QuantizedWeight result;
  while (Value inner = stripMove(weight, result.moves))
    weight = inner;
  std::reverse(result.moves.begin(), result.moves.end());
  auto dequantize = weight.getDefiningOp<qnt::DequantizeOp>();
  if (!dequantize || !WeightDerived().contains(dequantize.getInput()))
    return std::nullopt;
  result.quantized = dequantize.getInput();
  qnt::QuantTensorType type = result.type();
  result.shape.assign(type.getShape().begin(), type.getShape().end());
  result.grid = type.getFormat().getScaleShape(type.getShape());
  for (const AxisMove &move : result.moves) {
    result.shape = move.apply(result.shape);
    result.grid = move.apply(result.grid);
  }
  return result;
}

/// Whether codes 2i and 2i + 1 of an output, as a kernel sums them, are the
/// pairs that the quantization bounds (rule S-10): the axes behind the outputs
/// are those of its order, but for axes of one element.
static bool hasBoundedPairs(const QuantizedWeight &weight) {
  auto made = weight.quantized.getDefiningOp<qnt::QuantizeOp>();
  if (!made || made.getPairOrder().empty())
    return false;
  SmallVector<int64_t> axes =
      llvm::to_vector(llvm::seq<int64_t>(0, weight.shape.size()));
  for (const AxisMove &move : llvm::reverse(weight.moves))
    for (int64_t &axis : axes)
      axis = axis < 0 ? axis : move.source[axis];
  auto isCounted = [&](int64_t axis) {
    return axis >= 0 && weight.type().getDimSize(axis) != 1;
  };
  auto summed = llvm::make_filter_range(ArrayRef(axes).drop_front(), isCounted);
  auto order = llvm::make_filter_range(made.getPairOrder(), isCounted);
  return llvm::equal(summed, order);
}

/// Fills in `weight.format`, or says why no kernel reads it. Axis 0 are the
/// outputs; groups along the last axis only where `allowGroups`.
static const char *describeWeight(QuantizedWeight &weight, bool allowGroups) {
  const formats::Format &format = weight.type().getFormat().getValue();
  if (const char *fault = findWeightFault(format))
    return fault;
  if (weight.grid[0] != 1 && weight.grid[0] != weight.shape[0])
    return "its blocks hold more than one output";
  ArrayRef<int64_t> inner = ArrayRef(weight.grid).drop_front();
  bool isGrouped = llvm::any_of(inner, [](int64_t n) { return n != 1; });
  if (isGrouped && (!allowGroups || inner.size() != 1))
    return "its blocks divide the summed axes of a convolution";
  codegen::WeightFormat &b = weight.format;
  b.bits = formats::codeBits(format.code);
  b.isSigned = format.code.kind == formats::CodeKind::Int;
  b.zero = format.zero.kind != formats::ZeroKind::None;
  b.scale = toKernelScale(format.scale.kind);
  b.boundedPairs = hasBoundedPairs(weight);
  if (isGrouped) {
    int64_t rank = weight.type().getRank();
    int64_t axis = int64_t(weight.shape.size()) - 1;
    for (const AxisMove &move : llvm::reverse(weight.moves))
      axis = move.source[axis];
    b.group = weight.type().getFormat().getBlockExtent(axis, rank);
  }
  return nullptr;
}

/// A part of the weight with its axes moved as the weight's are.
static Value movePart(PatternRewriter &rewriter, Value part,
                      const QuantizedWeight &weight) {
  for (const AxisMove &move : weight.moves) {
    auto type = cast<RankedTensorType>(part.getType());
    SmallVector<int64_t> shape = move.apply(type.getShape());
    part = move.isTranspose
               ? nn::TransposeOp::create(rewriter, part.getLoc(),
                                         type.clone(shape), part, move.source)
                     .getResult()
               : reshapeWeight(rewriter, part, shape);
  }
  return part;
}

/// Scales or zero points, one for each output and block: [groups, N, blocks].
static Value spreadBlocks(PatternRewriter &rewriter, Value part,
                          ArrayRef<int64_t> shape) {
  int64_t outputs = shape[0] * shape[1];
  int64_t rows = shapeOf(part)[0];
  int64_t blocks = ShapedType::getNumElements(shapeOf(part).drop_front());
  Type element = cast<RankedTensorType>(part.getType()).getElementType();
  part = reshapeWeight(rewriter, part, {rows, blocks});
  if (rows != outputs)
    part = nn::ExpandOp::create(
        rewriter, part.getLoc(),
        RankedTensorType::get({outputs, blocks}, element), part, ValueRange(),
        ArrayRef<int64_t>{outputs, blocks});
  return reshapeWeight(rewriter, part, {shape[0], shape[1], blocks});
}

/// Fills in codes, scales and zero points; `shape` is [groups, N, K].
static void takeApart(PatternRewriter &rewriter, const QuantizedWeight &weight,
                      ArrayRef<int64_t> shape, ContractParts &parts) {
  Location loc = weight.quantized.getLoc();
  qnt::QuantTensorType type = weight.type();
  SmallVector<int64_t> grid = type.getFormat().getScaleShape(type.getShape());
  Value codes = qnt::CodesOp::create(
      rewriter, loc,
      RankedTensorType::get(type.getShape(), rewriter.getI8Type()),
      weight.quantized);
  parts.weights =
      reshapeWeight(rewriter, movePart(rewriter, codes, weight), shape);
  Value scales = qnt::ScalesOp::create(
      rewriter, loc, RankedTensorType::get(grid, rewriter.getF32Type()),
      weight.quantized);
  parts.weightScales =
      spreadBlocks(rewriter, movePart(rewriter, scales, weight), shape);
  if (!type.getFormat().hasZeroPoint())
    return;
  Value zeros = qnt::ZerosOp::create(
      rewriter, loc, RankedTensorType::get(grid, rewriter.getI8Type()),
      weight.quantized);
  parts.weightZeros =
      spreadBlocks(rewriter, movePart(rewriter, zeros, weight), shape);
}

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

/// The scales of the rows of an input, one each: nn.quantize_rows's, or a
/// tensor [..., 1]. Null if they are not one a row.
static Value matchRowScales(nn::DequantizeElementsOp input) {
  Value scale = input.getScale();
  ArrayRef<int64_t> codes = shapeOf(input.getCodes()), own = shapeOf(scale);
  if (own.size() != codes.size() || own.back() != 1 ||
      own.drop_back() != codes.drop_back())
    return {};
  auto reshape = scale.getDefiningOp<nn::ReshapeOp>();
  if (reshape && reshape.getInput().getDefiningOp<nn::QuantizeRowsOp>())
    return reshape.getInput();
  return scale;
}

/// Reads the input as codes, or says why no kernel does. `allowRows`: its rows
/// are those of the contraction.
static const char *describeInput(nn::DequantizeElementsOp input, bool allowRows,
                                 codegen::ContractionDesc &desc,
                                 ContractParts &parts) {
  parts.lhs = input.getCodes();
  desc.a = input.getIsUnsigned() ? codegen::ActivationKind::U8
                                 : codegen::ActivationKind::S8;
  if (isOneElement(input.getScale())) {
    parts.scale = input.getScale();
    desc.aScale = codegen::Granularity::Tensor;
  } else {
    parts.scale = allowRows ? matchRowScales(input) : Value();
    desc.aScale = codegen::Granularity::Row;
    if (!parts.scale)
      return "its input has scales along an axis that is summed";
  }
  if (!input.getZero())
    return nullptr;
  if (!isOneElement(input.getZero()))
    return "its input has more than one zero point";
  parts.zero = input.getZero();
  desc.aZero = codegen::Granularity::Tensor;
  return nullptr;
}

/// One scale that is known becomes part of the weights' scales (rule O-4).
static void foldInputScale(PatternRewriter &rewriter,
                           codegen::ContractionDesc &desc,
                           ContractParts &parts) {
  if (desc.aScale != codegen::Granularity::Tensor ||
      !WeightDerived().contains(parts.scale))
    return;
  Value scale = reshapeWeight(rewriter, parts.scale, {1});
  parts.weightScales = nn::ElementwiseOp::create(
      rewriter, scale.getLoc(), parts.weightScales.getType(),
      nn::ElementwiseKind::Mul, ValueRange{parts.weightScales, scale});
  parts.scale = Value();
  desc.aScale = codegen::Granularity::None;
  desc.b.scale = codegen::ScaleKind::F32;
}

//===----------------------------------------------------------------------===//
// Results that are quantized
//===----------------------------------------------------------------------===//

namespace {
/// A multiplication of a linear map's result by positive constants, one for
/// each output or one for all, perhaps behind a relu: what comes before the
/// rounding to codes.
struct OutputFactor {
  nn::ElementwiseOp multiply;
  unsigned side; ///< the operand that is constant
  Value constant() { return multiply.getInputs()[side]; }
};
} // namespace

static std::optional<OutputFactor> matchOutputFactor(Operation *linear,
                                                     int64_t outputs) {
  Value value = linear->getResult(0);
  while (value.hasOneUse()) {
    OpOperand &use = *value.use_begin();
    auto op = dyn_cast<nn::ElementwiseOp>(use.getOwner());
    if (!op || op.getType() != value.getType())
      return std::nullopt;
    if (op.getKind() == nn::ElementwiseKind::Relu) {
      value = op.getResult();
      continue;
    }
    if (op.getKind() != nn::ElementwiseKind::Mul)
      return std::nullopt;
    OutputFactor factor{op, 1 - use.getOperandNumber()};
    ArrayRef<int64_t> shape = shapeOf(factor.constant());
    bool isColumns = !shape.empty() && shape.back() == outputs &&
                     ShapedType::getNumElements(shape) == outputs;
    if ((!isColumns && !isOneElement(factor.constant())) ||
        !isPositiveConstant(factor.constant()))
      return std::nullopt;
    return factor;
  }
  return std::nullopt;
}

/// The constant and what moves its axes stand before `op`.
static void hoistConstant(PatternRewriter &rewriter, Value constant,
                          Operation *op) {
  Operation *before = op;
  for (Operation *def = constant.getDefiningOp();
       def && def->getBlock() == op->getBlock() && op->isBeforeInBlock(def);
       def = def->getNumOperands() ? def->getOperand(0).getDefiningOp()
                                   : nullptr) {
    rewriter.moveOpBefore(def, before);
    before = def;
  }
}

/// `value`, of one element for each output, times the factor.
static Value multiply(PatternRewriter &rewriter, Value value,
                      OutputFactor factor) {
  Value constant = factor.constant();
  SmallVector<int64_t> shape(shapeOf(value));
  if (isOneElement(constant))
    shape.assign(shape.size(), 1);
  return nn::ElementwiseOp::create(
      rewriter, value.getLoc(), value.getType(), nn::ElementwiseKind::Mul,
      ValueRange{value, reshapeWeight(rewriter, constant, shape)});
}

//===----------------------------------------------------------------------===//
// Patterns
//===----------------------------------------------------------------------===//

namespace {

template <typename OpTy> struct ConfigureBase : OpRewritePattern<OpTy> {
  ConfigureBase(MLIRContext *context, const codegen::TargetFeatures &features)
      : OpRewritePattern<OpTy>(context), features(features) {}

  /// Leaves `op` to the f32 kernels, and says why.
  static LogicalResult keep(PatternRewriter &rewriter, OpTy op,
                            const Twine &reason) {
    if (op->hasAttr(nn::kNoteAttr))
      return failure();
    std::string note =
        ("computed in f32 from dequantized weights: " + reason).str();
    op->emitRemark(note);
    rewriter.modifyOpInPlace(
        op, [&] { op->setAttr(nn::kNoteAttr, rewriter.getStringAttr(note)); });
    return success();
  }

  /// `weightValue` as [groups, N, K] = `shape`.
  LogicalResult configure(PatternRewriter &rewriter, OpTy op, Value input,
                          Value weightValue, ArrayRef<int64_t> shape,
                          bool allowRows, codegen::ContractionDesc desc,
                          function_ref<void(nn::ContractOp)> window) const {
    std::optional<QuantizedWeight> weight = matchWeight(weightValue);
    if (!weight)
      return rewriter.notifyMatchFailure(op, "weight is not quantized");
    if (const char *fault =
            describeWeight(*weight, shapeOf(weightValue).size() == 2))
      return keep(rewriter, op,
                  "no kernel reads the weights' format: " + Twine(fault));
    ContractParts parts;
    parts.bias = op.getBias();
    parts.lhs = input;
    if (auto quantized = input.getDefiningOp<nn::DequantizeElementsOp>())
      if (const char *fault = describeInput(quantized, allowRows, desc, parts))
        return keep(rewriter, op, fault);
    desc.b = weight->format;
    desc.wordSegments &= desc.isInteger();
    bool isFolded = desc.aScale == codegen::Granularity::Tensor &&
                    WeightDerived().contains(parts.scale);
    std::optional<OutputFactor> factor;
    if (desc.isInteger() && !desc.b.isGrouped())
      factor = matchOutputFactor(op, shape[0] * shape[1]);
    codegen::ContractionDesc final = desc;
    if (isFolded) {
      final.aScale = codegen::Granularity::None;
      final.b.scale = codegen::ScaleKind::F32;
    }
    if (factor) {
      final.b.scale = codegen::ScaleKind::F32;
      hoistConstant(rewriter, factor->constant(), op);
    }
    llvm::Expected<codegen::ContractionPlan> plan =
        codegen::planContraction(final, features);
    if (!plan)
      return keep(rewriter, op, llvm::toString(plan.takeError()));
    takeApart(rewriter, *weight, shape, parts);
    foldInputScale(rewriter, desc, parts);
    if (factor) {
      parts.weightScales = multiply(rewriter, parts.weightScales, *factor);
      if (parts.bias)
        parts.bias = multiply(rewriter, parts.bias, *factor);
      rewriter.replaceOp(factor->multiply,
                         factor->multiply.getInputs()[1 - factor->side]);
    }
    rewriter.replaceOp(op, buildContract(rewriter, op, *plan, parts, window));
    return success();
  }

  codegen::TargetFeatures features;
};

struct ConfigureQuantizedLinear final : ConfigureBase<nn::LinearOp> {
  using ConfigureBase::ConfigureBase;

  LogicalResult matchAndRewrite(nn::LinearOp op,
                                PatternRewriter &rewriter) const override {
    ArrayRef<int64_t> shape = shapeOf(op.getWeight());
    if (ShapedType::isDynamicShape(shape) ||
        !isa<RankedTensorType>(op.getType()))
      return rewriter.notifyMatchFailure(op, "extents are not known");
    if (ShapedType::getNumElements(shape) == 0)
      return rewriter.notifyMatchFailure(op, "weight has no elements");
    codegen::ContractionDesc desc;
    desc.wordSegments = shape[1] % 4 == 0;
    return configure(rewriter, op, op.getInput(), op.getWeight(),
                     {1, shape[0], shape[1]}, /*allowRows=*/true, desc,
                     [](nn::ContractOp) {});
  }
};

struct ConfigureQuantizedConv final : ConfigureBase<nn::ConvOp> {
  using ConfigureBase::ConfigureBase;

  LogicalResult matchAndRewrite(nn::ConvOp op,
                                PatternRewriter &rewriter) const override {
    if (!isa<RankedTensorType>(op.getType()) ||
        failed(checkImage(rewriter, op)))
      return failure();
    codegen::ContractionDesc desc;
    describeImage(op, desc);
    // A segment is one or more times the channels of a group.
    desc.wordSegments = shapeOf(op.getFilter()).back() % 4 == 0;
    return configure(rewriter, op, op.getInput(), op.getFilter(),
                     groupedFilterShape(op), isPointwise(op), desc,
                     [&](nn::ContractOp contract) { setWindow(op, contract); });
  }
};

/// A depthwise convolution of codes, summed in f32: exact integers while sums
/// of products are below 2^24.
struct ConfigureDepthwise final : OpRewritePattern<nn::ConvOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::ConvOp op,
                                PatternRewriter &rewriter) const override {
    auto input = op.getInput().getDefiningOp<nn::DequantizeElementsOp>();
    std::optional<QuantizedWeight> weight = matchWeight(op.getFilter());
    if (!input || !weight)
      return rewriter.notifyMatchFailure(op, "not of codes");
    ArrayRef<int64_t> shape = shapeOf(op.getFilter());
    if (op.getLayout() != nn::Layout::ChannelsLast || op.getGroups() == 1 ||
        ShapedType::isDynamicShape(shape) || shape.back() >= 4 ||
        ShapedType::getNumElements(shape) == 0)
      return rewriter.notifyMatchFailure(op, "not depthwise");
    if (!isOneElement(input.getScale()) && !isOfChannels(input, shape[0]))
      return rewriter.notifyMatchFailure(op, "scales are not of channels");
    if ((input.getZero() && !isOneElement(input.getZero())) ||
        describeWeight(*weight, /*allowGroups=*/false) || weight->format.zero)
      return rewriter.notifyMatchFailure(op, "zero points are not the same");
    int64_t largest = weight->format.isSigned
                          ? int64_t(1) << (weight->format.bits - 1)
                          : (int64_t(1) << weight->format.bits) - 1;
    if (ShapedType::getNumElements(shape.drop_front()) * 255 * largest >=
        int64_t(1) << 24)
      return rewriter.notifyMatchFailure(op, "sums may not be exact in f32");
    std::optional<OutputFactor> factor = matchOutputFactor(op, shape[0]);
    Location loc = op.getLoc();
    ContractParts parts;
    takeApart(rewriter, *weight, groupedFilterShape(op), parts);
    Type f32 = rewriter.getF32Type();
    Value one = arith::ConstantOp::create(
        rewriter, loc,
        DenseElementsAttr::get(RankedTensorType::get({}, rewriter.getF32Type()),
                               1.0f));
    Value codes = nn::DequantizeElementsOp::create(
        rewriter, loc, input.getType(), input.getCodes(), one, input.getZero(),
        input.getIsUnsigned());
    Value filter = reshapeWeight(
        rewriter, castWeight(rewriter, parts.weights, weight->format.isSigned),
        shape);
    auto sums =
        nn::ConvOp::create(rewriter, loc, op.getType(), codes, filter,
                           /*bias=*/Value(), op.getStrides(), op.getPadding(),
                           op.getDilations(), op.getGroups(), op.getLayout());
    Value scales = reshapeWeight(rewriter, parts.weightScales, {shape[0]});
    Value scale = nn::ElementwiseOp::create(
        rewriter, loc, RankedTensorType::get({shape[0]}, f32),
        nn::ElementwiseKind::Mul,
        ValueRange{scales, reshapeWeight(rewriter, input.getScale(),
                                         {ShapedType::getNumElements(
                                             shapeOf(input.getScale()))})});
    Value bias = op.getBias();
    if (factor) {
      hoistConstant(rewriter, factor->constant(), op);
      scale = multiply(rewriter, scale, *factor);
      if (bias)
        bias = multiply(rewriter, bias, *factor);
      rewriter.replaceOp(factor->multiply,
                         factor->multiply.getInputs()[1 - factor->side]);
    }
    Value result = nn::ElementwiseOp::create(rewriter, loc, op.getType(),
                                             nn::ElementwiseKind::Mul,
                                             ValueRange{sums, scale});
    if (bias)
      result = nn::ElementwiseOp::create(rewriter, loc, op.getType(),
                                         nn::ElementwiseKind::Add,
                                         ValueRange{result, bias});
    rewriter.replaceOp(op, result);
    return success();
  }

  /// Whether the input's scales are of its channels, as many as of outputs.
  static bool isOfChannels(nn::DequantizeElementsOp input, int64_t outputs) {
    ArrayRef<int64_t> scale = shapeOf(input.getScale());
    return !input.getZero() && scale.size() == shapeOf(input).size() &&
           scale.back() == outputs && shapeOf(input).back() == outputs &&
           ShapedType::getNumElements(scale) == outputs;
  }

  /// Codes in bytes as f32.
  static Value castWeight(PatternRewriter &rewriter, Value codes,
                          bool isSigned) {
    auto type = cast<RankedTensorType>(codes.getType());
    Location loc = codes.getLoc();
    if (!isSigned)
      codes = nn::CastOp::create(
          rewriter, loc,
          type.clone(IntegerType::get(rewriter.getContext(), 8,
                                      IntegerType::Unsigned)),
          codes);
    return nn::CastOp::create(rewriter, loc, type.clone(rewriter.getF32Type()),
                              codes);
  }
};

struct ConfigureQuantized final
    : nibble::impl::ConfigureQuantizedBase<ConfigureQuantized> {
  using ConfigureQuantizedBase::ConfigureQuantizedBase;

  void runOnOperation() override {
    auto parsed = codegen::TargetFeatures::parse(features);
    if (!parsed) {
      getOperation().emitError(llvm::toString(parsed.takeError()));
      return signalPassFailure();
    }
    // Codes first go as far as they can, so that kernels see them.
    RewritePatternSet moving(&getContext());
    populateMoveCodesPatterns(moving);
    RewritePatternSet patterns(&getContext());
    patterns.add<ConfigureQuantizedConv, ConfigureQuantizedLinear>(
        &getContext(), *parsed);
    patterns.add<ConfigureDepthwise>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(moving))) ||
        failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
