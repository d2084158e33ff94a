//===- VectorMathFunctions.h - Elementary functions in lanes ----*- C++ -*-===//
//
// Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// f32 functions as arithmetic. Bounds are the largest error over all f32
// arguments in units in the last place of the result, denormal results
// included, as unittests/Codegen/VectorMathTest.cpp measures them. exp, log,
// tanh and erf work in f32; the others compute in f64 and round once.
//
//===----------------------------------------------------------------------===//

#ifndef NIBBLE_LIB_CODEGEN_KERNELS_VECTORMATHFUNCTIONS_H
#define NIBBLE_LIB_CODEGEN_KERNELS_VECTORMATHFUNCTIONS_H

#include "VectorMathBuilder.h"

namespace nibble::codegen::vectormath {

// In f32.
mlir::Value exp(MathBuilder &m, mlir::Value x);
/// Below -87.3 and above 88.3 the value that it has there.
mlir::Value expBounded(MathBuilder &m, mlir::Value x);
mlir::Value log(MathBuilder &m, mlir::Value x);
mlir::Value tanh(MathBuilder &m, mlir::Value x);
mlir::Value erf(MathBuilder &m, mlir::Value x);
mlir::Value rsqrt(MathBuilder &m, mlir::Value x);
mlir::Value round(MathBuilder &m, mlir::Value x);

// Through f64.
mlir::Value exp2(MathBuilder &m, mlir::Value x);
mlir::Value expm1(MathBuilder &m, mlir::Value x);
mlir::Value log2(MathBuilder &m, mlir::Value x);
mlir::Value log10(MathBuilder &m, mlir::Value x);
mlir::Value log1p(MathBuilder &m, mlir::Value x);
mlir::Value sinh(MathBuilder &m, mlir::Value x);
mlir::Value cosh(MathBuilder &m, mlir::Value x);
mlir::Value asinh(MathBuilder &m, mlir::Value x);
mlir::Value acosh(MathBuilder &m, mlir::Value x);
mlir::Value atanh(MathBuilder &m, mlir::Value x);
mlir::Value asin(MathBuilder &m, mlir::Value x);
mlir::Value acos(MathBuilder &m, mlir::Value x);
mlir::Value atan(MathBuilder &m, mlir::Value x);
mlir::Value cbrt(MathBuilder &m, mlir::Value x);
mlir::Value pow(MathBuilder &m, mlir::Value x, mlir::Value y);
mlir::Value atan2(MathBuilder &m, mlir::Value y, mlir::Value x);

// Through f64; arguments from 2^28 on are reduced in a branch of their own.
mlir::Value sin(MathBuilder &m, mlir::Value x);
mlir::Value cos(MathBuilder &m, mlir::Value x);
mlir::Value tan(MathBuilder &m, mlir::Value x);

} // namespace nibble::codegen::vectormath

#endif // NIBBLE_LIB_CODEGEN_KERNELS_VECTORMATHFUNCTIONS_H
