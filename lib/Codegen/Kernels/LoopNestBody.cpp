//===- LoopNestBody.cpp - One point of a loop nest --------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LoopNestEmit.h"
#include "VectorTranspose.h"

#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace nibble::codegen::loopnest {

Value BodyEmitter::constant(int64_t value) {
  return arith::ConstantIndexOp::create(b, loc, value);
}
Value BodyEmitter::add(Value x, Value y) {
  return b.createOrFold<arith::AddIOp>(loc, x, y);
}
Value BodyEmitter::mul(Value x, Value y) {
  return b.createOrFold<arith::MulIOp>(loc, x, y);
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

Value alignScratch(OpBuilder &b, Location loc, Value bytes) {
  Value mask = arith::ConstantIndexOp::create(b, loc, kScratchAlignment - 1);
  Value inverse = arith::ConstantIndexOp::create(b, loc, -kScratchAlignment);
  Value sum = b.createOrFold<arith::AddIOp>(loc, bytes, mask);
  return b.createOrFold<arith::AndIOp>(loc, sum, inverse);
}

int64_t elementBytes(Type type) {
  return type.isIndex() ? 8 : llvm::divideCeil(type.getIntOrFloatBitWidth(), 8);
}

bool onStack(Kernel &kernel, const Temporary &temporary) {
  return temporary.shrinkable && kernel.scratchExtent(temporary).isOne();
}

void BodyEmitter::placeTemporaries() {
  Value scratch = kernel.function.getArguments().back();
  Value at = arith::ConstantIndexOp::create(entry, loc, 0);
  for (auto &[value, temporary] : kernel.temporaries) {
    auto type = cast<MemRefType>(value.getType());
    Type element = type.getElementType();
    if (temporary.forwarded)
      continue;
    if (onStack(kernel, temporary)) {
      auto one = MemRefType::get({1}, element);
      flatMemory[value] = memref::AllocaOp::create(entry, loc, one);
      continue;
    }
    SizeExpr count = kernel.scratchExtent(temporary);
    if (temporary.shrinkable) {
      auto row = MemRefType::get({ShapedType::kDynamic}, element);
      flatMemory[value] = memref::ViewOp::create(entry, loc, row, scratch, at,
                                                 ValueRange(size(count)));
    } else {
      SmallVector<Value> extents;
      for (int64_t dim = 0; dim < type.getRank(); ++dim)
        if (type.isDynamicDim(dim))
          extents.push_back(size(temporary.extents[dim]));
      auto view = MemRefType::get(type.getShape(), element);
      temporaryViews.map(value, memref::ViewOp::create(entry, loc, view,
                                                       scratch, at, extents));
    }
    Value bytes = size(count * elementBytes(element));
    at = entry.createOrFold<arith::AddIOp>(loc, at,
                                           alignScratch(entry, loc, bytes));
  }
}

/// `memref` of the kernel, or what stands for it if it is a temporary's view.
Value BodyEmitter::memory(Value memref) {
  if (temporaryViews.contains(rootOf(memref)))
    return cloneComputation(entry, memref, temporaryViews);
  return memref;
}

/// All of `access`'s base as one dimension of stride 1.
Value BodyEmitter::flat(const Access &access) {
  Value &result = flatMemory[access.base];
  if (result)
    return result;
  Value base = access.base, root = memory(base);
  auto type = cast<MemRefType>(base.getType());
  // Signs are for the graph; the ops of a kernel are on signless integers.
  if (auto integer = dyn_cast<IntegerType>(type.getElementType());
      integer && !integer.isSignless()) {
    type = MemRefType::Builder(type).setElementType(
        IntegerType::get(entry.getContext(), integer.getWidth()));
    root =
        UnrealizedConversionCastOp::create(entry, loc, type, root).getResult(0);
  }
  SizeExpr reach = 1;
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    SizeExpr last = kernel.sizes.extent(base, dim) + SizeExpr(-1);
    reach += last * kernel.sizes.stride(base, dim);
  }
  SizeExpr start = kernel.sizes.offset(base);
  OpFoldResult startValue = entry.getIndexAttr(start.constant().value_or(0));
  int64_t startType = start.constant().value_or(ShapedType::kDynamic);
  if (!start.constant())
    startValue = size(start);
  auto layout = StridedLayoutAttr::get(entry.getContext(), startType, {1});
  auto flatType = MemRefType::get({ShapedType::kDynamic}, type.getElementType(),
                                  layout, type.getMemorySpace());
  Value extent = size(reach);
  OpFoldResult stride = entry.getIndexAttr(1);
  result = memref::ReinterpretCastOp::create(
      entry, loc, flatType, root, startValue, ArrayRef<OpFoldResult>{extent},
      ArrayRef<OpFoldResult>{stride});
  return result;
}

