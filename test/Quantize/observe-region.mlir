// RUN: not quant-opt %s --nibble-insert-observers --nibble-expose-observed 2>&1 | FileCheck %s
// RUN: quant-opt %s --nibble-insert-observers="keep=inside" --nibble-expose-observed | FileCheck %s --check-prefix=KEPT

// What a branch computes is there in some runs only.
// CHECK: error: 'qnt.observe' op is inside a region, whose values cannot be results of @main; keep the ops that read it in f32
// KEPT: func.func @main({{.*}}) -> tensor<2x4xf32>
// KEPT-NOT: qnt.observe
func.func @main(%x: tensor<2x8xf32>, %c: i1) -> tensor<2x4xf32> {
  %w = nn.parameter "w" at <file = "w.bin", offset = 0, length = 128, hash = 1> : tensor<4x8xf32>
  %y = scf.if %c -> tensor<2x4xf32> {
    %a = nn.elementwise #nn.kind<relu> %x : (tensor<2x8xf32>) -> tensor<2x8xf32>
    %b = nn.linear %a, %w : (tensor<2x8xf32>, tensor<4x8xf32>) -> tensor<2x4xf32> loc("inside")
    scf.yield %b : tensor<2x4xf32>
  } else {
    %z = arith.constant dense<0.0> : tensor<2x4xf32>
    scf.yield %z : tensor<2x4xf32>
  }
  return %y : tensor<2x4xf32>
}
