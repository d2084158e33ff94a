//===- Artifact.cpp - Writing model.nib -------------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Target/Artifact.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CRC.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

#include <unistd.h>

using namespace nibble;

/// Small writes are gathered up to this size.
static constexpr size_t kBufferSize = size_t(1) << 20;

static llvm::Error failure(
    const llvm::Twine &text,
    std::error_code code = std::make_error_code(std::errc::invalid_argument)) {
  return llvm::createStringError(code, text);
}

static llvm::Error cannotWrite(llvm::StringRef path, std::error_code code) {
  return failure("cannot write '" + path + "': " + code.message(), code);
}

static std::error_code lastError() {
  return std::error_code(errno, std::generic_category());
}

static llvm::ArrayRef<uint8_t> bytesOf(llvm::StringRef text) {
  return {text.bytes_begin(), text.size()};
}

//===----------------------------------------------------------------------===//
// StoredZipWriter
//===----------------------------------------------------------------------===//

StoredZipWriter::StoredZipWriter(llvm::StringRef path,
                                 llvm::sys::fs::TempFile file)
    : path(path),
      file(std::make_unique<llvm::sys::fs::TempFile>(std::move(file))) {
  buffer.reserve(kBufferSize);
}

StoredZipWriter::~StoredZipWriter() {
  // That the file cannot be removed either adds nothing to the first error.
  if (file)
    llvm::consumeError(file->discard());
}

llvm::Expected<std::unique_ptr<StoredZipWriter>>
StoredZipWriter::create(llvm::StringRef path) {
  // Renaming would put a file in the place of a device or a folder.
  if (llvm::sys::fs::exists(path) && !llvm::sys::fs::is_regular_file(path))
    return failure("cannot write '" + path + "': it is not a regular file");
  auto file = llvm::sys::fs::TempFile::create(path + ".tmp-%%%%%%%%");
  if (!file)
    return cannotWrite(path, llvm::errorToErrorCode(file.takeError()));
  return std::unique_ptr<StoredZipWriter>(
      new StoredZipWriter(path, std::move(*file)));
}

llvm::Error StoredZipWriter::misuse(const llvm::Twine &what) const {
  return failure("cannot write '" + path + "': " + what);
}

llvm::Error StoredZipWriter::writeAll(const uint8_t *data, size_t size,
                                      uint64_t offset) {
  while (size > 0) {
    ssize_t written = ::pwrite(file->FD, data, size, offset);
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return cannotWrite(path, written < 0
                                   ? lastError()
                                   : std::make_error_code(std::errc::io_error));
    data += written;
    size -= written;
    offset += written;
  }
  return llvm::Error::success();
}

llvm::Error StoredZipWriter::flush() {
  if (llvm::Error error = writeAll(buffer.data(), buffer.size(), flushed))
    return error;
  flushed += buffer.size();
  buffer.clear();
  return llvm::Error::success();
}

llvm::Error StoredZipWriter::append(llvm::ArrayRef<uint8_t> bytes) {
  if (buffer.size() + bytes.size() > kBufferSize)
    if (llvm::Error error = flush())
      return error;
  if (bytes.size() >= kBufferSize) {
    if (llvm::Error error = writeAll(bytes.data(), bytes.size(), flushed))
      return error;
    flushed += bytes.size();
    return llvm::Error::success();
  }
  buffer.insert(buffer.end(), bytes.begin(), bytes.end());
  return llvm::Error::success();
}

llvm::Error StoredZipWriter::append(const std::string &bytes) {
  return append(bytesOf(bytes));
}

llvm::Error StoredZipWriter::beginEntry(llvm::StringRef name) {
  if (!file)
    return misuse("the file is complete");
  if (current)
    return misuse("entry '" + name + "' begins within '" + current->name + "'");
  if (name.empty() || name.size() > layout::kMaxNameSize)
    return misuse("an entry's name has 1 to " +
                  llvm::Twine(layout::kMaxNameSize) + " bytes");
  for (const layout::EntryRecord &entry : done)
    if (entry.name == name)
      return misuse("two entries '" + name + "'");
  current = std::make_unique<layout::EntryRecord>();
  current->name = name.str();
  current->headerOffset = flushed + buffer.size();
  return append(layout::localHeader(*current));
}

