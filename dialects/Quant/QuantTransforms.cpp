//===- QuantTransforms.cpp - The transform attributes ---------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Quant/QuantTransforms.h"

#include "nibble/Numerics/Hadamard.h"

using namespace mlir;
using namespace nibble;
using namespace nibble::qnt;
using numerics::Kind;
using numerics::Kinds;
using numerics::maxChannels;
using numerics::Result;
using numerics::Status;
using numerics::Transform;

#include "dialects/Quant/QuantTransformInterface.cpp.inc"

using EmitError = function_ref<InFlightDiagnostic()>;

static LogicalResult verifyChannels(EmitError emitError, int64_t channels) {
  if (channels > 0 && channels <= maxChannels)
    return success();
  return emitError() << "a transform maps 1 to " << maxChannels
                     << " channels, not " << channels;
}

static LogicalResult toLogical(EmitError emitError, const Status &status) {
  if (!status.ok())
    return emitError() << status.message();
  return success();
}

//===----------------------------------------------------------------------===//
// Identity, Hadamard, Haar
//===----------------------------------------------------------------------===//

LogicalResult IdentityAttr::verify(EmitError emitError, int64_t channels) {
  return verifyChannels(emitError, channels);
}
Kinds IdentityAttr::getKinds() const { return Kinds::none(); }
int64_t IdentityAttr::getOperations() const { return 0; }
TransformAttr IdentityAttr::getInverse() const { return *this; }
TransformAttr IdentityAttr::getTranspose() const { return *this; }
TransformResult IdentityAttr::build(TransformData) const {
  return Transform::identity(getChannels());
}

LogicalResult HadamardAttr::verify(EmitError emitError, int64_t channels) {
  if (failed(verifyChannels(emitError, channels)))
    return failure();
  return toLogical(emitError, numerics::hadamardOrder(channels).status());
}
Kinds HadamardAttr::getKinds() const { return Kind::Orthogonal; }
int64_t HadamardAttr::getOperations() const {
  return Transform::hadamard(getChannels())->operations();
}
TransformAttr HadamardAttr::getInverse() const {
  // Sylvester's matrices are symmetric, the others need not be.
  if (numerics::hadamardOrder(getChannels())->base == 1)
    return *this;
  return makeInverse(*this);
}
TransformResult HadamardAttr::build(TransformData) const {
  return Transform::hadamard(getChannels());
}

LogicalResult HaarAttr::verify(EmitError emitError, int64_t channels,
                               int64_t levels) {
  if (failed(verifyChannels(emitError, channels)))
    return failure();
  return toLogical(emitError, Transform::haar(channels, levels).status());
}
Kinds HaarAttr::getKinds() const { return Kind::Orthogonal; }
int64_t HaarAttr::getOperations() const {
  return Transform::haar(getChannels(), getLevels())->operations();
}
TransformResult HaarAttr::build(TransformData) const {
  return Transform::haar(getChannels(), getLevels());
}

//===----------------------------------------------------------------------===//
// With numbers
//===----------------------------------------------------------------------===//

static LogicalResult verifySource(EmitError emitError, int64_t channels,
                                  std::optional<int64_t> seed,
                                  FlatSymbolRefAttr data) {
  if (failed(verifyChannels(emitError, channels)))
    return failure();
  if (seed.has_value() == bool(data))
    return emitError() << "give either seed = … or data = …";
  return success();
}

/// Numbers that must be integers.
static Result<std::vector<int64_t>> readIndices(TransformData data,
                                                FlatSymbolRefAttr symbol) {
  Result<std::vector<double>> numbers = data(symbol);
  if (!numbers)
    return numbers.status();
  std::vector<int64_t> indices;
  for (double number : *numbers) {
    if (!(number >= 0 && number <= double(maxChannels)) ||
        number != double(int64_t(number)))
      return Status::error("a permutation holds indexes of channels, not " +
                           std::to_string(number));
    indices.push_back(int64_t(number));
  }
  return indices;
}

/// `make` of the numbers that `data` reads.
template <typename Make>
static TransformResult buildFrom(TransformData data, FlatSymbolRefAttr symbol,
                                 Make make) {
  Result<std::vector<double>> numbers = data(symbol);
  if (!numbers)
    return numbers.status();
  return make(std::move(*numbers));
}

