//===- TransformTest.cpp - Transforms against dense matrices===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Numerics/Transform.h"
#include "nibble/Numerics/Hadamard.h"

#include "gtest/gtest.h"

#include "Eigen/LU"

#include <cmath>
#include <cstring>
#include <numeric>
#include <random>

using namespace nibble::numerics;

namespace {

using Matrix =
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Row = Eigen::RowVectorXd;
using Random = std::mt19937;

/// A transform, and what it must be: x -> x * matrix + shift.
struct Case {
  Transform transform;
  Matrix matrix;
  Row shift;
};

int64_t pick(Random &random, int64_t low, int64_t high) {
  return std::uniform_int_distribution<int64_t>(low, high)(random);
}

double number(Random &random, double low = -1, double high = 1) {
  return std::uniform_real_distribution<double>(low, high)(random);
}

template <typename T> T must(Result<T> result) {
  if (!result.ok()) {
    ADD_FAILURE() << result.message();
    std::abort();
  }
  return *result;
}

Case linearCase(Transform transform, Matrix matrix) {
  Row shift = Row::Zero(matrix.rows());
  return {std::move(transform), std::move(matrix), std::move(shift)};
}

std::vector<double> flat(const Matrix &matrix) {
  return {matrix.data(), matrix.data() + matrix.size()};
}

Matrix sylvester(int64_t size) {
  Matrix matrix = Matrix::Ones(size, size);
  for (int64_t i = 0; i < size; ++i)
    for (int64_t j = 0; j < size; ++j)
      if (__builtin_popcountll(i & j) % 2)
        matrix(i, j) = -1;
  return matrix;
}

Matrix kron(const Matrix &a, const Matrix &b) {
  Matrix product(a.rows() * b.rows(), a.cols() * b.cols());
  for (int64_t i = 0; i < a.rows(); ++i)
    for (int64_t j = 0; j < a.cols(); ++j)
      product.block(i * b.rows(), j * b.cols(), b.rows(), b.cols()) =
          a(i, j) * b;
  return product;
}

Case hadamardCase(int64_t size) {
  HadamardOrder order = must(hadamardOrder(size));
  std::vector<int8_t> entries = baseHadamard(order.base);
  Matrix base(order.base, order.base);
  for (int64_t i = 0; i < base.size(); ++i)
    base.data()[i] = entries[i];
  return linearCase(must(Transform::hadamard(size)),
                    kron(base, sylvester(order.power)) /
                        std::sqrt(double(size)));
}

Case haarCase(int64_t size, int64_t levels) {
  Matrix matrix = Matrix::Identity(size, size);
  for (int64_t level = 0; level < levels; ++level) {
    Matrix step = Matrix::Identity(size, size);
    int64_t half = size >> (level + 1);
    for (int64_t i = 0; i < 2 * half; ++i)
      step.row(i).setZero();
    for (int64_t i = 0; i < half; ++i) {
      step(2 * i, i) = step(2 * i + 1, i) = step(2 * i, half + i) =
          std::sqrt(0.5);
      step(2 * i + 1, half + i) = -std::sqrt(0.5);
    }
    matrix *= step;
  }
  return linearCase(must(Transform::haar(size, levels)), matrix);
}

Case permutationCase(int64_t size, Random &random) {
  std::vector<int64_t> source(size);
  std::iota(source.begin(), source.end(), 0);
  std::shuffle(source.begin(), source.end(), random);
  Matrix matrix = Matrix::Zero(size, size);
  for (int64_t i = 0; i < size; ++i)
    matrix(source[i], i) = 1;
  return linearCase(must(Transform::permutation(source)), matrix);
}

Case diagonalCase(int64_t size, Random &random) {
  std::vector<double> values(size);
  for (double &value : values)
    value = number(random, 0.3, 3.0) * (pick(random, 0, 1) ? 1 : -1);
  Row row = Eigen::Map<Row>(values.data(), size);
  return linearCase(must(Transform::diagonal(values)), row.asDiagonal());
}

Case linearMapCase(int64_t size, Random &random) {
  Matrix matrix = 3.0 * Matrix::Identity(size, size);
  for (int64_t i = 0; i < matrix.size(); ++i)
    matrix.data()[i] += number(random) / std::sqrt(double(size));
  return linearCase(must(Transform::linear(size, flat(matrix))), matrix);
}

/// The matrix itself is tested where it is made.
Case rotationCase(int64_t size, Random &random) {
  Transform made = must(Transform::randomOrthogonal(size, random()));
  std::vector<double> values = made.matrix();
  Matrix matrix = Eigen::Map<Matrix>(values.data(), size, size);
  return linearCase(must(Transform::orthogonal(size, values)), matrix);
}

Case shiftCase(int64_t size, Random &random) {
  std::vector<double> values(size);
  for (double &value : values)
    value = number(random);
  return {must(Transform::shift(values)), Matrix::Identity(size, size),
          Eigen::Map<Row>(values.data(), size)};
}

Case composed(const Case &first, const Case &second) {
  return {must(Transform::compose({first.transform, second.transform})),
          first.matrix * second.matrix,
          first.shift * second.matrix + second.shift};
}

Case summed(const std::vector<Case> &parts) {
  int64_t size = 0, start = 0;
  std::vector<Transform> transforms;
  for (const Case &part : parts) {
    size += part.transform.size();
    transforms.push_back(part.transform);
  }
  Case sum{must(Transform::directSum(transforms)), Matrix::Zero(size, size),
           Row::Zero(size)};
  for (const Case &part : parts) {
    int64_t width = part.transform.size();
    sum.matrix.block(start, start, width, width) = part.matrix;
    sum.shift.segment(start, width) = part.shift;
    start += width;
  }
  return sum;
}

Case repeated(const Case &block, int64_t count) {
  Case sum = summed(std::vector<Case>(count, block));
  sum.transform = must(Transform::blocks(block.transform, count));
  return sum;
}

/// Any transform of `size` channels, composed at most `depth` deep.
Case anyCase(int64_t size, int depth, bool shifts, Random &random) {
  int64_t half = pick(random, 1, size - 1 ? size - 1 : 1);
  switch (depth > 0 ? pick(random, 0, 10) : pick(random, 0, 5)) {
  case 0:
    return permutationCase(size, random);
  case 1:
    return diagonalCase(size, random);
  case 2:
    return linearMapCase(size, random);
  case 3:
    return shifts ? shiftCase(size, random) : rotationCase(size, random);
  case 4:
    return hadamardOrder(size).ok() ? hadamardCase(size)
                                    : rotationCase(size, random);
  case 5:
    return size % 4 == 0 ? haarCase(size, 2) : haarCase(size, size % 2 == 0);
  case 6:
    if (size > 1)
      return summed({anyCase(half, depth - 1, shifts, random),
                     anyCase(size - half, depth - 1, shifts, random)});
    [[fallthrough]];
  case 7:
    if (size % 3 == 0)
      return repeated(anyCase(size / 3, depth - 1, shifts, random), 3);
    [[fallthrough]];
  case 8:
    if (size % 2 == 0) {
      Case outer = anyCase(size / 2, depth - 1, false, random);
      Case inner = anyCase(2, depth - 1, false, random);
      return linearCase(
          must(Transform::kronecker(outer.transform, inner.transform)),
          kron(outer.matrix, inner.matrix));
    }
    [[fallthrough]];
  default:
    return composed(anyCase(size, depth - 1, shifts, random),
                    anyCase(size, depth - 1, shifts, random));
  }
}

Matrix randomRows(int64_t count, int64_t size, Random &random) {
  Matrix rows(count, size);
  for (int64_t i = 0; i < rows.size(); ++i)
    rows.data()[i] = number(random);
  return rows;
}

Matrix applied(const Transform &transform, Matrix rows) {
  transform.apply(rows.data(), rows.rows(), rows.cols());
  return rows;
}

/// The largest difference, relative to the largest number that is expected.
double difference(const Matrix &got, const Matrix &expected) {
  return (got - expected).cwiseAbs().maxCoeff() /
         std::max(1e-300, expected.cwiseAbs().maxCoeff());
}

// A few hundred double operations on numbers near 1.
constexpr double doubleBound = 1e-11;
// The same in f32: 2^-24 a step, some tens of steps, amplified by scales.
constexpr double floatBound = 1e-4;

void checkCase(const Case &testCase, Random &random) {
  const Transform &transform = testCase.transform;
  int64_t size = transform.size();
  Matrix rows = randomRows(pick(random, 1, 9), size, random);
  Matrix expected = rows * testCase.matrix;
  expected.rowwise() += testCase.shift;
  Matrix got = applied(transform, rows);
  ASSERT_LE(difference(got, expected), doubleBound);

  Eigen::Matrix<float, -1, -1, Eigen::RowMajor> narrow = rows.cast<float>();
  transform.apply(narrow.data(), narrow.rows(), size);
  EXPECT_LE(difference(narrow.cast<double>(), expected), floatBound);

  EXPECT_LE(difference(applied(transform.inverse(), got), rows), doubleBound);
  std::vector<double> matrix = transform.matrix(), offset = transform.offset();
  EXPECT_LE(difference(Eigen::Map<Matrix>(matrix.data(), size, size),
                       testCase.matrix),
            doubleBound);
  EXPECT_LE((Eigen::Map<Row>(offset.data(), size) - testCase.shift)
                .cwiseAbs()
                .maxCoeff(),
            doubleBound * std::max(1.0, testCase.matrix.cwiseAbs().maxCoeff()));

  Matrix linear = rows * testCase.matrix;
  EXPECT_LE(difference(applied(transform.linearPart(), rows), linear),
            doubleBound);
  if (transform.kinds().contains(Kind::Shift)) {
    EXPECT_FALSE(transform.transpose().ok());
    EXPECT_FALSE(transform.dual().ok());
    return;
  }
  EXPECT_LE(difference(applied(must(transform.transpose()), rows),
                       rows * testCase.matrix.transpose()),
            doubleBound);
  Matrix weights = randomRows(5, size, random);
  Matrix folded = applied(must(transform.dual()), weights);
  EXPECT_LE(difference(got * folded.transpose(), rows * weights.transpose()),
            doubleBound);
}

/// Whether the matrix belongs to what the kinds say.
void checkKinds(const Case &testCase) {
  Kinds kinds = testCase.transform.kinds();
  const Matrix &matrix = testCase.matrix;
  int64_t size = matrix.rows();
  Matrix magnitudes = matrix.cwiseAbs();
  auto isZeroOrOne = [](double v) {
    return v < 1e-12 || std::abs(v - 1) < 1e-12;
  };
  if (Kinds(Kind::Permutation).contains(kinds))
    EXPECT_TRUE(
        std::all_of(matrix.data(), matrix.data() + matrix.size(), isZeroOrOne));
  if ((Kinds(Kind::Permutation) | Kind::Sign).contains(kinds))
    EXPECT_TRUE(std::all_of(
        magnitudes.data(), magnitudes.data() + magnitudes.size(), isZeroOrOne));
  if ((Kinds(Kind::PositiveScale) | Kind::Sign).contains(kinds))
    EXPECT_LE(difference(matrix, Matrix(matrix.diagonal().asDiagonal())),
              1e-12);
  if (Kinds(Kind::Orthogonal).contains(kinds))
    EXPECT_LE(
        difference(matrix * matrix.transpose(), Matrix::Identity(size, size)),
        1e-10);
  if (Kinds(Kind::OrthogonalKeepingOnes).contains(kinds))
    EXPECT_LE((matrix.rowwise().sum().array() - 1).abs().maxCoeff(), 1e-10);
  if (!kinds.contains(Kind::Shift))
    EXPECT_EQ(testCase.shift.cwiseAbs().maxCoeff(), 0);
  if (kinds.isNone())
    EXPECT_LE(difference(matrix, Matrix::Identity(size, size)), doubleBound);
}

TEST(Hadamard, RowsAreOrthogonal) {
  for (int64_t base : baseHadamardOrders()) {
    std::vector<int8_t> h = baseHadamard(base);
    ASSERT_EQ(int64_t(h.size()), base * base);
    for (int8_t entry : h)
      ASSERT_TRUE(entry == 1 || entry == -1) << base;
    for (int64_t i = 0; i < base; ++i)
      for (int64_t j = 0; j < base; ++j)
        ASSERT_EQ(std::inner_product(h.begin() + i * base,
                                     h.begin() + (i + 1) * base,
                                     h.begin() + j * base, 0),
                  i == j ? base : 0)
            << base << ": rows " << i << " and " << j;
  }
}

TEST(Hadamard, Orders) {
  for (int64_t m : {1, 12, 20, 28, 36, 40, 44, 52, 60, 108, 140, 156, 172})
    for (int64_t power : {1, 2, 32}) {
      HadamardOrder order = must(hadamardOrder(m * power));
      EXPECT_EQ(order.base * order.power, m * power);
    }
  for (int64_t none : {-4, 0, 3, 68, 92, 308}) {
    Result<Transform> result = Transform::hadamard(none);
    ASSERT_FALSE(result.ok()) << none;
    EXPECT_EQ(result.message(),
              "there is no Hadamard matrix of order " + std::to_string(none) +
                  "; the orders are m * 2^k with m one of 1, 12, 20, 28, 36, "
                  "44, 52, 60, 108, 140, 156, 172");
  }
}

TEST(Transform, Hadamard) {
  Random random(1);
  for (int64_t size : {1, 2, 32, 256, 12, 24, 40, 80, 112, 36, 44, 52, 60, 108,
                       140, 156, 172, 344}) {
    SCOPED_TRACE(size);
    Case hadamard = hadamardCase(size);
    checkCase(hadamard, random);
    if (size > 1)
      EXPECT_EQ(hadamard.transform.kinds(), Kinds(Kind::Orthogonal));
  }
  // 32 * 5 additions and one scaling; 12 * 24 signs; not 24 * 24.
  EXPECT_EQ(must(Transform::hadamard(32)).operations(), 32 * 6);
  EXPECT_EQ(must(Transform::hadamard(24)).operations(), 24 * (1 + 12 + 1));
}

TEST(Transform, Haar) {
  Random random(2);
  for (auto [size, levels] :
       {std::pair<int, int>{2, 1}, {64, 6}, {24, 3}, {24, 1}}) {
    checkCase(haarCase(size, levels), random);
    checkKinds(haarCase(size, levels));
  }
  EXPECT_EQ(Transform::haar(24, 4).message(),
            "a Haar transform of 4 levels needs a multiple of 2^levels "
            "channels, not 24");
  EXPECT_FALSE(Transform::haar(8, -1).ok());
}

TEST(Transform, RandomOrthogonal) {
  for (int64_t size : {1, 2, 17, 96}) {
    std::vector<double> values =
        must(Transform::randomOrthogonal(size, 7)).matrix();
    Matrix matrix = Eigen::Map<Matrix>(values.data(), size, size);
    EXPECT_LE(
        difference(matrix * matrix.transpose(), Matrix::Identity(size, size)),
        1e-13);
    EXPECT_EQ(values, must(Transform::randomOrthogonal(size, 7)).matrix());
    if (size > 1)
      EXPECT_NE(values, must(Transform::randomOrthogonal(size, 8)).matrix());
  }
  // Elements of a uniform rotation have mean square 1 / n and mean 0.
  std::vector<double> values =
      must(Transform::randomOrthogonal(96, 3)).matrix();
  double sum = std::accumulate(values.begin(), values.end(), 0.0);
  EXPECT_LE(std::abs(sum), 5 * std::sqrt(96.0)); // Five standard deviations.
}

TEST(Transform, ZigZag) {
  // Six channels to two blocks: 9 8 | 7 5 | 3 1 goes there, back and there.
  Transform zigZag = must(Transform::zigZag({1, 9, 3, 8, 5, 7}, 3));
  std::vector<double> row = {1, 9, 3, 8, 5, 7};
  zigZag.apply(row.data(), 1, 6);
  EXPECT_EQ(row, (std::vector<double>{9, 5, 3, 8, 7, 1}));
  EXPECT_EQ(zigZag.kinds(), Kinds(Kind::Permutation));
  EXPECT_EQ(Transform::zigZag({1, 2, 3}, 2).message(),
            "blocks of 2 channels do not divide 3");
}

TEST(Transform, AnyAgainstDense) {
  for (unsigned seed = 0; seed < 400; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    int64_t size = pick(random, 1, 40);
    Case testCase = anyCase(size, seed % 4, seed % 3 == 0, random);
    ASSERT_EQ(testCase.transform.size(), size);
    checkCase(testCase, random);
    checkKinds(testCase);
    if (HasFatalFailure())
      return;
  }
}

/// The chunks that a weight comes in, and the distance of its rows, change no
/// bit.
TEST(Transform, ChunksDoNotMatter) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    int64_t size = pick(random, 2, 48), count = 13;
    Transform transform = anyCase(size, 2, true, random).transform;
    std::vector<float> whole(count * size);
    for (float &value : whole)
      value = float(number(random));
    std::vector<float> chunked(count * (size + 3), 77.0f);
    for (int64_t r = 0; r < count; ++r)
      std::copy_n(whole.begin() + r * size, size,
                  chunked.begin() + r * (size + 3));
    transform.apply(whole.data(), count, size);
    for (int64_t r = 0; r < count;) {
      int64_t rows = std::min<int64_t>(pick(random, 1, 6), count - r);
      transform.apply(chunked.data() + r * (size + 3), rows, size + 3);
      r += rows;
    }
    for (int64_t r = 0; r < count; ++r) {
      EXPECT_EQ(std::memcmp(whole.data() + r * size,
                            chunked.data() + r * (size + 3),
                            size * sizeof(float)),
                0);
      EXPECT_EQ(chunked[r * (size + 3) + size], 77.0f);
    }
  }
}

