//===- ShapeBinder.h - From tensors to the values of symbols ----*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_RUNTIME_SHAPEBINDER_H
#define NIBBLE_LIB_RUNTIME_SHAPEBINDER_H

#include "Model.h"

namespace nibble::rt {

/// Checks the tensors of one request against the model and finds the values
/// of the symbolic dimensions, each of which must be the same everywhere.
class ShapeBinder {
public:
  explicit ShapeBinder(const Model &model);

  /// `what`: how messages name the tensor, e.g. "input 'ids'".
  Status bindTensor(const TensorDesc &desc, const std::string &what,
                    const DLTensor *tensor);
  /// The shape of a state that the session holds.
  Status bindState(const TensorDesc &desc, const std::string &what,
                   const std::vector<int64_t> &dims);
  /// A state of length 0 whose other extents are free.
  Status bindLength(int64_t symbol, const std::string &what);

  /// Fails if a symbol has no value.
  Status finish() const;
  const std::vector<int64_t> &symbols() const { return values; }

private:
  /// The text of the first extent that does not fit, or nothing.
  std::string bindDims(const TensorDesc &desc, const std::string &what,
                       const int64_t *dims);
  std::string bindSymbol(int64_t symbol, int64_t value,
                         const std::string &what);

  const Model &model;
  std::vector<int64_t> values; ///< -1: none yet
  std::vector<std::string> sources;
};

/// The extents of a tensor for these symbols.
std::vector<int64_t> resolveDims(const TensorDesc &desc,
                                 const std::vector<int64_t> &symbols);

} // namespace nibble::rt

#endif // NIBBLE_LIB_RUNTIME_SHAPEBINDER_H
