//===- Array.h - A tensor's numbers in memory ---------------*- C++ -*- ===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_SUPPORT_ARRAY_H
#define NIBBLE_SUPPORT_ARRAY_H

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace nibble {

/// Row-major elements of a static shape, little-endian, each in whole bytes (i1
/// and i4 take one). Copies share the memory; a mapped file is one such memory.
class Array {
public:
  Array() = default;

  /// Zeroed memory of its own.
  Array(mlir::Type elementType, llvm::ArrayRef<int64_t> shape)
      : Array(elementType, shape, nullptr, nullptr) {
    auto memory = std::make_shared<std::vector<uint8_t>>(getNumBytes());
    bytes = memory->data();
    owner = std::move(memory);
  }

  /// A view of `bytes`, which `owner` keeps alive.
  Array(mlir::Type elementType, llvm::ArrayRef<int64_t> shape, uint8_t *bytes,
        std::shared_ptr<void> owner)
      : elementType(elementType), shape(shape), bytes(bytes),
        owner(std::move(owner)) {}

  mlir::Type getElementType() const { return elementType; }
  llvm::ArrayRef<int64_t> getShape() const { return shape; }
  int64_t getRank() const { return shape.size(); }
  int64_t getNumElements() const {
    return mlir::ShapedType::getNumElements(shape);
  }
  int64_t getElementBytes() const {
    return llvm::divideCeil(elementType.getIntOrFloatBitWidth(), 8);
  }
  int64_t getNumBytes() const { return getNumElements() * getElementBytes(); }

  uint8_t *data() const { return bytes; }
  template <typename T> llvm::MutableArrayRef<T> as() const {
    return {reinterpret_cast<T *>(bytes), size_t(getNumElements())};
  }

  /// The same memory in another shape of as many elements.
  Array withShape(llvm::ArrayRef<int64_t> newShape) const {
    return Array(elementType, newShape, bytes, owner);
  }

private:
  mlir::Type elementType;
  llvm::SmallVector<int64_t> shape;
  uint8_t *bytes = nullptr;
  std::shared_ptr<void> owner;
};

} // namespace nibble

#endif // NIBBLE_SUPPORT_ARRAY_H
