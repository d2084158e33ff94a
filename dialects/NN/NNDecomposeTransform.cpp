//===- NNDecomposeTransform.cpp - qnt.transform as linalg===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// By plain products with matrices, independent of the fast transforms of
// lib/Numerics and of the kernels, which are tested against this.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/NNDecomposeTransform.h"
#include "dialects/NN/NNDecompose.h"
#include "dialects/Quant/QuantTransforms.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/IR/LinalgInterfaces.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "nibble/Numerics/Hadamard.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cmath>

using namespace mlir;
using namespace nibble;
using namespace nibble::nn;

namespace {

/// Emits maps of the middle axis of tensors of three axes.
class TransformEmitter {
public:
  TransformEmitter(DecomposeBuilder &b, Type type) : b(b), type(type) {}
  FailureOr<Value> emit(qnt::TransformAttr transform, Value x);

private:
  FailureOr<Value> emitProduct(qnt::KronAttr kron, Value x);
  FailureOr<Value> emitBlocks(qnt::BlocksAttr blocks, Value x);
  FailureOr<Value> emitSum(qnt::DirectSumAttr sum, Value x);
  FailureOr<Value> emitSteps(qnt::ComposeAttr steps, Value x);
  FailureOr<Value> emitInverse(qnt::InverseAttr inverse, Value x);
  /// `kind` of each number and its channel's.
  FailureOr<Value> emitChannelwise(FailureOr<Value> vector,
                                   ElementwiseKind kind, Value x);
  FailureOr<Value> emitMatrix(FailureOr<Value> matrix, bool transposed,
                              Value x);

  FailureOr<Value> readData(FlatSymbolRefAttr symbol,
                            ArrayRef<int64_t> extents);
  FailureOr<Value> signs(qnt::SignAttr sign);
  /// T of a leaf; fails where it has none that linalg computes.
  FailureOr<Value> matrixOf(qnt::TransformAttr transform);
  Value constantMatrix(ArrayRef<double> numbers, int64_t size);
  Value hadamardMatrix(int64_t size);
  FailureOr<Value> permutationMatrix(qnt::PermutationAttr permutation);
  FailureOr<Value> zigZagMatrix(qnt::ZigZagAttr zigZag);

  SmallVector<OpFoldResult> fixed(ArrayRef<int64_t> extents) {
    return getAsIndexOpFoldResult(b.getContext(), extents);
  }
  Value oneIf(OpBuilder &builder, Location loc, Value condition);

  DecomposeBuilder &b;
  Type type;
};

} // namespace

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

FailureOr<Value> TransformEmitter::readData(FlatSymbolRefAttr symbol,
                                            ArrayRef<int64_t> extents) {
  auto function = SymbolTable::lookupNearestSymbolFrom<FunctionOpInterface>(
      b.getOp(), symbol);
  if (!function)
    return failure();
  Value numbers =
      func::CallOp::create(b, symbol, function.getResultTypes()).getResult(0);
  return b.reshape(b.numbers(numbers), fixed(extents));
}

FailureOr<Value> TransformEmitter::signs(qnt::SignAttr sign) {
  int64_t size = sign.getChannels();
  if (sign.getData())
    return readData(sign.getData(), {size});
  auto random = numerics::Transform::randomSign(size, *sign.getSeed());
  std::vector<float> row(size, 1.0f);
  random->apply(row.data(), 1, size);
  auto tensor = RankedTensorType::get({size}, b.getF32Type());
  return Value(arith::ConstantOp::create(
      b, DenseElementsAttr::get(tensor, ArrayRef<float>(row))));
}

Value TransformEmitter::constantMatrix(ArrayRef<double> numbers, int64_t size) {
  auto tensor = RankedTensorType::get({size, size}, b.getF64Type());
  return arith::ConstantOp::create(b, DenseElementsAttr::get(tensor, numbers));
}

