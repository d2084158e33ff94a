//===- Kinds.h - Families of channel maps -----------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_NUMERICS_KINDS_H
#define NIBBLE_NUMERICS_KINDS_H

#include <cstdint>
#include <string>

namespace nibble::numerics {

/// A family of maps x -> xT + s of a channel axis.
enum class Kind : uint8_t {
  Permutation = 1,
  Sign = 2,                  ///< Diagonal of 1 and -1.
  PositiveScale = 4,         ///< Diagonal of positive numbers.
  OrthogonalKeepingOnes = 8, ///< Orthogonal with T 1 = 1: keeps the mean.
  Orthogonal = 16,
  Linear = 32, ///< Any invertible T.
  Shift = 64,  ///< T = I.
};

inline constexpr Kind allKinds[] = {
    Kind::Permutation,   Kind::Sign,
    Kind::PositiveScale, Kind::OrthogonalKeepingOnes,
    Kind::Orthogonal,    Kind::Linear,
    Kind::Shift};

/// "orthogonal_keeping_ones".
const char *getName(Kind kind);

/// A set of kinds that holds, with a kind, all kinds that are part of it: an
/// orthogonal set holds permutations and signs. What ops let through is met by
/// `&`; what a transform is made of is joined by `|`. A transform may cross
/// where its kinds are a subset of those that are let through.
class Kinds {
public:
  constexpr Kinds() = default;
  constexpr Kinds(Kind kind) : bits(closure(kind)) {}

  static constexpr Kinds none() { return {}; }
  static constexpr Kinds all() {
    return Kinds(Kind::Linear) | Kinds(Kind::Shift);
  }

  constexpr Kinds operator&(Kinds other) const {
    return fromBits(bits & other.bits);
  }
  constexpr Kinds operator|(Kinds other) const {
    return fromBits(bits | other.bits);
  }
  constexpr bool operator==(Kinds other) const { return bits == other.bits; }
  constexpr bool operator!=(Kinds other) const { return bits != other.bits; }
  constexpr bool contains(Kinds other) const {
    return (other.bits & ~bits) == 0;
  }
  constexpr bool isNone() const { return bits == 0; }

  /// The kinds that no other one of the set implies, joined by "|": "none",
  /// "orthogonal", "permutation|scale".
  std::string str() const;

private:
  static constexpr uint8_t closure(Kind kind) {
    uint8_t bit = uint8_t(kind);
    if (kind == Kind::OrthogonalKeepingOnes)
      return bit | uint8_t(Kind::Permutation);
    if (kind == Kind::Orthogonal)
      return bit | uint8_t(Kind::Sign) | closure(Kind::OrthogonalKeepingOnes);
    if (kind == Kind::Linear)
      return bit | uint8_t(Kind::PositiveScale) | closure(Kind::Orthogonal);
    return bit;
  }
  static constexpr Kinds fromBits(uint8_t bits) {
    Kinds kinds;
    kinds.bits = bits;
    return kinds;
  }

  uint8_t bits = 0;
};

} // namespace nibble::numerics

#endif // NIBBLE_NUMERICS_KINDS_H
