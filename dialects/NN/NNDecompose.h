//===- NNDecompose.h - Building the linalg form of nn ops -------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Internal to dialects/NN: arithmetic on extents, and a builder that writes
// linalg ops over them. Each decomposition lists the parallel dimensions first
// and computes narrow floats in f32.
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_DIALECTS_NN_NNDECOMPOSE_H
#define NIBBLE_DIALECTS_NN_NNDECOMPOSE_H

#include "dialects/NN/Elementwise.h"
#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"
#include "mlir/IR/Builders.h"

namespace nibble::nn {

using Extents = llvm::SmallVector<mlir::OpFoldResult>;
using mlir::OpFoldResult;
using mlir::Value;
using mlir::ValueRange;

//===----------------------------------------------------------------------===//
// Extents
//===----------------------------------------------------------------------===//

/// Arithmetic on index values, static where both sides are. Divisions round
/// down; divisors are positive.
class IndexMath {
public:
  IndexMath(mlir::OpBuilder &builder, mlir::Location loc)
      : builder(builder), loc(loc) {}

  OpFoldResult constant(int64_t value) { return builder.getIndexAttr(value); }
  OpFoldResult add(OpFoldResult x, OpFoldResult y);
  OpFoldResult sub(OpFoldResult x, OpFoldResult y);
  OpFoldResult mul(OpFoldResult x, OpFoldResult y);
  OpFoldResult div(OpFoldResult x, OpFoldResult y);
  OpFoldResult max(OpFoldResult x, OpFoldResult y);
  OpFoldResult min(OpFoldResult x, OpFoldResult y);
  OpFoldResult add(OpFoldResult x, int64_t y) { return add(x, constant(y)); }
  OpFoldResult mul(OpFoldResult x, int64_t y) { return mul(x, constant(y)); }
  OpFoldResult div(OpFoldResult x, int64_t y) { return div(x, constant(y)); }
  OpFoldResult max(OpFoldResult x, int64_t y) { return max(x, constant(y)); }
  OpFoldResult product(llvm::ArrayRef<OpFoldResult> extents);
  Value value(OpFoldResult x);

private:
  mlir::OpBuilder &builder;
  mlir::Location loc;
};

/// The extent of a tensor or quantized tensor along `axis`.
OpFoldResult getExtent(mlir::OpBuilder &builder, mlir::Location loc,
                       Value tensor, int64_t axis);
Extents getExtents(mlir::OpBuilder &builder, mlir::Location loc, Value tensor);

/// The output extents of a window sliding over an axis of `in` elements, at
/// least 0. `rounding` is added before the division by the stride.
OpFoldResult getWindowExtent(IndexMath &math, OpFoldResult in,
                             OpFoldResult kernel, int64_t stride, int64_t low,
                             int64_t high, int64_t dilation,
                             bool roundUp = false);

/// The same on static extents; kDynamic where one is.
int64_t getWindowExtent(int64_t in, int64_t kernel, int64_t stride, int64_t low,
                        int64_t high, int64_t dilation, bool roundUp = false);

/// floor(in * scale), the product in f32, as ONNX Resize has it.
OpFoldResult scaleExtent(mlir::OpBuilder &builder, mlir::Location loc,
                         OpFoldResult in, float scale);

/// The groups that split axis `axis` of `rank` axes in two.
llvm::SmallVector<mlir::ReassociationIndices> getSplitGroups(int64_t rank,
                                                             int64_t axis);

/// Where spatial axis `i` of rank `rank` is, and where the channels are.
inline int64_t getSpatialAxis(Layout layout, int64_t i) {
  return layout == Layout::ChannelsFirst ? i + 2 : i + 1;
}
inline int64_t getChannelAxis(Layout layout, int64_t rank) {
  return layout == Layout::ChannelsFirst ? 1 : rank - 1;
}

//===----------------------------------------------------------------------===//
// Builder
//===----------------------------------------------------------------------===//

/// Computes one scalar of a result; `args` are the operands' scalars, narrow
/// floats extended to f32.
using ScalarBody =
    llvm::function_ref<Value(mlir::OpBuilder &, mlir::Location, ValueRange)>;

class DecomposeBuilder : public mlir::ImplicitLocOpBuilder {
public:
  DecomposeBuilder(mlir::OpBuilder &builder, mlir::Operation *op)
      : ImplicitLocOpBuilder(op->getLoc(), builder), op(op) {}

  IndexMath math() { return IndexMath(*this, getLoc()); }

  /// An operand as numbers: dequantized, and without signedness (which
  /// `isUnsigned` of the operand tells). Null stays null.
  Value numbers(Value operand);

  /// The values as the op's results: quantized, signed, cast to the op's types
  /// where they differ.
  mlir::FailureOr<mlir::SmallVector<Value>> finish(ValueRange values);

