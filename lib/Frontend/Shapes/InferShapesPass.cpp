//===- InferShapesPass.cpp - The pass onnx-infer-shapes ---------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Shapes/Inference.h"
#include "nibble/Frontend/Passes.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringExtras.h"

#include <cmath>

namespace nibble {
#define GEN_PASS_DEF_ONNXINFERSHAPES
#include "nibble/Frontend/Passes.h.inc"
} // namespace nibble

using namespace mlir;
using namespace nibble;
using namespace nibble::frontend;
using nibble::onnx::NodeOp;

// The number that an option gives for an input, as that input's type holds it.
static DenseElementsAttr parseInputValue(RankedTensorType type,
                                         StringRef text) {
  Type element = type.getElementType();
  if (auto integer = dyn_cast<IntegerType>(element)) {
    int64_t value;
    unsigned width = integer.getWidth();
    if (text.getAsInteger(0, value))
      return {};
    bool fits = width == 1 ? value == 0 || value == 1
                : integer.isUnsigned()
                    ? value >= 0 && llvm::isUIntN(width, value)
                    : llvm::isIntN(width, value);
    if (!fits)
      return {};
    return DenseElementsAttr::get(
        type, IntegerAttr::get(integer, APInt(integer.getWidth(), value,
                                              /*isSigned=*/true,
                                              /*implicitTrunc=*/true)));
  }
  double value;
  if (!isa<FloatType>(element) || text.getAsDouble(value))
    return {};
  auto number = FloatAttr::get(element, value);
  if (number.getValue().isInfinity() && !std::isinf(value))
    return {};
  return DenseElementsAttr::get(type, number);
}

// Replaces an input by a number; see the option input-value.
static LogicalResult bindInput(func::FuncOp main, StringRef binding) {
  auto [name, text] = binding.split('=');
  for (BlockArgument arg : main.getArguments()) {
    unsigned index = arg.getArgNumber();
    auto found = main.getArgAttrOfType<StringAttr>(index, onnx::kNameAttr);
    if (!found || found.getValue() != name)
      continue;
    auto type = dyn_cast<RankedTensorType>(arg.getType());
    DenseElementsAttr value;
    if (type && type.hasStaticShape() && type.getNumElements() == 1)
      value = parseInputValue(type, text);
    if (!value)
      return main.emitError("input '")
             << name << "' of type " << arg.getType() << " cannot be '" << text
             << "' in every run; only inputs of one number can";
    OpBuilder b = OpBuilder::atBlockBegin(&main.front());
    arg.replaceAllUsesWith(onnx::ConstantOp::create(b, main.getLoc(), value));
    return main.eraseArgument(index);
  }
  return main.emitError("has no input '") << name << "' for input-value";
}

// An affine map with these results, without symbols that do not exist.
static AffineMap getMap(Symbols &symbols, ArrayRef<AffineExpr> exprs) {
  return AffineMap::get(0, symbols.getNames().size(), exprs,
                        symbols.getContext());
}

// The symbol that each extent is, or "".
static ArrayAttr getDimNames(ArrayRef<AffineExpr> dims, Symbols &symbols) {
  SmallVector<StringRef> names;
  for (AffineExpr dim : dims) {
    auto symbol = dyn_cast<AffineSymbolExpr>(dim);
    names.push_back(symbol ? StringRef(symbols.getNames()[symbol.getPosition()])
                           : StringRef());
  }
  return Builder(symbols.getContext()).getStrArrayAttr(names);
}

static bool isSymbolic(ArrayRef<AffineExpr> exprs) {
  return !getConstants(exprs);
}

static void annotateNode(NodeOp node, Inference &inference) {
  Builder b(node.getContext());
  SmallVector<Attribute> shapes, contents;
  bool anyShape = false, anyContents = false;
  for (Value output : node.getOutputs()) {
    shapes.push_back(b.getUnitAttr());
    contents.push_back(b.getUnitAttr());
    const ValueInfo *info = inference.lookup(output);
    if (!info)
      continue;
    shapes.back() =
        AffineMapAttr::get(getMap(inference.getSymbols(), info->dims));
    anyShape |= isSymbolic(info->dims);
    if (info->contents && isSymbolic(*info->contents)) {
      contents.back() =
          AffineMapAttr::get(getMap(inference.getSymbols(), *info->contents));
      anyContents = true;
    }
  }
  if (anyShape)
    node->setAttr("nn.shapes", b.getArrayAttr(shapes));
  if (anyContents)
    node->setAttr("nn.contents", b.getArrayAttr(contents));
}

