//===- GraphImporter.cpp - Graphs of an ONNX file to IR ---------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GraphImporter.h"

#include "mlir/IR/Verifier.h"
#include "nibble/Import/Import.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace nibble;
using namespace nibble::onnxfile;

static StringRef normalizeDomain(StringRef domain) {
  return domain == "ai.onnx" ? "" : domain;
}

GraphImporter::GraphImporter(MLIRContext *context, StringRef path,
                             StringRef bytes, const Model &model)
    : model(model), tensors(context, path, bytes), builder(context),
      fileLocation(FileLineColLoc::get(context, path, 0, 0)) {}

InFlightDiagnostic GraphImporter::emitError() {
  return mlir::emitError(fileLocation);
}

InFlightDiagnostic GraphImporter::emitNodeError(const NodeContext &node) {
  return emitError() << "node '" << node.name << "' (" << node.node.opType
                     << "): ";
}

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

Value GraphImporter::lookup(const Scope &scope, StringRef name) {
  for (const Scope *at = &scope; at; at = at->outer)
    if (Value value = at->values.lookup(name))
      return value;
  return {};
}

LogicalResult GraphImporter::define(Scope &scope, StringRef name, Value value) {
  if (name.empty())
    return emitError() << "a graph input or an initializer has no name";
  if (!scope.values.try_emplace(name, value).second)
    return emitError() << "two graph inputs or initializers are named '" << name
                       << "'; names must be unique";
  return success();
}

FailureOr<mlir::Type> GraphImporter::getValueType(const Scope &scope,
                                                  StringRef name) {
  if (const onnxfile::Type *type = scope.types.lookup(name))
    return tensors.getType(
        *type, [&] { return emitError() << "value '" << name << "' "; });
  if (mlir::Type type = scope.outputTypes.lookup(name))
    return type;
  return mlir::Type(onnx::ValueType::get(builder.getContext()));
}

std::string GraphImporter::getLocalName(const Node &node, size_t index,
                                        const Scope &scope) {
  if (!node.name.empty())
    return node.name.str();
  return scope.prefix + node.opType.str() + "_" + std::to_string(index);
}

// All outer names that a node and its subgraphs read.
static void collectReads(const Node &node, SmallVectorImpl<StringRef> &names) {
  llvm::append_range(names, node.inputs);
  for (const onnxfile::Attribute &attr : node.attributes)
    for (const Graph &graph : attr.g) {
      SmallVector<StringRef> reads;
      llvm::DenseSet<StringRef> inner;
      for (const Node &node : graph.nodes) {
        collectReads(node, reads);
        inner.insert(node.outputs.begin(), node.outputs.end());
      }
      for (const ValueInfo &output : graph.outputs)
        reads.push_back(output.name);
      for (const ValueInfo &input : graph.inputs)
        inner.insert(input.name);
      for (const Tensor &tensor : graph.initializers)
        inner.insert(tensor.name);
      llvm::copy_if(reads, std::back_inserter(names),
                    [&](StringRef name) { return !inner.contains(name); });
    }
}

// For each node, the nodes of the same list whose outputs it reads.
static std::vector<SmallVector<size_t, 4>> getOperands(ArrayRef<Node> nodes) {
  llvm::DenseMap<StringRef, size_t> definers;
  for (auto [index, node] : llvm::enumerate(nodes))
    for (StringRef output : node.outputs)
      if (!output.empty())
        definers.try_emplace(output, index);
  std::vector<SmallVector<size_t, 4>> operands(nodes.size());
  for (auto [index, node] : llvm::enumerate(nodes)) {
    SmallVector<StringRef> names;
    collectReads(node, names);
    for (StringRef name : names)
      if (auto found = definers.find(name); found != definers.end())
        operands[index].push_back(found->second);
  }
  return operands;
}

// ONNX asks for sorted nodes, but runtimes take them in any order and so do
// writers. Keeps the file's order where it can.
FailureOr<std::vector<size_t>> GraphImporter::sortNodes(ArrayRef<Node> nodes,
                                                        const Scope &scope,
                                                        const Frame &frame) {
  auto nameOf = [&](size_t index) {
    return frame.prefix + getLocalName(nodes[index], index, scope);
  };
  std::vector<SmallVector<size_t, 4>> operands = getOperands(nodes);
  enum State : char { New, Open, Done };
  std::vector<State> states(nodes.size(), New);
  std::vector<size_t> order;
  // The node on top waits for the operand that comes next.
  SmallVector<std::pair<size_t, size_t>> stack;
  for (size_t root = 0; root < nodes.size(); ++root) {
    if (states[root] == New)
      stack.push_back({root, 0});
    while (!stack.empty()) {
      auto &[node, next] = stack.back();
      states[node] = Open;
      if (next == operands[node].size()) {
        states[node] = Done;
        order.push_back(node);
        stack.pop_back();
        continue;
      }
      size_t operand = operands[node][next++];
      if (states[operand] == Open)
        return emitError() << "the graph is cyclic: node '" << nameOf(node)
                           << "' (" << nodes[node].opType
                           << ") reads an output of node '" << nameOf(operand)
                           << "' (" << nodes[operand].opType
                           << "), which depends on it";
      if (states[operand] == New)
        stack.push_back({operand, 0});
    }
  }
  return order;
}

