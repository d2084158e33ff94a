//===- SearchPermutations.cpp - The order search over weight programs ---===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Pipeline/Passes.h"

#include "EvaluateValue.h"
#include "dialects/NN/NN.h"
#include "dialects/Quant/QuantTransforms.h"
#include "nibble/Quantize/Transform/PermutationSearch.h"

namespace nibble {
#define GEN_PASS_DEF_SEARCHPERMUTATIONS
#include "nibble/Pipeline/Passes.h.inc"
} // namespace nibble

using namespace mlir;
using namespace nibble;

namespace {
struct SearchPermutations final
    : nibble::impl::SearchPermutationsBase<SearchPermutations> {
  using SearchPermutationsBase::SearchPermutationsBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    PermutationSearchOptions options;
    options.order = order;
    options.block = block;
    options.keep.assign(keep.begin(), keep.end());
    options.statistics = statistics;
    options.numbers = numbers;
    ParameterFiles files;
    auto read = [&](Value value) {
      return evaluateValue(module, value, files);
    };
    if (llvm::Error error = searchPermutations(module, options, read)) {
      module.emitError(llvm::toString(std::move(error)));
      signalPassFailure();
    }
  }
};
} // namespace
