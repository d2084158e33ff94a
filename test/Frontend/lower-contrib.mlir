// RUN: quant-opt %s --onnx-infer-shapes --convert-onnx-to-nn --split-input-file --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<2x3x4xf32>, %y: tensor<2x3x4xf32>, %s: tensor<4xf32>, %b: tensor<4xf32>) -> (!onnx.value, !onnx.value, !onnx.value, !onnx.value) {
  // CHECK: %[[A:.*]] = nn.elementwise <add>
  // CHECK: %[[SUM:.*]] = nn.elementwise <add> %[[A]]
  // CHECK: nn.layer_norm %[[SUM]] scale %{{.*}} bias %{{.*}} axis 2 epsilon 9.99999974E-6
  %a:4 = onnx.node "SkipLayerNormalization"(%x, %y, %s, %b, %b) domain "com.microsoft" version 1 {epsilon = 1.0e-05 : f32} : (tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> (!onnx.value, none, none, !onnx.value)
  // CHECK: %[[B:.*]] = nn.elementwise <add>
  // CHECK: nn.rms_norm %[[B]] scale %{{.*}} axis 2
  %c = onnx.node "SkipSimplifiedLayerNormalization"(%x, %y, %s) domain "com.microsoft" version 1 {epsilon = 1.0e-05 : f32} : (tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<4xf32>) -> !onnx.value
  // CHECK: %[[D:.*]] = nn.elementwise <add>
  // CHECK: nn.elementwise <gelu_tanh> %[[D]]
  %d = onnx.node "FastGelu"(%x, %b) domain "com.microsoft" version 1 : (tensor<2x3x4xf32>, tensor<4xf32>) -> !onnx.value
  return %a#0, %a#3, %c, %d : !onnx.value, !onnx.value, !onnx.value, !onnx.value
}

// -----

// Grouped heads, rotation from a table, a cache, and the number of keys of each
// row.
// CHECK-LABEL: func.func @main
func.func @main(%q: tensor<?x?x32xf32> {onnx.name = "q", onnx.dims = ["b", "t", ""]},
                %k: tensor<?x?x16xf32> {onnx.name = "k", onnx.dims = ["b", "t", ""]},
                %v: tensor<?x?x16xf32> {onnx.name = "v", onnx.dims = ["b", "t", ""]},
                %pk: tensor<?x2x?x8xf32> {onnx.name = "pk", onnx.dims = ["b", "", "past", ""]},
                %pv: tensor<?x2x?x8xf32> {onnx.name = "pv", onnx.dims = ["b", "", "past", ""]},
                %last: tensor<?xi32> {onnx.name = "last", onnx.dims = ["b"]},
                %mask: tensor<?x?xi64> {onnx.name = "mask", onnx.dims = ["b", "total"]},
                %cos: tensor<64x4xf32>, %sin: tensor<64x4xf32>) -> (!onnx.value, !onnx.value, !onnx.value) {
  %one = onnx.constant dense<1> : tensor<i64>
  %s = onnx.node "Shape"(%mask) domain "" version 17 : (tensor<?x?xi64>) -> !onnx.value
  %t = onnx.node "Gather"(%s, %one) domain "" version 17 : (!onnx.value, tensor<i64>) -> !onnx.value
  %total = onnx.node "Cast"(%t) domain "" version 17 {to = 6 : i64} : (!onnx.value) -> !onnx.value
  // CHECK: %[[Q4:.*]] = nn.reshape %{{.*}} shape [%{{.*}}, %{{.*}}, 4, 8]
  // CHECK: %[[Q:.*]] = nn.transpose %[[Q4]] permutation [0, 2, 1, 3]
  // CHECK: %[[LEN:.*]] = nn.elementwise <add>
  // CHECK: nn.embedding
  // CHECK: nn.embedding
  // CHECK: %[[QR:.*]] = nn.rope %[[Q]]
  // CHECK: %[[KR:.*]] = nn.rope
  // CHECK: %[[K:.*]] = nn.cache_update %{{.*}}, %[[KR]] axis 2
  // CHECK: %[[V:.*]] = nn.cache_update
  // CHECK: %[[A:.*]] = nn.attention %[[QR]], %[[K]], %[[V]] lengths %[[LEN]] scale 2.500000e-01 {causal}
  // CHECK: nn.transpose %[[A]] permutation [0, 2, 1, 3]
  // CHECK: nn.reshape %{{.*}} shape [%{{.*}}, %{{.*}}, 32]
  %r:3 = onnx.node "GroupQueryAttention"(%q, %k, %v, %pk, %pv, %last, %total, %cos, %sin) domain "com.microsoft" version 1 {num_heads = 4 : i64, kv_num_heads = 2 : i64, do_rotary = 1 : i64, scale = 2.5e-01 : f32} : (tensor<?x?x32xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?xi32>, !onnx.value, tensor<64x4xf32>, tensor<64x4xf32>) -> (!onnx.value, !onnx.value, !onnx.value)
  return %r#0, %r#1, %r#2 : !onnx.value, !onnx.value, !onnx.value
}

