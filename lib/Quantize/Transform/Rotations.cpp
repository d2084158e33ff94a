//===- Rotations.cpp - Hadamard rotations and their names -----------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Rotations.h"

#include "RotationChoice.h"
#include "nibble/Numerics/Hadamard.h"

using namespace mlir;
using namespace nibble;

int64_t nibble::largestHadamard(int64_t channels, int64_t limit) {
  for (int64_t size = std::min(channels, limit); size > 1; --size)
    if (channels % size == 0 && numerics::hadamardOrder(size))
      return size;
  return 1;
}

int64_t nibble::findRotationBlock(Value value, int64_t limit) {
  int64_t channels = cast<RankedTensorType>(value.getType()).getShape().back();
  if (ShapedType::isDynamic(channels))
    return 0;
  int64_t size = largestHadamard(channels, limit);
  return size == 1 || size < std::min(kSmallestRotation, limit) ? 0 : size;
}

qnt::TransformAttr nibble::spreadTransform(qnt::TransformAttr transform,
                                           int64_t stride, int64_t offset,
                                           int64_t extent, int64_t channels) {
  MLIRContext *context = transform.getContext();
  qnt::TransformAttr spread = transform;
  if (stride != 1)
    spread = qnt::KronAttr::get(context, spread,
                                qnt::IdentityAttr::get(context, stride));
  if (offset == 0 && extent == channels)
    return spread;
  SmallVector<qnt::TransformAttr> parts;
  auto skip = [&](int64_t count) {
    if (count != 0)
      parts.push_back(qnt::IdentityAttr::get(context, count));
  };
  skip(offset);
  parts.push_back(qnt::makeBlocks(spread, extent / spread.getSize()));
  skip(channels - offset - extent);
  return qnt::DirectSumAttr::get(context, parts);
}

qnt::TransformOp nibble::transformInput(Value value,
                                        ArrayRef<nn::LinearOp> readers,
                                        StringRef basis) {
  OpBuilder builder(value.getContext());
  builder.setInsertionPointAfterValue(value);
  auto transformed = qnt::TransformOp::create(
      builder, value.getLoc(), value, /*inverted=*/false, /*dual=*/false, basis,
      cast<RankedTensorType>(value.getType()).getRank() - 1);
  for (nn::LinearOp linear : readers) {
    Value weight = linear.getWeight();
    builder.setInsertionPoint(linear);
    linear.getInputMutable().set(transformed);
    linear.getWeightMutable().set(qnt::TransformOp::create(
        builder, weight.getLoc(), weight, /*inverted=*/false, /*dual=*/true,
        basis, /*axis=*/1));
  }
  return transformed;
}

qnt::TransformOp nibble::findDual(nn::LinearOp linear,
                                  qnt::TransformOp transform) {
  auto dual = linear.getWeight().getDefiningOp<qnt::TransformOp>();
  if (dual && dual.getBasisAttr() == transform.getBasisAttr() &&
      !dual.getInverted() && dual.getDual() && dual.getAxis() == 1)
    return dual;
  return {};
}

StringRef BasisTable::get(qnt::TransformAttr transform, int64_t channels) {
  StringAttr &name = names[{transform, channels}];
  if (!name) {
    OpBuilder builder(module.getContext());
    auto basis = qnt::BasisOp::create(
        builder, module.getLoc(), builder.getStringAttr("rotation"),
        builder.getStringAttr("private"), builder.getI64IntegerAttr(channels),
        transform);
    // Behind the bases, before what names them.
    auto place =
        llvm::find_if_not(*module.getBody(), llvm::IsaPred<qnt::BasisOp>);
    name = symbols.insert(basis, place);
  }
  return name.getValue();
}
