//===- NumpyFile.h - Arrays in .npy and .npz files --------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What NumPy's save, savez and savez_compressed write, and back. Little-endian
// numbers only. dtype names are the manifest's: bool, int8 … uint64, float16,
// bfloat16 (which NumPy stores as V2), float32, float64.
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_SUPPORT_NUMPYFILE_H
#define NIBBLE_SUPPORT_NUMPYFILE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <memory>
#include <string>
#include <vector>

struct zip;

namespace nibble {

/// Bytes of an element; 0 for a name that is none of ours.
size_t dtypeSize(llvm::StringRef dtype);

/// A row-major array. `data` holds exactly shape × dtypeSize bytes.
struct NumpyArray {
  std::string dtype;
  llvm::SmallVector<int64_t> shape;
  std::vector<uint8_t> data;
};

/// An array of somebody else's, under the name that it has in an .npz.
struct NumpyView {
  std::string name;
  std::string dtype;
  llvm::ArrayRef<int64_t> shape;
  llvm::ArrayRef<uint8_t> data;
};

/// Parses the content of an .npy file; `where` starts the messages. Arrays in
/// Fortran order are transposed. Fails for what is cut short, has a dtype that
/// is not ours or is not an .npy file.
llvm::Expected<NumpyArray> parseNpy(llvm::ArrayRef<uint8_t> bytes,
                                    llvm::StringRef where);
llvm::Expected<NumpyArray> readNpy(llvm::StringRef path);
/// The name in `array` is not used.
llvm::Error writeNpy(llvm::StringRef path, const NumpyView &array);

/// Reads arrays one by one: a large file need not fit into memory.
class NpzReader {
public:
  static llvm::Expected<std::unique_ptr<NpzReader>> open(llvm::StringRef path);
  ~NpzReader();

  /// In the order of the file, without ".npy".
  llvm::ArrayRef<std::string> names() const { return members; }
  bool contains(llvm::StringRef name) const;
  llvm::Expected<NumpyArray> read(llvm::StringRef name) const;

private:
  NpzReader(llvm::StringRef path, zip *archive)
      : path(path), archive(archive) {}

  std::string path;
  zip *archive;
  std::vector<std::string> members;
};

/// Writes an .npz without compression; the same arrays give the same bytes.
/// The file appears complete or not at all.
llvm::Error writeNpz(llvm::StringRef path, llvm::ArrayRef<NumpyView> arrays);

} // namespace nibble

#endif // NIBBLE_SUPPORT_NUMPYFILE_H
