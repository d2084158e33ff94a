//===- Lowering.cpp - From onnx nodes to ops of nn --------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Lower/Lowering.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace nibble;
using namespace nibble::frontend;
using nibble::onnx::NodeOp;

Type nibble::frontend::getComputeType(Type elementType) {
  return isa<FloatType>(elementType)
             ? Float32Type::get(elementType.getContext())
             : elementType;
}

static RankedTensorType getComputeTensor(RankedTensorType type) {
  return type.clone(getComputeType(type.getElementType()));
}

//===----------------------------------------------------------------------===//
// Lowering: extents
//===----------------------------------------------------------------------===//

Lowering::Lowering(func::FuncOp main, unsigned numSymbols)
    : b(main.getContext()), main(main), numSymbols(numSymbols),
      symbolValues(numSymbols) {}

static std::optional<Exprs> getExprsOf(Value value, StringRef attrName) {
  auto node = value.getDefiningOp<NodeOp>();
  if (!node)
    return std::nullopt;
  auto maps = node->getAttrOfType<ArrayAttr>(attrName);
  unsigned index = cast<OpResult>(value).getResultNumber();
  auto map = maps && index < maps.size() ? dyn_cast<AffineMapAttr>(maps[index])
                                         : AffineMapAttr();
  if (!map)
    return std::nullopt;
  return Exprs(map.getValue().getResults());
}

Exprs Lowering::getDims(Value value) {
  if (std::optional<Exprs> exprs = getExprsOf(value, "nn.shapes"))
    return *exprs;
  if (auto arg = dyn_cast<BlockArgument>(value))
    if (auto map = main.getArgAttrOfType<AffineMapAttr>(arg.getArgNumber(),
                                                        "nn.shape"))
      return Exprs(map.getValue().getResults());
  Exprs exprs;
  for (int64_t extent : cast<RankedTensorType>(value.getType()).getShape())
    exprs.push_back(b.getAffineConstantExpr(extent));
  return exprs;
}

std::optional<Exprs> Lowering::getContents(Value value) {
  if (std::optional<Exprs> exprs = getExprsOf(value, "nn.contents"))
    return exprs;
  auto constant = value.getDefiningOp<onnx::ConstantOp>();
  auto elements = constant ? dyn_cast<DenseIntElementsAttr>(constant.getValue())
                           : DenseIntElementsAttr();
  if (!elements)
    return std::nullopt;
  Exprs exprs;
  for (APInt element : elements.getValues<APInt>())
    exprs.push_back(b.getAffineConstantExpr(element.getSExtValue()));
  return exprs;
}

Value Lowering::getIndex(AffineExpr expr) {
  Value &value = indices[expr];
  if (value)
    return value;
  OpBuilder::InsertionGuard guard(b);
  // Behind the extents of the arguments, so that all blocks see it.
  Operation *last = nullptr;
  for (Operation &op : main.front()) {
    if (!isa<tensor::DimOp, affine::AffineApplyOp, arith::ConstantIndexOp>(op))
      break;
    last = &op;
  }
  if (last)
    b.setInsertionPointAfter(last);
  else
    b.setInsertionPointToStart(&main.front());
  SmallVector<OpFoldResult> operands(symbolValues.begin(), symbolValues.end());
  // Symbols that a map does not use may have no value.
  SmallVector<AffineExpr> replacements;
  SmallVector<OpFoldResult> used;
  for (unsigned i = 0; i < numSymbols; ++i) {
    replacements.push_back(b.getAffineSymbolExpr(used.size()));
    if (expr.isFunctionOfSymbol(i))
      used.push_back(symbolValues[i]);
  }
  AffineExpr compact = expr.replaceSymbols(replacements);
  OpFoldResult result = affine::makeComposedFoldedAffineApply(
      b, main.getLoc(), AffineMap::get(0, used.size(), compact), used);
  value = getValueOrCreateConstantIndexOp(b, main.getLoc(), result);
  return value;
}

