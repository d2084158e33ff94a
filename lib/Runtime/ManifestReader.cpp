//===- ManifestReader.cpp - manifest.json, parsed and checked ---*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ManifestReader.h"

#include "Tensors.h"
#include "nibble/Runtime/CodeABI.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>

using namespace nibble;
using namespace nibble::rt;
using Json = nlohmann::json;

namespace {

constexpr int64_t kMaxRank = 64;

/// Reads members of JSON objects. The first thing that is wrong is kept in
/// `status`; what is read after that has default values.
class Reader {
public:
  Status status;

  void fail(const std::string &where, const std::string &what) {
    if (status.ok())
      status =
          failure(NIB_INVALID_ARTIFACT,
                  "manifest.json: ", where.empty() ? "it" : where, " ", what);
  }

  const Json &member(const Json &object, const std::string &where,
                     const char *key) {
    static const Json null;
    if (!object.is_object()) {
      fail(where, "must be an object");
      return null;
    }
    auto found = object.find(key);
    if (found == object.end()) {
      fail(path(where, key), "is missing");
      return null;
    }
    return *found;
  }

  std::string text(const Json &object, const std::string &where,
                   const char *key) {
    const Json &value = member(object, where, key);
    if (!value.is_string()) {
      fail(path(where, key), "must be a string");
      return std::string();
    }
    return value.get<std::string>();
  }

  int64_t integer(const Json &value, const std::string &where, int64_t low,
                  int64_t high = std::numeric_limits<int64_t>::max()) {
    bool sound = value.is_number_integer();
    // Unsigned numbers above int64 would wrap.
    if (sound && value.is_number_unsigned())
      sound = value.get<uint64_t>() <=
              static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
    int64_t number = sound ? value.get<int64_t>() : 0;
    if (!sound || number < low || number > high) {
      fail(where, high == std::numeric_limits<int64_t>::max()
                      ? join("must be an integer, at least ", low)
                      : join("must be an integer from ", low, " to ", high));
      return low;
    }
    return number;
  }

  int64_t integer(const Json &object, const std::string &where, const char *key,
                  int64_t low,
                  int64_t high = std::numeric_limits<int64_t>::max()) {
    return integer(member(object, where, key), path(where, key), low, high);
  }

  /// Calls `each(element, where)` for all elements of an array.
  template <typename Callback>
  void array(const Json &object, const std::string &where, const char *key,
             Callback each) {
    const Json &value = member(object, where, key);
    if (!value.is_array())
      return fail(path(where, key), "must be an array");
    size_t index = 0;
    for (const Json &element : value) {
      if (!status.ok())
        return;
      each(element, join(path(where, key), "[", index++, "]"));
    }
  }

  std::vector<std::string> texts(const Json &object, const std::string &where,
                                 const char *key) {
    std::vector<std::string> result;
    array(object, where, key, [&](const Json &element, const std::string &at) {
      if (!element.is_string())
        return fail(at, "must be a string");
      result.push_back(element.get<std::string>());
    });
    return result;
  }

  static std::string path(const std::string &where, const char *key) {
    return where.empty() ? key : where + "." + key;
  }
};

/// Reads the parts of a manifest.
class ManifestParser : Reader {
public:
  explicit ManifestParser(Manifest &manifest) : m(manifest) {}

  Status parse(const Json &root) {
    readVersions(root);
    if (!status.ok())
      return status;
    m.symbols = texts(root, "", "symbols");
    m.checks = texts(root, "", "checks");
    array(root, "", "inputs", [&](const Json &json, const std::string &at) {
      m.inputs.push_back(readTensor(json, at, /*output=*/false));
    });
    array(root, "", "outputs", [&](const Json &json, const std::string &at) {
      m.outputs.push_back(readTensor(json, at, /*output=*/true));
    });
    array(root, "", "state", [&](const Json &json, const std::string &at) {
      m.states.push_back(readState(json, at));
    });
    readDispatches(root);
    const Json &parameters = member(root, "", "parameters");
    m.parameterBytes = integer(parameters, "parameters", "bytes", 0);
    readEntries(root);
    checkSymbols();
    return status;
  }

private:
  void readVersions(const Json &root) {
    int64_t form = integer(root, "", "format", 0);
    if (status.ok() && form != kArtifactFormat) {
      status = failure(NIB_INCOMPATIBLE, "made in artifact format ", form,
                       "; this runtime reads format ", kArtifactFormat);
      return;
    }
    m.nibble = text(root, "", "nibble");
    m.codeABI = integer(root, "", "code_abi", 0);
    const Json &target = member(root, "", "target");
    m.target.triple = text(target, "target", "triple");
    m.target.cpu = text(target, "target", "cpu");
    m.target.features = texts(target, "target", "features");
  }

  std::vector<ManifestDim> readShape(const Json &json, const std::string &where,
                                     bool output) {
    std::vector<ManifestDim> shape;
    int64_t symbols = m.symbols.size();
    array(json, where, "shape", [&](const Json &dim, const std::string &at) {
      if (dim.is_object() && dim.contains("symbol"))
        shape.push_back(
            ManifestDim::symbol(integer(dim, at, "symbol", 0, symbols - 1)));
      else if (output && dim.is_object() && dim.contains("expression"))
        shape.push_back(ManifestDim::expression(text(dim, at, "expression")));
      else
        shape.push_back(ManifestDim::fixed(integer(dim, at, 0)));
    });
    if (static_cast<int64_t>(shape.size()) > kMaxRank)
      fail(where, join("has more than ", kMaxRank, " dimensions"));
    return shape;
  }

