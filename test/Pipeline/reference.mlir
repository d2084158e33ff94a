// RUN: quant-opt %s --nibble-reference --split-input-file --verify-diagnostics | FileCheck %s

// Scalar loops in the LLVM dialect, with a C interface; a parameter is an
// external global.
// CHECK-DAG: llvm.mlir.global private constant @parameter()
// CHECK-DAG: llvm.func @_mlir_ciface_f(
// CHECK-NOT: nn.linear
// CHECK-NOT: linalg
// CHECK-NOT: vector<
func.func @f(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %w = nn.parameter "w" at <file = "w", offset = 0, length = 256, hash = 1> : tensor<8x8xf32>
  %y = nn.linear %x, %w : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

#a8 = #qnt.format<int<8>, block = [1, -1], scale = f32>

// expected-error @below {{has a quantized tensor; run nn-decompose first, which takes apart what a function itself makes of plain tensors}}
func.func @g(%x: !qnt.tensor<2x8, #a8>) {
  return
}
