//===- DecomposeNN.cpp - From nn ops to linalg ----------------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Codegen/Decompose/Passes.h"

#include "dialects/NN/NN.h"
#include "mlir/Dialect/Linalg/IR/LinalgInterfaces.h"
#include "mlir/IR/Iterators.h"

namespace nibble {
#define GEN_PASS_DEF_DECOMPOSENN
#include "nibble/Codegen/Decompose/Passes.h.inc"
} // namespace nibble

using namespace mlir;
using namespace nibble;

/// Ops of our dialects that say what they mean; linalg's own stay.
static bool isAggregate(Operation *op) {
  return isa<nn::NNDialect, qnt::QntDialect>(op->getDialect()) &&
         isa<linalg::AggregatedOpInterface>(op);
}

/// The parts of an assembled tensor are its operands.
static void foldParts(Operation *root, RewriterBase &rewriter) {
  root->walk([&](Operation *op) {
    if (!isa<qnt::CodesOp, qnt::ScalesOp, qnt::ZerosOp>(op))
      return;
    SmallVector<OpFoldResult> parts;
    if (succeeded(op->fold(parts)) && parts.size() == 1)
      return rewriter.replaceOp(op, cast<Value>(parts.front()));
    // Decompositions give codes without signedness; a model may ask for ui8.
    auto codes = dyn_cast<qnt::CodesOp>(op);
    auto assemble =
        codes ? codes.getInput().getDefiningOp<qnt::AssembleOp>() : nullptr;
    auto type = codes ? cast<RankedTensorType>(codes.getType()) : nullptr;
    if (!assemble || assemble.getCodes().getType().getElementTypeBitWidth() !=
                         type.getElementTypeBitWidth())
      return;
    rewriter.setInsertionPoint(op);
    rewriter.replaceOpWithNewOp<tensor::BitcastOp>(op, type,
                                                   assemble.getCodes());
  });
  root->walk<WalkOrder::PostOrder, ReverseIterator>([&](Operation *op) {
    if (isa_and_nonnull<qnt::QntDialect>(op->getDialect()) &&
        isOpTriviallyDead(op))
      rewriter.eraseOp(op);
  });
}

LogicalResult nibble::decomposeOps(Operation *root,
                                   ArrayRef<std::string> names) {
  IRRewriter rewriter(root->getContext());
  // A decomposition may hold ops with one of their own (qnt.dequantize).
  while (true) {
    SmallVector<Operation *> ops;
    root->walk([&](Operation *op) {
      if (op->getDialect() && isAggregate(op) &&
          (names.empty() ||
           llvm::is_contained(names, op->getName().getStringRef())))
        ops.push_back(op);
    });
    if (ops.empty())
      break;
    for (Operation *op : ops) {
      rewriter.setInsertionPoint(op);
      FailureOr<SmallVector<Value>> values =
          cast<linalg::AggregatedOpInterface>(op).decomposeOperation(rewriter);
      if (failed(values))
        return op->emitOpError("has no decomposition into linalg");
      rewriter.replaceOp(op, *values);
    }
    foldParts(root, rewriter);
  }
  return success();
}

namespace {
class DecomposeNN : public nibble::impl::DecomposeNNBase<DecomposeNN> {
public:
  using DecomposeNNBase::DecomposeNNBase;

  void runOnOperation() override {
    if (failed(decomposeOps(getOperation(), ops)))
      signalPassFailure();
  }
};
} // namespace
