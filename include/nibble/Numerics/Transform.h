//===- Transform.h - Changes of basis of a channel axis ---------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A Transform is an invertible map x -> xT + s of rows of n numbers: a value
// that is composed, inverted, restricted, and applied to rows. A row's result
// depends on that row alone, so rows may come in chunks of any size.
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_NUMERICS_TRANSFORM_H
#define NIBBLE_NUMERICS_TRANSFORM_H

#include "nibble/Formats/Status.h"
#include "nibble/Numerics/Kinds.h"

#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

namespace nibble::numerics {

using formats::Result;
using formats::Status;

class TransformNode;

/// The most channels that a transform may have: their indexes fit into 32 bits.
/// Makers that multiply sizes check it.
inline constexpr int64_t maxChannels = std::numeric_limits<int32_t>::max();

/// Fails where `size` is not positive, or where a dense matrix of so many
/// channels would be larger than 2 GiB.
Status checkDenseSize(int64_t size);

/// The order in which Transform::zigZag() deals channels to blocks of `block`,
/// which divides their number: result i is the channel that comes to place i.
/// Of equal channels the first is the more important one.
std::vector<int64_t> zigZagOrder(const std::vector<double> &importance,
                                 int64_t block);

class Transform {
public:
  // Makers. Each fails, with one message, where a size is not positive, a
  // number is not finite, or the map is not what the maker's name says.

  static Result<Transform> identity(int64_t size);
  /// H / sqrt(size); sizes: nibble/Numerics/Hadamard.h.
  static Result<Transform> hadamard(int64_t size);
  /// The orthonormal Haar wavelet: each of `levels` steps replaces the first
  /// size / 2^step values by their pairs' sums, then differences, over sqrt(2).
  static Result<Transform> haar(int64_t size, int64_t levels);
  /// T = `matrix`, row after row.
  static Result<Transform> linear(int64_t size, std::vector<double> matrix);
  /// As `linear`, where T Tᵀ = I to 1e-5 in each element: the matrix may have
  /// been rounded to f32. Its inverse is its transpose.
  static Result<Transform> orthogonal(int64_t size, std::vector<double> matrix);
  /// A matrix drawn uniformly from all orthogonal ones; the same for the same
  /// seed.
  static Result<Transform> randomOrthogonal(int64_t size, uint64_t seed);
  /// x_i * values_i; no value is zero.
  static Result<Transform> diagonal(std::vector<double> values);
  /// As `diagonal`, where each value is 1 or -1.
  static Result<Transform> sign(std::vector<double> values);
  static Result<Transform> randomSign(int64_t size, uint64_t seed);
  /// Result i is x_{source_i}.
  static Result<Transform> permutation(std::vector<int64_t> source);
  /// Deals channels, the most important first, to the blocks of `block`
  /// channels there and back, so that all blocks get as much (DuQuant).
  static Result<Transform> zigZag(const std::vector<double> &importance,
                                  int64_t block);
  /// x + values.
  static Result<Transform> shift(std::vector<double> values);
  /// `outer` ⊗ `inner`: channel i * inner.size() + j is (i, j).
  static Result<Transform> kronecker(const Transform &outer,
                                     const Transform &inner);
  /// `block` on each of `count` segments.
  static Result<Transform> blocks(const Transform &block, int64_t count);
  /// One transform per segment.
  static Result<Transform> directSum(const std::vector<Transform> &parts);
  /// The first one is applied first. Neighbours that cancel, or that make one
  /// of their own family, are joined.
  static Result<Transform> compose(const std::vector<Transform> &steps);

  int64_t size() const;
  /// The kinds of maps that it is made of; none for the identity.
  Kinds kinds() const;
  bool isIdentity() const { return kinds().isNone(); }
  /// Additions and multiplications that one row takes.
  int64_t operations() const;

  Transform inverse() const;
  /// Only where kinds() has no shift, as for dual().
  Result<Transform> transpose() const;
  /// T⁻ᵀ, the map of weights: (xT) · (wT⁻ᵀ) = x · w. Where the map has a shift,
  /// take the dual of linearPart() and add -shift · (wT⁻ᵀ) to the reader's
  /// bias.
  Result<Transform> dual() const;
  /// x -> xT.
  Transform linearPart() const;
  /// s, the image of zero.
  std::vector<double> offset() const;
  /// T, row after row.
  std::vector<double> matrix() const;
  /// The map of channels [begin, begin + size), where they map to themselves.
  Result<Transform> restrict(int64_t begin, int64_t size) const;

  /// Replaces `count` rows of size() values, which begin `stride` apart.
  void apply(double *rows, int64_t count, int64_t stride) const;
  void apply(float *rows, int64_t count, int64_t stride) const;
  /// Transforms the middle axis of outer x size() x inner values, computed in
  /// double and rounded once: how constants are folded.
  void fold(float *values, int64_t outer, int64_t inner) const;

  explicit Transform(std::shared_ptr<const TransformNode> node)
      : node(std::move(node)) {}
  const TransformNode &getNode() const { return *node; }

private:
  std::shared_ptr<const TransformNode> node;
};

} // namespace nibble::numerics

#endif // NIBBLE_NUMERICS_TRANSFORM_H
