//===- SpaceFolder.cpp - Changes of basis that go into weights ------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SpaceFolder.h"

#include "PrivateStates.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/MapVector.h"

#include <tuple>

using namespace mlir;
using namespace nibble;

/// `transform` of the place's part of its axis, or of parts of it, whose
/// channels lie `stride` apart.
StringRef SpaceFolder::getBasis(const ScalePlace &place,
                                qnt::TransformAttr transform, int64_t stride) {
  int64_t channels = cast<RankedTensorType>(place.operand->get().getType())
                         .getDimSize(place.axis);
  return bases.get(
      spreadTransform(transform, stride, place.offset, place.extent, channels),
      channels);
}

void SpaceFolder::fold(const ScaleSpace &space, GetBasis getBasis) {
  makePrivate(space.states);
  OpBuilder builder(module.getContext());
  for (const ScalePlace &place : space.places) {
    Value weight = place.operand->get();
    builder.setInsertionPoint(place.operand->getOwner());
    place.operand->set(qnt::TransformOp::create(
        builder, weight.getLoc(), weight, /*inverted=*/false, place.isDual,
        getBasis(place), place.axis));
  }
}

//===----------------------------------------------------------------------===//
// Scales
//===----------------------------------------------------------------------===//

/// A function that returns a number for each channel of the place's extent.
FlatSymbolRefAttr SpaceFolder::makeScales(const ScalePlace &place,
                                          nn::PlaceAttr factors) {
  Location loc = module.getLoc();
  auto makeType = [&](ArrayRef<int64_t> shape) {
    return RankedTensorType::get(shape, Float32Type::get(module.getContext()));
  };
  int64_t count = place.size * place.copies;
  auto spread = [&](OpBuilder &builder, Value value) {
    auto reshape = [&](ArrayRef<int64_t> shape) {
      if (cast<RankedTensorType>(value.getType()).getShape() != shape)
        value = nn::ReshapeOp::create(builder, loc, makeType(shape), value,
                                      ValueRange(), shape);
    };
    if (place.extent == count)
      return value;
    SmallVector<int64_t> shape{place.copies, place.getRepeat(), place.size,
                               place.stride};
    reshape({place.copies, 1, place.size, 1});
    value = nn::ExpandOp::create(builder, loc, makeType(shape), value,
                                 ValueRange(), shape);
    reshape({place.extent});
    return value;
  };
  return numbers.makeProgram("scale", factors, makeType({count}), spread);
}

/// T maps x to x * factor where the readers' weights have its dual; where they
/// have T itself, it is the inverse.
void SpaceFolder::foldFactors(const ScaleSpace &space,
                              ArrayRef<double> factors) {
  bool isDual = space.places[space.readers[0].places[0]].isDual;
  SmallVector<float> rounded;
  for (double factor : factors)
    rounded.push_back(float(isDual ? factor : 1 / factor));
  nn::PlaceAttr place = numbers.add<float>(rounded);
  llvm::MapVector<std::pair<int64_t, int64_t>, FlatSymbolRefAttr> programs;
  bool areSigns = llvm::any_of(factors, [](double f) { return f < 0; });
  auto makeMap = [&](int64_t size,
                     FlatSymbolRefAttr program) -> qnt::TransformAttr {
    MLIRContext *context = module.getContext();
    if (areSigns)
      return qnt::SignAttr::get(context, size, /*seed=*/std::nullopt, program);
    return qnt::DiagonalAttr::get(context, size, program);
  };
  fold(space, [&](const ScalePlace &at) {
    FlatSymbolRefAttr &program = programs[{at.getRepeat(), at.stride}];
    if (!program)
      program = makeScales(at, place);
    return getBasis(at, makeMap(at.extent, program));
  });
}

//===----------------------------------------------------------------------===//
// Orders
//===----------------------------------------------------------------------===//

/// `order` of all channels of the place's extent: indexes, as a parameter.
FlatSymbolRefAttr SpaceFolder::makeOrder(const ScalePlace &place,
                                         ArrayRef<int64_t> order) {
  std::vector<int32_t> source(place.extent);
  int64_t span = place.size * place.stride;
  for (int64_t i = 0; i < place.extent; ++i) {
    int64_t number = *place.getNumber(place.offset + i);
    int64_t copy = number / place.size;
    int64_t from = order[number] - copy * place.size;
    source[i] =
        int32_t(i / span * span + from * place.stride + i % place.stride);
  }
  auto type = RankedTensorType::get({place.extent},
                                    IntegerType::get(module.getContext(), 32));
  return numbers.makeProgram("order", numbers.add<int32_t>(source), type);
}

/// A permutation is its own dual.
void SpaceFolder::foldOrder(const ScaleSpace &space, ArrayRef<int64_t> order) {
  using Form = std::tuple<int64_t, int64_t, int64_t>;
  llvm::MapVector<Form, FlatSymbolRefAttr> programs;
  fold(space, [&](const ScalePlace &at) {
    FlatSymbolRefAttr &program = programs[{at.offset, at.extent, at.stride}];
    if (!program)
      program = makeOrder(at, order);
    return getBasis(
        at, qnt::PermutationAttr::get(module.getContext(), at.extent, program));
  });
}

//===----------------------------------------------------------------------===//
// Matrices
//===----------------------------------------------------------------------===//

void SpaceFolder::foldMatrix(const ScaleSpace &space, ArrayRef<float> matrix) {
  auto type = RankedTensorType::get({space.size, space.size},
                                    Float32Type::get(module.getContext()));
  FlatSymbolRefAttr program =
      numbers.makeProgram("matrix", numbers.add<float>(matrix), type);
  auto map = qnt::LinearAttr::get(module.getContext(), space.size, program);
  fold(space,
       [&](const ScalePlace &at) { return getBasis(at, map, at.stride); });
}
