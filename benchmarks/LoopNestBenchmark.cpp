//===- LoopNestBenchmark.cpp - Loop nests against C++ loops -----*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One thread, data in the caches. GB/s counts each input and output once. The
// C++ loops are what one writes down, compiled like the rest of the project
// with vectorisation on.
//
//===----------------------------------------------------------------------===//

#include "KernelHarness.h"

#include "benchmark/benchmark.h"

#include <cmath>
#include <random>

using namespace nibble::test;

namespace {

const char *const kKernels = R"(
#ij = affine_map<(i, j) -> (i, j)>
#i = affine_map<(i, j) -> (i)>
#j = affine_map<(i, j) -> (j)>

func.func private @layernorm(%xf: memref<?xf32>, %g: memref<?xf32>,
    %b: memref<?xf32>, %yf: memref<?xf32>, %begin: index, %end: index,
    %scratch: memref<?xi8>) attributes {nn.kernel, nn.shared_dims = 1 : i64} {
  %x4 = memref.cast %xf : memref<?xf32> to memref<49152xf32>
  %x = memref.expand_shape %x4 [[0, 1]] output_shape [128, 384]
      : memref<49152xf32> into memref<128x384xf32>
  %y4 = memref.cast %yf : memref<?xf32> to memref<49152xf32>
  %y = memref.expand_shape %y4 [[0, 1]] output_shape [128, 384]
      : memref<49152xf32> into memref<128x384xf32>
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 384.0 : f32
  %eps = arith.constant 1.0e-5 : f32
  %one = arith.constant 1.0 : f32
  %sum = memref.alloca() : memref<128xf32>
  %square = memref.alloca() : memref<128xf32>
  linalg.fill ins(%zero : f32) outs(%sum : memref<128xf32>)
  linalg.generic {indexing_maps = [#ij, #i],
      iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<128x384xf32>) outs(%sum : memref<128xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.addf %o, %a : f32
    linalg.yield %0 : f32
  }
  linalg.fill ins(%zero : f32) outs(%square : memref<128xf32>)
  linalg.generic {indexing_maps = [#ij, #i, #i],
      iterator_types = ["parallel", "reduction"]}
      ins(%x, %sum : memref<128x384xf32>, memref<128xf32>)
      outs(%square : memref<128xf32>) {
  ^bb0(%a: f32, %s: f32, %o: f32):
    %m = arith.divf %s, %n : f32
    %d = arith.subf %a, %m : f32
    %0 = math.fma %d, %d, %o : f32
    linalg.yield %0 : f32
  }
  linalg.generic {indexing_maps = [#ij, #i, #i, #j, #j, #ij],
      iterator_types = ["parallel", "parallel"]}
      ins(%x, %sum, %square, %g, %b : memref<128x384xf32>, memref<128xf32>,
          memref<128xf32>, memref<?xf32>, memref<?xf32>)
      outs(%y : memref<128x384xf32>) {
  ^bb0(%a: f32, %s: f32, %q: f32, %w: f32, %c: f32, %o: f32):
    %m = arith.divf %s, %n : f32
    %v = arith.divf %q, %n : f32
    %ve = arith.addf %v, %eps : f32
    %sd = math.sqrt %ve : f32
    %r = arith.divf %one, %sd : f32
    %d = arith.subf %a, %m : f32
    %0 = arith.mulf %d, %r : f32
    %1 = math.fma %0, %w, %c : f32
    linalg.yield %1 : f32
  }
  return
}

func.func private @softmax(%xf: memref<?xf32>, %yf: memref<?xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>)
    attributes {nn.kernel, nn.shared_dims = 1 : i64} {
  %x4 = memref.cast %xf : memref<?xf32> to memref<196608xf32>
  %x = memref.expand_shape %x4 [[0, 1]] output_shape [1536, 128]
      : memref<196608xf32> into memref<1536x128xf32>
  %y4 = memref.cast %yf : memref<?xf32> to memref<196608xf32>
  %y = memref.expand_shape %y4 [[0, 1]] output_shape [1536, 128]
      : memref<196608xf32> into memref<1536x128xf32>
  %zero = arith.constant 0.0 : f32
  %ninf = arith.constant 0xFF800000 : f32
  %max = memref.alloca() : memref<1536xf32>
  %sum = memref.alloca() : memref<1536xf32>
  %e = memref.alloca() : memref<1536x128xf32>
  linalg.fill ins(%ninf : f32) outs(%max : memref<1536xf32>)
  linalg.generic {indexing_maps = [#ij, #i],
      iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<1536x128xf32>) outs(%max : memref<1536xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.maximumf %o, %a : f32
    linalg.yield %0 : f32
  }
  linalg.generic {indexing_maps = [#ij, #i, #ij],
      iterator_types = ["parallel", "parallel"]}
      ins(%x, %max : memref<1536x128xf32>, memref<1536xf32>)
      outs(%e : memref<1536x128xf32>) {
  ^bb0(%a: f32, %m: f32, %o: f32):
    %0 = arith.subf %a, %m : f32
    %1 = math.exp %0 : f32
    linalg.yield %1 : f32
  }
  linalg.fill ins(%zero : f32) outs(%sum : memref<1536xf32>)
  linalg.generic {indexing_maps = [#ij, #i],
      iterator_types = ["parallel", "reduction"]}
      ins(%e : memref<1536x128xf32>) outs(%sum : memref<1536xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.addf %o, %a : f32
    linalg.yield %0 : f32
  }
  linalg.generic {indexing_maps = [#ij, #i, #ij],
      iterator_types = ["parallel", "parallel"]}
      ins(%e, %sum : memref<1536x128xf32>, memref<1536xf32>)
      outs(%y : memref<1536x128xf32>) {
  ^bb0(%a: f32, %s: f32, %o: f32):
    %0 = arith.divf %a, %s : f32
    linalg.yield %0 : f32
  }
  return
}

func.func private @gelu(%x: memref<?xf32>, %y: memref<?xf32>, %begin: index,
    %end: index, %scratch: memref<?xi8>)
    attributes {nn.kernel, nn.shared_dims = 1 : i64} {
  %half = arith.constant 0.5 : f32
  %one = arith.constant 1.0 : f32
  %root = arith.constant 0.70710678 : f32
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>,
      affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : memref<?xf32>) outs(%y : memref<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.mulf %a, %root : f32
    %1 = math.erf %0 : f32
    %2 = arith.addf %1, %one : f32
    %3 = arith.mulf %a, %half : f32
    %4 = arith.mulf %3, %2 : f32
    linalg.yield %4 : f32
  }
  return
}

func.func private @depthwise(%xf: memref<?xf32>, %wf: memref<?xf32>,
    %yf: memref<?xf32>, %begin: index, %end: index, %scratch: memref<?xi8>)
    attributes {nn.kernel, nn.shared_dims = 3 : i64} {
  %x4 = memref.cast %xf : memref<?xf32> to memref<831744xf32>
  %x = memref.expand_shape %x4 [[0, 1, 2]] output_shape [114, 114, 64]
      : memref<831744xf32> into memref<114x114x64xf32>
  %w4 = memref.cast %wf : memref<?xf32> to memref<576xf32>
  %w = memref.expand_shape %w4 [[0, 1, 2]] output_shape [3, 3, 64]
      : memref<576xf32> into memref<3x3x64xf32>
  %y4 = memref.cast %yf : memref<?xf32> to memref<802816xf32>
  %y = memref.expand_shape %y4 [[0, 1, 2]] output_shape [112, 112, 64]
      : memref<802816xf32> into memref<112x112x64xf32>
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%y : memref<112x112x64xf32>)
  linalg.generic {indexing_maps = [
      affine_map<(h, w, c, p, q) -> (h + p, w + q, c)>,
      affine_map<(h, w, c, p, q) -> (p, q, c)>,
      affine_map<(h, w, c, p, q) -> (h, w, c)>],
      iterator_types = ["parallel", "parallel", "parallel", "reduction",
                        "reduction"]}
      ins(%x, %w : memref<114x114x64xf32>, memref<3x3x64xf32>)
      outs(%y : memref<112x112x64xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = math.fma %a, %b, %o : f32
    linalg.yield %0 : f32
  }
  return
}

func.func private @transpose(%xf: memref<?xf32>, %yf: memref<?xf32>,
    %begin: index, %end: index, %scratch: memref<?xi8>)
    attributes {nn.kernel, nn.shared_dims = 2 : i64} {
  %x4 = memref.cast %xf : memref<?xf32> to memref<802816xf32>
  %x = memref.expand_shape %x4 [[0, 1]] output_shape [64, 12544]
      : memref<802816xf32> into memref<64x12544xf32>
  %y4 = memref.cast %yf : memref<?xf32> to memref<802816xf32>
  %y = memref.expand_shape %y4 [[0, 1]] output_shape [12544, 64]
      : memref<802816xf32> into memref<12544x64xf32>
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (j, i)>,
      affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<64x12544xf32>) outs(%y : memref<12544x64xf32>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  }
  return
}
)";

CompiledKernels &kernels() {
  static std::unique_ptr<CompiledKernels> compiled =
      CompiledKernels::make(kKernels, 8);
  return *compiled;
}

/// Arrays of the given sizes, the last one the output.
struct Arrays {
  explicit Arrays(const std::vector<int64_t> &sizes) {
    std::mt19937 random(1);
    std::uniform_real_distribution<float> uniform(-2, 2);
    for (int64_t size : sizes) {
      memory.emplace_back(size);
      for (float &value : memory.back())
        value = uniform(random);
    }
    for (std::vector<float> &array : memory)
      views.push_back({array.data(), int64_t(array.size())});
  }
  int64_t bytes() const {
    int64_t total = 0;
    for (const std::vector<float> &array : memory)
      total += int64_t(array.size()) * 4;
    return total;
  }

  std::vector<std::vector<float>> memory;
  std::vector<FloatArray> views;
};

void runKernel(benchmark::State &state, const char *name,
               const std::vector<int64_t> &sizes) {
  Arrays arrays(sizes);
  for (auto _ : state)
    if (!kernels().run(name, arrays.views)) {
      state.SkipWithError("the kernel does not run");
      break;
    }
  state.SetBytesProcessed(state.iterations() * arrays.bytes());
}

using Loop = void (*)(Arrays &);

void runLoop(benchmark::State &state, Loop loop,
             const std::vector<int64_t> &sizes) {
  Arrays arrays(sizes);
  for (auto _ : state) {
    loop(arrays);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * arrays.bytes());
}

void layernormLoop(Arrays &arrays) {
  for (int i = 0; i < 128; ++i) {
    const float *x = arrays.memory[0].data() + i * 384;
    float *y = arrays.memory[3].data() + i * 384;
    float sum = 0, square = 0;
    for (int j = 0; j < 384; ++j)
      sum += x[j];
    float mean = sum / 384;
    for (int j = 0; j < 384; ++j)
      square += (x[j] - mean) * (x[j] - mean);
    float r = 1 / std::sqrt(square / 384 + 1e-5f);
    for (int j = 0; j < 384; ++j)
      y[j] = (x[j] - mean) * r * arrays.memory[1][j] + arrays.memory[2][j];
  }
}

void softmaxLoop(Arrays &arrays) {
  for (int i = 0; i < 1536; ++i) {
    const float *x = arrays.memory[0].data() + i * 128;
    float *y = arrays.memory[1].data() + i * 128;
    float max = x[0], sum = 0;
    for (int j = 0; j < 128; ++j)
      max = x[j] > max ? x[j] : max;
    for (int j = 0; j < 128; ++j)
      sum += y[j] = std::exp(x[j] - max);
    for (int j = 0; j < 128; ++j)
      y[j] /= sum;
  }
}

void geluLoop(Arrays &arrays) {
  for (size_t i = 0; i < arrays.memory[0].size(); ++i) {
    float x = arrays.memory[0][i];
    arrays.memory[1][i] = 0.5f * x * (1 + std::erf(x * 0.70710678f));
  }
}

void depthwiseLoop(Arrays &arrays) {
  const float *x = arrays.memory[0].data(), *w = arrays.memory[1].data();
  float *y = arrays.memory[2].data();
  for (int i = 0; i < 112; ++i)
    for (int j = 0; j < 112; ++j) {
      float *out = y + (i * 112 + j) * 64;
      for (int c = 0; c < 64; ++c)
        out[c] = 0;
      for (int p = 0; p < 3; ++p)
        for (int q = 0; q < 3; ++q)
          for (int c = 0; c < 64; ++c)
            out[c] +=
                x[((i + p) * 114 + j + q) * 64 + c] * w[(p * 3 + q) * 64 + c];
    }
}

void transposeLoop(Arrays &arrays) {
  const float *x = arrays.memory[0].data();
  float *y = arrays.memory[1].data();
  for (int i = 0; i < 12544; ++i)
    for (int j = 0; j < 64; ++j)
      y[i * 64 + j] = x[j * 12544 + i];
}

struct Case {
  const char *name;
  std::vector<int64_t> sizes;
  Loop loop;
};

const Case kCases[] = {
    {"layernorm", {49152, 384, 384, 49152}, layernormLoop},
    {"softmax", {196608, 196608}, softmaxLoop},
    {"gelu", {196608, 196608}, geluLoop},
    {"depthwise", {831744, 576, 802816}, depthwiseLoop},
    {"transpose", {802816, 802816}, transposeLoop},
};

} // namespace

int main(int argc, char **argv) {
  for (const Case &item : kCases) {
    benchmark::RegisterBenchmark((std::string("nibble/") + item.name).c_str(),
                                 [&](benchmark::State &state) {
                                   runKernel(state, item.name, item.sizes);
                                 });
    benchmark::RegisterBenchmark((std::string("loop/") + item.name).c_str(),
                                 [&](benchmark::State &state) {
                                   runLoop(state, item.loop, item.sizes);
                                 });
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
