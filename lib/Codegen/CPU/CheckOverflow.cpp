//===- CheckOverflow.cpp - Sizes that are no 64-bit numbers -----*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Codegen/CPU/LowerToLLVM.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace nibble::codegen {
#define GEN_PASS_DEF_CHECKOVERFLOW
#include "nibble/Codegen/CPU/Passes.h.inc"
} // namespace nibble::codegen

using namespace mlir;

static constexpr StringLiteral kStatusAttr = "nn.overflow";

/// `op` as a pair of its result and whether it overflows; null for an op that
/// is no 64-bit sum, difference or product.
static Value emitChecked(OpBuilder &builder, Operation &op) {
  if (!isa<arith::AddIOp, arith::SubIOp, arith::MulIOp>(op) ||
      !(op.getResult(0).getType().isIndex() ||
        op.getResult(0).getType().isInteger(64)))
    return {};
  Location loc = op.getLoc();
  Type i64 = builder.getI64Type();
  auto number = [&](Value value) -> Value {
    return value.getType().isIndex()
               ? arith::IndexCastOp::create(builder, loc, i64, value)
               : value;
  };
  Value a = number(op.getOperand(0)), b = number(op.getOperand(1));
  Type pair = LLVM::LLVMStructType::getLiteral(builder.getContext(),
                                               {i64, builder.getI1Type()});
  if (isa<arith::AddIOp>(op))
    return LLVM::SAddWithOverflowOp::create(builder, loc, pair, a, b);
  if (isa<arith::SubIOp>(op))
    return LLVM::SSubWithOverflowOp::create(builder, loc, pair, a, b);
  return LLVM::SMulWithOverflowOp::create(builder, loc, pair, a, b);
}

namespace {
struct CheckOverflow final
    : nibble::codegen::impl::CheckOverflowBase<CheckOverflow> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    auto status = function->getAttrOfType<IntegerAttr>(kStatusAttr);
    if (!status)
      return;
    function->removeAttr(kStatusAttr);
    bool isPlain = function.getNumResults() == 1 &&
                   function.getResultTypes().front() == status.getType() &&
                   function.getBody().hasOneBlock() &&
                   llvm::all_of(function.getBody().front(), [](Operation &op) {
                     return op.getNumRegions() == 0;
                   });
    if (!isPlain) {
      function.emitOpError("with '")
          << kStatusAttr << "' must be one block, without ops that have "
          << "regions, and return " << status.getType();
      return signalPassFailure();
    }
    rewrite(function.getBody().front(), status);
  }

  static void rewrite(Block &block, IntegerAttr status) {
    OpBuilder builder(status.getContext());
    Value overflows;
    for (Operation &op : llvm::make_early_inc_range(block)) {
      Location loc = op.getLoc();
      builder.setInsertionPoint(&op);
      Value pair = emitChecked(builder, op);
      if (!pair)
        continue;
      Value result = LLVM::ExtractValueOp::create(builder, loc, pair, 0);
      Value flag = LLVM::ExtractValueOp::create(builder, loc, pair, 1);
      overflows = overflows
                      ? arith::OrIOp::create(builder, loc, overflows, flag)
                      : flag;
      if (op.getResult(0).getType().isIndex())
        result = arith::IndexCastOp::create(builder, loc,
                                            builder.getIndexType(), result);
      op.getResult(0).replaceAllUsesWith(result);
      op.erase();
    }
    if (!overflows)
      return;
    Operation *terminator = block.getTerminator();
    builder.setInsertionPoint(terminator);
    Location loc = terminator->getLoc();
    Value failed = arith::ConstantOp::create(builder, loc, status);
    terminator->setOperand(
        0, arith::SelectOp::create(builder, loc, overflows, failed,
                                   terminator->getOperand(0)));
  }
};
} // namespace
