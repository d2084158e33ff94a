//===- Transform.cpp - Queries of a transform, applying and folding it ----===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Numerics/Transform.h"

#include "TransformNode.h"

#include <algorithm>
#include <cmath>

namespace nibble::numerics {

Status checkSize(int64_t size) {
  if (size > 0)
    return {};
  return Status::error("a transform of " + std::to_string(size) +
                       " channels: there must be at least one");
}

Status checkFinite(const std::vector<double> &values) {
  for (size_t i = 0; i < values.size(); ++i)
    if (!std::isfinite(values[i]))
      return Status::error("value " + std::to_string(i) +
                           " of a transform is not finite");
  return {};
}

Result<Transform> TransformNode::restrict(int64_t begin, int64_t size) const {
  return Status::error("channels " + std::to_string(begin) + " to " +
                       std::to_string(begin + size - 1) +
                       " do not map to themselves in a transform of " +
                       std::to_string(this->size) + " channels");
}

int64_t Transform::size() const { return node->size; }
Kinds Transform::kinds() const { return node->kinds; }
int64_t Transform::operations() const { return node->operations(); }
Transform Transform::inverse() const { return node->inverse(); }
Transform Transform::linearPart() const { return node->linearPart(); }

Result<Transform> Transform::transpose() const {
  if (kinds().contains(Kind::Shift))
    return Status::error("a transform with a shift has no transpose and no "
                         "dual: take those of its linear part");
  return node->transpose();
}

Result<Transform> Transform::dual() const { return inverse().transpose(); }

std::vector<double> Transform::offset() const {
  std::vector<double> row(size(), 0.0);
  apply(row.data(), 1, size());
  return row;
}

std::vector<double> Transform::matrix() const {
  int64_t n = size();
  std::vector<double> rows(n * n, 0.0);
  for (int64_t i = 0; i < n; ++i)
    rows[i * n + i] = 1.0;
  linearPart().apply(rows.data(), n, n);
  return rows;
}

Result<Transform> Transform::restrict(int64_t begin, int64_t size) const {
  int64_t n = this->size();
  if (begin < 0 || size <= 0 || begin > n - size)
    return Status::error("no segment [" + std::to_string(begin) + ", " +
                         std::to_string(begin + size) + ") in " +
                         std::to_string(n) + " channels");
  if (size == n)
    return *this;
  return node->restrict(begin, size);
}

void Transform::apply(double *rows, int64_t count, int64_t stride) const {
  node->apply(rows, count, stride);
}

void Transform::apply(float *rows, int64_t count, int64_t stride) const {
  node->apply(rows, count, stride);
}

void Transform::fold(float *values, int64_t outer, int64_t inner) const {
  // A panel of rows in double is a few pages, whatever the tensor's size.
  constexpr int64_t panel = 16;
  int64_t n = size(), count = outer * inner;
  std::vector<double> rows(panel * n);
  for (int64_t first = 0; first < count; first += panel) {
    int64_t height = std::min(panel, count - first);
    float *starts[panel];
    for (int64_t r = 0; r < height; ++r)
      starts[r] =
          values + (first + r) / inner * n * inner + (first + r) % inner;
    // Through memory in order: along rows, or across neighbouring ones.
    auto forEach = [&](auto body) {
      if (inner == 1) {
        for (int64_t r = 0; r < height; ++r)
          for (int64_t c = 0; c < n; ++c)
            body(starts[r][c], rows[r * n + c]);
        return;
      }
      for (int64_t c = 0; c < n; ++c)
        for (int64_t r = 0; r < height; ++r)
          body(starts[r][c * inner], rows[r * n + c]);
    };
    forEach([](float from, double &to) { to = from; });
    apply(rows.data(), height, n);
    forEach([](float &to, double from) { to = float(from); });
  }
}

} // namespace nibble::numerics
