//===- NNVerifyContraction.cpp - Verifiers of linear maps and norms -------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/NNDecompose.h"
#include "dialects/NN/NNVerify.h"

using namespace mlir;
using namespace nibble;
using namespace nibble::nn;

/// One floating-point type everywhere, or integers everywhere; the bias holds
/// what the result holds.
static LogicalResult verifyElements(const Checker &check, StringRef lhsName,
                                    Value lhs, StringRef rhsName, Value rhs,
                                    Value bias, Value result) {
  bool isInteger = elementType(lhs).isInteger() &&
                   elementType(rhs).isInteger() &&
                   elementType(result).isInteger();
  if (!isInteger &&
      (failed(check.sameElement(rhsName, rhs, lhsName, lhs)) ||
       failed(check.sameElement("the result", result, lhsName, lhs))))
    return failure();
  if (bias && failed(check.sameElement("bias", bias, "the result", result)))
    return failure();
  return check.computedResult(result);
}

LogicalResult LinearOp::verify() {
  Checker check(*this);
  if (failed(check.minRank("input", getInput(), 1)) ||
      failed(check.rank("weight", getWeight(), 2)))
    return failure();
  ArrayRef<int64_t> in = shapedType(getInput()).getShape();
  ArrayRef<int64_t> weight = shapedType(getWeight()).getShape();
  if (failed(check.equal("input's last extent", in.back(),
                         "weight's second, which it is summed with,",
                         weight[1])))
    return failure();
  if (getBias() && failed(check.shape("bias", getBias(), weight[0])))
    return failure();
  SmallVector<int64_t> expected(in);
  expected.back() = weight[0];
  if (failed(check.shape("the result", getResult(), expected)))
    return failure();
  return verifyElements(check, "input", getInput(), "weight", getWeight(),
                        getBias(), getResult());
}

LogicalResult MatmulOp::verify() {
  Checker check(*this);
  if (failed(check.minRank("lhs", getLhs(), 2)) ||
      failed(check.minRank("rhs", getRhs(), 2)))
    return failure();
  ArrayRef<int64_t> lhs = shapedType(getLhs()).getShape();
  ArrayRef<int64_t> rhs = shapedType(getRhs()).getShape();
  int64_t k = rhs.drop_front(rhs.size() - 2)[getTransposeRhs() ? 1 : 0];
  int64_t n = rhs.drop_front(rhs.size() - 2)[getTransposeRhs() ? 0 : 1];
  if (failed(check.equal("lhs's last extent", lhs.back(),
                         "rhs's axis that it is summed with", k)))
    return failure();
  FailureOr<SmallVector<int64_t>> expected =
      check.broadcast({lhs.drop_back(2), rhs.drop_back(2)});
  if (failed(expected))
    return failure();
  expected->append({lhs[lhs.size() - 2], n});
  if (failed(check.shape("the result", getResult(), *expected)))
    return failure();
  return verifyElements(check, "lhs", getLhs(), "rhs", getRhs(), Value(),
                        getResult());
}

LogicalResult EmbeddingOp::verify() {
  Checker check(*this);
  if (failed(check.rank("table", getTable(), 2)))
    return failure();
  ArrayRef<int64_t> table = shapedType(getTable()).getShape();
  if (table[0] == 0)
    return emitOpError("table has no rows to choose from");
  SmallVector<int64_t> expected(shapedType(getIndices()).getShape());
  expected.push_back(table[1]);
  if (failed(check.shape("the result", getResult(), expected)) ||
      failed(check.sameElement("the result", getResult(), "table", getTable())))
    return failure();
  return check.computedResult(getResult());
}

//===----------------------------------------------------------------------===//
// Convolutions
//===----------------------------------------------------------------------===//

/// What conv and conv_transpose have in common.
template <typename OpTy>
static LogicalResult verifyWindows(const Checker &check, OpTy op) {
  if (failed(check.minRank("input", op.getInput(), 3)))
    return failure();
  int64_t rank = shapedType(op.getInput()).getRank();
  StringRef per = "one for each spatial axis";
  if (failed(check.rank("filter", op.getFilter(), rank)) ||
      failed(check.entries("strides", op.getStrides(), rank - 2, per)) ||
      failed(check.entries("dilations", op.getDilations(), rank - 2, per)) ||
      failed(check.entries("padding", op.getPadding(), 2 * (rank - 2),
                           "low and high of each spatial axis")) ||
      failed(check.atLeast("strides", op.getStrides(), 1)) ||
      failed(check.atLeast("dilations", op.getDilations(), 1)) ||
      failed(check.atLeast("padding", op.getPadding(), 0)) ||
      failed(check.atLeast("groups", int64_t(op.getGroups()), 1)))
    return failure();
  return success();
}

static LogicalResult verifyDivisible(Operation *op, StringRef what,
                                     int64_t extent, int64_t groups) {
  if (ShapedType::isDynamic(extent) || extent % groups == 0)
    return success();
  return op->emitOpError() << what << ", " << extent
                           << ", must be a multiple of groups, " << groups;
}

static int64_t times(int64_t extent, int64_t factor) {
  return ShapedType::isDynamic(extent) ? extent : extent * factor;
}

