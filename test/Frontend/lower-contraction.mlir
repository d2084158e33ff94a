// RUN: quant-opt %s --onnx-infer-shapes --convert-onnx-to-nn --split-input-file --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<2x3x4xf32>, %v: tensor<4xf32>, %w: tensor<4x5xf32>) -> (!onnx.value, !onnx.value, !onnx.value) {
  // CHECK: nn.matmul %{{.*}}, %{{.*}} : (tensor<2x3x4xf32>, tensor<4x5xf32>) -> tensor<2x3x5xf32>
  %a = onnx.node "MatMul"(%x, %w) domain "" version 13 : (tensor<2x3x4xf32>, tensor<4x5xf32>) -> !onnx.value
  // CHECK: %[[C:.*]] = nn.reshape %{{.*}} shape [4, 1] : tensor<4xf32> -> tensor<4x1xf32>
  // CHECK: %[[M:.*]] = nn.matmul %{{.*}}, %[[C]] : (tensor<2x3x4xf32>, tensor<4x1xf32>) -> tensor<2x3x1xf32>
  // CHECK: nn.reshape %[[M]] shape [2, 3]
  %b = onnx.node "MatMul"(%x, %v) domain "" version 13 : (tensor<2x3x4xf32>, tensor<4xf32>) -> !onnx.value
  // CHECK: %[[R:.*]] = nn.reshape %{{.*}} shape [1, 4] : tensor<4xf32> -> tensor<1x4xf32>
  // CHECK: nn.matmul %[[R]], %{{.*}} : (tensor<1x4xf32>, tensor<4x5xf32>) -> tensor<1x5xf32>
  %c = onnx.node "MatMul"(%v, %w) domain "" version 13 : (tensor<4xf32>, tensor<4x5xf32>) -> !onnx.value
  return %a, %b, %c : !onnx.value, !onnx.value, !onnx.value
}

// -----

// Gemm with weights is nn.linear; its factors go to the weights.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:[a-z0-9]*]]: tensor<3x2xf32>
// CHECK-SAME: %[[Y:[a-z0-9]*]]: tensor<2x4xf32>
func.func @main(%x: tensor<3x2xf32>, %y: tensor<2x4xf32>) -> (!onnx.value, !onnx.value, !onnx.value) {
  // CHECK-DAG: %[[W:.*]] = nn.parameter "w"
  // CHECK-DAG: %[[B:.*]] = nn.parameter "b"
  %w = onnx.parameter "w" at <file = "w", offset = 0, length = 32, hash = 0x1> : tensor<4x2xf32>
  %b = onnx.parameter "b" at <file = "w", offset = 0, length = 16, hash = 0x1> : tensor<1x4xf32>
  // CHECK: %[[BIAS:.*]] = nn.reshape %[[B]] shape [4]
  // CHECK: nn.linear %[[X]], %[[W]] bias %[[BIAS]] : (tensor<3x2xf32>, tensor<4x2xf32>, tensor<4xf32>) -> tensor<3x4xf32>
  %a = onnx.node "Gemm"(%x, %w, %b) domain "" version 13 {transB = 1 : i64} : (tensor<3x2xf32>, tensor<4x2xf32>, tensor<1x4xf32>) -> !onnx.value
  // CHECK-DAG: %[[XT:.*]] = nn.transpose %[[X]] permutation [1, 0]
  // CHECK-DAG: %[[W3:.*]] = nn.parameter "w3"
  // CHECK-DAG: %[[HALF:.*]] = arith.constant dense<5.000000e-01>
  // CHECK: %[[S:.*]] = nn.elementwise <mul> %[[W3]], %[[HALF]]
  // CHECK: %[[WT:.*]] = nn.transpose %[[S]] permutation [1, 0]
  // CHECK: nn.linear %[[XT]], %[[WT]] :
  %w3 = onnx.parameter "w3" at <file = "w", offset = 0, length = 48, hash = 0x1> : tensor<3x4xf32>
  %c = onnx.node "Gemm"(%x, %w3) domain "" version 13 {transA = 1 : i64, alpha = 5.0e-01 : f32} : (tensor<3x2xf32>, tensor<3x4xf32>) -> !onnx.value
  // CHECK: nn.matmul %[[X]], %[[Y]] : (tensor<3x2xf32>, tensor<2x4xf32>) -> tensor<3x4xf32>
  %d = onnx.node "Gemm"(%x, %y) domain "" version 13 : (tensor<3x2xf32>, tensor<2x4xf32>) -> !onnx.value
  return %a, %c, %d : !onnx.value, !onnx.value, !onnx.value
}

