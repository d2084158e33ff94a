//===- Inspect.cpp - nibble inspect -----------------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Command.h"
#include "LoadedModel.h"
#include "Table.h"

#include "nibble/Support/Json.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"

using namespace nibble;
using namespace nibble::tool;
namespace cl = llvm::cl;
namespace json = llvm::json;

static llvm::Error run();

static Command command("inspect", "show what is in a compiled model",
                       R"(
Models for another CPU can be inspected, too: no code is loaded.

EXAMPLES:
  nibble inspect model.nib
      Version and target; inputs, outputs and states; files inside; and for each
      layer its format, its kernel, its bytes, and why it stayed in f32.
  nibble inspect model.nib --parameters
      Also every parameter, as it is stored.
  nibble inspect model.nib --json | jq .dispatches
      The manifest, for scripts; docs/artifact.md describes it.
)" NIBBLE_EXIT_CODES,
                       run);

static cl::opt<std::string> modelPath(cl::Positional, cl::Required,
                                      cl::desc("MODEL.nib"), cl::sub(command));
static cl::opt<bool> asJson("json", cl::desc("Print the manifest"),
                            cl::sub(command));
static cl::opt<bool> withParameters("parameters",
                                    cl::desc("List the parameters"),
                                    cl::sub(command));

static void section(llvm::StringRef title, const Table &table) {
  if (table.empty())
    return;
  llvm::outs() << "\n" << title << "\n";
  table.print(llvm::outs());
}

/// A member as text; empty if there is none.
static std::string text(const json::Object &object, llvm::StringRef key) {
  const json::Value *value = object.get(key);
  if (!value)
    return std::string();
  if (auto string = value->getAsString())
    return string->str();
  if (auto *array = value->getAsArray()) {
    std::vector<std::string> parts;
    for (const json::Value &part : *array)
      parts.push_back(part.getAsString().value_or("").str());
    return llvm::join(parts, ", ");
  }
  return llvm::formatv("{0}", *value).str();
}

static void printHead(const json::Object &manifest) {
  llvm::outs() << "made by Nibble " << text(manifest, "nibble") << ", code ABI "
               << text(manifest, "code_abi") << "\n";
  if (const json::Object *target = manifest.getObject("target"))
    llvm::outs() << "for " << text(*target, "cpu") << " ("
                 << text(*target, "triple") << ")\n  "
                 << text(*target, "features") << "\n";
}

static void printTensors(const nib_model *model) {
  Table inputs({"name", "type"}), outputs({"name", "type"});
  for (size_t i = 0; i < nib_model_num_inputs(model); ++i) {
    nib_tensor_info info;
    nib_model_input(model, i, &info);
    inputs.add({info.name, typeText(info)});
  }
  for (size_t i = 0; i < nib_model_num_outputs(model); ++i) {
    nib_tensor_info info;
    nib_model_output(model, i, &info);
    outputs.add({info.name, typeText(info)});
  }
  section("inputs", inputs);
  section("outputs", outputs);
  Table states({"name", "input", "type", "output", "type", "basis"});
  for (size_t i = 0; i < nib_model_num_states(model); ++i) {
    nib_state_info state;
    nib_model_state(model, i, &state);
    states.add({state.name, state.input.name, typeText(state.input),
                state.output.name, typeText(state.output),
                state.is_private ? "private" : "the model's"});
  }
  section("states", states);
}

static void printEntries(const nib_model *model) {
  Table table({"name", ">bytes", "crc32"});
  for (size_t i = 0; i < nib_model_num_entries(model); ++i) {
    nib_entry_info info;
    nib_model_entry(model, i, &info);
    table.add({info.name, sizeText(info.size),
               llvm::utohexstr(info.crc32, /*LowerCase=*/true, 8)});
  }
  section("files inside", table);
}

/// Of the layers with weights: how many there are in each format, and bytes.
static void printFormats(const json::Array &layers) {
  llvm::MapVector<llvm::StringRef, std::pair<size_t, uint64_t>> formats;
  for (const json::Value &value : layers)
    if (const json::Object *layer = value.getAsObject())
      if (int64_t bytes = layer->getInteger("bytes").value_or(0)) {
        auto &[count, sum] = formats[layer->getString("format").value_or("")];
        ++count;
        sum += bytes;
      }
  Table table({"format", ">layers", ">bytes"});
  for (auto &[format, total] : formats)
    table.add(
        {format.str(), llvm::utostr(total.first), sizeText(total.second)});
  section("weights (x activations)", table);
}