void Lowering::splitIndices(ArrayRef<AffineExpr> exprs,
                            SmallVectorImpl<Value> &dynamic,
                            SmallVectorImpl<int64_t> &fixed) {
  for (AffineExpr expr : exprs) {
    if (std::optional<int64_t> number = getConstant(expr)) {
      fixed.push_back(*number);
      continue;
    }
    fixed.push_back(ShapedType::kDynamic);
    dynamic.push_back(getIndex(expr));
  }
}

//===----------------------------------------------------------------------===//
// Lowering: values
//===----------------------------------------------------------------------===//

static Value castTo(OpBuilder &b, Location loc, Value value, Type elementType) {
  auto type = cast<RankedTensorType>(value.getType());
  if (type.getElementType() == elementType)
    return value;
  return nn::CastOp::create(b, loc, type.clone(elementType), value);
}

// Known elements that are no constant: index values as a tensor.
static Value makeFromIndices(Lowering &lowering, Location loc,
                             RankedTensorType type,
                             ArrayRef<AffineExpr> exprs) {
  SmallVector<Value> indices;
  for (AffineExpr expr : exprs)
    indices.push_back(lowering.getIndex(expr));
  return nn::FromIndexOp::create(lowering.b, loc, type, indices);
}

Value Lowering::materialize(Value value) {
  Location loc = value.getLoc();
  if (auto constant = value.getDefiningOp<onnx::ConstantOp>()) {
    auto type = cast<RankedTensorType>(value.getType());
    auto elements = cast<ElementsAttr>(constant.getValue());
    return arith::ConstantOp::create(b, loc, type, elements);
  }
  if (auto parameter = value.getDefiningOp<onnx::ParameterOp>()) {
    // Later passes know the numbers of constants only.
    if (DenseElementsAttr equal = findEqualElements(parameter))
      return arith::ConstantOp::create(b, loc, equal);
    onnx::PlaceAttr place = parameter.getPlace();
    return nn::ParameterOp::create(
        b, loc, value.getType(), parameter.getName(),
        nn::PlaceAttr::get(b.getContext(), place.getFile(), place.getOffset(),
                           place.getLength(), place.getHash()));
  }
  if (std::optional<Exprs> exprs = getExprsOf(value, "nn.contents"))
    return makeFromIndices(*this, loc, cast<RankedTensorType>(value.getType()),
                           *exprs);
  return {};
}

Value Lowering::getStored(Value value) {
  auto found = values.find(value);
  if (found != values.end())
    return castTo(b, value.getLoc(), found->second,
                  cast<RankedTensorType>(value.getType()).getElementType());
  OpBuilder::InsertionGuard guard(b);
  // A constant in the outermost block serves all branches.
  if (Operation *op = value.getDefiningOp();
      op && !isa<NodeOp>(op) && op->getBlock() == &main.front())
    b.setInsertionPoint(op);
  return materialize(value);
}

Value Lowering::get(Value value) {
  auto found = values.find(value);
  if (found != values.end())
    return found->second;
  auto type = cast<RankedTensorType>(value.getType());
  OpBuilder::InsertionGuard guard(b);
  if (Operation *op = value.getDefiningOp();
      op && !isa<NodeOp>(op) && op->getBlock() == &main.front())
    b.setInsertionPoint(op);
  Value lowered = materialize(value);
  if (!lowered)
    return {};
  lowered =
      castTo(b, value.getLoc(), lowered, getComputeType(type.getElementType()));
  // What is made inside a branch is not seen outside.
  if (b.getInsertionBlock() == &main.front())
    values[value] = lowered;
  return lowered;
}

void Lowering::set(Value value, Value lowered) { values[value] = lowered; }

//===----------------------------------------------------------------------===//
// Lowering: control flow and border
//===----------------------------------------------------------------------===//

