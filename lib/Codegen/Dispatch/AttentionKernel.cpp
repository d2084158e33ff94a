//===- AttentionKernel.cpp - Kernels of attention dispatches ----*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionKernel.h"

#include "ContractionKernel.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "nibble/Codegen/Kernels/Attention.h"

using namespace mlir;
using namespace nibble;

/// On a kernel: dot, key heads, group, depth, width; then the number of the
/// query's operand and its axes of batch and query.
static constexpr StringLiteral kShapeAttr = "nn.attention";

bool nibble::keepsRows(nn::TransposeOp op) {
  ArrayRef<int64_t> permutation = op.getPermutation();
  return permutation.size() == 4 && permutation.back() == 3 &&
         isa<RankedTensorType>(op.getInput().getType());
}

bool nibble::canFuseAttention(nn::AttentionOp op) {
  auto isRows = [](Value value) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    return type && type.getElementType().isF32() && !type.isDynamicDim(3) &&
           type.getDimSize(3) > 0;
  };
  if (!isRows(op.getQuery()) || !isRows(op.getKey()) ||
      !isRows(op.getValue()) || !isRows(op.getResult()))
    return false;
  if (!op.getMask())
    return true;
  Type element =
      cast<RankedTensorType>(op.getMask().getType()).getElementType();
  return element.isF32() || element.isInteger(1);
}

nn::AttentionOp nibble::getFusedAttention(nn::DispatchOp dispatch) {
  for (auto op : dispatch.getBodyBlock()->getOps<nn::AttentionOp>())
    if (op->getAttrOfType<StringAttr>(kAttentionDotAttr))
      return op;
  return nullptr;
}

bool nibble::isAttentionKernel(func::FuncOp kernel) {
  return kernel->hasAttr(kShapeAttr);
}

static FailureOr<codegen::AttentionDesc> describe(nn::AttentionOp op) {
  auto plan = readContractionPlan(
      op, codegen::ContractionDesc().str(),
      op->getAttrOfType<StringAttr>(kAttentionDotAttr).getValue());
  if (failed(plan))
    return failure();
  auto extent = [](Value value, int64_t axis) {
    return cast<RankedTensorType>(value.getType()).getDimSize(axis);
  };
  codegen::AttentionDesc desc;
  desc.dot = plan->dot;
  desc.keyHeads = extent(op.getKey(), 1);
  desc.group = extent(op.getQuery(), 1) / desc.keyHeads;
  desc.depth = extent(op.getKey(), 3);
  desc.width = extent(op.getValue(), 3);
  desc.scale = op.getScale().convertToDouble();
  desc.softcap = op.getSoftcap().convertToDouble();
  desc.window = op.getWindow();
  desc.causal = op.getCausal();
  return desc;
}

namespace {
/// A tensor of the dispatch as the kernel's argument: axis i is the argument's
/// axis axes[i].
struct Place {
  unsigned argument;
  SmallVector<int64_t> axes;
};
} // namespace

/// Where an operand of the attention lies; it may be transposed on its way.
static Place findOperand(Value value) {
  SmallVector<int64_t> axes = {0, 1, 2, 3};
  if (auto moved = value.getDefiningOp<nn::TransposeOp>()) {
    axes = llvm::to_vector(moved.getPermutation());
    value = moved.getInput();
  }
  return {cast<BlockArgument>(value).getArgNumber(), axes};
}

static Place findResult(nn::DispatchOp dispatch) {
  SmallVector<int64_t> axes = {0, 1, 2, 3};
  if (auto moved = dispatch.getYielded()[0].getDefiningOp<nn::TransposeOp>())
    axes = invertPermutationVector(moved.getPermutation());
  return {unsigned(dispatch.getInputs().size()), axes};
}

namespace {
/// Arguments of a kernel as the emitter takes them.
class Arguments {
public:
  Arguments(func::FuncOp kernel, OpBuilder &builder)
      : kernel(kernel), builder(builder), loc(kernel.getLoc()) {}

  codegen::AttentionTensor rows(const Place &place);
  codegen::AttentionTensor mask(BlockArgument argument);
  /// All of an argument as one dimension.
  Value flat(unsigned argument);
  Value dim(const Place &place, unsigned axis) {
    return memref::DimOp::create(
        builder, loc, kernel.getArgument(place.argument), place.axes[axis]);
  }

private:
  Value constant(int64_t value) {
    return arith::ConstantIndexOp::create(builder, loc, value);
  }
  SmallVector<Value> strides(unsigned argument);

  func::FuncOp kernel;
  OpBuilder &builder;
  Location loc;
};
} // namespace

