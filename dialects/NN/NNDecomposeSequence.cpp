//===- NNDecomposeSequence.cpp - Recurrences as linalg in loops -----------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/NNDecompose.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace nibble;
using namespace nibble::nn;

static Value emit(OpBuilder &b, Location loc, ElementwiseKind kind,
                  ValueRange operands) {
  return emitElementwise(b, loc, kind, operands);
}

//===----------------------------------------------------------------------===//
// lstm, gru
//===----------------------------------------------------------------------===//

namespace {
/// What lstm and gru share: the operands of one direction and the walk over
/// time. Directions are independent; each gets its own loop.
class Recurrence {
public:
  Recurrence(DecomposeBuilder &b, Value input, Value weights, Value recurrence,
             Value bias, Value lengths, unsigned numGates);

  /// `state` [B, H] after each step, by `step` from the states, the step's
  /// input sums [B, G H] and a function that gives the sums of h times the
  /// recurrent weights (plus their bias if asked for).
  using StepFn = llvm::function_ref<SmallVector<Value>(Value inputSums,
                                                       ArrayRef<Value> states)>;
  /// Returns all hidden states [T, B, H] in time order, then the last states.
  SmallVector<Value> run(unsigned direction, bool isReverse,
                         ArrayRef<Value> initial, StepFn step);

  /// [B, G H]: h R^T.
  Value recurrentSums(Value hidden, unsigned direction);
  /// Element `gate` H + j of the two halves of the bias, for each j of H.
  Value inputBias(unsigned direction) { return biasSlice(direction, 0); }
  Value recurrentBias(unsigned direction) { return biasSlice(direction, 1); }
  /// [H] of gate `gate` out of [G H].
  Value gateVector(Value vector, unsigned gate);
  /// [B, H] of gate `gate` out of [B, G H].
  Value gateMatrix(Value matrix, unsigned gate);
  /// Matrix `direction` of [R, B, H], or zeros.
  Value initialState(Value states, unsigned direction);
  /// Vector `direction` of [R, n].
  Value vectorOf(Value tensor, unsigned direction, OpFoldResult offset,
                 OpFoldResult size);

  Extents stateExtents() { return {batch, hidden}; }
  Type getType() { return type; }
  OpFoldResult time, batch, hidden;

private:
  Value biasSlice(unsigned direction, unsigned half);
  /// A sequence's length, at most the number of steps.
  Value lengthOf(ImplicitLocOpBuilder &builder, Value integer);
  Value matrixOf(Value tensor, unsigned direction);
  Value inputSums(unsigned direction);
  Value pickStep(Value sums, Value t, bool isReverse);
  Value keepWhereDone(Value before, Value after, Value t);
  Value inTimeOrder(Value states, bool isReverse);

  DecomposeBuilder &b;
  Value input, weights, recurrence, bias, lengths;
  /// `time` as a value.
  Value steps;
  unsigned numGates;
  Type type;
};
} // namespace

Recurrence::Recurrence(DecomposeBuilder &b, Value input, Value weights,
                       Value recurrence, Value bias, Value lengths,
                       unsigned numGates)
    : b(b), input(b.numbers(input)), weights(b.numbers(weights)),
      recurrence(b.numbers(recurrence)), bias(b.numbers(bias)),
      lengths(b.numbers(lengths)), numGates(numGates),
      type(getComputeType(getNumberType(input))) {
  time = b.extent(input, 0);
  batch = b.extent(input, 1);
  hidden = b.extent(recurrence, 2);
  steps = b.index(time);
}

Value Recurrence::matrixOf(Value tensor, unsigned direction) {
  auto tensorType = cast<RankedTensorType>(tensor.getType());
  Extents sizes = b.extents(tensor);
  sizes[0] = b.getIndexAttr(1);
  Extents offsets(3, b.getIndexAttr(0)), ones(3, b.getIndexAttr(1));
  offsets[0] = b.getIndexAttr(direction);
  auto result = RankedTensorType::get(tensorType.getShape().drop_front(),
                                      tensorType.getElementType());
  return tensor::ExtractSliceOp::create(b, result, tensor, offsets, sizes,
                                        ones);
}

