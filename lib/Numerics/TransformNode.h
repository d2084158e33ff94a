//===- TransformNode.h - What a Transform holds -----------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_NUMERICS_TRANSFORMNODE_H
#define NIBBLE_NUMERICS_TRANSFORMNODE_H

#include "nibble/Numerics/Transform.h"

#include <optional>
#include <string>

namespace nibble::numerics {

enum class Family {
  Identity,
  Hadamard,
  Haar,
  Dense,
  Diagonal,
  Permutation,
  Shift,
  Kronecker,
  DirectSum,
  Blocks,
  Composition,
};

/// One map, checked when it was made. Immutable: threads share it.
class TransformNode : public std::enable_shared_from_this<TransformNode> {
public:
  TransformNode(Family family, int64_t size, Kinds kinds)
      : family(family), size(size), kinds(kinds) {}
  virtual ~TransformNode() = default;

  virtual int64_t operations() const = 0;
  virtual Transform inverse() const = 0;
  /// Only without shift.
  virtual Transform transpose() const = 0;
  virtual Transform linearPart() const { return self(); }
  /// 0 < size < this->size, inside.
  virtual Result<Transform> restrict(int64_t begin, int64_t size) const;
  /// This and then `next` as one map of a single family; none where the two
  /// stay a composition.
  virtual std::optional<Transform> joined(const TransformNode &next) const {
    return std::nullopt;
  }
  virtual void apply(double *rows, int64_t count, int64_t stride) const = 0;
  virtual void apply(float *rows, int64_t count, int64_t stride) const = 0;

  Transform self() const { return Transform(shared_from_this()); }

  const Family family;
  const int64_t size;
  const Kinds kinds;
};

/// Forwards apply to Derived::applyRows<T>.
template <typename Derived> class TransformNodeOf : public TransformNode {
public:
  using TransformNode::TransformNode;
  void apply(double *rows, int64_t count, int64_t stride) const override {
    derived().applyRows(rows, count, stride);
  }
  void apply(float *rows, int64_t count, int64_t stride) const override {
    derived().applyRows(rows, count, stride);
  }

private:
  const Derived &derived() const { return static_cast<const Derived &>(*this); }
};

template <typename Node, typename... Args>
Transform makeTransform(Args &&...args) {
  return Transform(std::make_shared<const Node>(std::forward<Args>(args)...));
}

Transform makeIdentity(int64_t size);
Status checkSize(int64_t size);
/// Names the first value that is no number.
Status checkFinite(const std::vector<double> &values);

} // namespace nibble::numerics

#endif // NIBBLE_NUMERICS_TRANSFORMNODE_H
