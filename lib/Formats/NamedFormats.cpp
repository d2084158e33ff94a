//===- NamedFormats.cpp - Formats that have a name --------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Formats/NamedFormats.h"

#include "nibble/Formats/MiniFloat.h"

namespace nibble::formats {

using Blocks = std::vector<int64_t>;

static ScaleType scaleType(ScaleKind kind, unsigned bits = 0) {
  return {kind, bits};
}

static Format plain(ElementCode code) {
  Format format;
  format.code = std::move(code);
  return format;
}

static Format blocked(ElementCode code, int64_t block, ScaleType scale,
                      std::vector<OuterScale> outer = {}) {
  Format format = plain(std::move(code));
  format.block = {1, block};
  format.scale = scale;
  format.outer = std::move(outer);
  return format;
}

static Format withZero(Format format, ZeroKind kind, unsigned bits) {
  format.zero.kind = kind;
  format.zero.bits = bits;
  return format;
}

static Format withOffset(Format format, ScaleType type,
                         std::vector<OuterScale> outer = {}) {
  format.zero.kind = ZeroKind::Offset;
  format.zero.type = type;
  format.zero.outer = std::move(outer);
  return format;
}

/// GGUF's super-block: one f16 scale over 256 elements.
static std::vector<OuterScale> superBlock() {
  return {{scaleType(ScaleKind::F16), {1, 256}}};
}

static void addIntegers(std::vector<NamedFormat> &formats) {
  for (unsigned bits = 1; bits <= 16; ++bits) {
    std::string width = std::to_string(bits);
    formats.push_back(
        {"int" + width, width + "-bit signed, f32 scale a row, symmetric",
         blocked(ElementCode::makeInt(bits), -1, scaleType(ScaleKind::F32))});
    formats.push_back({"uint" + width,
                       width + "-bit unsigned, f32 scale and zero point a row",
                       withZero(blocked(ElementCode::makeUInt(bits), -1,
                                        scaleType(ScaleKind::F32)),
                                ZeroKind::UInt, bits)});
  }
}

static void addFloats(std::vector<NamedFormat> &formats) {
  auto add = [&](const char *name, const char *text, ElementCode code) {
    formats.push_back({name, text, plain(std::move(code))});
  };
  using EC = ElementCode;
  add("f32", "IEEE binary32", EC::makeFloat(8, 23));
  add("f16", "IEEE binary16", EC::makeFloat(5, 10));
  add("bf16", "bfloat16", EC::makeFloat(8, 7));
  add("e4m3", "8-bit float, OCP E4M3 (fn)", EC::makeFloat(4, 3));
  add("e5m2", "8-bit float, OCP E5M2 (ieee)", EC::makeFloat(5, 2));
  add("e4m3fnuz", "8-bit float, no -0, no Inf",
      EC::makeFloat(4, 3, FloatConvention::FNUZ));
  add("e5m2fnuz", "8-bit float, no -0, no Inf",
      EC::makeFloat(5, 2, FloatConvention::FNUZ));
  add("e3m2", "6-bit float, OCP E3M2", EC::makeFloat(3, 2));
  add("e2m3", "6-bit float, OCP E2M3", EC::makeFloat(2, 3));
  add("e2m1", "4-bit float, OCP E2M1", EC::makeFloat(2, 1));
}

static void addBlockFormats(std::vector<NamedFormat> &formats) {
  auto add = [&](const char *name, const char *text, Format format) {
    formats.push_back({name, text, std::move(format)});
  };
  using EC = ElementCode;
  ScaleType e8m0 = scaleType(ScaleKind::E8M0);
  ScaleType f16 = scaleType(ScaleKind::F16);
  add("mxfp8", "OCP MX: E4M3, E8M0 scale over 32",
      blocked(EC::makeFloat(4, 3), 32, e8m0));
  add("mxfp8_e5m2", "OCP MX: E5M2, E8M0 scale over 32",
      blocked(EC::makeFloat(5, 2), 32, e8m0));
  add("mxfp6", "OCP MX: E2M3, E8M0 scale over 32",
      blocked(EC::makeFloat(2, 3), 32, e8m0));
  add("mxfp6_e3m2", "OCP MX: E3M2, E8M0 scale over 32",
      blocked(EC::makeFloat(3, 2), 32, e8m0));
  add("mxfp4", "OCP MX: E2M1, E8M0 scale over 32",
      blocked(EC::makeFloat(2, 1), 32, e8m0));
  add("mxint8", "OCP MX: 8-bit integer, E8M0 scale over 32",
      blocked(EC::makeInt(8), 32, e8m0));
  add("nvfp4", "E2M1, E4M3 scale over 16, f32 scale over the tensor",
      blocked(EC::makeFloat(2, 1), 16, scaleType(ScaleKind::E4M3),
              {{scaleType(ScaleKind::F32), {}}}));
  add("hif4",
      "sign, 1 integer and 2 fraction bits; shifts over 4 and 8; "
      "UE6M2 scale over 64",
      blocked(EC::makeInt(4), 4, scaleType(ScaleKind::Shift, 1),
              {{scaleType(ScaleKind::Shift, 1), {1, 8}},
               {scaleType(ScaleKind::UE6M2), {1, 64}}}));
  add("nf4", "16 quantiles of the normal distribution, f16 scale over 64",
      blocked(EC::makeTable(4, "nf4"), 64, f16));
  add("ternary", "-1, 0, 1; f16 scale a row",
      blocked(EC::makeTernary(), -1, f16));
  add("matmulnbits", "ONNX Runtime's MatMulNBits, 4 bits over 32",
      withZero(blocked(EC::makeUInt(4), 32, scaleType(ScaleKind::F32)),
               ZeroKind::UInt, 4));
}

static void addGguf(std::vector<NamedFormat> &formats) {
  auto add = [&](const char *name, Format format) {
    formats.push_back({name, "GGUF's numbers; its file layout interleaves them",
                       std::move(format)});
  };
  using EC = ElementCode;
  ScaleType f16 = scaleType(ScaleKind::F16);
  auto integer = [](unsigned bits) { return scaleType(ScaleKind::Int, bits); };
  auto unsignedInteger = [](unsigned bits) {
    return scaleType(ScaleKind::UInt, bits);
  };
  auto scaleAndMin = [&](unsigned bits, int64_t block, unsigned scaleBits) {
    return withOffset(blocked(EC::makeUInt(bits), block,
                              unsignedInteger(scaleBits), superBlock()),
                      unsignedInteger(scaleBits), superBlock());
  };
  add("q4_0", blocked(EC::makeInt(4), 32, f16));
  add("q4_1", withOffset(blocked(EC::makeUInt(4), 32, f16), f16));
  add("q5_0", blocked(EC::makeInt(5), 32, f16));
  add("q5_1", withOffset(blocked(EC::makeUInt(5), 32, f16), f16));
  add("q8_0", blocked(EC::makeInt(8), 32, f16));
  add("q2_k", scaleAndMin(2, 16, 4));
  add("q3_k", blocked(EC::makeInt(3), 16, integer(6), superBlock()));
  add("q4_k", scaleAndMin(4, 32, 6));
  add("q5_k", scaleAndMin(5, 32, 6));
  add("q6_k", blocked(EC::makeInt(6), 16, integer(8), superBlock()));
  add("iq4_nl", blocked(EC::makeTable(4, "iq4nl"), 32, f16));
  add("iq4_xs",
      blocked(EC::makeTable(4, "iq4nl"), 32, integer(6), superBlock()));
}

const std::vector<NamedFormat> &namedFormats() {
  static const std::vector<NamedFormat> formats = [] {
    std::vector<NamedFormat> all;
    addIntegers(all);
    addFloats(all);
    addBlockFormats(all);
    addGguf(all);
    return all;
  }();
  return formats;
}

const NamedFormat *lookupNamedFormat(std::string_view name) {
  auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  std::string wanted;
  for (char c : name)
    wanted += lower(c);
  for (const NamedFormat &format : namedFormats())
    if (format.name == wanted)
      return &format;
  return nullptr;
}

//===----------------------------------------------------------------------===//
// What can be encoded
//===----------------------------------------------------------------------===//

Status supportsEncoding(const Format &format) {
  auto refuse = [](const std::string &what) {
    return Status::error("no encoding for " + what);
  };
  if (!format.code.isInteger() && format.code.kind != CodeKind::Float)
    return refuse("element code " + toString(format.code));
  if (!format.scale.isNone() && scaleBytes(format.scale.kind) == 0)
    return refuse("scale type " + toString(format.scale));
  if (format.zero.kind == ZeroKind::Float ||
      format.zero.kind == ZeroKind::Offset)
    return refuse("zero points of kind '" +
                  std::string(name(format.zero.kind)) + "'");
  if (format.outer.size() > 1)
    return refuse("more than one outer scale");
  for (const OuterScale &outer : format.outer)
    if (outer.type.kind != ScaleKind::F32 || !outer.block.empty())
      return refuse("outer scales other than one f32 for the whole tensor");
  return {};
}

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

const std::vector<float> *lookupTable(std::string_view name) {
  // QLoRA (bitsandbytes), and ggml's kvalues_iq4nl.
  static const std::vector<float> nf4 = {-1.0f,
                                         -0.6961928009986877f,
                                         -0.5250730514526367f,
                                         -0.39491748809814453f,
                                         -0.28444138169288635f,
                                         -0.18477343022823334f,
                                         -0.09105003625154495f,
                                         0.0f,
                                         0.07958029955625534f,
                                         0.16093020141124725f,
                                         0.24611230194568634f,
                                         0.33791524171829224f,
                                         0.44070982933044434f,
                                         0.5626170039176941f,
                                         0.7229568362236023f,
                                         1.0f};
  static const std::vector<float> iq4nl = {
      -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
  if (name == "nf4")
    return &nf4;
  if (name == "iq4nl")
    return &iq4nl;
  return nullptr;
}

} // namespace nibble::formats
