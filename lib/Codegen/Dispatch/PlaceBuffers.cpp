//===- PlaceBuffers.cpp - The graph over storages and launches ------------===//
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
#include "ExecField.h"
#include "PadKernel.h"
#include "Placer.h"
#include "RecurrenceKernel.h"
#include "StorageType.h"
#include "dialects/NN/NN.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "nibble/Codegen/Kernels/LoopNest.h"
#include "nibble/Support/NodeNames.h"
#include "llvm/ADT/StringMap.h"

namespace nibble {
#define GEN_PASS_DEF_PLACEBUFFERS
#include "nibble/Codegen/Dispatch/Passes.h.inc"
} // namespace nibble

using namespace mlir;
using namespace nibble;

constexpr int64_t kParameterAlignment = 64;

static int64_t bytesPerElement(Type type) {
  return llvm::divideCeil(type.getIntOrFloatBitWidth(), 8);
}

void Placer::collectSymbols() {
  if (auto names = module->getAttrOfType<ArrayAttr>("nn.symbols"))
    for (Attribute name : names)
      symbolNames.push_back(cast<StringAttr>(name));
  auto pointer = LLVM::LLVMPointerType::get(module.getContext());
  Location loc = nibRun.getLoc();
  Value field =
      LLVM::GEPOp::create(builder, loc, pointer, pointer, nibRun.getArgument(0),
                          ArrayRef<LLVM::GEPArg>{int32_t(ExecField::Symbols)});
  symbolBase = LLVM::LoadOp::create(builder, loc, pointer, field);
  for (auto [number, name] : llvm::enumerate(symbolNames)) {
    Value address = LLVM::GEPOp::create(
        builder, loc, pointer, builder.getI64Type(), symbolBase,
        ArrayRef<LLVM::GEPArg>{int32_t(number)});
    Value value =
        LLVM::LoadOp::create(builder, loc, builder.getI64Type(), address);
    symbolValues[name.getValue()] =
        arith::IndexCastOp::create(builder, loc, builder.getIndexType(), value);
  }
}

/// `{name, type, dims}` for the manifest; a dynamic extent is its symbol's
/// name.
DictionaryAttr Placer::describeTensor(StringRef name, RankedTensorType type,
                                      ArrayAttr dimNames) {
  SmallVector<Attribute> dims;
  for (auto [axis, extent] : llvm::enumerate(type.getShape())) {
    if (!ShapedType::isDynamic(extent))
      dims.push_back(builder.getI64IntegerAttr(extent));
    else if (dimNames && axis < dimNames.size())
      dims.push_back(dimNames[axis]);
    else
      dims.push_back(builder.getStringAttr(""));
  }
  return builder.getDictionaryAttr(
      {builder.getNamedAttr("name", builder.getStringAttr(name)),
       builder.getNamedAttr("type", TypeAttr::get(type.getElementType())),
       builder.getNamedAttr("dims", builder.getArrayAttr(dims))});
}

LogicalResult Placer::placeInputs() {
  for (BlockArgument argument : main.getArguments()) {
    unsigned number = argument.getArgNumber();
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type)
      return main.emitError()
             << "input " << number << " is not a ranked tensor";
    auto name = main.getArgAttrOfType<StringAttr>(number, "nn.name");
    auto dims = main.getArgAttrOfType<ArrayAttr>(number, "nn.dims");
    for (int64_t axis = 0; axis < type.getRank(); ++axis) {
      if (!type.isDynamicDim(axis))
        continue;
      StringRef symbol =
          dims ? cast<StringAttr>(dims[axis]).getValue() : StringRef();
      auto value = symbolValues.find(symbol);
      if (value == symbolValues.end())
        return main.emitError() << "axis " << axis << " of input " << number
                                << " is dynamic, but nn.dims names no symbol "
                                   "of nn.symbols for it";
      dynamicDims[argument].push_back(value->second);
    }
    if (main.getArgAttr(number, nn::kStateAttr)) {
      if (failed(placeState(argument, name, dims)))
        return failure();
      continue;
    }
    storages[argument] = {nn::StorageKind::Input, int64_t(inputEntries.size())};
    inputEntries.push_back(
        describeTensor(name ? name.getValue() : "", type, dims));
  }
  return success();
}