// -----

// auto_pad is resolved: more padding behind, or before.
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<1x4x7x7xf32>, %w: tensor<8x2x4x4xf32>, %b: tensor<8xf32>) -> (!onnx.value, !onnx.value, !onnx.value) {
  // CHECK: nn.conv %{{.*}}, %{{.*}} bias %{{.*}} strides [1, 1] padding [1, 2, 1, 2] dilations [1, 1] {groups = 2 : i64}
  // CHECK-SAME: -> tensor<1x8x7x7xf32>
  %a = onnx.node "Conv"(%x, %w, %b) domain "" version 11 {auto_pad = "SAME_UPPER", group = 2 : i64} : (tensor<1x4x7x7xf32>, tensor<8x2x4x4xf32>, tensor<8xf32>) -> !onnx.value
  // CHECK: padding [2, 1, 2, 1]
  %c = onnx.node "Conv"(%x, %w) domain "" version 11 {auto_pad = "SAME_LOWER", group = 2 : i64} : (tensor<1x4x7x7xf32>, tensor<8x2x4x4xf32>) -> !onnx.value
  // CHECK: strides [2, 2] padding [1, 0, 2, 0] dilations [1, 1]
  // CHECK-SAME: -> tensor<1x8x3x3xf32>
  %d = onnx.node "Conv"(%x, %w) domain "" version 11 {pads = array<i64: 1, 2, 0, 0>, strides = array<i64: 2, 2>, group = 2 : i64} : (tensor<1x4x7x7xf32>, tensor<8x2x4x4xf32>) -> !onnx.value
  return %a, %c, %d : !onnx.value, !onnx.value, !onnx.value
}

// -----

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<1x4x5x5xf32>, %w: tensor<4x3x2x2xf32>) -> (!onnx.value, !onnx.value, !onnx.value, !onnx.value) {
  // CHECK: nn.conv_transpose %{{.*}}, %{{.*}} strides [2, 2] padding [0, 1, 0, 1] dilations [1, 1] output_padding [1, 0]
  // CHECK-SAME: -> tensor<1x3x10x9xf32>
  %a = onnx.node "ConvTranspose"(%x, %w) domain "" version 11 {strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 1, 1>, output_padding = array<i64: 1, 0>} : (tensor<1x4x5x5xf32>, tensor<4x3x2x2xf32>) -> !onnx.value
  // CHECK: nn.pool <average> %{{.*}} window [2, 2] strides [2, 2] padding [0, 0, 0, 0] dilations [1, 1] {ceil_mode, count_include_pad}
  // CHECK-SAME: -> tensor<1x4x3x3xf32>
  %b = onnx.node "AveragePool"(%x) domain "" version 11 {kernel_shape = array<i64: 2, 2>, strides = array<i64: 2, 2>, ceil_mode = 1 : i64, count_include_pad = 1 : i64} : (tensor<1x4x5x5xf32>) -> !onnx.value
  // CHECK: nn.pool <max> %{{.*}} window [3, 3] strides [1, 1] padding [1, 1, 1, 1] dilations [1, 1]
  %c = onnx.node "MaxPool"(%x) domain "" version 8 {kernel_shape = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>} : (tensor<1x4x5x5xf32>) -> !onnx.value
  // CHECK: nn.reduce <mean> %{{.*}} axes [2, 3] {keep_dims} : (tensor<1x4x5x5xf32>) -> tensor<1x4x1x1xf32>
  %d = onnx.node "GlobalAveragePool"(%x) domain "" version 1 : (tensor<1x4x5x5xf32>) -> !onnx.value
  return %a, %b, %c, %d : !onnx.value, !onnx.value, !onnx.value, !onnx.value
}

// -----

