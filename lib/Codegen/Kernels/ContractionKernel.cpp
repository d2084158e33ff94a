//===- ContractionKernel.cpp - Operands, and a whole kernel -----*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ContractionEmitter.h"

#include "nibble/Codegen/Kernels/ContractionPasses.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Pass/Pass.h"

namespace nibble::codegen {
#define GEN_PASS_DEF_EMITCONTRACTION
#include "nibble/Codegen/Kernels/ContractionPasses.h.inc"
} // namespace nibble::codegen

using namespace mlir;
using namespace nibble::codegen;
using llvm::createStringError;
using llvm::Twine;

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

static bool isFlatMemref(Value value, llvm::ArrayRef<unsigned> widths,
                         bool isFloat) {
  if (!value)
    return false;
  auto type = dyn_cast<MemRefType>(value.getType());
  if (!type || type.getRank() != 1 || !type.getLayout().isIdentity())
    return false;
  Type element = type.getElementType();
  if (isFloat)
    return element.isF32();
  return llvm::any_of(widths,
                      [&](unsigned w) { return element.isSignlessInteger(w); });
}

static bool areIndices(llvm::ArrayRef<Value> values, size_t count) {
  return values.size() == count && llvm::all_of(values, [](Value value) {
           return value && value.getType().isIndex();
         });
}

/// Null, or the operand that does not fit `desc`.
static const char *findWrongOperand(const ContractionDesc &desc,
                                    const ContractionOperands &ops) {
  if (!isFlatMemref(ops.a, {8}, !desc.isInteger()))
    return "a";
  if (!isFlatMemref(ops.b, {8}, false))
    return "b";
  bool isFloat = desc.c == OutputKind::F32;
  unsigned width = desc.c == OutputKind::I32 ? 32 : 8;
  if (!isFlatMemref(ops.c, {width}, isFloat))
    return "c";
  if (desc.aScale != Granularity::None && !isFlatMemref(ops.aScale, {}, true))
    return "a_scale";
  if (desc.aZero != Granularity::None &&
      !isFlatMemref(ops.aZero, {8, 32}, false))
    return "a_zero";
  if (desc.outScale && !isFlatMemref(ops.outScale, {}, true))
    return "out_scale";
  if (ops.outZero && !isFlatMemref(ops.outZero, {8, 32}, false))
    return "out_zero";
  for (const MoreOutput &output : ops.more) {
    bool isCodes = output.kind != OutputKind::F32;
    if (desc.c == OutputKind::I32 || output.kind == OutputKind::I32 ||
        !isFlatMemref(output.c, {8}, !isCodes) ||
        (output.scale && !isFlatMemref(output.scale, {}, true)) ||
        (output.zero && !isFlatMemref(output.zero, {8, 32}, false)))
      return "more";
  }
  if (!areIndices(
          {ops.m, ops.n, ops.segmentLength, ops.cRowStride, ops.begin, ops.end},
          6))
    return "m, n, segment_length, c_row_stride, begin or end";
  if (!areIndices(ops.rows.strides, desc.rowDims) ||
      !areIndices(ops.rows.extents, desc.rowDims - 1))
    return "rows";
  if (!areIndices(ops.segments.strides, desc.segmentDims) ||
      !areIndices(ops.segments.extents, desc.segmentDims))
    return "segments";
  if (desc.groupDims > 0 && !areIndices({ops.groups}, 1))
    return "groups";
  size_t groupExtents = desc.groupDims ? desc.groupDims - 1 : 0;
  for (const StridedAxis *axis : {&ops.groupsA, &ops.groupsB, &ops.groupsC})
    if (!areIndices(axis->strides, desc.groupDims) ||
        !areIndices(axis->extents, groupExtents))
      return "groups";
  if (!isFlatMemref(ops.scratch, {8}, false))
    return "scratch";
  return nullptr;
}

