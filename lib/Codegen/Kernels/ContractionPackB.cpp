//===- ContractionPackB.cpp - Packing an activation -------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ContractionEmitter.h"

using namespace mlir;
using namespace nibble::codegen;
using llvm::createStringError;

namespace {
/// Emits the pack kernel's body. f32 only: a panel is [k][NR].
class PackEmitter {
public:
  PackEmitter(OpBuilder &b, Location loc, const ContractionPlan &plan,
              const PackOperands &ops)
      : x(b, loc), info(plan.info()), ops(ops),
        panels(ceilDiv(x, ops.n, x.c(info.nr))),
        bytes(panelLayout(x, plan, ops.k).bytes) {}

  void emit() {
    x.loop(ops.begin, ops.end, 1, [&](Value at) {
      Value g = x.div(at, panels);
      column0 = x.mul(x.rem(at, panels), x.c(info.nr));
      columns = x.min(x.sub(ops.n, column0), x.c(info.nr));
      source = x.mul(column0, ops.kContiguous ? ops.stride : x.c(1));
      if (!ops.groupStrides.strides.empty())
        source = x.add(source, x.offset(ops.groupStrides, g));
      panel = x.view(ops.packed, x.mul(at, bytes), x.b.getF32Type());
      Value width = x.c(info.nr);
      x.ifThen(x.cmp(arith::CmpIPredicate::eq, columns, width), [&] {
        if (ops.kContiguous)
          transposePanel();
        else
          copyRows(/*masked=*/false);
      });
      x.ifThen(x.cmp(arith::CmpIPredicate::ne, columns, width), [&] {
        if (ops.kContiguous)
          transposeColumns(x.c(0), ops.k);
        else
          copyRows(/*masked=*/true);
      });
    });
  }

private:
  /// [K, N]: rows of the panel are parts of rows of the source.
  void copyRows(bool masked) {
    VectorType type = x.vec(info.lanes, x.b.getF32Type());
    VectorType maskType = x.vec(info.lanes, x.b.getI1Type());
    x.loop(x.c(0), ops.k, 1, [&](Value k) {
      Value row = x.add(source, x.mul(k, ops.stride));
      for (unsigned j = 0; j < info.nr; j += info.lanes) {
        Value from = x.add(row, x.c(j));
        Value value;
        if (masked) {
          Value count = x.sub(x.max(columns, x.c(j)), x.c(j));
          Value mask =
              vector::CreateMaskOp::create(x.b, x.loc, maskType, count);
          value = vector::MaskedLoadOp::create(x.b, x.loc, type, ops.source,
                                               from, mask, x.splat(type, 0));
        } else {
          value = x.load(type, ops.source, from);
        }
        x.store(value, panel, x.add(x.mul(k, x.c(info.nr)), x.c(j)));
      }
    });
  }

  /// [N, K]: squares of 8 x 8, then what is left of K.
  void transposePanel() {
    constexpr int64_t side = 8;
    VectorType type = x.vec(side, x.b.getF32Type());
    Value whole = x.sub(ops.k, x.rem(ops.k, x.c(side)));
    x.loop(x.c(0), x.c(info.nr), side, [&](Value j) {
      Value column = x.add(source, x.mul(j, ops.stride));
      x.loop(x.c(0), whole, side, [&](Value k) {
        SmallVector<Value> rows;
        for (int64_t i = 0; i < side; ++i)
          rows.push_back(
              x.load(type, ops.source,
                     x.add(x.add(column, x.mul(x.c(i), ops.stride)), k)));
        for (auto [i, row] : llvm::enumerate(transpose(rows))) {
          Value at = x.mul(x.add(k, x.c(i)), x.c(info.nr));
          x.store(row, panel, x.add(at, j));
        }
      });
    });
    transposeColumns(whole, ops.k);
  }