static void annotateMain(func::FuncOp main, Inference &inference) {
  Symbols &symbols = inference.getSymbols();
  for (BlockArgument arg : main.getArguments())
    if (const ValueInfo *info = inference.lookup(arg)) {
      main.setArgAttr(arg.getArgNumber(), "nn.shape",
                      AffineMapAttr::get(getMap(symbols, info->dims)));
      // The symbols as the file names them: also those that others determine.
      main.setArgAttr(
          arg.getArgNumber(), "nn.dims",
          getDimNames(inference.getArgumentDims(arg.getArgNumber()), symbols));
    }
  for (auto [i, value] :
       llvm::enumerate(main.front().getTerminator()->getOperands()))
    if (const ValueInfo *info = inference.lookup(value)) {
      main.setResultAttr(i, "nn.shape",
                         AffineMapAttr::get(getMap(symbols, info->dims)));
      main.setResultAttr(i, "nn.dims", getDimNames(info->dims, symbols));
    }
  Operation *module = main->getParentOp();
  Builder b(main.getContext());
  SmallVector<StringRef> names(symbols.getNames().begin(),
                               symbols.getNames().end());
  module->setAttr("nn.symbols", b.getStrArrayAttr(names));
  if (IntegerSet set = symbols.getConstraints())
    module->setAttr("nn.constraints", IntegerSetAttr::get(set));
}

// Outputs whose elements are known become constants.
static void foldKnown(NodeOp node, Inference &inference) {
  OpBuilder b(node);
  for (Value output : node.getOutputs()) {
    const ValueInfo *info = inference.lookup(output);
    if (!info || !info->constant || output.use_empty())
      continue;
    bool isSplat = info->constant.isSplat();
    if (!isSplat && info->constant.getRawData().size() >
                        static_cast<size_t>(onnx::ConstantOp::kMaxBytes))
      continue;
    output.replaceAllUsesWith(
        onnx::ConstantOp::create(b, node.getLoc(), info->constant));
  }
}

// A newer opset may give an operator another meaning.
static LogicalResult checkOpset(ModuleOp module) {
  auto opsets = module->getAttrOfType<DictionaryAttr>(onnx::kOpsetAttr);
  auto version = opsets ? opsets.getAs<IntegerAttr>("ai.onnx") : IntegerAttr();
  if (!version || version.getInt() <= kLatestOpset)
    return success();
  return module.emitError("the model uses opset ")
         << version.getInt() << " of ai.onnx; the latest that is known is "
         << kLatestOpset << ": convert the model with onnx.version_converter";
}

namespace {
struct OnnxInferShapes : nibble::impl::OnnxInferShapesBase<OnnxInferShapes> {
  using Base::Base;

  void runOnOperation() override {
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    if (!main || main.isExternal()) {
      getOperation().emitError("has no function @main to infer shapes of");
      return signalPassFailure();
    }
    if (failed(checkOpset(getOperation())))
      return signalPassFailure();
    for (const std::string &binding : inputValues)
      if (failed(bindInput(main, binding)))
        return signalPassFailure();
    Inference inference(main);
    if (failed(inference.run()))
      return signalPassFailure();
    annotateMain(main, inference);
    SmallVector<NodeOp> nodes;
    main.walk<WalkOrder::PreOrder>([&](NodeOp node) { nodes.push_back(node); });
    for (NodeOp node : nodes) {
      annotateNode(node, inference);
      foldKnown(node, inference);
    }
    for (NodeOp node : llvm::reverse(nodes))
      if (node->use_empty())
        node->erase();
    main.walk([](Operation *op) {
      if (isa<onnx::ConstantOp, onnx::ParameterOp, onnx::AbsentOp>(op) &&
          op->use_empty())
        op->erase();
    });
  }
};
} // namespace
