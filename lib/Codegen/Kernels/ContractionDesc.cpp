//===- ContractionDesc.cpp - What is computed, and by which dot -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ContractionInternal.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/ADT/Twine.h"

#include <optional>

using namespace nibble::codegen;
using llvm::createStringError;

//===----------------------------------------------------------------------===//
// Text form
//===----------------------------------------------------------------------===//

static llvm::StringRef stringify(ActivationKind kind) {
  switch (kind) {
  case ActivationKind::F32:
    return "f32";
  case ActivationKind::S8:
    return "s8";
  case ActivationKind::U8:
    return "u8";
  }
  llvm_unreachable("all kinds are named");
}

static llvm::StringRef stringify(OutputKind kind) {
  switch (kind) {
  case OutputKind::F32:
    return "f32";
  case OutputKind::I32:
    return "i32";
  case OutputKind::S8:
    return "s8";
  case OutputKind::U8:
    return "u8";
  }
  llvm_unreachable("all kinds are named");
}

static llvm::StringRef stringify(Granularity granularity) {
  switch (granularity) {
  case Granularity::None:
    return "none";
  case Granularity::Tensor:
    return "tensor";
  case Granularity::Row:
    return "row";
  }
  llvm_unreachable("all granularities are named");
}

static llvm::StringRef stringify(ScaleKind kind) {
  switch (kind) {
  case ScaleKind::None:
    return "none";
  case ScaleKind::F32:
    return "f32";
  case ScaleKind::F16:
    return "f16";
  case ScaleKind::BF16:
    return "bf16";
  }
  llvm_unreachable("all kinds are named");
}

std::string ContractionDesc::str() const {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "a=" << stringify(a);
  if (aScale != Granularity::None)
    os << " a_scale=" << stringify(aScale);
  if (aZero != Granularity::None)
    os << " a_zero=" << stringify(aZero);
  if (b.isFloat())
    os << " b=f32";
  else
    os << " b=" << (b.isSigned ? "int" : "uint") << unsigned(b.bits);
  if (b.boundedPairs)
    os << " pairs";
  if (b.isGrouped())
    os << " group=" << b.group;
  if (b.scale != ScaleKind::None)
    os << " scale=" << stringify(b.scale);
  if (b.zero)
    os << " zero";
  if (b.packedAtRunTime)
    os << " run_time";
  os << " c=" << stringify(c);
  if (outScale)
    os << " out_scale";
  if (wordSegments)
    os << " words";
  if (rowDims != 1)
    os << " rows=" << unsigned(rowDims);
  if (segmentDims != 0)
    os << " segments=" << unsigned(segmentDims);
  if (groupDims != 0)
    os << " groups=" << unsigned(groupDims);
  return text;
}

/// Parses "f32", "int4", "uint8", …
static bool parseWeights(llvm::StringRef text, WeightFormat &b) {
  if (text == "f32") {
    b.bits = 32;
    return true;
  }
  b.isSigned = !text.consume_front("u");
  return text.consume_front("int") && !text.getAsInteger(10, b.bits);
}

template <typename T> static bool assign(T &target, std::optional<T> value) {
  if (value)
    target = *value;
  return value.has_value();
}

static std::optional<Granularity> parseGranularity(llvm::StringRef text) {
  return llvm::StringSwitch<std::optional<Granularity>>(text)
      .Case("none", Granularity::None)
      .Case("tensor", Granularity::Tensor)
      .Case("row", Granularity::Row)
      .Default(std::nullopt);
}

