//===- TestModel.h - A model with every kind of content ---------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_UNITTESTS_IMPORT_TESTMODEL_H
#define NIBBLE_UNITTESTS_IMPORT_TESTMODEL_H

#include <string>

namespace nibble {
namespace test {

/// A well-formed model: tensors in all storages (external data in file
/// `w.bin`), attributes of all kinds, If and Loop with subgraphs, a local
/// function, sequences and symbolic dimensions.
std::string makeModel();

/// Contents of `w.bin`.
std::string makeExternalData();

} // namespace test
} // namespace nibble

#endif // NIBBLE_UNITTESTS_IMPORT_TESTMODEL_H
