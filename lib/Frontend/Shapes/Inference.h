//===- Inference.h - Types, extents, elements of values ---------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_FRONTEND_SHAPES_INFERENCE_H
#define NIBBLE_LIB_FRONTEND_SHAPES_INFERENCE_H

#include "Operators.h"
#include "Shapes/Symbols.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/DenseMap.h"

namespace nibble::frontend {

/// What is known about a value.
struct ValueInfo {
  mlir::Type elementType;
  Exprs dims;
  /// The elements of an integer or bool tensor of at most kMaxContents, in
  /// row-major order.
  std::optional<Exprs> contents;
  /// The elements of a constant.
  mlir::DenseElementsAttr constant;

  /// Elements that are followed one by one.
  static constexpr int64_t kMaxContents = 64;
};

/// Extents as numbers, when all are.
std::optional<llvm::SmallVector<int64_t>>
getStaticShape(llvm::ArrayRef<mlir::AffineExpr> dims);

/// The tensor type with these extents.
mlir::RankedTensorType getTensorType(mlir::Type elementType,
                                     llvm::ArrayRef<mlir::AffineExpr> dims);

/// Analyses `main` and refines the types of its values. What is found is
/// complete and consistent when `run` succeeds.
class Inference {
public:
  explicit Inference(mlir::func::FuncOp main)
      : main(main), symbols(main.getContext()) {}

  mlir::LogicalResult run();

  Symbols &getSymbols() { return symbols; }
  /// Null when nothing is known about the value.
  const ValueInfo *lookup(mlir::Value value) const;
  void set(mlir::Value value, ValueInfo info);
  /// The extents of an argument as the file names them.
  llvm::ArrayRef<mlir::AffineExpr> getArgumentDims(unsigned index) const {
    return argumentDims[index];
  }

private:
  mlir::LogicalResult addArguments();
  mlir::LogicalResult inferBlock(mlir::Block &block);
  mlir::LogicalResult inferNode(onnx::NodeOp node);
  mlir::LogicalResult inferIf(onnx::NodeOp node);
  mlir::LogicalResult inferBranch(onnx::NodeOp node, llvm::StringRef name,
                                  llvm::StringRef constraintsName);
  mlir::Region *assumeEquality(onnx::NodeOp node);
  mlir::LogicalResult checkResults();

  mlir::func::FuncOp main;
  Symbols symbols;
  llvm::SmallVector<Exprs> argumentDims;
  /// On the heap, so that what a node's inputs are known to be stays in place
  /// while its outputs are added.
  llvm::DenseMap<mlir::Value, std::unique_ptr<ValueInfo>> infos;
  llvm::SmallVector<onnx::NodeOp> unsupported;
};

/// What an operator's inference function sees and sets.
class NodeInference {
public:
  NodeInference(Inference &inference, onnx::NodeOp node)
      : node(node), symbols(inference.getSymbols()), inference(inference) {}

  onnx::NodeOp node;
  Symbols &symbols;

  /// An error on the node, starting with its name and operator.
  mlir::InFlightDiagnostic error();

  int64_t version() { return node.getVersion(); }
  bool has(unsigned input) { return static_cast<bool>(node.getInput(input)); }
  /// About an input that is there.
  const ValueInfo &in(unsigned input);
  mlir::Type type(unsigned input) { return in(input).elementType; }
  llvm::ArrayRef<mlir::AffineExpr> dims(unsigned input) {
    return in(input).dims;
  }
  int64_t rank(unsigned input) { return in(input).dims.size(); }
  mlir::AffineExpr constant(int64_t value) {
    return symbols.getConstant(value);
  }

  /// The elements of an input as expressions or numbers. The first form is an
  /// error that names `what` when they are not known.
  mlir::FailureOr<Exprs> contents(unsigned input, llvm::StringRef what);
  mlir::FailureOr<llvm::SmallVector<int64_t>> numbers(unsigned input,
                                                      llvm::StringRef what);

  /// `axis` in [0, rank), counted from the end where it is negative.
  mlir::FailureOr<int64_t> axis(int64_t axis, int64_t rank);
  mlir::FailureOr<llvm::SmallVector<int64_t>> axes(llvm::ArrayRef<int64_t> axes,
                                                   int64_t rank);
  /// The axes that operators give as an attribute before opset `inputSince`
  /// and as input `input` from there on; nullopt when they are left out.
  mlir::FailureOr<std::optional<llvm::SmallVector<int64_t>>>
  axesOf(unsigned input, int64_t inputSince, int64_t rank);

  /// NumPy broadcasting.
  mlir::FailureOr<Exprs> broadcast(llvm::ArrayRef<mlir::AffineExpr> a,
                                   llvm::ArrayRef<mlir::AffineExpr> b);
  /// States that two extents are equal; an error that says `what` if they
  /// cannot be.
  mlir::LogicalResult equal(mlir::AffineExpr a, mlir::AffineExpr b,
                            llvm::StringRef what);

  /// States that an input, where it is there, has these extents.
  mlir::LogicalResult hasExtents(unsigned input,
                                 llvm::ArrayRef<mlir::AffineExpr> expected);

  /// Sets what is known of an output; nothing happens when the node leaves it
  /// out.
  mlir::LogicalResult set(unsigned output, mlir::Type elementType, Exprs dims);
  void setContents(unsigned output, Exprs contents);
  void setConstant(unsigned output, mlir::DenseElementsAttr constant);
  const ValueInfo *out(unsigned output);

private:
  Inference &inference;
};

/// Finds the elements of a node's outputs from those of its inputs, where the
/// operator moves elements or computes them one by one. Its output types and
/// extents are known.
void foldElements(NodeInference &n);

} // namespace nibble::frontend

#endif // NIBBLE_LIB_FRONTEND_SHAPES_INFERENCE_H
