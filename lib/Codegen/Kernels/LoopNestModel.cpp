//===- LoopNestModel.cpp - Reading a kernel ---------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LoopNestModel.h"

#include "nibble/Codegen/Kernels/LoopNest.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Interfaces/CallInterfaces.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

using namespace mlir;

namespace nibble::codegen::loopnest {

//===----------------------------------------------------------------------===//
// Forms and accesses
//===----------------------------------------------------------------------===//

std::optional<unsigned> IndexForm::plainIterator() const {
  if (!constant.isZero() || !nonlinear.empty())
    return std::nullopt;
  std::optional<unsigned> found;
  for (auto [iterator, coefficient] : llvm::enumerate(coefficients)) {
    if (coefficient.isZero())
      continue;
    if (found || !coefficient.isOne())
      return std::nullopt;
    found = iterator;
  }
  return found;
}

bool IndexForm::uses(unsigned iterator) const {
  return !coefficients[iterator].isZero() ||
         llvm::any_of(nonlinear, [&](const auto &term) {
           return term.first.isFunctionOfDim(iterator);
         });
}

bool Access::sameElement(const Access &other) const {
  return base && base == other.base && offset == other.offset &&
         coefficients == other.coefficients && nonlinear == other.nonlinear;
}

std::optional<unsigned> LoopOp::dimOf(unsigned iterator) const {
  for (auto [number, dim] : llvm::enumerate(dims))
    if (dim.first <= iterator && iterator <= dim.last)
      return number;
  return std::nullopt;
}

SmallVector<Access *> LoopOp::accesses() {
  SmallVector<Access *> result;
  for (Access &access : inputs)
    if (!access.isScalarOperand())
      result.push_back(&access);
  for (Access &access : outputs)
    result.push_back(&access);
  return result;
}

/// The memref that `value` is with another signedness of its integers, or null
/// (a bufferized tensor.bitcast).
static Value signSource(Value value) {
  auto castOp = value.getDefiningOp<UnrealizedConversionCastOp>();
  return castOp && castOp.getNumOperands() == 1 &&
                 isa<MemRefType>(castOp.getOperand(0).getType())
             ? castOp.getOperand(0)
             : Value();
}

/// The memref that `value` is a view of, or null.
static Value viewSource(Value value) {
  if (Value source = signSource(value))
    return source;
  Operation *def = value.getDefiningOp();
  if (auto castOp = dyn_cast_or_null<memref::CastOp>(def))
    return castOp.getSource();
  if (auto view = dyn_cast_or_null<ViewLikeOpInterface>(def))
    return view.getViewSource();
  return nullptr;
}

Value rootOf(Value memref) {
  while (Value source = viewSource(memref))
    memref = source;
  return memref;
}

/// Adds scale * expr to `form`.
static void addExpr(IndexForm &form, AffineExpr expr, const SizeExpr &scale) {
  if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
    form.coefficients[dim.getPosition()] += scale;
    return;
  }
  if (auto constant = dyn_cast<AffineConstantExpr>(expr)) {
    form.constant += scale * constant.getValue();
    return;
  }
  auto binary = cast<AffineBinaryOpExpr>(expr);
  if (expr.getKind() == AffineExprKind::Add) {
    addExpr(form, binary.getLHS(), scale);
    addExpr(form, binary.getRHS(), scale);
    return;
  }
  if (expr.getKind() == AffineExprKind::Mul)
    if (auto factor = dyn_cast<AffineConstantExpr>(binary.getRHS())) {
      addExpr(form, binary.getLHS(), scale * factor.getValue());
      return;
    }
  form.nonlinear.push_back({expr, scale});
}

/// The index of the source of `subview` from the index of its result.
static SmallVector<IndexForm> throughSubview(Sizes &sizes,
                                             memref::SubViewOp subview,
                                             ArrayRef<IndexForm> forms,
                                             unsigned numIterators) {
  llvm::SmallBitVector dropped = subview.getDroppedDims();
  SmallVector<IndexForm> result;
  unsigned kept = 0;
  for (auto [dim, offset, stride] :
       llvm::enumerate(subview.getMixedOffsets(), subview.getMixedStrides())) {
    IndexForm form;
    form.coefficients.resize(numIterators);
    form.constant = sizes.of(offset);
    if (!dropped[dim]) {
      SizeExpr scale = sizes.of(stride);
      const IndexForm &inner = forms[kept++];
      for (unsigned i = 0; i < numIterators; ++i)
        form.coefficients[i] = inner.coefficients[i] * scale;
      form.constant += inner.constant * scale;
      for (const auto &[expr, factor] : inner.nonlinear)
        form.nonlinear.push_back({expr, factor * scale});
    }
    result.push_back(std::move(form));
  }
  return result;
}

