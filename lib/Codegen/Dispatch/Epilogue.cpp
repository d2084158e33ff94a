//===- Epilogue.cpp - Elementwise ops behind a kernel's sums ----*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Epilogue.h"

#include "dialects/NN/Elementwise.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "nibble/Codegen/Kernels/Requantize.h"

using namespace mlir;
using namespace nibble;

nn::QuantizeElementsOp nibble::getRequantization(nn::DispatchOp dispatch) {
  return dispatch.getYielded()[0].getDefiningOp<nn::QuantizeElementsOp>();
}

bool nibble::hasOneElement(Value tensor) {
  return llvm::all_of(cast<ShapedType>(tensor.getType()).getShape(),
                      [](int64_t extent) { return extent == 1; });
}

bool nibble::isUnitScale(Value scale) {
  return matchPattern(scale, m_OneFloat());
}

/// The type that upstream infers says 0 for an axis of extent 0 beside unknown
/// ones, which its verifier then refuses.
static Value collapse(OpBuilder &builder, Location loc, Value memref,
                      ArrayRef<ReassociationIndices> groups) {
  auto type = cast<MemRefType>(memref.getType());
  auto inferred = memref::CollapseShapeOp::computeCollapsedType(type, groups);
  SmallVector<int64_t> shape(inferred.getShape());
  for (auto [extent, group] : llvm::zip_equal(shape, groups))
    if (llvm::any_of(group,
                     [&](int64_t axis) { return type.isDynamicDim(axis); }))
      extent = ShapedType::kDynamic;
  return memref::CollapseShapeOp::create(
      builder, loc, MemRefType::Builder(inferred).setShape(shape), memref,
      groups);
}

Value nibble::collapseRows(OpBuilder &builder, Location loc, Value memref) {
  auto type = cast<MemRefType>(memref.getType());
  if (type.getRank() == 2)
    return memref;
  SmallVector<ReassociationIndices> groups(2);
  for (int64_t axis = 0; axis + 1 < type.getRank(); ++axis)
    groups[0].push_back(axis);
  groups[1].push_back(type.getRank() - 1);
  return collapse(builder, loc, memref, groups);
}

Value nibble::collapseAll(OpBuilder &builder, Location loc, Value memref) {
  auto type = cast<MemRefType>(memref.getType());
  if (type.getRank() != 1) {
    SmallVector<ReassociationIndices> groups(1);
    for (int64_t axis = 0; axis < type.getRank(); ++axis)
      groups[0].push_back(axis);
    memref = type.getRank() == 0 ? memref::ExpandShapeOp::create(
                                       builder, loc, ArrayRef<int64_t>{1},
                                       memref, ArrayRef<ReassociationIndices>())
                                       .getResult()
                                 : collapse(builder, loc, memref, groups);
    type = cast<MemRefType>(memref.getType());
  }
  auto dynamic = MemRefType::get({ShapedType::kDynamic}, type.getElementType());
  if (type != dynamic)
    memref = memref::CastOp::create(builder, loc, dynamic, memref);
  return memref;
}

Epilogue::Epilogue(nn::DispatchOp dispatch, Value root, int64_t groups,
                   func::FuncOp kernel, OpBuilder &builder)
    : dispatch(dispatch), root(root), groups(groups) {
  auto result = cast<RankedTensorType>(root.getType());
  for (BlockArgument argument : dispatch.getBodyBlock()->getArguments()) {
    bool isRead = llvm::any_of(argument.getUsers(), [&](Operation *user) {
      return user != root.getDefiningOp();
    });
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!isRead || !type)
      continue;
    Value memref = kernel.getArgument(argument.getArgNumber());
    Location loc = kernel.getLoc();
    bool isRows = type.getRank() == result.getRank() && type.getRank() > 1 &&
                  !llvm::all_of(type.getShape().drop_back(),
                                [](int64_t extent) { return extent == 1; });
    flat[argument] = isRows || type.getShape() == result.getShape()
                         ? collapseRows(builder, loc, memref)
                         : collapseAll(builder, loc, memref);
  }
}

/// The column of the result: groups lie one after the other.
Value Epilogue::column(OpBuilder &builder, Location loc,
                       const codegen::EpilogueSite &site) const {
  if (groups == 1)
    return site.n;
  Value width = arith::ConstantIndexOp::create(
      builder, loc,
      cast<ShapedType>(root.getType()).getShape().back() / groups);
  Value first = arith::MulIOp::create(builder, loc, site.g, width);
  return arith::AddIOp::create(builder, loc, first, site.n);
}

