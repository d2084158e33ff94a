//===- PadKernel.cpp - Kernels of pads --------------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PadKernel.h"

#include "Epilogue.h"
#include "States.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "nibble/Codegen/Kernels/Pad.h"

using namespace mlir;
using namespace nibble;

/// On a kernel: its last padded axis.
static constexpr StringLiteral kAxisAttr = "nn.pad";

static int64_t lastPaddedAxis(nn::PadOp op) {
  int64_t axis = op.getLow().size();
  while (axis-- > 0)
    if (op.getLow()[axis] != 0 || op.getHigh()[axis] != 0)
      break;
  return axis;
}

nn::PadOp nibble::getRowPad(nn::DispatchOp dispatch) {
  auto ops = dispatch.getBodyBlock()->without_terminator();
  auto op = llvm::hasSingleElement(ops) ? dyn_cast<nn::PadOp>(*ops.begin())
                                        : nn::PadOp();
  if (!op || op.getValue() || op.getMode() != nn::PadMode::Constant)
    return nullptr;
  auto isCrop = [](int64_t extent) { return extent < 0; };
  auto type = dyn_cast<RankedTensorType>(op.getType());
  // A row of bits is bytes in memory, and a vector of them is not.
  if (!type || !type.getElementType().isIntOrFloat() ||
      type.getElementTypeBitWidth() < 8 || llvm::any_of(op.getLow(), isCrop) ||
      llvm::any_of(op.getHigh(), isCrop) || lastPaddedAxis(op) < 1 ||
      getState(dispatch.getInputs()[0]))
    return nullptr;
  return op;
}

bool nibble::isPadKernel(func::FuncOp kernel) {
  return kernel->hasAttr(kAxisAttr);
}

void nibble::emitPadBody(nn::DispatchOp dispatch, func::FuncOp kernel) {
  nn::PadOp op = getRowPad(dispatch);
  OpBuilder builder = OpBuilder::atBlockBegin(kernel.addEntryBlock());
  Location loc = kernel.getLoc();
  Value source = kernel.getArgument(0), result = kernel.getArgument(1);
  int64_t axes = lastPaddedAxis(op) + 1;
  codegen::PadOperands operands;
  operands.low.assign(op.getLow().begin(), op.getLow().begin() + axes);
  auto extent = [&](Value memref, int64_t axis) -> Value {
    return memref::DimOp::create(builder, loc, memref, axis);
  };
  for (int64_t axis = 0; axis < axes; ++axis) {
    operands.sourceExtents.push_back(extent(source, axis));
    operands.resultExtents.push_back(extent(result, axis));
  }
  operands.inner = arith::ConstantIndexOp::create(builder, loc, 1);
  for (size_t axis = axes; axis < op.getLow().size(); ++axis)
    operands.inner = arith::MulIOp::create(builder, loc, operands.inner,
                                           extent(result, axis));
  operands.source = collapseAll(builder, loc, source);
  operands.result = collapseAll(builder, loc, result);
  operands.begin = kernel.getArgument(2);
  operands.end = kernel.getArgument(3);
  kernel->setAttr(kAxisAttr, builder.getI64IntegerAttr(axes - 1));
  codegen::emitPadRows(builder, loc, operands);
  func::ReturnOp::create(builder, loc);
}

Value nibble::buildPadGrid(OpBuilder &builder, Location loc,
                           func::FuncOp kernel, ValueRange operands) {
  int64_t last = kernel->getAttrOfType<IntegerAttr>(kAxisAttr).getInt();
  Value rows = arith::ConstantIndexOp::create(builder, loc, 1);
  for (int64_t axis = 0; axis < last; ++axis)
    rows = arith::MulIOp::create(
        builder, loc, rows,
        memref::DimOp::create(builder, loc, operands[1], axis));
  return rows;
}