/// Per layer what the compiler reports, where it does; else per dispatch.
static void printLayers(const nib_model *model, const json::Object &manifest) {
  const json::Object *report = manifest.getObject("report");
  const json::Array *layers = report ? report->getArray("layers") : nullptr;
  if (layers) {
    Table table({"node", "op", "format", "kernel", ">bytes", "note"});
    for (const json::Value &value : *layers)
      if (const json::Object *layer = value.getAsObject()) {
        auto bytes = layer->getInteger("bytes");
        std::string node = text(*layer, "node");
        if (const json::Array *fused = layer->getArray("fused"))
          node += " (+" + llvm::utostr(fused->size()) + ")";
        table.add({node, text(*layer, "op"), text(*layer, "format"),
                   text(*layer, "kernel"), bytes ? sizeText(*bytes) : "",
                   text(*layer, "note")});
      }
    section("layers", table);
    printFormats(*layers);
    return;
  }
  Table table({"dispatch", "kernel", "format", ">MACs", "nodes"});
  for (size_t i = 0; i < nib_model_num_dispatches(model); ++i) {
    nib_dispatch_info info;
    nib_model_dispatch(model, i, &info);
    table.add({info.name, info.kernel, info.format,
               info.macs < 0 ? "" : llvm::itostr(info.macs),
               llvm::join(llvm::ArrayRef(info.nodes, info.num_nodes), ", ")});
  }
  section("dispatches", table);
}

/// Reads the header of the parameters' safetensors file, which nothing has
/// checked yet.
static llvm::Error printParameters(const nib_model *model) {
  for (size_t i = 0; i < nib_model_num_entries(model); ++i) {
    nib_entry_info info;
    nib_model_entry(model, i, &info);
    if (llvm::StringRef(info.name) != "parameters.safetensors")
      continue;
    const char *data = static_cast<const char *>(info.data);
    // The loader has found the header within the entry.
    uint64_t size = llvm::support::endian::read64le(data);
    auto header = parseJson(llvm::StringRef(data + 8, size));
    const json::Object *tensors = header ? header->getAsObject() : nullptr;
    if (!tensors) {
      llvm::consumeError(header.takeError());
      return failure("the parameters' header is damaged");
    }
    std::vector<std::pair<int64_t, std::vector<std::string>>> rows;
    for (const auto &[name, value] : *tensors) {
      const json::Object *tensor = value.getAsObject();
      const json::Array *offsets =
          tensor ? tensor->getArray("data_offsets") : nullptr;
      if (!offsets || offsets->size() != 2 || !tensor->get("shape"))
        return failure("the parameters' header is damaged");
      int64_t begin = (*offsets)[0].getAsInteger().value_or(0);
      int64_t end = (*offsets)[1].getAsInteger().value_or(0);
      if (llvm::StringRef(name).starts_with(".pad."))
        continue;
      std::string shape = llvm::formatv("{0}", *tensor->get("shape"));
      rows.push_back({begin,
                      {name.str(), text(*tensor, "dtype"), shape,
                       sizeText(end - begin), llvm::itostr(begin)}});
    }
    llvm::sort(rows);
    Table table({"name", "dtype", "shape", ">bytes", ">offset"});
    for (auto &row : rows)
      table.add(row.second);
    section("parameters", table);
  }
  return llvm::Error::success();
}

static llvm::Error run() {
  auto model = loadModel(modelPath, /*metadataOnly=*/true);
  if (!model)
    return model.takeError();
  size_t size = 0;
  const char *manifest = nib_model_manifest(model->get(), &size);
  if (asJson) {
    llvm::outs() << llvm::StringRef(manifest, size);
    return llvm::Error::success();
  }
  auto parsed = parseJson(llvm::StringRef(manifest, size));
  if (!parsed)
    return failure("'" + modelPath +
                   "': the manifest: " + llvm::toString(parsed.takeError()));
  const json::Object &object = *parsed->getAsObject();
  printHead(object);
  printTensors(model->get());
  printEntries(model->get());
  printLayers(model->get(), object);
  return withParameters ? printParameters(model->get())
                        : llvm::Error::success();
}
