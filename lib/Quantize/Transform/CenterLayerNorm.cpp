//===- CenterLayerNorm.cpp ===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Quantize/Transform/Passes.h"

#include "dialects/NN/NN.h"
#include "dialects/Quant/QuantTransforms.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

namespace nibble {
#define GEN_PASS_DEF_CENTERLAYERNORM
#include "nibble/Quantize/Transform/Passes.h.inc"
} // namespace nibble

