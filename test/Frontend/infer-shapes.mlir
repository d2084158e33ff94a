// RUN: quant-opt %s --onnx-infer-shapes --split-input-file --mlir-print-local-scope | FileCheck %s

// Named extents are symbols, an unnamed one gets a name, and extents that an
// exporter computes are expressions over them.
// CHECK: module attributes {nn.symbols = ["batch", "x_dim1"]}
// CHECK-LABEL: func.func @main
// CHECK-SAME: nn.dims = ["batch", "x_dim1", ""]
// CHECK-SAME: nn.shape = affine_map<()[s0, s1] -> (s0, s1, 12)>
// CHECK-SAME: -> (tensor<?x?x3x4xf32> {nn.dims = ["batch", "x_dim1", "", ""]
func.func @main(%x: tensor<?x?x12xf32> {onnx.name = "x", onnx.dims = ["batch", "?", ""]}) -> (!onnx.value {onnx.name = "y"}) {
  %zero = onnx.constant dense<0> : tensor<1xi64>
  %one = onnx.constant dense<1> : tensor<i64>
  %one1 = onnx.constant dense<1> : tensor<1xi64>
  %last = onnx.constant dense<[-1, 4]> : tensor<2xi64>
  %s = onnx.node "Shape"(%x) domain "" version 17 : (tensor<?x?x12xf32>) -> !onnx.value
  %b = onnx.node "Slice"(%s, %zero, %one1) domain "" version 17 : (!onnx.value, tensor<1xi64>, tensor<1xi64>) -> !onnx.value
  %t = onnx.node "Gather"(%s, %one) domain "" version 17 {axis = 0 : i64} : (!onnx.value, tensor<i64>) -> !onnx.value
  %t1 = onnx.node "Unsqueeze"(%t, %zero) domain "" version 17 : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %shape = onnx.node "Concat"(%b, %t1, %last) domain "" version 17 {axis = 0 : i64} : (!onnx.value, !onnx.value, tensor<2xi64>) -> !onnx.value
  // CHECK: onnx.node "Concat"
  // CHECK-SAME: nn.contents = [affine_map<()[s0, s1] -> (s0, s1, -1, 4)>]
  // CHECK: onnx.node "Reshape"(%{{[a-z0-9]+}}, %{{[a-z0-9]+}})
  // CHECK-SAME: nn.shapes = [affine_map<()[s0, s1] -> (s0, s1, 3, 4)>]
  // CHECK-SAME: -> tensor<?x?x3x4xf32>
  %y = onnx.node "Reshape"(%x, %shape) domain "" version 17 : (tensor<?x?x12xf32>, !onnx.value) -> !onnx.value
  return %y : !onnx.value
}

// -----

// Extents that must be equal give one symbol in terms of others.
// CHECK: module attributes {nn.constraints = affine_set<()[s0, s1, s2, s3] : (s1 - s2 + s3 == 0)>, nn.symbols = ["batch", "seq", "total", "past"]}
// CHECK-LABEL: func.func @main
// CHECK-SAME: nn.dims = ["batch", "total"]
// CHECK-SAME: nn.shape = affine_map<()[s0, s1, s2, s3] -> (s0, s1 + s3)>
func.func @main(%x: tensor<?x?xf32> {onnx.name = "x", onnx.dims = ["batch", "seq"]},
                %m: tensor<?x?xf32> {onnx.name = "m", onnx.dims = ["batch", "total"]},
                %p: tensor<?x?xf32> {onnx.name = "p", onnx.dims = ["batch", "past"]}) -> !onnx.value {
  %c = onnx.node "Concat"(%p, %x) domain "" version 13 {axis = 1 : i64} : (tensor<?x?xf32>, tensor<?x?xf32>) -> !onnx.value
  %y = onnx.node "Add"(%c, %m) domain "" version 13 : (!onnx.value, tensor<?x?xf32>) -> !onnx.value
  return %y : !onnx.value
}

// -----

// A slice up to an extent that the tensor may not have.
// CHECK: nn.constraints = affine_set<()[s0] : (-s0 + 16 >= 0)>
func.func @main(%x: tensor<?xf32> {onnx.name = "x", onnx.dims = ["n"]}, %t: tensor<16xf32> {onnx.name = "t"}) -> !onnx.value {
  %zero = onnx.constant dense<0> : tensor<1xi64>
  %n = onnx.node "Shape"(%x) domain "" version 13 : (tensor<?xf32>) -> !onnx.value
  // CHECK: onnx.node "Slice"
  // CHECK-SAME: nn.shapes = [affine_map<()[s0] -> (s0)>]
  %s = onnx.node "Slice"(%t, %zero, %n) domain "" version 13 : (tensor<16xf32>, tensor<1xi64>, !onnx.value) -> !onnx.value
  %y = onnx.node "Add"(%x, %s) domain "" version 13 : (tensor<?xf32>, !onnx.value) -> !onnx.value
  return %y : !onnx.value
}

// -----

