//===- KernelHarness.h - Kernels against upstream's loops -------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Runs a loop-nest kernel and the same linalg ops lowered by upstream's
// convert-linalg-to-loops on equal memory, and compares every byte of it,
// guards around the arrays included. The kernel's grid is cut at random places
// and run in random order with scratch memory full of garbage.
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_UNITTESTS_CODEGEN_KERNELHARNESS_H
#define NIBBLE_UNITTESTS_CODEGEN_KERNELHARNESS_H

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace nibble::test {

/// How an array is filled before a run.
enum class Fill {
  Integers, ///< small integers: float sums of them are exact in any order
  Uniform,  ///< floats in [-2, 2)
  Wide,     ///< floats in [-30, 30)
  Positive, ///< floats in [0.1, 2)
  Index,    ///< integers in [0, bound)
  Zero
};

/// A memref operand, or an index if `element` is "index-value".
struct Operand {
  std::string element; ///< "f32", "i8", "i64", "i1", …
  std::vector<int64_t> shape;
  Fill fill = Fill::Integers;
  int64_t bound = 0;            ///< Fill::Index; the value of an index
  std::vector<int64_t> strides; ///< elements; row-major if empty
  int64_t offset = 0;
};

/// An index operand.
inline Operand indexValue(int64_t value) {
  return {"index-value", {}, Fill::Zero, value, {}, 0};
}

struct KernelCase {
  std::string name; ///< of the function in `text`
  std::string text; ///< func.func private @name … attributes {nn.kernel, …}
  std::vector<Operand> operands;
  /// 0: all bits equal. Else floats may differ by so many units in the last
  /// place of the largest magnitude in their array.
  double ulps = 0;
};

/// Compiles all cases in one module with `width` lanes, runs and compares them
/// as GoogleTest expectations.
void expectKernelsMatchReference(const std::vector<KernelCase> &cases,
                                 unsigned width);

/// A vector in the caller's memory.
struct FloatArray {
  float *data;
  int64_t size;
};

/// Kernels over one-dimensional dynamic f32 memrefs.
class CompiledKernels {
public:
  virtual ~CompiledKernels() = default;
  /// Null after a diagnostic.
  static std::unique_ptr<CompiledKernels> make(const std::string &text,
                                               unsigned width);
  /// Runs the whole grid of kernel `name`.
  virtual bool run(const std::string &name,
                   const std::vector<FloatArray> &arrays) = 0;
};

} // namespace nibble::test

#endif // NIBBLE_UNITTESTS_CODEGEN_KERNELHARNESS_H
