// RUN: quant-opt %s -split-input-file -verify-diagnostics

func.func @scalar(%x: tensor<f32>) {
  // expected-error @+1 {{needs a last axis to find scales over, but the input is a scalar}}
  %c, %s = nn.quantize_rows %x : tensor<f32> -> tensor<i8>, tensor<f32>
  return
}

// -----

func.func @scales_a_row(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{has scales of type 'tensor<8xf32>'; there is one for each row of 'tensor<4x8xf32>'}}
  %c, %s = nn.quantize_rows %x : tensor<4x8xf32> -> tensor<4x8xi8>, tensor<8xf32>
  return
}

// -----

func.func @shape(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{operand and result differ in shape: 'tensor<4x8xf32>' and 'tensor<4x9xi8>'}}
  %c, %s = nn.quantize_rows %x : tensor<4x8xf32> -> tensor<4x9xi8>, tensor<4xf32>
  return
}

// -----

func.func @broadcast(%x: tensor<4x8xf32>, %s: tensor<3xf32>) {
  // expected-error @+1 {{scale of type 'tensor<3xf32>' does not broadcast to 'tensor<4x8xf32>'}}
  %c = nn.quantize_elements %x scale %s : (tensor<4x8xf32>, tensor<3xf32>) -> tensor<4x8xi8>
  return
}

// -----

func.func @zero(%x: tensor<4x8xi8>, %s: tensor<f32>, %z: tensor<4x1x1xi32>) {
  // expected-error @+1 {{zero of type 'tensor<4x1x1xi32>' does not broadcast to 'tensor<4x8xi8>'}}
  %y = nn.dequantize_elements %x scale %s zero %z : (tensor<4x8xi8>, tensor<f32>, tensor<4x1x1xi32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @bits(%x: tensor<4x8xf32>, %s: tensor<f32>) {
  // expected-error @+1 {{attribute 'bits' failed to satisfy constraint}}
  %c = nn.quantize_elements %x scale %s {bits = 9 : i64} : (tensor<4x8xf32>, tensor<f32>) -> tensor<4x8xi8>
  return
}

// -----

func.func @zero_of_elements(%x: tensor<4x8xf32>, %s: tensor<f32>, %z: tensor<3xi32>) {
  // expected-error @+1 {{'nn.quantize_elements' op zero of type 'tensor<3xi32>' does not broadcast to 'tensor<4x8xf32>'}}
  %c = nn.quantize_elements %x scale %s zero %z : (tensor<4x8xf32>, tensor<f32>, tensor<3xi32>) -> tensor<4x8xi8>
  return
}

// -----

func.func @shape_of_elements(%x: tensor<4x8xf32>, %s: tensor<f32>) {
  // expected-error @+1 {{'nn.quantize_elements' op operand and result differ in shape: 'tensor<4x8xf32>' and 'tensor<8x4xi8>'}}
  %c = nn.quantize_elements %x scale %s : (tensor<4x8xf32>, tensor<f32>) -> tensor<8x4xi8>
  return
}

// -----

func.func @scale_of_codes(%x: tensor<4x8xi8>, %s: tensor<3xf32>) {
  // expected-error @+1 {{'nn.dequantize_elements' op scale of type 'tensor<3xf32>' does not broadcast to 'tensor<4x8xi8>'}}
  %y = nn.dequantize_elements %x scale %s : (tensor<4x8xi8>, tensor<3xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @shape_of_numbers(%x: tensor<4x8xi8>, %s: tensor<f32>) {
  // expected-error @+1 {{'nn.dequantize_elements' op operand and result differ in shape: 'tensor<4x8xi8>' and 'tensor<8x4xf32>'}}
  %y = nn.dequantize_elements %x scale %s : (tensor<4x8xi8>, tensor<f32>) -> tensor<8x4xf32>
  return
}
