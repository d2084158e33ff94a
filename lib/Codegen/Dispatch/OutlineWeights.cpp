//===- OutlineWeights.cpp - Weight programs as functions ------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Codegen/Dispatch/Passes.h"

#include "dialects/NN/NN.h"
#include "dialects/NN/WeightDerived.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringMap.h"

namespace nibble {
#define GEN_PASS_DEF_OUTLINEWEIGHTS
#include "nibble/Codegen/Dispatch/Passes.h.inc"
} // namespace nibble

using namespace mlir;
using namespace nibble;

/// A function without arguments that computes `value`.
static func::FuncOp createProgram(OpBuilder &builder, Value value) {
  auto program = func::FuncOp::create(
      value.getLoc(), "weight", builder.getFunctionType({}, {value.getType()}));
  program.setPrivate();
  program->setAttr("nn.weight", builder.getUnitAttr());
  OpBuilder body = OpBuilder::atBlockBegin(program.addEntryBlock());
  IRMapping mapping;
  for (Operation *op : findWeightProgram(value))
    body.clone(*op, mapping);
  func::ReturnOp::create(body, value.getLoc(), mapping.lookup(value));
  return program;
}

static std::string fingerprint(func::FuncOp program) {
  std::string text;
  llvm::raw_string_ostream os(text);
  program.print(os, OpPrintingFlags().useLocalScope().printGenericOpForm());
  return text;
}

namespace {
struct OutlineWeights final : nibble::impl::OutlineWeightsBase<OutlineWeights> {
  void outline(OpOperand &operand) {
    OpBuilder builder(operand.getOwner());
    func::FuncOp program = createProgram(builder, operand.get());
    StringAttr &name = known[fingerprint(program)];
    if (!name)
      name = symbols->insert(program);
    else
      program.erase();
    auto call = func::CallOp::create(builder, operand.get().getLoc(), name,
                                     operand.get().getType());
    operand.set(call.getResult(0));
  }

  void runOnOperation() override {
    ModuleOp module = getOperation();
    SymbolTable table(module);
    symbols = &table;
    known.clear();
    auto main = module.lookupSymbol<func::FuncOp>("main");
    if (!main) {
      module.emitError("needs a function @main");
      return signalPassFailure();
    }
    WeightDerived derived;
    SmallVector<OpOperand *> uses;
    main.walk<WalkOrder::PreOrder>([&](Operation *op) {
      // A dispatch's operands count, not its body.
      if (op->getParentOfType<nn::DispatchOp>())
        return;
      if (op->getNumResults() && derived.contains(op->getResult(0)))
        return;
      for (OpOperand &operand : op->getOpOperands())
        if (isa<RankedTensorType>(operand.get().getType()) &&
            derived.contains(operand.get()))
          uses.push_back(&operand);
    });
    for (OpOperand *use : uses)
      outline(*use);
    eraseDead(main);
  }

  /// The ops that only weight programs needed.
  static void eraseDead(func::FuncOp main) {
    SmallVector<Operation *> ops;
    main.walk([&](Operation *op) { ops.push_back(op); });
    for (Operation *op : llvm::reverse(ops))
      if (isOpTriviallyDead(op))
        op->erase();
  }

  SymbolTable *symbols = nullptr;
  llvm::StringMap<StringAttr> known;
};
} // namespace
