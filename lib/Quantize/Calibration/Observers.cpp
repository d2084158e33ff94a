//===- Observers.cpp - Points whose values calibration looks at -----------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Quantize/Passes.h"

#include "../Candidates.h"
#include "../Transform/Rotations.h"
#include "dialects/NN/WeightDerived.h"
#include "dialects/Quant/Quant.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "nibble/Quantize/Transform/OnlineRotations.h"
#include "nibble/Support/NodeNames.h"
#include "llvm/ADT/SetVector.h"

namespace nibble {
#define GEN_PASS_DEF_INSERTOBSERVERS
#define GEN_PASS_DEF_EXPOSEOBSERVED
#define GEN_PASS_DEF_OBSERVELAYERS
#include "nibble/Quantize/Passes.h.inc"
} // namespace nibble

using namespace mlir;
using namespace nibble;

namespace {

struct InsertObservers final
    : nibble::impl::InsertObserversBase<InsertObservers> {
  using InsertObserversBase::InsertObserversBase;
  using NamedValues = SmallVector<std::pair<Value, std::string>, 0>;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    std::vector<std::string> texts(keep.begin(), keep.end());
    auto patterns = parsePatterns(texts);
    if (!patterns) {
      module.emitError(llvm::toString(patterns.takeError()));
      return signalPassFailure();
    }
    if (rotationBlock < 0) {
      module.emitError("rotation-block must not be negative");
      return signalPassFailure();
    }
    if (rotationBlock != 0 && beforeRotations) {
      module.emitError("rotation-block and before-rotations mark different "
                       "values; give one of them");
      return signalPassFailure();
    }
    std::string key = statisticsKey(module);
    std::vector<Candidate> candidates = findCandidates(module, *patterns);
    auto named = nameInputs(candidates);
    if (rotationBlock != 0)
      observeRotated(module, candidates, named);
    else
      for (auto &[value, name] : beforeRotations
                                     ? findBefore(module, named.getArrayRef())
                                     : named.takeVector())
        observe(value, name);
    module->setAttr("qnt.statistics_key", StringAttr::get(&getContext(), key));
  }

  static void observe(Value value, StringRef name) {
    OpBuilder builder(value.getContext());
    builder.setInsertionPointAfterValue(value);
    auto observe =
        qnt::ObserveOp::create(builder, value.getLoc(), value.getType(), value,
                               builder.getStringAttr(name));
    value.replaceAllUsesExcept(observe.getResult(), observe);
  }

  /// What could be rotated, and what it would become.
  void observeRotated(ModuleOp module, ArrayRef<Candidate> candidates,
                      const llvm::MapVector<Value, std::string> &names) {
    auto rotatedNames = nameRotated(names);
    BasisTable bases(module);
    llvm::SetVector<Value> values;
    for (const Candidate &candidate : candidates)
      if (candidate.note.empty() && !candidate.isConv)
        values.insert(candidate.input->get());
    for (Value value : values) {
      int64_t size = findRotationBlock(value, rotationBlock);
      if (size == 0)
        continue;
      auto type = cast<RankedTensorType>(value.getType());
      Value rotated =
          transformInput(value, /*readers=*/{},
                         bases.get(qnt::HadamardAttr::get(&getContext(), size),
                                   type.getShape().back()));
      observe(value, names.lookup(value));
      observe(rotated, rotatedNames.lookup(value));
    }
  }

  /// What the rotations among the values read.
  static NamedValues findBefore(ModuleOp module,
                                ArrayRef<std::pair<Value, std::string>> names) {
    DenseSet<Value> rotated;
    for (const RotatedInput &input : findNormRotations(module))
      rotated.insert(input.rotation->getResult(0));
    NamedValues before;
    for (const auto &[value, name] : names)
      if (rotated.contains(value))
        before.push_back(
            {value.getDefiningOp<qnt::TransformOp>().getInput(), name});
    return before;
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

struct ObserveLayers final : nibble::impl::ObserveLayersBase<ObserveLayers> {
  using ObserveLayersBase::ObserveLayersBase;

  void runOnOperation() override {
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    if (!main || !main.getBody().hasOneBlock()) {
      getOperation().emitError("needs a function @main with one block");
      return signalPassFailure();
    }
    WeightDerived weights;
    llvm::MapVector<StringAttr, Value> layers;
    for (Operation &op : main.getBody().front())
      if (computes(op) && !weights.contains(op.getResult(0)))
        if (SmallVector<StringAttr> nodes = findNodes(op.getLoc());
            !nodes.empty())
          layers[nodes.back()] = op.getResult(0);
    OpBuilder builder(&getContext());
    for (auto &[name, value] : layers) {
      builder.setInsertionPointAfterValue(value);
      auto observe = qnt::ObserveOp::create(builder, value.getLoc(),
                                            value.getType(), value, name);
      value.replaceAllUsesExcept(observe.getResult(), observe);
    }
  }

  /// The product by which a layer's result becomes codes is no layer.
  static bool isScaled(Operation &op) {
    auto product = dyn_cast<nn::ElementwiseOp>(op);
    return product && product.getKind() == nn::ElementwiseKind::Mul &&
           product.getInputs().front().getLoc() == op.getLoc() &&
           llvm::all_of(op.getUsers(), [](Operation *user) {
             return isa<qnt::QuantizeOp>(user);
           });
  }

  static bool computes(Operation &op) {
    if (isScaled(op) || !isa_and_nonnull<nn::NNDialect>(op.getDialect()) ||
        op.getNumResults() == 0 ||
        isa<nn::ReshapeOp, nn::TransposeOp, nn::ParameterOp>(op))
      return false;
    auto type = dyn_cast<RankedTensorType>(op.getResult(0).getType());
    return type && type.getElementType().isF32();
  }
};

} // namespace
