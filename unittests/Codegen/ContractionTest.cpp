//===- ContractionTest.cpp - Contraction kernels ----------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ContractionHarness.h"

#include "mlir/IR/MLIRContext.h"
#include "gtest/gtest.h"

using namespace nibble;
using namespace nibble::codegen;
using namespace nibble::test;

namespace {
class ContractionTest : public testing::Test {
protected:
  void checkFormat(llvm::StringRef format, Dot dot);

  std::unique_ptr<mlir::MLIRContext> context = makeContext();
};
} // namespace

/// Every number of rows up to two tiles, ragged and whole panels, K with and
/// without rest.
static void checkShapes(ContractionHarness &harness) {
  const DotInfo &info = harness.getPlan().info();
  for (int64_t m = 1; m <= 2 * info.mr + 1; ++m)
    harness.check({m, 2 * info.nr + 3, 37});
  for (int64_t n = 1; n <= 3 * info.nr; n += n < 20 ? 1 : 7)
    harness.check({info.mr + 1, n, 21});
  for (int64_t k : {0, 1, 2, 3, 4, 5, 31, 32, 33, 64, 129, 511, 1025, 2100})
    harness.check({3, info.nr + 5, k});
  harness.check({200, 70, 96}, 3);
  harness.check({1, 150, 640}, 4);
}

TEST_F(ContractionTest, F32) {
  for (Dot dot : {Dot::F32Avx2, Dot::F32Avx512}) {
    ContractionHarness harness(*context, "a=f32 b=f32 c=f32", dot);
    checkShapes(harness);
  }
}

TEST_F(ContractionTest, F32Epilogue) {
  ContractionHarness harness(*context, "a=f32 b=f32 c=f32", Dot::F32Avx2,
                             /*bias=*/true);
  harness.check({7, 37, 40});
  harness.check({100, 64, 33}, 2);
}

TEST_F(ContractionTest, IntegerDots) {
  for (Dot dot : {Dot::S8MaddAvx2, Dot::U8DpbusdAvxVnni, Dot::U8DpbusdAvx512})
    for (const char *text : {"a=s8 a_scale=row b=int8 scale=f32 c=f32",
                             "a=u8 a_zero=row b=uint8 scale=f32 zero c=f32",
                             "a=u8 b=int8 c=i32"}) {
      ContractionHarness harness(*context, text, dot);
      checkShapes(harness);
    }
}

void ContractionTest::checkFormat(llvm::StringRef format, Dot dot) {
  ContractionHarness harness(*context, format, dot);
  int64_t nr = harness.getPlan().info().nr;
  for (int64_t m : {1, 2, 5, 13})
    for (int64_t k : {4, 31, 96, 130, 1100})
      harness.check({m, nr + 3, k});
  harness.check({100, 70, 64}, 3);
}

/// Every width of weights, by activations in integers and in f32.
TEST_F(ContractionTest, Widths) {
  for (unsigned bits = 2; bits <= 8; ++bits) {
    std::string b = " b=" + std::string(bits % 2 ? "u" : "") + "int" +
                    std::to_string(bits) + " ";
    std::vector<std::string> formats = {
        "a=s8 a_scale=row" + b + "scale=f32 c=f32",
        "a=s8 a_zero=tensor" + b + "group=32 scale=f16 zero c=f32",
        "a=u8 a_scale=row a_zero=row" + b + "group=20 scale=bf16 c=f32"};
    Dot dot = bits == 8 ? Dot::S8MaddAvx2 : Dot::U8MaddubsAvx2;
    for (const std::string &format : formats)
      checkFormat(format, dot);
    checkFormat(formats[bits % 3], Dot::U8DpbusdAvx512);
    for (const char *rest : {"scale=f32 c=f32", "group=32 scale=f16 zero c=f32",
                             "group=12 scale=bf16 c=f32"}) {
      ContractionHarness harness(*context, "a=f32" + b + rest, Dot::F32Avx2);
      for (int64_t m : {1, 5, 13})
        for (int64_t k : {1, 4, 31, 96, 300})
          harness.check({m, 19, k});
    }
  }
}

TEST_F(ContractionTest, Requantize) {
  for (const char *text :
       {"a=u8 a_zero=tensor b=int8 scale=f32 c=u8",
        "a=s8 b=int8 scale=f32 c=s8 out_scale",
        "a=s8 a_scale=row b=int4 group=32 scale=f16 c=s8 out_scale",
        "a=f32 b=f32 c=u8 out_scale"}) {
    auto desc = llvm::cantFail(ContractionDesc::parse(text));
    auto plan = llvm::cantFail(planContraction(desc, TargetFeatures::host()));
    ContractionHarness harness(*context, text, plan.dot, /*bias=*/true);
    for (int64_t m : {1, 7, 40})
      for (int64_t n : {1, 8, 13, 35})
        harness.check({m, n, 64}, 2);
  }
}
