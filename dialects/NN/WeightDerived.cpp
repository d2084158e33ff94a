//===- WeightDerived.cpp - What is known when the artifact is made --------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/WeightDerived.h"

#include "dialects/NN/Elementwise.h"
#include "dialects/NN/NN.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace nibble;

bool nibble::isEvaluable(Operation *op) {
  if (!isa_and_present<nn::NNDialect>(op->getDialect()))
    return isa_and_present<qnt::QntDialect, arith::ArithDialect>(
        op->getDialect());
  return llvm::TypeSwitch<Operation *, bool>(op)
      .Case<nn::ParameterOp, nn::ReshapeOp, nn::TransposeOp, nn::SliceOp,
            nn::ExpandOp, nn::ConcatOp, nn::GatherOp, nn::PackWeightsOp,
            nn::CastOp>([](auto) { return true; })
      .Case([](nn::ReduceOp reduce) {
        return (reduce.getKind() == nn::ReduceKind::Sum ||
                reduce.getKind() == nn::ReduceKind::Mean) &&
               getElementTypeOrSelf(reduce.getInput().getType()).isF32();
      })
      .Case([](nn::ElementwiseOp elementwise) {
        if (elementwise.getInputs().size() > 2)
          return false;
        Type type =
            getElementTypeOrSelf(elementwise.getInputs().front().getType());
        nn::ElementwiseKind kind = elementwise.getKind();
        return isa<FloatType>(type)
                   ? nn::computeFloat(kind, 1, 1).has_value()
                   : nn::computeInteger(kind, 1, 1, false).has_value();
      })
      .Default([](Operation *) { return false; });
}

bool nibble::WeightDerived::contains(Value value) {
  if (auto it = known.find(value); it != known.end())
    return it->second;
  Operation *op = value.getDefiningOp();
  bool result = false;
  if (op && op->getNumRegions() == 0 && isEvaluable(op) && isPure(op))
    result = llvm::all_of(op->getOperands(),
                          [&](Value operand) { return contains(operand); });
  return known[value] = result;
}

bool nibble::hasEqualElements(Value value) {
  Operation *op = value.getDefiningOp();
  while (isa_and_present<nn::ReshapeOp, nn::ExpandOp, nn::TransposeOp,
                         nn::SliceOp, nn::CastOp>(op))
    op = op->getOperand(0).getDefiningOp();
  DenseElementsAttr elements;
  return op && matchPattern(op, m_Constant(&elements)) && elements &&
         elements.isSplat();
}

static void addProgram(Operation *op, llvm::SetVector<Operation *> &program) {
  if (program.contains(op))
    return;
  for (Value operand : op->getOperands())
    addProgram(operand.getDefiningOp(), program);
  program.insert(op);
}

llvm::SetVector<Operation *> nibble::findWeightProgram(Value value) {
  llvm::SetVector<Operation *> program;
  addProgram(value.getDefiningOp(), program);
  return program;
}
