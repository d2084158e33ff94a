//===- GraphImporter.h - Graphs of an ONNX file to IR -*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_IMPORT_GRAPHIMPORTER_H
#define NIBBLE_LIB_IMPORT_GRAPHIMPORTER_H

#include "OnnxTensors.h"
#include "dialects/Onnx/OnnxDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"

#include <map>
#include <string>

namespace nibble {

/// The opset versions that a model or a local function imports, by domain
/// (`""`: ai.onnx).
using Opsets = std::map<std::string, int64_t, std::less<>>;

/// A domain for messages and as a key of `onnx.opset`.
inline llvm::StringRef getDomainName(llvm::StringRef domain) {
  return domain.empty() ? "ai.onnx" : domain;
}

/// Builds the function of a model's main graph; local functions are inlined
/// and subgraphs become regions. Every failure has emitted one error.
class GraphImporter {
public:
  GraphImporter(mlir::MLIRContext *context, llvm::StringRef path,
                llvm::StringRef bytes, const onnxfile::Model &model);

  mlir::FailureOr<mlir::OwningOpRef<mlir::ModuleOp>> run();

private:
  /// Names that nodes can see: those of a graph or of a function's body.
  struct Scope {
    /// The graph around a subgraph. Null: no outer names are seen.
    const Scope *outer = nullptr;
    llvm::DenseMap<llvm::StringRef, mlir::Value> values;
    llvm::DenseMap<llvm::StringRef, const onnxfile::Type *> types;
    /// Types that a call gives to the outputs of a function.
    llvm::DenseMap<llvm::StringRef, mlir::Type> outputTypes;
    /// Before the names of unnamed nodes.
    std::string prefix;
  };

  /// What a node means beyond its graph: the model or the call it is inlined
  /// from.
  struct Frame {
    const onnxfile::Function *function = nullptr;
    const Frame *caller = nullptr;
    /// Location of the call.
    mlir::LocationAttr location;
    /// Before the names of all nodes: the call's name and a slash.
    std::string prefix;
    Opsets opsets;
    /// The call's attributes, or their defaults.
    llvm::DenseMap<llvm::StringRef, const onnxfile::Attribute *> attributes;
    unsigned depth = 0;
  };

  /// A node with what its import needs.
  struct NodeContext {
    const onnxfile::Node &node;
    Scope &scope;
    const Frame &frame;
    /// Path of the node, as in its location.
    std::string name;
    mlir::Location location;
    llvm::StringRef domain;
  };

  /// A node's attributes: subgraphs apart from all others.
  struct NodeAttributes {
    llvm::SmallVector<mlir::NamedAttribute> values;
    llvm::SmallVector<llvm::StringRef> graphNames;
    llvm::SmallVector<const onnxfile::Graph *> graphs;
  };

  // Model and graphs.
  mlir::LogicalResult readOpsets(llvm::ArrayRef<onnxfile::OpsetImport> imports,
                                 Opsets &opsets, const llvm::Twine &of);
  mlir::LogicalResult indexFunctions();
  mlir::LogicalResult importMain(mlir::func::FuncOp func);
  mlir::LogicalResult checkNames(llvm::ArrayRef<onnxfile::ValueInfo> infos,
                                 llvm::StringRef what);
  llvm::SmallVector<const onnxfile::ValueInfo *> getRealInputs();
  mlir::LogicalResult importOutputs(mlir::func::FuncOp func, Scope &scope);
  mlir::FailureOr<mlir::DictionaryAttr>
  getValueAttrs(const onnxfile::ValueInfo &info, mlir::Type type);
  mlir::LogicalResult importGraph(const onnxfile::Graph &graph, Scope &scope,
                                  const Frame &frame);
  mlir::LogicalResult importNodes(llvm::ArrayRef<onnxfile::Node> nodes,
                                  Scope &scope, const Frame &frame);
  mlir::FailureOr<std::vector<size_t>>
  sortNodes(llvm::ArrayRef<onnxfile::Node> nodes, const Scope &scope,
            const Frame &frame);
  mlir::LogicalResult importSubgraph(const NodeContext &node,
                                     llvm::StringRef name,
                                     const onnxfile::Graph &graph,
                                     mlir::Region &region);

  // Nodes.
  mlir::LogicalResult importNode(const NodeContext &node);
  mlir::LogicalResult importConstant(const NodeContext &node);
  mlir::LogicalResult importCall(const NodeContext &node,
                                 const onnxfile::Function &function);
  mlir::FailureOr<Frame> enterCall(const NodeContext &node,
                                   const onnxfile::Function &function);
  mlir::FailureOr<llvm::SmallVector<mlir::Value>>
  getInputs(const NodeContext &node);
  mlir::FailureOr<llvm::SmallVector<mlir::Type>>
  getOutputTypes(const NodeContext &node);
  mlir::LogicalResult defineOutputs(const NodeContext &node,
                                    mlir::ValueRange values);
  mlir::Value buildTensor(mlir::Location location, llvm::StringRef name,
                          const TensorReader::Value &tensor);
  mlir::Value getAbsent();

  // Attributes.
  mlir::LogicalResult convertAttributes(const NodeContext &node,
                                        NodeAttributes &result);
  const onnxfile::Attribute *resolve(const onnxfile::Attribute &attr,
                                     const Frame &frame);
  mlir::FailureOr<mlir::Attribute>
  convertAttribute(const NodeContext &node, const onnxfile::Attribute &attr);
  mlir::FailureOr<mlir::Attribute>
  convertTensors(llvm::ArrayRef<onnxfile::Tensor> tensors, EmitError emitError);
  mlir::FailureOr<mlir::Attribute>
  convertTypes(llvm::ArrayRef<onnxfile::Type> types, EmitError emitError);

  // Names.
  static mlir::Value lookup(const Scope &scope, llvm::StringRef name);
  mlir::LogicalResult define(Scope &scope, llvm::StringRef name,
                             mlir::Value value);
  mlir::FailureOr<mlir::Type> getValueType(const Scope &scope,
                                           llvm::StringRef name);
  std::string getLocalName(const onnxfile::Node &node, size_t index,
                           const Scope &scope);

  mlir::InFlightDiagnostic emitError();
  mlir::InFlightDiagnostic emitNodeError(const NodeContext &node);

  const onnxfile::Model &model;
  TensorReader tensors;
  mlir::OpBuilder builder;
  mlir::Location fileLocation;
  mlir::Block *entry = nullptr;
  mlir::Value absent;
  /// By domain, name and overload.
  std::map<std::tuple<llvm::StringRef, llvm::StringRef, llvm::StringRef>,
           const onnxfile::Function *>
      functions;
  size_t inlinedNodes = 0;
};

} // namespace nibble

#endif // NIBBLE_LIB_IMPORT_GRAPHIMPORTER_H
