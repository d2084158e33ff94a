// RUN: quant-opt %s -split-input-file -verify-diagnostics

func.func @case46(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.reshape' op shape is [2, 4], but the result is 'tensor<4x2xf32>'}}
  %0 = nn.reshape %x shape [2, 4] : tensor<2x4xf32> -> tensor<4x2xf32>
  return
}

// -----

func.func @case47(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.reshape' op input has 8 elements, but the result has 9}}
  %0 = nn.reshape %x shape [9] : tensor<2x4xf32> -> tensor<9xf32>
  return
}

// -----

func.func @case48(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.reshape' op shape marks 1 entries as dynamic, but has 0 operands for them}}
  %0 = "nn.reshape"(%x) {static_shape = array<i64: -9223372036854775808>} : (tensor<2x4xf32>) -> tensor<?xf32>
  return
}

// -----

func.func @case49(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.reshape' op does not quantize; use qnt.quantize after it}}
  %0 = nn.reshape %x shape [8] : tensor<2x4xf32> -> !qnt.tensor<8, #qnt.format<int<8>, scale = f32>>
  return
}

// -----

func.func @case50(%x: !qnt.tensor<2x4, #qnt.format<int<8>, scale = f32>>) {
  // expected-error @below {{'nn.reshape' op input and result must have one format, since codes move as they are}}
  %0 = nn.reshape %x shape [8] : !qnt.tensor<2x4, #qnt.format<int<8>, scale = f32>> -> !qnt.tensor<8, #qnt.format<int<4>, scale = f32>>
  return
}

// -----

func.func @case51(%x: !qnt.tensor<2x4, #qnt.format<int<8>, block = [1, -1], scale = f32>>) {
  // expected-error @below {{'nn.reshape' op changes an axis that the format's blocks span; dequantize first}}
  %0 = nn.reshape %x shape [4, 2] : !qnt.tensor<2x4, #qnt.format<int<8>, block = [1, -1], scale = f32>> -> !qnt.tensor<4x2, #qnt.format<int<8>, block = [1, -1], scale = f32>>
  return
}

// -----

func.func @reshape_list(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.reshape' op shape must have 1 entries, one for each axis, but has 2}}
  %0 = "nn.reshape"(%x) {static_shape = array<i64: 8, 1>} : (tensor<2x4xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @reshape_elements(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.reshape' op the result holds 'f16', but input holds 'f32'; cast one of them}}
  %0 = nn.reshape %x shape [8] : tensor<2x4xf32> -> tensor<8xf16>
  return
}

// -----

func.func @case52(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.transpose' op permutation must name each of the 2 axes once, but is [0, 0]}}
  %0 = nn.transpose %x permutation [0, 0] : tensor<2x4xf32> -> tensor<2x2xf32>
  return
}

// -----

func.func @case53(%x: !qnt.tensor<2x4, #qnt.format<int<8>, block = [1, -1], scale = f32>>) {
  // expected-error @below {{'nn.transpose' op the result's format must be the input's with its block permuted like the axes}}
  %0 = nn.transpose %x permutation [1, 0] : !qnt.tensor<2x4, #qnt.format<int<8>, block = [1, -1], scale = f32>> -> !qnt.tensor<4x2, #qnt.format<int<8>, block = [1, -1], scale = f32>>
  return
}

// -----

func.func @case54(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.transpose' op does not quantize; use qnt.quantize after it}}
  %0 = nn.transpose %x permutation [1, 0] : tensor<2x4xf32> -> !qnt.tensor<4x2, #qnt.format<int<8>, scale = f32>>
  return
}

// -----

func.func @transpose_result(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.transpose' op the result must have the shape [4, 2], but is 'tensor<2x4xf32>'}}
  %0 = nn.transpose %x permutation [1, 0] : tensor<2x4xf32> -> tensor<2x4xf32>
  return
}

// -----

func.func @transpose_elements(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.transpose' op the result holds 'f16', but input holds 'f32'; cast one of them}}
  %0 = nn.transpose %x permutation [1, 0] : tensor<2x4xf32> -> tensor<4x2xf16>
  return
}

// -----

func.func @case55(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.expand' op cannot stretch extent 2 to 3; only 1 stretches}}
  %0 = nn.expand %x shape [3, 4] : tensor<2x4xf32> -> tensor<3x4xf32>
  return
}

// -----

func.func @case56(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.expand' op input has 2 axes, which the result's 1 cannot hold}}
  %0 = nn.expand %x shape [4] : tensor<2x4xf32> -> tensor<4xf32>
  return
}

