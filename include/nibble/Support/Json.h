//===- Json.h - JSON that nobody has checked --------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_SUPPORT_JSON_H
#define NIBBLE_SUPPORT_JSON_H

#include "llvm/Support/JSON.h"

namespace nibble {

/// llvm::json::parse for the text of a user's file. That one calls itself for
/// each level, so text that is nested more than 100 deep is an error here.
llvm::Expected<llvm::json::Value> parseJson(llvm::StringRef text);

} // namespace nibble

#endif // NIBBLE_SUPPORT_JSON_H
