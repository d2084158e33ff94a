// RUN: quant-opt %s | quant-opt | FileCheck %s
// RUN: quant-opt %s --mlir-print-op-generic | quant-opt | FileCheck %s

// What dispatches, kernels and launches are made of.
// CHECK-LABEL: func.func @weights
func.func @weights(%w: tensor<2x20x64xi8>, %s: tensor<2x20x1xf32>, %z: tensor<2x20x1xi8>) -> (tensor<64xi8>, tensor<64xi8>) {
  // CHECK: nn.pack_weights %{{.*}} plan "a=f32 b=int8 c=f32" dot "f32-avx2" : (tensor<2x20x64xi8>) -> tensor<64xi8>
  %p = nn.pack_weights %w plan "a=f32 b=int8 c=f32" dot "f32-avx2" : (tensor<2x20x64xi8>) -> tensor<64xi8>
  // CHECK: nn.pack_weights %{{.*}} scales %{{.*}} zeros %{{.*}} plan "x" dot "y" : (tensor<2x20x64xi8>, tensor<2x20x1xf32>, tensor<2x20x1xi8>) -> tensor<64xi8>
  %q = nn.pack_weights %w scales %s zeros %z plan "x" dot "y" : (tensor<2x20x64xi8>, tensor<2x20x1xf32>, tensor<2x20x1xi8>) -> tensor<64xi8>
  return %p, %q : tensor<64xi8>, tensor<64xi8>
}

// CHECK-LABEL: func.func @graph
func.func @graph(%x: tensor<?x8xf32>, %n: index, %i: tensor<1x9x9x8xf32>, %w: tensor<64xi8>) {
  // CHECK: nn.contract %{{.*}}, %{{.*}} plan "x" dot "y" columns 4 {dilations = array<i64: 1, 1>, groups = 2 : i64, kernel = array<i64: 3, 3>, strides = array<i64: 1, 1>} : (tensor<1x9x9x8xf32>, tensor<64xi8>) -> tensor<1x7x7x4xf32>
  %c = nn.contract %i, %w plan "x" dot "y" columns 4 {kernel = array<i64: 3, 3>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, groups = 2 : i64} : (tensor<1x9x9x8xf32>, tensor<64xi8>) -> tensor<1x7x7x4xf32>
  // CHECK: nn.dispatch(%{{.*}}) dims(%{{.*}}) : (tensor<?x8xf32>) -> tensor<?x8xf32> {
  // CHECK: nn.yield %{{.*}} : tensor<?x8xf32>
  %d = nn.dispatch(%x) dims(%n) : (tensor<?x8xf32>) -> tensor<?x8xf32> {
  ^bb0(%v: tensor<?x8xf32>):
    %r = nn.elementwise <relu> %v : (tensor<?x8xf32>) -> tensor<?x8xf32>
    nn.yield %r : tensor<?x8xf32>
  }
  // CHECK: nn.invoke @k(%{{.*}}) dims(%{{.*}}) : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %e = nn.invoke @k(%x) dims(%n) : (tensor<?x8xf32>) -> tensor<?x8xf32>
  // CHECK: nn.require #{{.*}}
  nn.require affine_set<()[n] : (n mod 4 == 0)>
  // CHECK: %[[S:.*]] = nn.storage <state> 2 dims(%{{.*}}) : memref<?x8xf32>
  %s = nn.storage <state> 2 dims(%n) : memref<?x8xf32>
  // CHECK: nn.launch @k dispatch 1 grid %{{.*}} traffic %{{.*}}(%[[S]], %[[S]]) : memref<?x8xf32>, memref<?x8xf32>
  nn.launch @k dispatch 1 grid %n traffic %n (%s, %s) : memref<?x8xf32>, memref<?x8xf32>
  return
}
func.func private @k(%x: memref<?x8xf32>, %y: memref<?x8xf32>, %begin: index, %end: index, %scratch: memref<?xi8>) attributes {nn.kernel} {
  return
}
