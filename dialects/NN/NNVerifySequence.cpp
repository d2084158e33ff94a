//===- NNVerifySequence.cpp - Verifiers of attention and recurrences ------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/NNVerify.h"

using namespace mlir;
using namespace nibble;
using namespace nibble::nn;

//===----------------------------------------------------------------------===//
// attention, rope
//===----------------------------------------------------------------------===//

static LogicalResult verifyMask(const Checker &check, Value mask,
                                ArrayRef<int64_t> logits) {
  if (!mask)
    return success();
  if (!elementType(mask).isInteger(1) && failed(check.isFloat("mask", mask)))
    return failure();
  ArrayRef<int64_t> shape = shapedType(mask).getShape();
  bool fits = shape.size() <= 4;
  for (unsigned i = 0; fits && i < shape.size(); ++i)
    fits = shape[i] == 1 || agree(shape[i], logits[4 - shape.size() + i]);
  if (fits)
    return success();
  return check.op->emitOpError()
         << "mask must broadcast to [batch, heads, queries, keys], "
         << describeShape(logits) << ", but is " << mask.getType();
}

LogicalResult AttentionOp::verify() {
  Checker check(*this);
  if (failed(check.rank("query", getQuery(), 4)) ||
      failed(check.rank("key", getKey(), 4)) ||
      failed(check.rank("value", getValue(), 4)) ||
      failed(check.isFloat("query", getQuery())) ||
      failed(check.sameElement("key", getKey(), "query", getQuery())) ||
      failed(check.sameElement("value", getValue(), "query", getQuery())) ||
      failed(
          check.sameElement("the result", getResult(), "query", getQuery())) ||
      failed(check.computedResult(getResult())))
    return failure();
  ArrayRef<int64_t> q = shapedType(getQuery()).getShape();
  ArrayRef<int64_t> k = shapedType(getKey()).getShape();
  ArrayRef<int64_t> v = shapedType(getValue()).getShape();
  if (ShapedType::isDynamic(q[1]) || ShapedType::isDynamic(k[1]))
    return emitOpError("the numbers of heads must be static");
  if (k[1] == 0 || q[1] % k[1] != 0)
    return emitOpError() << "the number of query heads, " << q[1]
                         << ", must be a multiple of the number of key heads, "
                         << k[1];
  if (failed(check.equal("key's batch", k[0], "query's", q[0])) ||
      failed(check.equal("value's batch", v[0], "query's", q[0])) ||
      failed(check.equal("key's last extent", k[3], "query's", q[3])) ||
      failed(check.equal("value's number of heads", v[1], "key's", k[1])) ||
      failed(check.equal("value's length", v[2], "key's", k[2])) ||
      failed(check.shape("the result", getResult(), {q[0], q[1], q[2], v[3]})))
    return failure();
  if (failed(check.atLeast("window", int64_t(getWindow()), 0)))
    return failure();
  if (getSoftcap().isNegative() || getSoftcap().isNaN())
    return emitOpError("softcap must be at least 0");
  if (getLengths() && failed(check.shape("lengths", getLengths(), q[0])))
    return failure();
  return verifyMask(check, getMask(), {q[0], q[1], q[2], known(k[2], v[2])});
}

LogicalResult RopeOp::verify() {
  Checker check(*this);
  if (failed(check.rank("input", getInput(), 4)) ||
      failed(check.rank("cosine", getCosine(), 3)) ||
      failed(check.isFloat("input", getInput())) ||
      failed(check.isFloat("cosine", getCosine())) ||
      failed(check.isFloat("sine", getSine())))
    return failure();
  ArrayRef<int64_t> in = shapedType(getInput()).getShape();
  ArrayRef<int64_t> table = shapedType(getCosine()).getShape();
  if (failed(check.shape("sine", getSine(), table)) ||
      failed(check.equal("the tables' length", table[1], "input's", in[2])) ||
      failed(check.shape("the result", getResult(), in)) ||
      failed(check.sameElement("the result", getResult(), "input", getInput())))
    return failure();
  if (table[0] != 1 &&
      failed(check.equal("the tables' batch", table[0], "input's", in[0])))
    return failure();
  if (!ShapedType::isDynamic(table[2]) && !ShapedType::isDynamic(in[3]) &&
      2 * table[2] > in[3])
    return emitOpError() << "the tables rotate " << table[2]
                         << " pairs, but input's last extent is " << in[3];
  return success();
}

