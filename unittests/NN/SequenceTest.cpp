//===- SequenceTest.cpp - Attention and recurrences in the reference ------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ReferenceFixture.h"

#include <functional>
#include <optional>

using namespace nibble;
using namespace nibble::test;

namespace {

class SequenceTest : public ReferenceTest {};

//===----------------------------------------------------------------------===//
// attention, rope
//===----------------------------------------------------------------------===//

/// `logit(b, h, t, s, product)` gives the masked logit, or nothing where the
/// key is not seen.
using LogitFn = std::function<std::optional<double>(
    int64_t b, int64_t h, int64_t t, int64_t s, double product)>;

Tensor attention(const Tensor &q, const Tensor &k, const Tensor &v,
                 LogitFn logit) {
  int64_t shared = q.shape[1] / k.shape[1], keys = k.shape[2];
  Tensor result({q.shape[0], q.shape[1], q.shape[2], v.shape[3]});
  forEach({q.shape[0], q.shape[1], q.shape[2]}, [&](const Shape &i) {
    std::vector<double> weights(keys, 0);
    double greatest = -INFINITY, sum = 0;
    std::vector<std::optional<double>> logits;
    for (int64_t s = 0; s < keys; ++s) {
      double product = 0;
      for (int64_t d = 0; d < q.shape[3]; ++d)
        product += double(q.at({i[0], i[1], i[2], d})) *
                   k.at({i[0], i[1] / shared, s, d});
      logits.push_back(logit(i[0], i[1], i[2], s, product));
      if (logits.back())
        greatest = std::max(greatest, *logits.back());
    }
    for (int64_t s = 0; s < keys; ++s)
      if (logits[s])
        sum += weights[s] = std::exp(*logits[s] - greatest);
    for (int64_t e = 0; e < v.shape[3]; ++e) {
      double out = 0;
      for (int64_t s = 0; s < keys; ++s)
        out += weights[s] * v.at({i[0], i[1] / shared, s, e});
      result.at({i[0], i[1], i[2], e}) = sum > 0 ? out / sum : 0;
    }
  });
  return result;
}

TEST_F(SequenceTest, AttentionPlain) {
  Tensor q = random({2, 3, 4, 5}), k = random({2, 3, 6, 5});
  Tensor v = random({2, 3, 6, 7});
  expectNear(runOp("nn.attention %a0, %a1, %a2 scale 0.5",
                   {"tensor<?x3x?x5xf32>", "tensor<?x3x?x5xf32>",
                    "tensor<?x3x?x7xf32>"},
                   "tensor<?x3x?x7xf32>", {array(q), array(k), array(v)}),
             attention(q, k, v, [](auto, auto, auto, auto, double product) {
               return 0.5 * product;
             }));
}

TEST_F(SequenceTest, AttentionCausalWithSharedHeadsAndSoftcap) {
  Tensor q = random({1, 4, 3, 8}, 4), k = random({1, 2, 5, 8}, 4);
  Tensor v = random({1, 2, 5, 8});
  expectNear(
      runOp(
          "nn.attention %a0, %a1, %a2 scale 0.25 {causal, softcap = 2.0 : "
          "f32}",
          {"tensor<1x4x3x8xf32>", "tensor<1x2x5x8xf32>", "tensor<1x2x5x8xf32>"},
          "tensor<1x4x3x8xf32>", {array(q), array(k), array(v)}),
      attention(q, k, v,
                [](auto, auto, int64_t t, int64_t s,
                   double product) -> std::optional<double> {
                  if (s > t + 2)
                    return std::nullopt;
                  return 2 * std::tanh(0.25 * product / 2);
                }));
}

TEST_F(SequenceTest, AttentionMasksAndRowsThatSeeNothing) {
  Tensor q = random({2, 2, 3, 4}), k = random({2, 2, 3, 4});
  Tensor v = random({2, 2, 3, 4}), added = random({1, 1, 3, 3});
  std::string type = "tensor<2x2x3x4xf32>";
  expectNear(
      runOp("nn.attention %a0, %a1, %a2 mask %a3 scale 1.0",
            {type, type, type, "tensor<1x1x3x3xf32>"}, type,
            {array(q), array(k), array(v), array(added)}),
      attention(q, k, v, [&](auto, auto, int64_t t, int64_t s, double product) {
        return product + added.at({0, 0, t, s});
      }));
  // The second query sees nothing.
  std::vector<uint8_t> seen = {1, 0, 1, 0, 0, 0, 1, 1, 1};
  expectNear(runOp("nn.attention %a0, %a1, %a2 mask %a3 scale 1.0",
                   {type, type, type, "tensor<3x3xi1>"}, type,
                   {array(q), array(k), array(v),
                    array<uint8_t>(integer(1), {3, 3}, seen)}),
             attention(q, k, v,
                       [&](auto, auto, int64_t t, int64_t s,
                           double product) -> std::optional<double> {
                         if (!seen[t * 3 + s])
                           return std::nullopt;
                         return product;
                       }));
}

TEST_F(SequenceTest, AttentionLengthsAndWindow) {
  Tensor q = random({2, 1, 2, 4}), k = random({2, 1, 6, 4});
  Tensor v = random({2, 1, 6, 4});
  Array lengths = array<int64_t>(integer(64), {2}, {6, 4});
  int64_t valid[] = {6, 4};
  std::vector<std::string> types = {"tensor<2x1x2x4xf32>",
                                    "tensor<2x1x?x4xf32>",
                                    "tensor<2x1x?x4xf32>", "tensor<2xi64>"};
  std::vector<Array> inputs = {array(q), array(k), array(v), lengths};
  auto check = [&](const char *attributes, auto isSeen) {
    SCOPED_TRACE(attributes);
    expectNear(runOp(std::string("nn.attention %a0, %a1, %a2 lengths %a3 "
                                 "scale 1.0") +
                         attributes,
                     types, "tensor<2x1x2x4xf32>", inputs),
               attention(q, k, v,
                         [&](int64_t b, auto, int64_t t, int64_t s,
                             double product) -> std::optional<double> {
                           if (!isSeen(valid[b], t, s))
                             return std::nullopt;
                           return product;
                         }));
  };
  check("", [](int64_t n, int64_t, int64_t s) { return s < n; });
  check(" {causal}",
        [](int64_t n, int64_t t, int64_t s) { return s <= t + n - 2; });
  check(" {causal, window = 2 : i64}", [](int64_t n, int64_t t, int64_t s) {
    return s <= t + n - 2 && s > t + n - 4;
  });
  check(" {window = 3 : i64}",
        [](int64_t n, int64_t, int64_t s) { return s < n && s >= n - 3; });
}

TEST_F(SequenceTest, Rope) {
  Tensor x = random({2, 2, 3, 6}), cosine = random({1, 3, 2});
  Tensor sine = random({1, 3, 2});
  for (bool interleaved : {false, true}) {
    Tensor expected = x;
    forEach({2, 2, 3, 2}, [&](const Shape &i) {
      Shape a = i, b = i;
      a[3] = interleaved ? 2 * i[3] : i[3];
      b[3] = interleaved ? 2 * i[3] + 1 : i[3] + 2;
      float c = cosine.at({0, i[2], i[3]}), s = sine.at({0, i[2], i[3]});
      expected.at(a) = x.at(a) * c - x.at(b) * s;
      expected.at(b) = x.at(a) * s + x.at(b) * c;
    });
    expectNear(
        runOp(std::string("nn.rope %a0, %a1, %a2") +
                  (interleaved ? " {interleaved}" : ""),
              {"tensor<?x2x?x6xf32>", "tensor<1x?x2xf32>", "tensor<1x?x2xf32>"},
              "tensor<?x2x?x6xf32>", {array(x), array(cosine), array(sine)}),
        expected);
  }
}

//===----------------------------------------------------------------------===//
// lstm, gru
//===----------------------------------------------------------------------===//

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

/// Parameters of a recurrence with G gates; absent ones are empty.
struct Cell {
  int64_t gates;
  Tensor w, r, bias, peepholes;
  bool linearBeforeReset = false;

