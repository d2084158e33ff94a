// RUN: quant-opt %s --split-input-file --qnt-search-scales="weights=int4 numbers=%t.bin" --mlir-print-op-on-diagnostic=false 2>&1 | FileCheck %s

// A weight that is infinite has no scale, nor do those that meet it: the search
// ends, and says so.
// CHECK: remark: {{.*}}second{{.*}}: its input is not scaled: weights that make or read it are not finite
// CHECK: remark: {{.*}}second{{.*}}: its input is not scaled: weights that make or read it are not finite
// CHECK-NOT: qnt.transform
func.func @main(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %v = arith.constant dense<[[0x7F800000, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 2.0], [1.0, 3.0, 1.0, 1.0], [1.0, 1.0, 4.0, 1.0]]> : tensor<4x4xf32>
  %w = arith.constant dense<[[1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 2.0], [1.0, 3.0, 1.0, 1.0], [1.0, 1.0, 4.0, 1.0]]> : tensor<4x4xf32>
  %a = nn.linear %x, %v : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32> loc("first")
  %y = nn.linear %a, %w : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32> loc("second")
  return %y : tensor<?x4xf32>
}

// -----

func.func @main(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %v = arith.constant dense<[[2.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 2.0], [1.0, 3.0, 1.0, 1.0], [1.0, 1.0, 4.0, 1.0]]> : tensor<4x4xf32>
  %w = arith.constant dense<[[1.0, 1.0, 1.0, 1.0], [1.0, 0x7FC00000, 1.0, 2.0], [1.0, 3.0, 1.0, 1.0], [1.0, 1.0, 4.0, 1.0]]> : tensor<4x4xf32>
  %a = nn.linear %x, %v : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32> loc("first")
  %y = nn.linear %a, %w : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32> loc("second")
  return %y : tensor<?x4xf32>
}
