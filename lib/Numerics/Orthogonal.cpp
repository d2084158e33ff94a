//===- Orthogonal.cpp - How orthogonal a matrix is ------------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Numerics/Orthogonal.h"

#include "TransformNode.h"

#include "Eigen/Core"

namespace nibble::numerics {

using Matrix =
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

formats::Result<double> orthogonalError(int64_t size,
                                        const std::vector<double> &matrix) {
  if (Status status = checkDenseSize(size); !status.ok())
    return status;
  if (int64_t(matrix.size()) != size * size)
    return Status::error("a matrix of " + std::to_string(size) +
                         " channels has size * size numbers, not " +
                         std::to_string(matrix.size()));
  if (Status status = checkFinite(matrix); !status.ok())
    return status;
  Eigen::Map<const Matrix> t(matrix.data(), size, size);
  return (t * t.transpose() - Matrix::Identity(size, size))
      .cwiseAbs()
      .maxCoeff();
}

std::vector<double> nearestOrthogonal(int64_t size,
                                      const std::vector<double> &matrix) {
  Matrix t = Eigen::Map<const Matrix>(matrix.data(), size, size);
  // An element off by 0.01 does not bound the norm of the rest; 20 steps are
  // far more than singular values between 0 and 3^0.5 near 1 need.
  for (int step = 0; step < 20; ++step) {
    Matrix gram = t.transpose() * t;
    double off = (gram - Matrix::Identity(size, size)).cwiseAbs().maxCoeff();
    if (off < 1e-13)
      break;
    t = 0.5 * t * (3 * Matrix::Identity(size, size) - gram);
  }
  return {t.data(), t.data() + size * size};
}

} // namespace nibble::numerics