TEST(Transform, FoldRoundsOnce) {
  for (unsigned seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    int64_t outer = pick(random, 1, 40),
            inner = seed % 2 ? pick(random, 1, 9) : 1;
    int64_t size = pick(random, 1, 24);
    Case testCase = anyCase(size, 2, true, random);
    std::vector<float> values(outer * size * inner);
    for (float &value : values)
      value = float(number(random));
    std::vector<float> folded = values;
    testCase.transform.fold(folded.data(), outer, inner);
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t i = 0; i < inner; ++i) {
        auto at = [&](int64_t c) { return (o * size + c) * inner + i; };
        std::vector<double> row(size);
        for (int64_t c = 0; c < size; ++c)
          row[c] = values[at(c)];
        testCase.transform.apply(row.data(), 1, size);
        for (int64_t c = 0; c < size; ++c)
          ASSERT_EQ(folded[at(c)], float(row[c]));
      }
  }
}

TEST(Transform, CompositionCancels) {
  Random random(5);
  std::vector<Case> cases = {
      hadamardCase(24),          hadamardCase(8),
      haarCase(24, 3),           permutationCase(24, random),
      linearMapCase(24, random), rotationCase(24, random),
      shiftCase(24, random)};
  cases.push_back(repeated(cases[1], 3));
  cases.push_back(summed({cases[1], cases[0]}));
  cases.push_back(composed(cases[0], composed(cases[6], cases[3])));
  cases.push_back(linearCase(
      must(Transform::kronecker(cases[0].transform, cases[1].transform)),
      kron(cases[0].matrix, cases[1].matrix)));
  for (const Case &testCase : cases) {
    const Transform &transform = testCase.transform;
    Transform both = must(Transform::compose({transform, transform.inverse()}));
    EXPECT_TRUE(both.isIdentity()) << transform.kinds().str();
    EXPECT_EQ(both.size(), transform.size());
    EXPECT_TRUE(must(Transform::compose({transform.inverse(), transform}))
                    .isIdentity());
  }
  // A Paley matrix is not its own inverse.
  Case twice = composed(cases[0], cases[0]);
  EXPECT_FALSE(twice.transform.isIdentity());
  checkCase(twice, random);
}

