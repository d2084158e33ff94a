// RUN: quant-opt %s --nn-reference-parameters | FileCheck %s

// One external global for each place and type, however often it is read.
// CHECK-DAG: memref.global "private" constant @[[A:.*]] : memref<4xf32> {nn.place = #nn.place<file = "w", offset = 0, length = 16, hash = 1>}
// CHECK-DAG: memref.global "private" constant @[[B:.*]] : memref<4xf32> {nn.place = #nn.place<file = "w", offset = 16, length = 16, hash = 2>}
// CHECK-NOT: memref.global
// CHECK-LABEL: @f
// CHECK: memref.get_global @[[A]]
// CHECK: memref.get_global @[[A]]
// CHECK: memref.get_global @[[B]]
// CHECK-NOT: nn.parameter
func.func @f() -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %a = nn.parameter "a" at <file = "w", offset = 0, length = 16, hash = 1> : tensor<4xf32>
  %b = nn.parameter "b" at <file = "w", offset = 0, length = 16, hash = 1> : tensor<4xf32>
  %c = nn.parameter "c" at <file = "w", offset = 16, length = 16, hash = 2> : tensor<4xf32>
  return %a, %b, %c : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}
