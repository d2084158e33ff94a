//===- Recurrence.cpp - The steps of LSTM and GRU ---------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Codegen/Kernels/Recurrence.h"

#include "ContractionEmitter.h"

#include "dialects/NN/Elementwise.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace nibble;
using namespace nibble::codegen;

using nn::ElementwiseKind;

namespace {

class RecurrenceEmitter {
public:
  RecurrenceEmitter(OpBuilder &builder, Location loc,
                    const RecurrenceDesc &desc,
                    const RecurrenceOperands &operands)
      : desc(desc), ops(operands), x(builder, loc),
        vec(x.vec(desc.lanes, builder.getF32Type())) {}

  void emit();

private:
  using Values = SmallVector<Value>;
  /// One sequence in one direction; starts of its rows in elements.
  struct Point {
    Value direction, row, length;
    Value state; ///< in initial and last states
  };
  /// A step of it.
  struct Step {
    Value sums, output;
  };
  /// A vector of hidden units. `mask` is null where all lanes are units.
  struct Units {
    Value first, panel, mask;
  };

  void emitPoint(Value at);
  Value findLength(Value row);
  void emitStep(const Point &point, Value number);
  void emitLSTM(const Point &point, const Step &step, const Units &units);
  void emitGRU(const Point &point, const Step &step, const Units &units);
  void emitGRUGates(const Point &point, const Step &step, const Units &units);
  void emitGRUCandidate(const Point &point, const Step &step,
                        const Units &units);
  Values products(const Point &point, const Units &units,
                  ArrayRef<int64_t> gates, Value states, Value first);
  Value input(const Step &step, const Units &units, int64_t gate);
  Value peephole(const Point &point, const Units &units, int64_t gate,
                 Value cell);
  void storeHidden(const Step &step, const Units &units, Value update,
                   Value candidate, Value before);

  void forUnits(function_ref<void(const Units &)> body);
  void copyRow(Value from, Value fromStart, Value to, Value toStart);
  Value load(Value memref, Value at, Value mask);
  void store(Value value, Value memref, Value at, Value mask);
  Value element(ElementwiseKind kind, ValueRange operands) {
    return nn::emitElementwise(x.b, x.loc, kind, operands);
  }
  Value add(Value a, Value b) { return element(ElementwiseKind::Add, {a, b}); }
  Value mul(Value a, Value b) { return element(ElementwiseKind::Mul, {a, b}); }
  Value fma(Value a, Value b, Value c) {
    return math::FmaOp::create(x.b, x.loc, a, b, c);
  }

  const RecurrenceDesc &desc;
  const RecurrenceOperands &ops;
  IR x;
  VectorType vec;
  Value hidden;
  /// GRU with the product after the reset: update gates, and reset gates times
  /// hidden state.
  Value updates, resets;
};

} // namespace

static bool needsScratch(const RecurrenceDesc &desc) {
  return desc.cell == nn::Cell::GRU;
}

int64_t nibble::codegen::recurrenceScratchBytes(const RecurrenceDesc &desc) {
  return needsScratch(desc) ? 2 * desc.hidden * int64_t(sizeof(float)) : 0;
}

void nibble::codegen::emitRecurrence(OpBuilder &builder, Location loc,
                                     const RecurrenceDesc &desc,
                                     const RecurrenceOperands &operands) {
  RecurrenceEmitter(builder, loc, desc, operands).emit();
}

void RecurrenceEmitter::emit() {
  hidden = x.c(desc.hidden);
  if (needsScratch(desc)) {
    Type f32 = x.b.getF32Type();
    updates = x.view(ops.scratch, x.c(0), f32);
    resets = x.view(ops.scratch, x.c(desc.hidden * sizeof(float)), f32);
  }
  x.loop(ops.begin, ops.end, 1, [&](Value at) { emitPoint(at); });
}

/// Whole vectors of units, then the rest.
void RecurrenceEmitter::forUnits(function_ref<void(const Units &)> body) {
  int64_t lanes = desc.lanes, whole = desc.hidden / lanes * lanes;
  x.loop(x.c(0), x.c(whole), lanes, [&](Value first) {
    body({first, x.div(first, x.c(lanes)), nullptr});
  });
  if (whole == desc.hidden)
    return;
  Value mask = vector::CreateMaskOp::create(
      x.b, x.loc, x.vec(lanes, x.b.getI1Type()), x.c(desc.hidden - whole));
  body({x.c(whole), x.c(whole / lanes), mask});
}

