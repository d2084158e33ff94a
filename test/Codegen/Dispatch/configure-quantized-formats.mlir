// RUN: quant-opt %s --nibble-lower-quantized --nibble-configure-quantized -split-input-file -verify-diagnostics --mlir-print-op-on-diagnostic=false | FileCheck %s

// A format that no kernel reads costs speed, not correctness: the weights are numbers again.
// CHECK-NOT: nn.contract
#two = #qnt.format<int<8>, block = [2, -1], scale = f32>
func.func @outputs(%x: tensor<?x64xf32>) -> tensor<?x8xf32> {
  %w = nn.parameter "w" at <file = "w.bin", offset = 0, length = 2048, hash = 1> : tensor<8x64xf32>
  %c = qnt.quantize %w : tensor<8x64xf32> -> !qnt.tensor<8x64, #two>
  %d = qnt.dequantize %c : !qnt.tensor<8x64, #two> -> tensor<8x64xf32>
  // expected-remark @below {{computed in f32 from dequantized weights: no kernel reads the weights' format: its blocks hold more than one output}}
  %y = nn.linear %x, %d : (tensor<?x64xf32>, tensor<8x64xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

#group = #qnt.format<int<8>, block = [1, -1, -1, 4], scale = f32>
func.func @groups(%x: tensor<1x5x5x8xf32>) -> tensor<1x3x3x8xf32> {
  %w = nn.parameter "w" at <file = "w.bin", offset = 0, length = 2304, hash = 1> : tensor<8x3x3x8xf32>
  %c = qnt.quantize %w : tensor<8x3x3x8xf32> -> !qnt.tensor<8x3x3x8, #group>
  %d = qnt.dequantize %c : !qnt.tensor<8x3x3x8, #group> -> tensor<8x3x3x8xf32>
  // expected-remark @below {{computed in f32 from dequantized weights: no kernel reads the weights' format: its blocks divide the summed axes of a convolution}}
  %y = nn.conv %x, %d strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] {layout = #nn.layout<channels_last>} : (tensor<1x5x5x8xf32>, tensor<8x3x3x8xf32>) -> tensor<1x3x3x8xf32>
  return %y : tensor<1x3x3x8xf32>
}

// -----

// CHECK-LABEL: @summed
// CHECK-NOT: nn.contract
#w8 = #qnt.format<int<8>, block = [1, -1], scale = f32>
func.func @summed(%x: tensor<4x16xi8>, %s: tensor<16xf32>) -> tensor<4x8xf32> {
  %w = nn.parameter "w" at <file = "w.bin", offset = 0, length = 512, hash = 1> : tensor<8x16xf32>
  %c = qnt.quantize %w : tensor<8x16xf32> -> !qnt.tensor<8x16, #w8>
  %n = qnt.dequantize %c : !qnt.tensor<8x16, #w8> -> tensor<8x16xf32>
  %d = nn.dequantize_elements %x scale %s : (tensor<4x16xi8>, tensor<16xf32>) -> tensor<4x16xf32>
  // expected-remark @below {{computed in f32 from dequantized weights: its input has scales along an axis that is summed}}
  %y = nn.linear %d, %n : (tensor<4x16xf32>, tensor<8x16xf32>) -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// -----

// CHECK-LABEL: @zeros
// CHECK-NOT: nn.contract
#w8 = #qnt.format<int<8>, block = [1, -1], scale = f32>
func.func @zeros(%x: tensor<4x16xi8>, %s: tensor<f32>, %z: tensor<4x1xi32>) -> tensor<4x8xf32> {
  %w = nn.parameter "w" at <file = "w.bin", offset = 0, length = 512, hash = 1> : tensor<8x16xf32>
  %c = qnt.quantize %w : tensor<8x16xf32> -> !qnt.tensor<8x16, #w8>
  %n = qnt.dequantize %c : !qnt.tensor<8x16, #w8> -> tensor<8x16xf32>
  %d = nn.dequantize_elements %x scale %s zero %z : (tensor<4x16xi8>, tensor<f32>, tensor<4x1xi32>) -> tensor<4x16xf32>
  // expected-remark @below {{computed in f32 from dequantized weights: its input has more than one zero point}}
  %y = nn.linear %d, %n : (tensor<4x16xf32>, tensor<8x16xf32>) -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}
