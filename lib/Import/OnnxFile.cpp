//===- OnnxFile.cpp - An ONNX file as plain structs over its bytes --------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// The only file that is compiled with exceptions: protozero reports malformed
// input by them. None leaves readModel.

#include "nibble/Import/OnnxFile.h"

#include "protozero/pbf_reader.hpp"
#include "llvm/Support/Endian.h"
#include "llvm/Support/LEB128.h"

#include <string>

using namespace nibble::onnxfile;
using llvm::StringRef;
using protozero::pbf_wire_type;

namespace {

struct FieldName {
  StringRef message, field;
  uint32_t number;
};

constexpr FieldName kFieldNames[] = {
#define ONNX_FIELD(MESSAGE, FIELD, NUMBER) {#MESSAGE, #FIELD, NUMBER},
#include "nibble/Import/OnnxFields.def"
};

// Where the reader is, for messages about malformed input.
struct Position {
  StringRef file;
  const char *at = nullptr;
  StringRef message = "ModelProto";
  uint32_t field = 0;

  std::string describe() const {
    std::string text = "byte " + std::to_string(at - file.begin()) + " of " +
                       std::to_string(file.size()) + ", ";
    for (const FieldName &name : kFieldNames)
      if (name.message == message && name.number == field)
        return text + "field '" + name.field.str() + "' of " + message.str();
    return text + "in " + message.str();
  }
};

struct Malformed : std::exception {
  explicit Malformed(std::string text) : text(std::move(text)) {}
  const char *what() const noexcept override { return text.c_str(); }
  std::string text;
};

// The fields of one message, over protozero's reader. Unlike the reader, it
// checks wire types, and lengths are 64-bit.
class Message {
public:
  Message(StringRef bytes, StringRef name, Position &position,
          unsigned depth = 0)
      : reader(bytes.data(), bytes.size()), name(name), position(position),
        depth(depth) {
    if (depth > kMaxNesting)
      throw Malformed("messages are nested more than " +
                      std::to_string(kMaxNesting) + " deep");
  }

  bool next() {
    mark(0);
    if (!reader.next())
      return false;
    mark(reader.tag());
    return true;
  }

  uint32_t field() const { return reader.tag(); }

  void skip() {
    if (reader.has_wire_type(pbf_wire_type::length_delimited))
      bytes();
    else
      reader.skip();
  }

  StringRef bytes() {
    expect(pbf_wire_type::length_delimited);
    const char *data = reader.data().data();
    const char *end = data + reader.length();
    uint64_t length = protozero::decode_varint(&data, end);
    if (length > static_cast<uint64_t>(end - data))
      throw Malformed(std::to_string(length) + " bytes are announced, but " +
                      std::to_string(end - data) + " follow");
    reader = protozero::pbf_reader(data + length, end - data - length);
    return StringRef(data, length);
  }

  Message message(StringRef childName) {
    return Message(bytes(), childName, position, depth + 1);
  }

  int64_t integer() {
    expect(pbf_wire_type::varint);
    return reader.get_int64();
  }

  float number() {
    expect(pbf_wire_type::fixed32);
    return reader.get_float();
  }

  // One packed run, or one element of wire type `element`.
  StringRef piece(pbf_wire_type element) {
    if (reader.has_wire_type(pbf_wire_type::length_delimited))
      return bytes();
    expect(element);
    const char *begin = reader.data().data();
    reader.skip();
    return StringRef(begin, reader.data().data() - begin);
  }

  void integers(llvm::SmallVectorImpl<int64_t> &values) {
    llvm::SmallVector<uint64_t> found;
    if (!decodeVarints({piece(pbf_wire_type::varint)}, found))
      throw Malformed("a varint is cut short or longer than 64 bits");
    values.append(found.begin(), found.end());
  }

  void floats(llvm::SmallVectorImpl<float> &values) {
    StringRef found = piece(pbf_wire_type::fixed32);
    if (found.size() % sizeof(float) != 0)
      throw Malformed("the length is no multiple of 4 bytes");
    for (; !found.empty(); found = found.drop_front(sizeof(float)))
      values.push_back(
          llvm::bit_cast<float>(llvm::support::endian::read32le(found.data())));
  }

private:
  void mark(uint32_t number) {
    position.at = reader.data().data();
    position.message = name;
    position.field = number;
  }