LogicalResult OrthogonalAttr::verify(EmitError emitError, int64_t channels,
                                     std::optional<int64_t> seed,
                                     FlatSymbolRefAttr data, bool keepsOnes) {
  if (failed(verifySource(emitError, channels, seed, data)) ||
      failed(toLogical(emitError, numerics::checkDenseSize(channels))))
    return failure();
  if (seed && keepsOnes)
    return emitError() << "a random orthogonal matrix does not keep ones; give "
                          "keepsOnes with data = … only";
  return success();
}
Kinds OrthogonalAttr::getKinds() const {
  return getKeepsOnes() ? Kind::OrthogonalKeepingOnes : Kind::Orthogonal;
}
int64_t OrthogonalAttr::getOperations() const {
  return 2 * getChannels() * getChannels();
}
void OrthogonalAttr::collectData(TransformDataUses &uses) const {
  if (getData())
    uses.push_back({getData(), getChannels() * getChannels()});
}
TransformResult OrthogonalAttr::build(TransformData data) const {
  if (getSeed())
    return Transform::randomOrthogonal(getChannels(), uint64_t(*getSeed()));
  return buildFrom(data, getData(), [&](std::vector<double> numbers) {
    return Transform::orthogonal(getChannels(), std::move(numbers));
  });
}

LogicalResult LinearAttr::verify(EmitError emitError, int64_t channels,
                                 FlatSymbolRefAttr) {
  return toLogical(emitError, numerics::checkDenseSize(channels));
}
Kinds LinearAttr::getKinds() const { return Kind::Linear; }
int64_t LinearAttr::getOperations() const {
  return 2 * getChannels() * getChannels();
}
void LinearAttr::collectData(TransformDataUses &uses) const {
  uses.push_back({getData(), getChannels() * getChannels()});
}
TransformResult LinearAttr::build(TransformData data) const {
  return buildFrom(data, getData(), [&](std::vector<double> numbers) {
    return Transform::linear(getChannels(), std::move(numbers));
  });
}

LogicalResult DiagonalAttr::verify(EmitError emitError, int64_t channels,
                                   FlatSymbolRefAttr) {
  return verifyChannels(emitError, channels);
}
Kinds DiagonalAttr::getKinds() const { return Kind::PositiveScale; }
int64_t DiagonalAttr::getOperations() const { return getChannels(); }
TransformAttr DiagonalAttr::getTranspose() const { return *this; }
void DiagonalAttr::collectData(TransformDataUses &uses) const {
  uses.push_back({getData(), getChannels()});
}
TransformResult DiagonalAttr::build(TransformData data) const {
  return buildFrom(data, getData(), Transform::diagonal);
}

LogicalResult SignAttr::verify(EmitError emitError, int64_t channels,
                               std::optional<int64_t> seed,
                               FlatSymbolRefAttr data) {
  return verifySource(emitError, channels, seed, data);
}
Kinds SignAttr::getKinds() const { return Kind::Sign; }
int64_t SignAttr::getOperations() const { return getChannels(); }
TransformAttr SignAttr::getInverse() const { return *this; }
TransformAttr SignAttr::getTranspose() const { return *this; }
void SignAttr::collectData(TransformDataUses &uses) const {
  if (getData())
    uses.push_back({getData(), getChannels()});
}
TransformResult SignAttr::build(TransformData data) const {
  if (getSeed())
    return Transform::randomSign(getChannels(), uint64_t(*getSeed()));
  return buildFrom(data, getData(), Transform::sign);
}

LogicalResult PermutationAttr::verify(EmitError emitError, int64_t channels,
                                      FlatSymbolRefAttr) {
  return verifyChannels(emitError, channels);
}
Kinds PermutationAttr::getKinds() const { return Kind::Permutation; }
int64_t PermutationAttr::getOperations() const { return 0; }
void PermutationAttr::collectData(TransformDataUses &uses) const {
  uses.push_back({getData(), getChannels()});
}
TransformResult PermutationAttr::build(TransformData data) const {
  Result<std::vector<int64_t>> source = readIndices(data, getData());
  if (!source)
    return source.status();
  return Transform::permutation(std::move(*source));
}

LogicalResult ZigZagAttr::verify(EmitError emitError, int64_t channels,
                                 int64_t block, FlatSymbolRefAttr) {
  if (failed(verifyChannels(emitError, channels)))
    return failure();
  if (block <= 0 || channels % block != 0)
    return emitError() << "blocks of " << block << " channels do not divide "
                       << channels;
  return success();
}
Kinds ZigZagAttr::getKinds() const { return Kind::Permutation; }
int64_t ZigZagAttr::getOperations() const { return 0; }
void ZigZagAttr::collectData(TransformDataUses &uses) const {
  uses.push_back({getData(), getChannels()});
}
TransformResult ZigZagAttr::build(TransformData data) const {
  return buildFrom(data, getData(), [&](const std::vector<double> &numbers) {
    return Transform::zigZag(numbers, getBlock());
  });
}

