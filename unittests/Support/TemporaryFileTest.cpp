//===- TemporaryFileTest.cpp - Files that go with their object ------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Support/TemporaryFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/ToolOutputFile.h"
#include "gtest/gtest.h"

#include <csignal>
#include <cstdlib>
#include <sys/wait.h>
#include <unistd.h>

using namespace nibble;

TEST(TemporaryFile, GoesWithItsObject) {
  std::string path;
  {
    auto file = TemporaryFile::create("nibble-test", "bin");
    ASSERT_TRUE(bool(file)) << llvm::toString(file.takeError());
    path = file->getPath().str();
    EXPECT_TRUE(llvm::sys::fs::exists(path));
    TemporaryFile moved = std::move(*file);
    EXPECT_EQ(moved.getPath(), path);
  }
  EXPECT_FALSE(llvm::sys::fs::exists(path));
}

TEST(TemporaryFile, SaysWhereNoneCanBe) {
  const char *before = getenv("TMPDIR");
  std::string folder = before ? before : "";
  setenv("TMPDIR", "/nowhere", 1);
  auto file = TemporaryFile::create("nibble-test", "bin");
  before ? setenv("TMPDIR", folder.c_str(), 1) : unsetenv("TMPDIR");
  ASSERT_FALSE(bool(file));
  EXPECT_EQ(llvm::toString(file.takeError()),
            "cannot make a temporary file in '/nowhere': No such file or "
            "directory; name a folder in TMPDIR");
}

/// Writes the file as passes do.
static bool writeWhole(const TemporaryFile &file) {
  std::error_code error;
  llvm::ToolOutputFile output(file.getPath(), error, llvm::sys::fs::OF_None);
  if (error)
    return false;
  output.os() << "numbers";
  output.keep();
  return true;
}

/// The file that a process leaves when `signal` ends it.
static void endBySignal(int signal, bool isWritten = false) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto file = TemporaryFile::create("nibble-test", "bin");
    if (!file)
      _exit(1);
    if (write(ends[1], file->getPath().data(), file->getPath().size()) < 0)
      _exit(1);
    close(ends[1]);
    if (isWritten && !writeWhole(*file))
      _exit(1);
    if (isWritten && file->removeOnSignal())
      _exit(1);
    raise(signal);
    _exit(0);
  }
  close(ends[1]);
  char text[256] = {};
  EXPECT_GT(read(ends[0], text, sizeof text - 1), 0);
  close(ends[0]);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == signal);
  EXPECT_FALSE(llvm::sys::fs::exists(text));
}

TEST(TemporaryFile, GoesWhenTheProcessIsInterrupted) { endBySignal(SIGINT); }

TEST(TemporaryFile, GoesWhenTheProcessIsTerminated) { endBySignal(SIGTERM); }

TEST(TemporaryFile, GoesAfterAWriterLetGoOfIt) {
  endBySignal(SIGINT, /*isWritten=*/true);
}
