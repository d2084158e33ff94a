//===- TransposedConv.h - Transposed convolution as a linear map -*- C++ -*-==//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_CODEGEN_DISPATCH_TRANSPOSEDCONV_H
#define NIBBLE_LIB_CODEGEN_DISPATCH_TRANSPOSEDCONV_H

#include "mlir/IR/PatternMatch.h"

namespace nibble {

/// A channels_last nn.conv_transpose whose windows do not overlap (kernel =
/// strides, no padding) becomes nn.linear from the channels of a pixel to all
/// channels of its window, and a transpose that puts the window's rows into
/// place: sums become a contraction, and no zeros are multiplied.
void populateTransposedConvPatterns(mlir::RewritePatternSet &patterns);

} // namespace nibble

#endif // NIBBLE_LIB_CODEGEN_DISPATCH_TRANSPOSEDCONV_H
