//===- RecurrenceTest.cpp - The steps of LSTM and GRU -----------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelJIT.h"

#include "nibble/Codegen/CPU/TargetFeatures.h"
#include "nibble/Codegen/Kernels/Recurrence.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Verifier.h"
#include "gtest/gtest.h"

#include <cmath>
#include <random>

using namespace nibble;
using namespace nibble::codegen;
using namespace nibble::test;

namespace {

struct Case {
  RecurrenceDesc desc;
  int64_t steps = 1, batch = 1;
  bool bias = false, lengths = false, initial = false, peepholes = false;
};

using Floats = std::vector<float>;

/// Operands and results, as the op's description lays them out; empty ones are
/// not there.
struct Data {
  Floats sums, recurrence, bias, initialH, initialC, peepholes;
  std::vector<int32_t> lengths;
  Floats output, lastH, lastC;
};

Floats draw(std::mt19937 &random, int64_t count) {
  std::uniform_real_distribution<float> uniform(-1, 1);
  Floats values(count);
  for (float &value : values)
    value = uniform(random);
  return values;
}

/// Weight of hidden state `k` for `gate` of `unit`.
float weight(const Case &c, const Data &data, int64_t direction, int64_t gate,
             int64_t unit, int64_t k) {
  int64_t lanes = c.desc.lanes, hidden = c.desc.hidden;
  int64_t panel = direction * ((hidden + lanes - 1) / lanes) + unit / lanes;
  return data
      .recurrence[((panel * hidden + k) * c.desc.gates() + gate) * lanes +
                  unit % lanes];
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

/// One step of one sequence in doubles, as ONNX writes LSTM and GRU down.
void step(const Case &c, const Data &data, int64_t direction, const float *sums,
          std::vector<double> &h, std::vector<double> &cell) {
  int64_t hidden = c.desc.hidden;
  std::vector<double> before = h, scaled(hidden);
  auto product = [&](int64_t gate, int64_t unit,
                     const std::vector<double> &states) {
    double sum = 0;
    if (c.bias)
      sum = data.bias[(direction * c.desc.gates() + gate) * hidden + unit];
    for (int64_t k = 0; k < hidden; ++k)
      sum += states[k] * weight(c, data, direction, gate, unit, k);
    return sum;
  };
  auto gate = [&](int64_t number, int64_t unit, double more) {
    return sigmoid(sums[number * hidden + unit] +
                   product(number, unit, before) + more);
  };
  auto peep = [&](int64_t number, int64_t unit) {
    return c.peepholes
               ? data.peepholes[(direction * 3 + number) * hidden + unit] *
                     cell[unit]
               : 0;
  };
  for (int64_t unit = 0; unit < hidden; ++unit)
    scaled[unit] =
        c.desc.cell == nn::Cell::GRU ? gate(1, unit, 0) * before[unit] : 0;
  for (int64_t unit = 0; unit < hidden; ++unit) {
    if (c.desc.cell == nn::Cell::LSTM) {
      double i = gate(0, unit, peep(0, unit)), f = gate(2, unit, peep(2, unit));
      double candidate =
          std::tanh(sums[3 * hidden + unit] + product(3, unit, before));
      cell[unit] = f * cell[unit] + i * candidate;
      h[unit] = gate(1, unit, peep(1, unit)) * std::tanh(cell[unit]);
      continue;
    }
    double update = gate(0, unit, 0);
    double sum = c.desc.cell == nn::Cell::GRU
                     ? product(2, unit, scaled)
                     : gate(1, unit, 0) * product(2, unit, before);
    double candidate = std::tanh(sums[2 * hidden + unit] + sum);
    h[unit] = (1 - update) * candidate + update * before[unit];
  }
}

void computeExpected(const Case &c, Data &data) {
  int64_t directions = c.desc.directions(), hidden = c.desc.hidden;
  data.output.assign(c.steps * directions * c.batch * hidden, 0);
  data.lastH.assign(directions * c.batch * hidden, 0);
  data.lastC = data.lastH;
  for (int64_t direction = 0; direction < directions; ++direction)
    for (int64_t row = 0; row < c.batch; ++row) {
      int64_t state = (direction * c.batch + row) * hidden;
      std::vector<double> h(hidden), cell(hidden);
      for (int64_t unit = 0; unit < hidden && c.initial; ++unit) {
        h[unit] = data.initialH[state + unit];
        cell[unit] = data.initialC[state + unit];
      }
      int64_t length = c.steps;
      if (c.lengths)
        length = std::min<int64_t>(std::max(data.lengths[row], 0), c.steps);
      bool isReverse =
          c.desc.direction == nn::Direction::Reverse || direction == 1;
      for (int64_t number = 0; number < length; ++number) {
        int64_t time = isReverse ? length - 1 - number : number;
        int64_t at = (time * c.batch + row) * directions + direction;
        step(c, data, direction, &data.sums[at * c.desc.gates() * hidden], h,
             cell);
        at = (time * directions + direction) * c.batch + row;
        std::copy(h.begin(), h.end(), data.output.begin() + at * hidden);
      }
      std::copy(h.begin(), h.end(), data.lastH.begin() + state);
      std::copy(cell.begin(), cell.end(), data.lastC.begin() + state);
    }
}

Data makeData(const Case &c) {
  std::mt19937 random(7);
  Data data;
  int64_t directions = c.desc.directions(), hidden = c.desc.hidden;
  int64_t gates = c.desc.gates(), lanes = c.desc.lanes;
  int64_t panels = (hidden + lanes - 1) / lanes;
  data.sums = draw(random, c.steps * c.batch * directions * gates * hidden);
  data.recurrence = draw(random, directions * panels * hidden * gates * lanes);
  if (c.bias)
    data.bias = draw(random, directions * gates * hidden);
  if (c.peepholes)
    data.peepholes = draw(random, directions * 3 * hidden);
  if (c.initial) {
    data.initialH = draw(random, directions * c.batch * hidden);
    data.initialC = draw(random, directions * c.batch * hidden);
  }
  // Too long, and negative: all steps, and none.
  for (int64_t row = 0; row < c.batch && c.lengths; ++row)
    data.lengths.push_back(row == 0   ? c.steps + 3
                           : row == 1 ? -1
                                      : c.steps / 2);
  computeExpected(c, data);
  return data;
}

/// sums, recurrence, bias, lengths, h, c, peepholes, output, last h, last c,
/// steps, batch, begin, end, scratch.
void build(mlir::ModuleOp module, const Case &c) {
  mlir::OpBuilder b = mlir::OpBuilder::atBlockEnd(module.getBody());
  mlir::Location loc = b.getUnknownLoc();
  auto flat = [](mlir::Type type) -> mlir::Type {
    return mlir::MemRefType::get({mlir::ShapedType::kDynamic}, type);
  };
  llvm::SmallVector<mlir::Type> types(10, flat(b.getF32Type()));
  types[3] = flat(b.getI32Type());
  types.append(4, b.getIndexType());
  types.push_back(flat(b.getI8Type()));
  auto func = mlir::func::FuncOp::create(b, loc, "kernel",
                                         b.getFunctionType(types, {}));
  func.setPrivate();
  func->setAttr("nn.kernel", b.getUnitAttr());
  mlir::Block *body = func.addEntryBlock();
  b.setInsertionPointToStart(body);
  auto arg = [&](unsigned number, bool isThere = true) {
    return isThere ? mlir::Value(body->getArgument(number)) : mlir::Value();
  };
  RecurrenceOperands operands;
  operands.sums = arg(0);
  operands.recurrence = arg(1);
  operands.bias = arg(2, c.bias);
  operands.lengths = arg(3, c.lengths);
  operands.initialH = arg(4, c.initial);
  operands.initialC = arg(5, c.initial);
  operands.peepholes = arg(6, c.peepholes);
  operands.output = arg(7);
  operands.lastH = arg(8);
  operands.lastC = arg(9, c.desc.cell == nn::Cell::LSTM);
  operands.steps = arg(10);
  operands.batch = arg(11);
  operands.begin = arg(12);
  operands.end = arg(13);
  operands.scratch = arg(14);
  emitRecurrence(b, loc, c.desc, operands);
  mlir::func::ReturnOp::create(b, loc);
}

/// A copy that ends at an inaccessible page.
template <typename T>
std::unique_ptr<GuardedBuffer> guarded(const std::vector<T> &values) {
  auto buffer = std::make_unique<GuardedBuffer>(values.size() * sizeof(T));
  std::copy(values.begin(), values.end(), buffer->template as<T>());
  return buffer;
}

void check(const Case &c) {
  auto context = makeContext();
  mlir::OpBuilder builder(context.get());
  mlir::OwningOpRef<mlir::ModuleOp> module =
      mlir::ModuleOp::create(builder.getUnknownLoc());
  build(*module, c);
  ASSERT_TRUE(succeeded(mlir::verify(*module)));
  auto jit = KernelJIT::compile(*module);
  ASSERT_TRUE(jit);
  nib_kernel_fn kernel = jit->lookup("kernel");
  ASSERT_TRUE(kernel);

  Data data = makeData(c);
  std::vector<std::unique_ptr<GuardedBuffer>> buffers;
  Slots slots;
  auto pass = [&](const auto &values) {
    using T = typename std::decay_t<decltype(values)>::value_type;
    buffers.push_back(guarded(values));
    slots.memref(buffers.back()->template as<T>(), values.size());
    return buffers.back()->template as<T>();
  };
  pass(data.sums);
  pass(data.recurrence);
  pass(data.bias);
  pass(data.lengths);
  pass(data.initialH);
  pass(data.initialC);
  pass(data.peepholes);
  Floats unset(data.output.size(), std::nanf(""));
  Floats unsetState(data.lastH.size(), std::nanf(""));
  const float *output = pass(unset);
  const float *lastH = pass(unsetState);
  const float *lastC = pass(unsetState);
  slots.index(c.steps).index(c.batch);
  GuardedBuffer scratch(recurrenceScratchBytes(c.desc));
  int64_t grid = c.desc.directions() * c.batch;
  kernel(slots.data(), grid / 2, grid, scratch.as<char>());
  kernel(slots.data(), 0, grid / 2, scratch.as<char>());

  // Sums of `hidden` products in f32, through functions that err by 2 ULPs and
  // do not amplify: some ULPs for each step.
  float tolerance = 1e-6f * (4 + c.desc.hidden) * (1 + c.steps);
  auto compare = [&](const char *what, const float *found, const Floats &want) {
    for (size_t i = 0; i < want.size(); ++i)
      ASSERT_NEAR(found[i], want[i], tolerance) << what << ", element " << i;
  };
  compare("output", output, data.output);
  compare("last h", lastH, data.lastH);
  if (c.desc.cell == nn::Cell::LSTM)
    compare("last c", lastC, data.lastC);
}

class RecurrenceTest : public testing::Test {
protected:
  void SetUp() override {
    if (!TargetFeatures::host().has(Feature::FMA))
      GTEST_SKIP() << "needs AVX2 and FMA";
  }
};

constexpr nn::Cell allCells[] = {nn::Cell::LSTM, nn::Cell::GRU,
                                 nn::Cell::GRULinearBeforeReset};

} // namespace

TEST_F(RecurrenceTest, Units) {
  // Whole vectors, tails, and fewer units than lanes.
  for (nn::Cell cell : allCells)
    for (int64_t hidden : {1, 7, 8, 16, 19}) {
      SCOPED_TRACE(hidden);
      Case c;
      c.desc.cell = cell;
      c.desc.hidden = hidden;
      c.steps = 4;
      c.batch = 2;
      check(c);
    }
}

TEST_F(RecurrenceTest, WiderVectors) {
  Case c;
  c.desc.lanes = 16;
  c.desc.hidden = 21;
  c.steps = 3;
  c.bias = true;
  check(c);
}

TEST_F(RecurrenceTest, Directions) {
  for (nn::Cell cell : allCells)
    for (nn::Direction direction :
         {nn::Direction::Reverse, nn::Direction::Bidirectional})
      for (bool lengths : {false, true}) {
        SCOPED_TRACE(lengths);
        Case c;
        c.desc.cell = cell;
        c.desc.direction = direction;
        c.desc.hidden = 11;
        c.steps = 5;
        c.batch = 3;
        c.lengths = lengths;
        c.bias = c.initial = true;
        check(c);
      }
}

TEST_F(RecurrenceTest, Peepholes) {
  Case c;
  c.desc.direction = nn::Direction::Bidirectional;
  c.desc.hidden = 10;
  c.steps = 4;
  c.batch = 2;
  c.peepholes = c.initial = c.lengths = true;
  check(c);
}

TEST_F(RecurrenceTest, NoSteps) {
  Case c;
  c.desc.hidden = 9;
  c.steps = 0;
  c.batch = 2;
  c.initial = true;
  check(c);
}
