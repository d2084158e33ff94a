//===- ContractionText.h - A contraction's plan as text ------*- C++ -*- ===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_CODEGEN_KERNELS_CONTRACTIONTEXT_H
#define NIBBLE_CODEGEN_KERNELS_CONTRACTIONTEXT_H

#include "nibble/Codegen/Kernels/Contraction.h"

namespace nibble::codegen {

/// The plan that the attributes `plan` (ContractionDesc::str) and `dot`
/// (DotInfo::name) of an op stand for. Fails on text that neither wrote.
llvm::Expected<ContractionPlan> readPlan(llvm::StringRef plan,
                                         llvm::StringRef dot);

} // namespace nibble::codegen

#endif // NIBBLE_CODEGEN_KERNELS_CONTRACTIONTEXT_H