// Resize: scales, sizes, and the conventions of opset 10.
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<1x4x?x?xf32> {onnx.name = "x", onnx.dims = ["", "", "h", "w"]}, %like: tensor<1x4x?x?xf32> {onnx.name = "like", onnx.dims = ["", "", "p", "q"]}) -> (!onnx.value, !onnx.value, !onnx.value) {
  %none = onnx.absent : none
  %scales = onnx.constant dense<[1.0, 1.0, 2.0, 0.5]> : tensor<4xf32>
  // CHECK: nn.resize <nearest> <asymmetric> %{{.*}} {{{.*}}nearest = #nn.nearest<floor>, scales = array<f32: 2.000000e+00, 5.000000e-01>}
  %a = onnx.node "Resize"(%x, %none, %scales) domain "" version 13 {mode = "nearest", coordinate_transformation_mode = "asymmetric", nearest_mode = "floor"} : (tensor<1x4x?x?xf32>, none, tensor<4xf32>) -> !onnx.value
  %s = onnx.node "Shape"(%like) domain "" version 13 : (tensor<1x4x?x?xf32>) -> !onnx.value
  // CHECK: nn.resize <linear> <half_pixel> %{{.*}} sizes %{{.*}}, %{{.*}}
  %b = onnx.node "Resize"(%x, %none, %none, %s) domain "" version 13 {mode = "linear"} : (tensor<1x4x?x?xf32>, none, none, !onnx.value) -> !onnx.value
  // CHECK: nn.resize <nearest> <asymmetric>
  %c = onnx.node "Resize"(%x, %scales) domain "" version 10 : (tensor<1x4x?x?xf32>, tensor<4xf32>) -> !onnx.value
  return %a, %b, %c : !onnx.value, !onnx.value, !onnx.value
}

// -----

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<5x2x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>, %b: tensor<1x32xf32>, %c: tensor<1x2x4xf32>, %g: tensor<1x12x3xf32>, %gr: tensor<1x12x4xf32>) -> (!onnx.value, !onnx.value, !onnx.value) {
  %none = onnx.absent : none
  // CHECK: %{{.*}}, %{{.*}}, %{{.*}} = nn.lstm %{{.*}}, %{{.*}}, %{{.*}} bias %{{.*}} initial_c %{{.*}} {direction = #nn.direction<reverse>}
  // CHECK-SAME: -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  %a:3 = onnx.node "LSTM"(%x, %w, %r, %b, %none, %none, %c) domain "" version 14 {hidden_size = 4 : i64, direction = "reverse"} : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>, tensor<1x32xf32>, none, none, tensor<1x2x4xf32>) -> (!onnx.value, none, !onnx.value)
  // CHECK: nn.gru %{{.*}}, %{{.*}}, %{{.*}} {linear_before_reset}
  %d:2 = onnx.node "GRU"(%x, %g, %gr) domain "" version 14 {hidden_size = 4 : i64, linear_before_reset = 1 : i64} : (tensor<5x2x3xf32>, tensor<1x12x3xf32>, tensor<1x12x4xf32>) -> (none, !onnx.value)
  return %a#0, %a#2, %d#1 : !onnx.value, !onnx.value, !onnx.value
}

// -----

// A condition that data decides.
// CHECK-LABEL: func.func @main
// CHECK: %[[C:.*]] = tensor.extract %{{.*}}[] : tensor<i1>
// CHECK: scf.if %[[C]] -> (tensor<4xf32>) {
// CHECK: nn.elementwise <relu>
// CHECK: } else {
// CHECK: nn.elementwise <neg>
func.func @main(%c: tensor<i1>, %x: tensor<4xf32>) -> !onnx.value {
  %y = onnx.node "If"(%c) domain "" version 16 : (tensor<i1>) -> !onnx.value
    subgraphs(then_branch = {
      %a = onnx.node "Relu"(%x) domain "" version 16 : (tensor<4xf32>) -> !onnx.value
      onnx.yield %a : !onnx.value
    }, else_branch = {
      %b = onnx.node "Neg"(%x) domain "" version 16 : (tensor<4xf32>) -> !onnx.value
      onnx.yield %b : !onnx.value
    })
  return %y : !onnx.value
}
