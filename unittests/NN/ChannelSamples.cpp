//===- ChannelSamples.cpp - Ops to try channel rules with -----------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Extents are random; they are at least 3 where a smaller one would let more
// maps through than the op does (two channels have only one map that keeps
// their mean), and even where signs are multiplied.
//
//===----------------------------------------------------------------------===//

#include "ChannelSamples.h"

#include "dialects/NN/Elementwise.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include <cmath>
#include <random>

using namespace nibble;
using namespace nibble::test;
using namespace nibble::nn;

std::string SampleTensor::type() const {
  std::string text;
  for (int64_t extent : shape)
    text += std::to_string(extent) + "x";
  return text + element;
}

namespace {

using Tensors = std::vector<SampleTensor>;
using Extents = std::vector<int64_t>;

/// Makes the samples, family by family.
class Samples {
public:
  std::vector<ChannelSample> take() {
    addLinear();
    addMatmul();
    for (bool isTransposed : {false, true})
      for (bool isLast : {false, true})
        addConv(isTransposed, isLast);
    addNorms();
    addUnary();
    addBinary();
    addSelect();
    addCast();
    addReductions();
    addWindows();
    addAttention();
    addRope();
    addRecurrent();
    addScan();
    addMoves();
    addParts();
    addGathers();
    addOpaque();
    addGeneric();
    return std::move(samples);
  }

private:
  int64_t any(int64_t low = 3, int64_t high = 5) {
    return std::uniform_int_distribution<int64_t>(low, high)(generator);
  }

  /// `text` is all between the result and the types.
  void add(const std::string &op, const std::string &text, Tensors operands,
           Tensors results, const std::string &prelude = "") {
    std::string body = prelude + "%r";
    if (results.size() > 1)
      body += ":" + std::to_string(results.size());
    body += " = " + op + " " + text + " : (" + types(operands) + ") -> (" +
            types(results) + ")";
    samples.push_back({op, body, std::move(operands), std::move(results)});
  }
  /// An op of one operand, whose types are written without parentheses.
  void addMove(const std::string &op, const std::string &text,
               SampleTensor operand, SampleTensor result) {
    samples.push_back({op,
                       "%r = " + op + " " + text + " : " + types({operand}) +
                           " -> " + types({result}),
                       {operand},
                       {result}});
  }

  static std::string types(const Tensors &tensors) {
    std::vector<std::string> texts;
    for (const SampleTensor &tensor : tensors)
      texts.push_back("tensor<" + tensor.type() + ">");
    return llvm::join(texts, ", ");
  }
  static std::string list(const Extents &values) {
    std::vector<std::string> texts;
    for (int64_t value : values)
      texts.push_back(std::to_string(value));
    return "[" + llvm::join(texts, ", ") + "]";
  }
  static SampleTensor integers(Extents shape, double low, double high,
                               const std::string &element = "i64") {
    return {std::move(shape), element, low, high};
  }

  void addLinear();
  void addMatmul();
  void addConv(bool isTransposed, bool isLast);
  void addNorms();
  void addUnary();
  void addBinary();
  void addSelect();
  void addCast();
  void addReductions();
  void addWindows();
  void addAttention();
  void addRope();
  void addRecurrent();
  void addScan();
  void addMoves();
  void addParts();
  void addGathers();
  void addOpaque();
  void addGeneric();

