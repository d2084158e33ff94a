//===- BufferPlan.h - Where buffers lie in one arena ------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_RUNTIME_BUFFERPLAN_H
#define NIBBLE_LIB_RUNTIME_BUFFERPLAN_H

#include "nibble/Runtime/Manifest.h"

#include <cstdint>
#include <vector>

namespace nibble::rt {

struct BufferPlan {
  std::vector<int64_t> offsets; ///< multiples of 64
  int64_t size = 0;             ///< of the arena
};

/// Places buffers of `sizes` bytes so that those whose lifetimes meet do not
/// overlap: the largest first, each into the smallest gap that holds it.
/// Depends on its arguments only. False if the sizes do not add up in int64;
/// sizes must not be negative.
bool planBuffers(const std::vector<ManifestBuffer> &lifetimes,
                 const std::vector<int64_t> &sizes, BufferPlan &plan);

} // namespace nibble::rt

#endif // NIBBLE_LIB_RUNTIME_BUFFERPLAN_H
