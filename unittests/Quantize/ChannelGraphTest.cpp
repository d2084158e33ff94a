//===- ChannelGraphTest.cpp - Spaces against what functions compute -------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Gives every space that nothing pins a random map of the graph's kind, as the
// graph says where: what the functions compute must stay the same.
//
//===----------------------------------------------------------------------===//

#include "nibble/Quantize/Transform/ChannelGraph.h"

#include "../NN/ReferenceFixture.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "nibble/Numerics/Transform.h"
#include "llvm/ADT/SmallPtrSet.h"

#include <numeric>

using namespace mlir;
using namespace nibble;
using numerics::Kind;
using numerics::Transform;

namespace {

/// Constants stand for random numbers.
constexpr llvm::StringLiteral kFunctions = R"mlir(
// A pre-norm block with grouped heads and a gated MLP, a tied head.
func.func @decoder(%ids: tensor<1x?xi64>) -> tensor<1x?x11xf32> {
  %c1 = arith.constant 1 : index
  %t = tensor.dim %ids, %c1 : tensor<1x?xi64>
  %table = arith.constant dense<0.0> : tensor<11x16xf32>
  %g0 = arith.constant dense<0.0> : tensor<16xf32>
  %g1 = arith.constant dense<0.0> : tensor<16xf32>
  %wq = arith.constant dense<0.0> : tensor<16x16xf32>
  %wk = arith.constant dense<0.0> : tensor<8x16xf32>
  %wv = arith.constant dense<0.0> : tensor<8x16xf32>
  %bv = arith.constant dense<0.0> : tensor<8xf32>
  %wo = arith.constant dense<0.0> : tensor<16x16xf32>
  %wg = arith.constant dense<0.0> : tensor<24x16xf32>
  %wu = arith.constant dense<0.0> : tensor<24x16xf32>
  %wd = arith.constant dense<0.0> : tensor<16x24xf32>
  %x = nn.embedding %table, %ids : (tensor<11x16xf32>, tensor<1x?xi64>) -> tensor<1x?x16xf32>
  %n = nn.rms_norm %x axis 2 epsilon 1.000000e-05 : (tensor<1x?x16xf32>) -> tensor<1x?x16xf32>
  %m = nn.elementwise <mul> %n, %g0 : (tensor<1x?x16xf32>, tensor<16xf32>) -> tensor<1x?x16xf32>
  %q0 = nn.linear %m, %wq : (tensor<1x?x16xf32>, tensor<16x16xf32>) -> tensor<1x?x16xf32>
  %k0 = nn.linear %m, %wk : (tensor<1x?x16xf32>, tensor<8x16xf32>) -> tensor<1x?x8xf32>
  %v0 = nn.linear %m, %wv bias %bv : (tensor<1x?x16xf32>, tensor<8x16xf32>, tensor<8xf32>) -> tensor<1x?x8xf32>
  %q1 = nn.reshape %q0 shape [1, %t, 4, 4] : tensor<1x?x16xf32> -> tensor<1x?x4x4xf32>
  %k1 = nn.reshape %k0 shape [1, %t, 2, 4] : tensor<1x?x8xf32> -> tensor<1x?x2x4xf32>
  %v1 = nn.reshape %v0 shape [1, %t, 2, 4] : tensor<1x?x8xf32> -> tensor<1x?x2x4xf32>
  %q2 = nn.transpose %q1 permutation [0, 2, 1, 3] : tensor<1x?x4x4xf32> -> tensor<1x4x?x4xf32>
  %k2 = nn.transpose %k1 permutation [0, 2, 1, 3] : tensor<1x?x2x4xf32> -> tensor<1x2x?x4xf32>
  %v2 = nn.transpose %v1 permutation [0, 2, 1, 3] : tensor<1x?x2x4xf32> -> tensor<1x2x?x4xf32>
  %a = nn.attention %q2, %k2, %v2 scale 5.000000e-01 {causal} : (tensor<1x4x?x4xf32>, tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32>) -> tensor<1x4x?x4xf32>
  %a1 = nn.transpose %a permutation [0, 2, 1, 3] : tensor<1x4x?x4xf32> -> tensor<1x?x4x4xf32>
  %a2 = nn.reshape %a1 shape [1, %t, 16] : tensor<1x?x4x4xf32> -> tensor<1x?x16xf32>
  %o = nn.linear %a2, %wo : (tensor<1x?x16xf32>, tensor<16x16xf32>) -> tensor<1x?x16xf32>
  %y = nn.elementwise <add> %x, %o : (tensor<1x?x16xf32>, tensor<1x?x16xf32>) -> tensor<1x?x16xf32>
  %n1 = nn.rms_norm %y axis 2 epsilon 1.000000e-05 : (tensor<1x?x16xf32>) -> tensor<1x?x16xf32>
  %m1 = nn.elementwise <mul> %g1, %n1 : (tensor<16xf32>, tensor<1x?x16xf32>) -> tensor<1x?x16xf32>
  %gate = nn.linear %m1, %wg : (tensor<1x?x16xf32>, tensor<24x16xf32>) -> tensor<1x?x24xf32>
  %up = nn.linear %m1, %wu : (tensor<1x?x16xf32>, tensor<24x16xf32>) -> tensor<1x?x24xf32>
  %s = nn.elementwise <silu> %gate : (tensor<1x?x24xf32>) -> tensor<1x?x24xf32>
  %h = nn.elementwise <mul> %s, %up : (tensor<1x?x24xf32>, tensor<1x?x24xf32>) -> tensor<1x?x24xf32>
  %d = nn.linear %h, %wd : (tensor<1x?x24xf32>, tensor<16x24xf32>) -> tensor<1x?x16xf32>
  %z = nn.elementwise <add> %y, %d : (tensor<1x?x16xf32>, tensor<1x?x16xf32>) -> tensor<1x?x16xf32>
  %n2 = nn.rms_norm %z axis 2 epsilon 1.000000e-05 : (tensor<1x?x16xf32>) -> tensor<1x?x16xf32>
  %l = nn.linear %n2, %table : (tensor<1x?x16xf32>, tensor<11x16xf32>) -> tensor<1x?x11xf32>
  return %l : tensor<1x?x11xf32>
}

// One projection for queries, keys and values, cut by slices; a layer norm.
func.func @fused_qkv(%ids: tensor<?xi64>) -> tensor<?x3xf32> {
  %c0 = arith.constant 0 : index
  %t = tensor.dim %ids, %c0 : tensor<?xi64>
  %table = arith.constant dense<0.0> : tensor<11x8xf32>
  %w = arith.constant dense<0.0> : tensor<24x8xf32>
  %b = arith.constant dense<0.0> : tensor<24xf32>
  %wo = arith.constant dense<0.0> : tensor<3x8xf32>
  %x = nn.embedding %table, %ids : (tensor<11x8xf32>, tensor<?xi64>) -> tensor<?x8xf32>
  %n = nn.layer_norm %x axis 1 epsilon 1.000000e-05 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %qkv = nn.linear %n, %w bias %b : (tensor<?x8xf32>, tensor<24x8xf32>, tensor<24xf32>) -> tensor<?x24xf32>
  %q0 = nn.slice %qkv offsets [0, 0] sizes [%t, 8] strides [1, 1] : tensor<?x24xf32> -> tensor<?x8xf32>
  %k0 = nn.slice %qkv offsets [0, 8] sizes [%t, 8] strides [1, 1] : tensor<?x24xf32> -> tensor<?x8xf32>
  %v0 = nn.slice %qkv offsets [0, 16] sizes [%t, 8] strides [1, 1] : tensor<?x24xf32> -> tensor<?x8xf32>
  %q1 = nn.reshape %q0 shape [1, %t, 2, 4] : tensor<?x8xf32> -> tensor<1x?x2x4xf32>
  %k1 = nn.reshape %k0 shape [1, %t, 2, 4] : tensor<?x8xf32> -> tensor<1x?x2x4xf32>
  %v1 = nn.reshape %v0 shape [1, %t, 2, 4] : tensor<?x8xf32> -> tensor<1x?x2x4xf32>
  %q2 = nn.transpose %q1 permutation [0, 2, 1, 3] : tensor<1x?x2x4xf32> -> tensor<1x2x?x4xf32>
  %k2 = nn.transpose %k1 permutation [0, 2, 1, 3] : tensor<1x?x2x4xf32> -> tensor<1x2x?x4xf32>
  %v2 = nn.transpose %v1 permutation [0, 2, 1, 3] : tensor<1x?x2x4xf32> -> tensor<1x2x?x4xf32>
  %a = nn.attention %q2, %k2, %v2 scale 5.000000e-01 : (tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32>) -> tensor<1x2x?x4xf32>
  %a1 = nn.transpose %a permutation [0, 2, 1, 3] : tensor<1x2x?x4xf32> -> tensor<1x?x2x4xf32>
  %a2 = nn.reshape %a1 shape [%t, 8] : tensor<1x?x2x4xf32> -> tensor<?x8xf32>
  %y = nn.linear %a2, %wo : (tensor<?x8xf32>, tensor<3x8xf32>) -> tensor<?x3xf32>
  return %y : tensor<?x3xf32>
}

// Convolutions, whole, depthwise and in groups; a sum of channels, a flat image.
func.func @image(%x: tensor<?x3x8x8xf32>) -> tensor<?x4xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x3x8x8xf32>
  %f0 = arith.constant dense<0.0> : tensor<6x3x3x3xf32>
  %b0 = arith.constant dense<0.0> : tensor<6xf32>
  %f1 = arith.constant dense<0.0> : tensor<6x1x3x3xf32>
  %f2 = arith.constant dense<0.0> : tensor<12x3x1x1xf32>
  %f3 = arith.constant dense<0.0> : tensor<6x18x1x1xf32>
  %g = arith.constant dense<0.0> : tensor<6x1x1xf32>
  %w = arith.constant dense<0.0> : tensor<4x24xf32>
  %a = nn.conv %x, %f0 bias %b0 strides [2, 2] padding [1, 1, 1, 1] dilations [1, 1] : (tensor<?x3x8x8xf32>, tensor<6x3x3x3xf32>, tensor<6xf32>) -> tensor<?x6x4x4xf32>
  %r = nn.elementwise <relu> %a : (tensor<?x6x4x4xf32>) -> tensor<?x6x4x4xf32>
  %d = nn.conv %r, %f1 strides [1, 1] padding [1, 1, 1, 1] dilations [1, 1] {groups = 6 : i64} : (tensor<?x6x4x4xf32>, tensor<6x1x3x3xf32>) -> tensor<?x6x4x4xf32>
  %e = nn.conv %d, %f2 strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] {groups = 2 : i64} : (tensor<?x6x4x4xf32>, tensor<12x3x1x1xf32>) -> tensor<?x12x4x4xf32>
  %s = nn.concat %r, %e axis 1 : (tensor<?x6x4x4xf32>, tensor<?x12x4x4xf32>) -> tensor<?x18x4x4xf32>
  %h = nn.conv %s, %f3 strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] : (tensor<?x18x4x4xf32>, tensor<6x18x1x1xf32>) -> tensor<?x6x4x4xf32>
  %m = nn.elementwise <mul> %h, %g : (tensor<?x6x4x4xf32>, tensor<6x1x1xf32>) -> tensor<?x6x4x4xf32>
  %p = nn.pool <average> %m window [2, 2] strides [2, 2] padding [0, 0, 0, 0] dilations [1, 1] : (tensor<?x6x4x4xf32>) -> tensor<?x6x2x2xf32>
  %l = nn.reshape %p shape [%n, 24] : tensor<?x6x2x2xf32> -> tensor<?x24xf32>
  %y = nn.linear %l, %w : (tensor<?x24xf32>, tensor<4x24xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
)mlir";

