//===- OnnxFileTest.cpp - The reader of ONNX files --------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "nibble/Import/OnnxFile.h"
#include "TestModel.h"

#include "gtest/gtest.h"

using namespace nibble;
using namespace nibble::onnxfile;

TEST(OnnxFile, ReadsModel) {
  std::string bytes = test::makeModel();
  llvm::Expected<Model> model = readModel(bytes);
  ASSERT_TRUE(static_cast<bool>(model)) << llvm::toString(model.takeError());
  EXPECT_EQ(model->irVersion, 9);
  EXPECT_EQ(model->producerName, "test");
  ASSERT_EQ(model->opsetImports.size(), 2u);
  EXPECT_EQ(model->opsetImports[1].domain, "local");
  ASSERT_TRUE(model->graph.has_value());
  EXPECT_EQ(model->graph->nodes.size(), 5u);
  EXPECT_EQ(model->graph->initializers.size(), 9u);
  ASSERT_EQ(model->functions.size(), 1u);
  EXPECT_EQ(model->functions[0].nodes[0].attributes[0].refName, "s");
  const Type &type = model->graph->inputs[0].type;
  ASSERT_EQ(type.shape.size(), 2u);
  EXPECT_EQ(type.shape[0].param, "n");
  EXPECT_EQ(type.shape[1].value, 3);
}

TEST(OnnxFile, CopiesNoData) {
  std::string bytes = test::makeModel();
  llvm::Expected<Model> model = readModel(bytes);
  ASSERT_TRUE(static_cast<bool>(model)) << llvm::toString(model.takeError());
  for (const Tensor &tensor : model->graph->initializers) {
    if (!tensor.rawData)
      continue;
    EXPECT_GE(tensor.rawData->begin(), bytes.data()) << tensor.name.str();
    EXPECT_LE(tensor.rawData->end(), bytes.data() + bytes.size())
        << tensor.name.str();
  }
}

TEST(OnnxFile, NamesByteAndField) {
  std::string bytes = test::makeModel();
  bytes.resize(bytes.size() - 1);
  llvm::Expected<Model> model = readModel(bytes);
  ASSERT_FALSE(static_cast<bool>(model));
  std::string text = llvm::toString(model.takeError());
  EXPECT_NE(text.find("field 'functions' of ModelProto"), std::string::npos)
      << text;
  EXPECT_NE(text.find(" of " + std::to_string(bytes.size())), std::string::npos)
      << text;
}

TEST(OnnxFile, DecodesVarints) {
  llvm::SmallVector<uint64_t> values = {7};
  std::string good("\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x80\x01", 13);
  ASSERT_TRUE(decodeVarints({llvm::StringRef(good)}, values));
  EXPECT_EQ(values, (llvm::SmallVector<uint64_t>{7, 1, ~0ULL, 128}));
  // Cut short in the second piece: nothing is appended.
  EXPECT_FALSE(decodeVarints({llvm::StringRef("\x01"), llvm::StringRef("\x80")},
                             values));
  EXPECT_EQ(values.size(), 4u);
}

TEST(OnnxFile, NamesTypes) {
  EXPECT_EQ(getDataTypeName(DataType_INT4), "INT4");
  EXPECT_EQ(getDataTypeName(77), "77");
  EXPECT_EQ(getAttributeTypeName(AttributeType_GRAPHS), "GRAPHS");
  EXPECT_EQ(getAttributeTypeName(-1), "-1");
}