//===----------------------------------------------------------------------===//
// Graphs
//===----------------------------------------------------------------------===//

LogicalResult GraphImporter::importNodes(ArrayRef<Node> nodes, Scope &scope,
                                         const Frame &frame) {
  FailureOr<std::vector<size_t>> order = sortNodes(nodes, scope, frame);
  if (failed(order))
    return failure();
  for (size_t index : *order) {
    const Node &node = nodes[index];
    std::string name = frame.prefix + getLocalName(node, index, scope);
    auto nameAttr = builder.getStringAttr(name);
    Location location = frame.location
                            ? NameLoc::get(nameAttr, Location(frame.location))
                            : NameLoc::get(nameAttr);
    if (failed(importNode({node, scope, frame, name, location,
                           normalizeDomain(node.domain)})))
      return failure();
  }
  return success();
}

LogicalResult GraphImporter::importGraph(const Graph &graph, Scope &scope,
                                         const Frame &frame) {
  if (graph.hasSparseInitializer)
    return emitError() << "graph '" << graph.name
                       << "' has a sparse initializer, which is not supported";
  for (const Tensor &tensor : graph.initializers) {
    FailureOr<TensorReader::Value> value = tensors.read(tensor, [&] {
      return emitError() << "initializer '" << tensor.name << "' ";
    });
    if (failed(value))
      return failure();
    Location location =
        NameLoc::get(builder.getStringAttr(frame.prefix + tensor.name));
    if (failed(define(scope, tensor.name,
                      buildTensor(location, tensor.name, *value))))
      return failure();
  }
  return importNodes(graph.nodes, scope, frame);
}

//===----------------------------------------------------------------------===//
// The model
//===----------------------------------------------------------------------===//

LogicalResult GraphImporter::readOpsets(ArrayRef<OpsetImport> imports,
                                        Opsets &opsets, const Twine &of) {
  for (const OpsetImport &import : imports) {
    StringRef domain = normalizeDomain(import.domain);
    if (import.version < 1)
      return emitError() << of << " imports version " << import.version
                         << " of domain '" << getDomainName(domain)
                         << "'; versions start at 1";
    auto [entry, isNew] = opsets.try_emplace(domain.str(), import.version);
    if (!isNew && entry->second != import.version)
      return emitError() << of << " imports two versions of domain '"
                         << getDomainName(domain) << "': " << entry->second
                         << " and " << import.version;
  }
  return success();
}

LogicalResult GraphImporter::indexFunctions() {
  for (const Function &function : model.functions)
    if (!functions
             .try_emplace({normalizeDomain(function.domain), function.name,
                           function.overload},
                          &function)
             .second)
      return emitError() << "two local functions are named '" << function.name
                         << "' in domain '" << function.domain << "'";
  return success();
}

FailureOr<DictionaryAttr> GraphImporter::getValueAttrs(const ValueInfo &info,
                                                       mlir::Type type) {
  NamedAttrList attrs;
  attrs.append(onnx::kNameAttr, builder.getStringAttr(info.name));
  if (info.type.kind == onnxfile::Type::Tensor && info.type.hasShape) {
    auto shaped = dyn_cast<RankedTensorType>(type);
    if (shaped &&
        shaped.getRank() != static_cast<int64_t>(info.type.shape.size()))
      return emitError() << "graph output '" << info.name << "' has "
                         << info.type.shape.size()
                         << " dimensions by its type, but its value has type "
                         << type;
    SmallVector<StringRef> names;
    for (const Dimension &dim : info.type.shape)
      names.push_back(dim.value ? StringRef() : dim.param);
    attrs.append(onnx::kDimsAttr, builder.getStrArrayAttr(names));
  }
  return attrs.getDictionary(builder.getContext());
}

// Callers address what a model takes and gives by name.
LogicalResult GraphImporter::checkNames(ArrayRef<ValueInfo> infos,
                                        StringRef what) {
  llvm::StringSet<> names;
  for (const ValueInfo &info : infos)
    if (!names.insert(info.name).second)
      return emitError() << "two graph " << what << " are named '" << info.name
                         << "'; names must be unique";
  return success();
}

