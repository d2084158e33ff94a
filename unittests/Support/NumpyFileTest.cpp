//===- NumpyFileTest.cpp - Arrays in .npy and .npz files --------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Support/NumpyFile.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"

#include <csignal>
#include <numeric>
#include <random>
#include <sys/resource.h>

using namespace nibble;

/// An .npy file of version 1 with this header and data.
static std::vector<uint8_t> npy(llvm::StringRef header, size_t dataSize,
                                unsigned version = 1) {
  std::string text = "\x93NUMPY";
  text += char(version);
  text += '\0';
  text += char(header.size());
  text.append(version == 1 ? 1 : 3, '\0');
  text += header.str();
  for (size_t i = 0; i < dataSize; ++i)
    text += char(i);
  return std::vector<uint8_t>(text.begin(), text.end());
}

static std::string parseError(llvm::ArrayRef<uint8_t> bytes) {
  return llvm::toString(parseNpy(bytes, "file").takeError());
}

namespace {
/// A path for a file that is removed at the end.
struct TempPath {
  llvm::SmallString<64> path;
  TempPath() { llvm::sys::fs::createTemporaryFile("nibble", "npz", path); }
  ~TempPath() { llvm::sys::fs::remove(path); }
};
} // namespace

TEST(NumpyFile, ParsesWhatNumpyWrites) {
  auto array = cantFail(parseNpy(
      npy("{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3), }   \n",
          12),
      "file"));
  EXPECT_EQ(array.dtype, "int16");
  EXPECT_EQ(array.shape, (llvm::SmallVector<int64_t>{2, 3}));
  EXPECT_EQ(array.data[11], 11);
  array = cantFail(parseNpy(
      npy("{'descr': '|b1', 'fortran_order': False, 'shape': (), }\n", 1, 3),
      "file"));
  EXPECT_EQ(array.dtype, "bool");
  EXPECT_TRUE(array.shape.empty());
  array = cantFail(parseNpy(
      npy("{'descr': '<f8', 'fortran_order': True, 'shape': (0, 5), }\n", 0),
      "file"));
  EXPECT_TRUE(array.data.empty());
  // The product of all but the last is above int64.
  array = cantFail(parseNpy(npy("{'descr': '<f8', 'fortran_order': True, "
                                "'shape': (4611686018427387904,"
                                " 4611686018427387904, 0), }\n",
                                0),
                            "file"));
  EXPECT_TRUE(array.data.empty());
}

TEST(NumpyFile, FortranOrderIsTransposed) {
  auto array = cantFail(parseNpy(
      npy("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 2), }\n",
          12),
      "file"));
  EXPECT_EQ(array.data,
            (std::vector<uint8_t>{0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11}));
}

TEST(NumpyFile, RefusesWhatIsNoArray) {
  llvm::StringRef sound =
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n";
  EXPECT_EQ(parseError({}), "file: not an .npy file");
  EXPECT_EQ(parseError(npy(sound, 8, 9)),
            "file: .npy version 9 is not supported");
  std::vector<uint8_t> bytes = npy(sound, 8);
  EXPECT_EQ(parseError(llvm::ArrayRef(bytes).take_front(40)),
            "file: the file is cut short");
  EXPECT_EQ(parseError(npy(sound, 7)),
            "file: the array's shape needs 8 bytes, the file has 7");
  EXPECT_EQ(parseError(npy(sound, 9)),
            "file: the array's shape needs 8 bytes, the file has 9");
  auto header = [](llvm::StringRef descr, llvm::StringRef shape) {
    return parseError(npy(("{'descr': " + descr +
                           ", 'fortran_order': False, 'shape': " + shape + "}")
                              .str(),
                          0));
  };
  EXPECT_EQ(header("'>f4'", "(2,)"),
            "file: big-endian arrays ('>f4') are not supported");
  EXPECT_EQ(header("'<c8'", "(2,)"),
            "file: arrays of dtype '<c8' are not supported");
  EXPECT_EQ(header("'<f4'", "(4294967296, 4294967296)"),
            "file: the array's shape needs too many bytes, the file has 0");
  for (llvm::StringRef bad : {"(2", "(-1,)", "(2 3)", "2", "(2,) x"})
    EXPECT_NE(header("'<f4'", bad).find("the header is not one of an array"),
              std::string::npos)
        << bad.str();
  EXPECT_NE(header("[('a', '<f4')]", "(2,)").find("not one of an array"),
            std::string::npos);
  EXPECT_NE(parseError(npy("{'shape': (1,)}", 4)).find("not one of an array"),
            std::string::npos);
}

