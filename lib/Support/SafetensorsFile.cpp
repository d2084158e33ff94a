//===- SafetensorsFile.cpp - Reading a safetensors file -------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Support/SafetensorsFile.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/CheckedArithmetic.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"

#include <limits>
#include <nlohmann/json.hpp>

using namespace nibble;
using Json = nlohmann::json;
using namespace llvm::support;

/// The header's length comes first, in so many bytes.
static constexpr uint64_t kLengthBytes = 8;
/// The format's own limit.
static constexpr uint64_t kMostHeaderBytes = 100'000'000;

static llvm::Error failure(const llvm::Twine &text) {
  return llvm::createStringError(
      std::make_error_code(std::errc::invalid_argument), text);
}

int64_t nibble::getSafetensorsElementBytes(llvm::StringRef dtype) {
  return llvm::StringSwitch<int64_t>(dtype)
      .Cases({"BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0"}, 1)
      .Cases({"U16", "I16", "F16", "BF16"}, 2)
      .Cases({"U32", "I32", "F32"}, 4)
      .Cases({"U64", "I64", "F64", "C64"}, 8)
      .Default(0);
}

//===----------------------------------------------------------------------===//
// One tensor
//===----------------------------------------------------------------------===//

std::string SafetensorsFile::Tensor::describe() const {
  return (dtype + " [" +
          llvm::join(llvm::map_range(
                         shape, [](int64_t n) { return std::to_string(n); }),
                     ", ") +
          "]");
}

template <typename Convert>
static std::vector<double> convertEach(llvm::ArrayRef<uint8_t> bytes,
                                       size_t size, Convert convert) {
  std::vector<double> result;
  result.reserve(bytes.size() / size);
  for (; !bytes.empty(); bytes = bytes.drop_front(size))
    result.push_back(convert(bytes.data()));
  return result;
}

static double convertHalf(const llvm::fltSemantics &semantics, uint16_t word) {
  llvm::APFloat value(semantics, llvm::APInt(16, word));
  bool isInexact;
  value.convert(llvm::APFloat::IEEEdouble(), llvm::APFloat::rmNearestTiesToEven,
                &isInexact);
  return value.convertToDouble();
}

llvm::Expected<std::vector<double>>
SafetensorsFile::Tensor::readFloats() const {
  if (dtype == "F64")
    return convertEach(bytes, 8, [](const uint8_t *at) {
      return llvm::bit_cast<double>(endian::read64le(at));
    });
  if (dtype == "F32")
    return convertEach(bytes, 4, [](const uint8_t *at) {
      return double(llvm::bit_cast<float>(endian::read32le(at)));
    });
  if (dtype == "BF16")
    return convertEach(bytes, 2, [](const uint8_t *at) {
      uint32_t word = endian::read16le(at);
      return double(llvm::bit_cast<float>(word << 16));
    });
  if (dtype == "F16")
    return convertEach(bytes, 2, [](const uint8_t *at) {
      return convertHalf(llvm::APFloat::IEEEhalf(), endian::read16le(at));
    });
  return failure("tensor '" + name + "' is " + describe() +
                 ": expected F64, F32, F16 or BF16");
}

//===----------------------------------------------------------------------===//
// The header
//===----------------------------------------------------------------------===//

/// An integer that is not negative; none if `value` is something else.
static std::optional<uint64_t> readCount(const Json &value) {
  if (!value.is_number_unsigned())
    return std::nullopt;
  uint64_t count = value.get<uint64_t>();
  if (count > uint64_t(std::numeric_limits<int64_t>::max()))
    return std::nullopt;
  return count;
}

/// All of an array; none if one is no count.
static std::optional<llvm::SmallVector<int64_t>> readCounts(const Json &array) {
  llvm::SmallVector<int64_t> counts;
  if (!array.is_array())
    return std::nullopt;
  for (const Json &value : array) {
    std::optional<uint64_t> count = readCount(value);
    if (!count)
      return std::nullopt;
    counts.push_back(int64_t(*count));
  }
  return counts;
}