  std::string readDType(const Json &json, const std::string &where) {
    std::string name = text(json, where, "dtype");
    DLDataType dtype;
    if (!parseDType(name, dtype))
      fail(path(where, "dtype"), "is '" + name + "', which is not known");
    return name;
  }

  ManifestTensor readTensor(const Json &json, const std::string &where,
                            bool output) {
    ManifestTensor tensor;
    tensor.name = text(json, where, "name");
    tensor.dtype = readDType(json, where);
    tensor.shape = readShape(json, where, output);
    return tensor;
  }

  ManifestState readState(const Json &json, const std::string &where) {
    ManifestState state;
    state.name = text(json, where, "name");
    state.input = text(json, where, "input");
    state.output = text(json, where, "output");
    state.dtype = readDType(json, where);
    state.shape = readShape(json, where, /*output=*/false);
    if (json.is_object() && json.contains("length_after"))
      state.lengthAfter = text(json, where, "length_after");
    if (json.is_object() && json.contains("private")) {
      if (json["private"].is_boolean())
        state.isPrivate = json["private"].get<bool>();
      else
        fail(path(where, "private"), "must be true or false");
    }
    int64_t rank = state.shape.size();
    state.axis = integer(json, where, "axis", -1, rank - 1);
    state.lengthSymbol = integer(json, where, "length_symbol", -1,
                                 static_cast<int64_t>(m.symbols.size()) - 1);
    if (!status.ok())
      return state;
    if ((state.axis < 0) != (state.lengthSymbol < 0))
      fail(where, "must have both axis and length_symbol, or neither");
    else if (state.axis >= 0 &&
             (state.shape[state.axis].kind != ManifestDim::Kind::Symbol ||
              state.shape[state.axis].value != state.lengthSymbol))
      fail(where, "must have its length_symbol as the extent of its axis");
    return state;
  }

  void readDispatches(const Json &root) {
    array(root, "", "dispatches", [&](const Json &json, const std::string &at) {
      ManifestDispatch dispatch;
      dispatch.name = text(json, at, "name");
      dispatch.nodes = texts(json, at, "nodes");
      dispatch.kernel = text(json, at, "kernel");
      dispatch.format = text(json, at, "format");
      if (json.is_object() && json.contains("macs"))
        dispatch.macs = integer(json, at, "macs", 0);
      m.dispatches.push_back(std::move(dispatch));
    });
    int64_t last = static_cast<int64_t>(m.dispatches.size()) - 1;
    auto readBuffers = [&](const char *key, std::vector<ManifestBuffer> &list) {
      array(root, "", key, [&](const Json &json, const std::string &at) {
        ManifestBuffer buffer;
        buffer.first = integer(json, at, "first", 0, last);
        buffer.last = integer(json, at, "last", buffer.first, last);
        list.push_back(buffer);
      });
    };
    readBuffers("buffers", m.buffers);
    // Where it is not stated, outputs live as long as the run.
    if (!root.contains("output_buffers"))
      m.outputBuffers.assign(m.outputs.size(), {0, std::max<int64_t>(last, 0)});
    else
      readBuffers("output_buffers", m.outputBuffers);
    if (status.ok() && m.outputBuffers.size() != m.outputs.size())
      fail("output_buffers", "must have one entry for each output");
  }

  void readEntries(const Json &root) {
    array(root, "", "entries", [&](const Json &json, const std::string &at) {
      ManifestEntry entry;
      entry.name = text(json, at, "name");
      entry.bytes = integer(json, at, "bytes", 0);
      std::string crc = text(json, at, "crc32");
      if (crc.size() != 8 ||
          crc.find_first_not_of("0123456789abcdef") != std::string::npos)
        fail(at + ".crc32", "must be eight hexadecimal digits");
      else
        entry.crc32 = std::strtoul(crc.c_str(), nullptr, 16);
      m.entries.push_back(std::move(entry));
    });
  }

  /// A symbol that nothing binds could never have a value.
  void checkSymbols() {
    std::vector<bool> bound(m.symbols.size());
    auto bind = [&](const std::vector<ManifestDim> &shape) {
      for (const ManifestDim &dim : shape)
        if (dim.kind == ManifestDim::Kind::Symbol &&
            dim.value < static_cast<int64_t>(bound.size()))
          bound[dim.value] = true;
    };
    for (const ManifestTensor &input : m.inputs)
      bind(input.shape);
    for (const ManifestState &state : m.states)
      bind(state.shape);
    for (size_t i = 0; i < bound.size(); ++i)
      if (!bound[i])
        fail(join("symbols[", i, "]"),
             "('" + m.symbols[i] + "') is the extent of no input or state");
  }

  Manifest &m;
};

} // namespace

Status nibble::rt::readManifest(const char *text, size_t size,
                                Manifest &manifest) {
  Json root = Json::parse(text, text + size, /*cb=*/nullptr,
                          /*allow_exceptions=*/false);
  if (root.is_discarded())
    return failure(NIB_INVALID_ARTIFACT, "manifest.json: not valid JSON");
  manifest = Manifest();
  return ManifestParser(manifest).parse(root);
}
