// A depthwise convolution of codes reads bytes and writes bytes: its kernel
// widens them, knows its padding, and quantizes what the epilogue gives. Its
// SiLU is as exact as codes are (rule Q-7).

// RUN: quant-opt %s --nibble-dispatch | FileCheck %s
// RUN: quant-opt %s --nibble-configure-contractions --nibble-form-dispatches | FileCheck %s --check-prefix=FORM

// FORM:      nn.dispatch(
// FORM:        nn.dequantize_elements
// FORM:        nn.conv
// FORM-SAME:     padding [1, 1, 1, 1]
// FORM:        nn.elementwise <silu>
// FORM:        nn.quantize_elements
// FORM:        nn.yield
// FORM-NOT:  nn.dispatch

// CHECK:     func.func private @dequantize_elements_conv_silu_quantize_elements(%{{.*}}: memref<3x3x16x1xf32>, %{{.*}}: memref<1x9x7x16xi8>, %{{.*}}: memref<1x9x7x16xi8>,
// CHECK:       vector.load {{.*}} vector<8xi8>
// CHECK:       arith.extsi {{.*}} : vector<8xi8> to vector<8xi32>
// CHECK:       arith.subi {{.*}} : vector<8xi32>
// CHECK:       arith.sitofp
// CHECK:       math.fma
// CHECK-NOT:   math.exp
// CHECK:       arith.divf
// CHECK:       vector.bitcast
// CHECK:       vector.store {{.*}} vector<8xi8>
// CHECK:     @nib_run
// CHECK-NOT:   nn.launch
// CHECK:       nn.launch @dequantize_elements_conv_silu_quantize_elements dispatch 0 grid %c9
// CHECK-NOT:   nn.launch
func.func @main(%x: tensor<1x9x7x16xi8>) -> tensor<1x9x7x16xi8> {
  %w = nn.parameter "w" at <file = "w.bin", offset = 0, length = 576, hash = 1> : tensor<16x3x3x1xf32>
  %one = arith.constant dense<1.0> : tensor<f32>
  %zero = arith.constant dense<3> : tensor<i32>
  %n = nn.dequantize_elements %x scale %one zero %zero : (tensor<1x9x7x16xi8>, tensor<f32>, tensor<i32>) -> tensor<1x9x7x16xf32>
  %c = nn.conv %n, %w strides [1, 1] padding [1, 1, 1, 1] dilations [1, 1] {groups = 16 : i64, layout = #nn.layout<channels_last>} : (tensor<1x9x7x16xf32>, tensor<16x3x3x1xf32>) -> tensor<1x9x7x16xf32>
  %s = nn.elementwise <silu> %c : (tensor<1x9x7x16xf32>) -> tensor<1x9x7x16xf32>
  %q = nn.quantize_elements %s scale %one : (tensor<1x9x7x16xf32>, tensor<f32>) -> tensor<1x9x7x16xi8>
  return %q : tensor<1x9x7x16xi8>
}
