//===- TestModels.h - Artifacts over hand-written code ----------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_UNITTESTS_RUNTIME_TESTMODELS_H
#define NIBBLE_UNITTESTS_RUNTIME_TESTMODELS_H

#include "nibble/Runtime/Manifest.h"
#include "nibble/Runtime/nibble.h"

#include <memory>
#include <string>
#include <vector>

namespace nibble::test {

/// A folder of this test program that is removed at its end.
std::string tempPath(const std::string &name);

std::string readFile(const std::string &path);
void writeFile(const std::string &path, const std::string &bytes);

/// The manifests of Inputs/*.c, for this machine.
Manifest affineManifest();
Manifest cacheManifest();
Manifest probeManifest();

/// The bytes of Inputs/<name>.c, compiled.
std::string codeOf(const std::string &name);
/// A safetensors file with "first" (F32[3]) and "addend" (F32[4]: 1 2 3 4),
/// whose data starts at 64.
std::string affineParameters();

/// Writes an artifact, and returns its path. An entry with empty content is
/// left out.
std::string pack(const std::string &file, const Manifest &manifest,
                 const std::string &code, const std::string &parameters = "");
std::string packAffine(const std::string &file);
std::string packCache(const std::string &file);
std::string packProbe(const std::string &file);

struct ReleaseModel {
  void operator()(nib_model *model) const { nib_model_release(model); }
};
struct ReleaseSession {
  void operator()(nib_session *session) const { nib_session_release(session); }
};
struct ReleaseTensor {
  void operator()(DLManagedTensor *tensor) const { tensor->deleter(tensor); }
};
using ModelPtr = std::unique_ptr<nib_model, ReleaseModel>;
using SessionPtr = std::unique_ptr<nib_session, ReleaseSession>;
using TensorPtr = std::unique_ptr<DLManagedTensor, ReleaseTensor>;

/// Fail the test if they cannot.
ModelPtr load(const std::string &path);
SessionPtr makeSession(const ModelPtr &model,
                       nib_session_options options = {1, nullptr, nullptr, 0});

/// The text and the status of a load that must fail.
std::string loadError(const std::string &path, nib_status expected);

/// A contiguous tensor over values of its own.
template <typename T> struct Array {
  std::vector<int64_t> shape;
  std::vector<T> values;
  std::vector<int64_t> strides;
  DLTensor tensor;

  explicit Array(std::vector<int64_t> dims, T start = 0, T step = 0)
      : shape(std::move(dims)) {
    int64_t size = 1;
    for (int64_t extent : shape)
      size *= extent;
    for (int64_t i = 0; i < size; ++i)
      values.push_back(start + static_cast<T>(i) * step);
  }
  static DLDataType dtype();
  const DLTensor *get() {
    tensor = {values.data(),
              {kDLCPU, 0},
              int(shape.size()),
              dtype(),
              shape.data(),
              nullptr,
              0};
    if (!strides.empty())
      tensor.strides = strides.data();
    return &tensor;
  }
};
template <> inline DLDataType Array<float>::dtype() {
  return {kDLFloat, 32, 1};
}
template <> inline DLDataType Array<int64_t>::dtype() {
  return {kDLInt, 64, 1};
}
template <> inline DLDataType Array<uint32_t>::dtype() {
  return {kDLUInt, 32, 1};
}

template <typename T> std::vector<T> valuesOf(const DLManagedTensor *tensor) {
  int64_t size = 1;
  for (int i = 0; i < tensor->dl_tensor.ndim; ++i)
    size *= tensor->dl_tensor.shape[i];
  const T *data = static_cast<const T *>(tensor->dl_tensor.data);
  return std::vector<T>(data, data + size);
}

} // namespace nibble::test

#endif // NIBBLE_UNITTESTS_RUNTIME_TESTMODELS_H