TEST(Transform, Restrict) {
  Random random(6);
  Case block = linearMapCase(4, random), other = rotationCase(6, random);
  Case testCase = summed({repeated(block, 3), other, shiftCase(5, random)});
  checkCase(testCase, random);
  for (auto [begin, size] : {std::pair<int, int>{0, 12},
                             {4, 4},
                             {4, 14},
                             {8, 15},
                             {12, 6},
                             {20, 2},
                             {0, 23},
                             {18, 5}}) {
    Case part{must(testCase.transform.restrict(begin, size)),
              testCase.matrix.block(begin, begin, size, size),
              testCase.shift.segment(begin, size)};
    ASSERT_EQ(part.transform.size(), size);
    checkCase(part, random);
  }
  EXPECT_EQ(testCase.transform.restrict(2, 4).message(),
            "channels 2 to 5 do not map to themselves in a transform of 23 "
            "channels");
  EXPECT_FALSE(testCase.transform.restrict(0, 13).ok());
  EXPECT_EQ(testCase.transform.restrict(20, 4).message(),
            "no segment [20, 24) in 23 channels");
  EXPECT_FALSE(testCase.transform.restrict(3, 0).ok());

  Transform kronecker = must(Transform::kronecker(
      must(Transform::diagonal({2, 3, 4})), other.transform));
  Case middle = linearCase(must(kronecker.restrict(6, 6)), 3 * other.matrix);
  checkCase(middle, random);
  EXPECT_FALSE(kronecker.restrict(3, 6).ok());

  Transform swaps = must(Transform::permutation({1, 0, 3, 2}));
  EXPECT_EQ(must(swaps.restrict(2, 2)).offset().size(), 2u);
  EXPECT_FALSE(swaps.restrict(1, 2).ok());
}