LogicalResult Placer::placeState(BlockArgument argument, StringAttr name,
                                 ArrayAttr dims) {
  std::optional<GrowingState> state = getState(argument);
  if (!state)
    return main.emitError() << "input " << argument.getArgNumber()
                            << " is a state, but nn.cache_update does not "
                               "extend it";
  int32_t number = states.size();
  Location loc = nibRun.getLoc();
  auto pointer = LLVM::LLVMPointerType::get(module.getContext());
  Value field = LLVM::GEPOp::create(
      builder, loc, pointer, pointer, nibRun.getArgument(0),
      ArrayRef<LLVM::GEPArg>{int32_t(ExecField::Capacities)});
  Value table = LLVM::LoadOp::create(builder, loc, pointer, field);
  Value address =
      LLVM::GEPOp::create(builder, loc, pointer, builder.getI64Type(), table,
                          ArrayRef<LLVM::GEPArg>{number});
  Value capacity =
      LLVM::LoadOp::create(builder, loc, builder.getI64Type(), address);
  capacity = arith::IndexCastOp::create(builder, loc, builder.getIndexType(),
                                        capacity);
  states.push_back({*state, capacity});
  storages[argument] = {nn::StorageKind::State, number};
  auto output = main.getResultAttrOfType<StringAttr>(state->result, "nn.name");
  NamedAttrList entry(describeTensor(name ? name.getValue() : "",
                                     cast<RankedTensorType>(argument.getType()),
                                     dims));
  entry.append("output", output ? output : builder.getStringAttr(""));
  entry.append("axis", builder.getI64IntegerAttr(state->axis));
  if (main.getArgAttr(argument.getArgNumber(), nn::kPrivateAttr))
    entry.append("private", builder.getUnitAttr());
  stateEntries.push_back(entry.getDictionary(module.getContext()));
  return success();
}

Storage Placer::weight(func::CallOp call) {
  auto [it, isNew] =
      weightOffsets.try_emplace(call.getCalleeAttr().getAttr(), 0);
  if (isNew) {
    auto type = cast<RankedTensorType>(call.getResult(0).getType());
    it->second = llvm::alignTo(parameterBytes, kParameterAlignment);
    parameterBytes = it->second + type.getNumElements() *
                                      bytesPerElement(type.getElementType());
    auto program = symbols.lookup<func::FuncOp>(call.getCallee());
    program->setAttr("nn.offset", builder.getI64IntegerAttr(it->second));
  }
  return {nn::StorageKind::Parameter, 0, it->second};
}

Value Placer::view(const Storage &storage, MemRefType type, ValueRange dims) {
  // Lifetimes grow with every launch that takes the buffer; the launch that
  // follows this view is the next one.
  int64_t next = dispatches.size();
  if (storage.kind == nn::StorageKind::Planned)
    lifetimes[storage.index].last = next;
  if (storage.kind == nn::StorageKind::Output) {
    std::optional<Lifetime> &lifetime = outputLifetimes[storage.index];
    lifetime = Lifetime{lifetime ? lifetime->first : next, next};
  }
  return nn::StorageOp::create(builder, nibRun.getLoc(), type, storage.kind,
                               storage.index, dims, storage.offset);
}

