//===- LoopNestTest.cpp - The loop-nest generator by execution --*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelHarness.h"

#include "gtest/gtest.h"

using namespace nibble::test;

namespace {

using Shape = std::vector<int64_t>;

/// Wraps a body into a kernel function.
std::string kernel(const std::string &name, const std::string &arguments,
                   int shared, const std::string &body) {
  return "func.func private @" + name + "(" + arguments +
         ", %begin: index, %end: index, %scratch: memref<?xi8>) attributes "
         "{nn.kernel, nn.shared_dims = " +
         std::to_string(shared) + " : i64} {\n" + body + "  return\n}\n";
}

Operand f32(Shape shape, Fill fill = Fill::Integers) {
  return {"f32", shape, fill, 0, {}, 0};
}
Operand integers(const std::string &element, Shape shape) {
  return {element, shape, Fill::Integers, 0, {}, 0};
}

void check(const std::vector<KernelCase> &cases) {
  expectKernelsMatchReference(cases, 8);
}

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

TEST(LoopNest, ElementwiseFlattensAndBroadcasts) {
  std::vector<KernelCase> cases;
  int number = 0;
  for (Shape shape : {Shape{1, 1, 1}, Shape{3, 5, 7}, Shape{2, 64, 81},
                      Shape{1, 3, 4096}, Shape{0, 4, 5}, Shape{5, 0, 3}}) {
    std::string name = "add" + std::to_string(number++);
    cases.push_back(
        {name,
         kernel(name,
                "%a: memref<?x?x?xf32>, %b: memref<?xf32>, "
                "%c: memref<?x1x1xf32>, %s: memref<f32>, %y: memref<?x?x?xf32>",
                3, R"(
  linalg.generic {indexing_maps = [
      affine_map<(i, j, k) -> (i, j, k)>, affine_map<(i, j, k) -> (k)>,
      affine_map<(i, j, k) -> (i, 0, 0)>, affine_map<(i, j, k) -> ()>,
      affine_map<(i, j, k) -> (i, j, k)>],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%a, %b, %c, %s : memref<?x?x?xf32>, memref<?xf32>,
          memref<?x1x1xf32>, memref<f32>)
      outs(%y : memref<?x?x?xf32>) {
    ^bb0(%x0: f32, %x1: f32, %x2: f32, %x3: f32, %o: f32):
      %0 = arith.addf %x0, %x1 : f32
      %1 = arith.mulf %0, %x2 : f32
      %2 = arith.divf %1, %x3 : f32
      linalg.yield %2 : f32
  }
)"),
         {f32(shape), f32({shape[2]}), f32({shape[0], 1, 1}), f32({}),
          f32(shape)}});
    name = "flat" + std::to_string(number);
    cases.push_back(
        {name,
         kernel(name, "%a: memref<?x?x?xf32>, %y: memref<?x?x?xf32>", 3, R"(
  linalg.generic {indexing_maps = [
      affine_map<(i, j, k) -> (i, j, k)>, affine_map<(i, j, k) -> (i, j, k)>],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%a : memref<?x?x?xf32>) outs(%y : memref<?x?x?xf32>) {
    ^bb0(%x: f32, %o: f32):
      %0 = arith.mulf %x, %x : f32
      %1 = arith.addf %0, %o : f32
      linalg.yield %1 : f32
  }
)"),
         {f32(shape), f32(shape)}});
  }
  check(cases);
}

TEST(LoopNest, ElementTypes) {
  std::string maps = R"(indexing_maps = [affine_map<(i) -> (i)>,
      affine_map<(i) -> (i)>], iterator_types = ["parallel"])";
  auto unary = [&](const std::string &name, const std::string &from,
                   const std::string &to, const std::string &body) {
    return kernel(name, "%a: memref<?x" + from + ">, %y: memref<?x" + to + ">",
                  1,
                  "  linalg.generic {" + maps + "} ins(%a : memref<?x" + from +
                      ">) outs(%y : memref<?x" + to + ">) {\n^bb0(%x: " + from +
                      ", %o: " + to + "):\n" + body +
                      "\n  linalg.yield %r : " + to + "\n}\n");
  };
  std::vector<KernelCase> cases;
  auto add = [&](const std::string &name, const std::string &from,
                 const std::string &to, const std::string &body) {
    for (int64_t size : {1, 7, 8, 9, 4103})
      cases.push_back({name + std::to_string(size),
                       unary(name + std::to_string(size), from, to, body),
                       {integers(from, {size}), integers(to, {size})}});
  };
  add("widen", "i8", "f32", R"(
    %0 = arith.extsi %x : i8 to i32
    %r = arith.sitofp %0 : i32 to f32)");
  add("quantize", "f32", "i8", R"(
    %s = arith.constant 1.7 : f32
    %lo = arith.constant -7.0 : f32
    %hi = arith.constant 7.0 : f32
    %0 = arith.mulf %x, %s : f32
    %1 = math.roundeven %0 : f32
    %2 = arith.maximumf %1, %lo : f32
    %3 = arith.minimumf %2, %hi : f32
    %4 = arith.fptosi %3 : f32 to i32
    %r = arith.trunci %4 : i32 to i8)");
  add("compare", "f32", "i1", R"(
    %z = arith.constant 1.0 : f32
    %r = arith.cmpf ogt, %x, %z : f32)");
  add("choose", "i1", "f32", R"(
    %p = arith.constant 2.5 : f32
    %r = arith.select %x, %p, %o : f32)");
  add("not", "i1", "i1", R"(
    %t = arith.constant true
    %r = arith.xori %x, %t : i1)");
  add("wide", "i64", "i32", R"(
    %0 = arith.muli %x, %x : i64
    %r = arith.trunci %0 : i64 to i32)");
  add("half", "f16", "f32", R"(
    %r = arith.extf %x : f16 to f32)");
  add("count", "i32", "i64", R"(
    %i = linalg.index 0 : index
    %0 = arith.index_cast %i : index to i64
    %1 = arith.extsi %x : i32 to i64
    %r = arith.addi %0, %1 : i64)");
  check(cases);
}