// Small constants fold, of any type and through any of these operators.
// CHECK-LABEL: func.func @main()
func.func @main() -> (!onnx.value, !onnx.value, !onnx.value) {
  %a = onnx.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi64>
  %f = onnx.constant dense<[1.0, 4.0]> : tensor<2xf32>
  %i = onnx.constant dense<[2, 0]> : tensor<2xi64>
  %k = onnx.constant dense<2.0> : tensor<f32>
  %t = onnx.node "Transpose"(%a) domain "" version 13 : (tensor<2x3xi64>) -> !onnx.value
  %g = onnx.node "Gather"(%t, %i) domain "" version 13 : (!onnx.value, tensor<2xi64>) -> !onnx.value
  %r = onnx.node "Sqrt"(%f) domain "" version 13 : (tensor<2xf32>) -> !onnx.value
  %p = onnx.node "Pow"(%r, %k) domain "" version 13 : (!onnx.value, tensor<f32>) -> !onnx.value
  %c = onnx.node "Greater"(%p, %k) domain "" version 13 : (!onnx.value, tensor<f32>) -> !onnx.value
  // CHECK-NEXT: %[[G:.*]] = onnx.constant dense<{{\[}}[3, 6], [1, 4]]> : tensor<2x2xi64>
  // CHECK-NEXT: %[[P:.*]] = onnx.constant dense<[1.000000e+00, 4.000000e+00]> : tensor<2xf32>
  // CHECK-NEXT: %[[C:.*]] = onnx.constant dense<[false, true]> : tensor<2xi1>
  // CHECK: return %[[G]], %[[P]], %[[C]]
  return %g, %p, %c : !onnx.value, !onnx.value, !onnx.value
}

// -----

// The mask that exporters write as Where(shape == -1, 1, shape).
// CHECK-LABEL: func.func @main
// CHECK-SAME: -> (tensor<?x4xf32> {nn.dims = ["n", ""], nn.shape = affine_map<()[s0] -> (s0, 4)>})
func.func @main(%x: tensor<1x4xf32> {onnx.name = "x"}, %z: tensor<?xf32> {onnx.name = "z", onnx.dims = ["n"]}) -> !onnx.value {
  %ones = onnx.constant dense<1> : tensor<2xi64>
  %minus = onnx.constant dense<-1> : tensor<2xi64>
  %four = onnx.constant dense<4> : tensor<1xi64>
  %n = onnx.node "Shape"(%z) domain "" version 13 : (tensor<?xf32>) -> !onnx.value
  %s = onnx.node "Concat"(%n, %four) domain "" version 13 {axis = 0 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %c = onnx.node "Equal"(%s, %minus) domain "" version 13 : (!onnx.value, tensor<2xi64>) -> !onnx.value
  %w = onnx.node "Where"(%c, %ones, %s) domain "" version 13 : (!onnx.value, tensor<2xi64>, !onnx.value) -> !onnx.value
  %y = onnx.node "Expand"(%x, %w) domain "" version 13 : (tensor<1x4xf32>, !onnx.value) -> !onnx.value
  return %y : !onnx.value
}

// -----

// Windows over symbolic extents.
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<1x3x?x?xf32> {onnx.name = "x", onnx.dims = ["", "", "h", "w"]}, %f: tensor<8x3x3x3xf32>) -> !onnx.value {
  // CHECK: onnx.node "Conv"
  // CHECK-SAME: nn.shapes = [affine_map<()[s0, s1] -> (1, 8, (s0 - 1) floordiv 2 + 1, (s1 - 1) floordiv 2 + 1)>]
  %c = onnx.node "Conv"(%x, %f) domain "" version 11 {pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 2, 2>} : (tensor<1x3x?x?xf32>, tensor<8x3x3x3xf32>) -> !onnx.value
  // CHECK: onnx.node "MaxPool"
  // CHECK-SAME: -> tensor<1x8x?x?xf32>
  %p = onnx.node "MaxPool"(%c) domain "" version 11 {kernel_shape = array<i64: 2, 2>, strides = array<i64: 2, 2>, ceil_mode = 1 : i64} : (!onnx.value) -> !onnx.value
  return %p : !onnx.value
}

// -----

// What reads elements of an axis needs some: the runs where it has none are refused.
// CHECK: nn.constraints = affine_set<()[s0, s1, s2] : (s0 - 5 >= 0, s1 - 1 >= 0, s2 - 1 >= 0)>
func.func @main(%x: tensor<?xf32> {onnx.name = "x", onnx.dims = ["n"]}, %y: tensor<?xf32> {onnx.name = "y", onnx.dims = ["m"]},
                %z: tensor<1x1x?xf32> {onnx.name = "z", onnx.dims = ["", "", "k"]}) -> (!onnx.value, !onnx.value, !onnx.value) {
  %none = onnx.absent : none
  %i = onnx.constant dense<4> : tensor<i64>
  %p = onnx.constant dense<[2, 0]> : tensor<2xi64>
  %s = onnx.constant dense<[1, 1, 8]> : tensor<3xi64>
  %a = onnx.node "Gather"(%x, %i) domain "" version 13 : (tensor<?xf32>, tensor<i64>) -> !onnx.value
  %b = onnx.node "Pad"(%y, %p) domain "" version 13 {mode = "edge"} : (tensor<?xf32>, tensor<2xi64>) -> !onnx.value
  %c = onnx.node "Resize"(%z, %none, %none, %s) domain "" version 13 : (tensor<1x1x?xf32>, none, none, tensor<3xi64>) -> !onnx.value
  return %a, %b, %c : !onnx.value, !onnx.value, !onnx.value
}
