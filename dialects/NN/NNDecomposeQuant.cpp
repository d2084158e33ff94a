//===- NNDecomposeQuant.cpp - quantize and dequantize as linalg -----------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The qnt dialect computes nothing and knows no linalg, so that its two
// conversions get their meaning here. Rule ids are docs/spec.md's.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/NNDecomposeQuant.h"
#include "dialects/NN/NNDecompose.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/IR/LinalgInterfaces.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/TypeUtilities.h"
#include "nibble/Formats/MiniFloat.h"
#include "nibble/Formats/NamedFormats.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace nibble;
using namespace nibble::nn;
using formats::CodeKind;
using formats::ZeroKind;

static Value emit(OpBuilder &b, Location loc, ElementwiseKind kind,
                  ValueRange operands) {
  return emitElementwise(b, loc, kind, operands);
}

//===----------------------------------------------------------------------===//
// Parts
//===----------------------------------------------------------------------===//

/// `tensor` with elements of `type`, converted as nn.cast does.
static Value convert(DecomposeBuilder &b, Value tensor, Type type,
                     bool fromUnsigned) {
  Value numbers = b.numbers(tensor);
  if (getNumberType(numbers) == type)
    return numbers;
  unsigned rank = cast<RankedTensorType>(numbers.getType()).getRank();
  Type computeType = getComputeType(type);
  return b.map(b.extents(numbers), type, numbers, b.identity(rank),
               [&](OpBuilder &b, Location loc, ValueRange args) {
                 return emitCast(b, loc, args[0], computeType, fromUnsigned);
               });
}

QuantParts nn::takeApart(DecomposeBuilder &b, Value tensor) {
  auto type = cast<qnt::QuantTensorType>(tensor.getType());
  qnt::FormatAttr format = type.getFormat();
  bool unsignedZero = format.getZero().kind == ZeroKind::UInt;
  bool unsignedCodes = format.getElement().kind != CodeKind::Int &&
                       format.getElement().kind != CodeKind::Ternary;
  QuantParts parts;
  if (auto assemble = tensor.getDefiningOp<qnt::AssembleOp>()) {
    parts.codes =
        convert(b, assemble.getCodes(), format.getCodeType(), unsignedCodes);
    if (Value scale = assemble.getScale())
      parts.scale = convert(b, scale, b.getF32Type(), false);
    if (Value zero = assemble.getZero())
      parts.zero = convert(b, zero, format.getZeroType(), unsignedZero);
    return parts;
  }
  SmallVector<int64_t> blocks = format.getScaleShape(type.getShape());
  parts.codes = qnt::CodesOp::create(
      b, RankedTensorType::get(type.getShape(), format.getCodeType()), tensor);
  if (format.hasScale())
    parts.scale = qnt::ScalesOp::create(
        b, RankedTensorType::get(blocks, b.getF32Type()), tensor);
  if (format.hasZeroPoint())
    parts.zero = qnt::ZerosOp::create(
        b, RankedTensorType::get(blocks, format.getZeroType()), tensor);
  return parts;
}

/// From an element to its block.
static AffineMap getBlockMap(DecomposeBuilder &b, qnt::FormatAttr format,
                             int64_t rank) {
  SmallVector<AffineExpr> results;
  for (int64_t axis = 0; axis < rank; ++axis) {
    int64_t block = format.getBlockExtent(axis, rank);
    AffineExpr dim = b.getAffineDimExpr(axis);
    results.push_back(block == -1  ? b.getAffineConstantExpr(0)
                      : block == 1 ? dim
                                   : dim.floorDiv(block));
  }
  return b.mapOf(rank, results);
}

//===----------------------------------------------------------------------===//
// dequantize
//===----------------------------------------------------------------------===//

