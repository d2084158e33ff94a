//===- QuantCompositeTransforms.cpp - Transforms of transforms ------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Quant/QuantTransforms.h"

using namespace mlir;
using namespace nibble;
using namespace nibble::qnt;
using numerics::Kind;
using numerics::Kinds;
using numerics::maxChannels;
using numerics::Transform;

using EmitError = function_ref<InFlightDiagnostic()>;

static Kinds unionOf(ArrayRef<TransformAttr> parts) {
  Kinds kinds;
  for (TransformAttr part : parts)
    kinds = kinds | part.getKinds();
  return kinds;
}

template <typename Method>
static SmallVector<TransformAttr> eachOf(ArrayRef<TransformAttr> parts,
                                         Method method) {
  return llvm::map_to_vector(parts, method);
}

static TransformAttr inverseOf(TransformAttr transform) {
  return transform.getInverse();
}
static TransformAttr transposeOf(TransformAttr transform) {
  return transform.getTranspose();
}

static int64_t totalOperations(ArrayRef<TransformAttr> parts) {
  int64_t total = 0;
  for (TransformAttr part : parts)
    total += part.getOperations();
  return total;
}

static numerics::Result<std::vector<Transform>>
buildEach(ArrayRef<TransformAttr> parts, TransformData data) {
  std::vector<Transform> results;
  for (TransformAttr part : parts) {
    TransformResult result = part.build(data);
    if (!result)
      return result.status();
    results.push_back(*result);
  }
  return results;
}

//===----------------------------------------------------------------------===//
// Kronecker product
//===----------------------------------------------------------------------===//

static LogicalResult verifyProduct(EmitError emitError, int64_t a, int64_t b) {
  if (a <= maxChannels / b)
    return success();
  return emitError() << "a transform of " << a << " times " << b
                     << " channels is too large";
}

LogicalResult KronAttr::verify(EmitError emitError, TransformAttr outer,
                               TransformAttr inner) {
  if ((outer.getKinds() | inner.getKinds()).contains(Kind::Shift))
    return emitError() << "a Kronecker product has linear factors only: one of "
                          "these has a shift";
  return verifyProduct(emitError, outer.getSize(), inner.getSize());
}
int64_t KronAttr::getSize() const {
  return getOuter().getSize() * getInner().getSize();
}
Kinds KronAttr::getKinds() const {
  return getOuter().getKinds() | getInner().getKinds();
}
int64_t KronAttr::getOperations() const {
  return getInner().getSize() * getOuter().getOperations() +
         getOuter().getSize() * getInner().getOperations();
}
TransformAttr KronAttr::getInverse() const {
  return get(getContext(), getOuter().getInverse(), getInner().getInverse());
}
TransformAttr KronAttr::getTranspose() const {
  return get(getContext(), getOuter().getTranspose(),
             getInner().getTranspose());
}
void KronAttr::collectData(TransformDataUses &uses) const {
  getOuter().collectData(uses);
  getInner().collectData(uses);
}
TransformResult KronAttr::build(TransformData data) const {
  auto factors = buildEach({getOuter(), getInner()}, data);
  if (!factors)
    return factors.status();
  return Transform::kronecker(factors->front(), factors->back());
}

//===----------------------------------------------------------------------===//
// Blocks and direct sums
//===----------------------------------------------------------------------===//

TransformAttr qnt::makeBlocks(TransformAttr block, int64_t count) {
  if (count == 1)
    return block;
  if (isa<IdentityAttr>(block))
    return IdentityAttr::get(block.getContext(), block.getSize() * count);
  return BlocksAttr::get(block.getContext(), block, count);
}

LogicalResult BlocksAttr::verify(EmitError emitError, TransformAttr block,
                                 int64_t count) {
  if (count <= 0)
    return emitError() << "there must be at least one block";
  return verifyProduct(emitError, count, block.getSize());
}
int64_t BlocksAttr::getSize() const {
  return getCount() * getBlock().getSize();
}
Kinds BlocksAttr::getKinds() const { return getBlock().getKinds(); }
int64_t BlocksAttr::getOperations() const {
  return getCount() * getBlock().getOperations();
}
TransformAttr BlocksAttr::getInverse() const {
  return makeBlocks(getBlock().getInverse(), getCount());
}
TransformAttr BlocksAttr::getTranspose() const {
  return makeBlocks(getBlock().getTranspose(), getCount());
}
void BlocksAttr::collectData(TransformDataUses &uses) const {
  getBlock().collectData(uses);
}
TransformResult BlocksAttr::build(TransformData data) const {
  TransformResult block = getBlock().build(data);
  return block ? Transform::blocks(*block, getCount()) : block;
}

