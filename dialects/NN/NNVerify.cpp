//===- NNVerify.cpp - Checks that nn verifiers share ----------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/NNVerify.h"

#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace nibble;
using namespace nibble::nn;

std::string nn::describeShape(ArrayRef<int64_t> shape) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "[";
  llvm::interleaveComma(shape, os, [&](int64_t extent) {
    if (ShapedType::isDynamic(extent))
      os << "?";
    else
      os << extent;
  });
  os << "]";
  return text;
}

LogicalResult Checker::rank(StringRef what, Value value, int64_t rank) const {
  if (shapedType(value).getRank() == rank)
    return success();
  return op->emitOpError() << what << " must have " << rank << " axes, but is "
                           << value.getType();
}

LogicalResult Checker::minRank(StringRef what, Value value,
                               int64_t rank) const {
  if (shapedType(value).getRank() >= rank)
    return success();
  return op->emitOpError() << what << " must have at least " << rank
                           << (rank == 1 ? " axis" : " axes") << ", but is "
                           << value.getType();
}

LogicalResult Checker::shape(StringRef what, Value value,
                             ArrayRef<int64_t> expected) const {
  if (succeeded(verifyCompatibleShape(shapedType(value).getShape(), expected)))
    return success();
  return op->emitOpError() << what << " must have the shape "
                           << describeShape(expected) << ", but is "
                           << value.getType();
}

LogicalResult Checker::axis(int64_t axis, int64_t rank) const {
  if (axis >= 0 && axis < rank)
    return success();
  if (rank == 0)
    return op->emitOpError("needs an operand with at least one axis");
  return op->emitOpError() << "axis must be from 0 to " << rank - 1
                           << ", but is " << axis;
}

LogicalResult Checker::isFloat(StringRef what, Value value) const {
  if (isa<FloatType>(elementType(value)))
    return success();
  return op->emitOpError() << what << " must hold floating-point numbers, but "
                           << "is " << value.getType() << "; cast it first";
}

LogicalResult Checker::sameElement(StringRef what, Value value,
                                   StringRef likeWhat, Value like) const {
  if (elementType(value) == elementType(like))
    return success();
  return op->emitOpError() << what << " holds " << elementType(value)
                           << ", but " << likeWhat << " holds "
                           << elementType(like) << "; cast one of them";
}

LogicalResult Checker::entries(StringRef what, ArrayRef<int64_t> list,
                               int64_t count, StringRef per) const {
  if (int64_t(list.size()) == count)
    return success();
  return op->emitOpError() << what << " must have " << count << " entries, "
                           << per << ", but has " << list.size();
}

LogicalResult Checker::atLeast(StringRef what, ArrayRef<int64_t> list,
                               int64_t bound) const {
  for (int64_t value : list)
    if (value < bound)
      return op->emitOpError() << what << " must be at least " << bound
                               << ", but one is " << value;
  return success();
}

LogicalResult Checker::equal(StringRef what, int64_t extent,
                             StringRef otherWhat, int64_t other) const {
  if (agree(extent, other))
    return success();
  return op->emitOpError() << what << " is " << extent << ", but " << otherWhat
                           << " is " << other;
}

FailureOr<SmallVector<int64_t>>
Checker::broadcast(ArrayRef<ArrayRef<int64_t>> shapes) const {
  SmallVector<int64_t> result;
  for (ArrayRef<int64_t> shape : shapes) {
    if (shape.size() > result.size())
      result.insert(result.begin(), shape.size() - result.size(), 1);
    size_t offset = result.size() - shape.size();
    for (auto [i, extent] : llvm::enumerate(shape)) {
      int64_t &sofar = result[offset + i];
      if (sofar == 1)
        sofar = extent;
      else if (extent != 1 && !agree(sofar, extent))
        return op->emitOpError()
               << "operands do not broadcast: extents " << sofar << " and "
               << extent << " meet; expand one of them first";
      else if (extent != 1)
        sofar = known(sofar, extent);
    }
  }
  return result;
}

FailureOr<SmallVector<int64_t>> Checker::broadcast(ValueRange values) const {
  SmallVector<ArrayRef<int64_t>> shapes;
  for (Value value : values)
    shapes.push_back(shapedType(value).getShape());
  return broadcast(shapes);
}

LogicalResult Checker::computedResult(Value result) const {
  auto type = dyn_cast<qnt::QuantTensorType>(result.getType());
  if (!type || type.getFormat().hasScale())
    return success();
  return op->emitOpError()
         << "computes its result, which a format without a scale cannot hold; "
            "give the format a scale";
}

LogicalResult Checker::mixedList(StringRef what, ArrayRef<int64_t> statics,
                                 ValueRange dynamics, int64_t rank) const {
  if (failed(entries(what, statics, rank, "one for each axis")))
    return failure();
  int64_t wanted = llvm::count_if(statics, ShapedType::isDynamic);
  if (wanted == int64_t(dynamics.size()))
    return success();
  return op->emitOpError() << what << " marks " << wanted
                           << " entries as dynamic, but has " << dynamics.size()
                           << " operands for them";
}