/// A random map of n channels: T, row after row, and T⁻ᵀ.
struct RandomMap {
  std::vector<double> matrix, dual;
};

/// In the order of the functions.
constexpr StringLiteral kNames[] = {"decoder", "fused_qkv", "image"};

class ChannelGraphTest : public test::ReferenceTest {
protected:
  OwningOpRef<ModuleOp> parse() {
    OwningOpRef<ModuleOp> module =
        parseSourceString<ModuleOp>(kFunctions, &context);
    if (!module)
      return module;
    std::mt19937 numbers(3);
    std::uniform_real_distribution<float> distribution(-1, 1);
    module->walk([&](arith::ConstantOp constant) {
      auto type = dyn_cast<RankedTensorType>(constant.getType());
      if (!type)
        return;
      std::vector<float> values(type.getNumElements());
      for (float &value : values)
        value = distribution(numbers);
      constant.setValueAttr(
          DenseElementsAttr::get(type, ArrayRef<float>(values)));
    });
    return module;
  }

  static std::vector<float> getValues(OpOperand &operand) {
    auto constant = operand.get().getDefiningOp<arith::ConstantOp>();
    auto values = cast<DenseElementsAttr>(constant.getValue());
    return {values.value_begin<float>(), values.value_end<float>()};
  }
  /// The op reads other numbers; nobody else does.
  static void setValues(OpOperand &operand, ArrayRef<float> values) {
    OpBuilder builder(operand.getOwner());
    auto type = cast<RankedTensorType>(operand.get().getType());
    operand.set(arith::ConstantOp::create(
        builder, operand.get().getLoc(), DenseElementsAttr::get(type, values)));
  }

