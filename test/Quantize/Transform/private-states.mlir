// RUN: rm -rf %t && mkdir %t && cd %t
// RUN: quant-opt %s --pass-pipeline='builtin.module(qnt-insert-transforms{block=8 keep=value},qnt-fuse-transforms)' | FileCheck %s
// RUN: quant-opt %s --qnt-search-scales="weights=int8 activations=int8 numbers=scales.bin" | FileCheck %s
// RUN: quant-opt %s --qnt-search-permutations="order=sort block=2 numbers=orders.bin" | FileCheck %s
// RUN: quant-opt %s --pass-pipeline='builtin.module(qnt-insert-transforms{block=8 keep=out},qnt-fuse-transforms)' | FileCheck %s --check-prefix=KEPT

// Values that the projection behind attention wants in another basis are cached in it, which is then nobody else's. Keys are as they were.
// CHECK: func.func @main(
// CHECK-SAME: nn.name = "past.key", nn.state = 1 : i64}
// CHECK-SAME: nn.name = "past.value", nn.private, nn.state = 2 : i64}
// CHECK-COUNT-2: qnt.transform
// CHECK-NOT: qnt.transform
// KEPT: func.func @main(
// KEPT-NOT: nn.private
func.func @main(%x: tensor<1x?x8xf32>, %q: tensor<1x1x?x8xf32>, %k: tensor<1x1x?x8xf32>, %pk: tensor<1x1x?x8xf32> {nn.name = "past.key", nn.state = 1 : i64}, %pv: tensor<1x1x?x8xf32> {nn.name = "past.value", nn.state = 2 : i64})
    -> (tensor<1x?x4xf32> {nn.name = "y"}, tensor<1x1x?x8xf32> {nn.name = "present.key"}, tensor<1x1x?x8xf32> {nn.name = "present.value"}) {
  %c1 = arith.constant 1 : index
  %t = tensor.dim %x, %c1 : tensor<1x?x8xf32>
  %wv = arith.constant dense<[[5.0, -8.75, 13.75, 1.25, 7.5, 2.5, -3.75, 6.25], [0.375, -1.875, -0.625, -1.75, 0.5, 1.0, -0.25, 0.75], [-0.625, 1.5, -0.875, 0.375, -1.0, 0.25, 1.25, -0.5], [-1.125, -1.25, -1.875, 0.375, 0.75, -0.5, 1.0, 0.25],
                              [-0.875, -0.75, -0.5, 1.25, 1.5, -1.0, 0.25, -0.75], [-10.0, -13.75, 6.25, 1.25, -7.5, 5.0, 2.5, -8.75], [1.25, 1.875, 0.125, -0.5, 0.75, -1.25, 1.0, 0.5], [1.625, -0.75, 0.5, 1.375, -0.25, 1.0, -1.5, 0.75]]> : tensor<8x8xf32>
  %wo = arith.constant dense<[[0.125, -0.875, 1.375, 0.625, -1.5, 0.0625, 1.0, -0.5], [-0.0625, 1.25, -0.75, 1.5, 0.875, -0.125, -1.375, 0.25], [0.09375, -0.5, 1.0, -1.25, 0.375, 0.09375, 0.75, 1.5], [-0.125, 0.25, 0.625, 1.125, -1.0, -0.0625, 1.25, -0.875]]> : tensor<4x8xf32>
  %v0 = nn.linear %x, %wv : (tensor<1x?x8xf32>, tensor<8x8xf32>) -> tensor<1x?x8xf32> loc("value")
  %v1 = nn.reshape %v0 shape [1, %t, 1, 8] : tensor<1x?x8xf32> -> tensor<1x?x1x8xf32>
  %v2 = nn.transpose %v1 permutation [0, 2, 1, 3] : tensor<1x?x1x8xf32> -> tensor<1x1x?x8xf32>
  %ks = nn.cache_update %pk, %k axis 2 : (tensor<1x1x?x8xf32>, tensor<1x1x?x8xf32>) -> tensor<1x1x?x8xf32>
  %vs = nn.cache_update %pv, %v2 axis 2 : (tensor<1x1x?x8xf32>, tensor<1x1x?x8xf32>) -> tensor<1x1x?x8xf32>
  %a0 = nn.attention %q, %ks, %vs scale 0.35355 {causal} : (tensor<1x1x?x8xf32>, tensor<1x1x?x8xf32>, tensor<1x1x?x8xf32>) -> tensor<1x1x?x8xf32>
  %a1 = nn.transpose %a0 permutation [0, 2, 1, 3] : tensor<1x1x?x8xf32> -> tensor<1x?x1x8xf32>
  %a2 = nn.reshape %a1 shape [1, %t, 8] : tensor<1x?x1x8xf32> -> tensor<1x?x8xf32>
  %y = nn.linear %a2, %wo : (tensor<1x?x8xf32>, tensor<4x8xf32>) -> tensor<1x?x4xf32> loc("out")
  return %y, %ks, %vs : tensor<1x?x4xf32>, tensor<1x1x?x8xf32>, tensor<1x1x?x8xf32>
}
