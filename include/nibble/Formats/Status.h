//===- Status.h - Success or one message -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// lib/Formats is linked into the runtime, which has neither LLVM nor
// exceptions across its C ABI: what can fail on a user's data returns one of
// these. A message names what is wrong and is complete without context.
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_FORMATS_STATUS_H
#define NIBBLE_FORMATS_STATUS_H

#include <optional>
#include <string>
#include <utility>

namespace nibble::formats {

/// Success, or an error with a non-empty message.
class [[nodiscard]] Status {
public:
  Status() = default;
  static Status error(std::string message) {
    Status status;
    status.text = message.empty() ? "unknown error" : std::move(message);
    return status;
  }

  bool ok() const { return text.empty(); }
  /// Empty on success.
  const std::string &message() const { return text; }

private:
  std::string text;
};

/// A value, or the error that kept it from being made.
template <typename T> class [[nodiscard]] Result {
public:
  Result(T value) : value(std::move(value)) {}
  Result(Status status) : failure(std::move(status)) {
    if (failure.ok())
      failure = Status::error("result without a value");
  }

  bool ok() const { return value.has_value(); }
  explicit operator bool() const { return ok(); }
  /// Only where ok().
  T &operator*() { return *value; }
  const T &operator*() const { return *value; }
  T *operator->() { return &*value; }
  const T *operator->() const { return &*value; }
  const Status &status() const { return failure; }
  const std::string &message() const { return failure.message(); }

private:
  std::optional<T> value;
  Status failure;
};

} // namespace nibble::formats

#endif // NIBBLE_FORMATS_STATUS_H