  RandomMap makeMap(Kind kind, int64_t size);
  static void change(OpOperand &weights, const nn::ChannelPlace &place,
                     const SpaceStructure &structure,
                     const SpaceStructure::AtNode &at,
                     ArrayRef<RandomMap> maps);
  static void foldGain(const ChannelLink &link);
  unsigned changeSpaces(func::FuncOp function, Kind kind,
                        std::optional<unsigned> leaveOut = std::nullopt);
  std::vector<test::Floats> runAll(ModuleOp module);
  const std::vector<test::Floats> &getExpected();
  void check(Kind kind, ArrayRef<unsigned> numWeights, double bound);

  std::mt19937 choose{7};
};

/// Turns across the ones, three channels at a time.
std::vector<double> makeKeepingOnes(int64_t size) {
  std::vector<double> matrix = Transform::identity(size)->matrix();
  double c = std::cos(1.0), s = std::sin(1.0) / std::sqrt(3.0);
  double near = (1 - c) / 3;
  for (int64_t first = 0; first + 2 < size; ++first)
    for (int64_t row = 0; row < size; ++row) {
      double *x = &matrix[row * size + first];
      double y[3];
      for (int i = 0; i < 3; ++i)
        y[i] = c * x[i] + near * (x[0] + x[1] + x[2]) +
               s * (x[(i + 1) % 3] - x[(i + 2) % 3]);
      std::copy(y, y + 3, x);
    }
  return matrix;
}

