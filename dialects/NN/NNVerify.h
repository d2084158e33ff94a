//===- NNVerify.h - Checks that nn verifiers share -------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Internal to dialects/NN. Each check emits one error that says what is asked
// for. Unknown extents agree with every extent.
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_DIALECTS_NN_NNVERIFY_H
#define NIBBLE_DIALECTS_NN_NNVERIFY_H

#include "dialects/NN/NN.h"

#include <initializer_list>

namespace nibble::nn {

/// The type of a tensor or quantized tensor.
inline mlir::ShapedType shapedType(mlir::Value value) {
  return llvm::cast<mlir::ShapedType>(value.getType());
}
inline mlir::Type elementType(mlir::Value value) {
  return shapedType(value).getElementType();
}
inline bool agree(int64_t a, int64_t b) {
  return a == b || mlir::ShapedType::isDynamic(a) ||
         mlir::ShapedType::isDynamic(b);
}
/// The extent that two axes that agree have.
inline int64_t known(int64_t a, int64_t b) {
  return mlir::ShapedType::isDynamic(a) ? b : a;
}

/// `[2, ?, 3]`.
std::string describeShape(llvm::ArrayRef<int64_t> shape);

class Checker {
public:
  explicit Checker(mlir::Operation *op) : op(op) {}

  mlir::LogicalResult rank(llvm::StringRef what, mlir::Value value,
                           int64_t rank) const;
  mlir::LogicalResult minRank(llvm::StringRef what, mlir::Value value,
                              int64_t rank) const;
  mlir::LogicalResult shape(llvm::StringRef what, mlir::Value value,
                            llvm::ArrayRef<int64_t> expected) const;
  mlir::LogicalResult axis(int64_t axis, int64_t rank) const;
  mlir::LogicalResult isFloat(llvm::StringRef what, mlir::Value value) const;
  /// `value` holds the element type of `like`, which is named `likeWhat`.
  mlir::LogicalResult sameElement(llvm::StringRef what, mlir::Value value,
                                  llvm::StringRef likeWhat,
                                  mlir::Value like) const;
  /// `list` has `count` entries, `per` axis or whatever says why.
  mlir::LogicalResult entries(llvm::StringRef what,
                              llvm::ArrayRef<int64_t> list, int64_t count,
                              llvm::StringRef per) const;
  mlir::LogicalResult atLeast(llvm::StringRef what,
                              llvm::ArrayRef<int64_t> list,
                              int64_t bound) const;
  /// Two extents that must agree; each is named by what it is.
  mlir::LogicalResult equal(llvm::StringRef what, int64_t extent,
                            llvm::StringRef otherWhat, int64_t other) const;
  /// The shape to which `values` broadcast.
  mlir::FailureOr<llvm::SmallVector<int64_t>>
  broadcast(mlir::ValueRange values) const;
  mlir::FailureOr<llvm::SmallVector<int64_t>>
  broadcast(llvm::ArrayRef<llvm::ArrayRef<int64_t>> shapes) const;
  /// A result that is computed can be stored in a format with its own scales,
  /// but only where those can be found from its elements.
  mlir::LogicalResult computedResult(mlir::Value result) const;
  /// `static_X` and `X` fit each other and the `rank` axes.
  mlir::LogicalResult mixedList(llvm::StringRef what,
                                llvm::ArrayRef<int64_t> statics,
                                mlir::ValueRange dynamics, int64_t rank) const;

  mlir::Operation *op;
};

} // namespace nibble::nn

#endif // NIBBLE_DIALECTS_NN_NNVERIFY_H