static bool parseEntry(llvm::StringRef key, llvm::StringRef value,
                       ContractionDesc &desc) {
  if (key == "a")
    return assign(desc.a,
                  llvm::StringSwitch<std::optional<ActivationKind>>(value)
                      .Case("f32", ActivationKind::F32)
                      .Case("s8", ActivationKind::S8)
                      .Case("u8", ActivationKind::U8)
                      .Default(std::nullopt));
  if (key == "c")
    return assign(desc.c, llvm::StringSwitch<std::optional<OutputKind>>(value)
                              .Case("f32", OutputKind::F32)
                              .Case("i32", OutputKind::I32)
                              .Case("s8", OutputKind::S8)
                              .Case("u8", OutputKind::U8)
                              .Default(std::nullopt));
  if (key == "scale")
    return assign(desc.b.scale,
                  llvm::StringSwitch<std::optional<ScaleKind>>(value)
                      .Case("none", ScaleKind::None)
                      .Case("f32", ScaleKind::F32)
                      .Case("f16", ScaleKind::F16)
                      .Case("bf16", ScaleKind::BF16)
                      .Default(std::nullopt));
  if (key == "a_scale")
    return assign(desc.aScale, parseGranularity(value));
  if (key == "a_zero")
    return assign(desc.aZero, parseGranularity(value));
  if (key == "b")
    return parseWeights(value, desc.b);
  if (key == "group")
    return !value.getAsInteger(10, desc.b.group);
  if (key == "rows")
    return !value.getAsInteger(10, desc.rowDims);
  if (key == "segments")
    return !value.getAsInteger(10, desc.segmentDims);
  if (key == "groups")
    return !value.getAsInteger(10, desc.groupDims);
  if (key == "pairs" && value.empty())
    return desc.b.boundedPairs = true;
  if (key == "zero" && value.empty())
    return desc.b.zero = true;
  if (key == "run_time" && value.empty())
    return desc.b.packedAtRunTime = true;
  if (key == "out_scale" && value.empty())
    return desc.outScale = true;
  if (key == "words" && value.empty())
    return desc.wordSegments = true;
  return false;
}

llvm::Expected<ContractionDesc> ContractionDesc::parse(llvm::StringRef text) {
  ContractionDesc desc;
  for (llvm::StringRef entry : llvm::split(text, ' ')) {
    if (entry.empty())
      continue;
    auto [key, value] = entry.split('=');
    if (!parseEntry(key, value, desc))
      return createStringError("contraction: cannot read '%s'",
                               entry.str().c_str());
  }
  if (llvm::Error error = desc.verify())
    return std::move(error);
  return desc;
}

//===----------------------------------------------------------------------===//
// Verification
//===----------------------------------------------------------------------===//

static const char *findWeightFault(const WeightFormat &b) {
  if (b.isFloat())
    return b.isGrouped() || b.zero || b.boundedPairs ||
                   b.scale != ScaleKind::None
               ? "f32 weights have no group, bounded pairs, scale or zero point"
               : nullptr;
  if (b.bits < 2 || b.bits > 8)
    return "integer weights have 2 to 8 bits";
  if (b.boundedPairs && (!b.isSigned || b.zero || b.bits != 8))
    return "bounded pairs are of int8 codes without zero point";
  if (b.group < 0 || b.group % 4 != 0)
    return "a group must be a multiple of 4 values";
  if (b.packedAtRunTime)
    return "only an f32 right operand can be packed at run time";
  return nullptr;
}

static const char *findFault(const ContractionDesc &desc) {
  if (const char *fault = findWeightFault(desc.b))
    return fault;
  if (!desc.isInteger()) {
    if (desc.aScale != Granularity::None || desc.aZero != Granularity::None)
      return "f32 activations have no scale or zero point";
    if (desc.wordSegments)
      return "words are of integer activations";
    if (desc.c == OutputKind::I32)
      return "an i32 result needs integer activations";
  } else if (desc.b.isFloat()) {
    return "integer activations need integer weights: dequantize them first";
  }
  if (!desc.b.isFloat()) {
    bool raw = desc.c == OutputKind::I32;
    if (raw && (desc.b.isGrouped() || desc.b.scale != ScaleKind::None ||
                desc.aScale != Granularity::None))
      return "an i32 result has no scales and no weight groups";
    if (!raw && desc.b.scale == ScaleKind::None)
      return "integer weights need scales unless the result is i32";
  }
  if (desc.outScale && desc.c != OutputKind::S8 && desc.c != OutputKind::U8)
    return "only s8 and u8 results have an output scale";
  if (desc.rowDims < 1 || desc.rowDims > 3)
    return "rows have 1 to 3 dimensions";
  if (desc.segmentDims > 2)
    return "segments have at most 2 dimensions";
  if (desc.groupDims > 3)
    return "groups have at most 3 dimensions";
  return nullptr;
}

