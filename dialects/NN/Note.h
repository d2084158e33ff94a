//===- Note.h - What a person should know of an op --------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_DIALECTS_NN_NOTE_H
#define NIBBLE_DIALECTS_NN_NOTE_H

#include "llvm/ADT/StringRef.h"

namespace nibble::nn {

/// A discardable string attribute: why an op stays in f32, or what became of
/// its basis. `nibble inspect` shows it.
inline constexpr llvm::StringLiteral kNoteAttr = "nn.note";

} // namespace nibble::nn

#endif // NIBBLE_DIALECTS_NN_NOTE_H