Value Recurrence::vectorOf(Value tensor, unsigned direction,
                           OpFoldResult offset, OpFoldResult size) {
  auto tensorType = cast<RankedTensorType>(tensor.getType());
  Extents offsets = {b.getIndexAttr(direction), offset};
  Extents sizes = {b.getIndexAttr(1), size};
  Extents ones(2, b.getIndexAttr(1));
  auto result = RankedTensorType::get(decomposeMixedValues({size}).first,
                                      tensorType.getElementType());
  return tensor::ExtractSliceOp::create(b, result, tensor, offsets, sizes,
                                        ones);
}

Value Recurrence::biasSlice(unsigned direction, unsigned half) {
  if (!bias)
    return {};
  OpFoldResult size = b.math().mul(hidden, numGates);
  return vectorOf(bias, direction, b.math().mul(size, half), size);
}

Value Recurrence::gateVector(Value vector, unsigned gate) {
  return tensor::ExtractSliceOp::create(
      b, vector, Extents{b.math().mul(hidden, gate)}, Extents{hidden},
      Extents{b.getIndexAttr(1)});
}

Value Recurrence::gateMatrix(Value matrix, unsigned gate) {
  Extents ones(2, b.getIndexAttr(1));
  return tensor::ExtractSliceOp::create(
      b, matrix, Extents{b.getIndexAttr(0), b.math().mul(hidden, gate)},
      stateExtents(), ones);
}

Value Recurrence::initialState(Value states, unsigned direction) {
  if (!states)
    return b.filled(stateExtents(), type, 0);
  Value state = matrixOf(b.numbers(states), direction);
  if (getNumberType(state) != type)
    return b.map(stateExtents(), type, state, b.identity(2),
                 [](OpBuilder &, Location, ValueRange a) { return a[0]; });
  // Of input and state one may know the batch, and the other not.
  auto carried =
      RankedTensorType::get(decomposeMixedValues(stateExtents()).first, type);
  if (state.getType() == carried)
    return state;
  return tensor::CastOp::create(b, carried, state);
}

/// [T, B, G H]: all x W^T + bias at once; only h R^T must wait for the steps.
Value Recurrence::inputSums(unsigned direction) {
  OpFoldResult gates = b.math().mul(hidden, numGates);
  Extents extents = {time, batch, gates};
  AffineExpr t, n, g, i;
  bindDims(b.getContext(), t, n, g, i);
  Value sums = b.contract(
      input, matrixOf(weights, direction), extents,
      {b.mapOf(4, {t, n, i}), b.mapOf(4, {g, i}), b.mapOf(4, {t, n, g})}, 3,
      type);
  if (!bias)
    return sums;
  return b.map(extents, type, {sums, inputBias(direction)},
               {b.identity(3), b.mapOf(3, g)},
               [](OpBuilder &b, Location loc, ValueRange a) {
                 return emit(b, loc, ElementwiseKind::Add, a);
               });
}

Value Recurrence::recurrentSums(Value state, unsigned direction) {
  AffineExpr n, g, h;
  bindDims(b.getContext(), n, g, h);
  return b.contract(
      state, matrixOf(recurrence, direction),
      {batch, b.math().mul(hidden, numGates)},
      {b.mapOf(3, {n, h}), b.mapOf(3, {g, h}), b.mapOf(3, {n, g})}, 2, type);
}

/// The time that step `t` of a sequence of `length` looks at: a reverse
/// direction starts at the sequence's own end.
static Value emitTime(ImplicitLocOpBuilder &b, Value t, Value length,
                      bool isReverse) {
  if (!isReverse)
    return t;
  Value one = arith::ConstantIndexOp::create(b, 1);
  Value end = arith::SubIOp::create(b, length, one);
  Value mirrored = arith::SubIOp::create(b, end, t);
  Value isDone = arith::CmpIOp::create(b, arith::CmpIPredicate::sge, t, length);
  return arith::SelectOp::create(b, isDone, t, mirrored);
}

Value Recurrence::lengthOf(ImplicitLocOpBuilder &builder, Value integer) {
  return arith::MinSIOp::create(
      builder, toIndex(builder, builder.getLoc(), integer), steps);
}