Value Arguments::flat(unsigned number) {
  Value argument = kernel.getArgument(number);
  auto type = cast<MemRefType>(argument.getType());
  auto metadata =
      memref::ExtractStridedMetadataOp::create(builder, loc, argument);
  // Bounds are not checked: the extent only has to be there.
  Value extent = constant(1);
  for (Value size : metadata.getSizes())
    extent = arith::MulIOp::create(builder, loc, extent, size);
  auto flatType =
      MemRefType::get({ShapedType::kDynamic}, type.getElementType());
  return memref::ReinterpretCastOp::create(
      builder, loc, flatType, metadata.getBaseBuffer(),
      OpFoldResult(builder.getIndexAttr(0)), ArrayRef<OpFoldResult>{extent},
      ArrayRef<OpFoldResult>{OpFoldResult(builder.getIndexAttr(1))});
}

/// What getMemRefType gives has rows of neighbouring elements from its start.
SmallVector<Value> Arguments::strides(unsigned number) {
  auto metadata = memref::ExtractStridedMetadataOp::create(
      builder, loc, kernel.getArgument(number));
  return SmallVector<Value>(metadata.getStrides());
}

codegen::AttentionTensor Arguments::rows(const Place &place) {
  SmallVector<Value> steps = strides(place.argument);
  return {flat(place.argument), steps[place.axes[0]], steps[place.axes[1]],
          steps[place.axes[2]]};
}

codegen::AttentionTensor Arguments::mask(BlockArgument argument) {
  SmallVector<Value> steps = strides(argument.getArgNumber());
  ArrayRef<int64_t> shape =
      cast<RankedTensorType>(argument.getType()).getShape();
  // Right-aligned to [batch, head, query, key]; no step along what is
  // broadcast.
  SmallVector<Value> all(4, constant(0));
  for (auto [axis, extent] : llvm::enumerate(shape))
    if (extent != 1)
      all[4 - shape.size() + axis] = steps[axis];
  return {flat(argument.getArgNumber()), all[0], all[1], all[2]};
}

LogicalResult nibble::emitAttentionBody(nn::DispatchOp dispatch,
                                        func::FuncOp kernel) {
  nn::AttentionOp op = getFusedAttention(dispatch);
  FailureOr<codegen::AttentionDesc> desc = describe(op);
  if (failed(desc))
    return failure();
  OpBuilder builder = OpBuilder::atBlockBegin(kernel.addEntryBlock());
  Location loc = kernel.getLoc();
  Arguments arguments(kernel, builder);
  Place query = findOperand(op.getQuery()), key = findOperand(op.getKey());
  codegen::AttentionOperands operands;
  operands.query = arguments.rows(query);
  operands.key = arguments.rows(key);
  operands.value = arguments.rows(findOperand(op.getValue()));
  operands.result = arguments.rows(findResult(dispatch));
  if (Value mask = op.getMask()) {
    operands.mask = arguments.mask(cast<BlockArgument>(mask));
    ArrayRef<int64_t> shape = cast<RankedTensorType>(mask.getType()).getShape();
    operands.maskPerKey = !shape.empty() && shape.back() != 1;
  }
  if (Value lengths = op.getLengths())
    operands.lengths =
        arguments.flat(cast<BlockArgument>(lengths).getArgNumber());
  operands.numQueries = arguments.dim(query, 2);
  operands.numKeys = arguments.dim(key, 2);
  unsigned last = kernel.getNumArguments();
  operands.begin = kernel.getArgument(last - 3);
  operands.end = kernel.getArgument(last - 2);
  operands.scratch = kernel.getArgument(last - 1);
  kernel->setAttr(
      kShapeAttr,
      builder.getDenseI64ArrayAttr(
          {int64_t(desc->dot), desc->keyHeads, desc->group, desc->depth,
           desc->width, query.argument, query.axes[0], query.axes[2]}));
  codegen::emitAttention(builder, loc, *desc, operands);
  func::ReturnOp::create(builder, loc);
  return success();
}

/// What sizes depend on, from a kernel's attribute.
static codegen::AttentionDesc readShape(ArrayRef<int64_t> shape) {
  codegen::AttentionDesc desc;
  desc.dot = codegen::Dot(shape[0]);
  desc.keyHeads = shape[1];
  desc.group = shape[2];
  desc.depth = shape[3];
  desc.width = shape[4];
  return desc;
}

Value nibble::buildAttentionGrid(OpBuilder &builder, Location loc,
                                 func::FuncOp kernel, ValueRange operands) {
  ArrayRef<int64_t> shape =
      kernel->getAttrOfType<DenseI64ArrayAttr>(kShapeAttr).asArrayRef();
  Value query = operands[shape[5]];
  return codegen::emitAttentionGrid(
      builder, loc, readShape(shape),
      memref::DimOp::create(builder, loc, query, shape[6]),
      memref::DimOp::create(builder, loc, query, shape[7]));
}

Value nibble::buildAttentionScratch(OpBuilder &builder, Location loc,
                                    func::FuncOp kernel) {
  ArrayRef<int64_t> shape =
      kernel->getAttrOfType<DenseI64ArrayAttr>(kShapeAttr).asArrayRef();
  return arith::ConstantIndexOp::create(
      builder, loc, codegen::attentionScratchBytes(readShape(shape)));
}
