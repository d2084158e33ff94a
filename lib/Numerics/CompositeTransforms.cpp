//===- CompositeTransforms.cpp - Transforms made of transforms ------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TransformNode.h"

#include <algorithm>

namespace nibble::numerics {

static Transform makeKronecker(const Transform &outer, const Transform &inner);
static Transform makeBlocks(const Transform &block, int64_t count);
static Transform makeSum(const std::vector<Transform> &parts);
static Transform makeComposition(const std::vector<Transform> &steps);

/// `method` of each part.
template <typename Method>
static std::vector<Transform> eachOf(const std::vector<Transform> &parts,
                                     Method method) {
  std::vector<Transform> results;
  for (const Transform &part : parts)
    results.push_back((part.getNode().*method)());
  return results;
}

static Kinds unionOf(const std::vector<Transform> &parts) {
  Kinds kinds;
  for (const Transform &part : parts)
    kinds = kinds | part.kinds();
  return kinds;
}

static int64_t totalSize(const std::vector<Transform> &parts) {
  int64_t size = 0;
  for (const Transform &part : parts)
    size += part.size();
  return size;
}

static int64_t totalOperations(const std::vector<Transform> &parts) {
  int64_t operations = 0;
  for (const Transform &part : parts)
    operations += part.operations();
  return operations;
}

namespace {

class KroneckerNode : public TransformNodeOf<KroneckerNode> {
public:
  KroneckerNode(Transform outer, Transform inner)
      : TransformNodeOf(Family::Kronecker, outer.size() * inner.size(),
                        outer.kinds() | inner.kinds()),
        outer(std::move(outer)), inner(std::move(inner)) {}

  int64_t operations() const override {
    return inner.size() * outer.operations() +
           outer.size() * inner.operations();
  }
  Transform inverse() const override {
    return makeKronecker(outer.inverse(), inner.inverse());
  }
  Transform transpose() const override {
    return makeKronecker(outer.getNode().transpose(),
                         inner.getNode().transpose());
  }
  Result<Transform> restrict(int64_t begin, int64_t size) const override {
    int64_t part = inner.size();
    if (begin % part != 0 || size % part != 0)
      return TransformNode::restrict(begin, size);
    Result<Transform> rest = outer.restrict(begin / part, size / part);
    if (!rest)
      return TransformNode::restrict(begin, size);
    return makeKronecker(*rest, inner);
  }
  std::optional<Transform> joined(const TransformNode &next) const override {
    if (next.family != Family::Kronecker)
      return std::nullopt;
    const auto &other = static_cast<const KroneckerNode &>(next);
    if (other.outer.size() != outer.size())
      return std::nullopt;
    return makeKronecker(makeComposition({outer, other.outer}),
                         makeComposition({inner, other.inner}));
  }
  template <typename T>
  void applyRows(T *rows, int64_t count, int64_t stride) const {
    int64_t m = outer.size(), n = inner.size();
    std::vector<T> turned(size);
    for (int64_t r = 0; r < count; ++r) {
      T *row = rows + r * stride;
      inner.apply(row, m, n);
      for (int64_t i = 0; i < m; ++i)
        for (int64_t j = 0; j < n; ++j)
          turned[j * m + i] = row[i * n + j];
      outer.apply(turned.data(), n, m);
      for (int64_t i = 0; i < m; ++i)
        for (int64_t j = 0; j < n; ++j)
          row[i * n + j] = turned[j * m + i];
    }
  }

private:
  Transform outer, inner;
};

class BlocksNode : public TransformNodeOf<BlocksNode> {
public:
  BlocksNode(Transform block, int64_t count)
      : TransformNodeOf(Family::Blocks, block.size() * count, block.kinds()),
        block(std::move(block)), count(count) {}

