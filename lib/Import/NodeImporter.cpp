//===- NodeImporter.cpp - Nodes and attributes of an ONNX graph to IR -----===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GraphImporter.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace nibble;
using namespace nibble::onnxfile;

// Calls that call each other can ask for exponentially many nodes.
static constexpr size_t kMaxInlinedNodes = 100000;

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

// Files from before IR version 2, and some writers, leave the type out.
static int32_t getAttributeType(const onnxfile::Attribute &attr) {
  if (attr.type != AttributeType_UNDEFINED)
    return attr.type;
  if (attr.f)
    return AttributeType_FLOAT;
  if (attr.i)
    return AttributeType_INT;
  if (attr.s)
    return AttributeType_STRING;
  if (!attr.t.empty())
    return AttributeType_TENSOR;
  if (!attr.g.empty())
    return AttributeType_GRAPH;
  if (!attr.floats.empty())
    return AttributeType_FLOATS;
  if (!attr.ints.empty())
    return AttributeType_INTS;
  if (!attr.strings.empty())
    return AttributeType_STRINGS;
  if (!attr.tensors.empty())
    return AttributeType_TENSORS;
  return AttributeType_UNDEFINED;
}

const onnxfile::Attribute *
GraphImporter::resolve(const onnxfile::Attribute &attr, const Frame &frame) {
  return attr.refName.empty() ? &attr : frame.attributes.lookup(attr.refName);
}

FailureOr<mlir::Attribute> GraphImporter::convertTensors(ArrayRef<Tensor> list,
                                                         EmitError emitError) {
  SmallVector<mlir::Attribute> found;
  for (const Tensor &tensor : list) {
    FailureOr<TensorReader::Value> value = tensors.read(tensor, emitError);
    if (failed(value))
      return failure();
    if (!isa<DenseElementsAttr>(value->data))
      return emitError() << "is a tensor of more than " << kMaxInlineBytes
                         << " bytes, which is not supported in an attribute; "
                            "make it an initializer";
    found.push_back(value->data);
  }
  return mlir::Attribute(builder.getArrayAttr(found));
}

FailureOr<mlir::Attribute>
GraphImporter::convertTypes(ArrayRef<onnxfile::Type> types,
                            EmitError emitError) {
  SmallVector<mlir::Attribute> found;
  for (const onnxfile::Type &type : types) {
    FailureOr<mlir::Type> converted = tensors.getType(type, emitError);
    if (failed(converted))
      return failure();
    found.push_back(TypeAttr::get(*converted));
  }
  return mlir::Attribute(builder.getArrayAttr(found));
}

FailureOr<mlir::Attribute>
GraphImporter::convertAttribute(const NodeContext &node,
                                const onnxfile::Attribute &attr) {
  auto emitError = [&] {
    return emitNodeError(node) << "attribute '" << attr.name << "' ";
  };
  auto first = [&](auto &list, auto convert) -> FailureOr<mlir::Attribute> {
    if (list.empty())
      return emitError() << "has no value";
    FailureOr<mlir::Attribute> array = convert(ArrayRef(list).take_front());
    if (failed(array))
      return failure();
    return cast<ArrayAttr>(*array)[0];
  };
  auto tensorsOf = [&](auto list) { return convertTensors(list, emitError); };
  auto typesOf = [&](auto list) { return convertTypes(list, emitError); };
  // A writer may leave out a value that is protobuf's default.
  switch (int32_t type = getAttributeType(attr)) {
  case AttributeType_FLOAT:
    return mlir::Attribute(builder.getF32FloatAttr(attr.f.value_or(0)));
  case AttributeType_INT:
    return mlir::Attribute(builder.getI64IntegerAttr(attr.i.value_or(0)));
  case AttributeType_STRING:
    return mlir::Attribute(builder.getStringAttr(attr.s.value_or("")));
  case AttributeType_FLOATS:
    return mlir::Attribute(builder.getDenseF32ArrayAttr(attr.floats));
  case AttributeType_INTS:
    return mlir::Attribute(builder.getDenseI64ArrayAttr(attr.ints));
  case AttributeType_STRINGS:
    return mlir::Attribute(builder.getStrArrayAttr(attr.strings));
  case AttributeType_TENSOR:
    return first(attr.t, tensorsOf);
  case AttributeType_TENSORS:
    return tensorsOf(ArrayRef(attr.tensors));
  case AttributeType_TYPE_PROTO:
    return first(attr.tp, typesOf);
  case AttributeType_TYPE_PROTOS:
    return typesOf(ArrayRef(attr.typeProtos));
  case AttributeType_SPARSE_TENSOR:
  case AttributeType_SPARSE_TENSORS:
    return emitError() << "is a sparse tensor, which is not supported";
  case AttributeType_UNDEFINED:
    return emitError() << "has neither a type nor a value";
  default:
    return emitError() << "has unknown type " << getAttributeTypeName(type);
  }
}