TEST(Transform, KindsOfEach) {
  EXPECT_TRUE(must(Transform::identity(3)).isIdentity());
  EXPECT_TRUE(must(Transform::diagonal({1, 1})).isIdentity());
  EXPECT_TRUE(must(Transform::permutation({0, 1})).isIdentity());
  EXPECT_TRUE(must(Transform::shift({0, 0})).isIdentity());
  EXPECT_EQ(must(Transform::sign({1, -1})).kinds(), Kinds(Kind::Sign));
  EXPECT_EQ(must(Transform::diagonal({1, 2})).kinds(),
            Kinds(Kind::PositiveScale));
  EXPECT_EQ(must(Transform::diagonal({1, -2})).kinds(),
            Kinds(Kind::PositiveScale) | Kind::Sign);
  // A rotation about the ones vector keeps a LayerNorm's mean.
  double a = 2.0 / 3, b = -1.0 / 3;
  EXPECT_EQ(must(Transform::orthogonal(3, {a, a, b, b, a, a, a, b, a})).kinds(),
            Kinds(Kind::OrthogonalKeepingOnes));
  EXPECT_EQ(must(Transform::orthogonal(2, {0.6, 0.8, -0.8, 0.6})).kinds(),
            Kinds(Kind::Orthogonal));
  EXPECT_EQ(must(Transform::linear(2, {1, 1, 0, 1})).kinds(),
            Kinds(Kind::Linear));
}

