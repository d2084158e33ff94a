//===- DepthwiseTest.cpp - Depthwise convolution ----------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelJIT.h"

#include "nibble/Codegen/Kernels/Depthwise.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Verifier.h"
#include "gtest/gtest.h"

#include <cmath>
#include <random>

using namespace nibble::codegen;
using namespace nibble::test;

namespace {

struct Case {
  DepthwiseDesc desc;
  int64_t images = 1, height = 1, width = 1;
  std::array<int64_t, 2> high = {0, 0}; ///< zeros behind the last element
  int32_t zero = 0;                     ///< of codes in the image
  float outScale = 1;                   ///< of codes in the result
  int32_t outZero = 0;
  float imageScale = 1;
  bool isSilu = false; ///< of the result, within rule Q-7

  int64_t output(unsigned axis) const {
    const DepthwiseAxis &a = desc.axes[axis];
    int64_t all = (axis ? width : height) + a.low + high[axis];
    return (all - (a.kernel - 1) * a.dilation - 1) / a.stride + 1;
  }
};

/// Numbers, whole ones up to `largest` where that is not 1.
std::unique_ptr<GuardedBuffer> floats(std::mt19937 &random, int64_t count,
                                      int largest) {
  auto buffer = std::make_unique<GuardedBuffer>(count * 4);
  std::uniform_real_distribution<float> draw(-largest, largest);
  for (int64_t i = 0; i < count; ++i)
    buffer->as<float>()[i] =
        largest == 1 ? draw(random) : std::nearbyint(draw(random));
  return buffer;
}

std::unique_ptr<GuardedBuffer> bytes(std::mt19937 &random, int64_t count) {
  auto buffer = std::make_unique<GuardedBuffer>(count);
  for (int64_t i = 0; i < count; ++i)
    buffer->as<uint8_t>()[i] = random();
  return buffer;
}

/// What the kernel reads at `at`, less the zero point.
float imageValue(const Case &c, GuardedBuffer &image, int64_t at) {
  switch (c.desc.a) {
  case ActivationKind::F32:
    return image.as<float>()[at];
  case ActivationKind::S8:
    return float(image.as<int8_t>()[at] - c.zero);
  case ActivationKind::U8:
    return float(image.as<uint8_t>()[at] - c.zero);
  }
  return 0;
}

/// The rule O-1.
int32_t code(const Case &c, float value) {
  int32_t low = c.desc.c == OutputKind::S8 ? -128 : 0;
  float rounded = std::nearbyint(value / c.outScale) + c.outZero;
  return int32_t(std::min(std::max(rounded, float(low)), float(low + 255)));
}

/// One chain of fused multiply-adds over the taps inside, as the kernel
/// promises.
std::vector<float> expected(const Case &c, GuardedBuffer &image,
                            const float *filter) {
  int64_t channels = c.desc.channels;
  const auto &[rows, columns] = c.desc.axes;
  std::vector<float> result;
  for (int64_t n = 0; n < c.images; ++n)
    for (int64_t y = 0; y < c.output(0); ++y)
      for (int64_t x = 0; x < c.output(1); ++x)
        for (int64_t channel = 0; channel < channels; ++channel) {
          float sum = 0;
          for (int64_t i = 0; i < rows.kernel; ++i)
            for (int64_t j = 0; j < columns.kernel; ++j) {
              int64_t row = y * rows.stride + i * rows.dilation - rows.low;
              int64_t column =
                  x * columns.stride + j * columns.dilation - columns.low;
              if (row < 0 || row >= c.height || column < 0 || column >= c.width)
                continue;
              int64_t at = (n * c.height + row) * c.width + column;
              sum = std::fma(
                  imageValue(c, image, at * channels + channel),
                  filter[(i * columns.kernel + j) * channels + channel], sum);
            }
          result.push_back(sum);
        }
  return result;
}

llvm::SmallVector<mlir::Value> silu(mlir::OpBuilder &b, mlir::Location loc,
                                    mlir::Value x, const EpilogueSite &) {
  return {emitSiluOfCodes(b, loc, x)};
}

void build(mlir::ModuleOp module, const Case &c) {
  mlir::OpBuilder b = mlir::OpBuilder::atBlockEnd(module.getBody());
  mlir::Location loc = b.getUnknownLoc();
  auto flat = [](mlir::Type type) -> mlir::Type {
    return mlir::MemRefType::get({mlir::ShapedType::kDynamic}, type);
  };
  mlir::Type f32 = flat(b.getF32Type()), i8 = flat(b.getI8Type());
  mlir::Type index = b.getIndexType();
  bool readsCodes = c.desc.a != ActivationKind::F32;
  bool writesCodes = c.desc.c != OutputKind::F32;
  llvm::SmallVector<mlir::Type> types = {readsCodes ? i8 : f32, f32,
                                         writesCodes ? i8 : f32};
  types.append(6, index);
  types.push_back(i8);
  auto func = mlir::func::FuncOp::create(b, loc, "kernel",
                                         b.getFunctionType(types, {}));
  func.setPrivate();
  func->setAttr("nn.kernel", b.getUnitAttr());
  mlir::Block *body = func.addEntryBlock();
  b.setInsertionPointToStart(body);
  auto arg = [&](unsigned number) { return body->getArgument(number); };
  DepthwiseOperands operands;
  operands.image = arg(0);
  operands.filter = arg(1);
  operands.result = arg(2);
  operands.inputExtents = {arg(3), arg(4)};
  operands.outputExtents = {arg(5), arg(6)};
  operands.begin = arg(7);
  operands.end = arg(8);
  auto i32 = [&](int32_t value) {
    return mlir::arith::ConstantIntOp::create(b, loc, b.getI32Type(), value);
  };
  if (c.zero != 0)
    operands.zero = i32(c.zero);
  operands.codes.isSigned = c.desc.c == OutputKind::S8;
  if (c.outZero != 0)
    operands.codes.zero = i32(c.outZero);
  if (c.outScale != 1)
    operands.codes.scale =
        mlir::arith::ConstantOp::create(b, loc, b.getF32FloatAttr(c.outScale));
  emitDepthwise(b, loc, c.desc, operands,
                c.isSilu ? EpilogueFn(silu) : EpilogueFn());
  mlir::func::ReturnOp::create(b, loc);
}

void check(const Case &c) {
  auto context = makeContext();
  mlir::OpBuilder builder(context.get());
  mlir::OwningOpRef<mlir::ModuleOp> module =
      mlir::ModuleOp::create(builder.getUnknownLoc());
  build(*module, c);
  ASSERT_TRUE(succeeded(mlir::verify(*module)));
  auto jit = KernelJIT::compile(*module);
  ASSERT_TRUE(jit);
  nib_kernel_fn kernel = jit->lookup("kernel");
  ASSERT_TRUE(kernel);

  std::mt19937 random(3);
  const auto &[rows, columns] = c.desc.axes;
  bool readsCodes = c.desc.a != ActivationKind::F32;
  bool writesCodes = c.desc.c != OutputKind::F32;
  int64_t elements = c.images * c.height * c.width * c.desc.channels;
  auto image =
      readsCodes ? bytes(random, elements) : floats(random, elements, 1);
  for (int64_t i = 0; i < elements && !readsCodes; ++i)
    image->as<float>()[i] *= c.imageScale;
  auto filter = floats(random, rows.kernel * columns.kernel * c.desc.channels,
                       readsCodes ? 127 : 1);
  std::vector<float> want = expected(c, *image, filter->as<float>());
  GuardedBuffer result(want.size() * (writesCodes ? 1 : 4));
  result.fill(0xff);
  Slots slots;
  slots.memref(image->as<uint8_t>(), elements)
      .memref(filter->as<float>(), filter->size() / 4)
      .memref(result.as<uint8_t>(), want.size())
      .index(c.height)
      .index(c.width)
      .index(c.output(0))
      .index(c.output(1));
  int64_t grid = c.images * c.output(0);
  kernel(slots.data(), grid / 2, grid, nullptr);
  kernel(slots.data(), 0, grid / 2, nullptr);
  for (size_t i = 0; i < want.size(); ++i) {
    if (c.isSilu) {
      double exact = want[i] / (1 + std::exp(-double(want[i])));
      ASSERT_LE(std::fabs(result.as<float>()[i] - exact),
                std::ldexp(std::fabs(exact), -13) +
                    std::ldexp(std::fabs(want[i]), -125))
          << "of " << want[i];
    } else if (writesCodes)
      ASSERT_EQ(uint8_t(code(c, want[i])), result.as<uint8_t>()[i])
          << "element " << i;
    else
      ASSERT_EQ(want[i], result.as<float>()[i]) << "element " << i;
  }
}

class DepthwiseTest : public testing::Test {
protected:
  void SetUp() override {
    if (!TargetFeatures::host().has(Feature::FMA))
      GTEST_SKIP() << "needs AVX2 and FMA";
  }
};

} // namespace