llvm::Error StoredZipWriter::write(llvm::ArrayRef<uint8_t> bytes) {
  if (!current)
    return misuse("data outside of an entry");
  current->crc32 = llvm::crc32(current->crc32, bytes);
  current->size += bytes.size();
  return append(bytes);
}

llvm::Error StoredZipWriter::endEntry() {
  if (!current)
    return misuse("no entry to end");
  // Size and checksum are known now: write the header again.
  if (llvm::Error error = flush())
    return error;
  std::string header = layout::localHeader(*current);
  const auto *data = reinterpret_cast<const uint8_t *>(header.data());
  if (llvm::Error error = writeAll(data, header.size(), current->headerOffset))
    return error;
  done.push_back(std::move(*current));
  current.reset();
  return llvm::Error::success();
}

llvm::Error StoredZipWriter::addEntry(llvm::StringRef name,
                                      llvm::ArrayRef<uint8_t> bytes) {
  if (llvm::Error error = beginEntry(name))
    return error;
  if (llvm::Error error = write(bytes))
    return error;
  return endEntry();
}

llvm::Error StoredZipWriter::addEntry(llvm::StringRef name,
                                      llvm::StringRef bytes) {
  return addEntry(name, bytesOf(bytes));
}

llvm::Error StoredZipWriter::finish() {
  if (!file || current)
    return misuse(current ? "an entry is not ended" : "the file is complete");
  uint64_t directory = flushed + buffer.size();
  for (const layout::EntryRecord &entry : done)
    if (llvm::Error error = append(layout::centralHeader(entry)))
      return error;
  uint64_t size = flushed + buffer.size() - directory;
  if (llvm::Error error = append(layout::trailer(done.size(), directory, size)))
    return error;
  if (llvm::Error error = flush())
    return error;
  // Some file systems report a full disk only here.
  if (::fsync(file->FD) != 0)
    return cannotWrite(path, lastError());
  // Renames, or removes the file if that fails.
  llvm::Error error = file->keep(path);
  file.reset();
  if (error)
    return cannotWrite(path, llvm::errorToErrorCode(std::move(error)));
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// The manifest
//===----------------------------------------------------------------------===//

static llvm::json::Value jsonText(llvm::StringRef text) {
  return llvm::json::isUTF8(text) ? text.str() : llvm::json::fixUTF8(text);
}

static llvm::json::Array jsonTexts(const std::vector<std::string> &texts) {
  llvm::json::Array array;
  for (const std::string &text : texts)
    array.push_back(jsonText(text));
  return array;
}

static llvm::json::Array jsonShape(const std::vector<ManifestDim> &shape) {
  llvm::json::Array array;
  for (const ManifestDim &dim : shape)
    switch (dim.kind) {
    case ManifestDim::Kind::Fixed:
      array.push_back(dim.value);
      break;
    case ManifestDim::Kind::Symbol:
      array.push_back(llvm::json::Object{{"symbol", dim.value}});
      break;
    case ManifestDim::Kind::Expression:
      array.push_back(llvm::json::Object{{"expression", jsonText(dim.text)}});
      break;
    }
  return array;
}

static llvm::json::Array
jsonTensors(const std::vector<ManifestTensor> &tensors) {
  llvm::json::Array array;
  for (const ManifestTensor &tensor : tensors)
    array.push_back(llvm::json::Object{{"name", jsonText(tensor.name)},
                                       {"dtype", tensor.dtype},
                                       {"shape", jsonShape(tensor.shape)}});
  return array;
}

static llvm::json::Array jsonStates(const std::vector<ManifestState> &states) {
  llvm::json::Array array;
  for (const ManifestState &state : states) {
    llvm::json::Object object{
        {"name", jsonText(state.name)},       {"input", jsonText(state.input)},
        {"output", jsonText(state.output)},   {"dtype", state.dtype},
        {"shape", jsonShape(state.shape)},    {"axis", state.axis},
        {"length_symbol", state.lengthSymbol}};
    if (!state.lengthAfter.empty())
      object["length_after"] = jsonText(state.lengthAfter);
    if (state.isPrivate)
      object["private"] = true;
    array.push_back(std::move(object));
  }
  return array;
}

static llvm::json::Array
jsonDispatches(const std::vector<ManifestDispatch> &dispatches) {
  llvm::json::Array array;
  for (const ManifestDispatch &dispatch : dispatches) {
    llvm::json::Object object{{"name", jsonText(dispatch.name)},
                              {"nodes", jsonTexts(dispatch.nodes)},
                              {"kernel", jsonText(dispatch.kernel)},
                              {"format", jsonText(dispatch.format)}};
    if (dispatch.macs >= 0)
      object["macs"] = dispatch.macs;
    array.push_back(std::move(object));
  }
  return array;
}

static llvm::json::Array
jsonEntries(const std::vector<ManifestEntry> &entries) {
  llvm::json::Array array;
  for (const ManifestEntry &entry : entries)
    array.push_back(llvm::json::Object{
        {"name", jsonText(entry.name)},
        {"bytes", entry.bytes},
        {"crc32", llvm::utohexstr(entry.crc32, /*LowerCase=*/true, 8)}});
  return array;
}

static llvm::json::Array
jsonBuffers(const std::vector<ManifestBuffer> &buffers) {
  llvm::json::Array array;
  for (const ManifestBuffer &buffer : buffers)
    array.push_back(
        llvm::json::Object{{"first", buffer.first}, {"last", buffer.last}});
  return array;
}

llvm::Expected<std::string> nibble::manifestText(const Manifest &manifest) {
  llvm::json::Object root{
      {"format", kArtifactFormat},
      {"nibble", jsonText(manifest.nibble)},
      {"code_abi", manifest.codeABI},
      {"target",
       llvm::json::Object{{"triple", jsonText(manifest.target.triple)},
                          {"cpu", jsonText(manifest.target.cpu)},
                          {"features", jsonTexts(manifest.target.features)}}},
      {"symbols", jsonTexts(manifest.symbols)},
      {"inputs", jsonTensors(manifest.inputs)},
      {"outputs", jsonTensors(manifest.outputs)},
      {"state", jsonStates(manifest.states)},
      {"buffers", jsonBuffers(manifest.buffers)},
      {"dispatches", jsonDispatches(manifest.dispatches)},
      {"checks", jsonTexts(manifest.checks)},
      {"parameters", llvm::json::Object{{"bytes", manifest.parameterBytes}}},
      {"entries", jsonEntries(manifest.entries)}};
  if (!manifest.outputBuffers.empty())
    root["output_buffers"] = jsonBuffers(manifest.outputBuffers);
  if (!manifest.report.empty()) {
    auto report = llvm::json::parse(manifest.report);
    if (!report)
      return report.takeError();
    if (!report->getAsObject())
      return failure("the manifest's report is not a JSON object");
    root["report"] = std::move(*report);
  }
  // Objects print their keys sorted, so the text is the same every time.
  return llvm::formatv("{0:1}\n", llvm::json::Value(std::move(root))).str();
}

//===----------------------------------------------------------------------===//
// ArtifactWriter
//===----------------------------------------------------------------------===//

llvm::Expected<std::unique_ptr<ArtifactWriter>>
ArtifactWriter::create(llvm::StringRef path) {
  auto zip = StoredZipWriter::create(path);
  if (!zip)
    return zip.takeError();
  return std::unique_ptr<ArtifactWriter>(new ArtifactWriter(std::move(*zip)));
}

llvm::Error ArtifactWriter::finish(Manifest manifest) {
  manifest.entries.clear();
  for (const layout::EntryRecord &entry : zip->entries())
    manifest.entries.push_back({entry.name, entry.size, entry.crc32});
  auto text = manifestText(manifest);
  if (!text)
    return text.takeError();
  if (llvm::Error error = zip->addEntry(kManifestEntry, *text))
    return error;
  return zip->finish();
}
