//===- Model.h - A loaded artifact ------------------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_RUNTIME_MODEL_H
#define NIBBLE_LIB_RUNTIME_MODEL_H

#include "Archive.h"
#include "CodeLibrary.h"
#include "nibble/Runtime/Manifest.h"

#include <memory>

namespace nibble::rt {

/// An input, output or state with its type decoded, in the form in which the C
/// interface shows it.
struct TensorDesc {
  nib_tensor_info info;
  const std::vector<ManifestDim> *shape;
  std::vector<int64_t> dims;
  std::vector<const char *> symbols;

  size_t rank() const { return dims.size(); }
  size_t element() const;
  /// "float32[batch, 3, 224]".
  std::string text() const;
};

/// Immutable once loaded.
class Model {
public:
  /// Checks everything and loads the code, or, with `metadataOnly`, checks the
  /// structure and the manifest.
  static Status load(const std::string &path, bool metadataOnly,
                     std::shared_ptr<const Model> &model);

  const Manifest &manifest() const { return content; }
  const Archive &archive() const { return file; }
  /// nullptr if loaded without code.
  const CodeLibrary *code() const { return library.get(); }
  /// Base of the data section, or nullptr.
  const uint8_t *parameters() const { return parameterBase; }

  std::vector<TensorDesc> inputs;
  std::vector<TensorDesc> outputs;
  /// The states as inputs, and as outputs.
  std::vector<TensorDesc> states;
  std::vector<TensorDesc> newStates;
  std::vector<nib_dispatch_info> dispatches;

  /// The text of a check that the compiled code reported: 1 + its index.
  Status checkFailure(int32_t result) const;

private:
  Status read(bool metadataOnly);
  Status readManifestEntry();
  Status checkEntries() const;
  Status checkHost() const;
  Status findParameters();
  void describe();
  TensorDesc describe(const std::string &name, const std::string &dtype,
                      const std::vector<ManifestDim> &shape) const;

  Archive file;
  Manifest content;
  std::unique_ptr<CodeLibrary> library;
  const uint8_t *parameterBase = nullptr;
  std::vector<std::vector<const char *>> nodeNames;
  std::vector<std::string> lengthTexts;
};

} // namespace nibble::rt

#endif // NIBBLE_LIB_RUNTIME_MODEL_H
