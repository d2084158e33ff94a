//===- State.h - What a session keeps from run to run -----------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_DIALECTS_NN_STATE_H
#define NIBBLE_DIALECTS_NN_STATE_H

#include "llvm/ADT/StringRef.h"

namespace nibble::nn {

/// On an argument of @main: the number of the result that is its new value.
inline constexpr llvm::StringLiteral kStateAttr = "nn.state";

/// A unit attribute of such an argument: it is in a basis that only this module
/// knows, so that nobody can give it or ask for it.
inline constexpr llvm::StringLiteral kPrivateAttr = "nn.private";

} // namespace nibble::nn

#endif // NIBBLE_DIALECTS_NN_STATE_H
