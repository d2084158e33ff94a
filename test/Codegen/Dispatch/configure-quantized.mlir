// RUN: quant-opt %s --nibble-lower-quantized --nibble-configure-quantized -split-input-file 2>/dev/null | FileCheck %s

#a8 = #qnt.format<int<8>, block = [1, -1], scale = f32>
#w8 = #qnt.format<int<8>, block = [1, -1], scale = f32>
#w4 = #qnt.format<int<4>, block = [1, 32], scale = f16>

// W8A8 with scales of rows: the scales go to the kernel as they are found.
// CHECK-LABEL: func.func @w8a8
// CHECK: %[[CODES:.*]], %[[SCALES:.*]] = nn.quantize_rows %arg0
// CHECK: %[[W:.*]] = qnt.codes
// CHECK: %[[S:.*]] = qnt.scales
// CHECK: %[[P:.*]] = nn.pack_weights %{{.*}} scales %{{.*}} plan "a=s8 a_scale=row b=int8 scale=f32 c=f32" dot "s8-madd-avx2"
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
// CHECK: nn.pack_weights %{{.*}} scales %{{.*}} plan "a=s8 a_scale=row b=int4 group=32 scale=f16 c=f32"
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
// CHECK: nn.pack_weights %{{.*}} scales %{{.*}} plan "a=u8 a_zero=tensor b=int8 scale=f32 c=f32"
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
