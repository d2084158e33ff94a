// RUN: quant-opt %s -nn-decompose -canonicalize -cse -split-input-file | FileCheck %s

// Rows, n and then k; the bias is an epilogue of its own.
// CHECK-DAG: #[[ROW:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG: #[[WEIGHT:.*]] = affine_map<(d0, d1, d2) -> (d1, d2)>
// CHECK-DAG: #[[OUT:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-LABEL: @linear
// CHECK: linalg.fill
// CHECK: %[[SUM:.*]] = linalg.generic {indexing_maps = [#[[ROW]], #[[WEIGHT]], #[[OUT]]], iterator_types = ["parallel", "parallel", "reduction"]}
// CHECK:   arith.mulf
// CHECK:   arith.addf
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel"]} ins(%[[SUM]], %{{.*}} : tensor<?x8xf32>, tensor<8xf32>)
// CHECK:   arith.addf
func.func @linear(%x: tensor<?x64xf32>, %w: tensor<8x64xf32>, %b: tensor<8xf32>) -> tensor<?x8xf32> {
  %0 = nn.linear %x, %w bias %b : (tensor<?x64xf32>, tensor<8x64xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}

// -----

// f16 is summed in f32 and rounded once.
// CHECK-LABEL: @linear_f16
// CHECK: linalg.fill ins(%{{.*}} : f32)
// CHECK: linalg.generic {{.*}} outs(%{{.*}} : tensor<2x8xf32>)
// CHECK-COUNT-2: arith.extf %{{.*}} : f16 to f32
// CHECK: linalg.generic
// CHECK-NOT: arith.extf
// CHECK: arith.truncf %{{.*}} : f32 to f16
func.func @linear_f16(%x: tensor<2x64xf16>, %w: tensor<8x64xf16>) -> tensor<2x8xf16> {
  %0 = nn.linear %x, %w : (tensor<2x64xf16>, tensor<8x64xf16>) -> tensor<2x8xf16>
  return %0 : tensor<2x8xf16>
}

// -----

// Integers are extended by their sign.
// CHECK-LABEL: @linear_integers
// CHECK: tensor.bitcast %{{.*}} : tensor<1x3xui8> to tensor<1x3xi8>
// CHECK: linalg.generic
// CHECK-DAG: arith.extui %{{.*}} : i8 to i32
// CHECK-DAG: arith.extsi %{{.*}} : i8 to i32
func.func @linear_integers(%x: tensor<1x3xui8>, %w: tensor<2x3xi8>) -> tensor<1x2xi32> {
  %0 = nn.linear %x, %w : (tensor<1x3xui8>, tensor<2x3xi8>) -> tensor<1x2xi32>
  return %0 : tensor<1x2xi32>
}

// -----

// CHECK-DAG: #[[LHS:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, 0, d2, d4)>
// CHECK-DAG: #[[RHS:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d1, d3, d4)>
// CHECK-LABEL: @matmul
// CHECK: linalg.generic {indexing_maps = [#[[LHS]], #[[RHS]], #{{.*}}]
func.func @matmul(%a: tensor<2x1x3x4xf32>, %b: tensor<5x6x4xf32>) -> tensor<2x5x3x6xf32> {
  %0 = nn.matmul %a, %b {transpose_rhs} : (tensor<2x1x3x4xf32>, tensor<5x6x4xf32>) -> tensor<2x5x3x6xf32>
  return %0 : tensor<2x5x3x6xf32>
}

// -----

// CHECK-DAG: #[[IN:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d4, d2 * 2 + d5, d3 + d6 * 3)>
// CHECK-DAG: #[[FILTER:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d1, d4, d5, d6)>
// CHECK-LABEL: @conv
// CHECK: tensor.pad %{{.*}} low[0, 0, 1, 0] high[0, 0, 1, 2]
// CHECK: linalg.generic {indexing_maps = [#[[IN]], #[[FILTER]], #{{.*}}], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
func.func @conv(%x: tensor<1x4x8x8xf32>, %f: tensor<6x4x3x3xf32>) -> tensor<1x6x4x4xf32> {
  %0 = nn.conv %x, %f strides [2, 1] padding [1, 1, 0, 2] dilations [1, 3]
    : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x4x4xf32>
  return %0 : tensor<1x6x4x4xf32>
}

// -----

// Groups are an axis of their own.
// CHECK-LABEL: @conv_channels_last
// CHECK-DAG: tensor.expand_shape %{{.*}} {{\[}}[0], [1], [2], [3, 4]] output_shape [1, 8, 8, 2, 2]
// CHECK-DAG: tensor.expand_shape %{{.*}} {{\[}}[0, 1], [2], [3], [4]] output_shape [2, 3, 3, 3, 2]
// CHECK: linalg.generic
// CHECK: tensor.collapse_shape %{{.*}} {{\[}}[0], [1], [2], [3, 4]] : tensor<1x6x6x2x3xf32> into tensor<1x6x6x6xf32>
func.func @conv_channels_last(%x: tensor<1x8x8x4xf32>, %f: tensor<6x3x3x2xf32>) -> tensor<1x6x6x6xf32> {
  %0 = nn.conv %x, %f strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] {groups = 2 : i64, layout = #nn.layout<channels_last>}
    : (tensor<1x8x8x4xf32>, tensor<6x3x3x2xf32>) -> tensor<1x6x6x6xf32>
  return %0 : tensor<1x6x6x6xf32>
}

// -----

// Zeros between the elements, then a convolution with the filter reversed.
// CHECK-LABEL: @conv_transpose
// CHECK: tensor.insert_slice %{{.*}} into %{{.*}}[0, 0, 0] [1, 4, 8] [1, 1, 2]
// CHECK: tensor.pad %{{.*}} low[0, 0, 1] high[0, 0, 2]
// CHECK: tensor.extract
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction"]
func.func @conv_transpose(%x: tensor<1x4x8xf32>, %f: tensor<4x3x2xf32>) -> tensor<1x3x17xf32> {
  %0 = nn.conv_transpose %x, %f strides [2] padding [0, 0] dilations [1] output_padding [1]
    : (tensor<1x4x8xf32>, tensor<4x3x2xf32>) -> tensor<1x3x17xf32>
  return %0 : tensor<1x3x17xf32>
}

// -----

// CHECK-LABEL: @embedding
// CHECK: linalg.generic {{.*}} ins(%{{.*}} : tensor<?xi64>)
// CHECK:   arith.minsi
// CHECK:   arith.maxsi
// CHECK:   tensor.extract
func.func @embedding(%t: tensor<10x4xf32>, %i: tensor<?xi64>) -> tensor<?x4xf32> {
  %0 = nn.embedding %t, %i : (tensor<10x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}
