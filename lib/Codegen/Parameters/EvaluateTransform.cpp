//===- EvaluateTransform.cpp - qnt.transform of a weight===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EvaluateTransform.h"

#include "EvaluateElementwise.h"
#include "mlir/IR/SymbolTable.h"

#include <cstring>

using namespace mlir;
using namespace nibble;
using numerics::Result;
using numerics::Status;

template <typename T> static std::vector<double> widen(const Array &array) {
  ArrayRef<T> values = array.as<T>();
  return {values.begin(), values.end()};
}

/// The numbers of a transform in double.
static Result<std::vector<double>> toNumbers(const Array &array) {
  Type type = array.getElementType();
  if (type.isF32())
    return widen<float>(array);
  if (type.isF64())
    return widen<double>(array);
  if (type.isSignlessInteger(32))
    return widen<int32_t>(array);
  if (type.isSignlessInteger(64))
    return widen<int64_t>(array);
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return Status::error("the numbers of a transform are f32, f64, i32 or i64, "
                       "not " +
                       text);
}

llvm::Expected<Array> nibble::evaluateTransform(
    qnt::TransformOp op, const Array &input,
    llvm::function_ref<llvm::Expected<Array>(func::FuncOp)> read) {
  if (!input.getElementType().isF32())
    return evaluationError(op, "changes the basis of f32 at compile time; cast "
                               "its input first");
  qnt::TransformAttr transform = op.getChannelTransform();
  assert(transform && "the verifier finds the basis");
  auto data = [&](FlatSymbolRefAttr symbol) -> Result<std::vector<double>> {
    auto function =
        SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(op, symbol);
    if (!function || function.isExternal())
      return Status::error("has no body of the function @" +
                           symbol.getValue().str());
    llvm::Expected<Array> numbers = read(function);
    if (!numbers)
      return Status::error(llvm::toString(numbers.takeError()));
    return toNumbers(*numbers);
  };
  qnt::TransformResult built = qnt::buildTransform(transform, data);
  if (!built)
    return evaluationError(op, "cannot be folded: " + built.message());

  ArrayRef<int64_t> shape = input.getShape();
  size_t axis = op.getAxis();
  Array result(input.getElementType(), shape);
  std::memcpy(result.data(), input.data(), input.getNumBytes());
  built->fold(result.as<float>().data(),
              ShapedType::getNumElements(shape.take_front(axis)),
              ShapedType::getNumElements(shape.drop_front(axis + 1)));
  return result;
}