Value Recurrence::pickStep(Value sums, Value t, bool isReverse) {
  OpFoldResult gates = b.math().mul(hidden, numGates);
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  if (lengths && isReverse) {
    inputs.push_back(lengths);
    maps.push_back(b.mapOf(2, b.getAffineDimExpr(0)));
  } else {
    ImplicitLocOpBuilder &ib = b;
    Value at = emitTime(ib, t, steps, isReverse);
    auto result =
        RankedTensorType::get(decomposeMixedValues({batch, gates}).first, type);
    Extents ones(3, b.getIndexAttr(1));
    return tensor::ExtractSliceOp::create(
        b, result, sums, Extents{at, b.getIndexAttr(0), b.getIndexAttr(0)},
        Extents{b.getIndexAttr(1), batch, gates}, ones);
  }
  return b.map({batch, gates}, type, inputs, maps,
               [&](OpBuilder &builder, Location loc, ValueRange a) -> Value {
                 ImplicitLocOpBuilder ib(loc, builder);
                 Value length = lengthOf(ib, a[0]);
                 Value at = emitTime(ib, t, length, /*isReverse=*/true);
                 return tensor::ExtractOp::create(
                     ib, sums,
                     ValueRange{at, linalg::IndexOp::create(ib, 0),
                                linalg::IndexOp::create(ib, 1)});
               });
}

/// States of sequences that have ended stay as they are.
Value Recurrence::keepWhereDone(Value before, Value after, Value t) {
  if (!lengths)
    return after;
  return b.map(
      stateExtents(), type, {before, after, lengths},
      {b.identity(2), b.identity(2), b.mapOf(2, b.getAffineDimExpr(0))},
      [&](OpBuilder &builder, Location loc, ValueRange a) -> Value {
        Value length = toIndex(builder, loc, a[2]);
        Value isDone = arith::CmpIOp::create(
            builder, loc, arith::CmpIPredicate::sge, t, length);
        return arith::SelectOp::create(builder, loc, isDone, a[0], a[1]);
      });
}

/// Hidden states as they were made, [T, B, H], moved to the times they belong
/// to; zeros after a sequence's end.
Value Recurrence::inTimeOrder(Value states, bool isReverse) {
  if (!lengths && !isReverse)
    return states;
  Value zero = b.constant(type, 0);
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  if (lengths) {
    inputs.push_back(lengths);
    maps.push_back(b.mapOf(3, b.getAffineDimExpr(1)));
  }
  return b.map({time, batch, hidden}, type, inputs, maps,
               [&](OpBuilder &builder, Location loc, ValueRange a) -> Value {
                 ImplicitLocOpBuilder ib(loc, builder);
                 Value t = linalg::IndexOp::create(ib, 0);
                 Value length = lengths ? lengthOf(ib, a[0]) : steps;
                 Value at = emitTime(ib, t, length, isReverse);
                 Value state = tensor::ExtractOp::create(
                     ib, states,
                     ValueRange{at, linalg::IndexOp::create(ib, 1),
                                linalg::IndexOp::create(ib, 2)});
                 if (!lengths)
                   return state;
                 Value isDone = arith::CmpIOp::create(
                     ib, arith::CmpIPredicate::sge, t, length);
                 return arith::SelectOp::create(ib, isDone, zero, state);
               });
}

SmallVector<Value> Recurrence::run(unsigned direction, bool isReverse,
                                   ArrayRef<Value> initial, StepFn step) {
  Value sums = inputSums(direction);
  Value zero = arith::ConstantIndexOp::create(b, 0);
  Value one = arith::ConstantIndexOp::create(b, 1);
  SmallVector<Value> carried = {b.empty({time, batch, hidden}, type)};
  llvm::append_range(carried, initial);
  auto loop =
      scf::ForOp::create(b, b.getLoc(), zero, b.index(time), one, carried);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value t = loop.getInductionVar();
    SmallVector<Value> before(loop.getRegionIterArgs().drop_front());
    SmallVector<Value> after = step(pickStep(sums, t, isReverse), before);
    Extents offsets = {t, b.getIndexAttr(0), b.getIndexAttr(0)};
    Extents sizes = {b.getIndexAttr(1), batch, hidden};
    Extents ones(3, b.getIndexAttr(1));
    SmallVector<Value> next = {tensor::InsertSliceOp::create(
        b, after[0], loop.getRegionIterArg(0), offsets, sizes, ones)};
    for (auto [was, is] : llvm::zip_equal(before, after))
      next.push_back(keepWhereDone(was, is, t));
    scf::YieldOp::create(b, next);
  }
  b.setInsertionPointAfter(loop);
  SmallVector<Value> results(loop.getResults());
  results[0] = inTimeOrder(results[0], isReverse);
  return results;
}

