//===- CodeLibrary.cpp - The native library of a model ----------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CodeLibrary.h"

#include <cerrno>
#include <cstring>
#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

using namespace nibble::rt;

static std::string pathOf(int fd) {
  return "/proc/self/fd/" + std::to_string(fd);
}

CodeLibrary::~CodeLibrary() {
  if (handle)
    dlclose(handle);
  // A library can be linked so that it stays loaded (-z nodelete). Its
  // descriptor then stays open, so that its path never names another one.
  void *kept =
      handle ? dlopen(pathOf(fd).c_str(), RTLD_NOW | RTLD_NOLOAD) : nullptr;
  if (kept)
    dlclose(kept);
  else if (fd >= 0)
    close(fd);
}

/// Newer kernels want to be told that the file will be executed; older ones
/// know no such flag.
static int createMemoryFile() {
  constexpr unsigned executable = 0x10;
  int fd = memfd_create("nibble-code", MFD_CLOEXEC | executable);
  return fd >= 0 ? fd : memfd_create("nibble-code", MFD_CLOEXEC);
}

Status CodeLibrary::load(const void *data, size_t size) {
  fd = createMemoryFile();
  if (fd < 0)
    return failure(NIB_IO_ERROR,
                   "cannot make a file in memory: ", std::strerror(errno));
  const char *next = static_cast<const char *>(data);
  while (size > 0) {
    ssize_t written = write(fd, next, size);
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return failure(NIB_OUT_OF_MEMORY, "cannot copy the code into memory: ",
                     std::strerror(errno));
    next += written;
    size -= written;
  }
  handle = dlopen(pathOf(fd).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    return failure(NIB_IO_ERROR, "cannot load the code: ", dlerror());
  shapes = reinterpret_cast<nib_shapes_fn>(dlsym(handle, "nib_shapes"));
  run = reinterpret_cast<nib_run_fn>(dlsym(handle, "nib_run"));
  if (!shapes || !run)
    return failure(NIB_INVALID_ARTIFACT, "the code does not export '",
                   shapes ? "nib_run" : "nib_shapes", "'");
  return Status::success();
}
