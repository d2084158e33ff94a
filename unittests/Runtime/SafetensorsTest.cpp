//===- SafetensorsTest.cpp - Streaming a safetensors file -------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Target/Safetensors.h"
#include "llvm/Support/JSON.h"
#include "gtest/gtest.h"

using namespace nibble;

static std::string layoutError(llvm::ArrayRef<SafetensorsTensor> tensors) {
  return llvm::toString(SafetensorsLayout::create(tensors).takeError());
}

TEST(Safetensors, LayoutIsAlignedAndWithoutGaps) {
  auto layout = cantFail(SafetensorsLayout::create({{"a", "F32", {3, 5}},
                                                    {"empty", "I8", {0, 7}},
                                                    {"b", "U8", {64}},
                                                    {"scalar", "F64", {}}}));
  EXPECT_EQ(layout.offset(0), 0u);
  EXPECT_EQ(layout.bytes(0), 60u);
  EXPECT_EQ(layout.offset(1), 64u);
  EXPECT_EQ(layout.offset(2), 64u);
  EXPECT_EQ(layout.offset(3), 128u);
  EXPECT_EQ(layout.dataBytes(), 192u);
  EXPECT_EQ(layout.header().size() % 64, 0u);

  auto json = cantFail(llvm::json::parse(layout.header().drop_front(8)));
  // In the order of the file, the tensors cover the data section end to end.
  std::vector<std::pair<int64_t, int64_t>> spans;
  for (auto &[name, tensor] : *json.getAsObject()) {
    auto *offsets = tensor.getAsObject()->getArray("data_offsets");
    spans.emplace_back(*(*offsets)[0].getAsInteger(),
                       *(*offsets)[1].getAsInteger());
  }
  llvm::sort(spans);
  int64_t end = 0;
  for (auto [begin, stop] : spans) {
    EXPECT_EQ(begin, end);
    end = stop;
  }
  EXPECT_EQ(end, 192);
}

TEST(Safetensors, RefusesWhatCannotBeWritten) {
  EXPECT_EQ(layoutError({{"a", "F32", {1}}, {"a", "F32", {1}}}),
            "two parameters are named 'a'");
  EXPECT_EQ(layoutError({{"a", "F31", {1}}}),
            "parameter 'a': safetensors has no dtype 'F31'");
  EXPECT_EQ(layoutError({{"a", "F32", {-1}}}),
            "parameter 'a': negative extent");
  EXPECT_EQ(layoutError({{"a", "F32", {1ll << 40, 1ll << 40}}}),
            "parameter 'a' is too large");
  EXPECT_EQ(layoutError({{".pad.7", "F32", {1}}}),
            "parameter '.pad.7': the name is reserved");
  EXPECT_EQ(layoutError({{"\xff", "F32", {1}}}),
            "a parameter's name is not UTF-8");
  EXPECT_EQ(layoutError({{"a", "U8", {1ll << 62}}, {"b", "U8", {1ll << 62}}}),
            "the parameters are too large");
}

TEST(Safetensors, WriterKeepsToTheLayout) {
  auto layout = cantFail(SafetensorsLayout::create(
      {{"none", "U8", {0}}, {"a", "U8", {3}}, {"b", "U8", {2}}}));
  std::string bytes;
  SafetensorsWriter writer(layout, [&](llvm::ArrayRef<uint8_t> piece) {
    bytes.append(piece.begin(), piece.end());
    return llvm::Error::success();
  });
  cantFail(writer.write({1, 2}));
  EXPECT_EQ(llvm::toString(writer.finish()),
            "parameters: tensor 1 has 2 of its 3 bytes");
  EXPECT_EQ(llvm::toString(writer.write({3, 4})),
            "parameters: a piece reaches beyond tensor 1, which has 3 bytes");
  cantFail(writer.write({3}));
  cantFail(writer.write({4, 5}));
  cantFail(writer.finish());
  EXPECT_EQ(llvm::toString(writer.write({6})),
            "parameters: more data than tensors");
  std::string data = bytes.substr(layout.header().size());
  ASSERT_EQ(data.size(), 128u);
  EXPECT_EQ(data.substr(0, 4), std::string("\1\2\3\0", 4));
  EXPECT_EQ(data.substr(64, 3), std::string("\4\5\0", 3));
}

TEST(Safetensors, SinkErrorsComeBack) {
  auto layout = cantFail(SafetensorsLayout::create({{"a", "U8", {3}}}));
  SafetensorsWriter writer(layout, [&](llvm::ArrayRef<uint8_t>) {
    return llvm::createStringError("disk full");
  });
  EXPECT_EQ(llvm::toString(writer.write({1})), "disk full");
}
