//===- NamedFormats.h - Formats that have a name -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_FORMATS_NAMEDFORMATS_H
#define NIBBLE_FORMATS_NAMEDFORMATS_H

#include "nibble/Formats/Format.h"

namespace nibble::formats {

struct NamedFormat {
  /// Lower case.
  std::string name;
  /// One line for `--help`.
  std::string description;
  /// Of rank 2, blocks along the last axis.
  Format format;
};

/// All of them, in a fixed order.
const std::vector<NamedFormat> &namedFormats();

/// The format called `name` (case does not matter), or null.
const NamedFormat *lookupNamedFormat(std::string_view name);

/// Ok where RowCodec encodes and decodes this format; else a message that
/// names what has no encoding. `format` need not be valid.
Status supportsEncoding(const Format &format);

/// The values of a table that is fixed by its publisher ("nf4", "iq4nl"),
/// ascending, or null.
const std::vector<float> *lookupTable(std::string_view name);

} // namespace nibble::formats

#endif // NIBBLE_FORMATS_NAMEDFORMATS_H
