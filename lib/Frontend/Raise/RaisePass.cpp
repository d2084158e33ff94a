//===- RaisePass.cpp - The pass nn-raise ------------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Raise/Match.h"
#include "nibble/Frontend/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace nibble {
#define GEN_PASS_DEF_NNRAISE
#include "nibble/Frontend/Passes.h.inc"
} // namespace nibble

using namespace mlir;
using namespace nibble;
using namespace nibble::frontend;

namespace {
struct NNRaise : nibble::impl::NNRaiseBase<NNRaise> {
  void runOnOperation() override {
    // Each group reads what the ones before it made.
    using Populate = void (*)(RewritePatternSet &);
    const SmallVector<Populate> groups[] = {
        {populateActivationPatterns, populateNormPatterns,
         populateLinearPatterns, populateMaskPatterns},
        {populateRopePatterns, populateCachePatterns},
        {populateAttentionPatterns},
    };
    for (const auto &group : groups) {
      RewritePatternSet patterns(&getContext());
      for (Populate populate : group)
        populate(patterns);
      if (failed(applyPatternsGreedily(getOperation(), std::move(patterns)))) {
        getOperation().emitError("raising does not come to an end");
        return signalPassFailure();
      }
    }
  }
};
} // namespace
