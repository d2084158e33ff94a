//===- Json.cpp - JSON that nobody has checked ------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Support/Json.h"

/// Whether objects and arrays are nested more than `most` deep, up to the first
/// thing that is no JSON; the parser goes no further.
static bool isDeeper(llvm::StringRef text, unsigned most) {
  unsigned depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (quoted && c == '\\')
      ++i;
    else if (c == '"')
      quoted = !quoted;
    else if (!quoted && (c == '[' || c == '{'))
      ++depth;
    else if (!quoted && (c == ']' || c == '}') && depth > 0)
      --depth;
    if (depth > most)
      return true;
  }
  return false;
}

llvm::Expected<llvm::json::Value> nibble::parseJson(llvm::StringRef text) {
  constexpr unsigned most = 100;
  if (isDeeper(text, most))
    return llvm::createStringError("it is nested more than " +
                                   llvm::Twine(most) + " deep");
  return llvm::json::parse(text);
}
