//===- LoadedModel.cpp - A model, a session and its tensors -----*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LoadedModel.h"

#include "Command.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/MemoryBuffer.h"

#include <random>

using namespace nibble;
using namespace nibble::tool;

llvm::Expected<ModelPtr> tool::loadModel(llvm::StringRef path,
                                         bool metadataOnly) {
  nib_model *model = nullptr;
  auto *load = metadataOnly ? nib_model_load_metadata : nib_model_load;
  if (load(path.str().c_str(), &model) != NIB_OK)
    return failure(nib_last_error());
  return ModelPtr(model);
}

llvm::Expected<SessionPtr> tool::makeSession(const ModelPtr &model,
                                             size_t threads, bool profile) {
  nib_session_options options = {};
  options.threads = threads;
  options.profile = profile;
  nib_session *session = nullptr;
  if (nib_session_create(model.get(), &options, &session) != NIB_OK)
    return failure(nib_last_error());
  return SessionPtr(session);
}

llvm::StringRef tool::dtypeText(DLDataType dtype) {
  switch (dtype.code) {
  case NIB_DL_BOOL:
    return "bool";
  case kDLBfloat:
    return "bfloat16";
  case kDLFloat:
    return dtype.bits == 16   ? "float16"
           : dtype.bits == 32 ? "float32"
                              : "float64";
  case kDLInt:
    return dtype.bits == 8    ? "int8"
           : dtype.bits == 16 ? "int16"
           : dtype.bits == 32 ? "int32"
                              : "int64";
  default:
    return dtype.bits == 8    ? "uint8"
           : dtype.bits == 16 ? "uint16"
           : dtype.bits == 32 ? "uint32"
                              : "uint64";
  }
}

double tool::elementAt(const DLTensor &tensor, int64_t index) {
  DLDataType dtype = tensor.dtype;
  unsigned bytes = dtype.bits / 8;
  const auto *data = static_cast<const uint8_t *>(tensor.data) + index * bytes;
  uint64_t bits = 0;
  for (unsigned i = 0; i < bytes; ++i)
    bits |= uint64_t(data[i]) << 8 * i;
  llvm::APInt integer(dtype.bits, bits);
  if (dtype.code == kDLBfloat)
    return llvm::APFloat(llvm::APFloat::BFloat(), integer).convertToDouble();
  if (dtype.code == kDLFloat)
    return llvm::APFloat(dtype.bits == 16   ? llvm::APFloat::IEEEhalf()
                         : dtype.bits == 32 ? llvm::APFloat::IEEEsingle()
                                            : llvm::APFloat::IEEEdouble(),
                         integer)
        .convertToDouble();
  return dtype.code == kDLInt ? double(integer.getSExtValue())
                              : double(integer.getZExtValue());
}

std::string tool::shapeText(llvm::ArrayRef<int64_t> shape) {
  std::string text = "[";
  for (auto [i, extent] : llvm::enumerate(shape))
    text += (i ? ", " : "") + llvm::itostr(extent);
  return text + "]";
}

std::string tool::typeText(const nib_tensor_info &info) {
  std::string text = (dtypeText(info.dtype) + "[").str();
  for (int32_t i = 0; i < info.rank; ++i) {
    text += i ? ", " : "";
    text += info.symbols[i] ? info.symbols[i] : llvm::itostr(info.dims[i]);
  }
  return text + "]";
}

std::vector<nib_tensor_info> tool::inputsOf(const nib_model *model) {
  std::vector<nib_tensor_info> infos(nib_model_num_inputs(model));
  for (auto [i, info] : llvm::enumerate(infos))
    nib_model_input(model, i, &info);
  for (size_t i = 0; i < nib_model_num_states(model); ++i) {
    nib_state_info state;
    nib_model_state(model, i, &state);
    infos.push_back(state.input);
  }
  return infos;
}

std::vector<nib_tensor_info> tool::outputsOf(const nib_model *model) {
  std::vector<nib_tensor_info> infos(nib_model_num_outputs(model));
  for (auto [i, info] : llvm::enumerate(infos))
    nib_model_output(model, i, &info);
  for (size_t i = 0; i < nib_model_num_states(model); ++i) {
    nib_state_info state;
    nib_model_state(model, i, &state);
    infos.push_back(state.output);
  }
  return infos;
}