/// The entry of one tensor, whose bytes are in `data`.
static llvm::Error readEntry(const Json &entry, llvm::ArrayRef<uint8_t> data,
                             SafetensorsFile::Tensor &tensor) {
  auto wrong = [&](const llvm::Twine &text) {
    return failure("tensor '" + tensor.name + "' " + text);
  };
  if (!entry.is_object() || !entry.contains("dtype") ||
      !entry["dtype"].is_string())
    return wrong("has no dtype");
  tensor.dtype = entry["dtype"].get<std::string>();
  auto shape =
      entry.contains("shape") ? readCounts(entry["shape"]) : std::nullopt;
  if (!shape)
    return wrong("has no shape of integers that are not negative");
  tensor.shape = std::move(*shape);
  auto offsets = entry.contains("data_offsets")
                     ? readCounts(entry["data_offsets"])
                     : std::nullopt;
  if (!offsets || offsets->size() != 2)
    return wrong("has no data_offsets of two integers");
  uint64_t begin = (*offsets)[0], end = (*offsets)[1];
  if (begin > end || end > data.size())
    return wrong(llvm::formatv("is at bytes {0} to {1} of {2}: outside of the "
                               "file, which may be cut short",
                               begin, end, data.size())
                     .str());
  tensor.bytes = data.slice(begin, end - begin);
  int64_t bytes = getSafetensorsElementBytes(tensor.dtype);
  if (bytes == 0)
    return wrong("has the unknown dtype '" + tensor.dtype + "'");
  std::optional<int64_t> size = bytes;
  for (int64_t extent : tensor.shape)
    size = size ? llvm::checkedMul(*size, extent) : size;
  if (!size || uint64_t(*size) != tensor.bytes.size())
    return wrong(llvm::formatv("is {0}, which does not fill its {1} bytes",
                               tensor.describe(), tensor.bytes.size())
                     .str());
  return llvm::Error::success();
}

static llvm::Error readHeader(llvm::ArrayRef<uint8_t> file,
                              std::vector<SafetensorsFile::Tensor> &tensors) {
  if (file.size() < kLengthBytes)
    return failure("it has " + llvm::Twine(file.size()) +
                   " bytes, less than the length of a header");
  uint64_t length = endian::read64le(file.data());
  file = file.drop_front(kLengthBytes);
  if (length > kMostHeaderBytes)
    return failure("its header would have " + llvm::Twine(length) +
                   " bytes, over the format's limit of " +
                   llvm::Twine(kMostHeaderBytes));
  if (length > file.size())
    return failure("its header has " + llvm::Twine(length) + " bytes, but " +
                   llvm::Twine(file.size()) + " follow: the file is cut short");
  llvm::ArrayRef<uint8_t> text = file.take_front(length);
  Json header = Json::parse(text.begin(), text.end(), nullptr,
                            /*allow_exceptions=*/false);
  if (!header.is_object())
    return failure("its header is no JSON object");
  // Members are in the order of their names.
  for (const auto &[name, entry] : header.items()) {
    if (name == "__metadata__")
      continue;
    tensors.emplace_back().name = name;
    if (llvm::Error error =
            readEntry(entry, file.drop_front(length), tensors.back()))
      return error;
  }
  return llvm::Error::success();
}

llvm::Expected<SafetensorsFile> SafetensorsFile::open(llvm::StringRef path) {
  // /dev/zero has no end.
  llvm::sys::fs::file_status status;
  if (!llvm::sys::fs::status(path, status) &&
      status.type() == llvm::sys::fs::file_type::character_file)
    return failure("cannot read '" + path + "': it is a device");
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return llvm::createStringError(buffer.getError(),
                                   "cannot read '" + path +
                                       "': " + buffer.getError().message());
  SafetensorsFile file;
  file.buffer = std::move(*buffer);
  llvm::StringRef bytes = file.buffer->getBuffer();
  if (llvm::Error error = readHeader(
          llvm::ArrayRef(bytes.bytes_begin(), bytes.size()), file.tensors))
    return failure("'" + path + "' is no safetensors file: " +
                   llvm::toString(std::move(error)));
  return file;
}