TEST_F(DepthwiseTest, Windows) {
  // kernel, stride, dilation, low, high of rows and of columns alike.
  int64_t windows[][5] = {{3, 1, 1, 1, 1}, {3, 2, 1, 1, 1}, {3, 2, 1, 0, 1},
                          {5, 1, 1, 2, 2}, {3, 1, 2, 2, 2}, {2, 2, 1, 0, 0},
                          {1, 1, 1, 0, 0}, {5, 3, 1, 4, 4}, {7, 1, 1, 6, 0}};
  for (auto [kernel, stride, dilation, low, high] : windows)
    for (int64_t width : {5, 6, 17}) {
      Case c;
      c.desc.channels = 19;
      c.desc.axes[0] = c.desc.axes[1] = {kernel, stride, dilation, low};
      c.images = 2;
      c.height = 6;
      c.width = width;
      c.high = {high, high};
      SCOPED_TRACE(kernel * 1000 + stride * 100 + width);
      check(c);
    }
}

TEST_F(DepthwiseTest, WindowLargerThanImage) {
  // No pixel has all of its taps inside.
  Case c;
  c.desc.channels = 8;
  c.desc.axes[0] = c.desc.axes[1] = {7, 1, 1, 3};
  c.height = 2;
  c.width = 3;
  c.high = {3, 3};
  check(c);
}

