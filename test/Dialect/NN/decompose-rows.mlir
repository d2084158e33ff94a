// RUN: quant-opt %s -nn-decompose -canonicalize -cse -split-input-file | FileCheck %s

// Sum, mean, squares, deviation, result: one generic each.
// CHECK-LABEL: @layer_norm
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]
// CHECK:   arith.addf
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel"]
// CHECK:   arith.divf
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]
// CHECK:   arith.subf
// CHECK:   arith.mulf
// CHECK:   arith.addf
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel"]
// CHECK:   math.sqrt
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel"]
// CHECK:   arith.subf
// CHECK-NEXT: arith.mulf
// CHECK-NEXT: arith.mulf
// CHECK-NEXT: arith.addf
// CHECK-NEXT: linalg.yield
// CHECK-NOT: linalg.generic
func.func @layer_norm(%x: tensor<?x64xf32>, %s: tensor<64xf32>, %b: tensor<64xf32>) -> tensor<?x64xf32> {
  %0 = nn.layer_norm %x scale %s bias %b axis 1 epsilon 1.0e-5 : (tensor<?x64xf32>, tensor<64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  return %0 : tensor<?x64xf32>
}

// -----

// CHECK-LABEL: @rms_norm
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "reduction", "reduction"]
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel"]
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "parallel"]
func.func @rms_norm(%x: tensor<2x4x6xf32>) -> tensor<2x4x6xf32> {
  %0 = nn.rms_norm %x axis 1 epsilon 1.0e-5 : (tensor<2x4x6xf32>) -> tensor<2x4x6xf32>
  return %0 : tensor<2x4x6xf32>
}

// -----

// CHECK-LABEL: @group_norm
// CHECK: tensor.expand_shape %{{.*}} {{\[}}[0], [1, 2], [3]]
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "reduction", "reduction"]
// CHECK: tensor.collapse_shape %{{.*}} {{\[}}[0], [1, 2], [3]]
func.func @group_norm(%x: tensor<2x4x6xf32>, %c: tensor<4xf32>) -> tensor<2x4x6xf32> {
  %0 = nn.group_norm %x scale %c bias %c groups 2 epsilon 1.0e-5 : (tensor<2x4x6xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x4x6xf32>
  return %0 : tensor<2x4x6xf32>
}

// -----

// The axis that is summed is the innermost loop, wherever it is.
// CHECK-DAG: #[[IN:.*]] = affine_map<(d0, d1, d2) -> (d0, d2, d1)>
// CHECK-LABEL: @softmax
// CHECK: linalg.generic {indexing_maps = [#[[IN]], #{{.*}}], iterator_types = ["parallel", "parallel", "reduction"]}
// CHECK:   arith.cmpf ogt
// CHECK:   arith.select
// CHECK: math.exp
// CHECK: linalg.generic {indexing_maps = [#[[IN]], #{{.*}}], iterator_types = ["parallel", "parallel", "reduction"]}
// CHECK:   arith.addf
// CHECK:   arith.divf
// CHECK:   arith.mulf
func.func @softmax(%x: tensor<2x4x6xf32>) -> tensor<2x4x6xf32> {
  %0 = nn.softmax %x axis 1 : (tensor<2x4x6xf32>) -> tensor<2x4x6xf32>
  return %0 : tensor<2x4x6xf32>
}

// -----

// CHECK-LABEL: @log_softmax
// CHECK: math.exp
// CHECK: math.log
// CHECK: arith.subf
// CHECK: arith.subf
func.func @log_softmax(%x: tensor<4x6xf32>) -> tensor<4x6xf32> {
  %0 = nn.softmax %x axis 1 {log} : (tensor<4x6xf32>) -> tensor<4x6xf32>
  return %0 : tensor<4x6xf32>
}

// -----

// CHECK-LABEL: @reduce
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "reduction", "reduction"]
// CHECK:   arith.addf
// CHECK: arith.divf
// CHECK: tensor.expand_shape %{{.*}} : tensor<4xf32> into tensor<1x4x1xf32>
func.func @reduce(%x: tensor<2x4x6xf32>) -> tensor<1x4x1xf32> {
  %0 = nn.reduce <mean> %x axes [0, 2] {keep_dims} : (tensor<2x4x6xf32>) -> tensor<1x4x1xf32>
  return %0 : tensor<1x4x1xf32>
}

// -----

// CHECK-LABEL: @arg_reduce
// CHECK: linalg.generic {{.*}} outs(%{{.*}}, %{{.*}} : tensor<2xf32>, tensor<2xi64>)
// CHECK:   arith.cmpf ogt
// CHECK:   linalg.index 1
// CHECK-COUNT-2: arith.select
func.func @arg_reduce(%x: tensor<2x4xf32>) -> tensor<2xi64> {
  %0 = nn.arg_reduce %x axis 1 : (tensor<2x4xf32>) -> tensor<2xi64>
  return %0 : tensor<2xi64>
}

// -----

// CHECK-LABEL: @cumsum
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "reduction"]
// CHECK: %[[AT:.*]] = linalg.index 1
// CHECK: %[[FROM:.*]] = linalg.index 2
// CHECK: %[[COUNTS:.*]] = arith.cmpi ule, %[[FROM]], %[[AT]]
// CHECK: %[[SUM:.*]] = arith.addf
// CHECK: arith.select %[[COUNTS]], %[[SUM]], %{{.*}}
func.func @cumsum(%x: tensor<2x?xf32>) -> tensor<2x?xf32> {
  %0 = nn.cumsum %x axis 1 : (tensor<2x?xf32>) -> tensor<2x?xf32>
  return %0 : tensor<2x?xf32>
}