LogicalResult Lowering::lowerIf(NodeOp node) {
  OpBuilder::InsertionGuard guard(b);
  SmallVector<Type> types;
  for (Value output : node.getOutputs()) {
    auto type = dyn_cast<RankedTensorType>(output.getType());
    if (!type)
      return NodeLowering(*this, node).error() << "has an output that is no "
                                                  "tensor";
    types.push_back(getComputeTensor(type));
  }
  Value condition = get(node.getInput(0));
  auto type = cast<RankedTensorType>(condition.getType());
  SmallVector<Value> zeros;
  for (int64_t i = 0; i < type.getRank(); ++i)
    zeros.push_back(arith::ConstantIndexOp::create(b, node.getLoc(), 0));
  condition = tensor::ExtractOp::create(b, node.getLoc(), condition, zeros);
  auto branch = scf::IfOp::create(b, node.getLoc(), types, condition,
                                  /*addThenBlock=*/true, /*addElseBlock=*/true);
  for (bool taken : {true, false}) {
    Block *block = taken ? branch.thenBlock() : branch.elseBlock();
    Block &body =
        node.getSubgraph(taken ? "then_branch" : "else_branch")->front();
    b.setInsertionPointToEnd(block);
    if (auto constraints = node->getAttrOfType<IntegerSetAttr>(
            taken ? "nn.then_constraints" : "nn.else_constraints"))
      nn::RequireOp::create(b, node.getLoc(), constraints);
    if (failed(lowerBlock(body)))
      return failure();
    SmallVector<Value> results;
    for (auto [value, result] :
         llvm::zip_equal(body.getTerminator()->getOperands(), types)) {
      Value lowered = get(value);
      if (lowered.getType() != result)
        lowered = tensor::CastOp::create(b, node.getLoc(), result, lowered);
      results.push_back(lowered);
    }
    scf::YieldOp::create(b, node.getLoc(), results);
  }
  for (auto [output, result] :
       llvm::zip_equal(node.getOutputs(), branch.getResults()))
    set(output, result);
  return success();
}

// Elements that inference knows need no ops; `get` makes them on demand.
static bool isKnown(Lowering &lowering, NodeOp node) {
  return llvm::all_of(node.getOutputs(), [&](Value output) {
    return output.use_empty() || lowering.getContents(output);
  });
}

/// Inference gives every tensor a type that somebody reads.
static bool isTyped(NodeOp node) {
  auto isTensor = [](Value value) {
    return isa<RankedTensorType, NoneType>(value.getType());
  };
  return llvm::all_of(node->getOperands(), isTensor) &&
         llvm::all_of(node->getResults(), [&](OpResult result) {
           return isTensor(result) ||
                  (result.use_empty() && result.getResultNumber() != 0);
         });
}

LogicalResult Lowering::lowerBlock(Block &block) {
  LogicalResult result = success();
  for (Operation &op : llvm::make_early_inc_range(block)) {
    auto node = dyn_cast<NodeOp>(op);
    if (!node || isKnown(*this, node))
      continue;
    if (&block == &main.front())
      b.setInsertionPoint(node);
    NodeLowering n(*this, node);
    const Operator *known = lookupOperator(node);
    if (!node.is("If") && (!known || !known->lower)) {
      reportUnsupported(main, node);
      return failure();
    }
    if (!isTyped(node))
      return n.error() << "has an input or output of unknown type; run "
                          "onnx-infer-shapes first";
    if (node.is("If")) {
      if (failed(lowerIf(node)))
        return failure();
      continue;
    }
    // Go on after an error, so that all of them are seen at once; what needs
    // this node's outputs is left out.
    bool inputsKnown = llvm::all_of(node.getInputs(), [&](Value input) {
      return isa<NoneType>(input.getType()) || get(input);
    });
    if (inputsKnown &&
        failed(withOneError(node, [&] { return known->lower(n); })))
      result = failure();
  }
  return result;
}

