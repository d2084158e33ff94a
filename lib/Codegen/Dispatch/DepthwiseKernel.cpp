//===- DepthwiseKernel.cpp - Kernels of depthwise convolutions --*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DepthwiseKernel.h"

#include "Epilogue.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "nibble/Codegen/Kernels/Depthwise.h"

using namespace mlir;
using namespace nibble;

/// On a kernel: the number of its result's argument.
static constexpr StringLiteral kResultAttr = "nn.depthwise";

bool nibble::isDepthwise(nn::ConvOp op) {
  auto isF32 = [](Value value) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    return type && type.getElementType().isF32();
  };
  if (op.getLayout() != nn::Layout::ChannelsLast || !isF32(op.getInput()) ||
      !isF32(op.getFilter()) || !isF32(op.getResult()))
    return false;
  auto filter = cast<RankedTensorType>(op.getFilter().getType());
  int64_t channels =
      cast<RankedTensorType>(op.getInput().getType()).getShape().back();
  size_t spatial = op.getStrides().size();
  return spatial >= 1 && spatial <= 2 && filter.hasStaticShape() &&
         channels == int64_t(op.getGroups()) &&
         filter.getDimSize(0) == channels && filter.getShape().back() == 1;
}

/// A splat's element or that of a memref with one element, or null.
static Value asScalar(OpBuilder &builder, Location loc, Value value,
                      function_ref<Value(Value)> argumentOf) {
  if (!value)
    return {};
  if (auto constant = value.getDefiningOp<arith::ConstantOp>())
    return arith::ConstantOp::create(
        builder, loc,
        cast<DenseElementsAttr>(constant.getValue())
            .getSplatValue<TypedAttr>());
  return memref::LoadOp::create(
      builder, loc, collapseAll(builder, loc, argumentOf(value)),
      arith::ConstantIndexOp::create(builder, loc, 0).getResult());
}

bool nibble::isDepthwiseInput(nn::DequantizeElementsOp op) {
  return isUnitScale(op.getScale()) &&
         (!op.getZero() || hasOneElement(op.getZero()));
}

nn::ConvOp nibble::getDepthwise(nn::DispatchOp dispatch) {
  for (auto op : dispatch.getBodyBlock()->getOps<nn::ConvOp>())
    if (op->getAttrOfType<IntegerAttr>(kDepthwiseLanesAttr))
      return op;
  return nullptr;
}

SmallVector<int64_t> nibble::depthwiseFilterOrder(int64_t rank) {
  auto order = llvm::to_vector(llvm::seq<int64_t>(1, rank - 1));
  order.append({0, rank - 1});
  return order;
}

bool nibble::isDepthwiseKernel(func::FuncOp kernel) {
  return kernel->hasAttr(kResultAttr);
}

/// The window as rows and columns; one spatial axis is a row of columns.
static codegen::DepthwiseDesc describe(nn::ConvOp op) {
  codegen::DepthwiseDesc desc;
  desc.lanes = op->getAttrOfType<IntegerAttr>(kDepthwiseLanesAttr).getInt();
  desc.channels = op.getGroups();
  ArrayRef<int64_t> filter =
      cast<RankedTensorType>(op.getFilter().getType()).getShape();
  size_t spatial = op.getStrides().size();
  for (size_t i = 0; i < spatial; ++i)
    desc.axes[2 - spatial + i] = {filter[i + 1], op.getStrides()[i],
                                  op.getDilations()[i], op.getPadding()[2 * i]};
  return desc;
}

void nibble::emitDepthwiseBody(nn::DispatchOp dispatch, func::FuncOp kernel) {
  nn::ConvOp op = getDepthwise(dispatch);
  OpBuilder builder = OpBuilder::atBlockBegin(kernel.addEntryBlock());
  Location loc = kernel.getLoc();
  unsigned numInputs = dispatch.getInputs().size();
  auto argumentOf = [&](Value value) -> Value {
    return kernel.getArgument(cast<BlockArgument>(value).getArgNumber());
  };
  codegen::DepthwiseDesc desc = describe(op);
  codegen::DepthwiseOperands operands;
  auto codes = op.getInput().getDefiningOp<nn::DequantizeElementsOp>();
  Value image = argumentOf(codes ? codes.getCodes() : op.getInput());
  if (codes) {
    desc.a = codes.getIsUnsigned() ? codegen::ActivationKind::U8
                                   : codegen::ActivationKind::S8;
    operands.zero = asScalar(builder, loc, codes.getZero(), argumentOf);
  }
  if (nn::QuantizeElementsOp quantize = getRequantization(dispatch)) {
    desc.c = quantize.getIsUnsigned() ? codegen::OutputKind::U8
                                      : codegen::OutputKind::S8;
    operands.codes.isSigned = !quantize.getIsUnsigned();
    if (!isUnitScale(quantize.getScale()))
      operands.codes.scale =
          asScalar(builder, loc, quantize.getScale(), argumentOf);
    operands.codes.zero =
        asScalar(builder, loc, quantize.getZero(), argumentOf);
  }
  auto moved = op.getFilter().getDefiningOp<nn::TransposeOp>();
  Value result = kernel.getArgument(numInputs);
  size_t spatial = op.getStrides().size();
  auto extents = [&](Value memref) {
    std::array<Value, 2> found;
    found[0] = arith::ConstantIndexOp::create(builder, loc, 1);
    for (size_t i = 0; i < spatial; ++i)
      found[2 - spatial + i] =
          memref::DimOp::create(builder, loc, memref, i + 1);
    return found;
  };
  operands.inputExtents = extents(image);
  operands.outputExtents = extents(result);
  operands.image = collapseAll(builder, loc, image);
  operands.filter = collapseAll(builder, loc, argumentOf(moved.getInput()));
  operands.result = collapseAll(builder, loc, result);
  unsigned last = kernel.getNumArguments();
  operands.begin = kernel.getArgument(last - 3);
  operands.end = kernel.getArgument(last - 2);
  kernel->setAttr(kResultAttr, builder.getI64IntegerAttr(numInputs));
  Epilogue epilogue(dispatch, op.getResult(), /*groups=*/1, kernel, builder);
  codegen::emitDepthwise(builder, loc, desc, operands,
                         [&](OpBuilder &b, Location l, Value sum,
                             const codegen::EpilogueSite &site) {
                           return epilogue(b, l, sum, site);
                         });
  func::ReturnOp::create(builder, loc);
}

Value nibble::buildDepthwiseGrid(OpBuilder &builder, Location loc,
                                 func::FuncOp kernel, ValueRange operands) {
  Value result =
      operands[kernel->getAttrOfType<IntegerAttr>(kResultAttr).getInt()];
  Value rows = memref::DimOp::create(builder, loc, result, 0);
  if (cast<MemRefType>(result.getType()).getRank() == 3)
    return rows;
  return arith::MulIOp::create(builder, loc, rows,
                               memref::DimOp::create(builder, loc, result, 1));
}
