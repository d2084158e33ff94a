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

/// Rule S-10: bounded pairs may enter vpmaddubsw; A has all of its values.
TEST_F(ContractionTest, S10_BoundedPairs) {
  for (const char *text :
       {"a=s8 a_scale=row b=int8 pairs scale=f32 c=f32",
        "a=u8 a_zero=row b=int8 pairs scale=f16 c=f32",
        "a=s8 b=int8 pairs c=i32", "a=u8 b=int8 pairs c=i32",
        "a=s8 a_zero=tensor b=int8 pairs scale=f32 c=s8 out_scale"}) {
    ContractionHarness harness(*context, text, Dot::S8MaddubsAvx2);
    checkShapes(harness);
    for (int64_t k : {1, 2, 3, 5, 7, 8, 31, 33, 1023, 2101})
      harness.checkWorstPairs({7, 19, k});
  }
}

/// A is read where it lies.
TEST_F(ContractionTest, WordSegments) {
  for (const char *text :
       {"a=u8 a_zero=tensor b=int8 pairs scale=f32 c=f32 words",
        "a=u8 b=int8 pairs c=i32 words",
        "a=s8 a_scale=row b=int8 pairs scale=f32 c=f32 words"}) {
    ContractionHarness harness(*context, text, Dot::S8MaddubsAvx2);
    for (int64_t m : {1, 2, 3, 4, 5, 6, 7, 13, 100})
      for (int64_t k : {0, 4, 32, 100, 1020, 1028, 2100})
        harness.check({m, 19, k});
    harness.check({200, 70, 96}, 3);
  }
  for (std::vector<int64_t> segments : {std::vector<int64_t>{3}, {3, 2}}) {
    std::string text = "a=u8 a_zero=tensor b=int8 pairs scale=f32 c=f32 "
                       "words rows=3 segments=" +
                       std::to_string(segments.size());
    ContractionHarness harness(*context, text, Dot::S8MaddubsAvx2);
    for (int64_t length : {4, 36, 128})
      harness.checkNested({0, 21, length}, {2, 3, 7}, segments, 1);
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

/// Convolutions without im2col, batches, groups.
TEST_F(ContractionTest, NestedAddresses) {
  for (const char *format :
       {"a=f32 b=f32 c=f32", "a=f32 b=int4 group=32 scale=f32 c=f32",
        "a=u8 a_zero=tensor b=int8 scale=f32 c=f32",
        "a=u8 a_zero=tensor b=int8 pairs scale=f32 c=f32"}) {
    auto check = [&](const char *dims, llvm::ArrayRef<int64_t> rows,
                     llvm::ArrayRef<int64_t> segments, int64_t groups) {
      std::string text = std::string(format) + dims;
      auto desc = llvm::cantFail(ContractionDesc::parse(text));
      auto plan = llvm::cantFail(planContraction(desc, TargetFeatures::host()));
      ContractionHarness harness(*context, text, plan.dot);
      for (int64_t length : {9, 16, 45})
        harness.checkNested({0, 21, length}, rows, segments, groups);
    };
    check(" rows=2 segments=1", {5, 11}, {3}, 1);
    check(" rows=3 segments=2", {2, 3, 7}, {3, 2}, 1);
    check(" rows=3 segments=1 groups=1", {2, 3, 7}, {3}, 3);
    check(" groups=2", {14}, {}, 4);
  }
}

TEST_F(ContractionTest, PackAtRunTime) {
  for (Dot dot : {Dot::F32Avx2, Dot::F32Avx512}) {
    ContractionHarness harness(*context, "a=f32 b=f32 run_time c=f32", dot);
    harness.check({5, 40, 33});
    for (bool kContiguous : {false, true})
      for (int64_t n : {1, 16, 40, 71})
        for (int64_t k : {1, 7, 8, 29})
          harness.checkPacking({0, n, k}, kContiguous);
  }
}

TEST_F(ContractionTest, TextForm) {
  for (llvm::StringRef text :
       {"a=f32 b=f32 c=f32", "a=f32 b=f32 run_time c=f32 groups=2",
        "a=u8 a_scale=tensor a_zero=row b=uint3 group=32 scale=bf16 zero c=s8 "
        "out_scale rows=3 segments=2 groups=1",
        "a=s8 b=int8 c=i32"}) {
    auto desc = ContractionDesc::parse(text);
    ASSERT_TRUE(bool(desc)) << llvm::toString(desc.takeError());
    EXPECT_EQ(text, desc->str());
  }
}

TEST_F(ContractionTest, Refusals) {
  auto refused = [](llvm::StringRef text, llvm::StringRef why) {
    auto desc = ContractionDesc::parse(text);
    ASSERT_FALSE(bool(desc));
    EXPECT_TRUE(llvm::StringRef(llvm::toString(desc.takeError())).contains(why))
        << text.str();
  };
  refused("a=f32 b=int4 c=f32", "need scales");
  refused("a=f32 b=int1 scale=f32 c=f32", "2 to 8 bits");
  refused("a=s8 b=int4 group=6 scale=f32 c=f32", "multiple of 4");
  refused("a=s8 b=uint8 pairs scale=f32 c=f32", "bounded pairs are of int8");
  refused("a=s8 b=int4 pairs scale=f32 c=f32", "bounded pairs are of int8");
  refused("a=s8 b=int8 pairs zero scale=f32 c=f32", "without zero point");
  refused("a=f32 b=f32 pairs c=f32", "no group, bounded pairs");
  refused("a=s8 b=int8 run_time scale=f32 c=f32", "packed at run time");
  refused("a=s8 b=int8 scale=f32 c=i32", "no scales");
  refused("a=f32 b=f32 c=f32 out_scale", "output scale");
  refused("a=f32 b=f32 c=f32 rows=4", "1 to 3");
  refused("a=f32 b=f32 c=f32 words", "integer activations");

  auto desc = llvm::cantFail(ContractionDesc::parse("a=s8 b=int8 c=i32"));
  auto plan = planContraction(desc, Dot::AmxInt8, allFeatures());
  ASSERT_FALSE(bool(plan));
  EXPECT_EQ("the dot 'amx-int8' has no kernel yet",
            llvm::toString(plan.takeError()));
  plan = planContraction(desc, Dot::F32Avx2, allFeatures());
  ASSERT_FALSE(bool(plan));
  EXPECT_EQ("the dot 'f32-avx2' does not compute 'a=s8 b=int8 c=i32'",
            llvm::toString(plan.takeError()));
}

TEST_F(ContractionTest, MissingFeaturesAreNamed) {
  auto desc = llvm::cantFail(ContractionDesc::parse("a=s8 b=int8 c=i32"));
  const std::pair<Dot, const char *> needs[] = {
      {Dot::F32Avx2, "avx2, fma and f16c"},
      {Dot::S8MaddAvx2, "avx2, fma and f16c"},
      {Dot::S8MaddubsAvx2, "avx2, fma and f16c"},
      {Dot::U8MaddubsAvx2, "avx2, fma and f16c"},
      {Dot::U8DpbusdAvxVnni, "avxvnni, avx2, fma and f16c"},
      {Dot::F32Avx512, "avx512f, avx512bw, avx512vl and avx512dq"},
      {Dot::U8DpbusdAvx512,
       "avx512f, avx512bw, avx512vl, avx512dq and avx512vnni"}};
  for (auto [dot, features] : needs) {
    auto plan = planContraction(desc, dot, TargetFeatures());
    ASSERT_FALSE(bool(plan));
    EXPECT_EQ("the dot '" + getDotInfo(dot).name.str() + "' needs " + features,
              llvm::toString(plan.takeError()));
  }
}

TEST_F(ContractionTest, WrongOperandsAreNamed) {
  auto desc = llvm::cantFail(ContractionDesc::parse("a=f32 b=f32 c=f32"));
  ContractionPlan plan{desc, Dot::F32Avx2};
  mlir::OpBuilder builder(context.get());
  mlir::Location loc = builder.getUnknownLoc();
  EXPECT_EQ("contraction 'a=f32 b=f32 c=f32': operand a is missing or of the "
            "wrong type",
            llvm::toString(emitContraction(builder, loc, plan,
                                           ContractionOperands(), {})));
  EXPECT_EQ("contraction 'a=f32 b=f32 c=f32': its right operand is packed "
            "offline",
            llvm::toString(emitPack(builder, loc, plan, PackOperands())));
}

TEST_F(ContractionTest, Choice) {
  auto choose = [](llvm::StringRef text, llvm::StringRef cpu) {
    auto desc = llvm::cantFail(ContractionDesc::parse(text));
    auto features = llvm::cantFail(TargetFeatures::forCPU(cpu));
    return llvm::cantFail(planContraction(desc, features)).dot;
  };
  const char *f32 = "a=f32 b=f32 c=f32", *w8 = "a=s8 b=int8 c=i32",
             *w4 = "a=s8 b=int4 group=32 scale=f16 c=f32";
  EXPECT_EQ(Dot::F32Avx2, choose(f32, "x86-64-v3"));
  EXPECT_EQ(Dot::F32Avx512, choose(f32, "x86-64-v4"));
  EXPECT_EQ(Dot::S8MaddAvx2, choose(w8, "x86-64-v3"));
  EXPECT_EQ(Dot::S8MaddubsAvx2, choose("a=s8 b=int8 pairs c=i32", "x86-64-v3"));
  EXPECT_EQ(Dot::S8MaddAvx2,
            choose("a=s8 b=int8 pairs group=32 scale=f16 c=f32", "x86-64-v3"));
  EXPECT_EQ(Dot::U8MaddubsAvx2, choose(w4, "x86-64-v3"));
  EXPECT_EQ(Dot::U8DpbusdAvxVnni, choose(w8, "alderlake"));
  EXPECT_TRUE(
      prefersBoundedPairs(llvm::cantFail(TargetFeatures::forCPU("x86-64-v3"))));
  EXPECT_FALSE(
      prefersBoundedPairs(llvm::cantFail(TargetFeatures::forCPU("alderlake"))));
  EXPECT_EQ(Dot::U8DpbusdAvx512, choose(w4, "znver5"));
  for (unsigned d = 0; d <= unsigned(Dot::NeonI8MM); ++d)
    EXPECT_EQ(Dot(d), getDotInfo(Dot(d)).dot);
}

TEST_F(ContractionTest, Cost) {
  auto cost = [](llvm::StringRef text, int64_t m) {
    auto desc = llvm::cantFail(ContractionDesc::parse(text));
    auto features = llvm::cantFail(TargetFeatures::forCPU("x86-64-v3"));
    auto plan = llvm::cantFail(planContraction(desc, features));
    return estimateContraction(plan, m, 1024, 1024);
  };
  const char *f32 = "a=f32 b=f32 c=f32",
             *w4 = "a=s8 b=int4 group=32 scale=f16 c=f32";
  EXPECT_EQ(4 * (1024 * 1024 + 2048), cost(f32, 1).bytes);
  // One row is bound by memory, many by arithmetic.
  EXPECT_EQ(cost(f32, 1).memoryNs, cost(f32, 1).nanoseconds);
  EXPECT_EQ(cost(f32, 512).computeNs, cost(f32, 512).nanoseconds);
  EXPECT_LT(cost(w4, 1).bytes * 6, cost(f32, 1).bytes);
  EXPECT_LT(cost(w4, 512).nanoseconds * 2, cost(f32, 512).nanoseconds);
}