LogicalResult ShiftAttr::verify(EmitError emitError, int64_t channels,
                                FlatSymbolRefAttr) {
  return verifyChannels(emitError, channels);
}
Kinds ShiftAttr::getKinds() const { return Kind::Shift; }
int64_t ShiftAttr::getOperations() const { return getChannels(); }
void ShiftAttr::collectData(TransformDataUses &uses) const {
  uses.push_back({getData(), getChannels()});
}
TransformResult ShiftAttr::build(TransformData data) const {
  return buildFrom(data, getData(), Transform::shift);
}

//===----------------------------------------------------------------------===//
// Inverse and transpose
//===----------------------------------------------------------------------===//

TransformAttr qnt::makeInverse(Attribute transform) {
  return InverseAttr::get(transform.getContext(),
                          cast<TransformAttr>(transform));
}

TransformAttr qnt::makeTranspose(Attribute transform) {
  auto base = cast<TransformAttr>(transform);
  if (Kinds(Kind::Orthogonal).contains(base.getKinds()))
    return base.getInverse();
  return TransposeAttr::get(transform.getContext(), base);
}

int64_t InverseAttr::getSize() const { return getBase().getSize(); }
Kinds InverseAttr::getKinds() const { return getBase().getKinds(); }
int64_t InverseAttr::getOperations() const { return getBase().getOperations(); }
TransformAttr InverseAttr::getInverse() const { return getBase(); }
TransformAttr InverseAttr::getTranspose() const {
  if (Kinds(Kind::Orthogonal).contains(getKinds()))
    return getBase();
  TransformAttr transposed = getBase().getTranspose();
  if (isa<TransposeAttr>(transposed))
    return makeInverse(transposed);
  return transposed.getInverse();
}
void InverseAttr::collectData(TransformDataUses &uses) const {
  getBase().collectData(uses);
}
TransformResult InverseAttr::build(TransformData data) const {
  TransformResult base = getBase().build(data);
  return base ? TransformResult(base->inverse()) : base;
}

LogicalResult TransposeAttr::verify(EmitError emitError, TransformAttr base) {
  if (base.getKinds().contains(Kind::Shift))
    return emitError() << "a transform with a shift has no transpose";
  return success();
}
int64_t TransposeAttr::getSize() const { return getBase().getSize(); }
Kinds TransposeAttr::getKinds() const { return getBase().getKinds(); }
int64_t TransposeAttr::getOperations() const {
  return getBase().getOperations();
}
TransformAttr TransposeAttr::getInverse() const {
  TransformAttr transposed = getBase().getTranspose();
  return transposed == *this ? makeInverse(*this) : transposed.getInverse();
}
TransformAttr TransposeAttr::getTranspose() const { return getBase(); }
void TransposeAttr::collectData(TransformDataUses &uses) const {
  getBase().collectData(uses);
}
TransformResult TransposeAttr::build(TransformData data) const {
  TransformResult base = getBase().build(data);
  return base ? base->transpose() : base;
}

//===----------------------------------------------------------------------===//
// Checked building
//===----------------------------------------------------------------------===//

TransformResult qnt::buildTransform(TransformAttr transform,
                                    TransformData data) {
  TransformDataUses uses;
  transform.collectData(uses);
  auto checked = [&](FlatSymbolRefAttr symbol) -> Result<std::vector<double>> {
    Result<std::vector<double>> numbers = data(symbol);
    if (!numbers)
      return numbers;
    for (const TransformDataUse &use : uses)
      if (use.symbol == symbol && use.count != int64_t(numbers->size()))
        return Status::error("@" + symbol.getValue().str() + " returns " +
                             std::to_string(numbers->size()) +
                             " numbers where a transform takes " +
                             std::to_string(use.count));
    return numbers;
  };
  TransformResult result = transform.build(checked);
  if (!result)
    return result;
  if (!transform.getKinds().contains(result->kinds()))
    return Status::error("the numbers of a transform make it of kind " +
                         result->kinds().str() + ", but it states " +
                         transform.getKinds().str());
  return result;
}
