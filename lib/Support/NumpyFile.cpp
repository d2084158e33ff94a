//===- NumpyFile.cpp - Arrays in .npy and .npz files ------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Support/NumpyFile.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CheckedArithmetic.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

#include <zip.h>

using namespace nibble;

namespace {
struct NumpyType {
  llvm::StringLiteral name;
  llvm::StringLiteral descr; ///< without the byte order
  size_t size;
};
} // namespace

static constexpr NumpyType types[] = {
    {"bool", "b1", 1},    {"int8", "i1", 1},    {"int16", "i2", 2},
    {"int32", "i4", 4},   {"int64", "i8", 8},   {"uint8", "u1", 1},
    {"uint16", "u2", 2},  {"uint32", "u4", 4},  {"uint64", "u8", 8},
    {"float16", "f2", 2}, {"float32", "f4", 4}, {"float64", "f8", 8},
    {"bfloat16", "V2", 2}};

static constexpr llvm::StringLiteral kMagic = "\x93NUMPY";

static llvm::Error failure(const llvm::Twine &text) {
  return llvm::createStringError(
      std::make_error_code(std::errc::invalid_argument), text);
}

size_t nibble::dtypeSize(llvm::StringRef dtype) {
  for (const NumpyType &type : types)
    if (dtype == type.name)
      return type.size;
  return 0;
}

//===----------------------------------------------------------------------===//
// Reading .npy
//===----------------------------------------------------------------------===//

namespace {
/// Reads the header, a Python literal such as
/// {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }.
class HeaderParser {
public:
  explicit HeaderParser(llvm::StringRef text) : rest(text) {}

  std::string descr;
  bool fortran = false;
  llvm::SmallVector<int64_t> shape;

  bool parse() {
    if (!take("{"))
      return false;
    while (!take("}")) {
      std::string key;
      if (!quoted(key) || !take(":") || !value(key))
        return false;
      if (!take(",") && !rest.ltrim().starts_with("}"))
        return false;
    }
    return seen == 7 && rest.trim().empty();
  }

private:
  bool take(llvm::StringRef token) {
    rest = rest.ltrim();
    return rest.consume_front(token);
  }

  bool quoted(std::string &text) {
    rest = rest.ltrim();
    if (rest.empty() || (rest[0] != '\'' && rest[0] != '"'))
      return false;
    size_t end = rest.find(rest[0], 1);
    if (end == llvm::StringRef::npos)
      return false;
    text = rest.slice(1, end).str();
    rest = rest.drop_front(end + 1);
    return true;
  }

  bool value(llvm::StringRef key) {
    if (key == "descr") {
      seen |= 1;
      return quoted(descr);
    }
    if (key == "fortran_order") {
      seen |= 2;
      fortran = take("True");
      return fortran || take("False");
    }
    if (key != "shape" || !take("("))
      return false;
    seen |= 4;
    while (!take(")")) {
      int64_t extent;
      rest = rest.ltrim();
      if (rest.consumeInteger(10, extent) || extent < 0)
        return false;
      shape.push_back(extent);
      if (!take(",") && !rest.ltrim().starts_with(")"))
        return false;
    }
    return true;
  }

  llvm::StringRef rest;
  unsigned seen = 0;
};
} // namespace

static llvm::Expected<NumpyType> parseDescr(llvm::StringRef descr,
                                            llvm::StringRef where) {
  if (descr.starts_with(">"))
    return failure(where + ": big-endian arrays ('" + descr +
                   "') are not supported");
  llvm::StringRef name = descr.ltrim("<|=");
  for (const NumpyType &type : types)
    if (name == type.descr)
      return type;
  return failure(where + ": arrays of dtype '" + descr + "' are not supported");
}

/// Bytes of an array, or nothing if they do not fit into int64.
static std::optional<int64_t> arrayBytes(llvm::ArrayRef<int64_t> shape,
                                         size_t element) {
  std::optional<int64_t> bytes = element;
  for (int64_t extent : shape)
    if (bytes)
      bytes = llvm::checkedMul(*bytes, extent);
  return llvm::is_contained(shape, 0) ? 0 : bytes;
}

