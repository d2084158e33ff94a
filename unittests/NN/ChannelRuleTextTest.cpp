//===- ChannelRuleTextTest.cpp - The notation, and places by numbers ------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ReferenceFixture.h"

#include "dialects/NN/NN.h"

#include "llvm/Support/raw_ostream.h"

using namespace nibble;
using namespace nibble::test;
using namespace nibble::nn;

namespace {

std::string reprint(const std::string &text) {
  std::string error;
  auto rule = ChannelRule::parse(text, &error);
  return mlir::failed(rule) ? "error: " + error : rule->str();
}

TEST(ChannelRuleText, IsPrintedAsItIsRead) {
  for (const char *text :
       {"opaque", "() -> [n] {}",
        "([*, k], [n, k], [n]) -> [*, n] {k: same(0) dual(1) linear; "
        "n: same(1, 2?, 3) linear; n: same(2, 3) shift}",
        "([b, g=4 c, *], [3, c 1]) -> ([b, c + 2 + g=4 c], [*], []) "
        "{c: same(0) permutation|sign|scale per g; "
        "c: same(2) carry(0 | 1?) orthogonal_keeping_ones|shift; "
        "c: same(0) linear per b | g}"})
    EXPECT_EQ(reprint(text), text);
  // Space matters between names only.
  EXPECT_EQ(reprint("( [ a b ],[b,a+3] )->[*,a]{a:carry(0|1?)same(2)shift"
                    "|orthogonal}"),
            "([a b], [b, a + 3]) -> [*, a] "
            "{a: same(2) carry(0 | 1?) orthogonal|shift}");
}

TEST(ChannelRuleText, SaysWhatIsWrong) {
  EXPECT_EQ(reprint(""), "error: expected '(' at \"\"");
  EXPECT_EQ(reprint("([a] -> [a] {}"), "error: expected ')' at \"-> [a] {}\"");
  EXPECT_EQ(reprint("([a]) [a] {}"), "error: expected '->' at \"[a] {}\"");
  EXPECT_EQ(reprint("([a]) -> [a]"), "error: expected '{' at \"\"");
  EXPECT_EQ(reprint("([a]) -> [a] {} a"),
            "error: expected the end of the rule at \"a\"");
  EXPECT_EQ(reprint("([a, +]) -> [a] {}"),
            "error: expected a factor at \"+]) -> [a] {}\"");
  EXPECT_EQ(reprint("([a=b]) -> [a] {}"),
            "error: expected an extent at \"b]) -> [a] {}\"");
  EXPECT_EQ(reprint("([*, a, *]) -> [a] {}"), "error: a port has two '*'");
  EXPECT_EQ(reprint("([a]) -> [a] {a same(0) sign}"),
            "error: expected ':' at \"same(0) sign}\"");
  EXPECT_EQ(reprint("([a]) -> [a] {: same(0) sign}"),
            "error: expected the factor of a clause at \": same(0) sign}\"");
  EXPECT_EQ(reprint("([a]) -> [a] {a: same(x) sign}"),
            "error: expected a port's number at \"x) sign}\"");
  EXPECT_EQ(reprint("([a]) -> [a] {a: linear}"),
            "error: expected 'same', 'dual' or 'carry' at \"linear}\"");
  EXPECT_EQ(reprint("([a]) -> [a] {a: same(0) linearly}"),
            "error: expected a kind at \"linearly}\"");
  EXPECT_EQ(reprint("([a]) -> [a] {a: same(0) sign per}"),
            "error: expected a factor at \"}\"");
  EXPECT_EQ(reprint("([a]) -> [a] {a: same(0) sign a: same(1) sign}"),
            "error: expected ';' at \"a: same(1) sign}\"");
  EXPECT_EQ(reprint("([a]) -> [a] {a: same(0, 2) sign}"),
            "error: there is no port 2");
  EXPECT_EQ(reprint("([a]) -> [a] {a: same(0) dual(0) sign}"),
            "error: a clause names port 0 twice");
  EXPECT_EQ(reprint("([a]) -> [b] {a: same(0, 1) sign}"),
            "error: port 1 has no factor 'a'");
  EXPECT_EQ(reprint("([a, b]) -> [a] {a: same(0, 1) sign per b}"),
            "error: port 1 has no other factor 'b'");
  EXPECT_EQ(reprint("([a]) -> [a] {a: same(0) sign per a}"),
            "error: port 0 has no other factor 'a'");
}

TEST(ChannelRuleText, IsOneInODS) {
  for (llvm::StringRef text :
       {LinearOp::kChannelRule, EmbeddingOp::kChannelRule, LSTMOp::kChannelRule,
        GRUOp::kChannelRule, SelectiveScanOp::kChannelRule,
        IotaOp::kChannelRule, FromIndexOp::kChannelRule})
    EXPECT_EQ(reprint(text.str()), text);
}

//===----------------------------------------------------------------------===//
// Places
//===----------------------------------------------------------------------===//

class ChannelPlaces : public ReferenceTest {
protected:
  /// The relations of the function's first op that has some, a line each:
  /// factor, size, kinds, copies, then for each place port, axis, offset,
  /// extent and stride, and the copies' axis and repeat.
  std::string relations(const std::string &function) {
    module = mlir::parseSourceString<mlir::ModuleOp>(function, &context);
    if (!module)
      return "does not parse";
    std::string text;
    llvm::raw_string_ostream os(text);
    module->walk([&](mlir::Operation *op) {
      for (const ChannelRelation &relation : getChannelRelations(op)) {
        os << relation.factor << " " << relation.size << " "
           << relation.kinds.str();
        if (relation.copies > 1)
          os << " x" << relation.copies;
        for (const ChannelPlace &place : relation.places) {
          os << (place.role == ChannelRole::Dual    ? " dual "
                 : place.role == ChannelRole::Carry ? " carry "
                                                    : " ")
             << place.port << "." << place.axis << "[" << place.offset << "+"
             << place.extent << "/" << place.stride << "]";
          if (place.copyAxis >= 0)
            os << "@" << place.copyAxis << "/" << place.copyRepeat;
        }
        os << "\n";
      }
    });
    return text;
  }

