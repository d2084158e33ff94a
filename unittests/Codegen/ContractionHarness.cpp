//===- ContractionHarness.cpp - Kernels against the reference ---*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ContractionHarness.h"

#include "nibble/Codegen/CPU/LowerToLLVM.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Verifier.h"
#include "llvm/Support/MathExtras.h"
#include "gtest/gtest.h"

using namespace nibble;
using namespace nibble::codegen;
using namespace nibble::test;

TargetFeatures nibble::test::allFeatures() {
  TargetFeatures all;
  for (unsigned f = 0; f <= unsigned(Feature::I8MM); ++f)
    all.add(Feature(f));
  return all;
}

//===----------------------------------------------------------------------===//
// Data
//===----------------------------------------------------------------------===//

static float randomFloat(std::mt19937 &random) {
  return std::uniform_real_distribution<float>(-1, 1)(random);
}

/// Makes codes 2i and 2i + 1 of each row a pair of rule S-10: one that breaks
/// it, or any if `worst`, gets a sum of 128 in magnitude.
static void boundPairs(std::vector<uint8_t> &codes, int64_t k, bool worst) {
  for (size_t row = 0; row < codes.size(); row += k)
    for (int64_t i = 0; i + 1 < k; i += 2) {
      auto first = int8_t(codes[row + i]), second = int8_t(codes[row + i + 1]);
      if (!worst && std::abs(first + second) <= 128)
        continue;
      if (first == 0)
        codes[row + i] = 1;
      codes[row + i + 1] =
          uint8_t(first < 0 ? -128 - first : 128 - std::max(int(first), 1));
    }
}

RandomWeights::RandomWeights(const WeightFormat &format, int64_t n, int64_t k,
                             std::mt19937 &random, bool worst) {
  data.n = n;
  data.k = k;
  if (format.isFloat()) {
    values.resize(n * k);
    for (float &value : values)
      value = randomFloat(random);
    data.values = values.data();
    return;
  }
  int64_t kGroups = format.isGrouped() ? llvm::divideCeil(k, format.group) : 1;
  codes.resize(n * k);
  zeros.resize(n * kGroups);
  scales.resize(n * kGroups);
  // The extremes often, because that is where sums overflow.
  auto code = [&] {
    unsigned pick = random() % 4;
    uint8_t low = format.isSigned ? 1 << (format.bits - 1) : 0;
    return uint8_t(pick == 0 ? low : pick == 1 ? low - 1 : random());
  };
  for (uint8_t &c : codes)
    c = code();
  if (format.boundedPairs)
    boundPairs(codes, k, worst);
  for (uint8_t &z : zeros)
    z = code();
  for (float &scale : scales)
    scale = 0.01f + 0.1f * std::abs(randomFloat(random));
  data.codes = codes.data();
  data.scales = scales.data();
  data.zeros = zeros.data();
}

static size_t outputBytes(OutputKind kind) {
  return kind == OutputKind::F32 || kind == OutputKind::I32 ? 4 : 1;
}

static void fillActivations(const ContractionDesc &desc, GuardedBuffer &a,
                            std::mt19937 &random) {
  if (!desc.isInteger()) {
    for (size_t i = 0; i < a.size() / 4; ++i)
      a.as<float>()[i] = randomFloat(random);
    return;
  }
  uint8_t low = desc.a == ActivationKind::U8 ? 0 : 0x80;
  for (size_t i = 0; i < a.size(); ++i) {
    unsigned pick = random() % 4;
    a.as<uint8_t>()[i] = pick == 0 ? low : pick == 1 ? low - 1 : random();
  }
}

namespace {
/// Everything of a run but A's addressing.
struct Operands {
  Operands(const ContractionPlan &plan, int64_t m, int64_t n, int64_t aSize,
           int64_t cSize, std::mt19937 &random)
      : a(aSize * (plan.desc.isInteger() ? 1 : 4)),
        c(cSize * outputBytes(plan.desc.c)),
        aScale(plan.desc.aScale == Granularity::Row ? m : 1),
        aZero(plan.desc.aZero == Granularity::Row ? m : 1), bias(n) {
    fillActivations(plan.desc, a, random);
    c.fill(0x5a);
    for (float &scale : aScale)
      scale = 0.02f + 0.01f * randomFloat(random);
    for (int32_t &zero : aZero)
      zero = plan.desc.a == ActivationKind::U8 ? int32_t(random() % 256)
                                               : int32_t(random() % 256) - 128;
    for (float &value : bias)
      value = randomFloat(random);
    outScale = plan.desc.outScale ? 0.37f : 1.0f;
    outZero = plan.desc.c == OutputKind::U8 ? 131 : -3;
  }

