//===- LowerNorm.cpp - Norms and softmax ------------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Lower/LowerFunctions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace nibble;
using namespace nibble::frontend;
using nn::ElementwiseKind;

// Before opset 13 the axes from `axis` on are one.
LogicalResult nibble::frontend::lowerSoftmax(NodeLowering &n) {
  bool log = n.node.is("LogSoftmax");
  int64_t rank = n.rank(0);
  int64_t axis = n.axis("axis", n.version() < 13 ? 1 : -1, rank);
  if (n.version() >= 13 || axis == rank - 1)
    return n.set(0, nn::SoftmaxOp::create(n.b, n.loc, n.resultType(), n.in(0),
                                          axis, log));
  Exprs flat(2, n.constant(1));
  for (auto [i, dim] : llvm::enumerate(n.dims(0))) {
    AffineExpr &part = flat[static_cast<int64_t>(i) >= axis];
    part = part * dim;
  }
  Value x = n.reshape(n.in(0), flat);
  x = nn::SoftmaxOp::create(n.b, n.loc, x.getType(), x, 1, log);
  return n.set(0, n.reshape(x, n.outDims()));
}

// A scale or bias as the normalised axes have it: a vector is broadcast by
// value, so its leading extents of 1 go.
static FailureOr<Value> getNormOperand(NodeLowering &n, unsigned input,
                                       int64_t axis) {
  if (!n.has(input))
    return Value();
  Exprs dims = n.dims(0), own = n.dims(input);
  Exprs normalised(llvm::drop_begin(dims, axis));
  while (own.size() > normalised.size() && getConstant(own.front()) == 1)
    own.erase(own.begin());
  if (own != normalised)
    return n.error() << "has a scale or bias that is not of the shape of the "
                        "normalised axes";
  return n.reshape(n.in(input), own);
}

LogicalResult nibble::frontend::lowerLayerNorm(NodeLowering &n) {
  int64_t axis = n.axis("axis", -1, n.rank(0));
  FailureOr<Value> scale = getNormOperand(n, 1, axis);
  if (failed(scale))
    return failure();
  FailureOr<Value> bias = getNormOperand(n, 2, axis);
  if (failed(bias))
    return failure();
  return n.set(0, nn::LayerNormOp::create(
                      n.b, n.loc, n.resultType(), n.in(0), *scale, *bias, axis,
                      APFloat(n.node.getFloat("epsilon", 1e-5f))));
}

LogicalResult nibble::frontend::lowerRMSNorm(NodeLowering &n) {
  int64_t axis = n.axis("axis", -1, n.rank(0));
  FailureOr<Value> scale = getNormOperand(n, 1, axis);
  if (failed(scale))
    return failure();
  return n.set(0, nn::RMSNormOp::create(
                      n.b, n.loc, n.resultType(), n.in(0), *scale, axis,
                      APFloat(n.node.getFloat("epsilon", 1e-5f))));
}

LogicalResult nibble::frontend::lowerGroupNorm(NodeLowering &n) {
  int64_t groups = n.node.getInt("num_groups", 0);
  std::optional<int64_t> channels = getConstant(n.dims(0)[1]);
  if (n.node.is("InstanceNormalization"))
    groups = channels.value_or(0);
  if (!channels || groups < 1 || *channels % groups)
    return n.error() << "needs a constant number of channels that its groups "
                        "divide";
  Value scale = n.in(1), bias = n.in(2);
  // Before opset 21 GroupNormalization has one scale for each group.
  if (getConstant(n.dims(1)[0]) != *channels) {
    auto perChannel = [&](Value x) -> Value {
      x = n.reshape(x, {groups, 1});
      x = n.expand(x, {n.constant(groups), n.constant(*channels / groups)});
      return n.reshape(x, ArrayRef(*channels));
    };
    scale = perChannel(scale);
    bias = perChannel(bias);
  }
  return n.set(0, nn::GroupNormOp::create(
                      n.b, n.loc, n.resultType(), n.in(0), scale, bias, groups,
                      APFloat(n.node.getFloat("epsilon", 1e-5f))));
}

// x * s + t for each channel, with s = scale / sqrt(variance + epsilon) and
// t = bias - mean * s: programs over weights.
LogicalResult nibble::frontend::lowerBatchNorm(NodeLowering &n) {
  if (n.node.getInt("training_mode", 0))
    return n.error() << "is in training mode; only inference is supported";
  auto vector = cast<RankedTensorType>(n.in(1).getType());
  Type f32 = vector.getElementType();
  Value epsilon = n.scalar(n.node.getFloat("epsilon", 1e-5f), f32);
  Value deviation = n.add(n.in(4), epsilon, vector);
  deviation = n.elementwise(ElementwiseKind::Sqrt, deviation, vector);
  Value scale =
      n.elementwise(ElementwiseKind::Div, {n.in(1), deviation}, vector);
  Value shift = n.elementwise(ElementwiseKind::Mul, {n.in(3), scale}, vector);
  shift = n.elementwise(ElementwiseKind::Sub, {n.in(2), shift}, vector);
  SmallVector<int64_t> channel = {vector.getDimSize(0)};
  channel.append(std::max<int64_t>(n.rank(0) - 2, 0), 1);
  Value x = n.elementwise(ElementwiseKind::Mul,
                          {n.in(0), n.reshape(scale, channel)}, n.resultType());
  return n.set(0, n.add(x, n.reshape(shift, channel), n.resultType()));
}