/// H_base ⊗ H_power: the sign of Sylvester's part is the parity of the bits
/// that row and column share.
Value TransformEmitter::hadamardMatrix(int64_t size) {
  numerics::HadamardOrder order = *numerics::hadamardOrder(size);
  std::vector<int8_t> entries = numerics::baseHadamard(order.base);
  Value base = constantMatrix(
      std::vector<double>(entries.begin(), entries.end()), order.base);
  AffineMap block = b.mapOf(2, {b.getAffineDimExpr(0).floorDiv(order.power),
                                b.getAffineDimExpr(1).floorDiv(order.power)});
  Type f64 = b.getF64Type();
  return b.map(
      fixed({size, size}), f64, base, block,
      [&](OpBuilder &builder, Location loc, ValueRange args) -> Value {
        ImplicitLocOpBuilder i(loc, builder);
        Type word = i.getI64Type();
        auto bits = [&](unsigned axis) -> Value {
          return arith::IndexCastOp::create(i, word,
                                            linalg::IndexOp::create(i, axis));
        };
        auto number = [&](int64_t value) {
          return emitConstant(i, loc, word, double(value));
        };
        Value shared = arith::AndIOp::create(i, bits(0), bits(1));
        shared = arith::AndIOp::create(i, shared, number(order.power - 1));
        Value ones = math::CtPopOp::create(i, shared);
        Value odd = arith::CmpIOp::create(
            i, arith::CmpIPredicate::ne,
            arith::AndIOp::create(i, ones, number(1)), number(0));
        double scale = 1.0 / std::sqrt(double(size));
        Value sign =
            arith::SelectOp::create(i, odd, emitConstant(i, loc, f64, -scale),
                                    emitConstant(i, loc, f64, scale));
        return arith::MulFOp::create(i, args[0], sign);
      });
}

Value TransformEmitter::oneIf(OpBuilder &builder, Location loc,
                              Value condition) {
  return arith::SelectOp::create(builder, loc, condition,
                                 emitConstant(builder, loc, type, 1),
                                 emitConstant(builder, loc, type, 0));
}

FailureOr<Value>
TransformEmitter::permutationMatrix(qnt::PermutationAttr permutation) {
  int64_t size = permutation.getChannels();
  FailureOr<Value> source = readData(permutation.getData(), {size});
  if (failed(source))
    return failure();
  return b.map(
      fixed({size, size}), type, *source, b.mapOf(2, b.getAffineDimExpr(1)),
      [&](OpBuilder &builder, Location loc, ValueRange args) {
        Value from = arith::IndexCastOp::create(
            builder, loc, builder.getIndexType(),
            emitCast(builder, loc, args[0], builder.getI64Type()));
        Value row = linalg::IndexOp::create(builder, loc, 0);
        return oneIf(builder, loc,
                     arith::CmpIOp::create(
                         builder, loc, arith::CmpIPredicate::eq, from, row));
      });
}

/// A channel's rank is the number of those before it.
FailureOr<Value> TransformEmitter::zigZagMatrix(qnt::ZigZagAttr zigZag) {
  int64_t size = zigZag.getChannels(), block = zigZag.getBlock();
  FailureOr<Value> importance = readData(zigZag.getData(), {size});
  if (failed(importance))
    return failure();
  AffineMap row = b.mapOf(2, b.getAffineDimExpr(0));
  AffineMap column = b.mapOf(2, b.getAffineDimExpr(1));
  Type word = b.getI64Type();
  Value before = b.map(
      fixed({size, size}), word, {*importance, *importance}, {row, column},
      [&](OpBuilder &builder, Location loc, ValueRange args) -> Value {
        ImplicitLocOpBuilder i(loc, builder);
        Type f64 = i.getF64Type();
        Value own = emitCast(i, loc, args[0], f64);
        Value other = emitCast(i, loc, args[1], f64);
        Value greater =
            arith::CmpFOp::create(i, arith::CmpFPredicate::OGT, other, own);
        Value equal =
            arith::CmpFOp::create(i, arith::CmpFPredicate::OEQ, other, own);
        Value earlier = arith::CmpIOp::create(i, arith::CmpIPredicate::ult,
                                              linalg::IndexOp::create(i, 1),
                                              linalg::IndexOp::create(i, 0));
        Value tie = arith::AndIOp::create(i, equal, earlier);
        return arith::ExtUIOp::create(i, word,
                                      arith::OrIOp::create(i, greater, tie));
      });
  Value rank =
      b.reduce(before, {1}, emitConstant(b, b.getLoc(), word, 0),
               [](OpBuilder &builder, Location loc, ValueRange args) -> Value {
                 return arith::AddIOp::create(builder, loc, args[0], args[1]);
               });
  return b.map(
      fixed({size, size}), type, rank, row,
      [&](OpBuilder &builder, Location loc, ValueRange args) -> Value {
        ImplicitLocOpBuilder i(loc, builder);
        auto number = [&](int64_t value) {
          return emitConstant(i, loc, word, double(value));
        };
        Value blocks = number(size / block);
        Value round = arith::DivUIOp::create(i, args[0], blocks);
        Value turn = arith::RemUIOp::create(i, args[0], blocks);
        Value back = arith::SubIOp::create(i, number(size / block - 1), turn);
        Value odd = arith::TruncIOp::create(i, i.getI1Type(), round);
        Value target = arith::SelectOp::create(i, odd, back, turn);
        Value place = arith::AddIOp::create(
            i, arith::MulIOp::create(i, target, number(block)), round);
        Value col =
            arith::IndexCastOp::create(i, word, linalg::IndexOp::create(i, 1));
        return oneIf(
            i, loc,
            arith::CmpIOp::create(i, arith::CmpIPredicate::eq, place, col));
      });
}

