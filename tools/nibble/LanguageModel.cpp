//===- LanguageModel.cpp - Tokens in, logits out -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LanguageModel.h"

#include "Command.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Endian.h"

#include <cmath>

using namespace nibble;
using namespace nibble::tool;

llvm::Expected<LanguageModel> LanguageModel::open(llvm::StringRef path,
                                                  size_t threads) {
  LanguageModel result;
  auto model = loadModel(path);
  if (!model)
    return model.takeError();
  result.model = std::move(*model);
  if (llvm::Error error = result.findRoles())
    return error;
  if (llvm::Error error = result.findLogits())
    return error;
  auto session = makeSession(result.model, threads, /*profile=*/false);
  if (!session)
    return session.takeError();
  result.session = std::move(*session);
  return result;
}

/// A cache is one beside tokens; an image is no cache.
bool LanguageModel::takesTokens() const {
  return nib_model_find_input(model.get(), "input_ids") >= 0;
}

llvm::Error LanguageModel::findRoles() {
  inputs.resize(nib_model_num_inputs(model.get()));
  for (auto [index, info] : llvm::enumerate(inputs)) {
    nib_model_input(model.get(), index, &info);
    llvm::StringRef name = info.name;
    bool isInteger = info.dtype.code == kDLInt && info.dtype.bits >= 32;
    if (isInteger && info.rank == 2 && name == "attention_mask")
      roles.push_back(Role::Mask);
    else if (isInteger && info.rank == 2 && name == "position_ids")
      roles.push_back(Role::Positions);
    else if (isInteger && info.rank == 2 &&
             (name == "input_ids" || inputs.size() == 1))
      roles.push_back(Role::Tokens);
    else if (info.dtype.code == kDLFloat && info.rank == 4 && takesTokens())
      return failure("the model has the cache '" + name +
                     "' as an input: compile it with --kv-cache state");
    else
      return failure(
          "cannot make the input '" + name + "': " + typeText(info) +
          "; generate knows input_ids, attention_mask and position_ids");
  }
  if (!llvm::is_contained(roles, Role::Tokens))
    return failure("the model has no input input_ids");
  return llvm::Error::success();
}

llvm::Error LanguageModel::findLogits() {
  size_t found = 0;
  for (size_t i = 0; i < nib_model_num_outputs(model.get()); ++i) {
    nib_tensor_info info;
    nib_model_output(model.get(), i, &info);
    bool isFloat = info.dtype.code == kDLFloat || info.dtype.code == kDLBfloat;
    if (!isFloat || info.rank != 3)
      continue;
    ++found;
    logitsIndex = i;
    vocabulary = info.dims[2];
    if (llvm::StringRef(info.name) == "logits")
      return llvm::Error::success();
  }
  if (found == 1)
    return llvm::Error::success();
  return failure("the model has no output 'logits' [batch, sequence, "
                 "vocabulary]");
}

llvm::Error LanguageModel::checkTokens(llvm::ArrayRef<int64_t> tokens) const {
  for (int64_t token : tokens)
    if (token < 0 || (vocabulary >= 0 && token >= vocabulary))
      return failure("token " + llvm::Twine(token) +
                     " is not in the model's vocabulary of " +
                     llvm::Twine(vocabulary));
  return llvm::Error::success();
}

/// An input [1, n] for `tokens` that follow `before` others.
NumpyArray LanguageModel::makeInput(size_t index,
                                    llvm::ArrayRef<int64_t> tokens,
                                    int64_t before) const {
  int64_t count = tokens.size();
  if (roles[index] == Role::Mask)
    count += before;
  NumpyArray array;
  array.dtype = dtypeText(inputs[index].dtype).str();
  array.shape = {1, count};
  size_t bytes = inputs[index].dtype.bits / 8;
  array.data.resize(count * bytes);
  for (int64_t i = 0; i < count; ++i) {
    int64_t value = roles[index] == Role::Mask        ? 1
                    : roles[index] == Role::Positions ? before + i
                                                      : tokens[i];
    uint8_t *place = array.data.data() + i * bytes;
    if (bytes == 8)
      llvm::support::endian::write64le(place, value);
    else
      llvm::support::endian::write32le(place, uint32_t(value));
  }
  return array;
}

llvm::Expected<llvm::ArrayRef<float>>
LanguageModel::extend(llvm::ArrayRef<int64_t> tokens) {
  if (llvm::Error error = checkTokens(tokens))
    return error;
  if (!hasCache()) {
    text.insert(text.end(), tokens.begin(), tokens.end());
    tokens = text;
  }
  std::vector<NumpyArray> arrays;
  std::vector<DLTensor> tensors;
  for (size_t i = 0; i < inputs.size(); ++i)
    arrays.push_back(makeInput(i, tokens, length));
  for (auto [array, info] : llvm::zip_equal(arrays, inputs))
    tensors.push_back({array.data.data(),
                       {kDLCPU, 0},
                       2,
                       info.dtype,
                       array.shape.data(),
                       nullptr,
                       0});
  std::vector<const DLTensor *> list;
  for (const DLTensor &tensor : tensors)
    list.push_back(&tensor);
  std::vector<nib_output> outputs(nib_model_num_outputs(model.get()));
  for (auto [i, output] : llvm::enumerate(outputs))
    output.mode = i == logitsIndex ? NIB_OUTPUT_ALLOCATE : NIB_OUTPUT_SKIP;
  if (nib_session_run(session.get(), list.data(), list.size(), outputs.data(),
                      outputs.size()) != NIB_OK)
    return failure(nib_session_error(session.get()));
  TensorPtr owner(outputs[logitsIndex].allocated);
  const DLTensor &found = owner->dl_tensor;
  int64_t rows = found.shape[1], width = found.shape[2];
  if (found.shape[0] != 1 || rows < 1 || width < 1)
    return failure("the logits have the shape " +
                   shapeText({found.shape, size_t(found.ndim)}) +
                   ", expected one row a token");
  if (hasCache())
    length += tokens.size();
  logits.resize(width);
  for (int64_t i = 0; i < width; ++i)
    logits[i] = float(elementAt(found, (rows - 1) * width + i));
  if (llvm::any_of(logits, [](float logit) { return std::isnan(logit); }))
    return failure("the model's logits hold NaN, so that no token is the "
                   "likeliest: nibble compare with --per-layer shows which "
                   "layer makes them");
  return llvm::ArrayRef<float>(logits);
}
