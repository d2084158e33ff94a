//===- LowerElementwise.cpp - Elementwise operators and reductions --------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Lower/LowerFunctions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/StringSwitch.h"

#include <limits>

using namespace mlir;
using namespace nibble;
using namespace nibble::frontend;
using nn::ElementwiseKind;

static ElementwiseKind getKind(StringRef type) {
  return llvm::StringSwitch<ElementwiseKind>(type)
      .Case("Add", ElementwiseKind::Add)
      .Case("Sub", ElementwiseKind::Sub)
      .Case("Mul", ElementwiseKind::Mul)
      .Case("Div", ElementwiseKind::Div)
      .Case("Max", ElementwiseKind::Max)
      .Case("Min", ElementwiseKind::Min)
      .Case("Pow", ElementwiseKind::Pow)
      .Case("Equal", ElementwiseKind::Equal)
      .Case("Less", ElementwiseKind::Less)
      .Case("LessOrEqual", ElementwiseKind::LessEqual)
      .Case("Greater", ElementwiseKind::Greater)
      .Case("GreaterOrEqual", ElementwiseKind::GreaterEqual)
      .Case("And", ElementwiseKind::And)
      .Case("Or", ElementwiseKind::Or)
      .Case("Xor", ElementwiseKind::Xor)
      .Case("PRelu", ElementwiseKind::PRelu)
      .Case("Neg", ElementwiseKind::Neg)
      .Case("Abs", ElementwiseKind::Abs)
      .Case("Sign", ElementwiseKind::Sign)
      .Case("Not", ElementwiseKind::Not)
      .Case("Exp", ElementwiseKind::Exp)
      .Case("Log", ElementwiseKind::Log)
      .Case("Sqrt", ElementwiseKind::Sqrt)
      .Case("Reciprocal", ElementwiseKind::Reciprocal)
      .Case("Sin", ElementwiseKind::Sin)
      .Case("Cos", ElementwiseKind::Cos)
      .Case("Tan", ElementwiseKind::Tan)
      .Case("Tanh", ElementwiseKind::Tanh)
      .Case("Erf", ElementwiseKind::Erf)
      .Case("Floor", ElementwiseKind::Floor)
      .Case("Ceil", ElementwiseKind::Ceil)
      .Case("Round", ElementwiseKind::Round)
      .Case("Relu", ElementwiseKind::Relu)
      .Case("Sigmoid", ElementwiseKind::Sigmoid)
      .Case("HardSwish", ElementwiseKind::HardSwish)
      .Case("Softplus", ElementwiseKind::Softplus)
      .Case("Softsign", ElementwiseKind::Softsign)
      .Case("Mish", ElementwiseKind::Mish)
      .Case("Elu", ElementwiseKind::Elu)
      .Case("Selu", ElementwiseKind::Selu)
      .Case("Celu", ElementwiseKind::Celu)
      .Case("LeakyRelu", ElementwiseKind::LeakyRelu)
      .Case("HardSigmoid", ElementwiseKind::HardSigmoid)
      .Case("QuickGelu", ElementwiseKind::QuickGelu)
      .Case("IsNaN", ElementwiseKind::IsNaN)
      .Case("IsInf", ElementwiseKind::IsInf)
      .Case("Sum", ElementwiseKind::Add)
      .Case("Mean", ElementwiseKind::Add)
      .Default(ElementwiseKind::Add);
}

static Value makeActivation(NodeLowering &n, ElementwiseKind kind, Value x,
                            std::optional<double> alpha,
                            std::optional<double> beta) {
  auto attr = [&](std::optional<double> value) {
    return value ? n.b.getF64FloatAttr(*value) : FloatAttr();
  };
  return nn::ElementwiseOp::create(n.b, n.loc, n.resultType(), kind, x,
                                   attr(alpha), attr(beta));
}

LogicalResult nibble::frontend::lowerIdentity(NodeLowering &n) {
  return n.set(0, n.in(0));
}