// Extents of the arguments that the symbols name, at the top of main.
void Lowering::setBoundary() {
  b.setInsertionPointToStart(&main.front());
  for (BlockArgument arg : main.getArguments()) {
    auto type = cast<RankedTensorType>(arg.getType());
    for (auto [axis, expr] : llvm::enumerate(getDims(arg))) {
      auto symbol = dyn_cast<AffineSymbolExpr>(expr);
      if (!symbol || symbolValues[symbol.getPosition()] ||
          !type.isDynamicDim(axis))
        continue;
      symbolValues[symbol.getPosition()] =
          tensor::DimOp::create(b, arg.getLoc(), arg, axis);
    }
  }
  for (BlockArgument arg : main.getArguments()) {
    auto type = cast<RankedTensorType>(arg.getType());
    set(arg,
        castTo(b, arg.getLoc(), arg, getComputeType(type.getElementType())));
  }
}

LogicalResult Lowering::lowerReturn() {
  Operation *ret = main.front().getTerminator();
  b.setInsertionPoint(ret);
  for (OpOperand &operand : ret->getOpOperands()) {
    Value lowered = get(operand.get());
    if (!lowered)
      return failure();
    auto type = cast<RankedTensorType>(operand.get().getType());
    lowered = castTo(b, operand.get().getLoc(), lowered, type.getElementType());
    if (lowered.getType() != type)
      lowered = tensor::CastOp::create(b, ret->getLoc(), type, lowered);
    operand.set(lowered);
  }
  return success();
}

LogicalResult Lowering::run() {
  setBoundary();
  if (failed(lowerBlock(main.front())))
    return failure();
  return lowerReturn();
}

//===----------------------------------------------------------------------===//
// NodeLowering
//===----------------------------------------------------------------------===//

InFlightDiagnostic NodeLowering::error() {
  return node.emitError() << "node '" << getNodeName(node) << "' ("
                          << node.getOpType() << ") ";
}

Value NodeLowering::in(unsigned input) {
  Value value = node.getInput(input);
  return value ? lowering.get(value) : Value();
}

Value NodeLowering::stored(unsigned input) {
  Value value = node.getInput(input);
  return value ? lowering.getStored(value) : Value();
}

RankedTensorType NodeLowering::type(unsigned input) {
  return cast<RankedTensorType>(node.getInput(input).getType());
}

RankedTensorType NodeLowering::outType(unsigned output) {
  return cast<RankedTensorType>(node.getOutput(output).getType());
}

RankedTensorType NodeLowering::resultType(unsigned output) {
  return getComputeTensor(outType(output));
}

std::optional<SmallVector<int64_t>> NodeLowering::numbers(unsigned input) {
  if (!has(input))
    return std::nullopt;
  std::optional<Exprs> exprs = lowering.getContents(node.getInput(input));
  return exprs ? getConstants(*exprs) : std::nullopt;
}

std::optional<double> NodeLowering::number(unsigned input) {
  auto constant = has(input)
                      ? node.getInput(input).getDefiningOp<onnx::ConstantOp>()
                      : onnx::ConstantOp();
  auto elements = constant ? dyn_cast<DenseElementsAttr>(constant.getValue())
                           : DenseElementsAttr();
  if (!elements || elements.getNumElements() != 1)
    return std::nullopt;
  Attribute element = *elements.getValues<Attribute>().begin();
  if (auto number = dyn_cast<FloatAttr>(element))
    return number.getValueAsDouble();
  if (auto number = dyn_cast<IntegerAttr>(element))
    return number.getType().isUnsignedInteger()
               ? static_cast<double>(number.getValue().getZExtValue())
               : static_cast<double>(number.getValue().getSExtValue());
  return std::nullopt;
}

LogicalResult NodeLowering::set(unsigned output, Value value) {
  Value onnxValue = node.getOutput(output);
  if (!onnxValue)
    return success();
  // Kernels and upstream's ops are for tensors that have elements.
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (type && llvm::is_contained(type.getShape(), 0))
    value = expand(scalar(0, type.getElementType()), outDims(output));
  lowering.set(onnxValue, value);
  return success();
}

