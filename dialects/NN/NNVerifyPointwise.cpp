//===- NNVerifyPointwise.cpp - Verifiers of pointwise ops and windows -----===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/Elementwise.h"
#include "dialects/NN/NNDecompose.h"
#include "dialects/NN/NNVerify.h"

using namespace mlir;
using namespace nibble;
using namespace nibble::nn;

//===----------------------------------------------------------------------===//
// elementwise, cast
//===----------------------------------------------------------------------===//

static LogicalResult verifyConstants(ElementwiseOp op) {
  ElementwiseKind kind = op.getKind();
  bool takesAlpha = kind == ElementwiseKind::Clip || getDefaultAlpha(kind) != 0;
  bool takesBeta = kind == ElementwiseKind::Clip || getDefaultBeta(kind) != 0;
  if (op.getAlphaAttr() && !takesAlpha)
    return op.emitOpError()
           << stringifyElementwiseKind(kind) << " has no constant alpha";
  if (op.getBetaAttr() && !takesBeta)
    return op.emitOpError()
           << stringifyElementwiseKind(kind) << " has no constant beta";
  if (kind == ElementwiseKind::Celu && op.getAlphaAttr() &&
      op.getAlphaAttr().getValueAsDouble() == 0)
    return op.emitOpError("celu divides by alpha, which must not be 0");
  return success();
}

/// What the operands hold, beside that they hold the same.
static LogicalResult verifyOperandElements(const Checker &check,
                                           ElementwiseOp op) {
  ElementwiseKind kind = op.getKind();
  ValueRange values = op.getInputs();
  if (kind == ElementwiseKind::Select) {
    if (!elementType(values.front()).isInteger(1))
      return op.emitOpError() << "select's first operand must hold i1, but is "
                              << values.front().getType();
    values = values.drop_front();
  }
  Type element = elementType(values.front());
  for (Value value : values.drop_front())
    if (failed(check.sameElement("an operand", value, "the first",
                                 values.front())))
      return failure();
  if (!element.isIntOrFloat())
    return op.emitOpError()
           << "cannot compute with elements of type " << element;
  if (isFloatOnly(kind))
    return check.isFloat("the operand", values.front());
  bool isBitwise = kind == ElementwiseKind::And ||
                   kind == ElementwiseKind::Or ||
                   kind == ElementwiseKind::Xor || kind == ElementwiseKind::Not;
  if (isBitwise && !element.isInteger())
    return op.emitOpError()
           << stringifyElementwiseKind(kind)
           << " needs integers or i1, but the operands hold " << element;
  return success();
}

LogicalResult ElementwiseOp::verify() {
  Checker check(*this);
  unsigned arity = getArity(getKind());
  if (getInputs().size() != arity)
    return emitOpError() << stringifyElementwiseKind(getKind()) << " takes "
                         << arity << (arity == 1 ? " operand" : " operands")
                         << ", but has " << getInputs().size();
  if (failed(verifyConstants(*this)) ||
      failed(verifyOperandElements(check, *this)))
    return failure();
  FailureOr<SmallVector<int64_t>> expected = check.broadcast(getInputs());
  if (failed(expected) ||
      failed(check.shape("the result", getResult(), *expected)))
    return failure();
  if (isPredicate(getKind())) {
    if (elementType(getResult()).isInteger(1))
      return success();
    return emitOpError() << stringifyElementwiseKind(getKind())
                         << " gives i1, but the result is " << getType();
  }
  if (failed(check.sameElement("the result", getResult(), "the operand",
                               getInputs().back())))
    return failure();
  return check.computedResult(getResult());
}

