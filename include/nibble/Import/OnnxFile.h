//===- OnnxFile.h - An ONNX file as structs over its bytes ------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_IMPORT_ONNXFILE_H
#define NIBBLE_IMPORT_ONNXFILE_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace nibble {
namespace onnxfile {

// Names and numbers as in onnx.proto.
enum Field : uint32_t {
#define ONNX_FIELD(MESSAGE, FIELD, NUMBER) MESSAGE##_##FIELD = NUMBER,
#include "nibble/Import/OnnxFields.def"
};

enum DataType : int32_t {
#define ONNX_DATA_TYPE(NAME, NUMBER) DataType_##NAME = NUMBER,
#include "nibble/Import/OnnxFields.def"
};

enum AttributeType : int32_t {
#define ONNX_ATTRIBUTE_TYPE(NAME, NUMBER) AttributeType_##NAME = NUMBER,
#include "nibble/Import/OnnxFields.def"
};

/// Messages nested deeper than this are refused.
inline constexpr unsigned kMaxNesting = 100;

// All strings below are views of the bytes that the model was read from, and
// live as long as these.

/// A repeated field of numbers in wire form: one piece for each packed run, or
/// for each element that is not packed.
using Pieces = llvm::SmallVector<llvm::StringRef, 1>;

struct ExternalEntry {
  llvm::StringRef key, value;
};

struct Tensor {
  llvm::StringRef name;
  int32_t dataType = DataType_UNDEFINED;
  llvm::SmallVector<int64_t, 4> dims;
  bool hasSegment = false;
  std::optional<llvm::StringRef> rawData;
  Pieces floatData, doubleData;            // little-endian
  Pieces int32Data, int64Data, uint64Data; // varints
  llvm::SmallVector<llvm::StringRef, 0> stringData;
  bool isExternal = false;
  llvm::SmallVector<ExternalEntry, 3> externalData;
};

struct Dimension {
  std::optional<int64_t> value;
  llvm::StringRef param;
};

struct Type {
  enum Kind { Unknown, Tensor, Sequence, Optional, Map, SparseTensor, Opaque };
  Kind kind = Unknown;
  /// DataType of a tensor's elements or of a map's keys.
  int32_t dataType = DataType_UNDEFINED;
  bool hasShape = false;
  llvm::SmallVector<Dimension, 4> shape;
  /// What a sequence, an optional or a map holds: no more than one.
  std::vector<Type> element;
};

struct ValueInfo {
  llvm::StringRef name;
  Type type;
};

struct Graph;

struct Attribute {
  llvm::StringRef name;
  /// In a local function: the attribute of the function that this one is.
  llvm::StringRef refName;
  int32_t type = AttributeType_UNDEFINED;
  std::optional<float> f;
  std::optional<int64_t> i;
  std::optional<llvm::StringRef> s;
  std::vector<Tensor> t, tensors;
  std::vector<Graph> g, graphs;
  std::vector<Type> tp, typeProtos;
  llvm::SmallVector<float, 0> floats;
  llvm::SmallVector<int64_t, 0> ints;
  llvm::SmallVector<llvm::StringRef, 0> strings;
  bool hasSparseTensor = false;
};

struct Node {
  llvm::StringRef name, opType, domain, overload;
  llvm::SmallVector<llvm::StringRef, 3> inputs;
  llvm::SmallVector<llvm::StringRef, 1> outputs;
  std::vector<Attribute> attributes;
};

struct Graph {
  llvm::StringRef name;
  std::vector<Node> nodes;
  std::vector<Tensor> initializers;
  std::vector<ValueInfo> inputs, outputs, valueInfos;
  bool hasSparseInitializer = false;
};

struct OpsetImport {
  llvm::StringRef domain;
  int64_t version = 0;
};

struct Function {
  llvm::StringRef name, domain, overload;
  llvm::SmallVector<llvm::StringRef, 4> inputs, outputs;
  std::vector<Attribute> attributeDefaults;
  std::vector<Node> nodes;
  std::vector<OpsetImport> opsetImports;
  std::vector<ValueInfo> valueInfos;
};

struct Model {
  int64_t irVersion = 0;
  llvm::StringRef producerName, producerVersion;
  std::vector<OpsetImport> opsetImports;
  std::optional<Graph> graph;
  std::vector<Function> functions;
};

/// Reads the ModelProto in `bytes` without copying strings or data. Malformed
/// bytes are an error that names the byte and the field.
llvm::Expected<Model> readModel(llvm::StringRef bytes);

/// Appends the varints in `pieces`; nothing when one of them is malformed.
bool decodeVarints(const Pieces &pieces,
                   llvm::SmallVectorImpl<uint64_t> &values);

/// Name of a DataType or an AttributeType as in onnx.proto, or its number.
std::string getDataTypeName(int32_t type);
std::string getAttributeTypeName(int32_t type);

} // namespace onnxfile
} // namespace nibble

#endif // NIBBLE_IMPORT_ONNXFILE_H
