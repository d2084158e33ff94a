//===- AttentionTest.cpp - Fused attention against plain loops --*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelJIT.h"

#include "nibble/Codegen/Kernels/Attention.h"
#include "nibble/Codegen/Kernels/LoopNest.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "gtest/gtest.h"

#include <cmath>
#include <random>

using namespace nibble::codegen;
using namespace nibble::test;

namespace {

enum class Mask { None, Full, Keys, Rows, Boolean };

/// Shapes of one attention; `rowsFirst`: tensors are [batch, row, head, …].
struct Case {
  AttentionDesc desc;
  int64_t batch = 1, queries = 1, keys = 1;
  Mask mask = Mask::None;
  bool lengths = false;
  bool rowsFirst = false;
};

/// Steps of a [batch, heads, rows, width] tensor in elements.
struct Strides {
  Strides() = default;
  Strides(const Case &c, int64_t heads, int64_t rows, int64_t width)
      : batch(heads * rows * width), head(c.rowsFirst ? width : rows * width),
        row(c.rowsFirst ? heads * width : width) {}
  int64_t at(int64_t b, int64_t h, int64_t r) const {
    return b * batch + h * head + r * row;
  }
  int64_t batch = 0, head = 0, row = 0;
};

class Attention {
public:
  explicit Attention(const Case &c) : c(c), random(5) {
    const AttentionDesc &d = c.desc;
    heads = d.keyHeads * d.group;
    q = Strides(c, heads, c.queries, d.depth);
    k = Strides(c, d.keyHeads, c.keys, d.depth);
    v = Strides(c, d.keyHeads, c.keys, d.width);
    out = Strides(c, heads, c.queries, d.width);
    if (c.mask == Mask::Full) {
      mask.batch = heads * c.queries * c.keys;
      mask.head = c.queries * c.keys;
      mask.row = c.keys;
    } else if (c.mask == Mask::Keys)
      mask.batch = c.keys;
    else if (c.mask == Mask::Rows)
      mask.row = 1;
    else if (c.mask == Mask::Boolean)
      mask.row = c.keys;
    fill();
  }

  void check();

private:
  void fill();
  bool hasKeys() const { return c.mask != Mask::Rows; }
  void build(mlir::ModuleOp module);
  std::vector<float> expected() const;
  double logit(int64_t b, int64_t h, int64_t t, int64_t s) const;
  int64_t length(int64_t b) const {
    return c.lengths ? std::min<int64_t>(lengthData->as<int32_t>()[b], c.keys)
                     : c.keys;
  }
  void run(nib_kernel_fn kernel, float *result, bool inPieces);

