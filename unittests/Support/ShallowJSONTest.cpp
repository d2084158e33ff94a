//===- ShallowJSONTest.cpp - JSON that anyone may have written ------------===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Support/ShallowJSON.h"
#include "gtest/gtest.h"

#include <string>

using namespace nibble;

static std::string nest(size_t depth, const std::string &inside) {
  return std::string(depth, '[') + inside + std::string(depth, ']');
}

static std::string errorOf(const std::string &text) {
  auto value = parseShallowJSON(text, "the text");
  return value ? "" : llvm::toString(value.takeError());
}

TEST(ShallowJSON, DepthEndsAtAHundred) {
  EXPECT_EQ(errorOf(nest(100, "1")), "");
  EXPECT_EQ(errorOf(nest(101, "1")), "the text is nested more than 100 deep");
  EXPECT_EQ(errorOf(std::string(1000000, '[')),
            "the text is nested more than 100 deep");
  EXPECT_EQ(errorOf(std::string(1000000, '{')),
            "the text is nested more than 100 deep");
}

TEST(ShallowJSON, BracketsInStringsDoNotCount) {
  std::string quoted =
      "\"" + std::string(200, '[') + "\\\"" + std::string(200, '{') + "\"";
  auto value = parseShallowJSON(nest(2, quoted), "the text");
  ASSERT_TRUE(bool(value)) << llvm::toString(value.takeError());
  // Neighbours are at one depth.
  std::string flat = "[";
  for (int i = 0; i < 300; ++i)
    flat += "[],";
  EXPECT_EQ(errorOf(flat + "{}]"), "");
}

TEST(ShallowJSON, OtherErrorsAreTheParsers) {
  EXPECT_NE(errorOf("[1,"), "");
  EXPECT_NE(errorOf("]"), "");
}
