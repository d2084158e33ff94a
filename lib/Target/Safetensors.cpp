//===- Safetensors.cpp - Streaming a safetensors file -----------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Target/Safetensors.h"

#include "nibble/Support/SafetensorsFile.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/CheckedArithmetic.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace nibble;

static constexpr uint64_t kAlign = 64;
static constexpr llvm::StringLiteral kPadPrefix = ".pad.";

static llvm::Error failure(const llvm::Twine &text) {
  return llvm::createStringError(
      std::make_error_code(std::errc::invalid_argument), text);
}

static llvm::Expected<uint64_t> tensorBytes(const SafetensorsTensor &tensor) {
  std::optional<int64_t> bytes = getSafetensorsElementBytes(tensor.dtype);
  if (*bytes == 0)
    return failure("parameter '" + tensor.name +
                   "': safetensors has no dtype '" + tensor.dtype + "'");
  for (int64_t extent : tensor.shape) {
    if (extent < 0)
      return failure("parameter '" + tensor.name + "': negative extent");
    if (bytes)
      bytes = llvm::checkedMul(*bytes, extent);
  }
  if (!bytes)
    return failure("parameter '" + tensor.name + "' is too large");
  return *bytes;
}

static llvm::Error checkNames(llvm::ArrayRef<SafetensorsTensor> tensors) {
  llvm::StringSet<> names;
  for (const SafetensorsTensor &tensor : tensors) {
    llvm::StringRef name = tensor.name;
    if (name.starts_with(kPadPrefix) || name == "__metadata__")
      return failure("parameter '" + name + "': the name is reserved");
    if (!llvm::json::isUTF8(name))
      return failure("a parameter's name is not UTF-8");
    if (!names.insert(name).second)
      return failure("two parameters are named '" + name + "'");
  }
  return llvm::Error::success();
}

static void writeTensor(llvm::json::OStream &json, llvm::StringRef name,
                        llvm::StringRef dtype, llvm::ArrayRef<int64_t> shape,
                        uint64_t begin, uint64_t end) {
  json.attributeObject(name, [&] {
    json.attribute("dtype", dtype);
    json.attributeArray("shape", [&] {
      for (int64_t extent : shape)
        json.value(extent);
    });
    json.attributeArray("data_offsets", [&] {
      json.value(begin);
      json.value(end);
    });
  });
}

/// The JSON of the header, with the tensors that fill the gaps.
std::string
SafetensorsLayout::json(llvm::ArrayRef<SafetensorsTensor> tensors) const {
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::json::OStream json(stream);
  json.object([&] {
    for (auto [index, tensor] : llvm::enumerate(tensors)) {
      uint64_t end = offset(index) + bytes(index);
      writeTensor(json, tensor.name, tensor.dtype, tensor.shape, offset(index),
                  end);
      uint64_t next = llvm::alignTo(end, kAlign);
      if (next > end)
        writeTensor(json, (kPadPrefix + llvm::Twine(index)).str(), "U8",
                    {int64_t(next - end)}, end, next);
    }
  });
  return text;
}

llvm::Expected<SafetensorsLayout>
SafetensorsLayout::create(llvm::ArrayRef<SafetensorsTensor> tensors) {
  if (llvm::Error error = checkNames(tensors))
    return error;
  SafetensorsLayout layout;
  for (const SafetensorsTensor &tensor : tensors) {
    auto bytes = tensorBytes(tensor);
    if (!bytes)
      return bytes.takeError();
    layout.offsets.push_back(layout.total);
    layout.sizes.push_back(*bytes);
    layout.total = llvm::alignTo(layout.total + *bytes, kAlign);
    if (layout.total > uint64_t(std::numeric_limits<int64_t>::max()))
      return failure("the parameters are too large");
  }
  std::string text = layout.json(tensors);
  uint64_t padded = llvm::alignTo(text.size() + 8, kAlign) - 8;
  text.resize(padded, ' ');
  layout.text.resize(8);
  llvm::support::endian::write64le(layout.text.data(), padded);
  layout.text += text;
  return layout;
}

SafetensorsWriter::SafetensorsWriter(SafetensorsLayout layout, Sink sink)
    : plan(std::move(layout)), sink(std::move(sink)) {}

/// Writes the header, and passes over tensors without data at the front.
llvm::Error SafetensorsWriter::start() {
  started = true;
  if (llvm::Error error =
          sink({plan.header().bytes_begin(), plan.header().size()}))
    return error;
  return endTensor();
}

/// Fills up the current tensor if it is complete, and those after it that have
/// no data.
llvm::Error SafetensorsWriter::endTensor() {
  while (current < plan.size() && written == plan.bytes(current)) {
    uint64_t end = plan.offset(current) + written;
    uint8_t zeros[kAlign] = {};
    uint64_t pad = llvm::alignTo(end, kAlign) - end;
    if (pad)
      if (llvm::Error error = sink({zeros, pad}))
        return error;
    ++current;
    written = 0;
  }
  return llvm::Error::success();
}

llvm::Error SafetensorsWriter::write(llvm::ArrayRef<uint8_t> piece) {
  if (!started)
    if (llvm::Error error = start())
      return error;
  if (piece.empty())
    return llvm::Error::success();
  if (current == plan.size())
    return failure("parameters: more data than tensors");
  if (piece.size() > plan.bytes(current) - written)
    return failure("parameters: a piece reaches beyond tensor " +
                   llvm::Twine(current) + ", which has " +
                   llvm::Twine(plan.bytes(current)) + " bytes");
  if (llvm::Error error = sink(piece))
    return error;
  written += piece.size();
  return endTensor();
}

llvm::Error SafetensorsWriter::finish() {
  if (!started)
    if (llvm::Error error = start())
      return error;
  if (current == plan.size())
    return llvm::Error::success();
  return failure("parameters: tensor " + llvm::Twine(current) + " has " +
                 llvm::Twine(written) + " of its " +
                 llvm::Twine(plan.bytes(current)) + " bytes");
}