/// Element offset of `access` at `point` (at its first lane).
Value BodyEmitter::offset(const LoopOp &op, const Access &access,
                          const Point &point) {
  auto temporary = kernel.temporaries.find(access.base);
  bool relative =
      temporary != kernel.temporaries.end() && temporary->second.shrinkable;
  ArrayRef<Value> index = relative ? point.relative : point.index;
  Value sum = size(access.offset);
  auto addDim = [&](unsigned dim) {
    if (!access.coefficients[dim].isZero())
      sum = add(sum, mul(index[dim], size(access.coefficients[dim])));
  };
  for (unsigned dim = 0; dim < op.dims.size(); ++dim)
    if (dim != point.vectorDim)
      addDim(dim);
  if (!access.nonlinear.empty()) {
    SmallVector<Value> iterators;
    for (unsigned i = 0; i < op.numIterators; ++i) {
      std::optional<unsigned> dim = op.dimOf(i);
      // Iterators that no nonlinear term uses may be joined or not open.
      iterators.push_back(dim && access.nonlinearDims.test(*dim)
                              ? point.index[*dim]
                              : constant(0));
    }
    for (const auto &[expr, scale] : access.nonlinear)
      sum = add(sum, mul(affine::expandAffineExpr(b, loc, expr, iterators, {}),
                         size(scale)));
  }
  // The lanes last: the rest is invariant in their loop.
  if (point.vectorDim)
    addDim(*point.vectorDim);
  return sum;
}

SmallVector<Value> BodyEmitter::laneOffsets(const LoopOp &op,
                                            const Access &access,
                                            const Point &point) {
  SmallVector<Value> offsets;
  unsigned dim = *point.vectorDim;
  Value first = offset(op, access, point);
  for (unsigned lane = 0; lane < point.lanes; ++lane) {
    if (!access.nonlinearDims.test(dim)) {
      Value step = size(access.coefficients[dim] * int64_t(lane));
      offsets.push_back(add(first, step));
      continue;
    }
    Point shifted = point;
    shifted.index[dim] = add(point.index[dim], constant(lane));
    shifted.relative[dim] = add(point.relative[dim], constant(lane));
    offsets.push_back(offset(op, access, shifted));
  }
  return offsets;
}

Value BodyEmitter::assemble(ArrayRef<Value> lanes) {
  auto type = VectorType::get({int64_t(lanes.size())}, lanes[0].getType());
  return vector::FromElementsOp::create(b, loc, type, lanes);
}

/// The address of an i1 element. A vector of i1 in memory is packed bits,
/// while elements of a memref of i1 are bytes.
Value BodyEmitter::bytePointer(Value memref, Value at) {
  auto metadata = memref::ExtractStridedMetadataOp::create(b, loc, memref);
  Value base = memref::ExtractAlignedPointerAsIndexOp::create(b, loc, memref);
  Value address = add(add(base, metadata.getOffset()), at);
  Value integer = arith::IndexCastOp::create(b, loc, b.getI64Type(), address);
  auto pointer = LLVM::LLVMPointerType::get(b.getContext());
  return LLVM::IntToPtrOp::create(b, loc, pointer, integer);
}

Value BodyEmitter::vectorLoad(Value memref, Value at, unsigned lanes) {
  Type element = cast<MemRefType>(memref.getType()).getElementType();
  auto type = VectorType::get({lanes}, element);
  if (!element.isInteger(1))
    return vector::LoadOp::create(b, loc, type, memref, at);
  auto bytes = VectorType::get({lanes}, b.getI8Type());
  Value loaded = LLVM::LoadOp::create(b, loc, bytes, bytePointer(memref, at),
                                      /*alignment=*/1);
  Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(bytes));
  return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, loaded, zero);
}

void BodyEmitter::vectorStore(Value memref, Value at, Value value) {
  auto type = cast<VectorType>(value.getType());
  if (!type.getElementType().isInteger(1)) {
    vector::StoreOp::create(b, loc, value, memref, at);
    return;
  }
  auto bytes = VectorType::get(type.getShape(), b.getI8Type());
  Value wide = arith::ExtUIOp::create(b, loc, bytes, value);
  LLVM::StoreOp::create(b, loc, wide, bytePointer(memref, at),
                        /*alignment=*/1);
}

