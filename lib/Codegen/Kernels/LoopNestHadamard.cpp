//===- LoopNestHadamard.cpp - Hadamard matrices by butterflies --*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A block is loaded once, with what the body does before it multiplies, goes
// through log2(n) stages of sums and differences in registers, is scaled and
// added to its start at once, and stored. The order of the stages is the same
// for all widths of vectors.
//
//===----------------------------------------------------------------------===//

#include "LoopNestEmit.h"

#include "nibble/Codegen/Kernels/LoopNest.h"

#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/SetVector.h"

#include <cmath>

using namespace mlir;

namespace nibble::codegen::loopnest {

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

/// The ops of the body that `value` is computed from.
static llvm::SetVector<Operation *> partsOf(const LoopOp &op, Value value) {
  llvm::SetVector<Operation *> parts;
  BackwardSliceOptions options;
  options.inclusive = true;
  options.omitBlockArguments = true;
  options.filter = [&](Operation *inner) {
    return inner->getBlock() == op.body;
  };
  if (Operation *last = value.getDefiningOp())
    (void)getBackwardSlice(last, &parts, options);
  return parts;
}

/// Does `value` differ along the loop `iterator`?
static bool variesAlong(const LoopOp &op, Value value, unsigned iterator) {
  llvm::SetVector<Operation *> parts = partsOf(op, value);
  auto reads = [&](unsigned number) {
    Value arg = op.body->getArgument(number);
    return value == arg || llvm::any_of(arg.getUsers(), [&](Operation *user) {
             return parts.contains(user);
           });
  };
  for (auto [number, input] : llvm::enumerate(op.inputs))
    if (!input.isScalarOperand() && reads(number) &&
        llvm::any_of(input.forms, [&](const IndexForm &form) {
          return form.uses(iterator);
        }))
      return true;
  return reads(op.inputs.size()) || llvm::any_of(parts, [&](Operation *part) {
           auto index = dyn_cast<linalg::IndexOp>(part);
           return index && index.getDim() == iterator;
         });
}

void findHadamard(LoopOp &op) {
  if (!op.vectorizable || !op.body || op.outputs.size() != 1 ||
      op.numIterators < 2)
    return;
  auto sum = dyn_cast_or_null<arith::AddFOp>(op.combiners.front());
  auto attr =
      sum ? sum->getAttrOfType<IntegerAttr>(kHadamardAttr) : IntegerAttr();
  if (!attr || !sum.getType().isF32() || attr.getInt() < 2 ||
      !llvm::isPowerOf2_64(attr.getInt()))
    return;
  for (auto [number, dim] : llvm::enumerate(op.dims)) {
    bool inside = number + 2 >= op.dims.size();
    if (dim.reduction != (number + 1 == op.dims.size()) ||
        (inside && dim.extent.constant() != attr.getInt()))
      return;
  }
  Value accumulator = op.body->getArgument(op.inputs.size());
  Value term = sum.getLhs() == accumulator ? sum.getRhs() : sum.getLhs();
  auto product = term.getDefiningOp<arith::MulFOp>();
  if (!product || product->getBlock() != op.body ||
      variesAlong(op, product.getLhs(), op.numIterators - 2))
    return;
  op.multiplied = product.getLhs();
  op.order = attr.getInt();
}

//===----------------------------------------------------------------------===//
// Registers
//===----------------------------------------------------------------------===//

Value BodyEmitter::partOfBody(const LoopOp &op, Value wanted,
                              ArrayRef<Value> args, const Point &point) {
  IRMapping mapping;
  mapping.map(op.body->getArguments().take_front(args.size()), args);
  llvm::SetVector<Operation *> parts = partsOf(op, wanted);
  for (Operation &inner : op.body->without_terminator())
    if (parts.contains(&inner))
      emitInner(op, inner, mapping, point);
  return widen(mapping.lookupOrDefault(wanted), point.lanes);
}

/// Lanes `stride` apart: their sum, and their difference. The product by 1 or
/// -1 is exact.
Value BodyEmitter::butterflyInLanes(Value x, unsigned stride) {
  auto type = cast<VectorType>(x.getType());
  SmallVector<int64_t> partners;
  SmallVector<float> signs;
  for (int64_t lane = 0; lane < type.getNumElements(); ++lane) {
    partners.push_back(lane ^ stride);
    signs.push_back(lane & stride ? -1 : 1);
  }
  Value sign = arith::ConstantOp::create(
      b, loc, DenseElementsAttr::get(type, ArrayRef<float>(signs)));
  Value partner = vector::ShuffleOp::create(b, loc, x, x, partners);
  return math::FmaOp::create(b, loc, x, sign, partner);
}

void BodyEmitter::butterflies(MutableArrayRef<Value> registers, int64_t order) {
  auto type = cast<VectorType>(registers.front().getType());
  int64_t lanes = type.getNumElements();
  for (int64_t stride = order / 2; stride > 0; stride /= 2) {
    for (size_t i = 0; i < registers.size(); ++i) {
      if (stride < lanes) {
        registers[i] = butterflyInLanes(registers[i], stride);
      } else if ((i & (stride / lanes)) == 0) {
        Value &low = registers[i], &high = registers[i + stride / lanes];
        Value sum = arith::AddFOp::create(b, loc, low, high);
        high = arith::SubFOp::create(b, loc, low, high);
        low = sum;
      }
    }
  }
}

//===----------------------------------------------------------------------===//
// One block
//===----------------------------------------------------------------------===//

/// Emits the block at `point`, whose columns and rows are not open.
void NestEmitter::emitHadamard(Point point, const Loads &loads) {
  LoopOp &op = *ops.front();
  unsigned column = dims.size() - 2, row = dims.size() - 1;
  point.lanes = std::min<int64_t>(width, op.order);
  auto along = [&](unsigned dim, int64_t first) {
    Point at = point;
    at.vectorDim = dim;
    setIndex(at, column, code.constant(dim == column ? first : 0));
    setIndex(at, row, code.constant(dim == row ? first : 0));
    return at;
  };
  SmallVector<Value> registers;
  for (int64_t first = 0; first < op.order; first += point.lanes) {
    Point at = along(row, first);
    SmallVector<Value> args;
    for (auto [number, input] : llvm::enumerate(op.inputs)) {
      Value loaded = loads.lookup(&input);
      args.push_back(
          loaded || !op.readsInput(number) ? loaded : code.load(op, input, at));
    }
    registers.push_back(code.partOfBody(op, op.multiplied, args, at));
  }
  code.butterflies(registers, op.order);
  Accumulator sums{&op, 0, op.combiners.front()};
  auto type = cast<VectorType>(registers.front().getType());
  Value scale = arith::ConstantOp::create(
      b, loc,
      DenseElementsAttr::get(type, float(1.0 / std::sqrt(double(op.order)))));
  for (auto [number, x] : llvm::enumerate(registers)) {
    Point at = along(column, number * point.lanes);
    Value sum = math::FmaOp::create(b, loc, x, scale, initial(sums, at));
    code.store(op, op.outputs.front(), at, sum);
  }
}

} // namespace nibble::codegen::loopnest