  void expect(pbf_wire_type type) {
    if (!reader.has_wire_type(type))
      throw Malformed("wire type " +
                      std::to_string(static_cast<int>(reader.wire_type())) +
                      " instead of " + std::to_string(static_cast<int>(type)));
  }

  protozero::pbf_reader reader;
  StringRef name;
  Position &position;
  unsigned depth;
};

} // namespace

static void read(Message message, Graph &graph);

static void read(Message message, ExternalEntry &entry) {
  while (message.next())
    switch (message.field()) {
    case StringStringEntryProto_key:
      entry.key = message.bytes();
      break;
    case StringStringEntryProto_value:
      entry.value = message.bytes();
      break;
    default:
      message.skip();
    }
}

static void read(Message message, Tensor &tensor) {
  while (message.next())
    switch (message.field()) {
    case TensorProto_dims:
      message.integers(tensor.dims);
      break;
    case TensorProto_data_type:
      tensor.dataType = static_cast<int32_t>(message.integer());
      break;
    case TensorProto_segment:
      tensor.hasSegment = true;
      message.skip();
      break;
    case TensorProto_float_data:
      tensor.floatData.push_back(message.piece(pbf_wire_type::fixed32));
      break;
    case TensorProto_int32_data:
      tensor.int32Data.push_back(message.piece(pbf_wire_type::varint));
      break;
    case TensorProto_string_data:
      tensor.stringData.push_back(message.bytes());
      break;
    case TensorProto_int64_data:
      tensor.int64Data.push_back(message.piece(pbf_wire_type::varint));
      break;
    case TensorProto_name:
      tensor.name = message.bytes();
      break;
    case TensorProto_raw_data:
      tensor.rawData = message.bytes();
      break;
    case TensorProto_double_data:
      tensor.doubleData.push_back(message.piece(pbf_wire_type::fixed64));
      break;
    case TensorProto_uint64_data:
      tensor.uint64Data.push_back(message.piece(pbf_wire_type::varint));
      break;
    case TensorProto_external_data:
      read(message.message("StringStringEntryProto"),
           tensor.externalData.emplace_back());
      break;
    case TensorProto_data_location:
      tensor.isExternal = message.integer() == 1;
      break;
    default:
      message.skip();
    }
}

static void read(Message message, Dimension &dim) {
  while (message.next())
    switch (message.field()) {
    case TensorShapeProto_Dimension_dim_value:
      dim.value = message.integer();
      break;
    case TensorShapeProto_Dimension_dim_param:
      dim.param = message.bytes();
      break;
    default:
      message.skip();
    }
}

// TypeProto.Tensor and TypeProto.SparseTensor have the same fields.
static void readTensorType(Message message, Type &type) {
  while (message.next())
    switch (message.field()) {
    case TypeProto_Tensor_elem_type:
      type.dataType = static_cast<int32_t>(message.integer());
      break;
    case TypeProto_Tensor_shape: {
      type.hasShape = true;
      Message shape = message.message("TensorShapeProto");
      while (shape.next())
        if (shape.field() == TensorShapeProto_dim)
          read(shape.message("TensorShapeProto_Dimension"),
               type.shape.emplace_back());
        else
          shape.skip();
      break;
    }
    default:
      message.skip();
    }
}

static void read(Message message, Type &type);

// TypeProto.Sequence, .Optional and .Map: the element is in field `element`.
static void readContainerType(Message message, Type &type, uint32_t element) {
  while (message.next()) {
    if (message.field() == element) {
      type.element.resize(1);
      read(message.message("TypeProto"), type.element.front());
    } else if (type.kind == Type::Map &&
               message.field() == TypeProto_Map_key_type) {
      type.dataType = static_cast<int32_t>(message.integer());
    } else {
      message.skip();
    }
  }
}

static void read(Message message, Type &type) {
  while (message.next())
    switch (message.field()) {
    case TypeProto_tensor_type:
      type.kind = Type::Tensor;
      readTensorType(message.message("TypeProto_Tensor"), type);
      break;
    case TypeProto_sparse_tensor_type:
      type.kind = Type::SparseTensor;
      message.skip();
      break;
    case TypeProto_sequence_type:
      type.kind = Type::Sequence;
      readContainerType(message.message("TypeProto_Sequence"), type,
                        TypeProto_Sequence_elem_type);
      break;
    case TypeProto_optional_type:
      type.kind = Type::Optional;
      readContainerType(message.message("TypeProto_Optional"), type,
                        TypeProto_Optional_elem_type);
      break;
    case TypeProto_map_type:
      type.kind = Type::Map;
      readContainerType(message.message("TypeProto_Map"), type,
                        TypeProto_Map_value_type);
      break;
    case TypeProto_opaque_type:
      type.kind = Type::Opaque;
      message.skip();
      break;
    default:
      message.skip();
    }
}