// -----

func.func @expand_list(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.expand' op shape must have 3 entries, one for each axis, but has 2}}
  %0 = nn.expand %x shape [2, 4] : tensor<2x4xf32> -> tensor<3x2x4xf32>
  return
}

// -----

func.func @expand_extents(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.expand' op shape is [3, 2, 4], but the result is 'tensor<5x2x4xf32>'}}
  %0 = nn.expand %x shape [3, 2, 4] : tensor<2x4xf32> -> tensor<5x2x4xf32>
  return
}

// -----

func.func @expand_elements(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.expand' op the result holds 'f16', but input holds 'f32'; cast one of them}}
  %0 = nn.expand %x shape [2, 4] : tensor<2x4xf32> -> tensor<2x4xf16>
  return
}

// -----

func.func @case57(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.slice' op reads elements 2 to 4 of axis 1, which has 4}}
  %0 = nn.slice %x offsets [0, 2] sizes [2, 3] strides [1, 1] : tensor<2x4xf32> -> tensor<2x3xf32>
  return
}

// -----

func.func @case58(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.slice' op reads elements 1 to -1 of axis 1, which has 4}}
  %0 = nn.slice %x offsets [0, 1] sizes [2, 3] strides [1, -1] : tensor<2x4xf32> -> tensor<2x3xf32>
  return
}

// -----

func.func @case59(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.slice' op strides must not be 0}}
  %0 = nn.slice %x offsets [0, 0] sizes [2, 4] strides [1, 0] : tensor<2x4xf32> -> tensor<2x4xf32>
  return
}

// -----

func.func @case60(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.slice' op offsets must have 2 entries, one for each axis, but has 1}}
  %0 = nn.slice %x offsets [0] sizes [2, 4] strides [1, 1] : tensor<2x4xf32> -> tensor<2x4xf32>
  return
}

// -----

func.func @slice_sizes(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.slice' op sizes must have 2 entries, one for each axis, but has 1}}
  %0 = nn.slice %x offsets [0, 0] sizes [2] strides [1, 1] : tensor<2x4xf32> -> tensor<2x4xf32>
  return
}

// -----

func.func @slice_extents(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.slice' op sizes is [2, 3], but the result is 'tensor<2x4xf32>'}}
  %0 = nn.slice %x offsets [0, 0] sizes [2, 3] strides [1, 1] : tensor<2x4xf32> -> tensor<2x4xf32>
  return
}

// -----

func.func @slice_strides(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.slice' op strides must have 2 entries, one for each axis, but has 1}}
  %0 = nn.slice %x offsets [0, 0] sizes [2, 4] strides [1] : tensor<2x4xf32> -> tensor<2x4xf32>
  return
}

// -----

func.func @slice_axes(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.slice' op the result must have 2 axes, but is 'tensor<2xf32>'}}
  %0 = nn.slice %x offsets [0, 0] sizes [2] strides [1, 1] : tensor<2x4xf32> -> tensor<2xf32>
  return
}

// -----

func.func @slice_elements(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.slice' op the result holds 'f16', but input holds 'f32'; cast one of them}}
  %0 = nn.slice %x offsets [0, 0] sizes [2, 4] strides [1, 1] : tensor<2x4xf32> -> tensor<2x4xf16>
  return
}

// -----

func.func @case61() {
  // expected-error @below {{'nn.concat' op needs at least one operand}}
  %0 = nn.concat axis 0 : () -> tensor<0xf32>
  return
}

// -----

func.func @case62(%x: tensor<2x4xf32>, %y: tensor<2x5xf32>) {
  // expected-error @below {{'nn.concat' op an operand's extent away from the axis is 5, but another's is 4}}
  %0 = nn.concat %x, %y axis 0 : (tensor<2x4xf32>, tensor<2x5xf32>) -> tensor<4x4xf32>
  return
}

// -----

func.func @concat_axis(%x: tensor<2x4xf32>, %y: tensor<2x4xf32>) {
  // expected-error @below {{'nn.concat' op axis must be from 0 to 1, but is 2}}
  %0 = nn.concat %x, %y axis 2 : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<4x4xf32>
  return
}

// -----

