// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(nibble-bufferize-kernels))' | FileCheck %s

// Elementwise ops become one loop over the result's own memory.
// CHECK-LABEL: func.func private @chain
// CHECK-SAME: %[[X:.*]]: memref<?x20xf32>, %[[Y:.*]]: memref<?x20xf32>
// CHECK-NOT: memref.alloc
// CHECK: linalg.generic {{.*}} ins(%[[X]] : memref<?x20xf32>) outs(%[[Y]] : memref<?x20xf32>)
// CHECK: arith.mulf
// CHECK: math.tanh
// CHECK: linalg.yield
// CHECK-NOT: linalg.generic
// CHECK: return
func.func private @chain(%x: memref<?x20xf32>, %y: memref<?x20xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {nn.kernel, nn.shared_dims = 2 : i64} {
  %t = bufferization.to_tensor %x restrict : memref<?x20xf32> to tensor<?x20xf32>
  %m = nn.elementwise <mul> %t, %t : (tensor<?x20xf32>, tensor<?x20xf32>) -> tensor<?x20xf32>
  %r = nn.elementwise <tanh> %m : (tensor<?x20xf32>) -> tensor<?x20xf32>
  bufferization.materialize_in_destination %r in restrict writable %y : (tensor<?x20xf32>, memref<?x20xf32>) -> ()
  return
}

// A row's sums need memory of their own.
// CHECK-LABEL: func.func private @row
// CHECK: memref.alloc
// CHECK-NOT: nn.
// CHECK: linalg.generic
func.func private @row(%x: memref<?x20xf32>, %y: memref<?x20xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {nn.kernel, nn.shared_dims = 1 : i64} {
  %t = bufferization.to_tensor %x restrict : memref<?x20xf32> to tensor<?x20xf32>
  %r = nn.softmax %t axis 1 : (tensor<?x20xf32>) -> tensor<?x20xf32>
  bufferization.materialize_in_destination %r in restrict writable %y : (tensor<?x20xf32>, memref<?x20xf32>) -> ()
  return
}

// Other functions are not its business.
// CHECK-LABEL: func.func @graph
// CHECK: nn.elementwise
func.func @graph(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = nn.elementwise <tanh> %x : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}
