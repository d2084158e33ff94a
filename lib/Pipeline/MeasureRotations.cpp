//===- MeasureRotations.cpp - Rotations over weight programs --------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Pipeline/Passes.h"

#include "EvaluateValue.h"
#include "dialects/NN/NN.h"
#include "nibble/Quantize/Transform/MeasureRotations.h"

namespace nibble {
#define GEN_PASS_DEF_MEASUREROTATIONS
#include "nibble/Pipeline/Passes.h.inc"
} // namespace nibble

using namespace mlir;
using namespace nibble;

namespace {
struct MeasureRotations final
    : nibble::impl::MeasureRotationsBase<MeasureRotations> {
  using MeasureRotationsBase::MeasureRotationsBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    RotationMeasureOptions options;
    options.request = {weights, activations, group,
                       std::vector<std::string>(keep.begin(), keep.end()),
                       /*isCalibrated=*/true};
    options.statistics = statistics;
    options.block = block;
    ParameterFiles files;
    auto read = [&](Value value) {
      return evaluateValue(module, value, files);
    };
    if (llvm::Error error = measureRotations(module, options, read)) {
      module.emitError(llvm::toString(std::move(error)));
      signalPassFailure();
    }
  }
};
} // namespace
