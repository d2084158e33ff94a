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

using namespace mlir;

bool nibble::WeightDerived::contains(Value value) {
  if (auto it = known.find(value); it != known.end())
    return it->second;
  Operation *op = value.getDefiningOp();
  bool result = false;
  if (op && op->getNumRegions() == 0 &&
      isa_and_present<nn::NNDialect, qnt::QntDialect, arith::ArithDialect>(
          op->getDialect()) &&
      isPure(op))
    result = llvm::all_of(op->getOperands(),
                          [&](Value operand) { return contains(operand); });
  return known[value] = result;
}