  int64_t operations() const override { return count * block.operations(); }
  Transform inverse() const override {
    return makeBlocks(block.inverse(), count);
  }
  Transform transpose() const override {
    return makeBlocks(block.getNode().transpose(), count);
  }
  Transform linearPart() const override {
    return makeBlocks(block.linearPart(), count);
  }
  Result<Transform> restrict(int64_t begin, int64_t size) const override {
    int64_t width = block.size();
    if (begin % width == 0 && size % width == 0)
      return makeBlocks(block, size / width);
    std::vector<Transform> parts(count, block);
    Transform sum = makeSum(parts);
    return sum.restrict(begin, size);
  }
  std::optional<Transform> joined(const TransformNode &next) const override {
    if (next.family != Family::Blocks)
      return std::nullopt;
    const auto &other = static_cast<const BlocksNode &>(next);
    if (other.count != count)
      return std::nullopt;
    return makeBlocks(makeComposition({block, other.block}), count);
  }
  template <typename T>
  void applyRows(T *rows, int64_t height, int64_t stride) const {
    for (int64_t r = 0; r < height; ++r)
      block.apply(rows + r * stride, count, block.size());
  }

private:
  Transform block;
  int64_t count;
};

class DirectSumNode : public TransformNodeOf<DirectSumNode> {
public:
  explicit DirectSumNode(std::vector<Transform> parts)
      : TransformNodeOf(Family::DirectSum, totalSize(parts), unionOf(parts)),
        parts(std::move(parts)) {}

  int64_t operations() const override { return totalOperations(parts); }
  Transform inverse() const override {
    return makeSum(eachOf(parts, &TransformNode::inverse));
  }
  Transform transpose() const override {
    return makeSum(eachOf(parts, &TransformNode::transpose));
  }
  Transform linearPart() const override {
    return makeSum(eachOf(parts, &TransformNode::linearPart));
  }
  Result<Transform> restrict(int64_t begin, int64_t size) const override {
    std::vector<Transform> kept;
    int64_t start = 0;
    for (const Transform &part : parts) {
      int64_t low = std::max(begin, start);
      int64_t high = std::min(begin + size, start + part.size());
      if (low < high) {
        Result<Transform> piece = part.restrict(low - start, high - low);
        if (!piece)
          return TransformNode::restrict(begin, size);
        kept.push_back(*piece);
      }
      start += part.size();
    }
    return makeSum(kept);
  }
  std::optional<Transform> joined(const TransformNode &next) const override {
    if (next.family != Family::DirectSum)
      return std::nullopt;
    const auto &other = static_cast<const DirectSumNode &>(next);
    if (other.parts.size() != parts.size())
      return std::nullopt;
    std::vector<Transform> products;
    for (size_t i = 0; i < parts.size(); ++i) {
      if (parts[i].size() != other.parts[i].size())
        return std::nullopt;
      products.push_back(makeComposition({parts[i], other.parts[i]}));
    }
    return makeSum(products);
  }
  template <typename T>
  void applyRows(T *rows, int64_t count, int64_t stride) const {
    int64_t start = 0;
    for (const Transform &part : parts) {
      part.apply(rows + start, count, stride);
      start += part.size();
    }
  }

private:
  std::vector<Transform> parts;
};

class CompositionNode : public TransformNodeOf<CompositionNode> {
public:
  /// At least two steps of one size.
  explicit CompositionNode(std::vector<Transform> steps)
      : TransformNodeOf(Family::Composition, steps.front().size(),
                        unionOf(steps)),
        steps(std::move(steps)) {}

  const std::vector<Transform> &getSteps() const { return steps; }
  int64_t operations() const override { return totalOperations(steps); }
  Transform inverse() const override {
    return reversed(eachOf(steps, &TransformNode::inverse));
  }
  Transform transpose() const override {
    return reversed(eachOf(steps, &TransformNode::transpose));
  }
  Transform linearPart() const override {
    return makeComposition(eachOf(steps, &TransformNode::linearPart));
  }
  Result<Transform> restrict(int64_t begin, int64_t size) const override {
    std::vector<Transform> kept;
    for (const Transform &step : steps) {
      Result<Transform> part = step.restrict(begin, size);
      if (!part)
        return part.status();
      kept.push_back(*part);
    }
    return makeComposition(kept);
  }
  template <typename T>
  void applyRows(T *rows, int64_t count, int64_t stride) const {
    // Some rows at a time: they stay in cache through all steps, and share a
    // pass over a matrix.
    constexpr int64_t some = 4;
    for (int64_t r = 0; r < count; r += some)
      for (const Transform &step : steps)
        step.apply(rows + r * stride, std::min(some, count - r), stride);
  }

private:
  static Transform reversed(std::vector<Transform> list) {
    std::reverse(list.begin(), list.end());
    return makeComposition(list);
  }

