// RUN: quant-opt %s --nibble-observe-layers --mlir-print-debuginfo=false | FileCheck %s
// RUN: not quant-opt %S/../Codegen/Dispatch/form-states-invalid.mlir --split-input-file --nibble-observe-layers 2>&1 | FileCheck %s --check-prefix=NOMAIN

// NOMAIN: error: needs a function @main with one block

// Each node once, after its last op; not what moves, what is no f32 and what derives from parameters.
// CHECK: %[[W:.*]] = nn.elementwise <neg>
// CHECK-NEXT: %[[A:.*]] = nn.linear
// CHECK-NEXT: %[[OA:.*]] = qnt.observe %[[A]] "first"
// CHECK-NEXT: %[[T:.*]] = nn.transpose %[[OA]]
// CHECK-NEXT: nn.elementwise <tanh> %[[T]]
// CHECK-NEXT: %[[E:.*]] = nn.elementwise <exp>
// CHECK-NEXT: %[[OE:.*]] = qnt.observe %[[E]] "last"
// CHECK-NEXT: nn.elementwise <less> %[[OE]], %[[OE]]
// CHECK-NEXT: return %[[OE]]
func.func @main(%x: tensor<?x64xf32>) -> (tensor<8x?xf32>, tensor<8x?xi1>) {
  %p = nn.parameter "w" at <file = "w.bin", offset = 0, length = 2048, hash = 1> : tensor<8x64xf32>
  %w = nn.elementwise <neg> %p : (tensor<8x64xf32>) -> tensor<8x64xf32> loc("weight")
  %a = nn.linear %x, %w : (tensor<?x64xf32>, tensor<8x64xf32>) -> tensor<?x8xf32> loc("first")
  %t = nn.transpose %a permutation [1, 0] : tensor<?x8xf32> -> tensor<8x?xf32> loc("moved")
  %b = nn.elementwise <tanh> %t : (tensor<8x?xf32>) -> tensor<8x?xf32> loc("last")
  %c = nn.elementwise <exp> %b : (tensor<8x?xf32>) -> tensor<8x?xf32> loc(fused["other", "last"])
  %d = nn.elementwise <less> %c, %c : (tensor<8x?xf32>, tensor<8x?xf32>) -> tensor<8x?xi1> loc("flag")
  return %c, %d : tensor<8x?xf32>, tensor<8x?xi1>
}
