//===- Command.h - One subcommand of the tool -------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_TOOLS_NIBBLE_COMMAND_H
#define NIBBLE_TOOLS_NIBBLE_COMMAND_H

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Error.h"

namespace nibble::tool {

/// What the tool returns to the shell.
enum ExitCode { Success = 0, UserError = 1, UsageError = 2 };

/// A subcommand: its file makes one of these and its options, both global, as
/// llvm::cl wants it.
class Command : public llvm::cl::SubCommand {
public:
  /// `details` follows the options in --help: examples and exit codes.
  Command(llvm::StringRef name, llvm::StringRef description,
          llvm::StringRef details, llvm::Error (*run)());

  llvm::StringRef details;
  llvm::Error (*run)();

  static llvm::ArrayRef<Command *> all();
};

/// An error of the command line itself: exit code 2.
class Usage : public llvm::ErrorInfo<Usage> {
public:
  static char ID;
  explicit Usage(const llvm::Twine &text) : text(text.str()) {}
  void log(llvm::raw_ostream &os) const override { os << text; }
  std::error_code convertToErrorCode() const override {
    return std::make_error_code(std::errc::invalid_argument);
  }

private:
  std::string text;
};

inline llvm::Error usage(const llvm::Twine &text) {
  return llvm::make_error<Usage>(text);
}
inline llvm::Error failure(const llvm::Twine &text) {
  return llvm::createStringError(
      std::make_error_code(std::errc::invalid_argument), text);
}

/// Ends every command's details.
#define NIBBLE_EXIT_CODES                                                      \
  "\nEXIT CODES: 0 done, 1 the model, the data or the file system is at "      \
  "fault, 2 wrong usage\n"

} // namespace nibble::tool

#endif // NIBBLE_TOOLS_NIBBLE_COMMAND_H