static Access makeAccess(Sizes &sizes, Value value, AffineMap map) {
  Access access;
  access.value = value;
  if (!isa<MemRefType>(value.getType()))
    return access;
  for (AffineExpr expr : map.getResults()) {
    IndexForm form;
    form.coefficients.resize(map.getNumDims());
    addExpr(form, expr, 1);
    access.forms.push_back(std::move(form));
  }
  access.base = value;
  while (true) {
    if (auto subview = access.base.getDefiningOp<memref::SubViewOp>()) {
      access.forms =
          throughSubview(sizes, subview, access.forms, map.getNumDims());
      access.base = subview.getSource();
    } else if (auto castOp = access.base.getDefiningOp<memref::CastOp>();
               castOp && isa<MemRefType>(castOp.getSource().getType())) {
      access.base = castOp.getSource();
    } else if (Value source = signSource(access.base)) {
      access.base = source;
    } else {
      break;
    }
  }
  access.root = rootOf(access.base);
  return access;
}

void canonicalize(Sizes &sizes, Access &access) {
  for (IndexForm &form : access.forms) {
    for (SizeExpr &coefficient : form.coefficients)
      coefficient = sizes.canonical(coefficient);
    form.constant = sizes.canonical(form.constant);
    for (auto &term : form.nonlinear)
      term.second = sizes.canonical(term.second);
  }
}

void linearize(Kernel &kernel, const LoopOp &op, Access &access) {
  access.coefficients.assign(op.dims.size(), SizeExpr());
  access.offset = 0;
  access.nonlinear.clear();
  access.nonlinearDims = llvm::SmallBitVector(op.dims.size());
  if (access.isScalarOperand())
    return;
  auto temporary = kernel.temporaries.find(access.base);
  for (auto [position, form] : llvm::enumerate(access.forms)) {
    SizeExpr stride = temporary != kernel.temporaries.end() &&
                              !temporary->second.strides.empty()
                          ? temporary->second.strides[position]
                          : kernel.sizes.stride(access.base, position);
    for (auto [dim, loop] : llvm::enumerate(op.dims))
      access.coefficients[dim] += form.coefficients[loop.last] * stride;
    access.offset += form.constant * stride;
    for (const auto &[expr, scale] : form.nonlinear) {
      access.nonlinear.push_back({expr, scale * stride});
      for (unsigned i = 0; i < op.numIterators; ++i)
        if (expr.isFunctionOfDim(i))
          if (std::optional<unsigned> dim = op.dimOf(i))
            access.nonlinearDims.set(*dim);
    }
  }
  for (SizeExpr &coefficient : access.coefficients)
    coefficient = kernel.sizes.canonical(coefficient);
  access.offset = kernel.sizes.canonical(access.offset);
  for (auto &term : access.nonlinear)
    term.second = kernel.sizes.canonical(term.second);
}

SizeExpr Kernel::scratchExtent(const Temporary &temporary) {
  SizeExpr count = 1;
  for (const SizeExpr &extent : temporary.extents)
    count = count * extent;
  return count;
}

//===----------------------------------------------------------------------===//
// Bodies
//===----------------------------------------------------------------------===//

static bool isVectorElement(Type type) {
  if (type.isIndex() || type.isF16() || type.isBF16() || type.isF32() ||
      type.isF64())
    return true;
  auto integer = dyn_cast<IntegerType>(type);
  return integer && integer.isSignless() &&
         llvm::is_contained({1, 8, 16, 32, 64}, int(integer.getWidth()));
}

/// Scalars that a body may compute with in lanes.
static bool isLaneType(Type type) {
  return type.isIndex() || isa<FloatType>(type) || type.isSignlessInteger();
}

static bool isVectorizableBody(Kernel &kernel, const LoopOp &op) {
  for (const Access &access : op.inputs)
    if (!isVectorElement(access.elementType()))
      return false;
  for (const Access &access : op.outputs)
    if (!isVectorElement(access.elementType()))
      return false;
  if (!op.body)
    return true;
  for (Operation &inner : op.body->without_terminator()) {
    if (inner.getNumRegions() != 0 || inner.getNumResults() != 1 ||
        !isLaneType(inner.getResult(0).getType()))
      return false;
    if (isa<arith::ConstantOp, linalg::IndexOp>(inner))
      continue;
    if (auto load = dyn_cast<memref::LoadOp>(inner)) {
      if (kernel.isWritten(rootOf(load.getMemRef())) ||
          !isVectorElement(load.getType()))
        return false;
      continue;
    }
    if (!OpTrait::hasElementwiseMappableTraits(&inner) ||
        !llvm::all_of(inner.getOperandTypes(), isLaneType))
      return false;
  }
  return true;
}

