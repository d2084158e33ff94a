// RUN: quant-opt %s --onnx-infer-shapes --convert-onnx-to-nn --canonicalize --split-input-file | FileCheck %s

// Codes become numbers, are added, and become codes of the result's scale. A zero point may be left out.
// CHECK-LABEL: func.func @main
// CHECK-DAG: %[[A:.*]] = qnt.assemble %arg0 {{.*}} -> <2x3,
// CHECK-DAG: %[[B:.*]] = qnt.assemble %arg1
// CHECK-DAG: %[[AN:.*]] = qnt.dequantize %[[A]]
// CHECK-DAG: %[[BN:.*]] = qnt.dequantize %[[B]]
// CHECK: %[[SUM:.*]] = nn.elementwise <add> %[[AN]], %[[BN]] : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
// CHECK: %[[Q:.*]] = qnt.quantize %[[SUM]]
// CHECK: %[[C:.*]] = qnt.codes %[[Q]]
// CHECK: nn.elementwise <leaky_relu> {{.*}} {alpha = 0.1{{.*}} : f64}
// CHECK: nn.elementwise <sigmoid>
func.func @main(%a: tensor<2x3xui8>, %b: tensor<3xui8>) -> (!onnx.value, !onnx.value) {
  %s = onnx.constant dense<0.5> : tensor<f32>
  %z = onnx.constant dense<3> : tensor<ui8>
  %none = onnx.absent : none
  %y = onnx.node "QLinearAdd"(%a, %s, %z, %b, %s, %none, %s, %z) domain "com.microsoft" version 1
    : (tensor<2x3xui8>, tensor<f32>, tensor<ui8>, tensor<3xui8>, tensor<f32>, none, tensor<f32>, tensor<ui8>) -> !onnx.value
  %l = onnx.node "QLinearLeakyRelu"(%y, %s, %z, %s, %z) domain "com.microsoft" version 1 {alpha = 0.1 : f32}
    : (!onnx.value, tensor<f32>, tensor<ui8>, tensor<f32>, tensor<ui8>) -> !onnx.value
  %g = onnx.node "QLinearSigmoid"(%y, %s, %z, %s, %z) domain "com.microsoft" version 1
    : (!onnx.value, tensor<f32>, tensor<ui8>, tensor<f32>, tensor<ui8>) -> !onnx.value
  return %l, %g : !onnx.value, !onnx.value
}

// -----

// CHECK-LABEL: func.func @main
// CHECK: nn.concat {{.*}} axis 1 : (tensor<2x3x4x4xf32>, tensor<2x1x4x4xf32>) -> tensor<2x4x4x4xf32>
// CHECK: nn.reduce <mean> {{.*}} axes [1, 2] {keep_dims} : (tensor<2x4x4x4xf32>) -> tensor<2x1x1x4xf32>
func.func @main(%a: tensor<2x3x4x4xui8>, %b: tensor<2x1x4x4xui8>) -> !onnx.value {
  %s = onnx.constant dense<0.5> : tensor<f32>
  %z = onnx.constant dense<3> : tensor<ui8>
  %c = onnx.node "QLinearConcat"(%s, %z, %a, %s, %z, %b, %s, %z) domain "com.microsoft" version 1 {axis = 1 : i64}
    : (tensor<f32>, tensor<ui8>, tensor<2x3x4x4xui8>, tensor<f32>, tensor<ui8>, tensor<2x1x4x4xui8>, tensor<f32>, tensor<ui8>) -> !onnx.value
  %y = onnx.node "QLinearGlobalAveragePool"(%c, %s, %z, %s, %z) domain "com.microsoft" version 1 {channels_last = 1 : i64}
    : (!onnx.value, tensor<f32>, tensor<ui8>, tensor<f32>, tensor<ui8>) -> !onnx.value
  return %y : !onnx.value
}