bool tool::isPrivateOutput(const nib_model *model, size_t index) {
  size_t outputs = nib_model_num_outputs(model);
  nib_state_info state;
  return index >= outputs &&
         nib_model_state(model, index - outputs, &state) == NIB_OK &&
         state.is_private;
}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

Inputs::Inputs(const nib_model *model)
    : model(model), infos(inputsOf(model)), arrays(infos.size()) {}

llvm::Error Inputs::set(llvm::StringRef name,
                        llvm::Expected<NumpyArray> array) {
  if (!array)
    return array.takeError();
  ptrdiff_t index = nib_model_find_input(model, name.str().c_str());
  if (index < 0) {
    std::string names;
    for (const nib_tensor_info &info : infos)
      names += (names.empty() ? "" : ", ") + std::string(info.name);
    return failure("the model has no input '" + name + "', but " + names);
  }
  if (arrays[index])
    return failure("input '" + name + "' is given twice");
  arrays[index] = std::move(*array);
  return llvm::Error::success();
}

llvm::Error Inputs::addArchive(llvm::StringRef path) {
  auto reader = NpzReader::open(path);
  if (!reader)
    return reader.takeError();
  bool any = false;
  for (const nib_tensor_info &info : infos) {
    if (!(*reader)->contains(info.name))
      continue;
    any = true;
    if (llvm::Error error = set(info.name, (*reader)->read(info.name)))
      return error;
  }
  if (any)
    return llvm::Error::success();
  std::vector<std::string> names = (*reader)->names();
  return failure("'" + path + "' holds " +
                 (names.empty() ? "no arrays"
                                : "none of the model's inputs, but " +
                                      llvm::join(names, ", ")));
}

llvm::Error Inputs::add(llvm::StringRef argument) {
  auto [name, path] = argument.split('=');
  if (path.empty()) {
    if (argument.ends_with(".npz"))
      return addArchive(argument);
    if (infos.size() != 1)
      return usage("--input " + argument + ": which of the model's " +
                   llvm::Twine(infos.size()) +
                   " inputs is it? Say name=" + argument);
    return set(infos[0].name, readNpy(argument));
  }
  if (!path.ends_with(".npz"))
    return set(name, readNpy(path));
  auto reader = NpzReader::open(path);
  if (!reader)
    return reader.takeError();
  return set(name, (*reader)->read(name));
}

llvm::Error Inputs::checkComplete() const {
  std::string missing;
  for (size_t i = 0; i < nib_model_num_inputs(model); ++i)
    if (!arrays[i])
      missing += (missing.empty() ? "" : ", ") + std::string(infos[i].name) +
                 ": " + typeText(infos[i]);
  if (missing.empty())
    return llvm::Error::success();
  return failure("inputs are missing: " + missing);
}

/// Appends the bytes of a number in one of the manifest's dtypes.
static void appendNumber(std::vector<uint8_t> &data, DLDataType dtype,
                         double value) {
  if (dtype.code != kDLFloat && dtype.code != kDLBfloat) {
    data.push_back(1);
    data.resize(data.size() + dtype.bits / 8 - 1, 0);
    return;
  }
  llvm::APFloat number(value);
  bool inexact = false;
  number.convert(dtype.code == kDLBfloat ? llvm::APFloat::BFloat()
                 : dtype.bits == 16      ? llvm::APFloat::IEEEhalf()
                 : dtype.bits == 32      ? llvm::APFloat::IEEEsingle()
                                         : llvm::APFloat::IEEEdouble(),
                 llvm::APFloat::rmNearestTiesToEven, &inexact);
  uint64_t bits = number.bitcastToAPInt().getZExtValue();
  for (unsigned shift = 0; shift < dtype.bits; shift += 8)
    data.push_back(bits >> shift & 0xff);
}

bool Inputs::isOfInputs(llvm::StringRef symbol) const {
  for (size_t i = 0; i < nib_model_num_inputs(model); ++i)
    for (int32_t axis = 0; axis < infos[i].rank; ++axis)
      if (const char *name = infos[i].symbols[axis]; name && symbol == name)
        return true;
  return false;
}