  ContractionInputs inputs(const ContractionDesc &desc, bool useBias) {
    ContractionInputs in;
    in.a = a.as<void>();
    in.aScale = aScale.data();
    in.aZero = aZero.data();
    in.outScale = outScale;
    in.outZero = outZero;
    if (useBias)
      in.epilogue = [this](float value, int64_t, int64_t n) {
        return value + bias[n];
      };
    return in;
  }

  void addMemrefs(const ContractionDesc &desc, GuardedBuffer &b, Slots &slots) {
    slots.memref(a.as<char>(), a.size()).memref(b.as<char>(), b.size());
    slots.memref(c.as<char>(), c.size());
    if (desc.aScale != Granularity::None)
      slots.memref(aScale.data(), aScale.size());
    if (desc.aZero != Granularity::None)
      slots.memref(aZero.data(), aZero.size());
    if (desc.outScale)
      slots.memref(&outScale, 1);
    if (desc.c == OutputKind::S8 || desc.c == OutputKind::U8)
      slots.memref(&outZero, 1);
  }

  GuardedBuffer a, c;
  std::vector<float> aScale;
  std::vector<int32_t> aZero;
  std::vector<float> bias;
  float outScale;
  int32_t outZero;
};
} // namespace

//===----------------------------------------------------------------------===//
// Compilation
//===----------------------------------------------------------------------===//

static ContractionPlan planOrDie(llvm::StringRef text, Dot dot) {
  auto desc = llvm::cantFail(ContractionDesc::parse(text));
  return llvm::cantFail(planContraction(desc, dot, allFeatures()));
}

ContractionHarness::ContractionHarness(mlir::MLIRContext &context,
                                       llvm::StringRef text, Dot dot, bool bias)
    : plan(planOrDie(text, dot)), bias(bias) {
  mlir::OpBuilder b(&context);
  module = mlir::ModuleOp::create(b.getUnknownLoc());
  llvm::SmallVector<mlir::Type> extras;
  KernelEpilogueFn epilogue;
  if (bias) {
    extras.push_back(
        mlir::MemRefType::get({mlir::ShapedType::kDynamic}, b.getF32Type()));
    epilogue = [](mlir::OpBuilder &b, mlir::Location loc, mlir::Value value,
                  const EpilogueSite &site, mlir::ValueRange extras) {
      auto type = mlir::cast<mlir::VectorType>(value.getType());
      mlir::Value bias = loadColumns(b, loc, type, extras[0], site.n, site);
      return llvm::SmallVector<mlir::Value>{
          mlir::arith::AddFOp::create(b, loc, value, bias).getResult()};
    };
  }
  auto func = emitContractionKernel(*module, "kernel", plan, extras, epilogue);
  if (!func) {
    ADD_FAILURE() << llvm::toString(func.takeError());
    return;
  }
  EXPECT_TRUE(succeeded(mlir::verify(*module)));
  auto native = planContraction(plan.desc, dot, TargetFeatures::host());
  if (!native) {
    llvm::consumeError(native.takeError());
    mlir::PassManager pm(&context);
    pm.addPass(createEmulateX86Intrinsics());
    EXPECT_TRUE(succeeded(pm.run(*module)));
  }
  jit = KernelJIT::compile(*module);
  if (jit)
    kernel = jit->lookup("kernel");
}

//===----------------------------------------------------------------------===//
// Runs
//===----------------------------------------------------------------------===//

void ContractionHarness::run(const Slots &slots, int64_t grid, int64_t k,
                             unsigned cuts) {
  for (unsigned cut = 0; cut < cuts; ++cut) {
    GuardedBuffer scratch(contractionScratchBytes(plan, k));
    scratch.fill(0xff);
    kernel(slots.data(), grid * cut / cuts, grid * (cut + 1) / cuts,
           scratch.as<void>());
  }
}

