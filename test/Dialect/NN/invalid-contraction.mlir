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

func.func @linear_result_elements(%x: tensor<2x4xf32>, %w: tensor<3x4xf32>) {
  // expected-error @below {{'nn.linear' op the result holds 'f16', but input holds 'f32'; cast one of them}}
  %0 = nn.linear %x, %w : (tensor<2x4xf32>, tensor<3x4xf32>) -> tensor<2x3xf16>
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

func.func @matmul_rhs_axes(%x: tensor<2x3xf32>, %y: tensor<3xf32>) {
  // expected-error @below {{'nn.matmul' op rhs must have at least 2 axes, but is 'tensor<3xf32>'}}
  %0 = nn.matmul %x, %y : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @matmul_result(%x: tensor<2x3xf32>, %y: tensor<3x5xf32>) {
  // expected-error @below {{'nn.matmul' op the result must have the shape [2, 5], but is 'tensor<5x2xf32>'}}
  %0 = nn.matmul %x, %y : (tensor<2x3xf32>, tensor<3x5xf32>) -> tensor<5x2xf32>
  return
}

// -----

func.func @matmul_elements(%x: tensor<2x3xf32>, %y: tensor<3x5xf16>) {
  // expected-error @below {{'nn.matmul' op rhs holds 'f16', but lhs holds 'f32'; cast one of them}}
  %0 = nn.matmul %x, %y : (tensor<2x3xf32>, tensor<3x5xf16>) -> tensor<2x5xf32>
  return
}

// -----

func.func @matmul_format(%x: tensor<2x3xf32>, %y: tensor<3x5xf32>) {
  // expected-error @below {{'nn.matmul' op computes its result, which a format without a scale cannot hold; give the format a scale}}
  %0 = nn.matmul %x, %y : (tensor<2x3xf32>, tensor<3x5xf32>) -> !qnt.tensor<2x5, #qnt.format<int<8>>>
  return
}

// -----

func.func @case11(%t: tensor<0x4xf32>, %i: tensor<3xi64>) {
  // expected-error @below {{'nn.embedding' op table has no rows to choose from}}
  %0 = nn.embedding %t, %i : (tensor<0x4xf32>, tensor<3xi64>) -> tensor<3x4xf32>
  return
}

// -----

func.func @embedding_table(%t: tensor<4xf32>, %i: tensor<3xi64>) {
  // expected-error @below {{'nn.embedding' op table must have 2 axes, but is 'tensor<4xf32>'}}
  %0 = nn.embedding %t, %i : (tensor<4xf32>, tensor<3xi64>) -> tensor<3x4xf32>
  return
}

// -----

func.func @embedding_unranked(%t: tensor<4x2xf32>, %i: tensor<*xi64>) {
  // expected-error @below {{'nn.embedding' op operand #1 must be ranked tensor of 32-bit signless integer or 64-bit signless integer values, but got 'tensor<*xi64>'}}
  %0 = nn.embedding %t, %i : (tensor<4x2xf32>, tensor<*xi64>) -> tensor<2xf32>
  return
}

// -----

func.func @embedding_result(%t: tensor<4x2xf32>, %i: tensor<3xi64>) {
  // expected-error @below {{'nn.embedding' op the result must have the shape [3, 2], but is 'tensor<3x4xf32>'}}
  %0 = nn.embedding %t, %i : (tensor<4x2xf32>, tensor<3xi64>) -> tensor<3x4xf32>
  return
}

// -----

func.func @embedding_elements(%t: tensor<4x2xf32>, %i: tensor<3xi64>) {
  // expected-error @below {{'nn.embedding' op the result holds 'f16', but table holds 'f32'; cast one of them}}
  %0 = nn.embedding %t, %i : (tensor<4x2xf32>, tensor<3xi64>) -> tensor<3x2xf16>
  return
}

// -----

func.func @embedding_format(%t: tensor<4x2xf32>, %i: tensor<3xi64>) {
  // expected-error @below {{'nn.embedding' op computes its result, which a format without a scale cannot hold; give the format a scale}}
  %0 = nn.embedding %t, %i : (tensor<4x2xf32>, tensor<3xi64>) -> !qnt.tensor<3x2, #qnt.format<int<8>>>
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

func.func @conv_input(%x: tensor<4x8xf32>, %f: tensor<6x4xf32>) {
  // expected-error @below {{'nn.conv' op input must have at least 3 axes, but is 'tensor<4x8xf32>'}}
  %0 = nn.conv %x, %f strides [] padding [] dilations [] : (tensor<4x8xf32>, tensor<6x4xf32>) -> tensor<6x8xf32>
  return
}

// -----

func.func @conv_filter(%x: tensor<1x4x8x8xf32>, %f: tensor<6x4x3xf32>) {
  // expected-error @below {{'nn.conv' op filter must have 4 axes, but is 'tensor<6x4x3xf32>'}}
  %0 = nn.conv %x, %f strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] : (tensor<1x4x8x8xf32>, tensor<6x4x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

func.func @conv_dilations(%x: tensor<1x4x8x8xf32>, %f: tensor<6x4x3x3xf32>) {
  // expected-error @below {{'nn.conv' op dilations must have 2 entries, one for each spatial axis, but has 1}}
  %0 = nn.conv %x, %f strides [1, 1] padding [0, 0, 0, 0] dilations [1] : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

func.func @conv_dilation(%x: tensor<1x4x8x8xf32>, %f: tensor<6x4x3x3xf32>) {
  // expected-error @below {{'nn.conv' op dilations must be at least 1, but one is 0}}
  %0 = nn.conv %x, %f strides [1, 1] padding [0, 0, 0, 0] dilations [1, 0] : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

func.func @conv_padding(%x: tensor<1x4x8x8xf32>, %f: tensor<6x4x3x3xf32>) {
  // expected-error @below {{'nn.conv' op padding must be at least 0, but one is -1}}
  %0 = nn.conv %x, %f strides [1, 1] padding [0, 0, -1, 0] dilations [1, 1] : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

func.func @conv_groups(%x: tensor<1x4x8x8xf32>, %f: tensor<6x4x3x3xf32>) {
  // expected-error @below {{'nn.conv' op groups must be at least 1, but one is 0}}
  %0 = nn.conv %x, %f strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] {groups = 0 : i64} : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

func.func @conv_bias(%x: tensor<1x4x8x8xf32>, %f: tensor<6x4x3x3xf32>, %b: tensor<4xf32>) {
  // expected-error @below {{'nn.conv' op bias must have the shape [6], but is 'tensor<4xf32>'}}
  %0 = nn.conv %x, %f bias %b strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>, tensor<4xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

func.func @conv_elements(%x: tensor<1x4x8x8xf32>, %f: tensor<6x4x3x3xf16>) {
  // expected-error @below {{'nn.conv' op filter holds 'f16', but input holds 'f32'; cast one of them}}
  %0 = nn.conv %x, %f strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf16>) -> tensor<1x6x6x6xf32>
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

func.func @conv_transpose_strides(%x: tensor<1x4x8x8xf32>, %f: tensor<4x6x3x3xf32>) {
  // expected-error @below {{'nn.conv_transpose' op strides must have 2 entries, one for each spatial axis, but has 3}}
  %0 = nn.conv_transpose %x, %f strides [1, 1, 1] padding [0, 0, 0, 0] dilations [1, 1] output_padding [0, 0] : (tensor<1x4x8x8xf32>, tensor<4x6x3x3xf32>) -> tensor<1x6x10x10xf32>
  return
}

// -----

func.func @conv_transpose_output_padding(%x: tensor<1x4x8x8xf32>, %f: tensor<4x6x3x3xf32>) {
  // expected-error @below {{'nn.conv_transpose' op output_padding must have 2 entries, one for each spatial axis, but has 1}}
  %0 = nn.conv_transpose %x, %f strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] output_padding [0] : (tensor<1x4x8x8xf32>, tensor<4x6x3x3xf32>) -> tensor<1x6x10x10xf32>
  return
}

// -----

func.func @conv_transpose_output_crop(%x: tensor<1x4x8x8xf32>, %f: tensor<4x6x3x3xf32>) {
  // expected-error @below {{'nn.conv_transpose' op output_padding must be at least 0, but one is -1}}
  %0 = nn.conv_transpose %x, %f strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] output_padding [0, -1] : (tensor<1x4x8x8xf32>, tensor<4x6x3x3xf32>) -> tensor<1x6x10x10xf32>
  return
}

// -----

func.func @conv_transpose_bias(%x: tensor<1x4x8x8xf32>, %f: tensor<4x6x3x3xf32>, %b: tensor<4xf32>) {
  // expected-error @below {{'nn.conv_transpose' op bias must have the shape [6], but is 'tensor<4xf32>'}}
  %0 = nn.conv_transpose %x, %f bias %b strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] output_padding [0, 0] : (tensor<1x4x8x8xf32>, tensor<4x6x3x3xf32>, tensor<4xf32>) -> tensor<1x6x10x10xf32>
  return
}

// -----

func.func @conv_transpose_result(%x: tensor<1x4x8x8xf32>, %f: tensor<4x6x3x3xf32>) {
  // expected-error @below {{'nn.conv_transpose' op the result must have the shape [1, 6, 10, 10], but is 'tensor<1x6x8x8xf32>'}}
  %0 = nn.conv_transpose %x, %f strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] output_padding [0, 0] : (tensor<1x4x8x8xf32>, tensor<4x6x3x3xf32>) -> tensor<1x6x8x8xf32>
  return
}

// -----

func.func @conv_transpose_elements(%x: tensor<1x4x8x8xf32>, %f: tensor<4x6x3x3xf32>) {
  // expected-error @below {{'nn.conv_transpose' op the result holds 'f16', but input holds 'f32'; cast one of them}}
  %0 = nn.conv_transpose %x, %f strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] output_padding [0, 0] : (tensor<1x4x8x8xf32>, tensor<4x6x3x3xf32>) -> tensor<1x6x10x10xf16>
  return
}

// -----

func.func @case23(%x: tensor<2x4xf32>, %s: tensor<2xf32>) {
  // expected-error @below {{'nn.layer_norm' op scale must have the shape [4]}}
  %0 = nn.layer_norm %x scale %s axis 1 epsilon 1.0e-5 : (tensor<2x4xf32>, tensor<2xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @layer_norm_axis(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.layer_norm' op axis must be from 0 to 1, but is -1}}
  %0 = nn.layer_norm %x axis -1 epsilon 1.0e-5 : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @layer_norm_input(%x: tensor<2x4xi32>) {
  // expected-error @below {{'nn.layer_norm' op input must hold floating-point numbers, but is 'tensor<2x4xi32>'; cast it first}}
  %0 = nn.layer_norm %x axis 1 epsilon 1.0e-5 : (tensor<2x4xi32>) -> tensor<2x4xi32>
  return
}

// -----

func.func @layer_norm_result(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.layer_norm' op the result must have the shape [2, 4], but is 'tensor<4x2xf32>'}}
  %0 = nn.layer_norm %x axis 1 epsilon 1.0e-5 : (tensor<2x4xf32>) -> tensor<4x2xf32>
  return
}

// -----

func.func @layer_norm_elements(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.layer_norm' op the result holds 'f16', but input holds 'f32'; cast one of them}}
  %0 = nn.layer_norm %x axis 1 epsilon 1.0e-5 : (tensor<2x4xf32>) -> tensor<2x4xf16>
  return
}

// -----

func.func @layer_norm_format(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.layer_norm' op computes its result, which a format without a scale cannot hold; give the format a scale}}
  %0 = nn.layer_norm %x axis 1 epsilon 1.0e-5 : (tensor<2x4xf32>) -> !qnt.tensor<2x4, #qnt.format<int<8>>>
  return
}

// -----

func.func @layer_norm_bias(%x: tensor<2x4xf32>, %b: tensor<2xf32>) {
  // expected-error @below {{'nn.layer_norm' op bias must have the shape [4], but is 'tensor<2xf32>'}}
  %0 = nn.layer_norm %x bias %b axis 1 epsilon 1.0e-5 : (tensor<2x4xf32>, tensor<2xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @layer_norm_bias_elements(%x: tensor<2x4xf32>, %b: tensor<4xi32>) {
  // expected-error @below {{'nn.layer_norm' op bias must hold floating-point numbers, but is 'tensor<4xi32>'; cast it first}}
  %0 = nn.layer_norm %x bias %b axis 1 epsilon 1.0e-5 : (tensor<2x4xf32>, tensor<4xi32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @case25(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.group_norm' op the number of channels, 4, must be a multiple of groups, 3}}
  %0 = nn.group_norm %x groups 3 epsilon 1.0e-5 : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @group_norm_input(%x: tensor<4xf32>) {
  // expected-error @below {{'nn.group_norm' op input must have at least 2 axes, but is 'tensor<4xf32>'}}
  %0 = nn.group_norm %x groups 2 epsilon 1.0e-5 : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @group_norm_groups(%x: tensor<2x4x3xf32>) {
  // expected-error @below {{'nn.group_norm' op groups must be at least 1, but one is 0}}
  %0 = nn.group_norm %x groups 0 epsilon 1.0e-5 : (tensor<2x4x3xf32>) -> tensor<2x4x3xf32>
  return
}

// -----

func.func @group_norm_scale(%x: tensor<2x4x3xf32>, %s: tensor<2xf32>) {
  // expected-error @below {{'nn.group_norm' op scale must have the shape [4], but is 'tensor<2xf32>'}}
  %0 = nn.group_norm %x scale %s groups 2 epsilon 1.0e-5 : (tensor<2x4x3xf32>, tensor<2xf32>) -> tensor<2x4x3xf32>
  return
}

// -----

func.func @group_norm_bias(%x: tensor<2x4x3xf32>, %b: tensor<3xf32>) {
  // expected-error @below {{'nn.group_norm' op bias must have the shape [4], but is 'tensor<3xf32>'}}
  %0 = nn.group_norm %x bias %b groups 2 epsilon 1.0e-5 : (tensor<2x4x3xf32>, tensor<3xf32>) -> tensor<2x4x3xf32>
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

func.func @softmax_result(%x: tensor<2x4xf32>) {
  // expected-error @below {{'nn.softmax' op the result must have the shape [2, 4], but is 'tensor<4x2xf32>'}}
  %0 = nn.softmax %x axis 1 : (tensor<2x4xf32>) -> tensor<4x2xf32>
  return
}

// -----

func.func @case24(%x: tensor<2x4xf32>, %s: tensor<4xi32>) {
  // expected-error @below {{'nn.rms_norm' op scale must hold floating-point numbers}}
  %0 = nn.rms_norm %x scale %s axis 1 epsilon 1.0e-5 : (tensor<2x4xf32>, tensor<4xi32>) -> tensor<2x4xf32>
  return
}
