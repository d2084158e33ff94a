//===- LowerQuantized.cpp - Quantization operators --------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Lower/LowerFunctions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace nibble;
using namespace nibble::frontend;
using nn::ElementwiseKind;

namespace {

/// How a tensor is quantized: the format, and its numbers in the format's
/// shapes.
struct Coding {
  qnt::FormatAttr format;
  Value scale, zero;
};

} // namespace

static formats::ScaleType getScaleType(Type type) {
  using formats::ScaleKind;
  if (type.isF16())
    return {ScaleKind::F16, 0};
  return {type.isBF16() ? ScaleKind::BF16 : ScaleKind::F32, 0};
}

static bool isZero(Value value) {
  DenseElementsAttr elements;
  return matchPattern(value, m_Constant(&elements)) && elements &&
         elements.isSplat() && elements.getElementType().isInteger() &&
         elements.getSplatValue<APInt>().isZero();
}

// The blocks that share a scale: everything, one of axis `axis`, or, where the
// scales have the tensor's rank, `size` along it.
static FailureOr<std::vector<int64_t>> getBlock(NodeLowering &n,
                                                RankedTensorType codes,
                                                RankedTensorType scale,
                                                int64_t axis, int64_t size) {
  if (scale.hasStaticShape() && scale.getNumElements() == 1)
    return std::vector<int64_t>();
  std::vector<int64_t> block(codes.getRank(), -1);
  if (axis < 0 || axis >= codes.getRank())
    return n.error() << "has an axis that its tensor does not have";
  if (scale.getRank() == 1 && size == 0) {
    block[axis] = 1;
    return block;
  }
  if (scale.getRank() != codes.getRank() || size < 1)
    return n.error() << "has scales of type " << scale
                     << " for a tensor of type " << codes;
  block.assign(codes.getRank(), 1);
  block[axis] = size;
  return block;
}

/// The coding that inputs `scaleInput` and `zeroInput` give to a tensor of this
/// type, whose element type is the codes'.
static FailureOr<Coding> getCoding(NodeLowering &n, RankedTensorType codes,
                                   unsigned scaleInput, unsigned zeroInput,
                                   int64_t axis, int64_t blockSize = 0) {
  auto integer = dyn_cast<IntegerType>(codes.getElementType());
  if (!integer || integer.getWidth() > 16)
    return n.error() << "has codes of type " << codes.getElementType()
                     << "; integers of up to 16 bits are supported";
  Value scale = n.stored(scaleInput), zero = n.stored(zeroInput);
  if (zero &&
      cast<RankedTensorType>(zero.getType()).getElementType() != integer)
    return n.error() << "has zero points of type " << zero.getType()
                     << " for codes of type " << integer;
  auto scaleType = cast<RankedTensorType>(scale.getType());
  if (!isa<FloatType>(scaleType.getElementType()))
    return n.error() << "has scales of type " << scaleType
                     << "; they must be floats";
  if (scaleType.getElementType().isF64()) {
    scale = n.in(scaleInput);
    scaleType = cast<RankedTensorType>(scale.getType());
  }
  FailureOr<std::vector<int64_t>> block =
      getBlock(n, codes, scaleType, axis, blockSize);
  if (failed(block))
    return failure();
  formats::Format format;
  format.code = integer.isUnsigned()
                    ? formats::ElementCode::makeUInt(integer.getWidth())
                    : formats::ElementCode::makeInt(integer.getWidth());
  format.block = *block;
  format.scale = getScaleType(scaleType.getElementType());
  // Signed codes around 0 have no zero point.
  if (zero && !integer.isUnsigned() && isZero(zero))
    zero = {};
  if (zero) {
    format.zero.kind =
        integer.isUnsigned() ? formats::ZeroKind::UInt : formats::ZeroKind::Int;
    format.zero.bits = integer.getWidth();
  }
  Coding coding;
  coding.format = qnt::FormatAttr::get(n.b.getContext(), format);
  SmallVector<int64_t> shape = coding.format.getScaleShape(codes.getShape());
  if (llvm::any_of(shape, ShapedType::isDynamic))
    return n.error() << "has a scale for each index of an axis whose extent is "
                        "not constant";
  auto inShape = [&](Value x) -> FailureOr<Value> {
    auto type = cast<RankedTensorType>(x.getType());
    if (!type.hasStaticShape() ||
        type.getNumElements() != ShapedType::getNumElements(shape))
      return n.error() << "has scales or zero points of type " << type
                       << " for a tensor of type " << codes;
    return n.reshape(x, ArrayRef<int64_t>(shape));
  };
  FailureOr<Value> shaped = inShape(scale);
  if (failed(shaped))
    return failure();
  coding.scale = *shaped;
  if (!zero)
    return coding;
  shaped = inShape(zero);
  if (failed(shaped))
    return failure();
  coding.zero = *shaped;
  return coding;
}

