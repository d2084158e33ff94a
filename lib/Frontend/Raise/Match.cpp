//===- Match.cpp - What the raising patterns look for -----------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Raise/Match.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

#include <cmath>

using namespace mlir;
using namespace nibble;
using namespace nibble::frontend;
using nn::ElementwiseKind;

/// Ops that a spelled-out function is made of at most; a bound on recursion.
static constexpr unsigned kMaxDepth = 8;

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

std::optional<double> nibble::frontend::matchScalar(Value value) {
  for (unsigned i = 0; i < kMaxDepth; ++i) {
    Operation *op = value.getDefiningOp();
    if (!op)
      return std::nullopt;
    if (isa<nn::ReshapeOp, nn::ExpandOp, nn::TransposeOp>(op)) {
      value = op->getOperand(0);
      continue;
    }
    DenseElementsAttr elements;
    if (!matchPattern(op, m_Constant(&elements)) || !elements ||
        !elements.isSplat() || !elements.getElementType().isIntOrFloat())
      return std::nullopt;
    Attribute element = elements.getSplatValue<Attribute>();
    if (auto number = dyn_cast<FloatAttr>(element))
      return number.getValueAsDouble();
    return static_cast<double>(
        cast<IntegerAttr>(element).getValue().getSExtValue());
  }
  return std::nullopt;
}

bool nibble::frontend::isNear(double found, double expected) {
  return std::abs(found - expected) <= 1e-3 * std::abs(expected);
}

bool nibble::frontend::isNear(const Polynomial &found,
                              const Polynomial &expected) {
  for (auto [x, y] : llvm::zip_equal(found, expected))
    if (y == 0 ? std::abs(x) > 1e-7 : !isNear(x, y))
      return false;
  return true;
}

nn::ElementwiseOp nibble::frontend::matchElementwise(Value value,
                                                     ElementwiseKind kind) {
  auto op = value.getDefiningOp<nn::ElementwiseOp>();
  return op && op.getKind() == kind ? op : nn::ElementwiseOp();
}

// The shape without extents of 1.
static SmallVector<int64_t> getPlainShape(ShapedType type) {
  SmallVector<int64_t> shape(type.getShape());
  llvm::erase(shape, 1);
  return shape;
}

