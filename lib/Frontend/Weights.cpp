//===- Weights.cpp - What compiling computes --------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Weights.h"

#include "dialects/NN/NN.h"
#include "dialects/Onnx/OnnxDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

#include <cmath>

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

/// Null where the file cannot be read or ends before the place does, of which
/// getFileSlice would map what is not there.
template <typename PlaceT>
static std::unique_ptr<llvm::MemoryBuffer> readPlace(PlaceT place) {
  uint64_t size = 0;
  if (llvm::sys::fs::file_size(place.getFile(), size) ||
      uint64_t(place.getLength()) > size ||
      uint64_t(place.getOffset()) > size - place.getLength())
    return nullptr;
  auto buffer = llvm::MemoryBuffer::getFileSlice(
      place.getFile(), place.getLength(), place.getOffset());
  return buffer ? std::move(*buffer) : nullptr;
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
  auto buffer = readPlace(parameter.getPlace());
  return buffer && ::hasEqualHalves(buffer->getBuffer(), rowBytes);
}

DenseElementsAttr
nibble::frontend::findEqualElements(onnx::ParameterOp parameter) {
  auto type = dyn_cast<RankedTensorType>(parameter.getResult().getType());
  onnx::PlaceAttr place = parameter.getPlace();
  if (!type || !isa<FloatType>(type.getElementType()) ||
      type.getElementTypeBitWidth() % 8 || type.getNumElements() < 2 ||
      !llvm::is_contained(type.getShape(), type.getNumElements()) ||
      place.getLength() > onnx::ConstantOp::kMaxBytes)
    return {};
  auto buffer = readPlace(place);
  if (!buffer)
    return {};
  StringRef bytes = buffer->getBuffer();
  size_t width = type.getElementTypeBitWidth() / 8;
  // Each is the one before it.
  if (bytes.drop_front(width) != bytes.drop_back(width))
    return {};
  return DenseElementsAttr::getFromRawBuffer(type,
                                             ArrayRef(bytes.data(), width));
}

bool nibble::frontend::isBeyondF32(double number) {
  // From half a unit above the largest f32 on, numbers are rounded up.
  return std::isfinite(number) && std::abs(number) >= 0x1.ffffffp127;
}

static std::optional<double> findBeyondF32(ArrayRef<char> bytes) {
  for (; !bytes.empty(); bytes = bytes.drop_front(sizeof(double))) {
    double number =
        llvm::bit_cast<double>(llvm::support::endian::read64le(bytes.data()));
    if (frontend::isBeyondF32(number))
      return number;
  }
  return std::nullopt;
}

std::optional<double> nibble::frontend::findBeyondF32(Operation *tensor) {
  auto type = dyn_cast<RankedTensorType>(tensor->getResult(0).getType());
  if (!type || !type.getElementType().isF64())
    return std::nullopt;
  DenseElementsAttr elements;
  if (matchPattern(tensor, m_Constant(&elements)) && elements)
    return ::findBeyondF32(elements.getRawData());
  auto parameter = dyn_cast<onnx::ParameterOp>(tensor);
  auto buffer = parameter ? readPlace(parameter.getPlace()) : nullptr;
  if (!buffer)
    return std::nullopt;
  return ::findBeyondF32(
      ArrayRef(buffer->getBufferStart(), buffer->getBufferSize()));
}
