//===- SearchScales.cpp - The scale search over weight programs -----------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Pipeline/Passes.h"

#include "EvaluateValue.h"
#include "dialects/NN/NN.h"
#include "nibble/Quantize/Transform/ScaleSearch.h"

namespace nibble {
#define GEN_PASS_DEF_SEARCHSCALES
#include "nibble/Pipeline/Passes.h.inc"
} // namespace nibble

using namespace mlir;
using namespace nibble;

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
    ParameterFiles files;
    auto read = [&](Value value) {
      return evaluateValue(module, value, files);
    };
    if (llvm::Error error = searchScales(module, options, read)) {
      module.emitError(llvm::toString(std::move(error)));
      signalPassFailure();
    }
  }
};
} // namespace