LogicalResult nibble::frontend::lowerDropout(NodeLowering &n) {
  if (Value mask = n.node.getOutput(1); mask && !mask.use_empty())
    return n.error() << "gives its mask; only the values are supported";
  return n.set(0, n.in(0));
}

LogicalResult nibble::frontend::lowerUnary(NodeLowering &n) {
  if (n.node.is("IsInf") && (!n.node.getInt("detect_negative", 1) ||
                             !n.node.getInt("detect_positive", 1)))
    return n.error() << "looks for one sign of infinity only, which is not "
                        "supported";
  return n.set(
      0, n.elementwise(getKind(n.node.getOpType()), n.in(0), n.resultType()));
}

LogicalResult nibble::frontend::lowerBinary(NodeLowering &n) {
  Value x = n.in(0), y = n.in(1);
  // An exponent may have its own type.
  if (n.node.is("Pow"))
    y = n.convert(y, getComputeType(n.type(0).getElementType()));
  return n.set(
      0, n.elementwise(getKind(n.node.getOpType()), {x, y}, n.resultType()));
}

LogicalResult nibble::frontend::lowerVariadic(NodeLowering &n) {
  ElementwiseKind kind = getKind(n.node.getOpType());
  Value result = n.in(0);
  Exprs dims = n.dims(0);
  unsigned count = n.node.getInputs().size();
  Type element = n.resultType().getElementType();
  for (unsigned i = 1; i < count; ++i) {
    // The extents of the operands so far, broadcast.
    Exprs next = n.dims(i);
    if (next.size() > dims.size())
      std::swap(dims, next);
    for (size_t j = 0; j < next.size(); ++j) {
      AffineExpr &dim = dims[dims.size() - next.size() + j];
      if (getConstant(dim) == 1 || getConstant(next[j]))
        dim = getConstant(next[j]) == 1 ? dim : next[j];
    }
    result = n.elementwise(kind, {result, n.in(i)}, n.getType(dims, element));
  }
  if (n.node.is("Mean"))
    result =
        n.elementwise(ElementwiseKind::Mul,
                      {result, n.scalar(1.0 / count, element)}, n.resultType());
  return n.set(0, result);
}

LogicalResult nibble::frontend::lowerActivation(NodeLowering &n) {
  ElementwiseKind kind = getKind(n.node.getOpType());
  std::optional<double> alpha, beta;
  switch (kind) {
  case ElementwiseKind::LeakyRelu:
    alpha = n.node.getFloat("alpha", 0.01f);
    break;
  case ElementwiseKind::Elu:
  case ElementwiseKind::Celu:
    alpha = n.node.getFloat("alpha", 1.0f);
    break;
  case ElementwiseKind::Selu:
    alpha = n.node.getFloat("alpha", 1.67326319217681884765625f);
    beta = n.node.getFloat("gamma", 1.05070102214813232421875f);
    break;
  case ElementwiseKind::HardSigmoid:
    alpha = n.node.getFloat("alpha", 0.2f);
    beta = n.node.getFloat("beta", 0.5f);
    break;
  case ElementwiseKind::QuickGelu:
    alpha = n.node.getFloat("alpha", 1.702f);
    break;
  default:
    break;
  }
  return n.set(0, makeActivation(n, kind, n.in(0), alpha, beta));
}

LogicalResult nibble::frontend::lowerGelu(NodeLowering &n) {
  bool tanh = n.node.getString("approximate", "none") == "tanh";
  return n.set(
      0, n.elementwise(tanh ? ElementwiseKind::GeluTanh : ElementwiseKind::Gelu,
                       n.in(0), n.resultType()));
}