TEST(LoopNest, InPlaceAndTwoOutputs) {
  check({{"inplace",
          kernel("inplace", "%a: memref<?x?xf32>, %m: memref<?x?xi1>", 2, R"(
  linalg.generic {indexing_maps = [
      affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>,
      affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%a : memref<?x?xf32>)
      outs(%a, %m : memref<?x?xf32>, memref<?x?xi1>) {
    ^bb0(%x: f32, %o: f32, %p: i1):
      %z = arith.constant 0.0 : f32
      %0 = arith.cmpf olt, %x, %z : f32
      %1 = arith.maximumf %x, %z : f32
      linalg.yield %1, %0 : f32, i1
  }
)"),
          {f32({13, 29}), integers("i1", {13, 29})}}});
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

const char *const kSoftmax = R"(
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %ninf = arith.constant 0xFF800000 : f32
  %zero = arith.constant 0.0 : f32
  %rows = memref.dim %x, %c0 : memref<?x?xf32>
  %columns = memref.dim %x, %c1 : memref<?x?xf32>
  %max = memref.alloca(%rows) : memref<?xf32>
  %sum = memref.alloca(%rows) : memref<?xf32>
  %e = memref.alloc(%rows, %columns) : memref<?x?xf32>
  linalg.fill ins(%ninf : f32) outs(%max : memref<?xf32>)
  linalg.generic {indexing_maps = [
      affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
      iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<?x?xf32>) outs(%max : memref<?xf32>) {
    ^bb0(%a: f32, %o: f32):
      %0 = arith.maximumf %a, %o : f32
      linalg.yield %0 : f32
  }
  linalg.generic {indexing_maps = [
      affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>,
      affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%x, %max : memref<?x?xf32>, memref<?xf32>)
      outs(%e : memref<?x?xf32>) {
    ^bb0(%a: f32, %m: f32, %o: f32):
      %0 = arith.subf %a, %m : f32
      %1 = math.exp %0 : f32
      linalg.yield %1 : f32
  }
  linalg.fill ins(%zero : f32) outs(%sum : memref<?xf32>)
  linalg.generic {indexing_maps = [
      affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
      iterator_types = ["parallel", "reduction"]}
      ins(%e : memref<?x?xf32>) outs(%sum : memref<?xf32>) {
    ^bb0(%a: f32, %o: f32):
      %0 = arith.addf %a, %o : f32
      linalg.yield %0 : f32
  }
  linalg.generic {indexing_maps = [
      affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>,
      affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%e, %sum : memref<?x?xf32>, memref<?xf32>)
      outs(%y : memref<?x?xf32>) {
    ^bb0(%a: f32, %s: f32, %o: f32):
      %0 = arith.divf %a, %s : f32
      linalg.yield %0 : f32
  }
  memref.dealloc %e : memref<?x?xf32>
)";

TEST(LoopNest, Softmax) {
  std::vector<KernelCase> cases;
  for (int64_t columns : {1, 7, 8, 31, 128, 131}) {
    std::string name = "softmax" + std::to_string(columns);
    cases.push_back(
        {name,
         kernel(name, "%x: memref<?x?xf32>, %y: memref<?x?xf32>", 1, kSoftmax),
         {f32({5, columns}, Fill::Wide), f32({5, columns})},
         /*ulps=*/8});
  }
  // No shared loops: the whole sequence is one grid point.
  cases.push_back(
      {"whole",
       kernel("whole", "%x: memref<?x?xf32>, %y: memref<?x?xf32>", 0, kSoftmax),
       {f32({4, 37}, Fill::Wide), f32({4, 37})},
       /*ulps=*/8});
  check(cases);
}

const char *const kLayerNorm = R"(
  %zero = arith.constant 0.0 : f32
  %eps = arith.constant 1.0e-5 : f32
  %sum = memref.alloca() : memref<6xf32>
  %square = memref.alloca() : memref<6xf32>
  linalg.fill ins(%zero : f32) outs(%sum : memref<6xf32>)
  linalg.generic {indexing_maps = [
      affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
      iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<6xNxf32>) outs(%sum : memref<6xf32>) {
    ^bb0(%a: f32, %o: f32):
      %0 = arith.addf %o, %a : f32
      linalg.yield %0 : f32
  }
  linalg.fill ins(%zero : f32) outs(%square : memref<6xf32>)
  linalg.generic {indexing_maps = [
      affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>,
      affine_map<(i, j) -> (i)>],
      iterator_types = ["parallel", "reduction"]}
      ins(%x, %sum : memref<6xNxf32>, memref<6xf32>)
      outs(%square : memref<6xf32>) {
    ^bb0(%a: f32, %s: f32, %o: f32):
      %n = arith.constant N.0 : f32
      %m = arith.divf %s, %n : f32
      %d = arith.subf %a, %m : f32
      %0 = math.fma %d, %d, %o : f32
      linalg.yield %0 : f32
  }
  linalg.generic {indexing_maps = [
      affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>,
      affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (j)>,
      affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%x, %sum, %square, %g : memref<6xNxf32>, memref<6xf32>,
          memref<6xf32>, memref<Nxf32>)
      outs(%y : memref<6xNxf32>) {
    ^bb0(%a: f32, %s: f32, %q: f32, %w: f32, %o: f32):
      %n = arith.constant N.0 : f32
      %m = arith.divf %s, %n : f32
      %v = arith.divf %q, %n : f32
      %ve = arith.addf %v, %eps : f32
      %r = math.sqrt %ve : f32
      %d = arith.subf %a, %m : f32
      %0 = arith.divf %d, %r : f32
      %1 = arith.mulf %0, %w : f32
      linalg.yield %1 : f32
  }
)";

std::string replaceAll(std::string text, const std::string &from,
                       const std::string &to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos;
       at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

TEST(LoopNest, LayerNorm) {
  std::vector<KernelCase> cases;
  for (int64_t size : {1, 5, 8, 40, 77, 384}) {
    std::string n = std::to_string(size), name = "layernorm" + n;
    std::string text = kernel(
        name, "%x: memref<6xNxf32>, %g: memref<Nxf32>, %y: memref<6xNxf32>", 1,
        kLayerNorm);
    text = replaceAll(text, "xNxf32", "x" + n + "xf32");
    text = replaceAll(text, "<Nxf32", "<" + n + "xf32");
    text = replaceAll(text, "N.0", n + ".0");
    cases.push_back({name,
                     text,
                     {f32({6, size}, Fill::Uniform), f32({size}, Fill::Uniform),
                      f32({6, size})},
                     /*ulps=*/64});
  }
  check(cases);
}

TEST(LoopNest, QuantizeRows) {
  const char *const body = R"(
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %rows = memref.dim %x, %c0 : memref<?x?xf32>
  %max = memref.alloca(%rows) : memref<?xf32>
  linalg.fill ins(%zero : f32) outs(%max : memref<?xf32>)
  linalg.generic {indexing_maps = [
      affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
      iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<?x?xf32>) outs(%max : memref<?xf32>) {
    ^bb0(%a: f32, %o: f32):
      %0 = math.absf %a : f32
      %1 = arith.maximumf %o, %0 : f32
      linalg.yield %1 : f32
  }
  linalg.generic {indexing_maps = [
      affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]}
      ins(%max : memref<?xf32>) outs(%scale : memref<?xf32>) {
    ^bb0(%m: f32, %o: f32):
      %q = arith.constant 127.0 : f32
      %0 = arith.divf %m, %q : f32
      linalg.yield %0 : f32
  }
  linalg.generic {indexing_maps = [
      affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>,
      affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%x, %scale : memref<?x?xf32>, memref<?xf32>)
      outs(%y : memref<?x?xi8>) {
    ^bb0(%a: f32, %s: f32, %o: i8):
      %z = arith.constant 0.0 : f32
      %one = arith.constant 1.0 : f32
      %lo = arith.constant -127.0 : f32
      %hi = arith.constant 127.0 : f32
      %empty = arith.cmpf oeq, %s, %z : f32
      %d = arith.select %empty, %one, %s : f32
      %0 = arith.divf %a, %d : f32
      %1 = math.roundeven %0 : f32
      %2 = arith.maximumf %1, %lo : f32
      %3 = arith.minimumf %2, %hi : f32
      %4 = arith.fptosi %3 : f32 to i8
      linalg.yield %4 : i8
  }
)";
  std::vector<KernelCase> cases;
  for (int64_t columns : {3, 8, 100, 384}) {
    std::string name = "quantize" + std::to_string(columns);
    cases.push_back({name,
                     kernel(name,
                            "%x: memref<?x?xf32>, %scale: memref<?xf32>, "
                            "%y: memref<?x?xi8>",
                            1, body),
                     {f32({9, columns}, Fill::Uniform), f32({9}),
                      integers("i8", {9, columns})}});
  }
  check(cases);
}

//===----------------------------------------------------------------------===//
// Windows
//===----------------------------------------------------------------------===//

/// Depthwise convolution or pooling, channels last.
std::string windows(const std::string &name, int stride, bool weights,
                    const std::string &combine) {
  std::string in = "affine_map<(n, h, w, c, p, q) -> (n, h * " +
                   std::to_string(stride) + " + p, w * " +
                   std::to_string(stride) + " + q, c)>";
  std::string body = R"(
  %start = arith.constant -3.0 : f32
  linalg.fill ins(%start : f32) outs(%y : memref<?x?x?x?xf32>)
  linalg.generic {indexing_maps = [)" +
                     in + ", affine_map<(n, h, w, c, p, q) -> (" +
                     (weights ? "p, q, c" : "p, q") + R"()>,
      affine_map<(n, h, w, c, p, q) -> (n, h, w, c)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel",
                        "reduction", "reduction"]}
      ins(%x, %w : memref<?x?x?x?xf32>, memref<WxT>)
      outs(%y : memref<?x?x?x?xf32>) {
    ^bb0(%a: f32, %b: f32, %o: f32):
)" + combine + R"(
      linalg.yield %r : f32
  }
)";
  std::string text = kernel(
      name, "%x: memref<?x?x?x?xf32>, %w: memref<WxT>, %y: memref<?x?x?x?xf32>",
      4, body);
  return replaceAll(text, "WxT", weights ? "3x3x?xf32" : "3x3xf32");
}

TEST(LoopNest, WindowsChannelsLast) {
  std::vector<KernelCase> cases;
  int number = 0;
  for (int64_t channels : {3, 8, 20, 72, 300})
    for (int stride : {1, 2}) {
      int64_t h = 5, w = 6;
      Shape in = {2, (h - 1) * stride + 3, (w - 1) * stride + 3, channels};
      std::string suffix = std::to_string(number++);
      cases.push_back(
          {"depthwise" + suffix,
           windows("depthwise" + suffix, stride, true,
                   "%0 = arith.mulf %a, %b : f32\n"
                   "%r = arith.addf %o, %0 : f32"),
           {f32(in), f32({3, 3, channels}), f32({2, h, w, channels})}});
      cases.push_back({"maxpool" + suffix,
                       windows("maxpool" + suffix, stride, false,
                               "%r = arith.maximumf %o, %a : f32"),
                       {f32(in), f32({3, 3}), f32({2, h, w, channels})}});
    }
  check(cases);
}

TEST(LoopNest, WindowsChannelsFirst) {
  std::vector<KernelCase> cases;
  int number = 0;
  for (int64_t width : {1, 7, 16, 45})
    for (int stride : {1, 2, 3}) {
      std::string s = std::to_string(stride);
      std::string name = "pool" + std::to_string(number++);
      cases.push_back({name,
                       kernel(name,
                              "%x: memref<?x?x?x?xf32>, %k: memref<2x2xf32>, "
                              "%y: memref<?x?x?x?xf32>",
                              4,
                              R"(
  linalg.generic {indexing_maps = [
      affine_map<(n, c, h, w, p, q) -> (n, c, h * )" +
                                  s + " + p, w * " + s + R"( + q)>,
      affine_map<(n, c, h, w, p, q) -> (p, q)>,
      affine_map<(n, c, h, w, p, q) -> (n, c, h, w)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel",
                        "reduction", "reduction"]}
      ins(%x, %k : memref<?x?x?x?xf32>, memref<2x2xf32>)
      outs(%y : memref<?x?x?x?xf32>) {
    ^bb0(%a: f32, %b: f32, %o: f32):
      %r = arith.addf %o, %a : f32
      linalg.yield %r : f32
  }
)"),
                       {f32({2, 3, 4 * stride + 2, (width - 1) * stride + 2}),
                        f32({2, 2}), f32({2, 3, 5, width})}});
    }
  check(cases);
}

TEST(LoopNest, GlobalPoolJoinsWindow) {
  std::vector<KernelCase> cases;
  for (int64_t side : {1, 7, 12}) {
    std::string name = "global" + std::to_string(side);
    cases.push_back(
        {name,
         kernel(name, "%x: memref<?x?x?x?xf32>, %y: memref<?x?xf32>", 2, R"(
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%y : memref<?x?xf32>)
  linalg.generic {indexing_maps = [
      affine_map<(n, c, h, w) -> (n, c, h, w)>,
      affine_map<(n, c, h, w) -> (n, c)>],
      iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%x : memref<?x?x?x?xf32>) outs(%y : memref<?x?xf32>) {
    ^bb0(%a: f32, %o: f32):
      %r = arith.addf %o, %a : f32
      linalg.yield %r : f32
  }
)"),
         {f32({2, 5, side, side}), f32({2, 5})}});
  }
  check(cases);
}

//===----------------------------------------------------------------------===//
// Layouts, views, gathers
//===----------------------------------------------------------------------===//

TEST(LoopNest, Transposes) {
  std::vector<KernelCase> cases;
  int number = 0;
  for (Shape shape : {Shape{2, 3, 5, 7}, Shape{1, 64, 9, 13},
                      Shape{2, 70, 17, 8}, Shape{1, 8, 8, 8}}) {
    for (std::string type : {"f32", "i8"}) {
      std::string suffix = std::to_string(number++);
      std::string memref = "memref<?x?x?x?x" + type + ">";
      std::string body = R"(
  linalg.generic {indexing_maps = [
      affine_map<(n, h, w, c) -> (n, c, h, w)>,
      affine_map<(n, h, w, c) -> (n, h, w, c)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%x : MEMREF) outs(%y : MEMREF) {
    ^bb0(%a: TYPE, %o: TYPE):
      linalg.yield %a : TYPE
  }
)";
      std::string text =
          kernel("to_last" + suffix, "%x: MEMREF, %y: MEMREF", 4, body);
      text = replaceAll(replaceAll(text, "MEMREF", memref), "TYPE", type);
      Shape last = {shape[0], shape[2], shape[3], shape[1]};
      cases.push_back({"to_last" + suffix,
                       text,
                       {integers(type, shape), integers(type, last)}});
      std::string back = replaceAll(text, "to_last", "to_first");
      back = replaceAll(back, "(n, h, w, c) -> (n, c, h, w)",
                        "(n, c, h, w) -> (n, h, w, c)");
      back = replaceAll(back, "(n, h, w, c) -> (n, h, w, c)",
                        "(n, c, h, w) -> (n, c, h, w)");
      cases.push_back({"to_first" + suffix,
                       back,
                       {integers(type, last), integers(type, shape)}});
    }
  }
  check(cases);
}

TEST(LoopNest, ConcatBySubviews) {
  const char *const body = R"(
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %rows = memref.dim %a, %c0 : memref<?x?xf32>
  %na = memref.dim %a, %c1 : memref<?x?xf32>
  %nb = memref.dim %b, %c1 : memref<?x?xf32>
  %ya = memref.subview %y[0, 0][%rows, %na][1, 1]
      : memref<?x?xf32> to memref<?x?xf32, strided<[?, 1]>>
  %yb = memref.subview %y[0, %na][%rows, %nb][1, 1]
      : memref<?x?xf32> to memref<?x?xf32, strided<[?, 1], offset: ?>>
  memref.copy %a, %ya : memref<?x?xf32> to memref<?x?xf32, strided<[?, 1]>>
  linalg.generic {indexing_maps = [
      affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%b : memref<?x?xf32>)
      outs(%yb : memref<?x?xf32, strided<[?, 1], offset: ?>>) {
    ^bb0(%v: f32, %o: f32):
      %0 = arith.negf %v : f32
      linalg.yield %0 : f32
  }
)";
  std::vector<KernelCase> cases;
  for (int shared : {0, 1}) {
    std::string name = "concat" + std::to_string(shared);
    // The reference has no runtime library for memref.copy.
    std::string text = replaceAll(
        body,
        "memref.copy %a, %ya : memref<?x?xf32> to memref<?x?xf32, "
        "strided<[?, 1]>>",
        "linalg.copy ins(%a : memref<?x?xf32>) outs(%ya : memref<?x?xf32, "
        "strided<[?, 1]>>)");
    cases.push_back({name,
                     kernel(name,
                            "%a: memref<?x?xf32>, %b: memref<?x?xf32>, "
                            "%y: memref<?x?xf32>",
                            shared, text),
                     {f32({7, 19}), f32({7, 33}), f32({7, 52})}});
  }
  check(cases);
}

TEST(LoopNest, StridedOperands) {
  std::string type = "memref<?x?xf32, strided<[?, ?], offset: ?>>";
  std::string body = replaceAll(R"(
  linalg.generic {indexing_maps = [
      affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j, i)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%a : TYPE) outs(%y : TYPE) {
    ^bb0(%v: f32, %o: f32):
      %0 = arith.addf %v, %o : f32
      linalg.yield %0 : f32
  }
)",
                                "TYPE", type);
  Operand a = f32({9, 21});
  a.strides = {50, 2};
  a.offset = 3;
  Operand y = f32({21, 9});
  y.strides = {1, 40};
  y.offset = 5;
  check({{"strided",
          kernel("strided", "%a: " + type + ", %y: " + type, 2, body),
          {a, y}}});
}

TEST(LoopNest, GathersRows) {
  std::vector<KernelCase> cases;
  for (int64_t columns : {1, 24, 301}) {
    std::string name = "gather" + std::to_string(columns);
    Operand indices = integers("i64", {11});
    indices.fill = Fill::Index;
    indices.bound = 17;
    cases.push_back({name,
                     kernel(name,
                            "%table: memref<17x?xf32>, %i: memref<?xi64>, "
                            "%y: memref<?x?xf32>",
                            2, R"(
  linalg.generic {indexing_maps = [
      affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%i : memref<?xi64>) outs(%y : memref<?x?xf32>) {
    ^bb0(%v: i64, %o: f32):
      %row = arith.index_cast %v : i64 to index
      %column = linalg.index 1 : index
      %0 = memref.load %table[%row, %column] : memref<17x?xf32>
      linalg.yield %0 : f32
  }
)"),
                     {f32({17, columns}), indices, f32({11, columns})}});
  }
  check(cases);
}

TEST(LoopNest, ResizesNearest) {
  check({{"floordiv",
          kernel("floordiv",
                 "%x: memref<?x?x?xf32>, %y: memref<?x?x?xf32>, "
                 "%s: memref<?x?x?xf32>",
                 3, R"(
  linalg.generic {indexing_maps = [
      affine_map<(c, h, w) -> (c, h floordiv 2, w floordiv 2)>,
      affine_map<(c, h, w) -> (c, h, w)>],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x : memref<?x?x?xf32>) outs(%y : memref<?x?x?xf32>) {
    ^bb0(%a: f32, %o: f32):
      linalg.yield %a : f32
  }
)"),
          {f32({3, 5, 11}), f32({3, 10, 22}), f32({1, 1, 1})}},
         {"computed",
          kernel("computed", "%x: memref<?x?xf32>, %y: memref<?x?xf32>", 2, R"(
  linalg.generic {indexing_maps = [affine_map<(h, w) -> (h, w)>],
      iterator_types = ["parallel", "parallel"]}
      outs(%y : memref<?x?xf32>) {
    ^bb0(%o: f32):
      %c3 = arith.constant 3 : index
      %c2 = arith.constant 2 : index
      %h = linalg.index 0 : index
      %w = linalg.index 1 : index
      %h2 = arith.muli %h, %c2 : index
      %w2 = arith.muli %w, %c2 : index
      %hs = arith.divui %h2, %c3 : index
      %ws = arith.divui %w2, %c3 : index
      %0 = memref.load %x[%hs, %ws] : memref<?x?xf32>
      linalg.yield %0 : f32
  }
)"),
          {f32({8, 14}), f32({12, 21})}}});
}

//===----------------------------------------------------------------------===//
// What has no lanes
//===----------------------------------------------------------------------===//

TEST(LoopNest, KeepsOrderWhereIterationsDepend) {
  std::vector<KernelCase> cases;
  // A running sum: the output is read where the iteration before wrote it.
  cases.push_back(
      {"cumulate",
       kernel("cumulate", "%x: memref<?x?xf32>, %y: memref<?x?xf32>", 1, R"(
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %rows = memref.dim %x, %c0 : memref<?x?xf32>
  %n = memref.dim %x, %c1 : memref<?x?xf32>
  %less = arith.subi %n, %c1 : index
  %from = memref.subview %y[0, 0][%rows, %less][1, 1]
      : memref<?x?xf32> to memref<?x?xf32, strided<[?, 1]>>
  %to = memref.subview %y[0, 1][%rows, %less][1, 1]
      : memref<?x?xf32> to memref<?x?xf32, strided<[?, 1], offset: 1>>
  %more = memref.subview %x[0, 1][%rows, %less][1, 1]
      : memref<?x?xf32> to memref<?x?xf32, strided<[?, 1], offset: 1>>
  linalg.generic {indexing_maps = [
      affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>,
      affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "reduction"]}
      ins(%from, %more : memref<?x?xf32, strided<[?, 1]>>,
          memref<?x?xf32, strided<[?, 1], offset: 1>>)
      outs(%to : memref<?x?xf32, strided<[?, 1], offset: 1>>) {
    ^bb0(%p: f32, %a: f32, %o: f32):
      %0 = arith.addf %p, %a : f32
      linalg.yield %0 : f32
  }
)"),
       {f32({5, 41}), f32({5, 41})}});
  // Two values carried together.
  cases.push_back({"argmax",
                   kernel("argmax",
                          "%x: memref<?x?xf32>, %m: memref<?xf32>, "
                          "%i: memref<?xi64>",
                          1, R"(
  linalg.generic {indexing_maps = [
      affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>,
      affine_map<(i, j) -> (i)>],
      iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<?x?xf32>) outs(%m, %i : memref<?xf32>, memref<?xi64>) {
    ^bb0(%a: f32, %best: f32, %at: i64):
      %j = linalg.index 1 : index
      %k = arith.index_cast %j : index to i64
      %more = arith.cmpf ogt, %a, %best : f32
      %0 = arith.select %more, %a, %best : f32
      %1 = arith.select %more, %k, %at : i64
      linalg.yield %0, %1 : f32, i64
  }
)"),
                   {f32({6, 37}), f32({6}), integers("i64", {6})}});
  // Along the other axis the same has lanes.
  cases.push_back({"argmax0",
                   kernel("argmax0",
                          "%x: memref<?x?xf32>, %m: memref<?xf32>, "
                          "%i: memref<?xi64>",
                          1, R"(
  linalg.generic {indexing_maps = [
      affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (i)>,
      affine_map<(i, j) -> (i)>],
      iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<?x?xf32>) outs(%m, %i : memref<?xf32>, memref<?xi64>) {
    ^bb0(%a: f32, %best: f32, %at: i64):
      %j = linalg.index 1 : index
      %k = arith.index_cast %j : index to i64
      %more = arith.cmpf ogt, %a, %best : f32
      %0 = arith.select %more, %a, %best : f32
      %1 = arith.select %more, %k, %at : i64
      linalg.yield %0, %1 : f32, i64
  }
)"),
                   {f32({37, 300}), f32({300}), integers("i64", {300})}});
  // A branch in the body.
  cases.push_back({"branch",
                   kernel("branch", "%x: memref<?xf32>, %y: memref<?xf32>", 1,
                          R"(
  %c0 = arith.constant 0 : index
  %n = memref.dim %x, %c0 : memref<?xf32>
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]} outs(%y : memref<?xf32>) {
    ^bb0(%o: f32):
      %c2 = arith.constant 2 : index
      %z = arith.constant 0.5 : f32
      %i = linalg.index 0 : index
      %j = arith.addi %i, %c2 : index
      %in = arith.cmpi ult, %j, %n : index
      %0 = scf.if %in -> (f32) {
        %2 = memref.load %x[%j] : memref<?xf32>
        scf.yield %2 : f32
      } else {
        scf.yield %z : f32
      }
      linalg.yield %0 : f32
  }
)"),
                   {f32({43}), f32({43})}});
  check(cases);
}

TEST(LoopNest, TemporaryReadAcrossRowsIsNotShared) {
  // Row i reads row n-1-i of the temporary: sharing i would be wrong.
  check({{"reverse",
          kernel("reverse", "%x: memref<?x?xf32>, %y: memref<?x?xf32>", 1, R"(
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %rows = memref.dim %x, %c0 : memref<?x?xf32>
  %columns = memref.dim %x, %c1 : memref<?x?xf32>
  %t = memref.alloca(%rows, %columns) : memref<?x?xf32>
  linalg.generic {indexing_maps = [
      affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<?x?xf32>) outs(%t : memref<?x?xf32>) {
    ^bb0(%a: f32, %o: f32):
      %0 = arith.mulf %a, %a : f32
      linalg.yield %0 : f32
  }
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]}
      outs(%y : memref<?x?xf32>) {
    ^bb0(%o: f32):
      %i = linalg.index 0 : index
      %j = linalg.index 1 : index
      %last = arith.subi %rows, %c1 : index
      %r = arith.subi %last, %i : index
      %0 = memref.load %t[%r, %j] : memref<?x?xf32>
      linalg.yield %0 : f32
  }
)"),
          {f32({6, 19}), f32({6, 19})}}});
}

} // namespace
