//===- Tensors.h - DLPack tensors -------------------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_RUNTIME_TENSORS_H
#define NIBBLE_LIB_RUNTIME_TENSORS_H

#include "nibble/Runtime/nibble.h"

#include <algorithm>
#include <string>
#include <vector>

namespace nibble::rt {

/// The DLPack type of a manifest's dtype name; false if there is none.
bool parseDType(const std::string &name, DLDataType &dtype);
/// The manifest's name, or a description of a type that has none.
std::string dtypeName(DLDataType dtype);
inline size_t elementSize(DLDataType dtype) {
  return (static_cast<size_t>(dtype.bits) * dtype.lanes + 7) / 8;
}

/// "[1, 3, 224]".
std::string shapeText(const int64_t *dims, size_t rank);

/// a * b, or false if it does not fit into int64.
inline bool multiply(int64_t a, int64_t b, int64_t &result) {
  return !__builtin_mul_overflow(a, b, &result);
}
/// Bytes of a contiguous tensor; false on overflow or a negative extent.
bool tensorBytes(const int64_t *dims, size_t rank, size_t element,
                 int64_t &bytes);

inline char *tensorData(const DLTensor &tensor) {
  return static_cast<char *>(tensor.data) + tensor.byte_offset;
}
inline bool isEmpty(const DLTensor &tensor) {
  return std::find(tensor.shape, tensor.shape + tensor.ndim, 0) !=
         tensor.shape + tensor.ndim;
}
/// Where the elements of a tensor that has some lie, in bytes from its data:
/// from `low`, at most 0, to before `high`. False on overflow.
bool tensorSpan(const DLTensor &tensor, int64_t &low, int64_t &high);
/// Row-major without gaps, and aligned to its element.
bool isDense(const DLTensor &tensor);
/// Copies a tensor with any strides to contiguous memory.
void copyDense(const DLTensor &tensor, void *target);

/// Copies `outer` rows of `bytes` each between buffers whose rows lie
/// `targetStride` and `sourceStride` bytes apart.
void copyRows(char *target, size_t targetStride, const char *source,
              size_t sourceStride, size_t outer, size_t bytes);

/// A new contiguous tensor that owns its 64-byte-aligned memory; nullptr if
/// there is none.
DLManagedTensor *makeTensor(DLDataType dtype, const int64_t *dims, size_t rank,
                            size_t bytes);

} // namespace nibble::rt

#endif // NIBBLE_LIB_RUNTIME_TENSORS_H
