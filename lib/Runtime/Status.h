//===- Status.h - A status and why ------------------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_RUNTIME_STATUS_H
#define NIBBLE_LIB_RUNTIME_STATUS_H

#include "nibble/Runtime/nibble.h"

#include <sstream>
#include <string>
#include <utility>

namespace nibble::rt {

/// The outcome of every fallible function here: a status of the C interface
/// and, if it failed, the text for the user.
struct [[nodiscard]] Status {
  nib_status code = NIB_OK;
  std::string message;

  bool ok() const { return code == NIB_OK; }
  static Status success() { return Status(); }
};

/// Joins the arguments into a text.
template <typename... Args> std::string join(const Args &...args) {
  std::ostringstream out;
  (out << ... << args);
  return out.str();
}

template <typename... Args>
Status failure(nib_status code, const Args &...args) {
  return {code, join(args...)};
}

} // namespace nibble::rt

#endif // NIBBLE_LIB_RUNTIME_STATUS_H
