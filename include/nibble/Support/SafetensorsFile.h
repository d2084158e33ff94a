//===- SafetensorsFile.h - Reading a safetensors file -----------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_SUPPORT_SAFETENSORSFILE_H
#define NIBBLE_SUPPORT_SAFETENSORSFILE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"

#include <memory>
#include <string>
#include <vector>

namespace nibble {

/// Bytes of an element of safetensors' `dtype` ("F32"), or 0 if there is none.
int64_t getSafetensorsElementBytes(llvm::StringRef dtype);

/// A mapped safetensors file. Everything in its header is checked before it is
/// used: sizes, offsets, and that shapes and types fill the bytes.
class SafetensorsFile {
public:
  struct Tensor {
    std::string name;
    /// safetensors' own: F64, F32, F16, BF16, I64, …
    std::string dtype;
    llvm::SmallVector<int64_t> shape;
    llvm::ArrayRef<uint8_t> bytes;

    /// "F32 [64, 64]".
    std::string describe() const;
    /// The elements of a tensor of floats; fails for other types.
    llvm::Expected<std::vector<double>> readFloats() const;
  };

  /// The error names the file, and the tensor whose entry is wrong.
  static llvm::Expected<SafetensorsFile> open(llvm::StringRef path);

  /// By name.
  llvm::ArrayRef<Tensor> getTensors() const { return tensors; }

private:
  std::unique_ptr<llvm::MemoryBuffer> buffer;
  std::vector<Tensor> tensors;
};

} // namespace nibble

#endif // NIBBLE_SUPPORT_SAFETENSORSFILE_H