LogicalResult GraphImporter::convertAttributes(const NodeContext &node,
                                               NodeAttributes &result) {
  llvm::StringSet<> seen;
  for (const onnxfile::Attribute &named : node.node.attributes) {
    if (named.name.empty())
      return emitNodeError(node) << "an attribute has no name";
    if (!seen.insert(named.name).second)
      return emitNodeError(node)
             << "attribute '" << named.name << "' is there twice";
    const onnxfile::Attribute *attr = resolve(named, node.frame);
    // The call leaves out an attribute that has no default.
    if (!attr)
      continue;
    int32_t type = getAttributeType(*attr);
    if (type == AttributeType_GRAPH && attr == &named && !attr->g.empty()) {
      result.graphNames.push_back(named.name);
      result.graphs.push_back(&attr->g.front());
      continue;
    }
    if (type == AttributeType_GRAPH || type == AttributeType_GRAPHS)
      return emitNodeError(node)
             << "attribute '" << named.name
             << "' is a graph in a way that is not supported: lists of graphs "
                "and graphs as attributes of local functions";
    FailureOr<mlir::Attribute> value = convertAttribute(node, *attr);
    if (failed(value))
      return failure();
    result.values.push_back(builder.getNamedAttr(named.name, *value));
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Inputs and outputs
//===----------------------------------------------------------------------===//

Value GraphImporter::getAbsent() {
  if (!absent) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(entry);
    absent =
        onnx::AbsentOp::create(builder, fileLocation, builder.getNoneType());
  }
  return absent;
}

FailureOr<SmallVector<Value>>
GraphImporter::getInputs(const NodeContext &node) {
  SmallVector<Value> inputs;
  for (auto [index, name] : llvm::enumerate(node.node.inputs)) {
    Value value = name.empty() ? getAbsent() : lookup(node.scope, name);
    if (!value)
      return emitNodeError(node)
             << "input " << index << " is '" << name
             << "', which no node, initializer or graph input defines";
    inputs.push_back(value);
  }
  while (!inputs.empty() && inputs.back() == absent && absent)
    inputs.pop_back();
  return inputs;
}

FailureOr<SmallVector<mlir::Type>>
GraphImporter::getOutputTypes(const NodeContext &node) {
  SmallVector<mlir::Type> types;
  for (StringRef name : node.node.outputs) {
    if (name.empty()) {
      types.push_back(builder.getNoneType());
      continue;
    }
    FailureOr<mlir::Type> type = getValueType(node.scope, name);
    if (failed(type))
      return failure();
    types.push_back(*type);
  }
  while (!types.empty() && node.node.outputs[types.size() - 1].empty())
    types.pop_back();
  return types;
}

LogicalResult GraphImporter::defineOutputs(const NodeContext &node,
                                           ValueRange values) {
  for (auto [name, value] : llvm::zip(node.node.outputs, values)) {
    if (name.empty())
      continue;
    if (node.scope.values.contains(name))
      return emitNodeError(node)
             << "output '" << name
             << "' has the name of another value; names must be unique";
    node.scope.values[name] = value;
  }
  return success();
}

Value GraphImporter::buildTensor(Location location, StringRef name,
                                 const TensorReader::Value &tensor) {
  if (auto elements = dyn_cast<ElementsAttr>(tensor.data))
    return onnx::ConstantOp::create(builder, location, elements);
  return onnx::ParameterOp::create(builder, location, tensor.type,
                                   builder.getStringAttr(name),
                                   cast<onnx::PlaceAttr>(tensor.data));
}

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

// The tensor that an attribute of Constant stands for; null if it is none.
static DenseElementsAttr toTensor(mlir::Attribute attr, Builder &builder) {
  auto vectorOf = [](int64_t size, mlir::Type element) {
    return RankedTensorType::get({size}, element);
  };
  auto strings = onnx::StringType::get(builder.getContext());
  if (isa<IntegerAttr, FloatAttr>(attr))
    return DenseElementsAttr::get(
        RankedTensorType::get({}, cast<TypedAttr>(attr).getType()), {attr});
  if (auto text = dyn_cast<StringAttr>(attr))
    return DenseStringElementsAttr::get(RankedTensorType::get({}, strings),
                                        {text.getValue()});
  if (auto ints = dyn_cast<DenseI64ArrayAttr>(attr))
    return DenseElementsAttr::get(vectorOf(ints.size(), builder.getI64Type()),
                                  ints.asArrayRef());
  if (auto floats = dyn_cast<DenseF32ArrayAttr>(attr))
    return DenseElementsAttr::get(vectorOf(floats.size(), builder.getF32Type()),
                                  floats.asArrayRef());
  auto array = dyn_cast<ArrayAttr>(attr);
  if (!array || !llvm::all_of(array, llvm::IsaPred<StringAttr>))
    return {};
  return DenseStringElementsAttr::get(
      vectorOf(array.size(), strings),
      llvm::to_vector(array.getAsValueRange<StringAttr>()));
}

LogicalResult GraphImporter::importConstant(const NodeContext &node) {
  static const llvm::StringMap<int32_t> kinds = {
      {"value", AttributeType_TENSOR},
      {"value_int", AttributeType_INT},
      {"value_ints", AttributeType_INTS},
      {"value_float", AttributeType_FLOAT},
      {"value_floats", AttributeType_FLOATS},
      {"value_string", AttributeType_STRING},
      {"value_strings", AttributeType_STRINGS}};
  if (node.node.attributes.size() != 1 || node.node.outputs.size() != 1 ||
      !node.node.inputs.empty())
    return emitNodeError(node)
           << "a constant must have one attribute, no input and one output";
  const onnxfile::Attribute *attr =
      resolve(node.node.attributes.front(), node.frame);
  StringRef kind = node.node.attributes.front().name;
  if (!attr)
    return emitNodeError(node) << "attribute '" << kind << "' has no value";
  auto emitError = [&] {
    return emitNodeError(node) << "attribute '" << kind << "' ";
  };
  auto expected = kinds.find(kind);
  if (expected == kinds.end())
    return emitError() << "is not supported; a constant is a dense tensor, "
                          "ints, floats or strings";
  int32_t type = getAttributeType(*attr);
  if (type != expected->second && type != AttributeType_UNDEFINED)
    return emitError() << "has type " << getAttributeTypeName(type)
                       << ", but must be "
                       << getAttributeTypeName(expected->second);
  TensorReader::Value value;
  if (type == AttributeType_TENSOR && !attr->t.empty()) {
    FailureOr<TensorReader::Value> tensor =
        tensors.read(attr->t.front(), emitError);
    if (failed(tensor))
      return failure();
    value = *tensor;
  } else {
    FailureOr<mlir::Attribute> converted = convertAttribute(node, *attr);
    if (failed(converted))
      return failure();
    DenseElementsAttr elements = toTensor(*converted, builder);
    if (!elements)
      return emitError() << "is no tensor";
    value = {cast<RankedTensorType>(elements.getType()), elements};
  }
  std::string name = node.frame.prefix + node.node.outputs.front().str();
  return defineOutputs(node, buildTensor(node.location, name, value));
}

LogicalResult GraphImporter::importSubgraph(const NodeContext &node,
                                            StringRef name, const Graph &graph,
                                            Region &region) {
  OpBuilder::InsertionGuard guard(builder);
  Block *block = builder.createBlock(&region);
  Scope scope;
  scope.outer = &node.scope;
  scope.prefix =
      StringRef(node.name).drop_front(node.frame.prefix.size()).str() + "/";
  for (const ValueInfo &info : llvm::concat<const ValueInfo>(
           graph.inputs, graph.valueInfos, graph.outputs))
    if (info.type.kind != onnxfile::Type::Unknown)
      scope.types[info.name] = &info.type;
  for (const ValueInfo &info : graph.inputs) {
    FailureOr<mlir::Type> type = getValueType(scope, info.name);
    if (failed(type) ||
        failed(
            define(scope, info.name, block->addArgument(*type, node.location))))
      return failure();
  }
  if (failed(importGraph(graph, scope, node.frame)))
    return failure();
  SmallVector<Value> results;
  for (const ValueInfo &info : graph.outputs) {
    results.push_back(lookup(scope, info.name));
    if (!results.back())
      return emitNodeError(node) << "output '" << info.name << "' of subgraph '"
                                 << name << "' is defined nowhere";
  }
  onnx::YieldOp::create(builder, node.location, results);
  return success();
}

LogicalResult GraphImporter::importNode(const NodeContext &node) {
  if (node.node.opType.empty())
    return emitError() << "node '" << node.name << "' has no operator type";
  auto function =
      functions.find({node.domain, node.node.opType, node.node.overload});
  if (function != functions.end())
    return importCall(node, *function->second);
  auto opset = node.frame.opsets.find(node.domain);
  if (opset == node.frame.opsets.end())
    return emitNodeError(node)
           << "no opset is imported for domain '" << getDomainName(node.domain)
           << "'; add it to the model's opset_import";
  if (node.domain.empty() && node.node.opType == "Constant")
    return importConstant(node);

  FailureOr<SmallVector<Value>> inputs = getInputs(node);
  if (failed(inputs))
    return failure();
  FailureOr<SmallVector<mlir::Type>> types = getOutputTypes(node);
  if (failed(types))
    return failure();
  NodeAttributes attributes;
  if (failed(convertAttributes(node, attributes)))
    return failure();
  auto op = onnx::NodeOp::create(builder, node.location, *types, *inputs,
                                 node.node.opType, node.domain, opset->second,
                                 attributes.values, attributes.graphNames);
  for (auto [name, graph, region] : llvm::zip_equal(
           attributes.graphNames, attributes.graphs, op.getSubgraphs()))
    if (failed(importSubgraph(node, name, *graph, region)))
      return failure();
  return defineOutputs(node, op.getOutputs());
}

//===----------------------------------------------------------------------===//
// Calls of local functions
//===----------------------------------------------------------------------===//

FailureOr<GraphImporter::Frame>
GraphImporter::enterCall(const NodeContext &node, const Function &function) {
  for (const Frame *frame = &node.frame; frame; frame = frame->caller)
    if (frame->function == &function)
      return emitNodeError(node)
             << "local function '" << function.name << "' calls itself";
  Frame callee;
  callee.function = &function;
  callee.caller = &node.frame;
  callee.location = node.location;
  callee.prefix = node.name + "/";
  callee.depth = node.frame.depth + 1;
  if (callee.depth > kMaxNesting)
    return emitNodeError(node) << "local functions call each other more than "
                               << kMaxNesting << " deep";
  inlinedNodes += function.nodes.size();
  if (inlinedNodes > kMaxInlinedNodes)
    return emitNodeError(node) << "calls of local functions expand to more "
                                  "than "
                               << kMaxInlinedNodes << " nodes";
  for (const onnxfile::Attribute &attr : function.attributeDefaults)
    callee.attributes[attr.name] = &attr;
  for (const onnxfile::Attribute &attr : node.node.attributes)
    if (const onnxfile::Attribute *given = resolve(attr, node.frame))
      callee.attributes[attr.name] = given;
  if (failed(readOpsets(function.opsetImports, callee.opsets,
                        "local function '" + function.name + "'")))
    return failure();
  return callee;
}

LogicalResult GraphImporter::importCall(const NodeContext &node,
                                        const Function &function) {
  FailureOr<Frame> callee = enterCall(node, function);
  if (failed(callee))
    return failure();
  FailureOr<SmallVector<Value>> inputs = getInputs(node);
  if (failed(inputs))
    return failure();
  FailureOr<SmallVector<mlir::Type>> types = getOutputTypes(node);
  if (failed(types))
    return failure();
  if (inputs->size() > function.inputs.size() ||
      types->size() > function.outputs.size())
    return emitNodeError(node)
           << "has " << inputs->size() << " inputs and " << types->size()
           << " outputs, but local function '" << function.name << "' has "
           << function.inputs.size() << " and " << function.outputs.size();

  Scope scope;
  for (const ValueInfo &info : function.valueInfos)
    if (info.type.kind != onnxfile::Type::Unknown)
      scope.types[info.name] = &info.type;
  for (auto [index, name] : llvm::enumerate(function.inputs))
    if (failed(define(scope, name,
                      index < inputs->size() ? (*inputs)[index] : getAbsent())))
      return failure();
  for (auto [name, type] : llvm::zip(function.outputs, *types))
    if (!isa<onnx::ValueType, NoneType>(type))
      scope.outputTypes[name] = type;
  if (failed(importNodes(function.nodes, scope, *callee)))
    return failure();
  SmallVector<Value> results;
  for (StringRef name : ArrayRef(function.outputs).take_front(types->size())) {
    results.push_back(lookup(scope, name));
    if (!results.back())
      return emitNodeError(node)
             << "output '" << name << "' of local function '" << function.name
             << "' is defined nowhere";
  }
  return defineOutputs(node, results);
}