/// Puts the directions' results together: [T, B, H] into [T, R, B, H], and
/// [B, H] into [R, B, H].
static Value joinDirections(DecomposeBuilder &b, ArrayRef<Value> parts,
                            unsigned axis, Type type) {
  Extents sizes = b.extents(parts[0]);
  sizes.insert(sizes.begin() + axis, b.getIndexAttr(1));
  Extents extents = sizes;
  extents[axis] = b.getIndexAttr(parts.size());
  Value result = b.empty(extents, type);
  Extents offsets(extents.size(), b.getIndexAttr(0));
  Extents ones(extents.size(), b.getIndexAttr(1));
  for (auto [direction, part] : llvm::enumerate(parts)) {
    offsets[axis] = b.getIndexAttr(direction);
    Value converted = part;
    if (getNumberType(part) != type)
      converted =
          b.map(b.extents(part), type, part, b.identity(extents.size() - 1),
                [](OpBuilder &, Location, ValueRange a) { return a[0]; });
    result = b.insert(converted, result, offsets, sizes, ones);
  }
  return result;
}

/// Runs `direction(index, isReverse)` for each and joins its results.
static FailureOr<SmallVector<Value>>
runDirections(DecomposeBuilder &b, Direction direction, unsigned numResults,
              function_ref<SmallVector<Value>(unsigned, bool)> run) {
  SmallVector<SmallVector<Value>> parts(numResults);
  auto add = [&](unsigned index, bool isReverse) {
    for (auto [list, value] : llvm::zip_equal(parts, run(index, isReverse)))
      list.push_back(value);
  };
  add(0, direction == Direction::Reverse);
  if (direction == Direction::Bidirectional)
    add(1, true);
  SmallVector<Value> results;
  for (auto [i, list] : llvm::enumerate(parts))
    results.push_back(joinDirections(b, list, i == 0 ? 1 : 0,
                                     getNumberType(b.getOp()->getResult(i))));
  return b.finish(results);
}

FailureOr<SmallVector<Value>> LSTMOp::decomposeOperation(OpBuilder &builder) {
  DecomposeBuilder b(builder, *this);
  Recurrence r(b, getInput(), getWeights(), getRecurrence(), getBias(),
               getLengths(), 4);
  Type type = r.getType();
  AffineMap all = b.identity(2), column = b.mapOf(2, b.getAffineDimExpr(1));
  auto run = [&](unsigned direction, bool isReverse) {
    Value recurrentBias = r.recurrentBias(direction);
    // A gate's sum: input and recurrent parts, bias, peephole times cell.
    auto gate = [&](Value x, Value h, unsigned index, Value cell,
                    unsigned peephole, ElementwiseKind activation) {
      SmallVector<Value> inputs = {r.gateMatrix(x, index),
                                   r.gateMatrix(h, index)};
      SmallVector<AffineMap> maps = {all, all};
      if (recurrentBias) {
        inputs.push_back(r.gateVector(recurrentBias, index));
        maps.push_back(column);
      }
      bool peeps = cell && getPeepholes();
      if (peeps) {
        inputs.push_back(cell);
        inputs.push_back(r.vectorOf(b.numbers(getPeepholes()), direction,
                                    b.math().mul(r.hidden, peephole),
                                    r.hidden));
        maps.append({all, column});
      }
      return b.map(r.stateExtents(), type, inputs, maps,
                   [&](OpBuilder &b, Location loc, ValueRange a) {
                     Value sum =
                         emit(b, loc, ElementwiseKind::Add, {a[0], a[1]});
                     if (recurrentBias)
                       sum = emit(b, loc, ElementwiseKind::Add, {sum, a[2]});
                     if (peeps) {
                       unsigned at = a.size() - 2;
                       Value peep = emit(b, loc, ElementwiseKind::Mul,
                                         {a[at], a[at + 1]});
                       sum = emit(b, loc, ElementwiseKind::Add, {sum, peep});
                     }
                     return emit(b, loc, activation, sum);
                   });
    };
    auto step = [&](Value x, ArrayRef<Value> states) -> SmallVector<Value> {
      Value cell = states[1];
      Value h = r.recurrentSums(states[0], direction);
      Value i = gate(x, h, 0, cell, 0, ElementwiseKind::Sigmoid);
      Value f = gate(x, h, 2, cell, 2, ElementwiseKind::Sigmoid);
      Value g = gate(x, h, 3, Value(), 0, ElementwiseKind::Tanh);
      Value next =
          b.map(r.stateExtents(), type, {f, cell, i, g}, {all, all, all, all},
                [](OpBuilder &b, Location loc, ValueRange a) {
                  Value kept = emit(b, loc, ElementwiseKind::Mul, {a[0], a[1]});
                  Value added =
                      emit(b, loc, ElementwiseKind::Mul, {a[2], a[3]});
                  return emit(b, loc, ElementwiseKind::Add, {kept, added});
                });
      Value o = gate(x, h, 1, next, 1, ElementwiseKind::Sigmoid);
      Value out = b.map(r.stateExtents(), type, {o, next}, {all, all},
                        [](OpBuilder &b, Location loc, ValueRange a) {
                          Value t = emit(b, loc, ElementwiseKind::Tanh, a[1]);
                          return emit(b, loc, ElementwiseKind::Mul, {a[0], t});
                        });
      return {out, next};
    };
    Value initial[] = {r.initialState(getInitialH(), direction),
                       r.initialState(getInitialC(), direction)};
    return r.run(direction, isReverse, initial, step);
  };
  return runDirections(b, getDirection(), 3, run);
}

