//===- CPUFeatures.cpp - What this CPU can do -------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CPUFeatures.h"

#include <cstdint>
#include <fstream>
#include <sched.h>
#include <set>

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#elif defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

using namespace nibble::rt;

#if defined(__x86_64__)

namespace {
enum Register { EAX, EBX, ECX, EDX };
/// What the operating system must save for the feature to be usable.
enum Saved : uint32_t { None = 0, YMM = 0x6, ZMM = 0xe6, Tiles = 0x60000 };

struct Feature {
  const char *name;
  uint32_t leaf;
  uint32_t subleaf;
  Register reg;
  unsigned bit;
  Saved saved;
};
} // namespace

static const Feature features[] = {
#define NIBBLE_X86_FEATURE(NAME, LEAF, SUBLEAF, REGISTER, BIT, SAVED)          \
  {NAME, LEAF, SUBLEAF, REGISTER, BIT, SAVED},
#include "nibble/Runtime/X86Features.def"
};

/// The register states that the operating system saves (XCR0).
static uint64_t savedStates() {
  unsigned eax, ebx, ecx, edx;
  if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx & 1u << 27))
    return 0;
  uint32_t low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return static_cast<uint64_t>(high) << 32 | low;
}

/// Linux hands out the tile registers only to a process that asked.
static bool requestTiles() {
  constexpr long requestPermission = 0x1023;
  constexpr long tileData = 18;
  static const bool granted =
      syscall(SYS_arch_prctl, requestPermission, tileData) == 0;
  return granted;
}

static bool hasFeature(const Feature &feature) {
  unsigned regs[4];
  if (!__get_cpuid_count(feature.leaf, feature.subleaf, &regs[EAX], &regs[EBX],
                         &regs[ECX], &regs[EDX]))
    return false;
  if (!(regs[feature.reg] >> feature.bit & 1))
    return false;
  static const uint64_t saved = savedStates();
  if ((saved & feature.saved) != feature.saved)
    return false;
  return feature.saved != Tiles || requestTiles();
}

const char *nibble::rt::hostArchitecture() { return "x86_64"; }

#elif defined(__aarch64__)

namespace {
struct Feature {
  const char *name;
  unsigned long type;
  unsigned long mask;
};
} // namespace

static const Feature features[] = {
    {"fp-armv8", AT_HWCAP, HWCAP_FP},     {"neon", AT_HWCAP, HWCAP_ASIMD},
    {"crc", AT_HWCAP, HWCAP_CRC32},       {"lse", AT_HWCAP, HWCAP_ATOMICS},
    {"rdm", AT_HWCAP, HWCAP_ASIMDRDM},    {"fullfp16", AT_HWCAP, HWCAP_ASIMDHP},
    {"dotprod", AT_HWCAP, HWCAP_ASIMDDP}, {"fp16fml", AT_HWCAP, HWCAP_ASIMDFHM},
    {"i8mm", AT_HWCAP2, HWCAP2_I8MM},     {"bf16", AT_HWCAP2, HWCAP2_BF16},
    {"sve", AT_HWCAP, HWCAP_SVE},         {"sve2", AT_HWCAP2, HWCAP2_SVE2},
};

static bool hasFeature(const Feature &feature) {
  return (getauxval(feature.type) & feature.mask) != 0;
}

const char *nibble::rt::hostArchitecture() { return "aarch64"; }

#else
#error "the runtime knows x86-64 and AArch64"
#endif

FeatureState nibble::rt::cpuFeature(const std::string &name) {
  for (const Feature &feature : features)
    if (name == feature.name)
      return hasFeature(feature) ? FeatureState::Present : FeatureState::Absent;
  return FeatureState::Unknown;
}

std::vector<std::string> nibble::rt::knownCPUFeatures() {
  std::vector<std::string> names;
  for (const Feature &feature : features)
    names.push_back(feature.name);
  return names;
}

size_t nibble::rt::physicalCores() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
    return 1;
  // Hardware threads of one core share one list of siblings.
  std::set<std::string> cores;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed))
      continue;
    std::string id = std::to_string(cpu);
    std::ifstream file("/sys/devices/system/cpu/cpu" + id +
                       "/topology/thread_siblings_list");
    std::string siblings;
    if (!std::getline(file, siblings))
      siblings = id;
    cores.insert(siblings);
  }
  return cores.empty() ? 1 : cores.size();
}
