//===- TestModel.cpp - A small ONNX model with every kind of content ------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestModel.h"

#include "nibble/Import/OnnxFile.h"
#include "protozero/pbf_writer.hpp"

#include <functional>
#include <vector>

using namespace nibble::onnxfile;

namespace {
using Writer = protozero::pbf_writer;
using Fill = std::function<void(Writer &)>;
} // namespace

static std::string message(const Fill &fill) {
  std::string bytes;
  Writer writer(bytes);
  fill(writer);
  return bytes;
}

static std::string tensorType(int32_t elem, std::vector<int64_t> dims) {
  return message([&](Writer &type) {
    type.add_message(
        TypeProto_tensor_type, message([&](Writer &tensor) {
          tensor.add_int32(TypeProto_Tensor_elem_type, elem);
          tensor.add_message(
              TypeProto_Tensor_shape, message([&](Writer &shape) {
                for (int64_t size : dims)
                  shape.add_message(
                      TensorShapeProto_dim, message([&](Writer &dim) {
                        if (size < 0)
                          dim.add_string(TensorShapeProto_Dimension_dim_param,
                                         "n");
                        else
                          dim.add_int64(TensorShapeProto_Dimension_dim_value,
                                        size);
                      }));
              }));
        }));
  });
}

static std::string info(const char *name, const std::string &type) {
  return message([&](Writer &value) {
    value.add_string(ValueInfoProto_name, name);
    if (!type.empty())
      value.add_message(ValueInfoProto_type, type);
  });
}

static std::string tensor(const char *name, int32_t type,
                          std::vector<int64_t> dims, const Fill &data) {
  return message([&](Writer &writer) {
    writer.add_packed_int64(TensorProto_dims, dims.begin(), dims.end());
    writer.add_int32(TensorProto_data_type, type);
    writer.add_string(TensorProto_name, name);
    data(writer);
  });
}

static std::string attribute(const char *name, int32_t type, const Fill &fill) {
  return message([&](Writer &writer) {
    writer.add_string(AttributeProto_name, name);
    writer.add_int32(AttributeProto_type, type);
    fill(writer);
  });
}

static std::string node(const char *op, std::vector<const char *> inputs,
                        std::vector<const char *> outputs,
                        const std::vector<std::string> &attributes = {},
                        const char *domain = "") {
  return message([&](Writer &writer) {
    for (const char *input : inputs)
      writer.add_string(NodeProto_input, input);
    for (const char *output : outputs)
      writer.add_string(NodeProto_output, output);
    writer.add_string(NodeProto_op_type, op);
    writer.add_string(NodeProto_domain, domain);
    for (const std::string &attr : attributes)
      writer.add_message(NodeProto_attribute, attr);
  });
}

static std::vector<std::string> makeAttributes() {
  const float floats[] = {1, 2};
  const int64_t ints[] = {-1, 1000000};
  std::string small = tensor("", DataType_FLOAT, {2}, [](Writer &writer) {
    writer.add_bytes(TensorProto_raw_data, "12345678");
  });
  return {
      attribute("f", AttributeType_FLOAT,
                [](Writer &w) { w.add_float(AttributeProto_f, 1); }),
      attribute("i", AttributeType_INT,
                [](Writer &w) { w.add_int64(AttributeProto_i, -7); }),
      attribute("s", AttributeType_STRING,
                [](Writer &w) { w.add_bytes(AttributeProto_s, "text"); }),
      attribute("t", AttributeType_TENSOR,
                [&](Writer &w) { w.add_message(AttributeProto_t, small); }),
      attribute("floats", AttributeType_FLOATS,
                [&](Writer &w) {
                  w.add_packed_float(AttributeProto_floats, floats, floats + 2);
                }),
      attribute("ints", AttributeType_INTS,
                [&](Writer &w) {
                  w.add_packed_int64(AttributeProto_ints, ints, ints + 2);
                }),
      attribute("strings", AttributeType_STRINGS,
                [](Writer &w) { w.add_bytes(AttributeProto_strings, "a"); }),
      attribute(
          "tensors", AttributeType_TENSORS,
          [&](Writer &w) { w.add_message(AttributeProto_tensors, small); }),
      attribute("tp", AttributeType_TYPE_PROTO,
                [](Writer &w) {
                  w.add_message(AttributeProto_tp,
                                tensorType(DataType_INT4, {2, -1}));
                }),
  };
}

