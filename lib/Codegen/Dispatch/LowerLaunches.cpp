//===- LowerLaunches.cpp - Launches in the code ABI -----------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Codegen/Dispatch/Passes.h"

#include "ExecField.h"
#include "dialects/NN/NN.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace nibble {
#define GEN_PASS_DEF_LOWERLAUNCHES
#include "nibble/Codegen/Dispatch/Passes.h.inc"
} // namespace nibble

using namespace mlir;
using namespace nibble;

namespace {

class Lowering {
public:
  explicit Lowering(ModuleOp module)
      : module(module), builder(module.getContext()),
        pointer(LLVM::LLVMPointerType::get(module.getContext())),
        i64(builder.getI64Type()) {}
  LogicalResult run();

private:
  LogicalResult appendMemRef(nn::LaunchOp launch, Value memref, Value exec,
                             SmallVectorImpl<Value> &slots);
  void appendView(nn::StorageOp storage, memref::SubViewOp part, Value exec,
                  SmallVectorImpl<Value> &slots);
  Value loadField(Location loc, Value exec, ExecField field);
  Value address(nn::StorageOp storage, Value exec);
  LogicalResult lower(nn::LaunchOp launch);
  LogicalResult lower(memref::LoadOp load);
  Value element(Location loc, Value base, int32_t number, Type type) {
    return LLVM::GEPOp::create(builder, loc, pointer, type, base,
                               ArrayRef<LLVM::GEPArg>{number});
  }

  ModuleOp module;
  OpBuilder builder;
  Type pointer, i64;
};

} // namespace

Value Lowering::loadField(Location loc, Value exec, ExecField field) {
  return LLVM::LoadOp::create(builder, loc, pointer,
                              element(loc, exec, int32_t(field), pointer));
}

Value Lowering::address(nn::StorageOp storage, Value exec) {
  Location loc = storage.getLoc();
  auto entry = [&](ExecField table) {
    Value base = loadField(loc, exec, table);
    return LLVM::LoadOp::create(
               builder, loc, pointer,
               element(loc, base, int32_t(storage.getIndex()), pointer))
        .getResult();
  };
  switch (storage.getKind()) {
  case nn::StorageKind::Parameter: {
    Value base = loadField(loc, exec, ExecField::Parameters);
    Value offset = LLVM::ConstantOp::create(builder, loc, i64,
                                            int64_t(storage.getOffset()));
    return LLVM::GEPOp::create(builder, loc, pointer, builder.getI8Type(), base,
                               ArrayRef<LLVM::GEPArg>{offset});
  }
  case nn::StorageKind::Input:
    return entry(ExecField::Inputs);
  case nn::StorageKind::Output:
    return entry(ExecField::Outputs);
  case nn::StorageKind::State:
    return entry(ExecField::States);
  case nn::StorageKind::Planned:
    return entry(ExecField::Buffers);
  }
  llvm_unreachable("all kinds are listed");
}

/// A memref as the kernel ABI wants it: allocated and aligned pointer, offset,
/// sizes, strides. `part`, if it is not null, is the part of the storage.
void Lowering::appendView(nn::StorageOp storage, memref::SubViewOp part,
                          Value exec, SmallVectorImpl<Value> &slots) {
  Location loc = storage.getLoc();
  auto type = cast<MemRefType>(storage.getType());
  auto integer = [&](OpFoldResult value) -> Value {
    if (std::optional<int64_t> constant = getConstantIntValue(value))
      return LLVM::ConstantOp::create(builder, loc, i64, *constant);
    return arith::IndexCastOp::create(builder, loc, i64, cast<Value>(value));
  };
  SmallVector<OpFoldResult> extents =
      getMixedValues(type.getShape(), storage.getDims(), builder);
  SmallVector<Value> strides(type.getRank());
  Value offset = integer(builder.getIndexAttr(0));
  Value stride = integer(builder.getIndexAttr(1));
  for (int64_t axis = type.getRank() - 1; axis >= 0; --axis) {
    strides[axis] = stride;
    if (part && !isZeroInteger(part.getMixedOffsets()[axis]))
      offset = LLVM::AddOp::create(
          builder, loc, offset,
          LLVM::MulOp::create(builder, loc, stride,
                              integer(part.getMixedOffsets()[axis])));
    stride = LLVM::MulOp::create(builder, loc, stride, integer(extents[axis]));
  }
  if (part)
    extents = part.getMixedSizes();
  Value base = address(storage, exec);
  slots.append({base, base, offset});
  for (OpFoldResult extent : extents)
    slots.push_back(integer(extent));
  slots.append(strides);
}

LogicalResult Lowering::appendMemRef(nn::LaunchOp launch, Value memref,
                                     Value exec,
                                     SmallVectorImpl<Value> &slots) {
  // Constants that became known have made the type more static.
  while (auto cast = memref.getDefiningOp<memref::CastOp>())
    memref = cast.getSource();
  auto part = memref.getDefiningOp<memref::SubViewOp>();
  auto storage =
      (part ? part.getSource() : memref).getDefiningOp<nn::StorageOp>();
  if (!storage ||
      (part && !(part.hasUnitStride() && part.getDroppedDims().none())))
    return launch.emitOpError("passes a memref that is neither a storage nor "
                              "a part of one");
  appendView(storage, part, exec, slots);
  return success();
}

