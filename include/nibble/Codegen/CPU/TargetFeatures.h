//===- TargetFeatures.h - What a CPU can execute ----------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_CODEGEN_CPU_TARGETFEATURES_H
#define NIBBLE_CODEGEN_CPU_TARGETFEATURES_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <string>

namespace nibble::codegen {

/// The instruction sets that choose a kernel. Others do not matter to Nibble
/// and are left to LLVM's CPU name.
enum class Feature : uint8_t {
  AVX2,
  FMA,
  F16C,
  AVX512F,
  AVX512BW,
  AVX512VL,
  AVX512DQ,
  AVX512VNNI,
  AVX512BF16,
  AVXVNNI,
  AMXInt8,
  AMXBF16,
  DotProd,
  I8MM,
};

/// A set of instruction sets.
class TargetFeatures {
public:
  TargetFeatures() = default;

  bool has(Feature feature) const { return bits >> unsigned(feature) & 1; }
  TargetFeatures &add(Feature feature) {
    bits |= uint32_t(1) << unsigned(feature);
    return *this;
  }
  bool operator==(TargetFeatures other) const { return bits == other.bits; }

  /// From an LLVM feature string, "+avx512f,-avx512vnni": `+` adds a feature
  /// and those that it implies, `-` takes it and those that need it away. Names
  /// that are not in `Feature` are ignored. Fails on an entry without sign.
  static llvm::Expected<TargetFeatures> parse(llvm::StringRef features);

  /// What LLVM says that the x86 CPU `name` has ("x86-64-v3", "znver5"). Fails
  /// on a name that LLVM does not know.
  static llvm::Expected<TargetFeatures> forCPU(llvm::StringRef name);

  /// What this process runs on.
  static TargetFeatures host();

  /// As `parse` reads it.
  std::string str() const;

private:
  uint32_t bits = 0;
};

} // namespace nibble::codegen

#endif // NIBBLE_CODEGEN_CPU_TARGETFEATURES_H
