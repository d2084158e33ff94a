//===- ContractionKernel.cpp - Kernel functions of nn.contract ------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ContractionKernel.h"

#include "Epilogue.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "nibble/Codegen/Kernels/ContractionText.h"

using namespace mlir;
using namespace nibble;

/// What a kernel function remembers of its contraction for its launches.
static constexpr llvm::StringLiteral kPlanAttr = "nn.plan";
static constexpr llvm::StringLiteral kDotAttr = "nn.dot";
/// Position of the result among the arguments, columns, k and groups.
static constexpr llvm::StringLiteral kShapeAttr = "nn.contraction";

bool nibble::isContractionKernel(func::FuncOp kernel) {
  return kernel->hasAttr(kPlanAttr);
}

nn::ContractOp nibble::getContraction(nn::DispatchOp dispatch) {
  auto ops = dispatch.getBodyBlock()->getOps<nn::ContractOp>();
  return ops.empty() ? nn::ContractOp() : *ops.begin();
}

FailureOr<codegen::ContractionPlan>
nibble::readContractionPlan(Operation *op, StringRef text, StringRef dotName) {
  llvm::Expected<codegen::ContractionPlan> plan =
      codegen::readPlan(text, dotName);
  if (!plan)
    return op->emitError(llvm::toString(plan.takeError()));
  return *plan;
}

static void setMatrixAxes(OpBuilder &builder, Location loc, int64_t k,
                          codegen::ContractionOperands &operands) {
  operands.segmentLength = arith::ConstantIndexOp::create(builder, loc, k);
  operands.rows.strides = {operands.segmentLength};
}

/// Addresses of a convolution over a padded channels_last image: rows are
/// (image, output row, output column), segments are kernel rows, or kernel rows
/// and columns where columns are not neighbours.
static void setImageAxes(OpBuilder &builder, Location loc,
                         nn::ContractOp contract, Value image, Value result,
                         codegen::ContractionOperands &operands) {
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(builder, loc, value);
  };
  auto multiply = [&](Value value, int64_t factor) -> Value {
    return arith::MulIOp::create(builder, loc, value, constant(factor));
  };
  int64_t channels = cast<MemRefType>(image.getType()).getShape().back();
  int64_t perGroup = channels / contract.getGroups();
  ArrayRef<int64_t> kernel = *contract.getKernel();
  size_t spatial = kernel.size();
  // Elements from one position of a spatial axis to the next, innermost last.
  SmallVector<Value> steps(spatial);
  Value step = constant(channels);
  for (size_t i = spatial; i-- > 0;) {
    steps[i] = step;
    step = arith::MulIOp::create(
        builder, loc, step, memref::DimOp::create(builder, loc, image, i + 1));
  }
  operands.rows.strides.push_back(step);
  for (size_t i = 0; i < spatial; ++i) {
    operands.rows.extents.push_back(
        memref::DimOp::create(builder, loc, result, i + 1));
    operands.rows.strides.push_back(
        multiply(steps[i], (*contract.getStrides())[i]));
  }
  bool joined =
      contract.getGroups() == 1 && contract.getDilations()->back() == 1;
  size_t segments = joined ? spatial - 1 : spatial;
  for (size_t i = 0; i < segments; ++i) {
    operands.segments.extents.push_back(constant(kernel[i]));
    operands.segments.strides.push_back(
        multiply(steps[i], (*contract.getDilations())[i]));
  }
  operands.segmentLength =
      constant(joined ? kernel.back() * perGroup : perGroup);
  if (contract.getGroups() > 1) {
    operands.groups = constant(contract.getGroups());
    operands.groupsA.strides = {constant(perGroup)};
    operands.groupsB.strides = {constant(1)};
    operands.groupsC.strides = {operands.n};
  }
}

