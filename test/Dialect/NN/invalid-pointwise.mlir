// RUN: quant-opt %s -split-input-file -verify-diagnostics

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

func.func @elementwise_broadcast(%x: tensor<2x4xf32>, %y: tensor<3x4xf32>) {
  // expected-error @below {{'nn.elementwise' op operands do not broadcast: extents 2 and 3 meet; expand one of them first}}
  %0 = nn.elementwise <add> %x, %y : (tensor<2x4xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @elementwise_result(%x: tensor<2x4xf32>, %y: tensor<4xf32>) {
  // expected-error @below {{'nn.elementwise' op the result must have the shape [2, 4], but is 'tensor<4xf32>'}}
  %0 = nn.elementwise <add> %x, %y : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @elementwise_elements(%x: tensor<2x4xf32>, %y: tensor<4xf32>) {
  // expected-error @below {{'nn.elementwise' op the result holds 'f16', but the operand holds 'f32'; cast one of them}}
  %0 = nn.elementwise <add> %x, %y : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf16>
  return
}

// -----

func.func @elementwise_format(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.elementwise' op computes its result, which a format without a scale cannot hold; give the format a scale}}
  %0 = nn.elementwise <relu> %x : (tensor<2x4xf32>) -> !qnt.tensor<2x4, #qnt.format<int<8>>>
  return
}

// -----

func.func @elementwise_operand(%x: memref<2x4xf32>) {
  // expected-error @below {{'nn.elementwise' op operand #0 must be variadic of tensor or quantized tensor, but got 'memref<2x4xf32>'}}
  %0 = nn.elementwise <relu> %x : (memref<2x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @case36(%x: tensor<2xindex>) {
  // expected-error @below {{'nn.cast' op converts between integers and floating-point numbers, but meets 'tensor<2xindex>'}}
  %0 = nn.cast %x : (tensor<2xindex>) -> tensor<2xi64>
  return
}

// -----

func.func @cast_result(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.cast' op the result must have the shape [2, 4], but is 'tensor<4x2xf16>'}}
  %0 = nn.cast %x : (tensor<2x4xf32>) -> tensor<4x2xf16>
  return
}

// -----

func.func @case37(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.reduce' op lists axis 1 twice}}
  %0 = nn.reduce <sum> %x axes [1, 1] : (tensor<2x4xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @reduce_axis(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.reduce' op axis must be from 0 to 1, but is 2}}
  %0 = nn.reduce <sum> %x axes [2] : (tensor<2x4xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @reduce_input(%x: tensor<2x4xi32>) {
  // expected-error @below {{'nn.reduce' op input must hold floating-point numbers, but is 'tensor<2x4xi32>'; cast it first}}
  %0 = nn.reduce <l2> %x axes [1] : (tensor<2x4xi32>) -> tensor<2xi32>
  return
}

// -----

func.func @reduce_result(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.reduce' op the result must have the shape [2], but is 'tensor<4xf32>'}}
  %0 = nn.reduce <sum> %x axes [1] : (tensor<2x4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @reduce_elements(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.reduce' op the result holds 'f16', but input holds 'f32'; cast one of them}}
  %0 = nn.reduce <sum> %x axes [1] : (tensor<2x4xf32>) -> tensor<2xf16>
  return
}

// -----

func.func @case38(%x: tensor<2x0xf32>) {
  // expected-error @below {{'nn.arg_reduce' op axis 1 has no elements to choose from}}
  %0 = nn.arg_reduce %x axis 1 : (tensor<2x0xf32>) -> tensor<2xi64>
  return
}

// -----

func.func @arg_reduce_axis(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.arg_reduce' op axis must be from 0 to 1, but is 2}}
  %0 = nn.arg_reduce %x axis 2 : (tensor<2x4xf32>) -> tensor<2xi64>
  return
}

// -----

func.func @arg_reduce_result(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.arg_reduce' op the result must have the shape [2], but is 'tensor<4xi64>'}}
  %0 = nn.arg_reduce %x axis 1 : (tensor<2x4xf32>) -> tensor<4xi64>
  return
}

// -----

func.func @arg_reduce_elements(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.arg_reduce' op result #0 must be ranked tensor of 32-bit signless integer or 64-bit signless integer values, but got 'tensor<2xi8>'}}
  %0 = nn.arg_reduce %x axis 1 : (tensor<2x4xf32>) -> tensor<2xi8>
  return
}

// -----

func.func @cumsum_axis(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.cumsum' op axis must be from 0 to 1, but is -1}}
  %0 = nn.cumsum %x axis -1 : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @cumsum_result(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.cumsum' op the result must have the shape [2, 4], but is 'tensor<2xf32>'}}
  %0 = nn.cumsum %x axis 1 : (tensor<2x4xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @cumsum_elements(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.cumsum' op the result holds 'f64', but input holds 'f32'; cast one of them}}
  %0 = nn.cumsum %x axis 1 : (tensor<2x4xf32>) -> tensor<2x4xf64>
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

func.func @pool_input(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.pool' op input must have at least 3 axes, but is 'tensor<2x4xf32>'}}
  %0 = nn.pool <max> %x window [2] strides [2] padding [0, 0] dilations [1] : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @pool_strides(%x: tensor<1x2x4xf32>) {
  // expected-error @below {{'nn.pool' op strides must have 1 entries, one for each spatial axis, but has 2}}
  %0 = nn.pool <max> %x window [2] strides [2, 2] padding [0, 0] dilations [1] : (tensor<1x2x4xf32>) -> tensor<1x2x2xf32>
  return
}

// -----

func.func @pool_dilations(%x: tensor<1x2x4xf32>) {
  // expected-error @below {{'nn.pool' op dilations must have 1 entries, one for each spatial axis, but has 0}}
  %0 = nn.pool <max> %x window [2] strides [2] padding [0, 0] dilations [] : (tensor<1x2x4xf32>) -> tensor<1x2x2xf32>
  return
}

// -----

func.func @pool_padding(%x: tensor<1x2x4xf32>) {
  // expected-error @below {{'nn.pool' op padding must have 2 entries, low and high of each spatial axis, but has 1}}
  %0 = nn.pool <max> %x window [2] strides [2] padding [0] dilations [1] : (tensor<1x2x4xf32>) -> tensor<1x2x2xf32>
  return
}

// -----

func.func @pool_extent(%x: tensor<1x2x4xf32>) {
  // expected-error @below {{'nn.pool' op window must be at least 1, but one is 0}}
  %0 = nn.pool <max> %x window [0] strides [2] padding [0, 0] dilations [1] : (tensor<1x2x4xf32>) -> tensor<1x2x2xf32>
  return
}

// -----

func.func @pool_stride(%x: tensor<1x2x4xf32>) {
  // expected-error @below {{'nn.pool' op strides must be at least 1, but one is 0}}
  %0 = nn.pool <max> %x window [2] strides [0] padding [0, 0] dilations [1] : (tensor<1x2x4xf32>) -> tensor<1x2x2xf32>
  return
}

// -----

func.func @pool_dilation(%x: tensor<1x2x4xf32>) {
  // expected-error @below {{'nn.pool' op dilations must be at least 1, but one is -1}}
  %0 = nn.pool <max> %x window [2] strides [2] padding [0, 0] dilations [-1] : (tensor<1x2x4xf32>) -> tensor<1x2x2xf32>
  return
}

// -----

func.func @pool_crop(%x: tensor<1x2x4xf32>) {
  // expected-error @below {{'nn.pool' op padding must be at least 0, but one is -1}}
  %0 = nn.pool <max> %x window [2] strides [2] padding [-1, 0] dilations [1] : (tensor<1x2x4xf32>) -> tensor<1x2x2xf32>
  return
}

// -----

func.func @pool_result(%x: tensor<1x2x4xf32>) {
  // expected-error @below {{'nn.pool' op the result must have the shape [1, 2, 2], but is 'tensor<1x2x3xf32>'}}
  %0 = nn.pool <max> %x window [2] strides [2] padding [0, 0] dilations [1] : (tensor<1x2x4xf32>) -> tensor<1x2x3xf32>
  return
}

// -----

func.func @pool_elements(%x: tensor<1x2x4xf32>) {
  // expected-error @below {{'nn.pool' op the result holds 'f16', but input holds 'f32'; cast one of them}}
  %0 = nn.pool <max> %x window [2] strides [2] padding [0, 0] dilations [1] : (tensor<1x2x4xf32>) -> tensor<1x2x2xf16>
  return
}

// -----

func.func @pool_format(%x: tensor<1x2x4xf32>) {
  // expected-error @below {{'nn.pool' op computes its result, which a format without a scale cannot hold; give the format a scale}}
  %0 = nn.pool <max> %x window [2] strides [2] padding [0, 0] dilations [1] : (tensor<1x2x4xf32>) -> !qnt.tensor<1x2x2, #qnt.format<int<8>>>
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

func.func @resize_input(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.resize' op input must have at least 3 axes, but is 'tensor<2x4xf32>'}}
  %0 = nn.resize <nearest> <asymmetric> %x : (tensor<2x4xf32>) -> tensor<2x8xf32>
  return
}

// -----

func.func @resize_axes(%x: tensor<1x2x4xf32>) {
  // expected-error @below {{'nn.resize' op the result must have 3 axes, but is 'tensor<2x8xf32>'}}
  %0 = nn.resize <nearest> <asymmetric> %x {scales = array<f32: 2.0>} : (tensor<1x2x4xf32>) -> tensor<2x8xf32>
  return
}

// -----

func.func @resize_channels(%x: tensor<1x2x4xf32>) {
  // expected-error @below {{'nn.resize' op the result must have the shape [1, 2, 8], but is 'tensor<1x3x8xf32>'}}
  %0 = nn.resize <nearest> <asymmetric> %x {scales = array<f32: 2.0>} : (tensor<1x2x4xf32>) -> tensor<1x3x8xf32>
  return
}

// -----

func.func @resize_linear(%x: tensor<1x2x4xi8>) {
  // expected-error @below {{'nn.resize' op input must hold floating-point numbers, but is 'tensor<1x2x4xi8>'; cast it first}}
  %0 = nn.resize <linear> <asymmetric> %x {scales = array<f32: 2.0>} : (tensor<1x2x4xi8>) -> tensor<1x2x8xi8>
  return
}

// -----

func.func @resize_elements(%x: tensor<1x2x4xf32>) {
  // expected-error @below {{'nn.resize' op the result holds 'f16', but input holds 'f32'; cast one of them}}
  %0 = nn.resize <nearest> <asymmetric> %x {scales = array<f32: 2.0>} : (tensor<1x2x4xf32>) -> tensor<1x2x8xf16>
  return
}