LogicalResult Lowering::lower(nn::LaunchOp launch) {
  Location loc = launch.getLoc();
  auto function = launch->getParentOfType<func::FuncOp>();
  Value exec = function.getArgument(0);
  builder.setInsertionPoint(launch);
  SmallVector<Value> slots;
  auto integer = [&](Value index) {
    return arith::IndexCastOp::create(builder, loc, i64, index).getResult();
  };
  for (Value argument : launch.getArguments()) {
    if (!isa<MemRefType>(argument.getType())) {
      slots.push_back(integer(argument));
      continue;
    }
    if (failed(appendMemRef(launch, argument, exec, slots)))
      return failure();
  }
  // One frame for all launches of the function: they do not overlap.
  Value count, frame;
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(&function.getBody().front());
    count = LLVM::ConstantOp::create(
        builder, loc, i64, int64_t(std::max<size_t>(slots.size(), 1)));
    frame = LLVM::AllocaOp::create(builder, loc, pointer, i64, count, 8);
  }
  for (auto [number, slot] : llvm::enumerate(slots))
    LLVM::StoreOp::create(builder, loc, slot,
                          element(loc, frame, int32_t(number), i64));

  auto kernel = module.lookupSymbol<func::FuncOp>(launch.getKernel());
  auto type = LLVM::LLVMFunctionType::get(
      LLVM::LLVMVoidType::get(module.getContext()),
      {pointer, builder.getI32Type(), pointer, pointer, i64, i64});
  Value number = LLVM::ConstantOp::create(builder, loc, builder.getI32Type(),
                                          int64_t(launch.getDispatch()));
  Value callee = func::ConstantOp::create(
      builder, loc, kernel.getFunctionType(), kernel.getSymName());
  Value target =
      UnrealizedConversionCastOp::create(builder, loc, pointer, callee)
          .getResult(0);
  LLVM::CallOp::create(builder, loc, type,
                       ValueRange{loadField(loc, exec, ExecField::Launch), exec,
                                  number, target, frame,
                                  integer(launch.getGrid()),
                                  integer(launch.getTraffic())});
  launch.erase();
  return success();
}

/// A flag that @nib_run itself reads: any byte but 0 is true.
LogicalResult Lowering::lower(memref::LoadOp load) {
  auto storage = load.getMemRef().getDefiningOp<nn::StorageOp>();
  auto type = cast<MemRefType>(load.getMemRefType());
  if (!storage || !load.getType().isInteger(1) || !type.hasStaticShape() ||
      type.getNumElements() != 1)
    return load.emitOpError("must read the one flag of a storage");
  Location loc = load.getLoc();
  builder.setInsertionPoint(load);
  Value exec = load->getParentOfType<func::FuncOp>().getArgument(0);
  Type byte = builder.getI8Type();
  Value value =
      LLVM::LoadOp::create(builder, loc, byte, address(storage, exec));
  Value zero = LLVM::ConstantOp::create(builder, loc, byte, 0);
  Value flag =
      LLVM::ICmpOp::create(builder, loc, LLVM::ICmpPredicate::ne, value, zero);
  load.replaceAllUsesWith(flag);
  load.erase();
  return success();
}

/// Extents of storages are known where grids and sizes ask for them.
static void foldStorageDims(ModuleOp module) {
  SmallVector<memref::DimOp> dims;
  module.walk([&](memref::DimOp op) { dims.push_back(op); });
  for (memref::DimOp dim : dims) {
    Value source = dim.getSource();
    // The same memory as integers of another sign.
    while (auto castOp = source.getDefiningOp<UnrealizedConversionCastOp>())
      source = castOp.getOperand(0);
    auto storage = source.getDefiningOp<nn::StorageOp>();
    std::optional<int64_t> axis = dim.getConstantIndex();
    if (!storage || !axis)
      continue;
    auto type = cast<MemRefType>(storage.getType());
    OpBuilder builder(dim);
    Value extent = type.isDynamicDim(*axis)
                       ? storage.getDims()[type.getDynamicDimIndex(*axis)]
                       : arith::ConstantIndexOp::create(builder, dim.getLoc(),
                                                        type.getDimSize(*axis))
                             .getResult();
    dim.replaceAllUsesWith(extent);
    dim.erase();
  }
}

LogicalResult Lowering::run() {
  foldStorageDims(module);
  SmallVector<nn::LaunchOp> launches;
  module.walk([&](nn::LaunchOp op) { launches.push_back(op); });
  for (nn::LaunchOp launch : launches)
    if (failed(lower(launch)))
      return failure();
  SmallVector<memref::LoadOp> loads;
  module.walk([&](memref::LoadOp op) {
    if (op.getMemRef().getDefiningOp<nn::StorageOp>())
      loads.push_back(op);
  });
  for (memref::LoadOp load : loads)
    if (failed(lower(load)))
      return failure();
  SmallVector<Operation *> memories;
  module.walk([&](Operation *op) {
    if (isa<nn::StorageOp, memref::SubViewOp, memref::CastOp>(op))
      memories.push_back(op);
  });
  for (Operation *op : llvm::reverse(memories))
    if (op->use_empty() &&
        !op->getParentOfType<func::FuncOp>()->hasAttr("nn.kernel"))
      op->erase();
  return success();
}

namespace {
struct LowerLaunches final : nibble::impl::LowerLaunchesBase<LowerLaunches> {
  void runOnOperation() override {
    if (failed(Lowering(getOperation()).run()))
      signalPassFailure();
  }
};
} // namespace