FailureOr<SmallVector<Value>> GRUOp::decomposeOperation(OpBuilder &builder) {
  DecomposeBuilder b(builder, *this);
  Recurrence r(b, getInput(), getWeights(), getRecurrence(), getBias(),
               getLengths(), 3);
  Type type = r.getType();
  AffineMap all = b.identity(2), column = b.mapOf(2, b.getAffineDimExpr(1));
  auto run = [&](unsigned direction, bool isReverse) {
    Value recurrentBias = r.recurrentBias(direction);
    auto gate = [&](Value x, Value h, unsigned index) {
      SmallVector<Value> inputs = {r.gateMatrix(x, index),
                                   r.gateMatrix(h, index)};
      SmallVector<AffineMap> maps = {all, all};
      if (recurrentBias) {
        inputs.push_back(r.gateVector(recurrentBias, index));
        maps.push_back(column);
      }
      return b.map(r.stateExtents(), type, inputs, maps,
                   [](OpBuilder &b, Location loc, ValueRange a) {
                     Value sum =
                         emit(b, loc, ElementwiseKind::Add, {a[0], a[1]});
                     if (a.size() == 3)
                       sum = emit(b, loc, ElementwiseKind::Add, {sum, a[2]});
                     return emit(b, loc, ElementwiseKind::Sigmoid, sum);
                   });
    };
    auto step = [&](Value x, ArrayRef<Value> states) -> SmallVector<Value> {
      Value hidden = states[0];
      Value h = r.recurrentSums(hidden, direction);
      Value z = gate(x, h, 0), reset = gate(x, h, 1);
      // The candidate's recurrent part: r * (h R^T + b), or (r * h) R^T + b.
      Value part = h;
      if (!getLinearBeforeReset())
        part = r.recurrentSums(
            b.map(r.stateExtents(), type, {reset, hidden}, {all, all},
                  [](OpBuilder &b, Location loc, ValueRange a) {
                    return emit(b, loc, ElementwiseKind::Mul, a);
                  }),
            direction);
      SmallVector<Value> inputs = {r.gateMatrix(x, 2), r.gateMatrix(part, 2), z,
                                   hidden, reset};
      SmallVector<AffineMap> maps(5, all);
      if (recurrentBias) {
        inputs.push_back(r.gateVector(recurrentBias, 2));
        maps.push_back(column);
      }
      return {b.map(
          r.stateExtents(), type, inputs, maps,
          [&](OpBuilder &b, Location loc, ValueRange a) {
            Value sum = a[1];
            if (recurrentBias)
              sum = emit(b, loc, ElementwiseKind::Add, {sum, a[5]});
            if (getLinearBeforeReset())
              sum = emit(b, loc, ElementwiseKind::Mul, {a[4], sum});
            sum = emit(b, loc, ElementwiseKind::Add, {a[0], sum});
            Value candidate = emit(b, loc, ElementwiseKind::Tanh, sum);
            // (1 - z) n + z h.
            Value one = emitConstant(b, loc, candidate.getType(), 1);
            Value rest = emit(b, loc, ElementwiseKind::Sub, {one, a[2]});
            Value added = emit(b, loc, ElementwiseKind::Mul, {rest, candidate});
            Value kept = emit(b, loc, ElementwiseKind::Mul, {a[2], a[3]});
            return emit(b, loc, ElementwiseKind::Add, {added, kept});
          })};
    };
    return r.run(direction, isReverse, r.initialState(getInitialH(), direction),
                 step);
  };
  return runDirections(b, getDirection(), 2, run);
}

