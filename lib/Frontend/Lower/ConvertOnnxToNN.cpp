//===- ConvertOnnxToNN.cpp - The pass convert-onnx-to-nn --------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Lower/Lowering.h"
#include "nibble/Frontend/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace nibble {
#define GEN_PASS_DEF_CONVERTONNXTONN
#include "nibble/Frontend/Passes.h.inc"
} // namespace nibble

using namespace mlir;
using namespace nibble;
using namespace nibble::frontend;

// What inference does not find is an error before anything is changed.
static LogicalResult checkTypes(func::FuncOp main) {
  auto isTensor = [](Type type) { return isa<RankedTensorType>(type); };
  if (llvm::all_of(main.getArgumentTypes(), isTensor) &&
      llvm::all_of(main.getResultTypes(), isTensor))
    return success();
  return main.emitError("has an input or output of unknown type; run "
                        "onnx-infer-shapes first");
}

// Whether the read makes f32 of f64 where the model does not: a cast says
// itself what becomes of the number, and no f32 is above a bound that is none.
static bool isNarrowed(OpOperand &use) {
  auto node = dyn_cast<onnx::NodeOp>(use.getOwner());
  if (!node)
    return true;
  bool isCast =
      node.is("Cast") || (node.is("CastLike") && use.getOperandNumber() == 0);
  if (isCast)
    return getElementTypeOrSelf(node.getOutput(0).getType()).isF64();
  return !node.is("Clip") || use.getOperandNumber() == 0;
}

// Finite numbers that would become infinite, in silence.
static LogicalResult checkRanges(func::FuncOp main) {
  LogicalResult result = success();
  main.walk([&](Operation *op) {
    if (!isa<onnx::ConstantOp, onnx::ParameterOp>(op) ||
        llvm::none_of(op->getUses(), isNarrowed))
      return;
    if (std::optional<double> number = findBeyondF32(op))
      result = op->emitError()
               << "tensor '" << getNodeName(op) << "' holds " << *number
               << ", beyond the range of f32, in which f64 is computed; write "
                  "an infinity if that is meant";
  });
  return result;
}

// onnx.name becomes nn.name; inference has set nn.dims.
static DictionaryAttr renameAttrs(DictionaryAttr attrs, MLIRContext *context) {
  NamedAttrList list(attrs);
  if (Attribute name = list.erase(onnx::kNameAttr))
    list.set("nn.name", name);
  list.erase(onnx::kDimsAttr);
  return list.getDictionary(context);
}

static void renameBoundary(func::FuncOp main) {
  MLIRContext *context = main.getContext();
  for (unsigned i = 0; i < main.getNumArguments(); ++i)
    if (DictionaryAttr attrs = main.getArgAttrDict(i))
      main.setArgAttrs(i, renameAttrs(attrs, context));
  for (unsigned i = 0; i < main.getNumResults(); ++i)
    if (DictionaryAttr attrs = main.getResultAttrDict(i))
      main.setResultAttrs(i, renameAttrs(attrs, context));
}

// Every onnx op of @main, and what was made for one but nothing uses. Users
// first; what an erased op holds goes with it.
static void eraseDead(Block &block) {
  bool isMain = isa<func::FuncOp>(block.getParentOp());
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block))) {
    bool isOnnx = isa_and_nonnull<onnx::OnnxDialect>(op.getDialect());
    if (isOnnx && isMain) {
      op.dropAllUses();
      op.erase();
    } else if (!isOnnx && isOpTriviallyDead(&op)) {
      op.erase();
    } else {
      for (Region &region : op.getRegions())
        for (Block &inner : llvm::reverse(region))
          eraseDead(inner);
    }
  }
}

namespace {
struct ConvertOnnxToNN : nibble::impl::ConvertOnnxToNNBase<ConvertOnnxToNN> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto main = module.lookupSymbol<func::FuncOp>("main");
    if (!main || main.isExternal()) {
      module.emitError("has no function @main to convert");
      return signalPassFailure();
    }
    auto symbols = module->getAttrOfType<ArrayAttr>("nn.symbols");
    if (!symbols)
      symbols = ArrayAttr::get(&getContext(), {});
    if (failed(checkTypes(main)) || failed(checkRanges(main)))
      return signalPassFailure();
    Lowering lowering(main, symbols.size());
    if (failed(lowering.run()))
      return signalPassFailure();
    eraseDead(main.getBody().front());
    renameBoundary(main);
    for (StringRef name :
         {onnx::kOpsetAttr, onnx::kIrVersionAttr, onnx::kProducerAttr})
      module->removeAttr(name);
  }
};
} // namespace