/// Entries from `first` on (from the start if it is null) of a state's memory.
Value Placer::stateView(const Storage &storage, RankedTensorType type,
                        ValueRange dims, Value first) {
  const PlacedState &placed = states[storage.index];
  int64_t axis = placed.state.axis;
  MemRefType whole = getCapacityType(type, axis);
  Location loc = nibRun.getLoc();
  SmallVector<OpFoldResult> offsets(type.getRank(), builder.getIndexAttr(0));
  SmallVector<OpFoldResult> sizes,
      ones(type.getRank(), builder.getIndexAttr(1));
  SmallVector<Value> wholeDims;
  for (int64_t i = 0; i < type.getRank(); ++i) {
    bool isDynamic = type.isDynamicDim(i);
    if (isDynamic)
      sizes.push_back(dims.front());
    else
      sizes.push_back(builder.getIndexAttr(type.getDimSize(i)));
    if (i == axis)
      wholeDims.push_back(placed.capacity);
    else if (isDynamic)
      wholeDims.push_back(dims.front());
    if (isDynamic)
      dims = dims.drop_front();
  }
  if (first)
    offsets[axis] = first;
  Value memory =
      nn::StorageOp::create(builder, loc, whole, storage.kind, storage.index,
                            wholeDims, storage.offset);
  return memref::SubViewOp::create(builder, loc, memory, offsets, sizes, ones);
}

Value Placer::view(Value tensor) {
  const Storage &storage = storages.lookup(tensor);
  if (storage.kind == nn::StorageKind::State)
    return stateView(storage, cast<RankedTensorType>(tensor.getType()),
                     dynamicDims[tensor], Value());
  return view(storage, getStorageType(tensor.getType()), dynamicDims[tensor]);
}

Value Placer::byteSize(Value memref) {
  auto storage = memref.getDefiningOp<nn::StorageOp>();
  auto part = memref.getDefiningOp<memref::SubViewOp>();
  auto type = cast<MemRefType>(memref.getType());
  int64_t bytes = bytesPerElement(type.getElementType());
  for (int64_t extent : type.getShape())
    if (!ShapedType::isDynamic(extent))
      bytes *= extent;
  Location loc = memref.getLoc();
  Value size = arith::ConstantIndexOp::create(builder, loc, bytes);
  for (Value dim : part ? ValueRange(part.getSizes()) : storage.getDims())
    size = arith::MulIOp::create(builder, loc, size, dim);
  return size;
}

/// A new planned buffer for a tensor whose dynamic extents are known.
Storage Placer::placePlanned(Value tensor) {
  Storage storage = {nn::StorageKind::Planned, int64_t(lifetimes.size())};
  int64_t next = dispatches.size();
  lifetimes.push_back({next, next});
  Value probe = nn::StorageOp::create(
      builder, nibRun.getLoc(), getStorageType(tensor.getType()), storage.kind,
      storage.index, dynamicDims[tensor], 0);
  bufferBytes.push_back(byteSize(probe));
  return storage;
}

/// The buffer or output for a result of the op at hand, whose dynamic extents
/// are known.
Storage Placer::place(Value tensor) {
  Storage storage;
  if (auto output = outputOf.find(tensor); output != outputOf.end())
    storage = {nn::StorageKind::Output, output->second};
  else if (auto target = targetOf.find(tensor); target != targetOf.end())
    storage = target->second;
  else
    storage = placePlanned(tensor);
  return storages[tensor] = storage;
}

/// Bytes of the parameters among a launch's operands.
static int64_t countParameterBytes(ArrayRef<Value> operands) {
  int64_t bytes = 0;
  for (Value operand : operands)
    if (auto storage = operand.getDefiningOp<nn::StorageOp>())
      if (storage.getKind() == nn::StorageKind::Parameter) {
        auto type = cast<MemRefType>(storage.getType());
        bytes += type.getNumElements() * bytesPerElement(type.getElementType());
      }
  return bytes;
}

/// Whether the kernel only looks elements up in the argument, as a gather does
/// in its table.
static bool isLookedUp(BlockArgument argument) {
  return !argument.use_empty() &&
         llvm::all_of(argument.getUsers(), llvm::IsaPred<memref::LoadOp>);
}

