//===- ContractionBenchmark.cpp - Speed of contraction kernels --*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One thread. GMAC/s for every description; `fma_peak` and `read` are the
// machine's limits in the same minute, because a shared machine drifts.
//
//===----------------------------------------------------------------------===//

#include "../unittests/Codegen/KernelJIT.h"

#include "nibble/Codegen/Kernels/Contraction.h"

#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/MathExtras.h"

#include <benchmark/benchmark.h>
#include <immintrin.h>

#include <random>

using namespace nibble::codegen;
using namespace nibble::test;

namespace {
/// A kernel and data for it.
class Launch {
public:
  /// `copies` of the weights, used in turn, so that they come from memory.
  Launch(llvm::StringRef text, int64_t m, int64_t n, int64_t k, int64_t copies)
      : context(makeContext()),
        plan(llvm::cantFail(
            planContraction(llvm::cantFail(ContractionDesc::parse(text)),
                            TargetFeatures::host()))),
        m(m), n(n), k(k) {
    mlir::OpBuilder b(context.get());
    module = mlir::ModuleOp::create(b.getUnknownLoc());
    llvm::cantFail(emitContractionKernel(*module, "kernel", plan));
    jit = KernelJIT::compile(*module);
    kernel = jit->lookup("kernel");
    fill(copies);
    grid = contractionGrid(plan, m, n, k);
  }

  void run() {
    uint8_t *b = packed.data() + next * packedBytes;
    next = (next + 1) % (packed.size() / packedBytes);
    const ContractionDesc &desc = plan.desc;
    Slots slots;
    slots.memref(a.data(), a.size()).memref(b, packedBytes);
    slots.memref(c.data(), c.size());
    if (desc.aScale != Granularity::None)
      slots.memref(scales.data(), scales.size());
    slots.index(m).index(n).index(k).index(k).index(n);
    kernel(slots.data(), 0, grid, scratch.data());
  }

  int64_t weightBytes() const { return packedBytes; }

private:
  void fill(int64_t copies) {
    std::mt19937 random(1);
    a.resize(m * k * 4);
    scales.assign(m, 0.01f);
    if (plan.desc.isInteger())
      for (char &byte : a)
        byte = random();
    else
      for (int64_t i = 0; i < m * k; ++i)
        reinterpret_cast<float *>(a.data())[i] = float(random()) * 1e-9f;
    c.resize(m * n * 4);
    std::vector<float> values(n * k, 0.5f);
    std::vector<uint8_t> codes(n * k);
    for (uint8_t &code : codes)
      code = random();
    WeightData data;
    data.n = n;
    data.k = k;
    data.values = values.data();
    data.codes = codes.data();
    data.scales = values.data();
    data.zeros = codes.data();
    packedBytes = packedWeightBytes(plan, n, k);
    packed.resize(packedBytes * copies);
    packWeights(plan, data, 0, packedPanels(plan, n), packed.data());
    for (int64_t i = 1; i < copies; ++i)
      std::copy_n(packed.data(), packedBytes, packed.data() + i * packedBytes);
    scratch.resize(contractionScratchBytes(plan, k) + 64);
  }

  std::unique_ptr<mlir::MLIRContext> context;
  ContractionPlan plan;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::unique_ptr<KernelJIT> jit;
  nib_kernel_fn kernel;
  int64_t m, n, k, grid, packedBytes = 0, next = 0;
  std::vector<char> a, c, scratch;
  std::vector<float> scales;
  std::vector<uint8_t> packed;
};

struct Case {
  const char *text;
  int64_t m, n, k, copies;
};
} // namespace

static constexpr const char *kF32 = "a=f32 b=f32 c=f32";
static constexpr const char *kW8A8 = "a=s8 a_scale=row b=int8 scale=f32 c=f32";
static constexpr const char *kW4A8 =
    "a=s8 a_scale=row b=int4 group=32 scale=f16 c=f32";
static constexpr const char *kW3A8 =
    "a=s8 a_scale=row b=int3 group=128 scale=f16 c=f32";
static constexpr const char *kW4A32 = "a=f32 b=int4 group=32 scale=f16 c=f32";

static const Case cases[] = {
    {kF32, 128, 1536, 384, 1},   {kF32, 512, 1024, 1024, 1},
    {kF32, 128, 1536, 384, 20},  {kF32, 128, 384, 1536, 20},
    {kF32, 1, 2048, 2048, 8},    {kW8A8, 128, 1536, 384, 1},
    {kW8A8, 512, 1024, 1024, 1}, {kW8A8, 1, 4096, 4096, 16},
    {kW4A8, 128, 1536, 384, 1},  {kW4A8, 512, 1024, 1024, 1},
    {kW4A8, 1, 4096, 4096, 16},  {kW3A8, 1, 4096, 4096, 16},
    {kW4A32, 128, 1536, 384, 1}, {kW4A32, 1, 4096, 4096, 16},
};

static void contraction(benchmark::State &state, const Case &c) {
  Launch launch(c.text, c.m, c.n, c.k, c.copies);
  launch.run();
  for (auto _ : state)
    launch.run();
  double macs = double(c.m) * c.n * c.k;
  state.counters["GMAC/s"] = benchmark::Counter(
      macs * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
  state.counters["weights GB/s"] =
      benchmark::Counter(launch.weightBytes() * 1e-9,
                         benchmark::Counter::kIsIterationInvariantRate);
}

/// Twelve independent chains of FMA: the most that this machine does.
__attribute__((target("avx2,fma"))) static void
fmaPeak(benchmark::State &state) {
  __m256 sums[12];
  for (__m256 &sum : sums)
    sum = _mm256_set1_ps(1.0f);
  __m256 x = _mm256_set1_ps(0.5f), y = _mm256_set1_ps(0.25f);
  benchmark::DoNotOptimize(x);
  benchmark::DoNotOptimize(y);
  for (auto _ : state)
    for (int i = 0; i < 4096; ++i)
#pragma clang loop unroll(full)
      for (int j = 0; j < 12; ++j)
        sums[j] = _mm256_fmadd_ps(x, y, sums[j]);
  for (__m256 &sum : sums)
    benchmark::DoNotOptimize(sum);
  state.counters["GMAC/s"] = benchmark::Counter(
      4096 * 12 * 8e-9, benchmark::Counter::kIsIterationInvariantRate);
}

/// One sequential stream from memory.
__attribute__((target("avx2"))) static void
readMemory(benchmark::State &state) {
  static std::vector<char> data(256 << 20, 1);
  for (auto _ : state) {
    __m256i sums[4] = {};
    for (size_t i = 0; i < data.size(); i += 128)
      for (int j = 0; j < 4; ++j)
        sums[j] = _mm256_xor_si256(
            sums[j], _mm256_loadu_si256(reinterpret_cast<const __m256i *>(
                         data.data() + i + 32 * j)));
    for (__m256i &sum : sums)
      benchmark::DoNotOptimize(sum);
  }
  state.counters["GB/s"] = benchmark::Counter(
      data.size() * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
}

int main(int argc, char **argv) {
  if (TargetFeatures::host().has(Feature::FMA)) {
    benchmark::RegisterBenchmark("fma_peak", fmaPeak);
    benchmark::RegisterBenchmark("read", readMemory);
  }
  for (const Case &c : cases) {
    std::string name = std::string(c.text) + " m" + std::to_string(c.m) + " n" +
                       std::to_string(c.n) + " k" + std::to_string(c.k) +
                       (c.copies > 1 ? " from memory" : "");
    benchmark::RegisterBenchmark(
        name.c_str(), [c](benchmark::State &state) { contraction(state, c); });
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
