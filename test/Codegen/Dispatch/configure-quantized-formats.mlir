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
