//===- RecurrenceKernel.cpp - Kernels of LSTM and GRU -----------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RecurrenceKernel.h"

#include "Epilogue.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "nibble/Codegen/Kernels/Recurrence.h"

using namespace mlir;
using namespace nibble;

/// On a kernel: the number of the argument that holds the sums, the directions,
/// and the bytes of scratch.
static constexpr StringLiteral kShapeAttr = "nn.recurrence";

nn::RecurrenceOp nibble::getRecurrence(nn::DispatchOp dispatch) {
  return dispatch.getYielded()[0].getDefiningOp<nn::RecurrenceOp>();
}

bool nibble::isRecurrenceKernel(func::FuncOp kernel) {
  return kernel->hasAttr(kShapeAttr);
}

void nibble::emitRecurrenceBody(nn::DispatchOp dispatch, func::FuncOp kernel) {
  nn::RecurrenceOp op = getRecurrence(dispatch);
  OpBuilder builder = OpBuilder::atBlockBegin(kernel.addEntryBlock());
  Location loc = kernel.getLoc();
  // Each argument once, however many operands it is.
  DenseMap<unsigned, Value> flat;
  auto memory = [&](unsigned number) {
    Value &value = flat[number];
    if (!value)
      value = collapseAll(builder, loc, kernel.getArgument(number));
    return value;
  };
  auto operand = [&](Value value) {
    return value ? memory(cast<BlockArgument>(value).getArgNumber()) : Value();
  };
  unsigned numInputs = dispatch.getInputs().size();
  unsigned sums = cast<BlockArgument>(op.getSums()).getArgNumber();
  codegen::RecurrenceDesc desc;
  desc.cell = op.getCell();
  desc.direction = op.getDirection();
  desc.lanes = op.getLanes();
  desc.hidden = op.getHiddenSize();
  codegen::RecurrenceOperands operands;
  operands.steps =
      memref::DimOp::create(builder, loc, kernel.getArgument(sums), 0);
  operands.batch =
      memref::DimOp::create(builder, loc, kernel.getArgument(sums), 1);
  operands.sums = operand(op.getSums());
  operands.recurrence = operand(op.getRecurrence());
  operands.bias = operand(op.getBias());
  operands.lengths = operand(op.getLengths());
  operands.initialH = operand(op.getInitialH());
  operands.initialC = operand(op.getInitialC());
  operands.peepholes = operand(op.getPeepholes());
  operands.output = memory(numInputs);
  operands.lastH = memory(numInputs + 1);
  if (op.getLastC())
    operands.lastC = memory(numInputs + 2);
  unsigned last = kernel.getNumArguments();
  operands.begin = kernel.getArgument(last - 3);
  operands.end = kernel.getArgument(last - 2);
  operands.scratch = kernel.getArgument(last - 1);
  kernel->setAttr(kShapeAttr, builder.getDenseI64ArrayAttr(
                                  {sums, desc.directions(),
                                   codegen::recurrenceScratchBytes(desc)}));
  codegen::emitRecurrence(builder, loc, desc, operands);
  func::ReturnOp::create(builder, loc);
}

static ArrayRef<int64_t> getShape(func::FuncOp kernel) {
  return kernel->getAttrOfType<DenseI64ArrayAttr>(kShapeAttr).asArrayRef();
}

Value nibble::buildRecurrenceGrid(OpBuilder &builder, Location loc,
                                  func::FuncOp kernel, ValueRange operands) {
  ArrayRef<int64_t> shape = getShape(kernel);
  Value batch = memref::DimOp::create(builder, loc, operands[shape[0]], 1);
  return arith::MulIOp::create(
      builder, loc, batch,
      arith::ConstantIndexOp::create(builder, loc, shape[1]));
}

Value nibble::buildRecurrenceScratch(OpBuilder &builder, Location loc,
                                     func::FuncOp kernel) {
  return arith::ConstantIndexOp::create(builder, loc, getShape(kernel)[2]);
}