static void read(Message message, ValueInfo &info) {
  while (message.next())
    switch (message.field()) {
    case ValueInfoProto_name:
      info.name = message.bytes();
      break;
    case ValueInfoProto_type:
      read(message.message("TypeProto"), info.type);
      break;
    default:
      message.skip();
    }
}

// The fields of an attribute that hold messages.
static void readAttributeMessage(Message &message, Attribute &attr) {
  switch (message.field()) {
  case AttributeProto_t:
    attr.t.resize(1);
    return read(message.message("TensorProto"), attr.t.front());
  case AttributeProto_tensors:
    return read(message.message("TensorProto"), attr.tensors.emplace_back());
  case AttributeProto_g:
    attr.g.resize(1);
    return read(message.message("GraphProto"), attr.g.front());
  case AttributeProto_graphs:
    return read(message.message("GraphProto"), attr.graphs.emplace_back());
  case AttributeProto_tp:
    attr.tp.resize(1);
    return read(message.message("TypeProto"), attr.tp.front());
  case AttributeProto_type_protos:
    return read(message.message("TypeProto"), attr.typeProtos.emplace_back());
  case AttributeProto_sparse_tensor:
  case AttributeProto_sparse_tensors:
    attr.hasSparseTensor = true;
    return message.skip();
  default:
    return message.skip();
  }
}

static void read(Message message, Attribute &attr) {
  while (message.next())
    switch (message.field()) {
    case AttributeProto_name:
      attr.name = message.bytes();
      break;
    case AttributeProto_ref_attr_name:
      attr.refName = message.bytes();
      break;
    case AttributeProto_type:
      attr.type = static_cast<int32_t>(message.integer());
      break;
    case AttributeProto_f:
      attr.f = message.number();
      break;
    case AttributeProto_i:
      attr.i = message.integer();
      break;
    case AttributeProto_s:
      attr.s = message.bytes();
      break;
    case AttributeProto_floats:
      message.floats(attr.floats);
      break;
    case AttributeProto_ints:
      message.integers(attr.ints);
      break;
    case AttributeProto_strings:
      attr.strings.push_back(message.bytes());
      break;
    default:
      readAttributeMessage(message, attr);
    }
}

static void read(Message message, Node &node) {
  while (message.next())
    switch (message.field()) {
    case NodeProto_input:
      node.inputs.push_back(message.bytes());
      break;
    case NodeProto_output:
      node.outputs.push_back(message.bytes());
      break;
    case NodeProto_name:
      node.name = message.bytes();
      break;
    case NodeProto_op_type:
      node.opType = message.bytes();
      break;
    case NodeProto_attribute:
      read(message.message("AttributeProto"), node.attributes.emplace_back());
      break;
    case NodeProto_domain:
      node.domain = message.bytes();
      break;
    case NodeProto_overload:
      node.overload = message.bytes();
      break;
    default:
      message.skip();
    }
}

static void read(Message message, Graph &graph) {
  while (message.next())
    switch (message.field()) {
    case GraphProto_node:
      read(message.message("NodeProto"), graph.nodes.emplace_back());
      break;
    case GraphProto_name:
      graph.name = message.bytes();
      break;
    case GraphProto_initializer:
      read(message.message("TensorProto"), graph.initializers.emplace_back());
      break;
    case GraphProto_sparse_initializer:
      graph.hasSparseInitializer = true;
      message.skip();
      break;
    case GraphProto_input:
      read(message.message("ValueInfoProto"), graph.inputs.emplace_back());
      break;
    case GraphProto_output:
      read(message.message("ValueInfoProto"), graph.outputs.emplace_back());
      break;
    case GraphProto_value_info:
      read(message.message("ValueInfoProto"), graph.valueInfos.emplace_back());
      break;
    default:
      message.skip();
    }
}