LogicalResult nibble::emitContractionBody(nn::DispatchOp dispatch,
                                          func::FuncOp kernel) {
  nn::ContractOp contract = getContraction(dispatch);
  FailureOr<codegen::ContractionPlan> plan =
      readContractionPlan(dispatch, contract.getPlan(), contract.getDot());
  if (failed(plan))
    return failure();
  unsigned inputs = dispatch.getInputs().size();
  auto argumentOf = [&](Value value) -> Value {
    return value ? kernel.getArgument(cast<BlockArgument>(value).getArgNumber())
                 : Value();
  };
  kernel->setAttr(kPlanAttr, contract.getPlanAttr());
  kernel->setAttr(kDotAttr, contract.getDotAttr());
  Location loc = kernel.getLoc();
  OpBuilder builder = OpBuilder::atBlockBegin(kernel.addEntryBlock());
  int64_t n = contract.getColumns();
  int64_t k =
      cast<RankedTensorType>(contract.getLhs().getType()).getShape().back() /
      contract.getGroups();
  if (contract.getKernel())
    k *= ShapedType::getNumElements(*contract.getKernel());
  kernel->setAttr(kShapeAttr,
                  builder.getDenseI64ArrayAttr(
                      {int64_t(inputs), n, k, int64_t(contract.getGroups())}));

  codegen::ContractionOperands operands;
  operands.m = memref::DimOp::create(
      builder, loc, collapseRows(builder, loc, kernel.getArgument(inputs)), 0);
  operands.n =
      arith::ConstantIndexOp::create(builder, loc, n / contract.getGroups());
  operands.cRowStride = arith::ConstantIndexOp::create(builder, loc, n);
  if (contract.getKernel())
    setImageAxes(builder, loc, contract, argumentOf(contract.getLhs()),
                 kernel.getArgument(inputs), operands);
  else
    setMatrixAxes(builder, loc, k, operands);
  operands.a = collapseAll(builder, loc, argumentOf(contract.getLhs()));
  operands.b = collapseAll(builder, loc, argumentOf(contract.getRhs()));
  auto vectorOf = [&](Value value) -> Value {
    return value ? collapseAll(builder, loc, argumentOf(value)) : Value();
  };
  operands.aScale = vectorOf(contract.getScale());
  operands.aZero = vectorOf(contract.getZero());
  for (auto [i, yielded] : llvm::enumerate(dispatch.getYielded())) {
    codegen::MoreOutput output;
    output.c = collapseAll(builder, loc, kernel.getArgument(inputs + i));
    if (auto quantize = yielded.getDefiningOp<nn::QuantizeElementsOp>()) {
      output.kind = quantize.getIsUnsigned() ? codegen::OutputKind::U8
                                             : codegen::OutputKind::S8;
      if (!isUnitScale(quantize.getScale()))
        output.scale = vectorOf(quantize.getScale());
      output.zero = vectorOf(quantize.getZero());
    }
    if (i > 0) {
      operands.more.push_back(output);
      continue;
    }
    operands.c = output.c;
    if (output.kind == codegen::OutputKind::F32)
      continue;
    // Packed weights are the same for any result.
    plan->desc.c = output.kind;
    plan->desc.outScale = bool(output.scale);
    operands.outScale = output.scale;
    operands.outZero = output.zero;
  }
  unsigned last = kernel.getNumArguments();
  operands.begin = kernel.getArgument(last - 3);
  operands.end = kernel.getArgument(last - 2);
  operands.scratch = kernel.getArgument(last - 1);

  Epilogue epilogue(dispatch, contract.getResult(), contract.getGroups(),
                    kernel, builder);
  if (llvm::Error error =
          codegen::emitContraction(builder, loc, *plan, operands,
                                   [&](OpBuilder &b, Location l, Value sum,
                                       const codegen::EpilogueSite &site) {
                                     return epilogue(b, l, sum, site);
                                   }))
    return dispatch.emitError(llvm::toString(std::move(error)));
  func::ReturnOp::create(builder, loc);
  return success();
}

/// The number of rows that a launch computes: the product of the leading
/// extents of its result.
static Value countRows(OpBuilder &builder, Location loc, Value result) {
  auto storage = result.getDefiningOp<nn::StorageOp>();
  auto type = cast<MemRefType>(result.getType());
  int64_t known = 1;
  for (int64_t extent : type.getShape().drop_back())
    known *= ShapedType::isDynamic(extent) ? 1 : extent;
  Value rows = arith::ConstantIndexOp::create(builder, loc, known);
  for (Value dim : storage.getDims())
    rows = arith::MulIOp::create(builder, loc, rows, dim);
  return rows;
}

FailureOr<Value> nibble::buildContractionGrid(OpBuilder &builder, Location loc,
                                              func::FuncOp kernel,
                                              ValueRange operands) {
  auto plan =
      readContractionPlan(kernel, kernel->getAttrOfType<StringAttr>(kPlanAttr),
                          kernel->getAttrOfType<StringAttr>(kDotAttr));
  if (failed(plan))
    return failure();
  ArrayRef<int64_t> shape =
      kernel->getAttrOfType<DenseI64ArrayAttr>(kShapeAttr).asArrayRef();
  int64_t groups = shape[3];
  Value n = arith::ConstantIndexOp::create(builder, loc, shape[1] / groups);
  Value k = arith::ConstantIndexOp::create(builder, loc, shape[2]);
  Value count = arith::ConstantIndexOp::create(builder, loc, groups);
  return codegen::emitContractionGrid(
      builder, loc, *plan, countRows(builder, loc, operands[shape[0]]), n, k,
      groups > 1 ? count : Value());
}

FailureOr<Value> nibble::buildContractionScratch(OpBuilder &builder,
                                                 Location loc,
                                                 func::FuncOp kernel,
                                                 ValueRange operands) {
  auto plan =
      readContractionPlan(kernel, kernel->getAttrOfType<StringAttr>(kPlanAttr),
                          kernel->getAttrOfType<StringAttr>(kDotAttr));
  if (failed(plan))
    return failure();
  ArrayRef<int64_t> shape =
      kernel->getAttrOfType<DenseI64ArrayAttr>(kShapeAttr).asArrayRef();
  Value k = arith::ConstantIndexOp::create(builder, loc, shape[2]);
  return codegen::emitContractionScratchBytes(builder, loc, *plan, k);
}
