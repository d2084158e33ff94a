// RUN: quant-opt %s -nn-decompose -canonicalize -cse -split-input-file | FileCheck %s

// One generic; an axis of static extent 1 is read at 0.
// CHECK-DAG: #[[ROW:.*]] = affine_map<(d0, d1, d2) -> (0, d2)>
// CHECK-LABEL: @broadcast
// CHECK: linalg.generic {indexing_maps = [#{{.*}}, #[[ROW]], #{{.*}}], iterator_types = ["parallel", "parallel", "parallel"]}
// CHECK:   arith.addf
// CHECK-NOT: linalg.generic
func.func @broadcast(%x: tensor<?x4x6xf32>, %y: tensor<1x6xf32>) -> tensor<?x4x6xf32> {
  %0 = nn.elementwise <add> %x, %y : (tensor<?x4x6xf32>, tensor<1x6xf32>) -> tensor<?x4x6xf32>
  return %0 : tensor<?x4x6xf32>
}

// -----

// relu keeps a NaN with one comparison.
// CHECK-LABEL: @relu
// CHECK: arith.cmpf olt, %[[X:.*]], %[[ZERO:.*]] : f32
// CHECK: arith.select %{{.*}}, %[[ZERO]], %[[X]]
func.func @relu(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = nn.elementwise <relu> %x : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// CHECK-LABEL: @gelu_f16
// CHECK: arith.extf %{{.*}} : f16 to f32
// CHECK: math.erf %{{.*}} : f32
// CHECK: arith.truncf %{{.*}} : f32 to f16
func.func @gelu_f16(%x: tensor<4xf16>) -> tensor<4xf16> {
  %0 = nn.elementwise <gelu> %x : (tensor<4xf16>) -> tensor<4xf16>
  return %0 : tensor<4xf16>
}

// -----

// CHECK-LABEL: @unsigned
// CHECK-COUNT-2: tensor.bitcast %{{.*}} : tensor<?xui8> to tensor<?xi8>
// CHECK: arith.cmpi ult
// CHECK: tensor.bitcast %{{.*}} : tensor<?xi8> to tensor<?xui8>
func.func @unsigned(%x: tensor<?xui8>, %y: tensor<?xui8>) -> tensor<?xui8> {
  %0 = nn.elementwise <max> %x, %y : (tensor<?xui8>, tensor<?xui8>) -> tensor<?xui8>
  return %0 : tensor<?xui8>
}

// -----

// The window's extents come from an operand that is not read.
// CHECK-DAG: #[[IN:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2 * 2 + d3)>
// CHECK-DAG: #[[WINDOW:.*]] = affine_map<(d0, d1, d2, d3) -> (d3)>
// CHECK-LABEL: @max_pool
// CHECK: %[[LOWEST:.*]] = arith.constant 0xFF800000 : f32
// CHECK: tensor.pad %{{.*}} low[0, 0, 1] high[0, 0, 1]
// CHECK: linalg.generic {indexing_maps = [#[[IN]], #[[WINDOW]], #{{.*}}], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
func.func @max_pool(%x: tensor<1x2x7xf32>) -> tensor<1x2x4xf32> {
  %0 = nn.pool <max> %x window [3] strides [2] padding [1, 1] dilations [1] : (tensor<1x2x7xf32>) -> tensor<1x2x4xf32>
  return %0 : tensor<1x2x4xf32>
}

// -----

// The least number of a type without a sign is 0.
// CHECK-LABEL: @max_pool_of_unsigned
// CHECK-NOT: arith.constant -128
// CHECK: %[[LOWEST:.*]] = arith.constant 0 : i8
// CHECK: tensor.pad %{{.*}} low[0, 0, 1] high[0, 0, 1]
// CHECK:   tensor.yield %[[LOWEST]] : i8
// CHECK: arith.cmpi ult
func.func @max_pool_of_unsigned(%x: tensor<1x2x7xui8>) -> tensor<1x2x4xui8> {
  %0 = nn.pool <max> %x window [3] strides [2] padding [1, 1] dilations [1] : (tensor<1x2x7xui8>) -> tensor<1x2x4xui8>
  return %0 : tensor<1x2x4xui8>
}

// -----

// What the padding adds is not counted.
// CHECK-LABEL: @average_pool
// CHECK: linalg.generic
// CHECK:   arith.addf
// CHECK: linalg.generic
// CHECK:   linalg.index 2
// CHECK:   arith.ceildivsi
// CHECK:   arith.divf
func.func @average_pool(%x: tensor<1x2x7xf32>) -> tensor<1x2x3xf32> {
  %0 = nn.pool <average> %x window [3] strides [2] padding [0, 1] dilations [2] : (tensor<1x2x7xf32>) -> tensor<1x2x2xf32>
  %1 = nn.pool <average> %x window [3] strides [2] padding [0, 0] dilations [1] : (tensor<1x2x7xf32>) -> tensor<1x2x3xf32>
  %2 = nn.concat %0, %0 axis 2 : (tensor<1x2x2xf32>, tensor<1x2x2xf32>) -> tensor<1x2x4xf32>
  %3 = nn.slice %2 offsets [0, 0, 0] sizes [1, 2, 3] strides [1, 1, 1] : tensor<1x2x4xf32> -> tensor<1x2x3xf32>
  %4 = nn.elementwise <add> %3, %1 : (tensor<1x2x3xf32>, tensor<1x2x3xf32>) -> tensor<1x2x3xf32>
  return %4 : tensor<1x2x3xf32>
}

// -----

// A whole number of repetitions needs no arithmetic on coordinates.
// CHECK-DAG: #[[IN:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2 floordiv 2, d3 floordiv 3)>
// CHECK-LABEL: @repeat
// CHECK: linalg.generic {indexing_maps = [#[[IN]], #{{.*}}]
// CHECK-NOT: tensor.extract
func.func @repeat(%x: tensor<1x3x5x7xf32>) -> tensor<1x3x10x21xf32> {
  %0 = nn.resize <nearest> <asymmetric> %x {nearest = #nn.nearest<floor>, scales = array<f32: 2.0, 3.0>} : (tensor<1x3x5x7xf32>) -> tensor<1x3x10x21xf32>
  return %0 : tensor<1x3x10x21xf32>
}

// -----

// CHECK-LABEL: @bilinear
// CHECK: linalg.generic
// CHECK:   math.floor
// CHECK-COUNT-4: tensor.extract
func.func @bilinear(%x: tensor<1x3x5x7xf32>) -> tensor<1x3x10x14xf32> {
  %0 = nn.resize <linear> <half_pixel> %x {scales = array<f32: 2.0, 2.0>} : (tensor<1x3x5x7xf32>) -> tensor<1x3x10x14xf32>
  return %0 : tensor<1x3x10x14xf32>
}

// -----

// NaN gives 0, and both ends saturate.
// CHECK-LABEL: @cast
// CHECK: arith.cmpf uno
// CHECK: arith.fptosi %{{.*}} : f32 to i8
// CHECK-NOT: arith.select
// CHECK: linalg.yield
func.func @cast(%x: tensor<4xf32>) -> tensor<4xi8> {
  %0 = nn.cast %x : (tensor<4xf32>) -> tensor<4xi8>
  return %0 : tensor<4xi8>
}

// -----

// What is wider than f32 is rounded to bf16 through f32.
// CHECK-LABEL: @to_bf16
// CHECK: %[[F:.*]] = arith.truncf %{{.*}} : f64 to f32
// CHECK-NEXT: arith.truncf %[[F]] : f32 to bf16
func.func @to_bf16(%x: tensor<4xf64>) -> tensor<4xbf16> {
  %0 = nn.cast %x : (tensor<4xf64>) -> tensor<4xbf16>
  return %0 : tensor<4xbf16>
}

// -----

// A constant is one of the type without a sign, so that loops can take its number.
// CHECK-LABEL: @unsigned_constant
// CHECK-DAG: arith.constant dense<-56> : tensor<i8>
// CHECK-DAG: tensor.bitcast %{{.*}} : tensor<?xui8> to tensor<?xi8>
// CHECK-NOT: tensor<ui8>
func.func @unsigned_constant(%x: tensor<?xui8>) -> tensor<?xui8> {
  %c = arith.constant dense<200> : tensor<ui8>
  %0 = nn.elementwise <max> %x, %c : (tensor<?xui8>, tensor<ui8>) -> tensor<?xui8>
  return %0 : tensor<?xui8>
}