//===----------------------------------------------------------------------===//
// selective_scan
//===----------------------------------------------------------------------===//

FailureOr<SmallVector<Value>>
SelectiveScanOp::decomposeOperation(OpBuilder &builder) {
  DecomposeBuilder b(builder, *this);
  Value u = b.numbers(getU()), delta = b.numbers(getDelta());
  Value inputMatrix = b.numbers(getB()), outputMatrix = b.numbers(getC());
  Value a = b.numbers(getA()), skip = b.numbers(getD());
  Value state = b.numbers(getInitialState());
  Type type = getComputeType(getNumberType(getResult()));
  Extents extents = b.extents(u), stateExtents = b.extents(state);
  Extents row = {extents[0], extents[2]};
  Value zero = arith::ConstantIndexOp::create(b, 0);
  Value one = arith::ConstantIndexOp::create(b, 1);
  AffineExpr n, c, s;
  bindDims(b.getContext(), n, c, s);
  if (getNumberType(state) != type)
    state = b.map(stateExtents, type, state, b.identity(3),
                  [](OpBuilder &, Location, ValueRange x) { return x[0]; });
  auto loop = scf::ForOp::create(b, b.getLoc(), zero, b.index(extents[1]), one,
                                 ValueRange{b.empty(extents, type), state});
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value t = loop.getInductionVar();
    Extents offsets = {b.getIndexAttr(0), t, b.getIndexAttr(0)};
    Extents ones(3, b.getIndexAttr(1));
    auto at = [&](Value tensor) -> Value {
      Extents sizes = b.extents(tensor);
      sizes[1] = b.getIndexAttr(1);
      auto sliceType = RankedTensorType::get(
          decomposeMixedValues({sizes[0], sizes[2]}).first,
          getNumberType(tensor));
      return tensor::ExtractSliceOp::create(b, sliceType, tensor, offsets,
                                            sizes, ones);
    };
    Value ut = at(u), dt = at(delta);
    AffineMap perRow = b.mapOf(3, {n, c}), perState = b.mapOf(3, {n, s});
    Value next =
        b.map(stateExtents, type,
              {loop.getRegionIterArg(1), dt, a, at(inputMatrix), ut},
              {b.identity(3), perRow, b.mapOf(3, {c, s}), perState, perRow},
              [](OpBuilder &b, Location loc, ValueRange x) {
                Value decay =
                    emit(b, loc, ElementwiseKind::Exp,
                         emit(b, loc, ElementwiseKind::Mul, {x[1], x[2]}));
                Value kept = emit(b, loc, ElementwiseKind::Mul, {decay, x[0]});
                Value step = emit(b, loc, ElementwiseKind::Mul, {x[1], x[3]});
                step = emit(b, loc, ElementwiseKind::Mul, {step, x[4]});
                return emit(b, loc, ElementwiseKind::Add, {kept, step});
              });
    Value read = b.contract(next, at(outputMatrix), row,
                            {b.identity(3), perState, perRow}, 2, type);
    Value y = b.map(row, type, {read, skip, ut},
                    {b.identity(2), b.mapOf(2, c), b.identity(2)},
                    [](OpBuilder &b, Location loc, ValueRange x) {
                      Value direct =
                          emit(b, loc, ElementwiseKind::Mul, {x[1], x[2]});
                      return emit(b, loc, ElementwiseKind::Add, {x[0], direct});
                    });
    Extents sizes = {extents[0], b.getIndexAttr(1), extents[2]};
    Value all = tensor::InsertSliceOp::create(b, y, loop.getRegionIterArg(0),
                                              offsets, sizes, ones);
    scf::YieldOp::create(b, ValueRange{all, next});
  }
  b.setInsertionPointAfter(loop);
  SmallVector<Value> results(loop.getResults());
  for (auto [i, result] : llvm::enumerate(results)) {
    Type resultType = getNumberType(getOperation()->getResult(i));
    if (resultType != type)
      result = b.map(b.extents(result), resultType, result, b.identity(3),
                     [](OpBuilder &, Location, ValueRange x) { return x[0]; });
  }
  return b.finish(results);
}
