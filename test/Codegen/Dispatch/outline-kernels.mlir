// RUN: quant-opt %s --nibble-outline-kernels | FileCheck %s

// Equal dispatches share a kernel, whose arguments are inputs, results, the
// part of the grid, and scratch; its name says what it does.
// CHECK-LABEL: func.func @main
// CHECK: %[[A:.*]] = nn.invoke @mul_softmax(%arg0) dims(%{{.*}})
// CHECK: %[[B:.*]] = nn.invoke @mul_softmax(%[[A]]) dims(%{{.*}})
// CHECK: nn.invoke @tanh(%[[B]])
// CHECK: func.func private @mul_softmax(%[[X:.*]]: memref<?x20xf32>, %[[Y:.*]]: memref<?x20xf32>, %{{.*}}: index, %{{.*}}: index, %{{.*}}: memref<?xi8>) attributes {nn.kernel, nn.shared_dims = 1 : i64}
// CHECK: bufferization.to_tensor %[[X]] restrict
// CHECK: nn.elementwise <mul>
// CHECK: nn.softmax
// CHECK: bufferization.materialize_in_destination %{{.*}} in restrict writable %[[Y]]
// CHECK: func.func private @tanh(
// CHECK-SAME: nn.shared_dims = 2 : i64
// CHECK-NOT: func.func
func.func @main(%x: tensor<?x20xf32>) -> tensor<?x20xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x20xf32>
  %a = nn.dispatch(%x) dims(%n) : (tensor<?x20xf32>) -> tensor<?x20xf32> {
  ^bb0(%v: tensor<?x20xf32>):
    %m = nn.elementwise <mul> %v, %v : (tensor<?x20xf32>, tensor<?x20xf32>) -> tensor<?x20xf32>
    %s = nn.softmax %m axis 1 : (tensor<?x20xf32>) -> tensor<?x20xf32>
    nn.yield %s : tensor<?x20xf32>
  }
  %b = nn.dispatch(%a) dims(%n) : (tensor<?x20xf32>) -> tensor<?x20xf32> {
  ^bb0(%v: tensor<?x20xf32>):
    %m = nn.elementwise <mul> %v, %v : (tensor<?x20xf32>, tensor<?x20xf32>) -> tensor<?x20xf32>
    %s = nn.softmax %m axis 1 : (tensor<?x20xf32>) -> tensor<?x20xf32>
    nn.yield %s : tensor<?x20xf32>
  }
  %c = nn.dispatch(%b) dims(%n) : (tensor<?x20xf32>) -> tensor<?x20xf32> {
  ^bb0(%v: tensor<?x20xf32>):
    %s = nn.elementwise <tanh> %v : (tensor<?x20xf32>) -> tensor<?x20xf32>
    nn.yield %s : tensor<?x20xf32>
  }
  return %c : tensor<?x20xf32>
}