TEST(Kinds, AreMetByAnd) {
  Kinds relu = Kinds(Kind::Permutation) | Kind::PositiveScale;
  Kinds norm = Kind::Orthogonal, linear = Kind::Linear;
  EXPECT_EQ(relu & norm, Kinds(Kind::Permutation));
  EXPECT_EQ(linear & relu, relu);
  EXPECT_EQ(norm & Kind::OrthogonalKeepingOnes,
            Kinds(Kind::OrthogonalKeepingOnes));
  EXPECT_TRUE((relu & Kind::Shift).isNone());
  EXPECT_TRUE(linear.contains(norm));
  EXPECT_FALSE(linear.contains(Kind::Shift));
  EXPECT_FALSE(norm.contains(Kind::PositiveScale));
  EXPECT_EQ(relu.str(), "permutation|scale");
  EXPECT_EQ(norm.str(), "orthogonal");
  EXPECT_EQ(Kinds::all().str(), "linear|shift");
  EXPECT_EQ(Kinds::none().str(), "none");
}

TEST(Transform, Refusals) {
  double nan = std::nan("");
  auto message = [](const Result<Transform> &result) {
    return result.ok() ? "made" : result.message();
  };
  EXPECT_EQ(message(Transform::identity(0)),
            "a transform of 0 channels: there must be at least one");
  EXPECT_EQ(message(Transform::diagonal({})),
            "a transform of 0 channels: there must be at least one");
  EXPECT_EQ(message(Transform::diagonal({1, nan})),
            "value 1 of a transform is not finite");
  EXPECT_EQ(message(Transform::diagonal({0})),
            "value 0 of a diagonal transform has no inverse");
  EXPECT_EQ(message(Transform::diagonal({1e-310})),
            "value 0 of a diagonal transform has no inverse");
  EXPECT_EQ(message(Transform::diagonal({1.7e308})),
            "value 0 of a diagonal transform has no inverse");
  EXPECT_EQ(message(Transform::sign({1, 2})),
            "value 1 of a sign transform is 2.000000, not 1 or -1");
  EXPECT_EQ(message(Transform::permutation({0, 0})),
            "a permutation of 2 channels names each once; channel 0 is named "
            "twice or is not one of them");
  EXPECT_EQ(message(Transform::permutation({0, 2})),
            "a permutation of 2 channels names each once; channel 2 is named "
            "twice or is not one of them");
  EXPECT_EQ(message(Transform::linear(2, {1, 2, 3})),
            "a matrix of 2 channels has size * size numbers, not 3");
  EXPECT_EQ(message(Transform::linear(2, {1, 2, 2, 4})),
            "a matrix of 2 channels is singular");
  EXPECT_EQ(message(Transform::orthogonal(2, {1, 0, 1, 1})),
            "a matrix of 2 channels is not orthogonal: an element of its "
            "product with its transpose is off by 1.000000");
  EXPECT_EQ(message(Transform::randomOrthogonal(1 << 20, 1)),
            "a dense matrix of 1048576 channels is too large, the most is "
            "16384: use blocks");
  Transform two = must(Transform::identity(2)),
            three = must(Transform::identity(3));
  EXPECT_EQ(message(Transform::compose({two, three})),
            "a composition of 2 channels and of 3");
  EXPECT_EQ(message(Transform::compose({})),
            "a composition has at least one step");
  EXPECT_EQ(message(Transform::directSum({})),
            "a direct sum has at least one part");
  EXPECT_EQ(message(Transform::kronecker(two, must(Transform::shift({1})))),
            "a Kronecker product has linear factors only: one of these has a "
            "shift");
  EXPECT_EQ(message(Transform::blocks(two, 0)),
            "a transform of 0 channels: there must be at least one");
  EXPECT_EQ(message(Transform::blocks(two, INT64_MAX)),
            "a transform of 9223372036854775807 times 2 channels is too large");
  EXPECT_EQ(must(Transform::shift({1})).dual().message(),
            "a transform with a shift has no transpose and no dual: take those "
            "of its linear part");
}

} // namespace
