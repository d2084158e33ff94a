//===- RandomizeSpaces.cpp - Random changes of basis, for tests -----------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Quantize/Transform/Passes.h"

#include "SpaceFolder.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

namespace nibble {
#define GEN_PASS_DEF_RANDOMIZESPACES
#include "nibble/Quantize/Transform/Passes.h.inc"
} // namespace nibble

using namespace mlir;
using namespace nibble;
using numerics::Kind;

namespace {
struct RandomizeSpaces final
    : nibble::impl::RandomizeSpacesBase<RandomizeSpaces> {
  using RandomizeSpacesBase::RandomizeSpacesBase;

  void runOnOperation() override {
    if (llvm::Error error = run()) {
      getOperation().emitError(llvm::toString(std::move(error)));
      signalPassFailure();
    }
  }

private:
  llvm::Error run();
  void fold(const ScaleSpace &space, Kind chosen, SpaceFolder &folder);
  std::vector<int64_t> drawOrder(const ScaleSpace &space);
  std::vector<double> drawFactors(const ScaleSpace &space, bool signsOnly);
  std::vector<float> drawMatrix(int64_t size, Kind chosen);
  std::vector<double> drawReflection(int64_t size, bool keepsOnes);

  std::mt19937_64 random;
};
} // namespace

/// Each copy by itself.
std::vector<int64_t> RandomizeSpaces::drawOrder(const ScaleSpace &space) {
  std::vector<int64_t> order(space.getCount());
  std::iota(order.begin(), order.end(), 0);
  for (int64_t copy = 0; copy < space.copies; ++copy)
    std::shuffle(order.begin() + copy * space.size,
                 order.begin() + (copy + 1) * space.size, random);
  return order;
}

std::vector<double> RandomizeSpaces::drawFactors(const ScaleSpace &space,
                                                 bool signsOnly) {
  std::uniform_real_distribution<double> exponent(-1, 1);
  std::bernoulli_distribution isNegative;
  std::vector<double> factors(space.getCount());
  for (double &factor : factors)
    factor =
        signsOnly ? (isNegative(random) ? -1 : 1) : std::exp2(exponent(random));
  return factors;
}

/// A unit vector; one that leaves the ones as they are has the mean 0.
std::vector<double> RandomizeSpaces::drawReflection(int64_t size,
                                                    bool keepsOnes) {
  std::normal_distribution<double> normal;
  std::vector<double> vector(size);
  for (double &x : vector)
    x = normal(random);
  double mean =
      keepsOnes ? std::accumulate(vector.begin(), vector.end(), 0.0) / size : 0;
  double squares = 0;
  for (double &x : vector) {
    x -= mean;
    squares += x * x;
  }
  for (double &x : vector)
    x /= std::sqrt(squares);
  return vector;
}

/// A product of reflections, x - 2 (x · v) v; for linear maps of scales, too.
std::vector<float> RandomizeSpaces::drawMatrix(int64_t size, Kind chosen) {
  constexpr int kReflections = 4;
  std::vector<double> matrix(size * size);
  for (int64_t i = 0; i < size; ++i)
    matrix[i * size + i] = 1;
  std::uniform_real_distribution<double> exponent(-1, 1);
  for (int n = 0; n < kReflections; ++n) {
    std::vector<double> vector =
        drawReflection(size, chosen == Kind::OrthogonalKeepingOnes);
    std::vector<double> scales(size, 1);
    if (chosen == Kind::Linear && n == kReflections / 2)
      for (double &scale : scales)
        scale = std::exp2(exponent(random));
    for (int64_t row = 0; row < size; ++row) {
      auto *x = matrix.data() + row * size;
      double dot = std::inner_product(x, x + size, vector.begin(), 0.0);
      for (int64_t i = 0; i < size; ++i)
        x[i] = (x[i] - 2 * dot * vector[i]) * scales[i];
    }
  }
  return {matrix.begin(), matrix.end()};
}

void RandomizeSpaces::fold(const ScaleSpace &space, Kind chosen,
                           SpaceFolder &folder) {
  switch (chosen) {
  case Kind::Permutation:
    return folder.foldOrder(space, drawOrder(space));
  case Kind::Sign:
  case Kind::PositiveScale:
    return folder.foldFactors(space, drawFactors(space, chosen == Kind::Sign));
  default:
    return folder.foldMatrix(space, drawMatrix(space.size, chosen));
  }
}

llvm::Error RandomizeSpaces::run() {
  const Kind *chosen = llvm::find_if(
      numerics::allKinds, [&](Kind k) { return kind == numerics::getName(k); });
  if (chosen == std::end(numerics::allKinds) || *chosen == Kind::Shift)
    return llvm::createStringError(
        "unknown kind '" + kind +
        "': expected permutation, sign, scale, orthogonal_keeping_ones, "
        "orthogonal or linear");
  if (numbers.empty())
    return llvm::createStringError("numbers must name the file that gets the "
                                   "numbers of the bases");
  auto model = readSearchedModel(getOperation(), {}, /*statistics=*/"");
  if (!model)
    return model.takeError();
  random.seed(seed);
  ScaleSpaces found =
      findScaleSpaces(ChannelGraph(model->main, *chosen), model->candidates);
  SpaceFolder folder(getOperation(), numbers);
  for (auto &[candidate, reason] : found.refused)
    candidate->op->emitRemark("its input stays as it is: ") << reason;
  for (const ScaleSpace &space : found.spaces) {
    Operation *reader = space.readers.front().candidate->op;
    if (space.size == 1 && *chosen != Kind::Sign &&
        *chosen != Kind::PositiveScale) {
      reader->emitRemark("its input stays as it is: each copy is one channel");
      continue;
    }
    fold(space, *chosen, folder);
    reader->emitRemark("its input has a random ")
        << kind << " of " << space.size << " x " << space.copies
        << " channels, fused into " << space.places.size() << " weights";
  }
  return folder.write("numbers of the bases");
}