TEST(NumpyFile, RandomBytesNeverCrash) {
  std::vector<uint8_t> sound =
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n", 24);
  std::mt19937 random(2);
  for (int round = 0; round < 20000; ++round) {
    std::vector<uint8_t> bytes = sound;
    for (unsigned edits = 1 + random() % 4; edits > 0; --edits)
      bytes[random() % bytes.size()] = "0123456789(),'{}<>xT"[random() % 20];
    bytes.resize(random() % 4 ? bytes.size() : random() % bytes.size());
    auto array = parseNpy(bytes, "file");
    if (!array) {
      llvm::consumeError(array.takeError());
      continue;
    }
    size_t size = dtypeSize(array->dtype);
    for (int64_t extent : array->shape)
      size *= extent;
    EXPECT_EQ(array->data.size(), size);
  }
}

TEST(NumpyFile, RoundTrip) {
  TempPath file;
  std::vector<uint8_t> data(24);
  std::iota(data.begin(), data.end(), uint8_t(1));
  std::vector<NumpyView> views;
  const char *names[] = {"bool",    "int8",    "int16",   "int32",  "int64",
                         "uint8",   "uint16",  "uint32",  "uint64", "float16",
                         "float32", "float64", "bfloat16"};
  std::vector<std::vector<int64_t>> shapes;
  for (const char *name : names)
    shapes.push_back({1, int64_t(24 / dtypeSize(name))});
  for (auto [name, shape] : llvm::zip_equal(names, shapes))
    views.push_back({std::string("a/") + name, name, shape, data});
  views.push_back({"scalar", "int64", {}, llvm::ArrayRef(data).take_front(8)});
  cantFail(writeNpz(file.path, views));
  auto reader = cantFail(NpzReader::open(file.path));
  ASSERT_EQ(reader->names().size(), views.size());
  for (const NumpyView &view : views) {
    auto array = cantFail(reader->read(view.name));
    EXPECT_EQ(array.dtype, view.dtype);
    EXPECT_EQ(llvm::ArrayRef(array.shape), view.shape);
    EXPECT_EQ(llvm::ArrayRef(array.data), view.data);
  }
  EXPECT_TRUE(reader->contains("a/bool"));
  EXPECT_FALSE(reader->contains("bool"));
  EXPECT_NE(llvm::toString(reader->read("bool").takeError())
                .find("array 'bool': No such file"),
            std::string::npos);
  cantFail(writeNpy(file.path, views[10]));
  auto array = cantFail(readNpy(file.path));
  EXPECT_EQ(array.dtype, "float32");
  EXPECT_EQ(llvm::ArrayRef(array.data), views[10].data);
}

/// The next `size` bytes of a stream.
static std::vector<uint8_t> next(NumpyStream &stream, size_t size) {
  std::vector<uint8_t> data;
  cantFail(stream.read(size, data));
  return data;
}

TEST(NumpyStream, ReadsArraysOfAnArchiveSideBySide) {
  TempPath file;
  std::vector<uint8_t> ids(24), masks(12);
  std::iota(ids.begin(), ids.end(), uint8_t(1));
  std::iota(masks.begin(), masks.end(), uint8_t(50));
  cantFail(writeNpz(file.path, {{"ids", "int16", {3, 4}, ids},
                                {"masks", "int8", {3, 4}, masks}}));
  auto reader = cantFail(NpzReader::open(file.path));
  NumpyStream first = cantFail(reader->stream("ids"));
  NumpyStream second = cantFail(reader->stream("masks"));
  EXPECT_EQ(first.getDtype(), "int16");
  EXPECT_EQ(first.getShape(), llvm::ArrayRef<int64_t>({3, 4}));
  EXPECT_EQ(first.getBytes(), 24u);
  for (size_t row = 0; row < 3; ++row) {
    EXPECT_EQ(llvm::ArrayRef(next(first, 8)),
              llvm::ArrayRef(ids).slice(8 * row, 8));
    EXPECT_EQ(llvm::ArrayRef(next(second, 4)),
              llvm::ArrayRef(masks).slice(4 * row, 4));
  }
  EXPECT_TRUE(next(first, 0).empty());
}