  mlir::OwningOpRef<mlir::ModuleOp> module;
};

TEST_F(ChannelPlaces, Linear) {
  EXPECT_EQ(relations(R"(
    func.func @f(%x: tensor<?x3x6xf32>, %w: tensor<8x6xf32>) {
      nn.linear %x, %w : (tensor<?x3x6xf32>, tensor<8x6xf32>) -> tensor<?x3x8xf32>
      return
    })"),
            "k 6 linear 0.2[0+6/1] dual 1.1[0+6/1]\n"
            "n 8 linear 1.0[0+8/1] 2.2[0+8/1]\n");
}

TEST_F(ChannelPlaces, HeadsOfAReshape) {
  EXPECT_EQ(relations(R"(
    func.func @f(%x: tensor<?x12xf32>, %n: index) {
      nn.reshape %x shape [%n, 3, 4] : tensor<?x12xf32> -> tensor<?x3x4xf32>
      return
    })"),
            "f1 3 linear|shift 0.1[0+12/4] 2.1[0+3/1]\n"
            "f0 4 linear|shift x3 0.1[0+12/1]@1/1 2.2[0+4/1]@1/1\n");
}

TEST_F(ChannelPlaces, ExtentsOfAReshapeThatAreOneValue) {
  // Repeated key heads: [b, 2, 3, s, 4] to [b, 6, s, 4].
  std::string text = R"(
    func.func @f(%x: tensor<?x2x1x?x4xf32>, %b: index, %s: index) {
      %0 = nn.expand %x shape [%b, 2, 3, %s, 4] : tensor<?x2x1x?x4xf32> -> tensor<?x2x3x?x4xf32>
      nn.reshape %0 shape [%b, 6, %s, 4] : tensor<?x2x3x?x4xf32> -> tensor<?x6x?x4xf32>
      return
    })";
  EXPECT_NE(relations(text).find(
                "f3 2 linear|shift x4 0.1[0+2/1]@4/1 3.1[0+6/3]@3/1\n"),
            std::string::npos)
      << relations(text);
  // Of two extents that may differ nothing is known.
  text.replace(text.find("[%b, 6, %s"), 10, "[%s, 6, %b");
  EXPECT_EQ(relations(text).find("f3"), std::string::npos) << relations(text);
}

