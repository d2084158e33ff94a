//===- CPUFeatures.h - What this CPU can do ---------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_RUNTIME_CPUFEATURES_H
#define NIBBLE_LIB_RUNTIME_CPUFEATURES_H

#include <cstddef>
#include <string>
#include <vector>

namespace nibble::rt {

enum class FeatureState { Present, Absent, Unknown };

/// Whether this CPU and operating system have a feature, by LLVM's name.
/// Unknown: not a name that this runtime can check.
FeatureState cpuFeature(const std::string &name);

/// All names that cpuFeature knows on this architecture.
std::vector<std::string> knownCPUFeatures();

/// The architecture of this library as the first part of an LLVM triple.
const char *hostArchitecture();

/// Number of physical cores that this process may run on; at least 1.
size_t physicalCores();

} // namespace nibble::rt

#endif // NIBBLE_LIB_RUNTIME_CPUFEATURES_H