/// Bytes that a launch moves: of its operands, and of a table that it looks
/// elements up in, as many elements as the result, the last operand, has.
Value Placer::buildTraffic(Location loc, func::FuncOp kernel,
                           ArrayRef<Value> operands) {
  auto bytesOf = [](Value tensor) {
    return bytesPerElement(cast<MemRefType>(tensor.getType()).getElementType());
  };
  Value result = operands.back();
  Value traffic = arith::ConstantIndexOp::create(builder, loc, 0);
  for (auto [operand, argument] : llvm::zip(operands, kernel.getArguments())) {
    if (!isa<MemRefType>(operand.getType()))
      continue;
    Value bytes = byteSize(operand);
    if (isLookedUp(argument)) {
      Value elements = arith::DivUIOp::create(
          builder, loc, byteSize(result),
          arith::ConstantIndexOp::create(builder, loc, bytesOf(result)));
      Value found = arith::MulIOp::create(
          builder, loc, elements,
          arith::ConstantIndexOp::create(builder, loc, bytesOf(operand)));
      bytes = arith::MinUIOp::create(builder, loc, bytes, found);
    }
    traffic = arith::AddIOp::create(builder, loc, traffic, bytes);
  }
  return traffic;
}

/// The grid, or 0 where no result has an element: it counts rows, say, and no
/// memory bounds the number of those that hold nothing.
Value Placer::skipEmpty(Location loc, Value grid, ArrayRef<Value> results) {
  auto hasElements = [](Value result) {
    auto type = cast<MemRefType>(result.getType());
    return type.hasStaticShape() && type.getNumElements() > 0;
  };
  if (results.empty() || llvm::any_of(results, hasElements))
    return grid;
  Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
  Value isEmpty;
  for (Value result : results) {
    Value none = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                                       byteSize(result), zero);
    isEmpty =
        isEmpty ? arith::AndIOp::create(builder, loc, isEmpty, none) : none;
  }
  return arith::SelectOp::create(builder, loc, isEmpty, zero, grid);
}

LogicalResult Placer::launch(Location loc, func::FuncOp kernel,
                             ArrayRef<Value> operands, unsigned numResults,
                             DictionaryAttr report) {
  FailureOr<Value> grid, scratch;
  if (isAttentionKernel(kernel)) {
    grid = buildAttentionGrid(builder, loc, kernel, operands);
    scratch = buildAttentionScratch(builder, loc, kernel);
  } else if (isPadKernel(kernel)) {
    grid = buildPadGrid(builder, loc, kernel, operands);
    scratch = arith::ConstantIndexOp::create(builder, loc, 0).getResult();
  } else if (isDepthwiseKernel(kernel)) {
    grid = buildDepthwiseGrid(builder, loc, kernel, operands);
    scratch = arith::ConstantIndexOp::create(builder, loc, 0).getResult();
  } else if (isRecurrenceKernel(kernel)) {
    grid = buildRecurrenceGrid(builder, loc, kernel, operands);
    scratch = buildRecurrenceScratch(builder, loc, kernel);
  } else if (isContractionKernel(kernel)) {
    grid = buildContractionGrid(builder, loc, kernel, operands);
    scratch = buildContractionScratch(builder, loc, kernel, operands);
  } else {
    grid = codegen::buildLoopNestGrid(builder, loc, kernel, operands);
    scratch = codegen::buildLoopNestScratch(builder, loc, kernel, operands);
  }
  if (failed(grid) || failed(scratch))
    return failure();
  scratchBytes.push_back(*scratch);
  Value traffic = buildTraffic(loc, kernel, operands);
  grid = skipEmpty(loc, *grid, operands.take_back(numResults));
  nn::LaunchOp::create(builder, loc, kernel.getSymName(), dispatches.size(),
                       *grid, traffic, operands);
  SetVector<StringAttr> names(llvm::from_range, findNodes(loc));
  SmallVector<Attribute> nodes(names.begin(), names.end());
  NamedAttrList entry(report);
  entry.set("kernel", kernel.getSymNameAttr());
  entry.set("nodes", builder.getArrayAttr(nodes));
  entry.set("bytes", builder.getI64IntegerAttr(countParameterBytes(operands)));
  dispatches.push_back(entry.getDictionary(module.getContext()));
  return success();
}

