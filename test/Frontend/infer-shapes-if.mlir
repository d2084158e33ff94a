// RUN: quant-opt %s --onnx-infer-shapes --split-input-file --mlir-print-local-scope | FileCheck %s

// A branch whose condition is known takes the node's place.
// CHECK-LABEL: func.func @main
// CHECK-NOT: "If"
// CHECK: onnx.node "Relu"
// CHECK-NOT: "Neg"
func.func @main(%x: tensor<?x4xf32> {onnx.name = "x", onnx.dims = ["n", ""]}) -> !onnx.value {
  %two = onnx.constant dense<2> : tensor<i64>
  %s = onnx.node "Shape"(%x) domain "" version 16 : (tensor<?x4xf32>) -> !onnx.value
  %r = onnx.node "Size"(%s) domain "" version 16 : (!onnx.value) -> !onnx.value
  %c = onnx.node "Equal"(%r, %two) domain "" version 16 : (!onnx.value, tensor<i64>) -> !onnx.value
  %y = onnx.node "If"(%c) domain "" version 16 : (!onnx.value) -> !onnx.value
    subgraphs(then_branch = {
      %a = onnx.node "Relu"(%x) domain "" version 16 : (tensor<?x4xf32>) -> !onnx.value
      onnx.yield %a : !onnx.value
    }, else_branch = {
      %b = onnx.node "Neg"(%x) domain "" version 16 : (tensor<?x4xf32>) -> !onnx.value
      onnx.yield %b : !onnx.value
    })
  return %y : !onnx.value
}

// -----

// "Squeeze if the extent is 1": the branch that is meant, as a constraint.
// CHECK: nn.constraints = affine_set<()[s0] : (s0 - 1 == 0)>
// CHECK-LABEL: func.func @main
// CHECK-SAME: -> (tensor<4xf32>
// CHECK-NOT: "If"
func.func @main(%x: tensor<?x4xf32> {onnx.name = "x", onnx.dims = ["n", ""]}) -> (!onnx.value {onnx.name = "y"}) {
  %zero = onnx.constant dense<0> : tensor<i64>
  %axis = onnx.constant dense<0> : tensor<1xi64>
  %one = onnx.constant dense<1> : tensor<i64>
  %s = onnx.node "Shape"(%x) domain "" version 16 : (tensor<?x4xf32>) -> !onnx.value
  %n = onnx.node "Gather"(%s, %zero) domain "" version 16 : (!onnx.value, tensor<i64>) -> !onnx.value
  %c = onnx.node "Equal"(%n, %one) domain "" version 16 : (!onnx.value, tensor<i64>) -> !onnx.value
  %y = onnx.node "If"(%c) domain "" version 16 : (!onnx.value) -> !onnx.value
    subgraphs(then_branch = {
      %a = onnx.node "Squeeze"(%x, %axis) domain "" version 16 : (tensor<?x4xf32>, tensor<1xi64>) -> !onnx.value
      onnx.yield %a : !onnx.value
    }, else_branch = {
      onnx.yield %x : tensor<?x4xf32>
    })
  return %y : !onnx.value
}

// -----

// What one branch needs is asked of the runs that take it, and does not hold elsewhere.
// CHECK: module attributes {nn.symbols = ["n"]} {
// CHECK-LABEL: func.func @main
// CHECK: onnx.node "If"
// CHECK-SAME: nn.then_constraints = affine_set<()[s0] : (s0 - 4 == 0)>
// CHECK-NOT: nn.else_constraints
// CHECK: "Neg"({{.*}} : (tensor<?xf32>) -> tensor<?xf32>
func.func @main(%c: tensor<i1> {onnx.name = "c"}, %x: tensor<2x?xf32> {onnx.name = "x", onnx.dims = ["", "n"]}, %z: tensor<2x3xf32> {onnx.name = "z"},
                %w: tensor<4x3xf32> {onnx.name = "w"}, %v: tensor<?xf32> {onnx.name = "v", onnx.dims = ["n"]}) -> (!onnx.value, !onnx.value) {
  %y = onnx.node "If"(%c) domain "" version 16 : (tensor<i1>) -> !onnx.value
    subgraphs(then_branch = {
      %a = onnx.node "MatMul"(%x, %w) domain "" version 16 : (tensor<2x?xf32>, tensor<4x3xf32>) -> !onnx.value
      onnx.yield %a : !onnx.value
    }, else_branch = {
      onnx.yield %z : tensor<2x3xf32>
    })
  %u = onnx.node "Neg"(%v) domain "" version 16 : (tensor<?xf32>) -> !onnx.value
  return %y, %u : !onnx.value, !onnx.value
}
