//===- OrthogonalTest.cpp -------------------------------------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Numerics/Orthogonal.h"

#include "nibble/Numerics/Transform.h"
#include "gtest/gtest.h"

#include <cmath>
#include <limits>

using namespace nibble::numerics;

namespace {

/// Each element rounded to `bits` bits.
std::vector<double> rounded(std::vector<double> values, int bits) {
  for (double &value : values) {
    int exponent;
    double mantissa = std::frexp(value, &exponent);
    value =
        std::ldexp(std::nearbyint(std::ldexp(mantissa, bits)), exponent - bits);
  }
  return values;
}

TEST(Orthogonal, ErrorOfRoundingIsAtMostTwiceItsUnit) {
  for (int64_t size : {1, 3, 64, 200})
    for (int bits : {8, 11}) {
      std::vector<double> exact =
          Transform::randomOrthogonal(size, 5)->matrix();
      EXPECT_LE(*orthogonalError(size, exact), 1e-12);
      std::vector<double> narrow = rounded(exact, bits);
      EXPECT_LE(*orthogonalError(size, narrow), std::ldexp(2.0, -bits));
      std::vector<double> nearest = nearestOrthogonal(size, narrow);
      EXPECT_LE(*orthogonalError(size, nearest), 1e-12);
      for (size_t i = 0; i < exact.size(); ++i)
        EXPECT_NEAR(nearest[i], exact[i], std::ldexp(1.0, -bits));
    }
}

TEST(Orthogonal, MeasuresTheElementThatIsFurthestOff) {
  EXPECT_DOUBLE_EQ(*orthogonalError(2, {1, 0, 0, 1.5}), 1.25);
  EXPECT_DOUBLE_EQ(*orthogonalError(2, {0, 1, 1, 0}), 0);
}

TEST(Orthogonal, RefusesWhatIsNoMatrix) {
  EXPECT_FALSE(orthogonalError(2, {1, 0, 0}).ok());
  EXPECT_FALSE(orthogonalError(0, {}).ok());
  double infinity = std::numeric_limits<double>::infinity();
  EXPECT_FALSE(orthogonalError(1, {infinity}).ok());
}

} // namespace