  Case c;
  std::mt19937 random;
  int64_t heads;
  Strides q, k, v, out, mask;
  std::unique_ptr<GuardedBuffer> query, key, value, maskData, lengthData;
};

std::unique_ptr<GuardedBuffer> floats(std::mt19937 &random, int64_t count) {
  auto buffer = std::make_unique<GuardedBuffer>(count * 4);
  std::uniform_real_distribution<float> draw(-1, 1);
  for (int64_t i = 0; i < count; ++i)
    buffer->as<float>()[i] = draw(random);
  return buffer;
}

void Attention::fill() {
  const AttentionDesc &d = c.desc;
  query = floats(random, c.batch * heads * c.queries * d.depth);
  key = floats(random, c.batch * d.keyHeads * c.keys * d.depth);
  value = floats(random, c.batch * d.keyHeads * c.keys * d.width);
  int64_t masks = c.mask == Mask::Full   ? c.batch * heads * c.queries * c.keys
                  : c.mask == Mask::Keys ? c.batch * c.keys
                  : c.mask == Mask::Rows ? c.queries
                                         : c.queries * c.keys;
  if (c.mask == Mask::Boolean) {
    maskData = std::make_unique<GuardedBuffer>(masks);
    for (int64_t i = 0; i < masks; ++i)
      // The second row sees nothing.
      maskData->as<char>()[i] = random() % 3 != 0 && i / c.keys != 1;
  } else {
    maskData = floats(random, masks);
    for (int64_t i = 0; i < masks; ++i)
      if (random() % 5 == 0)
        maskData->as<float>()[i] = -INFINITY;
  }
  lengthData = std::make_unique<GuardedBuffer>(c.batch * 4);
  for (int64_t b = 0; b < c.batch; ++b)
    lengthData->as<int32_t>()[b] =
        std::max<int64_t>(c.queries, random() % (c.keys + 1));
}

void Attention::build(mlir::ModuleOp module) {
  mlir::OpBuilder b = mlir::OpBuilder::atBlockEnd(module.getBody());
  mlir::Location loc = b.getUnknownLoc();
  auto flat = [](mlir::Type type) {
    return mlir::MemRefType::get({mlir::ShapedType::kDynamic}, type);
  };
  mlir::Type f32 = flat(b.getF32Type()), index = b.getIndexType();
  mlir::Type maskType = flat(c.mask == Mask::Boolean ? mlir::Type(b.getI1Type())
                                                     : b.getF32Type());
  llvm::SmallVector<mlir::Type> types = {
      f32,   f32,   f32,   f32,   maskType,           flat(b.getI32Type()),
      index, index, index, index, flat(b.getI8Type())};
  auto func = mlir::func::FuncOp::create(b, loc, "kernel",
                                         b.getFunctionType(types, {}));
  func.setPrivate();
  func->setAttr("nn.kernel", b.getUnitAttr());
  mlir::Block *body = func.addEntryBlock();
  b.setInsertionPointToStart(body);
  auto tensor = [&](unsigned number, const Strides &strides) {
    auto constant = [&](int64_t value) -> mlir::Value {
      return mlir::arith::ConstantIndexOp::create(b, loc, value);
    };
    return AttentionTensor{body->getArgument(number), constant(strides.batch),
                           constant(strides.head), constant(strides.row)};
  };
  AttentionOperands operands;
  operands.query = tensor(0, q);
  operands.key = tensor(1, k);
  operands.value = tensor(2, v);
  operands.result = tensor(3, out);
  if (c.mask != Mask::None)
    operands.mask = tensor(4, mask);
  operands.maskPerKey = hasKeys();
  if (c.lengths)
    operands.lengths = body->getArgument(5);
  operands.numQueries = body->getArgument(6);
  operands.numKeys = body->getArgument(7);
  operands.begin = body->getArgument(8);
  operands.end = body->getArgument(9);
  operands.scratch = body->getArgument(10);
  emitAttention(b, loc, c.desc, operands);
  mlir::func::ReturnOp::create(b, loc);
}

/// What the key adds before the softmax; -inf if it is not seen.
double Attention::logit(int64_t b, int64_t h, int64_t t, int64_t s) const {
  const AttentionDesc &d = c.desc;
  int64_t last = length(b) - 1;
  if (d.causal)
    last = t + length(b) - c.queries;
  if (s > last || (d.window > 0 && s <= last - d.window))
    return -INFINITY;
  double sum = 0;
  for (int64_t i = 0; i < d.depth; ++i)
    sum += double(query->as<float>()[q.at(b, h, t) + i]) *
           key->as<float>()[k.at(b, h / d.group, s) + i];
  sum *= d.scale;
  if (d.softcap > 0)
    sum = d.softcap * std::tanh(sum / d.softcap);
  int64_t at = mask.at(b, h, t) + (hasKeys() ? s : 0);
  if (c.mask == Mask::Boolean)
    return maskData->as<char>()[at] ? sum : -INFINITY;
  return c.mask == Mask::None ? sum : sum + maskData->as<float>()[at];
}

std::vector<float> Attention::expected() const {
  const AttentionDesc &d = c.desc;
  std::vector<float> result(c.batch * heads * c.queries * d.width);
  std::vector<double> weights(c.keys);
  for (int64_t b = 0; b < c.batch; ++b)
    for (int64_t h = 0; h < heads; ++h)
      for (int64_t t = 0; t < c.queries; ++t) {
        double sum = 0;
        for (int64_t s = 0; s < c.keys; ++s)
          sum += weights[s] = std::exp(logit(b, h, t, s));
        for (int64_t e = 0; e < d.width; ++e) {
          double total = 0;
          for (int64_t s = 0; s < c.keys; ++s)
            total +=
                weights[s] * value->as<float>()[v.at(b, h / d.group, s) + e];
          result[out.at(b, h, t) + e] = sum == 0 ? 0 : total / sum;
        }
      }
  return result;
}

void Attention::run(nib_kernel_fn kernel, float *result, bool inPieces) {
  size_t count = c.batch * heads * c.queries * c.desc.width;
  Slots slots;
  slots.memref(query->as<float>(), query->size() / 4)
      .memref(key->as<float>(), key->size() / 4)
      .memref(value->as<float>(), value->size() / 4)
      .memref(result, count)
      .memref(maskData->as<char>(), maskData->size())
      .memref(lengthData->as<int32_t>(), c.batch)
      .index(c.queries)
      .index(c.keys);
  int64_t mr = getDotInfo(c.desc.dot).mr;
  int64_t tiles = llvm::divideCeil(c.queries * c.desc.group, mr);
  int64_t blocks = llvm::divideCeil(
      tiles, llvm::divideCeil(tiles, llvm::divideCeil(tiles, 8)));
  int64_t grid = c.batch * c.desc.keyHeads * blocks;
  std::vector<char> memory(attentionScratchBytes(c.desc) + 64, char(0xff));
  void *scratch = reinterpret_cast<void *>(
      llvm::alignTo(reinterpret_cast<uintptr_t>(memory.data()), 64));
  if (!inPieces)
    return kernel(slots.data(), 0, grid, scratch);
  for (int64_t point = grid; point-- > 0;) {
    // Nothing may come from what was in scratch: all bits set is NaN.
    std::fill(memory.begin(), memory.end(), char(0xff));
    kernel(slots.data(), point, point + 1, scratch);
  }
}

void Attention::check() {
  auto context = makeContext();
  mlir::OpBuilder builder(context.get());
  mlir::OwningOpRef<mlir::ModuleOp> module =
      mlir::ModuleOp::create(builder.getUnknownLoc());
  build(*module);
  mlir::PassManager pm(context.get());
  pm.addNestedPass<mlir::func::FuncOp>(createExpandMath());
  ASSERT_TRUE(succeeded(mlir::verify(*module)));
  ASSERT_TRUE(succeeded(pm.run(*module)));
  auto jit = KernelJIT::compile(*module);
  ASSERT_TRUE(jit);
  nib_kernel_fn kernel = jit->lookup("kernel");
  ASSERT_TRUE(kernel);

  std::vector<float> want = expected();
  GuardedBuffer whole(want.size() * 4), pieces(want.size() * 4);
  run(kernel, whole.as<float>(), /*inPieces=*/false);
  run(kernel, pieces.as<float>(), /*inPieces=*/true);
  EXPECT_EQ(0, std::memcmp(whole.as<char>(), pieces.as<char>(), whole.size()));
  for (size_t i = 0; i < want.size(); ++i)
    // Weighted means of values in [-1, 1]: logits of up to 80 products round
    // at some 1e-6, and the mean moves by as much.
    ASSERT_NEAR(want[i], whole.as<float>()[i], 1e-5) << "element " << i;
}

AttentionDesc describe(int64_t keyHeads, int64_t group, int64_t depth,
                       int64_t width) {
  AttentionDesc desc;
  desc.keyHeads = keyHeads;
  desc.group = group;
  desc.depth = depth;
  desc.width = width;
  desc.scale = 1 / std::sqrt(double(depth));
  return desc;
}

class AttentionTest : public testing::Test {
protected:
  void SetUp() override {
    if (!TargetFeatures::host().has(Feature::FMA))
      GTEST_SKIP() << "needs AVX2 and FMA";
  }
};

} // namespace