//===----------------------------------------------------------------------===//
// lstm, gru
//===----------------------------------------------------------------------===//

namespace {
/// The operands that lstm and gru share; optional ones may be null.
struct RecurrentOperands {
  Value input, weights, recurrence, bias, lengths;
  Direction direction;
  int64_t numGates;
};
} // namespace

static int64_t times(int64_t extent, int64_t factor) {
  return ShapedType::isDynamic(extent) ? extent : extent * factor;
}

static LogicalResult verifyRecurrent(const Checker &check,
                                     const RecurrentOperands &o) {
  if (failed(check.rank("input", o.input, 3)) ||
      failed(check.rank("weights", o.weights, 3)) ||
      failed(check.rank("recurrence", o.recurrence, 3)) ||
      failed(check.isFloat("input", o.input)) ||
      failed(check.sameElement("weights", o.weights, "input", o.input)) ||
      failed(check.sameElement("recurrence", o.recurrence, "input", o.input)))
    return failure();
  ArrayRef<int64_t> in = shapedType(o.input).getShape();
  int64_t hidden = shapedType(o.recurrence).getDimSize(2);
  int64_t directions = o.direction == Direction::Bidirectional ? 2 : 1;
  int64_t gates = times(hidden, o.numGates);
  if (ShapedType::isDynamic(hidden))
    return check.op->emitOpError("the hidden size must be static");
  if (hidden == 0)
    return check.op->emitOpError("the hidden size must be at least 1");
  if (failed(check.shape("recurrence", o.recurrence,
                         {directions, gates, hidden})) ||
      failed(check.shape("weights", o.weights, {directions, gates, in[2]})))
    return failure();
  if (o.bias && (failed(check.shape("bias", o.bias, {directions, 2 * gates})) ||
                 failed(check.sameElement("bias", o.bias, "input", o.input))))
    return failure();
  if (o.lengths) {
    if (!elementType(o.lengths).isInteger(32) &&
        !elementType(o.lengths).isInteger(64))
      return check.op->emitOpError()
             << "lengths must hold i32 or i64, but is " << o.lengths.getType();
    if (failed(check.shape("lengths", o.lengths, in[1])))
      return failure();
  }
  // Results: states over time, then the last ones.
  SmallVector<int64_t> all = {in[0], directions, in[1], hidden};
  for (OpResult result : check.op->getResults()) {
    bool isFirst = result.getResultNumber() == 0;
    ArrayRef<int64_t> expected(all);
    if (failed(check.shape(isFirst ? "the first result" : "a last state",
                           result,
                           isFirst ? expected : expected.drop_front())) ||
        failed(check.sameElement("a result", result, "input", o.input)))
      return failure();
  }
  return success();
}

static LogicalResult verifyState(const Checker &check, StringRef what,
                                 Value state, Value last, Value input) {
  if (!state)
    return success();
  if (failed(check.shape(what, state, shapedType(last).getShape())))
    return failure();
  return check.sameElement(what, state, "input", input);
}

LogicalResult LSTMOp::verify() {
  Checker check(*this);
  if (failed(verifyRecurrent(check,
                             {getInput(), getWeights(), getRecurrence(),
                              getBias(), getLengths(), getDirection(), 4})) ||
      failed(verifyState(check, "initial_h", getInitialH(), getLastH(),
                         getInput())) ||
      failed(verifyState(check, "initial_c", getInitialC(), getLastC(),
                         getInput())))
    return failure();
  if (!getPeepholes())
    return success();
  int64_t hidden = shapedType(getRecurrence()).getDimSize(2);
  int64_t directions = getDirection() == Direction::Bidirectional ? 2 : 1;
  if (failed(
          check.shape("peepholes", getPeepholes(), {directions, 3 * hidden})))
    return failure();
  return check.sameElement("peepholes", getPeepholes(), "input", getInput());
}

