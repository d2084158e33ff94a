//===- ShapeBinder.cpp - From tensors to the values of symbols --*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ShapeBinder.h"

#include "Tensors.h"

using namespace nibble;
using namespace nibble::rt;

ShapeBinder::ShapeBinder(const Model &model)
    : model(model), values(model.manifest().symbols.size(), -1),
      sources(values.size()) {}

std::string ShapeBinder::bindSymbol(int64_t symbol, int64_t value,
                                    const std::string &what) {
  if (values[symbol] == -1) {
    values[symbol] = value;
    sources[symbol] = what;
    return std::string();
  }
  if (values[symbol] == value)
    return std::string();
  return join("'", model.manifest().symbols[symbol], "' is ", value,
              " here but ", values[symbol], " in ", sources[symbol]);
}

std::string ShapeBinder::bindDims(const TensorDesc &desc,
                                  const std::string &what,
                                  const int64_t *dims) {
  for (size_t i = 0; i < desc.rank(); ++i) {
    const ManifestDim &dim = (*desc.shape)[i];
    std::string problem;
    if (dim.kind == ManifestDim::Kind::Symbol)
      problem = bindSymbol(dim.value, dims[i], what);
    else if (dims[i] != dim.value)
      problem = join("dimension ", i, " must be ", dim.value);
    if (!problem.empty())
      return problem;
  }
  return std::string();
}

Status ShapeBinder::bindTensor(const TensorDesc &desc, const std::string &what,
                               const DLTensor *tensor) {
  if (!tensor)
    return failure(NIB_INVALID_ARGUMENT, what,
                   ": no tensor is given, expected ", desc.text());
  if (tensor->ndim < 0 || (tensor->ndim > 0 && !tensor->shape))
    return failure(NIB_INVALID_ARGUMENT, what,
                   ": the tensor has no valid shape");
  if (tensor->device.device_type != kDLCPU &&
      tensor->device.device_type != kDLCUDAHost)
    return failure(NIB_INVALID_ARGUMENT, what,
                   ": the tensor is not in CPU memory");
  std::string got =
      join("expected ", desc.text(), ", got ", dtypeName(tensor->dtype),
           shapeText(tensor->shape, tensor->ndim));
  DLDataType dtype = desc.info.dtype;
  if (tensor->dtype.code != dtype.code || tensor->dtype.bits != dtype.bits ||
      tensor->dtype.lanes != dtype.lanes ||
      static_cast<size_t>(tensor->ndim) != desc.rank())
    return failure(NIB_INVALID_ARGUMENT, what, ": ", got);
  int64_t bytes = 0;
  if (!tensorBytes(tensor->shape, desc.rank(), desc.element(), bytes))
    return failure(NIB_INVALID_ARGUMENT, what, ": ", got,
                   ": its size is not valid");
  if (bytes > 0 && !tensor->data)
    return failure(NIB_INVALID_ARGUMENT, what, ": the tensor has no data");
  int64_t low = 0, high = 0;
  if (bytes > 0 && !tensorSpan(*tensor, low, high))
    return failure(NIB_INVALID_ARGUMENT, what,
                   ": the tensor's strides exceed the address space");
  std::string problem = bindDims(desc, what, tensor->shape);
  if (!problem.empty())
    return failure(NIB_INVALID_ARGUMENT, what, ": ", got, ": ", problem);
  return Status::success();
}

Status ShapeBinder::bindState(const TensorDesc &desc, const std::string &what,
                              const std::vector<int64_t> &dims) {
  std::string problem = bindDims(desc, what, dims.data());
  if (problem.empty())
    return Status::success();
  return failure(
      NIB_INVALID_ARGUMENT, what, " holds ", dtypeName(desc.info.dtype),
      shapeText(dims.data(), dims.size()), " from earlier runs: ", problem,
      "; reset the session's state to start anew");
}

Status ShapeBinder::bindLength(int64_t symbol, const std::string &what) {
  std::string problem = bindSymbol(symbol, 0, what);
  if (problem.empty())
    return Status::success();
  return failure(NIB_INVALID_ARGUMENT, what,
                 " is empty and none is given: ", problem);
}

Status ShapeBinder::finish() const {
  for (size_t i = 0; i < values.size(); ++i)
    if (values[i] < 0)
      return failure(NIB_INVALID_ARGUMENT, "the extent '",
                     model.manifest().symbols[i],
                     "' follows from no given input: give the states that "
                     "have it");
  return Status::success();
}

std::vector<int64_t>
nibble::rt::resolveDims(const TensorDesc &desc,
                        const std::vector<int64_t> &symbols) {
  std::vector<int64_t> dims;
  for (const ManifestDim &dim : *desc.shape)
    dims.push_back(dim.kind == ManifestDim::Kind::Symbol ? symbols[dim.value]
                                                         : dim.value);
  return dims;
}