  std::vector<Transform> steps;
};

} // namespace

static Transform makeKronecker(const Transform &outer, const Transform &inner) {
  if (outer.isIdentity() && inner.isIdentity())
    return makeIdentity(outer.size() * inner.size());
  if (outer.isIdentity())
    return makeBlocks(inner, outer.size());
  if (inner.size() == 1 && inner.isIdentity())
    return outer;
  return makeTransform<KroneckerNode>(outer, inner);
}

static Transform makeBlocks(const Transform &block, int64_t count) {
  if (count == 1)
    return block;
  if (block.isIdentity())
    return makeIdentity(block.size() * count);
  return makeTransform<BlocksNode>(block, count);
}

static Transform makeSum(const std::vector<Transform> &parts) {
  if (parts.size() == 1)
    return parts.front();
  if (unionOf(parts).isNone())
    return makeIdentity(totalSize(parts));
  return makeTransform<DirectSumNode>(parts);
}

/// Adds `step` to `list`, joined with what it ends in as long as that works.
static void append(std::vector<Transform> &list, const Transform &step) {
  if (step.isIdentity())
    return;
  if (step.getNode().family == Family::Composition) {
    for (const Transform &inner :
         static_cast<const CompositionNode &>(step.getNode()).getSteps())
      append(list, inner);
    return;
  }
  if (!list.empty()) {
    if (auto product = list.back().getNode().joined(step.getNode())) {
      list.pop_back();
      append(list, *product);
      return;
    }
  }
  list.push_back(step);
}

static Transform makeComposition(const std::vector<Transform> &steps) {
  std::vector<Transform> list;
  for (const Transform &step : steps)
    append(list, step);
  if (list.empty())
    return makeIdentity(steps.front().size());
  if (list.size() == 1)
    return list.front();
  return makeTransform<CompositionNode>(std::move(list));
}

static Status checkProduct(int64_t a, int64_t b) {
  if (a <= maxChannels / b)
    return {};
  return Status::error("a transform of " + std::to_string(a) + " times " +
                       std::to_string(b) + " channels is too large");
}

Result<Transform> Transform::kronecker(const Transform &outer,
                                       const Transform &inner) {
  if ((outer.kinds() | inner.kinds()).contains(Kind::Shift))
    return Status::error("a Kronecker product has linear factors only: one of "
                         "these has a shift");
  if (Status status = checkProduct(outer.size(), inner.size()); !status.ok())
    return status;
  return makeKronecker(outer, inner);
}

Result<Transform> Transform::blocks(const Transform &block, int64_t count) {
  if (Status status = checkSize(count); !status.ok())
    return status;
  if (Status status = checkProduct(count, block.size()); !status.ok())
    return status;
  return makeBlocks(block, count);
}

Result<Transform> Transform::directSum(const std::vector<Transform> &parts) {
  if (parts.empty())
    return Status::error("a direct sum has at least one part");
  return makeSum(parts);
}

Result<Transform> Transform::compose(const std::vector<Transform> &steps) {
  if (steps.empty())
    return Status::error("a composition has at least one step");
  for (const Transform &step : steps)
    if (step.size() != steps.front().size())
      return Status::error("a composition of " +
                           std::to_string(steps.front().size()) +
                           " channels and of " + std::to_string(step.size()));
  return makeComposition(steps);
}

} // namespace nibble::numerics