/// Elements at, at + 2, … : two loads that touch nothing past the last.
Value BodyEmitter::loadEvery2nd(Value memref, Value at, unsigned lanes) {
  Value low = vectorLoad(memref, at, lanes);
  Value high = vectorLoad(memref, add(at, constant(lanes - 1)), lanes);
  SmallVector<int64_t> mask;
  for (unsigned lane = 0; lane < lanes; ++lane)
    mask.push_back(2 * lane < lanes ? 2 * lane : 2 * lane + 1);
  return vector::ShuffleOp::create(b, loc, low, high, mask);
}

Value BodyEmitter::load(const LoopOp &op, const Access &access,
                        const Point &point) {
  if (access.isScalarOperand())
    return access.value;
  Value memref = flat(access);
  if (point.lanes == 1 || !access.dependsOn(*point.vectorDim))
    return memref::LoadOp::create(b, loc, memref, offset(op, access, point));
  const SizeExpr &step = access.coefficients[*point.vectorDim];
  bool linear = !access.nonlinearDims.test(*point.vectorDim);
  if (linear && step.isOne())
    return vectorLoad(memref, offset(op, access, point), point.lanes);
  if (linear && step == SizeExpr(2))
    return loadEvery2nd(memref, offset(op, access, point), point.lanes);
  SmallVector<Value> lanes;
  for (Value at : laneOffsets(op, access, point))
    lanes.push_back(memref::LoadOp::create(b, loc, memref, at));
  return assemble(lanes);
}

SmallVector<Value> BodyEmitter::loadTransposed(const LoopOp &op,
                                               const Access &access,
                                               const Point &point) {
  SmallVector<Value> rows;
  Value memref = flat(access);
  for (Value at : laneOffsets(op, access, point))
    rows.push_back(vectorLoad(memref, at, point.lanes));
  return transposeSquare(b, loc, rows);
}

void BodyEmitter::store(const LoopOp &op, const Access &access,
                        const Point &point, Value value) {
  Value memref = flat(access);
  if (point.lanes == 1 || !access.dependsOn(*point.vectorDim)) {
    memref::StoreOp::create(b, loc, value, memref, offset(op, access, point));
    return;
  }
  value = widen(value, point.lanes);
  if (access.coefficients[*point.vectorDim].isOne() &&
      !access.nonlinearDims.test(*point.vectorDim)) {
    vectorStore(memref, offset(op, access, point), value);
    return;
  }
  for (auto [lane, at] : llvm::enumerate(laneOffsets(op, access, point))) {
    Value element =
        vector::ExtractOp::create(b, loc, value, ArrayRef<int64_t>(lane));
    memref::StoreOp::create(b, loc, element, memref, at);
  }
}

//===----------------------------------------------------------------------===//
// Bodies
//===----------------------------------------------------------------------===//

Value BodyEmitter::widen(Value value, unsigned lanes) {
  if (lanes == 1 || isa<VectorType>(value.getType()))
    return value;
  auto type = VectorType::get({lanes}, value.getType());
  return vector::BroadcastOp::create(b, loc, type, value);
}

/// The value of `iterator`, per lane if the lanes run along it.
Value BodyEmitter::index(const LoopOp &op, unsigned iterator,
                         const Point &point) {
  std::optional<unsigned> dim = op.dimOf(iterator);
  if (!dim)
    return constant(0);
  Value scalar = point.index[*dim];
  if (point.lanes == 1 || dim != point.vectorDim)
    return scalar;
  auto type = VectorType::get({point.lanes}, b.getIndexType());
  Value iota = vector::StepOp::create(b, loc, type);
  return arith::AddIOp::create(b, loc, widen(scalar, point.lanes), iota);
}

/// A load with computed indices: one scalar load per lane.
Value BodyEmitter::gather(memref::LoadOp load, IRMapping &mapping) {
  Value source = memory(load.getMemRef());
  SmallVector<Value> indices;
  unsigned lanes = 1;
  for (Value index : load.getIndices()) {
    indices.push_back(mapping.lookupOrDefault(index));
    if (auto type = dyn_cast<VectorType>(indices.back().getType()))
      lanes = type.getNumElements();
  }
  if (lanes == 1)
    return memref::LoadOp::create(b, loc, source, indices);
  SmallVector<Value> elements;
  for (unsigned lane = 0; lane < lanes; ++lane) {
    SmallVector<Value> at;
    for (Value index : indices)
      at.push_back(isa<VectorType>(index.getType())
                       ? Value(vector::ExtractOp::create(
                             b, loc, index, ArrayRef<int64_t>(lane)))
                       : index);
    elements.push_back(memref::LoadOp::create(b, loc, source, at));
  }
  return assemble(elements);
}

