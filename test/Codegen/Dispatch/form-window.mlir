// RUN: quant-opt %s --nibble-form-dispatches | FileCheck %s

// A depthwise convolution widens its codes itself and takes what follows it.
// CHECK-LABEL: func.func @main
// CHECK: nn.dispatch(%arg0
// CHECK-NEXT: ^bb0
// CHECK: nn.dequantize_elements
// CHECK: nn.conv
// CHECK: nn.elementwise <silu>
// CHECK: nn.quantize_elements
// CHECK: nn.yield
// CHECK-NOT: nn.dispatch
func.func @main(%x: tensor<1x8x8x16xi8>) -> tensor<1x6x6x16xi8> {
  %w = nn.parameter "w" at <file = "w.bin", offset = 0, length = 576, hash = 1> : tensor<16x3x3x1xf32>
  %one = arith.constant dense<1.0> : tensor<f32>
  %n = nn.dequantize_elements %x scale %one : (tensor<1x8x8x16xi8>, tensor<f32>) -> tensor<1x8x8x16xf32>
  %c = nn.conv %n, %w strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] {groups = 16 : i64, layout = #nn.layout<channels_last>} : (tensor<1x8x8x16xf32>, tensor<16x3x3x1xf32>) -> tensor<1x6x6x16xf32>
  %s = nn.elementwise <silu> %c : (tensor<1x6x6x16xf32>) -> tensor<1x6x6x16xf32>
  %q = nn.quantize_elements %s scale %one : (tensor<1x6x6x16xf32>, tensor<f32>) -> tensor<1x6x6x16xi8>
  return %q : tensor<1x6x6x16xi8>
}