/// The op that joins output `number` with its accumulator, if reordering its
/// chain is a reduction tree of the same op.
static Operation *findCombiner(const LoopOp &op, unsigned number) {
  if (!op.body)
    return nullptr;
  BlockArgument accumulator = op.body->getArgument(op.inputs.size() + number);
  Value yielded = op.body->getTerminator()->getOperand(number);
  Operation *combiner = yielded.getDefiningOp();
  if (!combiner || combiner->getBlock() != op.body ||
      !accumulator.hasOneUse() || !yielded.hasOneUse() ||
      *accumulator.user_begin() != combiner)
    return nullptr;
  if (auto fma = dyn_cast<math::FmaOp>(combiner))
    return fma.getC() == accumulator ? combiner : nullptr;
  bool known =
      isa<arith::AddFOp, arith::MulFOp, arith::MaximumFOp, arith::MinimumFOp,
          arith::MaxNumFOp, arith::MinNumFOp, arith::AddIOp, arith::MulIOp,
          arith::MaxSIOp, arith::MaxUIOp, arith::MinSIOp, arith::MinUIOp,
          arith::AndIOp, arith::OrIOp, arith::XOrIOp>(combiner);
  return known && arith::getNeutralElement(combiner) ? combiner : nullptr;
}

static void describeBody(Kernel &kernel, LoopOp &op) {
  op.vectorizable = isVectorizableBody(kernel, op);
  op.initial.assign(op.outputs.size(), Value());
  for (unsigned k = 0; k < op.outputs.size(); ++k) {
    op.combiners.push_back(findCombiner(op, k));
    op.readsOutput.push_back(
        op.body && !op.body->getArgument(op.inputs.size() + k).use_empty());
  }
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

static LogicalResult checkSignature(func::FuncOp function) {
  if (!llvm::hasSingleElement(function.getBody()))
    return function.emitOpError(
        "is a loop-nest kernel and must have exactly one block");
  ArrayRef<Type> types = function.getArgumentTypes();
  unsigned count = types.size();
  auto isScratch = [](Type type) {
    auto memref = dyn_cast<MemRefType>(type);
    return memref && memref.getRank() == 1 && memref.isDynamicDim(0) &&
           memref.getElementType().isInteger(8) && hasIdentityLayout(memref);
  };
  if (count < kNumKernelTrailingArgs || !types[count - 3].isIndex() ||
      !types[count - 2].isIndex() || !isScratch(types[count - 1]))
    return function.emitOpError("is a loop-nest kernel and must end its "
                                "arguments with begin: index, end: index, "
                                "scratch: memref<?xi8>");
  for (BlockArgument arg : function.getArguments().take_back(3))
    if (!arg.use_empty())
      return function.emitOpError("is a loop-nest kernel and must not use its "
                                  "begin, end and scratch arguments itself");
  if (function.getNumResults() != 0)
    return function.emitOpError(
        "is a loop-nest kernel and must not return values; write to memref "
        "arguments instead");
  return success();
}

static LogicalResult checkMemRef(Operation *op, Value value) {
  auto type = dyn_cast<MemRefType>(value.getType());
  if (!type || !type.isStrided())
    return op->emitOpError("in a loop-nest kernel needs ranked memrefs with a "
                           "strided layout, but has ")
           << value.getType();
  Value root = rootOf(value);
  if (!isa<BlockArgument>(root) && !root.getDefiningOp<memref::AllocOp>() &&
      !root.getDefiningOp<memref::AllocaOp>())
    return op->emitOpError("in a loop-nest kernel needs memrefs that are "
                           "views of an argument or an allocation, but one "
                           "comes from ")
           << root.getDefiningOp()->getName();
  return success();
}

static LogicalResult checkBody(Operation *op) {
  WalkResult result = op->walk([&](Operation *inner) {
    if (inner == op)
      return WalkResult::advance();
    bool unknown =
        isa<CallOpInterface>(inner) &&
        llvm::any_of(inner->getOperandTypes(), llvm::IsaPred<BaseMemRefType>);
    if (unknown || hasEffect<MemoryEffects::Write>(inner)) {
      inner->emitOpError("may write memory inside a linalg body; a loop-nest "
                         "kernel writes through outputs only");
      return WalkResult::interrupt();
    }
    for (Value operand : inner->getOperands())
      if (isa<BaseMemRefType>(operand.getType()) &&
          failed(checkMemRef(inner, operand)))
        return WalkResult::interrupt();
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

static FailureOr<LoopOp> readLinalg(Kernel &kernel, linalg::LinalgOp linalgOp) {
  Operation *op = linalgOp;
  if (!linalgOp.hasPureBufferSemantics())
    return op->emitOpError("in a loop-nest kernel must work on memrefs only");
  if (failed(checkBody(op)))
    return failure();
  LoopOp result;
  result.op = op;
  result.body = linalgOp.getBlock();
  result.numIterators = linalgOp.getNumLoops();
  for (OpOperand &operand : op->getOpOperands()) {
    AffineMap map = linalgOp.getMatchingIndexingMap(&operand);
    bool scalar = linalgOp.isScalar(&operand);
    if (!scalar && failed(checkMemRef(op, operand.get())))
      return failure();
    Access access = makeAccess(kernel.sizes, operand.get(), map);
    (linalgOp.isDpsInit(&operand) ? result.outputs : result.inputs)
        .push_back(std::move(access));
  }
  return result;
}

static FailureOr<LoopOp> readCopy(Kernel &kernel, memref::CopyOp copy) {
  if (failed(checkMemRef(copy, copy.getSource())) ||
      failed(checkMemRef(copy, copy.getTarget())))
    return failure();
  LoopOp result;
  result.op = copy;
  result.numIterators = cast<MemRefType>(copy.getTarget().getType()).getRank();
  AffineMap map =
      AffineMap::getMultiDimIdentityMap(result.numIterators, copy.getContext());
  result.inputs.push_back(makeAccess(kernel.sizes, copy.getSource(), map));
  result.outputs.push_back(makeAccess(kernel.sizes, copy.getTarget(), map));
  return result;
}

/// Sets the extent of every iterator from the memref dimensions that it
/// indexes alone, and joins the symbols that must therefore be equal.
static void findExtents(Kernel &kernel, LoopOp &op) {
  SmallVector<std::optional<SizeExpr>> extents(op.numIterators);
  auto visit = [&](Value value, AffineMap map) {
    for (auto [dim, expr] : llvm::enumerate(map.getResults())) {
      auto iterator = dyn_cast<AffineDimExpr>(expr);
      if (!iterator)
        continue;
      SizeExpr extent = kernel.sizes.extent(value, dim);
      std::optional<SizeExpr> &known = extents[iterator.getPosition()];
      if (known)
        kernel.sizes.unify(*known, extent);
      // A constant says more than a symbol.
      if (!known || (!known->constant() && extent.constant()))
        known = extent;
    }
  };
  SmallVector<utils::IteratorType> iterators(op.numIterators,
                                             utils::IteratorType::parallel);
  if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op.op)) {
    iterators = linalgOp.getIteratorTypesArray();
    for (OpOperand &operand : op.op->getOpOperands())
      if (!linalgOp.isScalar(&operand))
        visit(operand.get(), linalgOp.getMatchingIndexingMap(&operand));
  } else {
    AffineMap map =
        AffineMap::getMultiDimIdentityMap(op.numIterators, op.op->getContext());
    visit(op.inputs.front().value, map);
    visit(op.outputs.front().value, map);
  }
  for (unsigned i = 0; i < op.numIterators; ++i) {
    assert(extents[i] && "linalg's verifier asks for invertible maps");
    op.dims.push_back(
        {i, i, *extents[i], iterators[i] != utils::IteratorType::parallel});
  }
}

static LogicalResult readTemporary(Kernel &kernel, Operation *alloc) {
  Value result = alloc->getResult(0);
  auto type = cast<MemRefType>(result.getType());
  if (!hasIdentityLayout(type) ||
      alloc->getNumOperands() != type.getNumDynamicDims())
    return alloc->emitOpError(
        "in a loop-nest kernel needs the identity layout");
  Temporary temporary;
  temporary.alloc = alloc;
  kernel.temporaries.insert({result, temporary});
  return success();
}

static LogicalResult readOp(Kernel &kernel, Operation &op) {
  if (isa<func::ReturnOp, memref::DeallocOp>(op))
    return success();
  if (isa<memref::AllocOp, memref::AllocaOp>(op))
    return readTemporary(kernel, &op);
  FailureOr<LoopOp> loopOp = failure();
  if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
    loopOp = readLinalg(kernel, linalgOp);
  else if (auto copy = dyn_cast<memref::CopyOp>(op))
    loopOp = readCopy(kernel, copy);
  else if (isMemoryEffectFree(&op))
    return success();
  else
    return op.emitOpError("may not stand in a loop-nest kernel: only "
                          "structured linalg ops, memref.copy, allocations and "
                          "side-effect free ops may");
  if (failed(loopOp))
    return failure();
  findExtents(kernel, *loopOp);
  kernel.ops.push_back(std::move(*loopOp));
  return success();
}

FailureOr<Kernel> readKernel(func::FuncOp function) {
  Kernel kernel;
  kernel.function = function;
  if (failed(checkSignature(function)))
    return failure();
  for (Operation &op : function.front())
    if (failed(readOp(kernel, op)))
      return failure();
  for (LoopOp &op : kernel.ops)
    for (Access &access : op.outputs)
      kernel.written.insert(access.root.getAsOpaquePointer());
  for (LoopOp &op : kernel.ops) {
    describeBody(kernel, op);
    findHadamard(op);
  }
  return kernel;
}

} // namespace nibble::codegen::loopnest
