//===- Hadamard.cpp - Paley, Williamson and Cooper-Wallis constructions ---===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Numerics/Hadamard.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace nibble::numerics {

namespace {

/// A square matrix of small integers.
struct Square {
  int64_t size;
  std::vector<int8_t> entries;

  explicit Square(int64_t size) : size(size), entries(size * size) {}
  int8_t &at(int64_t row, int64_t col) { return entries[row * size + col]; }
  int8_t at(int64_t row, int64_t col) const {
    return entries[row * size + col];
  }
};

enum class Construction { PaleyI, PaleyII, CooperWallis };

/// How the matrix of an order is made: of the field of `prime` elements, or of
/// `shifts` cyclic shifts and the Williamson matrices of order `prime`.
struct BaseOrder {
  int64_t order;
  Construction construction;
  int64_t prime;
  int64_t shifts = 0;
};

/// First rows of four symmetric circulants with A² + B² + C² + D² = 4n I.
using Williamson = std::array<const char *, 4>;

} // namespace

static constexpr BaseOrder baseOrders[] = {
    {12, Construction::PaleyI, 11},
    {20, Construction::PaleyI, 19},
    {28, Construction::PaleyII, 13},
    {36, Construction::PaleyII, 17},
    {44, Construction::PaleyI, 43},
    {52, Construction::CooperWallis, 13, 1},
    {60, Construction::PaleyI, 59},
    {108, Construction::PaleyI, 107},
    {140, Construction::PaleyI, 139},
    {156, Construction::CooperWallis, 13, 3},
    {172, Construction::CooperWallis, 43, 1},
};

static constexpr Williamson williamson13 = {"++++-+--+-+++", "++---+--+---+",
                                            "++---+--+---+", "+---+-++-+---"};
static constexpr Williamson williamson43 = {
    "+++++-++----+-++--++-++-++--++-+----++-++++",
    "+++---++--+-+-+-++--------++-+-+-+--++---++",
    "++-+-++++-+--+--+++--++--+++--+--+-++++-+-+",
    "+-++-----++++-+-+++-++++-+++-+-++++-----++-"};

/// The Jacobsthal matrix: 1 where row - column is a square modulo the prime, -1
/// where it is not, 0 on the diagonal.
static Square jacobsthal(int64_t prime) {
  std::vector<int8_t> character(prime, -1);
  character[0] = 0;
  for (int64_t i = 1; i < prime; ++i)
    character[i * i % prime] = 1;
  Square matrix(prime);
  for (int64_t row = 0; row < prime; ++row)
    for (int64_t col = 0; col < prime; ++col)
      matrix.at(row, col) = character[(row - col + prime) % prime];
  return matrix;
}

/// The Jacobsthal matrix with a border of ones, its left part times `left`.
static Square conference(int64_t prime, int8_t left) {
  Square inner = jacobsthal(prime), matrix(prime + 1);
  for (int64_t row = 0; row < prime; ++row) {
    matrix.at(0, row + 1) = 1;
    matrix.at(row + 1, 0) = left;
    for (int64_t col = 0; col < prime; ++col)
      matrix.at(row + 1, col + 1) = inner.at(row, col);
  }
  return matrix;
}

/// Order prime + 1, for a prime that is 3 modulo 4.
static Square paleyI(int64_t prime) {
  Square matrix = conference(prime, -1);
  for (int64_t i = 0; i < matrix.size; ++i)
    matrix.at(i, i) = 1;
  return matrix;
}

/// Order 2 (prime + 1), for a prime that is 1 modulo 4.
static Square paleyII(int64_t prime) {
  Square inner = conference(prime, 1), matrix(2 * inner.size);
  constexpr int8_t off[2][2] = {{1, 1}, {1, -1}};
  constexpr int8_t diagonal[2][2] = {{1, -1}, {-1, -1}};
  for (int64_t row = 0; row < matrix.size; ++row) {
    for (int64_t col = 0; col < matrix.size; ++col) {
      int8_t entry = inner.at(row / 2, col / 2);
      matrix.at(row, col) = row / 2 == col / 2
                                ? diagonal[row % 2][col % 2]
                                : int8_t(entry * off[row % 2][col % 2]);
    }
  }
  return matrix;
}

