//===- ContractionHarness.h - Kernels against the reference -----*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_UNITTESTS_CODEGEN_CONTRACTIONHARNESS_H
#define NIBBLE_UNITTESTS_CODEGEN_CONTRACTIONHARNESS_H

#include "KernelJIT.h"

#include "nibble/Codegen/Kernels/Contraction.h"

#include <memory>
#include <random>
#include <string>

namespace nibble::test {

/// Random weights of one matrix, as WeightData points to them. `worst`: of
/// bounded pairs, only those with the largest sums of one sign.
struct RandomWeights {
  RandomWeights(const codegen::WeightFormat &format, int64_t n, int64_t k,
                std::mt19937 &random, bool worst = false);

  codegen::WeightData data;

private:
  std::vector<float> values, scales;
  std::vector<uint8_t> codes, zeros;
};

/// The extents of a run.
struct Shape {
  int64_t m, n, k;
};

/// One kernel, compiled once, compared on many shapes.
class ContractionHarness {
public:
  /// `text`: a ContractionDesc. `bias`: add a bias vector in the epilogue.
  ContractionHarness(mlir::MLIRContext &context, llvm::StringRef text,
                     codegen::Dot dot, bool bias = false);

  /// Runs the kernel on random data, its grid cut into `cuts` calls, and
  /// compares every byte with the reference, and the bytes between rows with
  /// what was there before.
  void check(Shape shape, unsigned cuts = 1);

  /// The same with the largest sums that bounded pairs can have: all of A are
  /// the code that enters the dot as 255.
  void checkWorstPairs(Shape shape);

  /// Rows, segments and groups with nested strides; `inner.k` is the length of
  /// a segment, `inner.m` is not used.
  void checkNested(Shape inner, llvm::ArrayRef<int64_t> rowExtents,
                   llvm::ArrayRef<int64_t> segmentExtents, int64_t groups);

  /// The pack kernel against packWeights.
  void checkPacking(Shape shape, bool kContiguous);

  const codegen::ContractionPlan &getPlan() const { return plan; }

private:
  void checkRandom(Shape shape, unsigned cuts, bool worst);
  void run(const Slots &slots, int64_t grid, int64_t k, unsigned cuts);

  codegen::ContractionPlan plan;
  bool bias;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::unique_ptr<KernelJIT> jit;
  nib_kernel_fn kernel = nullptr;
  std::mt19937 random{7};
};

/// All features of `dot`, whatever this machine has: kernels that it lacks
/// instructions for are emulated.
codegen::TargetFeatures allFeatures();

} // namespace nibble::test

#endif // NIBBLE_UNITTESTS_CODEGEN_CONTRACTIONHARNESS_H