RankedTensorType NodeLowering::getType(ArrayRef<AffineExpr> dims,
                                       Type elementType) {
  SmallVector<int64_t> shape;
  for (AffineExpr dim : dims)
    shape.push_back(getConstant(dim).value_or(ShapedType::kDynamic));
  return RankedTensorType::get(shape, elementType);
}

Value NodeLowering::elementwise(nn::ElementwiseKind kind, ValueRange operands,
                                RankedTensorType type) {
  return nn::ElementwiseOp::create(b, loc, type, kind, operands);
}

Value NodeLowering::reshape(Value x, ArrayRef<AffineExpr> dims) {
  auto from = cast<RankedTensorType>(x.getType());
  auto type = getType(dims, from.getElementType());
  if (type == from && type.hasStaticShape())
    return x;
  DenseElementsAttr elements;
  if (type.hasStaticShape() && matchPattern(x, m_Constant(&elements)) &&
      elements)
    return arith::ConstantOp::create(b, loc, elements.reshape(type));
  SmallVector<Value> dynamic;
  SmallVector<int64_t> fixed;
  lowering.splitIndices(dims, dynamic, fixed);
  return nn::ReshapeOp::create(b, loc, type, x, dynamic, fixed);
}

Value NodeLowering::reshape(Value x, ArrayRef<int64_t> shape) {
  SmallVector<AffineExpr> dims;
  for (int64_t extent : shape)
    dims.push_back(constant(extent));
  return reshape(x, dims);
}

Value NodeLowering::transpose(Value x, ArrayRef<int64_t> permutation) {
  auto from = cast<RankedTensorType>(x.getType());
  SmallVector<int64_t> shape;
  for (int64_t axis : permutation)
    shape.push_back(from.getDimSize(axis));
  return nn::TransposeOp::create(b, loc, from.clone(shape), x, permutation);
}

Value NodeLowering::slice(Value x, ArrayRef<AffineExpr> dims, int64_t axis,
                          AffineExpr offset, AffineExpr size) {
  Exprs offsets(dims.size(), constant(0)), sizes(dims);
  offsets[axis] = offset;
  sizes[axis] = size;
  return slice(x, offsets, sizes);
}

Value NodeLowering::slice(Value x, ArrayRef<AffineExpr> offsets,
                          ArrayRef<AffineExpr> sizes) {
  auto from = cast<RankedTensorType>(x.getType());
  SmallVector<Value> dynamicOffsets, dynamicSizes;
  SmallVector<int64_t> staticOffsets, staticSizes;
  lowering.splitIndices(offsets, dynamicOffsets, staticOffsets);
  lowering.splitIndices(sizes, dynamicSizes, staticSizes);
  SmallVector<int64_t> strides(sizes.size(), 1);
  return nn::SliceOp::create(b, loc, getType(sizes, from.getElementType()), x,
                             dynamicOffsets, dynamicSizes, staticOffsets,
                             staticSizes, strides);
}

Value NodeLowering::expand(Value x, ArrayRef<AffineExpr> dims) {
  SmallVector<Value> dynamic;
  SmallVector<int64_t> fixed;
  lowering.splitIndices(dims, dynamic, fixed);
  return nn::ExpandOp::create(b, loc, getType(dims, getElementTypeOrSelf(x)), x,
                              dynamic, fixed);
}

Value NodeLowering::convert(Value x, Type elementType) {
  return castTo(b, loc, x, elementType);
}

Value NodeLowering::scalar(double value, Type elementType) {
  auto type = RankedTensorType::get({}, elementType);
  Attribute element;
  if (auto floatType = dyn_cast<FloatType>(elementType))
    element = b.getFloatAttr(floatType, value);
  else
    element =
        IntegerAttr::get(elementType, APInt(elementType.getIntOrFloatBitWidth(),
                                            static_cast<int64_t>(value),
                                            /*isSigned=*/true));
  return arith::ConstantOp::create(b, loc,
                                   DenseElementsAttr::get(type, element));
}