llvm::Expected<std::vector<std::string>>
Inputs::fill(llvm::ArrayRef<std::string> dims) {
  llvm::StringMap<int64_t> extents;
  for (const std::string &dim : dims) {
    auto [name, text] = llvm::StringRef(dim).split('=');
    int64_t value;
    if (text.getAsInteger(10, value) || value < 0)
      return usage("--dim " + dim + ": expected name=number, from 0 on");
    bool known = false;
    for (size_t i = 0; i < nib_model_num_symbols(model); ++i)
      known |= name == nib_model_symbol(model, i);
    if (!known)
      return failure("--dim " + dim + ": the model has no dimension '" + name +
                     "'");
    if (!isOfInputs(name))
      return failure("--dim " + dim + ": only states have the dimension '" +
                     name + "', and they begin empty");
    if (!extents.try_emplace(name, value).second)
      return usage("--dim " + dim + ": '" + name + "' is given twice");
  }
  for (auto [info, array] : llvm::zip_equal(infos, arrays))
    for (int32_t i = 0; array && i < info.rank; ++i)
      if (info.symbols[i] && i < int64_t(array->shape.size()))
        extents.try_emplace(info.symbols[i], array->shape[i]);
  std::vector<std::string> used;
  std::mt19937 random(1);
  for (size_t i = 0; i < nib_model_num_inputs(model); ++i) {
    const nib_tensor_info &info = infos[i];
    if (arrays[i])
      continue;
    NumpyArray array;
    array.dtype = dtypeText(info.dtype).str();
    int64_t count = 1;
    bool fits = true;
    for (int32_t axis = 0; axis < info.rank; ++axis) {
      int64_t extent = info.dims[axis];
      if (const char *symbol = info.symbols[axis]) {
        extent = extents.try_emplace(symbol, 1).first->second;
        std::string text = symbol + ("=" + llvm::itostr(extent));
        if (!llvm::is_contained(used, text))
          used.push_back(text);
      }
      array.shape.push_back(extent);
      fits &= !llvm::MulOverflow(count, extent, count);
    }
    // Asked for here, because a vector that finds no memory ends the program.
    int64_t bytes = 0;
    fits &= !llvm::MulOverflow(count, int64_t(info.dtype.bits / 8), bytes);
    if (!fits || !llvm::WritableMemoryBuffer::getNewUninitMemBuffer(bytes))
      return failure(llvm::Twine("not enough memory for input '") + info.name +
                     "' of shape " + shapeText(array.shape));
    array.data.reserve(bytes);
    for (int64_t n = 0; n < count; ++n)
      appendNumber(array.data, info.dtype, (random() >> 8) * 0x1p-23 - 1);
    arrays[i] = std::move(array);
  }
  return used;
}

DLTensor tool::tensorOf(NumpyArray &array) {
  DLDataType dtype = {kDLInt, 8, 1};
  llvm::StringRef name = array.dtype;
  dtype.bits = dtypeSize(name) * 8;
  dtype.code = name == "bool"              ? NIB_DL_BOOL
               : name == "bfloat16"        ? kDLBfloat
               : name.starts_with("float") ? kDLFloat
               : name.starts_with("uint")  ? kDLUInt
                                           : kDLInt;
  return {array.data.data(),
          {kDLCPU, 0},
          static_cast<int>(array.shape.size()),
          dtype,
          array.shape.data(),
          nullptr,
          0};
}

llvm::ArrayRef<const DLTensor *> Inputs::pointers() {
  tensors.resize(infos.size());
  list.assign(infos.size(), nullptr);
  for (size_t i = 0; i < infos.size(); ++i) {
    if (!arrays[i])
      continue;
    // Whatever the file has; the runtime says if that does not fit.
    tensors[i] = tensorOf(*arrays[i]);
    list[i] = &tensors[i];
  }
  return list;
}

llvm::Error Inputs::save(llvm::StringRef path) const {
  std::vector<NumpyView> views;
  for (auto [info, array] : llvm::zip_equal(infos, arrays))
    if (array)
      views.push_back({info.name, array->dtype, array->shape, array->data});
  return writeNpz(path, views);
}
