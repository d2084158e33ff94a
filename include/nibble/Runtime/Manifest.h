//===- Manifest.h - What an artifact says about itself ----------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The content of manifest.json as plain structures: the compiler fills them
// (lib/Target writes the JSON), the runtime reads them back. docs/artifact.md
// is the description of the JSON. No code but constructors, so that compiler
// and runtime share it without linking each other.
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_RUNTIME_MANIFEST_H
#define NIBBLE_RUNTIME_MANIFEST_H

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace nibble {

/// The version of the file's form; raised when an older runtime could misread.
constexpr int64_t kArtifactFormat = 1;

/// Names of the entries that the runtime looks for.
constexpr const char *kManifestEntry = "manifest.json";
constexpr const char *kCodeEntry = "code.so";
constexpr const char *kParametersEntry = "parameters.safetensors";

/// One dimension of a tensor.
struct ManifestDim {
  enum class Kind {
    Fixed,     ///< `value` is the extent, >= 0
    Symbol,    ///< `value` indexes Manifest::symbols
    Expression ///< only for outputs: `text` shows what nib_shapes computes
  };
  Kind kind = Kind::Fixed;
  int64_t value = 0;
  std::string text;

  static ManifestDim fixed(int64_t extent) {
    return {Kind::Fixed, extent, std::string()};
  }
  static ManifestDim symbol(int64_t index) {
    return {Kind::Symbol, index, std::string()};
  }
  static ManifestDim expression(std::string text) {
    return {Kind::Expression, 0, std::move(text)};
  }
};

/// An input or output that is not state. `dtype` is one of bool, int8, int16,
/// int32, int64, uint8, uint16, uint32, uint64, float16, bfloat16, float32,
/// float64.
struct ManifestTensor {
  std::string name;
  std::string dtype;
  std::vector<ManifestDim> shape;
};

/// A value that a session keeps from run to run. `shape` is what the state has
/// before a run; with an `axis`, shape[axis] is the symbol `lengthSymbol`.
struct ManifestState {
  std::string name;
  std::string input;  ///< the ONNX input that gives it explicitly
  std::string output; ///< the ONNX output that shows it
  std::string dtype;
  std::vector<ManifestDim> shape;
  int64_t axis = -1;         ///< the axis that grows, or -1
  int64_t lengthSymbol = -1; ///< the symbol of its extent before the run
  /// Shows its extent after the run, e.g. "past + sequence"; may be empty.
  std::string lengthAfter;
  /// In a basis of the artifact's own: can be neither given nor asked for.
  bool isPrivate = false;
};

/// Lifetime of a planned buffer or of an output: the first dispatch that
/// touches it and the last, both inclusive.
struct ManifestBuffer {
  int64_t first = 0;
  int64_t last = 0;
};

/// One launch site of the graph function, in its order.
struct ManifestDispatch {
  std::string name;
  std::vector<std::string> nodes; ///< names of the ONNX nodes it computes
  std::string kernel;             ///< e.g. "contract_add.s8-madd-avx2"
  std::string format;             ///< of its weights or values, e.g. "int8"
  int64_t macs = -1; ///< multiply-accumulates of a run; -1: not said
};

struct ManifestTarget {
  std::string triple;
  std::string cpu;
  /// LLVM's names, without sign, of all features the code may use.
  std::vector<std::string> features;
};

/// An entry of the archive, except the manifest itself.
struct ManifestEntry {
  std::string name;
  uint64_t bytes = 0;
  uint32_t crc32 = 0;
};

struct Manifest {
  std::string nibble;   ///< version of the compiler
  int64_t codeABI = -1; ///< NIB_CODE_ABI that the code was written for
  ManifestTarget target;
  std::vector<std::string> symbols;
  std::vector<ManifestTensor> inputs;
  std::vector<ManifestTensor> outputs;
  std::vector<ManifestState> states;
  std::vector<ManifestBuffer> buffers;
  /// Of each output, in their order.
  std::vector<ManifestBuffer> outputBuffers;
  std::vector<ManifestDispatch> dispatches;
  /// Messages of the checks that nib_shapes and nib_run can fail; each names
  /// its ONNX node.
  std::vector<std::string> checks;
  /// Bytes of the parameters' data section; 0 where there is no such entry.
  uint64_t parameterBytes = 0;
  /// Filled by the writer.
  std::vector<ManifestEntry> entries;
  /// A JSON object as text, or empty: what the compiler reports about its
  /// choices. The runtime does not read it.
  std::string report;
};

} // namespace nibble

#endif // NIBBLE_RUNTIME_MANIFEST_H