llvm::Error nibble::codegen::emitContraction(OpBuilder &builder, Location loc,
                                             const ContractionPlan &plan,
                                             const ContractionOperands &ops,
                                             const EpilogueFn &epilogue) {
  if (llvm::Error error = plan.desc.verify())
    return error;
  if (const char *wrong = findWrongOperand(plan.desc, ops))
    return createStringError(
        "contraction '%s': operand %s is missing or of the wrong type",
        plan.desc.str().c_str(), wrong);
  ContractionEmitter(builder, loc, plan, ops, epilogue).emit();
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Kernel
//===----------------------------------------------------------------------===//

SmallVector<ContractionArgument>
nibble::codegen::contractionArguments(MLIRContext *context,
                                      const ContractionDesc &desc) {
  Builder b(context);
  auto flat = [](Type element) -> Type {
    return MemRefType::get({ShapedType::kDynamic}, element);
  };
  Type f32 = flat(b.getF32Type()), i32 = flat(b.getI32Type()),
       i8 = flat(b.getI8Type()), index = b.getIndexType();
  SmallVector<ContractionArgument> args;
  auto addAll = [&](StringRef name, unsigned first, unsigned count) {
    for (unsigned d = first; d < count; ++d)
      args.push_back({(name + Twine(d)).str(), index});
  };
  bool toBytes = desc.c == OutputKind::S8 || desc.c == OutputKind::U8;
  args.push_back({"a", desc.isInteger() ? i8 : f32});
  args.push_back({"b", i8});
  args.push_back({"c", toBytes ? i8 : desc.c == OutputKind::I32 ? i32 : f32});
  if (desc.aScale != Granularity::None)
    args.push_back({"a_scale", f32});
  if (desc.aZero != Granularity::None)
    args.push_back({"a_zero", i32});
  if (desc.outScale)
    args.push_back({"out_scale", f32});
  if (toBytes)
    args.push_back({"out_zero", i32});
  args.push_back({"m", index});
  args.push_back({"n", index});
  addAll("row_extent", 1, desc.rowDims);
  addAll("row_stride", 0, desc.rowDims);
  addAll("segment_extent", 0, desc.segmentDims);
  addAll("segment_stride", 0, desc.segmentDims);
  args.push_back({"segment_length", index});
  if (desc.groupDims > 0)
    args.push_back({"groups", index});
  addAll("group_extent", 1, desc.groupDims);
  addAll("group_a_stride", 0, desc.groupDims);
  addAll("group_b_stride", 0, desc.groupDims);
  addAll("group_c_stride", 0, desc.groupDims);
  args.push_back({"c_row_stride", index});
  return args;
}

/// Binds `values` to the operands that contractionArguments names.
static ContractionOperands bindOperands(const ContractionDesc &desc,
                                        ValueRange values) {
  ContractionOperands ops;
  auto next = [&] {
    Value value = values.front();
    values = values.drop_front();
    return value;
  };
  auto nextAll = [&](unsigned count) {
    SmallVector<Value> result;
    for (unsigned i = 0; i < count; ++i)
      result.push_back(next());
    return result;
  };
  bool toBytes = desc.c == OutputKind::S8 || desc.c == OutputKind::U8;
  ops.a = next();
  ops.b = next();
  ops.c = next();
  if (desc.aScale != Granularity::None)
    ops.aScale = next();
  if (desc.aZero != Granularity::None)
    ops.aZero = next();
  if (desc.outScale)
    ops.outScale = next();
  if (toBytes)
    ops.outZero = next();
  ops.m = next();
  ops.n = next();
  ops.rows.extents = nextAll(desc.rowDims - 1);
  ops.rows.strides = nextAll(desc.rowDims);
  ops.segments.extents = nextAll(desc.segmentDims);
  ops.segments.strides = nextAll(desc.segmentDims);
  ops.segmentLength = next();
  if (desc.groupDims > 0) {
    ops.groups = next();
    ops.groupsA.extents = nextAll(desc.groupDims - 1);
    ops.groupsB.extents = ops.groupsC.extents = ops.groupsA.extents;
    ops.groupsA.strides = nextAll(desc.groupDims);
    ops.groupsB.strides = nextAll(desc.groupDims);
    ops.groupsC.strides = nextAll(desc.groupDims);
  }
  ops.cRowStride = next();
  return ops;
}

llvm::Expected<func::FuncOp> nibble::codegen::emitContractionKernel(
    ModuleOp module, StringRef name, const ContractionPlan &plan,
    ArrayRef<Type> extras, const KernelEpilogueFn &epilogue) {
  OpBuilder b(module.getContext());
  b.setInsertionPointToEnd(module.getBody());
  Location loc = module.getLoc();
  SmallVector<Type> types;
  for (ContractionArgument &arg :
       contractionArguments(module.getContext(), plan.desc))
    types.push_back(arg.type);
  size_t own = types.size();
  types.append(extras.begin(), extras.end());
  types.append(2, b.getIndexType());
  types.push_back(MemRefType::get({ShapedType::kDynamic}, b.getI8Type()));

  auto func = func::FuncOp::create(b, loc, name, b.getFunctionType(types, {}));
  func.setPrivate();
  func->setAttr("nn.kernel", b.getUnitAttr());
  Block *body = func.addEntryBlock();
  b.setInsertionPointToStart(body);
  auto returnOp = func::ReturnOp::create(b, loc);
  b.setInsertionPoint(returnOp);

  ValueRange args = body->getArguments();
  ContractionOperands ops = bindOperands(plan.desc, args.take_front(own));
  ValueRange extraValues = args.slice(own, extras.size());
  ops.begin = args[args.size() - 3];
  ops.end = args[args.size() - 2];
  ops.scratch = args.back();
  EpilogueFn bound;
  if (epilogue)
    bound = [&](OpBuilder &builder, Location at, Value value,
                const EpilogueSite &site) {
      return epilogue(builder, at, value, site, extraValues);
    };
  if (llvm::Error error = emitContraction(b, loc, plan, ops, bound)) {
    func.erase();
    return std::move(error);
  }
  return func;
}

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

namespace {
struct EmitContraction final
    : nibble::codegen::impl::EmitContractionBase<EmitContraction> {
  using EmitContractionBase::EmitContractionBase;

  void runOnOperation() override {
    if (llvm::Error error = emit()) {
      getOperation().emitError(llvm::toString(std::move(error)));
      signalPassFailure();
    }
  }

  llvm::Error emit() {
    bool isList = StringRef(features).starts_with("+") || features.empty();
    auto target = isList ? TargetFeatures::parse(features)
                         : TargetFeatures::forCPU(features);
    if (!target)
      return target.takeError();
    auto desc = ContractionDesc::parse(contraction);
    if (!desc)
      return desc.takeError();
    auto plan = planContraction(*desc, *target);
    if (!plan)
      return plan.takeError();
    return emitContractionKernel(getOperation(), name, *plan).takeError();
  }
};
} // namespace
