// RUN: quant-opt %s -split-input-file -verify-diagnostics

#f = #qnt.format<int<8>, block = [1, -1], scale = f32>
func.func @pairs_of_rows(%x: tensor<4x4xf32>) {
  // expected-error @below {{has a pair_order: the order of bounded pairs must hold each axis from 1 to 1 once}}
  %0 = qnt.quantize %x {pair_order = array<i64: 0>} : tensor<4x4xf32> -> !qnt.tensor<4x4, #f>
  return
}

// -----

#f = #qnt.format<int<8>, block = [1, -1, -1], scale = f32>
func.func @pairs_without_an_axis(%x: tensor<4x4x4xf32>) {
  // expected-error @below {{must hold each axis from 1 to 2 once}}
  %0 = qnt.quantize %x {pair_order = array<i64: 2>} : tensor<4x4x4xf32> -> !qnt.tensor<4x4x4, #f>
  return
}

// -----

#f = #qnt.format<int<8>, block = [1, 32], scale = f32>
func.func @pairs_of_groups(%x: tensor<4x64xf32>) {
  // expected-error @below {{has a pair_order: bounded pairs share a scale along all axes but the first, which int<8>, block = [1, 32], scale = f32 has not}}
  %0 = qnt.quantize %x {pair_order = array<i64: 1>} : tensor<4x64xf32> -> !qnt.tensor<4x64, #f>
  return
}

// -----

#f = #qnt.format<uint<8>, block = [1, -1], scale = f32, zero = uint<8>>
func.func @pairs_without_sign(%x: tensor<4x4xf32>) {
  // expected-error @below {{has a pair_order: bounded pairs are of int<8> without zero point, not of uint<8>, block = [1, -1], scale = f32, zero = uint<8>}}
  %0 = qnt.quantize %x {pair_order = array<i64: 1>} : tensor<4x4xf32> -> !qnt.tensor<4x4, #f>
  return
}

// -----

#f = #qnt.format<int<8>, scale = f32>
func.func @expressed_type(%x: tensor<4xf16>) {
  // expected-error @below {{input holds 'f16', but the result expresses 'f32'; cast the input first}}
  %0 = qnt.quantize %x : tensor<4xf16> -> !qnt.tensor<4, #f>
  return
}

// -----

#f = #qnt.format<int<8>, scale = f32>
func.func @shape(%x: tensor<4xf32>) {
  // expected-error @below {{input and result differ in shape: 'tensor<4xf32>' and '!qnt.tensor<5, }}
  %0 = qnt.quantize %x : tensor<4xf32> -> !qnt.tensor<5, #f>
  return
}

// -----

#f = #qnt.format<int<8>>
func.func @no_scale(%x: tensor<4xf32>, %s: tensor<1xf32>) {
  // expected-error @below {{has a scale, but the format has none}}
  %0 = qnt.quantize %x scale %s : tensor<4xf32>, scale tensor<1xf32> -> !qnt.tensor<4, #f>
  return
}

// -----

#f = #qnt.format<int<8>, scale = f32>
func.func @no_zero(%x: tensor<4xf32>, %s: tensor<1xf32>, %z: tensor<1xi8>) {
  // expected-error @below {{has a zero point, but the format has none; add zero = … to the format}}
  %0 = qnt.quantize %x scale %s zero %z : tensor<4xf32>, scale tensor<1xf32>, zero tensor<1xi8> -> !qnt.tensor<4, #f>
  return
}

// -----

#f = #qnt.format<uint<8>, scale = f32, zero = uint<8>>
func.func @zero_alone(%x: tensor<4xf32>, %z: tensor<1xui8>) {
  // expected-error @below {{has a zero point without a scale}}
  %0 = "qnt.quantize"(%x, %z) {operandSegmentSizes = array<i32: 1, 0, 1>} : (tensor<4xf32>, tensor<1xui8>) -> !qnt.tensor<4, #f>
  return
}

// -----

#f = #qnt.format<uint<8>, scale = f32, zero = uint<8>>
func.func @zero_missing(%x: tensor<4xf32>, %s: tensor<1xf32>) {
  // expected-error @below {{has a scale but no zero point, which the format asks for}}
  %0 = qnt.quantize %x scale %s : tensor<4xf32>, scale tensor<1xf32> -> !qnt.tensor<4, #f>
  return
}

// -----

#f = #qnt.format<int<8>, scale = f32>
func.func @integer_scale(%x: tensor<4xf32>, %s: tensor<1xi32>) {
  // expected-error @below {{operand #1 must be ranked tensor of floating-point values, but got 'tensor<1xi32>'}}
  %0 = qnt.quantize %x scale %s : tensor<4xf32>, scale tensor<1xi32> -> !qnt.tensor<4, #f>
  return
}

// -----

#f = #qnt.format<int<8>, scale = f32, zero = int<8>>
func.func @index_zero(%c: tensor<4xi8>, %s: tensor<1xf32>, %z: tensor<1xindex>) {
  // expected-error @below {{operand #2 must be ranked tensor of integer or floating-point values, but got 'tensor<1xindex>'}}
  %0 = qnt.assemble %c scale %s zero %z : tensor<4xi8>, scale tensor<1xf32>, zero tensor<1xindex> -> !qnt.tensor<4, #f>
  return
}

// -----

#f = #qnt.format<int<8>, scale = f32>
func.func @integer_numbers(%q: !qnt.tensor<4, #f>) {
  // expected-error @below {{result #0 must be ranked tensor of floating-point values, but got 'tensor<4xi32>'}}
  %0 = qnt.dequantize %q : !qnt.tensor<4, #f> -> tensor<4xi32>
  return
}