/// The values of all codes of a float, a known table or powers of two (rules
/// F-1, C-3, C-5); none for other codes and for those of more than 8 bits.
static SmallVector<float> getCodeValues(const formats::ElementCode &code) {
  SmallVector<float> values;
  if (formats::codeBits(code) > 8)
    return values;
  if (code.kind == CodeKind::Float) {
    formats::MiniFloat decoder(code, formats::Overflow::Saturate);
    for (unsigned i = 0; i < 1u << formats::codeBits(code); ++i)
      values.push_back(decoder.decode(i));
  }
  if (code.kind == CodeKind::Table)
    if (const std::vector<float> *table = formats::lookupTable(code.table))
      values.assign(table->begin(), table->end());
  if (code.kind == CodeKind::Pow2) {
    int half = 1 << (code.bits - 1);
    for (int i = 0; i < 2 * half; ++i) {
      float magnitude = std::ldexp(1.0f, i % half - (half - 1));
      values.push_back(i < half ? magnitude : -magnitude);
    }
  }
  return values;
}

/// f16 or bf16 codes are those types' bits.
static Type getCodeAsFloat(MLIRContext *context,
                           const formats::ElementCode &code) {
  if (code == formats::ElementCode::makeFloat(5, 10))
    return Float16Type::get(context);
  if (code == formats::ElementCode::makeFloat(8, 7))
    return BFloat16Type::get(context);
  return {};
}

namespace {
/// How the codes of a format become f32 in a linalg body.
class CodeReader {
public:
  static FailureOr<CodeReader> create(DecomposeBuilder &b,
                                      qnt::FormatAttr format);

  Value read(OpBuilder &builder, Location loc, Value code) const;

private:
  CodeKind kind = CodeKind::Int;
  /// f32 values of all codes, or null.
  Value table;
  Type bits;
};
} // namespace

FailureOr<CodeReader> CodeReader::create(DecomposeBuilder &b,
                                         qnt::FormatAttr format) {
  CodeReader reader;
  reader.kind = format.getElement().kind;
  if (format.isInteger() || reader.kind == CodeKind::Ternary)
    return reader;
  reader.bits = getCodeAsFloat(b.getContext(), format.getElement());
  if (reader.bits)
    return reader;
  SmallVector<float> values = getCodeValues(format.getElement());
  if (values.empty())
    return failure();
  auto type = RankedTensorType::get(values.size(), b.getF32Type());
  reader.table = arith::ConstantOp::create(
      b, DenseElementsAttr::get(type, ArrayRef<float>(values)));
  return reader;
}

Value CodeReader::read(OpBuilder &builder, Location loc, Value code) const {
  Type f32 = builder.getF32Type();
  if (bits)
    return emitCast(builder, loc,
                    arith::BitcastOp::create(builder, loc, bits, code), f32);
  if (!table)
    return emitCast(builder, loc, code, f32, kind == CodeKind::UInt);
  Value index =
      arith::IndexCastUIOp::create(builder, loc, builder.getIndexType(), code);
  return tensor::ExtractOp::create(builder, loc, table, index);
}

/// (code - zero) * scale + offset (rule D-1).
static FailureOr<Value> dequantize(DecomposeBuilder &b, Value tensor,
                                   Type resultType) {
  auto type = cast<qnt::QuantTensorType>(tensor.getType());
  qnt::FormatAttr format = type.getFormat();
  FailureOr<CodeReader> reader = CodeReader::create(b, format);
  // Outer scales are one more operand, which the op does not have.
  if (failed(reader) || !format.getOuter().empty())
    return failure();
  QuantParts parts = takeApart(b, tensor);
  int64_t rank = type.getShape().size();
  AffineMap blocks = getBlockMap(b, format, rank);
  SmallVector<Value> inputs = {parts.codes};
  SmallVector<AffineMap> maps = {b.identity(rank)};
  if (parts.scale) {
    inputs.push_back(parts.scale);
    maps.push_back(blocks);
  }
  if (parts.zero) {
    inputs.push_back(parts.zero);
    maps.push_back(blocks);
  }
  ZeroKind zeroKind = format.getZero().kind;
  return b.map(b.extents(parts.codes), resultType, inputs, maps,
               [&](OpBuilder &b, Location loc, ValueRange args) {
                 Value x = reader->read(b, loc, args[0]);
                 Value zero;
                 if (parts.zero)
                   zero = emitCast(b, loc, args.back(), b.getF32Type(),
                                   zeroKind == ZeroKind::UInt);
                 if (zero && zeroKind != ZeroKind::Offset)
                   x = emit(b, loc, ElementwiseKind::Sub, {x, zero});
                 if (parts.scale)
                   x = emit(b, loc, ElementwiseKind::Mul, {x, args[1]});
                 if (zero && zeroKind == ZeroKind::Offset)
                   x = emit(b, loc, ElementwiseKind::Add, {x, zero});
                 return emitCast(b, loc, x, getComputeType(resultType));
               });
}

