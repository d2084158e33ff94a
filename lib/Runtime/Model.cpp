//===- Model.cpp - A loaded artifact ----------------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Model.h"

#include "CPUFeatures.h"
#include "ManifestReader.h"
#include "Tensors.h"

#include <cstring>

using namespace nibble;
using namespace nibble::rt;

//===----------------------------------------------------------------------===//
// TensorDesc
//===----------------------------------------------------------------------===//

size_t TensorDesc::element() const { return elementSize(info.dtype); }

std::string TensorDesc::text() const {
  std::string result = dtypeName(info.dtype) + "[";
  for (size_t i = 0; i < dims.size(); ++i) {
    result += i ? ", " : "";
    result += symbols[i] ? symbols[i] : std::to_string(dims[i]);
  }
  return result + "]";
}

TensorDesc Model::describe(const std::string &name, const std::string &dtype,
                           const std::vector<ManifestDim> &shape) const {
  TensorDesc desc;
  for (const ManifestDim &dim : shape) {
    bool fixed = dim.kind == ManifestDim::Kind::Fixed;
    desc.dims.push_back(fixed ? dim.value : -1);
    desc.symbols.push_back(fixed ? nullptr
                           : dim.kind == ManifestDim::Kind::Symbol
                               ? content.symbols[dim.value].c_str()
                               : dim.text.c_str());
  }
  desc.shape = &shape;
  desc.info.name = name.c_str();
  desc.info.rank = static_cast<int32_t>(shape.size());
  // The reader has refused unknown names.
  parseDType(dtype, desc.info.dtype);
  return desc;
}

/// Points the C structures at the arrays beside them, which must not move
/// after this.
static void seal(std::vector<TensorDesc> &descs) {
  for (TensorDesc &desc : descs) {
    desc.info.dims = desc.dims.data();
    desc.info.symbols = desc.symbols.data();
  }
}

void Model::describe() {
  for (const ManifestTensor &input : content.inputs)
    inputs.push_back(describe(input.name, input.dtype, input.shape));
  for (const ManifestTensor &output : content.outputs)
    outputs.push_back(describe(output.name, output.dtype, output.shape));
  lengthTexts.reserve(content.states.size());
  for (const ManifestState &state : content.states) {
    states.push_back(describe(state.input, state.dtype, state.shape));
    newStates.push_back(describe(state.output, state.dtype, state.shape));
    if (state.axis < 0)
      continue;
    lengthTexts.push_back(!state.lengthAfter.empty()
                              ? state.lengthAfter
                              : "new " + content.symbols[state.lengthSymbol]);
    newStates.back().symbols[state.axis] = lengthTexts.back().c_str();
  }
  seal(inputs);
  seal(outputs);
  seal(states);
  seal(newStates);
  nodeNames.resize(content.dispatches.size());
  for (size_t i = 0; i < content.dispatches.size(); ++i) {
    const ManifestDispatch &dispatch = content.dispatches[i];
    for (const std::string &node : dispatch.nodes)
      nodeNames[i].push_back(node.c_str());
    dispatches.push_back({dispatch.name.c_str(), dispatch.kernel.c_str(),
                          dispatch.format.c_str(), nodeNames[i].data(),
                          nodeNames[i].size(), dispatch.macs});
  }
}

//===----------------------------------------------------------------------===//
// Loading
//===----------------------------------------------------------------------===//

Status Model::readManifestEntry() {
  const Archive::Entry *entry = file.find(kManifestEntry);
  if (!entry)
    return failure(NIB_INVALID_ARTIFACT, "entry '", kManifestEntry,
                   "' is missing");
  if (entry != &file.entries().back())
    return failure(NIB_INVALID_ARTIFACT, "entry '", kManifestEntry,
                   "' must be the last one");
  if (Status status = file.verify(*entry); !status.ok())
    return status;
  const char *text = reinterpret_cast<const char *>(file.data(*entry));
  if (Status status = readManifest(text, entry->record.size, content);
      !status.ok())
    return status;
  if (content.codeABI != NIB_CODE_ABI)
    return failure(NIB_INCOMPATIBLE, "made by Nibble ", content.nibble,
                   " for code ABI ", content.codeABI, "; this runtime (",
                   nib_version(), ") runs code ABI ", NIB_CODE_ABI,
                   ": compile the model again");
  return Status::success();
}

