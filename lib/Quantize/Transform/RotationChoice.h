//===- RotationChoice.h - What asks for a rotation --------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_QUANTIZE_TRANSFORM_ROTATIONCHOICE_H
#define NIBBLE_LIB_QUANTIZE_TRANSFORM_ROTATIONCHOICE_H

#include "llvm/ADT/StringRef.h"

namespace nibble {

/// Channels of the smallest rotation: spreading an outlier over fewer is not
/// worth a pass over them.
constexpr int64_t kSmallestRotation = 8;

/// On an op that will be quantized: whether `qnt-insert-transforms` should ask
/// for a rotation of its input. Without it, it should. Written by passes that
/// found or did something better.
constexpr llvm::StringLiteral kRotateAttr = "qnt.rotate";

} // namespace nibble

#endif // NIBBLE_LIB_QUANTIZE_TRANSFORM_ROTATIONCHOICE_H
