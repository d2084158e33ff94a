//===- VectorMath.h - math ops as arithmetic --------------------*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Elementary functions on f32 scalars and vectors as arith ops and math.fma,
// the same for one lane and for many, so that a value does not depend on where
// in a loop it is computed. The pass is `nibble-expand-math`; it makes scf.if
// in sin, cos and tan, so it runs before scf is lowered.
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_CODEGEN_KERNELS_VECTORMATH_H
#define NIBBLE_CODEGEN_KERNELS_VECTORMATH_H

namespace mlir {
class RewritePatternSet;
} // namespace mlir

namespace nibble::codegen {

/// Adds patterns that expand exp, exp2, expm1, log, log2, log10, log1p, sinh,
/// cosh, tanh, asinh, acosh, atanh, sin, cos, tan, asin, acos, atan, atan2,
/// erf, cbrt, powf, rsqrt and round of the math dialect on f32 and, through
/// f32, on narrower floats. Errors are within 2 units in the last place over
/// all arguments, denormals included. f64 is left alone.
void populateExpandMathPatterns(mlir::RewritePatternSet &patterns);

} // namespace nibble::codegen

#endif // NIBBLE_CODEGEN_KERNELS_VECTORMATH_H