  int64_t hidden() const { return r.shape[2]; }
  /// Row `row` of gate sums for direction d: the input's part.
  double input(int64_t d, int64_t row, const float *x) const {
    double sum = bias.values.empty() ? 0 : bias.at({d, row});
    for (int64_t i = 0; i < w.shape[2]; ++i)
      sum += double(w.at({d, row, i})) * x[i];
    return sum;
  }
  double recurrent(int64_t d, int64_t row, const std::vector<double> &h) const {
    double sum = bias.values.empty() ? 0 : bias.at({d, gates * hidden() + row});
    for (int64_t i = 0; i < hidden(); ++i)
      sum += r.at({d, row, i}) * h[i];
    return sum;
  }
};

using StepFn = std::function<void(
    int64_t d, const float *x, std::vector<double> &h, std::vector<double> &c)>;

struct Recurrent {
  Tensor all, h, c;
};

/// Walks each sequence in its direction(s).
Recurrent walk(const Tensor &x, int64_t hidden, const std::string &direction,
               const std::vector<int32_t> &lengths, const Tensor &h0,
               const Tensor &c0, StepFn step) {
  int64_t steps = x.shape[0], batch = x.shape[1];
  int64_t directions = direction == "bidirectional" ? 2 : 1;
  Recurrent result{Tensor({steps, directions, batch, hidden}),
                   Tensor({directions, batch, hidden}),
                   Tensor({directions, batch, hidden})};
  for (int64_t d = 0; d < directions; ++d)
    for (int64_t b = 0; b < batch; ++b) {
      std::vector<double> h(hidden), c(hidden);
      for (int64_t j = 0; j < hidden; ++j) {
        h[j] = h0.values.empty() ? 0 : h0.at({d, b, j});
        c[j] = c0.values.empty() ? 0 : c0.at({d, b, j});
      }
      int64_t length = lengths.empty() ? steps : lengths[b];
      bool isReverse = d == 1 || direction == "reverse";
      for (int64_t i = 0; i < length; ++i) {
        int64_t t = isReverse ? length - 1 - i : i;
        step(d, &x.values[(t * batch + b) * x.shape[2]], h, c);
        for (int64_t j = 0; j < hidden; ++j)
          result.all.at({t, d, b, j}) = h[j];
      }
      for (int64_t j = 0; j < hidden; ++j) {
        result.h.at({d, b, j}) = h[j];
        result.c.at({d, b, j}) = c[j];
      }
    }
  return result;
}

Recurrent lstm(const Tensor &x, const Cell &cell, const std::string &direction,
               const std::vector<int32_t> &lengths, const Tensor &h0,
               const Tensor &c0) {
  int64_t n = cell.hidden();
  return walk(x, n, direction, lengths, h0, c0,
              [&](int64_t d, const float *in, std::vector<double> &h,
                  std::vector<double> &c) {
                std::vector<double> before = h;
                for (int64_t j = 0; j < n; ++j) {
                  auto gate = [&](int64_t g) {
                    return cell.input(d, g * n + j, in) +
                           cell.recurrent(d, g * n + j, before);
                  };
                  auto peep = [&](int64_t g) {
                    return cell.peepholes.values.empty()
                               ? 0.0
                               : c[j] * cell.peepholes.at({d, g * n + j});
                  };
                  double i = sigmoid(gate(0) + peep(0));
                  double f = sigmoid(gate(2) + peep(2));
                  c[j] = f * c[j] + i * std::tanh(gate(3));
                  double o = sigmoid(gate(1) + peep(1));
                  h[j] = o * std::tanh(c[j]);
                }
              });
}

TEST_F(SequenceTest, LSTM) {
  Tensor x = random({4, 2, 3});
  for (std::string direction : {"forward", "reverse", "bidirectional"})
    for (bool full : {false, true}) {
      SCOPED_TRACE(direction + (full ? " full" : ""));
      int64_t d = direction == "bidirectional" ? 2 : 1;
      Cell cell{4, random({d, 20, 3}), random({d, 20, 5}), Tensor({0}),
                Tensor({0})};
      Tensor h0({0}), c0({0});
      std::vector<int32_t> lengths;
      std::string n = std::to_string(d), op = "nn.lstm %a0, %a1, %a2";
      std::vector<std::string> types = {"tensor<?x2x3xf32>",
                                        "tensor<" + n + "x20x3xf32>",
                                        "tensor<" + n + "x20x5xf32>"};
      std::vector<Array> inputs = {array(x), array(cell.w), array(cell.r)};
      if (full) {
        cell.bias = random({d, 40});
        cell.peepholes = random({d, 15});
        h0 = random({d, 2, 5});
        c0 = random({d, 2, 5});
        lengths = {4, 2};
        op += " bias %a3 lengths %a4 initial_h %a5 initial_c %a6 peepholes %a7";
        std::string state = "tensor<" + n + "x2x5xf32>";
        types.insert(types.end(), {"tensor<" + n + "x40xf32>", "tensor<2xi32>",
                                   state, state, "tensor<" + n + "x15xf32>"});
        inputs.insert(inputs.end(),
                      {array(cell.bias),
                       array<int32_t>(integer(32), {2}, lengths), array(h0),
                       array(c0), array(cell.peepholes)});
      }
      op += " {direction = #nn.direction<" + direction + ">}";
      std::string state = "tensor<" + n + "x2x5xf32>";
      std::string results =
          "(tensor<?x" + n + "x2x5xf32>, " + state + ", " + state + ")";
      std::string signature = "(", operands;
      for (size_t i = 0; i < types.size(); ++i) {
        signature += (i ? ", %a" : "%a") + std::to_string(i) + ": " + types[i];
        operands += (i ? ", " : "") + types[i];
      }
      std::vector<Array> got =
          run(signature + ") -> " + results,
              "%r:3 = " + op + " : (" + operands + ") -> " + results +
                  "\nreturn %r#0, %r#1, %r#2 : tensor<?x" + n + "x2x5xf32>, " +
                  state + ", " + state,
              inputs);
      ASSERT_EQ(got.size(), 3u);
      Recurrent expected = lstm(x, cell, direction, lengths, h0, c0);
      expectNear(got[0], expected.all);
      expectNear(got[1], expected.h);
      expectNear(got[2], expected.c);
    }
}

Recurrent gru(const Tensor &x, const Cell &cell, const std::string &direction,
              const std::vector<int32_t> &lengths) {
  int64_t n = cell.hidden();
  return walk(
      x, n, direction, lengths, Tensor({0}), Tensor({0}),
      [&](int64_t d, const float *in, std::vector<double> &h,
          std::vector<double> &) {
        std::vector<double> before = h, z(n), r(n), scaled(n);
        for (int64_t j = 0; j < n; ++j) {
          z[j] = sigmoid(cell.input(d, j, in) + cell.recurrent(d, j, before));
          r[j] = sigmoid(cell.input(d, n + j, in) +
                         cell.recurrent(d, n + j, before));
          scaled[j] = r[j] * before[j];
        }
        for (int64_t j = 0; j < n; ++j) {
          double part = cell.linearBeforeReset
                            ? r[j] * cell.recurrent(d, 2 * n + j, before)
                            : cell.recurrent(d, 2 * n + j, scaled);
          double candidate = std::tanh(cell.input(d, 2 * n + j, in) + part);
          h[j] = (1 - z[j]) * candidate + z[j] * before[j];
        }
      });
}

TEST_F(SequenceTest, GRU) {
  Tensor x = random({3, 2, 4});
  for (std::string direction : {"forward", "reverse", "bidirectional"})
    for (bool linear : {false, true}) {
      SCOPED_TRACE(direction + (linear ? " linear" : ""));
      int64_t d = direction == "bidirectional" ? 2 : 1;
      Cell cell{3,
                random({d, 15, 4}),
                random({d, 15, 5}),
                random({d, 30}),
                Tensor({0}),
                linear};
      std::vector<int32_t> lengths = {1, 3};
      std::string n = std::to_string(d), state = "tensor<" + n + "x2x5xf32>";
      std::string operands = "tensor<3x?x4xf32>, tensor<" + n +
                             "x15x4xf32>, tensor<" + n + "x15x5xf32>, tensor<" +
                             n + "x30xf32>, tensor<?xi32>";
      std::string results =
          "tensor<3x" + n + "x?x5xf32>, tensor<" + n + "x?x5xf32>";
      std::vector<Array> got =
          run("(%x: tensor<3x?x4xf32>, %w: tensor<" + n +
                  "x15x4xf32>, %r: tensor<" + n + "x15x5xf32>, %b: tensor<" +
                  n + "x30xf32>, %l: tensor<?xi32>) -> (" + results + ")",
              "%y:2 = nn.gru %x, %w, %r bias %b lengths %l {direction = "
              "#nn.direction<" +
                  direction + ">" + (linear ? ", linear_before_reset" : "") +
                  "} : (" + operands + ") -> (" + results +
                  ")\nreturn %y#0, %y#1 : " + results,
              {array(x), array(cell.w), array(cell.r), array(cell.bias),
               array<int32_t>(integer(32), {2}, lengths)});
      ASSERT_EQ(got.size(), 2u);
      Recurrent expected = gru(x, cell, direction, lengths);
      expectNear(got[0], expected.all);
      expectNear(got[1], expected.h);
    }
}

TEST_F(SequenceTest, LengthsBeyondTheInputAreTheInput) {
  Tensor x = random({2, 1, 1});
  Cell cell{3, random({1, 3, 1}), random({1, 3, 1}), random({1, 6}),
            Tensor({0})};
  std::vector<Array> got =
      run("(%x: tensor<2x1x1xf32>, %w: tensor<1x3x1xf32>, %b: tensor<1x6xf32>, "
          "%r: tensor<1x3x1xf32>, %l: tensor<1xi64>) -> tensor<2x1x1x1xf32>",
          "%y:2 = nn.gru %x, %w, %r bias %b lengths %l {direction = "
          "#nn.direction<reverse>} : (tensor<2x1x1xf32>, tensor<1x3x1xf32>, "
          "tensor<1x3x1xf32>, tensor<1x6xf32>, tensor<1xi64>) -> "
          "(tensor<2x1x1x1xf32>, tensor<1x1x1xf32>)\n"
          "return %y#0 : tensor<2x1x1x1xf32>",
          {array(x), array(cell.w), array(cell.bias), array(cell.r),
           array<int64_t>(integer(64), {1}, {1000000})});
  ASSERT_EQ(got.size(), 1u);
  expectNear(got[0], gru(x, cell, "reverse", {}).all);
}

//===----------------------------------------------------------------------===//
// selective_scan
//===----------------------------------------------------------------------===//

TEST_F(SequenceTest, SelectiveScan) {
  Tensor u = random({2, 5, 3}), delta = random({2, 5, 3}), a = random({3, 4});
  Tensor b = random({2, 5, 4}), c = random({2, 5, 4}), d = random({3});
  Tensor h = random({2, 3, 4}), y({2, 5, 3});
  Tensor initial = h;
  for (int64_t n = 0; n < 2; ++n)
    for (int64_t t = 0; t < 5; ++t)
      for (int64_t i = 0; i < 3; ++i) {
        double out = d.values[i] * u.at({n, t, i});
        for (int64_t s = 0; s < 4; ++s) {
          float &state = h.at({n, i, s});
          state = std::exp(delta.at({n, t, i}) * a.at({i, s})) * state +
                  delta.at({n, t, i}) * b.at({n, t, s}) * u.at({n, t, i});
          out += double(c.at({n, t, s})) * state;
        }
        y.at({n, t, i}) = out;
      }
  std::string types = "tensor<2x?x3xf32>, tensor<2x?x3xf32>, tensor<3x4xf32>, "
                      "tensor<2x?x4xf32>, tensor<2x?x4xf32>, tensor<3xf32>, "
                      "tensor<2x3x4xf32>";
  std::vector<Array> got = run(
      "(%u: tensor<2x?x3xf32>, %delta: tensor<2x?x3xf32>, %a: "
      "tensor<3x4xf32>, %b: tensor<2x?x4xf32>, %c: tensor<2x?x4xf32>, %d: "
      "tensor<3xf32>, %h: tensor<2x3x4xf32>) -> (tensor<2x?x3xf32>, "
      "tensor<2x3x4xf32>)",
      "%r:2 = nn.selective_scan %u, %delta, %a, %b, %c, %d, %h : (" + types +
          ") -> (tensor<2x?x3xf32>, tensor<2x3x4xf32>)\n"
          "return %r#0, %r#1 : tensor<2x?x3xf32>, tensor<2x3x4xf32>",
      {array(u), array(delta), array(a), array(b), array(c), array(d),
       array(initial)});
  ASSERT_EQ(got.size(), 2u);
  expectNear(got[0], y);
  expectNear(got[1], h);
}

} // namespace
