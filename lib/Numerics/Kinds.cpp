//===- Kinds.cpp - Names of the kinds===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Numerics/Kinds.h"

namespace nibble::numerics {

std::string Kinds::str() const {
  constexpr struct {
    Kind kind;
    const char *name;
  } names[] = {{Kind::Permutation, "permutation"},
               {Kind::Sign, "sign"},
               {Kind::PositiveScale, "scale"},
               {Kind::OrthogonalKeepingOnes, "orthogonal_keeping_ones"},
               {Kind::Orthogonal, "orthogonal"},
               {Kind::Linear, "linear"},
               {Kind::Shift, "shift"}};
  std::string text;
  for (const auto &[kind, name] : names) {
    if (!contains(kind))
      continue;
    bool implied = false;
    for (const auto &other : names)
      implied |= other.kind != kind && contains(other.kind) &&
                 Kinds(other.kind).contains(kind);
    if (!implied)
      text += (text.empty() ? "" : "|") + std::string(name);
  }
  return text.empty() ? "none" : text;
}

} // namespace nibble::numerics