//===----------------------------------------------------------------------===//
// quantize
//===----------------------------------------------------------------------===//

namespace {
/// Scales (f32) and zero points (getZeroType) over the blocks; zero may be
/// null.
struct Scales {
  Value scale, zero;
};
} // namespace

/// A scale as its type stores it (rule S-3): positive and finite.
static Value roundScale(OpBuilder &b, Location loc, Value scale,
                        formats::ScaleKind kind) {
  Type f32 = b.getF32Type();
  double least = 0x1p-149, most = 0x1.fffffep127;
  if (kind == formats::ScaleKind::F16 || kind == formats::ScaleKind::BF16) {
    Type narrow = kind == formats::ScaleKind::F16 ? Type(b.getF16Type())
                                                  : Type(b.getBF16Type());
    scale = emitCast(b, loc, emitCast(b, loc, scale, narrow), f32);
    least = kind == formats::ScaleKind::F16 ? 0x1p-24 : 0x1p-133;
    most = kind == formats::ScaleKind::F16 ? 65504 : 0x1.fep127;
  }
  return emitElementwise(b, loc, ElementwiseKind::Clip, scale, least, most);
}

/// The greatest (or least) element of each block, 0 included.
static Value reduceBlocks(DecomposeBuilder &b, Value split,
                          ArrayRef<int64_t> axes, ElementwiseKind better) {
  return b.reduce(split, axes, b.constant(b.getF32Type(), 0),
                  [&](OpBuilder &b, Location loc, ValueRange args) {
                    Value wins = emit(b, loc, better, args);
                    return emit(b, loc, ElementwiseKind::Select,
                                {wins, args[0], args[1]});
                  });
}

/// `input` in f32 with each axis split into [blocks, elements of a block], the
/// last block filled up with zeros, which no scale minds. `axes` are the
/// blocks'.
static Value splitIntoBlocks(DecomposeBuilder &b, Value input,
                             qnt::FormatAttr format,
                             SmallVectorImpl<int64_t> &axes) {
  input = convert(b, input, b.getF32Type(), false);
  IndexMath math = b.math();
  Extents extents = b.extents(input), split;
  Extents low(extents.size(), b.getIndexAttr(0)), high(low);
  SmallVector<ReassociationIndices> groups(extents.size());
  bool pads = false;
  for (auto [axis, extent] : llvm::enumerate(extents)) {
    int64_t block = format.getBlockExtent(axis, extents.size());
    groups[axis].push_back(split.size());
    if (block == 1) {
      split.push_back(extent);
      continue;
    }
    OpFoldResult count = math.constant(1), size = extent;
    if (block != -1) {
      size = math.constant(block);
      count = math.div(math.add(extent, block - 1), block);
      high[axis] = math.sub(math.mul(count, block), extent);
      pads |= !isZeroInteger(high[axis]);
    }
    split.push_back(count);
    groups[axis].push_back(split.size());
    axes.push_back(split.size());
    split.push_back(size);
  }
  if (pads)
    input = tensor::PadOp::create(
        b,
        tensor::PadOp::inferResultType(cast<RankedTensorType>(input.getType()),
                                       decomposeMixedValues(low).first,
                                       decomposeMixedValues(high).first),
        input, low, high, b.constant(b.getF32Type(), 0), /*nofold=*/false);
  return b.reshape(input, split, groups);
}

