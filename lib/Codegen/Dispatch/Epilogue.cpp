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

Value nibble::collapseRows(OpBuilder &builder, Location loc, Value memref) {
  auto type = cast<MemRefType>(memref.getType());
  if (type.getRank() == 2)
    return memref;
  SmallVector<ReassociationIndices> groups(2);
  for (int64_t axis = 0; axis + 1 < type.getRank(); ++axis)
    groups[0].push_back(axis);
  groups[1].push_back(type.getRank() - 1);
  return memref::CollapseShapeOp::create(builder, loc, memref, groups);
}

Value nibble::collapseAll(OpBuilder &builder, Location loc, Value memref) {
  auto type = cast<MemRefType>(memref.getType());
  if (type.getRank() != 1) {
    SmallVector<ReassociationIndices> groups(1);
    for (int64_t axis = 0; axis < type.getRank(); ++axis)
      groups[0].push_back(axis);
    memref = type.getRank() == 0
                 ? memref::ExpandShapeOp::create(
                       builder, loc, ArrayRef<int64_t>{1}, memref,
                       ArrayRef<ReassociationIndices>())
                       .getResult()
                 : memref::CollapseShapeOp::create(builder, loc, memref, groups)
                       .getResult();
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
  Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
  bool isColumns = !shape.empty() && shape.back() != 1;
  bool isRows = cast<MemRefType>(memref.getType()).getRank() == 2;
  if (isColumns) {
    SmallVector<Value> indices;
    if (isRows)
      indices.push_back(site.m);
    indices.push_back(column(builder, loc, site));
    return codegen::loadColumns(builder, loc, type, memref, indices, site);
  }
  SmallVector<Value> indices;
  if (isRows)
    indices.push_back(site.m);
  indices.push_back(zero);
  Value scalar = memref::LoadOp::create(builder, loc, memref, indices);
  return vector::BroadcastOp::create(builder, loc, type, scalar);
}

/// Whether a result only becomes codes, perhaps after multiplications by
/// weights and constants.
static bool onlyBecomesCodes(Value value) {
  while (value.hasOneUse()) {
    Operation *user = *value.user_begin();
    if (isa<nn::QuantizeElementsOp>(user))
      return true;
    auto op = dyn_cast<nn::ElementwiseOp>(user);
    if (!op || op.getKind() != nn::ElementwiseKind::Mul)
      return false;
    value = op.getResult();
  }
  return false;
}

Value Epilogue::operator()(OpBuilder &builder, Location loc, Value sum,
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
  for (Operation &op : dispatch.getBodyBlock()->without_terminator()) {
    auto elementwise = dyn_cast<nn::ElementwiseOp>(op);
    if (!elementwise)
      continue;
    SmallVector<Value> operands;
    for (Value operand : elementwise.getInputs())
      operands.push_back(valueOf(operand));
    if (elementwise.getKind() == nn::ElementwiseKind::Silu &&
        onlyBecomesCodes(elementwise.getResult())) {
      values[elementwise.getResult()] =
          codegen::emitSiluOfCodes(builder, loc, operands.front());
      continue;
    }
    auto real = [](std::optional<APFloat> constant) {
      return constant ? std::optional<double>(constant->convertToDouble())
                      : std::nullopt;
    };
    values[elementwise.getResult()] = nn::emitElementwise(
        builder, loc, elementwise.getKind(), operands,
        real(elementwise.getAlpha()), real(elementwise.getBeta()));
  }
  // The kernel quantizes what the epilogue gives.
  Value last = dispatch.getYielded()[0];
  if (nn::QuantizeElementsOp quantize = getRequantization(dispatch))
    last = quantize.getInput();
  return valueOf(last);
}
