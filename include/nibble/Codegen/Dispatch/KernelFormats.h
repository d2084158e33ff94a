//===- KernelFormats.h - Formats that kernels read --------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_CODEGEN_DISPATCH_KERNELFORMATS_H
#define NIBBLE_CODEGEN_DISPATCH_KERNELFORMATS_H

#include "nibble/Formats/Format.h"

namespace nibble {

/// What keeps contraction kernels from reading weights in `format`, as the end
/// of a sentence, or null. Whether its blocks fit an op depends on the op.
const char *findWeightFault(const formats::Format &format);

} // namespace nibble

#endif // NIBBLE_CODEGEN_DISPATCH_KERNELFORMATS_H
