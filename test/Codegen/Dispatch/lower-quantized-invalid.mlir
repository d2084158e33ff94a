// RUN: quant-opt %s --nibble-lower-quantized -split-input-file -verify-diagnostics

func.func @weights(%x: tensor<?x64xf32>) -> tensor<?x8xf32> {
  %w = nn.parameter "w" at <file = "w.bin", offset = 0, length = 2048, hash = 1> : tensor<8x64xf32>
  %c = qnt.quantize %w : tensor<8x64xf32> -> !qnt.tensor<8x64, #qnt.format<float<2, 1>, block = [1, 32], scale = e8m0>>
  // expected-error @+1 {{has no kernel for weights in the format #qnt.format<float<2, 1>, block = [1, 32], scale = e8m0>: its codes are not integers of 2 to 8 bits}}
  %y = nn.linear %x, %c : (tensor<?x64xf32>, !qnt.tensor<8x64, #qnt.format<float<2, 1>, block = [1, 32], scale = e8m0>>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

func.func @groups(%x: tensor<?x64xf32>) -> tensor<?x8xf32> {
  %w = nn.parameter "w" at <file = "w.bin", offset = 0, length = 2048, hash = 1> : tensor<8x64xf32>
  %c = qnt.quantize %w : tensor<8x64xf32> -> !qnt.tensor<8x64, #qnt.format<int<4>, block = [1, 30], scale = f16>>
  // expected-error @+1 {{its groups are not multiples of 4 values}}
  %y = nn.linear %x, %c : (tensor<?x64xf32>, !qnt.tensor<8x64, #qnt.format<int<4>, block = [1, 30], scale = f16>>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

func.func @dynamic(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  // expected-error @+1 {{scales found at run time are f32 ones of rows, or of groups of a row, in int<2> to int<8>; give static scales}}
  %q = qnt.quantize %x : tensor<?x64xf32> -> !qnt.tensor<?x64, #qnt.format<int<8>, scale = f32>>
  %y = qnt.dequantize %q : !qnt.tensor<?x64, #qnt.format<int<8>, scale = f32>> -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

func.func @blocks(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  // expected-error @+1 {{its blocks are neither whole axes nor single elements of them}}
  %q = qnt.quantize %x : tensor<?x64xf32> -> !qnt.tensor<?x64, #qnt.format<int<8>, block = [2, 32], scale = f32>>
  %y = qnt.dequantize %q : !qnt.tensor<?x64, #qnt.format<int<8>, block = [2, 32], scale = f32>> -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

// One bit has no code for what is above zero.
func.func @one_bit(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  // expected-error @+1 {{scales found at run time are f32 ones of rows, or of groups of a row, in int<2> to int<8>; give static scales}}
  %q = qnt.quantize %x : tensor<?x64xf32> -> !qnt.tensor<?x64, #qnt.format<int<1>, block = [1, -1], scale = f32>>
  %y = qnt.dequantize %q : !qnt.tensor<?x64, #qnt.format<int<1>, block = [1, -1], scale = f32>> -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

func.func @levels(%x: tensor<?x64xf32>) -> tensor<?x8xf32> {
  %w = nn.parameter "w" at <file = "w.bin", offset = 0, length = 2048, hash = 1> : tensor<8x64xf32>
  %c = qnt.quantize %w : tensor<8x64xf32> -> !qnt.tensor<8x64, #qnt.format<int<4>, block = [1, 32], scale = e8m0>>
  // expected-error @+1 {{its scales are not one level of f32, f16 or bf16}}
  %y = nn.linear %x, %c : (tensor<?x64xf32>, !qnt.tensor<8x64, #qnt.format<int<4>, block = [1, 32], scale = e8m0>>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

func.func @outer(%x: tensor<4x64xf32>, %s: tensor<4x1xf32>) -> tensor<4x64xf32> {
  // expected-error @+1 {{it needs one level of scales}}
  %q = qnt.quantize %x : tensor<4x64xf32> -> !qnt.tensor<4x64, #qnt.format<int<8>, block = [1, 16], scale = e4m3, outer = f32>>
  %y = qnt.dequantize %q : !qnt.tensor<4x64, #qnt.format<int<8>, block = [1, 16], scale = e4m3, outer = f32>> -> tensor<4x64xf32>
  return %y : tensor<4x64xf32>
}

// -----

#f = #qnt.format<float<4, 3>, scale = f32>
func.func @float_codes(%x: tensor<?x64xf32>, %s: tensor<1x1xf32>) -> tensor<?x64xf32> {
  // expected-error @+1 {{has no kernel for the format #qnt.format<float<4, 3>, scale = f32>: its codes are not integers of at most 8 bits}}
  %q = qnt.quantize %x scale %s : tensor<?x64xf32>, scale tensor<1x1xf32> -> !qnt.tensor<?x64, #f>
  %y = qnt.dequantize %q : !qnt.tensor<?x64, #f> -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

#f = #qnt.format<int<8>, scale = f32, zero = offset<f16>>
func.func @offsets(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  // expected-error @+1 {{its zero points are not integers}}
  %q = qnt.quantize %x : tensor<?x64xf32> -> !qnt.tensor<?x64, #f>
  %y = qnt.dequantize %q : !qnt.tensor<?x64, #f> -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

#f = #qnt.format<int<8>, block = [1, -1], scale = f32>
func.func @halves(%x: tensor<?x64xf16>) -> tensor<?x64xf16> {
  // expected-error @+1 {{it does not stand for f32 numbers}}
  %q = qnt.quantize %x : tensor<?x64xf16> -> !qnt.tensor<?x64, #f, f16>
  %y = qnt.dequantize %q : !qnt.tensor<?x64, #f, f16> -> tensor<?x64xf16>
  return %y : tensor<?x64xf16>
}

// -----

#f = #qnt.format<uint<4>, block = [1, 32], scale = f16, zero = uint<8>>
func.func @zero_points(%x: tensor<?x64xf32>) -> tensor<?x8xf32> {
  %w = nn.parameter "w" at <file = "w.bin", offset = 0, length = 2048, hash = 1> : tensor<8x64xf32>
  %c = qnt.quantize %w : tensor<8x64xf32> -> !qnt.tensor<8x64, #f>
  // expected-error @+1 {{has no kernel for weights in the format #qnt.format<uint<4>, block = [1, 32], scale = f16, zero = uint<8>>: its zero points are not codes}}
  %y = nn.linear %x, %c : (tensor<?x64xf32>, !qnt.tensor<8x64, #f>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
