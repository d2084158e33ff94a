//===- Safetensors.h - Streaming a safetensors file -------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The parameters of an artifact are a safetensors file, so that any tool can
// look at them. Its layout follows from names, types and sizes alone; the data
// is then streamed, and no more than one tensor's piece is ever in memory.
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_TARGET_SAFETENSORS_H
#define NIBBLE_TARGET_SAFETENSORS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <functional>
#include <string>
#include <vector>

namespace nibble {

/// A tensor to be written. `dtype` is safetensors' name: BOOL, U8, I8, F8_E5M2,
/// F8_E4M3, U16, I16, F16, BF16, U32, I32, F32, U64, I64, F64. What is packed
/// has dtype U8 and its bytes as shape.
struct SafetensorsTensor {
  std::string name;
  std::string dtype;
  llvm::SmallVector<int64_t> shape;
};

/// Where everything lies. Each tensor starts at a multiple of 64 in the data
/// section; since the format allows no gaps, tensors named ".pad.<n>" fill
/// them. The data section starts at a multiple of 64 in the file.
class SafetensorsLayout {
public:
  /// Fails for a name that is used twice or is reserved, an unknown dtype, a
  /// negative extent, a size above int64.
  static llvm::Expected<SafetensorsLayout>
  create(llvm::ArrayRef<SafetensorsTensor> tensors);

  /// Length, JSON and padding: the file's bytes before the data section.
  llvm::StringRef header() const { return text; }
  size_t size() const { return offsets.size(); }
  /// Of tensor `index`, from the start of the data section, in bytes.
  uint64_t offset(size_t index) const { return offsets[index]; }
  uint64_t bytes(size_t index) const { return sizes[index]; }
  /// Of the data section, padding included: Manifest::parameterBytes.
  uint64_t dataBytes() const { return total; }

private:
  std::string json(llvm::ArrayRef<SafetensorsTensor> tensors) const;

  std::string text;
  std::vector<uint64_t> offsets;
  std::vector<uint64_t> sizes;
  uint64_t total = 0;
};

/// Streams the file: the header when created, then the tensors in order, each
/// in any number of pieces.
class SafetensorsWriter {
public:
  using Sink = std::function<llvm::Error(llvm::ArrayRef<uint8_t>)>;

  /// `sink` gets the file's bytes, e.g. ArtifactWriter::write.
  SafetensorsWriter(SafetensorsLayout layout, Sink sink);

  /// Appends to the tensor that is not yet complete. A piece must not reach
  /// beyond its tensor.
  llvm::Error write(llvm::ArrayRef<uint8_t> piece);
  /// Fails if a tensor is incomplete.
  llvm::Error finish();

  const SafetensorsLayout &layout() const { return plan; }

private:
  llvm::Error start();
  llvm::Error endTensor();

  SafetensorsLayout plan;
  Sink sink;
  size_t current = 0;   ///< the tensor being written
  uint64_t written = 0; ///< bytes of it
  bool started = false;
};

} // namespace nibble

#endif // NIBBLE_TARGET_SAFETENSORS_H