/// Scales from the elements of each block (rules S-4, S-7).
static Scales chooseScales(DecomposeBuilder &b, qnt::QuantizeOp op) {
  Value input = b.numbers(op.getInput());
  qnt::FormatAttr format = op.getType().getFormat();
  SmallVector<int64_t> axes;
  Value split = splitIntoBlocks(b, input, format, axes);
  Value greatest = reduceBlocks(b, split, axes, ElementwiseKind::Greater);
  Value least = reduceBlocks(b, split, axes, ElementwiseKind::Less);
  Extents grid = b.extents(greatest);
  AffineMap map = b.identity(grid.size());
  Type f32 = b.getF32Type();
  double cmin = formats::minCode(format.getElement());
  double cmax = formats::maxCode(format.getElement());
  auto constant = [&](OpBuilder &b, Location loc, double value) {
    return emitConstant(b, loc, f32, value);
  };
  if (!format.hasZeroPoint())
    return {b.map(grid, f32, {greatest, least}, {map, map},
                  [&](OpBuilder &b, Location loc, ValueRange args) {
                    Value scale = emit(b, loc, ElementwiseKind::Div,
                                       {args[0], constant(b, loc, cmax)});
                    if (cmin < 0) {
                      Value below = emit(b, loc, ElementwiseKind::Div,
                                         {args[1], constant(b, loc, cmin)});
                      scale =
                          emit(b, loc, ElementwiseKind::Max, {scale, below});
                    }
                    return roundScale(b, loc, scale, format.getScale().kind);
                  }),
            Value()};
  Value scale =
      b.map(grid, f32, {greatest, least}, {map, map},
            [&](OpBuilder &b, Location loc, ValueRange args) {
              Value range = emit(b, loc, ElementwiseKind::Sub, args);
              Value step = emit(b, loc, ElementwiseKind::Div,
                                {range, constant(b, loc, cmax - cmin)});
              Value isZero = emit(b, loc, ElementwiseKind::Equal,
                                  {range, constant(b, loc, 0)});
              Value rounded = roundScale(b, loc, step, format.getScale().kind);
              return emit(b, loc, ElementwiseKind::Select,
                          {isZero, constant(b, loc, 1), rounded});
            });
  const formats::ZeroPoint &point = format.getZero();
  bool isUnsigned = point.kind == ZeroKind::UInt;
  double zmin = isUnsigned ? 0 : -std::ldexp(1.0, point.bits - 1);
  double zmax = std::ldexp(1.0, isUnsigned ? point.bits : point.bits - 1) - 1;
  Value zero = b.map(
      grid, format.getZeroType(), {least, scale}, {map, map},
      [&](OpBuilder &b, Location loc, ValueRange args) {
        Value ratio = emit(b, loc, ElementwiseKind::Div, args);
        Value z =
            emit(b, loc, ElementwiseKind::Sub, {constant(b, loc, cmin), ratio});
        z = emitElementwise(b, loc, ElementwiseKind::Clip, z,
                            std::max(cmin, zmin), std::min(cmax, zmax));
        z = emit(b, loc, ElementwiseKind::Round, z);
        return emitCast(b, loc, z, format.getZeroType(), false, isUnsigned);
      });
  return {scale, zero};
}

