//===- DenseTransform.cpp - Transforms by a whole matrix ------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TransformNode.h"

#include "Eigen/LU"
#include "Eigen/QR"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace nibble::numerics {

using Matrix =
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using SharedMatrix = std::shared_ptr<const Matrix>;

Status checkDenseSize(int64_t size) {
  constexpr int64_t most = 16384;
  if (size <= most)
    return checkSize(size);
  return Status::error("a dense matrix of " + std::to_string(size) +
                       " channels is too large, the most is " +
                       std::to_string(most) + ": use blocks");
}

namespace {

class DenseNode : public TransformNodeOf<DenseNode> {
public:
  DenseNode(Kinds kinds, SharedMatrix matrix, SharedMatrix inverted)
      : TransformNodeOf(Family::Dense, matrix->rows(), kinds),
        matrix(std::move(matrix)), inverted(std::move(inverted)) {}

  int64_t operations() const override { return 2 * size * size; }
  Transform inverse() const override {
    return makeTransform<DenseNode>(kinds, inverted, matrix);
  }
  Transform transpose() const override {
    if (!kinds.contains(Kind::Linear))
      return inverse();
    return makeTransform<DenseNode>(
        kinds, std::make_shared<const Matrix>(matrix->transpose()),
        std::make_shared<const Matrix>(inverted->transpose()));
  }
  std::optional<Transform> joined(const TransformNode &next) const override {
    if (next.family != Family::Dense ||
        static_cast<const DenseNode &>(next).matrix != inverted)
      return std::nullopt;
    return makeIdentity(size);
  }

  /// Sums run over channels upwards for each result, so that neither chunks of
  /// rows nor the vector width change a bit; in double for f32 rows too.
  template <typename T>
  void applyRows(T *rows, int64_t count, int64_t stride) const {
    constexpr int64_t tile = 4; // Rows that share one pass over the matrix.
    std::vector<double> sums(tile * size);
    for (int64_t first = 0; first < count; first += tile) {
      int64_t height = std::min(tile, count - first);
      std::fill(sums.begin(), sums.end(), 0.0);
      for (int64_t k = 0; k < size; ++k) {
        const double *weights = matrix->data() + k * size;
        for (int64_t r = 0; r < height; ++r) {
          double value = rows[(first + r) * stride + k];
          double *sum = sums.data() + r * size;
          for (int64_t j = 0; j < size; ++j)
            sum[j] += value * weights[j];
        }
      }
      for (int64_t r = 0; r < height; ++r)
        for (int64_t j = 0; j < size; ++j)
          rows[(first + r) * stride + j] = T(sums[r * size + j]);
    }
  }

private:
  SharedMatrix matrix, inverted;
};

} // namespace

/// Elements of T Tᵀ of a matrix that was rounded to f32 are off by less.
static constexpr double orthogonalTolerance = 1e-5;

static Transform makeOrthogonal(Matrix matrix) {
  double off = (matrix.rowwise().sum().array() - 1.0).abs().maxCoeff();
  Kinds kinds = off <= orthogonalTolerance ? Kind::OrthogonalKeepingOnes
                                           : Kind::Orthogonal;
  auto transposed = std::make_shared<const Matrix>(matrix.transpose());
  return makeTransform<DenseNode>(
      kinds, std::make_shared<const Matrix>(std::move(matrix)),
      std::move(transposed));
}

static Result<Matrix> readMatrix(int64_t size,
                                 const std::vector<double> &values) {
  if (Status status = checkDenseSize(size); !status.ok())
    return status;
  if (int64_t(values.size()) / size != size ||
      int64_t(values.size()) % size != 0)
    return Status::error("a matrix of " + std::to_string(size) +
                         " channels has size * size numbers, not " +
                         std::to_string(values.size()));
  if (Status status = checkFinite(values); !status.ok())
    return status;
  return Matrix(Eigen::Map<const Matrix>(values.data(), size, size));
}

Result<Transform> Transform::linear(int64_t size, std::vector<double> values) {
  Result<Matrix> matrix = readMatrix(size, values);
  if (!matrix)
    return matrix.status();
  Eigen::PartialPivLU<Matrix> factors(*matrix);
  // rcond() is an estimate: below this the inverse has no correct digit.
  if (!(factors.rcond() >
        double(size) * std::numeric_limits<double>::epsilon()))
    return Status::error("a matrix of " + std::to_string(size) +
                         " channels is singular");
  auto inverted = std::make_shared<const Matrix>(factors.inverse());
  return makeTransform<DenseNode>(
      Kind::Linear, std::make_shared<const Matrix>(std::move(*matrix)),
      std::move(inverted));
}

Result<Transform> Transform::orthogonal(int64_t size,
                                        std::vector<double> values) {
  Result<Matrix> matrix = readMatrix(size, values);
  if (!matrix)
    return matrix.status();
  double off = (*matrix * matrix->transpose() - Matrix::Identity(size, size))
                   .cwiseAbs()
                   .maxCoeff();
  if (!(off <= orthogonalTolerance))
    return Status::error("a matrix of " + std::to_string(size) +
                         " channels is not orthogonal: an element of its "
                         "product with its transpose is off by " +
                         std::to_string(off));
  return makeOrthogonal(std::move(*matrix));
}

/// Normal deviates by Box and Muller: std::normal_distribution is another
/// sequence in each standard library.
static Matrix randomNormal(int64_t size, uint64_t seed) {
  std::mt19937_64 bits(seed);
  auto uniform = [&] { return (double(bits() >> 11) + 0.5) * 0x1p-53; };
  constexpr double pi = 3.14159265358979323846;
  Matrix matrix(size, size);
  for (int64_t i = 0; i < size * size; ++i) {
    double radius = std::sqrt(-2.0 * std::log(uniform()));
    matrix.data()[i] = radius * std::cos(2.0 * pi * uniform());
  }
  return matrix;
}

Result<Transform> Transform::randomOrthogonal(int64_t size, uint64_t seed) {
  if (Status status = checkDenseSize(size); !status.ok())
    return status;
  Eigen::HouseholderQR<Matrix> factors(randomNormal(size, seed));
  Matrix matrix = factors.householderQ();
  // Q is uniform only with the signs that make R's diagonal positive.
  for (int64_t i = 0; i < size; ++i)
    if (factors.matrixQR()(i, i) < 0)
      matrix.col(i) *= -1.0;
  return makeOrthogonal(std::move(matrix));
}

} // namespace nibble::numerics
