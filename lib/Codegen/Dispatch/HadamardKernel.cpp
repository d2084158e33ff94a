//===- HadamardKernel.cpp - Block Hadamard transforms in kernels ----------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HadamardKernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "nibble/Codegen/Kernels/LoopNest.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>

using namespace mlir;
using namespace nibble;

/// Eight registers of eight lanes: a block stays in registers.
static constexpr int64_t kLargestButterfly = 64;

std::optional<int64_t> nibble::getButterflyOrder(qnt::TransformAttr transform) {
  if (auto blocks = dyn_cast_if_present<qnt::BlocksAttr>(transform))
    transform = blocks.getBlock();
  auto hadamard = dyn_cast_if_present<qnt::HadamardAttr>(transform);
  if (!hadamard || hadamard.getChannels() < 2 ||
      hadamard.getChannels() > kLargestButterfly ||
      !llvm::isPowerOf2_64(hadamard.getChannels()))
    return std::nullopt;
  return hadamard.getChannels();
}

std::optional<int64_t> nibble::getButterflyOrder(Operation *op) {
  auto change = dyn_cast_if_present<qnt::TransformOp>(op);
  if (!change)
    return std::nullopt;
  auto type = dyn_cast<RankedTensorType>(change.getInput().getType());
  if (!type || !type.getElementType().isF32() ||
      int64_t(change.getAxis()) != type.getRank() - 1)
    return std::nullopt;
  qnt::TransformAttr transform = change.getChannelTransform();
  return transform ? getButterflyOrder(qnt::simplifyTransform(transform))
                   : std::nullopt;
}

int64_t nibble::countButterflyOperations(int64_t order) {
  return int64_t(llvm::Log2_64(order)) + 1;
}

namespace {
/// Loops over an input's leading axes, its blocks, the channels that are made
/// and the channels that are summed.
class Emitter {
public:
  Emitter(ImplicitLocOpBuilder &b, Value input, int64_t order)
      : b(b), input(input), order(order),
        rank(cast<RankedTensorType>(input.getType()).getRank()) {
    int64_t channels =
        cast<RankedTensorType>(input.getType()).getShape().back();
    blocks = emptyOf(channels / order);
    channel = emptyOf(order);
  }

  Value emit();

private:
  /// Gives a loop its extent and is never read.
  Value emptyOf(int64_t extent) {
    return tensor::EmptyOp::create(b, ArrayRef<int64_t>(extent),
                                   b.getF32Type());
  }
  /// Leading axes, then the channel that loops `rank - 1` (blocks) and
  /// `inner` choose.
  AffineMap channelAt(unsigned loops, unsigned inner) {
    SmallVector<AffineExpr> exprs;
    for (unsigned axis = 0; axis + 1 < rank; ++axis)
      exprs.push_back(b.getAffineDimExpr(axis));
    exprs.push_back(b.getAffineDimExpr(rank - 1) * order +
                    b.getAffineDimExpr(inner));
    return AffineMap::get(loops, 0, exprs, b.getContext());
  }
  AffineMap only(unsigned loops, unsigned loop) {
    return AffineMap::get(loops, 0, b.getAffineDimExpr(loop));
  }
  Value zeros();
  Value term(ImplicitLocOpBuilder &inner, Value number);

  ImplicitLocOpBuilder &b;
  Value input;
  int64_t order;
  unsigned rank;
  Value blocks, channel;
};
} // namespace

/// Over the loops of the sums, so that these take them as their start.
Value Emitter::zeros() {
  SmallVector<OpFoldResult> extents =
      tensor::getMixedSizes(b, b.getLoc(), input);
  Value empty = tensor::EmptyOp::create(b, extents, b.getF32Type());
  Value zero = arith::ConstantOp::create(b, b.getF32FloatAttr(0));
  unsigned loops = rank + 1;
  SmallVector<utils::IteratorType> iterators(loops,
                                             utils::IteratorType::parallel);
  return linalg::GenericOp::create(
             b, empty.getType(), ValueRange{blocks, channel}, empty,
             ArrayRef<AffineMap>{only(loops, rank - 1), only(loops, rank),
                                 channelAt(loops, rank)},
             iterators,
             [&](OpBuilder &builder, Location loc, ValueRange) {
               linalg::YieldOp::create(builder, loc, zero);
             })
      .getResult(0);
}

/// Sylvester's matrix: the sign is the parity of the bits that row and column
/// share.
Value Emitter::term(ImplicitLocOpBuilder &inner, Value number) {
  auto bits = [&](unsigned loop) -> Value {
    return arith::IndexCastOp::create(inner, inner.getI32Type(),
                                      linalg::IndexOp::create(inner, loop));
  };
  Value shared = arith::AndIOp::create(inner, bits(rank), bits(rank + 1));
  Value isOdd = arith::TruncIOp::create(inner, inner.getI1Type(),
                                        math::CtPopOp::create(inner, shared));
  float scale = 1.0 / std::sqrt(double(order));
  auto entry = [&](float value) -> Value {
    return arith::ConstantOp::create(inner, inner.getF32FloatAttr(value));
  };
  Value sign =
      arith::SelectOp::create(inner, isOdd, entry(-scale), entry(scale));
  return arith::MulFOp::create(inner, number, sign);
}

Value Emitter::emit() {
  unsigned loops = rank + 2;
  SmallVector<utils::IteratorType> iterators(loops,
                                             utils::IteratorType::parallel);
  iterators.back() = utils::IteratorType::reduction;
  Value sums = zeros();
  return linalg::GenericOp::create(
             b, sums.getType(), ValueRange{input, blocks, channel, channel},
             sums,
             ArrayRef<AffineMap>{channelAt(loops, rank + 1),
                                 only(loops, rank - 1), only(loops, rank),
                                 only(loops, rank + 1), channelAt(loops, rank)},
             iterators,
             [&](OpBuilder &builder, Location loc, ValueRange args) {
               ImplicitLocOpBuilder inner(loc, builder);
               auto sum = arith::AddFOp::create(inner, args.back(),
                                                term(inner, args.front()));
               sum->setAttr(codegen::kHadamardAttr,
                            inner.getI64IntegerAttr(order));
               linalg::YieldOp::create(inner, sum.getResult());
             })
      .getResult(0);
}

Value nibble::emitButterflies(OpBuilder &builder, Location loc, Value input,
                              int64_t order) {
  ImplicitLocOpBuilder b(loc, builder);
  return Emitter(b, input, order).emit();
}
