//===- Weights.cpp - What compiling computes --------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Weights.h"

#include "dialects/NN/NN.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;
using namespace nibble;

bool nibble::frontend::isWeight(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return false;
  if (isa<nn::ParameterOp, arith::ConstantOp>(op))
    return true;
  return isPure(op) && op->getNumRegions() == 0 && op->getNumOperands() > 0 &&
         llvm::all_of(op->getOperands(), isWeight);
}

static bool hasEqualHalves(StringRef bytes, int64_t rowBytes) {
  if (rowBytes <= 0 || rowBytes % 2 || bytes.size() % rowBytes)
    return false;
  for (; !bytes.empty(); bytes = bytes.drop_front(rowBytes))
    if (bytes.take_front(rowBytes / 2) !=
        bytes.substr(rowBytes / 2, rowBytes / 2))
      return false;
  return true;
}

bool nibble::frontend::hasEqualHalves(Value weight) {
  auto type = dyn_cast<RankedTensorType>(weight.getType());
  if (!type || type.getRank() == 0 || type.getShape().back() % 2 ||
      !type.getElementType().isIntOrFloat() ||
      type.getElementTypeBitWidth() % 8)
    return false;
  int64_t rowBytes = type.getShape().back() * type.getElementTypeBitWidth() / 8;
  // Conversion of each element keeps the halves equal.
  while (auto cast = weight.getDefiningOp<nn::CastOp>()) {
    weight = cast.getInput();
    unsigned bits =
        mlir::cast<RankedTensorType>(weight.getType()).getElementTypeBitWidth();
    rowBytes = type.getShape().back() * bits / 8;
  }
  DenseElementsAttr elements;
  if (matchPattern(weight, m_Constant(&elements)) && elements) {
    ArrayRef<char> data = elements.getRawData();
    return elements.isSplat() ||
           ::hasEqualHalves(StringRef(data.data(), data.size()), rowBytes);
  }
  auto parameter = weight.getDefiningOp<nn::ParameterOp>();
  if (!parameter)
    return false;
  nn::PlaceAttr place = parameter.getPlace();
  auto buffer = llvm::MemoryBuffer::getFileSlice(
      place.getFile(), place.getLength(), place.getOffset());
  return buffer && ::hasEqualHalves((*buffer)->getBuffer(), rowBytes);
}
