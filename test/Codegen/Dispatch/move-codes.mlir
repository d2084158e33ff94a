// RUN: quant-opt %s --nibble-configure-quantized -split-input-file | FileCheck %s

// Quantization goes before ops that move elements, with the factor of its scale
// (rule Q-6): through the concatenation, the slice and the pooling.
// CHECK-LABEL: func.func @hoist
// CHECK-DAG: %[[A:.*]] = nn.elementwise <mul> %arg0, %{{.*}} : (tensor<1x8x8x4xf32>, tensor<f32>)
// CHECK-DAG: %[[QA:.*]] = nn.quantize_elements %[[A]] scale %{{.*}} zero %{{.*}} : (tensor<1x8x8x4xf32>, tensor<f32>, tensor<i32>)
// CHECK-DAG: %[[B:.*]] = nn.elementwise <mul> %arg1, %{{.*}} : (tensor<1x9x8x4xf32>, tensor<f32>)
// CHECK-DAG: %[[QB:.*]] = nn.quantize_elements %[[B]]
// CHECK-DAG: %[[POOL:.*]] = nn.pool <max> %[[QA]] {{.*}} -> tensor<1x8x8x4xi8>
// CHECK-DAG: %[[SLICE:.*]] = nn.slice %[[QB]] {{.*}} tensor<1x8x8x4xi8>
// CHECK: %[[C:.*]] = nn.concat %[[POOL]], %[[SLICE]] {{.*}} -> tensor<1x8x8x8xi8>
// CHECK: return %[[C]]
func.func @hoist(%a: tensor<1x8x8x4xf32>, %b: tensor<1x9x8x4xf32>) -> tensor<1x8x8x8xi8> {
  %one = arith.constant dense<1.0> : tensor<1x1x1x1xf32>
  %zero = arith.constant dense<-12> : tensor<1x1x1x1xi32>
  %r = arith.constant dense<3.5> : tensor<1x1x1x1xf32>
  %0 = nn.pool <max> %a window [3, 3] strides [1, 1] padding [1, 1, 1, 1] dilations [1, 1] {layout = #nn.layout<channels_last>} : (tensor<1x8x8x4xf32>) -> tensor<1x8x8x4xf32>
  %1 = nn.slice %b offsets [0, 1, 0, 0] sizes [1, 8, 8, 4] strides [1, 1, 1, 1] : tensor<1x9x8x4xf32> -> tensor<1x8x8x4xf32>
  %2 = nn.concat %0, %1 axis 3 : (tensor<1x8x8x4xf32>, tensor<1x8x8x4xf32>) -> tensor<1x8x8x8xf32>
  %3 = nn.elementwise <mul> %2, %r : (tensor<1x8x8x8xf32>, tensor<1x1x1x1xf32>) -> tensor<1x8x8x8xf32>
  %4 = nn.quantize_elements %3 scale %one zero %zero : (tensor<1x8x8x8xf32>, tensor<1x1x1x1xf32>, tensor<1x1x1x1xi32>) -> tensor<1x8x8x8xi8>
  return %4 : tensor<1x8x8x8xi8>
}

// -----

// An unsigned code is no signed byte, and the mean of codes is no code.
// CHECK-LABEL: func.func @keep
// CHECK: nn.pool <max> %arg0
// CHECK-NEXT: nn.quantize_elements
// CHECK: nn.pool <average> %arg0
// CHECK-NEXT: nn.quantize_elements
func.func @keep(%a: tensor<1x8x8x4xf32>) -> (tensor<1x8x8x4xi8>, tensor<1x8x8x4xi8>) {
  %one = arith.constant dense<1.0> : tensor<f32>
  %0 = nn.pool <max> %a window [3, 3] strides [1, 1] padding [1, 1, 1, 1] dilations [1, 1] {layout = #nn.layout<channels_last>} : (tensor<1x8x8x4xf32>) -> tensor<1x8x8x4xf32>
  %1 = nn.quantize_elements %0 scale %one {is_unsigned} : (tensor<1x8x8x4xf32>, tensor<f32>) -> tensor<1x8x8x4xi8>
  %2 = nn.pool <average> %a window [3, 3] strides [1, 1] padding [1, 1, 1, 1] dilations [1, 1] {layout = #nn.layout<channels_last>} : (tensor<1x8x8x4xf32>) -> tensor<1x8x8x4xf32>
  %3 = nn.quantize_elements %2 scale %one : (tensor<1x8x8x4xf32>, tensor<f32>) -> tensor<1x8x8x4xi8>
  return %1, %3 : tensor<1x8x8x4xi8>, tensor<1x8x8x4xi8>
}

// -----

// Numbers that others read, too, are quantized where they are.
// CHECK-LABEL: func.func @shared
// CHECK: %[[C:.*]] = nn.concat %arg0, %arg0
// CHECK-NEXT: nn.quantize_elements %[[C]]
func.func @shared(%a: tensor<1x8x8x4xf32>) -> (tensor<1x8x8x8xf32>, tensor<1x8x8x8xi8>) {
  %one = arith.constant dense<1.0> : tensor<f32>
  %0 = nn.concat %a, %a axis 3 : (tensor<1x8x8x4xf32>, tensor<1x8x8x4xf32>) -> tensor<1x8x8x8xf32>
  %1 = nn.quantize_elements %0 scale %one : (tensor<1x8x8x8xf32>, tensor<f32>) -> tensor<1x8x8x8xi8>
  return %0, %1 : tensor<1x8x8x8xf32>, tensor<1x8x8x8xi8>
}