static Value assemble(NodeLowering &n, Value codes, const Coding &coding) {
  auto type = cast<RankedTensorType>(codes.getType());
  return qnt::AssembleOp::create(
      n.b, n.loc, qnt::QuantTensorType::get(type.getShape(), coding.format),
      codes, coding.scale, coding.zero);
}

static Value quantize(NodeLowering &n, Value x, const Coding &coding) {
  auto type = cast<RankedTensorType>(x.getType());
  return qnt::QuantizeOp::create(
      n.b, n.loc, qnt::QuantTensorType::get(type.getShape(), coding.format), x,
      coding.scale, coding.zero, qnt::ScaleChoice::Range);
}

static Value dequantize(NodeLowering &n, Value quantized) {
  auto type = cast<qnt::QuantTensorType>(quantized.getType());
  return qnt::DequantizeOp::create(
      n.b, n.loc, RankedTensorType::get(type.getShape(), n.b.getF32Type()),
      quantized);
}

static LogicalResult setCodes(NodeLowering &n, Value quantized) {
  return n.set(0, qnt::CodesOp::create(n.b, n.loc, n.outType(0), quantized));
}

//===----------------------------------------------------------------------===//
// QuantizeLinear, DequantizeLinear
//===----------------------------------------------------------------------===//

LogicalResult nibble::frontend::lowerQuantizeLinear(NodeLowering &n) {
  FailureOr<Coding> coding =
      getCoding(n, n.outType(0), 1, 2, n.axis("axis", 1, n.rank(0)),
                n.node.getInt("block_size", 0));
  if (failed(coding))
    return failure();
  return setCodes(n, quantize(n, n.in(0), *coding));
}

// (codes - zero) * scale in f32: integers that are wider than any code, such as
// biases.
static LogicalResult dequantizeWide(NodeLowering &n) {
  RankedTensorType type = n.resultType();
  int64_t axis = n.axis("axis", 1, n.rank(0));
  for (unsigned i : {1, 2})
    if (n.has(i) && n.rank(i) == 1 && n.type(i).getDimSize(0) != 1 &&
        (axis < 0 || axis >= n.rank(0)))
      return n.error() << "has an axis that its tensor does not have";
  auto along = [&](Value x) -> Value {
    auto own = cast<RankedTensorType>(x.getType());
    if (own.getRank() != 1 || own.getDimSize(0) == 1)
      return own.getRank() == 1 ? n.reshape(x, ArrayRef<int64_t>()) : x;
    SmallVector<int64_t> shape(type.getRank(), 1);
    shape[axis] = own.getDimSize(0);
    return n.reshape(x, ArrayRef<int64_t>(shape));
  };
  Value x = n.convert(n.in(0), n.b.getF32Type());
  if (n.has(2) && !isZero(n.in(2)))
    x = n.elementwise(ElementwiseKind::Sub,
                      {x, along(n.convert(n.in(2), n.b.getF32Type()))}, type);
  return n.set(0,
               n.elementwise(ElementwiseKind::Mul, {x, along(n.in(1))}, type));
}