func.func @concat_axes(%x: tensor<2x4xf32>, %y: tensor<4xf32>) {
  // expected-error @below {{'nn.concat' op an operand must have 2 axes, but is 'tensor<4xf32>'}}
  %0 = nn.concat %x, %y axis 0 : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<4x4xf32>
  return
}

// -----

func.func @concat_elements(%x: tensor<2x4xf32>, %y: tensor<2x4xf16>) {
  // expected-error @below {{'nn.concat' op an operand holds 'f16', but the result holds 'f32'; cast one of them}}
  %0 = nn.concat %x, %y axis 0 : (tensor<2x4xf32>, tensor<2x4xf16>) -> tensor<4x4xf32>
  return
}

// -----

func.func @concat_result(%x: tensor<2x4xf32>, %y: tensor<2x4xf32>) {
  // expected-error @below {{'nn.concat' op the result must have the shape [4, 4], but is 'tensor<2x8xf32>'}}
  %0 = nn.concat %x, %y axis 0 : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x8xf32>
  return
}

// -----

func.func @case63(%x: tensor<2x4xf32>, %u: tensor<1x4xf32>) {
  // expected-error @below {{'nn.cache_update' op cache and result must both be quantized, or neither: they are one buffer}}
  %0 = nn.cache_update %x, %u axis 0 : (tensor<2x4xf32>, tensor<1x4xf32>) -> !qnt.tensor<3x4, #qnt.format<int<8>, block = [1, -1], scale = f32>>
  return
}

// -----

