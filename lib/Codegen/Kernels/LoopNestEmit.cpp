//===- LoopNestEmit.cpp - Loops of a planned kernel -------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The order of loops in a group: grid point, parallel loops, lanes if they are
// parallel, reduction loops with accumulators in registers, lanes if they
// reduce.
//
//===----------------------------------------------------------------------===//

#include "LoopNestEmit.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace nibble::codegen::loopnest {

/// Vectors that one iteration of the lanes' loop computes, for bodies of up to
/// this many ops: hides latency where it is short, saves registers elsewhere.
static constexpr unsigned kManyCopies = 4, kManyCopiesMaxOps = 8;
static constexpr unsigned kFewCopies = 2, kFewCopiesMaxOps = 24;
/// Rows of a jammed loop, and vectors of each: eight accumulators.
static constexpr unsigned kJammedRows = 4, kCopiesOfRow = 2;

//===----------------------------------------------------------------------===//
// Grid
//===----------------------------------------------------------------------===//

void NestEmitter::emitGrid(Value begin, Value end) {
  code.placeTemporaries();
  // Points of each grid dimension, and the first point's indices.
  SmallVector<Value> counts, first(kernel.grid.size());
  for (const GridDim &dim : kernel.grid) {
    Value count = code.size(dim.extent);
    if (dim.block)
      count =
          arith::CeilDivSIOp::create(b, loc, count, code.constant(dim.block));
    counts.push_back(count);
  }
  Value rest = begin;
  for (unsigned dim = kernel.grid.size(); dim-- > 0;) {
    if (dim == 0) {
      first[dim] = rest;
      break;
    }
    // An empty loop runs no grid point; dividing by its extent must not trap.
    Value divisor =
        arith::MaxSIOp::create(b, loc, counts[dim], code.constant(1));
    first[dim] = arith::RemUIOp::create(b, loc, rest, divisor);
    rest = arith::DivUIOp::create(b, loc, rest, divisor);
  }
  auto loop = scf::ForOp::create(b, loc, begin, end, code.constant(1), first);
  code.setEntry(loop);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  SmallVector<Value> point(loop.getRegionIterArgs());
  for (auto [dim, value] : llvm::zip_equal(kernel.grid, point)) {
    gridIndex.push_back(value);
    gridEnd.push_back(nullptr);
    if (!dim.block)
      continue;
    Value block = code.constant(dim.block);
    gridIndex.back() = code.mul(value, block);
    gridEnd.back() = arith::MinSIOp::create(
        b, loc, code.add(gridIndex.back(), block), code.size(dim.extent));
  }
  for (const Group &group : kernel.groups)
    emitGroup(group);
  // The next point, like an odometer.
  SmallVector<Value> next(point.size());
  Value carry = code.constant(1);
  for (unsigned dim = point.size(); dim-- > 0;) {
    Value moved = code.add(point[dim], carry);
    if (dim == 0) {
      next[dim] = moved;
      break;
    }
    Value wraps = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, moved,
                                        counts[dim]);
    next[dim] = arith::SelectOp::create(b, loc, wraps, code.constant(0), moved);
    carry = arith::IndexCastUIOp::create(b, loc, b.getIndexType(), wraps);
  }
  if (!next.empty())
    scf::YieldOp::create(b, loc, next);
}

//===----------------------------------------------------------------------===//
// Groups
//===----------------------------------------------------------------------===//

void NestEmitter::emitGroup(const Group &group) {
  ops.clear();
  parallelDims.clear();
  reductionDims.clear();
  accumulators.clear();
  vectorDim = group.vectorDim;
  for (unsigned number : group.ops)
    ops.push_back(&kernel.ops[number]);
  dims = ops.front()->dims;
  llvm::SmallBitVector reduces(dims.size());
  for (LoopOp *op : ops) {
    if (!op->isReduction())
      continue;
    for (auto [number, dim] : llvm::enumerate(op->dims))
      if (dim.reduction)
        reduces.set(number);
    for (unsigned k = 0; k < op->outputs.size(); ++k)
      accumulators.push_back({op, k, op->combiners[k]});
  }
  Point point;
  point.index.resize(dims.size());
  point.relative.resize(dims.size());
  for (unsigned dim = 0; dim < dims.size(); ++dim) {
    if (!kernel.isLocal(dim))
      point.index[dim] = point.relative[dim] = gridIndex[dim];
    else if (dim != vectorDim)
      (reduces.test(dim) ? reductionDims : parallelDims).push_back(dim);
  }
  if (ops.front()->isHadamard())
    llvm::erase(parallelDims, dims.size() - 2);
  lanesReduce = vectorDim && reduces.test(*vectorDim);
  tileDim = findTileDim();
  jamDim = findJamDim();
  if (std::optional<unsigned> last = tileDim ? tileDim : jamDim) {
    llvm::erase(parallelDims, *last);
    parallelDims.push_back(*last);
  }
  Loads loads;
  hoist(point, loads, /*beforeLanes=*/true);
  emitParallel(0, point, loads);
}

