//===- OptionsTest.cpp ----------------------------------------------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Quantize/Options.h"

#include "gtest/gtest.h"

using namespace mlir;
using namespace nibble;

namespace {
class QuantizePlanTest : public testing::Test {
protected:
  QuantizePlan resolve(std::string weights, std::string activations,
                       int64_t group = 0, int64_t activationGroup = 0) {
    QuantizeRequest request;
    request.weights = std::move(weights);
    request.activations = std::move(activations);
    request.group = group;
    request.activationGroup = activationGroup;
    auto plan = resolveRequest(&context, request);
    EXPECT_TRUE(bool(plan)) << llvm::toString(plan.takeError());
    return plan ? *plan : QuantizePlan();
  }

  MLIRContext context;
};
} // namespace

TEST_F(QuantizePlanTest, RotationsAreForFormatsThatGainByThem) {
  for (const char *weights : {"int8", "int4", "uint4", "mxfp4", "mxfp8", "nf4"})
    EXPECT_TRUE(gainsByRotation(resolve(weights, "int8"))) << weights;
  EXPECT_FALSE(gainsByRotation(resolve("nvfp4", "int8")));
  EXPECT_FALSE(gainsByRotation(resolve("int4", "f32")));
  EXPECT_FALSE(gainsByRotation(resolve("f32", "f32")));
}

TEST_F(QuantizePlanTest, RotationsMixWhatSharesAScale) {
  EXPECT_EQ(getRotationBlock(resolve("int8", "int8")), 32);
  EXPECT_EQ(getRotationBlock(resolve("int4", "int8", 128)), 128);
  EXPECT_EQ(getRotationBlock(resolve("int4", "int8", 0, 16)), 16);
  EXPECT_EQ(getRotationBlock(resolve("int4", "int8", 0, 2)), 8);
}

TEST_F(QuantizePlanTest, ScaleBlockIsTheSmallest) {
  EXPECT_EQ(getScaleBlock(resolve("int8", "int8")), 0);
  EXPECT_EQ(getScaleBlock(resolve("int4", "int8", 64)), 64);
  EXPECT_EQ(getScaleBlock(resolve("int4", "int8", 0, 16)), 16);
  EXPECT_EQ(getScaleBlock(resolve("int4", "int8", 32, 64)), 32);
  EXPECT_EQ(getScaleBlock(resolve("int4", "int8", 64, 32)), 32);
  EXPECT_EQ(getScaleBlock(resolve("nvfp4", "f32")), 16);
  EXPECT_EQ(getScaleBlock(resolve("#qnt.format<int<4>, block = [1, 16], "
                                  "scale = f16>",
                                  "int8")),
            16);
}
