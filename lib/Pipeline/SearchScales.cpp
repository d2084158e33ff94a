//===- SearchScales.cpp - The scale search over weight programs -----------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Pipeline/Passes.h"

#include "dialects/NN/NN.h"
#include "dialects/Quant/Quant.h"
#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Analysis/TopologicalSortUtils.h"
#include "mlir/IR/IRMapping.h"
#include "nibble/Codegen/Parameters/ConstantEvaluator.h"
#include "nibble/Quantize/Transform/ScaleSearch.h"

namespace nibble {
#define GEN_PASS_DEF_SEARCHSCALES
#include "nibble/Pipeline/Passes.h.inc"
} // namespace nibble

using namespace mlir;
using namespace nibble;

/// Evaluates `value`, which derives from parameters, by a function of its own
/// that is gone afterwards.
static llvm::Expected<Array> evaluate(ModuleOp module, Value value,
                                      ParameterFiles &files) {
  SetVector<Operation *> slice;
  BackwardSliceOptions options;
  options.inclusive = true;
  options.omitBlockArguments = true;
  if (failed(getBackwardSlice(value, &slice, options)))
    return llvm::createStringError("a weight does not derive from parameters");
  OpBuilder builder(module.getContext());
  auto program =
      func::FuncOp::create(value.getLoc(), "evaluated",
                           builder.getFunctionType({}, value.getType()));
  program.setPrivate();
  SymbolTable symbols(module);
  symbols.insert(program);
  builder.setInsertionPointToStart(program.addEntryBlock());
  IRMapping mapping;
  for (Operation *op : topologicalSort(slice))
    builder.clone(*op, mapping);
  func::ReturnOp::create(builder, value.getLoc(), mapping.lookup(value));
  llvm::Expected<Array> result = evaluateWeight(program, files);
  symbols.erase(program);
  return result;
}

namespace {
struct SearchScales final : nibble::impl::SearchScalesBase<SearchScales> {
  using SearchScalesBase::SearchScalesBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    ScaleSearchOptions options;
    options.request = {weights,
                       activations,
                       group,
                       std::vector<std::string>(keep.begin(), keep.end()),
                       !statistics.empty(),
                       activationGroup};
    options.statistics = statistics;
    options.numbers = numbers;
    options.rotationBlock = rotationBlock;
    ParameterFiles files;
    auto read = [&](Value value) { return evaluate(module, value, files); };
    if (llvm::Error error = searchScales(module, options, read)) {
      module.emitError(llvm::toString(std::move(error)));
      signalPassFailure();
    }
  }
};
} // namespace
