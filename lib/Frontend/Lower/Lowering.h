//===- Lowering.h - From onnx nodes to ops of nn ----------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_FRONTEND_LOWER_LOWERING_H
#define NIBBLE_LIB_FRONTEND_LOWER_LOWERING_H

#include "Operators.h"
#include "Shapes/Symbols.h"
#include "Weights.h"
#include "dialects/NN/NN.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/DenseMap.h"

namespace nibble::frontend {

/// The type that numbers of this type are computed in: f32 for all floating
/// point, else the type itself.
mlir::Type getComputeType(mlir::Type elementType);

/// State of the lowering of one model.
class Lowering {
public:
  Lowering(mlir::func::FuncOp main, unsigned numSymbols);

  /// Lowers the function; errors are on the nodes.
  mlir::LogicalResult run();

  mlir::OpBuilder b;

  /// The extents that inference found for an onnx value.
  Exprs getDims(mlir::Value onnxValue);
  /// The elements that inference found, as expressions.
  std::optional<Exprs> getContents(mlir::Value onnxValue);

  /// The lowered form of an onnx value, in the type it is computed in.
  /// Constants, parameters and known elements are made where they are first
  /// used.
  mlir::Value get(mlir::Value onnxValue);
  /// The same in the element type that the file has.
  mlir::Value getStored(mlir::Value onnxValue);
  void set(mlir::Value onnxValue, mlir::Value lowered);

  mlir::AffineExpr simplify(mlir::AffineExpr expr) {
    return mlir::simplifyAffineExpr(expr, 0, numSymbols);
  }
  /// The index value of an expression.
  mlir::Value getIndex(mlir::AffineExpr expr);
  /// A list of extents, offsets… as ops of nn take it: numbers, and index
  /// values for what is dynamic.
  void splitIndices(llvm::ArrayRef<mlir::AffineExpr> exprs,
                    llvm::SmallVectorImpl<mlir::Value> &dynamic,
                    llvm::SmallVectorImpl<int64_t> &fixed);

private:
  friend class NodeLowering;
  mlir::LogicalResult lowerBlock(mlir::Block &block);
  mlir::LogicalResult lowerIf(onnx::NodeOp node);
  mlir::Value materialize(mlir::Value onnxValue);
  void setBoundary();
  mlir::LogicalResult lowerReturn();

  mlir::func::FuncOp main;
  unsigned numSymbols;
  /// Extents of main's arguments, one for each symbol; null where a symbol is
  /// replaced and has no use.
  llvm::SmallVector<mlir::Value> symbolValues;
  llvm::DenseMap<mlir::AffineExpr, mlir::Value> indices;
  llvm::DenseMap<mlir::Value, mlir::Value> values;
};

/// What an operator's lowering function sees and makes.
class NodeLowering {
public:
  NodeLowering(Lowering &lowering, onnx::NodeOp node)
      : node(node), b(lowering.b), loc(node.getLoc()), lowering(lowering) {}

  onnx::NodeOp node;
  mlir::OpBuilder &b;
  mlir::Location loc;
  Lowering &lowering;

  /// An error on the node, starting with its name and operator.
  mlir::InFlightDiagnostic error();

  int64_t version() { return node.getVersion(); }
  bool has(unsigned input) { return static_cast<bool>(node.getInput(input)); }
  /// The lowered input; null when the node leaves it out.
  mlir::Value in(unsigned input);
  mlir::Value stored(unsigned input);
  /// The types of inputs and outputs as the file has them.
  mlir::RankedTensorType type(unsigned input);
  mlir::RankedTensorType outType(unsigned output);
  /// The type of the lowered output.
  mlir::RankedTensorType resultType(unsigned output = 0);
  Exprs dims(unsigned input) { return lowering.getDims(node.getInput(input)); }
  Exprs outDims(unsigned output = 0) {
    return lowering.getDims(node.getOutput(output));
  }
  int64_t rank(unsigned input) { return type(input).getRank(); }
  std::optional<llvm::SmallVector<int64_t>> numbers(unsigned input);
  /// The number that a constant input of one element holds.
  std::optional<double> number(unsigned input);
  int64_t axis(llvm::StringRef name, int64_t otherwise, int64_t rank) {
    int64_t axis = node.getInt(name, otherwise);
    return axis < 0 ? axis + rank : axis;
  }

  /// Sets an output; nothing happens where the node leaves it out. Where it has
  /// no elements in any run, only the type of `value` counts.
  mlir::LogicalResult set(unsigned output, mlir::Value value);

  // Ops that many operators need. Types are computed in f32.

  mlir::RankedTensorType getType(llvm::ArrayRef<mlir::AffineExpr> dims,
                                 mlir::Type elementType);
  mlir::Value elementwise(nn::ElementwiseKind kind, mlir::ValueRange operands,
                          mlir::RankedTensorType type);
  mlir::Value add(mlir::Value x, mlir::Value y, mlir::RankedTensorType type) {
    return elementwise(nn::ElementwiseKind::Add, {x, y}, type);
  }
  mlir::Value reshape(mlir::Value x, llvm::ArrayRef<mlir::AffineExpr> dims);
  mlir::Value reshape(mlir::Value x, llvm::ArrayRef<int64_t> shape);
  mlir::Value transpose(mlir::Value x, llvm::ArrayRef<int64_t> permutation);
  /// `size` elements from `offset` along `axis` of x, whose extents are `dims`.
  mlir::Value slice(mlir::Value x, llvm::ArrayRef<mlir::AffineExpr> dims,
                    int64_t axis, mlir::AffineExpr offset,
                    mlir::AffineExpr size);
  /// `sizes` elements from `offsets`.
  mlir::Value slice(mlir::Value x, llvm::ArrayRef<mlir::AffineExpr> offsets,
                    llvm::ArrayRef<mlir::AffineExpr> sizes);
  /// x broadcast to `dims`.
  mlir::Value expand(mlir::Value x, llvm::ArrayRef<mlir::AffineExpr> dims);
  mlir::Value convert(mlir::Value x, mlir::Type elementType);
  /// A constant of one element, rank 0.
  mlir::Value scalar(double value, mlir::Type elementType);
  mlir::AffineExpr constant(int64_t value) {
    return mlir::getAffineConstantExpr(value, b.getContext());
  }
};

} // namespace nibble::frontend

#endif // NIBBLE_LIB_FRONTEND_LOWER_LOWERING_H