/// Order 4 t w. X_i = sum of ±S^k ⊗ W_j over the cyclic shifts S^k, k < t <= 4,
/// of order t, arranged by Goethals and Seidel.
static Square cooperWallis(const Williamson &rows, int64_t w, int64_t t) {
  // Which Williamson matrix, from 1, with its sign, shift k brings into X_i.
  constexpr int use[4][4] = {
      {1, 2, 3, 4}, {-2, 1, 4, -3}, {-3, -4, 1, 2}, {-4, 3, -2, 1}};
  auto entry = [&](int i, int64_t row, int64_t col) {
    int64_t shift = (col / w - row / w + t) % t;
    int pick = use[i][shift];
    int64_t place = (col % w - row % w + w) % w;
    int8_t value = rows[std::abs(pick) - 1][place] == '+' ? 1 : -1;
    return int8_t(pick < 0 ? -value : value);
  };
  // Block (p, q) of the array: X_i R, Xᵀ_i R or X_i, with a sign.
  struct Block {
    int index;
    int8_t sign;
    bool transposed;
  };
  constexpr Block array[4][4] = {
      {{0, 1, false}, {1, 1, false}, {2, 1, false}, {3, 1, false}},
      {{1, -1, false}, {0, 1, false}, {3, 1, true}, {2, -1, true}},
      {{2, -1, false}, {3, -1, true}, {0, 1, false}, {1, 1, true}},
      {{3, -1, false}, {2, 1, true}, {1, -1, true}, {0, 1, false}}};
  int64_t side = t * w;
  Square matrix(4 * side);
  for (int64_t row = 0; row < matrix.size; ++row) {
    for (int64_t col = 0; col < matrix.size; ++col) {
      Block block = array[row / side][col / side];
      int64_t i = row % side, j = col % side;
      if (block.index != 0) // R reverses the order of the t blocks.
        j = (t - 1 - j / w) * w + j % w;
      matrix.at(row, col) =
          int8_t(block.sign * (block.transposed ? entry(block.index, j, i)
                                                : entry(block.index, i, j)));
    }
  }
  return matrix;
}

const std::vector<int64_t> &baseHadamardOrders() {
  static const std::vector<int64_t> orders = [] {
    std::vector<int64_t> list;
    for (const BaseOrder &base : baseOrders)
      list.push_back(base.order);
    return list;
  }();
  return orders;
}

static bool isPowerOfTwo(int64_t value) {
  return value > 0 && (value & (value - 1)) == 0;
}

Result<HadamardOrder> hadamardOrder(int64_t order) {
  if (isPowerOfTwo(order))
    return HadamardOrder{1, order};
  std::string known = "1";
  for (int64_t base : baseHadamardOrders()) {
    if (order > 0 && order % base == 0 && isPowerOfTwo(order / base))
      return HadamardOrder{base, order / base};
    known += ", " + std::to_string(base);
  }
  return Status::error("there is no Hadamard matrix of order " +
                       std::to_string(order) +
                       "; the orders are m * 2^k with m one of " + known);
}

std::vector<int8_t> baseHadamard(int64_t base) {
  if (base == 1)
    return {1};
  const auto *found =
      std::find_if(std::begin(baseOrders), std::end(baseOrders),
                   [&](const BaseOrder &order) { return order.order == base; });
  assert(found != std::end(baseOrders) && "not a base order");
  switch (found->construction) {
  case Construction::PaleyI:
    return paleyI(found->prime).entries;
  case Construction::PaleyII:
    return paleyII(found->prime).entries;
  case Construction::CooperWallis:
    break;
  }
  const Williamson &rows = found->prime == 13 ? williamson13 : williamson43;
  return cooperWallis(rows, found->prime, found->shifts).entries;
}

} // namespace nibble::numerics