LogicalResult CastOp::verify() {
  for (Value value : {Value(getInput()), Value(getResult())})
    if (!elementType(value).isIntOrFloat())
      return emitOpError() << "converts between integers and floating-point "
                              "numbers, but meets "
                           << value.getType();
  return Checker(*this).shape("the result", getResult(),
                              shapedType(getInput()).getShape());
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

static SmallVector<int64_t>
reducedShape(ArrayRef<int64_t> shape, ArrayRef<int64_t> axes, bool keepDims) {
  SmallVector<int64_t> result;
  for (auto [axis, extent] : llvm::enumerate(shape)) {
    if (!llvm::is_contained(axes, int64_t(axis)))
      result.push_back(extent);
    else if (keepDims)
      result.push_back(1);
  }
  return result;
}

LogicalResult ReduceOp::verify() {
  Checker check(*this);
  ArrayRef<int64_t> in = shapedType(getInput()).getShape();
  for (auto [i, axis] : llvm::enumerate(getAxes())) {
    if (failed(check.axis(axis, in.size())))
      return failure();
    if (llvm::is_contained(getAxes().take_front(i), axis))
      return emitOpError() << "lists axis " << axis << " twice";
  }
  bool needsFloat = getKind() == ReduceKind::L2 ||
                    getKind() == ReduceKind::LogSum ||
                    getKind() == ReduceKind::LogSumExp;
  if (needsFloat && failed(check.isFloat("input", getInput())))
    return failure();
  if (failed(check.shape("the result", getResult(),
                         reducedShape(in, getAxes(), getKeepDims()))))
    return failure();
  return check.sameElement("the result", getResult(), "input", getInput());
}

LogicalResult ArgReduceOp::verify() {
  Checker check(*this);
  ArrayRef<int64_t> in = shapedType(getInput()).getShape();
  int64_t axis = getAxis();
  if (failed(check.axis(axis, in.size())))
    return failure();
  if (in[axis] == 0)
    return emitOpError() << "axis " << axis
                         << " has no elements to choose from";
  return check.shape("the result", getResult(),
                     reducedShape(in, axis, getKeepDims()));
}

LogicalResult CumSumOp::verify() {
  Checker check(*this);
  ArrayRef<int64_t> in = shapedType(getInput()).getShape();
  if (failed(check.axis(getAxis(), in.size())) ||
      failed(check.shape("the result", getResult(), in)))
    return failure();
  return check.sameElement("the result", getResult(), "input", getInput());
}

//===----------------------------------------------------------------------===//
// Windows
//===----------------------------------------------------------------------===//

LogicalResult PoolOp::verify() {
  Checker check(*this);
  if (failed(check.minRank("input", getInput(), 3)))
    return failure();
  ArrayRef<int64_t> in = shapedType(getInput()).getShape();
  int64_t numSpatial = in.size() - 2;
  StringRef per = "one for each spatial axis";
  if (failed(check.entries("window", getWindow(), numSpatial, per)) ||
      failed(check.entries("strides", getStrides(), numSpatial, per)) ||
      failed(check.entries("dilations", getDilations(), numSpatial, per)) ||
      failed(check.entries("padding", getPadding(), 2 * numSpatial,
                           "low and high of each spatial axis")) ||
      failed(check.atLeast("window", getWindow(), 1)) ||
      failed(check.atLeast("strides", getStrides(), 1)) ||
      failed(check.atLeast("dilations", getDilations(), 1)) ||
      failed(check.atLeast("padding", getPadding(), 0)))
    return failure();
  SmallVector<int64_t> expected(in);
  for (int64_t i = 0; i < numSpatial; ++i) {
    int64_t axis = getSpatialAxis(getLayout(), i);
    expected[axis] = getWindowExtent(
        in[axis], getWindow()[i], getStrides()[i], getPadding()[2 * i],
        getPadding()[2 * i + 1], getDilations()[i], getCeilMode());
  }
  if (getKind() == PoolKind::Average &&
      failed(check.isFloat("input", getInput())))
    return failure();
  if (failed(check.shape("the result", getResult(), expected)) ||
      failed(check.sameElement("the result", getResult(), "input", getInput())))
    return failure();
  return check.computedResult(getResult());
}

LogicalResult ResizeOp::verify() {
  Checker check(*this);
  if (failed(check.minRank("input", getInput(), 3)))
    return failure();
  ArrayRef<int64_t> in = shapedType(getInput()).getShape();
  ArrayRef<int64_t> out = shapedType(getResult()).getShape();
  int64_t numSpatial = in.size() - 2;
  if (failed(check.rank("the result", getResult(), in.size())))
    return failure();
  if (getScales() && !getSizes().empty())
    return emitOpError("has both sizes and scales; give one of them");
  if (!getSizes().empty() && int64_t(getSizes().size()) != numSpatial)
    return emitOpError() << "sizes must have " << numSpatial
                         << " entries, one for each spatial axis, but has "
                         << getSizes().size();
  if (getScales() && int64_t(getScalesAttr().size()) != numSpatial)
    return emitOpError() << "scales must have " << numSpatial
                         << " entries, one for each spatial axis, but has "
                         << getScalesAttr().size();
  if (getScales())
    for (float scale : getScalesAttr().asArrayRef())
      if (!(scale > 0))
        return emitOpError() << "scales must be positive, but one is " << scale;
  SmallVector<int64_t> expected(out);
  int64_t channel = getChannelAxis(getLayout(), in.size());
  expected[0] = in[0];
  expected[channel] = in[channel];
  if (failed(check.shape("the result", getResult(), expected)))
    return failure();
  if (!getScales() && getSizes().empty())
    for (int64_t i = 0; i < numSpatial; ++i)
      if (ShapedType::isDynamic(out[getSpatialAxis(getLayout(), i)]))
        return emitOpError("needs sizes or scales, for the result's spatial "
                           "extents are not all static");
  if (getMode() != ResizeMode::Nearest &&
      failed(check.isFloat("input", getInput())))
    return failure();
  return check.sameElement("the result", getResult(), "input", getInput());
}
