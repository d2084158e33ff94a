//===- TargetFeatures.cpp - What a CPU can execute --------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Codegen/CPU/TargetFeatures.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/X86TargetParser.h"

using namespace nibble::codegen;

namespace {
struct FeatureName {
  Feature feature;
  llvm::StringLiteral name;
};
} // namespace

/// LLVM's spelling of each feature.
static constexpr FeatureName featureNames[] = {
    {Feature::AVX2, "avx2"},
    {Feature::FMA, "fma"},
    {Feature::F16C, "f16c"},
    {Feature::AVX512F, "avx512f"},
    {Feature::AVX512BW, "avx512bw"},
    {Feature::AVX512VL, "avx512vl"},
    {Feature::AVX512DQ, "avx512dq"},
    {Feature::AVX512VNNI, "avx512vnni"},
    {Feature::AVX512BF16, "avx512bf16"},
    {Feature::AVXVNNI, "avxvnni"},
    {Feature::AMXInt8, "amx-int8"},
    {Feature::AMXBF16, "amx-bf16"},
    {Feature::DotProd, "dotprod"},
    {Feature::I8MM, "i8mm"},
};

/// The features that are set in `names`.
static TargetFeatures collect(const llvm::StringMap<bool> &names) {
  TargetFeatures result;
  for (const FeatureName &f : featureNames)
    if (names.lookup(f.name))
      result.add(f.feature);
  return result;
}

llvm::Expected<TargetFeatures> TargetFeatures::parse(llvm::StringRef features) {
  llvm::StringMap<bool> names;
  for (llvm::StringRef entry : llvm::split(features, ',')) {
    entry = entry.trim();
    if (entry.empty())
      continue;
    if (entry[0] != '+' && entry[0] != '-')
      return llvm::createStringError(
          "target feature '%s' must start with '+' or '-'",
          entry.str().c_str());
    bool enabled = entry[0] == '+';
    entry = entry.drop_front();
    names[entry] = enabled;
    llvm::X86::updateImpliedFeatures(entry, enabled, names);
  }
  return collect(names);
}

llvm::Expected<TargetFeatures> TargetFeatures::forCPU(llvm::StringRef name) {
  llvm::SmallVector<llvm::StringRef> known;
  llvm::X86::fillValidCPUArchList(known, /*Only64Bit=*/true);
  if (!llvm::is_contained(known, name))
    return llvm::createStringError("unknown x86-64 CPU '%s'",
                                   name.str().c_str());
  llvm::SmallVector<llvm::StringRef> features;
  llvm::X86::getFeaturesForCPU(name, features, /*NeedPlus=*/true);
  return parse(llvm::join(features, ","));
}

TargetFeatures TargetFeatures::host() {
  return collect(llvm::sys::getHostCPUFeatures());
}

std::string TargetFeatures::str() const {
  llvm::SmallVector<std::string> parts;
  for (const FeatureName &f : featureNames)
    if (has(f.feature))
      parts.push_back(("+" + f.name).str());
  return llvm::join(parts, ",");
}