TEST(NumpyStream, FortranOrderIsTransposed) {
  std::vector<uint8_t> bytes = npy(
      "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 2), }\n", 12);
  TempPath file;
  {
    std::error_code error;
    llvm::raw_fd_ostream out(file.path, error);
    out.write(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  }
  NumpyStream stream = cantFail(NumpyStream::openFile(file.path));
  EXPECT_EQ(next(stream, 6), (std::vector<uint8_t>{0, 6, 2, 8, 4, 10}));
  EXPECT_EQ(next(stream, 6), (std::vector<uint8_t>{1, 7, 3, 9, 5, 11}));
}

/// A source may have less or more than it said before.
TEST(NumpyStream, SourceOfAnotherSize) {
  std::vector<uint8_t> bytes =
      npy("{'descr': '|u1', 'fortran_order': False, 'shape': (4, 3), }\n", 12);
  auto error = [&](int64_t more) {
    std::vector<uint8_t> present = bytes;
    present.resize(bytes.size() + more);
    auto source = [rest = llvm::ArrayRef(present)](
                      llvm::MutableArrayRef<uint8_t> piece) mutable {
      size_t size = std::min({piece.size(), rest.size(), size_t(5)});
      std::copy_n(rest.begin(), size, piece.begin());
      rest = rest.drop_front(size);
      return size;
    };
    NumpyStream stream =
        cantFail(NumpyStream::open(source, bytes.size(), "file"));
    std::vector<uint8_t> data;
    cantFail(stream.read(9, data));
    return llvm::toString(stream.read(3, data));
  };
  EXPECT_EQ(error(0), "");
  EXPECT_EQ(error(-2),
            "file: the array's shape needs 12 bytes, the file has 10");
  EXPECT_EQ(error(1),
            "file: the array's shape needs 12 bytes, the file has more");
}

/// A flipped byte of the data is found at the end of the array.
TEST(NumpyStream, DamagedArchive) {
  TempPath file;
  std::vector<uint8_t> data(64, 0xA5);
  cantFail(writeNpz(file.path, {{"a", "int8", {4, 16}, data}}));
  {
    auto buffer = cantFail(llvm::errorOrToExpected(
        llvm::WritableMemoryBuffer::getFile(file.path)));
    char *byte =
        std::find(buffer->getBufferStart(), buffer->getBufferEnd(), char(0xA5));
    ASSERT_NE(byte, buffer->getBufferEnd());
    *byte = 0;
    std::error_code error;
    llvm::raw_fd_ostream out(file.path, error);
    out.write(buffer->getBufferStart(), buffer->getBufferSize());
  }
  auto reader = cantFail(NpzReader::open(file.path));
  NumpyStream stream = cantFail(reader->stream("a"));
  std::vector<uint8_t> row;
  for (int i = 0; i < 3; ++i)
    cantFail(stream.read(16, row));
  EXPECT_EQ(llvm::toString(stream.read(16, row)),
            ("'" + file.path + "', array 'a': CRC error").str());
}

TEST(NumpyFile, WritingWhatCannotBeWritten) {
  std::vector<uint8_t> data(8);
  auto error = [&](NumpyView view) {
    return llvm::toString(writeNpz("/nowhere/x.npz", {view}));
  };
  EXPECT_EQ(error({"a", "int4", {8}, data}),
            "array 'a': no .npy dtype is 'int4'");
  EXPECT_EQ(error({"a", "int8", {7}, data}),
            "array 'a': its data has not the size of its shape");
  EXPECT_NE(
      error({"a", "int8", {8}, data}).find("cannot write '/nowhere/x.npz': "),
      std::string::npos);
}

/// A file may not grow beyond 64 KiB.
TEST(NumpyFile, DiskFullKeepsTheOldFile) {
  TempPath file;
  std::vector<uint8_t> small(8), large(100 << 10);
  cantFail(writeNpz(file.path, {{"a", "int8", {8}, small}}));
  rlimit old;
  getrlimit(RLIMIT_FSIZE, &old);
  auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit = {64 << 10, old.rlim_max};
  setrlimit(RLIMIT_FSIZE, &limit);
  int64_t extent = large.size();
  llvm::Error error = writeNpz(file.path, {{"a", "int8", extent, large}});
  setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, handler);
  std::string message = llvm::toString(std::move(error));
  EXPECT_NE(message.find("File too large"), std::string::npos) << message;
  auto reader = cantFail(NpzReader::open(file.path));
  EXPECT_EQ(cantFail(reader->read("a")).data.size(), 8u);
}