RandomMap ChannelGraphTest::makeMap(Kind kind, int64_t size) {
  auto uniform = [&] { return choose() / double(std::mt19937::max()); };
  std::vector<double> matrix(size * size, 0.0);
  switch (kind) {
  case Kind::Permutation: {
    std::vector<int64_t> order(size);
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), choose);
    matrix = Transform::permutation(order)->matrix();
    break;
  }
  case Kind::Sign:
    matrix = Transform::randomSign(size, choose())->matrix();
    break;
  case Kind::PositiveScale:
    for (int64_t i = 0; i < size; ++i)
      matrix[i * size + i] = std::exp2(2 * uniform() - 1);
    break;
  case Kind::OrthogonalKeepingOnes:
    matrix = makeKeepingOnes(size);
    break;
  case Kind::Orthogonal:
    matrix = Transform::randomOrthogonal(size, choose())->matrix();
    break;
  case Kind::Linear:
    // Near the identity, so that its inverse is not large.
    for (double &value : matrix)
      value = (uniform() - 0.5) / double(size);
    for (int64_t i = 0; i < size; ++i)
      matrix[i * size + i] += 1;
    break;
  case Kind::Shift:
    ADD_FAILURE() << "a shift is no matrix";
    break;
  }
  return {matrix, Transform::linear(size, matrix)->dual()->matrix()};
}

