//===- ReferencePasses.cpp - Tensors to what plain loops run on -----------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Pipeline/Passes.h"

#include "dialects/NN/NN.h"
#include "dialects/Quant/QuantTransforms.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Utils/Utils.h"
#include "mlir/IR/SymbolTable.h"

namespace nibble {
#define GEN_PASS_DEF_REFERENCEINTERFACE
#define GEN_PASS_DEF_REFERENCELOOPS
#define GEN_PASS_DEF_REFERENCEMEMORY
#define GEN_PASS_DEF_REFERENCEPARAMETERS
#include "nibble/Pipeline/Passes.h.inc"
} // namespace nibble

using namespace mlir;
using namespace nibble;

namespace {

struct ReferenceParameters final
    : nibble::impl::ReferenceParametersBase<ReferenceParameters> {
  void runOnOperation() override;
};

struct ReferenceInterface final
    : nibble::impl::ReferenceInterfaceBase<ReferenceInterface> {
  void runOnOperation() override;
};

struct ReferenceLoops final : nibble::impl::ReferenceLoopsBase<ReferenceLoops> {
  void runOnOperation() override;
};

struct ReferenceMemory final
    : nibble::impl::ReferenceMemoryBase<ReferenceMemory> {
  void runOnOperation() override;
};

} // namespace

void ReferenceParameters::runOnOperation() {
  SymbolTable symbols(getOperation());
  llvm::DenseMap<std::pair<Attribute, Type>, memref::GlobalOp> globals;
  SmallVector<nn::ParameterOp> parameters;
  getOperation().walk([&](nn::ParameterOp op) { parameters.push_back(op); });
  for (nn::ParameterOp op : parameters) {
    auto type = cast<RankedTensorType>(op.getType());
    auto memory = MemRefType::get(type.getShape(), type.getElementType());
    memref::GlobalOp &global = globals[{op.getPlace(), type}];
    if (!global) {
      // Without an initial value it is external.
      OpBuilder builder(op->getContext());
      global = memref::GlobalOp::create(
          builder, op.getLoc(), "parameter", builder.getStringAttr("private"),
          memory, /*initial_value=*/Attribute(), /*constant=*/true,
          /*alignment=*/IntegerAttr());
      global->setDiscardableAttr(kReferencePlaceAttr, op.getPlace());
      symbols.insert(global, getOperation().getBody()->begin());
    }
    OpBuilder builder(op);
    Value read = memref::GetGlobalOp::create(builder, op.getLoc(), memory,
                                             global.getSymName());
    op.replaceAllUsesWith(
        bufferization::ToTensorOp::create(builder, op.getLoc(), type, read,
                                          /*restrict=*/true, /*writable=*/false)
            .getResult());
    op.erase();
  }
}

void ReferenceInterface::runOnOperation() {
  auto isQuantized = [](Type type) { return isa<qnt::QuantTensorType>(type); };
  getOperation().walk([&](Operation *op) {
    bool holdsQuantized = llvm::any_of(op->getOperandTypes(), isQuantized) ||
                          llvm::any_of(op->getResultTypes(), isQuantized);
    if (auto function = dyn_cast<func::FuncOp>(op)) {
      holdsQuantized |= llvm::any_of(function.getArgumentTypes(), isQuantized);
      if (!function.isExternal())
        function->setAttr(LLVM::LLVMDialect::getEmitCWrapperAttrName(),
                          UnitAttr::get(op->getContext()));
    }
    if (!holdsQuantized)
      return;
    op->emitOpError("has a quantized tensor; run nn-decompose first, which "
                    "takes apart what a function itself makes of plain "
                    "tensors");
    signalPassFailure();
  });
  // Who named a basis is decomposed.
  for (auto basis : llvm::make_early_inc_range(
           getOperation().getBody()->getOps<qnt::BasisOp>()))
    basis.erase();
}

/// Whether a group of `op` has more than one dynamic extent.
static bool hasSeveralDynamicExtents(memref::ExpandShapeOp op) {
  MemRefType type = op.getResultType();
  return llvm::any_of(op.getReassociationIndices(),
                      [&](const ReassociationIndices &group) {
                        return llvm::count_if(group, [&](int64_t d) {
                                 return type.isDynamicDim(d);
                               }) > 1;
                      });
}