std::pair<Value, Value> NestEmitter::bounds(unsigned dim) {
  if (dim < kernel.shared)
    return {gridIndex[dim], gridEnd[dim]};
  return {code.constant(0), code.size(dims[dim].extent)};
}

void NestEmitter::setIndex(Point &point, unsigned dim, Value value) {
  point.index[dim] = point.relative[dim] = value;
  if (dim < kernel.shared)
    point.relative[dim] =
        b.createOrFold<arith::SubIOp>(loc, value, gridIndex[dim]);
}

bool NestEmitter::writtenInGroup(Value root) {
  return llvm::any_of(ops, [&](LoopOp *op) {
    return llvm::any_of(op->outputs,
                        [&](Access &output) { return output.root == root; });
  });
}

/// Loads what depends on no loop that is still to open, so that it is loaded
/// once. Memory written by the group is left to its turn.
void NestEmitter::hoist(const Point &point, Loads &loads, bool beforeLanes) {
  for (LoopOp *op : ops)
    for (auto [number, input] : llvm::enumerate(op->inputs)) {
      if (input.isScalarOperand() || !op->readsInput(number) ||
          loads.contains(&input) || writtenInGroup(input.root))
        continue;
      bool ready = true, outer = true;
      for (unsigned dim = 0; dim < dims.size(); ++dim) {
        bool open = point.index[dim] != nullptr;
        ready &= open || !input.dependsOn(dim);
        outer &= open;
      }
      if (vectorDim && (beforeLanes || point.copies > 1) &&
          input.dependsOn(*vectorDim))
        ready = false;
      if (point.rows > 1 && input.dependsOn(*jamDim))
        ready = false;
      if (ready && !outer)
        loads[&input] = code.load(*op, input, point);
    }
}

/// The number of iterations in [lower, upper) rounded down to whole `step`s,
/// added to lower.
static Value wholeSteps(OpBuilder &b, Location loc, Value lower, Value upper,
                        int64_t step) {
  Value size = b.createOrFold<arith::SubIOp>(loc, upper, lower);
  Value mask = arith::ConstantIndexOp::create(b, loc, -step);
  Value whole = b.createOrFold<arith::AndIOp>(loc, size, mask);
  return b.createOrFold<arith::AddIOp>(loc, lower, whole);
}

/// Opens the parallel loops from `depth` on.
void NestEmitter::emitParallel(unsigned depth, Point point, Loads loads) {
  if (depth == parallelDims.size()) {
    if (ops.front()->isHadamard())
      return emitHadamard(point, loads);
    if (vectorDim && lanesReduce)
      return emitReductionLanes(point, loads);
    return emitLanes(point, loads);
  }
  unsigned dim = parallelDims[depth];
  if (dim == tileDim)
    return emitTiles(point, loads);
  auto [lower, upper] = bounds(dim);
  SmallVector<unsigned> steps = {1};
  if (dim == jamDim)
    steps = {kJammedRows, 1};
  Value from = lower;
  for (unsigned rows : steps) {
    Value to = rows == 1 ? upper : wholeSteps(b, loc, lower, upper, rows);
    auto loop = scf::ForOp::create(b, loc, from, to, code.constant(rows));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Point inner = point;
    inner.rows = rows;
    setIndex(inner, dim, loop.getInductionVar());
    Loads innerLoads = loads;
    hoist(inner, innerLoads, /*beforeLanes=*/true);
    emitParallel(depth + 1, inner, innerLoads);
    from = to;
  }
}

/// A loop whose iterations read the same elements of some input, so that
/// loading them once for several is worth the registers.
std::optional<unsigned> NestEmitter::findJamDim() {
  if (!vectorDim || lanesReduce || accumulators.size() != 1)
    return std::nullopt;
  for (unsigned dim : llvm::reverse(parallelDims))
    for (LoopOp *op : ops)
      for (const Access &input : op->inputs)
        if (!input.isScalarOperand() && !input.dependsOn(dim) &&
            input.dependsOn(*vectorDim))
          return dim;
  return std::nullopt;
}

