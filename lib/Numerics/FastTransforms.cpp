//===- FastTransforms.cpp - Hadamard and Haar in n log n steps ------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TransformNode.h"
#include "nibble/Numerics/Hadamard.h"

#include <algorithm>
#include <cmath>

namespace nibble::numerics {

/// The unscaled Walsh-Hadamard transform of `size` = 2^k values.
template <typename T> static void butterflies(T *values, int64_t size) {
  for (int64_t half = 1; half < size; half *= 2) {
    for (int64_t first = 0; first < size; first += 2 * half) {
      T *low = values + first, *high = low + half;
      for (int64_t i = 0; i < half; ++i) {
        T sum = low[i] + high[i], difference = low[i] - high[i];
        low[i] = sum;
        high[i] = difference;
      }
    }
  }
}

namespace {

/// (H_base ⊗ H_power) / sqrt(size), or its transpose.
class HadamardNode : public TransformNodeOf<HadamardNode> {
public:
  HadamardNode(HadamardOrder order,
               std::shared_ptr<const std::vector<int8_t>> base, bool transposed)
      : TransformNodeOf(Family::Hadamard, order.base * order.power,
                        Kind::Orthogonal),
        order(order), base(std::move(base)), transposed(transposed) {}

  int64_t operations() const override {
    int64_t steps = 0;
    while (int64_t(1) << steps < order.power)
      ++steps;
    int64_t mixing = order.base == 1 ? 0 : order.base;
    return size * (steps + mixing + 1);
  }
  Transform inverse() const override { return transpose(); }
  Transform transpose() const override {
    if (order.base == 1)
      return self();
    return makeTransform<HadamardNode>(order, base, !transposed);
  }
  std::optional<Transform> joined(const TransformNode &next) const override {
    if (next.family != Family::Hadamard)
      return std::nullopt;
    bool other = static_cast<const HadamardNode &>(next).transposed;
    if (order.base != 1 && transposed == other)
      return std::nullopt;
    return makeIdentity(size);
  }

  template <typename T>
  void applyRows(T *rows, int64_t count, int64_t stride) const {
    T scale = T(1.0 / std::sqrt(double(size)));
    std::vector<T> mixed(order.base == 1 ? 0 : size);
    for (int64_t r = 0; r < count; ++r) {
      T *row = rows + r * stride;
      for (int64_t i = 0; i < order.base; ++i)
        butterflies(row + i * order.power, order.power);
      if (order.base != 1)
        mix(row, mixed.data());
      for (int64_t i = 0; i < size; ++i)
        row[i] *= scale;
    }
  }

private:
  /// The product with H_base along the first factor.
  template <typename T> void mix(T *row, T *mixed) const {
    std::fill_n(mixed, size, T(0));
    int64_t m = order.base;
    for (int64_t j = 0; j < m; ++j) {
      T *out = mixed + j * order.power;
      for (int64_t i = 0; i < m; ++i) {
        T sign = (*base)[transposed ? j * m + i : i * m + j];
        const T *in = row + i * order.power;
        for (int64_t c = 0; c < order.power; ++c)
          out[c] += sign * in[c];
      }
    }
    std::copy_n(mixed, size, row);
  }

  HadamardOrder order;
  std::shared_ptr<const std::vector<int8_t>> base;
  bool transposed;
};

class HaarNode : public TransformNodeOf<HaarNode> {
public:
  HaarNode(int64_t size, int64_t levels, bool inverted)
      : TransformNodeOf(Family::Haar, size, Kind::Orthogonal), levels(levels),
        inverted(inverted) {}

  int64_t operations() const override {
    int64_t total = 0;
    for (int64_t level = 0; level < levels; ++level)
      total += 2 * (size >> level);
    return total;
  }
  Transform inverse() const override {
    return makeTransform<HaarNode>(size, levels, !inverted);
  }
  Transform transpose() const override { return inverse(); }
  std::optional<Transform> joined(const TransformNode &next) const override {
    if (next.family != Family::Haar)
      return std::nullopt;
    const auto &other = static_cast<const HaarNode &>(next);
    if (other.levels != levels || other.inverted == inverted)
      return std::nullopt;
    return makeIdentity(size);
  }

  template <typename T>
  void applyRows(T *rows, int64_t count, int64_t stride) const {
    std::vector<T> copy(size);
    for (int64_t r = 0; r < count; ++r) {
      for (int64_t level = 0; level < levels; ++level) {
        int64_t half = size >> (inverted ? levels - level : level + 1);
        step(rows + r * stride, half, copy.data());
      }
    }
  }

private:
  /// One level on the first 2 * half values.
  template <typename T> void step(T *row, int64_t half, T *copy) const {
    const T scale = T(std::sqrt(0.5));
    std::copy_n(row, 2 * half, copy);
    for (int64_t i = 0; i < half; ++i) {
      T first = copy[inverted ? i : 2 * i];
      T second = copy[inverted ? half + i : 2 * i + 1];
      row[inverted ? 2 * i : i] = (first + second) * scale;
      row[inverted ? 2 * i + 1 : half + i] = (first - second) * scale;
    }
  }

  int64_t levels;
  bool inverted;
};

} // namespace

Result<Transform> Transform::hadamard(int64_t size) {
  Result<HadamardOrder> order = hadamardOrder(size);
  if (!order)
    return order.status();
  if (size == 1)
    return makeIdentity(1);
  auto base =
      std::make_shared<const std::vector<int8_t>>(baseHadamard(order->base));
  return makeTransform<HadamardNode>(*order, std::move(base), false);
}

Result<Transform> Transform::haar(int64_t size, int64_t levels) {
  if (Status status = checkSize(size); !status.ok())
    return status;
  if (levels < 0 || levels > 62 || size % (int64_t(1) << levels) != 0)
    return Status::error("a Haar transform of " + std::to_string(levels) +
                         " levels needs a multiple of 2^levels channels, not " +
                         std::to_string(size));
  if (levels == 0)
    return makeIdentity(size);
  return makeTransform<HaarNode>(size, levels, false);
}

} // namespace nibble::numerics