LogicalResult nibble::frontend::lowerDequantizeLinear(NodeLowering &n) {
  if (n.type(0).getElementType().getIntOrFloatBitWidth() > 16)
    return dequantizeWide(n);
  FailureOr<Coding> coding =
      getCoding(n, n.type(0), 1, 2, n.axis("axis", 1, n.rank(0)),
                n.node.getInt("block_size", 0));
  if (failed(coding))
    return failure();
  return n.set(0, dequantize(n, assemble(n, n.stored(0), *coding)));
}

// Scale and zero point of the whole tensor, found at run time.
LogicalResult nibble::frontend::lowerDynamicQuantizeLinear(NodeLowering &n) {
  formats::Format format;
  format.code = formats::ElementCode::makeUInt(8);
  format.scale = {formats::ScaleKind::F32, 0};
  format.zero.kind = formats::ZeroKind::UInt;
  format.zero.bits = 8;
  auto attr = qnt::FormatAttr::get(n.b.getContext(), format);
  RankedTensorType type = n.type(0);
  Value quantized = qnt::QuantizeOp::create(
      n.b, n.loc, qnt::QuantTensorType::get(type.getShape(), attr), n.in(0),
      Value(), Value(), qnt::ScaleChoice::Range);
  SmallVector<int64_t> shape = attr.getScaleShape(type.getShape());
  Value scale = qnt::ScalesOp::create(
      n.b, n.loc, RankedTensorType::get(shape, n.b.getF32Type()), quantized);
  Value zero = qnt::ZerosOp::create(
      n.b, n.loc, RankedTensorType::get(shape, n.outType(0).getElementType()),
      quantized);
  if (failed(setCodes(n, quantized)) ||
      failed(n.set(1, n.reshape(scale, ArrayRef<int64_t>()))))
    return failure();
  return n.set(2, n.reshape(zero, ArrayRef<int64_t>()));
}

//===----------------------------------------------------------------------===//
// Integer products
//===----------------------------------------------------------------------===//

// Codes with scale 1: the integers less their zero point.
static FailureOr<Value> assembleIntegers(NodeLowering &n, unsigned input,
                                         unsigned zeroInput, int64_t axis) {
  RankedTensorType type = n.type(input);
  formats::Format format;
  bool isUnsigned = type.getElementType().isUnsignedInteger();
  unsigned bits = type.getElementTypeBitWidth();
  format.code = isUnsigned ? formats::ElementCode::makeUInt(bits)
                           : formats::ElementCode::makeInt(bits);
  format.scale = {formats::ScaleKind::F32, 0};
  Value zero = n.stored(zeroInput);
  if (zero && isZero(zero))
    zero = {};
  if (zero) {
    auto own = cast<RankedTensorType>(zero.getType());
    // An input's extent may follow from what is done with it.
    if (auto known = getConstants(n.dims(zeroInput));
        known && !own.hasStaticShape()) {
      zero = n.reshape(zero, *known);
      own = own.clone(*known);
    }
    if (!own.hasStaticShape() || own.getRank() > 1)
      return n.error() << "has zero points of type " << own
                       << ", which are not supported";
    format.zero.kind =
        isUnsigned ? formats::ZeroKind::UInt : formats::ZeroKind::Int;
    format.zero.bits = bits;
    if (own.getNumElements() != 1) {
      format.block.assign(type.getRank(), -1);
      format.block[axis] = 1;
    }
  }
  auto attr = qnt::FormatAttr::get(n.b.getContext(), format);
  SmallVector<int64_t> shape = attr.getScaleShape(type.getShape());
  if (zero && cast<RankedTensorType>(zero.getType()).getNumElements() !=
                  ShapedType::getNumElements(shape))
    return n.error() << "has as many zero points as neither 1 nor the axis";
  auto ones = RankedTensorType::get(shape, n.b.getF32Type());
  Coding coding{
      attr,
      arith::ConstantOp::create(n.b, n.loc, DenseElementsAttr::get(ones, 1.0f)),
      zero ? n.reshape(zero, ArrayRef<int64_t>(shape)) : Value()};
  return assemble(n, n.stored(input), coding);
}

