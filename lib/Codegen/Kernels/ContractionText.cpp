//===- ContractionText.cpp - A contraction's plan as text -----------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Codegen/Kernels/ContractionText.h"

using namespace nibble::codegen;

llvm::Expected<ContractionPlan> nibble::codegen::readPlan(llvm::StringRef plan,
                                                          llvm::StringRef dot) {
  llvm::Expected<ContractionDesc> desc = ContractionDesc::parse(plan);
  if (!desc)
    return desc.takeError();
  for (auto i = unsigned(Dot::F32Avx2); i <= unsigned(Dot::NeonI8MM); ++i)
    if (getDotInfo(Dot(i)).name == dot)
      return ContractionPlan{*desc, Dot(i)};
  return llvm::createStringError("unknown dot '" + dot + "'");
}
