//===- Orthogonal.h - How orthogonal a matrix is ----------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_NUMERICS_ORTHOGONAL_H
#define NIBBLE_NUMERICS_ORTHOGONAL_H

#include "nibble/Formats/Status.h"

#include <cstdint>
#include <vector>

namespace nibble::numerics {

/// The largest magnitude among the elements of T Tᵀ - I, where T is `matrix`,
/// row after row. Fails unless there are size * size elements, all finite.
formats::Result<double> orthogonalError(int64_t size,
                                        const std::vector<double> &matrix);

/// The orthogonal matrix nearest to `matrix`, whose orthogonalError is at most
/// 0.01, by the iteration of Newton and Schulz: T <- T (3 I - Tᵀ T) / 2.
std::vector<double> nearestOrthogonal(int64_t size,
                                      const std::vector<double> &matrix);

} // namespace nibble::numerics

#endif // NIBBLE_NUMERICS_ORTHOGONAL_H