LogicalResult nibble::frontend::lowerMatMulInteger(NodeLowering &n) {
  if (n.rank(0) < 2 || n.rank(1) < 2)
    return n.error() << "multiplies vectors, which is not supported";
  FailureOr<Value> a = assembleIntegers(n, 0, 2, n.rank(0) - 2);
  FailureOr<Value> b = assembleIntegers(n, 1, 3, n.rank(1) - 1);
  if (failed(a) || failed(b))
    return failure();
  auto type = n.outType(0).clone(n.b.getF32Type());
  Value product = nn::MatmulOp::create(n.b, n.loc, type, dequantize(n, *a),
                                       dequantize(n, *b),
                                       /*transpose_rhs=*/false);
  return n.set(0, n.convert(product, n.b.getI32Type()));
}

// The convolution that the node's attributes describe.
static Value makeConv(NodeLowering &n, RankedTensorType type, Value input,
                      Value filter, Value bias) {
  ArrayRef<int64_t> kernel =
      cast<ShapedType>(filter.getType()).getShape().drop_front(2);
  ConvWindows w = getConvWindows(n, kernel);
  return nn::ConvOp::create(n.b, n.loc, type, padSame(n, input, kernel, 0),
                            filter, bias, w.strides, w.padding, w.dilations,
                            n.node.getInt("group", 1),
                            nn::Layout::ChannelsFirst);
}

LogicalResult nibble::frontend::lowerConvInteger(NodeLowering &n) {
  FailureOr<Value> x = assembleIntegers(n, 0, 2, 1);
  FailureOr<Value> w = assembleIntegers(n, 1, 3, 0);
  if (failed(x) || failed(w))
    return failure();
  Value result = makeConv(n, n.outType(0).clone(n.b.getF32Type()),
                          dequantize(n, *x), dequantize(n, *w), Value());
  return n.set(0, n.convert(result, n.b.getI32Type()));
}

//===----------------------------------------------------------------------===//
// QLinear*
//===----------------------------------------------------------------------===//

LogicalResult nibble::frontend::lowerQLinearMatMul(NodeLowering &n) {
  if (n.rank(0) < 2 || n.rank(3) < 2)
    return n.error() << "multiplies vectors, which is not supported";
  FailureOr<Coding> a = getCoding(n, n.type(0), 1, 2, n.rank(0) - 2);
  FailureOr<Coding> b = getCoding(n, n.type(3), 4, 5, n.rank(3) - 1);
  FailureOr<Coding> y = getCoding(n, n.outType(0), 6, 7, 1);
  if (failed(a) || failed(b) || failed(y))
    return failure();
  Value lhs = dequantize(n, assemble(n, n.stored(0), *a));
  Value rhs = dequantize(n, assemble(n, n.stored(3), *b));
  Value product =
      nn::MatmulOp::create(n.b, n.loc, n.outType(0).clone(n.b.getF32Type()),
                           lhs, rhs, /*transpose_rhs=*/false);
  return setCodes(n, quantize(n, product, *y));
}

LogicalResult nibble::frontend::lowerQLinearConv(NodeLowering &n) {
  FailureOr<Coding> x = getCoding(n, n.type(0), 1, 2, 1);
  FailureOr<Coding> w = getCoding(n, n.type(3), 4, 5, 0);
  FailureOr<Coding> y = getCoding(n, n.outType(0), 6, 7, 1);
  if (failed(x) || failed(w) || failed(y))
    return failure();
  Value bias;
  if (n.has(8)) {
    // The bias counts in steps of both scales.
    auto type = RankedTensorType::get(n.type(8).getShape(), n.b.getF32Type());
    Value xs = n.reshape(n.in(1), ArrayRef<int64_t>(1));
    Value ws = n.in(4);
    auto wsType = cast<RankedTensorType>(ws.getType());
    if (wsType.getRank() == 0)
      ws = n.reshape(ws, ArrayRef<int64_t>(1));
    Value step = n.elementwise(ElementwiseKind::Mul, {xs, ws},
                               cast<RankedTensorType>(ws.getType()));
    bias = n.elementwise(ElementwiseKind::Mul,
                         {n.convert(n.in(8), n.b.getF32Type()), step}, type);
  }
  Value result = makeConv(n, n.outType(0).clone(n.b.getF32Type()),
                          dequantize(n, assemble(n, n.stored(0), *x)),
                          dequantize(n, assemble(n, n.stored(3), *w)), bias);
  return setCodes(n, quantize(n, result, *y));
}

