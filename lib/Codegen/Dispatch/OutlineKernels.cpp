//===- OutlineKernels.cpp - One function for each kind of dispatch --------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Codegen/Dispatch/Passes.h"

#include "AttentionKernel.h"
#include "ContractionKernel.h"
#include "DepthwiseKernel.h"
#include "DispatchReport.h"
#include "HadamardKernel.h"
#include "PadKernel.h"
#include "RecurrenceKernel.h"
#include "States.h"
#include "dialects/NN/NN.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/TypeSwitch.h"

namespace nibble {
#define GEN_PASS_DEF_OUTLINEKERNELS
#include "nibble/Codegen/Dispatch/Passes.h.inc"
} // namespace nibble

using namespace mlir;
using namespace nibble;

/// A kernel's argument for a dispatch's operand or result.
static Type argumentType(Value value) {
  return isa<RankedTensorType>(value.getType()) ? getMemRefType(value)
                                                : value.getType();
}

/// `tensor` with elements that say whether they are signed, or without.
static Value bitcast(OpBuilder &builder, Location loc, Value tensor,
                     Type elementType) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (type.getElementType() == elementType)
    return tensor;
  return tensor::BitcastOp::create(builder, loc, type.clone(elementType),
                                   tensor);
}

/// `contract_add_gelu`: what the kernel does, for profiles and dumps.
static std::string describe(nn::DispatchOp dispatch) {
  std::string name;
  for (Operation &op : dispatch.getBodyBlock()->without_terminator()) {
    // Those of an attention or of a filter are only addresses.
    bool isAddress = isa<nn::TransposeOp>(op) &&
                     (getFusedAttention(dispatch) || getDepthwise(dispatch));
    if (isa<arith::ConstantOp>(op) || isAddress)
      continue;
    StringRef part = op.getName().stripDialect();
    if (auto elementwise = dyn_cast<nn::ElementwiseOp>(op))
      part = nn::stringifyElementwiseKind(elementwise.getKind());
    if (!name.empty())
      name += "_";
    if (std::optional<int64_t> order = getButterflyOrder(&op))
      name += "hadamard" + std::to_string(*order);
    else
      name += part;
    if (name.size() > 48)
      break;
  }
  return name;
}

/// nn ops on tensors between the kernel's memrefs.
static void emitTensorBody(nn::DispatchOp dispatch, func::FuncOp kernel) {
  Location loc = kernel.getLoc();
  OpBuilder body = OpBuilder::atBlockBegin(kernel.addEntryBlock());
  IRMapping mapping;
  unsigned position = 0;
  for (BlockArgument input : dispatch.getBodyBlock()->getArguments()) {
    Value argument = kernel.getArgument(position++);
    if (auto type = dyn_cast<RankedTensorType>(input.getType())) {
      auto memory = cast<MemRefType>(argument.getType());
      argument = bufferization::ToTensorOp::create(
          body, loc, type.clone(memory.getElementType()), argument,
          /*restrict=*/true, /*writable=*/false);
      argument = bitcast(body, loc, argument, type.getElementType());
    }
    mapping.map(input, argument);
  }
  for (Operation &op : dispatch.getBodyBlock()->without_terminator()) {
    // Here still is a module that names the basis.
    if (std::optional<int64_t> order = getButterflyOrder(&op))
      mapping.map(op.getResult(0),
                  emitButterflies(body, op.getLoc(),
                                  mapping.lookup(op.getOperand(0)), *order));
    else
      body.clone(op, mapping);
  }
  for (Value result : dispatch.getYielded()) {
    Value memory = kernel.getArgument(position++);
    Value value = bitcast(body, loc, mapping.lookupOrDefault(result),
                          cast<MemRefType>(memory.getType()).getElementType());
    auto copy = bufferization::MaterializeInDestinationOp::create(
        body, loc, value, memory);
    copy.setRestrict(true);
    copy.setWritable(true);
  }
  func::ReturnOp::create(body, loc);
}

template <typename OpTy> static bool hasPadding(OpTy window) {
  return !llvm::all_of(window.getPadding(), [](int64_t p) { return p == 0; });
}

