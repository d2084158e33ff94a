//===- SimpleTransforms.cpp - One number or one index a channel -----------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TransformNode.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

namespace nibble::numerics {

static Transform makeDiagonal(std::vector<double> values);
static Transform makePermutation(std::vector<int64_t> source);
static Transform makeShift(std::vector<double> values);

/// Neither the value nor its inverse loses bits to underflow.
static bool isInvertible(double value) {
  return std::isnormal(value) && std::isnormal(1.0 / value);
}

namespace {

class IdentityNode : public TransformNodeOf<IdentityNode> {
public:
  explicit IdentityNode(int64_t size)
      : TransformNodeOf(Family::Identity, size, Kinds::none()) {}
  int64_t operations() const override { return 0; }
  Transform inverse() const override { return self(); }
  Transform transpose() const override { return self(); }
  Result<Transform> restrict(int64_t, int64_t size) const override {
    return makeIdentity(size);
  }
  template <typename T> void applyRows(T *, int64_t, int64_t) const {}
};

class DiagonalNode : public TransformNodeOf<DiagonalNode> {
public:
  DiagonalNode(Kinds kinds, std::vector<double> values)
      : TransformNodeOf(Family::Diagonal, int64_t(values.size()), kinds),
        values(std::move(values)) {}

  int64_t operations() const override { return size; }
  Transform inverse() const override {
    std::vector<double> inverted(size);
    for (int64_t i = 0; i < size; ++i)
      inverted[i] = 1.0 / values[i];
    return makeDiagonal(std::move(inverted));
  }
  Transform transpose() const override { return self(); }
  Result<Transform> restrict(int64_t begin, int64_t size) const override {
    auto first = values.begin() + begin;
    return makeDiagonal({first, first + size});
  }
  std::optional<Transform> joined(const TransformNode &next) const override {
    if (next.family != Family::Diagonal)
      return std::nullopt;
    const auto &other = static_cast<const DiagonalNode &>(next);
    std::vector<double> product(size);
    for (int64_t i = 0; i < size; ++i) {
      product[i] = values[i] * other.values[i];
      // Two scales may have inverses while their product has none.
      if (!isInvertible(product[i]))
        return std::nullopt;
    }
    return makeDiagonal(std::move(product));
  }
  template <typename T>
  void applyRows(T *rows, int64_t count, int64_t stride) const {
    for (int64_t r = 0; r < count; ++r)
      for (int64_t i = 0; i < size; ++i)
        rows[r * stride + i] = T(rows[r * stride + i] * values[i]);
  }

private:
  std::vector<double> values;
};

class PermutationNode : public TransformNodeOf<PermutationNode> {
public:
  explicit PermutationNode(std::vector<int64_t> source)
      : TransformNodeOf(Family::Permutation, int64_t(source.size()),
                        Kind::Permutation),
        source(std::move(source)) {}

  int64_t operations() const override { return 0; }
  Transform inverse() const override {
    std::vector<int64_t> inverted(size);
    for (int64_t i = 0; i < size; ++i)
      inverted[source[i]] = i;
    return makePermutation(std::move(inverted));
  }
  Transform transpose() const override { return inverse(); }
  Result<Transform> restrict(int64_t begin, int64_t size) const override {
    std::vector<int64_t> part(size);
    for (int64_t i = 0; i < size; ++i) {
      part[i] = source[begin + i] - begin;
      if (part[i] < 0 || part[i] >= size)
        return TransformNode::restrict(begin, size);
    }
    return makePermutation(std::move(part));
  }
  std::optional<Transform> joined(const TransformNode &next) const override {
    if (next.family != Family::Permutation)
      return std::nullopt;
    const auto &other = static_cast<const PermutationNode &>(next);
    std::vector<int64_t> product(size);
    for (int64_t i = 0; i < size; ++i)
      product[i] = source[other.source[i]];
    return makePermutation(std::move(product));
  }
  template <typename T>
  void applyRows(T *rows, int64_t count, int64_t stride) const {
    std::vector<T> copy(size);
    for (int64_t r = 0; r < count; ++r) {
      T *row = rows + r * stride;
      std::copy_n(row, size, copy.data());
      for (int64_t i = 0; i < size; ++i)
        row[i] = copy[source[i]];
    }
  }

private:
  std::vector<int64_t> source;
};

class ShiftNode : public TransformNodeOf<ShiftNode> {
public:
  explicit ShiftNode(std::vector<double> values)
      : TransformNodeOf(Family::Shift, int64_t(values.size()), Kind::Shift),
        values(std::move(values)) {}