void ContractionHarness::check(Shape shape, unsigned cuts) {
  checkRandom(shape, cuts, /*worst=*/false);
}

void ContractionHarness::checkWorstPairs(Shape shape) {
  ASSERT_TRUE(plan.desc.b.boundedPairs);
  checkRandom(shape, /*cuts=*/1, /*worst=*/true);
}

void ContractionHarness::checkRandom(Shape shape, unsigned cuts, bool worst) {
  ASSERT_TRUE(kernel);
  auto [m, n, k] = shape;
  const ContractionDesc &desc = plan.desc;
  SCOPED_TRACE(desc.str() + " m=" + std::to_string(m) +
               " n=" + std::to_string(n) + " k=" + std::to_string(k));
  int64_t aStride = k + 2, cStride = n + 3;
  Operands operands(plan, m, n, (m - 1) * aStride + k, m * cStride, random);
  if (worst)
    operands.a.fill(desc.a == ActivationKind::U8 ? 0xff : 0x7f);
  RandomWeights weights(desc.b, n, k, random, worst);
  std::vector<uint8_t> packed = packWeights(plan, weights.data);
  GuardedBuffer b(packed.size());
  std::copy(packed.begin(), packed.end(), b.as<uint8_t>());

  Slots slots;
  operands.addMemrefs(desc, b, slots);
  slots.index(m).index(n).index(aStride).index(k).index(cStride);
  if (bias)
    slots.memref(operands.bias.data(), n);
  run(slots, contractionGrid(plan, m, n, k), k, cuts);

  ContractionInputs in = operands.inputs(desc, bias);
  in.m = m;
  in.weights = weights.data;
  in.aOffset = [&](int64_t row, int64_t i) { return row * aStride + i; };
  size_t size = outputBytes(desc.c);
  std::vector<uint8_t> want(m * n * size);
  evaluateContraction(desc, in, want.data());
  const uint8_t *got = operands.c.as<uint8_t>();
  for (int64_t row = 0; row < m; ++row) {
    for (int64_t i = 0; i < n; ++i)
      ASSERT_EQ(0, std::memcmp(got + (row * cStride + i) * size,
                               want.data() + (row * n + i) * size, size))
          << "row " << row << " column " << i;
    for (size_t i = n * size; i < cStride * size; ++i)
      ASSERT_EQ(0x5a, got[row * cStride * size + i]) << "after row " << row;
  }
}

