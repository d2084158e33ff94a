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

// -----

// Fewer bits: the scales are reductions, the codes elementwise.
// CHECK-LABEL: func.func @narrow
// CHECK: %[[MAX:.*]] = nn.reduce <max> %arg0 axes [1] {keep_dims} : (tensor<?x64xf32>) -> tensor<?x1xf32>
// CHECK: nn.elementwise <div> %{{.*}}, %{{.*}} : (tensor<?x1xf32>, tensor<f32>)
// CHECK: nn.reduce <min> %arg0 axes [1] {keep_dims}
// CHECK: %[[SCALE:.*]] = nn.elementwise <max> %{{.*}} : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
// CHECK: %[[CODES:.*]] = nn.quantize_elements %arg0 scale %[[SCALE]] {bits = 6 : i64}
// CHECK: nn.dequantize_elements %[[CODES]] scale %[[SCALE]]
func.func @narrow(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %q = qnt.quantize %x : tensor<?x64xf32> -> !qnt.tensor<?x64, #qnt.format<int<6>, block = [1, -1], scale = f32>>
  %y = qnt.dequantize %q : !qnt.tensor<?x64, #qnt.format<int<6>, block = [1, -1], scale = f32>> -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

// Groups of a row: both conversions over rows that are reshaped; the last group is filled up.
// CHECK-LABEL: func.func @groups
// CHECK: %[[PAD:.*]] = nn.pad <constant> %arg0 low [0, 0] high [0, 26] : (tensor<?x70xf32>) -> tensor<?x96xf32>
// CHECK: %[[SPLIT:.*]] = nn.reshape %[[PAD]] {{.*}} -> tensor<?x3x32xf32>
// CHECK: nn.reduce <max> %[[SPLIT]] axes [2] {keep_dims} : (tensor<?x3x32xf32>) -> tensor<?x3x1xf32>
// CHECK: %[[CODES:.*]] = nn.quantize_elements %[[SPLIT]] scale %[[SCALE:.*]] {bits = 4 : i64}
// CHECK: %[[NUMBERS:.*]] = nn.dequantize_elements %[[CODES]] scale %[[SCALE]]
// CHECK: %[[JOINED:.*]] = nn.reshape %[[NUMBERS]] {{.*}} -> tensor<?x96xf32>
// CHECK: nn.slice %[[JOINED]] {{.*}} -> tensor<?x70xf32>
func.func @groups(%x: tensor<?x70xf32>) -> tensor<?x70xf32> {
  %q = qnt.quantize %x : tensor<?x70xf32> -> !qnt.tensor<?x70, #qnt.format<int<4>, block = [1, 32], scale = f32>>
  %y = qnt.dequantize %q : !qnt.tensor<?x70, #qnt.format<int<4>, block = [1, 32], scale = f32>> -> tensor<?x70xf32>
  return %y : tensor<?x70xf32>
}