LogicalResult nibble::frontend::lowerClip(NodeLowering &n) {
  Type element = n.resultType().getElementType();
  std::optional<double> low, high;
  if (n.version() < 11) {
    low = n.node.getFloat("min", std::numeric_limits<float>::lowest());
    high = n.node.getFloat("max", std::numeric_limits<float>::max());
  } else {
    low = n.number(1);
    high = n.number(2);
  }
  bool constant = (!n.has(1) || low) && (!n.has(2) || high);
  if (constant && isa<FloatType>(element)) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    return n.set(0, makeActivation(n, ElementwiseKind::Clip, n.in(0),
                                   low.value_or(-infinity),
                                   high.value_or(infinity)));
  }
  Value result = n.in(0);
  if (n.has(1))
    result =
        n.elementwise(ElementwiseKind::Max, {result, n.in(1)}, n.resultType());
  if (n.has(2))
    result =
        n.elementwise(ElementwiseKind::Min, {result, n.in(2)}, n.resultType());
  return n.set(0, result);
}

LogicalResult nibble::frontend::lowerMod(NodeLowering &n) {
  ElementwiseKind kind =
      n.node.getInt("fmod", 0) ? ElementwiseKind::FMod : ElementwiseKind::Mod;
  return n.set(0, n.elementwise(kind, {n.in(0), n.in(1)}, n.resultType()));
}

LogicalResult nibble::frontend::lowerWhere(NodeLowering &n) {
  return n.set(0, n.elementwise(ElementwiseKind::Select,
                                {n.in(0), n.in(1), n.in(2)}, n.resultType()));
}

LogicalResult nibble::frontend::lowerCast(NodeLowering &n) {
  return n.set(0, n.convert(n.in(0), n.resultType().getElementType()));
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

LogicalResult nibble::frontend::lowerReduce(NodeLowering &n) {
  using nn::ReduceKind;
  ReduceKind kind = llvm::StringSwitch<ReduceKind>(n.node.getOpType())
                        .Case("ReduceSum", ReduceKind::Sum)
                        .Case("ReduceMean", ReduceKind::Mean)
                        .Case("ReduceMax", ReduceKind::Max)
                        .Case("ReduceMin", ReduceKind::Min)
                        .Case("ReduceProd", ReduceKind::Prod)
                        .Case("ReduceL1", ReduceKind::L1)
                        .Case("ReduceL2", ReduceKind::L2)
                        .Case("ReduceSumSquare", ReduceKind::SumSquare)
                        .Case("ReduceLogSum", ReduceKind::LogSum)
                        .Default(ReduceKind::LogSumExp);
  int64_t rank = n.rank(0);
  SmallVector<int64_t> axes;
  if (auto attr = n.node.getInts("axes"))
    axes = llvm::to_vector(*attr);
  else if (auto input = n.numbers(1))
    axes = *input;
  if (axes.empty()) {
    if (n.node.getInt("noop_with_empty_axes", 0))
      return n.set(0, n.in(0));
    axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  }
  for (int64_t &axis : axes)
    axis = axis < 0 ? axis + rank : axis;
  llvm::sort(axes);
  return n.set(0,
               nn::ReduceOp::create(n.b, n.loc, n.resultType(), kind, n.in(0),
                                    axes, n.node.getInt("keepdims", 1) != 0));
}

LogicalResult nibble::frontend::lowerArgReduce(NodeLowering &n) {
  return n.set(
      0, nn::ArgReduceOp::create(n.b, n.loc, n.resultType(), n.in(0),
                                 n.axis("axis", 0, n.rank(0)),
                                 /*smallest=*/n.node.is("ArgMin"),
                                 n.node.getInt("select_last_index", 0) != 0,
                                 n.node.getInt("keepdims", 1) != 0));
}

LogicalResult nibble::frontend::lowerCumSum(NodeLowering &n) {
  int64_t axis = n.numbers(1)->front();
  axis = axis < 0 ? axis + n.rank(0) : axis;
  return n.set(0, nn::CumSumOp::create(n.b, n.loc, n.resultType(), n.in(0),
                                       axis, n.node.getInt("exclusive", 0) != 0,
                                       n.node.getInt("reverse", 0) != 0));
}