LogicalResult Placer::placeInvoke(nn::InvokeOp invoke) {
  ValueRange dims = invoke.getResultDims();
  for (Value result : invoke.getResults()) {
    auto type = cast<RankedTensorType>(result.getType());
    for (size_t i = 0; i < type.getNumDynamicDims(); ++i) {
      dynamicDims[result].push_back(mapping.lookup(dims.front()));
      dims = dims.drop_front();
    }
    place(result);
  }
  SmallVector<Value> operands;
  for (Value input : invoke.getInputs())
    operands.push_back(isa<RankedTensorType>(input.getType())
                           ? view(input)
                           : mapping.lookup(input));
  for (Value result : invoke.getResults())
    operands.push_back(view(result));
  auto kernel = symbols.lookup<func::FuncOp>(invoke.getKernel());
  return launch(invoke.getLoc(), kernel, operands, invoke.getNumResults(),
                invoke->getAttrOfType<DictionaryAttr>(kReportAttr));
}

/// A launch that copies one storage to another of the same shape.
LogicalResult Placer::copy(Location loc, Value from, Value to, StringRef what) {
  auto type = cast<MemRefType>(from.getType());
  std::string name;
  llvm::raw_string_ostream os(name);
  os << "copy";
  for (int64_t extent : type.getShape())
    ShapedType::isDynamic(extent) ? os << "_d" : os << "_" << extent;
  os << "_" << type.getElementType();
  if (!type.getLayout().isIdentity())
    os << "_from_state";
  if (!cast<MemRefType>(to.getType()).getLayout().isIdentity())
    os << "_to_state";
  auto kernel = symbols.lookup<func::FuncOp>(name);
  if (!kernel) {
    Type index = builder.getIndexType();
    auto bytes = MemRefType::get({ShapedType::kDynamic}, builder.getI8Type());
    kernel = func::FuncOp::create(
        builder.getUnknownLoc(), name,
        builder.getFunctionType({type, to.getType(), index, index, bytes}, {}));
    kernel.setPrivate();
    kernel->setAttr(codegen::kKernelAttr, builder.getUnitAttr());
    kernel->setAttr(codegen::kSharedDimsAttr,
                    builder.getI64IntegerAttr(type.getRank()));
    OpBuilder body = OpBuilder::atBlockBegin(kernel.addEntryBlock());
    memref::CopyOp::create(body, loc, kernel.getArgument(0),
                           kernel.getArgument(1));
    func::ReturnOp::create(body, loc);
    symbols.insert(kernel);
  }
  return launch(loc, kernel, {from, to}, /*numResults=*/1,
                describeMove(what, type));
}

/// New entries go behind the old ones.
LogicalResult Placer::placeUpdate(nn::CacheUpdateOp update) {
  Value cache = update.getCache(), entries = update.getUpdate();
  auto type = cast<RankedTensorType>(update.getType());
  auto entriesType = cast<RankedTensorType>(entries.getType());
  int64_t axis = update.getAxis();
  Value length = dynamicDims[cache][cast<RankedTensorType>(cache.getType())
                                        .getDynamicDimIndex(axis)];
  const Storage storage = storages.lookup(cache);
  Value to =
      stateView(storage, entriesType, dynamicDims[entries], /*first=*/length);
  if (failed(copy(update.getLoc(), view(entries), to, "cache_update")))
    return failure();
  storages[update.getResult()] = storage;
  for (int64_t i = 0; i < type.getRank(); ++i) {
    if (!type.isDynamicDim(i))
      continue;
    // Extents other than the growing one are the same in all three.
    Value extent =
        entriesType.isDynamicDim(i)
            ? dynamicDims[entries][entriesType.getDynamicDimIndex(i)]
            : arith::ConstantIndexOp::create(builder, update.getLoc(),
                                             entriesType.getDimSize(i))
                  .getResult();
    if (i == axis)
      extent = arith::AddIOp::create(builder, update.getLoc(), length, extent);
    dynamicDims[update.getResult()].push_back(extent);
  }
  return success();
}

