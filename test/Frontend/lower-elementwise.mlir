// RUN: quant-opt %s --onnx-infer-shapes --convert-onnx-to-nn --split-input-file --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<?x4xf32>
// CHECK-SAME: nn.name = "x"
func.func @main(%x: tensor<?x4xf32> {onnx.name = "x", onnx.dims = ["n", ""]}, %y: tensor<4xf32>, %c: tensor<?x4xi1> {onnx.dims = ["n", ""]}) -> !onnx.value {
  // CHECK: %[[A:.*]] = nn.elementwise <add> %[[X]], %{{.*}} : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  %a = onnx.node "Add"(%x, %y) domain "" version 13 : (tensor<?x4xf32>, tensor<4xf32>) -> !onnx.value
  // CHECK: nn.elementwise <leaky_relu> %[[A]] {alpha = 0.10000000149011612 : f64}
  %l = onnx.node "LeakyRelu"(%a) domain "" version 13 {alpha = 1.000000e-01 : f32} : (!onnx.value) -> !onnx.value
  // CHECK: nn.elementwise <hard_sigmoid> %{{.*}} {alpha = 0.20000000298023224 : f64, beta = 5.000000e-01 : f64}
  %h = onnx.node "HardSigmoid"(%l) domain "" version 13 : (!onnx.value) -> !onnx.value
  // CHECK: nn.elementwise <gelu_tanh>
  %g = onnx.node "Gelu"(%h) domain "" version 20 {approximate = "tanh"} : (!onnx.value) -> !onnx.value
  // CHECK: nn.elementwise <select> %{{.*}}, %{{.*}}, %[[X]]
  %w = onnx.node "Where"(%c, %g, %x) domain "" version 13 : (tensor<?x4xi1>, !onnx.value, tensor<?x4xf32>) -> !onnx.value
  // CHECK: nn.elementwise <erf>
  %e = onnx.node "Erf"(%w) domain "" version 13 : (!onnx.value) -> !onnx.value
  return %e : !onnx.value
}

// -----

// Bounds are an attribute before opset 11 and inputs after; they may be left
// out.
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<4xf32>, %low: tensor<f32>) -> (!onnx.value, !onnx.value, !onnx.value) {
  %none = onnx.absent : none
  %six = onnx.constant dense<6.0> : tensor<f32>
  // CHECK: nn.elementwise <clip> %{{.*}} {alpha = 0.000000e+00 : f64, beta = 6.000000e+00 : f64}
  %a = onnx.node "Clip"(%x) domain "" version 6 {min = 0.0 : f32, max = 6.0 : f32} : (tensor<4xf32>) -> !onnx.value
  // CHECK: nn.elementwise <clip> %{{.*}} {alpha = 0xFFF0000000000000 : f64, beta = 6.000000e+00 : f64}
  %b = onnx.node "Clip"(%x, %none, %six) domain "" version 13 : (tensor<4xf32>, none, tensor<f32>) -> !onnx.value
  // CHECK: nn.elementwise <max> %{{.*}}, %{{.*}} : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %c = onnx.node "Clip"(%x, %low) domain "" version 13 : (tensor<4xf32>, tensor<f32>) -> !onnx.value
  return %a, %b, %c : !onnx.value, !onnx.value, !onnx.value
}

// -----

// f16 is computed in f32; the border and the file keep their types.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<4xf16>
// CHECK-SAME: -> (tensor<4xf16>
func.func @main(%x: tensor<4xf16> {onnx.name = "x"}) -> (!onnx.value {onnx.name = "y"}) {
  // CHECK: %[[IN:.*]] = nn.cast %[[X]] : (tensor<4xf16>) -> tensor<4xf32>
  // CHECK: %[[W:.*]] = nn.parameter "w" at <file = "w.bin", offset = 0, length = 8, hash = 1> : tensor<4xf16>
  // CHECK: %[[W32:.*]] = nn.cast %[[W]] : (tensor<4xf16>) -> tensor<4xf32>
  %w = onnx.parameter "w" at <file = "w.bin", offset = 0, length = 8, hash = 0x1> : tensor<4xf16>
  // CHECK: %[[Y:.*]] = nn.elementwise <mul> %[[IN]], %[[W32]]
  // CHECK: %[[OUT:.*]] = nn.cast %[[Y]] : (tensor<4xf32>) -> tensor<4xf16>
  // CHECK: return %[[OUT]]
  %y = onnx.node "Mul"(%x, %w) domain "" version 13 : (tensor<4xf16>, tensor<4xf16>) -> !onnx.value
  return %y : !onnx.value
}

// -----