Value RecurrenceEmitter::load(Value memref, Value at, Value mask) {
  if (!mask)
    return x.load(vec, memref, at);
  return vector::MaskedLoadOp::create(x.b, x.loc, vec, memref, at, mask,
                                      x.splat(vec, 0));
}

void RecurrenceEmitter::store(Value value, Value memref, Value at, Value mask) {
  if (mask)
    vector::MaskedStoreOp::create(x.b, x.loc, memref, at, mask, value);
  else
    x.store(value, memref, at);
}

/// One value for each unit; zeros if `from` is null.
void RecurrenceEmitter::copyRow(Value from, Value fromStart, Value to,
                                Value toStart) {
  forUnits([&](const Units &units) {
    Value value = from ? load(from, x.add(fromStart, units.first), units.mask)
                       : x.splat(vec, 0);
    store(value, to, x.add(toStart, units.first), units.mask);
  });
}

/// Steps of a sequence: at least none, at most all.
Value RecurrenceEmitter::findLength(Value row) {
  if (!ops.lengths)
    return ops.steps;
  Value length = arith::IndexCastOp::create(x.b, x.loc, x.b.getIndexType(),
                                            x.load(ops.lengths, row));
  length = x.b.createOrFold<arith::MaxSIOp>(x.loc, length, x.c(0));
  return x.min(length, ops.steps);
}

void RecurrenceEmitter::emitPoint(Value at) {
  Point point;
  point.direction = x.div(at, ops.batch);
  point.row = x.rem(at, ops.batch);
  point.length = findLength(point.row);
  point.state = x.mul(at, hidden);
  // The last states are where the present ones are kept.
  copyRow(ops.initialH, point.state, ops.lastH, point.state);
  if (ops.lastC)
    copyRow(ops.initialC, point.state, ops.lastC, point.state);
  x.loop(x.c(0), point.length, 1,
         [&](Value number) { emitStep(point, number); });
  x.loop(point.length, ops.steps, 1, [&](Value time) {
    Value row = x.add(x.mul(time, x.c(desc.directions())), point.direction);
    row = x.add(x.mul(row, ops.batch), point.row);
    copyRow(nullptr, nullptr, ops.output, x.mul(row, hidden));
  });
}

void RecurrenceEmitter::emitStep(const Point &point, Value number) {
  // A reverse direction starts at the sequence's own end.
  Value time = number;
  if (desc.direction != nn::Direction::Forward) {
    time = x.sub(x.sub(point.length, x.c(1)), number);
    if (desc.direction == nn::Direction::Bidirectional)
      time = arith::SelectOp::create(
          x.b, x.loc, x.cmp(arith::CmpIPredicate::eq, point.direction, x.c(0)),
          number, time);
  }
  Value directions = x.c(desc.directions());
  Step step;
  Value row = x.add(x.mul(time, ops.batch), point.row);
  row = x.add(x.mul(row, directions), point.direction);
  step.sums = x.mul(row, x.c(desc.gates() * desc.hidden));
  row = x.add(x.mul(time, directions), point.direction);
  row = x.add(x.mul(row, ops.batch), point.row);
  step.output = x.mul(row, hidden);
  switch (desc.cell) {
  case nn::Cell::LSTM:
    forUnits([&](const Units &units) { emitLSTM(point, step, units); });
    break;
  case nn::Cell::GRULinearBeforeReset:
    forUnits([&](const Units &units) { emitGRU(point, step, units); });
    break;
  case nn::Cell::GRU:
    forUnits([&](const Units &units) { emitGRUGates(point, step, units); });
    forUnits([&](const Units &units) { emitGRUCandidate(point, step, units); });
    break;
  }
  copyRow(ops.output, step.output, ops.lastH, point.state);
}

/// For each of `gates`, the units' recurrent weights times the vector at
/// `first` of `states`, plus the recurrent bias.
SmallVector<Value> RecurrenceEmitter::products(const Point &point,
                                               const Units &units,
                                               ArrayRef<int64_t> gates,
                                               Value states, Value first) {
  int64_t panels = llvm::divideCeil(desc.hidden, desc.lanes);
  Values sums;
  for (int64_t gate : gates) {
    Value at = x.add(x.mul(point.direction, x.c(desc.gates())), x.c(gate));
    sums.push_back(
        ops.bias
            ? load(ops.bias, x.add(x.mul(at, hidden), units.first), units.mask)
            : x.splat(vec, 0));
  }
  int64_t width = desc.gates() * desc.lanes;
  Value panel = x.add(x.mul(point.direction, x.c(panels)), units.panel);
  Value base = x.mul(panel, x.c(desc.hidden * width));
  return x.loop(x.c(0), hidden, 1, sums, [&](Value k, ValueRange carried) {
    Value state = x.broadcast(vec, x.load(states, x.add(first, k)));
    Value weights = x.add(base, x.mul(k, x.c(width)));
    Values next;
    for (auto [gate, sum] : llvm::zip(gates, carried))
      next.push_back(fma(
          state,
          x.load(vec, ops.recurrence, x.add(weights, x.c(gate * desc.lanes))),
          sum));
    return next;
  });
}