TEST_F(ChannelPlaces, PartsOfAConcat) {
  EXPECT_EQ(relations(R"(
    func.func @f(%x: tensor<?x2xf32>, %y: tensor<?x5xf32>) {
      nn.concat %x, %y axis 1 : (tensor<?x2xf32>, tensor<?x5xf32>) -> tensor<?x7xf32>
      return
    })"),
            "s0 2 linear|shift 0.1[0+2/1] 2.1[0+2/1]\n"
            "s1 5 linear|shift 1.1[0+5/1] 2.1[2+5/1]\n");
  EXPECT_EQ(relations(R"(
    func.func @f(%x: tensor<9x?xf32>, %n: index) {
      nn.slice %x offsets [2, 0] sizes [4, %n] strides [1, 1] : tensor<9x?xf32> -> tensor<4x?xf32>
      return
    })"),
            "d0 4 linear|shift 0.0[2+4/1] 2.0[0+4/1]\n"
            "low0 2 linear|shift 0.0[0+2/1]\n"
            "high0 3 linear|shift 0.0[6+3/1]\n");
}

TEST_F(ChannelPlaces, GroupedQueries) {
  EXPECT_EQ(relations(R"(
    func.func @f(%q: tensor<?x6x?x4xf32>, %k: tensor<?x2x?x4xf32>, %v: tensor<?x2x?x3xf32>) {
      nn.attention %q, %k, %v scale 1.0 : (tensor<?x6x?x4xf32>, tensor<?x2x?x4xf32>, tensor<?x2x?x3xf32>) -> tensor<?x6x?x3xf32>
      return
    })"),
            "d 4 linear x2 0.3[0+4/1]@1/3 dual 1.3[0+4/1]@1/1\n"
            "d 4 shift x2 1.3[0+4/1]@1/1\n"
            "e 3 linear x2 2.3[0+3/1]@1/1 3.3[0+3/1]@1/3\n"
            "kv 2 permutation|sign 0.1[0+6/3] 3.1[0+6/3] 1.1[0+2/1] "
            "2.1[0+2/1]\n"
            "g 3 permutation x2 0.1[0+6/1]@1/1 3.1[0+6/1]@1/1\n");
}

TEST_F(ChannelPlaces, AbsentOperands) {
  // lengths, initial_h: the segments say which operand is which.
  EXPECT_EQ(relations(R"(
    func.func @f(%x: tensor<?x?x3xf32>, %w: tensor<1x12x3xf32>, %r: tensor<1x12x4xf32>, %h: tensor<1x?x4xf32>) {
      %0:2 = nn.gru %x, %w, %r initial_h %h : (tensor<?x?x3xf32>, tensor<1x12x3xf32>, tensor<1x12x4xf32>, tensor<1x?x4xf32>)
        -> (tensor<?x1x?x4xf32>, tensor<1x?x4xf32>)
      return
    })"),
            "i 3 linear 0.2[0+3/1] dual 1.2[0+3/1]\n"
            "h 4 permutation 1.1[0+12/1] 2.1[0+12/1] 2.2[0+4/1] 3.2[0+4/1] "
            "4.3[0+4/1] 5.2[0+4/1]\n");
}

TEST_F(ChannelPlaces, ExtentsThatAreNotStaticAreLeftOut) {
  EXPECT_EQ(relations(R"(
    func.func @f(%x: tensor<?x?xf32>, %y: tensor<?xf32>) {
      nn.elementwise <mul> %x, %y : (tensor<?x?xf32>, tensor<?xf32>) -> tensor<?x?xf32>
      return
    })"),
            "");
  // A number that the product has for each row.
  EXPECT_EQ(relations(R"(
    func.func @f(%x: tensor<?x4xf32>, %y: tensor<?x1xf32>) {
      nn.elementwise <mul> %x, %y : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
      return
    })"),
            "d1 4 linear 0.1[0+4/1] 2.1[0+4/1]\n");
}