/// Rows x along the place's factor become xT.
void ChannelGraphTest::change(OpOperand &weights, const nn::ChannelPlace &place,
                              const SpaceStructure &structure,
                              const SpaceStructure::AtNode &at,
                              ArrayRef<RandomMap> maps) {
  auto type = cast<RankedTensorType>(weights.get().getType());
  test::Shape shape(type.getShape());
  int64_t size = structure.size, apart = at.stride;
  for (int64_t axis = place.axis + 1; axis < type.getRank(); ++axis)
    apart *= shape[axis];
  std::vector<float> before = getValues(weights), after = before;
  int64_t flat = -1;
  test::forEach(shape, [&](const test::Shape &index) {
    ++flat;
    int64_t channel = index[place.axis] - place.offset;
    if (channel < 0 || channel >= place.extent)
      return;
    int64_t block = channel / at.stride / size, c = channel / at.stride % size;
    int64_t copy = 0;
    if (at.copyAxis >= 0)
      copy = (at.copyAxis == place.axis ? block : index[at.copyAxis]) /
             at.copyRepeat;
    ArrayRef<double> matrix = at.isDual ? maps[copy].dual : maps[copy].matrix;
    double sum = 0;
    for (int64_t k = 0; k < size; ++k)
      sum += before[flat + (k - c) * apart] * matrix[k * size + c];
    after[flat] = sum;
  });
  setValues(weights, after);
}

/// Into the readers' second axis, where linear maps and convolutions have what
/// they read.
void ChannelGraphTest::foldGain(const ChannelLink &link) {
  bool isFirst = link.op->getOperand(0).getDefiningOp<arith::ConstantOp>();
  OpOperand &vector = link.op->getOpOperand(isFirst ? 0 : 1);
  std::vector<float> gain = getValues(vector);
  for (OpOperand &use : link.op->getResult(0).getUses()) {
    OpOperand &weights = use.getOwner()->getOpOperand(1);
    auto type = cast<RankedTensorType>(weights.get().getType());
    ASSERT_EQ(type.getDimSize(1), int64_t(gain.size()));
    std::vector<float> values = getValues(weights);
    int64_t flat = 0;
    test::forEach(test::Shape(type.getShape()), [&](const test::Shape &index) {
      values[flat++] *= gain[index[1]];
    });
    setValues(weights, values);
  }
  setValues(vector, std::vector<float>(gain.size(), 1.0f));
}

/// Gives each space that nothing pins a map, but for the weights that come
/// `leaveOut`th. Returns of how many weights.
unsigned ChannelGraphTest::changeSpaces(func::FuncOp function, Kind kind,
                                        std::optional<unsigned> leaveOut) {
  ChannelGraph graph(function, kind);
  unsigned numWeights = 0;
  llvm::SmallPtrSet<Operation *, 4> folded;
  for (const ChannelSpace &space : graph.getSpaces()) {
    if (space.isPinned() || !space.absorbs || space.structure.size < 2)
      continue;
    std::vector<RandomMap> maps;
    for (int64_t i = 0; i < space.structure.copies; ++i)
      maps.push_back(makeMap(kind, space.structure.size));
    for (unsigned number : space.links) {
      const ChannelLink &link = graph.getLinks()[number];
      if (link.foldsGain && folded.insert(link.op).second)
        foldGain(link);
    }
    for (const auto &[key, at] : space.structure.weights) {
      if (numWeights++ == leaveOut)
        continue;
      const ChannelLink &link = graph.getLinks()[key.first];
      const nn::ChannelPlace &place = link.relation.places[key.second];
      change(link.op->getOpOperand(place.port), place, space.structure, at,
             maps);
    }
  }
  return numWeights;
}