/// How many vectors of the group's bodies are computed side by side.
unsigned NestEmitter::copiesOf() {
  unsigned count = 0;
  for (LoopOp *op : ops)
    if (op->body)
      count += op->body->getOperations().size() - 1;
  return count <= kManyCopiesMaxOps  ? kManyCopies
         : count <= kFewCopiesMaxOps ? kFewCopies
                                     : 1;
}

/// Cuts the lanes' loop into several vectors at once, one vector, one lane;
/// leaves out what is known to be empty.
SmallVector<NestEmitter::Strip> NestEmitter::strips(unsigned copies) {
  auto [lower, upper] = bounds(*vectorDim);
  std::optional<int64_t> rest = dims[*vectorDim].extent.constant();
  int64_t block =
      *vectorDim < kernel.shared ? kernel.grid[*vectorDim].block : 0;
  if (rest && block && *rest > block)
    rest = *rest % block == 0 ? std::optional(block) : std::nullopt;
  SmallVector<Strip> result;
  if (copies > 1)
    result.push_back({width, copies, nullptr, nullptr});
  result.push_back({width, 1, nullptr, nullptr});
  result.push_back({1, 1, nullptr, nullptr});
  if (rest)
    llvm::erase_if(result, [&](const Strip &strip) {
      bool empty = *rest < strip.step();
      *rest %= strip.step();
      return empty;
    });
  Value from = lower;
  for (Strip &strip : result) {
    strip.from = from;
    strip.to = strip.step() == 1
                   ? upper
                   : wholeSteps(b, loc, lower, upper, strip.step());
    from = strip.to;
  }
  return result;
}

/// Emits the parallel lanes.
void NestEmitter::emitLanes(Point point, Loads loads) {
  if (!vectorDim)
    return emitStrip(point, loads);
  unsigned copies = point.rows > 1 ? kCopiesOfRow : copiesOf();
  for (const Strip &strip : strips(copies)) {
    auto loop = scf::ForOp::create(b, loc, strip.from, strip.to,
                                   code.constant(strip.step()));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Point inner = point;
    setIndex(inner, *vectorDim, loop.getInductionVar());
    inner.vectorDim = vectorDim;
    inner.lanes = strip.lanes;
    inner.copies = strip.copies;
    emitStrip(inner, loads);
  }
}

//===----------------------------------------------------------------------===//
// Transposition in registers
//===----------------------------------------------------------------------===//

/// Is `access` strided along the lanes but contiguous `along` another loop?
bool NestEmitter::isTransposed(const Access &access, unsigned along) {
  if (access.isScalarOperand() || writtenInGroup(access.root) ||
      access.elementType().isInteger(1))
    return false;
  const SizeExpr &step = access.coefficients[*vectorDim];
  return !step.isZero() && !step.isOne() &&
         !access.nonlinearDims.test(*vectorDim) &&
         !access.nonlinearDims.test(along) &&
         access.coefficients[along].isOne();
}

std::optional<unsigned> NestEmitter::findTileDim() {
  // The network of shuffles works on groups of four lanes.
  if (!vectorDim || !accumulators.empty() || width < 4)
    return std::nullopt;
  for (unsigned dim : parallelDims) {
    std::optional<int64_t> extent = dims[dim].extent.constant();
    if (extent && *extent < width)
      continue;
    for (LoopOp *op : ops)
      for (auto [number, input] : llvm::enumerate(op->inputs))
        if (op->readsInput(number) && isTransposed(input, dim))
          return dim;
  }
  return std::nullopt;
}

/// Opens the loop over the tile dimension: whole tiles, then single indices.
void NestEmitter::emitTiles(Point point, Loads loads) {
  auto [lower, upper] = bounds(*tileDim);
  Value whole = wholeSteps(b, loc, lower, upper, width);
  for (bool tiles : {true, false}) {
    auto loop =
        scf::ForOp::create(b, loc, tiles ? lower : whole, tiles ? whole : upper,
                           code.constant(tiles ? width : 1));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Point inner = point;
    setIndex(inner, *tileDim, loop.getInductionVar());
    if (tiles)
      emitTile(inner, loads);
    else
      emitLanes(inner, loads);
  }
}

