// RUN: quant-opt %s --nibble-outline-kernels | FileCheck %s

// Blocks times a Hadamard matrix are sums that the loop nests know; the report says what they are and cost.
// CHECK: func.func @main
// CHECK: nn.invoke @rms_norm_hadamard8_quantize_rows{{.*}}format = "int8", note = "clean; why; 4 operations a number", op = "block Hadamard 8"
// CHECK-LABEL: func.func private @rms_norm_hadamard8_quantize_rows
// CHECK-SAME: nn.shared_dims = 1
// CHECK: nn.rms_norm
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
// CHECK: math.ctpop
// CHECK: arith.addf {{.*}} {nn.hadamard = 8 : i64} : f32
// CHECK-NOT: qnt.transform
// CHECK: nn.quantize_rows
module {
  qnt.basis @r : 24 = #qnt.hadamard<8>
  func.func @main(%x: tensor<4x24xf32>, %s: tensor<24xf32>) -> (tensor<4x24xi8>, tensor<4xf32>) {
    %0:2 = nn.dispatch(%x, %s) : (tensor<4x24xf32>, tensor<24xf32>) -> (tensor<4x24xi8>, tensor<4xf32>) {
    ^bb0(%a: tensor<4x24xf32>, %b: tensor<24xf32>):
      %n = nn.rms_norm %a scale %b axis 1 epsilon 1.0e-5 {nn.note = "clean"} : (tensor<4x24xf32>, tensor<24xf32>) -> tensor<4x24xf32>
      %t = qnt.transform %n to @r axis = 1 {nn.note = "why"} : tensor<4x24xf32>
      %c, %d = nn.quantize_rows %t : tensor<4x24xf32> -> tensor<4x24xi8>, tensor<4xf32>
      nn.yield %c, %d : tensor<4x24xi8>, tensor<4xf32>
    }
    return %0#0, %0#1 : tensor<4x24xi8>, tensor<4xf32>
  }
}
