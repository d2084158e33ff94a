//===- ShallowJSON.h - JSON that anyone may have written --------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_SUPPORT_SHALLOWJSON_H
#define NIBBLE_SUPPORT_SHALLOWJSON_H

#include "llvm/Support/JSON.h"

namespace nibble {

/// llvm::json::parse, which calls itself for each level, of text that is nested
/// at most 100 deep. Of text that is nested deeper the error says so of `what`;
/// other errors are those of the parser.
llvm::Expected<llvm::json::Value> parseShallowJSON(llvm::StringRef text,
                                                   llvm::StringRef what);

} // namespace nibble

#endif // NIBBLE_SUPPORT_SHALLOWJSON_H