llvm::Error ContractionDesc::verify() const {
  if (const char *fault = findFault(*this))
    return createStringError("contraction '%s': %s", str().c_str(), fault);
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Dots
//===----------------------------------------------------------------------===//

// Tiles: accumulators, two B vectors and one broadcast fill the 16 (ymm) or
// most of the 32 (zmm) registers. Rates are those of Zen 3 (ymm) and Zen 5
// (zmm).
static constexpr DotInfo dotTable[] = {
    {Dot::F32Avx2, "f32-avx2", true, 6, 16, 8, 1, 16},
    {Dot::F32Avx512, "f32-avx512", true, 12, 32, 16, 1, 32},
    {Dot::S8MaddAvx2, "s8-madd-avx2", true, 6, 16, 8, 2, 25},
    {Dot::S8MaddubsAvx2, "s8-maddubs-avx2", true, 6, 16, 8, 4, 31},
    {Dot::U8MaddubsAvx2, "u8-maddubs-avx2", true, 6, 16, 8, 4, 60},
    {Dot::U8DpbusdAvxVnni, "u8-dpbusd-avxvnni", true, 6, 16, 8, 4, 64},
    {Dot::U8DpbusdAvx512, "u8-dpbusd-avx512", true, 12, 32, 16, 4, 128},
    {Dot::AmxInt8, "amx-int8", false, 16, 16, 16, 4, 1024},
    {Dot::AmxBF16, "amx-bf16", false, 16, 16, 16, 2, 512},
    {Dot::NeonDotProd, "neon-dotprod", false, 8, 8, 4, 4, 64},
    {Dot::NeonI8MM, "neon-i8mm", false, 8, 8, 4, 8, 128},
};

const DotInfo &nibble::codegen::getDotInfo(Dot dot) {
  return dotTable[unsigned(dot)];
}

/// Null, or the name of what the CPU lacks for `dot`.
static const char *findMissingFeature(Dot dot, const TargetFeatures &features) {
  auto need = [&](std::initializer_list<Feature> all, const char *name) {
    for (Feature feature : all)
      if (!features.has(feature))
        return name;
    return static_cast<const char *>(nullptr);
  };
  switch (dot) {
  case Dot::F32Avx2:
    return need({Feature::AVX2, Feature::FMA, Feature::F16C},
                "avx2, fma and f16c");
  case Dot::S8MaddAvx2:
  case Dot::S8MaddubsAvx2:
  case Dot::U8MaddubsAvx2:
    return need({Feature::AVX2, Feature::FMA, Feature::F16C},
                "avx2, fma and f16c");
  case Dot::U8DpbusdAvxVnni:
    if (!need({Feature::AVX512VNNI, Feature::AVX512VL}, "") &&
        !need({Feature::AVX2, Feature::FMA, Feature::F16C}, ""))
      return nullptr;
    return need({Feature::AVXVNNI, Feature::AVX2, Feature::FMA, Feature::F16C},
                "avxvnni, avx2, fma and f16c");
  case Dot::F32Avx512:
    return need({Feature::AVX512F, Feature::AVX512BW, Feature::AVX512VL,
                 Feature::AVX512DQ},
                "avx512f, avx512bw, avx512vl and avx512dq");
  case Dot::U8DpbusdAvx512:
    return need({Feature::AVX512F, Feature::AVX512BW, Feature::AVX512VL,
                 Feature::AVX512DQ, Feature::AVX512VNNI},
                "avx512f, avx512bw, avx512vl, avx512dq and avx512vnni");
  case Dot::AmxInt8:
    return need({Feature::AMXInt8}, "amx-int8");
  case Dot::AmxBF16:
    return need({Feature::AMXBF16}, "amx-bf16");
  case Dot::NeonDotProd:
    return need({Feature::DotProd}, "dotprod");
  case Dot::NeonI8MM:
    return need({Feature::I8MM}, "i8mm");
  }
  llvm_unreachable("all dots are listed");
}

/// True if `dot` computes what `desc` says.
static bool computes(Dot dot, const ContractionDesc &desc) {
  switch (dot) {
  case Dot::F32Avx2:
  case Dot::F32Avx512:
    return !desc.isInteger();
  case Dot::S8MaddAvx2:
    return desc.isInteger() && desc.b.bits == 8;
  case Dot::S8MaddubsAvx2:
    // A pair's products, of one sign or not, sum up to 255 * 128 < 2^15 at
    // most. A group's sum has no place for what the shift of A adds to it.
    return desc.isInteger() && desc.b.boundedPairs && !desc.b.isGrouped();
  case Dot::U8MaddubsAvx2:
    // Two products of 7-bit codes still fit i16: 2 * 127 * 128 < 2^15.
    return desc.isInteger() && desc.b.bits <= 7;
  case Dot::U8DpbusdAvxVnni:
  case Dot::U8DpbusdAvx512:
  case Dot::AmxInt8:
  case Dot::NeonDotProd:
  case Dot::NeonI8MM:
    return desc.isInteger();
  case Dot::AmxBF16:
    return false;
  }
  llvm_unreachable("all dots are listed");
}

llvm::Expected<ContractionPlan>
nibble::codegen::planContraction(const ContractionDesc &desc,
                                 const TargetFeatures &features) {
  if (llvm::Error error = desc.verify())
    return std::move(error);
  const DotInfo *best = nullptr;
  for (const DotInfo &info : dotTable)
    if (info.implemented && computes(info.dot, desc) &&
        !findMissingFeature(info.dot, features) &&
        (!best || info.macsPerCycle > best->macsPerCycle))
      best = &info;
  if (!best)
    return createStringError(
        "contraction '%s': no kernel for a CPU with %s; x86-64-v3 is the "
        "least that is supported",
        desc.str().c_str(),
        features.str().empty() ? "SSE alone" : features.str().c_str());
  return ContractionPlan{desc, best->dot};
}

bool nibble::codegen::prefersBoundedPairs(const TargetFeatures &features) {
  ContractionDesc desc;
  desc.a = ActivationKind::S8;
  desc.b.bits = 8;
  desc.c = OutputKind::I32;
  auto rate = [&](bool boundedPairs) {
    desc.b.boundedPairs = boundedPairs;
    llvm::Expected<ContractionPlan> plan = planContraction(desc, features);
    if (plan)
      return plan->info().macsPerCycle;
    llvm::consumeError(plan.takeError());
    return 0.0f;
  };
  return rate(true) > rate(false);
}

llvm::Expected<ContractionPlan>
nibble::codegen::planContraction(const ContractionDesc &desc, Dot dot,
                                 const TargetFeatures &features) {
  if (llvm::Error error = desc.verify())
    return std::move(error);
  const DotInfo &info = getDotInfo(dot);
  if (!info.implemented)
    return createStringError("the dot '%s' has no kernel yet",
                             info.name.data());
  if (const char *missing = findMissingFeature(dot, features))
    return createStringError("the dot '%s' needs %s", info.name.data(),
                             missing);
  if (!computes(dot, desc))
    return createStringError("the dot '%s' does not compute '%s'",
                             info.name.data(), desc.str().c_str());
  return ContractionPlan{desc, dot};
}
