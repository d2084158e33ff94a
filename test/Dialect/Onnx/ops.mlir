// RUN: quant-opt %s | FileCheck %s --strict-whitespace
// RUN: quant-opt %s --mlir-print-op-generic | quant-opt | FileCheck %s --strict-whitespace
// RUN: quant-opt %s --emit-bytecode | quant-opt | FileCheck %s --strict-whitespace

// CHECK: module attributes {onnx.ir_version = 8 : i64, onnx.opset = {ai.onnx = 17 : i64, com.microsoft = 1 : i64}, onnx.producer = "pytorch 2.1"}
module attributes {onnx.ir_version = 8 : i64, onnx.opset = {ai.onnx = 17 : i64, com.microsoft = 1 : i64}, onnx.producer = "pytorch 2.1"} {

// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<?x3x8x8xf32> {onnx.dims = ["batch", "", "", ""], onnx.name = "input"}
// CHECK-SAME: -> (!onnx.value {onnx.dims = [], onnx.name = "output"})
func.func @main(%x: tensor<?x3x8x8xf32> {onnx.name = "input", onnx.dims = ["batch", "", "", ""]}, %c: tensor<i1>)
    -> (!onnx.value {onnx.name = "output", onnx.dims = []}) {
  // CHECK: %[[W:.*]] = onnx.parameter "conv.weight" at <file = "weights.bin", offset = 4294967296, length = 432, hash = 0xfedcba9876543210> : tensor<4x3x3x3xf32>
  %w = onnx.parameter "conv.weight" at <file = "weights.bin", offset = 4294967296, length = 432, hash = 0xfedcba9876543210> : tensor<4x3x3x3xf32>
  // CHECK: onnx.parameter "packed" at <file = "weights.bin", offset = 0, length = 2, hash = 0x1> : tensor<3xi4>
  %p = onnx.parameter "packed" at <file = "weights.bin", offset = 0, length = 2, hash = 0x1> : tensor<3xi4>
  // CHECK: %[[NONE:.*]] = onnx.absent : none
  %none = onnx.absent : none
  // CHECK: onnx.constant dense<[1, -1]> : tensor<2xi64>
  %k = onnx.constant dense<[1, -1]> : tensor<2xi64>
  // CHECK: onnx.constant dense<["a", "b"]> : tensor<2x!onnx.string>
  %s = onnx.constant dense<["a", "b"]> : tensor<2x!onnx.string>
  // CHECK: %[[Y:.*]] = onnx.node "Conv"(%[[X]], %[[W]], %[[NONE]]) domain "" version 13 {epsilon = 9.99999974E-6 : f32, group = 1 : i64, pads = array<i64: 1, 1, 1, 1>} : (tensor<?x3x8x8xf32>, tensor<4x3x3x3xf32>, none) -> !onnx.value
  %y = onnx.node "Conv"(%x, %w, %none) domain "" version 13 {group = 1 : i64, epsilon = 1.0e-5 : f32, pads = array<i64: 1, 1, 1, 1>} : (tensor<?x3x8x8xf32>, tensor<4x3x3x3xf32>, none) -> !onnx.value
  // CHECK: %{{.*}}:2 = onnx.node "Dropout"(%[[Y]]) domain "" version 13 : (!onnx.value) -> (!onnx.value, none)
  %d:2 = onnx.node "Dropout"(%y) domain "" version 13 : (!onnx.value) -> (!onnx.value, none)
  // CHECK: %[[R:.*]] = onnx.node "If"(%{{.*}}) domain "" version 16 : (tensor<i1>) -> !onnx.value subgraphs(then_branch = {
  // CHECK-NEXT: onnx.yield %[[Y]] : !onnx.value
  // CHECK-NEXT: }, else_branch = {
  // CHECK-NEXT: %[[A:.*]] = onnx.node "Relu"(%[[Y]]) domain "" version 14
  // CHECK-NEXT: onnx.yield %[[A]] : !onnx.value
  // CHECK-NEXT: })
  %r = onnx.node "If"(%c) domain "" version 16 : (tensor<i1>) -> !onnx.value
    subgraphs(then_branch = {
      onnx.yield %y : !onnx.value
    }, else_branch = {
      %a = onnx.node "Relu"(%y) domain "" version 14 : (!onnx.value) -> !onnx.value
      onnx.yield %a : !onnx.value
    })
  // CHECK: onnx.node "Loop"({{.*}}) domain "" version 16 : ({{.*}}) -> () subgraphs(body = {
  // CHECK-NEXT: ^bb0(%{{.*}}: tensor<i64>, %[[CC:.*]]: tensor<i1>):
  // CHECK-NEXT: onnx.yield %[[CC]] : tensor<i1>
  onnx.node "Loop"(%k, %c) domain "" version 16 : (tensor<2xi64>, tensor<i1>) -> ()
    subgraphs(body = {
    ^bb0(%i: tensor<i64>, %cc: tensor<i1>):
      onnx.yield %cc : tensor<i1>
    })
  // CHECK: onnx.node "SequenceEmpty"() domain "" version 11 {type = f32} : () -> !onnx.sequence<tensor<*xf32>>
  %seq = onnx.node "SequenceEmpty"() domain "" version 11 {type = f32} : () -> !onnx.sequence<tensor<*xf32>>
  // CHECK: -> !onnx.optional<tensor<2xf32>>
  %opt = onnx.node "Optional"() domain "" version 15 : () -> !onnx.optional<tensor<2xf32>>
  // CHECK: -> !onnx.map<i64, tensor<f32>>
  %map = onnx.node "CastMap"() domain "ai.onnx.ml" version 1 : () -> !onnx.map<i64, tensor<f32>>
  return %r : !onnx.value
}
}