// -----

#f = #qnt.format<int<4>, block = [1, 32], scale = f16>
func.func @scale_shape(%x: tensor<4x64xf32>, %s: tensor<4x1xf16>) {
  // expected-error @below {{scale has type 'tensor<4x1xf16>', but the format asks for one scale per block, in the shape [4, 2]}}
  %0 = qnt.quantize %x scale %s : tensor<4x64xf32>, scale tensor<4x1xf16> -> !qnt.tensor<4x64, #f>
  return
}

// -----

#f = #qnt.format<uint<4>, block = [1, 32], scale = f16, zero = uint<4>>
func.func @zero_shape(%c: tensor<4x64xi8>, %s: tensor<4x2xf16>, %z: tensor<1x2xi8>) {
  // expected-error @below {{zero point has type 'tensor<1x2xi8>', but the format asks for one zero point per block, in the shape [4, 2]}}
  %0 = qnt.assemble %c scale %s zero %z : tensor<4x64xi8>, scale tensor<4x2xf16>, zero tensor<1x2xi8> -> !qnt.tensor<4x64, #f>
  return
}

// -----

#f = #qnt.format<int<12>, scale = f32>
func.func @narrow_codes(%c: tensor<4xi8>, %s: tensor<1xf32>) {
  // expected-error @below {{codes must be integers of at least 12 bits, but are 'i8'}}
  %0 = qnt.assemble %c scale %s : tensor<4xi8>, scale tensor<1xf32> -> !qnt.tensor<4, #f>
  return
}

// -----

#f = #qnt.format<int<8>, scale = f32>
func.func @scale_missing(%c: tensor<4xi8>) {
  // expected-error @below {{needs the scales that the format asks for}}
  %0 = qnt.assemble %c : tensor<4xi8> -> !qnt.tensor<4, #f>
  return
}

// -----

#f = #qnt.format<int<8>, scale = f32>
func.func @float_codes(%q: !qnt.tensor<4, #f>) {
  // expected-error @below {{codes must be integers of at least 8 bits, but are 'f32'}}
  %0 = qnt.codes %q : !qnt.tensor<4, #f> -> tensor<4xf32>
  return
}

// -----

#f = #qnt.format<int<8>>
func.func @scales_of_none(%q: !qnt.tensor<4, #f>) {
  // expected-error @below {{the format has no scale}}
  %0 = qnt.scales %q : !qnt.tensor<4, #f> -> tensor<1xf32>
  return
}

// -----

#f = #qnt.format<int<8>, scale = f32>
func.func @zeros_of_none(%q: !qnt.tensor<4, #f>) {
  // expected-error @below {{the format has no zero point}}
  %0 = qnt.zeros %q : !qnt.tensor<4, #f> -> tensor<1xi8>
  return
}

// -----

#f = #qnt.format<int<8>, scale = f32>
// expected-error @below {{the expressed type must be a floating-point type, but is 'i32'}}
func.func @integer_expressed(%q: !qnt.tensor<4, #f, i32>) {
  return
}

// -----

#f = #qnt.format<int<8>, block = [1, 32], scale = f32>
// expected-error @below {{the format's block has 2 extents, but the tensor has rank 1}}
func.func @block_rank(%q: !qnt.tensor<4, #f>) {
  return
}

// -----

#f = #qnt.format<int<8>, scale = f32>
func.func @dequantize_shape(%q: !qnt.tensor<4, #f>) {
  // expected-error @below {{'qnt.dequantize' op input and result differ in shape: '!qnt.tensor<4, #qnt.format<int<8>, scale = f32>>' and 'tensor<5xf32>'}}
  %0 = qnt.dequantize %q : !qnt.tensor<4, #f> -> tensor<5xf32>
  return
}

// -----

#f = #qnt.format<int<8>, scale = f32>
func.func @assemble_shape(%c: tensor<4xi8>, %s: tensor<1xf32>) {
  // expected-error @below {{'qnt.assemble' op input and result differ in shape}}
  %0 = qnt.assemble %c scale %s : tensor<4xi8>, scale tensor<1xf32> -> !qnt.tensor<5, #f>
  return
}

// -----

#f = #qnt.format<int<8>, scale = f32>
func.func @codes_shape(%q: !qnt.tensor<4, #f>) {
  // expected-error @below {{'qnt.codes' op input and result differ in shape}}
  %0 = qnt.codes %q : !qnt.tensor<4, #f> -> tensor<5xi8>
  return
}

// -----

#f = #qnt.format<int<4>, block = [1, 32], scale = f16>
func.func @scales_shape(%q: !qnt.tensor<4x64, #f>) {
  // expected-error @below {{'qnt.scales' op scale has type 'tensor<4x1xf32>', but the format asks for one scale per block, in the shape [4, 2]}}
  %0 = qnt.scales %q : !qnt.tensor<4x64, #f> -> tensor<4x1xf32>
  return
}

// -----

#f = #qnt.format<uint<4>, block = [1, 32], scale = f16, zero = uint<4>>
func.func @zeros_shape(%q: !qnt.tensor<?x64, #f>) {
  // expected-error @below {{'qnt.zeros' op zero point has type 'tensor<?x1xi8>', but the format asks for one zero point per block, in the shape [?, 2]}}
  %0 = qnt.zeros %q : !qnt.tensor<?x64, #f> -> tensor<?x1xi8>
  return
}

// -----

func.func @no_format(%x: tensor<4xf32>) {
  // expected-error @below {{'qnt.dequantize' op operand #0 must be a tensor stored in a number format, but got 'tensor<4xf32>'}}
  %0 = "qnt.dequantize"(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return
}
