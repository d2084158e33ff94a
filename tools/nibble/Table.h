//===- Table.h - Columns of text --------------------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_TOOLS_NIBBLE_TABLE_H
#define NIBBLE_TOOLS_NIBBLE_TABLE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"

#include <string>
#include <vector>

namespace nibble::tool {

/// Prints rows under a header, each column as wide as it needs. A column whose
/// title starts with '>' is aligned to the right.
class Table {
public:
  explicit Table(std::vector<std::string> titles);
  void add(std::vector<std::string> row) { rows.push_back(std::move(row)); }
  bool empty() const { return rows.empty(); }
  void print(llvm::raw_ostream &os) const;

private:
  std::vector<std::string> titles;
  std::vector<bool> right;
  std::vector<std::vector<std::string>> rows;
};

/// "12.3 MB": decimal units, three digits.
std::string sizeText(uint64_t bytes);

} // namespace nibble::tool

#endif // NIBBLE_TOOLS_NIBBLE_TABLE_H