TEST_F(DepthwiseTest, OneAxis) {
  Case c;
  c.desc.channels = 16;
  c.desc.axes[1] = {4, 1, 1, 3};
  c.images = 3;
  c.width = 20;
  check(c);
}

TEST_F(DepthwiseTest, Codes) {
  // Sums of integers are exact, so that every bit of the result is known.
  for (ActivationKind a :
       {ActivationKind::S8, ActivationKind::U8, ActivationKind::F32})
    for (OutputKind out : {OutputKind::S8, OutputKind::U8, OutputKind::F32})
      for (bool hasZero : {false, true}) {
        int64_t stride = hasZero ? 1 : 2;
        Case c;
        c.desc.a = a;
        c.desc.c = out;
        c.desc.channels = 27;
        c.desc.axes[0] = c.desc.axes[1] = {3, stride, 1, 1};
        c.high = {1, 1};
        c.height = 5;
        c.width = 14;
        if (hasZero && a != ActivationKind::F32)
          c.zero = a == ActivationKind::S8 ? -7 : 131;
        // Some results saturate.
        c.outScale = a == ActivationKind::F32 ? 0.0125f : 311.5f;
        if (hasZero)
          c.outZero = out == OutputKind::S8 ? 5 : 120;
        SCOPED_TRACE(int(a) * 100 + int(out) * 10 + stride);
        check(c);
      }
}

TEST_F(DepthwiseTest, SiluOfCodes) {
  // Kernels of one tap.
  for (float scale : {1.0f, 40.0f, 1e30f}) {
    Case c;
    c.desc.channels = 64;
    c.width = 33;
    c.imageScale = scale;
    c.isSilu = true;
    check(c);
  }
}
