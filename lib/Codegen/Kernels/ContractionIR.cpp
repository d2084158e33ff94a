//===- ContractionIR.cpp - Small builders for kernels -----------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ContractionEmitter.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace nibble::codegen;

Value IR::splat(VectorType type, double value) {
  Attribute element;
  if (isa<FloatType>(type.getElementType()))
    element = b.getFloatAttr(type.getElementType(), value);
  else
    element = b.getIntegerAttr(type.getElementType(), int64_t(value));
  return arith::ConstantOp::create(b, loc,
                                   DenseElementsAttr::get(type, element));
}

Value IR::concat(ValueRange vectors) {
  SmallVector<Value> parts(vectors);
  for (; parts.size() > 1; parts.truncate(parts.size() / 2)) {
    auto type = cast<VectorType>(parts.front().getType());
    auto mask = llvm::to_vector(llvm::seq<int64_t>(0, 2 * type.getDimSize(0)));
    for (size_t i = 0; i < parts.size() / 2; ++i)
      parts[i] = vector::ShuffleOp::create(b, loc, parts[2 * i],
                                           parts[2 * i + 1], mask);
  }
  return parts.front();
}

Value IR::slice(Value vector, int64_t first, int64_t count) {
  if (cast<VectorType>(vector.getType()).getDimSize(0) == count)
    return vector;
  return vector::ExtractStridedSliceOp::create(b, loc, vector, first, count, 1);
}

Value IR::view(Value bytes, Value offset, Type type) {
  // Elements of i1 are bytes.
  int64_t size =
      type.isIndex() ? 8 : llvm::divideCeil(type.getIntOrFloatBitWidth(), 8);
  Value all = memref::DimOp::create(b, loc, bytes, 0);
  Value count = div(sub(all, offset), c(size));
  auto viewType = MemRefType::get({ShapedType::kDynamic}, type);
  return memref::ViewOp::create(b, loc, viewType, bytes, offset,
                                ValueRange{count});
}

Value IR::intrinsic(StringRef name, Type type, ValueRange operands) {
  return LLVM::CallIntrinsicOp::create(b, loc, type, b.getStringAttr(name),
                                       operands)
      .getResult(0);
}

SmallVector<Value> IR::loop(Value begin, Value end, int64_t step,
                            ValueRange carried, Body body) {
  auto op = scf::ForOp::create(b, loc, begin, end, c(step), carried);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(op.getBody());
  SmallVector<Value> next = body(op.getInductionVar(), op.getRegionIterArgs());
  if (!carried.empty() || !op.getBody()->mightHaveTerminator())
    scf::YieldOp::create(b, loc, next);
  return op.getResults();
}

SmallVector<Value> IR::tightLoop(Value begin, Value end, ValueRange carried,
                                 Body body) {
  SmallVector<Value> results = loop(begin, end, 1, carried, body);
  MLIRContext *context = b.getContext();
  auto unroll = LLVM::LoopUnrollAttr::get(context, b.getBoolAttr(true), {}, {},
                                          {}, {}, {}, {});
  auto annotation = LLVM::LoopAnnotationAttr::get(
      context, {}, {}, {}, unroll, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {});
  // The name under which the lowering to LLVM takes it along.
  results.front().getDefiningOp()->setAttr("loop_annotation", annotation);
  return results;
}

void IR::loop(Value begin, Value end, int64_t step,
              function_ref<void(Value)> body) {
  loop(begin, end, step, {}, [&](Value i, ValueRange) {
    body(i);
    return SmallVector<Value>();
  });
}

void IR::ifThen(Value condition, function_ref<void()> body) {
  auto op = scf::IfOp::create(b, loc, condition);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(op.thenBlock());
  body();
}

void IR::ifElse(Value condition, function_ref<void()> then,
                function_ref<void()> otherwise) {
  auto op = scf::IfOp::create(b, loc, condition, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(op.thenBlock());
  then();
  b.setInsertionPointToStart(op.elseBlock());
  otherwise();
}

SmallVector<Value> IR::select(Value condition, TypeRange types,
                              function_ref<SmallVector<Value>()> then,
                              function_ref<SmallVector<Value>()> otherwise) {
  auto op = scf::IfOp::create(b, loc, types, condition, /*withElse=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(op.thenBlock());
  scf::YieldOp::create(b, loc, then());
  b.setInsertionPointToStart(op.elseBlock());
  scf::YieldOp::create(b, loc, otherwise());
  return op.getResults();
}

Value IR::offset(const StridedAxis &axis, Value index) {
  Value result = nullptr;
  for (size_t d = axis.strides.size(); d-- > 0;) {
    Value part = index;
    if (d > 0) {
      // Extents are those of the inner dimensions; segments carry all of them.
      size_t drop = axis.strides.size() - axis.extents.size();
      Value extent = axis.extents[d - drop];
      part = rem(index, extent);
      index = div(index, extent);
    }
    Value term = mul(part, axis.strides[d]);
    result = result ? add(result, term) : term;
  }
  return result;
}

SmallVector<Value> IR::forEachSegment(const ContractionOperands &ops,
                                      ArrayRef<Value> starts,
                                      ValueRange carried, SegmentBody body) {
  Value segments = c(1);
  for (Value extent : ops.segments.extents)
    segments = mul(segments, extent);
  return loop(c(0), segments, 1, carried, [&](Value s, ValueRange values) {
    Value shift = offset(ops.segments, s);
    SmallVector<Value> shifted;
    for (Value start : starts)
      shifted.push_back(add(start, shift));
    return body(mul(s, ops.segmentLength), shifted, values);
  });
}
