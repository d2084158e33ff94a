// RUN: quant-opt %s --nibble-lower-quantized -split-input-file | FileCheck %s

// Scales found at run time: one kernel for codes and scales.
// CHECK-LABEL: func.func @dynamic
// CHECK: %[[CODES:.*]], %[[SCALES:.*]] = nn.quantize_rows %arg0 : tensor<?x64xf32> -> tensor<?x64xi8>, tensor<?xf32>
// CHECK: %[[COLUMN:.*]] = nn.reshape %[[SCALES]] {{.*}} -> tensor<?x1xf32>
// CHECK: %[[X:.*]] = nn.dequantize_elements %[[CODES]] scale %[[COLUMN]]
// CHECK: %[[W:.*]] = qnt.dequantize
// CHECK: nn.linear %[[X]], %[[W]]
func.func @dynamic(%x: tensor<?x64xf32>) -> tensor<?x8xf32> {
  %w = nn.parameter "w" at <file = "w.bin", offset = 0, length = 2048, hash = 1> : tensor<8x64xf32>
  %q = qnt.quantize %x : tensor<?x64xf32> -> !qnt.tensor<?x64, #qnt.format<int<8>, block = [1, -1], scale = f32>>
  %c = qnt.quantize %w : tensor<8x64xf32> -> !qnt.tensor<8x64, #qnt.format<int<8>, block = [1, -1], scale = f32>>
  %y = nn.linear %q, %c : (!qnt.tensor<?x64, #qnt.format<int<8>, block = [1, -1], scale = f32>>, !qnt.tensor<8x64, #qnt.format<int<8>, block = [1, -1], scale = f32>>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

// Scales given: elementwise; unsigned zero points are read as such.
// CHECK-LABEL: func.func @static
// CHECK: %[[CODES:.*]] = nn.quantize_elements %arg0 scale %{{.*}} zero %{{.*}} {is_unsigned}
// CHECK: nn.dequantize_elements %[[CODES]] scale %{{.*}} zero %{{.*}} {is_unsigned}
func.func @static(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %s = arith.constant dense<0.5> : tensor<1x1xf32>
  %z = arith.constant dense<128> : tensor<1x1xi32>
  %q = qnt.quantize %x scale %s zero %z : tensor<?x4xf32>, scale tensor<1x1xf32>, zero tensor<1x1xi32> -> !qnt.tensor<?x4, #qnt.format<uint<8>, scale = f32, zero = uint<8>>>
  %y = qnt.dequantize %q : !qnt.tensor<?x4, #qnt.format<uint<8>, scale = f32, zero = uint<8>>> -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// One scale for all elements: what moves them moves their codes.
// CHECK-LABEL: func.func @moved
// CHECK: %[[CODES:.*]] = nn.quantize_elements
// CHECK: %[[T:.*]] = nn.transpose %[[CODES]] {{.*}}tensor<4x3xi8>
// CHECK: %[[R:.*]] = nn.reshape %[[T]] {{.*}}tensor<12xi8>
// CHECK: nn.dequantize_elements %[[R]]
func.func @moved(%x: tensor<3x4xf32>) -> tensor<12xf32> {
  %s = arith.constant dense<0.5> : tensor<1x1xf32>
  %q = qnt.quantize %x scale %s : tensor<3x4xf32>, scale tensor<1x1xf32> -> !qnt.tensor<3x4, #qnt.format<int<8>, scale = f32>>
  %t = nn.transpose %q permutation [1, 0] : !qnt.tensor<3x4, #qnt.format<int<8>, scale = f32>> -> !qnt.tensor<4x3, #qnt.format<int<8>, scale = f32>>
  %r = nn.reshape %t shape [12] : !qnt.tensor<4x3, #qnt.format<int<8>, scale = f32>> -> !qnt.tensor<12, #qnt.format<int<8>, scale = f32>>
  %y = qnt.dequantize %r : !qnt.tensor<12, #qnt.format<int<8>, scale = f32>> -> tensor<12xf32>
  return %y : tensor<12xf32>
}