Value Epilogue::load(OpBuilder &builder, Location loc, Value operand,
                     VectorType type, const codegen::EpilogueSite &site) const {
  Value memref = flat.lookup(operand);
  auto shape = cast<RankedTensorType>(operand.getType()).getShape();
  if (!shape.empty() && shape.back() != 1)
    return codegen::loadColumns(builder, loc, type, memref,
                                column(builder, loc, site), site);
  return codegen::loadRowScalars(builder, loc, type, memref, site);
}

/// Whether a result only becomes codes, perhaps after multiplications by
/// weights and constants.
static bool onlyBecomesCodes(Value value) {
  return llvm::all_of(value.getUsers(), [](Operation *user) {
    if (isa<nn::QuantizeElementsOp>(user))
      return true;
    auto op = dyn_cast<nn::ElementwiseOp>(user);
    return op && op.getKind() == nn::ElementwiseKind::Mul &&
           onlyBecomesCodes(op.getResult());
  });
}

/// The multiplication that alone reads `op`, by what is known before it:
/// `factor`. Null if there is none.
static nn::ElementwiseOp matchScaling(nn::ElementwiseOp op, Value &factor) {
  if (!op->hasOneUse())
    return {};
  OpOperand &use = *op->use_begin();
  auto scaling = dyn_cast<nn::ElementwiseOp>(use.getOwner());
  if (!scaling || scaling.getKind() != nn::ElementwiseKind::Mul)
    return {};
  factor = scaling.getInputs()[1 - use.getOperandNumber()];
  Operation *def = factor.getDefiningOp();
  return !def || isa<arith::ConstantOp>(def) ? scaling : nn::ElementwiseOp();
}

/// A sum with scaled sums of products, rounded once. Null if `op` is something
/// else.
static Value fuseBias(OpBuilder &builder, Location loc, nn::ElementwiseOp op,
                      ArrayRef<Value> operands) {
  if (op.getKind() != nn::ElementwiseKind::Add)
    return {};
  for (unsigned side : {0, 1})
    if (auto product = operands[side].getDefiningOp<arith::MulFOp>())
      return math::FmaOp::create(builder, loc, product.getLhs(),
                                 product.getRhs(), operands[1 - side]);
  return {};
}

SmallVector<Value>
Epilogue::operator()(OpBuilder &builder, Location loc, Value sum,
                     const codegen::EpilogueSite &site) const {
  auto type = cast<VectorType>(sum.getType());
  DenseMap<Value, Value> values;
  values[root] = sum;
  auto valueOf = [&](Value operand) {
    Value &value = values[operand];
    if (value)
      return value;
    if (auto constant = operand.getDefiningOp<arith::ConstantOp>()) {
      auto elements = cast<DenseElementsAttr>(constant.getValue());
      value = arith::ConstantOp::create(
          builder, loc,
          DenseElementsAttr::get(type, elements.getSplatValue<Attribute>()));
    } else {
      value = load(builder, loc, operand, type, site);
    }
    return value;
  };
  auto codesOf = [](Value yielded) {
    return yielded.getDefiningOp<nn::QuantizeElementsOp>();
  };
  bool isCodes = llvm::all_of(dispatch.getYielded(), codesOf);
  for (auto op : dispatch.getBodyBlock()->getOps<nn::ElementwiseOp>()) {
    if (values.contains(op.getResult()))
      continue;
    SmallVector<Value> operands;
    for (Value operand : op.getInputs())
      operands.push_back(valueOf(operand));
    if (op.getKind() == nn::ElementwiseKind::Silu &&
        onlyBecomesCodes(op.getResult())) {
      Value factor;
      nn::ElementwiseOp scaling = matchScaling(op, factor);
      values[(scaling ? scaling : op).getResult()] = codegen::emitSiluOfCodes(
          builder, loc, operands.front(), scaling ? valueOf(factor) : Value());
      continue;
    }
    Value fused = isCodes ? fuseBias(builder, loc, op, operands) : Value();
    auto real = [](std::optional<APFloat> constant) {
      return constant ? std::optional<double>(constant->convertToDouble())
                      : std::nullopt;
    };
    values[op.getResult()] =
        fused ? fused
              : nn::emitElementwise(builder, loc, op.getKind(), operands,
                                    real(op.getAlpha()), real(op.getBeta()));
  }
  // The kernel quantizes what the epilogue gives.
  SmallVector<Value> results;
  for (Value yielded : dispatch.getYielded()) {
    nn::QuantizeElementsOp quantize = codesOf(yielded);
    results.push_back(valueOf(quantize ? quantize.getInput() : yielded));
  }
  return results;
}
