//===- Observers.cpp - Points whose values calibration looks at -----------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Quantize/Passes.h"

#include "../Candidates.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace nibble {
#define GEN_PASS_DEF_INSERTOBSERVERS
#define GEN_PASS_DEF_EXPOSEOBSERVED
#include "nibble/Quantize/Passes.h.inc"
} // namespace nibble

using namespace mlir;
using namespace nibble;

namespace {

struct InsertObservers final
    : nibble::impl::InsertObserversBase<InsertObservers> {
  using InsertObserversBase::InsertObserversBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto patterns =
        parsePatterns(std::vector<std::string>(keep.begin(), keep.end()));
    if (!patterns) {
      module.emitError(llvm::toString(patterns.takeError()));
      return signalPassFailure();
    }
    OpBuilder builder(&getContext());
    std::string key = statisticsKey(module);
    for (auto &[value, name] : nameInputs(findCandidates(module, *patterns))) {
      builder.setInsertionPointAfterValue(value);
      auto observe =
          qnt::ObserveOp::create(builder, value.getLoc(), value.getType(),
                                 value, builder.getStringAttr(name));
      value.replaceAllUsesExcept(observe.getResult(), observe);
    }
    module->setAttr("qnt.statistics_key", builder.getStringAttr(key));
  }
};

struct ExposeObserved final : nibble::impl::ExposeObservedBase<ExposeObserved> {
  using ExposeObservedBase::ExposeObservedBase;

  void runOnOperation() override {
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    if (!main || !main.getBody().hasOneBlock()) {
      getOperation().emitError("needs a function @main with one block");
      return signalPassFailure();
    }
    SmallVector<qnt::ObserveOp> observers;
    main.walk([&](qnt::ObserveOp op) { observers.push_back(op); });
    Operation *terminator = main.getBody().front().getTerminator();
    for (qnt::ObserveOp op : observers) {
      if (op->getParentOp() != main) {
        op.emitOpError("is inside a region, whose values cannot be results of "
                       "@main; keep the ops that read it in f32");
        return signalPassFailure();
      }
      expose(op, main, terminator);
    }
  }

  static void expose(qnt::ObserveOp op, func::FuncOp main,
                     Operation *terminator) {
    unsigned number = terminator->getNumOperands();
    terminator->insertOperands(number, op.getInput());
    Type type = op.getInput().getType();
    (void)main.insertResult(
        number, type,
        DictionaryAttr::get(
            op.getContext(),
            NamedAttribute(
                StringAttr::get(op.getContext(), "nn.name"),
                StringAttr::get(op.getContext(), "observed/" + op.getName()))));
    op.getResult().replaceAllUsesWith(op.getInput());
    op.erase();
  }
};

} // namespace
