//===- NNGraphOps.cpp - Parameters, dispatches, launches ------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/NN.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;
using namespace nibble::nn;

LogicalResult DispatchOp::verify() {
  Block *body = getBodyBlock();
  if (body->getArgumentTypes() != getInputs().getTypes())
    return emitOpError("body arguments and inputs differ in type");
  auto yield = dyn_cast<YieldOp>(body->getTerminator());
  if (!yield)
    return emitOpError("body must end with nn.yield");
  if (yield.getOperandTypes() != getResultTypes())
    return emitOpError("nn.yield and results differ in type");
  int64_t dynamic = 0;
  for (Type type : getResultTypes())
    dynamic += cast<RankedTensorType>(type).getNumDynamicDims();
  if (dynamic != int64_t(getResultDims().size()))
    return emitOpError() << "results have " << dynamic
                         << " dynamic extents, but dims lists "
                         << getResultDims().size();
  return success();
}

LogicalResult RequireOp::verify() {
  if (getConstraints().getNumDims() != 0)
    return emitOpError("constraints are over symbols, not over dimensions");
  return success();
}

/// It computes nothing.
FailureOr<SmallVector<Value>> RequireOp::decomposeOperation(OpBuilder &) {
  return SmallVector<Value>();
}

LogicalResult PackWeightsOp::verify() {
  auto weights = cast<RankedTensorType>(getWeights().getType());
  if (weights.getRank() != 2 && weights.getRank() != 3)
    return emitOpError("weights must be [N, K] or [groups, N, K]");
  for (Value part : {getScales(), getZeros()}) {
    if (!part)
      continue;
    ArrayRef<int64_t> shape = cast<RankedTensorType>(part.getType()).getShape();
    if (int64_t(shape.size()) != weights.getRank() ||
        shape.drop_back() != weights.getShape().drop_back())
      return emitOpError("scales and zeros must have a row for each row of the "
                         "weights");
  }
  return success();
}

/// Of a convolution: its window has an extent, a stride and a dilation for each
/// spatial axis of the image.
static LogicalResult verifyWindow(ContractOp op) {
  auto isPositive = [](int64_t number) { return number > 0; };
  int64_t spatial = op.getLhs().getType().getRank() - 2;
  for (auto list : {op.getKernel(), op.getStrides(), op.getDilations()})
    if (!list || int64_t(list->size()) != spatial ||
        !llvm::all_of(*list, isPositive))
      return op.emitOpError()
             << "kernel, strides and dilations need a positive "
                "number for each of "
             << spatial << " spatial axes";
  return success();
}

LogicalResult ContractOp::verify() {
  RankedTensorType lhs = getLhs().getType(), result = getType();
  if (lhs.getRank() == 0 || lhs.isDynamicDim(lhs.getRank() - 1))
    return emitOpError("lhs must have a known extent along its last axis");
  if (result.getRank() != lhs.getRank())
    return emitOpError("result must have as many axes as lhs");
  int64_t groups = getGroups(), columns = getColumns();
  if (columns < 1 || groups < 1 || columns % groups != 0 ||
      lhs.getShape().back() % groups != 0)
    return emitOpError("groups must divide the columns and the last axis of "
                       "lhs");
  int64_t last = result.getShape().back();
  if (!ShapedType::isDynamic(last) && last != columns)
    return emitOpError() << "result must have " << columns
                         << " elements along its last axis, but has " << last;
  if (getKernel())
    return verifyWindow(*this);
  if (groups != 1)
    return emitOpError("only a convolution has groups: give a kernel");
  return success();
}

LogicalResult StorageOp::verify() {
  auto type = cast<MemRefType>(getType());
  if (!type.getLayout().isIdentity())
    return emitOpError("a storage has the identity layout");
  if (size_t(type.getNumDynamicDims()) != getDims().size())
    return emitOpError() << "type has " << type.getNumDynamicDims()
                         << " dynamic extents, but dims lists "
                         << getDims().size();
  if (getOffset() != 0 && getKind() != StorageKind::Parameter)
    return emitOpError("only parameters have an offset");
  return success();
}

/// The extents of a convolution over a padded NHWC image.
static void reifyImage(OpBuilder &builder, ContractOp op,
                       SmallVectorImpl<OpFoldResult> &extents) {
  Location loc = op.getLoc();
  AffineExpr in = builder.getAffineDimExpr(0);
  for (auto [i, kernel] : llvm::enumerate(*op.getKernel())) {
    OpFoldResult extent =
        tensor::getMixedSize(builder, loc, op.getLhs(), i + 1);
    int64_t reach = (*op.getDilations())[i] * (kernel - 1) + 1;
    AffineExpr out = (in - reach).floorDiv((*op.getStrides())[i]) + 1;
    extents.push_back(affine::makeComposedFoldedAffineApply(
        builder, loc, AffineMap::get(1, 0, out), {extent}));
  }
}

LogicalResult
ContractOp::reifyResultShapes(OpBuilder &builder,
                              ReifiedRankedShapedTypeDims &shapes) {
  auto type = cast<RankedTensorType>(getType());
  SmallVector<OpFoldResult> extents;
  if (getKernel()) {
    extents.push_back(tensor::getMixedSize(builder, getLoc(), getLhs(), 0));
    reifyImage(builder, *this, extents);
  } else {
    for (int64_t axis = 0; axis + 1 < type.getRank(); ++axis)
      extents.push_back(
          tensor::getMixedSize(builder, getLoc(), getLhs(), axis));
  }
  extents.push_back(builder.getIndexAttr(getColumns()));
  for (auto [axis, extent] : llvm::enumerate(type.getShape()))
    if (!ShapedType::isDynamic(extent))
      extents[axis] = builder.getIndexAttr(extent);
  shapes.push_back(std::move(extents));
  return success();
}

LogicalResult InvokeOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto kernel = symbols.lookupNearestSymbolFrom<FunctionOpInterface>(
      *this, getKernelAttr());
  if (!kernel)
    return emitOpError() << "kernel " << getKernelAttr() << " does not exist";
  size_t operands = getInputs().size() + getNumResults();
  if (kernel.getNumArguments() != operands + 3)
    return emitOpError() << "has " << operands
                         << " inputs and results, but the kernel takes "
                         << int64_t(kernel.getNumArguments()) - 3;
  return success();
}

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto kernel = symbols.lookupNearestSymbolFrom<FunctionOpInterface>(
      *this, getKernelAttr());
  if (!kernel)
    return emitOpError() << "kernel " << getKernelAttr() << " does not exist";
  // The kernel's last three arguments are begin, end and scratch.
  auto types = kernel.getArgumentTypes();
  if (types.size() != getArguments().size() + 3)
    return emitOpError() << "passes " << getArguments().size()
                         << " arguments, but the kernel takes "
                         << int64_t(types.size()) - 3;
  for (auto [given, taken] : llvm::zip(getArguments().getTypes(), types))
    if (given != taken)
      return emitOpError() << "passes " << given << " where the kernel takes "
                           << taken;
  return success();
}
