//===- Hadamard.h - Hadamard matrices by construction -----------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_NUMERICS_HADAMARD_H
#define NIBBLE_NUMERICS_HADAMARD_H

#include "nibble/Formats/Status.h"

#include <cstdint>
#include <vector>

namespace nibble::numerics {

using formats::Result;
using formats::Status;

/// An order base * power for which a Hadamard matrix is known here: `power` is
/// a power of two, `base` is 1 or one of baseHadamardOrders().
struct HadamardOrder {
  int64_t base;
  int64_t power;
};

/// The known orders above 2 that are not twice another one: 12, 20, 28, …, 172.
const std::vector<int64_t> &baseHadamardOrders();

/// Splits `order` with the smallest base. Fails where no matrix of that order
/// is known here, with the orders that are.
Result<HadamardOrder> hadamardOrder(int64_t order);

/// Entries 1 and -1 of a Hadamard matrix, row after row: H Hᵀ = base * I.
/// `base` is 1 or one of baseHadamardOrders().
std::vector<int8_t> baseHadamard(int64_t base);

} // namespace nibble::numerics

#endif // NIBBLE_NUMERICS_HADAMARD_H