static std::vector<uint8_t> toRowMajor(llvm::ArrayRef<uint8_t> bytes,
                                       llvm::ArrayRef<int64_t> shape,
                                       size_t element) {
  std::vector<uint8_t> result(bytes.size());
  // Beside an extent of 0 the others can have any product.
  if (result.empty())
    return result;
  // The first index runs fastest in Fortran order.
  llvm::SmallVector<int64_t> strides(shape.size()), index(shape.size(), 0);
  int64_t stride = element;
  for (size_t i = 0; i < shape.size(); ++i) {
    strides[i] = stride;
    stride *= shape[i];
  }
  int64_t source = 0;
  for (size_t target = 0; target < result.size(); target += element) {
    std::copy_n(bytes.begin() + source, element, result.begin() + target);
    for (size_t axis = shape.size(); axis-- > 0;) {
      source += strides[axis];
      if (++index[axis] < shape[axis])
        break;
      source -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return result;
}

llvm::Expected<NumpyStream> NumpyStream::open(Source source, uint64_t size,
                                              llvm::StringRef where) {
  NumpyStream stream(std::move(source), where);
  if (llvm::Error error = stream.readHeader(size))
    return std::move(error);
  if (stream.fortran && stream.shape.size() > 1)
    if (llvm::Error error = stream.reorder())
      return std::move(error);
  if (stream.bytes == 0)
    if (llvm::Error error = stream.checkEnd())
      return std::move(error);
  return stream;
}

/// What is in memory, from its start to its end.
static NumpyStream::Source readFrom(std::vector<uint8_t> data) {
  return [data = std::move(data),
          start = size_t(0)](llvm::MutableArrayRef<uint8_t> piece) mutable {
    size_t size = std::min(piece.size(), data.size() - start);
    std::copy_n(data.begin() + start, size, piece.begin());
    start += size;
    return size;
  };
}

llvm::Expected<NumpyStream> NumpyStream::openFile(llvm::StringRef path) {
  auto fail = [&](std::error_code code) {
    return failure("cannot read '" + path + "': " + code.message());
  };
  auto opened = llvm::sys::fs::openNativeFileForRead(path);
  if (!opened)
    return fail(llvm::errorToErrorCode(opened.takeError()));
  std::shared_ptr<int> file(new int(*opened), [](int *file) {
    llvm::sys::fs::closeFile(*file);
    delete file;
  });
  llvm::sys::fs::file_status status;
  if (std::error_code code = llvm::sys::fs::status(*file, status))
    return fail(code);
  // /dev/zero has no end.
  if (status.type() == llvm::sys::fs::file_type::character_file)
    return failure("cannot read '" + path + "': it is a device");
  std::string where = ("'" + path + "'").str();
  // A pipe does not say how much it holds.
  if (status.type() != llvm::sys::fs::file_type::regular_file) {
    llvm::SmallVector<char, 0> all;
    if (llvm::Error error = llvm::sys::fs::readNativeFileToEOF(*file, all))
      return fail(llvm::errorToErrorCode(std::move(error)));
    return open(readFrom({all.begin(), all.end()}), all.size(), where);
  }
  auto source =
      [file,
       where](llvm::MutableArrayRef<uint8_t> piece) -> llvm::Expected<size_t> {
    auto got = llvm::sys::fs::readNativeFile(
        *file, {reinterpret_cast<char *>(piece.data()), piece.size()});
    if (!got)
      return failure("cannot read " + where + ": " +
                     llvm::toString(got.takeError()));
    return *got;
  };
  return open(std::move(source), status.getSize(), where);
}

/// Appends the next `size` bytes, or as many as there are.
llvm::Error NumpyStream::append(size_t size, std::vector<uint8_t> &data) {
  // Grows with what is really there, whatever size a file states.
  constexpr size_t kPiece = size_t(1) << 20;
  while (size > 0) {
    size_t old = data.size(), piece = std::min(size, kPiece);
    data.resize(old + piece);
    auto got = source(llvm::MutableArrayRef(data).drop_front(old));
    data.resize(old + (got ? *got : 0));
    if (!got)
      return got.takeError();
    if (*got == 0)
      break;
    size -= *got;
  }
  return llvm::Error::success();
}

llvm::Error NumpyStream::readHeader(uint64_t size) {
  std::vector<uint8_t> start;
  if (llvm::Error error = append(10, start))
    return error;
  llvm::StringRef text(reinterpret_cast<const char *>(start.data()),
                       start.size());
  if (!text.starts_with(kMagic) || text.size() < 10)
    return failure(where + ": not an .npy file");
  unsigned version = start[6];
  if (version < 1 || version > 3)
    return failure(where + ": .npy version " + llvm::Twine(version) +
                   " is not supported");
  if (version > 1)
    if (llvm::Error error = append(2, start))
      return error;
  size_t prefix = version == 1 ? 10 : 12;
  if (start.size() < prefix)
    return failure(where + ": the file is cut short");
  size_t length = version == 1 ? llvm::support::endian::read16le(&start[8])
                               : llvm::support::endian::read32le(&start[8]);
  if (llvm::Error error = append(length, start))
    return error;
  if (start.size() < prefix + length || size < prefix + length)
    return failure(where + ": the file is cut short");
  text = {reinterpret_cast<const char *>(start.data()) + prefix, length};
  HeaderParser header(text);
  if (!header.parse())
    return failure(where + ": the header is not one of an array: " +
                   text.take_front(100).rtrim());
  auto type = parseDescr(header.descr, where);
  if (!type)
    return type.takeError();
  std::optional<int64_t> needed = arrayBytes(header.shape, type->size);
  size -= prefix + length;
  if (!needed || uint64_t(*needed) != size)
    return failure(where + ": the array's shape needs " +
                   (needed ? llvm::Twine(*needed) : llvm::Twine("too many")) +
                   " bytes, the file has " + llvm::Twine(size));
  dtype = type->name.str();
  shape = header.shape;
  fortran = header.fortran;
  bytes = size;
  return llvm::Error::success();
}

/// What comes after the array: nothing. Archives find here that what they gave
/// was damaged.
llvm::Error NumpyStream::checkEnd() {
  uint8_t more;
  auto got = source(more);
  if (!got)
    return got.takeError();
  if (*got != 0)
    return failure(where + ": the array's shape needs " + llvm::Twine(bytes) +
                   " bytes, the file has more");
  return llvm::Error::success();
}

llvm::Error NumpyStream::read(size_t size, std::vector<uint8_t> &data) {
  data.clear();
  if (llvm::Error error = append(std::min(size, bytes - position), data))
    return error;
  if (data.size() < size)
    return failure(where + ": the array's shape needs " + llvm::Twine(bytes) +
                   " bytes, the file has " +
                   llvm::Twine(position + data.size()));
  position += size;
  return size > 0 && position == bytes ? checkEnd() : llvm::Error::success();
}

/// Reads all of a Fortran array and becomes a stream of its row-major bytes.
llvm::Error NumpyStream::reorder() {
  std::vector<uint8_t> data;
  if (llvm::Error error = readRest(data))
    return error;
  position = 0;
  data = toRowMajor(data, shape, dtypeSize(dtype));
  source = readFrom(std::move(data));
  return llvm::Error::success();
}

static llvm::Expected<NumpyArray>
readWhole(llvm::Expected<NumpyStream> stream) {
  if (!stream)
    return stream.takeError();
  NumpyArray array;
  array.dtype = stream->getDtype();
  array.shape.assign(stream->getShape().begin(), stream->getShape().end());
  if (llvm::Error error = stream->readRest(array.data))
    return std::move(error);
  return array;
}

llvm::Expected<NumpyArray> nibble::parseNpy(llvm::ArrayRef<uint8_t> bytes,
                                            llvm::StringRef where) {
  auto source = [rest = bytes](llvm::MutableArrayRef<uint8_t> piece) mutable {
    size_t size = std::min(piece.size(), rest.size());
    std::copy_n(rest.begin(), size, piece.begin());
    rest = rest.drop_front(size);
    return size;
  };
  return readWhole(NumpyStream::open(source, bytes.size(), where));
}

llvm::Expected<NumpyArray> nibble::readNpy(llvm::StringRef path) {
  return readWhole(NumpyStream::openFile(path));
}

//===----------------------------------------------------------------------===//
// Writing .npy
//===----------------------------------------------------------------------===//

static std::string npyHeader(const NumpyView &array) {
  const NumpyType *type = llvm::find_if(
      types, [&](const NumpyType &type) { return type.name == array.dtype; });
  std::string text = "{'descr': '";
  text += type->size == 1 ? "|" : "<";
  text += type->descr;
  text += "', 'fortran_order': False, 'shape': (";
  for (int64_t extent : array.shape)
    text += llvm::itostr(extent) + ", ";
  text += "), }";
  // The data starts at a multiple of 64, after a line break.
  size_t total = llvm::alignTo(kMagic.size() + 4 + text.size() + 1, 64);
  text.resize(total - kMagic.size() - 4 - 1, ' ');
  text += '\n';
  std::string header = kMagic.str();
  header += {'\1', '\0', char(text.size() & 0xff), char(text.size() >> 8)};
  return header + text;
}

static llvm::Error checkView(const NumpyView &array) {
  size_t element = dtypeSize(array.dtype);
  if (!element)
    return failure("array '" + array.name + "': no .npy dtype is '" +
                   array.dtype + "'");
  std::optional<int64_t> bytes = arrayBytes(array.shape, element);
  if (!bytes || uint64_t(*bytes) != array.data.size())
    return failure("array '" + array.name +
                   "': its data has not the size of "
                   "its shape");
  return llvm::Error::success();
}

llvm::Error nibble::writeNpy(llvm::StringRef path, const NumpyView &array) {
  if (llvm::Error error = checkView(array))
    return error;
  std::string header = npyHeader(array);
  llvm::Error error = llvm::writeToOutput(path, [&](llvm::raw_ostream &out) {
    out << header;
    out.write(reinterpret_cast<const char *>(array.data.data()),
              array.data.size());
    return llvm::Error::success();
  });
  if (!error)
    return llvm::Error::success();
  return failure("cannot write '" + path +
                 "': " + llvm::toString(std::move(error)));
}

//===----------------------------------------------------------------------===//
// .npz
//===----------------------------------------------------------------------===//

llvm::Expected<std::unique_ptr<NpzReader>>
NpzReader::open(llvm::StringRef path) {
  int code = 0;
  zip *archive = zip_open(path.str().c_str(), ZIP_RDONLY, &code);
  if (!archive) {
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    std::string text = zip_error_strerror(&error);
    zip_error_fini(&error);
    return failure("cannot read '" + path + "': " + text);
  }
  std::unique_ptr<NpzReader> reader(new NpzReader(path, archive));
  for (zip_int64_t i = 0, e = zip_get_num_entries(archive, 0); i < e; ++i) {
    llvm::StringRef name = zip_get_name(archive, i, 0);
    if (!name.consume_back(".npy"))
      return failure("'" + path + "' is not an .npz file: it holds '" + name +
                     "'");
    reader->members.push_back(name.str());
  }
  return reader;
}

NpzReader::~NpzReader() { zip_discard(archive); }

bool NpzReader::contains(llvm::StringRef name) const {
  return llvm::is_contained(members, name);
}

llvm::Expected<NumpyStream> NpzReader::stream(llvm::StringRef name) const {
  std::string where = ("'" + path + "', array '" + name + "'").str();
  std::string member = (name + ".npy").str();
  zip_stat_t stat;
  zip_file_t *opened = zip_stat(archive, member.c_str(), 0, &stat) == 0
                           ? zip_fopen(archive, member.c_str(), 0)
                           : nullptr;
  if (!opened)
    return failure(where + ": " + zip_strerror(archive));
  std::shared_ptr<zip_file_t> file(opened, zip_fclose);
  if (!(stat.valid & ZIP_STAT_SIZE))
    return failure(where + ": the archive does not state its size");
  auto source =
      [file,
       where](llvm::MutableArrayRef<uint8_t> piece) -> llvm::Expected<size_t> {
    zip_int64_t got = zip_fread(file.get(), piece.data(), piece.size());
    if (got < 0)
      return failure(where + ": " + zip_file_strerror(file.get()));
    return size_t(got);
  };
  return NumpyStream::open(std::move(source), stat.size, where);
}

llvm::Expected<NumpyArray> NpzReader::read(llvm::StringRef name) const {
  return readWhole(stream(name));
}

/// Adds one array; the archive reads `content` when it is closed.
static bool addArray(zip *archive, const std::string &name,
                     const std::string &content) {
  zip_source_t *source =
      zip_source_buffer(archive, content.data(), content.size(), 0);
  if (!source)
    return false;
  zip_int64_t index =
      zip_file_add(archive, (name + ".npy").c_str(), source, ZIP_FL_ENC_UTF_8);
  if (index < 0) {
    zip_source_free(source);
    return false;
  }
  // 1980-01-01, so that the same arrays give the same file.
  return zip_set_file_compression(archive, index, ZIP_CM_STORE, 0) == 0 &&
         zip_file_set_dostime(archive, index, 0, 0x21, 0) == 0;
}

llvm::Error nibble::writeNpz(llvm::StringRef path,
                             llvm::ArrayRef<NumpyView> arrays) {
  std::vector<std::string> contents;
  for (const NumpyView &array : arrays) {
    if (llvm::Error error = checkView(array))
      return error;
    std::string content = npyHeader(array);
    content.append(array.data.begin(), array.data.end());
    contents.push_back(std::move(content));
  }
  int code = 0;
  zip *archive = zip_open(path.str().c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code);
  if (!archive) {
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    std::string text = zip_error_strerror(&error);
    zip_error_fini(&error);
    return failure("cannot write '" + path + "': " + text);
  }
  bool added = true;
  for (auto [array, content] : llvm::zip_equal(arrays, contents))
    added = added && addArray(archive, array.name, content);
  if (added && zip_close(archive) == 0)
    return llvm::Error::success();
  std::string text = zip_strerror(archive);
  zip_discard(archive);
  return failure("cannot write '" + path + "': " + text);
}
