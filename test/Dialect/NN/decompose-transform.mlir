// RUN: quant-opt %s -nn-decompose -split-input-file | FileCheck %s

// Blocks are rows of their own; signs are parities of shared bits.
qnt.basis @b : 640 = #qnt.hadamard<32>
// CHECK-LABEL: @hadamard
// CHECK-NOT: qnt.transform
// CHECK: tensor<?x32x1xf32>
// CHECK: math.ctpop
// CHECK: linalg.generic
// CHECK-SAME: iterator_types = ["parallel", "parallel", "parallel", "reduction"]
func.func @hadamard(%x: tensor<?x640xf32>) -> tensor<?x640xf32> {
  %0 = qnt.transform %x to @b axis = 1 : tensor<?x640xf32>
  return %0 : tensor<?x640xf32>
}

// -----

// Numbers come from their function; the dual of a scale divides.
func.func private @n() -> tensor<12xf32>
qnt.basis @b : 12 = #qnt.diagonal<12, data = @n>
// CHECK-LABEL: @scale
// CHECK: call @n() : () -> tensor<12xf32>
// CHECK: arith.mulf
// CHECK: call @n() : () -> tensor<12xf32>
// CHECK: arith.divf
func.func @scale(%x: tensor<3x12xf32>) -> (tensor<3x12xf32>, tensor<3x12xf32>) {
  %0 = qnt.transform %x to @b axis = 1 : tensor<3x12xf32>
  %1 = qnt.transform %x to dual @b axis = 1 : tensor<3x12xf32>
  return %0, %1 : tensor<3x12xf32>, tensor<3x12xf32>
}

// -----

// Narrow floats are summed in f32.
func.func private @n() -> tensor<12xi32>
qnt.basis @b : 24 = #qnt.direct_sum<#qnt.permutation<12, data = @n>, #qnt.identity<12>>
// CHECK-LABEL: @segments
// CHECK: tensor.extract_slice %{{.*}}[0, 0, 0] [1, 12, 3]
// CHECK: call @n() : () -> tensor<12xi32>
// CHECK: arith.cmpi eq
// CHECK: arith.addf %{{.*}} : f32
// CHECK: tensor.insert_slice %{{.*}}[0, 0, 0] [1, 12, 3]
// CHECK: tensor.extract_slice %{{.*}}[0, 12, 0] [1, 12, 3]
// CHECK: tensor.insert_slice %{{.*}}[0, 12, 0] [1, 12, 3]
func.func @segments(%x: tensor<24x3xf16>) -> tensor<24x3xf16> {
  %0 = qnt.transform %x to @b axis = 0 : tensor<24x3xf16>
  return %0 : tensor<24x3xf16>
}