// Runtimes treat an initializer that is also an input as a constant, unless
// the caller feeds it; here it is a constant.
SmallVector<const ValueInfo *> GraphImporter::getRealInputs() {
  llvm::StringSet<> initializers;
  for (const Tensor &tensor : model.graph->initializers)
    initializers.insert(tensor.name);
  SmallVector<const ValueInfo *> inputs;
  for (const ValueInfo &info : model.graph->inputs)
    if (!initializers.contains(info.name))
      inputs.push_back(&info);
  return inputs;
}

LogicalResult GraphImporter::importOutputs(func::FuncOp func, Scope &scope) {
  SmallVector<Value> results;
  SmallVector<DictionaryAttr> attrs;
  for (const ValueInfo &info : model.graph->outputs) {
    Value value = lookup(scope, info.name);
    if (!value)
      return emitError() << "graph output '" << info.name
                         << "' is defined nowhere";
    FailureOr<DictionaryAttr> attr = getValueAttrs(info, value.getType());
    if (failed(attr))
      return failure();
    results.push_back(value);
    attrs.push_back(*attr);
  }
  func::ReturnOp::create(builder, fileLocation, results);
  func.setType(builder.getFunctionType(entry->getArgumentTypes(),
                                       TypeRange(ValueRange(results))));
  func.setAllResultAttrs(attrs);
  return success();
}

LogicalResult GraphImporter::importMain(func::FuncOp func) {
  Scope scope;
  Frame frame;
  if (failed(readOpsets(model.opsetImports, frame.opsets, "the model")) ||
      failed(checkNames(model.graph->inputs, "inputs")) ||
      failed(checkNames(model.graph->outputs, "outputs")))
    return failure();
  // Files older than IR version 3 have no imports: they mean the first opset.
  if (model.irVersion < 3 && frame.opsets.empty())
    frame.opsets[""] = 1;
  for (const ValueInfo &info : llvm::concat<const ValueInfo>(
           model.graph->inputs, model.graph->valueInfos, model.graph->outputs))
    if (info.type.kind != onnxfile::Type::Unknown)
      scope.types[info.name] = &info.type;

  entry = func.addEntryBlock();
  builder.setInsertionPointToStart(entry);
  SmallVector<DictionaryAttr> argAttrs;
  for (const ValueInfo *info : getRealInputs()) {
    FailureOr<mlir::Type> type = getValueType(scope, info->name);
    if (failed(type))
      return failure();
    Value argument = entry->addArgument(
        *type, NameLoc::get(builder.getStringAttr(info->name)));
    FailureOr<DictionaryAttr> attr = getValueAttrs(*info, *type);
    if (failed(attr) || failed(define(scope, info->name, argument)))
      return failure();
    argAttrs.push_back(*attr);
  }
  if (failed(importGraph(*model.graph, scope, frame)) ||
      failed(importOutputs(func, scope)))
    return failure();
  func.setAllArgAttrs(argAttrs);

  SmallVector<NamedAttribute> opsets;
  for (auto &[domain, version] : frame.opsets)
    opsets.push_back(builder.getNamedAttr(getDomainName(domain),
                                          builder.getI64IntegerAttr(version)));
  func->getParentOp()->setAttr(onnx::kOpsetAttr,
                               builder.getDictionaryAttr(opsets));
  return success();
}

FailureOr<OwningOpRef<ModuleOp>> GraphImporter::run() {
  if (!model.graph)
    return emitError() << "the file holds no graph; is it an ONNX model?";
  if (failed(indexFunctions()))
    return failure();
  OwningOpRef<ModuleOp> module = ModuleOp::create(fileLocation);
  std::string producer =
      (model.producerName + " " + model.producerVersion).str();
  (*module)->setAttr(onnx::kIrVersionAttr,
                     builder.getI64IntegerAttr(model.irVersion));
  (*module)->setAttr(onnx::kProducerAttr,
                     builder.getStringAttr(StringRef(producer).trim()));
  builder.setInsertionPointToStart(module->getBody());
  auto func = func::FuncOp::create(builder, fileLocation, "main",
                                   builder.getFunctionType({}, {}));
  if (failed(importMain(func)) || failed(verify(*module)))
    return failure();
  return module;
}

FailureOr<OwningOpRef<ModuleOp>>
nibble::importOnnx(MLIRContext *context, StringRef path, StringRef bytes) {
  context->loadDialect<onnx::OnnxDialect, func::FuncDialect>();
  llvm::Expected<Model> model = readModel(bytes);
  if (!model)
    return emitError(FileLineColLoc::get(context, path, 0, 0))
           << llvm::toString(model.takeError());
  return GraphImporter(context, path, bytes, *model).run();
}

FailureOr<OwningOpRef<ModuleOp>> nibble::importOnnx(MLIRContext *context,
                                                    StringRef path) {
  auto buffer = mapFile(path);
  if (!buffer)
    return emitError(FileLineColLoc::get(context, path, 0, 0))
           << "cannot open the model: " << llvm::toString(buffer.takeError());
  return importOnnx(context, path, (*buffer)->getBuffer());
}