/// How many leading axes of `op`'s result all loops of its decomposition run
/// over first, with the same extents.
static int64_t countSharedAxes(Operation *op) {
  int64_t rank = cast<ShapedType>(op->getResult(0).getType()).getRank();
  return llvm::TypeSwitch<Operation *, int64_t>(op)
      .Case<nn::ConcatOp, nn::CacheUpdateOp, nn::SoftmaxOp, nn::LayerNormOp,
            nn::RMSNormOp, nn::ArgReduceOp, qnt::TransformOp>(
          [](auto axisOp) { return int64_t(axisOp.getAxis()); })
      .Case([&](nn::PadOp pad) {
        int64_t axis = 0;
        while (axis < rank && pad.getLow()[axis] == 0 &&
               pad.getHigh()[axis] == 0)
          ++axis;
        return axis;
      })
      // Batch, head and query; keys and values differ in the rest.
      .Case([](nn::AttentionOp) { return int64_t(3); })
      // The pairs' halves and the rest of a row are loops of their own.
      .Case([](nn::RopeOp) { return int64_t(3); })
      // The padded image is larger than the result.
      .Case([&](nn::ConvOp conv) { return hasPadding(conv) ? 1 : rank; })
      .Case([&](nn::PoolOp pool) {
        return hasPadding(pool) || pool.getCeilMode() ? 1 : rank;
      })
      // Its turned filter has no batch.
      .Case([](nn::ConvTransposeOp) { return int64_t(0); })
      .Case<nn::GroupNormOp>([](auto) { return int64_t(1); })
      .Case([](nn::SelectiveScanOp) { return int64_t(0); })
      .Default([&](Operation *) { return rank; });
}

/// The promise of nn.shared_dims for all ops of a dispatch.
static int64_t countSharedAxes(nn::DispatchOp dispatch) {
  int64_t shared = cast<ShapedType>(dispatch.getResult(0).getType()).getRank();
  for (Operation &op : dispatch.getBodyBlock()->without_terminator())
    if (isa<nn::NNDialect, qnt::QntDialect>(op.getDialect()))
      shared = std::min(shared, countSharedAxes(&op));
  return shared;
}

static FailureOr<func::FuncOp> createKernel(OpBuilder &builder,
                                            nn::DispatchOp dispatch) {
  SmallVector<Type> types;
  for (Value input : dispatch.getInputs())
    types.push_back(argumentType(input));
  for (Value result : dispatch.getResults())
    types.push_back(argumentType(result));
  Type index = builder.getIndexType();
  auto bytes = MemRefType::get({ShapedType::kDynamic}, builder.getI8Type());
  types.append({index, index, bytes});

  auto kernel = func::FuncOp::create(builder.getUnknownLoc(), "kernel",
                                     builder.getFunctionType(types, {}));
  kernel.setPrivate();
  kernel->setAttr("nn.kernel", builder.getUnitAttr());
  if (getContraction(dispatch) || getDepthwise(dispatch) ||
      getRecurrence(dispatch)) {
    if (llvm::any_of(dispatch.getInputs(),
                     [](Value input) { return getState(input).has_value(); })) {
      kernel.erase();
      return dispatch.emitError("a contraction cannot read a state, whose "
                                "entries do not lie one after the other; "
                                "compile the cache as input and output");
    }
    if (getDepthwise(dispatch)) {
      emitDepthwiseBody(dispatch, kernel);
    } else if (getRecurrence(dispatch)) {
      emitRecurrenceBody(dispatch, kernel);
    } else if (failed(emitContractionBody(dispatch, kernel))) {
      kernel.erase();
      return failure();
    }
    return kernel;
  }
  if (getRowPad(dispatch)) {
    emitPadBody(dispatch, kernel);
    return kernel;
  }
  if (getFusedAttention(dispatch)) {
    if (failed(emitAttentionBody(dispatch, kernel))) {
      kernel.erase();
      return failure();
    }
    return kernel;
  }
  kernel->setAttr("nn.shared_dims",
                  builder.getI64IntegerAttr(countSharedAxes(dispatch)));
  emitTensorBody(dispatch, kernel);
  return kernel;
}

/// The kernel's text with a fixed name and without locations: equal kernels
/// have equal text.
static std::string fingerprint(func::FuncOp kernel) {
  std::string text;
  llvm::raw_string_ostream os(text);
  kernel.print(os, OpPrintingFlags().useLocalScope().printGenericOpForm());
  return text;
}

namespace {
struct OutlineKernels final : nibble::impl::OutlineKernelsBase<OutlineKernels> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    SymbolTable symbols(module);
    llvm::StringMap<StringAttr> known;
    SmallVector<nn::DispatchOp> dispatches;
    module.walk([&](nn::DispatchOp op) { dispatches.push_back(op); });
    OpBuilder builder(module.getContext());
    for (nn::DispatchOp dispatch : dispatches) {
      FailureOr<func::FuncOp> kernel = createKernel(builder, dispatch);
      if (failed(kernel))
        return signalPassFailure();
      StringAttr &name = known[fingerprint(*kernel)];
      if (!name) {
        kernel->setName(describe(dispatch));
        name = symbols.insert(*kernel);
      } else {
        kernel->erase();
      }
      builder.setInsertionPoint(dispatch);
      auto invoke = nn::InvokeOp::create(
          builder, dispatch.getLoc(), dispatch.getResultTypes(), name,
          dispatch.getInputs(), dispatch.getResultDims());
      invoke->setAttr(kReportAttr, describeDispatch(dispatch));
      dispatch.replaceAllUsesWith(invoke.getResults());
      dispatch.erase();
    }
  }
};
} // namespace