/// Codes by rule Q-1; NaN gives the lowest (rule O-1).
static Value encode(DecomposeBuilder &b, qnt::QuantizeOp op, Scales scales) {
  Value input = b.numbers(op.getInput());
  qnt::FormatAttr format = op.getType().getFormat();
  int64_t rank = cast<RankedTensorType>(input.getType()).getRank();
  AffineMap blocks = getBlockMap(b, format, rank);
  SmallVector<Value> inputs = {input};
  SmallVector<AffineMap> maps = {b.identity(rank)};
  if (scales.scale) {
    inputs.push_back(scales.scale);
    maps.push_back(blocks);
  }
  if (scales.zero) {
    inputs.push_back(scales.zero);
    maps.push_back(blocks);
  }
  double cmin = formats::minCode(format.getElement());
  double cmax = formats::maxCode(format.getElement());
  bool unsignedCodes = format.getElement().kind == CodeKind::UInt;
  return b.map(
      b.extents(input), format.getCodeType(), inputs, maps,
      [&](OpBuilder &b, Location loc, ValueRange args) {
        Type f32 = b.getF32Type();
        Value x = emitCast(b, loc, args[0], f32);
        if (scales.scale)
          x = emit(b, loc, ElementwiseKind::Div, {x, args[1]});
        x = emit(b, loc, ElementwiseKind::Round, x);
        if (scales.zero)
          x = emit(b, loc, ElementwiseKind::Add,
                   {x, emitCast(b, loc, args.back(), f32,
                                format.getZero().kind == ZeroKind::UInt)});
        Value low = emitConstant(b, loc, f32, cmin);
        Value isAbove = emit(b, loc, ElementwiseKind::Greater, {x, low});
        x = emit(b, loc, ElementwiseKind::Select, {isAbove, x, low});
        x = emitElementwise(b, loc, ElementwiseKind::Clip, x, cmin, cmax);
        return emitCast(b, loc, x, format.getCodeType(), false, unsignedCodes);
      });
}

static bool hasRoundableScale(qnt::FormatAttr format) {
  switch (format.getScale().kind) {
  case formats::ScaleKind::None:
  case formats::ScaleKind::F32:
  case formats::ScaleKind::F16:
  case formats::ScaleKind::BF16:
    return format.getOuter().empty();
  default:
    return false;
  }
}

static FailureOr<Value> quantize(DecomposeBuilder &b, qnt::QuantizeOp op) {
  qnt::FormatAttr format = op.getType().getFormat();
  ZeroKind zeroKind = format.getZero().kind;
  bool integerZero = zeroKind == ZeroKind::None || zeroKind == ZeroKind::Int ||
                     zeroKind == ZeroKind::UInt;
  // Float codes, wide-range scales, the search for the least error and bounded
  // pairs are lib/Formats', at compile time.
  if (!format.isInteger() || !hasRoundableScale(format) || !integerZero ||
      !op.getPairOrder().empty())
    return failure();
  Scales scales;
  if (op.getScale()) {
    scales.scale = convert(b, op.getScale(), b.getF32Type(), false);
    if (op.getZero())
      scales.zero = convert(b, op.getZero(), format.getZeroType(),
                            zeroKind == ZeroKind::UInt);
  } else if (format.hasScale()) {
    if (op.getChoice() == qnt::ScaleChoice::MSE)
      return failure();
    scales = chooseScales(b, op);
  }
  Value codes = encode(b, op, scales);
  return qnt::AssembleOp::create(b, op.getType(), codes, scales.scale,
                                 scales.zero)
      .getResult();
}

//===----------------------------------------------------------------------===//
// Models
//===----------------------------------------------------------------------===//

namespace {
struct QuantizeModel
    : linalg::AggregatedOpInterface::ExternalModel<QuantizeModel,
                                                   qnt::QuantizeOp> {
  FailureOr<SmallVector<Value>> decomposeOperation(Operation *op,
                                                   OpBuilder &builder) const {
    DecomposeBuilder b(builder, op);
    FailureOr<Value> result = quantize(b, cast<qnt::QuantizeOp>(op));
    if (failed(result))
      return failure();
    return SmallVector<Value>{*result};
  }
};

struct DequantizeModel
    : linalg::AggregatedOpInterface::ExternalModel<DequantizeModel,
                                                   qnt::DequantizeOp> {
  FailureOr<SmallVector<Value>> decomposeOperation(Operation *op,
                                                   OpBuilder &builder) const {
    DecomposeBuilder b(builder, op);
    FailureOr<Value> result =
        dequantize(b, op->getOperand(0), getNumberType(op->getResult(0)));
    if (failed(result))
      return failure();
    return b.finish(*result);
  }
};
} // namespace

void nn::attachQuantModels(MLIRContext *context) {
  qnt::QuantizeOp::attachInterface<QuantizeModel>(*context);
  qnt::DequantizeOp::attachInterface<DequantizeModel>(*context);
}
