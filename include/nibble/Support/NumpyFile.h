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

#include <functional>
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

/// Reads the content of an .npy file from its start to its end, so that a large
/// array need not fit into memory. Arrays in Fortran order are transposed,
/// which takes all of them.
class NumpyStream {
public:
  /// Fills the start of `piece` with what comes next: how much; 0 at the end.
  using Source =
      std::function<llvm::Expected<size_t>(llvm::MutableArrayRef<uint8_t>)>;

  /// `size`: what the source has; `where` starts the messages. Fails for what
  /// is cut short, has a dtype that is not ours or is not an .npy file.
  static llvm::Expected<NumpyStream> open(Source source, uint64_t size,
                                          llvm::StringRef where);
  static llvm::Expected<NumpyStream> openFile(llvm::StringRef path);

  llvm::StringRef getDtype() const { return dtype; }
  llvm::ArrayRef<int64_t> getShape() const { return shape; }
  /// Of the whole array.
  size_t getBytes() const { return bytes; }

  /// Puts the next `size` bytes of the array, which are row-major, into `data`.
  /// Fails if the source has less, and if it is damaged.
  llvm::Error read(size_t size, std::vector<uint8_t> &data);
  /// All that was not read yet.
  llvm::Error readRest(std::vector<uint8_t> &data) {
    return read(bytes - position, data);
  }

private:
  NumpyStream(Source source, llvm::StringRef where)
      : source(std::move(source)), where(where) {}
  llvm::Error readHeader(uint64_t size);
  llvm::Error append(size_t size, std::vector<uint8_t> &data);
  llvm::Error checkEnd();
  llvm::Error reorder();

  Source source;
  std::string where;
  std::string dtype;
  llvm::SmallVector<int64_t> shape;
  bool fortran = false;
  size_t bytes = 0;
  size_t position = 0; ///< of what `read` gives next
};

/// Parses the content of an .npy file; `where` starts the messages. Arrays in
/// Fortran order are transposed. Fails for what is cut short, has a dtype that
/// is not ours or is not an .npy file.
llvm::Expected<NumpyArray> parseNpy(llvm::ArrayRef<uint8_t> bytes,
                                    llvm::StringRef where);
llvm::Expected<NumpyArray> readNpy(llvm::StringRef path);
/// The name in `array` is not used.
llvm::Error writeNpy(llvm::StringRef path, const NumpyView &array);

/// Reads arrays one by one, or piece by piece: a large file need not fit into
/// memory.
class NpzReader {
public:
  static llvm::Expected<std::unique_ptr<NpzReader>> open(llvm::StringRef path);
  ~NpzReader();

  /// In the order of the file, without ".npy".
  llvm::ArrayRef<std::string> names() const { return members; }
  bool contains(llvm::StringRef name) const;
  llvm::Expected<NumpyArray> read(llvm::StringRef name) const;
  /// May be used beside other streams, while this reader lives.
  llvm::Expected<NumpyStream> stream(llvm::StringRef name) const;

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
