//===- Tensors.cpp - DLPack tensors -----------------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Tensors.h"

#include "Memory.h"

#include <cstring>
#include <new>

using namespace nibble::rt;

namespace {
struct NamedType {
  const char *name;
  uint8_t code;
  uint8_t bits;
};
} // namespace

static const NamedType types[] = {
    {"bool", NIB_DL_BOOL, 8},    {"int8", kDLInt, 8},
    {"int16", kDLInt, 16},       {"int32", kDLInt, 32},
    {"int64", kDLInt, 64},       {"uint8", kDLUInt, 8},
    {"uint16", kDLUInt, 16},     {"uint32", kDLUInt, 32},
    {"uint64", kDLUInt, 64},     {"float16", kDLFloat, 16},
    {"float32", kDLFloat, 32},   {"float64", kDLFloat, 64},
    {"bfloat16", kDLBfloat, 16},
};

bool nibble::rt::parseDType(const std::string &name, DLDataType &dtype) {
  for (const NamedType &type : types) {
    if (name != type.name)
      continue;
    dtype = {type.code, type.bits, 1};
    return true;
  }
  return false;
}

std::string nibble::rt::dtypeName(DLDataType dtype) {
  for (const NamedType &type : types)
    if (dtype.code == type.code && dtype.bits == type.bits && dtype.lanes == 1)
      return type.name;
  return "dtype(code " + std::to_string(dtype.code) + ", " +
         std::to_string(dtype.bits) + " bits, " + std::to_string(dtype.lanes) +
         " lanes)";
}

std::string nibble::rt::shapeText(const int64_t *dims, size_t rank) {
  std::string text = "[";
  for (size_t i = 0; i < rank; ++i)
    text += (i ? ", " : "") + std::to_string(dims[i]);
  return text + "]";
}

bool nibble::rt::tensorBytes(const int64_t *dims, size_t rank, size_t element,
                             int64_t &bytes) {
  bytes = static_cast<int64_t>(element);
  bool fits = true;
  bool empty = false;
  for (size_t i = 0; i < rank; ++i) {
    if (dims[i] < 0)
      return false;
    empty |= dims[i] == 0;
    // An empty tensor has no bytes, however large its other extents are.
    fits = fits && multiply(bytes, dims[i] == 0 ? 1 : dims[i], bytes);
  }
  if (empty)
    bytes = 0;
  return fits || empty;
}

bool nibble::rt::tensorSpan(const DLTensor &tensor, int64_t &low,
                            int64_t &high) {
  int64_t element = elementSize(tensor.dtype);
  low = 0;
  if (!tensor.strides)
    return tensorBytes(tensor.shape, tensor.ndim, element, high);
  high = element;
  for (int i = 0; i < tensor.ndim; ++i) {
    int64_t reach = 0;
    if (!multiply(tensor.shape[i] - 1, tensor.strides[i], reach) ||
        !multiply(reach, element, reach))
      return false;
    int64_t &side = reach < 0 ? low : high;
    if (__builtin_add_overflow(side, reach, &side))
      return false;
  }
  return true;
}

bool nibble::rt::isDense(const DLTensor &tensor) {
  // Beside an extent of 0 the others can have any product.
  if (isEmpty(tensor))
    return true;
  int64_t expected = 1;
  bool dense = true;
  for (int i = tensor.ndim - 1; i >= 0; --i) {
    if (tensor.strides && tensor.shape[i] != 1)
      dense = dense && tensor.strides[i] == expected;
    expected *= tensor.shape[i];
  }
  uintptr_t address = reinterpret_cast<uintptr_t>(tensorData(tensor));
  return dense && address % elementSize(tensor.dtype) == 0;
}

void nibble::rt::copyDense(const DLTensor &tensor, void *target) {
  size_t element = elementSize(tensor.dtype);
  char *to = static_cast<char *>(target);
  const char *from = tensorData(tensor);
  if (isEmpty(tensor))
    return;
  int64_t total = 1;
  for (int i = 0; i < tensor.ndim; ++i)
    total *= tensor.shape[i];
  if (!tensor.strides || tensor.ndim == 0) {
    std::memcpy(to, from, total * element);
    return;
  }
  int last = tensor.ndim - 1;
  int64_t inner = tensor.shape[last], step = tensor.strides[last];
  std::vector<int64_t> index(tensor.ndim, 0);
  int64_t offset = 0;
  for (int64_t row = 0; row < total / inner; ++row) {
    if (step == 1)
      std::memcpy(to, from + offset * int64_t(element), inner * element);
    else
      for (int64_t i = 0; i < inner; ++i)
        std::memcpy(to + i * element,
                    from + (offset + i * step) * int64_t(element), element);
    to += inner * element;
    for (int axis = last - 1; axis >= 0; --axis) {
      offset += tensor.strides[axis];
      if (++index[axis] < tensor.shape[axis])
        break;
      offset -= tensor.strides[axis] * tensor.shape[axis];
      index[axis] = 0;
    }
  }
}

void nibble::rt::copyRows(char *target, size_t targetStride, const char *source,
                          size_t sourceStride, size_t outer, size_t bytes) {
  if (bytes == 0)
    return;
  for (size_t i = 0; i < outer; ++i)
    std::memcpy(target + i * targetStride, source + i * sourceStride, bytes);
}

namespace {
/// A managed tensor with its memory and its shape.
struct OwnedTensor {
  DLManagedTensor managed;
  std::vector<int64_t> shape;
  AlignedMemory memory;
};
} // namespace

DLManagedTensor *nibble::rt::makeTensor(DLDataType dtype, const int64_t *dims,
                                        size_t rank, size_t bytes) {
  auto *owned = new (std::nothrow) OwnedTensor();
  if (!owned)
    return nullptr;
  if (!owned->memory.allocate(bytes)) {
    delete owned;
    return nullptr;
  }
  owned->shape.assign(dims, dims + rank);
  DLTensor &tensor = owned->managed.dl_tensor;
  tensor.data = owned->memory.data();
  tensor.device = {kDLCPU, 0};
  tensor.ndim = static_cast<int>(rank);
  tensor.dtype = dtype;
  tensor.shape = owned->shape.data();
  tensor.strides = nullptr;
  tensor.byte_offset = 0;
  owned->managed.manager_ctx = owned;
  owned->managed.deleter = [](DLManagedTensor *self) {
    delete static_cast<OwnedTensor *>(self->manager_ctx);
  };
  return &owned->managed;
}