void ContractionHarness::checkNested(Shape inner,
                                     llvm::ArrayRef<int64_t> rowExtents,
                                     llvm::ArrayRef<int64_t> segmentExtents,
                                     int64_t groups) {
  ASSERT_TRUE(kernel);
  const ContractionDesc &desc = plan.desc;
  SCOPED_TRACE(desc.str());
  ASSERT_EQ(desc.rowDims, rowExtents.size());
  ASSERT_EQ(desc.segmentDims, segmentExtents.size());
  auto product = [](llvm::ArrayRef<int64_t> extents) {
    int64_t result = 1;
    for (int64_t extent : extents)
      result *= extent;
    return result;
  };
  // Strides as in a convolution: rows overlap, dimensions have gaps.
  auto strides = [](llvm::ArrayRef<int64_t> extents, int64_t stride) {
    std::vector<int64_t> result(extents.size());
    for (size_t d = extents.size(); d-- > 0;) {
      result[d] = stride;
      stride = stride * extents[d] + 5;
    }
    return result;
  };
  auto offset = [](llvm::ArrayRef<int64_t> extents,
                   llvm::ArrayRef<int64_t> strides, int64_t index) {
    int64_t result = 0;
    for (size_t d = extents.size(); d-- > 0;) {
      result += index % extents[d] * strides[d];
      index /= extents[d];
    }
    return result;
  };
  int64_t length = inner.k, n = inner.n, m = product(rowExtents);
  int64_t k = length * product(segmentExtents);
  auto rowStrides = strides(rowExtents, 3);
  auto segmentStrides = strides(segmentExtents, length + 2);
  auto aOffset = [&](int64_t row, int64_t i) {
    return offset(rowExtents, rowStrides, row) +
           offset(segmentExtents, segmentStrides, i / length) + i % length;
  };
  int64_t groupA = 7, groupC = n;
  int64_t aSize = (groups - 1) * groupA + aOffset(m - 1, k - 1) + 1;
  int64_t cStride = n * groups + 3;
  Operands operands(plan, m, n, aSize, m * cStride, random);

  std::vector<RandomWeights> weights;
  GuardedBuffer b(packedWeightBytes(plan, n, k) * groups);
  for (int64_t g = 0; g < groups; ++g) {
    weights.emplace_back(desc.b, n, k, random);
    packWeights(plan, weights[g].data, 0, packedPanels(plan, n),
                b.as<uint8_t>() + g * packedWeightBytes(plan, n, k));
  }
  Slots slots;
  operands.addMemrefs(desc, b, slots);
  slots.index(m).index(n);
  auto addAll = [&](llvm::ArrayRef<int64_t> values) {
    for (int64_t value : values)
      slots.index(value);
  };
  addAll(rowExtents.drop_front());
  addAll(rowStrides);
  addAll(segmentExtents);
  addAll(segmentStrides);
  slots.index(length);
  if (desc.groupDims == 1)
    slots.index(groups).index(groupA).index(1).index(groupC);
  if (desc.groupDims == 2)
    slots.index(groups)
        .index(2)
        .index(2 * groupA)
        .index(groupA)
        .index(2)
        .index(1)
        .index(2 * groupC)
        .index(groupC);
  slots.index(cStride);
  run(slots, contractionGrid(plan, m, n, k, groups), k, 2);

  size_t size = outputBytes(desc.c);
  std::vector<uint8_t> want(m * n * size);
  for (int64_t g = 0; g < groups; ++g) {
    ContractionInputs in = operands.inputs(desc, bias);
    in.m = m;
    in.weights = weights[g].data;
    in.aOffset = [&](int64_t row, int64_t i) {
      return g * groupA + aOffset(row, i);
    };
    evaluateContraction(desc, in, want.data());
    for (int64_t row = 0; row < m; ++row)
      ASSERT_EQ(0, std::memcmp(operands.c.as<uint8_t>() +
                                   (row * cStride + g * groupC) * size,
                               want.data() + row * n * size, n * size))
          << "group " << g << " row " << row;
  }
}

void ContractionHarness::checkPacking(Shape shape, bool kContiguous) {
  ASSERT_TRUE(kernel);
  mlir::OwningOpRef<mlir::ModuleOp> packModule =
      mlir::ModuleOp::create(mlir::UnknownLoc::get(module->getContext()));
  llvm::cantFail(emitPackKernel(*packModule, "pack", plan, kContiguous));
  auto packJIT = KernelJIT::compile(*packModule);
  ASSERT_TRUE(packJIT);
  nib_kernel_fn pack = packJIT->lookup("pack");

  auto [m, n, k] = shape;
  SCOPED_TRACE("n=" + std::to_string(n) + " k=" + std::to_string(k));
  RandomWeights weights(plan.desc.b, n, k, random);
  int64_t stride = (kContiguous ? k : n) + 1;
  int64_t rows = kContiguous ? n : k;
  GuardedBuffer source((rows * stride - 1) * 4);
  source.fill(0);
  for (int64_t row = 0; row < n; ++row)
    for (int64_t i = 0; i < k; ++i)
      source.as<float>()[kContiguous ? row * stride + i : i * stride + row] =
          weights.data.values[row * k + i];
  std::vector<uint8_t> want = packWeights(plan, weights.data);
  GuardedBuffer got(want.size());
  got.fill(0xff);
  Slots slots;
  slots.memref(source.as<char>(), source.size());
  slots.memref(got.as<char>(), got.size());
  slots.index(n).index(k).index(stride);
  int64_t grid = packGrid(plan, n);
  pack(slots.data(), 0, grid / 2, nullptr);
  pack(slots.data(), grid / 2, grid, nullptr);
  // Between panels there may be padding that nobody reads.
  int64_t panelBytes = want.size() / grid;
  int64_t used = k * plan.info().nr * 4;
  for (int64_t p = 0; p < grid; ++p)
    ASSERT_EQ(0, std::memcmp(got.as<uint8_t>() + p * panelBytes,
                             want.data() + p * panelBytes, used))
        << "panel " << p;
}
