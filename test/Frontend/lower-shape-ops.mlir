// RUN: quant-opt %s --onnx-infer-shapes --convert-onnx-to-nn --split-input-file --mlir-print-local-scope | FileCheck %s

// Index values are functions of the inputs' extents, at the top.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<?x12xf32>
// CHECK: %[[N:.*]] = tensor.dim %[[X]], %{{.*}}
// CHECK: %[[M:.*]] = affine.apply affine_map<()[s0] -> (s0 * 3)>()[%[[N]]]
// CHECK: %[[R:.*]] = nn.reshape %[[X]] shape [%[[M]], 4] : tensor<?x12xf32> -> tensor<?x4xf32>
// CHECK: nn.transpose %[[R]] permutation [1, 0] : tensor<?x4xf32> -> tensor<4x?xf32>
func.func @main(%x: tensor<?x12xf32> {onnx.name = "x", onnx.dims = ["n", ""]}) -> !onnx.value {
  %s = onnx.constant dense<[-1, 4]> : tensor<2xi64>
  %y = onnx.node "Reshape"(%x, %s) domain "" version 13 : (tensor<?x12xf32>, tensor<2xi64>) -> !onnx.value
  %z = onnx.node "Transpose"(%y) domain "" version 13 : (!onnx.value) -> !onnx.value
  return %z : !onnx.value
}

// -----

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<1x4x1x6xf32>) -> (!onnx.value, !onnx.value, !onnx.value, !onnx.value) {
  %axes = onnx.constant dense<[0, 2]> : tensor<2xi64>
  // CHECK: nn.reshape %{{.*}} shape [4, 6] : tensor<1x4x1x6xf32> -> tensor<4x6xf32>
  %a = onnx.node "Squeeze"(%x) domain "" version 11 {axes = array<i64: 0, 2>} : (tensor<1x4x1x6xf32>) -> !onnx.value
  // CHECK: nn.reshape %{{.*}} shape [4, 6] : tensor<1x4x1x6xf32> -> tensor<4x6xf32>
  %b = onnx.node "Squeeze"(%x, %axes) domain "" version 13 : (tensor<1x4x1x6xf32>, tensor<2xi64>) -> !onnx.value
  // CHECK: nn.reshape %{{.*}} shape [1, 4, 1, 6] : tensor<4x6xf32> -> tensor<1x4x1x6xf32>
  %c = onnx.node "Unsqueeze"(%b, %axes) domain "" version 13 : (!onnx.value, tensor<2xi64>) -> !onnx.value
  // CHECK: nn.reshape %{{.*}} shape [4, 6] : tensor<1x4x1x6xf32> -> tensor<4x6xf32>
  %d = onnx.node "Flatten"(%x) domain "" version 13 {axis = 2 : i64} : (tensor<1x4x1x6xf32>) -> !onnx.value
  return %a, %b, %c, %d : !onnx.value, !onnx.value, !onnx.value, !onnx.value
}

// -----

// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<?x8xf32>
// CHECK: %[[N:.*]] = tensor.dim %[[X]]
// CHECK: %[[LAST:.*]] = affine.apply affine_map<()[s0] -> (s0 - 1)>()[%[[N]]]
func.func @main(%x: tensor<?x8xf32> {onnx.name = "x", onnx.dims = ["n", ""]}) -> (!onnx.value, !onnx.value, !onnx.value) {
  %starts = onnx.constant dense<[-1, 1]> : tensor<2xi64>
  %ends = onnx.constant dense<[9223372036854775807, 7]> : tensor<2xi64>
  %axes = onnx.constant dense<[0, 1]> : tensor<2xi64>
  %steps = onnx.constant dense<[1, 2]> : tensor<2xi64>
  // CHECK: nn.slice %[[X]] offsets [%[[LAST]], 1] sizes [1, 3] strides [1, 2] : tensor<?x8xf32> -> tensor<1x3xf32>
  %a = onnx.node "Slice"(%x, %starts, %ends, %axes, %steps) domain "" version 13 : (tensor<?x8xf32>, tensor<2xi64>, tensor<2xi64>, tensor<2xi64>, tensor<2xi64>) -> !onnx.value
  // CHECK: nn.slice %[[X]] offsets [0, 2] sizes [%[[N]], 6] strides [1, 1] : tensor<?x8xf32> -> tensor<?x6xf32>
  %b = onnx.node "Slice"(%x) domain "" version 9 {starts = array<i64: 2>, ends = array<i64: 100>, axes = array<i64: 1>} : (tensor<?x8xf32>) -> !onnx.value
  %back = onnx.constant dense<-1> : tensor<1xi64>
  %first = onnx.constant dense<-9223372036854775808> : tensor<1xi64>
  %one = onnx.constant dense<1> : tensor<1xi64>
  // CHECK: nn.slice %[[X]] offsets [0, 7] sizes [%[[N]], 8] strides [1, -1] : tensor<?x8xf32> -> tensor<?x8xf32>
  %c = onnx.node "Slice"(%x, %back, %first, %one, %back) domain "" version 13 : (tensor<?x8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> !onnx.value
  return %a, %b, %c : !onnx.value, !onnx.value, !onnx.value
}

// -----

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<2x6xf32>, %i: tensor<3xi64>) -> (!onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value) {
  // CHECK: nn.slice %{{.*}} offsets [0, 0] sizes [2, 3] strides [1, 1]
  // CHECK: nn.slice %{{.*}} offsets [0, 3] sizes [2, 3] strides [1, 1]
  %a:2 = onnx.node "Split"(%x) domain "" version 13 {axis = 1 : i64} : (tensor<2x6xf32>) -> (!onnx.value, !onnx.value)
  // CHECK: nn.concat %{{.*}}, %{{.*}} axis 0 : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<4x3xf32>
  %b = onnx.node "Concat"(%a#0, %a#1) domain "" version 13 {axis = 0 : i64} : (!onnx.value, !onnx.value) -> !onnx.value
  // CHECK: nn.gather %{{.*}}, %{{.*}} axis 1 : (tensor<2x6xf32>, tensor<3xi64>) -> tensor<2x3xf32>
  %c = onnx.node "Gather"(%x, %i) domain "" version 13 {axis = 1 : i64} : (tensor<2x6xf32>, tensor<3xi64>) -> !onnx.value
  %k = onnx.constant dense<-1> : tensor<i64>
  // One known index is a slice.
  // CHECK: nn.slice %{{.*}} offsets [1, 0] sizes [1, 6] strides [1, 1]
  // CHECK: nn.reshape %{{.*}} shape [6] : tensor<1x6xf32> -> tensor<6xf32>
  %d = onnx.node "Gather"(%x, %k) domain "" version 13 : (tensor<2x6xf32>, tensor<i64>) -> !onnx.value
  %r = onnx.constant dense<[2, 1]> : tensor<2xi64>
  // CHECK: nn.reshape %{{.*}} shape [1, 2, 1, 6]
  // CHECK: nn.expand %{{.*}} shape [2, 2, 1, 6]
  // CHECK: nn.reshape %{{.*}} shape [4, 6]
  %e = onnx.node "Tile"(%x, %r) domain "" version 13 : (tensor<2x6xf32>, tensor<2xi64>) -> !onnx.value
  %p = onnx.constant dense<[0, 1, 2, 3]> : tensor<4xi64>
  // CHECK: nn.pad <reflect> %{{.*}} low [0, 1] high [2, 3] : (tensor<2x6xf32>) -> tensor<4x10xf32>
  %f = onnx.node "Pad"(%x, %p) domain "" version 13 {mode = "reflect"} : (tensor<2x6xf32>, tensor<4xi64>) -> !onnx.value
  return %b, %c, %d, %e, %f : !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value
}

// -----

// Extents as data.
// CHECK-LABEL: func.func @main
// CHECK: %[[N:.*]] = tensor.dim
// CHECK: %[[TWICE:.*]] = affine.apply affine_map<()[s0] -> (s0 * 2)>()[%[[N]]]
// CHECK: nn.iota size %[[N]] start %{{.*}} step %{{.*}} : (index, tensor<i64>, tensor<i64>) -> tensor<?xi64>
// CHECK: nn.from_index %[[TWICE]] : tensor<i64>
func.func @main(%x: tensor<?xf32> {onnx.name = "x", onnx.dims = ["n"]}) -> (!onnx.value, !onnx.value, !onnx.value) {
  %zero = onnx.constant dense<0> : tensor<i64>
  %one = onnx.constant dense<1> : tensor<i64>
  %two = onnx.constant dense<2> : tensor<i64>
  %s = onnx.node "Size"(%x) domain "" version 13 : (tensor<?xf32>) -> !onnx.value
  %r = onnx.node "Range"(%zero, %s, %one) domain "" version 13 : (tensor<i64>, !onnx.value, tensor<i64>) -> !onnx.value
  %m = onnx.node "Mul"(%s, %two) domain "" version 13 : (!onnx.value, tensor<i64>) -> !onnx.value
  %a = onnx.node "Add"(%r, %m) domain "" version 13 : (!onnx.value, !onnx.value) -> !onnx.value
  %shape = onnx.node "Shape"(%x) domain "" version 13 : (tensor<?xf32>) -> !onnx.value
  // CHECK: nn.expand %{{.*}} shape [%[[N]]] : tensor<f32> -> tensor<?xf32>
  %c = onnx.node "ConstantOfShape"(%shape) domain "" version 13 {value = dense<3.0> : tensor<1xf32>} : (!onnx.value) -> !onnx.value
  return %a, %c, %m : !onnx.value, !onnx.value, !onnx.value
}

// -----

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<1x8x2x3xf32>) -> (!onnx.value, !onnx.value, !onnx.value) {
  // CHECK: nn.reshape %{{.*}} shape [1, 2, 2, 2, 2, 3]
  // CHECK: nn.transpose %{{.*}} permutation [0, 3, 4, 1, 5, 2]
  // CHECK: nn.reshape %{{.*}} shape [1, 2, 4, 6]
  %a = onnx.node "DepthToSpace"(%x) domain "" version 13 {blocksize = 2 : i64} : (tensor<1x8x2x3xf32>) -> !onnx.value
  // CHECK: nn.transpose %{{.*}} permutation [0, 1, 4, 2, 5, 3]
  %b = onnx.node "DepthToSpace"(%x) domain "" version 13 {blocksize = 2 : i64, mode = "CRD"} : (tensor<1x8x2x3xf32>) -> !onnx.value
  // CHECK: nn.transpose %{{.*}} permutation [0, 3, 5, 1, 2, 4]
  %c = onnx.node "SpaceToDepth"(%a) domain "" version 13 {blocksize = 2 : i64} : (!onnx.value) -> !onnx.value
  return %a, %b, %c : !onnx.value, !onnx.value, !onnx.value
}

// -----

// What has no elements in any run is not computed.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<?x0x4xf32>
// CHECK-DAG: %[[N:.*]] = tensor.dim %[[X]]
// CHECK-DAG: %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : tensor<f32>
// CHECK: %[[Y:.*]] = nn.expand %[[ZERO]] shape [%[[N]], 0] : tensor<f32> -> tensor<?x0xf32>
// CHECK: return %[[Y]]
func.func @main(%x: tensor<?x0x4xf32> {onnx.name = "x", onnx.dims = ["n", "", ""]}) -> !onnx.value {
  %y = onnx.node "Flatten"(%x) domain "" version 13 {axis = 1 : i64} : (tensor<?x0x4xf32>) -> !onnx.value
  return %y : !onnx.value
}