LogicalResult ConvOp::verify() {
  Checker check(*this);
  if (failed(verifyWindows(check, *this)))
    return failure();
  ArrayRef<int64_t> in = shapedType(getInput()).getShape();
  ArrayRef<int64_t> filter = shapedType(getFilter()).getShape();
  int64_t channel = getChannelAxis(getLayout(), in.size());
  int64_t groups = getGroups();
  if (failed(check.equal("input's number of channels", in[channel],
                         "the filter's, times groups,",
                         times(filter[channel], groups))) ||
      failed(verifyDivisible(*this, "the number of output channels", filter[0],
                             groups)))
    return failure();
  if (getBias() && failed(check.shape("bias", getBias(), filter[0])))
    return failure();
  SmallVector<int64_t> expected(in);
  expected[channel] = filter[0];
  for (unsigned i = 0; i < getStrides().size(); ++i) {
    int64_t axis = getSpatialAxis(getLayout(), i);
    expected[axis] = getWindowExtent(
        in[axis], filter[axis], getStrides()[i], getPadding()[2 * i],
        getPadding()[2 * i + 1], getDilations()[i]);
  }
  if (failed(check.shape("the result", getResult(), expected)))
    return failure();
  return verifyElements(check, "input", getInput(), "filter", getFilter(),
                        getBias(), getResult());
}

LogicalResult ConvTransposeOp::verify() {
  Checker check(*this);
  if (failed(verifyWindows(check, *this)) ||
      failed(check.entries("output_padding", getOutputPadding(),
                           getStrides().size(), "one for each spatial axis")) ||
      failed(check.atLeast("output_padding", getOutputPadding(), 0)))
    return failure();
  ArrayRef<int64_t> in = shapedType(getInput()).getShape();
  ArrayRef<int64_t> filter = shapedType(getFilter()).getShape();
  int64_t channel = getChannelAxis(getLayout(), in.size());
  int64_t groups = getGroups(), outputs = times(filter[channel], groups);
  if (failed(check.equal("input's number of channels", in[channel],
                         "the filter's", filter[0])) ||
      failed(verifyDivisible(*this, "the number of input channels",
                             known(in[channel], filter[0]), groups)))
    return failure();
  if (getBias() && failed(check.shape("bias", getBias(), outputs)))
    return failure();
  SmallVector<int64_t> expected(in);
  expected[channel] = outputs;
  for (unsigned i = 0; i < getStrides().size(); ++i) {
    int64_t axis = getSpatialAxis(getLayout(), i);
    if (ShapedType::isDynamic(in[axis]) || ShapedType::isDynamic(filter[axis]))
      expected[axis] = ShapedType::kDynamic;
    else
      expected[axis] = std::max<int64_t>(
          getStrides()[i] * (in[axis] - 1) + getOutputPadding()[i] +
              getDilations()[i] * (filter[axis] - 1) + 1 - getPadding()[2 * i] -
              getPadding()[2 * i + 1],
          0);
  }
  if (failed(check.shape("the result", getResult(), expected)))
    return failure();
  return verifyElements(check, "input", getInput(), "filter", getFilter(),
                        getBias(), getResult());
}

//===----------------------------------------------------------------------===//
// Norms and softmax
//===----------------------------------------------------------------------===//

/// The result is as the input, both of floating-point numbers.
static LogicalResult verifyLikeInput(const Checker &check, Value input,
                                     Value result) {
  if (failed(check.isFloat("input", input)) ||
      failed(check.shape("the result", result, shapedType(input).getShape())) ||
      failed(check.sameElement("the result", result, "input", input)))
    return failure();
  return check.computedResult(result);
}

static LogicalResult verifyChannels(const Checker &check, StringRef what,
                                    Value value, ArrayRef<int64_t> shape) {
  if (!value)
    return success();
  if (failed(check.shape(what, value, shape)))
    return failure();
  return check.isFloat(what, value);
}

/// layer_norm and rms_norm.
static LogicalResult verifyRowNorm(Operation *op, Value input, Value scale,
                                   Value bias, int64_t axis, Value result) {
  Checker check(op);
  ArrayRef<int64_t> shape = shapedType(input).getShape();
  if (failed(check.axis(axis, shape.size())) ||
      failed(verifyLikeInput(check, input, result)) ||
      failed(verifyChannels(check, "scale", scale, shape.drop_front(axis))))
    return failure();
  return verifyChannels(check, "bias", bias, shape.drop_front(axis));
}

LogicalResult LayerNormOp::verify() {
  return verifyRowNorm(*this, getInput(), getScale(), getBias(), getAxis(),
                       getResult());
}

LogicalResult RMSNormOp::verify() {
  return verifyRowNorm(*this, getInput(), getScale(), Value(), getAxis(),
                       getResult());
}

LogicalResult GroupNormOp::verify() {
  Checker check(*this);
  if (failed(check.minRank("input", getInput(), 2)) ||
      failed(check.atLeast("groups", int64_t(getGroups()), 1)))
    return failure();
  int64_t channels = shapedType(getInput()).getDimSize(1);
  if (failed(verifyDivisible(*this, "the number of channels", channels,
                             getGroups())) ||
      failed(verifyLikeInput(check, getInput(), getResult())) ||
      failed(verifyChannels(check, "scale", getScale(), channels)))
    return failure();
  return verifyChannels(check, "bias", getBias(), channels);
}

LogicalResult SoftmaxOp::verify() {
  Checker check(*this);
  if (failed(check.axis(getAxis(), shapedType(getInput()).getRank())))
    return failure();
  return verifyLikeInput(check, getInput(), getResult());
}