Value RecurrenceEmitter::input(const Step &step, const Units &units,
                               int64_t gate) {
  Value at = x.add(step.sums, x.c(gate * desc.hidden));
  return load(ops.sums, x.add(at, units.first), units.mask);
}

/// What the cell state adds to gate i, o or f (0, 1, 2); null for nothing.
Value RecurrenceEmitter::peephole(const Point &point, const Units &units,
                                  int64_t gate, Value cell) {
  if (!ops.peepholes)
    return nullptr;
  Value at = x.add(x.mul(point.direction, x.c(3)), x.c(gate));
  Value weight =
      load(ops.peepholes, x.add(x.mul(at, hidden), units.first), units.mask);
  return mul(weight, cell);
}

void RecurrenceEmitter::emitLSTM(const Point &point, const Step &step,
                                 const Units &units) {
  Values sums = products(point, units, {0, 1, 2, 3}, ops.lastH, point.state);
  auto gate = [&](int64_t number, Value cell) {
    Value sum = add(input(step, units, number), sums[number]);
    if (Value more = peephole(point, units, number, cell))
      sum = add(sum, more);
    return element(ElementwiseKind::Sigmoid, sum);
  };
  Value at = x.add(point.state, units.first);
  Value before = load(ops.lastC, at, units.mask);
  Value i = gate(0, before), f = gate(2, before);
  Value candidate =
      element(ElementwiseKind::Tanh, add(input(step, units, 3), sums[3]));
  Value cell = add(mul(f, before), mul(i, candidate));
  store(cell, ops.lastC, at, units.mask);
  Value o = gate(1, cell);
  store(mul(o, element(ElementwiseKind::Tanh, cell)), ops.output,
        x.add(step.output, units.first), units.mask);
}

/// (1 - update) candidate + update before.
void RecurrenceEmitter::storeHidden(const Step &step, const Units &units,
                                    Value update, Value candidate,
                                    Value before) {
  Value rest = element(ElementwiseKind::Sub, {x.splat(vec, 1), update});
  Value value = add(mul(rest, candidate), mul(update, before));
  store(value, ops.output, x.add(step.output, units.first), units.mask);
}

void RecurrenceEmitter::emitGRU(const Point &point, const Step &step,
                                const Units &units) {
  Values sums = products(point, units, {0, 1, 2}, ops.lastH, point.state);
  auto gate = [&](int64_t number) {
    return element(ElementwiseKind::Sigmoid,
                   add(input(step, units, number), sums[number]));
  };
  Value update = gate(0), reset = gate(1);
  Value candidate = element(ElementwiseKind::Tanh,
                            add(input(step, units, 2), mul(reset, sums[2])));
  Value before = load(ops.lastH, x.add(point.state, units.first), units.mask);
  storeHidden(step, units, update, candidate, before);
}

/// The candidate's product is of the hidden state that reset gates have
/// scaled, all of it: it waits for these.
void RecurrenceEmitter::emitGRUGates(const Point &point, const Step &step,
                                     const Units &units) {
  Values sums = products(point, units, {0, 1}, ops.lastH, point.state);
  auto gate = [&](int64_t number) {
    return element(ElementwiseKind::Sigmoid,
                   add(input(step, units, number), sums[number]));
  };
  Value before = load(ops.lastH, x.add(point.state, units.first), units.mask);
  store(gate(0), updates, units.first, units.mask);
  store(mul(gate(1), before), resets, units.first, units.mask);
}

void RecurrenceEmitter::emitGRUCandidate(const Point &point, const Step &step,
                                         const Units &units) {
  Value sum = products(point, units, {2}, resets, x.c(0))[0];
  Value candidate =
      element(ElementwiseKind::Tanh, add(input(step, units, 2), sum));
  Value before = load(ops.lastH, x.add(point.state, units.first), units.mask);
  storeHidden(step, units, load(updates, units.first, units.mask), candidate,
              before);
}