std::vector<test::Floats> ChannelGraphTest::runAll(ModuleOp module) {
  auto runner = createReferenceRunner(module);
  if (!runner) {
    ADD_FAILURE() << llvm::toString(runner.takeError());
    return {};
  }
  generator.seed(5);
  std::vector<std::vector<Array>> inputs(3);
  std::vector<int64_t> ids = {3, 1, 4, 10, 5};
  inputs[0].push_back(array<int64_t>(integer(64), {1, 5}, ids));
  inputs[1].push_back(array<int64_t>(integer(64), {5}, ids));
  inputs[2].push_back(array(random({2, 3, 8, 8})));
  std::vector<test::Floats> results;
  for (auto [name, input] : llvm::zip_equal(kNames, inputs)) {
    auto outputs = (*runner)->run(name, input);
    if (!outputs) {
      ADD_FAILURE() << llvm::toString(outputs.takeError());
      return {};
    }
    auto values = outputs->front().as<float>();
    results.emplace_back(values.begin(), values.end());
  }
  return results;
}

/// Of the larger range.
double getDifference(const test::Floats &lhs, const test::Floats &rhs) {
  double range = 0, difference = 0;
  for (auto [a, b] : llvm::zip_equal(lhs, rhs)) {
    range = std::max({range, std::abs(double(a)), std::abs(double(b))});
    difference = std::max(difference, std::abs(double(a) - double(b)));
  }
  return difference / range;
}

/// What the functions compute as they are.
const std::vector<test::Floats> &ChannelGraphTest::getExpected() {
  static const std::vector<test::Floats> expected = [&] {
    OwningOpRef<ModuleOp> module = parse();
    return module ? runAll(*module) : std::vector<test::Floats>();
  }();
  return expected;
}

/// Changes all spaces; nothing else may change by more than `bound`.
void ChannelGraphTest::check(Kind kind, ArrayRef<unsigned> numWeights,
                             double bound) {
  OwningOpRef<ModuleOp> module = parse();
  ASSERT_TRUE(module);
  for (auto [name, number] : llvm::zip_equal(kNames, numWeights)) {
    auto function = module->lookupSymbol<func::FuncOp>(name);
    EXPECT_EQ(changeSpaces(function, kind), number) << name.str();
  }
  std::vector<test::Floats> results = runAll(*module);
  ASSERT_EQ(results.size(), getExpected().size());
  for (auto [name, lhs, rhs] : llvm::zip_equal(kNames, getExpected(), results))
    EXPECT_LT(getDifference(lhs, rhs), bound) << name.str();
}

// Sums of a few dozen products in another order, or with other factors, round
// to f32 some ten times one after the other: 1e-6 each at most. Maps whose
// inverse is not their transpose also make numbers larger before.
TEST_F(ChannelGraphTest, Permutation) {
  check(Kind::Permutation, {26, 16, 16}, 1e-5);
}
TEST_F(ChannelGraphTest, Sign) { check(Kind::Sign, {25, 14, 8}, 1e-5); }
TEST_F(ChannelGraphTest, Scale) {
  check(Kind::PositiveScale, {14, 7, 12}, 1e-5);
}
TEST_F(ChannelGraphTest, OrthogonalKeepingOnes) {
  check(Kind::OrthogonalKeepingOnes, {14, 9, 2}, 1e-5);
}
TEST_F(ChannelGraphTest, Orthogonal) {
  check(Kind::Orthogonal, {14, 7, 2}, 1e-5);
}
TEST_F(ChannelGraphTest, Linear) { check(Kind::Linear, {5, 7, 2}, 1e-4); }

// Each weight of a space must take the map.
TEST_F(ChannelGraphTest, OneLeftOut) {
  OwningOpRef<ModuleOp> module = parse();
  ASSERT_TRUE(module);
  constexpr unsigned kLeftOut[] = {3, 5, 0};
  for (auto [name, leaveOut] : llvm::zip_equal(kNames, kLeftOut))
    changeSpaces(module->lookupSymbol<func::FuncOp>(name), Kind::PositiveScale,
                 leaveOut);
  std::vector<test::Floats> results = runAll(*module);
  ASSERT_EQ(results.size(), getExpected().size());
  for (auto [name, lhs, rhs] : llvm::zip_equal(kNames, getExpected(), results))
    EXPECT_GT(getDifference(lhs, rhs), 1e-3) << name.str();
}

} // namespace