LogicalResult GRUOp::verify() {
  Checker check(*this);
  if (failed(
          verifyRecurrent(check, {getInput(), getWeights(), getRecurrence(),
                                  getBias(), getLengths(), getDirection(), 3})))
    return failure();
  return verifyState(check, "initial_h", getInitialH(), getLastH(), getInput());
}

/// As its description says, f32 throughout.
LogicalResult RecurrenceOp::verify() {
  Checker check(*this);
  bool isLSTM = getCell() == Cell::LSTM;
  auto recurrence = cast<RankedTensorType>(getRecurrence().getType());
  if (failed(check.rank("sums", getSums(), 3)) ||
      failed(check.rank("recurrence", getRecurrence(), 5)))
    return failure();
  if (!recurrence.hasStaticShape() || getLanes() < 1)
    return emitOpError("the extents of recurrence must be static");
  if (isLSTM != bool(getLastC()) ||
      (!isLSTM && (getInitialC() || getPeepholes())))
    return emitOpError("cell states and peepholes are those of an lstm");
  for (Value value : llvm::concat<Value>(
           llvm::to_vector(getOperands()),
           llvm::to_vector_of<Value>(getOperation()->getResults())))
    if (value != getLengths() && !elementType(value).isF32())
      return emitOpError() << "must be f32 throughout, but has a "
                           << value.getType();
  int64_t directions = getDirection() == Direction::Bidirectional ? 2 : 1;
  int64_t gates = isLSTM ? 4 : 3, hidden = getHiddenSize();
  int64_t panels = llvm::divideCeil(hidden, getLanes());
  ArrayRef<int64_t> sums = shapedType(getSums()).getShape();
  SmallVector<int64_t> all = {sums[0], directions, sums[1], hidden};
  ArrayRef<int64_t> state = ArrayRef<int64_t>(all).drop_front();
  auto optional = [&](StringRef what, Value value, ArrayRef<int64_t> shape) {
    return value ? check.shape(what, value, shape) : success();
  };
  if (failed(check.shape("recurrence", getRecurrence(),
                         {directions, panels, hidden, gates, getLanes()})) ||
      failed(check.shape("sums", getSums(),
                         {sums[0], sums[1], directions * gates * hidden})) ||
      failed(optional("bias", getBias(), {directions, gates * hidden})) ||
      failed(optional("lengths", getLengths(), sums[1])) ||
      failed(optional("initial_h", getInitialH(), state)) ||
      failed(optional("initial_c", getInitialC(), state)) ||
      failed(optional("peepholes", getPeepholes(), {directions, 3 * hidden})) ||
      failed(check.shape("output", getOutput(), all)) ||
      failed(check.shape("last_h", getLastH(), state)))
    return failure();
  return optional("last_c", getLastC(), state);
}

//===----------------------------------------------------------------------===//
// selective_scan
//===----------------------------------------------------------------------===//

LogicalResult SelectiveScanOp::verify() {
  Checker check(*this);
  if (failed(check.rank("u", getU(), 3)) ||
      failed(check.rank("a", getA(), 2)) || failed(check.isFloat("u", getU())))
    return failure();
  ArrayRef<int64_t> u = shapedType(getU()).getShape();
  int64_t states = shapedType(getA()).getDimSize(1);
  SmallVector<int64_t> perStep = {u[0], u[1], states};
  SmallVector<int64_t> state = {u[0], u[2], states};
  if (failed(check.shape("delta", getDelta(), u)) ||
      failed(check.shape("a", getA(), {u[2], states})) ||
      failed(check.shape("b", getB(), perStep)) ||
      failed(check.shape("c", getC(), perStep)) ||
      failed(check.shape("d", getD(), u[2])) ||
      failed(check.shape("initial_state", getInitialState(), state)) ||
      failed(check.shape("the first result", getResult(), u)) ||
      failed(check.shape("the last state", getLastState(), state)))
    return failure();
  for (Value value : getOperation()->getOperands().drop_front())
    if (failed(check.sameElement("an operand", value, "u", getU())))
      return failure();
  for (Value value : getOperation()->getResults())
    if (failed(check.sameElement("a result", value, "u", getU())))
      return failure();
  return success();
}
