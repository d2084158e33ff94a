// RUN: quant-opt %s --onnx-infer-shapes --convert-onnx-to-nn --split-input-file --mlir-print-local-scope | FileCheck %s

// Before opset 13 softmax is over all axes from `axis` on.
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<2x3x4xf32>) -> (!onnx.value, !onnx.value, !onnx.value) {
  // CHECK: %[[F:.*]] = nn.reshape %{{.*}} shape [2, 12] : tensor<2x3x4xf32> -> tensor<2x12xf32>
  // CHECK: %[[S:.*]] = nn.softmax %[[F]] axis 1 :
  // CHECK: nn.reshape %[[S]] shape [2, 3, 4]
  %a = onnx.node "Softmax"(%x) domain "" version 11 : (tensor<2x3x4xf32>) -> !onnx.value
  // CHECK: nn.softmax %{{.*}} axis 1 : (tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
  %b = onnx.node "Softmax"(%x) domain "" version 13 {axis = 1 : i64} : (tensor<2x3x4xf32>) -> !onnx.value
  // CHECK: nn.softmax %{{.*}} axis 2 {log}
  %c = onnx.node "LogSoftmax"(%x) domain "" version 13 : (tensor<2x3x4xf32>) -> !onnx.value
  return %a, %b, %c : !onnx.value, !onnx.value, !onnx.value
}

// -----

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<2x4x3xf32>, %s: tensor<3xf32>, %b: tensor<3xf32>, %c: tensor<4xf32>) -> (!onnx.value, !onnx.value, !onnx.value, !onnx.value) {
  // CHECK: nn.layer_norm %{{.*}} scale %{{.*}} bias %{{.*}} axis 2 epsilon 9.99999974E-6
  %l = onnx.node "LayerNormalization"(%x, %s, %b) domain "" version 17 : (tensor<2x4x3xf32>, tensor<3xf32>, tensor<3xf32>) -> !onnx.value
  // CHECK: nn.rms_norm %{{.*}} scale %{{.*}} axis 2 epsilon 9.99999997E-7
  %r = onnx.node "SimplifiedLayerNormalization"(%x, %s) domain "" version 1 {epsilon = 1.0e-06 : f32, axis = -1 : i64, stash_type = 1 : i64} : (tensor<2x4x3xf32>, tensor<3xf32>) -> !onnx.value
  // CHECK: nn.group_norm %{{.*}} scale %{{.*}} bias %{{.*}} groups 4
  %i = onnx.node "InstanceNormalization"(%x, %c, %c) domain "" version 6 : (tensor<2x4x3xf32>, tensor<4xf32>, tensor<4xf32>) -> !onnx.value
  // CHECK: nn.group_norm %{{.*}} scale %{{.*}} bias %{{.*}} groups 2
  %g = onnx.node "GroupNormalization"(%x, %c, %c) domain "" version 21 {num_groups = 2 : i64} : (tensor<2x4x3xf32>, tensor<4xf32>, tensor<4xf32>) -> !onnx.value
  return %l, %r, %i, %g : !onnx.value, !onnx.value, !onnx.value, !onnx.value
}

// -----

// Batch normalization is one multiplication and one addition for each channel;
// what they are of is computed from the weights.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<1x2x4x4xf32>
func.func @main(%x: tensor<1x2x4x4xf32>) -> !onnx.value {
  // CHECK-DAG: %[[G:.*]] = nn.parameter "g"
  // CHECK-DAG: %[[B:.*]] = nn.parameter "b"
  // CHECK-DAG: %[[M:.*]] = nn.parameter "m"
  // CHECK-DAG: %[[V:.*]] = nn.parameter "v"
  %g = onnx.parameter "g" at <file = "w", offset = 0, length = 8, hash = 0x1> : tensor<2xf32>
  %b = onnx.parameter "b" at <file = "w", offset = 8, length = 8, hash = 0x1> : tensor<2xf32>
  %m = onnx.parameter "m" at <file = "w", offset = 16, length = 8, hash = 0x1> : tensor<2xf32>
  %v = onnx.parameter "v" at <file = "w", offset = 24, length = 8, hash = 0x1> : tensor<2xf32>
  // CHECK: %[[E:.*]] = nn.elementwise <add> %[[V]], %{{.*}}
  // CHECK: %[[D:.*]] = nn.elementwise <sqrt> %[[E]]
  // CHECK: %[[S:.*]] = nn.elementwise <div> %[[G]], %[[D]]
  // CHECK: %[[MS:.*]] = nn.elementwise <mul> %[[M]], %[[S]]
  // CHECK: %[[T:.*]] = nn.elementwise <sub> %[[B]], %[[MS]]
  // CHECK: %[[Y:.*]] = nn.elementwise <mul> %[[X]], %{{.*}} : (tensor<1x2x4x4xf32>, tensor<2x1x1xf32>)
  // CHECK: nn.elementwise <add> %[[Y]], %{{.*}} : (tensor<1x2x4x4xf32>, tensor<2x1x1xf32>)
  %y = onnx.node "BatchNormalization"(%x, %g, %b, %m, %v) domain "" version 15 : (tensor<1x2x4x4xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> !onnx.value
  return %y : !onnx.value
}
