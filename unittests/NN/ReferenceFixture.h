//===- ReferenceFixture.h - Runs nn ops in the reference --------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_UNITTESTS_NN_REFERENCEFIXTURE_H
#define NIBBLE_UNITTESTS_NN_REFERENCEFIXTURE_H

#include "nibble/Pipeline/Reference.h"
#include "nibble/Pipeline/Register.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"
#include <cmath>
#include <random>

namespace nibble::test {

using Shape = std::vector<int64_t>;
using Floats = std::vector<float>;

/// Elements of a row-major shape.
inline int64_t count(const Shape &shape) {
  int64_t result = 1;
  for (int64_t extent : shape)
    result *= extent;
  return result;
}

/// Calls `body(index)` for every index of `shape`, in row-major order.
template <typename Fn> void forEach(const Shape &shape, Fn body) {
  Shape index(shape.size(), 0);
  for (int64_t i = 0, e = count(shape); i < e; ++i) {
    body(index);
    for (size_t axis = shape.size(); axis-- > 0;) {
      if (++index[axis] < shape[axis])
        break;
      index[axis] = 0;
    }
  }
}

/// A tensor of the expected values.
struct Tensor {
  Shape shape;
  Floats values;

  explicit Tensor(Shape s) : shape(std::move(s)), values(count(shape), 0.0f) {}
  Tensor(Shape s, Floats v) : shape(std::move(s)), values(std::move(v)) {}
  float &at(const Shape &index) {
    int64_t flat = 0;
    for (size_t axis = 0; axis < shape.size(); ++axis)
      flat = flat * shape[axis] + index[axis];
    return values[flat];
  }
  float at(const Shape &index) const {
    return const_cast<Tensor *>(this)->at(index);
  }
};

class ReferenceTest : public ::testing::Test {
protected:
  ReferenceTest() {
    mlir::DialectRegistry registry;
    registerAllDialects(registry);
    context.appendDialectRegistry(registry);
    context.allowUnregisteredDialects(false);
  }

  /// `shape` filled with numbers in [-1, 1), the same in every run.
  Tensor random(Shape shape, float scale = 1) {
    Tensor result(std::move(shape));
    std::uniform_real_distribution<float> distribution(-scale, scale);
    for (float &value : result.values)
      value = distribution(generator);
    return result;
  }

  mlir::Type f32() { return mlir::Float32Type::get(&context); }
  mlir::Type integer(unsigned bits) {
    return mlir::IntegerType::get(&context, bits);
  }
  mlir::Type unsignedInteger(unsigned bits) {
    return mlir::IntegerType::get(&context, bits, mlir::IntegerType::Unsigned);
  }

  Array array(const Tensor &tensor) {
    Array result(f32(), tensor.shape);
    std::copy(tensor.values.begin(), tensor.values.end(),
              result.as<float>().begin());
    return result;
  }
  template <typename T>
  Array array(mlir::Type type, Shape shape, std::vector<T> values) {
    Array result(type, shape);
    std::copy(values.begin(), values.end(), result.as<T>().begin());
    return result;
  }

  /// A function @f of this signature ("(%x: tensor<…>) -> tensor<…>") and body,
  /// run on `inputs`.
  std::vector<Array> run(const std::string &signature, const std::string &body,
                         const std::vector<Array> &inputs) {
    return runModule("func.func @f" + signature + " {\n" + body + "\n}",
                     inputs);
  }

  std::vector<Array> runModule(const std::string &text,
                               const std::vector<Array> &inputs) {
    auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    if (!module) {
      ADD_FAILURE() << "does not parse: " << text;
      return {};
    }
    auto runner = createReferenceRunner(*module);
    if (!runner) {
      ADD_FAILURE() << llvm::toString(runner.takeError()) << "\n" << text;
      return {};
    }
    auto results = (*runner)->run("f", inputs);
    if (!results) {
      ADD_FAILURE() << llvm::toString(results.takeError());
      return {};
    }
    return std::move(*results);
  }

  /// One op of one result: operands %0, %1, … of the given types.
  Array runOp(const std::string &op, const std::vector<std::string> &types,
              const std::string &resultType, const std::vector<Array> &inputs) {
    std::string signature = "(", operands;
    for (size_t i = 0; i < types.size(); ++i) {
      signature += (i ? ", %a" : "%a") + std::to_string(i) + ": " + types[i];
      operands += (i ? ", " : "") + types[i];
    }
    signature += ") -> " + resultType;
    std::vector<Array> results =
        run(signature,
            "%r = " + op + " : (" + operands + ") -> " + resultType +
                "\nreturn %r : " + resultType,
            inputs);
    return results.empty() ? Array() : results.front();
  }

  /// `tolerance` is relative to the larger of 1 and the expected magnitude.
  void expectNear(const Array &result, const Tensor &expected,
                  double tolerance = 1e-5) {
    ASSERT_TRUE(result.getElementType()) << "no result";
    ASSERT_TRUE(result.getElementType().isF32());
    EXPECT_EQ(Shape(result.getShape().begin(), result.getShape().end()),
              expected.shape);
    ASSERT_EQ(result.getNumElements(), int64_t(expected.values.size()));
    for (size_t i = 0; i < expected.values.size(); ++i) {
      float value = result.as<float>()[i], wanted = expected.values[i];
      if (std::isnan(wanted)) {
        EXPECT_TRUE(std::isnan(value)) << "at " << i;
        continue;
      }
      if (std::isinf(wanted)) {
        EXPECT_EQ(value, wanted) << "at " << i;
        continue;
      }
      EXPECT_NEAR(value, wanted,
                  tolerance * std::max(1.0, std::abs(double(wanted))))
          << "at " << i;
    }
  }

  template <typename T>
  void expectEqual(const Array &result, const Shape &shape,
                   const std::vector<T> &expected) {
    ASSERT_TRUE(result.getElementType()) << "no result";
    EXPECT_EQ(Shape(result.getShape().begin(), result.getShape().end()), shape);
    ASSERT_EQ(result.getElementBytes(), int64_t(sizeof(T)));
    ASSERT_EQ(result.getNumElements(), int64_t(expected.size()));
    for (size_t i = 0; i < expected.size(); ++i)
      EXPECT_EQ(result.as<T>()[i], expected[i]) << "at " << i;
  }

  mlir::MLIRContext context;
  std::mt19937 generator{42};
};

} // namespace nibble::test

#endif // NIBBLE_UNITTESTS_NN_REFERENCEFIXTURE_H