func.func @case64(%x: !qnt.tensor<2x4, #qnt.format<int<8>, block = [-1, 1], scale = f32>>, %u: tensor<1x4xf32>) {
  // expected-error @below {{'nn.cache_update' op the format's blocks must have extent 1 along axis 0, so that an entry has scales of its own}}
  %0 = nn.cache_update %x, %u axis 0 : (!qnt.tensor<2x4, #qnt.format<int<8>, block = [-1, 1], scale = f32>>, tensor<1x4xf32>) -> !qnt.tensor<3x4, #qnt.format<int<8>, block = [-1, 1], scale = f32>>
  return
}

// -----

func.func @case65(%x: !qnt.tensor<2x4, #qnt.format<int<8>, block = [-1, 1], scale = f32>>, %u: tensor<1x4xf32>) {
  // expected-error @below {{'nn.cache_update' op cache, update and result must have one format}}
  %0 = nn.cache_update %x, %u axis 0 : (!qnt.tensor<2x4, #qnt.format<int<8>, block = [-1, 1], scale = f32>>, tensor<1x4xf32>) -> !qnt.tensor<3x4, #qnt.format<int<8>, block = [1, -1], scale = f32>>
  return
}

// -----

func.func @cache_update_result(%x: tensor<2x4xf32>, %u: tensor<1x4xf32>) {
  // expected-error @below {{'nn.cache_update' op the result must have the shape [3, 4], but is 'tensor<2x4xf32>'}}
  %0 = nn.cache_update %x, %u axis 0 : (tensor<2x4xf32>, tensor<1x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @case66(%x: tensor<2x0xf32>, %i: tensor<3xi64>) {
  // expected-error @below {{'nn.gather' op axis 1 has no elements to choose from}}
  %0 = nn.gather %x, %i axis 1 : (tensor<2x0xf32>, tensor<3xi64>) -> tensor<2x3xf32>
  return
}

// -----

func.func @gather_axis(%x: tensor<2x4xf32>, %i: tensor<3xi64>) {
  // expected-error @below {{'nn.gather' op axis must be from 0 to 1, but is 2}}
  %0 = nn.gather %x, %i axis 2 : (tensor<2x4xf32>, tensor<3xi64>) -> tensor<2x3xf32>
  return
}

// -----

func.func @gather_elements(%x: tensor<2x4xf32>, %i: tensor<3xi64>) {
  // expected-error @below {{'nn.gather' op the result holds 'f16', but input holds 'f32'; cast one of them}}
  %0 = nn.gather %x, %i axis 1 : (tensor<2x4xf32>, tensor<3xi64>) -> tensor<2x3xf16>
  return
}

// -----

func.func @gather_result(%x: tensor<2x4xf32>, %i: tensor<3xi64>) {
  // expected-error @below {{'nn.gather' op the result must have the shape [2, 3], but is 'tensor<3x2xf32>'}}
  %0 = nn.gather %x, %i axis 1 : (tensor<2x4xf32>, tensor<3xi64>) -> tensor<3x2xf32>
  return
}

// -----

func.func @gather_unranked(%x: tensor<2x4xf32>, %i: tensor<*xi64>) {
  // expected-error @below {{'nn.gather' op operand #1 must be ranked tensor of 32-bit signless integer or 64-bit signless integer values, but got 'tensor<*xi64>'}}
  %0 = nn.gather %x, %i axis 1 : (tensor<2x4xf32>, tensor<*xi64>) -> tensor<2xf32>
  return
}

// -----

func.func @case67(%x: tensor<2x4xf32>, %i: tensor<3x?xi64>) {
  // expected-error @below {{'nn.gather_nd' op the last extent of indices, the number of axes that they choose along, must be static}}
  %0 = nn.gather_nd %x, %i : (tensor<2x4xf32>, tensor<3x?xi64>) -> tensor<3xf32>
  return
}

// -----

func.func @case68(%x: tensor<2x4xf32>, %i: tensor<3x3xi64>) {
  // expected-error @below {{'nn.gather_nd' op indices choose along 3 axes after 0 of the batch, but input has 2}}
  %0 = nn.gather_nd %x, %i : (tensor<2x4xf32>, tensor<3x3xi64>) -> tensor<3xf32>
  return
}

// -----

func.func @case69(%x: tensor<2x4xf32>, %i: tensor<3x1xi64>) {
  // expected-error @below {{'nn.gather_nd' op batch_dims must be from 0 to 1, but is 2}}
  %0 = nn.gather_nd %x, %i {batch_dims = 2 : i64} : (tensor<2x4xf32>, tensor<3x1xi64>) -> tensor<3xf32>
  return
}

// -----

func.func @case70(%x: tensor<2x4xf32>, %i: tensor<3x1xi64>) {
  // expected-error @below {{'nn.gather_nd' op input's batch extent is 2, but that of indices is 3}}
  %0 = nn.gather_nd %x, %i {batch_dims = 1 : i64} : (tensor<2x4xf32>, tensor<3x1xi64>) -> tensor<3xf32>
  return
}

// -----

func.func @gather_nd_indices(%x: tensor<2x4xf32>, %i: tensor<i64>) {
  // expected-error @below {{'nn.gather_nd' op indices must have at least 1 axis, but is 'tensor<i64>'}}
  %0 = nn.gather_nd %x, %i : (tensor<2x4xf32>, tensor<i64>) -> tensor<3x4xf32>
  return
}

// -----

func.func @gather_nd_elements(%x: tensor<2x4xf32>, %i: tensor<3x1xi64>) {
  // expected-error @below {{'nn.gather_nd' op the result holds 'f16', but input holds 'f32'; cast one of them}}
  %0 = nn.gather_nd %x, %i : (tensor<2x4xf32>, tensor<3x1xi64>) -> tensor<3x4xf16>
  return
}

// -----

func.func @gather_nd_empty(%x: tensor<0x4xf32>, %i: tensor<3x1xi64>) {
  // expected-error @below {{'nn.gather_nd' op axis 0 has no elements to choose from}}
  %0 = nn.gather_nd %x, %i : (tensor<0x4xf32>, tensor<3x1xi64>) -> tensor<3x4xf32>
  return
}

// -----

func.func @gather_nd_result(%x: tensor<2x4xf32>, %i: tensor<3x1xi64>) {
  // expected-error @below {{'nn.gather_nd' op the result must have the shape [3, 4], but is 'tensor<3xf32>'}}
  %0 = nn.gather_nd %x, %i : (tensor<2x4xf32>, tensor<3x1xi64>) -> tensor<3xf32>
  return
}

// -----

func.func @case71(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.pad' op low must have 2 entries, one for each axis, but has 1}}
  %0 = nn.pad <constant> %x low [1] high [0, 0] : (tensor<2x4xf32>) -> tensor<3x4xf32>
  return
}

// -----

func.func @case72(%x: tensor<2x4xf32>, %v: tensor<f32>) {
  // expected-error @below {{'nn.pad' op edge takes its values from the input; leave the value out}}
  %0 = nn.pad <edge> %x value %v low [1, 0] high [0, 0] : (tensor<2x4xf32>, tensor<f32>) -> tensor<3x4xf32>
  return
}

// -----

func.func @case73(%x: tensor<2x4xf32>, %v: tensor<1xf32>) {
  // expected-error @below {{'nn.pad' op the value must have 0 axes, but is 'tensor<1xf32>'}}
  %0 = nn.pad <constant> %x value %v low [1, 0] high [0, 0] : (tensor<2x4xf32>, tensor<1xf32>) -> tensor<3x4xf32>
  return
}

// -----

func.func @case74(%x: tensor<0xf32>) {
  // expected-error @below {{'nn.pad' op axis 0 has no elements to pad with}}
  %0 = nn.pad <reflect> %x low [1] high [0] : (tensor<0xf32>) -> tensor<1xf32>
  return
}

// -----

func.func @pad_high(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.pad' op high must have 2 entries, one for each axis, but has 1}}
  %0 = nn.pad <constant> %x low [1, 0] high [0] : (tensor<2x4xf32>) -> tensor<3x4xf32>
  return
}

// -----

func.func @pad_elements(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.pad' op the result holds 'f16', but input holds 'f32'; cast one of them}}
  %0 = nn.pad <constant> %x low [1, 0] high [0, 0] : (tensor<2x4xf32>) -> tensor<3x4xf16>
  return
}

// -----

func.func @pad_value(%x: tensor<2x4xf32>, %v: tensor<f16>) {
  // expected-error @below {{'nn.pad' op the value holds 'f16', but input holds 'f32'; cast one of them}}
  %0 = nn.pad <constant> %x value %v low [1, 0] high [0, 0] : (tensor<2x4xf32>, tensor<f16>) -> tensor<3x4xf32>
  return
}

// -----

func.func @pad_result(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.pad' op the result must have the shape [3, 4], but is 'tensor<2x4xf32>'}}
  %0 = nn.pad <constant> %x low [1, 0] high [0, 0] : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @case75(%s: tensor<f32>) {
  // expected-error @below {{'nn.iota' op needs a size, for the result's extent is not static}}
  %0 = nn.iota start %s step %s : (tensor<f32>, tensor<f32>) -> tensor<?xf32>
  return
}

// -----

func.func @case76(%s: tensor<f32>, %n: index) {
  // expected-error @below {{'nn.iota' op has a size, but the result's extent is static; leave the size out}}
  %0 = nn.iota size %n start %s step %s : (index, tensor<f32>, tensor<f32>) -> tensor<4xf32>
  return
}

// -----

func.func @iota_start(%a: tensor<1xf32>, %b: tensor<f32>) {
  // expected-error @below {{'nn.iota' op start must have 0 axes, but is 'tensor<1xf32>'}}
  %0 = nn.iota start %a step %b : (tensor<1xf32>, tensor<f32>) -> tensor<4xf32>
  return
}

// -----

func.func @iota_step(%a: tensor<f32>, %b: tensor<1xf32>) {
  // expected-error @below {{'nn.iota' op step must have 0 axes, but is 'tensor<1xf32>'}}
  %0 = nn.iota start %a step %b : (tensor<f32>, tensor<1xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @iota_result(%a: tensor<f32>, %b: tensor<f32>) {
  // expected-error @below {{'nn.iota' op the result must have 1 axes, but is 'tensor<2x2xf32>'}}
  %0 = nn.iota start %a step %b : (tensor<f32>, tensor<f32>) -> tensor<2x2xf32>
  return
}

// -----

func.func @iota_start_elements(%a: tensor<f16>, %b: tensor<f32>) {
  // expected-error @below {{'nn.iota' op start holds 'f16', but the result holds 'f32'; cast one of them}}
  %0 = nn.iota start %a step %b : (tensor<f16>, tensor<f32>) -> tensor<4xf32>
  return
}

// -----

func.func @iota_step_elements(%a: tensor<f32>, %b: tensor<f16>) {
  // expected-error @below {{'nn.iota' op step holds 'f16', but the result holds 'f32'; cast one of them}}
  %0 = nn.iota start %a step %b : (tensor<f32>, tensor<f16>) -> tensor<4xf32>
  return
}

// -----

func.func @case77(%n: index) {
  // expected-error @below {{'nn.from_index' op gives integers, but the result is 'tensor<1xf32>'}}
  %0 = nn.from_index %n : tensor<1xf32>
  return
}

// -----

func.func @case78(%n: index) {
  // expected-error @below {{'nn.from_index' op has 1 values, but the result has 2 elements}}
  %0 = nn.from_index %n : tensor<2xi64>
  return
}