TEST_F(ChannelPlaces, ARepeatedValueMeetsTAtAllOfIts) {
  // x + x: both, but a shift would come twice. x * x carries nothing.
  EXPECT_EQ(relations(R"(
    func.func @f(%x: tensor<?x4xf32>) {
      nn.elementwise <add> %x, %x : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
      return
    })"),
            "d1 4 linear 0.1[0+4/1] 1.1[0+4/1] 2.1[0+4/1]\n");
  EXPECT_EQ(relations(R"(
    func.func @f(%x: tensor<?x4xf32>) {
      nn.elementwise <mul> %x, %x : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
      return
    })"),
            "d1 4 permutation 0.1[0+4/1] 1.1[0+4/1] 2.1[0+4/1]\n");
  // x - x: a shift of one is one of the other. x xᵀ: only what is its own dual.
  EXPECT_EQ(relations(R"(
    func.func @f(%x: tensor<?x4xf32>) {
      nn.elementwise <sub> %x, %x : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
      return
    })"),
            "d1 4 linear 0.1[0+4/1] 1.1[0+4/1] 2.1[0+4/1]\n");
  EXPECT_EQ(relations(R"(
    func.func @f(%x: tensor<?x4xf32>) {
      nn.matmul %x, %x {transpose_rhs} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x?xf32>
      return
    })"),
            "k 4 orthogonal 0.1[0+4/1] dual 1.1[0+4/1]\n");
}

TEST_F(ChannelPlaces, AFactorOfOneNumberIsAScalar) {
  std::string clauses = "d1 4 permutation 0.1[0+4/1] 1.0[0+4/1] 2.1[0+4/1]\n"
                        "d1 4 sign|scale carry 0.1[0+4/1] carry 1.0[0+4/1] "
                        "2.1[0+4/1]\n";
  EXPECT_EQ(relations(R"(
    func.func @f(%x: tensor<?x4xf32>) {
      %c = arith.constant dense<[2.0, 2.0, 2.0, 1.0]> : tensor<4xf32>
      nn.elementwise <mul> %x, %c : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
      return
    })"),
            clauses);
  EXPECT_EQ(relations(R"(
    func.func @f(%x: tensor<?x4xf32>) {
      %c = arith.constant dense<2.0> : tensor<4xf32>
      nn.elementwise <mul> %x, %c : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
      return
    })"),
            clauses + "d1 4 linear 0.1[0+4/1] 2.1[0+4/1]\n");
  // A map for each index of another axis, which the constant does not have.
  EXPECT_EQ(relations(R"(
    func.func @f(%x: tensor<?x3x4xf32>) {
      %c = arith.constant dense<2.0> : tensor<1x4xf32>
      nn.elementwise <mul> %c, %x : (tensor<1x4xf32>, tensor<?x3x4xf32>) -> tensor<?x3x4xf32>
      return
    })"),
            "d1 3 linear x4 1.1[0+3/1]@2/1 2.1[0+3/1]@2/1\n"
            "d2 4 permutation 0.1[0+4/1] 1.2[0+4/1] 2.2[0+4/1]\n"
            "d2 4 sign|scale carry 0.1[0+4/1] carry 1.2[0+4/1] 2.2[0+4/1]\n"
            "d2 4 linear x3 1.2[0+4/1]@1/1 2.2[0+4/1]@1/1\n");
}

TEST_F(ChannelPlaces, WhatIsNoFloatIsOnlyPermuted) {
  EXPECT_EQ(relations(R"(
    func.func @f(%x: tensor<?x4xi32>) {
      nn.elementwise <neg> %x : (tensor<?x4xi32>) -> tensor<?x4xi32>
      return
    })"),
            "d1 4 permutation 0.1[0+4/1] 1.1[0+4/1]\n");
}

TEST_F(ChannelPlaces, QuantizedTensorsTakeNoMap) {
  EXPECT_EQ(relations(R"(
    #w4 = #qnt.format<int<4>, block = [1, 32], scale = f16>
    func.func @f(%x: tensor<?x64xf32>, %w: !qnt.tensor<8x64, #w4>, %b: tensor<8xf32>) {
      nn.linear %x, %w bias %b : (tensor<?x64xf32>, !qnt.tensor<8x64, #w4>, tensor<8xf32>) -> tensor<?x8xf32>
      return
    })"),
            "n 8 shift 2.0[0+8/1] 3.1[0+8/1]\n");
}

} // namespace