/// Emits `width` indices of the tile dimension from the point's on.
void NestEmitter::emitTile(Point point, const Loads &loads) {
  Value first = point.index[*tileDim];
  for (const Strip &strip : strips(/*copies=*/1)) {
    auto loop = scf::ForOp::create(b, loc, strip.from, strip.to,
                                   code.constant(strip.step()));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Point at = point;
    setIndex(at, *vectorDim, loop.getInductionVar());
    at.vectorDim = vectorDim;
    at.lanes = strip.lanes;
    if (strip.lanes == 1) {
      Value last = code.add(first, code.constant(width));
      auto rest = scf::ForOp::create(b, loc, first, last, code.constant(1));
      b.setInsertionPointToStart(rest.getBody());
      setIndex(at, *tileDim, rest.getInductionVar());
      emitPoint(at, loads, {});
      continue;
    }
    SmallVector<std::pair<const Access *, SmallVector<Value>>> squares;
    for (LoopOp *op : ops)
      for (auto [number, input] : llvm::enumerate(op->inputs))
        if (op->readsInput(number) && isTransposed(input, *tileDim))
          squares.push_back({&input, code.loadTransposed(*op, input, at)});
    for (unsigned i = 0; i < width; ++i) {
      Loads row = loads;
      for (auto &[access, vectors] : squares)
        row[access] = vectors[i];
      setIndex(at, *tileDim, code.add(first, code.constant(i)));
      emitPoint(at, row, {});
    }
  }
}

//===----------------------------------------------------------------------===//
// Strips
//===----------------------------------------------------------------------===//

/// The start value of an accumulator at `point`.
Value NestEmitter::initial(const Accumulator &accumulator, const Point &point) {
  LoopOp &op = *accumulator.op;
  Value value = op.initial[accumulator.output];
  if (!value)
    value = code.load(op, op.outputs[accumulator.output], point);
  return code.widen(value, point.lanes);
}

/// The points that are computed side by side from `point` on.
SmallVector<Point> NestEmitter::patch(const Point &point) {
  SmallVector<Point> points;
  for (unsigned row = 0; row < point.rows; ++row)
    for (unsigned copy = 0; copy < point.copies; ++copy) {
      Point at = point;
      at.rows = at.copies = 1;
      if (row != 0)
        setIndex(at, *jamDim,
                 code.add(point.index[*jamDim], code.constant(row)));
      if (copy != 0)
        setIndex(at, *vectorDim,
                 code.add(point.index[*vectorDim],
                          code.constant(copy * point.lanes)));
      points.push_back(std::move(at));
    }
  return points;
}

/// Emits a patch of points: their accumulators, the reduction loops, their
/// stores.
void NestEmitter::emitStrip(Point point, const Loads &loads) {
  SmallVector<Point> points = patch(point);
  if (accumulators.empty()) {
    for (Point &at : points)
      emitPoint(at, loads, {});
    return;
  }
  SmallVector<Value> values;
  for (Point &at : points)
    for (const Accumulator &accumulator : accumulators)
      values.push_back(initial(accumulator, at));
  Loads inner = loads;
  hoist(point, inner, /*beforeLanes=*/false);
  values = emitReduction(0, point, inner, values);
  for (auto [number, at] : llvm::enumerate(points))
    for (auto [k, accumulator] : llvm::enumerate(accumulators))
      code.store(*accumulator.op, accumulator.op->outputs[accumulator.output],
                 at, values[number * accumulators.size() + k]);
}

/// Opens the reduction loops from `depth` on and carries the accumulators
/// through them. Lanes that reduce are innermost.
SmallVector<Value> NestEmitter::emitReduction(unsigned depth, Point point,
                                              Loads loads,
                                              ArrayRef<Value> carried) {
  if (depth == reductionDims.size()) {
    if (lanesReduce)
      return emitLaneLoops(point, loads, carried);
    SmallVector<Value> results;
    unsigned count = accumulators.size();
    for (auto [number, at] : llvm::enumerate(patch(point)))
      llvm::append_range(
          results, emitPoint(at, loads, carried.slice(number * count, count)));
    return results;
  }
  unsigned dim = reductionDims[depth];
  auto [lower, upper] = bounds(dim);
  auto loop = scf::ForOp::create(b, loc, lower, upper, code.constant(1),
                                 SmallVector<Value>(carried));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  setIndex(point, dim, loop.getInductionVar());
  hoist(point, loads, /*beforeLanes=*/true);
  SmallVector<Value> args(loop.getRegionIterArgs());
  SmallVector<Value> results = emitReduction(depth + 1, point, loads, args);
  scf::YieldOp::create(b, loc, results);
  return SmallVector<Value>(loop.getResults());
}

//===----------------------------------------------------------------------===//
// Lanes that reduce
//===----------------------------------------------------------------------===//

