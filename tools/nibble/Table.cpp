//===- Table.cpp - Columns of text ------------------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Table.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Locale.h"

using namespace nibble::tool;

Table::Table(std::vector<std::string> names) : titles(std::move(names)) {
  for (std::string &title : titles) {
    right.push_back(title.front() == '>');
    if (right.back())
      title.erase(0, 1);
  }
}

/// Columns of a terminal; names of nodes may be in any script.
static size_t width(llvm::StringRef text) {
  int columns = llvm::sys::locale::columnWidth(text);
  return columns < 0 ? text.size() : size_t(columns);
}

void Table::print(llvm::raw_ostream &os) const {
  std::vector<size_t> widths;
  for (size_t i = 0; i < titles.size(); ++i) {
    widths.push_back(width(titles[i]));
    for (const auto &row : rows)
      widths[i] = std::max(widths[i], width(row[i]));
  }
  auto line = [&](const std::vector<std::string> &row) {
    std::string text;
    for (size_t i = 0; i < row.size(); ++i) {
      std::string pad(widths[i] - width(row[i]), ' ');
      text += "  ";
      text += right[i] ? pad + row[i] : row[i] + pad;
    }
    os << llvm::StringRef(text).rtrim() << "\n";
  };
  line(titles);
  for (const auto &row : rows)
    line(row);
}

std::string nibble::tool::sizeText(uint64_t bytes) {
  if (bytes < 1000)
    return std::to_string(bytes) + " B";
  double value = bytes;
  const char *unit = "B";
  for (const char *next : {"kB", "MB", "GB", "TB"}) {
    if (value < 999.5)
      break;
    value /= 1000;
    unit = next;
  }
  int digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  std::string text;
  llvm::raw_string_ostream(text)
      << llvm::format("%.*f", digits, value) << " " << unit;
  return text;
}