TEST_F(AttentionTest, Shapes) {
  // Rows and keys around tiles, panels and blocks; depths and widths that are
  // no multiple of lanes.
  int64_t sizes[][5] = {// queries, keys, depth, width, group
                        {1, 1, 8, 8, 1},      {7, 65, 32, 32, 1},
                        {50, 130, 64, 80, 1}, {5, 63, 20, 12, 2},
                        {1, 200, 64, 64, 4},  {97, 64, 3, 5, 1}};
  for (auto [queries, keys, depth, width, group] : sizes)
    for (bool rowsFirst : {false, true}) {
      Case c;
      c.desc = describe(2, group, depth, width);
      c.batch = 2;
      c.queries = queries;
      c.keys = keys;
      c.rowsFirst = rowsFirst;
      SCOPED_TRACE(queries * 1000 + keys);
      Attention(c).check();
    }
}

TEST_F(AttentionTest, Masks) {
  for (Mask mask : {Mask::Full, Mask::Keys, Mask::Rows, Mask::Boolean})
    for (bool causal : {false, true}) {
      Case c;
      c.desc = describe(2, 1, 16, 16);
      c.desc.causal = causal;
      c.batch = 2;
      c.queries = 20;
      c.keys = 77;
      c.mask = mask;
      SCOPED_TRACE(int(mask) * 10 + causal);
      Attention(c).check();
    }
}

TEST_F(AttentionTest, Visibility) {
  for (int64_t window : {0, 5, 70})
    for (bool causal : {false, true})
      for (bool lengths : {false, true}) {
        Case c;
        c.desc = describe(1, 3, 16, 8);
        c.desc.causal = causal;
        c.desc.window = window;
        c.desc.softcap = window == 5 ? 2.0 : 0.0;
        c.batch = 3;
        c.queries = 30;
        c.keys = 150;
        c.lengths = lengths;
        SCOPED_TRACE(window * 10 + causal * 2 + lengths);
        Attention(c).check();
      }
}

TEST_F(AttentionTest, MoreQueriesThanKeys) {
  // The first queries see nothing and give zeros.
  Case c;
  c.desc = describe(1, 1, 8, 8);
  c.desc.causal = true;
  c.queries = 20;
  c.keys = 7;
  Attention(c).check();
}