/// `result` is `source` in another shape; the dynamic extents that `source`
/// does not have are numbers there.
void Placer::placeView(Value result, Value source) {
  storages[result] = storages.lookup(source);
  auto type = cast<RankedTensorType>(result.getType());
  auto from = cast<RankedTensorType>(source.getType());
  for (int64_t axis = 0; axis < type.getRank(); ++axis) {
    if (!type.isDynamicDim(axis))
      continue;
    dynamicDims[result].push_back(
        from.isDynamicDim(axis)
            ? dynamicDims[source][from.getDynamicDimIndex(axis)]
            : arith::ConstantIndexOp::create(builder, result.getLoc(),
                                             from.getDimSize(axis)));
  }
}

LogicalResult Placer::placeOp(Operation &op) {
  if (auto invoke = dyn_cast<nn::InvokeOp>(op))
    return placeInvoke(invoke);
  if (auto branch = dyn_cast<scf::IfOp>(op))
    return placeBranch(branch);
  if (auto ret = dyn_cast<func::ReturnOp>(op))
    return placeOutputs(ret);
  if (isa<scf::YieldOp>(op))
    return success();
  if (auto require = dyn_cast<nn::RequireOp>(op)) {
    placeRequire(require);
    return success();
  }
  if (auto cast = dyn_cast<tensor::CastOp>(op)) {
    placeView(cast.getResult(), cast.getSource());
    return success();
  }
  if (auto call = dyn_cast<func::CallOp>(op)) {
    storages[call.getResult(0)] = weight(call);
    return success();
  }
  if (auto update = dyn_cast<nn::CacheUpdateOp>(op); update && getState(update))
    return placeUpdate(update);
  if (auto reshape = dyn_cast<nn::ReshapeOp>(op)) {
    if (storages.lookup(reshape.getInput()).kind == nn::StorageKind::State)
      return op.emitError("cannot read a state under another shape; compile "
                          "the cache as input and output");
    storages[reshape.getResult()] = storages.lookup(reshape.getInput());
    auto type = cast<RankedTensorType>(reshape.getType());
    unsigned next = 0;
    for (auto [axis, extent] : llvm::enumerate(reshape.getStaticShape())) {
      Value dim;
      if (ShapedType::isDynamic(extent))
        dim = mapping.lookup(reshape.getShape()[next++]);
      else if (type.isDynamicDim(axis))
        dim = arith::ConstantIndexOp::create(builder, op.getLoc(), extent);
      if (type.isDynamicDim(axis))
        dynamicDims[reshape.getResult()].push_back(dim);
    }
    return success();
  }
  if (auto dim = dyn_cast<tensor::DimOp>(op)) {
    auto type = cast<RankedTensorType>(dim.getSource().getType());
    std::optional<int64_t> axis = dim.getConstantIndex();
    if (!axis || !dynamicDims.count(dim.getSource()) ||
        !type.isDynamicDim(*axis))
      return op.emitError("the extent is not known here: only those along a "
                          "constant axis of an input or of a kernel's result "
                          "are");
    mapping.map(dim.getResult(),
                dynamicDims[dim.getSource()][type.getDynamicDimIndex(*axis)]);
    return success();
  }
  if (isa<arith::ArithDialect, affine::AffineDialect>(op.getDialect()) &&
      llvm::all_of(op.getResultTypes(),
                   [](Type type) { return type.isIntOrIndexOrFloat(); })) {
    builder.clone(op, mapping);
    return success();
  }
  if (isa<tensor::ExtractOp>(op))
    return success();
  return op.emitError("cannot stand in the graph: no kernel was made for it");
}

LogicalResult Placer::placeBlock(Block &block) {
  for (Operation &op : block)
    if (failed(placeOp(op)))
      return failure();
  return success();
}