LogicalResult nibble::frontend::lowerQLinearBinary(NodeLowering &n) {
  FailureOr<Coding> a = getCoding(n, n.type(0), 1, 2, 0);
  FailureOr<Coding> b = getCoding(n, n.type(3), 4, 5, 0);
  FailureOr<Coding> y = getCoding(n, n.outType(0), 6, 7, 0);
  if (failed(a) || failed(b) || failed(y))
    return failure();
  Value result =
      n.elementwise(n.node.getOpType() == "QLinearAdd" ? ElementwiseKind::Add
                                                       : ElementwiseKind::Mul,
                    {dequantize(n, assemble(n, n.stored(0), *a)),
                     dequantize(n, assemble(n, n.stored(3), *b))},
                    n.outType(0).clone(n.b.getF32Type()));
  return setCodes(n, quantize(n, result, *y));
}

LogicalResult nibble::frontend::lowerQLinearUnary(NodeLowering &n) {
  FailureOr<Coding> x = getCoding(n, n.type(0), 1, 2, 0);
  FailureOr<Coding> y = getCoding(n, n.outType(0), 3, 4, 0);
  if (failed(x) || failed(y))
    return failure();
  Value input = dequantize(n, assemble(n, n.stored(0), *x));
  auto type = n.outType(0).clone(n.b.getF32Type());
  Value result;
  if (n.node.getOpType() == "QLinearGlobalAveragePool") {
    bool channelsLast = n.node.getInt("channels_last", 0);
    int64_t first = channelsLast ? 1 : 2;
    auto axes =
        llvm::to_vector(llvm::seq<int64_t>(first, first + n.rank(0) - 2));
    result = nn::ReduceOp::create(n.b, n.loc, type, nn::ReduceKind::Mean, input,
                                  axes, /*keep_dims=*/true);
  } else if (n.node.getOpType() == "QLinearLeakyRelu") {
    result = nn::ElementwiseOp::create(
        n.b, n.loc, type, ElementwiseKind::LeakyRelu, input,
        n.b.getF64FloatAttr(n.node.getFloat("alpha", 0.01f)), FloatAttr());
  } else {
    result = n.elementwise(ElementwiseKind::Sigmoid, input, type);
  }
  return setCodes(n, quantize(n, result, *y));
}

LogicalResult nibble::frontend::lowerQLinearConcat(NodeLowering &n) {
  FailureOr<Coding> y = getCoding(n, n.outType(0), 0, 1, 0);
  if (failed(y))
    return failure();
  SmallVector<Value> parts;
  for (unsigned i = 2; i < n.node.getInputs().size(); i += 3) {
    FailureOr<Coding> x = getCoding(n, n.type(i), i + 1, i + 2, 0);
    if (failed(x))
      return failure();
    parts.push_back(dequantize(n, assemble(n, n.stored(i), *x)));
  }
  auto type = n.outType(0).clone(n.b.getF32Type());
  Value joined = nn::ConcatOp::create(n.b, n.loc, type, parts,
                                      n.axis("axis", 1, type.getRank()));
  return setCodes(n, quantize(n, joined, *y));
}

//===----------------------------------------------------------------------===//
// MatMulNBits
//===----------------------------------------------------------------------===//

// The codes of a packed last axis: [.., n] bytes to [.., n * 8 / bits], the
// lowest bits first.
static Value unpack(NodeLowering &n, Value packed, int64_t bits) {
  if (bits == 8)
    return packed;
  auto type = cast<RankedTensorType>(packed.getType());
  Type byte = type.getElementType();
  SmallVector<int64_t> shape(type.getShape());
  shape.push_back(1);
  Value rest = n.reshape(packed, ArrayRef<int64_t>(shape));
  auto column = cast<RankedTensorType>(rest.getType());
  Value base = n.scalar(1 << bits, byte);
  SmallVector<Value> parts;
  for (int64_t i = 0; i < 8 / bits; ++i) {
    parts.push_back(n.elementwise(ElementwiseKind::Mod, {rest, base}, column));
    rest = n.elementwise(ElementwiseKind::Div, {rest, base}, column);
  }
  shape.back() = parts.size();
  Value joined = nn::ConcatOp::create(n.b, n.loc, column.clone(shape), parts,
                                      shape.size() - 1);
  shape.pop_back();
  shape.back() *= parts.size();
  return n.reshape(joined, ArrayRef<int64_t>(shape));
}