  std::mt19937 generator{7};
  std::vector<ChannelSample> samples;
};

//===----------------------------------------------------------------------===//
// Contractions
//===----------------------------------------------------------------------===//

void Samples::addLinear() {
  for (bool hasBias : {false, true}) {
    int64_t b = any(), k = any(), n = any();
    Tensors operands = {{{2, b, k}}, {{n, k}}};
    if (hasBias)
      operands.push_back({{n}});
    add("nn.linear", hasBias ? "%a0, %a1 bias %a2" : "%a0, %a1", operands,
        {{{2, b, n}}});
  }
  int64_t d = any();
  add("nn.embedding", "%a0, %a1", {{{7, d}}, integers({2, 3}, -7, 6)},
      {{{2, 3, d}}});
}

void Samples::addMatmul() {
  int64_t m = any(), k = any(), n = any(), b = any(), h = any();
  add("nn.matmul", "%a0, %a1", {{{m, k}}, {{k, n}}}, {{{m, n}}});
  add("nn.matmul", "%a0, %a1 {transpose_rhs}", {{{b, m, k}}, {{b, n, k}}},
      {{{b, m, n}}});
  add("nn.matmul", "%a0, %a1", {{{1, h, m, k}}, {{b, h, k, n}}},
      {{{b, h, m, n}}});
  add("nn.matmul", "%a0, %a1 {transpose_rhs}", {{{b, h, m, k}}, {{h, n, k}}},
      {{{b, h, m, n}}});
  add("nn.matmul", "%a0, %a1", {{{b, 1, m, k}}, {{k, n}}}, {{{b, 1, m, n}}});
}

/// A plain one, grouped ones, and depthwise ones of one and two outputs each.
void Samples::addConv(bool isTransposed, bool isLast) {
  for (auto [groups, in, out] :
       {std::tuple<int64_t, int64_t, int64_t>{1, any(), any()},
        {2, any(), any()},
        {3, 3, 1},
        {any(), 1, 1},
        {any(), 1, 2}}) {
    for (bool hasBias : {false, true}) {
      bool isFlat = hasBias && groups == 1;
      auto image = [&](int64_t rows, int64_t channels, Extents spatial) {
        Extents shape = {rows};
        shape.insert(shape.end(), spatial.begin(), spatial.end());
        shape.insert(isLast ? shape.end() : shape.begin() + 1, channels);
        return SampleTensor{shape};
      };
      Extents spatial = isFlat ? Extents{6} : Extents{4, 5};
      Extents kernel(spatial.size(), 3), ones(spatial.size(), 1);
      int64_t inputs = groups * in, outputs = groups * out;
      Tensors operands = {image(2, inputs, spatial),
                          isTransposed ? image(inputs, out, kernel)
                                       : image(outputs, in, kernel)};
      if (hasBias)
        operands.push_back({{outputs}});
      std::string text = "%a0, %a1";
      text += hasBias ? " bias %a2" : "";
      text += " strides " + list(ones) + " padding " +
              list(Extents(2 * spatial.size(), 1)) + " dilations " + list(ones);
      if (isTransposed)
        text += " output_padding " + list(Extents(spatial.size(), 0));
      text += " {groups = " + std::to_string(groups) +
              " : i64, layout = " + "#nn.layout<channels_" +
              (isLast ? "last" : "first") + ">}";
      add(isTransposed ? "nn.conv_transpose" : "nn.conv", text, operands,
          {image(2, outputs, spatial)});
    }
  }
}

//===----------------------------------------------------------------------===//
// Norms and softmax
//===----------------------------------------------------------------------===//

/// An epsilon that is large, or a scale of the input would not be seen.
void Samples::addNorms() {
  const std::string epsilon = " epsilon 0.5";
  for (int64_t axis : {1, 2, 1}) {
    for (int operands = 0; operands < 4; ++operands) {
      bool hasScale = operands & 1, hasBias = operands & 2;
      Extents shape = {any(), any(), any()};
      Extents channels(shape.begin() + axis, shape.end());
      Tensors tensors = {{shape}};
      std::string text = "%a0";
      auto addOptional = [&](const std::string &name) {
        text += " " + name + " %a" + std::to_string(tensors.size());
        tensors.push_back({channels});
      };
      if (hasScale)
        addOptional("scale");
      if (!hasBias)
        add("nn.rms_norm", text + " axis " + std::to_string(axis) + epsilon,
            tensors, {{shape}});
      if (hasBias)
        addOptional("bias");
      add("nn.layer_norm", text + " axis " + std::to_string(axis) + epsilon,
          tensors, {{shape}});

      // Groups of several channels, of all, and of one.
      int64_t groups = axis == 1 ? (tensors.size() % 2 ? 1 : 3) : 4;
      int64_t within = axis == 1 ? any() : 1;
      tensors[0].shape = {any(), groups * within, 3};
      for (size_t i = 1; i < tensors.size(); ++i)
        tensors[i].shape = {groups * within};
      add("nn.group_norm", text + " groups " + std::to_string(groups) + epsilon,
          tensors, {{tensors[0].shape}});
    }
  }
  for (int64_t axis : {0, 1, 2}) {
    Extents shape = {any(), any(), any()};
    add("nn.softmax",
        "%a0 axis " + std::to_string(axis) + (axis == 1 ? " {log}" : ""),
        {{shape}}, {{shape}});
  }
}

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

std::vector<ElementwiseKind> getElementwiseKinds(unsigned arity) {
  std::vector<ElementwiseKind> kinds;
  for (uint32_t i = 0; i <= getMaxEnumValForElementwiseKind(); ++i)
    if (auto kind = symbolizeElementwiseKind(i);
        kind && getArity(*kind) == arity)
      kinds.push_back(*kind);
  return kinds;
}

bool isBitwise(ElementwiseKind kind) {
  return kind == ElementwiseKind::And || kind == ElementwiseKind::Or ||
         kind == ElementwiseKind::Xor || kind == ElementwiseKind::Not;
}

void Samples::addUnary() {
  for (ElementwiseKind kind : getElementwiseKinds(1)) {
    std::string name = stringifyElementwiseKind(kind).str();
    SampleTensor x{{any(), any(), any()}, "f64", -6, 6};
    SampleTensor y{x.shape};
    std::string text = "<" + name + "> %a0";
    if (kind == ElementwiseKind::Log || kind == ElementwiseKind::Sqrt ||
        kind == ElementwiseKind::Rsqrt)
      x.low = 0.5;
    if (kind == ElementwiseKind::IsNaN)
      x.holes = {NAN};
    if (kind == ElementwiseKind::IsInf)
      x.holes = {INFINITY};
    if (isPredicate(kind))
      y.element = "i1";
    if (isBitwise(kind)) {
      x = integers(x.shape, 0, 9);
      y.element = x.element;
    }
    if (kind == ElementwiseKind::Clip) {
      add("nn.elementwise", text + " {alpha = 0.0 : f64}", {x}, {y});
      text += " {alpha = -1.0 : f64, beta = 2.5 : f64}";
    }
    add("nn.elementwise", text, {x}, {y});
  }
}

/// Both operands whole, then each broadcast along an axis, or a scalar.
void Samples::addBinary() {
  for (ElementwiseKind kind : getElementwiseKinds(2)) {
    Extents shape = {any(), any(), any()};
    Extents narrow = {shape[0], 1, shape[2]};
    for (auto [left, right] : {std::pair<Extents, Extents>{shape, shape},
                               {shape, narrow},
                               {narrow, shape},
                               {shape, {shape[2]}},
                               {shape, {}},
                               {{1}, shape}}) {
      SampleTensor a{left}, b{right}, y{shape};
      if (kind == ElementwiseKind::Pow)
        a.low = 0.5, a.high = 2;
      if (kind == ElementwiseKind::Div || kind == ElementwiseKind::Mod ||
          kind == ElementwiseKind::FMod)
        b.low = 0.3;
      // A negative number times the slopes, or the number itself.
      if (kind == ElementwiseKind::PRelu && left.size() == 1)
        a.low = 0.5;
      if ((kind == ElementwiseKind::Mod || kind == ElementwiseKind::FMod) &&
          left.size() == 1)
        a.low = 2, a.high = 3;
      if (kind == ElementwiseKind::Equal || isBitwise(kind)) {
        a = integers(left, 0, 1);
        b = integers(right, 0, 1);
        // Both values, or a scalar may decide all.
        if (right.empty())
          b.low = 1;
        if (left.size() == 1)
          a.low = 1;
        y.element = "i64";
      }
      if (kind == ElementwiseKind::Xor)
        a.high = 7;
      if (isPredicate(kind))
        y.element = "i1";
      // A scalar that some are above, some below.
      bool compares = kind == ElementwiseKind::Max ||
                      kind == ElementwiseKind::Min || isPredicate(kind);
      for (SampleTensor *scalar : {&a, &b})
        if (compares && kind != ElementwiseKind::Equal &&
            scalar->shape.size() < 2)
          scalar->low = -0.1, scalar->high = 0.1;
      add("nn.elementwise",
          "<" + stringifyElementwiseKind(kind).str() + "> %a0, %a1", {a, b},
          {y});
    }
  }
}

void Samples::addSelect() {
  Extents shape = {4, any(), any()};
  Extents row = {1, shape[1], 1}, column = {shape[0], 1, shape[2]};
  for (auto [c, a, b] :
       {std::tuple<Extents, Extents, Extents>{shape, shape, shape},
        {row, shape, shape},
        {shape, column, shape},
        {{4, 1, 1}, shape, column},
        {{shape[2]}, row, column}})
    add("nn.elementwise", "<select> %a0, %a1, %a2",
        {integers(c, 0, 1, "i1"), {a}, {b}}, {{shape}});
}

void Samples::addCast() {
  for (auto [from, to] : {std::pair<std::string, std::string>{"f64", "f16"},
                          {"f32", "f64"},
                          {"f64", "f64"},
                          {"f64", "i32"},
                          {"i32", "f64"}}) {
    Extents shape = {any(), any()};
    add("nn.cast", "%a0", {{shape, from, -6, 6}}, {{shape, to}});
  }
}

//===----------------------------------------------------------------------===//
// Reductions and windows
//===----------------------------------------------------------------------===//

void Samples::addReductions() {
  for (uint32_t i = 0; i <= getMaxEnumValForReduceKind(); ++i) {
    std::optional<ReduceKind> kind = symbolizeReduceKind(i);
    if (!kind)
      continue;
    double low = *kind == ReduceKind::LogSum ? 0.5 : -1;
    std::string name = "<" + stringifyReduceKind(*kind).str() + "> %a0 axes ";
    int64_t a = any(), c = any();
    SampleTensor x{{a, 4, c}, "f64", low, 1};
    add("nn.reduce", name + "[1]", {x}, {{{a, c}}});
    // Of an even number of factors signs vanish, one way or the other.
    if (*kind != ReduceKind::Prod)
      add("nn.reduce", name + "[0, 1] {keep_dims}", {x}, {{{1, 1, c}}});
  }
  Extents shape = {any(), any(4, 6), any()};
  add("nn.arg_reduce", "%a0 axis 1", {{shape}},
      {integers({shape[0], shape[2]}, 0, 0)});
  add("nn.arg_reduce", "%a0 axis 0 {smallest, keep_dims}", {{shape}},
      {integers({1, shape[1], shape[2]}, 0, 0)});
  add("nn.cumsum", "%a0 axis 1", {{shape}}, {{shape}});
  add("nn.cumsum", "%a0 axis 0 {exclusive, reverse}", {{shape}}, {{shape}});
}

void Samples::addWindows() {
  auto image = [&](bool isLast, int64_t channels, int64_t rows,
                   int64_t columns) {
    return SampleTensor{isLast ? Extents{3, rows, columns, channels}
                               : Extents{3, channels, rows, columns}};
  };
  for (bool isLast : {false, true}) {
    std::string layout = std::string("layout = #nn.layout<channels_") +
                         (isLast ? "last" : "first") + ">}";
    for (const std::string kind : {"max", "average"})
      for (bool pads : {false, true}) {
        int64_t c = any(), pad = pads;
        std::string flags = pads && !isLast ? "count_include_pad, " : "";
        add("nn.pool",
            "<" + kind + "> %a0 window [2, 3] strides [1, 1] padding " +
                list({pad, 0, pad, pad}) + " dilations [1, 1] {" + flags +
                layout,
            {image(isLast, c, 4, 5)}, {image(isLast, c, 3 + pad, 3 + 2 * pad)});
      }
    for (const std::string mode : {"nearest", "linear", "cubic"}) {
      int64_t c = any();
      add("nn.resize",
          "<" + mode + "> <half_pixel> %a0 {scales = array<f32: 2.0, 1.5>, " +
              layout,
          {image(isLast, c, 3, 4)}, {image(isLast, c, 6, 6)});
    }
  }
}

//===----------------------------------------------------------------------===//
// Sequences
//===----------------------------------------------------------------------===//

/// Key heads and query heads of each; masks that hide all keys of some rows.
void Samples::addAttention() {
  struct Case {
    int64_t kv, g, queries, keys;
    std::string optional, flags;
    Tensors tensors;
  };
  auto bits = [&](Extents shape) {
    SampleTensor mask = integers(shape, 0, 1, "i1");
    mask.holes = {0};
    return mask;
  };
  SampleTensor holes{{3, 4, 1, 3}, "f64", -1, 1, {-INFINITY}};
  for (const Case &c :
       {Case{3, 1, 4, 3, "", "", {}}, Case{3, 2, 3, 4, "", "{causal}", {}},
        Case{1, 3, 4, 3, "", "{causal}", {}},
        Case{1, 1, 3, 3, "", "{causal, window = 2 : i64}", {}},
        Case{3, 2, 3, 4, "", "{softcap = 1.5 : f32}", {}},
        Case{4, 1, 3, 3, "mask %a3", "", {holes}},
        Case{3, 2, 3, 3, "mask %a3", "", {bits({3, 1, 3, 3})}},
        Case{3, 3, 3, 3, "mask %a3", "", {bits({9, 3, 3})}},
        Case{2, 3, 3, 4, "lengths %a3", "", {integers({3}, 0, 2)}}}) {
    int64_t d = any(), e = any(), heads = c.kv * c.g;
    Tensors operands = {{{3, heads, c.queries, d}, "f64", -2, 2},
                        {{3, c.kv, c.keys, d}, "f64", -2, 2},
                        {{3, c.kv, c.keys, e}}};
    operands.insert(operands.end(), c.tensors.begin(), c.tensors.end());
    add("nn.attention", "%a0, %a1, %a2 " + c.optional + " scale 0.7 " + c.flags,
        operands, {{{3, heads, c.queries, e}}});
  }
}

void Samples::addRope() {
  for (bool isInterleaved : {false, true}) {
    for (int64_t rest : {0, 3}) {
      int64_t h = any(), t = any(), pairs = any();
      Extents shape = {2, h, t, 2 * pairs + rest};
      Extents table = {rest ? 2 : 1, t, pairs};
      add("nn.rope",
          std::string("%a0, %a1, %a2") +
              (isInterleaved ? " {interleaved}" : ""),
          {{shape}, {table}, {table}}, {{shape}});
    }
  }
}

void Samples::addRecurrent() {
  const int64_t t = 3, b = 2;
  for (const std::string op : {"nn.lstm", "nn.gru"}) {
    bool isLSTM = op == "nn.lstm";
    int64_t gates = isLSTM ? 4 : 3;
    for (bool isFull : {false, true}) {
      int64_t r = isFull ? 2 : 1, i = any(), h = any();
      Tensors operands = {
          {{t, b, i}}, {{r, gates * h, i}}, {{r, gates * h, h}}};
      std::string text = "%a0, %a1, %a2";
      if (isFull) {
        operands.push_back({{r, 2 * gates * h}});
        operands.push_back(integers({b}, 2, t));
        operands.push_back({{r, b, h}});
        text += " bias %a3 lengths %a4 initial_h %a5";
        if (isLSTM) {
          operands.push_back({{r, b, h}});
          operands.push_back({{r, 3 * h}});
          text += " initial_c %a6 peepholes %a7";
        }
        text += " {direction = #nn.direction<bidirectional>";
        text += isLSTM ? "}" : ", linear_before_reset}";
      }
      Tensors results = {{{t, r, b, h}}, {{r, b, h}}};
      if (isLSTM)
        results.push_back({{r, b, h}});
      add(op, text, operands, results);
    }
  }
}

void Samples::addScan() {
  int64_t c = any(), n = any();
  add("nn.selective_scan", "%a0, %a1, %a2, %a3, %a4, %a5, %a6",
      {{{2, 3, c}},
       {{2, 3, c}},
       {{c, n}},
       {{2, 3, n}},
       {{2, 3, n}},
       {{c}},
       {{2, c, n}}},
      {{{2, 3, c}}, {{2, c, n}}});
}

//===----------------------------------------------------------------------===//
// Moves
//===----------------------------------------------------------------------===//

void Samples::addMoves() {
  for (auto [from, to] : {std::pair<Extents, Extents>{{3, 12}, {3, 3, 4}},
                          {{2, 3, 4, 5}, {2, 12, 5}},
                          {{4, 6}, {8, 3}},
                          {{3, 1, 4}, {12}},
                          {{6, 5}, {2, 3, 1, 5}},
                          {{2, 3, 5}, {3, 2, 5}}})
    addMove("nn.reshape", "%a0 shape " + list(to), {from}, {to});
  for (const Extents &permutation :
       {Extents{1, 0, 2}, Extents{2, 1, 0}, Extents{0, 2, 1, 3}}) {
    Extents shape, result;
    for (size_t i = 0; i < permutation.size(); ++i)
      shape.push_back(any());
    for (int64_t axis : permutation)
      result.push_back(shape[axis]);
    addMove("nn.transpose", "%a0 permutation " + list(permutation), {shape},
            {result});
  }
  int64_t a = any(), b = any(), c = any();
  addMove("nn.expand", "%a0 shape " + list({a, b, c}), {{b, 1}}, {{a, b, c}});
  addMove("nn.expand", "%a0 shape " + list({a, b, c}), {{a, 1, c}},
          {{a, b, c}});
  add("nn.concat", "%a0, %a1, %a2 axis 1",
      {{{a, b, c}}, {{a, 3, c}}, {{a, c, c}}}, {{{a, b + 3 + c, c}}});
  add("nn.concat", "%a0, %a1 axis 0", {{{a, b}}, {{c, b}}}, {{{a + c, b}}});
  add("nn.cache_update", "%a0, %a1 axis 2", {{{2, a, b, c}}, {{2, a, 3, c}}},
      {{{2, a, b + 3, c}}});
}

void Samples::addParts() {
  int64_t a = any();
  auto addSlice = [&](Extents shape, Extents offsets, Extents sizes,
                      Extents strides) {
    addMove("nn.slice",
            "%a0 offsets " + list(offsets) + " sizes " + list(sizes) +
                " strides " + list(strides),
            {shape}, {sizes});
  };
  addSlice({a, 9}, {0, 3}, {a, 4}, {1, 1});
  addSlice({a + 1, 9, 4}, {2, 6, 3}, {a - 1, 3, 2}, {1, 1, -2});
  auto addPad = [&](const std::string &text, Extents shape, Extents low,
                    Extents high, const std::string &prelude = "") {
    Extents result = shape;
    for (size_t i = 0; i < shape.size(); ++i)
      result[i] += low[i] + high[i];
    bool hasOperand = text.find("%a1") != std::string::npos;
    Tensors operands = {{shape}};
    if (hasOperand)
      operands.push_back({{}, "f64", 0.5, 1});
    if (prelude.empty()) {
      add("nn.pad", text + " low " + list(low) + " high " + list(high),
          operands, {{result}});
      return;
    }
    // The value is no argument.
    add("nn.pad", text + " low " + list(low) + " high " + list(high), operands,
        {{result}}, prelude);
    std::string &body = samples.back().body;
    body.replace(body.rfind(") -> ("), 1, ", tensor<f64>)");
  };
  addPad("<constant> %a0", {a, 4, 3}, {0, 1, 0}, {0, 2, 0});
  addPad("<constant> %a0", {a, 4, 5}, {1, 1, 0}, {0, 0, -2});
  addPad("<constant> %a0 value %a1", {a, 4, 3}, {0, 1, 0}, {0, 0, 0});
  addPad("<constant> %a0 value %z", {a, 4}, {0, 1}, {0, 1},
         "%z = arith.constant dense<0.0> : tensor<f64>\n");
  for (const std::string mode : {"reflect", "edge", "wrap"})
    addPad("<" + mode + "> %a0", {a, 4}, {0, 2}, {0, 1});
}

void Samples::addGathers() {
  int64_t a = any(), b = any(), c = any();
  add("nn.gather", "%a0, %a1 axis 1", {{{a, b, c}}, integers({2, 4}, -3, 2)},
      {{{a, 2, 4, c}}});
  add("nn.gather", "%a0, %a1 axis 0", {{{a, b}}, integers({}, 0, 2)}, {{{b}}});
  add("nn.gather_nd", "%a0, %a1", {{{a, b, c}}, integers({4, 2}, 0, 2)},
      {{{4, c}}});
  add("nn.gather_nd", "%a0, %a1 {batch_dims = 1 : i64}",
      {{{a, 3, b, c}}, integers({a, 2, 1}, 0, 2)}, {{{a, 2, b, c}}});
}

//===----------------------------------------------------------------------===//
// Others
//===----------------------------------------------------------------------===//

/// Ops that no map crosses: their rule says so.
void Samples::addOpaque() {
  samples.push_back(
      {"nn.quantize_rows",
       "%r:2 = nn.quantize_rows %a0 : tensor<2x4xf32> -> tensor<2x4xi8>, "
       "tensor<2xf32>",
       {{{2, 4}, "f32"}},
       {{{2, 4}, "i8"}, {{2}, "f32"}}});
  add("nn.quantize_elements", "%a0 scale %a1", {{{2, 4}, "f32"}, {{4}, "f32"}},
      {{{2, 4}, "i8"}});
  add("nn.dequantize_elements", "%a0 scale %a1", {{{2, 4}, "i8"}, {{4}, "f32"}},
      {{{2, 4}, "f32"}});
  add("nn.iota", "start %a0 step %a1", {{{}}, {{}}}, {{{5}}});
  samples.push_back({"nn.from_index",
                     "%c = arith.constant 3 : index\n"
                     "%r = nn.from_index %c : tensor<1xi64>",
                     {},
                     {{{1}, "i64"}}});
}

/// Loops that run in any order, one that is summed over, one with an index.
void Samples::addGeneric() {
  int64_t a = any(), b = any(), c = any();
  auto addLoops = [&](const std::string &maps, const std::string &iterators,
                      const std::string &region, Tensors operands,
                      SampleTensor result) {
    std::string values, inputs = operands.size() == 1 ? "%a0" : "%a0, %a1";
    samples.push_back(
        {"linalg.generic",
         "%z = arith.constant dense<0.0> : tensor<" + result.type() +
             ">\n%r = linalg.generic {indexing_maps = [" + maps +
             "], iterator_types = [" + iterators + "]} ins(" + inputs + " : " +
             types(operands) + ") outs(%z : " + types({result}) + ") {\n" +
             region + "\n} -> " + types({result}),
         operands,
         {result}});
  };
  addLoops("affine_map<(d0, d1, d2) -> (d0, d2)>, "
           "affine_map<(d0, d1, d2) -> (d2, d1)>, "
           "affine_map<(d0, d1, d2) -> (d0, d1)>",
           "\"parallel\", \"parallel\", \"reduction\"",
           "^bb0(%x: f64, %y: f64, %s: f64):\n%0 = arith.mulf %x, %y : f64\n"
           "%1 = math.exp %0 : f64\n%2 = arith.addf %s, %1 : f64\n"
           "linalg.yield %2 : f64",
           {{{a, c}}, {{c, b}}}, {{a, b}});
  addLoops("affine_map<(d0, d1) -> (d1, d0)>, affine_map<(d0, d1) -> (d0, d1)>",
           "\"parallel\", \"parallel\"",
           "^bb0(%x: f64, %s: f64):\n%i = linalg.index 1 : index\n"
           "%j = arith.index_cast %i : index to i64\n"
           "%f = arith.sitofp %j : i64 to f64\n%0 = math.exp %x : f64\n"
           "%1 = arith.addf %0, %f : f64\nlinalg.yield %1 : f64",
           {{{b, a}}}, {{a, b}});
}

} // namespace

std::vector<ChannelSample> nibble::test::makeChannelSamples() {
  return Samples().take();
}
