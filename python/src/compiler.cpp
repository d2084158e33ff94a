//===- compiler.cpp - Python over the compiler's C interface ----*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The module nibble._compiler, apart from nibble._runtime so that a program
// that only runs models does not load LLVM.
//
//===----------------------------------------------------------------------===//

#include "nibble/Pipeline/Compiler.h"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <exception>
#include <optional>
#include <string>

namespace nb = nanobind;
using namespace nb::literals;

namespace {

/// What the progress callback needs, and what it could not throw through C.
struct Watcher {
  nb::object callback;
  std::exception_ptr raised;
};

int report(void *user, const char *stage, double fraction) {
  auto &watcher = *static_cast<Watcher *>(user);
  nb::gil_scoped_acquire locked;
  try {
    // Ctrl-C reaches a long compilation here.
    if (PyErr_CheckSignals() != 0)
      throw nb::python_error();
    if (!watcher.callback.is_none())
      watcher.callback(stage, fraction);
    return 0;
  } catch (...) {
    watcher.raised = std::current_exception();
    return 1;
  }
}

/// The error text, or None. An exception of the callback goes on to the caller.
std::optional<std::string> compile(const std::string &path,
                                   const std::string &options,
                                   const std::string &output,
                                   nb::object progress) {
  Watcher watcher{std::move(progress), nullptr};
  char *text = nullptr;
  int code;
  {
    nb::gil_scoped_release unlocked;
    code = nib_compile(path.c_str(), options.c_str(), output.c_str(), report,
                       &watcher, &text);
  }
  std::optional<std::string> error;
  if (code != 0)
    error = text ? text : "compilation failed";
  nib_compile_free_error(text);
  if (watcher.raised)
    std::rethrow_exception(watcher.raised);
  return error;
}

} // namespace

NB_MODULE(_compiler, m) {
  m.doc() = "The compiler, over the C interface of libNibble.";
  m.def("compile", &compile, "path"_a, "options"_a, "output"_a,
        "progress"_a.none() = nb::none());
}
