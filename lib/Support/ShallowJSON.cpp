//===- ShallowJSON.cpp - JSON that anyone may have written ----------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Support/ShallowJSON.h"

#include "llvm/ADT/Twine.h"

using namespace nibble;

static constexpr unsigned kMaxDepth = 100;

llvm::Expected<llvm::json::Value>
nibble::parseShallowJSON(llvm::StringRef text, llvm::StringRef what) {
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
    if (depth > kMaxDepth)
      return llvm::createStringError(what + " is nested more than " +
                                     llvm::Twine(kMaxDepth) + " deep");
  }
  return llvm::json::parse(text);
}