// So is f64. What is infinite in the model, or by the model's own cast, may be
// so; and a bound that no f32 is beyond is none.
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<4xf64>, %f: tensor<2xf32>) -> (!onnx.value, !onnx.value, !onnx.value, !onnx.value) {
  %none = onnx.absent : none
  // CHECK-DAG: %[[W:.*]] = arith.constant dense<[0x7FF0000000000000, 0xFFF0000000000000, 0x7FF8000000000000, 3.4028234663852886E+38]> : tensor<4xf64>
  // CHECK-DAG: %[[W32:.*]] = nn.cast %[[W]] : (tensor<4xf64>) -> tensor<4xf32>
  // CHECK: nn.elementwise <mul> %{{.*}}, %[[W32]]
  %w = onnx.constant dense<[0x7FF0000000000000, 0xFFF0000000000000, 0x7FF8000000000000, 0x47EFFFFFE0000000]> : tensor<4xf64>
  %y = onnx.node "Mul"(%x, %w) domain "" version 13 : (tensor<4xf64>, tensor<4xf64>) -> !onnx.value
  %large = onnx.constant dense<[1.0e300, 2.0]> : tensor<2xf64>
  %a = onnx.node "Cast"(%large) domain "" version 13 {to = 1 : i64} : (tensor<2xf64>) -> !onnx.value
  %b = onnx.node "CastLike"(%large, %f) domain "" version 15 : (tensor<2xf64>, tensor<2xf32>) -> !onnx.value
  // CHECK: nn.elementwise <clip> %{{.*}} {alpha = 0xFFF0000000000000 : f64, beta = 1.000000e+300 : f64}
  %bound = onnx.constant dense<1.0e300> : tensor<f64>
  %c = onnx.node "Clip"(%x, %none, %bound) domain "" version 13 : (tensor<4xf64>, none, tensor<f64>) -> !onnx.value
  return %y, %a, %b, %c : !onnx.value, !onnx.value, !onnx.value, !onnx.value
}

// -----

// Axes of reductions: an attribute, an input, none.
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<2x3x4xf32>) -> (!onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value) {
  %axes = onnx.constant dense<[2, -3]> : tensor<2xi64>
  // CHECK: nn.reduce <mean> %{{.*}} axes [2] {keep_dims} : (tensor<2x3x4xf32>) -> tensor<2x3x1xf32>
  %a = onnx.node "ReduceMean"(%x) domain "" version 13 {axes = array<i64: -1>} : (tensor<2x3x4xf32>) -> !onnx.value
  // CHECK: nn.reduce <sum> %{{.*}} axes [0, 2] : (tensor<2x3x4xf32>) -> tensor<3xf32>
  %b = onnx.node "ReduceSum"(%x, %axes) domain "" version 13 {keepdims = 0 : i64} : (tensor<2x3x4xf32>, tensor<2xi64>) -> !onnx.value
  // CHECK: nn.reduce <max> %{{.*}} axes [0, 1, 2] {keep_dims} : (tensor<2x3x4xf32>) -> tensor<1x1x1xf32>
  %c = onnx.node "ReduceMax"(%x) domain "" version 20 : (tensor<2x3x4xf32>) -> !onnx.value
  // CHECK: nn.arg_reduce %{{.*}} axis 1 {keep_dims, smallest} : (tensor<2x3x4xf32>) -> tensor<2x1x4xi64>
  %d = onnx.node "ArgMin"(%x) domain "" version 13 {axis = 1 : i64} : (tensor<2x3x4xf32>) -> !onnx.value
  %one = onnx.constant dense<1> : tensor<i64>
  // CHECK: nn.cumsum %{{.*}} axis 1 {exclusive}
  %e = onnx.node "CumSum"(%x, %one) domain "" version 14 {exclusive = 1 : i64} : (tensor<2x3x4xf32>, tensor<i64>) -> !onnx.value
  return %a, %b, %c, %d, %e : !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value
}

// -----

// Mean of three operands; the first two broadcast first.
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<4xf32>, %y: tensor<3x1xf32>, %z: tensor<1xf32>) -> !onnx.value {
  // CHECK: %[[A:.*]] = nn.elementwise <add> %{{.*}}, %{{.*}} : (tensor<4xf32>, tensor<3x1xf32>) -> tensor<3x4xf32>
  // CHECK: %[[B:.*]] = nn.elementwise <add> %[[A]], %{{.*}} : (tensor<3x4xf32>, tensor<1xf32>) -> tensor<3x4xf32>
  // CHECK: %[[C:.*]] = arith.constant dense<0.333333343> : tensor<f32>
  // CHECK: nn.elementwise <mul> %[[B]], %[[C]]
  %m = onnx.node "Mean"(%x, %y, %z) domain "" version 13 : (tensor<4xf32>, tensor<3x1xf32>, tensor<1xf32>) -> !onnx.value
  return %m : !onnx.value
}
