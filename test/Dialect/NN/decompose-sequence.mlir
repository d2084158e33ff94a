// RUN: quant-opt %s -nn-decompose -canonicalize -cse -split-input-file | FileCheck %s

// Query head h reads key head h / 2; a key that is not seen has -inf.
// CHECK-DAG: #[[KEY:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1 floordiv 2, d3, d4)>
// CHECK-DAG: #[[VALUE:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1 floordiv 2, d4, d3)>
// CHECK-LABEL: @attention
// CHECK: linalg.generic {indexing_maps = [#{{.*}}, #[[KEY]], #{{.*}}], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
// CHECK: linalg.generic
// CHECK:   linalg.index 2
// CHECK:   linalg.index 3
// CHECK:   arith.cmpi sle
// CHECK:   arith.select
// CHECK: math.exp
// CHECK: linalg.generic {indexing_maps = [#{{.*}}, #[[VALUE]], #{{.*}}]
func.func @attention(%q: tensor<?x4x?x8xf32>, %k: tensor<?x2x?x8xf32>) -> tensor<?x4x?x8xf32> {
  %0 = nn.attention %q, %k, %k scale 0.5 {causal} : (tensor<?x4x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>) -> tensor<?x4x?x8xf32>
  return %0 : tensor<?x4x?x8xf32>
}

// -----

// The halves of the rotated part are slices; the rest is copied.
// CHECK-LABEL: @rope
// CHECK-DAG: tensor.extract_slice %{{.*}}[0, 0, 0, 0] [2, 2, 3, 2] [1, 1, 1, 1]
// CHECK-DAG: tensor.extract_slice %{{.*}}[0, 0, 0, 2] [2, 2, 3, 2] [1, 1, 1, 1]
// CHECK: arith.subf
// CHECK: arith.addf
// CHECK: tensor.extract_slice %{{.*}}[0, 0, 0, 4] [2, 2, 3, 4] [1, 1, 1, 1]
// CHECK-COUNT-3: tensor.insert_slice
func.func @rope(%x: tensor<2x2x3x8xf32>, %c: tensor<1x3x2xf32>, %s: tensor<1x3x2xf32>) -> tensor<2x2x3x8xf32> {
  %0 = nn.rope %x, %c, %s : (tensor<2x2x3x8xf32>, tensor<1x3x2xf32>, tensor<1x3x2xf32>) -> tensor<2x2x3x8xf32>
  return %0 : tensor<2x2x3x8xf32>
}

// -----

// All inputs are multiplied at once, before the loop over time.
// CHECK-LABEL: @lstm
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "parallel", "reduction"]
// CHECK: scf.for {{.*}} -> (tensor<5x2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>)
// CHECK:   linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "reduction"]
// CHECK:   math.tanh
// CHECK:   tensor.insert_slice
// CHECK:   scf.yield
func.func @lstm(%x: tensor<5x2x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>, %b: tensor<1x32xf32>) -> tensor<5x1x2x4xf32> {
  %0:3 = nn.lstm %x, %w, %r bias %b : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>, tensor<1x32xf32>)
    -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return %0#0 : tensor<5x1x2x4xf32>
}

// -----

// The batch is known of the initial state, and not of the input.
// CHECK-LABEL: @lstm_batch
// CHECK: %[[H:.*]] = tensor.cast %{{.*}} : tensor<2x4xf32> to tensor<?x4xf32>
// CHECK: scf.for {{.*}}%[[H]]{{.*}} -> (tensor<5x?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>)
func.func @lstm_batch(%x: tensor<5x?x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>, %h: tensor<1x2x4xf32>) -> tensor<5x1x?x4xf32> {
  %0:3 = nn.lstm %x, %w, %r initial_h %h : (tensor<5x?x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>, tensor<1x2x4xf32>)
    -> (tensor<5x1x?x4xf32>, tensor<1x?x4xf32>, tensor<1x?x4xf32>)
  return %0#0 : tensor<5x1x?x4xf32>
}

// -----

// One loop a direction.
// CHECK-LABEL: @gru
// CHECK-COUNT-2: scf.for
// CHECK-NOT: scf.for
func.func @gru(%x: tensor<5x2x3xf32>, %w: tensor<2x12x3xf32>, %r: tensor<2x12x4xf32>) -> tensor<5x2x2x4xf32> {
  %0:2 = nn.gru %x, %w, %r {direction = #nn.direction<bidirectional>} : (tensor<5x2x3xf32>, tensor<2x12x3xf32>, tensor<2x12x4xf32>)
    -> (tensor<5x2x2x4xf32>, tensor<2x2x4xf32>)
  return %0#0 : tensor<5x2x2x4xf32>
}

// -----

// CHECK-LABEL: @selective_scan
// CHECK: scf.for {{.*}} -> (tensor<1x7x4xf32>, tensor<1x4x2xf32>)
// CHECK:   math.exp
// CHECK:   scf.yield
func.func @selective_scan(%u: tensor<1x7x4xf32>, %a: tensor<4x2xf32>, %b: tensor<1x7x2xf32>, %d: tensor<4xf32>, %h: tensor<1x4x2xf32>) -> tensor<1x7x4xf32> {
  %0:2 = nn.selective_scan %u, %u, %a, %b, %b, %d, %h
    : (tensor<1x7x4xf32>, tensor<1x7x4xf32>, tensor<4x2xf32>, tensor<1x7x2xf32>, tensor<1x7x2xf32>, tensor<4xf32>, tensor<1x4x2xf32>)
    -> (tensor<1x7x4xf32>, tensor<1x4x2xf32>)
  return %0#0 : tensor<1x7x4xf32>
}

// -----

// CHECK-LABEL: @cache_update
// CHECK-COUNT-2: tensor.insert_slice
func.func @cache_update(%c: tensor<1x2x?x8xf32>, %u: tensor<1x2x1x8xf32>) -> tensor<1x2x?x8xf32> {
  %0 = nn.cache_update %c, %u axis 2 : (tensor<1x2x?x8xf32>, tensor<1x2x1x8xf32>) -> tensor<1x2x?x8xf32>
  return %0 : tensor<1x2x?x8xf32>
}
