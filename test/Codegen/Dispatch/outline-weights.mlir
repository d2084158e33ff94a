// RUN: quant-opt %s --nibble-outline-weights | FileCheck %s
// RUN: echo 'module {}' | not quant-opt --nibble-outline-weights 2>&1 | FileCheck %s --check-prefix=MAIN
// MAIN: error: needs a function @main

// Equal programs are one function, and nothing of them stays in the graph.
// CHECK-LABEL: func.func @main
// CHECK-NOT: nn.parameter
// CHECK: %[[A:.*]] = call @[[W:.*]]() : () -> tensor<4x8xf32>
// CHECK: nn.invoke @k(%arg0, %[[A]])
// CHECK: %[[B:.*]] = call @[[W]]() : () -> tensor<4x8xf32>
// CHECK: nn.invoke @k(%{{.*}}, %[[B]])
// A weight that is an output as it is.
// CHECK: %[[C:.*]] = call @[[RAW:.*]]() : () -> tensor<8x4xf32>
// CHECK: return %{{.*}}, %[[C]]
// CHECK: func.func private @[[W]]() -> tensor<4x8xf32> attributes {nn.weight} {
// CHECK: nn.parameter "w"
// CHECK: nn.transpose
// CHECK: func.func private @[[RAW]]() -> tensor<8x4xf32> attributes {nn.weight} {
// CHECK-NOT: func.func private
func.func @main(%x: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<8x4xf32>) {
  %w = nn.parameter "w" at <file = "w", offset = 0, length = 128, hash = 1> : tensor<8x4xf32>
  %t = nn.transpose %w permutation [1, 0] : tensor<8x4xf32> -> tensor<4x8xf32>
  %y = nn.invoke @k(%x, %t) : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  %v = nn.parameter "w" at <file = "w", offset = 0, length = 128, hash = 1> : tensor<8x4xf32>
  %u = nn.transpose %v permutation [1, 0] : tensor<8x4xf32> -> tensor<4x8xf32>
  %z = nn.invoke @k(%y, %u) : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  return %z, %w : tensor<4x8xf32>, tensor<8x4xf32>
}
func.func @k(%x: memref<4x8xf32>, %w: memref<4x8xf32>, %y: memref<4x8xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {nn.kernel} {
  return
}
