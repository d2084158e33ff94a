//===- WeightDerived.cpp - What is known when the artifact is made --------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/WeightDerived.h"

#include "dialects/NN/NN.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace nibble;

static bool isEvaluableFloat(nn::ElementwiseKind kind) {
  using nn::ElementwiseKind;
  switch (kind) {
  case ElementwiseKind::Add:
  case ElementwiseKind::Sub:
  case ElementwiseKind::Mul:
  case ElementwiseKind::Div:
  case ElementwiseKind::Max:
  case ElementwiseKind::Min:
  case ElementwiseKind::Pow:
  case ElementwiseKind::Neg:
  case ElementwiseKind::Abs:
  case ElementwiseKind::Sqrt:
  case ElementwiseKind::Rsqrt:
  case ElementwiseKind::Reciprocal:
  case ElementwiseKind::Exp:
  case ElementwiseKind::Log:
  case ElementwiseKind::Sin:
  case ElementwiseKind::Cos:
  case ElementwiseKind::Floor:
  case ElementwiseKind::Ceil:
  case ElementwiseKind::Relu:
    return true;
  default:
    return false;
  }
}

static bool isEvaluableInteger(nn::ElementwiseKind kind) {
  using nn::ElementwiseKind;
  switch (kind) {
  case ElementwiseKind::Add:
  case ElementwiseKind::Sub:
  case ElementwiseKind::Mul:
  case ElementwiseKind::Div:
  case ElementwiseKind::Mod:
  case ElementwiseKind::Max:
  case ElementwiseKind::Min:
  case ElementwiseKind::Equal:
  case ElementwiseKind::Less:
  case ElementwiseKind::LessEqual:
  case ElementwiseKind::Greater:
  case ElementwiseKind::GreaterEqual:
  case ElementwiseKind::And:
  case ElementwiseKind::Or:
  case ElementwiseKind::Not:
    return true;
  default:
    return false;
  }
}

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
        return isa<FloatType>(type) ? isEvaluableFloat(elementwise.getKind())
                                    : isEvaluableInteger(elementwise.getKind());
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