void Placer::assignOutputs(func::ReturnOp ret) {
  int64_t number = 0;
  for (auto [result, value] : llvm::enumerate(ret.getOperands()))
    if (!isStateResult(result))
      assignOutput(value, number++);
  outputLifetimes.resize(number);
}

bool Placer::isStateResult(unsigned number) const {
  return llvm::any_of(states, [&](const PlacedState &placed) {
    return placed.state.result == number;
  });
}

/// Appends all extents of `tensor`.
void Placer::appendDims(Value tensor, SmallVectorImpl<Value> &list) {
  unsigned dynamic = 0;
  for (int64_t extent : cast<RankedTensorType>(tensor.getType()).getShape())
    list.push_back(
        ShapedType::isDynamic(extent)
            ? dynamicDims[tensor][dynamic++]
            : arith::ConstantIndexOp::create(builder, tensor.getLoc(), extent)
                  .getResult());
}

LogicalResult Placer::placeOutputs(func::ReturnOp ret) {
  for (auto [result, value] : llvm::enumerate(ret.getOperands())) {
    if (isStateResult(result))
      continue;
    int64_t number = outputEntries.size();
    auto type = cast<RankedTensorType>(value.getType());
    const Storage &storage = storages.lookup(value);
    if (storage.kind != nn::StorageKind::Output || storage.index != number) {
      Value from = view(value);
      Value to = view(Storage{nn::StorageKind::Output, number},
                      getStorageType(type), dynamicDims[value]);
      if (failed(copy(ret.getLoc(), from, to)))
        return failure();
    }
    appendDims(value, outputDims);
    auto name = main.getResultAttrOfType<StringAttr>(result, "nn.name");
    outputEntries.push_back(
        describeTensor(name ? name.getValue() : "", type,
                       main.getResultAttrOfType<ArrayAttr>(result, "nn.dims")));
  }
  for (const PlacedState &placed : states)
    appendDims(ret.getOperand(placed.state.result), outputDims);
  Type i32 = builder.getI32Type();
  Value status =
      statusSlot ? LLVM::LoadOp::create(builder, ret.getLoc(), i32, statusSlot)
                       .getResult()
                 : arith::ConstantIntOp::create(builder, ret.getLoc(), i32, 0)
                       .getResult();
  func::ReturnOp::create(builder, ret.getLoc(), status);
  return success();
}

/// Clones the index arithmetic that `value` derives from.
Value Placer::cloneSlice(OpBuilder &builder, Value value, IRMapping &mapping) {
  if (Value known = mapping.lookupOrNull(value))
    return known;
  Operation *op = value.getDefiningOp();
  // The extent of a part of a state is known without its memory.
  if (auto dim = dyn_cast<memref::DimOp>(op))
    if (auto part = dim.getSource().getDefiningOp<memref::SubViewOp>())
      if (auto size =
              dyn_cast<Value>(part.getMixedSizes()[*dim.getConstantIndex()])) {
        Value extent = cloneSlice(builder, size, mapping);
        mapping.map(value, extent);
        return extent;
      }
  for (Value operand : op->getOperands())
    cloneSlice(builder, operand, mapping);
  builder.clone(*op, mapping);
  return mapping.lookup(value);
}