/// Emits a reduction with lanes: vector accumulators side by side, a scalar
/// one for the tail, joined at the end in an order fixed by their number.
void NestEmitter::emitReductionLanes(Point point, Loads loads) {
  unsigned copies = copiesOf();
  SmallVector<Value> carried;
  for (const Accumulator &accumulator : accumulators) {
    Type type = accumulator.op->outputs[accumulator.output].elementType();
    Value scalar = code.neutral(accumulator.combiner, type);
    carried.append(copies, code.widen(scalar, width));
    carried.push_back(scalar);
  }
  SmallVector<Value> results = emitReduction(0, point, loads, carried);
  for (auto [k, accumulator] : llvm::enumerate(accumulators)) {
    auto parts = ArrayRef(results).slice(k * (copies + 1), copies + 1);
    SmallVector<Value> vectors(parts.drop_back());
    for (unsigned count = copies; count > 1; count /= 2)
      for (unsigned i = 0; i < count / 2; ++i)
        vectors[i] = code.combine(accumulator.combiner, vectors[i],
                                  vectors[i + count / 2]);
    Value sum = code.combineLanes(accumulator.combiner, vectors.front());
    sum = code.combine(accumulator.combiner, sum, parts.back());
    sum = code.combine(accumulator.combiner, initial(accumulator, point), sum);
    code.store(*accumulator.op, accumulator.op->outputs[accumulator.output],
               point, sum);
  }
}

/// The loops along the lanes' dimension. `carried` holds per accumulator the
/// vectors and then the scalar of the tail.
SmallVector<Value> NestEmitter::emitLaneLoops(Point point, Loads loads,
                                              ArrayRef<Value> carried) {
  unsigned copies = copiesOf(), stride = copies + 1;
  SmallVector<Value> values(carried);
  for (const Strip &strip : strips(copies)) {
    auto loop = scf::ForOp::create(b, loc, strip.from, strip.to,
                                   code.constant(strip.step()), values);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    SmallVector<Value> results(loop.getRegionIterArgs());
    for (unsigned copy = 0; copy < strip.copies; ++copy) {
      Point at = point;
      at.vectorDim = vectorDim;
      at.lanes = strip.lanes;
      setIndex(
          at, *vectorDim,
          code.add(loop.getInductionVar(), code.constant(copy * strip.lanes)));
      SmallVector<Value> now;
      unsigned slot = strip.lanes == 1 ? copies : copy;
      for (unsigned k = 0; k < accumulators.size(); ++k)
        now.push_back(results[k * stride + slot]);
      SmallVector<Value> next = emitPoint(at, loads, now);
      for (unsigned k = 0; k < accumulators.size(); ++k)
        results[k * stride + slot] = next[k];
    }
    scf::YieldOp::create(b, loc, results);
    values.assign(loop.getResults().begin(), loop.getResults().end());
  }
  return values;
}

//===----------------------------------------------------------------------===//
// One point
//===----------------------------------------------------------------------===//

/// Emits the bodies of all ops of the group at `point`. Values that an op
/// stores are handed to later ops in registers. Returns the accumulators' next
/// values.
SmallVector<Value> NestEmitter::emitPoint(const Point &point,
                                          const Loads &loads,
                                          ArrayRef<Value> carried) {
  SmallVector<std::pair<const Access *, Value>> stored;
  SmallVector<Value> results;
  auto read = [&](LoopOp &op, Access &access) -> Value {
    for (auto &[access2, value] : llvm::reverse(stored))
      if (access2->sameElement(access))
        return value;
    if (Value value = loads.lookup(&access))
      return value;
    return code.load(op, access, point);
  };
  for (LoopOp *op : ops) {
    SmallVector<Value> args;
    for (auto [number, input] : llvm::enumerate(op->inputs))
      args.push_back(op->readsInput(number) ? read(*op, input) : Value());
    bool reduces = op->isReduction();
    for (unsigned k = 0; k < op->outputs.size(); ++k) {
      if (reduces)
        args.push_back(carried[results.size() + k]);
      else
        args.push_back(op->readsOutput[k] ? read(*op, op->outputs[k])
                                          : Value());
    }
    SmallVector<Value> yielded = code.body(*op, args, point);
    for (auto [k, value] : llvm::enumerate(yielded)) {
      value = code.widen(value, point.lanes);
      if (reduces) {
        results.push_back(value);
        continue;
      }
      Access &output = op->outputs[k];
      stored.push_back({&output, value});
      auto temporary = kernel.temporaries.find(output.base);
      if (temporary == kernel.temporaries.end() || !temporary->second.forwarded)
        code.store(*op, output, point, value);
    }
  }
  return results;
}

} // namespace nibble::codegen::loopnest
