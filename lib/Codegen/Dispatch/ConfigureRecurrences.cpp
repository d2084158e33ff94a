//===- ConfigureRecurrences.cpp - Input sums and steps of LSTM and GRU ----===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Codegen/Dispatch/Passes.h"

#include "dialects/NN/NN.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "nibble/Codegen/CPU/TargetFeatures.h"

namespace nibble {
#define GEN_PASS_DEF_CONFIGURERECURRENCES
#include "nibble/Codegen/Dispatch/Passes.h.inc"
} // namespace nibble

using namespace mlir;
using namespace nibble;

namespace {

/// The parts of one nn.lstm or nn.gru as ops of their own.
class Splitter {
public:
  Splitter(Operation *op, int64_t lanes)
      : op(op), b(op), loc(op->getLoc()), lanes(lanes) {}

  template <typename OpTy> LogicalResult run(OpTy recurrent, nn::Cell cell);

private:
  /// `value` in f32; null stays null.
  Value numbers(Value value);
  Value reshape(Value value, ArrayRef<int64_t> shape);
  /// Columns [first, first + count) of a matrix.
  Value columns(Value value, int64_t first, int64_t count);
  Value packed(Value recurrence, int64_t gates);

  RankedTensorType type(ArrayRef<int64_t> shape) {
    return RankedTensorType::get(shape, b.getF32Type());
  }

  Operation *op;
  OpBuilder b;
  Location loc;
  int64_t lanes;
};

} // namespace

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

Value Splitter::numbers(Value value) {
  if (!value || typeOf(value).getElementType().isF32())
    return value;
  return nn::CastOp::create(b, loc, typeOf(value).clone(b.getF32Type()), value);
}

Value Splitter::reshape(Value value, ArrayRef<int64_t> shape) {
  return nn::ReshapeOp::create(b, loc, type(shape), value, ValueRange(), shape);
}

Value Splitter::columns(Value value, int64_t first, int64_t count) {
  int64_t rows = typeOf(value).getDimSize(0);
  return nn::SliceOp::create(b, loc, type({rows, count}), value, ValueRange(),
                             ValueRange(), ArrayRef<int64_t>{0, first},
                             ArrayRef<int64_t>{rows, count},
                             ArrayRef<int64_t>{1, 1});
}

/// Recurrent weights [R, G H, H] as nn.recurrence reads them.
Value Splitter::packed(Value recurrence, int64_t gates) {
  int64_t directions = typeOf(recurrence).getDimSize(0);
  int64_t hidden = typeOf(recurrence).getDimSize(2);
  int64_t panels = llvm::divideCeil(hidden, lanes);
  Value weights = reshape(recurrence, {directions, gates, hidden, hidden});
  if (int64_t missing = panels * lanes - hidden) {
    auto zeros = arith::ConstantOp::create(
        b, loc,
        SplatElementsAttr::get(type({directions, gates, missing, hidden}),
                               0.0f));
    weights = nn::ConcatOp::create(
        b, loc, type({directions, gates, panels * lanes, hidden}),
        ValueRange{weights, zeros}, 2);
  }
  weights = reshape(weights, {directions, gates, panels, lanes, hidden});
  return nn::TransposeOp::create(
      b, loc, type({directions, panels, hidden, gates, lanes}), weights,
      ArrayRef<int64_t>{0, 2, 4, 1, 3});
}

template <typename OpTy>
LogicalResult Splitter::run(OpTy recurrent, nn::Cell cell) {
  auto isStatic = [](Value value) {
    return !value || (isa<RankedTensorType>(value.getType()) &&
                      typeOf(value).hasStaticShape());
  };
  if (!isStatic(recurrent.getWeights()) ||
      !isStatic(recurrent.getRecurrence()) || !isStatic(recurrent.getBias()))
    return op->emitError("the weights of a recurrence must have extents that "
                         "are known when the model is compiled");
  Value weights = numbers(recurrent.getWeights());
  Value recurrence = numbers(recurrent.getRecurrence());
  Value bias = numbers(recurrent.getBias());
  int64_t directions = typeOf(recurrence).getDimSize(0);
  int64_t all = typeOf(recurrence).getDimSize(1);
  int64_t gates = all / typeOf(recurrence).getDimSize(2);
  Value input = numbers(recurrent.getInput());
  SmallVector<int64_t> shape(typeOf(input).getShape());
  shape.back() = directions * all;
  Value sums = nn::LinearOp::create(
      b, loc, type(shape), input,
      reshape(weights, {directions * all, typeOf(weights).getDimSize(2)}),
      bias ? reshape(columns(bias, 0, all), {directions * all}) : Value());
  Value cells, peepholes;
  if constexpr (std::is_same_v<OpTy, nn::LSTMOp>) {
    cells = numbers(recurrent.getInitialC());
    peepholes = numbers(recurrent.getPeepholes());
  }
  SmallVector<Type> types;
  for (Type result : op->getResultTypes())
    types.push_back(cast<RankedTensorType>(result).clone(b.getF32Type()));
  auto steps = nn::RecurrenceOp::create(
      b, loc, types, sums, packed(recurrence, gates),
      bias ? columns(bias, all, all) : Value(), recurrent.getLengths(),
      numbers(recurrent.getInitialH()), cells, peepholes, cell,
      recurrent.getDirection());
  steps->setDiscardableAttrs(op->getDiscardableAttrDictionary());
  for (auto [from, to] : llvm::zip(op->getResults(), steps->getResults())) {
    Value value = to;
    if (from.getType() != to.getType())
      value = nn::CastOp::create(b, loc, from.getType(), to);
    from.replaceAllUsesWith(value);
  }
  op->erase();
  return success();
}

namespace {
struct ConfigureRecurrences final
    : nibble::impl::ConfigureRecurrencesBase<ConfigureRecurrences> {
  using ConfigureRecurrencesBase::ConfigureRecurrencesBase;

  void runOnOperation() override {
    auto parsed = codegen::TargetFeatures::parse(features);
    if (!parsed) {
      getOperation().emitError(llvm::toString(parsed.takeError()));
      return signalPassFailure();
    }
    int64_t lanes = parsed->has(codegen::Feature::AVX512F) ? 16 : 8;
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) {
      if (isa<nn::LSTMOp, nn::GRUOp>(op))
        ops.push_back(op);
    });
    for (Operation *op : ops) {
      Splitter splitter(op, lanes);
      LogicalResult done = failure();
      if (auto lstm = dyn_cast<nn::LSTMOp>(op)) {
        done = splitter.run(lstm, nn::Cell::LSTM);
      } else {
        auto gru = cast<nn::GRUOp>(op);
        done = splitter.run(gru, gru.getLinearBeforeReset()
                                     ? nn::Cell::GRULinearBeforeReset
                                     : nn::Cell::GRU);
      }
      if (failed(done))
        return signalPassFailure();
    }
  }
};
} // namespace