LogicalResult DirectSumAttr::verify(EmitError emitError,
                                    ArrayRef<TransformAttr> parts) {
  assert(!parts.empty() && "the parser takes no empty list");
  int64_t size = 0;
  for (TransformAttr part : parts)
    size += part.getSize();
  if (size > maxChannels)
    return emitError() << "a transform of " << size << " channels is too large";
  return success();
}
int64_t DirectSumAttr::getSize() const {
  int64_t size = 0;
  for (TransformAttr part : getParts())
    size += part.getSize();
  return size;
}
Kinds DirectSumAttr::getKinds() const { return unionOf(getParts()); }
int64_t DirectSumAttr::getOperations() const {
  return totalOperations(getParts());
}

static TransformAttr makeSum(ArrayRef<TransformAttr> parts) {
  if (parts.size() == 1)
    return parts.front();
  auto sum = DirectSumAttr::get(parts.front().getContext(), parts);
  if (sum.getKinds().isNone())
    return IdentityAttr::get(sum.getContext(), sum.getSize());
  return sum;
}

TransformAttr DirectSumAttr::getInverse() const {
  return makeSum(eachOf(getParts(), inverseOf));
}
TransformAttr DirectSumAttr::getTranspose() const {
  return makeSum(eachOf(getParts(), transposeOf));
}
void DirectSumAttr::collectData(TransformDataUses &uses) const {
  for (TransformAttr part : getParts())
    part.collectData(uses);
}
TransformResult DirectSumAttr::build(TransformData data) const {
  auto parts = buildEach(getParts(), data);
  if (!parts)
    return parts.status();
  return Transform::directSum(*parts);
}

//===----------------------------------------------------------------------===//
// Compositions
//===----------------------------------------------------------------------===//

static void append(SmallVectorImpl<TransformAttr> &list, TransformAttr step) {
  if (isa<IdentityAttr>(step))
    return;
  if (auto compose = dyn_cast<ComposeAttr>(step)) {
    for (TransformAttr inner : compose.getSteps())
      append(list, inner);
    return;
  }
  if (!list.empty() && list.back().getInverse() == step)
    list.pop_back();
  else
    list.push_back(step);
}

TransformAttr qnt::composeTransforms(ArrayRef<TransformAttr> steps) {
  TransformAttr first = steps.front();
  SmallVector<TransformAttr> list;
  for (TransformAttr step : steps)
    append(list, step);
  if (list.empty())
    return IdentityAttr::get(first.getContext(), first.getSize());
  if (list.size() == 1)
    return list.front();
  return ComposeAttr::get(first.getContext(), list);
}

TransformAttr qnt::simplifyTransform(TransformAttr transform) {
  // An inverse is made of simple parts only.
  return transform.getInverse().getInverse();
}

LogicalResult ComposeAttr::verify(EmitError emitError,
                                  ArrayRef<TransformAttr> steps) {
  assert(!steps.empty() && "the parser takes no empty list");
  int64_t size = steps.front().getSize();
  for (TransformAttr step : steps)
    if (step.getSize() != size)
      return emitError() << "a composition of " << size << " channels and of "
                         << step.getSize();
  return success();
}
int64_t ComposeAttr::getSize() const { return getSteps().front().getSize(); }
Kinds ComposeAttr::getKinds() const { return unionOf(getSteps()); }
int64_t ComposeAttr::getOperations() const {
  return totalOperations(getSteps());
}
TransformAttr ComposeAttr::getInverse() const {
  SmallVector<TransformAttr> inverted = eachOf(getSteps(), inverseOf);
  std::reverse(inverted.begin(), inverted.end());
  return composeTransforms(inverted);
}
TransformAttr ComposeAttr::getTranspose() const {
  SmallVector<TransformAttr> transposed = eachOf(getSteps(), transposeOf);
  std::reverse(transposed.begin(), transposed.end());
  return composeTransforms(transposed);
}
void ComposeAttr::collectData(TransformDataUses &uses) const {
  for (TransformAttr step : getSteps())
    step.collectData(uses);
}
TransformResult ComposeAttr::build(TransformData data) const {
  auto steps = buildEach(getSteps(), data);
  if (!steps)
    return steps.status();
  return Transform::compose(*steps);
}
