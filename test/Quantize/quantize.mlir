// RUN: quant-opt %s --nibble-quantize="weights=int8 activations=int8" -split-input-file 2>/dev/null | FileCheck %s
// RUN: quant-opt %s --nibble-quantize="weights=int4 group=32" -split-input-file 2>/dev/null | FileCheck %s --check-prefix=W4
// RUN: quant-opt %s --nibble-quantize -split-input-file | FileCheck %s --check-prefix=F32
// RUN: quant-opt %s --nibble-quantize="weights=int8 activations=int8 bound-pairs" -split-input-file 2>/dev/null | FileCheck %s --check-prefix=PAIRS
// RUN: quant-opt %s --nibble-quantize="weights=int8 bound-pairs" -split-input-file 2>/dev/null | FileCheck %s --check-prefix=FREE
// RUN: quant-opt %s --nibble-quantize="weights=int8 group=32 activations=int8 bound-pairs" -split-input-file 2>/dev/null | FileCheck %s --check-prefix=FREE

// One quantization for all readers of a value; weights by output channel.
// CHECK-LABEL: func.func @main
// CHECK: %[[X:.*]] = qnt.quantize %arg0 : tensor<?x64xf32> -> <?x64, #qnt.format<int<8>, block = [1, -1], scale = f32>>
// CHECK-NOT: qnt.quantize %arg0
// CHECK: %[[W:.*]] = qnt.quantize %{{.*}} {choice = #qnt.choice<mse>} : tensor<8x64xf32> -> <8x64, #qnt.format<int<8>, block = [1, -1], scale = f32>>
// CHECK: nn.linear %[[X]], %[[W]] bias %{{.*}} -> tensor<?x8xf32>
// CHECK: nn.linear %[[X]], %{{.*}} -> tensor<?x4xf32>

// Weights only: activations stay.
// W4-LABEL: func.func @main
// W4: %[[W:.*]] = qnt.quantize %{{.*}} <8x64, #qnt.format<int<4>, block = [1, 32], scale = f16>>
// W4: nn.linear %arg0, %[[W]]

// Only weights, never activations, and only bytes that meet bytes with one scale along the summed axis.
// PAIRS-LABEL: func.func @main
// PAIRS: qnt.quantize %arg0 :
// PAIRS: qnt.quantize %{{.*}} {choice = #qnt.choice<mse>, pair_order = array<i64: 1>} : tensor<8x64xf32>
// FREE-LABEL: func.func @main
// FREE-NOT: pair_order

// F32-LABEL: func.func @main
// F32-NOT: qnt.
func.func @main(%x: tensor<?x64xf32>) -> (tensor<?x8xf32>, tensor<?x4xf32>) {
  %w = nn.parameter "w" at <file = "w.bin", offset = 0, length = 2048, hash = 1> : tensor<8x64xf32>
  %b = nn.parameter "b" at <file = "w.bin", offset = 2048, length = 32, hash = 2> : tensor<8xf32>
  %v = nn.parameter "v" at <file = "w.bin", offset = 2080, length = 1024, hash = 3> : tensor<4x64xf32>
  %y = nn.linear %x, %w bias %b : (tensor<?x64xf32>, tensor<8x64xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %z = nn.linear %x, %v : (tensor<?x64xf32>, tensor<4x64xf32>) -> tensor<?x4xf32>
  return %y, %z : tensor<?x8xf32>, tensor<?x4xf32>
}

// -----

// Weights that are activations, and what a model quantized itself, stay.
// CHECK-LABEL: func.func @stays
// CHECK-NOT: qnt.quantize
// CHECK: nn.linear %arg0, %arg1
// W4-LABEL: func.func @stays
// W4-NOT: qnt.quantize
// F32-LABEL: func.func @stays
func.func @stays(%x: tensor<2x8xf32>, %w: tensor<4x8xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>) {
  %q = nn.parameter "q" at <file = "w.bin", offset = 0, length = 32, hash = 1> : tensor<4x8xi8>
  %s = nn.parameter "s" at <file = "w.bin", offset = 32, length = 16, hash = 2> : tensor<4x1xf32>
  %a = qnt.assemble %q scale %s : tensor<4x8xi8>, scale tensor<4x1xf32> -> !qnt.tensor<4x8, #qnt.format<int<8>, block = [1, -1], scale = f32>>
  %d = qnt.dequantize %a : !qnt.tensor<4x8, #qnt.format<int<8>, block = [1, -1], scale = f32>> -> tensor<4x8xf32>
  %y = nn.linear %x, %w : (tensor<2x8xf32>, tensor<4x8xf32>) -> tensor<2x4xf32>
  %z = nn.linear %x, %d : (tensor<2x8xf32>, tensor<4x8xf32>) -> tensor<2x4xf32>
  return %y, %z : tensor<2x4xf32>, tensor<2x4xf32>
}