  /// The op's result extents, by its own reification.
  Extents resultExtents(unsigned index = 0);
  Extents extents(Value tensor) { return getExtents(*this, getLoc(), tensor); }
  OpFoldResult extent(Value tensor, int64_t axis) {
    return getExtent(*this, getLoc(), tensor, axis);
  }

  Value constant(mlir::Type type, double value) {
    return emitConstant(*this, getLoc(), type, value);
  }
  Value index(OpFoldResult x) { return math().value(x); }
  /// An index value as a number of type `type`.
  Value number(OpFoldResult x, mlir::Type type);
  Value empty(llvm::ArrayRef<OpFoldResult> extents, mlir::Type type);
  Value filled(llvm::ArrayRef<OpFoldResult> extents, Value scalar);
  Value filled(llvm::ArrayRef<OpFoldResult> extents, mlir::Type type,
               double value) {
    return filled(extents, constant(type, value));
  }

  /// One linalg.generic whose `outputs` also give the results.
  mlir::SmallVector<Value> generic(
      ValueRange inputs, ValueRange outputs,
      llvm::ArrayRef<mlir::AffineMap> maps, unsigned numParallel,
      llvm::function_ref<mlir::SmallVector<Value>(mlir::OpBuilder &,
                                                  mlir::Location, ValueRange)>
          body);

  /// A new tensor of `extents`, each element `body` of the inputs at `maps`;
  /// the result is converted to `type`.
  Value map(llvm::ArrayRef<OpFoldResult> extents, mlir::Type type,
            ValueRange inputs, llvm::ArrayRef<mlir::AffineMap> maps,
            ScalarBody body);

  /// Folds `input` over `axes`, which vanish, from `initial`: the accumulator
  /// is the last argument of `body`. Other inputs have maps over the input's
  /// own axes.
  Value reduce(Value input, llvm::ArrayRef<int64_t> axes, Value initial,
               ScalarBody body, ValueRange others = {},
               llvm::ArrayRef<mlir::AffineMap> otherMaps = {});

  /// sum of lhs * rhs in the compute type `type`; `maps`: lhs, rhs, result.
  Value contract(Value lhs, Value rhs, llvm::ArrayRef<OpFoldResult> extents,
                 llvm::ArrayRef<mlir::AffineMap> maps, unsigned numParallel,
                 mlir::Type type, bool lhsUnsigned = false,
                 bool rhsUnsigned = false);

  /// Parts of tensors as upstream's ops give them, also where a part has no
  /// elements: those refuse an offset that is then the extent.
  Value slice(Value tensor, llvm::ArrayRef<OpFoldResult> offsets,
              llvm::ArrayRef<OpFoldResult> sizes,
              llvm::ArrayRef<OpFoldResult> strides);
  Value insert(Value part, Value into, llvm::ArrayRef<OpFoldResult> offsets,
               llvm::ArrayRef<OpFoldResult> sizes,
               llvm::ArrayRef<OpFoldResult> strides);

  /// A tensor's elements in another shape of the same size.
  Value reshape(Value tensor, llvm::ArrayRef<OpFoldResult> extents);
  /// The same where `groups[i]` says which axes of the shape with more axes
  /// are axis i of the other: no element moves.
  Value reshape(Value tensor, llvm::ArrayRef<OpFoldResult> extents,
                llvm::ArrayRef<mlir::ReassociationIndices> groups);
  /// `tensor` without the axes `axes` with those as axes of extent 1.
  Value insertUnitAxes(Value tensor, llvm::ArrayRef<int64_t> axes);

  /// Map of an operand of `shape` that broadcasts to `rank` axes of
  /// `numDims`, trailing axes aligned.
  mlir::AffineMap broadcastMap(llvm::ArrayRef<int64_t> shape,
                               llvm::ArrayRef<int64_t> resultShape,
                               unsigned numDims);
  mlir::AffineMap identity(unsigned rank) {
    return getMultiDimIdentityMap(rank);
  }
  mlir::AffineMap mapOf(unsigned numDims,
                        llvm::ArrayRef<mlir::AffineExpr> results) {
    return mlir::AffineMap::get(numDims, 0, results, getContext());
  }
  llvm::SmallVector<mlir::AffineExpr> dims(unsigned begin, unsigned end);

  mlir::Operation *getOp() { return op; }

private:
  mlir::Operation *op;
};

/// The element type of a tensor or quantized tensor, as stored in numbers.
mlir::Type getNumberType(Value operand);
bool isUnsigned(mlir::Type shapedOrElement);

/// index_cast and the like in bodies.
Value toIndex(mlir::OpBuilder &builder, mlir::Location loc, Value integer);

/// `index`, from the end where negative, held within [0, extent).
Value boundedIndex(mlir::OpBuilder &builder, mlir::Location loc, Value integer,
                   Value extent);

} // namespace nibble::nn

#endif // NIBBLE_DIALECTS_NN_NNDECOMPOSE_H
