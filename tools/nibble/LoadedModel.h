//===- LoadedModel.h - A model, a session and its tensors -------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_TOOLS_NIBBLE_LOADEDMODEL_H
#define NIBBLE_TOOLS_NIBBLE_LOADEDMODEL_H

#include "nibble/Runtime/nibble.h"
#include "nibble/Support/NumpyFile.h"
#include "llvm/Support/Error.h"

#include <memory>
#include <optional>

namespace nibble::tool {

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

/// With `metadataOnly`, also a model for another CPU can be looked at.
llvm::Expected<ModelPtr> loadModel(llvm::StringRef path,
                                   bool metadataOnly = false);
llvm::Expected<SessionPtr> makeSession(const ModelPtr &model, size_t threads,
                                       bool profile);

/// The manifest's name of a dtype.
llvm::StringRef dtypeText(DLDataType dtype);
/// "float32[batch, 3, 224]".
std::string typeText(const nib_tensor_info &info);
std::string shapeText(llvm::ArrayRef<int64_t> shape);
/// One element of a contiguous tensor, rounded to a double.
double elementAt(const DLTensor &tensor, int64_t index);

/// The array as a tensor that lives with it.
DLTensor tensorOf(NumpyArray &array);

/// All inputs of the model, then its states as inputs.
std::vector<nib_tensor_info> inputsOf(const nib_model *model);
/// All outputs of the model, then its states as outputs.
std::vector<nib_tensor_info> outputsOf(const nib_model *model);
/// Whether output `index` of these is a state that only a session carries.
bool isPrivateOutput(const nib_model *model, size_t index);

/// The tensors of one request, in the runtime's order.
class Inputs {
public:
  explicit Inputs(const nib_model *model);

  /// Takes an --input argument: name=file.npy, name=file.npz (the array of that
  /// name), file.npz (all arrays that are named as inputs), or file.npy for a
  /// model with one input.
  llvm::Error add(llvm::StringRef argument);
  /// Fills the inputs that are not given with a fixed sequence of numbers:
  /// floats from -1 to 1, ones for integers and bool. Extents come from
  /// `dims` (name=number); those that neither a given input nor `dims` says
  /// are 1. Returns the extents used, as "name=value" texts.
  llvm::Expected<std::vector<std::string>>
  fill(llvm::ArrayRef<std::string> dims);
  /// Fails if an input that is no state is not given.
  llvm::Error checkComplete() const;

  /// Writes what is given or made up as an .npz.
  llvm::Error save(llvm::StringRef path) const;

  bool given(size_t index) const { return arrays[index].has_value(); }
  llvm::ArrayRef<const DLTensor *> pointers();

private:
  llvm::Error set(llvm::StringRef name, llvm::Expected<NumpyArray> array);
  llvm::Error addArchive(llvm::StringRef path);
  /// Whether it is an extent of an input that is no state.
  bool isOfInputs(llvm::StringRef symbol) const;

  const nib_model *model;
  std::vector<nib_tensor_info> infos;
  std::vector<std::optional<NumpyArray>> arrays;
  std::vector<DLTensor> tensors;
  std::vector<const DLTensor *> list;
};

} // namespace nibble::tool

#endif // NIBBLE_TOOLS_NIBBLE_LOADEDMODEL_H
