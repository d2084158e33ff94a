//===- HadamardTest.cpp - Butterflies by execution --------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The linalg form says the sums that the butterflies replace: upstream's loops
// compute them as written.
//
//===----------------------------------------------------------------------===//

#include "KernelHarness.h"

#include "gtest/gtest.h"

#include <cmath>
#include <cstdio>
#include <random>

using namespace nibble::test;

namespace {

struct Shape {
  int64_t order, blocks, rows;
  bool fill; ///< Do the sums start from zero, or from what is there?
};

/// |x| * gain (a channel's) * weight (a row's), through a temporary or not, in
/// another basis.
KernelCase makeCase(const std::string &name, Shape shape, bool temporary) {
  std::string n = std::to_string(shape.order);
  std::string channels = std::to_string(shape.order * shape.blocks);
  std::string row = "memref<?x" + channels + "xf32>";
  std::string blocks = "memref<" + std::to_string(shape.blocks) + "xf32>";
  std::string block = "memref<" + n + "xf32>";
  char entry[32];
  std::snprintf(entry, sizeof entry, "%.9e", 1 / std::sqrt(shape.order));
  std::string target = temporary ? "%t" : "%y";
  std::string text = "func.func private @" + name + "(%x: " + row +
                     ", %gain: memref<" + channels +
                     "xf32>, %weight: memref<?xf32>, %b: " + blocks +
                     ", %n: " + block + ", %y: " + row + ", %rows: index" +
                     R"(, %begin: index, %end: index, %scratch: memref<?xi8>)
      attributes {nn.kernel, nn.shared_dims = 1 : i64} {
  %zero = arith.constant 0.0 : f32
)";
  if (temporary)
    text += "  %t = memref.alloc(%rows) : " + row + "\n";
  std::string made = "(r, b, i) -> (r, b * " + n + " + i)";
  if (shape.fill)
    text += R"(  linalg.generic {indexing_maps = [affine_map<(r, b, i) -> (b)>,
      affine_map<(r, b, i) -> (i)>, affine_map<)" +
            made + R"(>],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%b, %n : )" +
            blocks + ", " + block + ") outs(" + target + " : " + row + R"() {
  ^bb0(%0: f32, %1: f32, %2: f32):
    linalg.yield %zero : f32
  }
)";
  text += R"(  linalg.generic {indexing_maps = [
      affine_map<(r, b, i, j) -> (r, b * )" +
          n + R"( + j)>, affine_map<(r, b, i, j) -> (b * )" + n +
          R"( + j)>,
      affine_map<(r, b, i, j) -> (r)>, affine_map<(r, b, i, j) -> (b)>,
      affine_map<(r, b, i, j) -> (i)>, affine_map<(r, b, i, j) -> (j)>,
      affine_map<(r, b, i, j) -> (r, b * )" +
          n + R"( + i)>],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %gain, %weight, %b, %n, %n : )" +
          row + ", memref<" + channels + "xf32>, memref<?xf32>, " + blocks +
          ", " + block + ", " + block + ") outs(" + target + " : " + row +
          R"() {
  ^bb0(%a: f32, %g: f32, %w: f32, %0: f32, %1: f32, %2: f32, %sum: f32):
    %plus = arith.constant )" +
          entry + R"( : f32
    %minus = arith.constant -)" +
          entry + R"( : f32
    %abs = math.absf %a : f32
    %gained = arith.mulf %abs, %g : f32
    %weighted = arith.mulf %gained, %w : f32
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %u = arith.index_cast %i : index to i32
    %v = arith.index_cast %j : index to i32
    %and = arith.andi %u, %v : i32
    %ones = math.ctpop %and : i32
    %odd = arith.trunci %ones : i32 to i1
    %entry = arith.select %odd, %minus, %plus : f32
    %term = arith.mulf %weighted, %entry : f32
    %next = arith.addf %sum, %term {nn.hadamard = )" +
          n + R"( : i64} : f32
    linalg.yield %next : f32
  }
)";
  if (temporary)
    text += R"(  linalg.generic {indexing_maps = [affine_map<(r, c) -> (r, c)>,
      affine_map<(r, c) -> (r, c)>], iterator_types = ["parallel", "parallel"]}
      ins(%t : )" +
            row + ") outs(%y : " + row + R"() {
  ^bb0(%a: f32, %old: f32):
    %half = arith.constant 0.5 : f32
    %r = arith.mulf %a, %half : f32
    linalg.yield %r : f32
  }
  memref.dealloc %t : )" +
            row + "\n";
  text += "  return\n}\n";
  auto f32 = [](std::vector<int64_t> extents) {
    return Operand{"f32", std::move(extents), Fill::Integers, 0, {}, 0};
  };
  // Sums of integers by a power of two are exact. By the other factors each of
  // n products and n sums is rounded, to half a unit of what it is of.
  bool exact = std::sqrt(shape.order) == std::floor(std::sqrt(shape.order));
  int64_t width = shape.order * shape.blocks;
  return {name,
          text,
          {f32({shape.rows, width}), f32({width}), f32({shape.rows}),
           f32({shape.blocks}), f32({shape.order}), f32({shape.rows, width}),
           indexValue(shape.rows)},
          exact ? 0 : double(shape.order)};
}

TEST(Hadamard, ButterfliesAreTheSums) {
  std::mt19937 random(5);
  auto pick = [&](int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(random);
  };
  for (unsigned width : {8u, 16u}) {
    std::vector<KernelCase> cases;
    for (int64_t order = 2; order <= 64; order *= 2)
      for (int i = 0; i < 4; ++i) {
        bool temporary = i % 2;
        // What a temporary starts from is filled.
        Shape shape = {order, i == 0 ? 1 : pick(2, 7), i == 1 ? 0 : pick(1, 9),
                       temporary || i == 0};
        cases.push_back(makeCase("hadamard" + std::to_string(order) + "_" +
                                     std::to_string(i),
                                 shape, temporary));
      }
    expectKernelsMatchReference(cases, width);
  }
}

} // namespace