Value nibble::frontend::skipBroadcast(Value value) {
  for (unsigned i = 0; i < kMaxDepth; ++i) {
    Operation *op = value.getDefiningOp();
    if (auto reshape = dyn_cast_or_null<nn::ReshapeOp>(op)) {
      if (getPlainShape(cast<ShapedType>(reshape.getInput().getType())) !=
          getPlainShape(cast<ShapedType>(reshape.getType())))
        return value;
      value = reshape.getInput();
    } else if (auto expand = dyn_cast_or_null<nn::ExpandOp>(op)) {
      value = expand.getInput();
    } else {
      return value;
    }
  }
  return value;
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

bool Product::remove(Value value) {
  for (auto it = factors.begin(); it != factors.end(); ++it)
    if (it->value == value && !it->divides) {
      factors.erase(it);
      return true;
    }
  return false;
}

static void collectFactors(Value value, bool divides, ArrayRef<Value> keep,
                           unsigned depth, Product &product) {
  auto op = value.getDefiningOp<nn::ElementwiseOp>();
  bool isKept = llvm::is_contained(keep, value);
  if (!isKept)
    if (std::optional<double> number = matchScalar(value)) {
      product.scale *= divides ? 1 / *number : *number;
      return;
    }
  if (!isKept && op && depth < kMaxDepth &&
      isa<FloatType>(getElementTypeOrSelf(value))) {
    ++product.numOps;
    switch (op.getKind()) {
    case ElementwiseKind::Mul:
    case ElementwiseKind::Div: {
      bool isDiv = op.getKind() == ElementwiseKind::Div;
      collectFactors(op.getInputs()[0], divides, keep, depth + 1, product);
      collectFactors(op.getInputs()[1], divides != isDiv, keep, depth + 1,
                     product);
      return;
    }
    case ElementwiseKind::Neg:
      product.scale = -product.scale;
      collectFactors(op.getInputs()[0], divides, keep, depth + 1, product);
      return;
    case ElementwiseKind::Reciprocal:
      collectFactors(op.getInputs()[0], !divides, keep, depth + 1, product);
      return;
    default:
      --product.numOps;
      break;
    }
  }
  product.factors.push_back({value, divides});
}

Product nibble::frontend::matchProduct(Value value, ArrayRef<Value> keep) {
  Product product;
  collectFactors(value, /*divides=*/false, keep, 0, product);
  return product;
}

//===----------------------------------------------------------------------===//
// Polynomials
//===----------------------------------------------------------------------===//

static std::optional<Polynomial> multiply(const Polynomial &a,
                                          const Polynomial &b) {
  Polynomial result = {};
  for (unsigned i = 0; i < 4; ++i)
    for (unsigned j = 0; j < 4; ++j) {
      double term = a[i] * b[j];
      if (term == 0)
        continue;
      if (i + j > 3)
        return std::nullopt;
      result[i + j] += term;
    }
  return result;
}

static std::optional<Polynomial> matchPolynomial(Value value, Value x,
                                                 unsigned depth) {
  if (value == x)
    return Polynomial{0, 1, 0, 0};
  if (std::optional<double> number = matchScalar(value))
    return Polynomial{*number, 0, 0, 0};
  auto op = value.getDefiningOp<nn::ElementwiseOp>();
  if (!op || depth == kMaxDepth)
    return std::nullopt;
  auto operand = [&](unsigned i) {
    return matchPolynomial(op.getInputs()[i], x, depth + 1);
  };
  switch (op.getKind()) {
  case ElementwiseKind::Add:
  case ElementwiseKind::Sub: {
    auto a = operand(0), b = operand(1);
    if (!a || !b)
      return std::nullopt;
    for (unsigned i = 0; i < 4; ++i)
      (*a)[i] += op.getKind() == ElementwiseKind::Sub ? -(*b)[i] : (*b)[i];
    return a;
  }
  case ElementwiseKind::Neg: {
    auto a = operand(0);
    return a ? multiply(*a, {-1, 0, 0, 0}) : std::nullopt;
  }
  case ElementwiseKind::Mul: {
    auto a = operand(0), b = operand(1);
    return a && b ? multiply(*a, *b) : std::nullopt;
  }
  case ElementwiseKind::Div: {
    auto number = matchScalar(op.getInputs()[1]);
    auto a = operand(0);
    return a && number && *number != 0 ? multiply(*a, {1 / *number, 0, 0, 0})
                                       : std::nullopt;
  }
  case ElementwiseKind::Pow: {
    auto exponent = matchScalar(op.getInputs()[1]);
    auto a = operand(0);
    if (!a || !exponent || (*exponent != 2 && *exponent != 3))
      return std::nullopt;
    auto square = multiply(*a, *a);
    return *exponent == 2 || !square ? square : multiply(*square, *a);
  }
  default:
    return std::nullopt;
  }
}

std::optional<Polynomial> nibble::frontend::matchPolynomial(Value value,
                                                            Value x) {
  return ::matchPolynomial(value, x, 0);
}

static std::optional<Affine> matchAffine(Value value, unsigned depth) {
  auto op = value.getDefiningOp<nn::ElementwiseOp>();
  if (!op || depth == kMaxDepth)
    return std::nullopt;
  ElementwiseKind kind = op.getKind();
  bool isSum = kind == ElementwiseKind::Add || kind == ElementwiseKind::Sub;
  bool isProduct = kind == ElementwiseKind::Mul || kind == ElementwiseKind::Div;
  if (!isSum && !isProduct)
    return Affine{1, 0, op};
  for (unsigned i : {0, 1}) {
    std::optional<double> number = matchScalar(op.getInputs()[1 - i]);
    if (!number || (kind == ElementwiseKind::Div && i == 1))
      continue;
    std::optional<Affine> inner = matchAffine(op.getInputs()[i], depth + 1);
    if (!inner)
      return std::nullopt;
    if (isProduct) {
      double factor = kind == ElementwiseKind::Div ? 1 / *number : *number;
      return Affine{inner->slope * factor, inner->offset * factor,
                    inner->inner};
    }
    if (kind == ElementwiseKind::Add)
      return Affine{inner->slope, inner->offset + *number, inner->inner};
    return i == 0
               ? Affine{inner->slope, inner->offset - *number, inner->inner}
               : Affine{-inner->slope, *number - inner->offset, inner->inner};
  }
  return Affine{1, 0, op};
}

std::optional<Affine> nibble::frontend::matchAffine(Value value) {
  return ::matchAffine(value, 0);
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

std::optional<Reduction> nibble::frontend::matchReduction(Value value,
                                                          nn::ReduceKind kind) {
  Value inner = skipBroadcast(value);
  auto reduce = inner.getDefiningOp<nn::ReduceOp>();
  if (!reduce || reduce.getKind() != kind)
    return std::nullopt;
  auto input = cast<RankedTensorType>(reduce.getInput().getType());
  auto type = cast<RankedTensorType>(value.getType());
  // The reduced axes must be back in their places.
  if (type.getRank() != input.getRank())
    return std::nullopt;
  if (!reduce.getKeepDims() && inner == value)
    return std::nullopt;
  bool isExpanded = false;
  for (Value v = value; v != inner; v = v.getDefiningOp()->getOperand(0))
    isExpanded |= v.getDefiningOp<nn::ExpandOp>() != nullptr;
  for (auto [axis, extent] : llvm::enumerate(type.getShape())) {
    bool isReduced =
        llvm::is_contained(reduce.getAxes(), static_cast<int64_t>(axis));
    int64_t from = input.getDimSize(axis);
    if (isReduced ? extent != 1 && !isExpanded : extent != from)
      return std::nullopt;
  }
  return Reduction{reduce.getInput(), llvm::to_vector(reduce.getAxes())};
}

// Elements that a reduction sums, when that is static.
static std::optional<int64_t> getReducedCount(const Reduction &reduction) {
  auto type = cast<RankedTensorType>(reduction.input.getType());
  int64_t count = 1;
  for (int64_t axis : reduction.axes) {
    if (type.isDynamicDim(axis))
      return std::nullopt;
    count *= type.getDimSize(axis);
  }
  return count;
}

std::optional<Reduction> nibble::frontend::matchMean(Value value) {
  if (auto mean = matchReduction(value, nn::ReduceKind::Mean))
    return mean;
  // The sum divided by the number of elements, before or after the reduced
  // axes are put back.
  auto match = [](Value v, auto wrap) -> std::optional<Reduction> {
    Product product = matchProduct(v);
    if (product.factors.size() != 1 || product.factors[0].divides)
      return std::nullopt;
    Value sum = product.factors[0].value;
    auto reduce = sum.getDefiningOp<nn::ReduceOp>();
    std::optional<Reduction> reduction;
    if (wrap)
      reduction = matchReduction(sum, nn::ReduceKind::Sum);
    else if (reduce && reduce.getKind() == nn::ReduceKind::Sum)
      reduction =
          Reduction{reduce.getInput(), llvm::to_vector(reduce.getAxes())};
    if (!reduction)
      return std::nullopt;
    auto count = getReducedCount(*reduction);
    if (!count || !isNear(product.scale * *count, 1))
      return std::nullopt;
    return reduction;
  };
  if (auto mean = match(value, true))
    return mean;
  Value inner = skipBroadcast(value);
  if (inner == value)
    return std::nullopt;
  auto mean = match(inner, false);
  if (!mean)
    return std::nullopt;
  // The reduced axes must be back in their places.
  auto type = cast<RankedTensorType>(value.getType());
  auto input = cast<RankedTensorType>(mean->input.getType());
  if (type.getRank() != input.getRank())
    return std::nullopt;
  for (auto [axis, extent] : llvm::enumerate(type.getShape())) {
    bool isReduced = llvm::is_contained(mean->axes, static_cast<int64_t>(axis));
    if (extent != input.getDimSize(axis) && !(isReduced && extent == 1))
      return std::nullopt;
  }
  return mean;
}

Value nibble::frontend::matchSquare(Value value) {
  if (auto mul = matchElementwise(value, ElementwiseKind::Mul))
    return mul.getInputs()[0] == mul.getInputs()[1] ? mul.getInputs()[0]
                                                    : Value();
  if (auto pow = matchElementwise(value, ElementwiseKind::Pow))
    if (matchScalar(pow.getInputs()[1]) == 2.0)
      return pow.getInputs()[0];
  return {};
}

std::optional<int64_t> nibble::frontend::getTrailingAxis(ArrayRef<int64_t> axes,
                                                         int64_t rank) {
  SmallVector<int64_t> sorted(axes);
  llvm::sort(sorted);
  int64_t first = rank - static_cast<int64_t>(sorted.size());
  for (auto [i, axis] : llvm::enumerate(sorted))
    if (axis != first + static_cast<int64_t>(i))
      return std::nullopt;
  return sorted.empty() ? std::nullopt : std::optional<int64_t>(first);
}