// -----

// Packed projections, a mask of keys and a packed cache.
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<?x?x8xf32> {onnx.name = "x", onnx.dims = ["b", "t", ""]},
                %mask: tensor<?x?xi32> {onnx.name = "mask", onnx.dims = ["b", "total"]},
                %past: tensor<2x?x2x?x4xf32> {onnx.name = "past", onnx.dims = ["", "b", "", "past", ""]}) -> (!onnx.value, !onnx.value) {
  %w = onnx.parameter "w" at <file = "w", offset = 0, length = 768, hash = 0x1> : tensor<8x24xf32>
  %bias = onnx.parameter "bias" at <file = "w", offset = 768, length = 96, hash = 0x1> : tensor<24xf32>
  // CHECK: %[[M:.*]] = nn.cast %{{.*}} : (tensor<?x?xi32>) -> tensor<?x?xi1>
  // CHECK: %[[MASK:.*]] = nn.reshape %[[M]] shape [%{{.*}}, 1, 1, %{{.*}}]
  // CHECK-COUNT-3: nn.linear
  // CHECK-COUNT-2: nn.cache_update
  // CHECK: nn.concat %{{.*}}, %{{.*}} axis 0
  // CHECK: nn.attention %{{.*}}, %{{.*}}, %{{.*}} mask %[[MASK]] scale 5.000000e-01 {causal}
  %r:2 = onnx.node "Attention"(%x, %w, %bias, %mask, %past) domain "com.microsoft" version 1 {num_heads = 2 : i64, unidirectional = 1 : i64} : (tensor<?x?x8xf32>, tensor<8x24xf32>, tensor<24xf32>, tensor<?x?xi32>, tensor<2x?x2x?x4xf32>) -> (!onnx.value, !onnx.value)
  return %r#0, %r#1 : !onnx.value, !onnx.value
}

// -----

// CHECK-LABEL: func.func @main
func.func @main(%ids: tensor<2x3xi32>, %w: tensor<10x4xf32>, %p: tensor<8x4xf32>, %g: tensor<4xf32>, %b: tensor<4xf32>) -> (!onnx.value, !onnx.value) {
  %none = onnx.absent : none
  // CHECK: %[[W:.*]] = nn.embedding
  // CHECK: %[[I:.*]] = nn.iota
  // CHECK: %[[P:.*]] = nn.embedding %{{.*}}, %[[I]]
  // CHECK: %[[S:.*]] = nn.elementwise <add> %[[W]], %[[P]]
  // CHECK: nn.layer_norm %[[S]]
  %r:3 = onnx.node "EmbedLayerNormalization"(%ids, %none, %w, %p, %none, %g, %b) domain "com.microsoft" version 1 : (tensor<2x3xi32>, none, tensor<10x4xf32>, tensor<8x4xf32>, none, tensor<4xf32>, tensor<4xf32>) -> (!onnx.value, none, !onnx.value)
  return %r#0, %r#2 : !onnx.value, !onnx.value
}