  /// Interleaving the halves log2(n) times transposes n rows of n.
  SmallVector<Value> transpose(SmallVector<Value> rows) {
    size_t side = rows.size();
    SmallVector<int64_t> low, high;
    for (size_t i = 0; i < side / 2; ++i) {
      low.append({int64_t(i), int64_t(i + side)});
      high.append({int64_t(i + side / 2), int64_t(i + side / 2 + side)});
    }
    for (size_t round = 1; round < side; round *= 2) {
      SmallVector<Value> next;
      for (size_t i = 0; i < side / 2; ++i)
        for (ArrayRef<int64_t> order : {low, high})
          next.push_back(vector::ShuffleOp::create(x.b, x.loc, rows[i],
                                                   rows[i + side / 2], order));
      rows = next;
    }
    return rows;
  }

  /// Element by element, zeros in the columns that do not exist.
  void transposeColumns(Value begin, Value end) {
    Value zero = arith::ConstantOp::create(x.b, x.loc, x.b.getF32FloatAttr(0));
    x.loop(begin, end, 1, [&](Value k) {
      Value row = x.mul(k, x.c(info.nr));
      x.loop(x.c(0), columns, 1, [&](Value j) {
        Value from = x.add(x.add(source, x.mul(j, ops.stride)), k);
        x.store(x.load(ops.source, from), panel, x.add(row, j));
      });
      x.loop(columns, x.c(info.nr), 1,
             [&](Value j) { x.store(zero, panel, x.add(row, j)); });
    });
  }

  IR x;
  const DotInfo &info;
  const PackOperands &ops;
  Value panels, bytes;
  Value column0, columns, source, panel;
};
} // namespace

int64_t nibble::codegen::packGrid(const ContractionPlan &plan, int64_t n,
                                  int64_t groups) {
  return packedPanels(plan, n) * groups;
}

llvm::Error nibble::codegen::emitPack(OpBuilder &builder, Location loc,
                                      const ContractionPlan &plan,
                                      const PackOperands &ops) {
  if (!plan.desc.b.packedAtRunTime)
    return createStringError(
        "contraction '%s': its right operand is packed offline",
        plan.desc.str().c_str());
  PackEmitter(builder, loc, plan, ops).emit();
  return llvm::Error::success();
}

llvm::Expected<func::FuncOp>
nibble::codegen::emitPackKernel(ModuleOp module, StringRef name,
                                const ContractionPlan &plan, bool kContiguous) {
  OpBuilder b(module.getContext());
  b.setInsertionPointToEnd(module.getBody());
  Location loc = module.getLoc();
  unsigned groupDims = plan.desc.groupDims;
  Type index = b.getIndexType();
  auto flat = [](Type element) {
    return MemRefType::get({ShapedType::kDynamic}, element);
  };
  SmallVector<Type> types = {flat(b.getF32Type()), flat(b.getI8Type())};
  unsigned groupArgs = groupDims ? 2 * groupDims : 0;
  types.append(3 + groupArgs + 2, index);
  types.push_back(flat(b.getI8Type()));
  auto func = func::FuncOp::create(b, loc, name, b.getFunctionType(types, {}));
  func.setPrivate();
  func->setAttr("nn.kernel", b.getUnitAttr());
  Block *body = func.addEntryBlock();
  b.setInsertionPointToStart(body);
  auto returnOp = func::ReturnOp::create(b, loc);
  b.setInsertionPoint(returnOp);

  ValueRange args = body->getArguments();
  PackOperands ops;
  ops.kContiguous = kContiguous;
  ops.source = args[0];
  ops.packed = args[1];
  ops.n = args[2];
  ops.k = args[3];
  ops.stride = args[4];
  if (groupDims) {
    ops.groups = args[5];
    ops.groupStrides.extents.assign(args.begin() + 6,
                                    args.begin() + 5 + groupDims);
    ops.groupStrides.strides.assign(args.begin() + 5 + groupDims,
                                    args.begin() + 5 + 2 * groupDims);
  }
  ops.begin = args[5 + groupArgs];
  ops.end = args[6 + groupArgs];
  if (llvm::Error error = emitPack(b, loc, plan, ops)) {
    func.erase();
    return std::move(error);
  }
  return func;
}
