//===- nibble.cpp - The command line of Nibble ------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Command.h"

#include "nibble/Runtime/nibble.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/WithColor.h"
#include "llvm/Support/raw_ostream.h"

#include <csignal>
#include <vector>

using namespace nibble::tool;
namespace cl = llvm::cl;

char Usage::ID;

static std::vector<Command *> &registry() {
  static std::vector<Command *> commands;
  return commands;
}

Command::Command(llvm::StringRef name, llvm::StringRef description,
                 llvm::StringRef details, llvm::Error (*run)())
    : cl::SubCommand(name, description), details(details), run(run) {
  registry().push_back(this);
}

llvm::ArrayRef<Command *> Command::all() { return registry(); }

static cl::OptionCategory noOptions("Options of the tool itself");

static constexpr llvm::StringLiteral overview =
    "Nibble compiles ONNX models to quantized native code, and runs them.\n";

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  // A file that may not grow is an error of the write, like a full disk.
  std::signal(SIGXFSZ, SIG_IGN);
  // The libraries' own options are not for users of this tool.
  cl::HideUnrelatedOptions(noOptions);
  cl::SetVersionPrinter([](llvm::raw_ostream &os) {
    os << "nibble " << nib_version() << ", code ABI " << nib_code_abi() << "\n";
  });
  // Shown by --help after the options of the command in question.
  std::optional<cl::extrahelp> details;
  for (Command *command : Command::all()) {
    cl::HideUnrelatedOptions({&cl::getGeneralCategory()}, *command);
    if (argc > 1 && command->getName() == argv[1])
      details.emplace(command->details);
  }
  std::string text;
  llvm::raw_string_ostream errors(text);
  if (!cl::ParseCommandLineOptions(argc, argv, overview, &errors)) {
    llvm::errs() << text;
    return UsageError;
  }
  for (Command *command : Command::all()) {
    if (!*command)
      continue;
    llvm::Error error = command->run();
    if (!error)
      return Success;
    int code = error.isA<Usage>() ? UsageError : UserError;
    llvm::WithColor::error(llvm::errs(), "nibble")
        << llvm::toString(std::move(error)) << "\n";
    return code;
  }
  cl::PrintHelpMessage();
  return UsageError;
}
