// RUN: quant-opt %s -split-input-file -verify-diagnostics

func.func @case0(%x: tensor<2x4xf32>, %w: tensor<3x5xf32>) {
  // expected-error @below {{'nn.linear' op input's last extent is 4, but weight's second, which it is summed with, is 5}}
  %0 = nn.linear %x, %w : (tensor<2x4xf32>, tensor<3x5xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @case1(%x: tensor<f32>, %w: tensor<3x5xf32>) {
  // expected-error @below {{'nn.linear' op input must have at least 1 axis, but is 'tensor<f32>'}}
  %0 = nn.linear %x, %w : (tensor<f32>, tensor<3x5xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @case2(%x: tensor<2x4xf32>, %w: tensor<3x4x1xf32>) {
  // expected-error @below {{'nn.linear' op weight must have 2 axes, but is 'tensor<3x4x1xf32>'}}
  %0 = nn.linear %x, %w : (tensor<2x4xf32>, tensor<3x4x1xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @case3(%x: tensor<2x4xf32>, %w: tensor<3x4xf32>, %b: tensor<4xf32>) {
  // expected-error @below {{'nn.linear' op bias must have the shape [3], but is 'tensor<4xf32>'}}
  %0 = nn.linear %x, %w bias %b : (tensor<2x4xf32>, tensor<3x4xf32>, tensor<4xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @case4(%x: tensor<2x4xf32>, %w: tensor<3x4xf32>) {
  // expected-error @below {{'nn.linear' op the result must have the shape [2, 3], but is 'tensor<2x4xf32>'}}
  %0 = nn.linear %x, %w : (tensor<2x4xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @case5(%x: tensor<2x4xf32>, %w: tensor<3x4xf16>) {
  // expected-error @below {{'nn.linear' op weight holds 'f16', but input holds 'f32'; cast one of them}}
  %0 = nn.linear %x, %w : (tensor<2x4xf32>, tensor<3x4xf16>) -> tensor<2x3xf32>
  return
}

// -----

func.func @case6(%x: tensor<2x4xf32>, %w: tensor<3x4xf32>, %b: tensor<3xf64>) {
  // expected-error @below {{'nn.linear' op bias holds 'f64', but the result holds 'f32'; cast one of them}}
  %0 = nn.linear %x, %w bias %b : (tensor<2x4xf32>, tensor<3x4xf32>, tensor<3xf64>) -> tensor<2x3xf32>
  return
}

// -----

func.func @case7(%x: tensor<2x4xf32>, %w: tensor<3x4xf32>) {
  // expected-error @below {{'nn.linear' op computes its result, which a format without a scale cannot hold; give the format a scale}}
  %0 = nn.linear %x, %w : (tensor<2x4xf32>, tensor<3x4xf32>) -> !qnt.tensor<2x3, #qnt.format<int<8>>>
  return
}

// -----

func.func @case8(%x: tensor<3xf32>, %y: tensor<3x4xf32>) {
  // expected-error @below {{'nn.matmul' op lhs must have at least 2 axes}}
  %0 = nn.matmul %x, %y : (tensor<3xf32>, tensor<3x4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @case9(%x: tensor<2x3xf32>, %y: tensor<4x5xf32>) {
  // expected-error @below {{'nn.matmul' op lhs's last extent is 3, but rhs's axis that it is summed with is 4}}
  %0 = nn.matmul %x, %y : (tensor<2x3xf32>, tensor<4x5xf32>) -> tensor<2x5xf32>
  return
}

// -----

func.func @case10(%x: tensor<2x2x3xf32>, %y: tensor<3x3x5xf32>) {
  // expected-error @below {{'nn.matmul' op operands do not broadcast: extents 2 and 3 meet; expand one of them first}}
  %0 = nn.matmul %x, %y : (tensor<2x2x3xf32>, tensor<3x3x5xf32>) -> tensor<2x2x5xf32>
  return
}

// -----

func.func @case11(%t: tensor<0x4xf32>, %i: tensor<3xi64>) {
  // expected-error @below {{'nn.embedding' op table has no rows to choose from}}
  %0 = nn.embedding %t, %i : (tensor<0x4xf32>, tensor<3xi64>) -> tensor<3x4xf32>
  return
}

// -----

func.func @case12(%x: tensor<1x4x8x8xf32>, %f: tensor<6x3x3x3xf32>) {
  // expected-error @below {{'nn.conv' op input's number of channels is 4, but the filter's, times groups, is 3}}
  %0 = nn.conv %x, %f strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] : (tensor<1x4x8x8xf32>, tensor<6x3x3x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

func.func @case13(%x: tensor<1x4x8x8xf32>, %f: tensor<5x2x3x3xf32>) {
  // expected-error @below {{'nn.conv' op the number of output channels, 5, must be a multiple of groups, 2}}
  %0 = nn.conv %x, %f strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] {groups = 2 : i64} : (tensor<1x4x8x8xf32>, tensor<5x2x3x3xf32>) -> tensor<1x5x6x6xf32>
  return
}

// -----

func.func @case14(%x: tensor<1x4x8x8xf32>, %f: tensor<6x4x3x3xf32>) {
  // expected-error @below {{'nn.conv' op strides must have 2 entries, one for each spatial axis, but has 1}}
  %0 = nn.conv %x, %f strides [1] padding [0, 0, 0, 0] dilations [1, 1] : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

func.func @case15(%x: tensor<1x4x8x8xf32>, %f: tensor<6x4x3x3xf32>) {
  // expected-error @below {{'nn.conv' op padding must have 4 entries, low and high of each spatial axis, but has 2}}
  %0 = nn.conv %x, %f strides [1, 1] padding [0, 0] dilations [1, 1] : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

func.func @case16(%x: tensor<1x4x8x8xf32>, %f: tensor<6x4x3x3xf32>) {
  // expected-error @below {{'nn.conv' op strides must be at least 1, but one is 0}}
  %0 = nn.conv %x, %f strides [0, 1] padding [0, 0, 0, 0] dilations [1, 1] : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

func.func @case17(%x: tensor<1x4x8x8xf32>, %f: tensor<6x4x3x3xf32>) {
  // expected-error @below {{'nn.conv' op the result must have the shape [1, 6, 6, 6]}}
  %0 = nn.conv %x, %f strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x8x8xf32>
  return
}

// -----

func.func @case18(%x: tensor<1x4x8x8xf32>, %f: tensor<5x4x3x3xf32>) {
  // expected-error @below {{'nn.conv_transpose' op input's number of channels is 4, but the filter's is 5}}
  %0 = nn.conv_transpose %x, %f strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] output_padding [0, 0] : (tensor<1x4x8x8xf32>, tensor<5x4x3x3xf32>) -> tensor<1x4x10x10xf32>
  return
}

// -----

func.func @case19(%x: tensor<1x3x8x8xf32>, %f: tensor<3x4x3x3xf32>) {
  // expected-error @below {{'nn.conv_transpose' op the number of input channels, 3, must be a multiple of groups, 2}}
  %0 = nn.conv_transpose %x, %f strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] output_padding [0, 0] {groups = 2 : i64} : (tensor<1x3x8x8xf32>, tensor<3x4x3x3xf32>) -> tensor<1x8x10x10xf32>
  return
}

// -----

func.func @case20(%x: tensor<2x4xi32>) {
  // expected-error @below {{'nn.softmax' op input must hold floating-point numbers, but is 'tensor<2x4xi32>'; cast it first}}
  %0 = nn.softmax %x axis 1 : (tensor<2x4xi32>) -> tensor<2x4xi32>
  return
}

// -----

func.func @case21(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.softmax' op axis must be from 0 to 1, but is 2}}
  %0 = nn.softmax %x axis 2 : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @case22(%x: tensor<f32>) {
  // expected-error @below {{'nn.softmax' op needs an operand with at least one axis}}
  %0 = nn.softmax %x axis 0 : (tensor<f32>) -> tensor<f32>
  return
}

// -----

func.func @case23(%x: tensor<2x4xf32>, %s: tensor<2xf32>) {
  // expected-error @below {{'nn.layer_norm' op scale must have the shape [4]}}
  %0 = nn.layer_norm %x scale %s axis 1 epsilon 1.0e-5 : (tensor<2x4xf32>, tensor<2xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @case24(%x: tensor<2x4xf32>, %s: tensor<4xi32>) {
  // expected-error @below {{'nn.rms_norm' op scale must hold floating-point numbers}}
  %0 = nn.rms_norm %x scale %s axis 1 epsilon 1.0e-5 : (tensor<2x4xf32>, tensor<4xi32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @case25(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.group_norm' op the number of channels, 4, must be a multiple of groups, 3}}
  %0 = nn.group_norm %x groups 3 epsilon 1.0e-5 : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @case26(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.elementwise' op add takes 2 operands, but has 1}}
  %0 = nn.elementwise <add> %x : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @case27(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.elementwise' op relu has no constant alpha}}
  %0 = nn.elementwise <relu> %x {alpha = 1.0 : f64} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @case28(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.elementwise' op elu has no constant beta}}
  %0 = nn.elementwise <elu> %x {beta = 1.0 : f64} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @case29(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.elementwise' op celu divides by alpha, which must not be 0}}
  %0 = nn.elementwise <celu> %x {alpha = 0.0 : f64} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @case30(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.elementwise' op select's first operand must hold i1, but is 'tensor<2x4xf32>'}}
  %0 = nn.elementwise <select> %x, %x, %x : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @case31(%x: tensor<2x4xf32>, %y: tensor<2x4xi32>) {
  // expected-error @below {{'nn.elementwise' op an operand holds 'i32', but the first holds 'f32'; cast one of them}}
  %0 = nn.elementwise <add> %x, %y : (tensor<2x4xf32>, tensor<2x4xi32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @case32(%x: tensor<2xindex>) {
  // expected-error @below {{'nn.elementwise' op cannot compute with elements of type 'index'}}
  %0 = nn.elementwise <add> %x, %x : (tensor<2xindex>, tensor<2xindex>) -> tensor<2xindex>
  return
}

// -----

func.func @case33(%x: tensor<2xi32>) {
  // expected-error @below {{'nn.elementwise' op the operand must hold floating-point numbers}}
  %0 = nn.elementwise <exp> %x : (tensor<2xi32>) -> tensor<2xi32>
  return
}

// -----

func.func @case34(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.elementwise' op and needs integers or i1, but the operands hold 'f32'}}
  %0 = nn.elementwise <and> %x, %x : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @case35(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.elementwise' op less gives i1, but the result is 'tensor<2x4xf32>'}}
  %0 = nn.elementwise <less> %x, %x : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @case36(%x: tensor<2xindex>) {
  // expected-error @below {{'nn.cast' op converts between integers and floating-point numbers, but meets 'tensor<2xindex>'}}
  %0 = nn.cast %x : (tensor<2xindex>) -> tensor<2xi64>
  return
}

// -----

func.func @case37(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.reduce' op lists axis 1 twice}}
  %0 = nn.reduce <sum> %x axes [1, 1] : (tensor<2x4xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @case38(%x: tensor<2x0xf32>) {
  // expected-error @below {{'nn.arg_reduce' op axis 1 has no elements to choose from}}
  %0 = nn.arg_reduce %x axis 1 : (tensor<2x0xf32>) -> tensor<2xi64>
  return
}

// -----

func.func @case39(%x: tensor<1x2x4xi32>) {
  // expected-error @below {{'nn.pool' op input must hold floating-point numbers}}
  %0 = nn.pool <average> %x window [2] strides [2] padding [0, 0] dilations [1] : (tensor<1x2x4xi32>) -> tensor<1x2x2xi32>
  return
}

// -----

func.func @case40(%x: tensor<1x2x4xf32>) {
  // expected-error @below {{'nn.pool' op window must have 1 entries, one for each spatial axis, but has 2}}
  %0 = nn.pool <max> %x window [2, 2] strides [2] padding [0, 0] dilations [1] : (tensor<1x2x4xf32>) -> tensor<1x2x2xf32>
  return
}

// -----

func.func @case41(%x: tensor<1x2x4xf32>, %n: index) {
  // expected-error @below {{'nn.resize' op has both sizes and scales; give one of them}}
  %0 = nn.resize <nearest> <asymmetric> %x sizes %n {scales = array<f32: 2.0>} : (tensor<1x2x4xf32>, index) -> tensor<1x2x8xf32>
  return
}

// -----

func.func @case42(%x: tensor<1x2x4xf32>, %n: index) {
  // expected-error @below {{'nn.resize' op sizes must have 1 entries, one for each spatial axis, but has 2}}
  %0 = nn.resize <nearest> <asymmetric> %x sizes %n, %n : (tensor<1x2x4xf32>, index, index) -> tensor<1x2x?xf32>
  return
}

// -----

func.func @case43(%x: tensor<1x2x4xf32>, %n: index) {
  // expected-error @below {{'nn.resize' op scales must have 1 entries, one for each spatial axis, but has 2}}
  %0 = nn.resize <nearest> <asymmetric> %x {scales = array<f32: 2.0, 1.0>} : (tensor<1x2x4xf32>) -> tensor<1x2x8xf32>
  return
}

// -----

func.func @case44(%x: tensor<1x2x4xf32>, %n: index) {
  // expected-error @below {{'nn.resize' op scales must be positive, but one is 0}}
  %0 = nn.resize <nearest> <asymmetric> %x {scales = array<f32: 0.0>} : (tensor<1x2x4xf32>) -> tensor<1x2x8xf32>
  return
}

// -----

func.func @case45(%x: tensor<1x2x4xf32>, %n: index) {
  // expected-error @below {{'nn.resize' op needs sizes or scales, for the result's spatial extents are not all static}}
  %0 = nn.resize <nearest> <asymmetric> %x : (tensor<1x2x4xf32>) -> tensor<1x2x?xf32>
  return
}

// -----

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

func.func @case66(%x: tensor<2x0xf32>, %i: tensor<3xi64>) {
  // expected-error @below {{'nn.gather' op axis 1 has no elements to choose from}}
  %0 = nn.gather %x, %i axis 1 : (tensor<2x0xf32>, tensor<3xi64>) -> tensor<2x3xf32>
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

// -----

func.func @case79(%q: tensor<1x3x5x8xf32>, %k: tensor<1x2x6x8xf32>) {
  // expected-error @below {{'nn.attention' op the number of query heads, 3, must be a multiple of the number of key heads, 2}}
  %0 = nn.attention %q, %k, %k scale 1.0 : (tensor<1x3x5x8xf32>, tensor<1x2x6x8xf32>, tensor<1x2x6x8xf32>) -> tensor<1x3x5x8xf32>
  return
}

// -----

func.func @case80(%q: tensor<1x?x5x8xf32>, %k: tensor<1x2x6x8xf32>) {
  // expected-error @below {{'nn.attention' op the numbers of heads must be static}}
  %0 = nn.attention %q, %k, %k scale 1.0 : (tensor<1x?x5x8xf32>, tensor<1x2x6x8xf32>, tensor<1x2x6x8xf32>) -> tensor<1x?x5x8xf32>
  return
}

// -----

func.func @case81(%q: tensor<1x4x5x8xf32>, %k: tensor<1x2x6x8xf32>, %v: tensor<1x2x6x8xf32>, %m: tensor<5x7xf32>) {
  // expected-error @below {{'nn.attention' op mask must broadcast to [batch, heads, queries, keys], [1, 4, 5, 6], but is 'tensor<5x7xf32>'}}
  %0 = nn.attention %q, %k, %v mask %m scale 1.0 : (tensor<1x4x5x8xf32>, tensor<1x2x6x8xf32>, tensor<1x2x6x8xf32>, tensor<5x7xf32>) -> tensor<1x4x5x8xf32>
  return
}

// -----

func.func @case82(%q: tensor<1x4x5x8xf32>, %k: tensor<1x2x6x8xf32>, %v: tensor<1x2x6x8xf32>, %m: tensor<5x6xi32>) {
  // expected-error @below {{'nn.attention' op mask must hold floating-point numbers}}
  %0 = nn.attention %q, %k, %v mask %m scale 1.0 : (tensor<1x4x5x8xf32>, tensor<1x2x6x8xf32>, tensor<1x2x6x8xf32>, tensor<5x6xi32>) -> tensor<1x4x5x8xf32>
  return
}

// -----

func.func @case83(%q: tensor<1x4x5x8xf32>, %k: tensor<1x2x6x8xf32>, %v: tensor<1x2x6x8xf32>, %l: tensor<3xi32>) {
  // expected-error @below {{'nn.attention' op lengths must have the shape [1]}}
  %0 = nn.attention %q, %k, %v lengths %l scale 1.0 : (tensor<1x4x5x8xf32>, tensor<1x2x6x8xf32>, tensor<1x2x6x8xf32>, tensor<3xi32>) -> tensor<1x4x5x8xf32>
  return
}

// -----

func.func @case84(%q: tensor<1x4x5x8xf32>, %k: tensor<1x2x6x8xf32>, %v: tensor<1x2x6x8xf32>) {
  // expected-error @below {{'nn.attention' op window must be at least 0, but one is -1}}
  %0 = nn.attention %q, %k, %v scale 1.0 {window = -1 : i64} : (tensor<1x4x5x8xf32>, tensor<1x2x6x8xf32>, tensor<1x2x6x8xf32>) -> tensor<1x4x5x8xf32>
  return
}

// -----

func.func @case85(%q: tensor<1x4x5x8xf32>, %k: tensor<1x2x6x8xf32>, %v: tensor<1x2x6x8xf32>) {
  // expected-error @below {{'nn.attention' op softcap must be at least 0}}
  %0 = nn.attention %q, %k, %v scale 1.0 {softcap = -1.0 : f32} : (tensor<1x4x5x8xf32>, tensor<1x2x6x8xf32>, tensor<1x2x6x8xf32>) -> tensor<1x4x5x8xf32>
  return
}

// -----

func.func @case86(%x: tensor<1x2x5x8xf32>, %t: tensor<1x5x6xf32>) {
  // expected-error @below {{'nn.rope' op the tables rotate 6 pairs, but input's last extent is 8}}
  %0 = nn.rope %x, %t, %t : (tensor<1x2x5x8xf32>, tensor<1x5x6xf32>, tensor<1x5x6xf32>) -> tensor<1x2x5x8xf32>
  return
}

// -----

func.func @case87(%x: tensor<2x2x5x8xf32>, %t: tensor<3x5x4xf32>) {
  // expected-error @below {{'nn.rope' op the tables' batch is 3, but input's is 2}}
  %0 = nn.rope %x, %t, %t : (tensor<2x2x5x8xf32>, tensor<3x5x4xf32>, tensor<3x5x4xf32>) -> tensor<2x2x5x8xf32>
  return
}

// -----

func.func @case88(%x: tensor<5x2x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>) {
  // expected-error @below {{'nn.lstm' op recurrence must have the shape [2, 16, 4]}}
  %0:3 = nn.lstm %x, %w, %r {direction = #nn.direction<bidirectional>} : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @case89(%x: tensor<5x2x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>, %b: tensor<1x16xf32>) {
  // expected-error @below {{'nn.lstm' op bias must have the shape [1, 32]}}
  %0:3 = nn.lstm %x, %w, %r bias %b : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>, tensor<1x16xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @case90(%x: tensor<5x2x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>, %l: tensor<2xf32>) {
  // expected-error @below {{'nn.lstm' op lengths must hold i32 or i64, but is 'tensor<2xf32>'}}
  %0:3 = nn.lstm %x, %w, %r lengths %l : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>, tensor<2xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @case91(%x: tensor<5x2x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>, %h: tensor<1x4x2xf32>) {
  // expected-error @below {{'nn.lstm' op initial_h must have the shape [1, 2, 4]}}
  %0:3 = nn.lstm %x, %w, %r initial_h %h : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>, tensor<1x4x2xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @case92(%x: tensor<5x2x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>, %p: tensor<1x4xf32>) {
  // expected-error @below {{'nn.lstm' op peepholes must have the shape [1, 12]}}
  %0:3 = nn.lstm %x, %w, %r peepholes %p : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>, tensor<1x4xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @case93(%x: tensor<5x2x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>) {
  // expected-error @below {{'nn.lstm' op a last state must have the shape [1, 2, 4]}}
  %0:3 = nn.lstm %x, %w, %r : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x5xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @case94(%x: tensor<5x2x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>) {
  // expected-error @below {{'nn.gru' op recurrence must have the shape [1, 12, 4]}}
  %0:2 = nn.gru %x, %w, %r : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @case95(%x: tensor<5x2x3xf32>, %w: tensor<1x?x3xf32>, %r: tensor<1x?x?xf32>) {
  // expected-error @below {{'nn.gru' op the hidden size must be static}}
  %0:2 = nn.gru %x, %w, %r : (tensor<5x2x3xf32>, tensor<1x?x3xf32>, tensor<1x?x?xf32>) -> (tensor<5x1x2x?xf32>, tensor<1x2x?xf32>)
  return
}

// -----

func.func @case96(%u: tensor<1x7x4xf32>, %a: tensor<3x2xf32>, %b: tensor<1x7x2xf32>, %d: tensor<4xf32>, %h: tensor<1x4x2xf32>) {
  // expected-error @below {{'nn.selective_scan' op a must have the shape [4, 2]}}
  %0:2 = nn.selective_scan %u, %u, %a, %b, %b, %d, %h : (tensor<1x7x4xf32>, tensor<1x7x4xf32>, tensor<3x2xf32>, tensor<1x7x2xf32>, tensor<1x7x2xf32>, tensor<4xf32>, tensor<1x4x2xf32>) -> (tensor<1x7x4xf32>, tensor<1x4x2xf32>)
  return
}

// -----

func.func @case97() {
  // expected-error @below {{'nn.parameter' op a 'tensor<2x3xf32>' takes 24 bytes, but the place has 20}}
  %0 = nn.parameter "w" at <file = "w.bin", offset = 0, length = 20, hash = 0> : tensor<2x3xf32>
  return
}

// -----

func.func @case98() {
  // expected-error @below {{'nn.parameter' op the place's offset is negative}}
  %0 = nn.parameter "w" at <file = "w.bin", offset = -1, length = 24, hash = 0> : tensor<2x3xf32>
  return
}

// -----

func.func @parameter_of_any_size() {
  // expected-error @below {{'nn.parameter' op a 'tensor<4611686018427387904x4xf32>' takes more than 2^63 bits}}
  %0 = nn.parameter "w" at <file = "w.bin", offset = 0, length = 0, hash = 0> : tensor<4611686018427387904x4xf32>
  return
}

// -----

func.func @case99() {
  // expected-error @below {{'nn.parameter' op cannot hold elements of type 'index'}}
  %0 = nn.parameter "w" at <file = "w.bin", offset = 0, length = 24, hash = 0> : tensor<2x3xindex>
  return
}

// -----

func.func @case100(%s: tensor<2x16xf32>, %r: tensor<1x1x4x4x8xf32>) {
  // expected-error @below {{'nn.recurrence' op sums must have 3 axes, but is}}
  %0:3 = nn.recurrence <lstm> %s, %r : (tensor<2x16xf32>, tensor<1x1x4x4x8xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @case101(%s: tensor<5x2x16xf32>, %r: tensor<1x1x4x4x?xf32>) {
  // expected-error @below {{'nn.recurrence' op the extents of recurrence must be static}}
  %0:3 = nn.recurrence <lstm> %s, %r : (tensor<5x2x16xf32>, tensor<1x1x4x4x?xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @case102(%s: tensor<5x2x16xf32>, %r: tensor<1x1x4x4x8xf32>) {
  // expected-error @below {{'nn.recurrence' op cell states and peepholes are those of an lstm}}
  %0:3 = nn.recurrence <gru> %s, %r : (tensor<5x2x16xf32>, tensor<1x1x4x4x8xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @case103(%s: tensor<5x2x16xf32>, %r: tensor<1x1x4x4x8xf32>) {
  // expected-error @below {{'nn.recurrence' op must be f32 throughout}}
  %0:3 = nn.recurrence <lstm> %s, %r : (tensor<5x2x16xf32>, tensor<1x1x4x4x8xf32>) -> (tensor<5x1x2x4xf16>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @case104(%s: tensor<5x2x16xf32>, %r: tensor<1x1x4x4x8xf32>) {
  // expected-error @below {{'nn.recurrence' op recurrence must have the shape [2, 1, 4, 4, 8]}}
  %0:3 = nn.recurrence <lstm> %s, %r {direction = #nn.direction<bidirectional>} : (tensor<5x2x16xf32>, tensor<1x1x4x4x8xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @case105(%s: tensor<5x2x12xf32>, %r: tensor<1x1x4x4x8xf32>) {
  // expected-error @below {{'nn.recurrence' op sums must have the shape [5, 2, 16]}}
  %0:3 = nn.recurrence <lstm> %s, %r : (tensor<5x2x12xf32>, tensor<1x1x4x4x8xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @case106(%s: tensor<5x2x16xf32>, %r: tensor<1x1x4x4x8xf32>, %b: tensor<1x32xf32>) {
  // expected-error @below {{'nn.recurrence' op bias must have the shape [1, 16]}}
  %0:3 = nn.recurrence <lstm> %s, %r bias %b : (tensor<5x2x16xf32>, tensor<1x1x4x4x8xf32>, tensor<1x32xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @case107() {
  // expected-error @below {{'nn.require' op constraints are over symbols, not over dimensions}}
  nn.require affine_set<(d0)[s0] : (d0 - s0 == 0)>
  return
}

// -----

func.func @key(%q: tensor<1x4x5x8xf32>, %k: tensor<1x2x6x7xf32>, %v: tensor<1x2x6x8xf32>) {
  // expected-error @below {{'nn.attention' op key's last extent is 7, but query's is 8}}
  %0 = nn.attention %q, %k, %v scale 1.0 : (tensor<1x4x5x8xf32>, tensor<1x2x6x7xf32>, tensor<1x2x6x8xf32>) -> tensor<1x4x5x8xf32>
  return
}

// -----

func.func @valueHeads(%q: tensor<1x4x5x8xf32>, %k: tensor<1x2x6x8xf32>, %v: tensor<1x4x6x8xf32>) {
  // expected-error @below {{'nn.attention' op value's number of heads is 4, but key's is 2}}
  %0 = nn.attention %q, %k, %v scale 1.0 : (tensor<1x4x5x8xf32>, tensor<1x2x6x8xf32>, tensor<1x4x6x8xf32>) -> tensor<1x4x5x8xf32>
  return
}

// -----

func.func @tables(%x: tensor<1x2x5x8xf32>, %t: tensor<1x6x4xf32>) {
  // expected-error @below {{'nn.rope' op the tables' length is 6, but input's is 5}}
  %0 = nn.rope %x, %t, %t : (tensor<1x2x5x8xf32>, tensor<1x6x4xf32>, tensor<1x6x4xf32>) -> tensor<1x2x5x8xf32>
  return
}

// -----

func.func @states(%x: tensor<5x2x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>) {
  // expected-error @below {{'nn.lstm' op the first result must have the shape [5, 1, 2, 4]}}
  %0:3 = nn.lstm %x, %w, %r : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> (tensor<5x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @recurrence_half(%s: tensor<?x1x32xf16>, %r: tensor<1x1x8x4x8xf32>) {
  // expected-error @below {{'nn.recurrence' op must be f32 throughout, but has a 'tensor<?x1x32xf16>'}}
  %y, %h, %c = nn.recurrence <lstm> %s, %r : (tensor<?x1x32xf16>, tensor<1x1x8x4x8xf32>) -> (tensor<?x1x1x8xf32>, tensor<1x1x8xf32>, tensor<1x1x8xf32>)
  return
}

// -----

func.func @lstm_without_state(%x: tensor<5x2x3xf32>, %w: tensor<1x0x3xf32>, %r: tensor<1x0x0xf32>) {
  // expected-error @below {{'nn.lstm' op the hidden size must be at least 1}}
  %0:3 = nn.lstm %x, %w, %r : (tensor<5x2x3xf32>, tensor<1x0x3xf32>, tensor<1x0x0xf32>) -> (tensor<5x1x2x0xf32>, tensor<1x2x0xf32>, tensor<1x2x0xf32>)
  return
}
