//===- CPUTargetTest.cpp - What compiled code may use ---------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Runtime/CPUFeatures.h"
#include "nibble/Codegen/CPU/TargetFeatures.h"
#include "nibble/Target/NativeCode.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/X86TargetParser.h"
#include "gtest/gtest.h"

using namespace nibble;

namespace {
class CPUTargetTest : public testing::Test {
protected:
  CPUTargetTest() {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86TargetMC();
    std::string error;
    llvm::Triple triple("x86_64-unknown-linux-gnu");
    info.reset(llvm::TargetRegistry::lookupTarget(triple, error)
                   ->createMCSubtargetInfo(triple, "", ""));
  }

  /// The entries of a feature string, with their signs.
  static llvm::StringSet<> entriesOf(const CPUTarget &target) {
    llvm::StringSet<> entries;
    for (llvm::StringRef entry : llvm::split(target.features, ','))
      entries.insert(entry);
    return entries;
  }

  static llvm::StringSet<> create(llvm::StringRef cpu,
                                  llvm::StringRef features) {
    return entriesOf(llvm::cantFail(CPUTarget::create(cpu, features)));
  }

  /// What LLVM enables, and so what code may use, but for what all CPUs have.
  std::vector<std::string> enabled(llvm::StringRef cpu,
                                   llvm::StringRef features) {
    info->setDefaultFeatures("x86-64", "", "+ermsb,+fsrm");
    llvm::FeatureBitset everywhere = info->getFeatureBits();
    info->setDefaultFeatures(cpu, "", features);
    std::vector<std::string> names;
    for (const llvm::SubtargetFeatureKV &feature :
         info->getEnabledProcessorFeatures())
      if (!everywhere[feature.Value])
        names.push_back(feature.Key);
    return names;
  }

  static bool isKnown(llvm::StringRef feature) {
    return rt::cpuFeature(feature.str()) != rt::FeatureState::Unknown;
  }

  /// Code for `target` uses what the runtime can check, and the manifest, which
  /// lists the entries with "+", has all of it.
  void expectChecked(const CPUTarget &target) {
    llvm::StringSet<> entries = entriesOf(target);
    for (const auto &entry : entries) {
      llvm::StringRef name = entry.getKey();
      if (name.consume_front("+"))
        EXPECT_TRUE(isKnown(name)) << name.str() << " for " << target.cpu;
    }
    for (const std::string &name : enabled(target.cpu, target.features))
      EXPECT_TRUE(entries.contains("+" + name)) << name << " " << target.cpu;
  }

  std::unique_ptr<llvm::MCSubtargetInfo> info;
};
} // namespace

#if defined(__x86_64__)

TEST_F(CPUTargetTest, EveryFeatureIsCheckedOrOff) {
  int checked = 0, off = 0;
  for (const llvm::SubtargetFeatureKV &feature :
       info->getAllProcessorFeatures()) {
    std::string name = feature.Key;
    CPUTarget target =
        llvm::cantFail(CPUTarget::create("x86-64-v3", "+" + name));
    expectChecked(target);
    llvm::StringSet<> entries = entriesOf(target);
    bool isOn = entries.contains("+" + name);
    bool isOff = entries.contains("-" + name);
    // These mean no instruction that a CPU may lack.
    if (name == "nopl" || name == "ermsb" || name == "fsrm")
      EXPECT_FALSE(isOn || isOff) << name;
    else
      EXPECT_TRUE(isOn != isOff) << name;
    EXPECT_TRUE(!isOn || isKnown(name)) << name;
    checked += isOn;
    off += isOff;
  }
  EXPECT_GT(checked, 40);
  EXPECT_GT(off, 40);
}

TEST_F(CPUTargetTest, WhatHostsHaveIsCheckedOrOff) {
  for (const auto &entry : llvm::sys::getHostCPUFeatures()) {
    std::string name = entry.first().str();
    llvm::StringSet<> entries = create("x86-64-v3", "+" + name);
    EXPECT_TRUE(entries.contains("-" + name) ||
                (entries.contains("+" + name) && isKnown(name)))
        << name;
  }
}

TEST_F(CPUTargetTest, TheHostIsChecked) {
  CPUTarget host = llvm::cantFail(CPUTarget::parse("host"));
  expectChecked(host);
  for (llvm::StringRef entry : llvm::split(host.features, ','))
    if (entry.consume_front("+"))
      EXPECT_EQ(rt::cpuFeature(entry.str()), rt::FeatureState::Present)
          << entry.str();
}

TEST_F(CPUTargetTest, NamedCPUsAreChecked) {
  llvm::SmallVector<llvm::StringRef> cpus;
  llvm::X86::fillValidCPUArchList(cpus, /*Only64Bit=*/true);
  for (llvm::StringRef cpu : cpus) {
    CPUTarget target = llvm::cantFail(CPUTarget::parse(cpu));
    EXPECT_EQ(target.cpu, cpu.str());
    expectChecked(target);
    // Kernels are chosen by the same features, wherever they come from.
    EXPECT_EQ(
        llvm::cantFail(codegen::TargetFeatures::parse(target.features)).str(),
        llvm::cantFail(codegen::TargetFeatures::forCPU(cpu)).str())
        << cpu.str();
  }
  auto has = [](llvm::StringRef cpu, llvm::StringRef feature) {
    return entriesOf(llvm::cantFail(CPUTarget::parse(cpu)))
        .contains(("+" + feature).str());
  };
  EXPECT_TRUE(has("x86-64-v3", "avx2"));
  EXPECT_FALSE(has("x86-64-v3", "avx512f"));
  EXPECT_TRUE(has("skylake-avx512", "avx512f"));
  EXPECT_FALSE(has("skylake-avx512", "avx512vnni"));
}

TEST_F(CPUTargetTest, UnknownNamesAreRefused) {
  for (const char *name : {"nonsense", "generic", "i686", "pentium4"})
    EXPECT_EQ(llvm::toString(CPUTarget::parse(name).takeError()),
              std::string("unknown target '") + name +
                  "': expected host, x86-64-v3, or an x86 CPU name that LLVM "
                  "knows, such as znver5 or sapphirerapids");
}

TEST_F(CPUTargetTest, ToSwitchOffLeavesWhatWasImplied) {
  llvm::StringSet<> entries =
      create("x86-64-v3", "+avx10.1,+avx10.2,+sgx,+rtm,+uintr");
  for (const char *entry : {"-avx10.1", "-avx10.2", "-sgx", "-rtm", "-uintr",
                            "+avx512f", "+avx512vl", "+avx512bf16", "+avx2"})
    EXPECT_TRUE(entries.contains(entry)) << entry;
}

TEST_F(CPUTargetTest, ToSwitchOffTakesWhatImpliesIt) {
  // As a virtual machine hides features of its CPU.
  llvm::StringSet<> entries = create("skylake-avx512", "-avx512f,+avx512vl");
  for (const char *entry : {"-avx512f", "-avx512vl", "-avx512bw", "+avx2"})
    EXPECT_TRUE(entries.contains(entry)) << entry;
  EXPECT_FALSE(entries.contains("+avx512vl"));
}

#endif