static std::vector<std::string> makeTensors() {
  const float floats[] = {1, 2, 3};
  const int32_t ints[] = {-1, 2, 100};
  const uint64_t longs[] = {1, 1ULL << 63};
  return {
      tensor("raw", DataType_FLOAT, {2, 1},
             [](Writer &w) { w.add_bytes(TensorProto_raw_data, "12345678"); }),
      tensor("large", DataType_INT8, {5000},
             [](Writer &w) {
               w.add_bytes(TensorProto_raw_data, std::string(5000, 'x'));
             }),
      tensor("floats", DataType_FLOAT, {3},
             [&](Writer &w) {
               w.add_packed_float(TensorProto_float_data, floats, floats + 3);
             }),
      tensor("bytes", DataType_INT8, {3},
             [&](Writer &w) {
               w.add_packed_int32(TensorProto_int32_data, ints, ints + 3);
             }),
      tensor("nibbles", DataType_UINT4, {5},
             [&](Writer &w) {
               w.add_packed_int32(TensorProto_int32_data, ints, ints + 3);
             }),
      tensor("bools", DataType_BOOL, {3},
             [](Writer &w) { w.add_bytes(TensorProto_raw_data, "010"); }),
      tensor("longs", DataType_UINT64, {2},
             [&](Writer &w) {
               w.add_packed_uint64(TensorProto_uint64_data, longs, longs + 2);
             }),
      tensor("strings", DataType_STRING, {1},
             [](Writer &w) { w.add_bytes(TensorProto_string_data, "text"); }),
      tensor("outside", DataType_FLOAT, {1500},
             [](Writer &w) {
               w.add_int32(TensorProto_data_location, 1);
               for (auto [key, value] :
                    {std::pair("location", "w.bin"), std::pair("offset", "64"),
                     std::pair("length", "6000")})
                 w.add_message(
                     TensorProto_external_data,
                     message([key = key, value = value](Writer &entry) {
                       entry.add_string(StringStringEntryProto_key, key);
                       entry.add_string(StringStringEntryProto_value, value);
                     }));
             }),
  };
}

static std::string subgraph(const std::vector<std::string> &nodes,
                            std::vector<const char *> inputs,
                            std::vector<const char *> outputs) {
  return message([&](Writer &graph) {
    for (const std::string &bytes : nodes)
      graph.add_message(GraphProto_node, bytes);
    for (const char *name : inputs)
      graph.add_message(GraphProto_input, info(name, ""));
    for (const char *name : outputs)
      graph.add_message(GraphProto_output, info(name, ""));
  });
}

static std::string graphAttribute(const char *name, const std::string &graph) {
  return attribute(name, AttributeType_GRAPH, [&](Writer &writer) {
    writer.add_message(AttributeProto_g, graph);
  });
}

static std::string makeGraph() {
  std::string branch = subgraph({node("Neg", {"x"}, {"t"})}, {}, {"t"});
  std::string body = subgraph({node("Add", {"state", "x"}, {"next"})},
                              {"i", "c", "state"}, {"c", "next"});
  return message([&](Writer &graph) {
    graph.add_string(GraphProto_name, "g");
    for (const std::string &bytes : makeTensors())
      graph.add_message(GraphProto_initializer, bytes);
    for (const std::string &bytes :
         {node("Everything", {"x", "", "raw"}, {"h", "", "k"},
               makeAttributes()),
          node("If", {"c"}, {"r"},
               {graphAttribute("then_branch", branch),
                graphAttribute("else_branch", branch)}),
          node("Loop", {"", "c", "r"}, {"l"}, {graphAttribute("body", body)}),
          node(
              "Constant", {}, {"five"},
              {attribute("value_int", AttributeType_INT,
                         [](Writer &w) { w.add_int64(AttributeProto_i, 5); })}),
          node("Scale", {"l", "five"}, {"y"}, {}, "local")})
      graph.add_message(GraphProto_node, bytes);
    graph.add_message(GraphProto_input,
                      info("x", tensorType(DataType_FLOAT, {-1, 3})));
    graph.add_message(GraphProto_input,
                      info("c", tensorType(DataType_BOOL, {})));
    graph.add_message(
        GraphProto_input,
        info("seq", message([](Writer &type) {
               type.add_message(
                   TypeProto_sequence_type, message([](Writer &seq) {
                     seq.add_message(TypeProto_Sequence_elem_type,
                                     tensorType(DataType_FLOAT, {2}));
                   }));
             })));
    graph.add_message(GraphProto_value_info,
                      info("h", tensorType(DataType_FLOAT, {-1, 3})));
    graph.add_message(GraphProto_output,
                      info("y", tensorType(DataType_FLOAT, {-1})));
  });
}

static std::string opset(const char *domain, int64_t version) {
  return message([&](Writer &writer) {
    writer.add_string(OperatorSetIdProto_domain, domain);
    writer.add_int64(OperatorSetIdProto_version, version);
  });
}

static std::string makeFunction() {
  return message([](Writer &function) {
    function.add_string(FunctionProto_name, "Scale");
    function.add_string(FunctionProto_domain, "local");
    function.add_string(FunctionProto_input, "a");
    function.add_string(FunctionProto_input, "b");
    function.add_string(FunctionProto_output, "d");
    function.add_message(FunctionProto_opset_import, opset("", 17));
    function.add_message(FunctionProto_attribute_proto,
                         attribute("s", AttributeType_FLOAT, [](Writer &w) {
                           w.add_float(AttributeProto_f, 2);
                         }));
    function.add_message(
        FunctionProto_node,
        node("Mul", {"a", "b"}, {"d"},
             {attribute("alpha", AttributeType_FLOAT, [](Writer &w) {
               w.add_string(AttributeProto_ref_attr_name, "s");
             })}));
  });
}

std::string nibble::test::makeModel() {
  return message([](Writer &model) {
    model.add_int64(ModelProto_ir_version, 9);
    model.add_message(ModelProto_opset_import, opset("", 17));
    model.add_message(ModelProto_opset_import, opset("local", 1));
    model.add_string(ModelProto_producer_name, "test");
    model.add_message(ModelProto_graph, makeGraph());
    model.add_message(ModelProto_functions, makeFunction());
  });
}

std::string nibble::test::makeExternalData() { return std::string(6064, 'w'); }
