//===- InferElementwise.cpp - Elementwise operators and reductions --------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Shapes/InferFunctions.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace nibble::frontend;

Type nibble::frontend::getElementType(int64_t dataType, MLIRContext *context) {
  Builder b(context);
  switch (dataType) {
  case 1:
    return b.getF32Type();
  case 2:
    return b.getIntegerType(8, /*isSigned=*/false);
  case 3:
    return b.getI8Type();
  case 4:
    return b.getIntegerType(16, /*isSigned=*/false);
  case 5:
    return b.getI16Type();
  case 6:
    return b.getI32Type();
  case 7:
    return b.getI64Type();
  case 9:
    return b.getI1Type();
  case 10:
    return b.getF16Type();
  case 11:
    return b.getF64Type();
  case 12:
    return b.getIntegerType(32, /*isSigned=*/false);
  case 13:
    return b.getIntegerType(64, /*isSigned=*/false);
  case 16:
    return b.getBF16Type();
  case 21:
    return b.getIntegerType(4, /*isSigned=*/false);
  case 22:
    return b.getIntegerType(4);
  default:
    return {};
  }
}

LogicalResult nibble::frontend::inferUnary(NodeInference &n) {
  return n.set(0, n.type(0), Exprs(n.dims(0)));
}

LogicalResult nibble::frontend::inferUnaryBool(NodeInference &n) {
  return n.set(0, IntegerType::get(n.symbols.getContext(), 1),
               Exprs(n.dims(0)));
}

LogicalResult nibble::frontend::inferDropout(NodeInference &n) {
  if (n.has(2)) {
    const ValueInfo &training = n.in(2);
    if (!training.contents || training.contents->size() != 1 ||
        getConstant(training.contents->front()) != 0)
      return n.error() << "is in training mode; only inference is supported";
  }
  if (failed(n.set(1, IntegerType::get(n.symbols.getContext(), 1),
                   Exprs(n.dims(0)))))
    return failure();
  return n.set(0, n.type(0), Exprs(n.dims(0)));
}

// All operands broadcast, and have the type of the first.
LogicalResult nibble::frontend::inferBroadcast(NodeInference &n) {
  Exprs dims(n.dims(0));
  for (unsigned i = 1; i < n.node.getInputs().size(); ++i) {
    if (!n.has(i))
      return n.error() << "leaves out input " << i;
    FailureOr<Exprs> found = n.broadcast(dims, n.dims(i));
    if (failed(found))
      return failure();
    dims = *found;
    // The exponent of Pow has its own type.
    if (n.type(i) != n.type(0) && !n.node.is("Pow"))
      return n.error() << "has operands of types " << n.type(0) << " and "
                       << n.type(i);
  }
  return n.set(0, n.type(0), dims);
}

LogicalResult nibble::frontend::inferCompare(NodeInference &n) {
  FailureOr<Exprs> dims = n.broadcast(n.dims(0), n.dims(1));
  if (failed(dims))
    return failure();
  return n.set(0, IntegerType::get(n.symbols.getContext(), 1), *dims);
}

LogicalResult nibble::frontend::inferWhere(NodeInference &n) {
  if (!n.type(0).isInteger(1))
    return n.error() << "has a condition of type " << n.type(0);
  if (n.type(1) != n.type(2))
    return n.error() << "has operands of types " << n.type(1) << " and "
                     << n.type(2);
  FailureOr<Exprs> dims = n.broadcast(n.dims(1), n.dims(2));
  if (succeeded(dims))
    dims = n.broadcast(*dims, n.dims(0));
  if (failed(dims))
    return failure();
  return n.set(0, n.type(1), *dims);
}

LogicalResult nibble::frontend::inferCast(NodeInference &n) {
  Type type;
  if (n.node.is("CastLike")) {
    type = n.type(1);
  } else {
    int64_t to = n.node.getInt("to", 0);
    type = getElementType(to, n.symbols.getContext());
    if (!type)
      return n.error() << "converts to data type " << to
                       << ", which is not supported";
  }
  return n.set(0, type, Exprs(n.dims(0)));
}

// The opset at which each reduction takes its axes as an input.
static int64_t getAxesInputVersion(StringRef type) {
  return type == "ReduceSum" ? 13 : 18;
}

LogicalResult nibble::frontend::inferReduce(NodeInference &n) {
  int64_t rank = n.rank(0);
  auto axes = n.axesOf(1, getAxesInputVersion(n.node.getOpType()), rank);
  if (failed(axes))
    return failure();
  bool all = !*axes || (*axes)->empty();
  if (all && n.node.getInt("noop_with_empty_axes", 0))
    return n.set(0, n.type(0), Exprs(n.dims(0)));
  bool keepDims = n.node.getInt("keepdims", 1);
  Exprs dims;
  for (auto [i, dim] : llvm::enumerate(n.dims(0))) {
    if (!all && !llvm::is_contained(**axes, static_cast<int64_t>(i)))
      dims.push_back(dim);
    else if (keepDims)
      dims.push_back(n.constant(1));
  }
  return n.set(0, n.type(0), dims);
}

LogicalResult nibble::frontend::inferArgReduce(NodeInference &n) {
  FailureOr<int64_t> axis = n.axis(n.node.getInt("axis", 0), n.rank(0));
  if (failed(axis))
    return failure();
  Exprs dims(n.dims(0));
  if (n.node.getInt("keepdims", 1))
    dims[*axis] = n.constant(1);
  else
    dims.erase(dims.begin() + *axis);
  return n.set(0, IntegerType::get(n.symbols.getContext(), 64), dims);
}

// Same shape; the axis must exist. CumSum takes it as an input.
LogicalResult nibble::frontend::inferAlongAxis(NodeInference &n) {
  if (n.node.is("CumSum")) {
    auto axis = n.numbers(1, "an axis");
    if (failed(axis))
      return failure();
    if (axis->size() != 1)
      return n.error() << "needs one axis";
    if (failed(n.axis((*axis)[0], n.rank(0))))
      return failure();
  } else if (int64_t axis = n.node.getInt("axis", n.version() < 13 ? 1 : -1);
             n.version() >= 13 || axis != n.rank(0)) {
    if (failed(n.axis(axis, n.rank(0))))
      return failure();
  }
  return inferUnary(n);
}
