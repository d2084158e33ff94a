//===- PythonHelper.cpp - A Python process that answers lines -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PythonHelper.h"

#include "Command.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace nibble;
using namespace nibble::tool;

extern char **environ;

static llvm::Expected<std::string> findInterpreter() {
  if (const char *given = ::getenv("NIBBLE_PYTHON"); given && *given) {
    if (llvm::sys::fs::can_execute(given))
      return given;
    return failure(llvm::Twine("NIBBLE_PYTHON is '") + given +
                   "', which is no program");
  }
  llvm::SmallString<128> path(
      llvm::sys::fs::getMainExecutable(nullptr, nullptr));
  llvm::sys::path::remove_filename(path);
  llvm::sys::path::append(path, "..", "venv", "bin", "python");
  if (llvm::sys::fs::can_execute(path))
    return path.str().str();
  auto found = llvm::sys::findProgramByName("python3");
  if (!found)
    return failure("needs Python, but there is no python3; set NIBBLE_PYTHON "
                   "to an interpreter");
  return *found;
}

llvm::Expected<std::unique_ptr<PythonHelper>>
PythonHelper::start(llvm::StringRef script,
                    llvm::ArrayRef<std::string> arguments) {
  auto interpreter = findInterpreter();
  if (!interpreter)
    return interpreter.takeError();
  // A process that has gone is an error of ours to report, not a signal.
  ::signal(SIGPIPE, SIG_IGN);
  // A script of `python -c` would import what lies in the current folder.
  ::setenv("PYTHONSAFEPATH", "1", /*overwrite=*/1);
  int in[2], out[2];
  if (::pipe2(in, O_CLOEXEC) != 0)
    return failure("cannot make a pipe");
  if (::pipe2(out, O_CLOEXEC) != 0) {
    ::close(in[0]);
    ::close(in[1]);
    return failure("cannot make a pipe");
  }
  std::unique_ptr<PythonHelper> helper(new PythonHelper);
  helper->interpreter = *interpreter;
  helper->toProcess = in[1];
  helper->fromProcess = out[0];
  std::vector<std::string> words = {*interpreter, "-c", script.str()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char *> argv;
  for (std::string &word : words)
    argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  int error = posix_spawn(&helper->process, interpreter->c_str(), &actions,
                          nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(in[0]);
  ::close(out[1]);
  if (error != 0) {
    helper->process = -1;
    return failure("cannot start " + *interpreter);
  }
  if (auto ready = helper->readAnswer(); !ready)
    return ready.takeError();
  return helper;
}

PythonHelper::~PythonHelper() {
  if (toProcess >= 0)
    ::close(toProcess);
  if (fromProcess >= 0)
    ::close(fromProcess);
  if (process > 0)
    ::waitpid(process, nullptr, 0);
}

llvm::Expected<llvm::json::Value> PythonHelper::readAnswer() {
  size_t end;
  while ((end = pending.find('\n')) == std::string::npos) {
    char buffer[4096];
    ssize_t count = ::read(fromProcess, buffer, sizeof(buffer));
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return failure(interpreter + " ended without an answer");
    pending.append(buffer, count);
  }
  auto value = llvm::json::parse(llvm::StringRef(pending).take_front(end));
  pending.erase(0, end + 1);
  if (!value)
    return value.takeError();
  if (const llvm::json::Object *object = value->getAsObject())
    if (auto error = object->getString("error"))
      return failure(*error);
  return value;
}

llvm::Expected<llvm::json::Value>
PythonHelper::ask(const llvm::json::Value &request) {
  std::string line = llvm::formatv("{0}\n", request);
  for (size_t done = 0; done < line.size();) {
    ssize_t count = ::write(toProcess, line.data() + done, line.size() - done);
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return failure(interpreter + " has ended");
    done += count;
  }
  return readAnswer();
}