/// Clones `inner`, whose memrefs may be temporaries.
Operation *BodyEmitter::cloneScalar(Operation &inner, IRMapping &mapping) {
  Operation *copy = b.clone(inner, mapping);
  copy->walk([&](Operation *nested) {
    for (OpOperand &operand : nested->getOpOperands())
      if (isa<BaseMemRefType>(operand.get().getType()))
        operand.set(memory(operand.get()));
  });
  return copy;
}

/// Clones `inner` on scalars, or on vectors if one operand is a vector.
Value BodyEmitter::elementwise(Operation &inner, IRMapping &mapping) {
  unsigned lanes = 1;
  for (Value operand : inner.getOperands())
    if (auto type =
            dyn_cast<VectorType>(mapping.lookupOrDefault(operand).getType()))
      lanes = type.getNumElements();
  if (lanes == 1)
    return cloneScalar(inner, mapping)->getResult(0);
  Operation *wide = inner.clone();
  for (auto [number, operand] : llvm::enumerate(inner.getOperands()))
    wide->setOperand(number, widen(mapping.lookupOrDefault(operand), lanes));
  wide->getResult(0).setType(
      VectorType::get({lanes}, inner.getResult(0).getType()));
  b.insert(wide);
  return wide->getResult(0);
}

/// Emits one op of a body.
void BodyEmitter::emitInner(const LoopOp &op, Operation &inner,
                            IRMapping &mapping, const Point &point) {
  if (inner.getNumRegions() != 0 || inner.getNumResults() != 1) {
    // Such bodies have no lanes.
    cloneScalar(inner, mapping);
    return;
  }
  Value result;
  if (auto indexOp = dyn_cast<linalg::IndexOp>(inner))
    result = index(op, indexOp.getDim(), point);
  else if (auto load = dyn_cast<memref::LoadOp>(inner))
    result = gather(load, mapping);
  else
    result = elementwise(inner, mapping);
  mapping.map(inner.getResult(0), result);
}

SmallVector<Value> BodyEmitter::body(const LoopOp &op, ArrayRef<Value> args,
                                     const Point &point) {
  if (!op.body)
    return {args.front()};
  IRMapping mapping;
  mapping.map(op.body->getArguments().take_front(args.size()), args);
  for (Operation &inner : op.body->without_terminator())
    emitInner(op, inner, mapping, point);
  return llvm::map_to_vector(
      op.body->getTerminator()->getOperands(),
      [&](Value v) { return mapping.lookupOrDefault(v); });
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

Value BodyEmitter::combine(Operation *combiner, Value x, Value y) {
  if (isa<math::FmaOp>(combiner))
    return arith::AddFOp::create(b, loc, x, y);
  Operation *copy = combiner->clone();
  copy->setOperands({x, y});
  copy->getResult(0).setType(x.getType());
  b.insert(copy);
  return copy->getResult(0);
}

Value BodyEmitter::combineLanes(Operation *combiner, Value value) {
  unsigned lanes = cast<VectorType>(value.getType()).getNumElements();
  for (; lanes > 1; lanes /= 2) {
    SmallVector<int64_t> low = llvm::to_vector(llvm::seq<int64_t>(lanes / 2));
    SmallVector<int64_t> high =
        llvm::to_vector(llvm::seq<int64_t>(lanes / 2, lanes));
    Value x = vector::ShuffleOp::create(b, loc, value, value, low);
    Value y = vector::ShuffleOp::create(b, loc, value, value, high);
    value = combine(combiner, x, y);
  }
  return vector::ExtractOp::create(b, loc, value, ArrayRef<int64_t>(0));
}

Value BodyEmitter::neutral(Operation *combiner, Type type) {
  // Not +0: that would lose the sign of a sum of negative zeros.
  if (isa<arith::AddFOp, math::FmaOp>(combiner))
    return arith::ConstantOp::create(b, loc, b.getFloatAttr(type, -0.0));
  return arith::ConstantOp::create(b, loc, *arith::getNeutralElement(combiner));
}

} // namespace nibble::codegen::loopnest