static Value takeFirst(NodeLowering &n, Value x, int64_t axis, int64_t count) {
  auto type = cast<RankedTensorType>(x.getType());
  if (type.getDimSize(axis) == count)
    return x;
  Exprs dims;
  for (int64_t extent : type.getShape())
    dims.push_back(n.constant(extent));
  return n.slice(x, dims, axis, n.constant(0), n.constant(count));
}

// One zero point for each block, [N, blocks], as codes or as numbers.
static FailureOr<Value> getBlockZeros(NodeLowering &n, int64_t rows,
                                      int64_t blocks, int64_t bits,
                                      formats::Format &format) {
  format.zero.kind = formats::ZeroKind::UInt;
  format.zero.bits = bits;
  auto byte = n.b.getIntegerType(8, /*isSigned=*/false);
  if (!n.has(3)) {
    auto type = RankedTensorType::get({rows, blocks}, byte);
    Value zeros = arith::ConstantOp::create(
        n.b, n.loc,
        DenseElementsAttr::get(
            type, n.b.getIntegerAttr(byte, int64_t(1) << (bits - 1))));
    return zeros;
  }
  RankedTensorType type = n.type(3);
  if (isa<FloatType>(type.getElementType())) {
    if (type.getNumElements() != rows * blocks)
      return n.error() << "has zero points of type " << type;
    format.zero = {};
    format.zero.kind = formats::ZeroKind::Float;
    format.zero.type = {formats::ScaleKind::F32, 0};
    return n.reshape(n.in(3), {rows, blocks});
  }
  int64_t bytes = llvm::divideCeil(blocks * bits, 8);
  if (type.getElementType() != byte || type.getNumElements() != rows * bytes)
    return n.error() << "has zero points of type " << type << ", but needs "
                     << rows << " rows of " << bytes << " elements of ui8";
  Value zeros = unpack(n, n.reshape(n.in(3), {rows, bytes}), bits);
  return takeFirst(n, zeros, 1, blocks);
}

LogicalResult nibble::frontend::lowerMatMulNBits(NodeLowering &n) {
  if (n.has(4))
    return n.error() << "reorders its groups (g_idx), which is not supported";
  int64_t rows = n.node.getInt("N", 0), columns = n.node.getInt("K", 0);
  int64_t bits = n.node.getInt("bits", 4),
          size = n.node.getInt("block_size", 0);
  int64_t blocks = llvm::divideCeil(columns, size);
  formats::Format format;
  format.code = formats::ElementCode::makeUInt(bits);
  format.block = {1, size};
  Value scale = n.stored(2);
  auto scaleType = cast<RankedTensorType>(scale.getType());
  if (!scaleType.hasStaticShape() ||
      scaleType.getNumElements() != rows * blocks)
    return n.error() << "has scales of type " << scaleType << ", but needs "
                     << rows << " rows of " << blocks;
  format.scale = getScaleType(scaleType.getElementType());
  FailureOr<Value> zeros = getBlockZeros(n, rows, blocks, bits, format);
  if (failed(zeros))
    return failure();
  Value codes = unpack(n, n.in(1), bits);
  codes = n.reshape(codes, {rows, blocks * size});
  codes = takeFirst(n, codes, 1, columns);
  Coding coding{qnt::FormatAttr::get(n.b.getContext(), format),
                n.reshape(scale, {rows, blocks}), *zeros};
  Value weight = assemble(n, codes, coding);
  Value bias = n.in(5);
  return n.set(0, nn::LinearOp::create(n.b, n.loc, n.resultType(), n.in(0),
                                       weight, bias));
}