FailureOr<Value> TransformEmitter::matrixOf(qnt::TransformAttr transform) {
  int64_t size = transform.getSize();
  auto read = [&](FlatSymbolRefAttr symbol) {
    return readData(symbol, {size, size});
  };
  return llvm::TypeSwitch<Attribute, FailureOr<Value>>(transform)
      .Case([&](qnt::HadamardAttr) { return hadamardMatrix(size); })
      .Case([&](qnt::PermutationAttr p) { return permutationMatrix(p); })
      .Case([&](qnt::ZigZagAttr z) { return zigZagMatrix(z); })
      .Case([&](qnt::LinearAttr linear) { return read(linear.getData()); })
      .Case<qnt::OrthogonalAttr, qnt::HaarAttr>([&](auto leaf) {
        if constexpr (std::is_same_v<decltype(leaf), qnt::OrthogonalAttr>)
          if (leaf.getData())
            return read(leaf.getData());
        // What is no formula is a constant, of 8 MiB at most.
        if (size > 1024)
          return FailureOr<Value>(failure());
        qnt::TransformResult built = qnt::buildTransform(transform, {});
        return FailureOr<Value>(constantMatrix(built->matrix(), size));
      })
      .Default([](Attribute) { return failure(); });
}

//===----------------------------------------------------------------------===//
// Maps
//===----------------------------------------------------------------------===//

FailureOr<Value> TransformEmitter::emitChannelwise(FailureOr<Value> vector,
                                                   ElementwiseKind kind,
                                                   Value x) {
  if (failed(vector))
    return failure();
  return b.map(b.extents(x), type, {x, *vector},
               {b.identity(3), b.mapOf(3, b.getAffineDimExpr(1))},
               [&](OpBuilder &builder, Location loc, ValueRange args) {
                 Value number = emitCast(builder, loc, args[1], type);
                 return emitElementwise(builder, loc, kind, {args[0], number});
               });
}

FailureOr<Value> TransformEmitter::emitMatrix(FailureOr<Value> matrix,
                                              bool transposed, Value x) {
  if (failed(matrix))
    return failure();
  AffineExpr outer, to, inner, from;
  bindDims(b.getContext(), outer, to, inner, from);
  SmallVector<AffineExpr> entry = {from, to};
  if (transposed)
    std::swap(entry[0], entry[1]);
  return b.contract(x, *matrix, b.extents(x),
                    {b.mapOf(4, {outer, from, inner}), b.mapOf(4, entry),
                     b.mapOf(4, {outer, to, inner})},
                    3, type);
}

FailureOr<Value> TransformEmitter::emitProduct(qnt::KronAttr kron, Value x) {
  IndexMath math = b.math();
  Extents extents = b.extents(x);
  int64_t m = kron.getOuter().getSize(), n = kron.getInner().getSize();
  Value rows =
      b.reshape(x, {math.mul(extents[0], m), math.constant(n), extents[2]});
  FailureOr<Value> inner = emit(kron.getInner(), rows);
  if (failed(inner))
    return failure();
  Value columns = b.reshape(
      *inner, {extents[0], math.constant(m), math.mul(extents[2], n)});
  FailureOr<Value> outer = emit(kron.getOuter(), columns);
  if (failed(outer))
    return failure();
  return b.reshape(*outer, extents);
}

FailureOr<Value> TransformEmitter::emitBlocks(qnt::BlocksAttr blocks, Value x) {
  IndexMath math = b.math();
  Extents extents = b.extents(x);
  Value rows =
      b.reshape(x, {math.mul(extents[0], blocks.getCount()),
                    math.constant(blocks.getBlock().getSize()), extents[2]});
  FailureOr<Value> result = emit(blocks.getBlock(), rows);
  if (failed(result))
    return failure();
  return b.reshape(*result, extents);
}

FailureOr<Value> TransformEmitter::emitSum(qnt::DirectSumAttr sum, Value x) {
  Extents sizes = b.extents(x);
  Value result = b.empty(sizes, type);
  Extents offsets(3, b.getIndexAttr(0)), strides(3, b.getIndexAttr(1));
  int64_t start = 0;
  for (qnt::TransformAttr part : sum.getParts()) {
    offsets[1] = b.getIndexAttr(start);
    sizes[1] = b.getIndexAttr(part.getSize());
    Value slice = tensor::ExtractSliceOp::create(b, x, offsets, sizes, strides);
    FailureOr<Value> mapped = emit(part, slice);
    if (failed(mapped))
      return failure();
    result = tensor::InsertSliceOp::create(b, *mapped, result, offsets, sizes,
                                           strides);
    start += part.getSize();
  }
  return result;
}

