//===- Kinds.cpp - Names of the kinds -------------------------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Numerics/Kinds.h"

namespace nibble::numerics {

const char *getName(Kind kind) {
  switch (kind) {
  case Kind::Permutation:
    return "permutation";
  case Kind::Sign:
    return "sign";
  case Kind::PositiveScale:
    return "scale";
  case Kind::OrthogonalKeepingOnes:
    return "orthogonal_keeping_ones";
  case Kind::Orthogonal:
    return "orthogonal";
  case Kind::Linear:
    return "linear";
  case Kind::Shift:
    return "shift";
  }
  return nullptr;
}

std::string Kinds::str() const {
  std::string text;
  for (Kind kind : allKinds) {
    if (!contains(kind))
      continue;
    bool implied = false;
    for (Kind other : allKinds)
      implied |=
          other != kind && contains(other) && Kinds(other).contains(kind);
    if (!implied)
      text += (text.empty() ? "" : "|") + std::string(getName(kind));
  }
  return text.empty() ? "none" : text;
}

} // namespace nibble::numerics
