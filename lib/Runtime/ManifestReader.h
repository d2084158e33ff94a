//===- ManifestReader.h - manifest.json, parsed and checked -----*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_RUNTIME_MANIFESTREADER_H
#define NIBBLE_LIB_RUNTIME_MANIFESTREADER_H

#include "Status.h"
#include "nibble/Runtime/Manifest.h"

namespace nibble::rt {

/// Parses the text of manifest.json and checks all that holds within it:
/// types, ranges, indices, that every symbol is bound by an input or a state.
/// `report` is left empty. Messages start with "manifest.json".
Status readManifest(const char *text, size_t size, Manifest &manifest);

} // namespace nibble::rt

#endif // NIBBLE_LIB_RUNTIME_MANIFESTREADER_H