FailureOr<Value> TransformEmitter::emitSteps(qnt::ComposeAttr compose,
                                             Value x) {
  FailureOr<Value> result = x;
  for (qnt::TransformAttr step : compose.getSteps())
    if (succeeded(result))
      result = emit(step, *result);
  return result;
}

FailureOr<Value> TransformEmitter::emitInverse(qnt::InverseAttr inverse,
                                               Value x) {
  qnt::TransformAttr base = inverse.getBase();
  int64_t size = base.getSize();
  if (auto diagonal = dyn_cast<qnt::DiagonalAttr>(base))
    return emitChannelwise(readData(diagonal.getData(), {size}),
                           ElementwiseKind::Div, x);
  if (auto shift = dyn_cast<qnt::ShiftAttr>(base))
    return emitChannelwise(readData(shift.getData(), {size}),
                           ElementwiseKind::Sub, x);
  // Matrices of numbers are inverted at compile time only.
  if (!numerics::Kinds(numerics::Kind::Orthogonal).contains(base.getKinds()))
    return failure();
  return emitMatrix(matrixOf(base), /*transposed=*/true, x);
}

FailureOr<Value> TransformEmitter::emit(qnt::TransformAttr transform, Value x) {
  int64_t size = transform.getSize();
  return llvm::TypeSwitch<Attribute, FailureOr<Value>>(transform)
      .Case([&](qnt::IdentityAttr) { return x; })
      .Case([&](qnt::DiagonalAttr diagonal) {
        return emitChannelwise(readData(diagonal.getData(), {size}),
                               ElementwiseKind::Mul, x);
      })
      .Case([&](qnt::ShiftAttr shift) {
        return emitChannelwise(readData(shift.getData(), {size}),
                               ElementwiseKind::Add, x);
      })
      .Case([&](qnt::SignAttr sign) {
        return emitChannelwise(signs(sign), ElementwiseKind::Mul, x);
      })
      .Case([&](qnt::KronAttr kron) { return emitProduct(kron, x); })
      .Case([&](qnt::BlocksAttr blocks) { return emitBlocks(blocks, x); })
      .Case([&](qnt::DirectSumAttr sum) { return emitSum(sum, x); })
      .Case([&](qnt::ComposeAttr compose) { return emitSteps(compose, x); })
      .Case([&](qnt::InverseAttr inverse) { return emitInverse(inverse, x); })
      .Case([&](qnt::TransposeAttr transpose) {
        return emitMatrix(matrixOf(transpose.getBase()), true, x);
      })
      .Default(
          [&](Attribute) { return emitMatrix(matrixOf(transform), false, x); });
}

namespace {
struct TransformModel
    : linalg::AggregatedOpInterface::ExternalModel<TransformModel,
                                                   qnt::TransformOp> {
  FailureOr<SmallVector<Value>> decomposeOperation(Operation *op,
                                                   OpBuilder &builder) const {
    auto change = cast<qnt::TransformOp>(op);
    qnt::TransformAttr transform = change.getChannelTransform();
    if (!transform)
      return failure();
    DecomposeBuilder b(builder, op);
    Value x = b.numbers(change.getInput());
    Extents extents = b.extents(x);
    // Narrow floats are rounded once, at the end.
    Type element = getNumberType(x), type = getComputeType(element);
    auto castTo = [&](Type to, Value from) {
      return b.map(
          extents, to, from, b.identity(extents.size()),
          [](OpBuilder &, Location, ValueRange args) { return args[0]; });
    };
    if (element != type)
      x = castTo(type, x);
    int64_t axis = change.getAxis();
    ArrayRef<OpFoldResult> all = extents;
    Value rows =
        b.reshape(x, {b.math().product(all.take_front(axis)), extents[axis],
                      b.math().product(all.drop_front(axis + 1))});
    TransformEmitter emitter(b, type);
    FailureOr<Value> result =
        emitter.emit(qnt::simplifyTransform(transform), rows);
    if (failed(result))
      return failure();
    Value made = b.reshape(*result, extents);
    return b.finish(element == type ? made : castTo(element, made));
  }
};
} // namespace

void nn::attachTransformModel(MLIRContext *context) {
  qnt::TransformOp::attachInterface<TransformModel>(*context);
}
