//===- EvaluateValue.cpp - The numbers of a value of a model --------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EvaluateValue.h"

#include "dialects/NN/WeightDerived.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace nibble;

llvm::Expected<Array> nibble::evaluateValue(ModuleOp module, Value value,
                                            ParameterFiles &files) {
  OpBuilder builder(module.getContext());
  auto program =
      func::FuncOp::create(value.getLoc(), "evaluated",
                           builder.getFunctionType({}, value.getType()));
  program.setPrivate();
  SymbolTable symbols(module);
  symbols.insert(program);
  builder.setInsertionPointToStart(program.addEntryBlock());
  IRMapping mapping;
  for (Operation *op : findWeightProgram(value))
    builder.clone(*op, mapping);
  func::ReturnOp::create(builder, value.getLoc(), mapping.lookup(value));
  llvm::Expected<Array> result = evaluateWeight(program, files);
  symbols.erase(program);
  return result;
}