/// `op` as strides over the same memory: within a group, each is the next one
/// times the next extent; the last one is the source's.
static void writeStrides(memref::ExpandShapeOp op) {
  OpBuilder builder(op);
  Location loc = op.getLoc();
  MemRefType type = op.getResultType();
  auto source =
      memref::ExtractStridedMetadataOp::create(builder, loc, op.getSrc());
  SmallVector<OpFoldResult> extents = op.getMixedOutputShape();
  SmallVector<OpFoldResult> strides(type.getRank());
  for (auto [stride, group] : llvm::zip_equal(
           source.getConstifiedMixedStrides(), op.getReassociationIndices())) {
    for (int64_t d : llvm::reverse(group)) {
      strides[d] = stride;
      if (d == group.front())
        break;
      AffineExpr s0 = builder.getAffineSymbolExpr(0);
      AffineExpr s1 = builder.getAffineSymbolExpr(1);
      stride = affine::makeComposedFoldedAffineApply(builder, loc, s0 * s1,
                                                     {stride, extents[d]});
    }
  }
  // What the type states must be stated, and nothing else.
  auto [staticStrides, staticOffset] = type.getStridesAndOffset();
  auto match = [&](OpFoldResult value, int64_t known) -> OpFoldResult {
    if (!ShapedType::isDynamic(known))
      return builder.getIndexAttr(known);
    return getValueOrCreateConstantIndexOp(builder, loc, value);
  };
  for (auto [stride, known] : llvm::zip_equal(strides, staticStrides))
    stride = match(stride, known);
  for (auto [extent, known] : llvm::zip_equal(extents, type.getShape()))
    extent = match(extent, known);
  OpFoldResult offset = match(source.getOffset(), staticOffset);
  op.replaceAllUsesWith(
      memref::ReinterpretCastOp::create(
          builder, loc, type, source.getBaseBuffer(), offset, extents, strides)
          .getResult());
  op.erase();
}

void ReferenceMemory::runOnOperation() {
  SmallVector<memref::CopyOp> copies;
  SmallVector<memref::ExpandShapeOp> expands;
  getOperation().walk([&](Operation *op) {
    if (auto copy = dyn_cast<memref::CopyOp>(op))
      copies.push_back(copy);
    else if (auto expand = dyn_cast<memref::ExpandShapeOp>(op);
             expand && hasSeveralDynamicExtents(expand))
      expands.push_back(expand);
  });
  for (memref::CopyOp copy : copies) {
    OpBuilder builder(copy);
    linalg::makeMemRefCopyOp(builder, copy.getLoc(), copy.getSource(),
                             copy.getTarget());
    copy.erase();
  }
  llvm::for_each(expands, writeStrides);
}

/// Replaces `loop` by `call` of the function that has it, which is returned.
static FailureOr<func::FuncOp> outline(scf::ForOp loop, func::CallOp &call) {
  IRRewriter rewriter(loop);
  Location loc = loop.getLoc();
  auto region =
      scf::ExecuteRegionOp::create(rewriter, loc, loop.getResultTypes());
  rewriter.replaceAllUsesWith(loop->getResults(), region.getResults());
  Block *body = rewriter.createBlock(&region.getRegion());
  rewriter.moveOpBefore(loop, body, body->end());
  rewriter.setInsertionPointToEnd(body);
  scf::YieldOp::create(rewriter, loc, loop.getResults());
  return outlineSingleBlockRegion(rewriter, loc, region.getRegion(), "loops",
                                  &call);
}

void ReferenceLoops::runOnOperation() {
  SymbolTable symbols(getOperation());
  SmallVector<scf::ForOp> loops;
  for (auto function : getOperation().getOps<func::FuncOp>())
    function.walk<WalkOrder::PreOrder>([&](scf::ForOp loop) {
      loops.push_back(loop);
      return WalkResult::skip();
    });
  auto noInline = Builder(&getContext()).getStrArrayAttr({"noinline"});
  llvm::DenseMap<Type, SmallVector<func::FuncOp>> known;
  for (scf::ForOp loop : loops) {
    func::CallOp call;
    FailureOr<func::FuncOp> function = outline(loop, call);
    if (failed(function))
      return signalPassFailure();
    SmallVector<func::FuncOp> &others = known[function->getFunctionType()];
    auto *same = llvm::find_if(others, [&](func::FuncOp other) {
      return OperationEquivalence::isRegionEquivalentTo(
          &function->getBody(), &other.getBody(),
          OperationEquivalence::IgnoreLocations);
    });
    if (same != others.end()) {
      call.setCallee(same->getName());
      function->erase();
      continue;
    }
    function->setPrivate();
    (*function)->setAttr("passthrough", noInline);
    call.setCallee(symbols.insert(*function));
    others.push_back(*function);
  }
}
