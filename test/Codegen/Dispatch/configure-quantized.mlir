// RUN: quant-opt %s --nibble-lower-quantized --nibble-configure-quantized -split-input-file 2>/dev/null | FileCheck %s

#a8 = #qnt.format<int<8>, block = [1, -1], scale = f32>
#w8 = #qnt.format<int<8>, block = [1, -1], scale = f32>
#w4 = #qnt.format<int<4>, block = [1, 32], scale = f16>

// W8A8 with scales of rows: the scales go to the kernel as they are found.
// CHECK-LABEL: func.func @w8a8
// CHECK: %[[CODES:.*]], %[[SCALES:.*]] = nn.quantize_rows %arg0
// CHECK: %[[W:.*]] = qnt.codes
// CHECK: %[[S:.*]] = qnt.scales
// CHECK: %[[P:.*]] = nn.pack_weights %{{.*}} scales %{{.*}} plan "a=s8 a_scale=row b=int8 scale=f32 c=f32 words" dot "s8-madd-avx2"
// CHECK: %[[C:.*]] = nn.contract %[[CODES]], %[[P]] scale %[[SCALES]] plan
// CHECK: nn.elementwise <add> %[[C]], %{{.*}}
func.func @w8a8(%x: tensor<?x64xf32>) -> tensor<?x8xf32> {
  %w = nn.parameter "w" at <file = "w.bin", offset = 0, length = 2048, hash = 1> : tensor<8x64xf32>
  %b = nn.parameter "b" at <file = "w.bin", offset = 2048, length = 32, hash = 2> : tensor<8xf32>
  %q = qnt.quantize %x : tensor<?x64xf32> -> !qnt.tensor<?x64, #a8>
  %c = qnt.quantize %w : tensor<8x64xf32> -> !qnt.tensor<8x64, #w8>
  %y = nn.linear %q, %c bias %b : (!qnt.tensor<?x64, #a8>, !qnt.tensor<8x64, #w8>, tensor<8xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

#a8 = #qnt.format<int<8>, block = [1, -1], scale = f32>
#w4 = #qnt.format<int<4>, block = [1, 32], scale = f16>

// CHECK-LABEL: func.func @w4a8
// CHECK: nn.pack_weights %{{.*}} scales %{{.*}} plan "a=s8 a_scale=row b=int4 group=32 scale=f16 c=f32 words"
func.func @w4a8(%x: tensor<?x64xf32>) -> tensor<?x8xf32> {
  %w = nn.parameter "w" at <file = "w.bin", offset = 0, length = 2048, hash = 1> : tensor<8x64xf32>
  %q = qnt.quantize %x : tensor<?x64xf32> -> !qnt.tensor<?x64, #a8>
  %c = qnt.quantize %w : tensor<8x64xf32> -> !qnt.tensor<8x64, #w4>
  %y = nn.linear %q, %c : (!qnt.tensor<?x64, #a8>, !qnt.tensor<8x64, #w4>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

// A static input scale becomes part of the weights' scales (rule O-4), so the
// plan has none; the zero point stays. Weights behind a transpose.
// CHECK-LABEL: func.func @static
// CHECK: nn.elementwise <mul>
// CHECK: nn.pack_weights %{{.*}} scales %{{.*}} plan "a=u8 a_zero=tensor b=int8 scale=f32 c=f32 words"
// CHECK: nn.contract %{{.*}}, %{{.*}} zero %{{.*}} plan
func.func @static(%x: tensor<?x64xf32>) -> tensor<?x8xf32> {
  %w = nn.parameter "w" at <file = "w.bin", offset = 0, length = 512, hash = 1> : tensor<64x8xi8>
  %t = nn.parameter "t" at <file = "w.bin", offset = 512, length = 32, hash = 2> : tensor<1x8xf32>
  %s = arith.constant dense<0.5> : tensor<1x1xf32>
  %z = arith.constant dense<128> : tensor<1x1xi32>
  %q = qnt.quantize %x scale %s zero %z : tensor<?x64xf32>, scale tensor<1x1xf32>, zero tensor<1x1xi32> -> !qnt.tensor<?x64, #qnt.format<uint<8>, scale = f32, zero = uint<8>>>
  %n = qnt.dequantize %q : !qnt.tensor<?x64, #qnt.format<uint<8>, scale = f32, zero = uint<8>>> -> tensor<?x64xf32>
  %a = qnt.assemble %w scale %t : tensor<64x8xi8>, scale tensor<1x8xf32> -> !qnt.tensor<64x8, #qnt.format<int<8>, block = [-1, 1], scale = f32>>
  %d = qnt.dequantize %a : !qnt.tensor<64x8, #qnt.format<int<8>, block = [-1, 1], scale = f32>> -> tensor<64x8xf32>
  %m = nn.transpose %d permutation [1, 0] : tensor<64x8xf32> -> tensor<8x64xf32>
  %y = nn.linear %n, %m : (tensor<?x64xf32>, tensor<8x64xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

// Depthwise: codes are summed in f32, exactly; the scales of channel and filter
// multiply the sum.
// CHECK-LABEL: func.func @depthwise
// CHECK: %[[CODES:.*]] = nn.quantize_elements
// CHECK: %[[X:.*]] = nn.dequantize_elements %[[CODES]] scale %{{.*}} : (tensor<1x8x8x16xi8>, tensor<f32>)
// CHECK: %[[SUM:.*]] = nn.conv %[[X]], %{{.*}} : (tensor<1x8x8x16xf32>, tensor<16x3x3x1xf32>)
// CHECK: nn.elementwise <mul> %{{.*}} : (tensor<16xf32>, tensor<16xf32>) -> tensor<16xf32>
// CHECK: nn.elementwise <mul> %[[SUM]], %{{.*}} : (tensor<1x6x6x16xf32>, tensor<16xf32>)
// CHECK-NOT: nn.conv
func.func @depthwise(%x: tensor<1x8x8x16xf32>) -> tensor<1x6x6x16xf32> {
  %f = nn.parameter "f" at <file = "w.bin", offset = 0, length = 144, hash = 1> : tensor<16x3x3x1xi8>
  %t = nn.parameter "t" at <file = "w.bin", offset = 144, length = 64, hash = 2> : tensor<16x1x1x1xf32>
  %u = nn.parameter "u" at <file = "w.bin", offset = 208, length = 64, hash = 3> : tensor<1x1x1x16xf32>
  %q = qnt.quantize %x scale %u : tensor<1x8x8x16xf32>, scale tensor<1x1x1x16xf32> -> !qnt.tensor<1x8x8x16, #qnt.format<int<8>, block = [-1, -1, -1, 1], scale = f32>>
  %w = qnt.assemble %f scale %t : tensor<16x3x3x1xi8>, scale tensor<16x1x1x1xf32> -> !qnt.tensor<16x3x3x1, #qnt.format<int<8>, block = [1, -1, -1, -1], scale = f32>>
  %y = nn.conv %q, %w strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] {groups = 16 : i64, layout = #nn.layout<channels_last>} : (!qnt.tensor<1x8x8x16, #qnt.format<int<8>, block = [-1, -1, -1, 1], scale = f32>>, !qnt.tensor<16x3x3x1, #qnt.format<int<8>, block = [1, -1, -1, -1], scale = f32>>) -> tensor<1x6x6x16xf32>
  return %y : tensor<1x6x6x16xf32>
}

// -----

// The weights of a 1x1 convolution may lie behind a reshape of unit axes.
// CHECK-LABEL: func.func @pointwise
// CHECK: nn.contract
// CHECK-NOT: nn.conv
func.func @pointwise(%x: tensor<1x4x4x16xf32>) -> tensor<1x4x4x8xf32> {
  %f = nn.parameter "f" at <file = "w.bin", offset = 0, length = 128, hash = 1> : tensor<8x16x1x1xi8>
  %t = nn.parameter "t" at <file = "w.bin", offset = 128, length = 32, hash = 2> : tensor<8x1x1x1xf32>
  %w = qnt.assemble %f scale %t : tensor<8x16x1x1xi8>, scale tensor<8x1x1x1xf32> -> !qnt.tensor<8x16x1x1, #qnt.format<int<8>, block = [1, -1, -1, -1], scale = f32>>
  %d = qnt.dequantize %w : !qnt.tensor<8x16x1x1, #qnt.format<int<8>, block = [1, -1, -1, -1], scale = f32>> -> tensor<8x16x1x1xf32>
  %r = nn.reshape %d shape [8, 1, 1, 16] : tensor<8x16x1x1xf32> -> tensor<8x1x1x16xf32>
  %y = nn.conv %x, %r strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] {layout = #nn.layout<channels_last>} : (tensor<1x4x4x16xf32>, tensor<8x1x1x16xf32>) -> tensor<1x4x4x8xf32>
  return %y : tensor<1x4x4x8xf32>
}

// -----

// A factor before the quantization of the result, behind a relu, becomes part
// of the weights' scales and of the bias (rule Q-6).
// CHECK-LABEL: func.func @factor
// CHECK: arith.constant {{.*}} : tensor<1x1x1x2xf32>
// CHECK: nn.elementwise <mul> %{{.*}} : (tensor<1x2x1xf32>, tensor<1x2x1xf32>)
// CHECK: %[[B:.*]] = nn.elementwise <mul> %{{.*}} : (tensor<2xf32>, tensor<2xf32>)
// CHECK: %[[C:.*]] = nn.contract
// CHECK: %[[S:.*]] = nn.elementwise <add> %[[C]], %[[B]]
// CHECK: %[[P:.*]] = nn.elementwise <relu> %[[S]]
// CHECK-NOT: nn.elementwise
// CHECK: nn.quantize_elements %[[P]]
func.func @factor(%x: tensor<1x4x4x8xi8>) -> tensor<1x4x4x2xi8> {
  %f = nn.parameter "f" at <file = "w.bin", offset = 0, length = 16, hash = 1> : tensor<2x1x1x8xi8>
  %t = nn.parameter "t" at <file = "w.bin", offset = 16, length = 8, hash = 2> : tensor<2x1x1x1xf32>
  %b = nn.parameter "b" at <file = "w.bin", offset = 24, length = 8, hash = 3> : tensor<2xf32>
  %one = arith.constant dense<1.0> : tensor<f32>
  %r = arith.constant dense<[[[[1.0, 2.0]]]]> : tensor<1x1x1x2xf32>
  %d = nn.dequantize_elements %x scale %one : (tensor<1x4x4x8xi8>, tensor<f32>) -> tensor<1x4x4x8xf32>
  %a = qnt.assemble %f scale %t : tensor<2x1x1x8xi8>, scale tensor<2x1x1x1xf32> -> !qnt.tensor<2x1x1x8, #qnt.format<int<8>, block = [1, -1, -1, -1], scale = f32>>
  %w = qnt.dequantize %a : !qnt.tensor<2x1x1x8, #qnt.format<int<8>, block = [1, -1, -1, -1], scale = f32>> -> tensor<2x1x1x8xf32>
  %y = nn.conv %d, %w bias %b strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] {layout = #nn.layout<channels_last>} : (tensor<1x4x4x8xf32>, tensor<2x1x1x8xf32>, tensor<2xf32>) -> tensor<1x4x4x2xf32>
  %p = nn.elementwise <relu> %y : (tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
  %m = nn.elementwise <mul> %p, %r : (tensor<1x4x4x2xf32>, tensor<1x1x1x2xf32>) -> tensor<1x4x4x2xf32>
  %q = nn.quantize_elements %m scale %one : (tensor<1x4x4x2xf32>, tensor<f32>) -> tensor<1x4x4x2xi8>
  return %q : tensor<1x4x4x2xi8>
}

// -----

// A negative factor and a relu do not change places.
// CHECK-LABEL: func.func @negative_factor
// CHECK: nn.elementwise <relu>
// CHECK-NEXT: nn.elementwise <mul>
// CHECK-NEXT: nn.quantize_elements
func.func @negative_factor(%x: tensor<4x8xi8>) -> tensor<4x2xi8> {
  %f = nn.parameter "f" at <file = "w.bin", offset = 0, length = 16, hash = 1> : tensor<2x8xi8>
  %t = nn.parameter "t" at <file = "w.bin", offset = 16, length = 8, hash = 2> : tensor<2x1xf32>
  %one = arith.constant dense<1.0> : tensor<f32>
  %r = arith.constant dense<[1.0, -2.0]> : tensor<2xf32>
  %d = nn.dequantize_elements %x scale %one : (tensor<4x8xi8>, tensor<f32>) -> tensor<4x8xf32>
  %a = qnt.assemble %f scale %t : tensor<2x8xi8>, scale tensor<2x1xf32> -> !qnt.tensor<2x8, #qnt.format<int<8>, block = [1, -1], scale = f32>>
  %y = nn.linear %d, %a : (tensor<4x8xf32>, !qnt.tensor<2x8, #qnt.format<int<8>, block = [1, -1], scale = f32>>) -> tensor<4x2xf32>
  %p = nn.elementwise <relu> %y : (tensor<4x2xf32>) -> tensor<4x2xf32>
  %m = nn.elementwise <mul> %p, %r : (tensor<4x2xf32>, tensor<2xf32>) -> tensor<4x2xf32>
  %q = nn.quantize_elements %m scale %one : (tensor<4x2xf32>, tensor<f32>) -> tensor<4x2xi8>
  return %q : tensor<4x2xi8>
}

// -----

// Bounded pairs (rule S-10) are those of the kernel where the axes behind the
// outputs are summed in their order; axes of one element do not count.
#row = #qnt.format<int<8>, block = [1, -1], scale = f32>
#filter = #qnt.format<int<8>, block = [1, -1, -1, -1], scale = f32>

// CHECK-LABEL: func.func @pairs_linear
// CHECK: nn.pack_weights %{{.*}} plan "a=u8 b=int8 pairs scale=f32 c=f32" dot "s8-maddubs-avx2"
func.func @pairs_linear(%x: tensor<4x9xi8>) -> tensor<4x2xf32> {
  %f = nn.parameter "f" at <file = "w.bin", offset = 0, length = 72, hash = 1> : tensor<2x9xf32>
  %one = arith.constant dense<1.0> : tensor<f32>
  %d = nn.dequantize_elements %x scale %one {is_unsigned} : (tensor<4x9xi8>, tensor<f32>) -> tensor<4x9xf32>
  %w = qnt.quantize %f {pair_order = array<i64: 1>} : tensor<2x9xf32> -> !qnt.tensor<2x9, #row>
  %y = nn.linear %d, %w : (tensor<4x9xf32>, !qnt.tensor<2x9, #row>) -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}

// CHECK-LABEL: func.func @pairs_conv
// CHECK: nn.pack_weights %{{.*}} plan "a=u8 b=int8 pairs scale=f32 c=f32 rows=3 segments=1" dot "s8-maddubs-avx2"
func.func @pairs_conv(%x: tensor<1x4x4x5xi8>) -> tensor<1x3x2x2xf32> {
  %f = nn.parameter "f" at <file = "w.bin", offset = 0, length = 240, hash = 1> : tensor<2x5x2x3xf32>
  %one = arith.constant dense<1.0> : tensor<f32>
  %d = nn.dequantize_elements %x scale %one {is_unsigned} : (tensor<1x4x4x5xi8>, tensor<f32>) -> tensor<1x4x4x5xf32>
  %c = qnt.quantize %f {pair_order = array<i64: 2, 3, 1>} : tensor<2x5x2x3xf32> -> !qnt.tensor<2x5x2x3, #filter>
  %n = qnt.dequantize %c : !qnt.tensor<2x5x2x3, #filter> -> tensor<2x5x2x3xf32>
  %w = nn.transpose %n permutation [0, 2, 3, 1] : tensor<2x5x2x3xf32> -> tensor<2x2x3x5xf32>
  %y = nn.conv %d, %w strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] {layout = #nn.layout<channels_last>} : (tensor<1x4x4x5xf32>, tensor<2x2x3x5xf32>) -> tensor<1x3x2x2xf32>
  return %y : tensor<1x3x2x2xf32>
}

// Another order: other pairs.
// CHECK-LABEL: func.func @other_pairs
// CHECK: nn.pack_weights %{{.*}} plan "a=u8 b=int8 scale=f32 c=f32 rows=3 segments=1" dot "s8-madd-avx2"
func.func @other_pairs(%x: tensor<1x4x4x5xi8>) -> tensor<1x3x2x2xf32> {
  %f = nn.parameter "f" at <file = "w.bin", offset = 0, length = 240, hash = 1> : tensor<2x5x2x3xf32>
  %one = arith.constant dense<1.0> : tensor<f32>
  %d = nn.dequantize_elements %x scale %one {is_unsigned} : (tensor<1x4x4x5xi8>, tensor<f32>) -> tensor<1x4x4x5xf32>
  %c = qnt.quantize %f {pair_order = array<i64: 1, 2, 3>} : tensor<2x5x2x3xf32> -> !qnt.tensor<2x5x2x3, #filter>
  %n = qnt.dequantize %c : !qnt.tensor<2x5x2x3, #filter> -> tensor<2x5x2x3xf32>
  %w = nn.transpose %n permutation [0, 2, 3, 1] : tensor<2x5x2x3xf32> -> tensor<2x2x3x5xf32>
  %y = nn.conv %d, %w strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] {layout = #nn.layout<channels_last>} : (tensor<1x4x4x5xf32>, tensor<2x2x3x5xf32>) -> tensor<1x3x2x2xf32>
  return %y : tensor<1x3x2x2xf32>
}

// CHECK-LABEL: func.func @pairs_pointwise
// CHECK: nn.pack_weights %{{.*}} plan "a=u8 b=int8 pairs scale=f32 c=f32" dot "s8-maddubs-avx2"
func.func @pairs_pointwise(%x: tensor<1x4x4x5xi8>) -> tensor<1x4x4x2xf32> {
  %f = nn.parameter "f" at <file = "w.bin", offset = 0, length = 40, hash = 1> : tensor<2x5x1x1xf32>
  %one = arith.constant dense<1.0> : tensor<f32>
  %d = nn.dequantize_elements %x scale %one {is_unsigned} : (tensor<1x4x4x5xi8>, tensor<f32>) -> tensor<1x4x4x5xf32>
  %c = qnt.quantize %f {pair_order = array<i64: 1, 2, 3>} : tensor<2x5x1x1xf32> -> !qnt.tensor<2x5x1x1, #filter>
  %n = qnt.dequantize %c : !qnt.tensor<2x5x1x1, #filter> -> tensor<2x5x1x1xf32>
  %r = nn.reshape %n shape [2, 1, 1, 5] : tensor<2x5x1x1xf32> -> tensor<2x1x1x5xf32>
  %y = nn.conv %d, %r strides [1, 1] padding [0, 0, 0, 0] dilations [1, 1] {layout = #nn.layout<channels_last>} : (tensor<1x4x4x5xf32>, tensor<2x1x1x5xf32>) -> tensor<1x4x4x2xf32>
  return %y : tensor<1x4x4x2xf32>
}

// -----

#w8 = #qnt.format<int<8>, block = [1, -1], scale = f32>

// Without elements there is nothing to pack.
// CHECK-LABEL: func.func @no_columns
// CHECK: nn.linear
func.func @no_columns(%x: tensor<?x64xf32>) -> tensor<?x0xf32> {
  %w = nn.parameter "w" at <file = "w.bin", offset = 0, length = 0, hash = 1> : tensor<0x64xf32>
  %c = qnt.quantize %w : tensor<0x64xf32> -> !qnt.tensor<0x64, #w8>
  %y = nn.linear %x, %c : (tensor<?x64xf32>, !qnt.tensor<0x64, #w8>) -> tensor<?x0xf32>
  return %y : tensor<?x0xf32>
}