/// The manifest and the archive must list the same entries.
Status Model::checkEntries() const {
  for (const ManifestEntry &listed : content.entries) {
    const Archive::Entry *entry = file.find(listed.name);
    if (!entry)
      return failure(NIB_INVALID_ARTIFACT, "entry '", listed.name,
                     "' is missing");
    if (entry->record.size != listed.bytes ||
        entry->record.crc32 != listed.crc32)
      return failure(NIB_INVALID_ARTIFACT, "entry '", listed.name,
                     "' is not the one that the manifest lists: its size or "
                     "checksum differs");
  }
  // Names are unique in the archive, the manifest is not in its own list.
  if (file.entries().size() != content.entries.size() + 1)
    return failure(NIB_INVALID_ARTIFACT,
                   "the manifest does not list all entries once");
  if (!file.find(kCodeEntry))
    return failure(NIB_INVALID_ARTIFACT, "entry '", kCodeEntry, "' is missing");
  return Status::success();
}

Status Model::checkHost() const {
  const std::string &triple = content.target.triple;
  std::string architecture = triple.substr(0, triple.find('-'));
  if (architecture != hostArchitecture())
    return failure(NIB_INCOMPATIBLE, "made for ", architecture, " ('", triple,
                   "'); this CPU is ", hostArchitecture());
  std::string absent;
  for (const std::string &feature : content.target.features) {
    FeatureState state = cpuFeature(feature);
    if (state == FeatureState::Unknown)
      return failure(NIB_INCOMPATIBLE, "needs the CPU feature '", feature,
                     "', which this runtime does not know");
    if (state == FeatureState::Absent)
      absent += (absent.empty() ? "'" : ", '") + feature + "'";
  }
  if (!absent.empty())
    return failure(NIB_INCOMPATIBLE, "made for the CPU '", content.target.cpu,
                   "'; this CPU lacks ", absent,
                   ": compile the model for this machine");
  return Status::success();
}

/// The entry is an 8-byte length, that many bytes of JSON, then the data.
Status Model::findParameters() {
  const Archive::Entry *entry = file.find(kParametersEntry);
  if (!entry)
    return content.parameterBytes == 0
               ? Status::success()
               : failure(NIB_INVALID_ARTIFACT, "entry '", kParametersEntry,
                         "' is missing");
  const uint8_t *data = file.data(*entry);
  uint64_t size = entry->record.size, header = 0;
  for (int i = 7; i >= 0 && size >= 8; --i)
    header = header << 8 | data[i];
  if (size < 8 || header > size - 8 || (header + 8) % 64 != 0 ||
      size - 8 - header != content.parameterBytes)
    return failure(NIB_INVALID_ARTIFACT, "entry '", kParametersEntry,
                   "' does not hold the parameters that the manifest states");
  parameterBase = data + 8 + header;
  return Status::success();
}

Status Model::read(bool metadataOnly) {
  if (Status status = readManifestEntry(); !status.ok())
    return status;
  if (Status status = checkEntries(); !status.ok())
    return status;
  if (!metadataOnly) {
    if (Status status = checkHost(); !status.ok())
      return status;
    for (const Archive::Entry &entry : file.entries())
      if (Status status = file.verify(entry); !status.ok())
        return status;
  }
  if (Status status = findParameters(); !status.ok())
    return status;
  describe();
  if (metadataOnly)
    return Status::success();
  library = std::make_unique<CodeLibrary>();
  const Archive::Entry *code = file.find(kCodeEntry);
  return library->load(file.data(*code), code->record.size);
}

Status Model::load(const std::string &path, bool metadataOnly,
                   std::shared_ptr<const Model> &result) {
  auto model = std::make_shared<Model>();
  if (Status status = Archive::open(path, model->file); !status.ok())
    return status;
  if (Status status = model->read(metadataOnly); !status.ok())
    return failure(status.code, "'", path, "': ", status.message);
  result = std::move(model);
  return Status::success();
}

Status Model::checkFailure(int32_t result) const {
  if (result == 0)
    return Status::success();
  if (result < 0 || static_cast<size_t>(result) > content.checks.size())
    return failure(NIB_INTERNAL, "the compiled code returned ", result,
                   ", which is none of its checks");
  return failure(NIB_CHECK_FAILED, content.checks[result - 1]);
}