LogicalResult Placer::emitShapes() {
  Location loc = nibRun.getLoc();
  auto pointer = LLVM::LLVMPointerType::get(module.getContext());
  auto shapes =
      func::FuncOp::create(loc, "nib_shapes",
                           builder.getFunctionType({pointer, pointer, pointer},
                                                   builder.getI32Type()));
  shapes->setAttr("nn.overflow", builder.getI32IntegerAttr(NIB_SIZES_OVERFLOW));
  symbols.insert(shapes);
  OpBuilder body = OpBuilder::atBlockBegin(shapes.addEntryBlock());
  IRMapping slice;
  slice.map(symbolBase, shapes.getArgument(0));
  auto store = [&](Value value, Value base, int64_t position) {
    Value integer =
        arith::IndexCastOp::create(body, loc, body.getI64Type(), value);
    Value address =
        LLVM::GEPOp::create(body, loc, pointer, body.getI64Type(), base,
                            ArrayRef<LLVM::GEPArg>{int32_t(position)});
    LLVM::StoreOp::create(body, loc, integer, address);
  };
  for (auto [position, dim] : llvm::enumerate(outputDims))
    store(cloneSlice(body, dim, slice), shapes.getArgument(1), position);
  for (auto [position, bytes] : llvm::enumerate(bufferBytes)) {
    Value size = cloneSlice(body, bytes, slice);
    // Where a branch's constraints do not hold, its extents may be negative.
    if (statusSlot)
      size = arith::MaxSIOp::create(
          body, loc, size, arith::ConstantIndexOp::create(body, loc, 0));
    store(size, shapes.getArgument(2), position);
  }
  Value most = arith::ConstantIndexOp::create(body, loc, 0);
  for (Value bytes : scratchBytes)
    most =
        arith::MaxSIOp::create(body, loc, most, cloneSlice(body, bytes, slice));
  store(most, shapes.getArgument(2), bufferBytes.size());
  func::ReturnOp::create(body, loc, emitChecks(body, slice));
  return success();
}

void Placer::writeManifest() {
  SmallVector<Attribute> buffers, outputBuffers, names;
  for (const Lifetime &lifetime : lifetimes)
    buffers.push_back(builder.getI64ArrayAttr({lifetime.first, lifetime.last}));
  // A launch writes every output, if only to copy it. No launch needs to follow
  // the last view of one.
  int64_t last = int64_t(dispatches.size()) - 1;
  for (const std::optional<Lifetime> &lifetime : outputLifetimes)
    outputBuffers.push_back(builder.getI64ArrayAttr(
        {lifetime->first, std::min(lifetime->last, last)}));
  for (StringAttr name : symbolNames)
    names.push_back(name);
  module->setAttr(
      "nn.manifest",
      builder.getDictionaryAttr(
          {builder.getNamedAttr("symbols", builder.getArrayAttr(names)),
           builder.getNamedAttr("inputs", builder.getArrayAttr(inputEntries)),
           builder.getNamedAttr("outputs", builder.getArrayAttr(outputEntries)),
           builder.getNamedAttr("states", builder.getArrayAttr(stateEntries)),
           builder.getNamedAttr("checks", builder.getArrayAttr(checks)),
           builder.getNamedAttr("buffers", builder.getArrayAttr(buffers)),
           builder.getNamedAttr("output_buffers",
                                builder.getArrayAttr(outputBuffers)),
           builder.getNamedAttr("dispatches", builder.getArrayAttr(dispatches)),
           builder.getNamedAttr("parameter_bytes",
                                builder.getI64IntegerAttr(parameterBytes))}));
}

LogicalResult Placer::run() {
  auto pointer = LLVM::LLVMPointerType::get(module.getContext());
  nibRun = func::FuncOp::create(
      main.getLoc(), "nib_run",
      builder.getFunctionType({pointer}, builder.getI32Type()));
  symbols.insert(nibRun);
  builder.setInsertionPointToStart(nibRun.addEntryBlock());
  Block &block = main.getBody().front();
  collectSymbols();
  if (failed(placeInputs()))
    return failure();
  assignOutputs(cast<func::ReturnOp>(block.getTerminator()));
  if (failed(placeBlock(block)) || failed(emitShapes()))
    return failure();
  writeManifest();
  symbols.erase(main);
  return success();
}

namespace {
struct PlaceBuffers final : nibble::impl::PlaceBuffersBase<PlaceBuffers> {
  void runOnOperation() override {
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    if (!main || !main.getBody().hasOneBlock()) {
      getOperation().emitError("needs a function @main with one block");
      return signalPassFailure();
    }
    if (failed(Placer(getOperation(), main).run()))
      signalPassFailure();
  }
};
} // namespace
