//===- Compile.h - From an ONNX file to an artifact -----------*- C++ -*- ===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_PIPELINE_COMPILE_H
#define NIBBLE_PIPELINE_COMPILE_H

#include "llvm/Support/Error.h"

#include <functional>
#include <string>
#include <vector>

namespace nibble {

/// What `nibble compile` and nib_compile take; nibble/Pipeline/Compiler.h
/// describes each.
struct CompileOptions {
  std::string weights = "f32";
  std::string activations = "f32";
  int64_t group = 0;
  int64_t activationGroup = 0;
  /// Changes of basis before anything is quantized: "none", "rotate", "smooth",
  /// or "auto", which takes what is best for the formats.
  std::string transform = "auto";
  /// Another order of channels that only weights see: "none", "sort" or
  /// "zigzag".
  std::string permute = "none";
  /// A safetensors file of matrices, such as learned rotations; empty: none.
  std::string matrices;
  std::string calibration;
  std::vector<std::string> keep;
  /// `name=number`: the input is this number in every run.
  std::vector<std::string> inputValues;
  std::string target = "host";
  unsigned threads = 0;
  std::string dumpIR;
  std::string kvCache = "io";
  bool rotateKV = false;
  /// Means of channels, by the calibration data, are taken away before
  /// rotations at run time.
  bool shift = false;
  /// Every layer's result is an output, too, under its node's name after
  /// `observed/`: to compare two compilations. Not for nib_compile.
  bool exposeLayers = false;
  /// Nothing is rounded; all else is as if it were: what another compilation's
  /// layers are compared with. Not for nib_compile.
  bool staysFloat = false;

  /// From the JSON object of nib_compile. Fails on an unknown key, a value of
  /// the wrong type or out of range, and names it.
  static llvm::Expected<CompileOptions> parse(llvm::StringRef json);
};

/// Called with what is being done and the part done in [0, 1]; false cancels.
using ProgressFn = std::function<bool(llvm::StringRef stage, double fraction)>;

/// Compiles the ONNX model at `path` into the artifact `outPath`, which appears
/// complete or not at all. The error says which node, file or option is wrong.
llvm::Error compileModel(llvm::StringRef path, const CompileOptions &options,
                         llvm::StringRef outPath, const ProgressFn &progress);

} // namespace nibble

#endif // NIBBLE_PIPELINE_COMPILE_H