static void read(Message message, OpsetImport &import) {
  while (message.next())
    switch (message.field()) {
    case OperatorSetIdProto_domain:
      import.domain = message.bytes();
      break;
    case OperatorSetIdProto_version:
      import.version = message.integer();
      break;
    default:
      message.skip();
    }
}

static void read(Message message, Function &function) {
  while (message.next())
    switch (message.field()) {
    case FunctionProto_name:
      function.name = message.bytes();
      break;
    case FunctionProto_domain:
      function.domain = message.bytes();
      break;
    case FunctionProto_overload:
      function.overload = message.bytes();
      break;
    case FunctionProto_input:
      function.inputs.push_back(message.bytes());
      break;
    case FunctionProto_output:
      function.outputs.push_back(message.bytes());
      break;
    case FunctionProto_attribute_proto:
      read(message.message("AttributeProto"),
           function.attributeDefaults.emplace_back());
      break;
    case FunctionProto_node:
      read(message.message("NodeProto"), function.nodes.emplace_back());
      break;
    case FunctionProto_opset_import:
      read(message.message("OperatorSetIdProto"),
           function.opsetImports.emplace_back());
      break;
    case FunctionProto_value_info:
      read(message.message("ValueInfoProto"),
           function.valueInfos.emplace_back());
      break;
    default:
      message.skip();
    }
}

static void read(Message message, Model &model) {
  while (message.next())
    switch (message.field()) {
    case ModelProto_ir_version:
      model.irVersion = message.integer();
      break;
    case ModelProto_producer_name:
      model.producerName = message.bytes();
      break;
    case ModelProto_producer_version:
      model.producerVersion = message.bytes();
      break;
    case ModelProto_graph:
      if (!model.graph)
        model.graph.emplace();
      read(message.message("GraphProto"), *model.graph);
      break;
    case ModelProto_opset_import:
      read(message.message("OperatorSetIdProto"),
           model.opsetImports.emplace_back());
      break;
    case ModelProto_functions:
      read(message.message("FunctionProto"), model.functions.emplace_back());
      break;
    default:
      message.skip();
    }
}

static const char *explain(const protozero::exception &error) {
  if (dynamic_cast<const protozero::end_of_buffer_exception *>(&error))
    return "the data ends inside a value";
  if (dynamic_cast<const protozero::varint_too_long_exception *>(&error))
    return "a varint is longer than 64 bits";
  if (dynamic_cast<const protozero::invalid_tag_exception *>(&error))
    return "no field has this number";
  if (dynamic_cast<const protozero::unknown_pbf_wire_type_exception *>(&error))
    return "no such wire type";
  return error.what();
}

static llvm::Error makeError(const Position &position, StringRef what) {
  return llvm::createStringError("the file is cut short or is no ONNX model: " +
                                 position.describe() + ": " + what);
}

llvm::Expected<Model> nibble::onnxfile::readModel(StringRef bytes) {
  Position position;
  position.file = bytes;
  position.at = bytes.data();
  Model model;
  try {
    read(Message(bytes, "ModelProto", position), model);
  } catch (const protozero::exception &error) {
    return makeError(position, explain(error));
  } catch (const Malformed &error) {
    return makeError(position, error.text);
  }
  return model;
}

bool nibble::onnxfile::decodeVarints(const Pieces &pieces,
                                     llvm::SmallVectorImpl<uint64_t> &values) {
  size_t before = values.size();
  for (StringRef piece : pieces) {
    const uint8_t *at = piece.bytes_begin();
    while (at != piece.bytes_end()) {
      unsigned length = 0;
      const char *error = nullptr;
      values.push_back(
          llvm::decodeULEB128(at, &length, piece.bytes_end(), &error));
      if (error) {
        values.truncate(before);
        return false;
      }
      at += length;
    }
  }
  return true;
}

std::string nibble::onnxfile::getDataTypeName(int32_t type) {
  switch (type) {
#define ONNX_DATA_TYPE(NAME, NUMBER)                                           \
  case NUMBER:                                                                 \
    return #NAME;
#include "nibble/Import/OnnxFields.def"
  default:
    return std::to_string(type);
  }
}

std::string nibble::onnxfile::getAttributeTypeName(int32_t type) {
  switch (type) {
#define ONNX_ATTRIBUTE_TYPE(NAME, NUMBER)                                      \
  case NUMBER:                                                                 \
    return #NAME;
#include "nibble/Import/OnnxFields.def"
  default:
    return std::to_string(type);
  }
}
