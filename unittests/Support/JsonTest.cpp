//===- JsonTest.cpp - JSON that nobody has checked --------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Support/Json.h"
#include "gtest/gtest.h"

using namespace nibble;

static std::string nested(size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

static std::string errorOf(llvm::StringRef text) {
  llvm::Expected<llvm::json::Value> value = parseJson(text);
  return value ? "" : llvm::toString(value.takeError());
}

TEST(Json, DepthHasAnEnd) {
  EXPECT_EQ(errorOf(nested(100)), "");
  EXPECT_EQ(errorOf(nested(101)), "it is nested more than 100 deep");
  EXPECT_EQ(errorOf(std::string(1000000, '[')),
            "it is nested more than 100 deep");
  std::string objects;
  for (int i = 0; i < 101; ++i)
    objects += "{\"a\":";
  EXPECT_EQ(errorOf(objects), "it is nested more than 100 deep");
}

TEST(Json, OnlyWhatIsOpenCounts) {
  std::string many = "[";
  for (int i = 0; i < 200; ++i)
    many += "{},[],";
  EXPECT_EQ(errorOf(many + "0]"), "");
  // Brackets in a text, and behind a quote that ends none.
  EXPECT_EQ(errorOf("[\"" + std::string(200, '{') + "\\\"" +
                    std::string(200, '[') + "\"]"),
            "");
}

TEST(Json, SaysWhereTextIsNoJson) {
  EXPECT_EQ(errorOf("{"), "[1:1, byte=1]: Expected object key");
}