  int64_t operations() const override { return size; }
  Transform inverse() const override {
    std::vector<double> inverted(size);
    for (int64_t i = 0; i < size; ++i)
      inverted[i] = -values[i];
    return makeShift(std::move(inverted));
  }
  Transform transpose() const override { return linearPart(); }
  Transform linearPart() const override { return makeIdentity(size); }
  Result<Transform> restrict(int64_t begin, int64_t size) const override {
    auto first = values.begin() + begin;
    return makeShift({first, first + size});
  }
  std::optional<Transform> joined(const TransformNode &next) const override {
    if (next.family != Family::Shift)
      return std::nullopt;
    const auto &other = static_cast<const ShiftNode &>(next);
    std::vector<double> sum(size);
    for (int64_t i = 0; i < size; ++i) {
      sum[i] = values[i] + other.values[i];
      if (!std::isfinite(sum[i]))
        return std::nullopt;
    }
    return makeShift(std::move(sum));
  }
  template <typename T>
  void applyRows(T *rows, int64_t count, int64_t stride) const {
    for (int64_t r = 0; r < count; ++r)
      for (int64_t i = 0; i < size; ++i)
        rows[r * stride + i] = T(rows[r * stride + i] + values[i]);
  }

private:
  std::vector<double> values;
};

} // namespace

Transform makeIdentity(int64_t size) {
  return makeTransform<IdentityNode>(size);
}

/// `values` are finite and not zero.
static Transform makeDiagonal(std::vector<double> values) {
  Kinds kinds;
  for (double value : values) {
    if (value < 0)
      kinds = kinds | Kind::Sign;
    if (std::fabs(value) != 1.0)
      kinds = kinds | Kind::PositiveScale;
  }
  if (kinds.isNone())
    return makeIdentity(int64_t(values.size()));
  return makeTransform<DiagonalNode>(kinds, std::move(values));
}

static Transform makePermutation(std::vector<int64_t> source) {
  bool moves = false;
  for (size_t i = 0; i < source.size(); ++i)
    moves |= source[i] != int64_t(i);
  if (!moves)
    return makeIdentity(int64_t(source.size()));
  return makeTransform<PermutationNode>(std::move(source));
}

static Transform makeShift(std::vector<double> values) {
  if (std::all_of(values.begin(), values.end(),
                  [](double value) { return value == 0; }))
    return makeIdentity(int64_t(values.size()));
  return makeTransform<ShiftNode>(std::move(values));
}

static Status checkValues(const std::vector<double> &values) {
  if (Status status = checkSize(int64_t(values.size())); !status.ok())
    return status;
  return checkFinite(values);
}

Result<Transform> Transform::identity(int64_t size) {
  if (Status status = checkSize(size); !status.ok())
    return status;
  return makeIdentity(size);
}

Result<Transform> Transform::diagonal(std::vector<double> values) {
  if (Status status = checkValues(values); !status.ok())
    return status;
  for (size_t i = 0; i < values.size(); ++i)
    if (!isInvertible(values[i]))
      return Status::error("value " + std::to_string(i) +
                           " of a diagonal transform has no inverse");
  return makeDiagonal(std::move(values));
}

Result<Transform> Transform::sign(std::vector<double> values) {
  if (Status status = checkValues(values); !status.ok())
    return status;
  for (size_t i = 0; i < values.size(); ++i)
    if (std::fabs(values[i]) != 1.0)
      return Status::error("value " + std::to_string(i) +
                           " of a sign transform is " +
                           std::to_string(values[i]) + ", not 1 or -1");
  return makeDiagonal(std::move(values));
}

Result<Transform> Transform::randomSign(int64_t size, uint64_t seed) {
  if (Status status = checkSize(size); !status.ok())
    return status;
  std::mt19937_64 bits(seed);
  std::vector<double> values(size);
  for (double &value : values)
    value = bits() >> 63 ? -1.0 : 1.0;
  return makeDiagonal(std::move(values));
}

Result<Transform> Transform::permutation(std::vector<int64_t> source) {
  if (Status status = checkSize(int64_t(source.size())); !status.ok())
    return status;
  std::vector<bool> seen(source.size());
  for (int64_t from : source) {
    if (from < 0 || from >= int64_t(source.size()) || seen[from])
      return Status::error("a permutation of " + std::to_string(source.size()) +
                           " channels names each once; channel " +
                           std::to_string(from) +
                           " is named twice or is not one of them");
    seen[from] = true;
  }
  return makePermutation(std::move(source));
}

std::vector<int64_t> zigZagOrder(const std::vector<double> &importance,
                                 int64_t block) {
  int64_t size = int64_t(importance.size()), blocks = size / block;
  std::vector<int64_t> ranked(size), source(size);
  std::iota(ranked.begin(), ranked.end(), 0);
  std::sort(ranked.begin(), ranked.end(), [&](int64_t a, int64_t b) {
    if (importance[a] != importance[b])
      return importance[a] > importance[b];
    return a < b;
  });
  for (int64_t i = 0; i < size; ++i) {
    int64_t round = i / blocks, turn = i % blocks;
    int64_t target = round % 2 == 0 ? turn : blocks - 1 - turn;
    source[target * block + round] = ranked[i];
  }
  return source;
}

Result<Transform> Transform::zigZag(const std::vector<double> &importance,
                                    int64_t block) {
  if (Status status = checkValues(importance); !status.ok())
    return status;
  int64_t size = int64_t(importance.size());
  if (block <= 0 || size % block != 0)
    return Status::error("blocks of " + std::to_string(block) +
                         " channels do not divide " + std::to_string(size));
  return makePermutation(zigZagOrder(importance, block));
}

Result<Transform> Transform::shift(std::vector<double> values) {
  if (Status status = checkValues(values); !status.ok())
    return status;
  return makeShift(std::move(values));
}

} // namespace nibble::numerics
